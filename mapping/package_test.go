package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// parcel is what a package is made from, on the day after the referral.
type parcel struct {
	*story
	set Settings
	p   Parcel
}

const (
	part2Label = `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"42CFRPart2"}]},`
	harborOnly = `"type":"permit","actor":[{"role":{"coding":[{"code":"CST"}]},"reference":{"reference":"Organization/ref"}},` + toHarbor + `]`
	sound      = `,"period":{"end":"2027-03-01"},"purpose":[{"code":"TREAT"}],"securityLabel":[{"code":"42CFRPart2"}]`
)

func resource(t *testing.T, body string) *fhir.Resource {
	t.Helper()
	r, issues := fhir.Read([]byte(body))
	require.False(t, fhir.Refused(issues), "%v in %s", issues, body)
	return r
}

// newParcel begins with a request that encloses what is given, under a Consent with the given provision.
func newParcel(t *testing.T, label, provision string, enclosed ...Enclosure) *parcel {
	t.Helper()
	s := newStory(t)
	s.r.Others, s.now = nil, on(2, 9, 0)
	s.r.Request.Versions = nil
	refs := `{"reference":"Consent/C1"}`
	for _, e := range enclosed {
		refs += `,{"reference":"` + e.Ref + `"}`
	}
	request := `{"resourceType":"ServiceRequest","id":"SR1",` + label + `"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">all of it</div>"},"status":"active","intent":"order","code":{"text":"Counseling"},"subject":{"reference":"Patient/P1"},"requester":{"reference":"Organization/ref"},"authoredOn":"2026-03-02","supportingInfo":[` + refs + `]}`
	consent := `{"resourceType":"Consent","id":"C1","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"policyRule":{"coding":[{"code":"OPTIN"}]},"patient":{"reference":"Patient/P1"},"dateTime":"2026-03-01","performer":[{"reference":"Patient/P1"}],"organization":[{"reference":"Organization/ref"}],"provision":{` + provision + `}}`
	s.add(workflow.Referrer, "Organization/ref", request)
	s.add(workflow.Referrer, "Organization/ref", consent)
	return &parcel{story: s, set: set, p: Parcel{
		Referral: &s.r, Request: resource(t, request), Consents: []*fhir.Resource{resource(t, consent)}, Enclosed: append([]Enclosure{{Ref: "Consent/C1"}}, enclosed...),
		Task: resource(t, `{"resourceType":"Task","id":"T1","status":"accepted","intent":"order","focus":{"reference":"ServiceRequest/SR1"},"for":{"reference":"Patient/P1"},"owner":{"reference":"Organization/harbor"}}`),
		Patient: resource(t, `{"resourceType":"Patient","id":"P1","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired","valueBoolean":true},{"url":"urn:x:religion","valueString":"none of yours"}],
			"identifier":[{"system":"urn:ssn","value":"999-00-1111"}],"name":[{"use":"official","family":"Delgado","given":["Anastasia"]},{"use":"usual","text":"Ana  Delgado"}],"telecom":[{"system":"phone","value":"555-0100"},{"use":"old","value":"555-0199"}],"birthDate":"1990-04-12","_birthDate":{"extension":[{"url":"urn:x","valueString":"at noon"}]},"address":[{"city":"Bayview"}],"communication":[{"language":{"coding":[{"code":"es"}]},"preferred":true}]}`),
		Appointments: []*fhir.Resource{resource(t, `{"resourceType":"Appointment","id":"AP1","status":"booked","start":"2026-03-05T10:00:00-08:00","end":"2026-03-05T11:00:00-08:00","participant":[{"actor":{"reference":"Patient/P1"},"status":"accepted"}]}`)},
	}}
}

func (c *parcel) pack() *Package {
	c.t.Helper()
	made, err := c.set.Package(&c.p, on(3, 9, 0))
	require.NoError(c.t, err)
	_, issues := fhir.Read(made.Bundle)
	assert.False(c.t, fhir.Refused(issues), "%v", issues)
	_, issues = fhir.Read(made.Listed())
	assert.False(c.t, fhir.Refused(issues), "%v", issues)
	return made
}

func (c *parcel) shut() string {
	c.t.Helper()
	_, err := c.set.Package(&c.p, on(3, 9, 0))
	var shut *ShutError
	require.ErrorAs(c.t, err, &shut)
	return shut.Why
}

