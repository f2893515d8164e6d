package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/fhir"
)

// envelope makes a message: event is "system|code", reason "system|code" or "", entries are resources with their fullUrl in front: "urn:uuid:… {…}".
func envelope(id, event, reason, focus string, entries ...string) string {
	system, code, _ := strings.Cut(event, "|")
	why := ""
	if reason != "" {
		s, c, _ := strings.Cut(reason, "|")
		why = fmt.Sprintf(`,"reason":{"coding":[{"system":%q,"code":%q}]}`, s, c)
	}
	all := []string{fmt.Sprintf(`{"fullUrl":"urn:uuid:%s","resource":{"resourceType":"MessageHeader","id":%q,"eventCoding":{"system":%q,"code":%q},
"source":{"name":"Sender","endpoint":"https://sender.example/fhir"},"destination":[{"endpoint":"https://wh.example/fhir","receiver":{"reference":"Organization/harbor"}}],
"focus":[{"reference":%q}]%s}}`, id, id, system, code, focus, why)}
	for _, e := range entries {
		url, body, _ := strings.Cut(e, " ")
		if url != "-" {
			url = `"fullUrl":"` + url + `",`
		} else {
			url = ""
		}
		all = append(all, `{`+url+`"resource":`+body+`}`)
	}
	return `{"resourceType":"Bundle","type":"message","timestamp":"2026-03-02T17:00:00Z","entry":[` + strings.Join(all, ",") + `]}`
}

// The names that the fictional senders of these tests give to things.
const (
	uuidPerson  = "urn:uuid:11111111-1111-4111-8111-111111111111"
	uuidRequest = "urn:uuid:22222222-2222-4222-8222-222222222222"
	uuidBefore  = "urn:uuid:33333333-3333-4333-8333-333333333333"
	uuidAnswer  = "urn:uuid:44444444-4444-4444-8444-444444444444"
	uuidConsent = "urn:uuid:55555555-5555-4555-8555-555555555555"
	uuidTask    = "urn:uuid:66666666-6666-4666-8666-666666666666"
	uuidBooking = "urn:uuid:77777777-7777-4777-8777-777777777777"

	barsEvents, barsReasons = "https://fhir.nhs.uk/CodeSystem/message-events-bars|", "https://fhir.nhs.uk/CodeSystem/message-reason-bars|"
)

func barsPerson() string {
	return uuidPerson + ` {"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"family":"Esposito"}]}`
}

func barsConsent() string {
	return uuidConsent + " " + strings.ReplaceAll(consentJSON("c", "PERSON", "active"), "Patient/PERSON", uuidPerson)
}

func barsRequest(status string) string {
	return uuidRequest + fmt.Sprintf(` {"resourceType":"ServiceRequest","status":%q,"intent":"plan","subject":{"reference":%q},"encounter":{"reference":%q},
"requester":{"reference":"Organization/bayview"},"authoredOn":"2026-03-02T08:50:00-08:00"}`, status, uuidPerson, uuidBefore)
}

func barsEncounter(url, number, status, start, more string) string {
	return url + fmt.Sprintf(` {"resourceType":"Encounter","identifier":[{"system":"https://case.example/%s","value":"1"}],"status":%q,
"class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":%q},"period":{"start":%q}%s}`, number, status, uuidPerson, start, more)
}

func barsReferral(id, reason, status string) string {
	return envelope(id, barsEvents+"servicerequest-request", barsReasons+reason, uuidRequest,
		barsRequest(status), barsPerson(), barsConsent(), barsEncounter(uuidBefore, "sender", "finished", "2026-03-02T08:00:00-08:00", ""))
}

// said sends a message and gives the answer's header and the whole answer.
func (a *adapter) said(t *testing.T, who scenario.Party, body string, status int) (header, all *fhir.Resource) {
	t.Helper()
	answer := a.ask(who, "POST", "/$process-message", body)
	require.Equal(t, status, answer.Status, "%s", answer.Body)
	all = strictly(t, answer.Body)
	require.Equal(t, "Bundle", all.Type(), "%s", answer.Body)
	require.Equal(t, "message", all.Get("type").Text())
	header = all.Get("entry").Items()[0].Get("resource").Resource()
	require.Equal(t, "MessageHeader", header.Type())
	return header, all
}

