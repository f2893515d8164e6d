package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// honesty is what the honest clients saw.
type honesty struct {
	took   []time.Duration    // sorted
	kinds  [4][]time.Duration // those of reads, searches, updates and referrals, sorted
	errors int
	first  string
}

func (h *honesty) p99() float64 { return quantile(h.took, 0.99) }

// slowest returns the p99 of each kind of request.
func (h *honesty) slowest() map[string]float64 {
	all := map[string]float64{}
	for i, name := range []string{"read", "search", "update", "referral"} {
		all[name] = quantile(h.kinds[i], 0.99)
	}
	return all
}

// honest lets honest clients work for a while, each from an address of its own.
func (r *abuseRun) honest(ctx context.Context, length time.Duration) *honesty {
	going, over := context.WithTimeout(ctx, length)
	defer over()
	h := &honesty{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range r.Clients {
		all.Go(func() {
			took, errs, first := r.work(going, i)
			mu.Lock()
			defer mu.Unlock()
			for n, one := range took {
				h.took, h.kinds[n%4] = append(h.took, one), append(h.kinds[n%4], one)
			}
			h.errors += errs
			if h.first == "" {
				h.first = first
			}
		})
	}
	all.Wait()
	slices.Sort(h.took)
	for _, kind := range h.kinds {
		slices.Sort(kind)
	}
	return h
}

// work is what one honest client does: it reads, looks at a worklist, brings a Task forward and sends a referral, with a moment between.
func (r *abuseRun) work(ctx context.Context, i int) (took []time.Duration, errs int, first string) {
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i))}
	c := &client{base: r.base, http: &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true, DialContext: (&net.Dialer{LocalAddr: from}).DialContext},
	}}
	defer c.http.CloseIdleConnections()
	id := i * own
	for n := 0; ctx.Err() == nil; n++ {
		method, path, body := "GET", "/Task/"+taskID(r.name, id), []byte(nil)
		switch n % 4 {
		case 1:
			path = "/Task?owner=" + agency(r.name, i) + "&status=accepted&_count=20"
		case 2:
			method, path, body = "PUT", "/Task/"+taskID(r.name, id+1+n/4%(own-1)), task(r.name, id+1+n/4%(own-1), "in-progress", "Attempt "+strconv.Itoa(n))
		case 3:
			method, path, body = "POST", "", referral(r.name)
		}
		began := time.Now()
		_, err := c.must(context.WithoutCancel(ctx), method, path, body)
		took = append(took, time.Since(began))
		if err != nil {
			if errs++; first == "" {
				first = err.Error()
			}
		}
		pause(ctx, 50*time.Millisecond)
	}
	return took, errs, first
}

// fill writes what is looked at: Tasks of the honest clients, and Patients with Observations.
func (r *abuseRun) fill(ctx context.Context) error {
	c, err := newClient(r.base, 1)
	if err != nil {
		return err
	}
	if err := preload(ctx, c, r.name, r.Clients*own); err != nil {
		return err
	}
	const each = 200
	for at := 0; at < r.Patients; at += each {
		var entries []entry
		for i := at; i < min(r.Patients, at+each); i++ {
			id := "abuse-" + strconv.Itoa(i)
			entries = append(entries,
				entry{"PUT", "Patient/" + id, `{"resourceType":"Patient","id":"` + id + `","name":[{"family":"Quince` + strconv.Itoa(i) + `"}],"link":[{"other":{"reference":"Patient/abuse-` + strconv.Itoa(max(0, i-1)) + `"},"type":"seealso"}]}`},
				entry{"PUT", "Observation/" + id, `{"resourceType":"Observation","id":"` + id + `","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/` + id + `"}}`})
		}
		if _, err := c.must(ctx, "POST", "", bundle("transaction", entries...)); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	return nil
}

// processor returns how much processor time a process has used, as Linux counts it.
func processor(pid int) (time.Duration, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, fmt.Errorf("read the processor time of process %d: %w", pid, err)
	}
	_, after, _ := strings.Cut(string(data), ") ")
	words := strings.Fields(after)
	if len(words) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d words", pid, len(words))
	}
	var ticks int64
	for _, word := range words[11:13] { // in user mode, and in the kernel
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// resetPeak begins to count anew how much memory a process has had at most, and returns what it has now, in MB.
func resetPeak(pid int) (now int, err error) {
	if err := os.WriteFile("/proc/"+strconv.Itoa(pid)+"/clear_refs", []byte("5"), 0o600); err != nil {
		return 0, fmt.Errorf("begin to count the memory of process %d: %w", pid, err)
	}
	now, _, err = memory(pid)
	return now, err
}