func document(t *testing.T, id, more string) Enclosure {
	return Enclosure{Ref: "DocumentReference/" + id, Role: workflow.Referrer, Party: "Organization/ref",
		Resource: resource(t, `{"resourceType":"DocumentReference","id":"`+id+`",`+more+`"status":"current","subject":{"reference":"Patient/P1"},"content":[{"attachment":{"title":"kept  as it is"}}]}`)}
}

func Test6_7ThePackageHoldsWhatIsNeededAndNoMore(t *testing.T) {
	t.Parallel()
	c := newParcel(t, "", harborOnly, document(t, "D1", ""))
	got := string(c.pack().Bundle)
	for _, there := range []string{`"ServiceRequest"`, `"Task"`, `"AP1"`, `"Ana  Delgado"`, "555-0100", `"es"`, "interpreterRequired", "kept  as it is", `"Consent"`, "all of it"} {
		assert.Contains(t, got, there)
	}
	for _, gone := range []string{"999-00-1111", "1990-04-12", "at noon", "Anastasia", "555-0199", "religion", "Bayview", Part2Notice, "42CFRPart2"} {
		assert.NotContains(t, got, gone)
	}
	assert.Empty(t, c.pack().Withheld)
	assert.Equal(t, got, string(c.pack().Bundle), "the same again gives the same")
}

func Test6_7WhatIsHeldBackLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, provision string
		enclosed        func(*testing.T) Enclosure
		because         string
	}{
		{"6.2 of a class that is not named", harborOnly + `,"class":[{"code":"ServiceRequest"},{"code":"Task"}]`, func(t *testing.T) Enclosure { return document(t, "D9", "") }, "is not permitted by consent"},
		{"6.2 of a class that is denied", harborOnly + `,"provision":[{"type":"deny","class":[{"code":"DocumentReference"}]}]`, func(t *testing.T) Enclosure { return document(t, "D9", "") }, "is not permitted by consent"},
		{"6.2 with a label that is denied", harborOnly + `,"provision":[{"type":"deny","securityLabel":[{"code":"HIV"}]}]`, func(t *testing.T) Enclosure { return document(t, "D9", `"meta":{"security":[{"code":"HIV"}]},`) }, "is not permitted by consent"},
		{"6.2 with a label beyond those named", harborOnly + `,"securityLabel":[{"code":"R"}]`, func(t *testing.T) Enclosure { return document(t, "D9", `"meta":{"security":[{"code":"PSY"}]},`) }, "is not permitted by consent"},
		{"6.2 not listed where data is", harborOnly + `,"provision":[{"type":"deny","data":[{"meaning":"instance","reference":{"reference":"DocumentReference/D9"}}]}]`, func(t *testing.T) Enclosure { return document(t, "D9", "") }, "is not permitted by consent"},
		{"6.1 labelled as Part 2, under a Consent that says nothing of it", harborOnly, func(t *testing.T) Enclosure { return document(t, "D9", part2Label) }, "lacks for 42 CFR Part 2"},
		{"6.5 of another agency", harborOnly, func(t *testing.T) Enclosure {
			e := document(t, "D9", "")
			e.Role, e.Party = workflow.Agency, "Organization/cedar"
			return e
		}, "came from another agency"},
		{"6.7 a counselling note by its label", harborOnly, func(t *testing.T) Enclosure { return document(t, "D9", `"meta":{"security":[{"code":"PSYTHPN"}]},`) }, "counselling note"},
		{"6.7 a counselling note by its type", harborOnly, func(t *testing.T) Enclosure { return document(t, "D9", `"type":{"text":"SUD Counseling Note"},`) }, "counselling note"},
		{"about somebody else", harborOnly, func(t *testing.T) Enclosure {
			return Enclosure{Ref: "Observation/D9", Resource: resource(t, `{"resourceType":"Observation","id":"D9","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/P2"}}`)}
		}, "is about somebody else"},
		{"the record of another human being", harborOnly, func(t *testing.T) Enclosure {
			return Enclosure{Ref: "Person/D9", Resource: resource(t, `{"resourceType":"Person","id":"D9","name":[{"text":"Rosa D9"}],"link":[{"target":{"reference":"Patient/P2"}}]}`)}
		}, "is about somebody else"},
		{"not there", harborOnly, func(*testing.T) Enclosure { return Enclosure{Ref: "Observation/D9"} }, "is not here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := c.enclosed(t)
			p := newParcel(t, "", c.provision, document(t, "D1", `"meta":{"security":[{"code":"N"}]},`), e)
			made := p.pack()
			assert.NotContains(t, string(made.Bundle), "D9")
			assert.NotContains(t, string(made.Bundle), "all of it", "the narrative may tell of it")
			var why string
			for _, w := range made.Withheld {
				if w.Ref == e.Ref {
					why = w.Because
				}
			}
			assert.Contains(t, why, c.because, "and the navigator is told")
			assert.Contains(t, string(made.Listed()), "D9")
		})
	}
}