// outcomeIn gives the words of the outcome in an answer.
func outcomeIn(all *fhir.Resource) string {
	var words []string
	for e := range all.Get("entry").All() {
		for i := range e.Get("resource").Resource().Get("issue").All() {
			words = append(words, i.Get("diagnostics").Text()+i.Get("details", "text").Text())
		}
	}
	return strings.Join(words, "\n")
}

func TestAcceptBarsReferralWithoutTaskAsksTheReceiver(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	header, all := a.said(t, bayview, barsReferral("m1", "new", "active"), 200)
	assert.Equal(t, "ok", header.Get("response", "code").Text())
	assert.Equal(t, "m1", header.Get("response", "identifier").Text())
	assert.Equal(t, "https://sender.example/fhir", header.Get("destination").Items()[0].Get("endpoint").Text())
	focus := header.Get("focus").Items()[0].Get("reference").Text()
	request := a.get(strings.TrimPrefix(focus, scenario.Base))
	assert.Equal(t, uuidRequest, request.Get("identifier").Items()[0].Get("value").Text(), "the sender's name for it is kept as an identifier")

	tasks := a.found("Task?focus=ServiceRequest/" + request.ID())
	require.Len(t, tasks, 1, "somebody was asked")
	assert.Equal(t, "Organization/harbor", tasks[0].Get("owner", "reference").Text())
	assert.Equal(t, "requested", tasks[0].Get("status").Text())
	assert.Contains(t, string(all.Bytes()), `/Task/`+tasks[0].ID(), "the answer brings the Task")
	assert.Equal(t, "offered", a.stands(tasks[0].ID()))

	before := a.holdings()
	again, _ := a.said(t, bayview, barsReferral("m1", "new", "active"), 200)
	assert.Equal(t, "ok", again.Get("response", "code").Text())
	assert.Equal(t, before, a.holdings(), "the same message again changes nothing")
	_, _ = a.said(t, bayview, barsReferral("m2", "update", "active"), 200)
	assert.Len(t, a.found("ServiceRequest"), 1)
	assert.Len(t, a.found("Task"), 1, "a later message about the same referral makes no second leg")
	assert.Len(t, a.found("Patient"), 1)

	_, refused := a.said(t, bayview, barsReferral("m3", "delete", "active"), 422)
	assert.Contains(t, outcomeIn(refused), "must say revoked")
	_, _ = a.said(t, bayview, barsReferral("m4", "delete", "revoked"), 200)
	assert.Equal(t, "closed:referrer-withdrew", a.stands(tasks[0].ID()))
}

// Of several deliveries of one message at once, whatever each is told, one referral comes.
func TestAcceptOneMessageDeliveredSeveralTimesAtOnce(t *testing.T) {
	t.Parallel()
	for range rounds(t, 3) {
		a := newAdapter(t)
		answers := atOnce(8, func(int) scenario.Answer {
			return a.ask(bayview, "POST", "/$process-message", barsReferral("m1", "new", "active"))
		})
		done := 0
		for _, one := range answers {
			assert.Contains(t, []int{200, 409}, one.Status, "%s", one.Body)
			if one.Status == 200 {
				done++
			}
		}
		assert.Positive(t, done)
		assert.Len(t, a.found("ServiceRequest"), 1)
		assert.Len(t, a.found("Task?code=fulfill"), 1)
		assert.Len(t, a.found("Patient"), 1)
	}
}

