package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/cmd/internal/store/storetest"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// faults are the ways in which a store fails, and what a caller is then told.
var faults = []struct {
	err    error
	status int
}{
	{store.ErrBusy, http.StatusServiceUnavailable},
	{store.ErrFailed, http.StatusServiceUnavailable},
	{store.ErrFull, http.StatusInsufficientStorage},
	{context.Canceled, http.StatusServiceUnavailable},
	{errors.New("disk I/O error"), http.StatusInternalServerError},
}

// faultServer is a real server on a store that fails when it is told to, with a clock that stands still and ids that can be given again.
type faultServer struct {
	*server.Server
	st  *storetest.Faulty
	ids int
}

func startFaults(t *testing.T) *faultServer {
	t.Helper()
	st, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, st.Close()) })
	f := &faultServer{st: &storetest.Faulty{Store: st}}
	e := engine.New(f.st, engine.Settings{
		Base: base, Rules: workflow.DefaultRules(time.UTC), Guide: mapping.Settings{Base: base, Zone: time.UTC, Self: "Organization/wh"}, Now: func() time.Time { return noon },
		NewID: func() string { f.ids++; return fmt.Sprintf("id-%d", f.ids) }, NewSecret: func() []byte { return make([]byte, 32) },
	})
	f.Server = server.New(e, settings())
	for _, body := range faultBegins {
		r := strings.SplitN(body, " ", 2)
		w := ask(t, f.Server, http.MethodPut, r[0], r[1], "X-Dev-Principal: role=admin")
		require.Less(t, w.Code, 300, "%s: %s", r[0], w.Body)
	}
	return f
}

func (f *faultServer) contents(t *testing.T) string {
	t.Helper()
	lines, err := storetest.Contents(context.Background(), f.st.Store)
	require.NoError(t, err)
	return strings.Join(lines, "\n")
}

// faultBegins is what stands in the store: a referral in either shape with all that people say of one, agencies with branches and workers, a household,
// a merged identity.
var faultBegins = []string{
	`/Organization/ref {"resourceType":"Organization","id":"ref","partOf":{"reference":"Organization/trust"}}`,
	`/Organization/harbor {"resourceType":"Organization","id":"harbor","partOf":{"reference":"Organization/trust"}}`,
	`/HealthcareService/hs {"resourceType":"HealthcareService","id":"hs","providedBy":{"reference":"Organization/harbor"}}`,
	`/PractitionerRole/jr {"resourceType":"PractitionerRole","id":"jr","practitioner":{"reference":"Practitioner/j"},"organization":{"reference":"Organization/harbor"}}`,
	`/Patient/p {"resourceType":"Patient","id":"p","identifier":[{"system":"urn:mrn","value":"7"}],"link":[{"other":{"reference":"Patient/p-old"},"type":"replaces"}],"birthDate":"1990-04-12"}`,
	`/Patient/p-old {"resourceType":"Patient","id":"p-old"}`,
	`/Group/g {"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/p"}}]}`,
	`/Consent/c {"resourceType":"Consent","id":"c","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"patient":{"reference":"Patient/p"},"dateTime":"2026-03-01","performer":[{"reference":"Patient/p"}],"organization":[{"reference":"Organization/ref"}],"policyRule":{"coding":[{"code":"OPTIN"}]},"provision":{"type":"permit"}}`,
	`/DocumentReference/d {"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/p"},"content":[{"attachment":{"title":"x"}}]}`,
	`/ServiceRequest/sr {"resourceType":"ServiceRequest","id":"sr","identifier":[{"system":"urn:ehr","value":"R-1"}],"status":"active","intent":"order","priority":"urgent","code":{"text":"Counseling"},"subject":{"reference":"Patient/p"},"requester":{"reference":"Organization/ref"},"authoredOn":"2026-03-01","supportingInfo":[{"reference":"Consent/c"},{"reference":"DocumentReference/d"}]}`,
	`/Task/t ` + faultTask("requested", ""),
	`/Task/t ` + faultTask("accepted", ""),
	`/Appointment/ap {"resourceType":"Appointment","id":"ap","status":"booked","basedOn":[{"reference":"ServiceRequest/sr"}],"start":"2026-03-05T10:00:00Z","end":"2026-03-05T11:00:00Z","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"},{"actor":{"reference":"PractitionerRole/jr"},"status":"accepted"}]}`,
	`/ServiceRequest/sr2 {"resourceType":"ServiceRequest","id":"sr2","status":"active","intent":"order","code":{"text":"Counseling"},"subject":{"reference":"Patient/p"},"requester":{"reference":"Organization/ref"},"authoredOn":"2026-03-02","performer":[{"reference":"Organization/harbor"}]}`,
	`/Task/above {"resourceType":"Task","id":"above","status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/sr2"},"for":{"reference":"Patient/p"},"requester":{"reference":"Organization/ref"},"owner":{"reference":"Organization/wh"}}`,
	`/Provenance/pv {"resourceType":"Provenance","id":"pv","target":[{"reference":"Task/t"}],"recorded":"2026-03-02T10:00:00Z","agent":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"verifier"}]},"who":{"reference":"PractitionerRole/jr"}}]}`,
	`/Encounter/lost {"resourceType":"Encounter","id":"lost","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p"},"basedOn":[{"reference":"ServiceRequest/not-here"}]}`,
}

