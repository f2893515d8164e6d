package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// moveTable says who may take Task.status from where to where: R the referrer, A the agency that owns the Task, N a navigator, S a supervisor,
// P the person. It is written down here a second time, so that a slip in the program's own table shows.
//
// Source: SDOHCC 3.0.0 and BSeR 2.0.0-ballot status tables; FHIR R4, task.html
// Source: local, requested or received → in-progress is a yes and a start in one; an ended leg may be opened again
var moveTable = map[string]string{
	"draft":            "requested RNS, cancelled RNSP",
	"requested":        "received A, accepted A, rejected A, in-progress A, on-hold ANSP, cancelled RNSP",
	"received":         "accepted A, rejected A, in-progress A, on-hold NSP, cancelled RNSP",
	"accepted":         "in-progress A, on-hold ANSP, completed A, failed ANS, rejected A, cancelled RANSP",
	"ready":            "in-progress A, on-hold ANSP, completed A, cancelled RANSP",
	"in-progress":      "on-hold ANSP, completed A, failed ANS, rejected A, ready A, cancelled RANSP",
	"on-hold":          "requested ANSP, accepted ANSP, in-progress ANSP, completed A, failed ANS, cancelled RANSP",
	"rejected":         "requested RNSP, in-progress RNSP",
	"cancelled":        "requested RNSP, in-progress RNSP",
	"failed":           "requested RNSP, in-progress RNSP",
	"completed":        "",
	"entered-in-error": "",
}

// speakers are a party for each role. What is open to a caller who says nothing, and to an administrator, is what is open to anybody.
var speakers = []struct {
	letter string
	party  scenario.Party
}{
	{"R", bayview}, {"A", harbor}, {"N", navigator}, {"S", scenario.Party{Ref: "Practitioner/lead", Role: "supervisor"}},
	{"P", scenario.Party{Ref: "Patient/p1", Role: "person"}}, {"-", scenario.Party{Ref: "Organization/feed", Role: "feed"}},
	{"*", scenario.Party{Ref: "Practitioner/root", Role: "admin"}}, {"*", nobody},
}

// openTo gives the statuses to which somebody may take a Task by the table.
func openTo(from, letter string) []string {
	var list []string
	for row := range strings.SplitSeq(moveTable[from], ", ") {
		to, by, _ := strings.Cut(row, " ")
		if to != "" && (letter == "*" || strings.Contains(by, letter)) {
			list = append(list, to)
		}
	}
	if from != "entered-in-error" && strings.Contains("RNS*", letter) {
		list = append(list, "entered-in-error")
	}
	return list
}

// overStatuses are the statuses from which a move opens the leg again.
var overStatuses = []string{"rejected", "cancelled", "failed"}

// TestAcceptMovesByRole tries every move of every role over HTTP: what the table has is done, all else is refused with what is open, and nothing
// at all is stored by it.
func TestAcceptMovesByRole(t *testing.T) {
	t.Parallel()
	require.Len(t, moveTable, len(workflow.Statuses))
	for n, who := range speakers {
		t.Run(fmt.Sprintf("%s%d", who.party.Role, n), func(t *testing.T) {
			t.Parallel()
			walk{who: who.party, letter: who.letter}.all(t, nil)
		})
	}
}

// dialects are the ways in which the guides write the same Task, and what may be agreed with a partner.
var dialects = []struct {
	name   string
	spoken func(task string) string
	agreed mapping.Partner
}{
	{"sdohcc", func(task string) string {
		return strings.Replace(task, `"status"`, `"meta":{"profile":["http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"]},"status"`, 1)
	}, mapping.Partner{Treatment: true}},
	{"bser", func(task string) string {
		return strings.TrimSuffix(task, "}") + `,"businessStatus":{"coding":[{"system":"http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS","code":"2.0"}]}}`
	}, mapping.Partner{Part2: true}},
	{"cow", func(task string) string {
		return strings.Replace(task, `"focus"`, `"basedOn":[{"reference":"ServiceRequest/sr-1"}],"focus"`, 1)
	}, mapping.Partner{}},
	{"ereferral", func(task string) string {
		focus, rest, _ := strings.Cut(task, `"focus":`)
		ref, rest, _ := strings.Cut(rest, `},`)
		return strings.Replace(focus, `"fulfill"`, `"process-request"`, 1) + `"basedOn":[` + ref + `}],` + rest
	}, mapping.Partner{}},
	{"bser, where the agency confirms a cancellation", func(task string) string { return task }, mapping.Partner{Cancel: workflow.CancelByAsk}},
	{"cow, where the agency confirms a cancellation", func(task string) string { return task }, mapping.Partner{Cancel: workflow.CancelByAbort}},
	{"a partner whose completed is kept", func(task string) string { return task }, mapping.Partner{Mark: true}},
}

