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

// visitRecord is a drawn record that says that somebody came: in each respect as it should be, or as it comes in real life.
type visitRecord struct {
	typ, id  string
	whose    string // person, other, linked, identifier, words, group, unsaid; of an Appointment also declined, several
	where    string // of an Encounter: an organization, "words" for one in words; "" unsaid
	place    string // of an Encounter: a place of the referrer's, or a worker of another agency; "" unsaid
	writer   scenario.Party
	when     string // past, before, future, undated
	class    string // code, or system|code
	odd      string // what nobody here understands
	status   string
	kind     string // of the Encounter
	link     string // request, booking, other, none
	backward bool   // it ends before it starts, where it says when
	minutes  int    // how long it took; 0 no end
	by       string // who attests or performed it
	origin   bool   // it is the encounter of the request
}

// drawnBooking is a booking of the person at harbor.
type drawnBooking struct{ id, status, day string }

func (b drawnBooking) past() bool { return b.status != "cancelled" && b.day == "2026-03-05" }

// mayProve is what a record must be at least for anybody to be said to have attended by it, by rulings 33, 35, 36 and 41: this person's own, here, dated,
// understood, said by somebody else than the referrer. It knows nothing of how the program finds that out.
func (v visitRecord) mayProve(booked []drawnBooking) bool {
	onDay := slices.ContainsFunc(booked, drawnBooking.past)
	toBooking := v.link == "booking" && len(booked) > 0
	whose := v.whose == "person" || v.whose == "linked" || v.whose == "unsaid" && (toBooking || v.typ == "Observation")
	here := v.where != cedar.Ref && v.where != bayview.Ref && v.writer.Role != cedar.Role || v.where == harbor.Ref || v.writer == harbor || toBooking && v.where != bayview.Ref
	vague := v.where == "words" || v.place != "" && v.where == ""
	here = here && (v.writer == harbor || !vague)
	dated := v.when == "past" || v.when == "undated" && toBooking && booked[0].past()
	linked := v.link == "request" || toBooking || v.link == "none" && onDay && v.typ == "Encounter"
	common := whose && here && dated && linked && v.writer != bayview && v.odd == ""
	switch v.typ {
	case "Encounter":
		call := v.class == "VR" && v.minutes < 15 && !toBooking && !onDay
		return common && slices.Contains([]string{"AMB", "VR", "HH", "FLD", v2Class + "|O", v2Class + "|R"}, v.class) && !call && !v.origin &&
			!(v.backward && v.when != "undated") && v.kind != "introduction" && v.status != "planned" && v.status != "cancelled" && v.status != "entered-in-error"
	case "Appointment":
		return common && slices.Contains([]string{"arrived", "checked-in", "fulfilled"}, v.status)
	case "Procedure":
		return common && v.status == "completed" && (v.by == harbor.Ref || v.by == "" && v.writer == harbor)
	}
	theirs := v.writer == harbor && (v.by == "" || strings.HasPrefix(v.by, "Practitioner/")) // nobody knows of them that they work elsewhere
	return common && v.status == "final" && (v.by == harbor.Ref || v.by == "Patient/p-a" || v.by == "RelatedPerson/hers" || theirs)
}

const v2Class = "http://terminology.hl7.org/CodeSystem/v2-0004"

// often draws the first of some words most of the time, or any of the others.
func often(r *rapid.T, name string, words ...string) string {
	if rapid.IntRange(0, 9).Draw(r, name+"?") < 7 {
		return words[0]
	}
	return rapid.SampledFrom(words).Draw(r, name)
}

