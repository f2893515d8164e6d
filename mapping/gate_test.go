package mapping

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/mapping/workflow"
)

// shares gives what a Consent with a provision lets go for a referral, once it was released, and why the package may not.
func shares(t *testing.T, label, provision string, more ...string) (workflow.Sharing, string) {
	t.Helper()
	s := newStory(t)
	s.r.Others, s.r.Request.Versions = nil, nil
	s.at(on(2, 9, 0)).add(workflow.Referrer, "Organization/ref", `{"resourceType":"ServiceRequest","id":"SR1",`+label+`"status":"active","intent":"order","code":{"coding":[{"system":"urn:c","code":"counselling"}]},"subject":{"reference":"Patient/P1"},"requester":{"reference":"Organization/ref"},"authoredOn":"2026-03-02"}`)
	body := `{"resourceType":"Consent","id":"C1","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"policyRule":{"coding":[{"code":"OPTIN"}]},"patient":{"reference":"Patient/P1"},"dateTime":"2026-03-01","performer":[{"reference":"Patient/P1"}],"organization":[{"reference":"Organization/ref"}],"provision":{` + provision + `}}`
	for i := 0; i+1 < len(more); i += 2 {
		body = strings.Replace(body, more[i], more[i+1], 1)
	}
	s.add(workflow.Referrer, "Organization/ref", body)
	read := set.Ledgers(&s.r)
	l := &read.Legs[0].Ledger
	h := workflow.Fold(l, on(3, 9, 0), &rules)
	why := ""
	for _, g := range l.Gate {
		if !g.From.After(on(3, 9, 0)) {
			why = g.Why
		}
	}
	return h.Shares, why
}

func actorOf(org, role string) string {
	return `{"role":{"coding":[{"code":"` + role + `"}]},"reference":{"reference":"Organization/` + org + `"}}`
}

