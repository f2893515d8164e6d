package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// knownOrgs says who belongs where in the tests of this file.
func knownOrgs(ref string) []string {
	return map[string][]string{
		"PractitionerRole/bay-doctor":    {"Organization/bayview"},
		"PractitionerRole/harbor-desk":   {"Organization/harbor"},
		"HealthcareService/harbor-talk":  {"Organization/harbor"},
		"Organization/bayview-emergency": {"Organization/bayview"},
		"Organization/north":             {"Organization/county"},
		"Organization/south":             {"Organization/county"},
	}[ref]
}

func TestRuling34WhichTasksAreFollowed(t *testing.T) {
	t.Parallel()
	const unknown = `"code":{"coding":[{"system":"http://snomed.info/sct","code":"3457005"}]}`
	const fulfill = `"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]}`
	const focus, based = `"focus":{"reference":"ServiceRequest/s"}`, `"basedOn":[{"reference":"ServiceRequest/s"}]`
	const harbor = `"owner":{"reference":"Organization/harbor"}`
	owner := func(ref string) string { return `"owner":{"reference":"` + ref + `"}` }
	of := func(system, code string) string {
		return `"code":{"coding":[{"system":"` + system + `","code":"` + code + `"}]},` + focus + `,` + harbor
	}
	for _, row := range []struct {
		name, members, requester, performer string
		want                                Kept
	}{
		{"a code of their own, focus", unknown + `,` + focus + `,` + harbor, "", "", ""},
		{"a code of their own, basedOn alone", unknown + `,` + based + `,` + harbor, "", "", ""},
		{"words for a code", `"code":{"text":"please see her"},` + focus + `,` + harbor, "", "", ""},
		{"no code", focus + `,` + harbor, "", "", ""},
		{"fulfill without an owner is open for claiming", fulfill + `,` + focus, "", "", ""},
		{"fulfill as part of another", fulfill + `,` + focus + `,` + harbor + `,"partOf":[{"reference":"Task/t"}]`, "", "", ""},
		{"fulfill, on the referrer's own side", fulfill + `,` + focus + `,` + owner("Organization/bayview"), "", "", ""},
		{"a focus that is something else", unknown + `,"focus":{"reference":"DocumentReference/d"},` + based + `,` + harbor, "", "", KeptFocus},
		{"part of another", unknown + `,` + focus + `,` + harbor + `,"partOf":[{"reference":"Task/t"}]`, "", "", KeptPart},
		{"no code, part of another", focus + `,` + harbor + `,"partOf":[{"reference":"Task/t"}]`, "", "", KeptPart},
		{"nobody owns it", unknown + `,` + focus, "", "", KeptNobody},
		{"the person owns it", unknown + `,` + focus + `,` + owner("Patient/p"), "", "", KeptOwner},
		{"somebody by name owns it", unknown + `,` + focus + `,` + owner("Practitioner/x"), "", "", KeptOwner},
		{"a role owns it", unknown + `,` + focus + `,` + owner("PractitionerRole/harbor-desk"), "", "", ""},
		{"a service owns it", unknown + `,` + focus + `,` + owner("HealthcareService/harbor-talk"), "", "", ""},
		{"the referrer owns it", unknown + `,` + focus + `,` + owner("Organization/bayview"), "", "", KeptReferrer},
		{"somebody of the referrer owns it", unknown + `,` + focus + `,` + owner("PractitionerRole/bay-doctor"), "", "", KeptReferrer},
		{"a branch of the referrer owns it", unknown + `,` + focus + `,` + owner("Organization/bayview-emergency"), "", "", KeptReferrer},
		{"an agency of the same county", unknown + `,` + focus + `,` + owner("Organization/south"), "Organization/north", "", ""},
		{"we own it", unknown + `,` + focus + `,` + owner("Organization/us"), "", "Organization/harbor", ""},
		{"the performer is the owner", unknown + `,` + focus + `,` + harbor, "", "Organization/harbor", ""},
		{"the performer is a role of the owner", unknown + `,` + focus + `,` + harbor, "", "PractitionerRole/harbor-desk", ""},
		{"the performer is another", unknown + `,` + focus + `,` + harbor, "", "Organization/cedar", KeptOthers},
		{"it is not known who the performer is", unknown + `,` + focus + `,` + harbor, "", "#x", ""},
		{"the performer of a fulfill is another", fulfill + `,` + focus + `,` + harbor, "", "Organization/cedar", ""},
		{"no request", fulfill + `,` + harbor, "", "", KeptNothing},
		{"no request and no code", harbor, "", "", KeptNothing},
		{"to-do of ours", of(SystemTodo, "call-agency"), "", "", KeptTodo},
		{"a barrier", of(SystemBarrier, "transport"), "", "", KeptBarrier},
		{"no contact", of(systemSDOHCC, "contacting-subject-prohibited"), "", "", KeptContact},
		{"a group", `"meta":{"tag":[{"system":"http://terminology.hl7.org.au/CodeSystem/resource-tag","code":"fulfilment-task-group"}]},` + unknown + `,` + focus + `,` + harbor, "", "", KeptGroup},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			set := Settings{Self: "Organization/us", Guides: []Guide{{NoContact: []Coding{{systemSDOHCC, "contacting-subject-prohibited"}}}}}
			r, issues := fhir.Read([]byte(`{"resourceType":"Task","status":"requested","intent":"order",` + row.members + `}`))
			require.Empty(t, issues)
			q := &requestFact{Requester: "Organization/bayview"}
			if row.requester != "" {
				q.Requester = row.requester
			}
			if row.performer != "" {
				q.Asked = []string{row.performer}
			}
			assert.Equal(t, row.want, set.follows(set.FactOf(r).Task, q, knownOrgs))
		})
	}
	for _, row := range otherTasks {
		t.Run(row.System+"#"+row.Code, func(t *testing.T) {
			t.Parallel()
			r, issues := fhir.Read([]byte(`{"resourceType":"Task","status":"requested","intent":"order",` + of(row.System, row.Code) + `}`))
			require.Empty(t, issues)
			assert.Equal(t, row.kept, Settings{}.FactOf(r).Task.Kept)
			assert.NotEmpty(t, row.source)
		})
	}
}

func TestEachReasonForKeepingHasWords(t *testing.T) {
	t.Parallel()
	met := map[Kept]bool{}
	for _, row := range keptRows {
		assert.False(t, met[row.kept], "%s stands once", row.kept)
		assert.NotEmpty(t, row.words, row.kept)
		assert.NotEmpty(t, row.code, row.kept)
		met[row.kept] = true
	}
	for _, row := range otherTasks {
		assert.True(t, met[row.kept], row.kept)
	}
	assert.Empty(t, Kept("").Words())
}
