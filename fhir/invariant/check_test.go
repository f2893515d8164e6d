package invariant

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// told gives the issues of a resource as lines, without dom-6, which nearly every resource breaks that a program writes.
func told(t *testing.T, input string) []string {
	t.Helper()
	r, issues := fhir.Read([]byte(input))
	require.NotNil(t, r, "%v", issues)
	var lines []string
	for _, i := range Check(t.Context(), r) {
		if !strings.HasSuffix(i.Text, "(dom-6).") {
			lines = append(lines, fmt.Sprintf("%s %s %s", i.Severity, i.Expression, i.Text[strings.LastIndexByte(i.Text, '(')+1:strings.LastIndexByte(i.Text, ')')]))
		}
	}
	return lines
}

func TestInvariants(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, input string
		want        []string
	}{
		{"a detail without a code", `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"display":"x"},"orderDetail":[{"text":"x"}]}`, []string{"error ServiceRequest prr-1"}},
		{"a detail with a code", `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"display":"x"},"code":{"text":"x"},"orderDetail":[{"text":"x"}]}`, nil},
		{"a participant that is nobody", `{"resourceType":"Appointment","status":"proposed","participant":[{"status":"accepted"}]}`, []string{"error Appointment.participant[0] app-1"}},
		{"a missed appointment with a reason of cancellation", `{"resourceType":"Appointment","status":"noshow","start":"2026-03-02T09:00:00Z","end":"2026-03-02T10:00:00Z","cancelationReason":{"text":"x"},"participant":[{"status":"accepted","actor":{"display":"x"}}]}`, nil},
		{"a consent without policy", `{"resourceType":"Consent","status":"active","scope":{"text":"x"},"category":[{"text":"x"}],"patient":{"display":"x"}}`, []string{"error Consent ppc-1"}},
		{"a consent to privacy without patient", `{"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"text":"x"}],"policyRule":{"text":"x"}}`, []string{"warning Consent ppc-2"}},
		{"a period that ends before it begins", `{"resourceType":"Task","status":"draft","intent":"order","executionPeriod":{"start":"2026-03-02","end":"2026-03-01"}}`, []string{"error Task.executionPeriod per-1"}},
		{"a period of two precisions", `{"resourceType":"Task","status":"draft","intent":"order","executionPeriod":{"start":"2026-03-02","end":"2026-03"}}`, nil},
		{"a reference to what is contained", `{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"Organization","id":"o","name":"x"}],"owner":{"reference":"#o"}}`, nil},
		{"a reference between contained ones", `{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"Organization","id":"o","name":"x"},{"resourceType":"PractitionerRole","id":"r","organization":{"reference":"#o"}}],"owner":{"reference":"#r"}}`, nil},
		{"a contained resource that nobody refers to", `{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"Organization","id":"o","name":"x"}]}`, []string{"error Task.contained[0] dom-3"}},
		{"a contained resource that refers to the one around it", `{"resourceType":"Patient","contained":[{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"#"}}]}`, nil},
		{"a contained resource that a canonical names", `{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"ActivityDefinition","id":"a","status":"draft"}],"instantiatesCanonical":"#a"}`, nil},
		{"a contained resource with a version", `{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"Organization","id":"o","meta":{"versionId":"1"},"name":"x"}],"owner":{"reference":"#o"}}`, []string{"error Task dom-4"}},
		{"a contained resource with a security label", `{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"Organization","id":"o","meta":{"security":[{"code":"R"}]},"name":"x"}],"owner":{"reference":"#o"}}`, []string{"error Task dom-5"}},
		{"a Task modified before it was made", `{"resourceType":"Task","status":"draft","intent":"order","authoredOn":"2026-03-02T09:00:00Z","lastModified":"2026-03-01T09:00:00Z"}`, []string{"error Task inv-1"}},
		{"a Task of which only days are said", `{"resourceType":"Task","status":"draft","intent":"order","authoredOn":"2026-03-02T09:00:00Z","lastModified":"2026-03-02"}`, nil},
		{"an appointment with a start alone", `{"resourceType":"Appointment","status":"booked","start":"2026-03-02T09:00:00Z","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`, []string{"error Appointment app-2", "error Appointment app-3"}},
		{"an appointment fulfilled without times", `{"resourceType":"Appointment","status":"fulfilled","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`, []string{"error Appointment app-3"}},
		{"a booked appointment with a reason of cancellation", `{"resourceType":"Appointment","status":"booked","start":"2026-03-02T09:00:00Z","end":"2026-03-02T10:00:00Z","cancelationReason":{"text":"x"},"participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`, []string{"error Appointment app-4"}},
		{"a missed appointment with a reason", `{"resourceType":"Appointment","status":"noshow","start":"2026-03-02T09:00:00Z","end":"2026-03-02T10:00:00Z","cancelationReason":{"text":"x"},"participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`, nil},
		{"a telephone number of no system", `{"resourceType":"Patient","telecom":[{"value":"1"}]}`, []string{"error Patient.telecom[0] cpt-2"}},
		{"an organization without name and identifier", `{"resourceType":"Organization","active":true}`, []string{"error Organization org-1"}},
		{"an organization at home", `{"resourceType":"Organization","name":"x","telecom":[{"system":"phone","value":"1","use":"home"}]}`, []string{"error Organization.telecom[0] org-3"}},
		{"a searchset's total in a batch", `{"resourceType":"Bundle","type":"batch","total":1,"entry":[{"request":{"method":"GET","url":"Task"}}]}`, []string{"error Bundle bdl-1"}},
		{"a search mode in a batch", `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Task"},"search":{"mode":"match"}}]}`, []string{"error Bundle bdl-2"}},
		{"a transaction without requests", `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","active":true}}]}`, []string{"error Bundle bdl-3"}},
		{"a response in a collection", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:x","resource":{"resourceType":"Patient","active":true},"response":{"status":"200"}}]}`, []string{"error Bundle bdl-4"}},
		{"an entry with nothing", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:8b9a2f6e-9e0e-4a11-8d5f-3f1f4c1a0001"}]}`, []string{"error Bundle.entry[0] bdl-5"}},
		{"a fullUrl twice", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:x","resource":{"resourceType":"Patient","active":true}},{"fullUrl":"urn:x","resource":{"resourceType":"Patient","active":true}}]}`, []string{"error Bundle bdl-7"}},
		{"a version in a fullUrl", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://a.example/Patient/1/_history/1","resource":{"resourceType":"Patient","active":true}}]}`, []string{"error Bundle.entry[0] bdl-8"}},
		{"a document that is none", `{"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:x","resource":{"resourceType":"Patient","active":true}}]}`, []string{"error Bundle bdl-10", "error Bundle bdl-11", "error Bundle bdl-9"}},
		{"a message without header", `{"resourceType":"Bundle","type":"message","entry":[{"fullUrl":"urn:x","resource":{"resourceType":"Patient","active":true}}]}`, []string{"error Bundle bdl-12"}},
		{"two contained resources that refer to each other alone", `{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"PractitionerRole","id":"a","practitioner":{"reference":"#b"}},{"resourceType":"Practitioner","id":"b","extension":[{"url":"urn:e","valueReference":{"reference":"#a"}}]}]}`, []string{"error Task.contained[0] dom-3", "error Task.contained[1] dom-3"}},
		{"a contained resource that refers to itself alone", `{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"Organization","id":"a","name":"x","partOf":{"reference":"#a"}}]}`, []string{"error Task.contained[0] dom-3"}},
		{"a range that falls", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueRange":{"low":{"value":10},"high":{"value":9.5}}}`, []string{"error Observation.valueRange rng-2"}},
		{"a range that does not fall", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueRange":{"low":{"value":9.50},"high":{"value":9.5}}}`, nil},
		{"a range of two units", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueRange":{"low":{"value":10,"unit":"cm"},"high":{"value":9.5,"unit":"m"}}}`, nil},
		{"a simple quantity with a comparator", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueRange":{"low":{"value":10,"comparator":"<"}}}`, []string{"error Observation.valueRange.low sqty-1"}},
		{"two conditions without a behavior", `{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"string","enableWhen":[{"question":"2","operator":"exists","answerBoolean":true},{"question":"3","operator":"exists","answerBoolean":true}]}]}`, []string{"error Questionnaire.item[0] que-12"}},
		{"two initial values of an item that does not repeat", `{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"string","initial":[{"valueString":"x"},{"valueString":"y"}]}]}`, []string{"error Questionnaire.item[0] que-13"}},
		{"two initial values of an item that repeats", `{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"string","repeats":true,"initial":[{"valueString":"x"},{"valueString":"y"}]}]}`, nil},
		{"white space alone", `{"resourceType":"Patient","birthDate":" ","name":[{"family":"\n","given":["Ines"," "]}],"identifier":[{"system":" ","value":"x"}]}`,
			[]string{"warning Patient.birthDate datatypes.html", "warning Patient.name[0].family datatypes.html", "warning Patient.name[0].given[1] datatypes.html", "error Patient.identifier[0].system datatypes.html#Identifier", "warning Patient.identifier[0].system datatypes.html"}},
		{"white space for codes", `{"resourceType":"Patient","language":" ","photo":[{"contentType":" "}],"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":" "},{"system":"http://a.example","code":" "}]}}`,
			[]string{"warning Patient.language datatypes.html", "error Patient.photo[0].contentType valueset-mimetypes.html", "warning Patient.photo[0].contentType datatypes.html",
				"error Patient.maritalStatus.coding[0].code datatypes.html#Coding", "warning Patient.maritalStatus.coding[0].code datatypes.html", "warning Patient.maritalStatus.coding[1].code datatypes.html"}},
		{"systems that are relative", `{"resourceType":"Patient","identifier":[{"system":"mrn","value":"x"}],"meta":{"tag":[{"system":"tags","code":"x"}]},"maritalStatus":{"coding":[{"system":"local","code":"x"}]}}`,
			[]string{"error Patient.identifier[0].system datatypes.html#Identifier", "error Patient.meta.tag[0].system datatypes.html#Coding", "warning Patient.maritalStatus.coding[0].system datatypes.html#Coding"}},
		{"a URI that is none", `{"resourceType":"Patient","identifier":[{"system":"urn:ietf:rfc:3986","value":"12"},{"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2"}]}`, []string{"error Patient.identifier[0].value datatypes.html#Identifier"}},
		{"a relative canonical", `{"resourceType":"Task","status":"draft","intent":"order","instantiatesCanonical":"PlanDefinition/x"}`, []string{"error Task.instantiatesCanonical references.html#canonical"}},
		{"an OID and a UUID that are none", `{"resourceType":"Patient","identifier":[{"system":"urn:oid:1.x","value":"x"},{"system":"urn:uuid:7D948662-BADE-450E-B6C5-9BB6EE39CB56","value":"x"},{"system":"urn:oid:2.16.840","value":"x"}]}`,
			[]string{"error Patient.identifier[0].system datatypes.html#oid, #uuid", "error Patient.identifier[1].system datatypes.html#oid, #uuid"}},
		{"an attachment of another size", `{"resourceType":"Patient","photo":[{"contentType":"image/png","data":"QUJD\nQUJD","size":7},{"contentType":"image/png","data":"QUJD","size":3}]}`, []string{"error Patient.photo[0].size datatypes.html#Attachment"}},
		{"a currency and a language that there are none of", `{"resourceType":"Coverage","status":"active","beneficiary":{"display":"x"},"payor":[{"display":"x"}],"language":"english","costToBeneficiary":[{"valueMoney":{"value":1,"currency":"XQZ"}},{"valueMoney":{"value":1,"currency":"USD"}}]}`,
			[]string{"error Coverage.language valueset-languages.html", "error Coverage.costToBeneficiary[0].valueMoney.currency valueset-currencies.html"}},
		{"the language of an expression", `{"resourceType":"Patient","active":true,"extension":[{"url":"urn:e","valueExpression":{"language":"text/fhirpath","expression":"true"}}]}`, nil},
		{"types of references", `{"resourceType":"Task","status":"draft","intent":"order","for":{"type":"DocumentReferences","display":"x"},"owner":{"type":"Location","display":"x"},"requester":{"type":"http://hl7.org/fhir/StructureDefinition/Patient","display":"x"},"focus":{"type":"http://a.example/Person","display":"x"}}`,
			[]string{"error Task.for.type references.html", "warning Task.owner.type references.html", "error Task.requester.type references.html"}},
		{"a # alone", `{"resourceType":"Patient","managingOrganization":{"reference":"#"},"contained":[{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"#"}}]}`, []string{"error Patient.managingOrganization.reference references.html#contained"}},
		{"white space in base64 and in a code", `{"resourceType":"Patient","language":"a\tb","photo":[{"contentType":"image/png","data":"QUJD\nQUJD"},{"contentType":"image/png","data":"QU JD"}]}`,
			[]string{"error Patient.language datatypes.html#code", "error Patient.photo[1].data datatypes.html#base64Binary"}},
		{"text in a list of a narrative", `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul>x</ul></div>"}}`, []string{"error Patient.text.div narrative.html"}},
		{"text in a table of a narrative", `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><table>x<tr><td>y</td></tr></table></div>"}}`, []string{"error Patient.text.div narrative.html"}},
		{"a paragraph in a paragraph", `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x<p>y</p></p></div>"}}`, []string{"error Patient.text.div narrative.html"}},
		{"a link to nothing in a narrative", `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"#a\">x</a></div>"}}`, []string{"error Patient.text.div narrative.html"}},
		{"a list, a table and a link of a narrative", `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul>\n<li><p>x&nbsp;y</p></li></ul><table> <tr id=\"a\"><td>y</td></tr></table><a href=\"#a\">x</a></div>"}}`, nil},
		{"a narrative without a namespace", `{"resourceType":"Patient","text":{"status":"generated","div":"<div>x</div>"}}`, []string{"error Patient.text.div narrative.html"}},
		{"a fullUrl that is missing, relative, and of another", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","active":true}},{"fullUrl":"Patient/1","resource":{"resourceType":"Patient","id":"1","active":true}},{"fullUrl":"http://a.example/Patient/2","resource":{"resourceType":"Patient","id":"3","active":true}}]}`,
			[]string{"error Bundle.entry[0] bundle.html", "error Bundle.entry[1].fullUrl bundle.html", "error Bundle.entry[2].fullUrl bundle.html"}},
		{"a batch without fullUrls", `{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","active":true},"request":{"method":"POST","url":"Patient"}}]}`, nil},
		{"a link twice", `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"http://a.example"},{"relation":"self","url":"http://a.example"}]}`, []string{"error Bundle.link[1].relation bundle.html"}},
		{"a wrong resource in a Bundle", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:x","resource":{"resourceType":"Organization","active":true}}]}`, []string{"error Bundle.entry[0].resource org-1"}},
		{"a wrong resource in a Parameters", `{"resourceType":"Parameters","parameter":[{"name":"x","resource":{"resourceType":"Organization","active":true}}]}`, []string{"error Parameters.parameter[0].resource org-1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, told(t, tt.input))
		})
	}
}

func TestEveryExpressionCompiles(t *testing.T) {
	t.Parallel()
	rules, err := unpack(packed)
	require.NoError(t, err)
	require.Len(t, rules, 296)
	known := map[string]bool{}
	for _, r := range rules {
		assert.NotContains(t, r.expression, "trace", "it would write what it sees to the program's output")
		_, err := r.compiled()
		assert.NoError(t, err, "%s %s", r.typ, r.key)
		typ, is := fhir.LookupType(r.typ)
		require.True(t, is, r.typ)
		if r.element != "" {
			_, is := typ.Element(r.element)
			assert.True(t, is, "%s.%s", r.typ, r.element)
		}
		known[r.typ+" "+r.key] = true
	}
	for name := range passed {
		assert.True(t, known[name], name)
	}
}

func TestANarrativeIsMissed(t *testing.T) {
	t.Parallel()
	r, _ := fhir.Read([]byte(`{"resourceType":"Patient","active":true}`))
	issues := Check(t.Context(), r)
	require.Len(t, issues, 1)
	assert.Equal(t, fhir.Warning, issues[0].Severity)
	assert.Equal(t, "A resource should have narrative for robust management (dom-6).", issues[0].Text)
}

func TestALargeResourceIsNotCheckedToTheEnd(t *testing.T) {
	t.Parallel()
	large, _ := fhir.Read([]byte(`{"resourceType":"Patient","name":[{"text":"` + strings.Repeat("x", MaxBytes) + `"}],"telecom":[{"value":"1"}]}`))
	found := Check(t.Context(), large)
	require.Len(t, found, 2, "what is small in it is checked all the same")
	assert.Equal(t, "Patient.telecom[0]", found[0].Expression)
	assert.Equal(t, fhir.CodeTooCostly, found[1].Code)
	many, _ := fhir.Read([]byte(`{"resourceType":"Patient","active":true,"telecom":[{"system":"phone"},{"value":"1"},{"value":"1"}]}`))
	found = check(t.Context(), many, 3)
	require.Len(t, found, 3)
	assert.Equal(t, "Patient.telecom[1]", found[1].Expression)
	assert.Equal(t, fhir.CodeTooCostly, found[2].Code)
	r, _ := fhir.Read([]byte(`{"resourceType":"Patient","active":true}`))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	issues := Check(over, r)
	require.Len(t, issues, 1)
	assert.Equal(t, fhir.CodeTooCostly, issues[0].Code)
}

// deep is a Questionnaire of so many questions, so many groups deep: each group is looked through for each rule about it.
func deep(questions, groups int) string {
	items := make([]string, questions)
	for i := range items {
		items[i] = fmt.Sprintf(`{"linkId":"q%d","text":"How many come along?","type":"integer","required":true}`, i)
	}
	text := strings.Join(items, ",")
	for i := range groups {
		text = fmt.Sprintf(`{"linkId":"g%d","type":"group","item":[%s]}`, i, text)
	}
	return `{"resourceType":"Questionnaire","status":"draft","item":[` + text + `]}`
}

// TestWorkIsBounded holds what rules are evaluated over, of one resource and of several that share it.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	spent := func(text string) (*Work, []fhir.Issue) {
		r, issues := fhir.Read([]byte(text))
		require.NotNil(t, r, "%v", issues)
		w := NewWork()
		return w, Check(Within(t.Context(), w), r)
	}
	w, issues := spent(deep(100, 4))
	assert.False(t, w.Done(), "a long questionnaire is none")
	assert.NotContains(t, fmt.Sprint(issues), "Not every invariant")
	w, issues = spent(deep(1000, 24))
	assert.True(t, w.Done())
	assert.GreaterOrEqual(t, w.left, -2*MaxBytes-perEvaluation, "nothing more is evaluated then")
	assert.Equal(t, fhir.CodeTooCostly, issues[len(issues)-1].Code)
	r, _ := fhir.Read([]byte(`{"resourceType":"Patient","telecom":[{"value":"1"}]}`))
	assert.Equal(t, fhir.CodeTooCostly, Check(Within(t.Context(), w), r)[0].Code, "what shares it has nothing left")
	assert.NotContains(t, fmt.Sprint(Check(t.Context(), r)), "Not every invariant")
}

// TestWhatIsContainedInALargeResource is still known to be contained.
func TestWhatIsContainedInALargeResource(t *testing.T) {
	t.Parallel()
	r, issues := fhir.Read([]byte(`{"resourceType":"Task","status":"draft","intent":"order","description":"` + strings.Repeat("x", MaxBytes) +
		`","contained":[{"resourceType":"Patient","id":"p","generalPractitioner":[{"reference":"#d"}]},{"resourceType":"Practitioner","id":"d"}],"for":{"reference":"#p"}}`))
	require.NotNil(t, r, "%v", issues)
	for _, i := range Check(t.Context(), r) {
		assert.NotEqual(t, fhir.CodeInvariant, i.Code, "%v", i)
	}
}

// TestIssuesAreBounded holds how much is said of one resource, and that what is contained in a chain is looked at once.
func TestIssuesAreBounded(t *testing.T) {
	t.Parallel()
	r, issues := fhir.Read([]byte(`{"resourceType":"Patient","name":[{"given":["x"` + strings.Repeat(`," "`, 5000) + `]}]}`))
	require.NotNil(t, r, "%v", issues)
	found := Check(t.Context(), r)
	assert.Len(t, found, fhir.MaxIssues+1)
	assert.Equal(t, fhir.CodeTooCostly, found[fhir.MaxIssues].Code)
	links := make([]string, 1000)
	for i := range links {
		links[i] = fmt.Sprintf(`{"resourceType":"Organization","id":"o%d","name":"x","partOf":{"reference":"#o%d"}}`, i, max(i-1, 0))
	}
	r, issues = fhir.Read([]byte(`{"resourceType":"Patient","contained":[` + strings.Join(links, ",") + `],"managingOrganization":{"reference":"#o999"}}`))
	require.NotNil(t, r, "%v", issues)
	assert.NotContains(t, fmt.Sprint(Check(t.Context(), r)), "dom-3")
}

// wrongOfficial are the official examples that break a rule, and which: the HL7 validator (6.7.9) has the same against each.
var wrongOfficial = map[string]string{
	"Bundle-10bb101f-a121-4264-a920-67be9cb82c74.json": "bundle.html", // a fullUrl that ends with another id
	"Bundle-3a0707d3-549e-4467-b8b8-5a2ab3800efe.json": "bundle.html",
	"Bundle-lri-example.json":                          "bundle.html",
	"Bundle-bundle-search-warning.json":                "bundle.html", // an entry without a fullUrl
	"Organization-2.16.840.1.113883.19.5.json":         "datatypes.html#Identifier",
	"Procedure-f201.json":                              "references.html#canonical",
	"QuestionnaireResponse-gcs.json":                   "references.html#canonical",
	"QuestionnaireResponse-ussg-fht-answers.json":      "references.html#canonical",
}

func TestOfficialExamplesBreakNoInvariant(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("FHIR_R4_EXAMPLES")
	if folder == "" {
		t.Skip("FHIR_R4_EXAMPLES does not name the folder of the unpacked npm package hl7.fhir.r4.examples 4.0.1")
	}
	n := 0
	for _, typ := range []string{"Task", "ServiceRequest", "Patient", "Consent", "Appointment", "Encounter", "Observation", "Communication", "Organization", "Practitioner",
		"PractitionerRole", "HealthcareService", "Procedure", "Condition", "Goal", "CareTeam", "Provenance", "QuestionnaireResponse", "Bundle", "Group", "RelatedPerson", "DocumentReference"} {
		names, err := filepath.Glob(filepath.Join(folder, typ+"-*.json"))
		require.NoError(t, err)
		for _, name := range names {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			if len(data) > 300_000 {
				continue
			}
			r, err := fhir.ReadStored(data)
			require.NoError(t, err)
			n++
			known := wrongOfficial[filepath.Base(name)]
			for _, i := range Check(t.Context(), r) {
				assert.False(t, i.Refuses() && (known == "" || !strings.HasSuffix(i.Text, "("+known+").")), "%s %v", filepath.Base(name), i)
			}
		}
	}
	assert.Greater(t, n, 200)
}
