package mapping

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/mapping/workflow"
)

// employed says for whom the people of these stories work.
func employed(ref string) []string {
	return map[string][]string{
		"PractitionerRole/jr": {"Organization/harbor"}, "PractitionerRole/eve": {"Organization/cedar"},
		"PractitionerRole/ed": {"Organization/ref"}, "Location/pier": {"Organization/harbor"},
	}[ref]
}

// warm is a story in which one more resource came, on the morning of the 3rd.
func warm(t *testing.T, bodies ...string) *story {
	t.Helper()
	s := newStory(t).at(on(3, 9, 0))
	s.r.Orgs = employed
	for _, b := range bodies {
		s.add(workflow.Navigator, "Practitioner/nav", b)
	}
	return s
}

func (s *story) leg() *workflow.Ledger {
	s.t.Helper()
	read := set.Ledgers(&s.r)
	require.Len(s.t, read.Legs, 1)
	return &read.Legs[0].Ledger
}

func talk(element, medium string, more ...string) string {
	return fmt.Sprintf(`{"resourceType":"Communication","id":"K1","status":"completed","basedOn":[{"reference":"ServiceRequest/SR1"}],
"category":[{"coding":[{"system":"urn:warmhandoff:element","code":%q}]}],"medium":[{"coding":[{"code":%q}]}]%s}`, element, medium, strings.Join(more, ""))
}

const (
	sentByNav = `,"sent":"2026-03-02T09:30:00-08:00","sender":{"reference":"Practitioner/nav"}`
	toAna     = `,"recipient":[{"reference":"Patient/P1"}]`
	toBoth    = `,"recipient":[{"reference":"Patient/P1"},{"reference":"PractitionerRole/jr"}]`
	d1        = `{"resourceType":"DocumentReference","id":"D1","status":"current","subject":{"reference":"Patient/P1"},"content":[{"attachment":{"title":"x"}}],"context":{"related":[{"reference":"ServiceRequest/SR1"}]}%s}`
	ae1       = `{"resourceType":"AuditEvent","id":"A1","type":{"code":"rest"},"action":%q,"recorded":"2026-03-03T08:00:00-08:00","agent":[{"who":{"reference":%q},"requestor":true}],"source":{"observer":{"reference":"Organization/harbor"}},"entity":[{"what":{"reference":%q}}]%s}`
	q1        = `{"resourceType":"QuestionnaireResponse","id":"Q1","basedOn":[{"reference":"ServiceRequest/SR1"}],"status":"completed","questionnaire":%q,"authored":"2026-03-03T08:00:00-08:00"%s,"item":[{"linkId":%q,"answer":[{%s}]}]}`
)