func faultTask(status, more string) string {
	return `{"resourceType":"Task","id":"t",` + more + `"status":"` + status + `","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/sr"},"for":{"reference":"Patient/p"},"requester":{"reference":"Organization/ref"},"owner":{"reference":"Organization/harbor"}}`
}

const (
	worker    = "X-Dev-Principal: org=Practitioner/j;role=agency"
	navigator = "X-Dev-Principal: org=Practitioner/nav;role=navigator"
	harbor    = "X-Dev-Principal: org=Organization/harbor;role=agency"
)

// useCases are all that can be asked for, with what it comes to when nothing fails.
var useCases = []struct {
	name, method, path, body string
	headers                  []string
	status                   int
}{
	{"create", "POST", "/Observation", `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:warmhandoff:observation","code":"first-visit"}]},"basedOn":[{"reference":"ServiceRequest/sr"}],"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-03-02T10:00:00Z","performer":[{"reference":"PractitionerRole/jr"}],"valueCodeableConcept":{"coding":[{"system":"urn:warmhandoff:visit-result","code":"came"}]}}`, nil, 201},
	{"a referral that is there", "POST", "/ServiceRequest", `{"resourceType":"ServiceRequest","identifier":[{"system":"urn:ehr","value":"R-9"}],"status":"active","intent":"order","code":{"text":"Counseling"},"subject":{"reference":"Patient/p"},"requester":{"reference":"Organization/ref"}}`, nil, 201},
	{"create under a condition", "POST", "/Patient", `{"resourceType":"Patient"}`, []string{"If-None-Exist: identifier=urn:mrn|7"}, 200},
	{"update of a visit", "PUT", "/Encounter/e", `{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p-old"},"appointment":[{"reference":"Appointment/ap"}],"period":{"start":"2026-03-02T10:00:00Z","end":"2026-03-02T11:00:00Z"},"participant":[{"individual":{"reference":"PractitionerRole/jr"}}],"serviceProvider":{"reference":"Organization/harbor"}}`, nil, 201},
	{"a move by a worker of the agency", "PUT", "/Task/t", faultTask("in-progress", ""), []string{worker}, 200},
	{"a move that is refused", "PUT", "/Task/t", faultTask("requested", `"description":"x",`), []string{harbor}, 422},
	{"an old message again", "PUT", "/Task/t", faultTask("requested", ""), []string{"X-Dev-Principal: role=admin"}, 200},
	{"a claim", "PUT", "/Task/t", faultTask("completed", ""), []string{harbor}, 200},
	{"an end that needs a signature", "PUT", "/Task/t", faultTask("failed", `"statusReason":{"coding":[{"system":"urn:warmhandoff:close-reason","code":"person-unreachable"}]},`), []string{navigator}, 422},
	{"a role of another agency", "PUT", "/PractitionerRole/jr", `{"resourceType":"PractitionerRole","id":"jr","practitioner":{"reference":"Practitioner/j"},"organization":{"reference":"Organization/cedar"}}`, nil, 200},
	{"who somebody is", "PUT", "/Patient/p-old", `{"resourceType":"Patient","id":"p-old","deceasedBoolean":true}`, nil, 200},
	{"a household", "PUT", "/Group/g", `{"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/p-old"}}]}`, nil, 200},
	{"consent taken back", "PUT", "/Consent/c", `{"resourceType":"Consent","id":"c","status":"inactive","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"patient":{"reference":"Patient/p"},"dateTime":"2026-03-01"}`, nil, 200},
	{"update under a condition", "PUT", "/Patient?identifier=urn:mrn|7", `{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}],"gender":"other"}`, nil, 200},
	{"patch", "PATCH", "/Task/t", `[{"op":"replace","path":"/status","value":"in-progress"}]`, []string{"Content-Type: application/json-patch+json", harbor}, 200},
	{"delete", "DELETE", "/Appointment/ap", "", nil, 204},
	{"delete under a condition", "DELETE", "/Appointment?status=booked", "", nil, 204},
	{"transaction", "POST", "", `{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:7a0c9b52-97a7-4d2b-bb2f-1b1a6b0b8f01","resource":{"resourceType":"ServiceRequest","identifier":[{"system":"urn:ehr","value":"R-3"}],"status":"active","intent":"order","code":{"text":"Counseling"},"subject":{"reference":"Patient?identifier=urn:mrn|7"},"requester":{"reference":"Organization/ref"}},"request":{"method":"POST","url":"ServiceRequest"}},{"resource":{"resourceType":"Task","status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"urn:uuid:7a0c9b52-97a7-4d2b-bb2f-1b1a6b0b8f01"},"for":{"reference":"Patient?identifier=urn:mrn|7"},"requester":{"reference":"Organization/ref"},"owner":{"reference":"Organization/wh"}},"request":{"method":"POST","url":"Task"}}]}`, nil, 200},
	{"transaction with a patch and a wrong entry", "POST", "", `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","id":"other"},"request":{"method":"PUT","url":"Patient/not-other"}},{"resource":{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Task.status"},{"name":"value","valueCode":"in-progress"}]}]},"request":{"method":"PATCH","url":"Task/t"}}]}`, nil, 400},
	{"read", "GET", "/Task/t", "", nil, 200},
	{"read of what never was", "GET", "/Task/never", "", nil, 404},
	{"version", "GET", "/Task/t/_history/1", "", nil, 200},
	{"history", "GET", "/Task/t/_history", "", nil, 200},
	{"history of what never was", "GET", "/Task/never/_history", "", nil, 404},
	{"search", "GET", "/Task?owner=Organization/harbor&status=accepted&_sort=-_lastUpdated", "", nil, 200},
	{"search along chains", "GET", "/Task?focus:ServiceRequest.subject.identifier=urn:mrn|7&_include=Task:focus&_revinclude:iterate=Appointment:based-on&_count=2", "", nil, 200},
	{"search in reverse", "GET", "/ServiceRequest?_has:Task:focus:status=accepted&_total=accurate", "", nil, 200},
	{"search sorted by what has no index", "GET", "/Task?_sort=authored-on&_count=1", "", nil, 200},
	{"search of all types", "GET", "?_lastUpdated=gt2026-01-01&_type=Task,Patient", "", nil, 200},
	{"handoff", "GET", "/Task/t/$handoff", "", nil, 200},
	{"handoff of a request in our hands", "GET", "/ServiceRequest/sr2/$handoff", "", nil, 200},
	{"package for the agency, which is kept", "GET", "/Task/t/$package", "", []string{worker}, 200},
	{"package for the navigator", "GET", "/Task/t/$package", "", []string{navigator}, 200},
	{"everything", "GET", "/ServiceRequest/sr/$everything", "", nil, 200},
	{"everything about a person", "GET", "/Patient/p/$everything?start=2020-01-01", "", nil, 200},
	{"waiting", "GET", "/ServiceRequest/$waiting", "", nil, 200},
	{"validate an update", "POST", "/Task/t/$validate?mode=update", faultTask("in-progress", ""), []string{worker}, 200},
	{"validate what is there", "GET", "/Task/t/$validate", "", nil, 200},
	{"validate a deletion", "GET", "/Task/t/$validate?mode=delete", "", nil, 200},
}

