package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/bser"
)

// Completed is a claim, attended is a fact with evidence: what the program writes on a Task that is not its own, and what it reads there.

// The businessStatus of a Task in our codes, and in BSeR's where they have one.
var (
	claimOnly = []string{"urn:warmhandoff:state|unconfirmed", "urn:warmhandoff:reason|claim-only"}
	takenBack = []string{"urn:warmhandoff:state|unconfirmed", "urn:warmhandoff:reason|retracted"}
	visited   = []string{"urn:warmhandoff:state|attended", bser.System + "|5.1.4"}
)

// accepted is a referral to which harbor said yes an hour after it came; another hour later something else may happen.
func accepted(t *testing.T, id string) *adapter {
	t.Helper()
	a := newAdapter(t)
	a.referred(id, "requested")
	a.clock.pass(time.Hour)
	a.put(harbor, taskJSON(id, "accepted", ""))
	require.Equal(t, "accepted", a.stands(id))
	a.clock.pass(time.Hour)
	return a
}

// reads compares a Task as it reads now: its status, its businessStatus, and how many outputs of ours it has.
func (a *adapter) reads(t *testing.T, task, status string, business []string, outputs int) {
	t.Helper()
	r := a.get("/Task/" + task)
	assert.Equal(t, status, r.Get("status").Text())
	assert.Equal(t, business, codesIn(r.Get("businessStatus")))
	assert.Len(t, ourOutputs(r), outputs)
}

// ourOutputs gives "code value" of each output of ours.
func ourOutputs(task *fhir.Resource) []string {
	var list []string
	for o := range task.Get("output").All() {
		for _, c := range codesIn(o.Get("type")) {
			if word, ours := strings.CutPrefix(c, "urn:warmhandoff:output|"); ours {
				list = append(list, word+" "+o.Get("valueDateTime").Text()+o.Get("valueReference", "reference").Text())
			}
		}
	}
	return list
}

// evidence gives "grade source" of each item of evidence that was used for a Task's state.
func (a *adapter) evidence(task string) []string {
	var list []string
	for p := range a.get("/Task/" + task + "/$handoff").Get("parameter").All() {
		if p.Get("name").Text() != "evidence" {
			continue
		}
		parts := map[string]fhir.Value{}
		for one := range p.Get("part").All() {
			parts[one.Get("name").Text()] = one
		}
		if parts["used"].Get("valueBoolean").Bool() {
			list = append(list, parts["grade"].Get("valueCode").Text()+" "+parts["source"].Get("valueReference", "reference").Text())
		}
	}
	slices.Sort(list)
	return list
}

// provenances gives "activity reason" of each Provenance about a version, and what it names as its sources.
func (a *adapter) provenances(version string) (why, sources []string) {
	for _, p := range a.found("Provenance?_count=1000") {
		if p.Get("target", "reference").Text() != version {
			continue
		}
		why = append(why, p.Get("activity", "coding", "code").Text()+" "+p.Get("reason", "coding", "code").Text())
		for e := range p.Get("entity").All() {
			sources = append(sources, e.Get("what", "reference").Text())
		}
	}
	return why, sources
}

func TestAcceptAnOrdinaryIntakeMakesOneVersion(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	a.referred("t1", "requested")
	assert.Equal(t, "offered", a.stands("t1"))
	versions := a.history("Task/t1")
	require.Len(t, versions, 1)
	assert.False(t, versions[0].Get("businessStatus").Exists(), "it says no more than the status does")
	assert.Empty(t, a.found("Provenance?_count=1000"))
	a.clock.pass(time.Hour)
	a.put(harbor, taskJSON("t1", "accepted", ""))
	assert.Len(t, a.history("Task/t1"), 2, "and their yes makes one more")
}

