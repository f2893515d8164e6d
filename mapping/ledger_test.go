package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

var (
	site  = mustZone("America/Los_Angeles")
	rules = workflow.DefaultRules(site)
	set   = Settings{Zone: site, Navigators: []string{"Practitioner/nav"}, Guides: []Guide{{
		Name:     "test",
		Business: []BusinessCode{{Coding: Coding{"urn:guide", "5.1.2"}, Says: SaysNoShow}, {Coding: Coding{"urn:guide", "7.0"}, Says: SaysVisitDone}},
		Reasons:  []ReasonCode{{Coding: Coding{"urn:guide", "full"}, Reason: workflow.DeclinedCapacity}},
		Activity: []Coding{{"urn:guide", "resulting-activity"}},
	}}}
)

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func on(day, hour, minute int) time.Time {
	return time.Date(2026, time.March, day, hour, minute, 0, 0, site).UTC()
}

// story gathers versions as a store would.
type story struct {
	t   *testing.T
	r   Referral
	now time.Time
}

// newStory begins with an active request for Patient/P1, a Task of harbor's, accepted, and an open consent.
func newStory(t *testing.T) *story {
	t.Helper()
	s := &story{t: t, now: on(2, 9, 0)}
	s.r.Request.Key = "ServiceRequest/SR1"
	s.add(workflow.Referrer, "Organization/ref", `{"resourceType":"ServiceRequest","id":"SR1","status":"active","intent":"order","subject":{"reference":"Patient/P1"},"requester":{"reference":"Organization/ref"},"authoredOn":"2026-03-02T09:00:00-08:00"}`)
	s.add(workflow.Referrer, "Organization/ref", consentJSON("C1", "active", `"actor":[{"role":{"text":"x"},"reference":{"reference":"Organization/harbor"}}]`))
	s.task("requested")
	s.task("accepted")
	return s
}

func consentJSON(id, status, provision string) string {
	return fmt.Sprintf(`{"resourceType":"Consent","id":%q,"status":%q,"scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"policyRule":{"coding":[{"code":"OPTIN"}]},"patient":{"reference":"Patient/P1"},"provision":{%s}}`, id, status, provision)
}

func (s *story) task(status string, more ...string) *story {
	role, party := workflow.Agency, "Organization/harbor"
	if status == "requested" || status == "draft" {
		role, party = workflow.Referrer, "Organization/ref"
	}
	return s.add(role, party, fmt.Sprintf(`{"resourceType":"Task","id":"T1","status":%q,"intent":"order","focus":{"reference":"ServiceRequest/SR1"},"for":{"reference":"Patient/P1"},"owner":{"reference":"Organization/harbor"}%s}`, status, strings.Join(more, "")))
}

// add stores a version, a minute after the last.
func (s *story) add(role workflow.Role, party, body string) *story {
	s.t.Helper()
	r, issues := fhir.Read([]byte(body))
	require.Empty(s.t, issues, body)
	return s.put(Version{Role: role, Party: party, Fact: set.FactOf(r)}, r.Type()+"/"+r.ID())
}

// addWith is add under other settings.
func (s *story) addWith(set Settings, role workflow.Role, body string) *story {
	s.t.Helper()
	r, issues := fhir.Read([]byte(body))
	require.Empty(s.t, issues, body)
	return s.put(Version{Role: role, Fact: set.FactOf(r)}, r.Type()+"/"+r.ID())
}

func (s *story) own(body string) *story {
	s.t.Helper()
	r, err := fhir.ReadStored([]byte(body))
	require.NoError(s.t, err)
	return s.put(Version{Own: true, Fact: set.FactOf(r)}, r.Type()+"/"+r.ID())
}

func (s *story) put(v Version, key string) *story {
	s.now = s.now.Add(time.Minute)
	v.Received = s.now
	h := s.history(key)
	v.Number = len(h.Versions) + 1
	h.Versions = append(h.Versions, v)
	return s
}

func (s *story) history(key string) *History {
	if key == s.r.Request.Key {
		return &s.r.Request
	}
	list := &s.r.Others
	if strings.HasPrefix(key, "Task/") {
		list = &s.r.Tasks
	}
	for i := range *list {
		if (*list)[i].Key == key {
			return &(*list)[i]
		}
	}
	*list = append(*list, History{Key: key})
	return &(*list)[len(*list)-1]
}

func (s *story) at(t time.Time) *story { s.now = t; return s }

// fold gives the only leg's handoff at the story's time.
func (s *story) fold() workflow.Handoff {
	s.t.Helper()
	read := set.Ledgers(&s.r)
	require.Len(s.t, read.Legs, 1)
	return workflow.Fold(&read.Legs[0].Ledger, s.now, &rules)
}

