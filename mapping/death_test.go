package mapping

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/mapping/workflow"
)

const (
	dead      = `,"statusReason":{"coding":[{"system":"urn:warmhandoff:close-reason","code":"deceased"}]}`
	cancelled = `{"resourceType":"Task","id":%q,"status":"cancelled","intent":"order","focus":{"reference":"ServiceRequest/SR1"},"for":{"reference":"Patient/P1"},"owner":{"reference":"Organization/%s"}` + dead + `}`
)

func (s *story) read() Read { return set.Ledgers(&s.r) }

func TestADeathIsConfirmedByAHumanWhileItIsReported(t *testing.T) {
	t.Parallel()
	nav := func(s *story) {
		s.add(workflow.Navigator, "Practitioner/nav", fmt.Sprintf(cancelled, "T1", "harbor"))
	}
	feed := func(s *story) {
		s.add(workflow.Feed, "Organization/hie", `{"resourceType":"Patient","id":"P1","deceasedBoolean":true}`)
	}
	for _, c := range []struct {
		name      string
		happens   []func(s *story)
		confirmed bool
	}{
		{"nobody said so", nil, false},
		{"the person's record alone", []func(*story){feed}, false},
		{"a navigator alone", []func(*story){nav}, false},
		{"both", []func(*story){feed, nav}, true},
		{"both, the other way round", []func(*story){nav, feed}, true},
		{"the agency's word is a report", []func(*story){feed, func(s *story) { s.task("cancelled", dead) }}, false},
		{"a navigator, and a visit cancelled because of it", []func(*story){func(s *story) {
			s.add(workflow.Agency, "Organization/harbor", fmt.Sprintf(ap1, "cancelled", `,"cancelationReason":{"coding":[{"code":"pat-dec"}]}`, ""))
		}, nav}, true},
		{"a navigator on one leg, the agency on another", []func(*story){nav, func(s *story) {
			s.add(workflow.Agency, "Organization/cedar", fmt.Sprintf(cancelled, "T2", "cedar"))
		}}, true},
		{"the record was corrected", []func(*story){feed, nav, func(s *story) {
			s.add(workflow.Feed, "Organization/hie", `{"resourceType":"Patient","id":"P1","deceasedBoolean":false}`)
		}}, false},
		{"the navigator moved the Task on", []func(*story){feed, nav, func(s *story) {
			s.add(workflow.Navigator, "Practitioner/nav", `{"resourceType":"Task","id":"T1","status":"in-progress","intent":"order","focus":{"reference":"ServiceRequest/SR1"},"for":{"reference":"Patient/P1"},"owner":{"reference":"Organization/harbor"}}`)
		}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			for _, h := range c.happens {
				h(s)
			}
			for _, l := range s.read().Legs {
				assert.Equal(t, c.confirmed, !l.Ledger.Death.Confirmed.IsZero(), l.Task)
			}
		})
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	const body = `{"resourceType":"Provenance","id":"V1","target":[{"reference":%q}],"recorded":"2026-03-05T10:00:00Z"%s,"agent":[%s{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":%q}]},"who":{%s}}]}`
	worker := func(ref string) string {
		if ref == "PractitionerRole/nav-role" {
			return "Practitioner/nav"
		}
		return ref
	}
	sup := `"reference":"Practitioner/sup"`
	author := `{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"author"}]},"who":{"reference":"PractitionerRole/nav-role"}},`
	for _, c := range []struct {
		name, target, reason, others, kind, who string
		own                                     bool
		want                                    []workflow.Signature
	}{
		{"a verifier", "Task/T1", "", "", "verifier", sup, false, []workflow.Signature{{By: "Practitioner/sup", Word: "Task/T1"}}},
		{"of one version", "Task/T1/_history/2", "", "", "verifier", sup, false, []workflow.Signature{{By: "Practitioner/sup", Word: "Task/T1/_history/2"}}},
		{"with a review", "Task/T1", `,"reason":[{"coding":[{"system":"urn:warmhandoff:review","code":"risk"}]}]`, "", "verifier", sup, false,
			[]workflow.Signature{{By: "Practitioner/sup", Word: "Task/T1", Reviews: []string{"risk"}}}},
		{"beside an author", "Task/T1", "", author, "verifier", sup, false, []workflow.Signature{{By: "Practitioner/sup", Word: "Task/T1", Authors: []string{"Practitioner/nav"}}}},
		{"in another of their parts", "Task/T1", "", "", "verifier", `"reference":"PractitionerRole/nav-role"`, false, []workflow.Signature{{By: "Practitioner/nav", Word: "Task/T1"}}},
		{"without a party", "Task/T1", "", "", "verifier", `"display":"the boss"`, false, []workflow.Signature{{Word: "Task/T1"}}},
		{"an organization signs nothing", "Task/T1", "", "", "verifier", `"reference":"Organization/ref"`, false, []workflow.Signature{{Word: "Task/T1"}}},
		{"an author is no verifier", "Task/T1", "", "", "author", sup, false, nil},
		{"of another Task", "Task/T9", "", "", "verifier", sup, false, nil},
		{"what we wrote ourselves", "Task/T1", "", "", "verifier", sup, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			v := fmt.Sprintf(body, c.target, c.reason, c.others, c.kind, c.who)
			if c.own {
				s.own(v)
			} else {
				s.add(workflow.Supervisor, "Practitioner/sup", v)
			}
			l := s.read().Legs[0].Ledger
			set.Sign(&l, []*History{s.history("Provenance/V1")}, worker)
			for i := range l.Signatures {
				assert.Equal(t, s.now, l.Signatures[i].At)
				assert.NotEmpty(t, l.Signatures[i].Source)
				l.Signatures[i].At, l.Signatures[i].Source = workflow.Signature{}.At, ""
			}
			assert.Equal(t, c.want, l.Signatures)
		})
	}
}

