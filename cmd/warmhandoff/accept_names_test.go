package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/scenario"
)

// References are drawn in every way in which one can be written: by its place, by an identifier, contained with one and without, and as something that
// nobody knows. What they mean is worked out here once more, by itself, from all that was written.

// world is what was drawn: a few people, requests and their Tasks, and what others say of them.
type world struct {
	r       *rapid.T
	bodies  []string
	numbers map[string][]string // which Patients carry a record number
	same    map[string]string   // Patient → the record that it was joined with
	about   map[string]string   // "Encounter/e0" → the person as it names them: "Patient/0", "mrn 1", "" for nobody known
}

// named draws a reference to one of a few, with what has to be contained for it, and what it says.
func (w *world) named(typ, system, what string) (ref, contained, says string) {
	i := rapid.SampledFrom([]string{"0", "0", "1"}).Draw(w.r, what)
	identifier := fmt.Sprintf(`{"system":"urn:x:%s","value":%q}`, system, i)
	id := strings.ToLower(typ[:1]) // the same in every container
	inside := func(more string) (string, string) {
		return `{"reference":"#` + id + `"}`, fmt.Sprintf(`{"resourceType":%q,"id":%q%s}`, typ, id, more)
	}
	switch rapid.SampledFrom([]string{"place", "place", "place", "identifier", "identifier", "contained", "without", "unknown", "no system"}).Draw(w.r, "way") {
	case "place":
		return `{"reference":"` + typ + "/" + i + `"}`, "", typ + "/" + i
	case "identifier":
		return `{"identifier":` + identifier + `}`, "", system + " " + i
	case "contained":
		more := `,"identifier":[` + identifier + `]`
		if typ == "ServiceRequest" {
			more += `,"status":"active","intent":"order","subject":{"display":"x"}`
		}
		ref, contained = inside(more)
		return ref, contained, system + " " + i
	case "without":
		more := ""
		if typ == "ServiceRequest" {
			more = `,"status":"active","intent":"order","subject":{"display":"x"}`
		}
		ref, contained = inside(more)
		return ref, contained, ""
	case "no system":
		return `{"identifier":{"value":"` + i + `"}}`, "", ""
	}
	return `{"identifier":{"system":"urn:x:else","value":"9"}}`, "", "else 9" // whoever that is: one and the same
}

func held(contained ...string) string {
	contained = slices.DeleteFunc(contained, func(s string) bool { return s == "" })
	if len(contained) == 0 {
		return ""
	}
	return `"contained":[` + strings.Join(contained, ",") + `],`
}

// people draws three records, two of which may be one person's, and two of which may carry one number.
func (w *world) people() {
	w.numbers, w.same, w.about = map[string][]string{}, map[string]string{}, map[string]string{}
	for i, number := range []string{"0", "1", rapid.SampledFrom([]string{"0", "1", "2", "2"}).Draw(w.r, "number")} {
		key := fmt.Sprint("Patient/", i)
		w.numbers["mrn "+number] = append(w.numbers["mrn "+number], key)
		link := ""
		if to := rapid.SampledFrom([]string{"", "Patient/0", "Patient/1"}).Draw(w.r, "link"); i == 2 && to != "" {
			link, w.same[key] = `,"link":[{"other":{"reference":"`+to+`"},"type":"replaced-by"}]`, to
		}
		w.bodies = append(w.bodies, fmt.Sprintf(`{"resourceType":"Patient","id":"%d","identifier":[{"system":"urn:x:mrn","value":%q}]%s}`, i, number, link))
	}
}

// person gives who is meant, "" where nobody can tell: the record itself, or the one that it was joined with.
func (w *world) person(says string) string {
	found := []string{says}
	if strings.HasPrefix(says, "mrn ") {
		found = w.numbers[says]
	}
	one := ""
	for _, key := range found {
		if to := w.same[key]; to != "" {
			key = to
		}
		if one != "" && one != key {
			return ""
		}
		one = key
	}
	return one
}

// draw draws everything that is written.
func (w *world) draw() {
	w.people()
	add := func(format string, args ...any) { w.bodies = append(w.bodies, fmt.Sprintf(format, args...)) }
	for i, id := range []string{"harbor", "cedar"} {
		add(`{"resourceType":"Organization","id":%q,"identifier":[{"system":"urn:x:npi","value":"%d"}]}`, id, i)
	}
	number := rapid.SampledFrom([]string{"1", "1", "1", "0"}).Draw(w.r, "second number")
	for i, n := range []string{"0", number} {
		who, inside, says := w.named("Patient", "mrn", "subject")
		w.about[fmt.Sprint("ServiceRequest/", i)] = says
		add(`{"resourceType":"ServiceRequest","id":"%d",%s"identifier":[{"system":"urn:x:order","value":%q}],"status":"active","intent":"order","code":{"text":"Need %d"},"subject":%s,"authoredOn":"2026-03-02T08:00:00Z","requester":{"reference":"Organization/bayview"}}`,
			i, held(inside), n, i, who)
		who, inside, says = w.named("Patient", "mrn", "for")
		w.about[fmt.Sprint("Task/", i)] = says
		focus, order, _ := w.named("ServiceRequest", "order", "focus")
		owner, org, _ := w.named("Organization", "npi", "owner")
		owner = strings.NewReplacer("Organization/0", "Organization/harbor", "Organization/1", "Organization/cedar").Replace(owner)
		add(`{"resourceType":"Task","id":"%d",%s"status":"requested","intent":"order",%s,"focus":%s,"for":%s,"authoredOn":"2026-03-02T08:00:00Z","requester":{"reference":"Organization/bayview"},"owner":%s}`,
			i, held(inside, order, org), code, focus, who, owner)
	}
	for i := range rapid.IntRange(1, 3).Draw(w.r, "consents") {
		who, inside, says := w.named("Patient", "mrn", "patient")
		w.about[fmt.Sprint("Consent/", i)] = says
		actor, org, _ := w.named("Organization", "npi", "actor")
		actor = strings.NewReplacer("Organization/0", "Organization/harbor", "Organization/1", "Organization/cedar").Replace(actor)
		body := strings.Replace(consentJSON(fmt.Sprint(i), "x", "active"), `{"reference":"Patient/x"}`, who, 1)
		body = strings.Replace(body, `{"reference":"Organization/harbor"}`, actor, 1)
		w.bodies = append(w.bodies, strings.Replace(body, `"status"`, held(inside, org)+`"status"`, 1))
	}
	for i := range rapid.IntRange(0, 3).Draw(w.r, "visits") {
		who, inside, says := w.named("Patient", "mrn", "seen")
		w.about[fmt.Sprint("Encounter/", i)] = says
		order, request, _ := w.named("ServiceRequest", "order", "basedOn")
		org, provider, _ := w.named("Organization", "npi", "provider")
		org = strings.NewReplacer("Organization/0", "Organization/harbor", "Organization/1", "Organization/cedar").Replace(org)
		add(`{"resourceType":"Encounter","id":"%d",%s"status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":%s,"basedOn":[%s],"period":{"start":"2026-03-0%dT18:05:00Z","end":"2026-03-0%dT19:00:00Z"},"serviceProvider":%s}`,
			i, held(inside, request, provider), who, order, i+3, i+3, org)
	}
}

