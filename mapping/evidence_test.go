package mapping

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

var update = flag.Bool("update", false, "write the page anew")

const (
	toRequest = `,"basedOn":[{"reference":"ServiceRequest/SR1"}]`
	toBooking = `,"appointment":[{"reference":"Appointment/AP1"}]`
	atHarbor  = `,"serviceProvider":{"reference":"Organization/harbor"}`
	atHour    = `,"period":{"start":"2026-03-05T10:02:00-08:00","end":"2026-03-05T10:50:00-08:00"}`
	oddPart   = `,"modifierExtension":[{"url":"urn:odd","valueBoolean":true}]`
)

func encounterOf(class, subject, more string) string {
	if !strings.HasPrefix(class, "{") {
		class = `{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"` + class + `"}`
	}
	if subject != "" && !strings.HasPrefix(subject, "{") {
		subject = `{"reference":"` + subject + `"}`
	}
	if subject != "" {
		subject = `,"subject":` + subject
	}
	return `{"resourceType":"Encounter","id":"E1","status":"finished","class":` + class + subject + more + `}`
}

// TestTheTableOfEvidence takes one record to each row of the table: the row is named, and it counts, is asked about, or is none.
func TestTheTableOfEvidence(t *testing.T) {
	t.Parallel()
	patients := func(list ...string) string {
		var all []string
		for _, p := range list {
			id, status, _ := strings.Cut(p, " ")
			all = append(all, fmt.Sprintf(`{"actor":{"reference":%q},"status":%q}`, id, status))
		}
		return `{"resourceType":"Appointment","id":"AP1","status":"fulfilled"` + toRequest + `,"start":"2026-03-05T10:00:00-08:00","end":"2026-03-05T11:00:00-08:00","participant":[` + strings.Join(all, ",") + `]}`
	}
	attests := func(subject, performer, when string) string {
		return fmt.Sprintf(`{"resourceType":"Observation","id":"O1","status":"final","code":{"coding":[{"system":"urn:warmhandoff:observation","code":"first-visit"}]}%s,"subject":{"reference":%q}%s,"performer":[{"reference":%q}],"valueCodeableConcept":{"coding":[{"system":"urn:warmhandoff:visit-result","code":"came"}]}}`,
			toRequest, subject, when, performer)
	}
	procedure := func(subject, more string) string {
		return fmt.Sprintf(`{"resourceType":"Procedure","id":"PR1","status":"completed"%s,"subject":{"reference":%q}%s}`, toRequest, subject, more)
	}
	const day = `,"effectiveDateTime":"2026-03-05"`
	const done = `,"performedDateTime":"2026-03-05","performer":[{"actor":{"reference":"Organization/harbor"}}]`
	walkIn := `,"participant":[{"individual":{"reference":"Practitioner/nav"}}]`
	feed, herself := Version{Role: workflow.Feed, Party: "Organization/hie"}, Version{Role: workflow.Person, Party: "Patient/P1"}
	agency, referrer := Version{Role: workflow.Agency, Party: "Organization/harbor"}, Version{Role: workflow.Referrer, Party: "Organization/ref"}
	seen := map[string]bool{}
	for _, c := range []struct {
		row, name string
		by        Version
		body      string
		bare      bool // nothing is booked
		gives     outcome
		grade     workflow.Grade
	}{
		{"not-understood", "an Encounter", agency, encounterOf("AMB", "Patient/P1", toBooking+atHarbor+atHour+oddPart), false, none, "X"},
		{"not-understood", "an attestation", agency, strings.TrimSuffix(attests("Patient/P1", "Organization/harbor", day), "}") + `,"implicitRules":"urn:odd"}`, false, none, "X"},
		{"not-understood", "a Procedure", agency, procedure("Patient/P1", done+oddPart), false, none, "X"},
		{"not-understood", "an Appointment", agency, strings.TrimSuffix(patients("Patient/P1 accepted"), "}") + oddPart + `}`, false, none, "X"},
		{"referrers-word", "an Encounter", referrer, encounterOf("AMB", "Patient/P1", toBooking+atHarbor+atHour), false, none, "X"},
		{"referrers-word", "an attestation in somebody's name", referrer, attests("Patient/P1", "Patient/P1", day), false, none, "X"},
		{"referrers-word", "a Procedure", referrer, procedure("Patient/P1", done), false, none, "X"},
		{"referrers-word", "an Appointment", referrer, patients("Patient/P1 accepted"), false, none, "X"},
		{"referrers-word", "one who did not say in which part they speak", Version{Party: "Organization/ref"}, encounterOf("AMB", "Patient/P1", toBooking+atHarbor+atHour), false, none, "X"},
		{"introduction", "an Encounter", agency, encounterOf("VR", "Patient/P1", toBooking+atHarbor+atHour+`,"type":[{"coding":[{"system":"urn:warmhandoff:element","code":"introduction"}]}]`), false, none, "X"},
		{"ends-before-it-starts", "an Encounter", agency, encounterOf("AMB", "Patient/P1", toBooking+atHarbor+`,"period":{"start":"2026-03-05T10:00:00-08:00","end":"2026-03-05T09:00:00-08:00"}`), false, none, "X"},
		{"somebody-else", "an Encounter", agency, encounterOf("AMB", "Patient/P2", toBooking+atHarbor+atHour), false, none, "X"},
		{"somebody-else", "by an identifier that is nobody's", agency, encounterOf("AMB", `{"identifier":{"system":"urn:mrn","value":"77"}}`, toBooking+atHarbor+atHour), false, none, "X"},
		{"somebody-else", "an attestation", agency, attests("Patient/P2", "Organization/harbor", day), false, none, "X"},
		{"somebody-else", "a Procedure", agency, procedure("Patient/P2", done), false, none, "X"},
		{"somebody-elses-relative", "another patient says so", Version{}, attests("Patient/P1", "Patient/P2", day), false, none, "X"},
		{"somebody-elses-relative", "a relative of somebody else", Version{}, attests("Patient/P1", "RelatedPerson/theirs", day), false, none, "X"},
		{"referrers-visit", "an Encounter", Version{}, encounterOf("AMB", "Patient/P1", toBooking+atHour+`,"serviceProvider":{"reference":"Organization/ref"}`), false, none, "X"},
		{"referrers-visit", "an attestation", Version{}, attests("Patient/P1", "Organization/ref", day), false, none, "X"},
		{"referrers-visit", "a Procedure", Version{}, procedure("Patient/P1", `,"performedDateTime":"2026-03-05","performer":[{"actor":{"reference":"Organization/ref"}}]`), false, none, "X"},
		{"elsewhere", "an Encounter", Version{}, encounterOf("AMB", "Patient/P1", toRequest+atHour+`,"serviceProvider":{"reference":"Organization/cedar"}`), false, none, "X"},
		{"elsewhere", "a Procedure", Version{}, procedure("Patient/P1", `,"performedDateTime":"2026-03-05","performer":[{"actor":{"reference":"Organization/cedar"}}]`), false, none, "X"},
		{"not-final", "an attestation", agency, strings.Replace(attests("Patient/P1", "Organization/harbor", day), `"final"`, `"preliminary"`, 1), false, asks, "E"},
		{"another-place", "an Encounter at a place of the referrer's", feed, encounterOf("AMB", "Patient/P1", toBooking+atHour+`,"location":[{"location":{"reference":"Location/er"}}]`), false, asks, "E"},
		{"another-place", "with a worker of another agency", feed, encounterOf("AMB", "Patient/P1", toRequest+atHour+`,"participant":[{"individual":{"reference":"Practitioner/cedars"}}]`), false, asks, "E"},
		{"another-place", "at the house of which the agency is a part", feed, encounterOf("AMB", "Patient/P1", toRequest+atHour+`,"serviceProvider":{"reference":"Organization/above"}`), false, asks, "E"},
		{"another-place", "an Appointment", feed, patients("Patient/P1 accepted", "Practitioner/cedars accepted"), true, asks, "E"},
		{"provider-in-words", "an Encounter", feed, encounterOf("AMB", "Patient/P1", toBooking+atHour+`,"serviceProvider":{"display":"Some Other Clinic"}`), false, asks, "E"},
		{withoutPerson, "workers among themselves", agency, patients("Practitioner/jr accepted"), true, none, "X"},
		{"person-declined", "an Appointment", agency, patients("Patient/P1 declined", "Practitioner/jr accepted"), true, asks, "E"},
		{"group", "an Encounter", agency, encounterOf("AMB", "Group/evening", toBooking+atHarbor+atHour), false, asks, "E"},
		{"group", "an attestation", agency, attests("Group/evening", "Organization/harbor", day), false, asks, "E"},
		{"in-words-only", "an Encounter", agency, encounterOf("AMB", `{"display":"Rosa"}`, toBooking+atHarbor+atHour), false, asks, "E"},
		{"nobody-named", "an Encounter", agency, encounterOf("AMB", "", toRequest+atHarbor+atHour), false, asks, "E"},
		{"several-patients", "an Appointment", agency, patients("Patient/P1 accepted", "Patient/P2 accepted"), true, asks, "E"},
		{"emergency", "of v3", agency, encounterOf("EMER", "Patient/P1", toBooking+atHarbor+atHour), false, asks, "E"},
		{"emergency", "of v2", agency, encounterOf(`{"system":"http://terminology.hl7.org/CodeSystem/v2-0004","code":"E"}`, "Patient/P1", toBooking+atHarbor+atHour), false, asks, "E"},
		{"class", "pre-admission", agency, encounterOf("PRENC", "Patient/P1", toBooking+atHarbor+atHour), false, asks, "E"},
		{"class", "pre-admission of v2", agency, encounterOf(`{"system":"http://terminology.hl7.org/CodeSystem/v2-0004","code":"P"}`, "Patient/P1", toBooking+atHarbor+atHour), false, asks, "E"},
		{"class", "a code of a system that is not known", agency, encounterOf(`{"system":"urn:classes","code":"AMB"}`, "Patient/P1", toBooking+atHarbor+atHour), false, asks, "E"},
		{"class", "in words", agency, encounterOf(`{"display":"clinic"}`, "Patient/P1", toBooking+atHarbor+atHour), false, asks, "E"},
		{"K11", "an Encounter", agency, encounterOf("AMB", "Patient/P1", toRequest+atHarbor+atHour+walkIn), true, asks, "E"},
		{"short-call", "without an end", agency, encounterOf("VR", "Patient/P1", toRequest+atHarbor+`,"period":{"start":"2026-03-04T10:02:00-08:00"}`), false, asks, "E"},
		{"short-call", "of fourteen minutes", agency, encounterOf("VR", "Patient/P1", toRequest+atHarbor+`,"period":{"start":"2026-03-04T10:00:00-08:00","end":"2026-03-04T10:14:00-08:00"}`), false, asks, "E"},
		{"nobody-said-by-whom", "a Procedure", Version{}, procedure("Patient/P1", `,"performedDateTime":"2026-03-05"`), false, asks, "E"},
		{"not-there", "an attestation", Version{}, attests("Patient/P1", "Practitioner/who", day), false, asks, "E"},
		{"undated", "an Encounter", agency, encounterOf("AMB", "Patient/P1", toRequest+atHarbor), false, asks, "E"},
		{"undated", "an attestation", agency, attests("Patient/P1", "Organization/harbor", ""), false, asks, "E"},
		{"undated", "a Procedure", agency, procedure("Patient/P1", `,"performer":[{"actor":{"reference":"Organization/harbor"}}]`), false, asks, "E"},
		{"visit", "an Encounter", agency, encounterOf("AMB", "Patient/P1", toBooking+atHarbor+atHour), false, counts, "A"},
		{"visit", "of v2, recurring", agency, encounterOf(`{"system":"http://terminology.hl7.org/CodeSystem/v2-0004","code":"R"}`, "Patient/P1", toRequest+atHarbor+atHour), false, counts, "A"},
		{"visit", "of a code without a system", agency, encounterOf(`{"code":"HH"}`, "Patient/P1", toRequest+atHarbor+atHour), false, counts, "A"},
		{"visit", "of the appointment alone", agency, encounterOf("FLD", "", toBooking+atHour), false, counts, "B"},
		{"visit", "a call of a quarter of an hour", agency, encounterOf("VR", "Patient/P1", toRequest+atHarbor+`,"period":{"start":"2026-03-04T10:00:00-08:00","end":"2026-03-04T10:15:00-08:00"}`), false, counts, "A"},
		{"visit", "an Appointment", agency, patients("Patient/P1 accepted"), true, counts, "B"},
		{"visit", "a Procedure", agency, procedure("Patient/P1", done), false, counts, "B"},
		{"visit", "attested by the agency", agency, attests("Patient/P1", "Organization/harbor", day), false, counts, "C"},
		{"visit", "with somebody who goes along, and a worker of theirs", feed, encounterOf("AMB", "Patient/P1", toRequest+atHour+`,"participant":[{"individual":{"reference":"Practitioner/cedars"}},{"individual":{"reference":"Practitioner/harbors"}}]`), false, counts, "B"},
		{"visit", "an Encounter that the agency says was at the house of which it is a part", agency, encounterOf("AMB", "Patient/P1", toRequest+atHour+`,"serviceProvider":{"reference":"Organization/above"}`), false, counts, "A"},
		{"visit", "an Encounter whose provider the agency names in words", agency, encounterOf("AMB", "Patient/P1", toBooking+atHour+`,"serviceProvider":{"display":"Harbor"}`), false, counts, "A"},
		{"visit", "an Encounter that the person wrote", herself, encounterOf("AMB", "Patient/P1", toBooking+atHarbor+atHour), false, counts, "D"},
		{"visit", "an Appointment that the person wrote", herself, patients("Patient/P1 accepted"), true, counts, "D"},
		{"visit", "a Procedure that the person wrote", herself, procedure("Patient/P1", done), false, counts, "D"},
		{"visit", "in their own words", Version{}, attests("Patient/P1", "Patient/P1", day), false, counts, "D"},
		{"visit", "in the words of a relative of theirs", Version{}, attests("Patient/P1", "RelatedPerson/hers", day), false, counts, "D"},
	} {
		t.Run(c.row+": "+c.name, func(t *testing.T) {
			s := newStory(t)
			s.r.RelativeOf = func(ref string) string {
				return map[string]string{"RelatedPerson/hers": "Patient/P1", "RelatedPerson/theirs": "Patient/P2"}[ref]
			}
			s.r.Orgs = func(ref string) []string {
				return map[string][]string{"Location/er": {"Organization/ref"}, "Practitioner/cedars": {"Organization/cedar"}, "Practitioner/harbors": {"Organization/harbor"}, "Organization/harbor": {"Organization/above"}}[ref]
			}
			if !c.bare {
				s.add(workflow.Agency, "Organization/harbor", fmt.Sprintf(ap1, "booked", "", ""))
			}
			r, issues := fhir.Read([]byte(c.body))
			require.Empty(t, issues, c.body)
			s.at(on(6, 9, 0))
			c.by.Fact = set.FactOf(r)
			s.put(c.by, r.Type()+"/"+r.ID())
			h := s.fold()
			at := slices.IndexFunc(h.Evidence, func(u workflow.Used) bool { return u.Rule != "" })
			require.GreaterOrEqual(t, at, 0, "%+v", h.Evidence)
			u := h.Evidence[at]
			assert.Equal(t, c.row, u.Rule)
			assert.Equal(t, c.grade, u.Grade, u.Because)
			assert.Equal(t, c.gives != none, u.Used)
			assert.NotEmpty(t, u.Because)
			assert.Equal(t, c.gives == counts, h.State == workflow.Attended, h.Rule)
			for i := range evidence {
				if evidence[i].name == c.row {
					assert.Equal(t, c.gives, evidence[i].gives)
				}
			}
		})
		seen[c.row] = true
	}
	elsewhere := map[string]string{"origin": "ruling/36-origin", "other-group": "TestAGroupOfWhichThePersonIsNone", "one-house": "ruling/36-one-house"}
	for i := range evidence {
		row := &evidence[i]
		assert.True(t, seen[row.name] || elsewhere[row.name] != "", "no record reaches row %s", row.name)
		assert.NotEmpty(t, row.when, row.name)
		assert.NotEmpty(t, row.source, row.name)
		assert.Equal(t, row.gives == counts, row.note == "", row.name)
	}
}

