package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/store"
)

// What holds whatever is said and whenever, asked of the whole program with drawn messages. For longer:
//
//	go test ./cmd/warmhandoff -run TestProperty -rapid.checks=2000

// referral is what every drawn story begins with: the person, the request, and a consent for each of two agencies.
func (a *adapter) begins(id string) {
	cedars := strings.ReplaceAll(consentJSON("c2-"+id, "p-"+id, "active"), harbor.Ref, cedar.Ref)
	a.do(bayview, "POST", "", transaction(a.t, patientJSON("p-"+id), consentJSON("c-"+id, "p-"+id, "active"), cedars, requestJSON("sr-"+id, "p-"+id, "")))
}

// drawnOfLeg draws what is said of harbor's leg alone, mixed: its Task, bookings, visits, and what somebody says of its Task.
func drawnOfLeg(r *rapid.T) []message {
	said := [][]message{drawTask(r, true)}
	for n := range rapid.IntRange(0, 2).Draw(r, "bookings") {
		said = append(said, drawBooking(r, true, fmt.Sprint("ap", n)))
	}
	for n := range rapid.IntRange(0, 2).Draw(r, "visits") {
		said = append(said, drawVisit(r, fmt.Sprint("e", n)))
	}
	for n := range rapid.IntRange(0, 2).Draw(r, "attestations") {
		said = append(said, aboutTask(drawAttestation(r, true, fmt.Sprint("o", n)), "focus"))
	}
	for n := range rapid.IntRange(0, 3).Draw(r, "contacts") {
		said = append(said, aboutTask(drawContact(r, fmt.Sprint("k", n)), "about"))
	}
	return drawOrder(r, said)
}

// aboutTask makes messages name the leg that they are about.
func aboutTask(list []message, element string) []message {
	var named []message
	for _, m := range list {
		named = append(named, message{m.name, m.who, func(id string) string {
			return strings.TrimSuffix(m.body(id), "}") + `,"` + element + `":[{"reference":"Task/` + id + `"}]}`
		}})
	}
	return named
}

// say sends one message, refused or not. Nothing that is said makes the program fail.
func (a *adapter) say(m message, id string) {
	body := m.body(id)
	r := strictly(a.t, []byte(body))
	answer := a.ask(m.who, "PUT", "/"+r.Type()+"/"+r.ID(), body)
	require.Less(a.t, answer.Status, 500, "%s: %s", m.name, answer.Body)
}

// tick does what is due by now.
func (a *adapter) tick() {
	_, _, err := a.sys.engine.Tick(context.Background())
	require.NoError(a.t, err)
}

// TestPropertyALegIsNobodyElsesBusiness: whatever is said of harbor's leg, cedar's stands where it stood, and cedar's Task and all that is written for
// cedar read as they read. What is said of the person or of the request itself is everybody's business, and is not drawn.
func TestPropertyALegIsNobodyElsesBusiness(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", late, nil)
		defer func() { require.NoError(r, a.store.Close()) }()
		a.begins("a")
		for _, m := range cedarsLeg(r) {
			a.say(m, "a")
		}
		a.say(message{"harbor is asked", bayview, func(id string) string { return taskJSON(id, "draft", "") }}, "a")
		before := a.ofCedar("y-a")
		for _, m := range drawnOfLeg(r) {
			a.say(m, "a")
			require.Equal(r, before, a.ofCedar("y-a"), m.name)
		}
	})
}

// cedarsLeg draws how far cedar's leg has come.
func cedarsLeg(r *rapid.T) []message {
	task := func(status string) message {
		return message{"cedar " + status, nobody, func(id string) string {
			body := strings.Replace(taskJSON(id, status, ""), `"id":"`+id+`"`, `"id":"y-`+id+`"`, 1)
			return strings.Replace(body, `"owner":{"reference":"Organization/harbor"}`, `"owner":{"reference":"Organization/cedar"}`, 1)
		}}
	}
	booked := func(status, day string) message {
		return message{"cedar " + status + " " + day, cedar, func(id string) string {
			return bookingJSON("yap-"+id, id, status, day+"T12:00:00-07:00", day+"T13:00:00-07:00")
		}}
	}
	visit := message{"cedar's visit", cedar, func(id string) string {
		return strings.Replace(visitJSON("ye-"+id, id, "finished", "2026-03-20T12:00:00-07:00"), harbor.Ref, cedar.Ref, 1)
	}}
	return rapid.SampledFrom([][]message{
		{task("draft")},
		{task("requested")},
		{task("requested"), task("accepted")},
		{task("requested"), task("accepted"), booked("booked", "2026-04-08")},
		{task("requested"), task("accepted"), booked("booked", "2026-03-20")},
		{task("requested"), task("accepted"), booked("noshow", "2026-03-20")},
		{task("requested"), task("accepted"), task("completed")},
		{task("requested"), task("accepted"), visit},
		{task("requested"), task("rejected")},
		{task("requested"), task("accepted"), task("on-hold")},
	}).Draw(r, "cedar")
}