// TestReadFaultsOfEachUseCase does everything that can be asked for with a fault in every single call of the store: it fails as a whole, with a status that says
// not now; nothing is stored; and once nothing fails it comes to the same as on a server where nothing ever did.
func TestReadFaultsOfEachUseCase(t *testing.T) {
	t.Parallel()
	for n, c := range useCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			healthy, f := startFaults(t), startFaults(t)
			do := func(f *faultServer) *httptest.ResponseRecorder {
				return ask(t, f.Server, c.method, c.path, c.body, c.headers...)
			}
			want := do(healthy)
			if c.status > 0 {
				require.Equal(t, c.status, want.Code, "%s", want.Body)
			}
			before, ids := f.contents(t), f.ids
			for at := 1; ; at++ {
				fault := faults[(at+n)%len(faults)]
				f.ids = ids
				f.st.FailAt(at, fault.err)
				got := do(f)
				hit, _ := f.st.Hit()
				f.st.FailAt(0, nil)
				if hit == "" {
					require.Equal(t, want.Code, got.Code, "%s", got.Body)
					assert.Equal(t, want.Body.String(), got.Body.String())
					require.Greater(t, at, 1, "it asks the store for nothing")
					break
				}
				require.Equal(t, fault.status, got.Code, "%s (call %d) failed with %v, and it says %s", hit, at, fault.err, got.Body)
				assert.Equal(t, fault.status == http.StatusServiceUnavailable, got.Header().Get("Retry-After") != "")
				assert.NotContains(t, got.Body.String(), "disk I/O", "why stays in the log")
				require.Equal(t, before, f.contents(t), "something is stored although %s (call %d) failed", hit, at)
			}
			assert.Equal(t, healthy.contents(t), f.contents(t))
		})
	}
}

