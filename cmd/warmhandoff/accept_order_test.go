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

// message is one request about the referral ID; its body is made for the id, so that the same messages can be sent about several referrals.
type message struct {
	name string // the resource and its version, for people
	who  scenario.Party
	body func(id string) string
}

// late is when all messages are delivered: everything that they speak of is over, but for the bookings that lie ahead.
var late = time.Date(2026, 4, 1, 17, 0, 0, 0, time.UTC)

// TestAcceptAnyOrderGivesTheSameAnswer sends random messages about one referral in random orders, some of them several times: the answer at the
// end is the same, as long as the versions of one resource come in their own order. Where the messages say when things were said, the clock goes
// on between them; where they do not, it is when they come that says so, and the clock stands still.
func TestAcceptAnyOrderGivesTheSameAnswer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", late, nil)
		defer func() { require.NoError(r, a.store.Close()) }()
		dated := rapid.Bool().Draw(r, "dated")
		told := drawMessages(r, dated)
		pause := time.Duration(0)
		if dated {
			pause = time.Minute
		}
		first := a.tell(slices.Concat(told...), "a", pause) // the Task before its evidence
		for n := range 3 {
			order := drawOrder(r, told)
			if other := a.tell(order, fmt.Sprint("b", n), pause); other != first {
				r.Fatalf("in the order of the resources: %s\nin this order: %s\n%s", first, other, namesOf(order))
			}
		}
	})
}

// tell sends messages about a referral and gives the answer: that of its leg, and that of the referral. A message that is refused is a part of
// it, since in another order it might be done.
func (a *adapter) tell(order []message, id string, pause time.Duration) string {
	var refused []string
	for _, m := range order {
		a.clock.pass(pause)
		body := m.body(id)
		r := strictly(a.t, []byte(body))
		if answer := a.ask(m.who, "PUT", "/"+r.Type()+"/"+r.ID(), body); !answer.OK() {
			refused = append(refused, m.name+" "+answer.Issues()[0].Text)
		}
	}
	l := a.leg(id)
	slices.Sort(refused)
	return fmt.Sprintf("%s:%s grade=%s visit=%s misses=%d refused=%v", l.State, l.Reason, l.Grade, l.Visit, l.Misses, slices.Compact(refused))
}

func namesOf(order []message) string {
	var names []string
	for _, m := range order {
		names = append(names, m.name)
	}
	return strings.Join(names, "\n")
}