const (
	ap1 = `{"resourceType":"Appointment","id":"AP1","status":%q,"basedOn":[{"reference":"ServiceRequest/SR1"}],"created":"2026-03-02T10:00:00-08:00","start":"2026-03-05T10:00:00-08:00","end":"2026-03-05T11:00:00-08:00"%s,"participant":[{"actor":{"reference":"Patient/P1"},"status":"accepted"}%s]}`
	e1  = `{"resourceType":"Encounter","id":"E1","status":%q,"class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":%q},"subject":{"reference":%q},"period":{"start":"2026-03-05T10:02:00-08:00"}%s}`
	o1  = `{"resourceType":"Observation","id":"O1","status":"final","code":{"coding":[{"system":"urn:warmhandoff:observation","code":"first-visit"}]},"basedOn":[{"reference":"ServiceRequest/SR1"}],"subject":{"reference":"Patient/P1"},"effectiveDateTime":"2026-03-05"%s,"valueCodeableConcept":{"coding":[{"system":"urn:warmhandoff:visit-result","code":%q}]}}`
	p1  = `{"resourceType":"Procedure","id":"P1","status":"completed","basedOn":[{"reference":"ServiceRequest/SR1"}],"subject":{"reference":"Patient/P1"}%s}`
)

func TestWhatEachResourceIsWorth(t *testing.T) {
	t.Parallel()
	const (
		harbor = workflow.Agency
		byAppt = `,"appointment":[{"reference":"Appointment/AP1"}]`
		byReq  = `,"basedOn":[{"reference":"ServiceRequest/SR1"}]`
		here   = `,"serviceProvider":{"reference":"Organization/harbor"}`
	)
	encounter := func(status, class, subject, more string) string { return fmt.Sprintf(e1, status, class, subject, more) }
	for _, c := range []struct {
		name   string
		role   workflow.Role
		party  string
		body   string
		state  workflow.State
		reason workflow.Reason
		grade  workflow.Grade
	}{
		{"a finished visit record with its appointment", harbor, "Organization/harbor", encounter("finished", "AMB", "Patient/P1", byAppt+here), workflow.Attended, "", workflow.GradeA},
		{"one under way, by its request", harbor, "Organization/harbor", encounter("in-progress", "VR", "Patient/P1", byReq+here), workflow.Attended, "", workflow.GradeA},
		{"arrived is strong, not conclusive", harbor, "Organization/harbor", encounter("arrived", "AMB", "Patient/P1", byAppt+here), workflow.Attended, "", workflow.GradeB},
		{"planned says nothing", harbor, "Organization/harbor", encounter("planned", "AMB", "Patient/P1", byAppt+here), workflow.Unconfirmed, workflow.NoNews, ""},
		{"a record that does not say where, by its request alone, is inferred", "", "", encounter("finished", "AMB", "Patient/P1", byReq), workflow.Attended, "", workflow.GradeB},
		{"36 an emergency is asked about", harbor, "Organization/harbor", encounter("finished", "EMER", "Patient/P1", byReq+here), workflow.Unconfirmed, workflow.ClaimOnly, ""},
		{"somebody else's visit is nothing", harbor, "Organization/harbor", encounter("finished", "AMB", "Patient/P2", byReq+here), workflow.Unconfirmed, workflow.NoNews, ""},
		{"the referrer's own visit is nothing", workflow.Referrer, "Organization/ref", encounter("finished", "AMB", "Patient/P1", byReq+`,"serviceProvider":{"reference":"Organization/ref"}`), workflow.Unconfirmed, workflow.NoNews, ""},
		{"the introduction is no visit", harbor, "Organization/harbor", encounter("finished", "VR", "Patient/P1", byReq+here+`,"type":[{"coding":[{"system":"urn:warmhandoff:element","code":"introduction"}]}]`), workflow.Unconfirmed, workflow.NoNews, ""},
		{"K10 a visit that ends before it starts", harbor, "Organization/harbor", strings.Replace(encounter("finished", "AMB", "Patient/P1", byReq+here), `:02:00-08:00"`, `:02:00-08:00","end":"2026-03-05T09:00:00-08:00"`, 1), workflow.Unconfirmed, workflow.NoNews, ""},
		{"in hospital holds", workflow.Feed, "", encounter("in-progress", "IMP", "Patient/P1", ""), workflow.Paused, workflow.Hospitalised, ""},
		{"checked in at the desk", harbor, "Organization/harbor", fmt.Sprintf(ap1, "checked-in", "", ""), workflow.Attended, "", workflow.GradeB},
		{"20 a no-show with one patient", harbor, "Organization/harbor", fmt.Sprintf(ap1, "noshow", "", ""), workflow.Outreach, workflow.Missed, ""},
		{"20 a no-show with a comment", harbor, "Organization/harbor", fmt.Sprintf(ap1, "noshow", `,"comment":"the clinician was ill"`, ""), workflow.Unconfirmed, workflow.UnclearNoShow, ""},
		{"20 a no-show with two patients", harbor, "Organization/harbor", fmt.Sprintf(ap1, "noshow", "", `,{"actor":{"reference":"Patient/P2"},"status":"accepted"}`), workflow.Unconfirmed, workflow.UnclearNoShow, ""},
		{"20 a no-show where the interpreter declined", harbor, "Organization/harbor", fmt.Sprintf(ap1, "noshow", "", `,{"actor":{"reference":"Practitioner/i"},"status":"declined"}`), workflow.Accepted, "", ""},
		{"20 a no-show with a coded reason of the provider", harbor, "Organization/harbor", fmt.Sprintf(ap1, "noshow", `,"cancelationReason":{"coding":[{"code":"prov-pers"}]}`, ""), workflow.Accepted, "", ""},
		{"cancelled by the person", harbor, "Organization/harbor", fmt.Sprintf(ap1, "cancelled", `,"cancelationReason":{"coding":[{"code":"pat-crs"}]}`, ""), workflow.Outreach, workflow.CancelledByPerson, ""},
		{"cancelled, nobody said by whom", harbor, "Organization/harbor", fmt.Sprintf(ap1, "cancelled", "", ""), workflow.Accepted, "", ""},
		{"cancelled because of a death: a human checks", harbor, "Organization/harbor", fmt.Sprintf(ap1, "cancelled", `,"cancelationReason":{"coding":[{"code":"pat-dec"}]}`, ""), workflow.Paused, workflow.DeathCheck, ""},
		{"on a waiting list", harbor, "Organization/harbor", fmt.Sprintf(ap1, "waitlist", "", ""), workflow.Paused, workflow.Waitlist, ""},
		{"17 a dated Procedure of the agency", harbor, "Organization/harbor", fmt.Sprintf(p1, `,"performedDateTime":"2026-03-05","performer":[{"actor":{"reference":"Organization/harbor"}}]`), workflow.Attended, "", workflow.GradeB},
		{"a Procedure without a date", harbor, "Organization/harbor", fmt.Sprintf(p1, `,"performer":[{"actor":{"reference":"Organization/harbor"}}]`), workflow.Unconfirmed, workflow.ClaimOnly, ""},
		{"a Procedure of another organization", "", "", fmt.Sprintf(p1, `,"performedDateTime":"2026-03-05","performer":[{"actor":{"reference":"Organization/ref"}}]`), workflow.Unconfirmed, workflow.NoNews, ""},
		{"attested by the agency", harbor, "Organization/harbor", fmt.Sprintf(o1, `,"performer":[{"reference":"Practitioner/jr"}]`, "came"), workflow.Attended, "", workflow.GradeC},
		{"the person's own word", workflow.Person, "Patient/P1", fmt.Sprintf(o1, `,"performer":[{"reference":"Patient/P1"}]`, "came"), workflow.Attended, "", workflow.GradeD},
		{"24 a navigator who was not there", workflow.Navigator, "Practitioner/nav", fmt.Sprintf(o1, `,"performer":[{"reference":"Practitioner/nav"}]`, "came"), workflow.Unconfirmed, workflow.ClaimOnly, ""},
		{"somebody nobody knows", "", "", fmt.Sprintf(o1, `,"performer":[{"reference":"Practitioner/who"}]`, "came"), workflow.Unconfirmed, workflow.ClaimOnly, ""},
		{"another agency's word is not about this leg", harbor, "Organization/cedar", fmt.Sprintf(o1, `,"performer":[{"reference":"Practitioner/m"}]`, "came"), workflow.Unconfirmed, workflow.NoNews, ""},
		{"did not come, says the agency", harbor, "Organization/harbor", fmt.Sprintf(o1, `,"performer":[{"reference":"Organization/harbor"}]`, "did-not-come"), workflow.Outreach, workflow.Missed, ""},
		{"28 reported dead: a human checks", workflow.Feed, "", `{"resourceType":"Patient","id":"P1","deceasedBoolean":true}`, workflow.Paused, workflow.DeathCheck, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.add(harbor, "Organization/harbor", fmt.Sprintf(ap1, "booked", "", ""))
			h := s.at(on(6, 9, 0)).add(c.role, c.party, c.body).fold()
			assert.Equal(t, c.state, h.State, h.Rule)
			assert.Equal(t, c.reason, h.Reason)
			assert.Equal(t, c.grade, h.Grade)
		})
	}
}

