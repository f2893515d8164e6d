package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/mapping"
)

// TestPropertyWhateverIsWrittenTheRowsAreWhatTheResourcesSay writes a few resources over and over, by anybody, pointing anywhere, with time between, and
// some taken away again; then the read model that grew with them is the one that is made of the resources anew. What is refused is no matter here.
func TestPropertyWhateverIsWrittenTheRowsAreWhatTheResourcesSay(t *testing.T) {
	t.Parallel()
	asked, taken := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", monday, nil)
		defer func() { assert.NoError(r, a.store.Close()) }()
		for range rapid.IntRange(6, 30).Draw(r, "writes") {
			who := rapid.SampledFrom([]scenario.Party{bayview, bayview, harbor, cedar, navigator, nobody}).Draw(r, "who")
			method, path, body := drawAnything(r)
			body = twisted(r, body)
			r.Logf("%s %s %s %s", who.Name, method, path, body)
			answer := a.ask(who, method, path, body)
			require.Less(r, answer.Status, 500, "%s", answer.Body)
			if asked++; answer.OK() {
				taken++
			} else {
				r.Logf("%d %.300s", answer.Status, answer.Body)
			}
			a.clock.pass(time.Duration(rapid.SampledFrom([]int{0, 1, 3, 26, 75}).Draw(r, "hours")) * time.Hour)
			if rapid.IntRange(0, 3).Draw(r, "tick") == 0 {
				_, _, err := a.sys.engine.Tick(context.Background())
				require.NoError(r, err)
			}
		}
		require.NoError(r, again(r, a.sys, a.anew(r)))
	})
	assert.Greater(t, 3*taken, asked, "of %d writes", asked)
}

// drawAnything draws one request about one of a few resources.
func drawAnything(r *rapid.T) (method, path, body string) {
	kind := rapid.SampledFrom([]string{"ServiceRequest", "ServiceRequest", "Task", "Task", "Task", "Patient", "Consent", "Consent", "Appointment", "Appointment", "Encounter", "Encounter",
		"Procedure", "Observation", "Communication", "PractitionerRole", "Group", "CareTeam"}).Draw(r, "kind")
	some := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(r, what) }
	id := some("id", "0", "1", "2")
	ref := func(typ string) string { return `{"reference":"` + typ + "/" + some(typ, "0", "1", "2") + `"}` }
	agency := func() string {
		return `{"reference":"` + some("agency", "Organization/harbor", "Organization/harbor", "Organization/cedar", "PractitionerRole/0") + `"}`
	}
	maybe := func(text string) string {
		if rapid.IntRange(0, 2).Draw(r, "maybe") == 0 {
			return text
		}
		return ""
	}
	day := func() string { return some("day", "2026-03-02", "2026-03-04", "2026-03-09", "2026-03-25") }
	path = "/" + kind + "/" + id
	if rapid.IntRange(0, 11).Draw(r, "delete") == 0 {
		return "DELETE", path, ""
	}
	body = fmt.Sprintf(`{"resourceType":%q,"id":%q,`, kind, id)
	switch kind {
	case "ServiceRequest":
		body += fmt.Sprintf(`"status":%q,"intent":"order","code":{"text":%q},"subject":%s,"authoredOn":"%sT08:00:00Z","requester":{"reference":"Organization/bayview"}`,
			some("status", "active", "active", "active", "revoked", "draft", "on-hold", "completed", "entered-in-error"), some("service", "Counseling", "Food"), ref("Patient"), day())
	case "Task":
		body += fmt.Sprintf(`"status":%q,"intent":"order",%s,"focus":%s,"for":%s,"authoredOn":"2026-03-02T08:00:00Z","owner":%s,"requester":{"reference":"Organization/bayview"}%s%s`,
			some("status", "requested", "requested", "received", "accepted", "rejected", "in-progress", "on-hold", "cancelled", "failed", "completed", "draft", "entered-in-error"), code,
			ref("ServiceRequest"), ref("Patient"), agency(),
			maybe(`,"output":[{"type":{"text":"x"},"valueReference":`+ref(some("output", "Procedure", "Encounter"))+`}]`),
			maybe(reason(some("reason", "person-declined", "no-capacity", "person-unreachable", "need-resolved", "hospitalised", "waitlist"))))
	case "Patient":
		body += `"active":true` + maybe(`,"deceasedBoolean":true`) + maybe(`,"link":[{"other":`+ref("Patient")+`,"type":"`+some("link", "replaced-by", "replaces", "seealso")+`"}]`)
	case "Consent":
		whole := consentJSON(id, some("person", "0", "1", "2"), some("status", "active", "active", "inactive", "proposed", "rejected"))
		return "PUT", path, strings.Replace(whole, "Organization/harbor", some("actor", "Organization/harbor", "Organization/cedar"), 1)
	case "Appointment":
		at := day()
		body += fmt.Sprintf(`"status":%q,"start":"%sT18:00:00Z","end":"%sT19:00:00Z","basedOn":[%s],"participant":[{"actor":%s,"status":"accepted"}%s]`,
			some("status", "booked", "booked", "cancelled", "noshow", "fulfilled", "pending", "entered-in-error"), at, at, ref("ServiceRequest"), ref("Patient"),
			maybe(`,{"actor":{"reference":"PractitionerRole/0"},"status":"accepted"}`))
	case "Encounter":
		body += fmt.Sprintf(`"status":%q,"class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":%s,"period":{"start":"%sT18:05:00Z"},"serviceProvider":{"reference":%q}%s%s`,
			some("status", "finished", "finished", "in-progress", "cancelled", "planned", "entered-in-error"), ref("Patient"), day(), some("provider", "Organization/harbor", "Organization/cedar"),
			maybe(`,"basedOn":[`+ref("ServiceRequest")+`]`), maybe(`,"appointment":[`+ref("Appointment")+`]`))
	case "Procedure":
		body += fmt.Sprintf(`"status":%q,"subject":%s,"performedDateTime":"%sT18:30:00Z","performer":[{"actor":%s}]%s`,
			some("status", "completed", "completed", "not-done", "entered-in-error"), ref("Patient"), day(), agency(), maybe(`,"basedOn":[`+ref("ServiceRequest")+`]`))
	case "Observation":
		who := some("performer", "Organization/harbor", "Patient/0", "Practitioner/nav")
		whole := attestationJSON(id, "x", some("status", "final", "final", "preliminary", "entered-in-error"), some("result", "came", "did-not-come", "turned-away"), day(), who)
		return "PUT", path, strings.NewReplacer("ServiceRequest/sr-x", "ServiceRequest/"+some("request", "0", "1", "2"), "Patient/p-x", "Patient/"+some("person", "0", "1", "2")).Replace(whole)
	case "Communication":
		body += fmt.Sprintf(`"status":"completed","basedOn":[%s],"category":[{"coding":[{"system":"urn:warmhandoff:element","code":%q}]}],"sent":"%sT18:00:00Z","recipient":[%s],
"sender":{"reference":"Practitioner/nav"},"reasonCode":[{"coding":[{"system":"urn:warmhandoff:contact-result","code":%q}]}]`,
			ref("ServiceRequest"), some("element", "outreach", "introduction", "live-introduction"), day(), ref("Patient"), some("result", "reached", "not-reached", "declined"))
	case "PractitionerRole":
		body += `"active":true,"organization":{"reference":"` + some("organization", "Organization/harbor", "Organization/cedar") + `"}` + maybe(`,"practitioner":{"reference":"Practitioner/nav"}`)
	case "Group":
		body += `"type":"person","actual":true,"member":[{"entity":` + ref("Patient") + `},{"entity":` + ref("Patient") + `}]`
	case "CareTeam":
		body += `"status":"active","subject":` + ref("Patient") + `,"participant":[{"member":{"reference":"Practitioner/nav"}}]`
	}
	return "PUT", path, body + `}`
}

