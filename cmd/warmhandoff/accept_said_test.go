package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/mapping"
)

// TestRuling34PropertyEveryWriteSaysWhatBecameOfIt writes anything in any shape and holds what the answer to each write says against what $handoff, explain
// and $waiting say of the same.
func TestRuling34PropertyEveryWriteSaysWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	met := map[string]int{}
	checkUntil(t, func() bool {
		return !slices.ContainsFunc(sentences, func(words string) bool { return met[words] == 0 })
	}, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", monday, nil)
		defer func() { assert.NoError(r, a.store.Close()) }()
		if rapid.Bool().Draw(r, "begun") {
			a.put(bayview, `{"resourceType":"Patient","id":"0"}`)
			a.put(bayview, consentJSON("0", "0", "active"))
			a.put(bayview, `{"resourceType":"ServiceRequest","id":"0","status":"active","intent":"order","subject":{"reference":"Patient/0"},"authoredOn":"2026-03-02T08:00:00Z","requester":{"reference":"Organization/bayview"}}`)
			a.put(bayview, `{"resourceType":"Task","id":"0","status":"requested","intent":"order",`+code+`,"focus":{"reference":"ServiceRequest/0"},"for":{"reference":"Patient/0"},"owner":{"reference":"Organization/harbor"}}`)
			answer := a.ask(navigator, "PUT", "/Appointment/0", `{"resourceType":"Appointment","id":"0","status":"booked","start":"2026-03-09T18:00:00Z","end":"2026-03-09T19:00:00Z","basedOn":[{"reference":"ServiceRequest/0"}],
"participant":[{"actor":{"reference":"Patient/0"},"status":"accepted"},{"actor":{"reference":"PractitionerRole/0"},"status":"accepted"}]}`, scenario.Prefer)
			a.agrees(r, navigator, "PUT", "/Appointment/0", answer, met)
		}
		for range rapid.IntRange(6, 25).Draw(r, "writes") {
			who := rapid.SampledFrom([]scenario.Party{bayview, harbor, cedar, navigator, nobody, nobody}).Draw(r, "who")
			method, path, body := drawAnything(r)
			body = twisted(r, body)
			r.Logf("%s %s %s %s", who.Name, method, path, body)
			answer := a.ask(who, method, path, body, scenario.Prefer)
			if !answer.OK() {
				continue
			}
			a.agrees(r, who, method, path, answer, met)
			a.clock.pass(time.Duration(rapid.SampledFrom([]int{0, 1, 26}).Draw(r, "hours")) * time.Hour)
		}
	})
	for _, words := range sentences {
		assert.Positive(t, met[words], "nothing of this kind was drawn: %s", words)
	}
}

// sentences are the kinds of what is said of a write.
var sentences = []string{"Followed as a leg", "Followed as a referral", "Kept and not followed", "Kept and not acted on", "it counts for", "it waits for", "No referral that is open to you", "Deleted"}

// checkUntil checks a property, and again up to four times while what is rare was not drawn: a property that met nothing of a kind says nothing of it.
func checkUntil(t *testing.T, met func() bool, property func(*rapid.T)) {
	t.Helper()
	rapid.Check(t, property)
	for range 4 {
		if met() || t.Failed() {
			return
		}
		rapid.Check(t, property)
	}
}

// twisted changes what decides whether something is followed.
func twisted(r *rapid.T, body string) string {
	if body == "" {
		return body
	}
	twist := func(from, to string) { body = strings.Replace(body, from, to, 1) }
	switch rapid.IntRange(0, 10).Draw(r, "twist") {
	case 0:
		twist(code+`,`, ``)
	case 1:
		twist(code, `"code":{"coding":[{"system":"http://snomed.info/sct","code":"3457005"}]}`)
	case 2:
		twist(code, `"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"suspend"}]}`)
	case 3:
		twist(code, `"code":{"text":"see her"},"partOf":[{"reference":"Task/9"}]`)
	case 4:
		twist(`"owner":{"reference":"Organization/harbor"}`, `"owner":{"reference":"Organization/bayview"}`)
		twist(code, `"code":{"text":"see her"}`)
	case 5:
		twist(`"status":`, `"modifierExtension":[{"url":"http://example.org/other-way-round","valueBoolean":true}],"status":`)
	case 6:
		twist(`"focus":`, `"basedOn":[{"reference":"ServiceRequest/1"}],"encounter":{"reference":"Encounter/1"},"focus":`)
	case 7:
		if strings.Contains(body, `"Task"`) { // a mistake says no more than that
			body = body[:strings.Index(body, `"status":`)] + `"status":"entered-in-error","intent":"order"}`
		}
	}
	return body
}