func TestAReasonGivenLaterIsHeldToWhatItNeeds(t *testing.T) {
	t.Parallel()
	s := newStory(t).task("failed").task("failed", `,"statusReason":{"coding":[{"system":"urn:warmhandoff:close-reason","code":"person-unreachable"}]}`)
	leg := s.read().Legs[0]
	h := workflow.Fold(&leg.Ledger, s.now, &rules)
	no := workflow.MayEnd(&leg.Ledger, &h, []*workflow.Handoff{&h}, s.now, &rules)
	require.NotNil(t, no)
	assert.Contains(t, no.Error(), "0 of 3 attempts")
}

func TestRequestsToCancel(t *testing.T) {
	t.Parallel()
	guided := set
	guided.Guides = []Guide{{Business: []BusinessCode{{Coding: Coding{"urn:guide", "5.2"}, Says: SaysCancel}, {Coding: Coding{"urn:guide", "5.1.1"}}}}}
	asks := `,"businessStatus":{"coding":[{"system":"urn:guide","code":"5.2"}]}`
	task := func(status, more string) string {
		return fmt.Sprintf(`{"resourceType":"Task","id":"T1","status":%q,"intent":"order","focus":{"reference":"ServiceRequest/SR1"},"for":{"reference":"Patient/P1"},"owner":{"reference":"Organization/harbor"}%s}`, status, more)
	}
	abort := func(status string) string {
		return fmt.Sprintf(`{"resourceType":"Task","id":"A1","status":%q,"intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"abort"}]},"focus":{"reference":"Task/T1"}}`, status)
	}
	for _, c := range []struct {
		name  string
		says  [][2]string // role, body
		asked bool
		state workflow.State
	}{
		{"nobody asks", nil, false, workflow.Accepted},
		{"the referrer asks by the businessStatus", [][2]string{{"referrer", task("in-progress", asks)}}, true, workflow.Accepted},
		{"the agency repeats it", [][2]string{{"referrer", task("in-progress", asks)}, {"agency", task("in-progress", asks)}}, true, workflow.Accepted},
		{"the agency goes on", [][2]string{{"referrer", task("in-progress", asks)}, {"agency", task("in-progress", `,"businessStatus":{"coding":[{"system":"urn:guide","code":"5.1.1"}]}`)}}, false, workflow.Accepted},
		{"the agency writes something else", [][2]string{{"referrer", task("in-progress", asks)}, {"agency", task("in-progress", `,"note":[{"text":"seen"}]`)}}, true, workflow.Accepted},
		{"the agency confirms", [][2]string{{"referrer", task("in-progress", asks)}, {"agency", task("cancelled", "")}}, false, workflow.Closed},
		{"the referrer asks by an abort Task", [][2]string{{"referrer", abort("requested")}}, true, workflow.Accepted},
		{"which the agency refuses", [][2]string{{"referrer", abort("requested")}, {"agency", abort("rejected")}}, false, workflow.Accepted},
		{"or the referrer takes back", [][2]string{{"referrer", abort("requested")}, {"referrer", abort("cancelled")}}, false, workflow.Accepted},
		{"or the agency follows", [][2]string{{"referrer", abort("requested")}, {"agency", task("cancelled", "")}}, false, workflow.Closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			for _, m := range c.says {
				s.addWith(guided, workflow.Role(m[0]), m[1])
			}
			read := guided.Ledgers(&s.r)
			require.Len(t, read.Legs, 1, "a Task that asks to abort is no leg")
			h := workflow.Fold(&read.Legs[0].Ledger, s.now, &rules)
			assert.Equal(t, c.asked, h.CancelAsked)
			assert.Equal(t, c.state, h.State)
			if c.state == workflow.Closed {
				assert.Equal(t, workflow.ReferrerWithdrew, h.Reason, "the agency cancelled for the referrer")
			}
		})
	}
}

func TestWhoMustNotBeContacted(t *testing.T) {
	t.Parallel()
	guided := set
	guided.Guides = []Guide{{NoContact: []Coding{{"urn:guide", "prohibited"}}}}
	request := `{"resourceType":"ServiceRequest","id":"SR1","status":"active","intent":"order","subject":{"reference":"Patient/P1"},"requester":{"reference":"Organization/ref"},"orderDetail":[{"coding":[{"system":"urn:guide","code":%q}]}]}`
	task := `{"resourceType":"Task","id":"T7","status":%q,"intent":"order","code":{"coding":[{"system":"urn:guide","code":"prohibited"}]},"for":{"reference":"Patient/P1"}}`
	for name, c := range map[string]struct {
		body   string
		unsafe bool
	}{
		"the request says so":           {fmt.Sprintf(request, "prohibited"), true},
		"the request says another word": {fmt.Sprintf(request, "other"), false},
		"a Task says so":                {fmt.Sprintf(task, "requested"), true},
		"a Task said so once":           {fmt.Sprintf(task, "cancelled"), false},
	} {
		s := newStory(t)
		s.addWith(guided, workflow.Referrer, c.body)
		assert.Equal(t, c.unsafe, guided.Ledgers(&s.r).Legs[0].Ledger.Person.Unsafe, name)
	}
}
