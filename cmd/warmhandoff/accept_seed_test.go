package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/mapping/workflow"
)

// TestPropertyWhatTheSeedsAskForStandsOnce: whatever was said of a leg, in whatever order, and while the clock goes, each thing that the seeds ask for stands
// open at most once for each of those who are asked, with an owner or a role, and a time; it is closed where what shows it is there; and in every order
// the same stands open.
func TestPropertyWhatTheSeedsAskForStandsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", monday.Add(time.Hour), nil)
		defer func() { require.NoError(r, a.store.Close()) }()
		said := [][]message{drawTask(r, false), drawBooking(r, true, "ap0")}
		for n, what := range []string{"precall", "introduction", "read-back", "barriers-asked", "plan-given", "check-in"} {
			if rapid.Bool().Draw(r, what) {
				said = append(said, drawMark(r, fmt.Sprint("w", n), what))
			}
		}
		if rapid.Bool().Draw(r, "navigator") {
			said = append(said, drawTeam(r))
		}
		if rapid.Bool().Draw(r, "ride") {
			said = append(said, drawRide(r))
		}
		for _, id := range []string{"a", "b"} {
			a.begins(id)
			for _, m := range drawOrder(r, said) {
				a.say(m, id)
			}
		}
		for range 12 {
			a.tick()
			one := a.standsOpen(r, "a")
			require.Equal(r, one, a.standsOpen(r, "b"), "on %s, while the leg is %s", a.clock.now(), a.stands("a"))
			a.clock.pass(time.Duration(rapid.IntRange(5, 40).Draw(r, "hours"))*time.Hour + 17*time.Minute)
		}
	})
}

// drawMark draws what somebody did for the person, or left undone, and now and then takes it back.
func drawMark(r *rapid.T, id, what string) []message {
	day := drawDay(r, false)
	more := rapid.SampledFrom([]string{"", "", `,"reasonCode":[{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]}]`}).Draw(r, "more")
	var list []message
	for _, status := range rapid.SampledFrom([][]string{{"completed"}, {"completed"}, {"not-done"}, {"completed", "entered-in-error"}, {"not-done", "completed"}}).Draw(r, "mark") {
		list = append(list, message{"Communication/" + id + " " + what + " " + status + " " + day + more, navigator, func(leg string) string {
			return fmt.Sprintf(`{"resourceType":"Communication","id":"%s-%s","status":%q,"basedOn":[{"reference":"ServiceRequest/sr-%s"}],
"category":[{"coding":[{"system":"urn:warmhandoff:element","code":%q}]}],"medium":[{"coding":[{"code":"PHONE"}]}],"sent":"%sT18:00:00-08:00","recipient":[{"reference":"Patient/p-%s"},{"reference":"PractitionerRole/jr"}],
"sender":{"reference":"Practitioner/nav"},"statusReason":{"coding":[{"system":"urn:warmhandoff:not-done","code":"not-wanted"}]}%s}`, id, leg, status, leg, what, day, leg, more)
		}})
	}
	return list
}

func drawTeam(r *rapid.T) []message {
	named := `[{"role":[{"coding":[{"system":"urn:warmhandoff:role","code":"navigator"}]}],"member":{"reference":"Practitioner/nav"}}]`
	var list []message
	for _, who := range rapid.SampledFrom([][]string{{named}, {`[{"member":{"reference":"Practitioner/nav"}}]`, named}}).Draw(r, "team") {
		list = append(list, message{"CareTeam " + who, navigator, func(leg string) string {
			return fmt.Sprintf(`{"resourceType":"CareTeam","id":"ct-%s","status":"active","subject":{"reference":"Patient/p-%s"},"participant":%s}`, leg, leg, who)
		}})
	}
	return list
}

func drawRide(r *rapid.T) []message {
	var list []message
	for _, status := range rapid.SampledFrom([][]string{{"requested"}, {"requested", "accepted"}, {"requested", "rejected"}, {"requested", "accepted", "completed"}, {"accepted", "cancelled"}}).Draw(r, "ride") {
		list = append(list, message{"ride " + status, navigator, func(leg string) string {
			return fmt.Sprintf(`{"resourceType":"Task","id":"ride-%s","status":%q,"intent":"order","code":{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]},"basedOn":[{"reference":"ServiceRequest/sr-%s"}],"for":{"reference":"Patient/p-%s"}}`, leg, status, leg, leg)
		}})
	}
	return list
}

// standsOpen gives what the seeds ask for and stands open for a leg, "introduce navigator", and holds each against what is shown.
func (a *adapter) standsOpen(r require.TestingT, id string) []string {
	l := a.leg(id)
	list := []string{}
	for _, todo := range a.found("Task?status=ready&focus=Task/" + id + "&_count=200") {
		what := todo.Get("code", "coding", "code").Text()
		at := slices.IndexFunc(workflow.Seeds, func(s workflow.SeedRow) bool {
			return s.What == what && s.Timer == todo.Get("reasonCode", "coding", "code").Text()
		})
		if at < 0 {
			continue
		}
		one := strings.TrimSpace(what + " " + todo.Get("performerType", "coding", "code").Text() + " " + todo.Get("description").Text())
		require.NotContains(r, list, one, "asked twice")
		require.NotEmpty(r, todo.Get("performerType", "coding", "code").Text())
		require.True(r, todo.Get("restriction", "period", "end").Exists(), "%s is due", one)
		require.NotContains(r, []string{"attended", "closed"}, l.State, one)
		for _, element := range workflow.Seeds[at].Shown {
			require.True(r, strings.HasPrefix(l.Warmth[element], "not-done"), "%s, and %s is %s", one, element, l.Warmth[element])
		}
		list = append(list, one)
	}
	slices.Sort(list)
	return list
}

// TestAnOrdinaryReferralWritesNothingForTheSeeds: what is sent is what is stored. What nobody did by its time is asked for then, and not before.
func TestAnOrdinaryReferralWritesNothingForTheSeeds(t *testing.T) {
	t.Parallel()
	a := openAdapter(t, ":memory:", monday, nil) // nine in the morning where it is
	defer func() { require.NoError(t, a.store.Close()) }()
	a.do(bayview, "POST", "", transaction(t, patientJSON("p-1"), consentJSON("c-1", "p-1", "active"), requestJSON("sr-1", "p-1", ""), taskJSON("1", "requested", "")))
	require.Equal(t, int64(4), a.store.Seen(), "a person, a consent, a request, a Task")
	asked := func(hours int) []string {
		a.clock.pass(time.Duration(hours) * time.Hour)
		a.tick()
		return a.standsOpen(t, "1")
	}
	require.Empty(t, asked(7))
	require.Equal(t, int64(4), a.store.Seen())
	require.Equal(t, []string{"assign-navigator supervisor", "call-agency navigator"}, asked(2))
}