func Test6_3EachDirectionNeedsItsOwnPermit(t *testing.T) {
	t.Parallel()
	both := workflow.Sharing{Package: true, Updates: true, Back: true}
	there := workflow.Sharing{Package: true, Updates: true}
	here := workflow.Sharing{Back: true}
	ref, harbor := actorOf("ref", "CST"), actorOf("harbor", "PRCP")
	harborHears, refHears := actorOf("harbor", "IRCP"), actorOf("ref", "IRCP")
	for _, c := range []struct {
		name, label, provision string
		want                   workflow.Sharing
	}{
		{"14 both are named", "", `"actor":[` + ref + `,` + harbor + `]`, both},
		{"14 nobody is named", "", `"type":"permit"`, both},
		{"the agency alone, and not as one who only receives: it may answer", "", `"actor":[` + harbor + `]`, both},
		{"14 the agency only receives", "", `"actor":[` + ref + `,` + harborHears + `]`, there},
		{"14 the referrer only receives", "", `"actor":[` + refHears + `,` + harbor + `]`, here},
		{"the referrer alone", "", `"actor":[` + ref + `]`, workflow.Sharing{}},
		{"the referrer is denied to hear", "", `"actor":[` + ref + `,` + harbor + `],"provision":[{"type":"deny","actor":[` + refHears + `]}]`, there},
		{"the agency is denied", "", `"actor":[` + ref + `,` + harbor + `],"provision":[{"type":"deny","actor":[` + harbor + `]}]`, workflow.Sharing{}},
		{"the agency is denied to receive, and may tell", "", `"actor":[` + ref + `,` + harbor + `],"provision":[{"type":"deny","actor":[` + harborHears + `]}]`, here},
		{"another agency is denied", "", `"actor":[` + ref + `,` + harbor + `],"provision":[{"type":"deny","actor":[` + actorOf("cedar", "PRCP") + `]}]`, both},
		{"14 both are there to receive: neither is kept from telling", "", `"actor":[` + refHears + `,` + harborHears + `]`, both},
		{"14 the agency alone is there to receive (FAST, PCF): a blind end", "", `"actor":[` + harborHears + `]`, there},
		{"14 the agency performs and the referrer receives (HRex one way)", "", `"actor":[` + actorOf("harbor", "performer") + `,` + refHears + `]`, here},
		{"14 both ways by what each does", "", `"actor":[` + ref + `,` + refHears + `,` + actorOf("harbor", "performer") + `,` + harborHears + `]`, both},
		{"14 both are custodians, and nobody is there to receive only", "", `"actor":[` + ref + `,` + actorOf("harbor", "CST") + `]`, both},
		{"14 the referrer alone, as custodian (BSeR)", "", `"actor":[` + ref + `]`, workflow.Sharing{}},
		{"14 a custodian and another agency that receives", "", `"actor":[` + ref + `,` + actorOf("cedar", "IRCP") + `]`, workflow.Sharing{Copy: true}},
		{"14 the agency performs alone: it may answer", "", `"actor":[` + actorOf("harbor", "performer") + `]`, here},
		{"14 the agency performs, for somebody else", "", `"actor":[` + actorOf("harbor", "performer") + `,` + actorOf("plan", "IRCP") + `]`, workflow.Sharing{Copy: true}},
		{"14 roles in words say nothing", "", `"actor":[{"role":{"text":"IRCP"},"reference":{"reference":"Organization/harbor"}}]`, both},
		{"the referrer is denied to send, and so to hear", "", `"type":"permit","provision":[{"type":"deny","actor":[` + ref + `,` + actorOf("plan", "IRCP") + `]}]`, workflow.Sharing{}},
		{"Part 2: both by name, and the agency may not disclose", part2Label, `"actor":[` + ref + `,` + harbor + `]` + sound, there},
		{"Part 2: both by name, and the agency discloses", part2Label, `"actor":[` + ref + `,` + harbor + `,` + actorOf("harbor", "performer") + `]` + sound, both},
		{"Part 2: the referrer is not named, and hears nothing", part2Label, `"actor":[` + harbor + `]` + sound, there},
		{"Part 2: nobody is named", part2Label, `"type":"permit"` + sound, workflow.Sharing{}},
		{"14 a plan alone may have a copy, and so the answer is for the plan", "", `"actor":[` + ref + `,` + harbor + `,` + actorOf("plan", "IRCP") + `]`, workflow.Sharing{Package: true, Updates: true, Copy: true}},
		{"14 a plan and the referrer hear", "", `"actor":[` + refHears + `,` + ref + `,` + harbor + `,` + actorOf("plan", "IRCP") + `]`, workflow.Sharing{Package: true, Updates: true, Back: true, Copy: true}},
		{"6.9 family who are named hear nothing from us", "", `"actor":[` + ref + `,` + harbor + `,{"role":{"text":"mother"},"reference":{"reference":"RelatedPerson/m"}}]`, both},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := shares(t, c.label, c.provision)
			assert.Equal(t, c.want, got)
		})
	}
}