func TestTakenBack(t *testing.T) {
	t.Parallel()
	const linked = `,"basedOn":[{"reference":"ServiceRequest/SR1"}],"serviceProvider":{"reference":"Organization/harbor"}`
	finished := fmt.Sprintf(e1, "finished", "AMB", "Patient/P1", linked)
	for name, change := range map[string]func(*story){
		"entered in error": func(s *story) {
			s.add(workflow.Agency, "Organization/harbor", fmt.Sprintf(e1, "entered-in-error", "AMB", "Patient/P1", linked))
		},
		"deleted": func(s *story) { s.put(Version{Deleted: true}, "Encounter/E1") },
		"23 about something else now": func(s *story) {
			s.add(workflow.Agency, "Organization/harbor", fmt.Sprintf(e1, "finished", "AMB", "Patient/P1", ""))
			s.history("Encounter/E1").Former = true
		},
		"left without being seen": func(s *story) {
			s.add(workflow.Agency, "Organization/harbor", fmt.Sprintf(e1, "cancelled", "AMB", "Patient/P1", linked))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).at(on(6, 9, 0)).add(workflow.Agency, "Organization/harbor", finished)
			require.Equal(t, workflow.Attended, s.fold().State)
			change(s)
			h := s.fold()
			assert.Equal(t, workflow.Unconfirmed, h.State)
			assert.Equal(t, workflow.Retracted, h.Reason)
		})
	}
}