// TestEachTypeOfEvidenceHasARowThatHolds: whatever the record, a row decides.
func TestEachTypeOfEvidenceHasARowThatHolds(t *testing.T) {
	t.Parallel()
	last := evidence[len(evidence)-1]
	assert.Equal(t, ofAll, last.of)
	names := map[string]bool{}
	for _, row := range evidence {
		assert.False(t, names[row.name], "two rows are called %s", row.name)
		names[row.name] = true
	}
}

// TestAGroupOfWhichThePersonIsNone: a record of a household to which the person does not belong says nothing of them.
func TestAGroupOfWhichThePersonIsNone(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.r.Groups = []History{{Key: "Group/G1", Versions: []Version{{Number: 1, Received: on(2, 9, 0), Fact: factOf(t, `{"resourceType":"Group","id":"G1","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/P2"}}]}`)}}}}
	h := s.at(on(6, 9, 0)).add(workflow.Agency, "Organization/harbor", encounterOf("AMB", "Group/G1", toRequest+atHarbor+atHour)).fold()
	assert.Equal(t, workflow.Accepted, h.State)
	require.Len(t, h.Evidence, 1)
	assert.Equal(t, "other-group", h.Evidence[0].Rule)
}

func factOf(t *testing.T, body string) *Fact {
	t.Helper()
	r, issues := fhir.Read([]byte(body))
	require.Empty(t, issues, body)
	return set.FactOf(r)
}

