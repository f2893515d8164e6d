package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"warmhandoff/cmd/internal/server"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
	"warmhandoff/mapping"
)

type proofSearch struct {
	Tasks   int     `help:"How many Tasks." default:"1000000" env:"-"`
	Few     int     `help:"With how many the cost of a search is compared." default:"5000" env:"-"`
	Clients int     `help:"How many ask at once." default:"8" env:"-"`
	Seconds float64 `help:"For how long each kind of search is measured." default:"10" env:"-"`
	Dir     string  `help:"Where the database is made. Default: a temporary folder." placeholder:"DIR" env:"-"`
}

// searchRun is one run of the proof.
type searchRun struct {
	*proofSearch
	sys *system
	c   *client
	f   map[string]any

	cost float64 // of the last kind of search: processor time of a request, client and server, in milliseconds
}

// Run fills a database with Tasks, in two steps, and measures searches over HTTP at each, client and server in one process.
func (k *proofSearch) Run(p *program) (err error) {
	began := time.Now()
	if k.Clients < 1 || k.Seconds <= 0 || k.Few < 1000 || k.Tasks < k.Few {
		return ended{2, "--clients must be at least 1, --seconds more than 0, --few at least 1000, and --tasks no less than that."}
	}
	collectLess(server.DefaultLimits()) // as serve does
	dir, err := os.MkdirTemp(k.Dir, "warmhandoff-proof-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	st, err := openStore(p, filepath.Join(dir, "proof.db"), sqlstore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	listener, err := new(net.ListenConfig).Listen(p, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r := &searchRun{proofSearch: k, f: map[string]any{"tasks": k.Tasks, "few": k.Few, "clients": k.Clients}}
	base := "http://" + listener.Addr().String() + "/fhir"
	r.sys = wire(st, wiring{base: base, guide: mapping.Settings{Zone: time.UTC, Guides: guides}, now: time.Now, newID: newID})
	web := r.sys.server.HTTPServer(listener.Addr().String())
	go func() { _ = web.Serve(listener) }()
	defer func() { _ = web.Close() }()
	if r.c, err = newClient(base, k.Clients); err != nil {
		return err
	}
	ok, err := r.measure(p)
	if err != nil {
		return err
	}
	return conclude(p, verdict{
		Claim: "with a million Tasks a worklist page takes at the 99th percentile at most twice what it takes with few, a deep page what the first one takes, " +
			"and 50 Tasks with what they are about and the persons at most three times what they take alone",
		OK: ok, Figures: r.f,
	}, began)
}

func (r *searchRun) measure(p *program) (bool, error) {
	if err := r.fill(p, 0, r.Few); err != nil {
		return false, err
	}
	few, err := r.ask(p, "worklistFew", worklist(20))
	if err != nil {
		return false, err
	}
	started := time.Now()
	if err := r.fill(p, r.Few, r.Tasks); err != nil {
		return false, err
	}
	r.f["filledPerSecond"] = int(float64(r.Tasks-r.Few) / max(time.Since(started).Seconds(), 1e-9))
	many, err := r.ask(p, "worklistMany", worklist(20))
	if err != nil {
		return false, err
	}
	deep, err := r.deep(p)
	if err != nil {
		return false, err
	}
	including, err := r.including(p)
	if err != nil {
		return false, err
	}
	r.f["worklistP99ManyToFew"], r.f["deepToFirst"], r.f["includeToAlone"] = ratio(many.P99, few.P99), deep, including
	return many.P99 <= 2*few.P99 && deep <= 1.5 && including <= 3, nil
}

// worklist asks for the first page of one of the agencies after the other.
func worklist(count int) func(client, n int) string {
	return func(client, n int) string {
		return fmt.Sprintf("/Task?owner=%s&status=accepted&_count=%d", agency("search", client+n), count)
	}
}

// ask measures one kind of search.
func (r *searchRun) ask(ctx context.Context, name string, path func(client, n int) string) (figures, error) {
	l := &load{Clients: r.Clients, Seconds: r.Seconds, Mix: name}
	before := ownTime()
	f, err := l.measure(ctx, r.c, mix{next: func(client, n int) (string, string, []byte) { return "GET", path(client, n), nil }})
	if err == nil && f.Errors > 0 {
		err = errors.New(f.First)
	}
	r.f[name+"PerSecond"], r.f[name+"P50ms"], r.f[name+"P99ms"] = int(f.Rate), f.P50, f.P99
	r.cost = float64(ownTime()-before) / float64(max(f.Requests, 1)) / float64(time.Millisecond)
	r.f[name+"CPUms"] = r.cost
	return f, err
}

// ownTime gives the processor time that this program has used, as Linux counts it, in steps of 10 ms; 0 where that cannot be read.
func ownTime() time.Duration {
	data, _ := os.ReadFile("/proc/self/stat")
	_, rest, _ := strings.Cut(string(data), ") ") // the name in front may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// deep compares the first page of a search that all Tasks match with one in the middle of them, by processor time.
func (r *searchRun) deep(ctx context.Context) (float64, error) {
	if _, err := r.ask(ctx, "firstPage", func(int, int) string { return "/Task?status=accepted&_count=20" }); err != nil {
		return 0, err
	}
	first := r.cost
	next, passed := "/Task?status=accepted&_count=1000", 0
	for ; passed < r.Tasks/2; passed += 1000 {
		var err error
		if next, err = r.next(ctx, next); err != nil {
			return 0, err
		}
	}
	next = strings.Replace(next, "_count=1000", "_count=20", 1)
	r.f["deepPageBehind"] = passed
	_, err := r.ask(ctx, "deepPage", func(int, int) string { return next })
	return ratio(r.cost, first), err
}

// ratio is for costs that may be too small to be seen.
func ratio(a, b float64) float64 { return a / max(b, 1e-9) }

// next gives the path of the page behind one.
func (r *searchRun) next(ctx context.Context, path string) (string, error) {
	data, err := r.c.must(ctx, "GET", path, nil)
	if err != nil {
		return "", err
	}
	var page struct {
		Link []struct{ Relation, URL string }
	}
	if err := json.Unmarshal(data, &page); err != nil {
		return "", err
	}
	for _, l := range page.Link {
		if l.Relation == "next" {
			return strings.TrimPrefix(l.URL, r.c.base), nil
		}
	}
	return "", errors.New("there is no page behind " + path)
}

// including compares 50 Tasks with their ServiceRequests and Patients to the Tasks alone, by the processor time that they take, which says more than
// the clock does where others use the machine too. They are asked in turns, so that a machine that grows faster or slower counts for both.
func (r *searchRun) including(ctx context.Context) (float64, error) {
	const turns = 8
	alone, with := 0.0, 0.0
	for range turns {
		if _, err := r.ask(ctx, "fiftyAlone", worklist(50)); err != nil {
			return 0, err
		}
		alone += r.cost
		_, err := r.ask(ctx, "fiftyIncluding", func(client, n int) string {
			return worklist(50)(client, n) + "&_include=Task:focus&_include=Task:patient"
		})
		if err != nil {
			return 0, err
		}
		with += r.cost
	}
	return ratio(with, alone), nil
}

// fill puts Tasks, each with its ServiceRequest and a Patient for every fourth, straight into the store, with the terms that they are found by and
// without a referral's other rows.
func (r *searchRun) fill(p *program, from, to int) error {
	bar := newProgress(p.err, "Tasks", time.Now)
	defer bar.end()
	opt := search.Options{Base: r.c.base, Zone: time.UTC}
	for from < to {
		end := min(from+500, to)
		if err := r.sys.store.Update(p, func(tx store.Tx) error {
			at, err := tx.LastUpdated(p)
			if err != nil {
				return err
			}
			if now := r.sys.now(); now.After(at) {
				at = now
			}
			for ; from < end; from++ {
				for _, body := range searched(from) {
					if err := putSearched(p, tx, body, at, opt); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			return err
		}
		bar.show(from, to)
	}
	return nil
}

// searched gives the resources of the nth Task. All Tasks of an agency are accepted, as the worst that a worklist can be.
func searched(n int) [][]byte {
	all := [][]byte{
		serviceRequest("search", n),
		task("search", n, "accepted", "A visit to talk about food, and who to ask for"),
	}
	if n%4 == 0 {
		all = append(all, fmt.Appendf(nil, `{"resourceType":"Patient","id":%q,"active":true,"name":[{"family":"Fictional %d","given":["Person"]}],"birthDate":"1980-01-%02d"}`,
			person("search", n), n, n%28+1))
	}
	return all
}

func putSearched(ctx context.Context, tx store.Tx, body []byte, at time.Time, opt search.Options) error {
	r, issues := fhir.Read(body)
	if fhir.Refused(issues) {
		return errors.New(issues[0].Text)
	}
	stamped, err := fhir.ReadStored(r.Stamp(r.ID(), 1, at))
	if err != nil {
		return err
	}
	terms := search.Terms(stamped, opt)
	w := store.Write{Key: store.Key{Type: r.Type(), ID: r.ID()}, Updated: at, Body: stamped.Bytes(), Terms: make([]store.Term, len(terms))}
	for i, t := range terms {
		w.Terms[i] = store.Term(t)
	}
	_, err = tx.Put(ctx, w)
	return err
}
