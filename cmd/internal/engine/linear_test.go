package engine

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// counted is a store that counts what is asked of it and how much it answers: statements, as an engine sees them, and rows.
type counted struct {
	store.Store
	n *int
}

func (c counted) Update(ctx context.Context, f func(store.Tx) error) error {
	return c.Store.Update(ctx, func(tx store.Tx) error { return f(countedTx{tx, c.n}) })
}

type countedTx struct {
	store.Tx
	n *int
}

func (c countedTx) Newest(ctx context.Context, k store.Key) (store.Version, error) {
	*c.n++
	return c.Tx.Newest(ctx, k)
}

func (c countedTx) Numbered(ctx context.Context, k store.Key, number int) (store.Version, error) {
	*c.n++
	return c.Tx.Numbered(ctx, k, number)
}

func (c countedTx) Versions(ctx context.Context, k store.Key, before, limit int) ([]store.Version, error) {
	all, err := c.Tx.Versions(ctx, k, before, limit)
	*c.n += 1 + len(all)
	return all, err
}

func (c countedTx) Search(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := c.Tx.Search(ctx, q)
	*c.n += 1 + len(page.Versions)
	return page, err
}

func (c countedTx) LinkedTo(ctx context.Context, to ...string) ([]store.Linked, error) {
	all, err := c.Tx.LinkedTo(ctx, to...)
	*c.n += 1 + len(to) + len(all)
	return all, err
}

func (c countedTx) LinkedLast(ctx context.Context, to string, limit int) ([]store.Linked, error) {
	all, err := c.Tx.LinkedLast(ctx, to, limit)
	*c.n += 1 + len(all)
	return all, err
}

func (c countedTx) Links(ctx context.Context, from store.Key) ([]store.Link, error) {
	all, err := c.Tx.Links(ctx, from)
	*c.n += 1 + len(all)
	return all, err
}

func (c countedTx) Handoffs(ctx context.Context, referral string) ([]store.Handoff, error) {
	all, err := c.Tx.Handoffs(ctx, referral)
	*c.n += 1 + len(all)
	return all, err
}

func (c countedTx) Put(ctx context.Context, w store.Write) (store.Version, error) {
	*c.n += 1 + len(w.Links) + len(w.Terms)
	return c.Tx.Put(ctx, w)
}

func (c countedTx) PutHandoff(ctx context.Context, h store.Handoff) error {
	*c.n++
	return c.Tx.PutHandoff(ctx, h)
}

func (c countedTx) Remember(ctx context.Context, key, value string, at time.Time) (string, bool, error) {
	*c.n++
	return c.Tx.Remember(ctx, key, value, at)
}

// work is what something took: calls of the store with their rows, and allocations.
type took struct {
	calls, allocations int
	bytes              int
}

// growing makes a change of a size, after what has to be there for it.
type growing struct {
	name    string
	sizes   [2]int // the second is twice the first
	prepare func(f *fixture, n int)
	changes func(f *fixture, n int) []Change
}

func groupOf(f *fixture, id string, n int) Change {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`{"entity":{"reference":"Patient/%s-m%d"}}`, id, i))
	}
	return f.put(fmt.Sprintf(`{"resourceType":"Group","id":"%s","type":"person","actual":true,"member":[%s]}`, id, strings.Join(members, ",")))
}

func householdOf(f *fixture, id string, n int) []Change {
	return bundle(groupOf(f, id, n),
		f.put(fmt.Sprintf(`{"resourceType":"ServiceRequest","id":"%s","status":"active","intent":"order","subject":{"reference":"Group/%[1]s"},"requester":{"reference":"Organization/ref"},"authoredOn":"2026-03-01"}`, id)),
		f.put(taskNamed(id, id, "Group/"+id, "")))
}

func taskNamed(id, request, whom, more string) string {
	return fmt.Sprintf(`{"resourceType":"Task","id":"%s","status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},%s`+
		`"focus":{"reference":"ServiceRequest/%s"},"for":{"reference":"%s"},"requester":{"reference":"Organization/ref"},"owner":{"reference":"Organization/harbor"}}`, id, more, request, whom)
}

func consentOf(id, more, rule string) string {
	return `{"resourceType":"Consent","id":"` + id + `","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"patient":{"reference":"Patient/c"},` + more +
		`"policy":[{"uri":"urn:x"}],"provision":{` + rule + `}}`
}

func members(f *fixture, id string, n int) []Change {
	var all []Change
	for i := range n {
		all = append(all, f.put(fmt.Sprintf(`{"resourceType":"Patient","id":"%s-m%d","active":true}`, id, i)))
	}
	return bundle(all...)
}

