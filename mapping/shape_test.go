package mapping

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// asked gives what a Consent lets go for a referral, and why the package may not and the outcome may not come back.
func asked(t *testing.T, body string) (s workflow.Sharing, there, here string) {
	t.Helper()
	story := newStory(t)
	story.r.Others = nil
	story.add(workflow.Referrer, "Organization/ref", body)
	return sharing(&story.r, story.now)
}

func sharing(r *Referral, now time.Time) (s workflow.Sharing, there, here string) {
	read := set.Ledgers(r)
	l := &read.Legs[0].Ledger
	return workflow.Fold(l, now, &rules).Shares, l.Gate[len(l.Gate)-1].Why, l.Back[len(l.Back)-1].Why
}

// consentOf gives a Consent of the person referred with a policy and a provision, and further members in front.
func consentOf(policy, provision string, more ...string) string {
	for _, member := range []struct{ name, body string }{
		{"policyRule", policy}, {"provision", provision},
	} {
		if member.body != "" {
			more = append(more, `"`+member.name+`":`+member.body)
		}
	}
	return `{"resourceType":"Consent","id":"C1","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},` +
		`"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"patient":{"reference":"Patient/P1"},"organization":[{"reference":"Organization/ref"}],` +
		strings.Join(more, ",") + `}`
}

func coded(system, code string) string {
	return `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/` + system + `","code":"` + code + `"}]}`
}

// who gives an actor: of whom, in which role, by a reference, or by "display:" and a name.
func who(ref, role string) string {
	system := "v3-ParticipationType"
	if role == "performer" {
		system = "provenance-participant-type"
	}
	reference := `{"reference":"` + ref + `"}`
	if name, ok := strings.CutPrefix(ref, "display:"); ok {
		reference = `{"display":"` + name + `"}`
	}
	return `{"role":` + coded(system, role) + `,"reference":` + reference + `}`
}

var (
	optIn  = coded("v3-ActCode", "OPTIN")
	optOut = coded("v3-ActCode", "OPTOUT")
	hipaa  = coded("consentpolicycodes", "hipaa-auth")

	access   = coded("consentaction", "access")
	disclose = coded("consentaction", "disclose")
	correct  = coded("consentaction", "correct")
)