func drawVisitRecord(r *rapid.T, n int) visitRecord {
	v := visitRecord{typ: rapid.SampledFrom([]string{"Encounter", "Encounter", "Appointment", "Procedure", "Observation"}).Draw(r, "type")}
	v.id = fmt.Sprint(strings.ToLower(v.typ[:1]), "x", n)
	v.writer = map[string]scenario.Party{"harbor": harbor, "bayview": bayview, "cedar": cedar, "nobody": nobody}[often(r, "writer", "harbor", "bayview", "cedar", "nobody")]
	v.when = often(r, "when", "past", "before", "future", "undated")
	v.odd = often(r, "odd", "", `,"modifierExtension":[{"url":"urn:odd","valueBoolean":true}]`, `,"implicitRules":"urn:odd"`)
	v.link = often(r, "link", "request", "booking", "none", "other")
	v.whose = often(r, "whose", "person", "other", "linked", "identifier", "words", "group", "unsaid")
	v.by = often(r, "by", harbor.Ref, "", cedar.Ref, bayview.Ref, "Practitioner/nav", "Practitioner/who")
	v.minutes = 45
	switch v.typ {
	case "Encounter":
		v.where = often(r, "where", harbor.Ref, "", cedar.Ref, bayview.Ref, "words")
		v.place = often(r, "place", "", `,"location":[{"location":{"reference":"Location/er"}}]`, `,"participant":[{"individual":{"reference":"PractitionerRole/cedars"}}]`)
		v.class = often(r, "class", "AMB", "VR", "HH", "FLD", v2Class+"|O", "PRENC", "EMER", "OBSENC", "SS", v2Class+"|E", v2Class+"|P", v2Class+"|B", "urn:x|AMB")
		v.status = often(r, "status", "finished", "in-progress", "arrived", "triaged", "planned", "cancelled", "entered-in-error")
		v.kind = often(r, "kind", "", "introduction", "words")
		v.backward = often(r, "backward", "no", "yes") == "yes"
		v.minutes = rapid.SampledFrom([]int{0, 5, 45}).Draw(r, "minutes")
		if v.origin = often(r, "origin", "no", "yes") == "yes"; v.origin {
			v.id = "origin"
		}
	case "Appointment":
		v.link, v.status = often(r, "about", "request", "other"), rapid.SampledFrom([]string{"arrived", "checked-in", "fulfilled", "fulfilled", "noshow"}).Draw(r, "status")
		v.whose = often(r, "takes part", "person", "other", "linked", "unsaid", "declined", "several", "relative")
		v.when = often(r, "starts", "past", "before", "future")
	case "Procedure":
		v.status = often(r, "status", "completed", "in-progress", "not-done", "entered-in-error")
		v.link = often(r, "about", "request", "other")
	default:
		v.by = often(r, "performer", harbor.Ref, "Patient/p-a", "Patient/p-other", "RelatedPerson/theirs", "RelatedPerson/hers", cedar.Ref, bayview.Ref, "Practitioner/nav", "Practitioner/who", "")
		v.status = often(r, "status", "final", "entered-in-error", "cancelled", "preliminary", "registered", "unknown")
		v.link = often(r, "about", "request", "other")
	}
	return v
}

