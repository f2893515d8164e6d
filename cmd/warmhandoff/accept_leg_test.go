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
)

// legAndTask gives what is told of a leg and what its agency reads of it.
func (a *adapter) legAndTask(task string) string {
	l := a.leg(task)
	return fmt.Sprintf("%s:%s grade=%s visit=%s misses=%d why=%s\n%s", l.State, l.Reason, l.Grade, l.Visit, l.Misses, l.Why, a.get("/Task/"+task).Bytes())
}

// beside asks another agency in the same referral, and lets it book, claim or say no.
func (a *adapter) beside(id, course string) string {
	cedar := scenario.Party{Name: "cedar", Ref: "Organization/cedar", Role: "agency"}
	task := strings.NewReplacer(fmt.Sprintf(`"id":%q`, id), fmt.Sprintf(`"id":"%s-2"`, id), "Organization/harbor", "Organization/cedar")
	a.put(bayview, task.Replace(taskJSON(id, "requested", "")))
	consent := strings.NewReplacer(`"id":"c-`+id+`"`, `"id":"c2-`+id+`"`, "Organization/harbor", "Organization/cedar")
	a.put(bayview, consent.Replace(consentJSON("c-"+id, "p-"+id, "active")))
	if course == "asked" {
		return id + "-2"
	}
	status := map[string]string{"declined": "rejected"}[course]
	if status == "" {
		status = "accepted"
	}
	a.put(cedar, task.Replace(taskJSON(id, status, "")))
	if course == "booked" || course == "attended" {
		a.put(cedar, bookingJSON("ap-2-"+id, id, "booked", "2026-03-05T10:00:00-08:00", "2026-03-05T11:00:00-08:00"))
	}
	if course == "attended" {
		a.put(cedar, strings.Replace(visitJSON("e-2-"+id, id, "finished", "2026-03-05T10:02:00-08:00"), "Organization/harbor", "Organization/cedar", 1))
	}
	return id + "-2"
}

// TestAcceptNoWordForOneLegChangesAnother sends whatever the one agency, and others about its leg, can say: where the other leg stands, and every byte
// of its Task, stays. What is said of the person (consent, death, a conversation with them) is about both, and is not sent here.
func TestAcceptNoWordForOneLegChangesAnother(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", late, nil)
		defer func() { require.NoError(r, a.store.Close()) }()
		a.referred("a", "requested")
		other := a.beside("a", rapid.SampledFrom([]string{"asked", "accepted", "booked", "declined", "attended"}).Draw(r, "course"))
		before := a.legAndTask(other)
		told := drawMessages(r, true)[2:3]
		for _, list := range drawMessages(r, true)[3:] {
			if !slices.ContainsFunc(list, func(m message) bool { return m.who != harbor }) {
				told = append(told, list)
			}
		}
		for _, m := range drawOrder(r, told) {
			a.clock.pass(time.Minute)
			body := strictly(r, []byte(m.body("a")))
			who := m.who
			if (body.Type() == "Encounter" || body.Type() == "Observation") && rapid.Bool().Draw(r, "unsigned") {
				who = nobody // it names the agency whose it is
			}
			a.ask(who, "PUT", "/"+body.Type()+"/"+body.ID(), m.body("a")) // one that is refused says nothing either
			require.Equal(r, before, a.legAndTask(other), "after %s", m.name)
		}
	})
}
