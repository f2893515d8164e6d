package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// abuse is one kind of request that would cost the others much, were it let.
type abuse struct {
	name     string
	requests int // how many it sends at once
	prepare  func(ctx context.Context, r *abusing, c *client) error
	play     func(ctx context.Context, r *abusing, seen *answers)
}

// abuses are those that were once found to cost much: the writer held for half a minute, gigabytes, all readers, everybody locked out.
func abuses() []abuse {
	return []abuse{
		one("household", func(r *abusing) request { return asTransaction(household(r.unique(), 1000)...) }),
		one("household-allowed", func(r *abusing) request { return asTransaction(household(r.unique(), 100)...) }),
		{"household-touched", 1, func(ctx context.Context, _ *abusing, c *client) error {
			_, err := c.must(ctx, "POST", "", bundle("transaction", household("touched", 100)...)) // the largest that is taken
			return err
		}, func(ctx context.Context, r *abusing, seen *answers) {
			r.ask(ctx, seen, request{"PUT", "/Patient/touched-m1", []byte(`{"resourceType":"Patient","id":"touched-m1","active":true,"birthDate":"1980-01-0` + strconv.Itoa(1+r.count()%9) + `"}`), mediaJSON})
		}},
		one("chain", func(r *abusing) request { return asTransaction(chain(r.unique(), 500)...) }),
		one("chain-allowed", func(r *abusing) request { return asTransaction(chain(r.unique(), 240)...) }),
		one("conditions", func(r *abusing) request {
			return asTransaction(repeat(500, func(i int) entry {
				return entry{"PUT", "Patient?name:contains=zz" + strconv.Itoa(i), `{"resourceType":"Patient","name":[{"family":"zz"}]}`}
			})...)
		}),
		one("links", func(r *abusing) request {
			return request{"POST", "/ServiceRequest", []byte(`{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/` + r.unique() +
				`"},"supportingInfo":[` + list(30000, func(i int) string { return `{"reference":"Observation/none-` + strconv.Itoa(i) + `"}` }) + `]}`), mediaJSON}
		}),
		one("links-allowed", func(r *abusing) request {
			return request{"POST", "/ServiceRequest", []byte(`{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/` + r.unique() +
				`"},"supportingInfo":[` + list(1900, func(i int) string { return `{"reference":"Observation/` + r.unique() + strconv.Itoa(i) + `"}` }) + `]}`), mediaJSON}
		}),
		one("performers", func(r *abusing) request {
			return request{"POST", "/ServiceRequest", []byte(`{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/` + r.unique() +
				`"},"performer":[` + list(5000, func(i int) string { return `{"reference":"Organization/none-` + strconv.Itoa(i) + `"}` }) + `]}`), mediaJSON}
		}),
		{"batch-of-large", 1, storeLarge, func(ctx context.Context, r *abusing, seen *answers) {
			r.ask(ctx, seen, asBatch(repeat(500, func(int) entry { return entry{"GET", "Patient/" + largeID, ""} })...))
		}},
		one("batch-of-pages", func(*abusing) request {
			return asBatch(repeat(150, func(int) entry { return entry{"GET", "Observation?_count=1000", ""} })...)
		}),
		one("elements", func(*abusing) request {
			return asForm("/Task/_search", "_elements="+strings.Repeat("a,", 2_500_000)+"a")
		}),
		one("sort", func(*abusing) request { return asForm("/Task/_search", "_sort="+strings.Repeat("a,", 2_500_000)+"a") }),
		one("parameters", func(*abusing) request {
			return asForm("/Task/_search", list(300_000, func(i int) string { return "p" + strconv.Itoa(i) + "=1&" }))
		}),
		{"slow-readers", 100, storeLarge, slowReaders},
		{"large-bodies", 12, nil, func(ctx context.Context, r *abusing, seen *answers) {
			r.ask(ctx, seen, repeat(12, func(int) request { return request{"POST", "/Patient", largePatient("", 2_400_000), mediaJSON} })...)
		}},
		{"includes", 4, nil, func(ctx context.Context, r *abusing, seen *answers) {
			r.ask(ctx, seen, repeat(4, func(int) request {
				return request{"GET", "/Patient?_count=1000&_revinclude:iterate=Observation:*&_revinclude:iterate=Patient:*", nil, ""}
			})...)
		}},
		{"includes-hung-up", 8, nil, func(ctx context.Context, r *abusing, seen *answers) {
			short, end := context.WithTimeout(ctx, 100*time.Millisecond)
			defer end()
			r.ask(short, seen, repeat(8, func(int) request {
				return request{"GET", "/Patient?_count=1000&_revinclude:iterate=Observation:*&_revinclude:iterate=Patient:*", nil, ""}
			})...)
		}},
		one("unknown-xml", func(*abusing) request {
			return request{"POST", "/Patient", []byte(`<Patient xmlns="http://hl7.org/fhir">` + list(60000, func(i int) string { return fmt.Sprintf(`<x%d value="1"/>`, i) }) + `</Patient>`), "application/fhir+xml"}
		}),
		{"patch", 1, storeLarge, func(ctx context.Context, r *abusing, seen *answers) {
			r.ask(ctx, seen, request{"PATCH", "/Patient/" + largeID, patchOf(200), "application/json-patch+json"})
		}},
		{"batch-of-validate", 1, storeLarge, func(ctx context.Context, r *abusing, seen *answers) {
			r.ask(ctx, seen, asBatch(repeat(20, func(int) entry { return entry{"GET", "Patient/" + largeID + "/$validate", ""} })...))
		}},
		{"silent-bodies", 13, nil, silentBodies},
		{"many-writers", 127, nil, func(ctx context.Context, r *abusing, seen *answers) {
			r.ask(ctx, seen, repeat(127, func(i int) request { return asTransaction(household(r.unique(), 30)...) })...)
		}},
		one("end-of-time", func(r *abusing) request { return asTransaction(endOfTime(r.unique())...) }),
		one("beginning-of-time", func(r *abusing) request {
			id := r.unique()
			return asTransaction(entry{"PUT", "Appointment/" + id, `{"resourceType":"Appointment","id":"` + id +
				`","status":"booked","start":"0001-01-01T00:00:00+14:00","end":"0001-01-01T00:30:00+14:00","participant":[{"actor":{"reference":"Patient/` + id + `"},"status":"accepted"}]}`})
		}),
	}
}