func TestWhatEachResourceShowsOfWarmth(t *testing.T) {
	t.Parallel()
	held := func(class, people string) string {
		return fmt.Sprintf(`{"resourceType":"Encounter","id":"E0","status":"finished","class":{"code":%q},"type":[{"coding":[{"system":"urn:warmhandoff:element","code":"introduction"}]}],"subject":{"reference":"Patient/P1"},"basedOn":[{"reference":"ServiceRequest/SR1"}],"period":{"start":"2026-03-02T11:00:00-08:00","end":"2026-03-02T11:20:00-08:00"},"participant":[%s]}`, class, people)
	}
	one := func(ref string) string { return fmt.Sprintf(`{"individual":{"reference":%q}}`, ref) }
	booked := func(more, actors string) string { return fmt.Sprintf(ap1, "booked", more, actors) }
	answers := func(url, source, link, value string) string { return fmt.Sprintf(q1, url, source, link, value) }
	ana := `,"source":{"reference":"Patient/P1"}`
	for _, c := range []struct {
		name  string
		body  string
		shows []string // "kind status mode lacks"
	}{
		{"a call to the person and a worker", talk("introduction", "PHONE", sentByNav, toBoth), []string{"introduction shown PHONE"}},
		{"a call that nobody made", talk("introduction", "PHONE", toBoth), []string{"introduction stated PHONE nobody said who, or when"}},
		{"a plan to nobody", talk("plan-given", "FACE", sentByNav), []string{"plan-given stated FACE not addressed to the person"}},
		{"a plan to the person", talk("plan-given", "MAILWRIT", sentByNav, toAna), []string{"plan-given shown MAILWRIT"}},
		{"a check-in that did not reach", talk("check-in", "PHONE", sentByNav, toAna, `,"reasonCode":[{"coding":[{"system":"urn:warmhandoff:contact-result","code":"left-message"}]}]`), nil},
		{"an e-mail to the agency", talk("x", "EMAILWRIT", sentByNav, toBoth), []string{"sent  EMAILWRIT"}},
		{"an e-mail to the person alone", talk("x", "EMAILWRIT", sentByNav, toAna), nil},
		{"barriers asked, and one found", talk("barriers-asked", "FACE", sentByNav, toAna, `,"reasonCode":[{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]}]`), []string{"barriers-asked shown FACE", "barrier "}},
		{"left undone because the person does not want it", strings.Replace(talk("introduction", "PHONE", `,"statusReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/communication-not-done-reason","code":"patient-objection"}]}`), "completed", "not-done", 1), []string{"introduction  PHONE waived: the person does not want it"}},
		{"left undone, nobody said why", strings.Replace(talk("introduction", "PHONE"), "completed", "not-done", 1), nil},
		{"a plan for later", strings.Replace(talk("introduction", "PHONE", sentByNav, toBoth), "completed", "preparation", 1), nil},

		{"a meeting", held("AMB", one("PractitionerRole/jr")), []string{"introduction shown FACE"}},
		{"a virtual meeting", held("VR", one("PractitionerRole/jr")), []string{"introduction shown VR"}},
		{"a visit without anybody known", fmt.Sprintf(e1, "finished", "AMB", "Patient/P1", `,"basedOn":[{"reference":"ServiceRequest/SR1"}],"serviceProvider":{"reference":"Organization/harbor"},"participant":[`+one("PractitionerRole/jr")+`]`), nil},
		{"a visit with the navigator", fmt.Sprintf(e1, "finished", "AMB", "Patient/P1", `,"type":[{"text":"x"}],"basedOn":[{"reference":"ServiceRequest/SR1"}],"serviceProvider":{"reference":"Organization/harbor"},"participant":[`+one("Practitioner/nav")+`]`), []string{"visit shown FACE"}},
		{"a visit at which a worker met her with the navigator", fmt.Sprintf(e1, "finished", "AMB", "Patient/P1", `,"type":[{"text":"x"}],"basedOn":[{"reference":"ServiceRequest/SR1"}],"serviceProvider":{"reference":"Organization/harbor"},"participant":[`+one("Practitioner/nav")+","+one("PractitionerRole/jr")+`]`), []string{"visit shown FACE", "introduced-there shown FACE"}},

		{"an appointment that says what, with whom and where", booked(`,"patientInstruction":"x"`, `,{"actor":{"reference":"PractitionerRole/jr"},"status":"accepted"},{"actor":{"reference":"Location/pier"},"status":"accepted"}`), []string{"plan-written shown "}},
		{"an appointment that does not say where", booked(`,"patientInstruction":"x"`, `,{"actor":{"reference":"PractitionerRole/jr"},"status":"accepted"}`), []string{"plan-written stated  it does not say where, or whom they will meet"}},
		{"an interpreter is booked", booked("", `,{"type":[{"coding":[{"code":"translator"}]}],"status":"accepted","actor":{"display":"x"}}`), []string{"barrier-met shown "}},
		{"an interpreter who is only asked", booked("", `,{"type":[{"coding":[{"code":"translator"}]}],"status":"needs-action","actor":{"display":"x"}}`), nil},
		{"an interpreter who may come", booked("", `,{"type":[{"coding":[{"code":"translator"}]}],"status":"tentative","actor":{"display":"x"}}`), nil},
		{"the interpreter declined", booked("", `,{"type":[{"coding":[{"code":"translator"}]}],"status":"declined","actor":{"display":"x"}}`), nil},
		{"cancelled for want of a ride", fmt.Sprintf(ap1, "cancelled", `,"cancelationReason":{"coding":[{"code":"pat-lt"}]}`, ""), []string{"barrier shown "}},

		{"a document", fmt.Sprintf(d1, ""), []string{"sent shown "}},
		{"a document that corrects another", fmt.Sprintf(d1, `,"relatesTo":[{"code":"replaces","target":{"reference":"DocumentReference/D0"}}]`), []string{"sent shown ", "corrected shown "}},
		{"a worker of the agency read the request", fmt.Sprintf(ae1, "R", "PractitionerRole/jr", "ServiceRequest/SR1", ""), []string{"package-read shown "}},
		{"the agency's system read it", fmt.Sprintf(ae1, "R", "Organization/harbor", "ServiceRequest/SR1", ""), []string{"package-read stated  no worker of the agency is named"}},
		{"another agency's worker read it", fmt.Sprintf(ae1, "R", "PractitionerRole/eve", "ServiceRequest/SR1", ""), nil},
		{"it was refused", fmt.Sprintf(ae1, "R", "PractitionerRole/jr", "ServiceRequest/SR1", `,"outcome":"8"`), nil},
		{"it was changed, not read", fmt.Sprintf(ae1, "U", "PractitionerRole/jr", "ServiceRequest/SR1", ""), nil},
		{"a document of nobody knows what was read", fmt.Sprintf(ae1, "R", "PractitionerRole/jr", "DocumentReference/D7", ""), nil},

		{"the person answers", answers(AfterVisit, ana, "story-again", `"valueBoolean":true`), []string{"answered confirmed ", "story-once confirmed "}},
		{"the person answers no, by code", answers(AfterVisit+"|1", ana, "knew-who", `"valueCoding":{"code":"N"}`), []string{"answered confirmed ", "knew-who confirmed  denied"}},
		{"trust is an answer and no more", answers(AfterVisit, ana, "trust", `"valueBoolean":true`), []string{"answered confirmed "}},
		{"staff answers", answers(AfterVisit, `,"source":{"reference":"Practitioner/nav"}`, "story-again", `"valueBoolean":true`), []string{"story-once stated "}},
		{"another questionnaire", answers("http://example.org/q", ana, "story-again", `"valueBoolean":true`), nil},
		{"an unknown question", answers(AfterVisit, ana, "weather", `"valueBoolean":true`), nil},

		{"a screening that says so", `{"resourceType":"Observation","id":"O2","status":"final","category":[{"coding":[{"system":"http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes","code":"transportation-insecurity"}]}],"code":{"text":"x"},"basedOn":[{"reference":"ServiceRequest/SR1"}],"valueBoolean":true}`, []string{"barrier shown "}},
		{"a screening that says no", `{"resourceType":"Observation","id":"O2","status":"final","category":[{"coding":[{"system":"http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes","code":"transportation-insecurity"}]}],"code":{"text":"x"},"basedOn":[{"reference":"ServiceRequest/SR1"}],"valueBoolean":false}`, nil},
		{"a ride is only asked for", `{"resourceType":"Task","id":"T9","status":"requested","intent":"order","code":{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]},"basedOn":[{"reference":"ServiceRequest/SR1"}]}`, nil},
		{"a ride that was received", `{"resourceType":"Task","id":"T9","status":"received","intent":"order","code":{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]},"basedOn":[{"reference":"ServiceRequest/SR1"}]}`, nil},
		{"a ride that somebody took on", `{"resourceType":"Task","id":"T9","status":"accepted","intent":"order","code":{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]},"basedOn":[{"reference":"ServiceRequest/SR1"}]}`, []string{"barrier-taken shown "}},
		{"a ride that is under way", `{"resourceType":"Task","id":"T9","status":"in-progress","intent":"order","code":{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]},"basedOn":[{"reference":"ServiceRequest/SR1"}]}`, []string{"barrier-taken shown "}},
		{"a ride that took place", `{"resourceType":"Task","id":"T9","status":"completed","intent":"order","code":{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]},"basedOn":[{"reference":"ServiceRequest/SR1"}]}`, []string{"barrier-met shown "}},
		{"a ride on hold", `{"resourceType":"Task","id":"T9","status":"on-hold","intent":"order","code":{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]},"basedOn":[{"reference":"ServiceRequest/SR1"}]}`, nil},
		{"a ride was refused", `{"resourceType":"Task","id":"T9","status":"rejected","intent":"order","code":{"coding":[{"system":"urn:warmhandoff:barrier","code":"transport"}]},"basedOn":[{"reference":"ServiceRequest/SR1"}]}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.shows, inLines(warm(t, c.body).leg().Marks))
		})
	}
}

// inLines writes marks as "kind status mode", with why they lack something.
func inLines(marks []workflow.Mark) []string {
	var list []string
	for _, m := range marks {
		line := m.Element + " " + m.Status
		if m.Element != workflow.Barrier || m.Status != "" {
			line += " " + m.Mode
		}
		switch {
		case m.Waived != "":
			line += " waived: " + m.Waived
		case m.Denied:
			line += " denied"
		case m.Lacks != "":
			line += " " + m.Lacks
		}
		list = append(list, line)
	}
	return list
}

func TestWhoWasPresent(t *testing.T) {
	t.Parallel()
	const nav, jr, ana = "Practitioner/nav", "PractitionerRole/jr", "Patient/P1"
	for _, c := range []struct {
		name string
		to   []string
		want workflow.Present
	}{
		{"the person and a worker of the agency", []string{ana, jr}, workflow.Present{Person: true, Worker: true, Guide: true}},
		{"an agency is nobody", []string{ana, "Organization/harbor"}, workflow.Present{Person: true, Guide: true}},
		{"another person", []string{"Patient/P2", jr}, workflow.Present{Worker: true, Guide: true}},
		{"another agency's worker", []string{ana, "PractitionerRole/eve"}, workflow.Present{Person: true, Guide: true}},
		{"family whom the person chose", []string{"RelatedPerson/sis"}, workflow.Present{Family: true, Guide: true}},
		{"family whom the person did not choose", []string{"RelatedPerson/bro"}, workflow.Present{Others: true, Guide: true}},
		{"somebody of the referrer's", []string{"PractitionerRole/ed"}, workflow.Present{Guide: true}},
	} {
		to := `,"recipient":[{"reference":"` + strings.Join(c.to, `"},{"reference":"`) + `"}]`
		s := warm(t, consentJSON("C2", "active", `"actor":[{"role":{"text":"x"},"reference":{"reference":"RelatedPerson/sis"}}]`), talk("introduction", "PHONE", sentByNav, to))
		l := s.leg()
		require.Len(t, l.Marks, 1, c.name)
		assert.Equal(t, c.want, l.Marks[0].Present, c.name)
		assert.True(t, l.Person.Family, c.name)
	}
}

func TestADocumentIsReadInWhateverOrderItComes(t *testing.T) {
	t.Parallel()
	bodies := []string{fmt.Sprintf(d1, ""), fmt.Sprintf(ae1, "R", "PractitionerRole/jr", "DocumentReference/D1", "")}
	for range 2 {
		assert.Equal(t, []string{"sent shown ", "package-read shown "}, inLines(warm(t, bodies...).leg().Marks))
		slices.Reverse(bodies)
	}
}

func TestThePersonAndTheNavigator(t *testing.T) {
	t.Parallel()
	team := func(id, who, role string) string {
		return fmt.Sprintf(`{"resourceType":"CareTeam","id":%q,"status":"active","subject":{"reference":"Patient/P1"},"participant":[{"role":[{"coding":[{"system":"urn:warmhandoff:role","code":%q}]}],"member":{"reference":%q}}]}`, id, role, who)
	}
	s := warm(t, `{"resourceType":"Patient","id":"P1","birthDate":"2010-05-01","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired","valueBoolean":true}],
"communication":[{"language":{"coding":[{"code":"en"}]}},{"language":{"coding":[{"code":"es"}]},"preferred":true}]}`, team("CT1", "Practitioner/kim", "navigator"), team("CT2", "Practitioner/doc", "surgeon"))
	p := s.leg().Person
	assert.Equal(t, "es", p.Language)
	assert.True(t, p.Interpreter)
	assert.Equal(t, "2010-05-01", p.Born.In(site).Format("2006-01-02"))
	assert.Equal(t, "Practitioner/kim", p.Navigator)
	assert.Equal(t, 1, p.Navigators)
	s.add(workflow.Navigator, "Practitioner/nav", team("CT1", "Practitioner/lee", "peer"))
	assert.Equal(t, "Practitioner/lee", s.leg().Person.Navigator)
	assert.Equal(t, 2, s.leg().Person.Navigators)
	s.put(Version{Deleted: true}, "CareTeam/CT1")
	assert.Empty(t, s.leg().Person.Navigator)
}

func TestTheRequestSpeaksToThePerson(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	assert.True(t, s.leg().NoStep)
	s.add(workflow.Referrer, "Organization/ref", `{"resourceType":"ServiceRequest","id":"SR1","status":"active","intent":"order","category":[{"text":"from crisis to ongoing peer support"}],"patientInstruction":"They will ring you.","subject":{"reference":"Patient/P1"},"requester":{"reference":"Organization/ref"}}`)
	assert.False(t, s.leg().NoStep)
	assert.Equal(t, []string{"plan-written stated  written down; nobody shows that the person has it"}, inLines(s.leg().Marks))
}

func TestWhatIsTakenBackWarmsNobody(t *testing.T) {
	t.Parallel()
	s := warm(t, talk("introduction", "PHONE", sentByNav, toBoth), fmt.Sprintf(d1, ""), fmt.Sprintf(q1, AfterVisit, `,"source":{"reference":"Patient/P1"}`, "trust", `"valueBoolean":true`))
	require.Len(t, s.leg().Marks, 3)
	s.add(workflow.Navigator, "Practitioner/nav", strings.Replace(talk("introduction", "PHONE", sentByNav, toBoth), "completed", "entered-in-error", 1))
	s.put(Version{Deleted: true}, "DocumentReference/D1")
	s.history("QuestionnaireResponse/Q1").Former = true
	assert.Empty(t, s.leg().Marks)
}

func TestDecliningAnIntroductionDeclinesNothingElse(t *testing.T) {
	t.Parallel()
	said := `,"statusReason":{"coding":[{"system":"urn:warmhandoff:contact-result","code":"declined"}]}`
	l := warm(t, strings.Replace(talk("introduction", "PHONE", said), "completed", "not-done", 1)).leg()
	assert.Empty(t, l.Contacts)
	l = warm(t, strings.Replace(talk("outreach", "PHONE", said), "completed", "not-done", 1)).leg()
	require.Len(t, l.Contacts, 1)
	assert.Equal(t, workflow.SaidNo, l.Contacts[0].Result)
}

func TestANavigatorWhoLeftIsNone(t *testing.T) {
	t.Parallel()
	team := `{"resourceType":"CareTeam","id":"CT1","subject":{"reference":"Patient/P1"},"participant":[
{"role":[{"coding":[{"system":"urn:warmhandoff:role","code":"navigator"}]}],"member":{"reference":"Practitioner/kim"},"period":{"end":"2026-03-02"}},
{"role":[{"coding":[{"system":"urn:warmhandoff:role","code":"navigator"}]}],"member":{"reference":"Practitioner/lee"},"period":{"end":"2026-12-31"}}]}`
	p := warm(t, team).leg().Person
	assert.Equal(t, "Practitioner/lee", p.Navigator)
	assert.Equal(t, 1, p.Navigators)
}

func TestWhatWeWroteOurselvesShowsNothing(t *testing.T) {
	t.Parallel()
	s := warm(t)
	s.own(fmt.Sprintf(d1, `,"relatesTo":[{"code":"replaces","target":{"reference":"DocumentReference/D0"}}]`))
	s.own(talk("introduction", "PHONE", sentByNav, toBoth))
	assert.Empty(t, s.leg().Marks)
}

func TestAnswersAreAboutOneLeg(t *testing.T) {
	t.Parallel()
	s := warm(t, `{"resourceType":"Task","id":"T2","status":"accepted","intent":"order","authoredOn":"2026-03-02","focus":{"reference":"ServiceRequest/SR1"},"owner":{"reference":"Organization/cedar"}}`,
		fmt.Sprintf(q1, AfterVisit, `,"source":{"reference":"Patient/P1"}`, "trust", `"valueBoolean":true`))
	for _, l := range set.Ledgers(&s.r).Legs {
		assert.Empty(t, l.Ledger.Marks, "nobody knows which agency %s is about", l.Task)
	}
	s.add(workflow.Agency, "Organization/harbor", fmt.Sprintf(e1, "finished", "AMB", "Patient/P1", `,"basedOn":[{"reference":"ServiceRequest/SR1"}],"serviceProvider":{"reference":"Organization/harbor"}`))
	s.add(workflow.Person, "Patient/P1", fmt.Sprintf(q1, AfterVisit, `,"source":{"reference":"Patient/P1"},"encounter":{"reference":"Encounter/E1"}`, "trust", `"valueBoolean":true`))
	legs := set.Ledgers(&s.r).Legs
	require.Len(t, legs, 2)
	assert.Equal(t, []string{"answered confirmed "}, inLines(legs[0].Ledger.Marks))
	assert.Empty(t, legs[1].Ledger.Marks)
}
