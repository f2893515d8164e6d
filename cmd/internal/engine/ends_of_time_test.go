package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// ends are the first and last things that a date can say, in whatever zone.
var endsOfTime = []string{"9999-12-31", "9999-12", "9999", "9999-12-31T23:59:59.999-12:00", "9999-12-31T23:59:59+14:00", "9999-12-31T23:59:59Z",
	"0001-01-01", "0001-01", "0001", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00-12:00"}

// dated are resources of a referral with every time that the workflow reads. %[1]s is a date or time, %[2]s a time, %[3]s a day.
var dated = []string{
	`{"resourceType":"Patient","id":"p","birthDate":"%[3]s"}`,
	`{"resourceType":"Patient","id":"p","birthDate":"%[3]s","deceasedDateTime":"%[1]s"}`,
	`{"resourceType":"ServiceRequest","id":"sr","status":"active","intent":"order","subject":{"reference":"Patient/p"},"requester":{"reference":"Organization/ref"},"authoredOn":"%[1]s","occurrenceDateTime":"%[1]s"}`,
	`{"resourceType":"Task","id":"t","status":"on-hold","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/sr"},"for":{"reference":"Patient/p"},"owner":{"reference":"Organization/harbor"},"authoredOn":"%[1]s","lastModified":"%[1]s","restriction":{"period":{"start":"%[1]s","end":"%[1]s"}}}`,
	`{"resourceType":"Task","id":"t","status":"completed","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/sr"},"for":{"reference":"Patient/p"},"owner":{"reference":"Organization/harbor"},"authoredOn":"%[1]s","lastModified":"%[1]s"}`,
	`{"resourceType":"Appointment","id":"a","status":"booked","created":"%[1]s","start":"%[2]s","end":"%[2]s","basedOn":[{"reference":"ServiceRequest/sr"}],"participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`,
	`{"resourceType":"Appointment","id":"a","status":"noshow","start":"%[2]s","minutesDuration":2147483647,"basedOn":[{"reference":"ServiceRequest/sr"}],"participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`,
	`{"resourceType":"Encounter","id":"e","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/p"},"basedOn":[{"reference":"ServiceRequest/sr"}],"period":{"start":"%[1]s","end":"%[1]s"},"serviceProvider":{"reference":"Organization/harbor"}}`,
	`{"resourceType":"Encounter","id":"e","status":"in-progress","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},"subject":{"reference":"Patient/p"},"period":{"start":"%[1]s","end":"%[1]s"}}`,
	`{"resourceType":"Procedure","id":"pr","status":"completed","subject":{"reference":"Patient/p"},"basedOn":[{"reference":"ServiceRequest/sr"}],"performedPeriod":{"start":"%[1]s","end":"%[1]s"},"performer":[{"actor":{"reference":"Organization/harbor"}}]}`,
	`{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":"urn:warmhandoff:observation","code":"first-visit"}]},"subject":{"reference":"Patient/p"},"basedOn":[{"reference":"ServiceRequest/sr"}],"effectiveDateTime":"%[1]s","performer":[{"reference":"Organization/harbor"}],"valueCodeableConcept":{"coding":[{"system":"urn:warmhandoff:visit-result","code":"came"}]}}`,
	`{"resourceType":"Communication","id":"c","status":"completed","basedOn":[{"reference":"ServiceRequest/sr"}],"category":[{"coding":[{"system":"urn:warmhandoff:element","code":"outreach"}]}],"recipient":[{"reference":"Patient/p"}],"sent":"%[1]s","received":"%[1]s","reasonCode":[{"coding":[{"system":"urn:warmhandoff:contact-result","code":"not-reached"}]}]}`,
	`{"resourceType":"Consent","id":"co","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"patient":{"reference":"Patient/p"},"dateTime":"%[1]s","policy":[{"uri":"urn:x"}],"provision":{"type":"permit","period":{"start":"%[1]s","end":"%[1]s"},"dataPeriod":{"start":"%[1]s","end":"%[1]s"}}}`,
	`{"resourceType":"CareTeam","id":"ct","status":"active","subject":{"reference":"Patient/p"},"participant":[{"member":{"reference":"Practitioner/n"},"period":{"start":"%[1]s","end":"%[1]s"}}]}`,
	`{"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/p"},"period":{"start":"%[1]s","end":"%[1]s"}}]}`,
	`{"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"title":"x"}}],"subject":{"reference":"Patient/p"},"date":"%[2]s","context":{"related":[{"reference":"ServiceRequest/sr"}]}}`,
	`{"resourceType":"QuestionnaireResponse","id":"q","status":"completed","basedOn":[{"reference":"ServiceRequest/sr"}],"subject":{"reference":"Patient/p"},"authored":"%[1]s"}`,
}

// TestTheEndsOfTime writes every resource of a referral with the first and the last times that there are, in each zone, one after the other,
// beginning with another one each time: each is taken or refused in words, never an error of ours, and what the referral says afterwards is a resource that the strict reader reads, with its
// deadlines, its package and all that is written back.
func TestTheEndsOfTime(t *testing.T) {
	t.Parallel()
	for i, zone := range []string{"UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/Los_Angeles"} {
		for k, end := range endsOfTime {
			t.Run(strings.ReplaceAll(zone, "/", "-")+" "+end, func(t *testing.T) {
				t.Parallel()
				at, err := time.LoadLocation(zone)
				require.NoError(t, err)
				s, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, s.Close()) })
				f := startOn(t, s)
				f.set.Rules, f.set.Guide.Zone = workflow.DefaultRules(at), at
				f.set.Guide.Partners = map[string]mapping.Partner{"Organization/harbor": {Treatment: true}}
				f.Engine = New(s, f.set)
				f.apply(bundle(f.put(fmt.Sprintf(dated[2]+"%.0[1]s", "2026-03-01")), f.put(strings.Replace(fmt.Sprintf(dated[3], "2026-03-01"), "on-hold", "requested", 1)))...)
				f.playEnd(end, dated[(i+k)%len(dated)])
			})
		}
	}
}