func TestAcceptBarsAnswers(t *testing.T) {
	t.Parallel()
	answer := func(id, focus string, more ...string) string {
		return envelope(id, barsEvents+"servicerequest-response", barsReasons+"new", focus,
			append([]string{barsRequest("revoked"), barsPerson(), barsEncounter(uuidBefore, "sender", "finished", "2026-03-02T08:00:00-08:00", "")}, more...)...)
	}
	rejected := `,"reasonCode":[{"coding":[{"system":"https://fhir.nhs.uk/CodeSystem/rejected-reasons-bars","code":"RRNA"}]}]`
	noshow := uuidBooking + fmt.Sprintf(` {"resourceType":"Appointment","status":"noshow","start":"2026-03-02T08:00:00-08:00","end":"2026-03-02T08:30:00-08:00",
"participant":[{"actor":{"reference":%q},"status":"accepted"}]}`, uuidPerson)
	for _, row := range []struct{ name, message, stands string }{
		{"a service that rejects has said no, and why", answer("r1", uuidAnswer, barsEncounter(uuidAnswer, "receiver", "cancelled", "2026-03-02T08:55:00-08:00", rejected)), "closed:agency-declined-capacity"},
		{"a visit that the service records is a visit", answer("r2", uuidAnswer, barsEncounter(uuidAnswer, "receiver", "finished", "2026-03-02T08:55:00-08:00",
			`,"serviceProvider":{"reference":"Organization/harbor"}`)), "attended A"},
		{"a planned encounter is an acknowledgement", answer("r3", uuidAnswer, barsEncounter(uuidAnswer, "receiver", "planned", "2026-03-02T08:55:00-08:00", "")), "offered"},
		{"did not attend", answer("r4", uuidRequest, noshow), "outreach:missed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := newAdapter(t)
			a.said(t, bayview, barsReferral("m1", "new", "active"), 200)
			header, all := a.said(t, harbor, row.message, 200)
			assert.Equal(t, "ok", header.Get("response", "code").Text(), outcomeIn(all))
			task := a.found("Task?code=fulfill")[0]
			assert.Equal(t, row.stands, a.stands(task.ID()))
			assert.Equal(t, "active", a.found("ServiceRequest")[0].Get("status").Text(), "the request is the requester's, whatever a copy of it says")
			assert.Len(t, a.found("Patient"), 1)
		})
	}
}

func TestAcceptBarsBookingIsKept(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	booking := func(id, reason, status string) string {
		return envelope(id, barsEvents+"booking-request", barsReasons+reason, uuidBooking, barsPerson(),
			uuidBooking+fmt.Sprintf(` {"resourceType":"Appointment","status":%q,"start":"2026-03-04T08:00:00-08:00","end":"2026-03-04T08:30:00-08:00",
"participant":[{"actor":{"reference":%q},"status":"accepted"}]}`, status, uuidPerson))
	}
	_, refused := a.said(t, bayview, booking("b0", "delete", "cancelled"), 404)
	assert.Contains(t, outcomeIn(refused), "not here")
	assert.Empty(t, a.found("Patient"), "nothing of a refused message is stored")
	a.said(t, bayview, booking("b1", "new", "booked"), 200)
	a.said(t, bayview, booking("b2", "delete", "cancelled"), 200)
	found := a.found("Appointment")
	require.Len(t, found, 1)
	assert.Equal(t, []string{"booked", "cancelled"}, a.statuses("Appointment/"+found[0].ID()))
}

// bserMessage is a referral as BSeR sends it: absolute names of the sender, and references that are short for them.
func bserMessage(id, status, more string) string {
	const at = "https://ehr.example/fhir/"
	return envelope(id, "http://terminology.hl7.org/CodeSystem/v2-0003|I12", "http://terminology.hl7.org/CodeSystem/v2-0003|I12", "Task/t7",
		at+`Patient/p7 {"resourceType":"Patient","id":"p7","identifier":[{"system":"https://ehr.example/mrn","value":"77"}],"name":[{"family":"Esposito"}]}`,
		at+`Consent/c7 `+strings.ReplaceAll(consentJSON("c7", "p7", "active"), "Organization/harbor", scenario.Base+"/Organization/harbor"),
		at+`ServiceRequest/sr7 {"resourceType":"ServiceRequest","id":"sr7","identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"PLAC"}]},
"system":"https://ehr.example/orders","value":"7"}],"status":"active","intent":"order","subject":{"reference":"Patient/p7"},"supportingInfo":[{"reference":"Consent/c7"}],
"requester":{"reference":"Organization/bayview"},"reasonReference":[{"reference":"Condition/none"}]}`,
		at+fmt.Sprintf(`Task/t7 {"resourceType":"Task","id":"t7","identifier":[{"system":"https://ehr.example/tasks","value":"7"}%s],"status":%q,"intent":"order",%s,
"focus":{"reference":"ServiceRequest/sr7"},"for":{"reference":"Patient/p7"},"authoredOn":"2026-03-02T08:55:00-08:00","requester":{"reference":"Organization/bayview"},
"owner":{"reference":%q}}`, more, status, code, scenario.Base+"/Organization/harbor"))
}