// TestRuling14aPublishedShapes: Consents with the rules of published examples, for our people: the hospital of the example is the referrer, or the
// agency where the example speaks of who is to receive.
//
// Source: the examples named in the rows; the shapes are theirs, nothing else is
func TestRuling14aPublishedShapes(t *testing.T) {
	t.Parallel()
	const ref, harbor = "Organization/ref", "Organization/harbor"
	purposes := func(codes ...string) string {
		var list []string
		for _, code := range codes {
			list = append(list, `{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"`+code+`"}`)
		}
		return `"purpose":[` + strings.Join(list, ",") + `]`
	}
	tpo := purposes("TREAT", "HPAYMT", "HOPERAT")
	pkb := func(actor, code string) string {
		return `{"actor":[` + who(actor, "PRCP") + `],"action":[` + access + `],"securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"` + code + `"}]}`
	}
	const open = ""
	for _, row := range []struct {
		like         string
		body         string
		there, back  bool
		because, how string // why the package may not go, and the outcome not come back; both for one where how is ""
	}{
		{"R4 consent-example-basic: an opt-in that has run out", consentOf(optIn, `{"period":{"start":"1964-01-01","end":"2016-01-01"}}`), false, false, "The Consent has run out", ""},
		{"R4 consent-example-Out: an opt-out from a hospital", consentOf(optOut, `{"actor":[`+who(ref, "CST")+`]}`), false, false, "A Consent denies it: Consent/C1 (Consent.provision)", ""},
		{"R4 consent-example-Out, of the agency", consentOf(optOut, `{"actor":[`+who(harbor, "CST")+`]}`), false, false, "A Consent denies it", ""},
		{"R4 consent-example-Emergency: an opt-out, and a deny in it", consentOf(optOut, `{"actor":[`+who(ref, "CST")+`],`+purposes("ETREAT")+`,"provision":[{"type":"deny","actor":[`+who(ref, "CST")+`]}]}`), false, false, "A Consent denies it", ""},
		{"R4 consent-example-grantor: an opt-out that names the person herself", consentOf(optOut, `{"actor":[`+who(ref, "CST")+`,`+who("Patient/P1", "PRCP")+`],"action":[`+access+`]}`), false, false, "A Consent denies it", ""},
		{"R4 consent-example-notAuthor: an opt-in that names the hospital as custodian alone", consentOf(optIn, `{"actor":[`+who(ref, "CST")+`]}`), false, false, "names other recipients (Consent.provision.actor)", ""},
		{"R4 consent-example-notOrg: an organization is denied access", consentOf(optIn, `{"type":"deny","actor":[`+who(harbor, "PRCP")+`],"action":[`+access+`,`+correct+`]}`), false, false, "A Consent denies it: Consent/C1 (Consent.provision)", ""},
		{"R4 consent-example-notOrg, of another organization", consentOf(optIn, `{"type":"deny","actor":[`+who("Organization/cedar", "PRCP")+`],"action":[`+access+`,`+correct+`]}`), false, false, "Consent/C1 names other recipients (Consent.provision.actor)", ""},
		{"R4 consent-example-notThem: an opt-in for one practitioner", consentOf(optIn, `{"actor":[`+who("Practitioner/nurse", "PRCP")+`],"action":[`+access+`,`+correct+`]}`), false, false, "names other recipients (Consent.provision.actor)", ""},
		{"R4 consent-example-notThis: an opt-in for what is related to a Task", consentOf(optIn, `{"data":[{"meaning":"related","reference":{"reference":"Task/other"}}]}`), false, false, "Consent.provision.data that is not understood", ""},
		{"R4 consent-example-notTime: an opt-in for one month that is over", consentOf(optIn, `{"period":{"start":"2015-01-01","end":"2015-02-01"}}`), false, false, "The Consent has run out", ""},
		{"R4 consent-example-pkb: an opt-out with rules that do not say what they do", consentOf(optOut, `{"actor":[`+who(harbor, "PRCP")+`],"action":[`+access+`],"securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"N"}],"provision":[`+pkb(harbor, "PSY")+`,`+pkb(harbor, "SPI")+`]}`), false, false, "A Consent denies it", ""},
		{"R4 consent-example-signature: an opt-in narrowed to documents of two kinds", consentOf(optIn, `{"period":{"start":"2026-01-01","end":"2026-10-10"},"actor":[`+who(harbor, "PRCP")+`],"provision":[{"type":"permit","actor":[`+who(harbor, "AUT")+
			`],"class":[{"system":"urn:ietf:bcp:13","code":"application/hl7-cda+xml"}],"code":[{"coding":[{"system":"http://loinc.org","code":"34133-9"}]}]}]}`), false, false, "Consent.provision.provision.class that is not understood", ""},
		{"R4 consent-example-smartonfhir: an opt-in narrowed to prescriptions", consentOf(optIn, `{"period":{"start":"2026-01-01"},"provision":[{"type":"permit","action":[`+access+`],"class":[{"system":"http://hl7.org/fhir/resource-types","code":"MedicationRequest"}]}]}`),
			false, false, "limited to other classes (Consent.provision.provision.class)", ""},
		{"SDOHCC ConsentInformationDisclosureExample: an authorization without a rule", consentOf(hipaa, ``), true, true, open, ""},
		{"BSeR patient consent: the referrer alone, as custodian", consentOf(optIn, `{"type":"permit","actor":[`+who(ref, "CST")+`],"action":[`+access+`]}`), false, false, "names other recipients (Consent.provision.actor)", ""},
		{"HRex consent, one way: the agency discloses to the referrer", consentOf(``, `{"type":"permit","period":{"start":"2026-01-01","end":"2026-12-31"},"actor":[`+who(harbor, "performer")+`,`+who(ref, "IRCP")+`],"action":[`+disclose+`]}`), false, true, "names other recipients", ""},
		{"HRex consent, the other way", consentOf(``, `{"type":"permit","period":{"start":"2026-01-01","end":"2026-12-31"},"actor":[`+who(ref, "performer")+`,`+who(harbor, "IRCP")+`],"action":[`+disclose+`]}`), true, false, open, "names other recipients"},
		{"HRex consent, both ways", consentOf(``, `{"type":"permit","period":{"start":"2026-01-01","end":"2026-12-31"},"actor":[`+who(ref, "performer")+`,`+who(harbor, "IRCP")+`,`+who(harbor, "performer")+`,`+who(ref, "IRCP")+`],"action":[`+disclose+`]}`), true, true, open, ""},
		{"FAST scalable consent: a permit, and no more", consentOf(hipaa, `{"type":"permit"}`), true, true, open, ""},
		{"FAST scalable consent, for the agency", consentOf(hipaa, `{"type":"permit","actor":[`+who(harbor, "IRCP")+`]}`), true, false, open, "names other recipients"},
		{"PCF basic: treatment, payment, operations", consentOf(``, `{"type":"permit",`+tpo+`}`), true, true, open, ""},
		{"PCF basic, for the agency", consentOf(``, `{"type":"permit",`+tpo+`,"actor":[`+who(harbor, "IRCP")+`]}`), true, false, open, "names other recipients"},
		{"PCF basic, rejected", consentOf(``, `{"type":"deny",`+tpo+`}`), false, false, "A Consent denies it", ""},
		{"PCF intermediate: data of a time that is not this", consentOf(``, `{"type":"permit",`+tpo+`,"dataPeriod":{"start":"2022-01","end":"2022-12"}}`), false, false, "limited to data of another time (Consent.provision.dataPeriod)", ""},
		{"PCF intermediate: not the data of a time that is not this", consentOf(``, `{"type":"permit",`+tpo+`,"provision":[{"type":"deny","dataPeriod":{"start":"2022-01","end":"2022-12"}}]}`), true, true, open, ""},
		{"PCF intermediate: data of one author", consentOf(``, `{"type":"permit",`+tpo+`,"data":[{"meaning":"authoredby","reference":{"reference":"Practitioner/x"}}]}`), false, false, "Consent.provision.data that is not understood", ""},
		{"PCF intermediate: not the data of one author", consentOf(``, `{"type":"permit",`+tpo+`,"provision":[{"type":"deny","data":[{"meaning":"authoredby","reference":{"reference":"Practitioner/x"}}]}]}`), false, false, "as Consent.provision.provision.data is not understood", ""},
		{"PCF advanced: nothing restricted", consentOf(``, `{"type":"permit",`+tpo+`,"provision":[{"type":"deny","securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}]}`), true, true, open, ""},
	} {
		t.Run(row.like, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(row.body, `,}`, `}`, 1)
			got, there, here := asked(t, body)
			assert.Equal(t, []bool{row.there, row.back}, []bool{got.Package, got.Back}, "%s %s", there, here)
			if !row.there {
				assert.Contains(t, there, row.because)
			}
			if row.how == "" {
				row.how = row.because
			}
			if !row.back {
				assert.Contains(t, here, row.how)
			}
		})
	}
}