// ofCedar gives where a leg stands, every version of its Task, and every version of what was written for its agency on our own account.
func (a *adapter) ofCedar(task string) map[string]string {
	l := a.leg(task)
	seen := map[string]string{"stands": fmt.Sprint(l.State, ":", l.Reason, " ", l.Grade, " ", l.Visit, " ", l.Misses, " ", l.Why, " ", l.Warmth)}
	maps.Copy(seen, a.own(func(key, body string) bool {
		return key == "Task/"+task || strings.Contains(body, `"value":"Task/`+task+`#`) && strings.Contains(body, cedar.Ref)
	}))
	return seen
}

// own gives the versions of Tasks and Communications that are chosen, by "Type/id/_history/n".
func (a *adapter) own(choose func(key, body string) bool) map[string]string {
	all := map[string]string{}
	ctx := context.Background()
	require.NoError(a.t, a.store.View(ctx, func(r store.Reader) error {
		for _, typ := range []string{"Task", "Communication"} {
			var keys []store.Key
			if err := r.EachKey(ctx, typ, func(v store.Version) error { keys = append(keys, v.Key); return nil }); err != nil {
				return err
			}
			for _, k := range keys {
				versions, err := r.Versions(ctx, k, 0, 10_000)
				if err != nil {
					return err
				}
				for i := range versions {
					if body := string(versions[i].Body); choose(k.String(), body) {
						all[k.String()+"/_history/"+strconv.Itoa(versions[i].Number)] = body
					}
				}
			}
		}
		return nil
	}))
	return all
}

// TestPropertyNothingIsLeftToDo: whatever was said, and however the clock went, doing what is due a second time in the same moment writes nothing; and
// every open leg has somebody who does something by some time.
func TestPropertyNothingIsLeftToDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", monday.Add(time.Hour), nil)
		defer func() { require.NoError(r, a.store.Close()) }()
		a.begins("a")
		for _, m := range drawnOfLeg(r) {
			a.clock.pass(time.Duration(rapid.IntRange(0, 30*60).Draw(r, "minutes")) * time.Minute)
			a.tick()
			a.say(m, "a")
			a.settled(r)
		}
		for range rapid.IntRange(1, 6).Draw(r, "days") {
			a.clock.pass(time.Duration(rapid.IntRange(1, 200).Draw(r, "hours")) * time.Hour)
			a.tick()
			a.settled(r)
		}
	})
}

// settled looks whether everything that is due now was done.
func (a *adapter) settled(r *rapid.T) {
	before := a.store.Seen()
	next, _, err := a.sys.engine.Tick(context.Background())
	require.NoError(r, err)
	require.True(r, next.IsZero() || next.After(a.clock.now()), "what is due next lies ahead")
	require.Equal(r, before, a.store.Seen(), "versions written when nothing had changed")
	l := a.leg("a")
	if l.State == "none" || l.State == "attended" || l.State == "closed" {
		return
	}
	require.NotEmpty(r, l.Due, "%s:%s", l.State, l.Reason)
	for _, d := range l.Due {
		require.NotEmpty(r, d.For, d.What)
		require.NotEmpty(r, d.By, d.What)
	}
}

// personal is what must not go out once the consent is gone: the person's name, the visit's day, and what happened at it.
var personal = regexp.MustCompile(`Esposito|Dario|Appointment/|Encounter/|urn:warmhandoff:visit"|"(attended|missed|scheduled|no-news|claim-only)"`)

// TestPropertyNothingGoesOutAfterARevocation: from the moment at which the consent is taken back, what the program writes for anybody outside says no
// more of the leg than that nothing more will be said.
func TestPropertyNothingGoesOutAfterARevocation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", monday.Add(time.Hour), nil)
		defer func() { require.NoError(r, a.store.Close()) }()
		a.begins("a")
		said := drawnOfLeg(r)
		revoked := rapid.IntRange(1, len(said)).Draw(r, "revoked")
		everything := func(string, string) bool { return true }
		var before map[string]string
		for n, m := range said {
			a.clock.pass(time.Duration(rapid.IntRange(0, 30*60).Draw(r, "minutes")) * time.Minute)
			a.tick()
			if n == revoked {
				before = a.own(everything)
				a.put(bayview, consentJSON("c-a", "p-a", "inactive"))
			}
			a.say(m, "a")
		}
		if before == nil {
			return
		}
		a.clock.pass(14 * 24 * time.Hour)
		a.tick()
		l := a.leg("a")
		for key, body := range a.own(everything) {
			if before[key] != "" || !strings.Contains(body, `"value":"Task/a#`) || l.State == "attended" {
				continue
			}
			if goesOut(body, l.Reason == "consent-revoked") {
				require.NotRegexp(r, personal, body, "%s, while the leg is %s:%s", key, l.State, l.Reason)
			}
		}
	})
}

// goesOut reports something that waits to be sent or done outside of this house: for an organization, and for the person too once their leg has ended
// by the revocation. A person whose referral was never released may be asked how they are.
func goesOut(body string, ended bool) bool {
	waits := strings.Contains(body, `"status":"preparation"`) || strings.Contains(body, `"status":"requested"`)
	for _, to := range []string{`"owner":{"reference":"Organization/`, `"recipient":[{"reference":"Organization/`} {
		if strings.Contains(body, to) {
			return waits
		}
	}
	return waits && ended && strings.Contains(body, `"recipient":[{"reference":"Patient/`)
}