func TestAcceptACompletedWithoutEvidenceIsHeld(t *testing.T) {
	t.Parallel()
	a := accepted(t, "t1")
	note := `,"note":[{"text":"Done here."}],"output":[{"type":{"text":"letter"},"valueString":"sent"}]`
	answered := a.put(harbor, taskJSON("t1", "completed", note))
	assert.Equal(t, "in-progress", answered.Get("status").Text(), "the answer is what is so now")
	assert.Equal(t, "unconfirmed:claim-only", a.stands("t1"))
	a.reads(t, "t1", "in-progress", claimOnly, 0)

	versions := a.history("Task/t1")
	assert.Equal(t, []string{"requested", "accepted", "completed", "in-progress"}, a.statuses("Task/t1"))
	sent := a.ask(nobody, "GET", "/Task/t1/_history/3", "")
	assert.Equal(t, unstamped(t, []byte(taskJSON("t1", "completed", note))), unstamped(t, sent.Body), "their version is as they sent it")
	assert.Equal(t, versions[2].Get("note").Raw(), versions[3].Get("note").Raw())
	assert.Equal(t, versions[2].Get("output").Raw(), versions[3].Get("output").Raw(), "in ours what is theirs stays")
	why, _ := a.provenances("Task/t1/_history/4")
	assert.Equal(t, []string{"hold claim-only"}, why)
	why, _ = a.provenances("Task/t1/_history/3")
	assert.Empty(t, why, "theirs is theirs")

	before := a.holdings()
	a.clock.pass(time.Minute)
	a.put(harbor, taskJSON("t1", "completed", note))
	assert.Equal(t, before, a.holdings(), "the same claim again changes nothing")
}

func TestAcceptAPartnerMayAskToBeMarkedAndNotHeld(t *testing.T) {
	t.Parallel()
	a := openAdapter(t, ":memory:", monday, map[string]mapping.Partner{"Organization/harbor": {Mark: true}})
	defer func() { require.NoError(t, a.store.Close()) }()
	a.referred("t1", "accepted")
	a.put(harbor, taskJSON("t1", "completed", ""))
	assert.Equal(t, "unconfirmed:claim-only", a.stands("t1"))
	a.reads(t, "t1", "completed", claimOnly, 0)
}

// TestAcceptEvidenceCloses brings the claim and the visit record together in each order.
func TestAcceptEvidenceCloses(t *testing.T) {
	t.Parallel()
	visit := visitJSON("e1", "t1", "finished", "2026-03-02T10:15:00-08:00")
	claim := taskJSON("t1", "completed", "")
	for _, row := range []struct {
		name  string
		steps func(a *adapter)
		said  []string // the Task's versions
	}{
		{"the claim comes first", func(a *adapter) {
			a.referred("t1", "accepted")
			a.clock.pass(2 * time.Hour)
			a.put(harbor, claim)
			a.clock.pass(time.Hour)
			a.put(harbor, visit)
		}, []string{"accepted", "completed", "in-progress", "completed"}},
		{"the evidence comes first", func(a *adapter) {
			a.referred("t1", "accepted")
			a.clock.pass(2 * time.Hour)
			a.put(harbor, visit)
			a.clock.pass(time.Hour)
			a.put(harbor, claim)
		}, []string{"accepted", "completed", "completed", "completed"}},
		{"nobody ever claims", func(a *adapter) {
			a.referred("t1", "accepted")
			a.clock.pass(2 * time.Hour)
			a.put(harbor, visit)
		}, []string{"accepted", "completed"}},
		{"the evidence comes before the referral itself", func(a *adapter) {
			a.clock.pass(2 * time.Hour)
			a.put(harbor, visit)
			a.clock.pass(time.Hour)
			a.referred("t1", "accepted")
			a.clock.pass(time.Hour)
			a.put(harbor, claim)
		}, []string{"accepted", "completed", "completed", "completed"}},
		{"both come in one transaction", func(a *adapter) {
			a.referred("t1", "accepted")
			a.clock.pass(2 * time.Hour)
			a.do(harbor, "POST", "", transaction(t, claim, visit))
		}, []string{"accepted", "completed", "completed"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := newAdapter(t)
			row.steps(a)
			assert.Equal(t, "attended A", a.stands("t1"))
			a.reads(t, "t1", "completed", visited, 2)
			task := a.get("/Task/t1")
			assert.Equal(t, []string{"first-visit 2026-03-02T10:15:00-08:00", "evidence Encounter/e1"}, ourOutputs(task))
			assert.Equal(t, row.said, a.statuses("Task/t1"))
			why, sources := a.provenances("Task/t1/_history/" + task.VersionID())
			assert.Len(t, why, 1, "who closed it, and why")
			assert.Contains(t, sources, "Encounter/e1/_history/1")
		})
	}
}