// TestAcceptWhereTheAgencysRoleWorksMayBeSaidLater sends a referral to a role, as BSeR does, before anybody says of which organization that is.
func TestAcceptWhereTheAgencysRoleWorksMayBeSaidLater(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	a.do(bayview, "POST", "", transaction(t, patientJSON("p-1"), consentJSON("c-1", "p-1", "active"), requestJSON("sr-1", "p-1", ""),
		strings.Replace(taskJSON("1", "requested", ""), "Organization/harbor", "PractitionerRole/desk", 1)))
	require.Equal(t, "preparing:consent", a.stands("1"), "the consent names another")
	a.put(bayview, `{"resourceType":"PractitionerRole","id":"desk","organization":{"reference":"Organization/harbor"}}`)
	require.Equal(t, "offered", a.stands("1"))
	a.put(bayview, `{"resourceType":"PractitionerRole","id":"desk","organization":{"reference":"Organization/cedar"}}`)
	assert.NotEqual(t, "offered", a.stands("1"), "it was another's desk")
}

// TestAcceptWhatOnceBelongedToAReferralIsLookedAtThereStill writes what only the history of something else connects with a referral.
func TestAcceptWhatOnceBelongedToAReferralIsLookedAtThereStill(t *testing.T) {
	t.Parallel()
	const at, end = "2026-03-03T18:00:00Z", "2026-03-03T19:00:00Z"
	byBooking := strings.Replace(visitJSON("e", "1", "finished", at), `"basedOn":[{"reference":"ServiceRequest/sr-1"}]`, `"appointment":[{"reference":"Appointment/a"}]`, 1)
	elsewhere := strings.NewReplacer("p-1", "p-2", "sr-1", "sr-2").Replace(visitJSON("e", "1", "finished", at))
	for name, writes := range map[string][]string{
		"a visit to an appointment that was deleted": {bookingJSON("a", "1", "booked", at, end), "DELETE /Appointment/a", byBooking},
		"a visit that was another's, and changes there": {
			visitJSON("e", "1", "finished", at), elsewhere, strings.Replace(elsewhere, at, "2026-03-03T20:00:00Z", 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdapter(t)
			a.referred("1", "accepted")
			a.referred("2", "accepted")
			a.clock.pass(48 * time.Hour)
			for _, w := range writes {
				if path, gone := strings.CutPrefix(w, "DELETE "); gone {
					a.do(harbor, "DELETE", path, "")
				} else {
					a.put(harbor, w)
				}
			}
			require.NoError(t, again(t, a.sys, a.anew(t)))
		})
	}
}

// anew is another program on the same store, which remembers nothing.
func (a *adapter) anew(t require.TestingT) *system {
	zone, err := time.LoadLocation("America/Los_Angeles")
	require.NoError(t, err)
	return wire(a.store, wiring{base: scenario.Base, guide: mapping.Settings{Zone: zone, Guides: guides}, now: a.clock.now, newID: (&scenario.IDs{Prefix: "other"}).Next})
}