// TestAcceptMovesByGuide tries the same moves with Tasks as each guide writes them, by the two sides of a referral.
func TestAcceptMovesByGuide(t *testing.T) {
	t.Parallel()
	for _, d := range dialects {
		for _, who := range speakers[:2] {
			t.Run(d.name+" "+string(who.party.Role), func(t *testing.T) {
				t.Parallel()
				walk{who: who.party, letter: who.letter, spoken: d.spoken, marks: d.agreed.Mark, cancel: d.agreed.Cancel}.all(t, map[string]mapping.Partner{harbor.Ref: d.agreed})
			})
		}
	}
}

// walk is every status × status by one party.
type walk struct {
	who    scenario.Party
	letter string
	spoken func(task string) string // nil: as FHIR has it
	marks  bool                     // a claim is not held, so that in-progress is no echo of us
	cancel workflow.Cancelling      // the agency confirms what the referrer's side wants to cancel
}

// mustAsk are the statuses from which the referrer's side does not cancel by itself, by what was agreed.
//
// Source: COW ballot, cancellation; BSeR 2.0.0-ballot, transitions 04, 07, 14
var mustAsk = map[workflow.Cancelling][]string{
	workflow.CancelByAsk:   {"received", "accepted", "in-progress", "on-hold"},
	workflow.CancelByAbort: {"in-progress", "on-hold"},
}

// open gives the statuses to which the walker may take a Task.
func (w walk) open(from string) []string {
	return slices.DeleteFunc(openTo(from, w.letter), func(to string) bool {
		return to == "cancelled" && strings.Contains("RNS", w.letter) && slices.Contains(mustAsk[w.cancel], from)
	})
}

func (w walk) task(id, status, more string) string {
	task := taskJSON(id, status, more)
	if w.spoken != nil {
		task = w.spoken(task)
	}
	return task
}

// legal reports whether a move is done: it is in the table, it is no move, or it is our own word come back.
func (w walk) legal(from, to string) bool {
	return from == to || from == "completed" && to == "in-progress" && !w.marks || slices.Contains(w.open(from), to)
}

func (w walk) all(t *testing.T, agreed map[string]mapping.Partner) {
	a := openAdapter(t, ":memory:", monday, agreed)
	t.Cleanup(func() { assert.NoError(t, a.store.Close()) })
	var bodies []string
	w.each(func(from, to string) {
		id := from + "-" + to
		bodies = append(bodies, requestJSON("sr-"+id, "p1", ""), w.task(id, from, ""))
	})
	a.do(nobody, "POST", "", transaction(t, bodies...))
	before := a.holdings()
	w.each(func(from, to string) {
		if !w.legal(from, to) {
			w.refused(t, a, from, to)
		}
	})
	assert.Equal(t, before, a.holdings(), "nothing is stored by what was refused")
	w.each(func(from, to string) {
		if w.legal(from, to) {
			answer := a.ask(w.who, "PUT", "/Task/"+from+"-"+to, w.task(from+"-"+to, to, w.why(from)))
			assert.Equal(t, 200, answer.Status, "%s: %s to %s: %s", w.who.Role, from, to, answer.Body)
		}
	})
}

func (w walk) each(f func(from, to string)) {
	for _, from := range workflow.Statuses {
		for _, to := range workflow.Statuses {
			f(string(from), string(to))
		}
	}
}

// why is the coded reason that opening again needs.
func (w walk) why(from string) string {
	if slices.Contains(overStatuses, from) {
		return reason("reopened")
	}
	return ""
}

// refused makes one move that is refused, with one issue that says so and names what is open.
func (w walk) refused(t *testing.T, a *adapter, from, to string) {
	t.Helper()
	answer := a.ask(w.who, "PUT", "/Task/"+from+"-"+to, w.task(from+"-"+to, to, w.why(from)))
	if !assert.Equal(t, 422, answer.Status, "%s: %s to %s", w.who.Role, from, to) {
		return
	}
	issues := answer.Issues()
	require.Len(t, issues, 1)
	assert.Equal(t, []string{"business-rule", "Task.status"}, []string{issues[0].Code, issues[0].Expression})
	names := w.open(from)
	if len(names) == 0 {
		names = []string{"none"}
	}
	_, named, found := strings.Cut(issues[0].Text, "Open from "+from+": ")
	require.True(t, found, issues[0].Text)
	assert.ElementsMatch(t, names, strings.Split(strings.TrimSuffix(named, "."), ", "), issues[0].Text)
	assert.Contains(t, issues[0].Text, fmt.Sprintf("from %s to %s", from, to))
}