func Test6_7WhatIsContainedIsJudgedToo(t *testing.T) {
	t.Parallel()
	c := newParcel(t, "", harborOnly+`,"provision":[{"type":"deny","class":[{"code":"Condition"}]}]`)
	c.p.Request = resource(t, `{"resourceType":"ServiceRequest","id":"SR1","contained":[{"resourceType":"Condition","id":"k9","subject":{"reference":"Patient/P1"}},{"resourceType":"PractitionerRole","id":"who"}],"status":"active","intent":"order","subject":{"reference":"Patient/P1"},"requester":{"reference":"#who"},"reasonReference":[{"reference":"#k9"}]}`)
	made := c.pack()
	assert.NotContains(t, string(made.Bundle), "k9")
	assert.Contains(t, string(made.Bundle), `"#who"`)
	assert.Contains(t, string(made.Bundle), `"id":"who"`)
}

func Test6_4EveryPart2DisclosureCarriesTheNotice(t *testing.T) {
	t.Parallel()
	c := newParcel(t, part2Label, harborOnly+sound, document(t, "D1", ""))
	got := c.pack()
	assert.Contains(t, string(got.Bundle), Part2Notice)
	assert.Contains(t, string(got.Bundle), "take it back at any time", "and what the consent lets them do")
	b := resource(t, string(got.Bundle))
	assert.Contains(t, codesIn(b.Get("meta", "security")), codePart2, "the whole carries the label")
	for e := range b.Get("entry").All() {
		assert.Contains(t, codesIn(e.Get("resource", "meta", "security")), codePart2, "and so does every part: %s", e.Get("resource").Type())
	}

	c = newParcel(t, "", harborOnly+sound)
	c.set.Partners = map[string]Partner{"Organization/harbor": {Part2: true}}
	assert.Contains(t, string(c.pack().Bundle), Part2Notice, "6.1 the mere fact of a referral to a Part 2 program is such content")

	k := &packing{leg: &leg{}, p: &c.p, labelled: true}
	_, err := k.sealed()
	assert.ErrorContains(t, err, "no notice", "without it nothing goes")
}

func Test6_2NothingGoesWhileTheGateIsShut(t *testing.T) {
	t.Parallel()
	assert.Contains(t, newParcel(t, "", `"type":"permit","actor":[`+toCedar+`]`).shut(), "names other recipients")
	assert.Contains(t, newParcel(t, part2Label, harborOnly).shut(), "what may be disclosed, the purpose, when it ends")
	assert.Contains(t, newParcel(t, "", harborOnly+`,"purpose":[{"code":"HMARKT"}]`).shut(), "no sharing for treatment")
	assert.Contains(t, newParcel(t, "", harborOnly+`,"period":{"end":"2026-03-02"}`).shut(), "run out")
}

func Test6_4TheConsentIsShownWholeOnlyWhereItNamesNobodyElse(t *testing.T) {
	t.Parallel()
	c := newParcel(t, "", `"type":"permit","actor":[`+toHarbor+`,`+toCedar+`]`)
	got := string(c.pack().Bundle)
	assert.NotContains(t, got, "cedar", "another agency is no business of this one")
	assert.Contains(t, got, "Shared with the person's consent of 2026-03-01")
}

