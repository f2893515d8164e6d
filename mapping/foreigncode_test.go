package mapping

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// statuses are the tables of what an element named status or intent may say.
const statuses = "task-status request-status request-intent event-status encounter-status appointmentstatus participationstatus observation-status consent-state-codes " +
	"document-reference-status questionnaire-answers-status care-team-status subscription-status"

// foreign says of what stands in a variable, a constant or a function whose codes they are: names of tables in testdata/codesystem, or that they are ours.
// What stands beside its system is held without that.
var foreign = map[string]string{
	"mapping.affirmed":          "v3-ObservationInterpretation",
	"mapping.agentAuthor":       "provenance-participant-type",
	"mapping.agentVerifier":     "provenance-participant-type",
	"mapping.appointmentCancel": "appointment-cancellation-reason",
	"mapping.attendedStatuses":  "appointmentstatus",
	"mapping.happened":          "appointmentstatus",
	"mapping.heldStatuses":      "appointmentstatus",
	"mapping.classes":           "v3-ActCode v2-0004",
	"mapping.actions":           "consentaction",
	"mapping.bases":             "v3-ActCode consentpolicycodes",
	"mapping.emergencies":       "v3-ActReason",
	"mapping.policies":          "v3-ActCode consentpolicycodes",
	"mapping.purposes":          "v3-ActReason",
	"mapping.roles":             "v3-ParticipationType provenance-participant-type",
	"mapping.scopes":            "consentscope",
	"mapping.caring":            "v3-ActReason",
	"mapping.codePart2":         "v3-ActCode",
	"mapping.codePsychotherapy": "v3-ActCode",
	"mapping.followedIntents":   "request-intent",
	"mapping.liveMedia":         "v3-ParticipationMode",
	"mapping.merging":           "link-type",
	"mapping.ordinary":          "v3-Confidentiality",
	"mapping.over":              statuses,
	"mapping.partOf":            "v3-ParticipationType provenance-participant-type",
	"mapping.readAppointment":   "appointment-cancellation-reason",
	"mapping.readDocument":      "document-relationship-type",
	"mapping.ReplyFatal":        "response-code",
	"mapping.ReplyOK":           "response-code",
	"mapping.ReplyTransient":    "response-code",
	"mapping.translator":        "participant-type",
	"mapping.urgencies":         "request-priority",
	"mapping.verified":          "observation-status",

	"mapping.readAppointmentWarmth": "appointment-cancellation-reason",

	"bser.Profiles":            "request-intent fhir",
	"bser.Rows":                "TaskBusinessStatusCS",
	"ereferral.Guide":          "ca-erec",
	"ereferral.events":         "ca-erec",
	"sdohcc.chosen":            "SDOHCC-CodeSystemTemporaryCodes",
	"sdohcc.contact":           "SDOHCC-CodeSystemTemporaryCodes",
	"sdohcc.enrollmentStatus":  "SDOHCC-CodeSystemTemporaryCodes",
	"sdohcc.genderIdentity":    "loinc",
	"sdohcc.observed":          "observation-status",
	"sdohcc.pdf":               "SDOHCC-CodeSystemTemporaryCodes",
	"sdohcc.pdfCompleted":      "SDOHCC-CodeSystemTemporaryCodes",
	"sdohcc.personalPronouns":  "loinc",
	"sdohcc.procedure":         "event-status",
	"sdohcc.recordedSexGender": "loinc",
	"sdohcc.response":          "SDOHCC-CodeSystemTemporaryCodes",
	"sdohcc.serviceRequest":    "SDOHCC-CodeSystemTemporaryCodes",

	"workflow.faceToFace":     "v3-ParticipationMode",
	"workflow.formalModes":    "v3-ParticipationMode",
	"workflow.liveModes":      "v3-ParticipationMode",
	"workflow.writing":        "v3-ParticipationMode",
	"workflow.Virtual":        "v3-ActCode",
	"workflow.TaskAccepted":   "task-status",
	"workflow.TaskCancelled":  "task-status",
	"workflow.TaskCompleted":  "task-status",
	"workflow.TaskDraft":      "task-status",
	"workflow.TaskFailed":     "task-status",
	"workflow.TaskInError":    "task-status",
	"workflow.TaskInProgress": "task-status",
	"workflow.TaskOnHold":     "task-status",
	"workflow.TaskReady":      "task-status",
	"workflow.TaskReceived":   "task-status",
	"workflow.TaskRejected":   "task-status",
	"workflow.TaskRequested":  "task-status",

	"mapping.aboutWhom":      fhirs,
	"mapping.conditions":     fhirs,
	"mapping.narrowing":      fhirs,
	"mapping.unread":         fhirs,
	"mapping.timeless":       fhirs,
	"mapping.bearing":        fhirs,
	"mapping.keptRows":       fhirs,
	"mapping.linkRows":       fhirs,
	"mapping.modifyingFlags": fhirs,
	"mapping.noteNames":      fhirs,
	"mapping.itsOwn":         fhirs,
	"mapping.labelElements":  fhirs,
	"mapping.makers":         fhirs,
	"mapping.only":           fhirs,
	"mapping.passed":         fhirs,
	"mapping.readModifiers":  fhirs,
	"mapping.restricted":     fhirs,
	"mapping.tells":          fhirs,

	// The codes of profiles are held by the tests of their rooms, in the tables themselves.
	"sdohcc.CoordinationPlatform":      fhirs,
	"sdohcc.Profiles":                  fhirs,
	"sdohcc.asserter":                  fhirs,
	"sdohcc.assessment":                fhirs,
	"sdohcc.attested":                  fhirs,
	"sdohcc.capacityService":           ours,
	"sdohcc.capacityStatus":            fhirs,
	"sdohcc.condition":                 fhirs,
	"sdohcc.ethnicity":                 fhirs,
	"sdohcc.forAppointment":            fhirs,
	"sdohcc.group":                     ours,
	"sdohcc.healthcareService":         ours,
	"sdohcc.pertainsToGoal":            fhirs,
	"sdohcc.race":                      fhirs,
	"sdohcc.screeningResponse":         fhirs,
	"sdohcc.taskForPatient":            "task-status request-intent request-priority fhir",
	"sdohcc.taskForReferralManagement": "task-status request-intent request-priority fhir",
	"sdohcc.told":                      "data-absent-reason fhir",
	"uscore.Profiles":                  fhirs,
	"uscore.detailed":                  fhirs,
	"uscore.ethnicity":                 fhirs,
	"uscore.organization":              fhirs,
	"uscore.patient":                   fhirs,
	"uscore.practitioner":              fhirs,
	"uscore.race":                      ours,

	"mapping.accompanied":   ours,
	"mapping.evidence":      ours,
	"mapping.withoutPerson": ours,
	"mapping.agreed":        ours,
	"mapping.answer":        ours, // yes and no, of whatever system
	"mapping.barrierCodes":  ours, // what each comes to
	"mapping.otherReasons":  ours,
	"mapping.outreach":      ours,
	"mapping.Questions":     ours,
	"mapping.reviews":       ours,
	"mapping.saysNotice":    ours,
	"mapping.saysScope":     ours,
}

// TestEveryReasonToCancelIsUnderstood: the published reasons begin with whose side they are on.
func TestEveryReasonToCancelIsUnderstood(t *testing.T) {
	t.Parallel()
	published := codeTables(t)["appointment-cancellation-reason"]
	require.True(t, published.whole)
	for code, words := range published.codes {
		want := workflow.CancelledService // also maintenance, medication, and the reasons of neither side
		switch {
		case code == "pat-dec":
			want = workflow.CancelledForDeath
		case code == "pat" || strings.HasPrefix(code, "pat-"):
			want = workflow.CancelledPerson
		case code == "other":
			want = workflow.CancelledUnknown
		}
		r, err := fhir.ReadStored([]byte(`{"resourceType":"Appointment","id":"a","status":"cancelled","cancelationReason":{"coding":[{"system":"` + published.system + `","code":"` + code +
			`"}]},"participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`))
		require.NoError(t, err)
		assert.Equal(t, want, Settings{}.FactOf(r).Appointment.Cancelled, "%s: %s", code, words)
	}
	assert.Len(t, appointmentCancel, len(published.codes), "every one once")
}
