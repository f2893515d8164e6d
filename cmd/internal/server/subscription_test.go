package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const hook = `{"resourceType":"Subscription","status":"requested","reason":"x","criteria":"Task?status=requested","channel":{"type":"rest-hook","endpoint":"https://x.example/hook"}}`

// TestASubscriptionIsCheckedOnTheWayIn goes through what a Subscription may say. What is refused is refused by $validate too, with the same words.
func TestASubscriptionIsCheckedOnTheWayIn(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	for _, c := range []struct{ old, new, at string }{ // at "" is accepted
		{`x`, `x`, ""},
		{`requested","reason`, `off","reason`, ""},
		{`requested","reason`, `active","reason`, ""},
		{`requested","reason`, `error","reason`, ""}, // an official example says so; it is warned
		{`Task?status=requested`, `Task`, ""},
		{`Task?status=requested`, `Task?owner:Organization.name=x&_id=1`, ""},
		{`Task?status=requested`, `Unicorn?x=1`, "Subscription.criteria"},
		{`Task?status=requested`, `task?status=requested`, "Subscription.criteria"},
		{`Task?status=requested`, `?status=requested`, "Subscription.criteria"},
		{`Task?status=requested`, `https://x.example/fhir/Task?status=requested`, "Subscription.criteria"},
		{`Task?status=requested`, `Task?colour=red`, "Subscription.criteria"},
		{`Task?status=requested`, `Task?status=%zz`, "Subscription.criteria"},
		{`https://x.example/hook`, `https://x.example:8443/hook?a=b`, ""},
		{`https://x.example/hook`, `http://localhost:8080/hook`, ""},
		{`https://x.example/hook`, `http://127.0.0.9/hook`, ""},
		{`https://x.example/hook`, `http://[::1]:80/hook`, ""},
		{`https://x.example/hook`, `http://x.example/hook`, ""},
		{`Task?status=requested"`, `http://x.example/topic","_criteria":{` + extended("backport-filter-criteria") + `}`, ""},
		{`Task?status=requested","channel":{`, `http://x.example/topic","channel":{` + extended("backport-timeout") + `,`, ""},
		{`Task?status=requested","channel":{`, `http://x.example/topic","channel":{"payload":"application/json","_payload":{` + extended("backport-payload-content") + `},`, ""},
		{`Task?status=requested"`, `http://x.example/topic","_criteria":{` + extended("other") + `}`, "Subscription.criteria"},
		{`Task?status=requested"`, `topic","_criteria":{` + extended("backport-filter-criteria") + `}`, "Subscription.criteria"},
		{`"criteria":"Task?status=requested"`, `"_criteria":{` + extended("other") + `}`, "Subscription.criteria"},
		{`"status"`, `"meta":{"profile":["http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription"]},"status"`, "Subscription.criteria"},
		{`https://x.example/hook`, `ftp://localhost/hook`, "Subscription.channel.endpoint"},
		{`https://x.example/hook`, `file:///etc/passwd`, "Subscription.channel.endpoint"},
		{`https://x.example/hook`, `/hook`, "Subscription.channel.endpoint"},
		{`https://x.example/hook`, `//x.example/hook`, "Subscription.channel.endpoint"},
		{`https://x.example/hook`, `https:///hook`, "Subscription.channel.endpoint"},
		{`https://x.example/hook`, `https://:443`, "Subscription.channel.endpoint"},
		{`https://x.example/hook`, `https://a:b@x.example/hook`, "Subscription.channel.endpoint"},
		{`https://x.example/hook`, `https://x.example/hook#part`, "Subscription.channel.endpoint"},
		{`,"endpoint":"https://x.example/hook"`, ``, "Subscription.channel.endpoint"},
		{`"rest-hook","endpoint":"https://x.example/hook"`, `"websocket"`, ""},
		{`"rest-hook","endpoint":"https://x.example/hook"`, `"email","endpoint":"mailto:a@x.example"`, ""},
		{`"rest-hook"`, `"email"`, "Subscription.channel.endpoint"},
		{`"rest-hook","endpoint":"https://x.example/hook"`, `"sms","endpoint":"tel:+15555550100"`, ""},
		{`"rest-hook"`, `"message"`, ""},
		{`hook"}`, `hook","payload":"application/fhir+json"}`, ""},
		{`hook"}`, `hook","payload":"application/fhir+xml; charset=utf-8"}`, ""},
		{`hook"}`, `hook","payload":"application/x-php"}`, "Subscription.channel.payload"},
		{`hook"}`, `hook","payload":"json"}`, "Subscription.channel.payload"},
		{`hook"}`, `hook","header":["Authorization: Bearer x","X-A:"]}`, ""},
		{`hook"}`, `hook","header":["X-A: b\r\nHost: evil"]}`, "Subscription.channel.header[0]"},
		{`hook"}`, `hook","header":["X-A: b","X B: c"]}`, "Subscription.channel.header[1]"},
		{`hook"}`, `hook","header":["no header"]}`, "Subscription.channel.header[0]"},
		{`hook"}`, `hook","header":["Host: evil"]}`, "Subscription.channel.header[0]"},
		{`hook"}`, `hook","header":["content-length: 3"]}`, "Subscription.channel.header[0]"},
	} {
		body := strings.Replace(hook, c.old, c.new, 1)
		require.True(t, body != hook || c.old == c.new, c.old)
		w := ask(t, s, "POST", "/Subscription", body)
		checked := ask(t, s, "POST", "/Subscription/$validate?mode=create", body)
		if c.at == "" {
			assert.Equal(t, http.StatusCreated, w.Code, "%s: %s", body, w.Body)
			assert.NotContains(t, checked.Body.String(), `"error"`, body)
			continue
		}
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", body, w.Body)
		one := issuesOf(t, w)[0]
		assert.Equal(t, []string{c.at}, one.Expression, body)
		assert.Contains(t, checked.Body.String(), strings.TrimSuffix(one.Details.Text, "."), body)
	}
}