// written writes everything in an order, by people who say nothing of themselves, and gives where every Task stands.
func (w *world) written(a *adapter, order []int) []string {
	for _, i := range order {
		a.clock.pass(time.Second)
		body := strictly(w.r, []byte(w.bodies[i]))
		answer := a.ask(scenario.Party{}, "PUT", "/"+body.Type()+"/"+body.ID(), w.bodies[i])
		require.True(w.r, answer.OK(), "%s", answer.Body)
	}
	return []string{a.stands("0"), a.stands("1")}
}

// TestPropertyNobodysDataIsTakenForAnothers: however references are written, and in whatever order things come, no leg counts a visit or goes out under
// consent of somebody who is not the person referred, and no package holds anything of theirs; the end is the same in any order, and the rows are those
// that are made of the resources anew.
func TestPropertyNobodysDataIsTakenForAnothers(t *testing.T) {
	t.Parallel()
	followed, attended, mismatched := 0, 0, 0
	checkUntil(t, func() bool { return followed*attended*mismatched > 0 }, func(r *rapid.T) {
		w := &world{r: r}
		w.draw()
		order := make([]int, len(w.bodies))
		for i := range order {
			order[i] = i
		}
		a := openAdapter(r, ":memory:", late, nil)
		defer func() { assert.NoError(r, a.store.Close()) }()
		end := w.written(a, order)
		for i, state := range end {
			w.look(a, fmt.Sprint(i), state)
			if state != "none" {
				followed++
			}
			if strings.HasPrefix(state, "attended") {
				attended++
			}
			if strings.HasSuffix(state, "person-mismatch") {
				mismatched++
			}
		}
		b := openAdapter(r, ":memory:", late, nil)
		defer func() { assert.NoError(r, b.store.Close()) }()
		other := rapid.Permutation(order).Draw(r, "order")
		for _, body := range w.bodies {
			r.Log(body)
		}
		require.Equal(r, end, w.written(b, other), "order %v", other)
		require.NoError(r, again(r, a.sys, a.anew(r)))
		require.NoError(r, again(r, b.sys, b.anew(r)))
	})
	assert.Positive(t, followed)
	assert.Positive(t, attended)
	assert.Positive(t, mismatched)
}

// look looks at one leg: at what its answer rests on, and at what its agency may have.
func (w *world) look(a *adapter, task, state string) {
	if state == "none" || strings.HasSuffix(state, "person-mismatch") {
		answer := a.ask(harbor, "GET", "/Task/"+task+"/$package", "")
		require.NotEqual(w.r, 200, answer.Status)
		return
	}
	whose := w.person(w.about["Task/"+task])
	answer := a.get("/Task/" + task + "/$handoff")
	for _, p := range answer.Get("parameter").Items() {
		if p.Get("name").Text() != "evidence" {
			continue
		}
		source, used := "", false
		for _, part := range p.Get("part").Items() {
			switch part.Get("name").Text() {
			case "source":
				source, _, _ = strings.Cut(part.Get("valueReference", "reference").Text(), "/_history/")
			case "used":
				used = part.Get("valueBoolean").Bool()
			}
		}
		if about, known := w.about[source]; known && used && strings.HasPrefix(state, "attended") {
			require.NotEmpty(w.r, whose, "%s is about nobody known, and attended", task)
			require.Equal(w.r, whose, w.person(about), "%s counts for Task/%s", source, task)
		}
	}
	for _, who := range []scenario.Party{harbor, cedar} {
		sent := a.ask(who, "GET", "/Task/"+task+"/$package", "")
		if sent.Status != 200 {
			continue
		}
		for _, e := range strictly(w.r, sent.Body).Get("entry").Items() {
			switch one := e.Get("resource").Resource(); one.Type() {
			case "Patient":
				require.Equal(w.r, whose, w.person("Patient/"+one.ID()), "the person in the package")
			case "Consent":
				require.Equal(w.r, whose, w.person(w.about["Consent/"+one.ID()]), "the Consent in the package")
			}
		}
	}
}