// TestReadFaultsInABatch: an entry in which something fails says so, and the others are done.
func TestReadFaultsInABatch(t *testing.T) {
	t.Parallel()
	f := startFaults(t)
	body := `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Task/t"}},{"resource":` + faultTask("in-progress", "") + `,"request":{"method":"PUT","url":"Task/t"}},{"request":{"method":"GET","url":"Patient?identifier=urn:mrn|7"}}]}`
	for at := 1; ; at++ {
		before := f.contents(t)
		f.st.FailAt(at, faults[at%len(faults)].err)
		got := ask(t, f.Server, http.MethodPost, "", body)
		hit, _ := f.st.Hit()
		f.st.FailAt(0, nil)
		require.Equal(t, http.StatusOK, got.Code)
		status := fmt.Sprintf(`"status":"%d`, faults[at%len(faults)].status)
		if hit == "" {
			assert.NotContains(t, got.Body.String(), `"status":"5`)
			return
		}
		assert.Equal(t, 1, strings.Count(got.Body.String(), status), "%s: %s", hit, got.Body)
		if strings.Index(got.Body.String(), status) < strings.LastIndex(got.Body.String(), `"response"`) && strings.Count(got.Body.String(), `"status":"20`) < 2 {
			assert.Equal(t, before, f.contents(t))
		}
	}
}
