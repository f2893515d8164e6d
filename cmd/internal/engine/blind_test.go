package engine

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/mapping/workflow"
)

// blind is a referral under 42 CFR Part 2 whose consent lets the package go and nothing come back.
type blind struct {
	*fixture
}

var (
	bayview = Principal{Role: workflow.Referrer, Party: "Organization/ref"}
	delta   = Principal{Role: workflow.Agency, Party: "Organization/delta"}
)

const recoveryTask = `{"resourceType":"Task","id":"t","status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/sr"},"for":{"reference":"Patient/p"},"authoredOn":"2026-03-02T09:00:00Z","lastModified":"2026-03-02T09:00:00Z","requester":{"reference":"Organization/ref"},"owner":{"reference":"Organization/delta"}}`

// recovery is a Consent with all that 42 CFR 2.31 asks for.
func recovery(status, roles string) string {
	return `{"resourceType":"Consent","id":"c","status":"` + status + `","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"patient":{"reference":"Patient/p"},"dateTime":"2026-03-02T08:00:00Z","performer":[{"reference":"Patient/p"}],"organization":[{"reference":"Organization/ref"}],"provision":{"type":"permit","period":{"end":"2027-03-01"},"securityLabel":[{"code":"42CFRPart2"}],"purpose":[{"code":"TREAT"}],"actor":[{"role":{"coding":[{"code":"CST"}]},"reference":{"reference":"Organization/ref"}},{"role":{"coding":[{"code":"` + roles + `"}]},"reference":{"reference":"Organization/delta"}}]}}`
}

func startBlind(t *testing.T) *blind {
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	f := startOn(t, s)
	f.set.Rules = workflow.DefaultRules(time.UTC)
	f.set.Guide.Zone = time.UTC
	b := &blind{f}
	b.say(bayview, `{"resourceType":"Patient","id":"p","name":[{"family":"Delgado"}]}`, recovery("active", "IRCP"),
		`{"resourceType":"ServiceRequest","id":"sr","meta":{"security":[{"code":"42CFRPart2"}]},"status":"active","intent":"order","subject":{"reference":"Patient/p"},"authoredOn":"2026-03-02","requester":{"reference":"Organization/ref"}}`,
		recoveryTask)
	return b
}

func (b *blind) say(who Principal, bodies ...string) {
	b.t.Helper()
	b.step(time.Minute)
	changes := make([]Change, len(bodies))
	for i, body := range bodies {
		changes[i] = b.put(body)
	}
	_, err := b.Apply(b.t.Context(), who, bundle(changes...))
	require.NoError(b.t, err)
}

func (b *blind) task(status, more string) string {
	return strings.Replace(strings.Replace(recoveryTask, `"requested"`, `"`+status+`"`, 1), `"intent"`, more+`"intent"`, 1)
}

func (b *blind) newestTask() string {
	b.t.Helper()
	v, err := b.Read(b.t.Context(), bayview, "Task", "t")
	require.NoError(b.t, err)
	return string(v.Body)
}

// provenances gives all that we wrote to say why we wrote.
func (b *blind) provenances() []string {
	var all []string
	require.NoError(b.t, b.store.View(b.t.Context(), func(r store.Reader) error {
		return r.EachKey(b.t.Context(), "Provenance", func(v store.Version) error {
			all = append(all, string(v.Body))
			return nil
		})
	}))
	return all
}

func (b *blind) booked() {
	b.say(delta, b.task("accepted", ""))
	b.say(delta, `{"resourceType":"Appointment","id":"a","status":"booked","basedOn":[{"reference":"ServiceRequest/sr"}],"start":"2026-03-05T10:00:00Z","end":"2026-03-05T11:00:00Z","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`)
}

func (b *blind) came() {
	b.booked()
	b.step(72 * time.Hour)
	b.say(delta, `{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p"},"appointment":[{"reference":"Appointment/a"}],"period":{"start":"2026-03-05T10:02:00Z"}}`)
	b.say(delta, b.task("completed", `"output":[{"type":{"text":"visit"},"valueString":"seen on the 5th"}],"note":[{"text":"She came."}],`))
}

// endings are what may happen to a leg, each told as it happens.
var endings = map[string]func(b *blind){
	"she came":   (*blind).came,
	"still open": func(b *blind) { b.booked() },
	"no answer":  func(*blind) {},
	"she did not come": func(b *blind) {
		b.booked()
		b.step(72 * time.Hour)
		b.say(delta, `{"resourceType":"Appointment","id":"a","status":"noshow","basedOn":[{"reference":"ServiceRequest/sr"}],"start":"2026-03-05T10:00:00Z","end":"2026-03-05T11:00:00Z","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`)
	},
	"they declined": func(b *blind) {
		b.say(delta, b.task("rejected", `"statusReason":{"coding":[{"system":"urn:warmhandoff:close-reason","code":"agency-declined-capacity"}],"text":"no room"},`))
	},
	"consent was taken back": func(b *blind) {
		b.booked()
		b.say(bayview, recovery("inactive", "IRCP"))
	},
}

var idsAndTimes = regexp.MustCompile(`"(versionId|lastUpdated|lastModified|recorded|id)":"[^"]*"|/_history/\d+`)

func timeless(s string) string { return idsAndTimes.ReplaceAllString(s, "") }