// TestAcceptRefusedMoves tells the refusals that matter most one by one, as requests of their own and in a transaction.
func TestAcceptRefusedMoves(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		who      scenario.Party
		from, to string
		more     string
		says     string
	}{
		{"an agency cancels what it was only asked", harbor, "requested", "cancelled", "", "Open from requested: received, accepted, rejected, in-progress, on-hold."},
		{"a referrer accepts for the agency", bayview, "requested", "accepted", "", "by a referrer. Open from requested: cancelled, entered-in-error."},
		{"another agency accepts", cedar, "requested", "accepted", "", "by the Task's owner only"},
		{"another agency completes", cedar, "accepted", "completed", "", "by the Task's owner only"},
		{"an agency completes what it never accepted", harbor, "requested", "completed", "", "Open from requested: received, accepted"},
		{"anybody completes what was never accepted", nobody, "requested", "completed", "", "from requested to completed by anybody"},
		{"an agency answers a draft", harbor, "draft", "accepted", "", "Open from draft: none."},
		{"an agency opens its own refusal again", harbor, "rejected", "requested", reason("reopened"), "Open from rejected: none."},
		{"a referrer opens again without a reason", bayview, "rejected", "requested", "", "with a coded reason in statusReason"},
		{"a referrer opens again with free text for a reason", bayview, "cancelled", "requested", `,"statusReason":{"text":"she called"}`, "with a coded reason"},
		{"somebody opens what was an error", nobody, "entered-in-error", "requested", reason("reopened"), "Open from entered-in-error: none."},
		{"a feed moves anything", scenario.Party{Ref: "Organization/feed", Role: "feed"}, "requested", "cancelled", "", "Open from requested: none."},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := newAdapter(t)
			a.referred("t1", row.from)
			before := a.holdings()
			moved := taskJSON("t1", row.to, row.more)
			assert.Contains(t, a.refused(row.who, "PUT", "/Task/t1", moved, 422), row.says)
			assert.Contains(t, a.refused(row.who, "POST", "", transaction(t, patientJSON("p9"), moved), 422), row.says)
			assert.Equal(t, before, a.holdings(), "nothing is stored, and nothing of the transaction")
			batch := strings.Replace(transaction(t, patientJSON("p9"), moved), `"transaction"`, `"batch"`, 1)
			entries := a.do(row.who, "POST", "", batch).Get("entry").Items()
			assert.Equal(t, "422 Unprocessable Entity", entries[1].Get("response", "status").Text())
			assert.Contains(t, string(entries[1].Raw()), strings.ReplaceAll(row.says, "→", `\u2192`))
			assert.Equal(t, "201 Created", entries[0].Get("response", "status").Text(), "in a batch the others are done")
		})
	}
}

// TestAcceptReopening opens an ended leg again: with a coded reason, within ninety days of its end.
func TestAcceptReopening(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, from := range overStatuses {
		for _, row := range []struct {
			after  time.Duration
			status int
			stands string
		}{{time.Hour, 200, "offered"}, {90 * day, 200, "offered"}, {90*day + time.Hour, 422, ""}} {
			t.Run(fmt.Sprintf("%s, %s later", from, row.after), func(t *testing.T) {
				t.Parallel()
				a := newAdapter(t)
				a.referred("t1", from)
				stood := a.stands("t1")
				require.True(t, strings.HasPrefix(stood, "closed:"), stood)
				a.clock.pass(row.after)
				answer := a.ask(bayview, "PUT", "/Task/t1", taskJSON("t1", "requested", reason("reopened")))
				require.Equal(t, row.status, answer.Status, string(answer.Body))
				if row.status != 200 {
					assert.Contains(t, answer.Issues()[0].Text, "within 90 days")
					assert.Equal(t, stood, a.stands("t1"))
					return
				}
				assert.Equal(t, row.stands, a.stands("t1"))
			})
		}
	}
}

// TestAcceptNobodyAttestsTheFuture refuses an attested visit that has not been, alone and beside a draft referral.
func TestAcceptNobodyAttestsTheFuture(t *testing.T) {
	t.Parallel()
	attest := func(when string) string {
		return attestationJSON("o1", "t1", "final", "came", when, "Organization/harbor")
	}
	a := newAdapter(t)
	draft := []string{requestJSON("sr-t1", "p-t1", ""), taskJSON("t1", "draft", ""), attest("2026-03-03T10:00:00-08:00")}
	words := a.refused(bayview, "POST", "", transaction(t, draft...), 422)
	assert.Contains(t, words, "has not happened")
	assert.Empty(t, a.holdings())
	a.referred("t1", "draft")
	for _, when := range []string{"2026-03-03", "2026-03-02T09:06:00-08:00", "2027-03-02T09:00:00-08:00"} {
		answer := a.ask(harbor, "PUT", "/Observation/o1", attest(when))
		require.Equal(t, 422, answer.Status, when)
		assert.Equal(t, "Observation.effective", answer.Issues()[0].Expression)
	}
	for _, when := range []string{"2026-03-02", "2026-03-02T09:04:00-08:00", "2026-02-27"} {
		a.put(harbor, attest(when)) // today, within the skew of clocks, and the past
	}
}

// attestationJSON is somebody's word about a visit of leg ID.
func attestationJSON(id, leg, status, result, when, who string) string {
	return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":%q,"code":{"coding":[{"system":"urn:warmhandoff:observation","code":"first-visit"}]},
"basedOn":[{"reference":"ServiceRequest/sr-%s"}],"subject":{"reference":"Patient/p-%s"},"effectiveDateTime":%q,"performer":[{"reference":%q}],
"valueCodeableConcept":{"coding":[{"system":"urn:warmhandoff:visit-result","code":%q}]}}`, id, status, leg, leg, when, who, result)
}