// TestRuling44ABookingWithoutAStart is a yes and no visit: somebody asks for the time. That it was kept is asked about too: it does not say when.
func TestRuling44ABookingWithoutAStart(t *testing.T) {
	t.Parallel()
	const open = `{"resourceType":"Appointment","id":"AP1","status":%q,"basedOn":[{"reference":"ServiceRequest/SR1"}],"participant":[{"actor":{"reference":"Patient/P1"},"status":"accepted"}]}`
	put := func(s *story, status string) *story {
		r, err := fhir.ReadStored([]byte(fmt.Sprintf(open, status)))
		require.NoError(t, err)
		return s.put(Version{Role: workflow.Agency, Party: "Organization/harbor", Fact: set.FactOf(r)}, "Appointment/AP1")
	}
	s := newStory(t)
	s.history("Task/T1").Versions = s.history("Task/T1").Versions[:1] // nobody has answered
	h := put(s, "booked").fold()
	assert.Equal(t, workflow.Accepted, h.State)
	assert.Contains(t, h.Flags, "A visit is booked, and nobody said for when: ask for the time.")
	assert.Equal(t, "book-visit", h.Due[0].What)
	h = put(s, "fulfilled").fold()
	assert.Equal(t, workflow.ClaimOnly, h.Reason)
	h = put(s, "noshow").fold()
	assert.Equal(t, workflow.UnclearNoShow, h.Reason)
	assert.Zero(t, h.Misses)
}