func Test6_2APermitHoldsForWhatItNames(t *testing.T) {
	t.Parallel()
	const open = ""
	actors := `"actor":[` + actorOf("ref", "CST") + `,` + actorOf("harbor", "PRCP") + `]`
	for _, c := range []struct {
		name, label, provision string
		more                   []string
		why                    string
	}{
		{"purpose treatment", "", actors + `,"purpose":[{"code":"TREAT"}]`, nil, open},
		{"purpose coordination of care among others", "", actors + `,"purpose":[{"code":"HPAYMT"},{"code":"COC"}]`, nil, open},
		{"purpose marketing alone", "", actors + `,"purpose":[{"code":"HMARKT"}]`, nil, "no sharing for treatment"},
		{"14a class of the request and of its Task", "", actors + `,"class":[{"system":"http://hl7.org/fhir/resource-types","code":"ServiceRequest"},{"code":"Task"}]`, nil, open},
		{"14a class of the request alone", "", actors + `,"class":[{"system":"http://hl7.org/fhir/resource-types","code":"ServiceRequest"}]`, nil, "limited to other classes (Consent.provision.class)"},
		{"class by a profile of it", "", actors + `,"class":[{"code":"ServiceRequest"},{"system":"urn:ietf:rfc:3986","code":"http://example.org/StructureDefinition/Task"}]`, nil, open},
		{"class of something else", "", actors + `,"class":[{"code":"Immunization"}]`, nil, "does not cover this referral"},
		{"code of the request", "", actors + `,"code":[{"coding":[{"system":"urn:c","code":"counselling"}]}]`, nil, open},
		{"another code", "", actors + `,"code":[{"coding":[{"system":"urn:c","code":"dentist"}]}]`, nil, "does not cover"},
		{"14a the request and its Task by name", "", actors + `,"data":[{"meaning":"instance","reference":{"reference":"ServiceRequest/SR1"}},{"meaning":"instance","reference":{"reference":"Task/T1"}}]`, nil, open},
		{"14a the request and what depends on it", "", actors + `,"data":[{"meaning":"dependents","reference":{"reference":"ServiceRequest/SR1"}}]`, nil, open},
		{"14a the Task and what it is related to", "", actors + `,"data":[{"meaning":"related","reference":{"reference":"Task/T1"}}]`, nil, open},
		{"14a the request by name, and not its Task", "", actors + `,"data":[{"meaning":"instance","reference":{"reference":"ServiceRequest/SR1"}}]`, nil, "limited to other data (Consent.provision.data)"},
		{"other data by name", "", actors + `,"data":[{"meaning":"instance","reference":{"reference":"DocumentReference/D1"}}]`, nil, "does not cover"},
		{"a label beyond those named", `"meta":{"security":[{"code":"HIV"}]},`, actors + `,"securityLabel":[{"code":"PSY"}]`, nil, "does not cover"},
		{"a deny for content that is not in it", "", actors + `,"provision":[{"type":"deny","class":[{"code":"Observation"}]}]`, nil, open},
		{"a deny for the request", "", actors + `,"provision":[{"type":"deny","class":[{"code":"ServiceRequest"}]}]`, nil, "denies"},
		{"a deny for another purpose", "", actors + `,"provision":[{"type":"deny","purpose":[{"code":"HMARKT"}]}]`, nil, open},
		{"14 a deny in a permit for somebody who cannot be matched", "", actors + `,"provision":[{"type":"permit"},{"type":"permit","actor":[{"role":{"text":"x"},"reference":{"display":"somebody"}}],"provision":[{"type":"deny","class":[{"code":"Task"}]}]}]`, nil, "may mean this agency in Consent.provision.provision.provision.actor"},
		{"14a a rule that says neither yes nor no", "", actors + `,"provision":[{"actor":[` + toHarbor + `]}]`, nil, "Consent.provision.provision.type that is not understood"},
		{"14a given on a day to come", "", actors, []string{`"dateTime":"2026-03-01"`, `"dateTime":"2026-04-01"`}, "given on a day to come (Consent.dateTime)"},
		{"14a found not to be the person's", "", actors, []string{`"status"`, `"verification":[{"verified":true},{"verified":false,"verificationDate":"2026-03-01"}],"status"`}, "(Consent.verification.verified)"},
		{"14a found to be the person's since", "", actors, []string{`"status"`, `"verification":[{"verified":true,"verificationDate":"2026-03-02"},{"verified":false,"verificationDate":"2026-03-01"}],"status"`}, open},
		{"14a rules of its own", "", actors, []string{`"status"`, `"implicitRules":"urn:x","status"`}, "is not understood (Consent.implicitRules)"},
		{"14a a scope of another system", "", actors, []string{`{"code":"patient-privacy"}`, `{"system":"urn:x","code":"patient-privacy"}`}, "Consent.scope that is not understood"},
		{"14a a deny of a scope of another system", "", `"type":"deny"`, []string{`{"code":"patient-privacy"}`, `{"system":"urn:x","code":"patient-privacy"}`}, "A Consent denies it"},
		{"14a a deny about research", "", `"type":"deny"`, []string{"patient-privacy", "research"}, "not about sharing information (Consent.scope)"},
		{"14a a deny to collect", "", actors + `,"provision":[{"type":"deny","action":[` + coded("consentaction", "collect") + `]}]`, nil, open},
		{"14a a deny of something that is not understood", "", actors + `,"provision":[{"type":"deny","action":[` + coded("consentaction", "collect") + `,{"text":"show"}]}]`, nil, "Consent.provision.provision.action is not understood"},
		{"14a of a day of emergency alone", "", actors + `,"purpose":[{"code":"ETREAT"}]`, nil, "no sharing for treatment"},
		{"14 psychotherapy notes are not covered where neither class nor label is named", `"meta":{"security":[{"code":"PSYTHPN"}]},`, actors, nil, "(Consent.provision.securityLabel)"},
		{"14 but where the label is", `"meta":{"security":[{"code":"PSYTHPN"}]},`, actors + `,"securityLabel":[{"code":"PSYTHPN"}]`, nil, open},
		{"a deny that is over", "", actors + `,"provision":[{"type":"deny","period":{"end":"2026-02-01"},"actor":[` + toHarbor + `]}]`, nil, open},
		{"given by a clerk", "", actors, []string{`"performer":[{"reference":"Patient/P1"}]`, `"performer":[{"reference":"Practitioner/x"}]`}, "neither the person nor a representative"},
		{"given by the mother", "", actors, []string{`"performer":[{"reference":"Patient/P1"}]`, `"performer":[{"reference":"RelatedPerson/m"}]`}, open},
		{"of somebody else", "", actors, []string{`"patient":{"reference":"Patient/P1"}`, `"patient":{"reference":"Patient/P9"}`}, "No Consent is here"},
		{"about research", "", actors, []string{"patient-privacy", "research"}, "not about sharing"},
		{"draft", "", actors, []string{`"active"`, `"draft"`}, "not active (draft)"},
		{"Part 2: everything that 2.31 asks for", part2Label, actors + sound, nil, open},
		{"Part 2: its label is not among those named", part2Label, actors + strings.Replace(sound, "42CFRPart2", "R", 1), nil, "does not cover"},
		{"Part 2: no purpose", part2Label, actors + strings.Replace(sound, `"purpose":[{"code":"TREAT"}],`, "", 1), nil, "lacks for 42 CFR Part 2 content: the purpose."},
		{"Part 2: no end", part2Label, actors + strings.Replace(sound, `"period":{"end":"2027-03-01"},`, "", 1), nil, "content: when it ends."},
		{"Part 2: not what", part2Label, actors + strings.Replace(sound, `,"securityLabel":[{"code":"42CFRPart2"}]`, "", 1), nil, "content: what may be disclosed."},
		{"Part 2: not from whom", part2Label, `"actor":[` + actorOf("harbor", "PRCP") + `]` + sound, []string{`"organization":[{"reference":"Organization/ref"}],`, ""}, "content: who may disclose."},
		{"Part 2: not when", part2Label, actors + sound, []string{`"dateTime":"2026-03-01",`, ""}, "content: who signed it and when."},
		{"Part 2: not by whom", part2Label, actors + sound, []string{`"performer":[{"reference":"Patient/P1"}],`, ""}, "content: who signed it and when."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, why := shares(t, c.label, c.provision, c.more...)
			assert.Equal(t, c.why == open, got.Package, why)
			assert.Contains(t, why, c.why)
		})
	}
}

func Test6_2ATreatingProviderNeedsNoConsentToAnswer(t *testing.T) {
	t.Parallel()
	for _, partner := range []string{"Organization/harbor", "Organization/ref"} {
		s := newStory(t)
		s.r.Others = nil
		mine := set
		mine.Partners = map[string]Partner{partner: {Treatment: true}}
		read := mine.Ledgers(&s.r)
		assert.True(t, workflow.Fold(&read.Legs[0].Ledger, s.now, &rules).Shares.Back, partner)
		mine.Partners = map[string]Partner{partner: {Treatment: true, Part2: true}}
		read = mine.Ledgers(&s.r)
		assert.False(t, workflow.Fold(&read.Legs[0].Ledger, s.now, &rules).Shares.Back, "%s: never for Part 2", partner)
	}
}