// body writes a record down for the referral "a". Records of appointments are of another day than the bookings, so that none is taken for a booking of
// another record.
func (v visitRecord) body(booked []drawnBooking) string {
	day := map[string]string{"past": "2026-03-05", "before": "2026-02-20", "future": "2026-04-20"}[v.when]
	about := map[string]string{"request": `,"basedOn":[{"reference":"ServiceRequest/sr-a"}]`, "other": `,"basedOn":[{"reference":"ServiceRequest/sr-other"}]`}[v.link]
	if v.link == "booking" && len(booked) > 0 {
		about = `,"appointment":[{"reference":"Appointment/` + booked[0].id + `"}]`
	}
	subject := map[string]string{
		"person": `{"reference":"Patient/p-a"}`, "other": `{"reference":"Patient/p-other"}`, "linked": `{"reference":"Patient/p-linked"}`, "group": `{"reference":"Group/evening"}`,
		"identifier": `{"identifier":{"system":"urn:mrn","value":"77"}}`, "words": `{"display":"D. Esposito"}`,
	}[v.whose]
	if subject != "" {
		subject = `,"subject":` + subject
	}
	if v.typ == "Procedure" && subject == "" {
		subject = `,"subject":{"display":"somebody"}`
	}
	head := fmt.Sprintf(`{"resourceType":%q,"id":%q,"status":%q%s%s`, v.typ, v.id, v.status, about, v.odd)
	switch v.typ {
	case "Encounter":
		system, code, found := strings.Cut(v.class, "|")
		if !found {
			system, code = "http://terminology.hl7.org/CodeSystem/v3-ActCode", v.class
		}
		more := map[string]string{"introduction": `,"type":[{"coding":[{"system":"urn:warmhandoff:element","code":"introduction"}]}]`, "words": `,"type":[{"text":"first visit"}]`}[v.kind]
		if day != "" {
			end := ""
			switch {
			case v.backward:
				end = fmt.Sprintf(`,"end":"%sT09:00:00-08:00"`, day)
			case v.minutes > 0:
				end = fmt.Sprintf(`,"end":"%sT10:%02d:00-08:00"`, day, 2+v.minutes)
			}
			more += fmt.Sprintf(`,"period":{"start":"%sT10:02:00-08:00"%s}`, day, end)
		}
		if more += v.place; v.where == "words" {
			more += `,"serviceProvider":{"display":"Some Other Clinic"}`
		} else if v.where != "" {
			more += fmt.Sprintf(`,"serviceProvider":{"reference":%q}`, v.where)
		}
		return head + fmt.Sprintf(`%s,"class":{"system":%q,"code":%q}%s}`, subject, system, code, more)
	case "Appointment":
		who := map[string]string{"declined": `{"actor":{"reference":"Patient/p-a"},"status":"declined"}`, "relative": `{"actor":{"reference":"RelatedPerson/hers"},"status":"accepted"}`,
			"several": `{"actor":{"reference":"Patient/p-a"},"status":"accepted"},{"actor":{"reference":"Patient/p-other"},"status":"accepted"}`,
			"unsaid":  `{"actor":{"display":"a counselor"},"status":"accepted"}`}[v.whose]
		if who == "" {
			who = `{"actor":` + strings.TrimPrefix(subject, `,"subject":`) + `,"status":"accepted"}`
		}
		day = strings.Replace(day, "03-05", "03-09", 1)
		return head + fmt.Sprintf(`,"start":"%sT10:00:00-08:00","end":"%sT11:00:00-08:00","participant":[%s]}`, day, day, who)
	case "Procedure":
		if day != "" {
			subject += fmt.Sprintf(`,"performedDateTime":"%sT10:00:00-08:00"`, day)
		}
		if v.by != "" {
			subject += fmt.Sprintf(`,"performer":[{"actor":{"reference":%q}}]`, v.by)
		}
		return head + subject + `}`
	}
	if day != "" {
		subject += fmt.Sprintf(`,"effectiveDateTime":"%sT10:00:00-08:00"`, day)
	}
	if v.by != "" {
		subject += fmt.Sprintf(`,"performer":[{"reference":%q}]`, v.by)
	}
	return head + subject + `,"code":{"coding":[{"system":"urn:warmhandoff:observation","code":"first-visit"}]},"valueCodeableConcept":{"coding":[{"system":"urn:warmhandoff:visit-result","code":"came"}]}}`
}

// opened opens an adapter with what all these stories begin with: the person under two ids, a relative of theirs, one of somebody else, a request that
// names the encounter at which it was made, and harbor's yes.
func opened(t require.TestingT) *adapter {
	a := openAdapter(t, ":memory:", late, nil)
	a.begins("a")
	a.put(bayview, requestJSON("sr-a", "p-a", `,"encounter":{"reference":"Encounter/origin"}`))
	a.put(bayview, `{"resourceType":"Patient","id":"p-linked","link":[{"other":{"reference":"Patient/p-a"},"type":"replaced-by"}]}`)
	a.put(bayview, `{"resourceType":"Location","id":"er","managingOrganization":{"reference":"Organization/bayview"}}`)
	a.put(cedar, `{"resourceType":"PractitionerRole","id":"cedars","organization":{"reference":"Organization/cedar"}}`)
	a.put(bayview, `{"resourceType":"RelatedPerson","id":"hers","patient":{"reference":"Patient/p-a"}}`)
	a.put(bayview, `{"resourceType":"RelatedPerson","id":"theirs","patient":{"reference":"Patient/p-other"}}`)
	a.put(bayview, taskJSON("a", "requested", ""))
	a.put(harbor, taskJSON("a", "accepted", ""))
	return a
}