// TestClassesOfASite: what a site lists is a first visit there, and no stay.
func TestClassesOfASite(t *testing.T) {
	t.Parallel()
	const v3, v2 = "http://terminology.hl7.org/CodeSystem/v3-ActCode", "http://terminology.hl7.org/CodeSystem/v2-0004"
	listed := Settings{Visits: []Coding{{"", "EMER"}, {v3, "IMP"}}}
	for _, c := range []struct {
		class          Coding
		always, listed kind
	}{
		{Coding{v3, "AMB"}, kindVisit, kindVisit},
		{Coding{"", "AMB"}, kindVisit, kindVisit},
		{Coding{"http://hl7.org/fhir/v3/ActCode", "VR"}, kindVisit, kindVisit},
		{Coding{v2, "O"}, kindVisit, kindVisit},
		{Coding{"", "O"}, kindOther, kindOther},
		{Coding{v2, "AMB"}, kindOther, kindOther},
		{Coding{v3, "O"}, kindOther, kindOther},
		{Coding{v3, "PRENC"}, kindOther, kindOther},
		{Coding{v2, "P"}, kindOther, kindOther},
		{Coding{v3, "EMER"}, kindEmergency, kindVisit},
		{Coding{v3, "IMP"}, kindStay, kindVisit},
		{Coding{v2, "I"}, kindStay, kindStay},
		{Coding{v3, ""}, kindOther, kindOther},
	} {
		assert.Equal(t, c.always, Settings{}.kindOf(c.class), "%v", c.class)
		assert.Equal(t, c.listed, listed.kindOf(c.class), "%v", c.class)
	}
}

// TestThePageOfEvidence keeps EVIDENCE.md what the table says. -update writes it.
func TestThePageOfEvidence(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# What counts as evidence of a first visit\n\nEach record that says that somebody came (Encounter, Appointment, Procedure, attestation) meets these rows from the top; the first that holds " +
		"decides. `$handoff` and\n`explain` name the row. What is asked about is a claim: it is shown with its question, and takes no booking that lies ahead out of its place. " +
		"Printed from the table in\nevidence.go.\n\n| row | of | holds when | then | source |\n|---|---|---|---|---|\n")
	for _, row := range evidence {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", row.name, strings.Join(row.of, ", "), row.when, row.gives, row.source)
	}
	if *update {
		require.NoError(t, os.WriteFile("EVIDENCE.md", []byte(b.String()), 0o644))
	}
	page, err := os.ReadFile("EVIDENCE.md")
	require.NoError(t, err)
	assert.Equal(t, b.String(), string(page))
}