func TestAcceptBserReferralAndFeedback(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	a.said(t, bayview, bserMessage("m1", "requested", ""), 200)
	task := a.found("Task?identifier=https://ehr.example/tasks|7")[0]
	request := a.found("ServiceRequest")[0]
	assert.Equal(t, "ServiceRequest/"+request.ID(), task.Get("focus", "reference").Text())
	assert.Equal(t, "https://ehr.example/fhir/Condition/none", request.Get("reasonReference").Items()[0].Get("reference").Text(),
		"what did not come along is named where the sender keeps it")
	assert.Equal(t, "offered", a.stands(task.ID()))
	fill := `,{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"FILL"}]},"system":"https://harbor.example/tasks","value":"x"}`
	a.said(t, harbor, bserMessage("m2", "accepted", fill), 200)
	assert.Equal(t, "accepted", a.stands(task.ID()), "the answer is known by the identifier that both sides have")
	assert.Len(t, a.found("Task?code=fulfill"), 1)
	assert.Len(t, a.found("ServiceRequest"), 1)
	header, all := a.said(t, harbor, bserMessage("m3", "requested", fill), 422)
	assert.Equal(t, "fatal-error", header.Get("response", "code").Text())
	assert.Contains(t, outcomeIn(all), "requested", "the move is refused, with what is open")
	assert.NotEmpty(t, header.Get("response", "details", "reference").Text())
	assert.Equal(t, "accepted", a.stands(task.ID()))
}

// What Ontario's clients send: new ids in each message, entries without fullUrl, references by Type/id.
func TestAcceptCanadianReferral(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	const events = "https://ehealthontario.ca/fhir/CodeSystem/message-event-code|"
	id := func(urn string) string { return strings.TrimPrefix(urn, "urn:uuid:") }
	request := func(status string) string {
		return fmt.Sprintf(`- {"resourceType":"ServiceRequest","id":%q,"identifier":[{"system":"https://ocean.example/ref","value":"R9"}],"status":%q,"intent":"order",
"subject":{"reference":"Patient/%s"},"requester":{"reference":"Organization/bayview"},"performer":[{"reference":"Organization/harbor"}]}`, id(uuidRequest), status, id(uuidPerson))
	}
	person := fmt.Sprintf(`- {"resourceType":"Patient","id":%q,"name":[{"family":"Esposito"}]}`, id(uuidPerson))
	consent := "- " + consentJSON(id(uuidConsent), id(uuidPerson), "active")
	a.said(t, bayview, envelope("c1", events+"add-service-request", "", "ServiceRequest/"+id(uuidRequest), request("active"), person, consent), 200)
	made := a.found("Task?owner=Organization/harbor")
	require.Len(t, made, 1)
	assert.Equal(t, "offered", a.stands(made[0].ID()))

	task := func(id, status string) string {
		return fmt.Sprintf(`- {"resourceType":"Task","id":%q,"status":%q,"intent":"order","code":{"coding":[{"system":"https://ocean.example/codes","code":"process-request"}]},
"basedOn":[{"reference":"ServiceRequest/%s"}]}`, id, status, strings.TrimPrefix(uuidRequest, "urn:uuid:"))
	}
	a.said(t, harbor, envelope("c2", events+"notify-add-process-request", "", "Task/"+id(uuidTask), task(id(uuidTask), "accepted"), request("active"), person), 200)
	assert.Equal(t, "accepted", a.stands(made[0].ID()), "the performer's Task takes the place of the one that we made")
	other := "88888888-8888-4888-8888-888888888888"
	a.said(t, harbor, envelope("c3", events+"notify-update-process-request", "", "Task/"+other, task(other, "in-progress"), request("active"), person), 200)
	assert.Len(t, a.found("Task?owner=Organization/harbor"), 1, "under whatever id it comes")
	assert.Len(t, a.found("Patient"), 1)
	a.said(t, bayview, envelope("c4", events+"revoke-service-request", "", "ServiceRequest/"+id(uuidRequest), request("revoked"), person), 200)
	assert.Equal(t, "closed:referrer-withdrew", a.stands(made[0].ID()))
}