func Test6_1ALabelIsAddedAndNothingElseChanges(t *testing.T) {
	t.Parallel()
	r := resource(t, `{"resourceType":"Basic","id":"b","meta":{"tag":[{"code":"k","display":"keep  me"}],"security":[{"code":"N"}]},"code":{"text":"x"}}`)
	l, err := fhir.ReadStored(r.With(labelled(r)))
	require.NoError(t, err)
	assert.Equal(t, []string{"N", codePart2, "R"}, codesIn(l.Get("meta", "security")))
	assert.Equal(t, "keep  me", l.Get("meta", "tag").Items()[0].Get("display").Text())
}

func Test6_4ALabelInsideBringsTheNotice(t *testing.T) {
	t.Parallel()
	note := `{"resourceType":"Observation","id":"n","meta":{"security":[{"code":"42CFRPart2"}]},"status":"final","code":{"text":"NOTE-INSIDE"},"subject":{"reference":"Patient/P1"}}`
	letter := func(t *testing.T) Enclosure {
		return document(t, "D9", `"contained":[`+note+`],"context":{"related":[{"reference":"#n"}]},`)
	}
	got := string(newParcel(t, "", harborOnly+`,"provision":[{"type":"deny","class":[{"code":"Media"}]}]`+sound, letter(t)).pack().Bundle)
	assert.Contains(t, got, "NOTE-INSIDE", "where the consent names such content it goes")
	assert.Contains(t, got, Part2Notice, "with the notice")
	for e := range resource(t, got).Get("entry").All() {
		if e.Get("resource", "id").Text() == "D9" {
			assert.Contains(t, codesIn(e.Get("resource", "meta", "security")), codePart2, "and what holds it is labelled")
		}
	}
	got = string(newParcel(t, "", harborOnly, letter(t)).pack().Bundle)
	assert.NotContains(t, got, "NOTE-INSIDE")
	assert.Contains(t, got, "D9", "the letter goes without it")
}

func Test6_7WhoIsContainedIsAsSparinglyTold(t *testing.T) {
	t.Parallel()
	c := newParcel(t, "", harborOnly)
	c.set.Means = func(l Logical) []string { // who is contained is who is stored
		if l.Name == "urn:ssn|999-00-1111" {
			return []string{"Patient/P1"}
		}
		return nil
	}
	c.p.Request = resource(t, `{"resourceType":"ServiceRequest","id":"SR1","contained":[
		{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:ssn","value":"999-00-1111"}],"name":[{"text":"Ana Delgado"}],"birthDate":"1990-04-12"},
		{"resourceType":"Patient","id":"m","name":[{"text":"Rosa Delgado"}]},
		{"resourceType":"RelatedPerson","id":"s","patient":{"reference":"#p"},"name":[{"text":"Her Sister"}],"birthDate":"1988-01-01","telecom":[{"system":"phone","value":"555-0101"}]}],
		"status":"active","intent":"order","subject":{"reference":"#p"},"supportingInfo":[{"reference":"#m"},{"reference":"#s"}]}`)
	got := string(c.pack().Bundle)
	for _, there := range []string{"Ana Delgado", "Her Sister", "555-0101"} {
		assert.Contains(t, got, there)
	}
	for _, gone := range []string{"999-00-1111", "1990-04-12", "1988-01-01", "Rosa"} {
		assert.NotContains(t, got, gone)
	}
}

func Test6_7AReferralThatIsItselfHeldBackDoesNotGo(t *testing.T) {
	t.Parallel()
	c := newParcel(t, "", harborOnly)
	c.p.Task = resource(t, `{"resourceType":"Task","id":"T1","meta":{"security":[{"code":"PSYTHPN"}]},"status":"accepted","intent":"order","focus":{"reference":"ServiceRequest/SR1"},"for":{"reference":"Patient/P1"},"owner":{"reference":"Organization/harbor"}}`)
	assert.Contains(t, c.shut(), "Task/T1 is a counselling note")
	c = newParcel(t, "", harborOnly+`,"provision":[{"type":"deny","class":[{"code":"Observation"}]}]`)
	c.p.Task = resource(t, `{"resourceType":"Task","id":"T1","contained":[{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"}}],"status":"accepted","intent":"order","focus":{"reference":"ServiceRequest/SR1"},"for":{"reference":"Patient/P1"},"owner":{"reference":"Organization/harbor"},"output":[{"type":{"text":"x"},"valueReference":{"reference":"#o"}}]}`)
	assert.NotContains(t, string(c.pack().Bundle), `"#o"`)
}
