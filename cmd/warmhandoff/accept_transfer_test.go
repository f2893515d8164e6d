package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/fhir"
)

// askedAgencies are whom a Task is given to and from.
var askedAgencies = []scenario.Party{harbor, cedar, {Name: "elm", Ref: "Organization/elm", Role: "agency"}}

var hie = scenario.Party{Name: "hie", Ref: "Organization/hie", Role: "feed"}

// transfers draws what becomes of one Task that several agencies are asked by: who owns it, what the owner says, and what each agency, or nobody by
// name, reports. Each list holds the versions of one resource.
func transfers(r *rapid.T) [][]message {
	at := time.Date(2026, 3, 2, 18, 0, 0, 0, time.UTC)
	var task []message
	owner, status := harbor, "requested"
	word := func(who scenario.Party, more string) {
		of, is, when := owner, status, at
		task = append(task, message{"Task " + status + " of " + owner.Name + " by " + who.Name, who, func(id string) string {
			return strings.Replace(taskJSON(id, is, more+`,"lastModified":"`+when.Format(time.RFC3339)+`"`), harbor.Ref, of.Ref, 1)
		}})
		at = at.Add(time.Duration(rapid.IntRange(1, 60).Draw(r, "hours")) * time.Hour)
	}
	word(bayview, "")
	for range rapid.IntRange(1, 6).Draw(r, "words") {
		switch rapid.IntRange(0, 2).Draw(r, "word") {
		case 0:
			owner = rapid.SampledFrom(askedAgencies).Draw(r, "owner")
			if rapid.Bool().Draw(r, "asked") {
				status = "requested"
			}
			word(bayview, "")
		case 1:
			status = "accepted"
			word(owner, "")
		default:
			status = rapid.SampledFrom([]string{"in-progress", "completed", "on-hold"}).Draw(r, "status")
			word(owner, "")
		}
	}
	said := [][]message{task}
	for n := range rapid.IntRange(0, 3).Draw(r, "visits") {
		who := rapid.SampledFrom(askedAgencies).Draw(r, "where")
		day, named := rapid.IntRange(2, 20).Draw(r, "day"), rapid.Bool().Draw(r, "named")
		said = append(said, []message{{fmt.Sprintf("visit %d at %s on %d, named %t", n, who.Name, day, named), hie, func(id string) string {
			body := visitJSON(fmt.Sprint("e", n), id, "finished", fmt.Sprintf("2026-03-%02dT10:20:00-08:00", day))
			if !named {
				return strings.Replace(body, `,
"serviceProvider":{"reference":"Organization/harbor"}`, "", 1)
			}
			return strings.Replace(body, harbor.Ref, who.Ref, 1)
		}}})
	}
	for n := range rapid.IntRange(0, 2).Draw(r, "bookings") {
		who := rapid.SampledFrom(askedAgencies).Draw(r, "whose")
		day := rapid.IntRange(3, 20).Draw(r, "start")
		made := rapid.IntRange(2, day).Draw(r, "made")
		said = append(said, []message{{fmt.Sprintf("booking %d by %s, made on %d", n, who.Name, made), who, func(id string) string {
			body := bookingJSON(fmt.Sprint("ap", n), id, "booked", fmt.Sprintf("2026-03-%02dT10:00:00-08:00", day), fmt.Sprintf("2026-03-%02dT11:00:00-08:00", day))
			return strings.Replace(body, `"basedOn"`, fmt.Sprintf(`"created":"2026-03-%02dT09:00:00-08:00","basedOn"`, made), 1)
		}}})
	}
	return said
}

// asksAll begins a referral for which each of the agencies may be asked.
func (a *adapter) asksAll(id string) {
	bodies := []string{patientJSON("p-" + id), requestJSON("sr-"+id, "p-"+id, "")}
	for _, who := range askedAgencies {
		bodies = append(bodies, strings.ReplaceAll(consentJSON("c-"+who.Name, "p-"+id, "active"), harbor.Ref, who.Ref))
	}
	a.do(bayview, "POST", "", transaction(a.t, bodies...))
}