func requestOf(f *fixture, id, more string) Change {
	return f.put(fmt.Sprintf(`{"resourceType":"ServiceRequest","id":"%s","status":"active","intent":"order",%s"subject":{"reference":"Patient/%[1]s"},"requester":{"reference":"Organization/ref"},"authoredOn":"2026-03-01"}`, id, more))
}

func chainOf(f *fixture, id string, n int) []Change {
	all := []Change{requestOf(f, id, "")}
	for i := range n {
		above := ""
		if i > 0 {
			above = fmt.Sprintf(`"partOf":[{"reference":"Task/%s-%d"}],`, id, i-1)
		}
		all = append(all, f.put(taskNamed(fmt.Sprintf("%s-%d", id, i), id, "Patient/"+id, above)))
	}
	return bundle(all...)
}

func listOf(n int, one func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = one(i)
	}
	return strings.Join(all, ",")
}

// kinds are what may be sent in any number.
var kinds = []growing{
	{"members of a household", [2]int{40, 80}, nil, func(f *fixture, n int) []Change { return householdOf(f, "h", n) }},
	{"members of a household, touched", [2]int{40, 80}, func(f *fixture, n int) {
		f.apply(members(f, "h", n)...)
		f.apply(householdOf(f, "h", n)...)
	}, func(f *fixture, _ int) []Change {
		return []Change{f.put(`{"resourceType":"Patient","id":"h-m1","active":true,"gender":"female"}`)}
	}},
	{"members of a household with a visit each, touched", [2]int{40, 80}, func(f *fixture, n int) {
		f.apply(members(f, "h", n)...)
		f.apply(householdOf(f, "h", n)...)
		var all []Change
		for i := range n {
			all = append(all, f.put(fmt.Sprintf(`{"resourceType":"Appointment","id":"h-a%d","status":"booked","basedOn":[{"reference":"ServiceRequest/h"}],"start":"2026-03-03T10:00:00Z","end":"2026-03-03T11:00:00Z","participant":[{"actor":{"reference":"Patient/h-m%[1]d"},"status":"accepted"}]}`, i)))
		}
		f.apply(bundle(all...)...)
	}, func(f *fixture, _ int) []Change {
		return []Change{f.put(`{"resourceType":"Patient","id":"h-m1","active":true,"gender":"female"}`)}
	}},
	{"Tasks, each part of the one before", [2]int{120, 240}, nil, func(f *fixture, n int) []Change { return chainOf(f, "c", n) }},
	{"Tasks, each part of the one before, touched", [2]int{120, 240}, func(f *fixture, n int) { f.apply(chainOf(f, "c", n)...) },
		func(f *fixture, _ int) []Change {
			return []Change{f.put(`{"resourceType":"Patient","id":"c","active":true}`)}
		}},
	{"references of a request", [2]int{4000, 8000}, nil, func(f *fixture, n int) []Change {
		return []Change{requestOf(f, "r", `"supportingInfo":[`+listOf(n, func(i int) string { return fmt.Sprintf(`{"reference":"Observation/none-%d"}`, i) })+`],`)}
	}},
	{"performers of a request", [2]int{1000, 2000}, nil, func(f *fixture, n int) []Change {
		return []Change{requestOf(f, "r", `"performer":[`+listOf(n, func(i int) string { return fmt.Sprintf(`{"reference":"Organization/none-%d"}`, i) })+`],`)}
	}},
	{"referrals in a transaction", [2]int{80, 160}, nil, func(f *fixture, n int) []Change {
		var all []Change
		for i := range n {
			id := fmt.Sprint("t", i)
			all = append(all, requestOf(f, id, ""), f.put(taskNamed(id, id, "Patient/"+id, "")))
		}
		return bundle(all...)
	}},
	{"referrals in a transaction, moved", [2]int{80, 160}, func(f *fixture, n int) {
		for i := range n {
			id := fmt.Sprint("t", i)
			f.apply(bundle(requestOf(f, id, ""), f.put(taskNamed(id, id, "Patient/"+id, "")))...)
		}
	}, func(f *fixture, n int) []Change {
		var all []Change
		for i := range n {
			id := fmt.Sprint("t", i)
			all = append(all, f.put(strings.Replace(taskNamed(id, id, "Patient/"+id, ""), `"requested"`, `"accepted"`, 1)))
		}
		return bundle(all...)
	}},
	{"conditional creates", [2]int{100, 200}, nil, func(f *fixture, n int) []Change {
		var all []Change
		for i := range n {
			all = append(all, f.post(fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"%d"}]}`, i)).ifNone(fmt.Sprintf("identifier=urn:x|%d", i)))
		}
		return bundle(all...)
	}},
	{"conditional references", [2]int{100, 200}, func(f *fixture, _ int) {
		f.apply(f.put(`{"resourceType":"Practitioner","id":"dr","identifier":[{"system":"urn:x","value":"dr"}]}`))
	}, func(f *fixture, n int) []Change {
		var all []Change
		for range n {
			all = append(all, f.post(`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"participant":[{"individual":{"reference":"Practitioner?identifier=urn:x|dr"}}]}`))
		}
		return bundle(all...)
	}},
	{"visits of a referral", [2]int{100, 200}, func(f *fixture, _ int) { f.apply(chainOf(f, "c", 1)...) }, func(f *fixture, n int) []Change {
		var all []Change
		for i := range n {
			all = append(all, f.put(fmt.Sprintf(`{"resourceType":"Encounter","id":"e%d","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/c"},"basedOn":[{"reference":"ServiceRequest/c"}],"period":{"start":"2026-03-02T10:00:00Z","end":"2026-03-02T11:00:00Z"}}`, i)))
		}
		return bundle(all...)
	}},
	{"records of one person", [2]int{100, 200}, func(f *fixture, _ int) { f.apply(chainOf(f, "c", 1)...) }, func(f *fixture, n int) []Change {
		return []Change{f.put(`{"resourceType":"Patient","id":"c","link":[` + listOf(n, func(i int) string {
			return fmt.Sprintf(`{"type":"replaces","other":{"reference":"Patient/c%d"}}`, i)
		}) + `]}`)}
	}},
	{"Consents of a person", [2]int{60, 120}, func(f *fixture, _ int) { f.apply(chainOf(f, "c", 1)...) }, func(f *fixture, n int) []Change {
		var all []Change
		for i := range n {
			all = append(all, f.put(consentOf(fmt.Sprint("co", i), fmt.Sprintf(`"dateTime":"2026-02-%02d",`, 1+i%28), `"type":"permit","period":{"start":"2026-03-01","end":"2026-0`+fmt.Sprint(4+i%6)+`-01"}`)))
		}
		return bundle(all...)
	}},
	{"rules of a Consent", [2]int{100, 200}, func(f *fixture, _ int) { f.apply(chainOf(f, "c", 1)...) }, func(f *fixture, n int) []Change {
		return []Change{f.put(consentOf("co", "", `"type":"permit","provision":[`+listOf(n, func(i int) string {
			return `{"type":"deny","actor":[{"role":{"coding":[{"code":"IRCP"}]},"reference":{"reference":"Organization/o` + fmt.Sprint(i) + `"}}]}`
		})+`]`))}
	}},
	{"versions of a Task", [2]int{60, 120}, func(f *fixture, n int) {
		f.apply(chainOf(f, "c", 1)...)
		for i := range n {
			f.apply(f.put(taskNamed("c-0", "c", "Patient/c", fmt.Sprintf(`"description":"%d",`, i))))
		}
	}, func(f *fixture, _ int) []Change {
		return []Change{f.put(taskNamed("c-0", "c", "Patient/c", `"description":"last",`))}
	}},
	{"referrals of one person, touched", [2]int{60, 120}, func(f *fixture, n int) {
		for i := range n {
			f.apply(bundle(f.put(strings.ReplaceAll(`{"resourceType":"ServiceRequest","id":"s","status":"active","intent":"order","subject":{"reference":"Patient/c"},"authoredOn":"2026-03-01"}`, `"s"`, fmt.Sprintf(`"s%d"`, i))),
				f.put(taskNamed(fmt.Sprint("s", i), fmt.Sprint("s", i), "Patient/c", "")))...)
		}
	}, func(f *fixture, _ int) []Change {
		return []Change{f.put(`{"resourceType":"Patient","id":"c","active":true}`)}
	}},
	{"referrals of one person for one service", [2]int{60, 120}, nil, func(f *fixture, n int) []Change {
		var all []Change
		for i := range n {
			all = append(all, f.put(fmt.Sprintf(`{"resourceType":"ServiceRequest","id":"s%d","status":"active","intent":"order","code":{"text":"food"},"subject":{"reference":"Patient/c"},"authoredOn":"2026-03-01"}`, i)),
				f.put(taskNamed(fmt.Sprint("s", i), fmt.Sprint("s", i), "Patient/c", "")))
		}
		return bundle(all...)
	}},
	{"posts of one requester", [2]int{60, 120}, nil, func(f *fixture, n int) []Change {
		var all []Change
		for i := range n {
			all = append(all, f.post(fmt.Sprintf(`{"resourceType":"ServiceRequest","identifier":[{"system":"urn:x","value":"%d"}],"status":"active","intent":"order","subject":{"reference":"Patient/c%[1]d"},"requester":{"reference":"Organization/ref"}}`, i)).as(fmt.Sprintf("urn:uuid:%d", i)),
				f.post(strings.Replace(taskNamed("x", "x", fmt.Sprintf("Patient/c%d", i), ""), "ServiceRequest/x", fmt.Sprintf("urn:uuid:%d", i), 1)))
		}
		return bundle(all...)
	}},
	{"targets of a Provenance", [2]int{60, 120}, func(f *fixture, n int) {
		for i := range n {
			f.apply(bundle(requestOf(f, fmt.Sprint("s", i), ""), f.put(taskNamed(fmt.Sprint("s", i), fmt.Sprint("s", i), fmt.Sprint("Patient/s", i), "")))...)
		}
	}, func(f *fixture, n int) []Change {
		return []Change{f.post(`{"resourceType":"Provenance","recorded":"2026-03-02T00:00:00Z","agent":[{"who":{"reference":"Organization/harbor"}}],"target":[` +
			listOf(n, func(i int) string { return fmt.Sprintf(`{"reference":"Task/s%d"}`, i) }) + `]}`)}
	}},
	{"workers who move", [2]int{40, 80}, func(f *fixture, n int) {
		f.apply(f.put(`{"resourceType":"HealthcareService","id":"hs","providedBy":{"reference":"Organization/harbor"}}`))
		for i := range n {
			f.apply(bundle(requestOf(f, fmt.Sprint("s", i), ""), f.put(strings.Replace(taskNamed(fmt.Sprint("s", i), fmt.Sprint("s", i), fmt.Sprint("Patient/s", i), ""), "Organization/harbor", "HealthcareService/hs", 1)))...)
		}
	}, func(f *fixture, _ int) []Change {
		return []Change{f.put(`{"resourceType":"HealthcareService","id":"hs","providedBy":{"reference":"Organization/other"}}`)}
	}},
	{"identifiers of a person", [2]int{1000, 2000}, func(f *fixture, _ int) { f.apply(chainOf(f, "c", 1)...) }, func(f *fixture, n int) []Change {
		return []Change{f.put(`{"resourceType":"Patient","id":"c","identifier":[` + listOf(n, func(i int) string { return fmt.Sprintf(`{"system":"urn:x","value":"%d"}`, i) }) + `]}`)}
	}},
}

// measured does a change of a size and says what it took: of several times the least, since what else runs allocates too.
func (g *growing) measured(t *testing.T, n int) took {
	least := took{}
	for try := range 2 {
		s, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
		require.NoError(t, err)
		one := took{}
		f := startOn(t, counted{s, &one.calls})
		f.set.Rules, f.set.Guide.Partners = workflow.DefaultRules(time.UTC), map[string]mapping.Partner{"Organization/harbor": {Treatment: true}}
		f.Engine = New(counted{s, &one.calls}, f.set)
		if g.prepare != nil {
			g.prepare(f, n)
		}
		changes := g.changes(f, n)
		var before, after runtime.MemStats
		one.calls = 0
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, err = f.Apply(t.Context(), Principal{Role: workflow.Admin}, changes) // who may write the largest
		lasted := time.Since(began)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		one.allocations, one.bytes = int(after.Mallocs-before.Mallocs), int(after.TotalAlloc-before.TotalAlloc)
		if testing.Verbose() {
			t.Log(g.name, n, one, lasted)
		}
		require.NoError(t, s.Close())
		if try == 0 || one.allocations < least.allocations {
			least = one
		}
	}
	return least
}

// TestWorkGrowsWithItsInput doubles what is sent, and finds that it takes about twice as much: never four times. Allocations and calls of the store are
// counted, and no time is measured.
func TestWorkGrowsWithItsInput(t *testing.T) { //nolint:paralleltest // what runs beside it would be counted
	for _, g := range kinds {
		t.Run(g.name, func(t *testing.T) {
			one, two := g.measured(t, g.sizes[0]), g.measured(t, g.sizes[1])
			const most = 2.6 // twice, and what n log n adds
			assert.LessOrEqual(t, float64(two.calls), most*float64(one.calls)+20, "calls of the store: %v, %v", one, two)
			assert.LessOrEqual(t, float64(two.allocations), most*float64(one.allocations)+1000, "allocations: %v, %v", one, two)
			assert.LessOrEqual(t, float64(two.bytes), most*float64(one.bytes)+100_000, "bytes: %v, %v", one, two)
		})
	}
}