// one is a kind that is one request.
func one(name string, build func(r *abusing) request) abuse {
	return abuse{name: name, requests: 1, play: func(ctx context.Context, r *abusing, seen *answers) { r.ask(ctx, seen, build(r)) }}
}

const mediaJSON = "application/fhir+json"

type request struct {
	method, path string
	body         []byte
	media        string
}

type entry struct{ method, url, resource string }

func bundle(typ string, entries ...entry) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"resourceType":"Bundle","type":%q,"entry":[`, typ)
	for i, e := range entries {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('{')
		if e.resource != "" {
			fmt.Fprintf(&b, `"resource":%s,`, e.resource)
		}
		fmt.Fprintf(&b, `"request":{"method":%q,"url":%q}}`, e.method, e.url)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func asTransaction(entries ...entry) request {
	return request{"POST", "", bundle("transaction", entries...), mediaJSON}
}

func asBatch(entries ...entry) request {
	return request{"POST", "", bundle("batch", entries...), mediaJSON}
}

func asForm(path, text string) request {
	return request{"POST", path, []byte(text), "application/x-www-form-urlencoded"}
}

func repeat[T any](n int, item func(i int) T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = item(i)
	}
	return all
}

func list(n int, item func(i int) string) string {
	return strings.Join(repeat(n, item), map[bool]string{true: ",", false: ""}[strings.HasPrefix(item(0), "{")])
}

// household is a referral of a Group: its members are not written, as where an EHR sends them later.
func household(id string, members int) []entry {
	return []entry{
		{"PUT", "Group/" + id, `{"resourceType":"Group","id":"` + id + `","type":"person","actual":true,"member":[` +
			list(members, func(i int) string { return `{"entity":{"reference":"Patient/` + id + "-m" + strconv.Itoa(i) + `"}}` }) + `]}`},
		{"PUT", "ServiceRequest/" + id, `{"resourceType":"ServiceRequest","id":"` + id + `","status":"active","intent":"order","subject":{"reference":"Group/` + id + `"},"requester":{"reference":"Organization/abuse"}}`},
		{"PUT", "Task/" + id, `{"resourceType":"Task","id":"` + id + `","status":"requested","intent":"order",` + code + `,"focus":{"reference":"ServiceRequest/` + id + `"},"for":{"reference":"Group/` + id +
			`"},"requester":{"reference":"Organization/abuse"},"owner":{"reference":"Organization/abused"}}`},
	}
}

// chain are Tasks of which each is part of the one before.
func chain(id string, n int) []entry {
	all := household(id, 1)[1:2]
	for i := range n {
		above := ""
		if i > 0 {
			above = `"partOf":[{"reference":"Task/` + id + "-" + strconv.Itoa(i-1) + `"}],`
		}
		of := id + "-" + strconv.Itoa(i)
		all = append(all, entry{"PUT", "Task/" + of, `{"resourceType":"Task","id":"` + of + `","status":"requested","intent":"order",` + code + `,` + above + `"focus":{"reference":"ServiceRequest/` + id +
			`"},"for":{"reference":"Patient/` + id + `"},"requester":{"reference":"Organization/abuse"},"owner":{"reference":"Organization/abused"}}`})
	}
	return all[:min(len(all), 500)]
}

// endOfTime is a referral that pauses until the last day there is, with a visit on it, west of Greenwich.
func endOfTime(id string) []entry {
	all := household(id, 1)
	all[2].resource = strings.Replace(all[2].resource, `"status":"requested"`, `"status":"on-hold","restriction":{"period":{"end":"9999-12-31"}}`, 1)
	return append(all, entry{"PUT", "Appointment/" + id, `{"resourceType":"Appointment","id":"` + id + `","status":"booked","start":"9999-12-31T23:30:00-12:00","end":"9999-12-31T23:59:59-12:00",` +
		`"basedOn":[{"reference":"ServiceRequest/` + id + `"}],"participant":[{"actor":{"reference":"Patient/` + id + `-m0"},"status":"accepted"}]}`})
}