func extended(name string) string {
	return `"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/` + name + `","valueString":"x"}]`
}

// TestASubscriptionIsOffAndSaysWhy: nothing is sent, so nobody waits for it. What was sent is a version, and so is our answer.
func TestASubscriptionIsOffAndSaysWhy(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	w := ask(t, s, "POST", "/Subscription", hook)
	require.Equal(t, http.StatusCreated, w.Code)
	r := good(t, w.Body.String())
	assert.Equal(t, "off", r.Get("status").Text())
	assert.Contains(t, r.Get("error").Text(), "version 1")
	assert.Equal(t, "2", r.VersionID())
	at := "/Subscription/" + r.ID()
	sent := good(t, ask(t, s, "GET", at+"/_history/1", "").Body.String())
	assert.Equal(t, "requested", sent.Get("status").Text())
	assert.False(t, sent.Get("error").Exists())

	again := strings.Replace(hook, `{`, `{"id":"`+r.ID()+`",`, 1)
	assert.Equal(t, `W/"2"`, ask(t, s, "PUT", at, string(sent.Bytes())).Header().Get("ETag"), "the same again is no version")
	require.Equal(t, http.StatusOK, ask(t, s, "PUT", at, strings.Replace(again, "Task?status", "Task?owner", 1)).Code)
	r = good(t, ask(t, s, "GET", at, "").Body.String())
	assert.Equal(t, "off 4", r.Get("status").Text()+" "+r.VersionID())
	assert.Contains(t, r.Get("error").Text(), "version 3")
	require.Equal(t, http.StatusOK, ask(t, s, "PUT", at, strings.Replace(again, "requested", "off", 1)).Code)
	assert.Equal(t, "5", good(t, ask(t, s, "GET", at, "").Body.String()).VersionID(), "who says off is answered by nothing")
	assert.Contains(t, ask(t, s, "GET", "/Subscription?status=requested", "").Body.String(), `"total":0`)
	for host, warned := range map[string]bool{"http://x.example": true, "http://localhost.x.example": true, "http://localhost:1": false, "http://127.0.0.1": false, "https://x.example": false} {
		w := ask(t, s, "POST", "/Subscription", strings.Replace(hook, "https://x.example", host, 1), "Prefer: return=OperationOutcome")
		assert.Equal(t, warned, strings.Contains(w.Body.String(), "must be an https URL"), host)
	}
	failed := ask(t, s, "POST", "/Subscription", strings.Replace(hook, `requested","reason`, `error","error":"no route","reason`, 1))
	r = good(t, failed.Body.String())
	assert.Equal(t, "off 2", r.Get("status").Text()+" "+r.VersionID(), "how it fared elsewhere is not how it fares here")
	assert.Equal(t, "no route", good(t, ask(t, s, "GET", "/Subscription/"+r.ID()+"/_history/1", "").Body.String()).Get("error").Text())
	topic := strings.Replace(strings.Replace(hook, `"status"`, `"meta":{"profile":["http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription"]},"status"`, 1), "Task?status=requested", "http://x.example/topic", 1)
	assert.Equal(t, http.StatusCreated, ask(t, s, "POST", "/Subscription", topic).Code, "a topic")
	b := bundleOf(t, ask(t, s, "POST", "", transact(entry("POST", "Subscription", hook))))
	assert.Contains(t, string(b.Entry[0].Resource), `"off"`)
	assert.Equal(t, http.StatusNoContent, ask(t, s, "DELETE", at, "").Code)
}