// tasksLegs gives the legs of the one Task of a referral: agency, number of a former one, where it stands, and the sources of its evidence.
func (a *adapter) tasksLegs(id string) (legs []scenario.Leg, sources [][]string) {
	for p := range a.get("/ServiceRequest/sr-" + id + "/$handoff").Get("parameter").All() {
		if p.Get("name").Text() != "leg" {
			continue
		}
		var l scenario.Leg
		var from []string
		for part := range p.Get("part").All() {
			switch part.Get("name").Text() {
			case "agency":
				l.Agency = part.Get("valueString").Text()
			case "former":
				_, _ = fmt.Sscan(part.Get("valueInteger").Text(), &l.Former)
			case "state":
				l.State = part.Get("valueCode").Text()
			case "reason":
				l.Reason = part.Get("valueCode").Text()
			case "grade":
				l.Grade = part.Get("valueCode").Text()
			case "visit":
				l.Visit = part.Get("valueDateTime").Text()
			case "evidence":
				from = append(from, sourceOf(part))
			}
		}
		legs, sources = append(legs, l), append(sources, from)
	}
	return legs, sources
}

func sourceOf(evidence fhir.Value) string {
	for one := range evidence.Get("part").All() {
		if one.Get("name").Text() == "source" {
			source, _, _ := strings.Cut(one.Get("valueReference", "reference").Text(), "/_history/")
			return source
		}
	}
	return ""
}

// TestPropertyRuling38EachAgencyHasItsOwnLeg: whoever is asked by a Task, one after the other, at any moment exactly one leg is the present owner's, the
// others have ended, and nothing that shows a visit for one of them counts for another; and however what is said of other resources comes between,
// it ends the same.
func TestPropertyRuling38EachAgencyHasItsOwnLeg(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		said := transfers(r)
		a := openAdapter(r, ":memory:", late, nil)
		defer func() { require.NoError(r, a.store.Close()) }()
		a.asksAll("a")
		taken := make([][]message, len(said))
		for i, list := range said {
			for _, m := range list {
				if a.taken(m, "a") {
					taken[i] = append(taken[i], m)
				}
				a.eachAgencyHasItsOwn(r, "a", m.name)
			}
		}
		straight, _ := a.tasksLegs("a")

		b := openAdapter(r, ":memory:", late, nil)
		defer func() { require.NoError(r, b.store.Close()) }()
		b.asksAll("a")
		for _, m := range drawOrder(r, taken) {
			b.say(m, "a")
		}
		other, _ := b.tasksLegs("a")
		require.Equal(r, straight, other)
	})
}

// taken sends one message and reports whether it was taken.
func (a *adapter) taken(m message, id string) bool {
	body := m.body(id)
	res := strictly(a.t, []byte(body))
	answer := a.ask(m.who, "PUT", "/"+res.Type()+"/"+res.ID(), body)
	require.Less(a.t, answer.Status, 500, "%s: %s", m.name, answer.Body)
	return answer.OK()
}

func (a *adapter) eachAgencyHasItsOwn(r *rapid.T, id, after string) {
	if !a.ask(nobody, "GET", "/Task/"+id, "").OK() {
		return
	}
	legs, sources := a.tasksLegs(id)
	owner, now, formers := a.get("/Task/"+id).Get("owner", "reference").Text(), 0, []int{}
	seen := map[string]int{}
	for i, l := range legs {
		if l.Former == 0 {
			now++
			require.Equal(r, owner, l.Agency, after)
			require.Equal(r, l.State+":"+l.Reason, a.leg(id).State+":"+a.leg(id).Reason, after)
		} else {
			formers = append(formers, l.Former)
			require.Contains(r, []string{"closed", "attended"}, l.State, "%s: leg %d", after, l.Former)
		}
		for _, source := range slices.Compact(slices.Sorted(slices.Values(sources[i]))) {
			if strings.HasPrefix(source, "Task/") {
				continue // each has the versions of its own time
			}
			other, twice := seen[source]
			require.False(r, twice, "%s: %s counts for legs %d and %d of %v", after, source, other, i, legs)
			seen[source] = i
		}
	}
	require.Equal(r, 1, now, after)
	slices.Sort(formers)
	for i, n := range formers {
		require.Equal(r, i+1, n, "%s: the former legs are numbered in their order", after)
	}
}