// TestPropertyNobodyAttendsWithoutAVisit: no drawn set of messages without one dated record, or attestation, of this person's own visit at this agency ever
// reaches attended, in whatever order they come and however much time passes.
func TestPropertyNobodyAttendsWithoutAVisit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		a := opened(r)
		defer func() { require.NoError(r, a.store.Close()) }()
		var booked []drawnBooking
		var said [][]message
		for n := range rapid.IntRange(0, 2).Draw(r, "bookings") {
			b := drawnBooking{fmt.Sprint("ap", n), often(r, "booking", "booked", "noshow", "cancelled"), rapid.SampledFrom([]string{"2026-03-05", "2026-04-10"}).Draw(r, "day")}
			booked = append(booked, b)
			said = append(said, []message{{"Appointment/" + b.id + " " + b.status + " " + b.day, harbor, func(string) string {
				return bookingJSON(b.id, "a", b.status, b.day+"T10:00:00-08:00", b.day+"T11:00:00-08:00")
			}}})
		}
		ahead := false
		for n := range rapid.IntRange(1, 5).Draw(r, "records") {
			v := drawVisitRecord(r, n)
			if v.mayProve(booked) {
				continue // another property's business
			}
			ahead = ahead || v.when == "future"
			body := v.body(booked)
			said = append(said, []message{{fmt.Sprintf("%+v", v), v.writer, func(string) string { return body }}})
		}
		claim := rapid.SampledFrom([]string{"", `,"businessStatus":{"coding":[{"system":"http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS","code":"7.0"}]}`}).Draw(r, "claim")
		said = append(said, []message{{"Task completed", harbor, func(string) string { return taskJSON("a", "completed", claim) }}})
		var told []string
		for _, m := range drawOrder(r, said) {
			told = append(told, m.name)
			a.say(m, "a")
			require.NotEqual(r, "attended", a.leg("a").State, "%s", strings.Join(told, "\n"))
		}
		if !ahead {
			a.clock.pass(60 * 24 * time.Hour)
			a.tick()
			require.NotEqual(r, "attended", a.leg("a").State, "%s", strings.Join(told, "\n"))
		}
	})
}

// TestARecordThatLacksNothingIsAVisit: what the property above leaves out, one of each type, does reach attended; so what is drawn there fails by what it
// lacks, and by nothing else.
func TestARecordThatLacksNothingIsAVisit(t *testing.T) {
	t.Parallel()
	past := []drawnBooking{{"ap0", "booked", "2026-03-05"}}
	for _, v := range []visitRecord{
		{typ: "Encounter", whose: "person", link: "request", status: "finished", class: "AMB", minutes: 45, where: harbor.Ref},
		{typ: "Encounter", whose: "linked", link: "request", status: "finished", class: "VR", minutes: 45},
		{typ: "Encounter", whose: "person", link: "none", status: "finished", class: v2Class + "|O", minutes: 45, where: harbor.Ref},
		{typ: "Encounter", whose: "unsaid", link: "booking", status: "arrived", class: "HH"},
		{typ: "Encounter", whose: "person", link: "booking", status: "finished", class: "FLD", when: "undated"},
		{typ: "Appointment", whose: "person", link: "request", status: "fulfilled"},
		{typ: "Procedure", whose: "person", link: "request", status: "completed", by: harbor.Ref},
		{typ: "Observation", whose: "person", link: "request", status: "final", by: harbor.Ref},
		{typ: "Observation", whose: "person", link: "request", status: "final", by: "RelatedPerson/hers"},
	} {
		if v.id, v.writer = "x", harbor; v.when == "" {
			v.when = "past"
		}
		t.Run(fmt.Sprintf("%s %s %s %s", v.typ, v.whose, v.link, v.when), func(t *testing.T) {
			t.Parallel()
			a := opened(t)
			a.put(harbor, bookingJSON("ap0", "a", "booked", "2026-03-05T10:00:00-08:00", "2026-03-05T11:00:00-08:00"))
			require.True(t, v.mayProve(past))
			a.put(v.writer, v.body(past))
			require.Equal(t, "attended", a.leg("a").State, "%s", v.body(past))
		})
	}
}