// drawOrder mixes lists, each in its own order; now and then the last message of a list comes once more before its next one.
func drawOrder(r *rapid.T, lists [][]message) []message {
	var order []message
	at, repeats := make([]int, len(lists)), 0
	for {
		var open []int
		for i := range lists {
			if at[i] < len(lists[i]) {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			return order
		}
		if i := rapid.IntRange(0, 3*len(lists)).Draw(r, "again"); i < len(lists) && at[i] > 0 && repeats < 5 {
			order = append(order, lists[i][at[i]-1])
			repeats++
			continue
		}
		i := rapid.SampledFrom(open).Draw(r, "next")
		order = append(order, lists[i][at[i]])
		at[i]++
	}
}

// drawMessages draws what was said about one referral: a list for each resource, its versions in their order.
func drawMessages(r *rapid.T, dated bool) [][]message {
	said := [][]message{
		{{"Patient", bayview, func(id string) string { return patientJSON("p-" + id) }}},
		drawRequest(r),
		drawTask(r, dated),
	}
	if rapid.IntRange(0, 5).Draw(r, "consent") > 0 {
		said = append(said, drawConsent(r))
	}
	for n := range rapid.IntRange(0, 2).Draw(r, "bookings") {
		said = append(said, drawBooking(r, dated, fmt.Sprint("ap", n)))
	}
	for n := range rapid.IntRange(0, 2).Draw(r, "visits") {
		said = append(said, drawVisit(r, fmt.Sprint("e", n)))
	}
	for n := range rapid.IntRange(0, 2).Draw(r, "attestations") {
		said = append(said, drawAttestation(r, dated, fmt.Sprint("o", n)))
	}
	for n := range rapid.IntRange(0, 2).Draw(r, "contacts") {
		said = append(said, drawContact(r, fmt.Sprint("k", n)))
	}
	return said
}

func drawRequest(r *rapid.T) []message {
	list := []message{{"ServiceRequest", bayview, func(id string) string { return requestJSON("sr-"+id, "p-"+id, "") }}}
	switch rapid.IntRange(0, 5).Draw(r, "request") {
	case 0:
		list = append(list, message{"ServiceRequest urgent", bayview, func(id string) string { return requestJSON("sr-"+id, "p-"+id, `,"priority":"urgent"`) }})
	case 1:
		list = append(list, message{"ServiceRequest revoked", bayview, func(id string) string {
			return strings.Replace(requestJSON("sr-"+id, "p-"+id, ""), `"active"`, `"revoked"`, 1)
		}})
	}
	return list
}

// drawConsent never takes a consent back: what comes before a revocation counts and what comes after does not, and that is meant.
func drawConsent(r *rapid.T) []message {
	var list []message
	for _, status := range rapid.SampledFrom([][]string{{"active"}, {"proposed", "active"}}).Draw(r, "consent") {
		list = append(list, message{"Consent " + status, bayview, func(id string) string { return consentJSON("c-"+id, "p-"+id, status) }})
	}
	return list
}

// drawTask draws a usual course, or walks the table of moves.
func drawTask(r *rapid.T, dated bool) []message {
	said := time.Date(2026, 3, 2, 18, 0, 0, 0, time.UTC)
	var list []message
	add := func(status, more string, who scenario.Party) {
		if dated {
			more += `,"lastModified":"` + said.Format(time.RFC3339) + `"`
		}
		list = append(list, message{"Task " + status + more + " by " + who.Ref, who, func(id string) string { return taskJSON(id, status, more) }})
		said = said.Add(time.Duration(rapid.IntRange(1, 120).Draw(r, "hours")) * time.Hour)
	}
	usual := rapid.SampledFrom([][]string{nil, {"requested", "accepted", "completed"}, {"requested", "in-progress", "completed"}}).Draw(r, "usual")
	for _, word := range usual {
		add(word, "", nobody)
	}
	if usual != nil {
		return list
	}
	status := rapid.SampledFrom([]string{"draft", "requested", "requested", "accepted"}).Draw(r, "status")
	add(status, "", bayview)
	for range rapid.IntRange(0, 5).Draw(r, "words") {
		n := rapid.SampledFrom([]int{0, 1, 1, 1, 2, 3, 4}).Draw(r, "speaker")
		open := slices.DeleteFunc(openTo(status, speakers[n].letter), func(s string) bool { return s == "entered-in-error" })
		if len(open) == 0 {
			continue
		}
		from := status
		status = rapid.SampledFrom(open).Draw(r, "to")
		add(status, drawReason(r, from, status, speakers[n].letter), speakers[n].party)
	}
	return list
}

// drawReason gives a coded reason, or none. To end as unreachable is refused until all that it needs is there, so that the order decides on purpose:
// it is not drawn.
func drawReason(r *rapid.T, from, to, letter string) string {
	words := []string{""}
	switch {
	case slices.Contains(overStatuses, from):
		return reason("reopened")
	case to == "on-hold":
		words = []string{"", "waitlist", "info-needed", "person-asked", "away", "hospitalised"}
	case to == "failed":
		words = []string{"", "no-show"}
	case to == "rejected", to == "cancelled":
		words = endsOpenTo[letter]
	}
	if word := rapid.SampledFrom(words).Draw(r, "reason"); word != "" {
		return reason(word)
	}
	return ""
}

// endsOpenTo are reasons that somebody may give. Some need a recorded conversation, which may come before or after.
var endsOpenTo = map[string][]string{
	"R": {"", "agency-declined-capacity", "duplicate", "person-declined", "moved"},
	"A": {"", "agency-declined-capacity", "moved"},
	"N": {"", "agency-declined-capacity", "duplicate", "person-declined", "need-resolved", "moved"},
	"S": {"", "agency-declined-capacity", "duplicate", "person-declined", "attended-elsewhere"},
	"P": {"", "person-declined", "moved"},
}

// drawDay gives a day on which something was, or with ahead perhaps one that lies ahead.
func drawDay(r *rapid.T, ahead bool) string {
	days := []string{"2026-03-05", "2026-03-05", "2026-03-09"}
	if ahead {
		days = append(days, "2026-04-10")
	}
	return rapid.SampledFrom(days).Draw(r, "day")
}

func drawBooking(r *rapid.T, dated bool, id string) []message {
	paths := [][]string{{"booked"}, {"proposed", "booked"}, {"booked", "noshow"}, {"booked", "arrived"}, {"booked", "fulfilled"}, {"booked", "cancelled"},
		{"booked", "noshow", "arrived"}, {"booked", "fulfilled", "entered-in-error"}, {"waitlist", "booked"}}
	day := drawDay(r, true)
	var list []message
	for _, status := range rapid.SampledFrom(paths).Draw(r, "booking") {
		if rapid.IntRange(0, 3).Draw(r, "moved") == 0 {
			day = drawDay(r, true)
		}
		at, more := day, ""
		if dated {
			more = `,"created":"2026-03-03T09:00:00-08:00"`
		}
		list = append(list, message{"Appointment/" + id + " " + status + " " + at + more, harbor, func(leg string) string {
			body := bookingJSON(id+"-"+leg, leg, status, at+"T10:00:00-08:00", at+"T11:00:00-08:00")
			return strings.TrimSuffix(body, "}") + more + "}"
		}})
	}
	return list
}

func drawVisit(r *rapid.T, id string) []message {
	paths := [][]string{{"finished"}, {"in-progress", "finished"}, {"planned", "arrived", "finished"}, {"planned", "cancelled"}, {"arrived", "cancelled"},
		{"finished", "entered-in-error"}, {"in-progress", "entered-in-error", "finished"}}
	start := drawDay(r, false) + rapid.SampledFrom([]string{"", "T10:20:00-08:00", "T15:00:00-08:00"}).Draw(r, "time")
	booked := rapid.Bool().Draw(r, "booked")
	var list []message
	for _, status := range rapid.SampledFrom(paths).Draw(r, "visit") {
		list = append(list, message{fmt.Sprint("Encounter/", id, " ", status, " ", start, " of ap0: ", booked), harbor, func(leg string) string {
			body := visitJSON(id+"-"+leg, leg, status, start)
			if booked {
				body = strings.TrimSuffix(body, "}") + `,"appointment":[{"reference":"Appointment/ap0-` + leg + `"}]}`
			}
			return body
		}})
	}
	return list
}

func drawAttestation(r *rapid.T, dated bool, id string) []message {
	result := rapid.SampledFrom([]string{"came", "did-not-come", "turned-away", "service-cancelled", "not-a-visit"}).Draw(r, "result")
	day := drawDay(r, false)
	performer := rapid.SampledFrom([]string{"Organization/harbor", "Patient/p", "Practitioner/nav"}).Draw(r, "performer")
	who := harbor
	if performer != harbor.Ref {
		who = navigator
	}
	issued := ""
	if dated {
		issued = `,"issued":"` + rapid.SampledFrom([]string{"2026-03-06", "2026-03-10", "2026-03-20"}).Draw(r, "issued") + `T09:00:00Z"`
	}
	var list []message
	for _, status := range rapid.SampledFrom([][]string{{"final"}, {"preliminary", "final"}, {"final", "entered-in-error"}}).Draw(r, "attestation") {
		list = append(list, message{"Observation/" + id + " " + status + " " + result + " " + day + " " + performer + issued, who, func(leg string) string {
			return strings.TrimSuffix(attestationJSON(id+"-"+leg, leg, status, result, day, performer), "}") + issued + "}"
		}})
	}
	return list
}

func drawContact(r *rapid.T, id string) []message {
	result := rapid.SampledFrom([]string{"reached", "not-reached", "wrong-number", "declined", "wants-visit"}).Draw(r, "result")
	day := drawDay(r, false)
	var list []message
	for _, status := range rapid.SampledFrom([][]string{{"completed"}, {"completed", "entered-in-error"}}).Draw(r, "contact") {
		list = append(list, message{"Communication/" + id + " " + status + " " + result + " " + day, navigator, func(leg string) string {
			return fmt.Sprintf(`{"resourceType":"Communication","id":"%s-%s","status":%q,"basedOn":[{"reference":"ServiceRequest/sr-%s"}],
"category":[{"coding":[{"system":"urn:warmhandoff:element","code":"outreach"}]}],"sent":"%sT18:00:00-08:00","recipient":[{"reference":"Patient/p-%s"}],
"sender":{"reference":"Practitioner/nav"},"reasonCode":[{"coding":[{"system":"urn:warmhandoff:contact-result","code":%q}]}]}`, id, leg, status, leg, day, leg, result)
		}})
	}
	return list
}