const largeID = "abuse-large"

// mostNumbers is how many identifiers a large Patient has: it is found by nearly as many values as one resource may be.
const mostNumbers = 640

// largePatient is a Patient of about so many bytes, in many elements: no list of more than the 10,000 items that are read.
func largePatient(id string, size int) []byte {
	if id != "" {
		id = `"id":"` + id + `",`
	}
	n := size / 80
	numbers := func(some int) string {
		return `[` + list(some, func(i int) string { return fmt.Sprintf(`{"system":"phone","value":"%047d"}`, i) }) + `]`
	}
	return []byte(`{"resourceType":"Patient",` + id + `"active":true,"identifier":[` +
		list(min(n/12, mostNumbers), func(i int) string { return fmt.Sprintf(`{"system":"urn:abuse:number","value":"%037d"}`, i) }) + `],"contact":[` +
		list((n-min(n/12, mostNumbers))/1000+1, func(int) string { return `{"telecom":` + numbers(1000) + `}` }) + `]}`)
}

func storeLarge(ctx context.Context, _ *abusing, c *client) error {
	_, err := c.must(ctx, "PUT", "/Patient/"+largeID, largePatient(largeID, 4_800_000))
	return err
}

// patchOf replaces and tests what stands far apart, many times.
func patchOf(steps int) []byte {
	return []byte(`[` + list(steps, func(i int) string {
		return fmt.Sprintf(`{"op":"replace","path":"/contact/%d/telecom/%d/value","value":"%d"}`, i%50, i*4, i)
	}) + `]`)
}

// slowReaders ask for pages of the largest size and read nothing of them.
func slowReaders(ctx context.Context, r *abusing, seen *answers) {
	u, err := url.Parse(r.base)
	if err != nil {
		return
	}
	var all []net.Conn
	for range 100 {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
		if err != nil {
			seen.add("no connection")
			continue
		}
		fmt.Fprintf(c, "GET /fhir/Patient/%s HTTP/1.1\r\nHost: %s\r\nX-Dev-Principal: %s\r\n\r\n", largeID, u.Host, abuser)
		all = append(all, c)
	}
	pause(ctx, 3*time.Second)
	for _, c := range all {
		_ = c.Close()
	}
	seen.add("hung up")
}

// silentBodies announce large bodies and send nothing of them.
func silentBodies(ctx context.Context, r *abusing, seen *answers) {
	u, err := url.Parse(r.base)
	if err != nil {
		return
	}
	var all []net.Conn
	for range 13 {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
		if err != nil {
			seen.add("no connection")
			continue
		}
		fmt.Fprintf(c, "POST /fhir/Patient HTTP/1.1\r\nHost: %s\r\nX-Dev-Principal: %s\r\nContent-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n{", u.Host, abuser, 5<<20)
		all = append(all, c)
	}
	r.ask(ctx, seen, request{"POST", "/Patient", largePatient("", 200_000), mediaJSON}) // which has to be taken all the same
	pause(ctx, 2*time.Second)
	for _, c := range all {
		_ = c.Close()
	}
}

// abuser is who asks for all of it.
const abuser = "org=Organization/abuse"

// ask sends requests at once and notes what they are answered.
func (r *abusing) ask(ctx context.Context, seen *answers, all ...request) {
	var asked sync.WaitGroup
	for _, one := range all {
		asked.Go(func() { seen.add(r.send(ctx, one)) })
	}
	asked.Wait()
}

func (r *abusing) send(ctx context.Context, one request) string {
	ask, err := http.NewRequestWithContext(ctx, one.method, r.base+one.path, bytes.NewReader(one.body))
	if err != nil {
		return err.Error()
	}
	ask.Header.Set("X-Dev-Principal", abuser)
	if one.media != "" {
		ask.Header.Set("Content-Type", one.media)
	}
	answer, err := r.http.Do(ask)
	if err != nil {
		return "no answer"
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return "half an answer"
	}
	return strconv.Itoa(answer.StatusCode)
}

// answers notes what requests were answered. Safe for concurrent use.
type answers struct {
	mu  sync.Mutex
	all map[string]int
}

func (a *answers) add(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[string]int{}
	}
	a.all[what]++
}

// list returns each once, with how often.
func (a *answers) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []string
	for what, n := range a.all {
		list = append(list, fmt.Sprintf("%s×%d", what, n))
	}
	slices.Sort(list)
	return list
}

// wrong returns how many were none that a caller can act on: 500 and its like, but for 503 and 507, which say that it may be asked again.
func (a *answers) wrong() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for what, times := range a.all {
		if what[0] == '5' && what != "503" && what != "507" {
			n += times
		}
	}
	return n
}