func TestAnEchoOfOursIsNoWord(t *testing.T) {
	t.Parallel()
	s := newStory(t).task("completed")
	require.Equal(t, workflow.ClaimOnly, s.fold().Reason)
	held := `{"resourceType":"Task","id":"T1","status":"in-progress","intent":"order","focus":{"reference":"ServiceRequest/SR1"},"owner":{"reference":"Organization/harbor"},"businessStatus":{"coding":[{"system":"urn:warmhandoff:state","code":"unconfirmed"}]}}`
	s.own(held).task("in-progress")
	h := s.fold()
	assert.Equal(t, workflow.ClaimOnly, h.Reason, "an echo withdraws no claim")
	assert.True(t, h.Claims)
	last, said, ours := LastWord(s.history("Task/T1"), nil)
	assert.True(t, said)
	assert.Equal(t, workflow.TaskCompleted, last.Status)
	assert.Equal(t, workflow.TaskInProgress, ours)
}

func TestOurWordsComeBackAsNoEvidence(t *testing.T) {
	t.Parallel()
	ours := `,"businessStatus":{"coding":[{"system":"urn:warmhandoff:state","code":"outreach"},{"system":"urn:guide","code":"5.1.2"}]},"output":[{"type":{"coding":[{"system":"urn:warmhandoff:output","code":"evidence"}]},"valueReference":{"reference":"Procedure/P9"}}]`
	s := newStory(t).task("in-progress", ours)
	assert.Equal(t, workflow.Accepted, s.fold().State)
	assert.Empty(t, s.history("Task/T1").Names())
	theirs := strings.Replace(ours, `{"system":"urn:warmhandoff:state","code":"outreach"},`, "", 1)
	assert.Equal(t, workflow.UnclearNoShow, newStory(t).task("in-progress", theirs).fold().Reason, "22 a coded no-show without any visit is unclear")
}

func TestWhichRequestsAreFollowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, intent string
		followed       bool
	}{
		{"active", "order", true}, {"active", "plan", true}, {"active", "filler-order", true}, {"active", "proposal", false},
		{"draft", "order", false}, {"on-hold", "order", false}, {"completed", "order", false}, {"revoked", "order", false},
	} {
		s := &story{t: t, now: on(2, 9, 0)}
		s.r.Request.Key = "ServiceRequest/SR1"
		s.add("", "", fmt.Sprintf(`{"resourceType":"ServiceRequest","id":"SR1","status":%q,"intent":%q,"subject":{"reference":"Patient/P1"}}`, c.status, c.intent))
		s.task("requested")
		assert.Equal(t, c.followed, set.Ledgers(&s.r).Followed, "%s %s", c.status, c.intent)
	}
}

func TestACodedReasonOfAGuide(t *testing.T) {
	t.Parallel()
	h := newStory(t).task("rejected", `,"statusReason":{"coding":[{"system":"urn:guide","code":"full"}],"text":"no room"}`).fold()
	assert.Equal(t, workflow.DeclinedCapacity, h.Reason)
	h = newStory(t).task("rejected", `,"statusReason":{"text":"no capacity"}`).fold()
	assert.Equal(t, workflow.DeclinedOther, h.Reason, "7 text decides nothing")
}