func TestAcceptMessagesThatAreRefused(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	for _, row := range []struct {
		name, body string
		status     int
		words      string
	}{
		{"an unknown event", envelope("x1", "http://example.org/events|launch", "", uuidPerson, barsPerson()), 422, "servicerequest-request"},
		{"no reason where the standard asks for one", envelope("x2", barsEvents+"servicerequest-request", "", uuidRequest, barsRequest("active"), barsPerson()), 422, "new, update, delete"},
		{"a focus of another type", envelope("x3", barsEvents+"servicerequest-request", barsReasons+"new", uuidPerson, barsPerson()), 422, "ServiceRequest"},
		{"a focus that did not come along", envelope("x4", barsEvents+"servicerequest-request", barsReasons+"new", uuidRequest, barsPerson()), 422, "not in the message"},
		{"a revocation of what is not here", barsReferral("x5", "delete", "revoked"), 404, "not here"},
	} {
		header, all := a.said(t, nobody, row.body, row.status)
		assert.Equal(t, "fatal-error", header.Get("response", "code").Text(), row.name)
		assert.Contains(t, outcomeIn(all), row.words, row.name)
	}
	for _, body := range []string{`{"resourceType":"Bundle","type":"collection"}`, `{"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"Patient"}}]}`, `{"resourceType":"Patient"}`} {
		a.refused(nobody, "POST", "/$process-message", body, 400)
	}
	a.refused(nobody, "POST", "/$process-message?async=true", barsReferral("x6", "new", "active"), 400)
	assert.Empty(t, a.holdings(), "nothing of a refused message is stored")
}

// TestAcceptPublishedMessages sends the published BaRS messages, each as it is and in XML.
func TestAcceptPublishedMessages(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(published + "/bars/examples/process_message/*.json")
	require.NoError(t, err)
	requests, err := filepath.Glob(published + "/bars/examples/process_message/request/*.json")
	require.NoError(t, err)
	if names = append(names, requests...); len(names) == 0 {
		t.Skip("the published examples are not on this machine: no messages to send")
	}
	a := newAdapter(t)
	for _, name := range names {
		sent, err := os.ReadFile(name)
		require.NoError(t, err)
		header, all := a.said(t, nobody, string(sent), 200)
		assert.Equal(t, "ok", header.Get("response", "code").Text(), "%s: %s", name, outcomeIn(all))
		assert.NotEmpty(t, header.Get("focus").Items(), name)
		before := a.keys()
		answer := a.ask(nobody, "POST", "/$process-message", string(strictly(t, sent).XML()), "Content-Type: application/fhir+xml", "Accept: application/fhir+xml")
		assert.Equal(t, 200, answer.Status, "%s: %s", name, answer.Body)
		assert.Contains(t, answer.Header.Get("Content-Type"), "xml")
		assert.Equal(t, before, a.keys(), "%s: again, in another format, it makes nothing new", name)
	}
	assert.NotEmpty(t, a.found("ServiceRequest?status=active"))
	assert.NotEmpty(t, a.found("Appointment?status=booked"))
}

// keys gives what is stored, without its versions.
func (a *adapter) keys() []string {
	all := map[string]bool{}
	for k := range a.holdings() {
		key, _, _ := strings.Cut(k, "/_history/")
		all[key] = true
	}
	return slices.Sorted(maps.Keys(all))
}