func Test6_3ABlindEndingIsTheSameWhateverHappened(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 4, 1, 17, 1, 0, 0, time.UTC)
	tasks, whys := map[string][]string{}, map[string][]string{}
	for name, happen := range endings {
		b := startBlind(t)
		happen(b)
		for _, telling := range []string{"businessStatus", `"urn:warmhandoff:output"`, "attended", `"first-visit"`} {
			assert.NotContains(t, b.newestTask(), telling, "%s: nothing tells before the day", name)
		}
		b.step(day.Add(-time.Second).Sub(b.time()))
		_, _, err := b.Tick(t.Context())
		require.NoError(t, err)
		assert.NotContains(t, b.newestTask(), string(workflow.NotShared), "%s: not before its day", name)
		b.step(time.Second)
		_, _, err = b.Tick(t.Context())
		require.NoError(t, err)
		ended := b.newestTask()
		assert.Contains(t, ended, `"status":"cancelled"`, name)
		assert.Contains(t, ended, `"outcome-not-shared"`, name)
		assert.Contains(t, ended, day.Format("2006-01-02T15:04:05"), "%s: on the fixed day", name)
		tasks[timeless(ended)] = append(tasks[timeless(ended)], name)
		all := b.provenances()
		last := timeless(all[len(all)-1])
		whys[last] = append(whys[last], name)
		for _, p := range all {
			assert.NotContains(t, p, "entity", "%s: no Provenance of ours names evidence", name)
		}
	}
	assert.Len(t, tasks, 1, "the same bytes apart from ids and times")
	assert.Len(t, whys, 1, "and the same Provenance")
}

func Test6_3ABlindLegIsNotToldByTheAnswerEither(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for name, happen := range endings {
		b := startBlind(t)
		happen(b)
		for _, typ := range []string{"Task", "ServiceRequest"} {
			id := map[string]string{"Task": "t", "ServiceRequest": "sr"}[typ]
			doc, err := b.HandoffParameters(t.Context(), bayview, typ, id)
			require.NoError(t, err)
			assert.Contains(t, string(doc), "outcome-not-shared", name)
			told[typ+string(doc)] = true
			full, err := b.HandoffParameters(t.Context(), Principal{Role: workflow.Navigator}, typ, id)
			require.NoError(t, err)
			assert.NotContains(t, string(full), "outcome-not-shared\"", "%s: a navigator is told", name)
		}
	}
	assert.Len(t, told, 2, "one answer for the Task and one for the request, whatever happened")
}

func Test6_3ConsentGivenForTheWayBackTellsAgain(t *testing.T) {
	t.Parallel()
	b := startBlind(t)
	b.came()
	b.step(40 * 24 * time.Hour)
	_, _, err := b.Tick(t.Context())
	require.NoError(t, err)
	assert.Contains(t, b.newestTask(), "outcome-not-shared")
	b.say(bayview, recovery("active", "CST"))
	assert.Contains(t, b.newestTask(), `"status":"completed"`)
	assert.Contains(t, b.newestTask(), "first-visit")
	assert.Contains(t, b.newestTask(), "seen on the 5th", "what the agency wrote is there again")
	assert.NotContains(t, b.newestTask(), "outcome-not-shared")
	before := b.newestTask()
	b.step(time.Hour)
	_, _, err = b.Tick(t.Context())
	require.NoError(t, err)
	assert.Equal(t, before, b.newestTask(), "and it rests")
}

func Test6_3WhatWasToldLawfullyStaysTold(t *testing.T) {
	t.Parallel()
	b := startBlind(t)
	b.say(bayview, recovery("active", "CST"))
	b.came()
	require.Contains(t, b.newestTask(), "first-visit")
	b.say(bayview, recovery("active", "IRCP"))
	b.step(60 * 24 * time.Hour)
	_, _, err := b.Tick(t.Context())
	require.NoError(t, err)
	assert.Contains(t, b.newestTask(), "first-visit")
}

func Test6_3TakingBackTheWayBackAloneLeavesTheLegGoing(t *testing.T) {
	t.Parallel()
	b := startBlind(t)
	b.say(bayview, recovery("active", "CST"))
	b.booked()
	require.Contains(t, b.newestTask(), `"scheduled"`)
	b.say(bayview, recovery("active", "IRCP"))
	assert.NotContains(t, b.newestTask(), "businessStatus", "blind from then")
	doc, err := b.HandoffParameters(t.Context(), Principal{Role: workflow.Navigator}, "Task", "t")
	require.NoError(t, err)
	assert.Contains(t, string(doc), `"scheduled"`)
}

func Test6_8EvidenceSentAgainAfterANewConsentCounts(t *testing.T) {
	t.Parallel()
	b := startBlind(t)
	b.say(bayview, recovery("active", "CST"))
	b.booked()
	b.say(bayview, recovery("inactive", "CST"))
	b.step(72 * time.Hour)
	encounter := b.put(`{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p"},"appointment":[{"reference":"Appointment/a"}],"period":{"start":"2026-03-05T10:02:00Z"}}`)
	send := func() Result {
		b.step(time.Minute)
		results, err := b.Apply(t.Context(), delta, []Change{encounter})
		require.NoError(t, err)
		return results[0]
	}
	assert.Equal(t, Created, send().Done)
	assert.Equal(t, Unchanged, send().Done, "a repeat while consent is gone changes nothing")
	b.say(bayview, recovery("active", "CST"))
	assert.NotContains(t, b.newestTask(), "first-visit")
	again := send()
	assert.Equal(t, Updated, again.Done)
	assert.Equal(t, 2, again.Version.Number)
	assert.Contains(t, b.newestTask(), "first-visit")
	assert.Equal(t, Unchanged, send().Done, "and once is enough")
}
