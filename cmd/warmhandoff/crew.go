package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// deed is one Bundle that was sent, and the updates of its Task that followed.
type deed struct {
	id           string
	acknowledged bool
	sent, done   int // updates of the Task: highest number sent, highest acknowledged; 0 none
}

// kinds are the resources of a deed's Bundle.
var kinds = []string{"Patient", "ServiceRequest", "Task", "Appointment", "Communication"}

func (d *deed) bundle() []byte {
	subject := fmt.Sprintf(`{"reference":"Patient/%s"}`, d.id)
	based := fmt.Sprintf(`"basedOn":[{"reference":"ServiceRequest/%s"}]`, d.id)
	bodies := map[string]string{
		"Patient": `"active":true`,
		"ServiceRequest": fmt.Sprintf(`"status":"active","intent":"order","code":{"text":"Counseling"},"subject":%s,"authoredOn":"2026-01-05T09:00:00Z",
"requester":{"reference":"Organization/proof"}`, subject),
		"Appointment": fmt.Sprintf(`"status":"booked","start":"2036-01-08T09:00:00Z","end":"2036-01-08T10:00:00Z",%s,
"participant":[{"actor":%s,"status":"accepted"}]`, based, subject),
		"Communication": fmt.Sprintf(`"status":"completed","sent":"2026-01-05T09:00:00Z",%s,"subject":%s`, based, subject),
	}
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Bundle","type":"transaction","entry":[`)
	for i, kind := range kinds {
		if i > 0 {
			b.WriteByte(',')
		}
		body := fmt.Sprintf(`{"resourceType":%q,"id":%q,%s}`, kind, d.id, bodies[kind])
		if kind == "Task" {
			body = string(d.task(0))
		}
		fmt.Fprintf(&b, `{"resource":%s,"request":{"method":"PUT","url":"%s/%s"}}`, body, kind, d.id)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// task is the Task with the number of its update in its description.
func (d *deed) task(n int) []byte {
	return fmt.Appendf(nil, `{"resourceType":"Task","id":%q,"status":"accepted","intent":"order",%s,"description":"%d",
"focus":{"reference":"ServiceRequest/%s"},"for":{"reference":"Patient/%s"},"authoredOn":"2026-01-05T09:00:00Z","lastModified":"2026-01-05T09:00:00Z",
"requester":{"reference":"Organization/proof"},"owner":{"reference":"Organization/proof-agency"}}`, d.id, code, n, d.id, d.id)
}

// crew writes until its server is gone.
type crew struct {
	c        *client
	cycle    int
	deeds    [][]*deed // by writer
	inFlight atomic.Int64
	writers  sync.WaitGroup
}

func newCrew(c *client, cycle, writers int) *crew {
	return &crew{c: c, cycle: cycle, deeds: make([][]*deed, writers)}
}

func (w *crew) begin(ctx context.Context) {
	for i := range w.deeds {
		w.writers.Go(func() { w.write(ctx, i) })
	}
}

// end waits until all have noticed that the server is gone, and gives what they did.
func (w *crew) end() []*deed {
	w.writers.Wait()
	return slices.Concat(w.deeds...)
}

// write sends a Bundle, then an update of its Task, and so on, until a request fails.
func (w *crew) write(ctx context.Context, i int) {
	for n := 0; ; n++ {
		d := &deed{id: fmt.Sprintf("proof-%d-%d-%d", w.cycle, i, n)}
		w.deeds[i] = append(w.deeds[i], d)
		if d.acknowledged = w.done(ctx, "POST", "", d.bundle()); !d.acknowledged {
			return
		}
		d.sent = 1
		if !w.done(ctx, "PUT", "/Task/"+d.id, d.task(1)) {
			return
		}
		d.done = 1
	}
}

// done reports whether the request was acknowledged: a whole answer that says so.
func (w *crew) done(ctx context.Context, method, path string, body []byte) bool {
	w.inFlight.Add(1)
	defer w.inFlight.Add(-1)
	_, err := w.c.must(ctx, method, path, body)
	return err == nil
}

// tally is what the proof counted.
type tally struct {
	recent, all  []*deed
	acknowledged int // Bundles and updates
	lost, half   int
	kills, busy  int // kills, and those that hit a request
	ready        []time.Duration
	integrity    string
}

func (t *tally) take(deeds []*deed, busy bool) {
	t.recent, t.all = deeds, append(t.all, deeds...)
	for _, d := range deeds {
		if d.acknowledged {
			t.acknowledged++
		}
		t.acknowledged += d.done
	}
	if t.kills++; busy {
		t.busy++
	}
}

func (t *tally) figures(cycles int) map[string]any {
	slices.Sort(t.ready)
	return map[string]any{
		"cycles": cycles, "bundles": len(t.all), "acknowledged": t.acknowledged, "lost": t.lost, "half": t.half, "integrity": t.integrity,
		"killsInFlight": t.busy, "readyP50ms": quantile(t.ready, 0.5), "readyP99ms": quantile(t.ready, 0.99),
	}
}

// verify reads deeds back through the API.
func (t *tally) verify(ctx context.Context, c *client, deeds []*deed) error {
	for chunk := range slices.Chunk(deeds, 50) {
		entries, err := readBack(ctx, c, chunk)
		if err != nil {
			return err
		}
		for i, d := range chunk {
			t.judge(d, entries[i*len(kinds):(i+1)*len(kinds)])
		}
	}
	return nil
}

// judge counts a deed as lost when something acknowledged is not there, as half when some of its Bundle is there and some is not.
func (t *tally) judge(d *deed, entries []backEntry) {
	there, update := 0, 0
	for i, e := range entries {
		if !e.there() {
			continue
		}
		there++
		if kinds[i] == "Task" {
			update, _ = strconv.Atoi(e.Resource.Description)
		}
	}
	switch {
	case there != 0 && there != len(kinds):
		t.half++
	case d.acknowledged && there == 0, update < d.done:
		t.lost++
	}
}

type backEntry struct {
	Response struct{ Status string }
	Resource struct{ ResourceType, Description string }
}

func (e backEntry) there() bool { return len(e.Response.Status) > 0 && e.Response.Status[0] == '2' }

// readBack reads all resources of the deeds in one batch.
func readBack(ctx context.Context, c *client, deeds []*deed) ([]backEntry, error) {
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Bundle","type":"batch","entry":[`)
	for i, d := range deeds {
		for j, kind := range kinds {
			if i+j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"request":{"method":"GET","url":"%s/%s"}}`, kind, d.id)
		}
	}
	b.WriteString(`]}`)
	data, err := c.must(ctx, "POST", "", b.Bytes())
	if err != nil {
		return nil, err
	}
	var answer struct{ Entry []backEntry }
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, err
	}
	if len(answer.Entry) != len(deeds)*len(kinds) {
		return nil, fmt.Errorf("%d answers to %d questions", len(answer.Entry), len(deeds)*len(kinds))
	}
	return answer.Entry, nil
}