// TestRuling14aPublishedFiles plays the Consents among the published examples that are at hand, for whoever is their person: none opens a gate by
// something that is not in the table above.
func TestRuling14aPublishedFiles(t *testing.T) {
	t.Parallel()
	const dir = "../../shared/examples"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the published examples are not here: ", err)
	}
	for file, open := range map[string]bool{
		"r4-core/consent-example.json":                                   false,
		"sdohcc/Consent-SDOHCC-ConsentInformationDisclosureExample.json": true,
	} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		r, err := fhir.ReadStored(data)
		require.NoError(t, err)
		got, why, _ := asked(t, string(r.With(fhir.SetMember("patient", []byte(`{"reference":"Patient/P1"}`)))))
		assert.Equal(t, []bool{open, open}, []bool{got.Package, got.Back}, "%s: %s", file, why)
	}
}

// TestRuling14aEveryElementIsInATable: each element of a Consent and of its rules narrows it by a table, or is one that is known not to.
func TestRuling14aEveryElementIsInATable(t *testing.T) {
	t.Parallel()
	rest := map[string][]string{
		"Consent":           append([]string{"provision", "policyRule"}, unread...),
		"Consent.provision": {"id", "extension", "modifierExtension", "type"}, // the second and third by notUnderstood, the last by ruleKind
	}
	listed := map[string][]string{}
	for _, row := range conditions {
		name, _, _ := strings.Cut(row.element, ".")
		listed["Consent"] = append(listed["Consent"], name)
	}
	for _, row := range narrowing {
		listed["Consent.provision"] = append(listed["Consent.provision"], row.element)
	}
	for of, names := range listed {
		typ, ok := fhir.LookupType(of)
		require.True(t, ok)
		for _, e := range typ.Elements {
			name := strings.TrimSuffix(e.Name, "[x]")
			assert.True(t, contains(names, name) != contains(rest[of], name), "%s.%s stands in one table", of, name)
		}
	}
}

func contains(list []string, s string) bool {
	return strings.Contains(" "+strings.Join(list, " ")+" ", " "+s+" ")
}

func TestRuling14aADepthThatIsCutOffShuts(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{1, deepest - 1, deepest, deepest + 1, 3 * deepest} {
		rule := `{"type":"permit"}`
		for range depth {
			rule = fmt.Sprintf(`{"type":"permit","provision":[%s]}`, rule)
		}
		got, why, _ := asked(t, consentOf(``, rule))
		assert.Equal(t, depth <= deepest, got.Package, "%d: %s", depth, why)
		if depth > deepest {
			assert.Contains(t, why, "nests rules deeper than is read (Consent.provision.provision")
		}
	}
}

// A type that is there and not given is no reason to ask the policy.
func TestRuling14aATypeThatIsNotGivenShuts(t *testing.T) {
	t.Parallel()
	got, _, _ := asked(t, consentOf(optIn, `{"_type":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}`))
	assert.False(t, got.Package)
	got, _, _ = asked(t, consentOf(optIn, `{"actor":[`+who("Organization/harbor", "PRCP")+`,`+who("Organization/ref", "PRCP")+`]}`))
	assert.True(t, got.Package)
}