// listed reports whether the $handoff of a request lists a Task.
func (a *adapter) listed(r *rapid.T, task string) bool {
	for _, id := range []string{"0", "1", "2"} {
		ref, err := a.door.Referral(context.Background(), id)
		require.NoError(r, err)
		if slices.ContainsFunc(ref.Legs, func(l scenario.Leg) bool { return l.Task == task }) {
			return true
		}
	}
	return false
}

// agrees holds one answer against everything else that tells of the same.
func (a *adapter) agrees(r *rapid.T, who scenario.Party, method, path string, answer scenario.Answer, met map[string]int) {
	typ, id, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !mapping.ToldOf(typ) {
		return
	}
	if typ == "Task" && (method == "DELETE" || a.leg(id).State == "none") {
		require.False(r, a.listed(r, id), "the $handoff of a request lists what is not followed")
	}
	if len(answer.Body) == 0 { // nothing was there to be deleted
		require.Equal(r, "DELETE", method)
		return
	}
	at := slices.IndexFunc(answer.Issues(), func(i scenario.Issue) bool {
		return strings.HasPrefix(i.Text, "Kept") || strings.HasPrefix(i.Text, "Followed") || strings.HasPrefix(i.Text, "Deleted")
	})
	if at < 0 && (typ == "Observation" || method == "DELETE") {
		return
	}
	require.GreaterOrEqual(r, at, 0, "%s %s says nothing: %s", method, path, answer.Body)
	said := answer.Issues()[at]
	for _, name := range []string{"Delgado", "1990"} {
		require.NotContains(r, said.Text, name)
	}
	for _, words := range sentences {
		if strings.Contains(said.Text, words) {
			met[words]++
		}
	}
	if method == "DELETE" || strings.Contains(said.Text, "No referral that is open to you") {
		require.Contains(r, []string{"", "information"}, said.Severity)
		return
	}
	if strings.Contains(said.Text, "not-shared") || strings.Contains(said.Text, "is not shared") {
		require.EqualValues(r, "referrer", who.Role)
		return
	}
	waits := strings.Contains(string(a.ask(nobody, "GET", "/ServiceRequest/$waiting", "").Body), `"`+typ+"/"+id+`"`)
	switch typ {
	case "Task":
		require.Contains(r, answer.Header.Get("Link"), "/Task/"+id+"/$handoff>; rel=")
		leg := a.leg(id)
		require.Equal(r, leg.State == "none", strings.Contains(said.Text, "Kept and not followed: "), "%s: %s", leg.State, said.Text)
		require.Equal(r, leg.State == "none", leg.Because != "", "%s", leg.Because)
		require.Contains(r, said.Text, leg.Because)
		if leg.State != "none" {
			require.Contains(r, said.Text, leg.State, "where it stands")
			require.Contains(r, said.Text, leg.Reason)
		}
		require.Equal(r, strings.Contains(leg.Because, "it waits for that"), waits, "%s, in $waiting: %t", leg.Because, waits)
	case "ServiceRequest":
		require.Contains(r, answer.Header.Get("Link"), "/ServiceRequest/"+id+"/$handoff>; rel=")
		ref, err := a.door.Referral(context.Background(), id)
		require.NoError(r, err)
		require.Equal(r, ref.State == "none", strings.Contains(said.Text, "Kept and not followed: "), "%s: %s", ref.State, said.Text)
		for _, l := range ref.Legs {
			if who.Role == "agency" { // told of its own, once that is released
				if strings.HasPrefix(l.Agency, "Organization/") && l.Agency != who.Ref {
					require.NotContains(r, said.Text, "Task/"+l.Task+" at "+l.Agency)
				}
				continue
			}
			at := "Task/" + l.Task
			if l.Agency != "" { // it may name nobody
				at += " at " + l.Agency
			}
			require.Contains(r, said.Text, at+" is "+l.State)
		}
	default:
		if waits && (who.Role == "" || who.Role == "navigator") {
			require.Contains(r, said.Text, "it waits for")
		}
	}
	if typ == "Task" || typ == "ServiceRequest" {
		var out bytes.Buffer
		body := a.ask(nobody, "GET", path+"/$handoff", "").Body
		require.NoError(r, new(explain).tellAnswer(&program{Context: context.Background(), out: &out}, typ+"/"+id, body, time.UTC))
		leg := a.leg(id)
		if typ == "Task" && leg.Because != "" {
			require.Contains(r, out.String(), leg.Because, "explain says the same")
		}
	}
}