func TestAcceptAProcedureIsNamedAsActivity(t *testing.T) {
	t.Parallel()
	a := accepted(t, "t1")
	a.put(harbor, `{"resourceType":"Procedure","id":"pr1","status":"completed","basedOn":[{"reference":"ServiceRequest/sr-t1"}],"subject":{"reference":"Patient/p-t1"},
"performedDateTime":"2026-03-02T10:15:00-08:00","performer":[{"actor":{"reference":"Organization/harbor"}}]}`)
	assert.Equal(t, "attended B", a.stands("t1"))
	task := string(a.get("/Task/t1").Bytes())
	assert.Contains(t, task, "resulting-activity")
	assert.Contains(t, task, `{"reference":"Procedure/pr1"}`)
}

// TestAcceptRetractedEvidenceTakesBack lets the visit record under a close fall away.
func TestAcceptRetractedEvidenceTakesBack(t *testing.T) {
	t.Parallel()
	const start = "2026-03-02T10:15:00-08:00"
	ways := map[string]func(a *adapter){
		"entered in error": func(a *adapter) { a.put(harbor, visitJSON("e1", "t1", "entered-in-error", start)) },
		"deleted":          func(a *adapter) { a.do(harbor, "DELETE", "/Encounter/e1", "") },
		"of another referral after all": func(a *adapter) {
			a.put(harbor, strings.ReplaceAll(visitJSON("e1", "t1", "finished", start), "-t1", "-t9"))
		},
	}
	for way, retract := range ways {
		for _, row := range []struct{ word, back string }{{"completed", "in-progress"}, {"accepted", "accepted"}, {"in-progress", "in-progress"}} {
			t.Run("the visit is "+way+", their word was "+row.word, func(t *testing.T) {
				t.Parallel()
				a := accepted(t, "t1")
				theirs := `,"output":[{"type":{"text":"letter"},"valueString":"sent"}]`
				a.put(harbor, taskJSON("t1", row.word, theirs))
				a.clock.pass(time.Hour)
				a.put(harbor, visitJSON("e1", "t1", "finished", start))
				require.Equal(t, "attended A", a.stands("t1"))
				a.clock.pass(time.Hour)
				retract(a)
				assert.Equal(t, "unconfirmed:retracted", a.stands("t1"))
				a.reads(t, "t1", row.back, takenBack, 0)
				task := a.get("/Task/t1")
				assert.JSONEq(t, `[{"type":{"text":"letter"},"valueString":"sent"}]`, string(task.Get("output").Raw()), "theirs stay")
				why, _ := a.provenances("Task/t1/_history/" + task.VersionID())
				assert.Equal(t, 1, len(why))

				a.clock.pass(time.Hour)
				a.put(harbor, visitJSON("e2", "t1", "finished", start))
				assert.Equal(t, "attended A", a.stands("t1"), "and better evidence closes it again")
				a.reads(t, "t1", "completed", visited, 2)
			})
		}
	}
}

// TestAcceptAnEchoSaysNothing sends the Task back with the status that the program gave it: it neither withdraws a claim nor makes one.
func TestAcceptAnEchoSaysNothing(t *testing.T) {
	t.Parallel()
	const start = "2026-03-02T10:15:00-08:00"
	t.Run("while a claim is held, in-progress does not withdraw it", func(t *testing.T) {
		t.Parallel()
		a := accepted(t, "t1")
		a.put(harbor, taskJSON("t1", "completed", ""))
		a.clock.pass(time.Hour)
		a.put(harbor, with(t, a.get("/Task/t1"), "description", `"Looked at again"`))
		assert.Equal(t, "unconfirmed:claim-only", a.stands("t1"))
		a.reads(t, "t1", "in-progress", claimOnly, 0)
		a.clock.pass(time.Hour)
		a.put(harbor, taskJSON("t1", "in-progress", `,"description":"From their own copy"`))
		assert.Equal(t, "unconfirmed:claim-only", a.stands("t1"))
		a.reads(t, "t1", "in-progress", claimOnly, 0)
	})
	t.Run("after a close, completed makes no claim", func(t *testing.T) {
		t.Parallel()
		a := accepted(t, "t1")
		a.put(harbor, visitJSON("e1", "t1", "finished", start))
		require.Equal(t, "attended A", a.stands("t1"))
		a.clock.pass(time.Hour)
		a.put(harbor, with(t, a.get("/Task/t1"), "description", `"Looked at again"`)) // what they read
		assert.Equal(t, "attended A", a.stands("t1"))
		assert.Equal(t, []string{"A Encounter/e1/_history/1"}, a.evidence("t1"))
		a.reads(t, "t1", "completed", visited, 2)
		a.clock.pass(time.Hour)
		a.put(harbor, visitJSON("e1", "t1", "entered-in-error", start))
		a.reads(t, "t1", "accepted", takenBack, 0)
	})
	t.Run("after a close, completed by somebody who never read ours is their own word, as it is before", func(t *testing.T) {
		t.Parallel()
		a := accepted(t, "t1")
		a.put(harbor, visitJSON("e1", "t1", "finished", start))
		a.clock.pass(time.Hour)
		a.put(harbor, taskJSON("t1", "completed", `,"description":"Their own copy"`))
		assert.Equal(t, "attended A", a.stands("t1"))
		assert.Equal(t, []string{"A Encounter/e1/_history/1", "E Task/t1/_history/4"}, a.evidence("t1"))
		a.clock.pass(time.Hour)
		a.put(harbor, visitJSON("e1", "t1", "entered-in-error", start))
		assert.Equal(t, "unconfirmed:retracted", a.stands("t1"))
		a.reads(t, "t1", "in-progress", takenBack, 0)
	})
}