// playEnd writes all resources with one end of time, and looks at what comes of each.
func (f *fixture) playEnd(end, first string) {
	moment, day := end, end
	if !strings.Contains(end, "T") {
		moment = end[:4] + map[string]string{"9": "-12-31T23:59:59-12:00", "0": "-01-01T00:00:00+14:00"}[end[:1]]
	} else {
		day = end[:10]
	}
	ctx := f.t.Context()
	for _, body := range append([]string{dated[0], dated[2], strings.Replace(dated[3], "on-hold", "requested", 1), first}, dated...) {
		if body == "" {
			continue
		}
		if f.step(time.Minute); strings.Contains(body, "%") {
			body = fmt.Sprintf(body+"%.0[1]s%.0[2]s%.0[3]s", end, moment, day)
		}
		r, issues := fhir.Read([]byte(body))
		if fhir.Refused(issues) {
			continue // as an instant without a time of day
		}
		_, err := f.Apply(ctx, Principal{}, []Change{{Method: Update, Type: r.Type(), ID: r.ID(), Resource: r}})
		var no *Refusal
		if err != nil {
			require.ErrorAs(f.t, err, &no, "%s", body)
		}
		_, _, err = f.Tick(ctx)
		require.NoError(f.t, err, "%s", body)
		for _, typ := range []string{"Task", "ServiceRequest"} {
			id := map[string]string{"Task": "t", "ServiceRequest": "sr"}[typ]
			said, err := f.HandoffParameters(ctx, Principal{}, typ, id)
			require.NoError(f.t, err, "%s", body)
			_, issues := fhir.Read(said)
			assert.False(f.t, fhir.Refused(issues), "%v in %s", issues, said)
		}
		if _, err := f.Package(ctx, Principal{Role: workflow.Navigator}, "t"); err != nil {
			require.ErrorAs(f.t, err, &no, "%s", body)
		}
		task, err := f.Read(ctx, Principal{}, "Task", "t")
		require.NoError(f.t, err)
		_, issues = fhir.Read(task.Body)
		assert.False(f.t, fhir.Refused(issues), "%v in %s", issues, task.Body)
	}
}