// TestAcceptOurOwnWordsAreNoEvidence lets an agency write the Task back as it once read it, with our outputs and our businessStatus.
func TestAcceptOurOwnWordsAreNoEvidence(t *testing.T) {
	t.Parallel()
	const start = "2026-03-02T10:15:00-08:00"
	for _, row := range []struct {
		name string
		edit func(r *fhir.Resource) string
	}{
		{"just as it was read", func(r *fhir.Resource) string { return string(r.Bytes()) }},
		{"with a word of their own", func(r *fhir.Resource) string { return with(t, r, "description", `"Was here"`) }},
	} {
		t.Run("after the evidence fell away, "+row.name, func(t *testing.T) {
			t.Parallel()
			a := accepted(t, "t1")
			a.put(harbor, visitJSON("e1", "t1", "finished", start))
			closed := a.get("/Task/t1")
			require.Len(t, ourOutputs(closed), 2)
			a.clock.pass(time.Hour)
			a.put(harbor, visitJSON("e1", "t1", "entered-in-error", start))
			a.clock.pass(time.Hour)
			a.put(harbor, row.edit(closed))
			l := a.leg("t1")
			assert.Equal(t, "unconfirmed", l.State)
			assert.Empty(t, l.Grade)
			for _, item := range a.evidence("t1") {
				assert.NotRegexp(t, "^[A-D] ", item)
			}
			task := a.get("/Task/t1")
			assert.NotEqual(t, "completed", task.Get("status").Text())
			assert.Equal(t, "urn:warmhandoff:state|unconfirmed", codesIn(task.Get("businessStatus"))[0])
			assert.Empty(t, ourOutputs(task))
		})
	}
	forged := `,"businessStatus":{"coding":[{"system":"urn:warmhandoff:state","code":"attended"},{"system":"` + bser.System + `","code":"5.1.4"}]},
"output":[{"type":{"coding":[{"system":"urn:warmhandoff:output","code":"first-visit"}]},"valueDateTime":"2026-03-02T10:15:00-08:00"},
{"type":{"coding":[{"system":"urn:warmhandoff:output","code":"evidence"}]},"valueReference":{"reference":"Encounter/elsewhere"}}]`
	for _, row := range []struct{ word, stands, status string }{
		{"completed", "unconfirmed:claim-only", "in-progress"},
		{"in-progress", "accepted", "in-progress"},
	} {
		t.Run("where there never was any, with the word "+row.word, func(t *testing.T) {
			t.Parallel()
			a := accepted(t, "t1")
			a.put(cedar, strings.NewReplacer("sr-t1", "sr-t9", "harbor", "cedar").Replace(visitJSON("elsewhere", "t1", "finished", start)))
			a.put(harbor, taskJSON("t1", row.word, forged))
			assert.Equal(t, row.stands, a.stands("t1"))
			task := a.get("/Task/t1")
			assert.Equal(t, row.status, task.Get("status").Text())
			assert.Empty(t, ourOutputs(task))
			assert.NotContains(t, codesIn(task.Get("businessStatus")), "urn:warmhandoff:state|attended")
			assert.NotContains(t, codesIn(task.Get("businessStatus")), bser.System+"|5.1.4")
		})
	}
}

// with gives a resource with one member set.
func with(t *testing.T, r *fhir.Resource, name, value string) string {
	t.Helper()
	return string(r.With(fhir.SetMember(name, []byte(value))))
}
