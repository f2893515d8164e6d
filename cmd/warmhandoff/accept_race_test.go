package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
)

// The same thing sent several times at once, and two things that exclude each other. The rounds are few enough for every day; two hundred are
//
//	WARMHANDOFF_ROUNDS=200 go test ./cmd/warmhandoff -run 'TestAccept.*AtOnce' -count=1

// posts is how many callers send the same at once.
const posts = 16

// TestAcceptIdenticalPostsAtOnceMakeOneReferral has sixteen callers post the same referral at once, in each way in which a referral can be
// recognised. Each round must leave exactly one ServiceRequest and one Task, and every caller must be told of these.
func TestAcceptIdenticalPostsAtOnceMakeOneReferral(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		post func(a *adapter, key string, caller int) []scenario.Answer
	}{
		{"If-None-Exist names the identifier", func(a *adapter, key string, _ int) []scenario.Answer {
			return two(a, anonymous(key), "If-None-Exist: identifier=urn:race|"+key)
		}},
		{"the requester and the business identifier alone", func(a *adapter, key string, _ int) []scenario.Answer {
			return two(a, named(key))
		}},
		{"a transaction, recognised by requester and identifier", func(a *adapter, key string, _ int) []scenario.Answer {
			return []scenario.Answer{a.ask(bayview, "POST", "", pair(named(key), 0, ""))}
		}},
		{"a transaction whose callers each make their own urn:uuid", func(a *adapter, key string, caller int) []scenario.Answer {
			return []scenario.Answer{a.ask(bayview, "POST", "", pair(named(key), caller, ""))}
		}},
		{"a transaction with ifNoneExist on its entries", func(a *adapter, key string, caller int) []scenario.Answer {
			return []scenario.Answer{a.ask(bayview, "POST", "", pair(anonymous(key), caller, `,"ifNoneExist":"identifier=urn:race|`+key+`"`))}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := openAdapter(t, filepath.Join(t.TempDir(), "race.db"), monday, nil)
			defer func() { require.NoError(t, a.store.Close()) }()
			for round := range rounds(t, 25) {
				key := fmt.Sprint("r", round)
				all := make([][]scenario.Answer, posts)
				atOnce(posts, func(i int) scenario.Answer {
					all[i] = row.post(a, key, i)
					return all[i][0]
				})
				requests, tasks := a.found("ServiceRequest?identifier=urn:race|"+key), a.found("Task?identifier=urn:race|"+key)
				require.Len(t, requests, 1, "round %d", round)
				require.Len(t, tasks, 1, "round %d", round)
				assert.Equal(t, "ServiceRequest/"+requests[0].ID(), tasks[0].Get("focus", "reference").Text())
				assert.Equal(t, "1", requests[0].VersionID())
				created := 0
				for _, answers := range all {
					created += toldOf(t, answers, requests[0].ID(), tasks[0].ID())
				}
				assert.Equal(t, 2, created, "one caller made each, the others found it")
			}
		})
	}
}

// toldOf checks that a caller was told of these two resources, and gives how many of them it was told to have created.
func toldOf(t *testing.T, answers []scenario.Answer, request, task string) (created int) {
	t.Helper()
	var told []string
	for _, answer := range answers {
		require.Contains(t, []int{200, 201}, answer.Status, string(answer.Body))
		r := strictly(t, answer.Body)
		if r.Type() != "Bundle" {
			told, created = append(told, r.ID()), created+answer.Status-200
			continue
		}
		for e := range r.Get("entry").All() {
			status := e.Get("response", "status").Text()
			require.Regexp(t, "^20[01]", status)
			if status[:3] == "201" {
				created++
			}
			told = append(told, e.Get("resource", "id").Text())
		}
	}
	assert.Equal(t, []string{request, task}, told)
	return created
}

// twin is a referral to be posted: its two resources, the Task with FOCUS where the request's address belongs.
type twin struct{ request, task string }

func named(key string) twin {
	who := `,"requester":{"reference":"Organization/bayview"}`
	t := anonymous(key)
	t.request, t.task = strings.TrimSuffix(t.request, "}")+who+"}", strings.TrimSuffix(t.task, "}")+who+"}"
	return t
}

// anonymous is without a requester, so that nothing but a condition can recognise it.
func anonymous(key string) twin {
	id := `,"identifier":[{"system":"urn:race","value":"` + key + `"}]`
	return twin{
		request: `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/p1"}` + id + `}`,
		task: `{"resourceType":"Task","status":"requested","intent":"order",` + code + `,"focus":{"reference":"FOCUS"},
"owner":{"reference":"Organization/harbor"}` + id + `}`,
	}
}

// two posts the request and then the Task.
func two(a *adapter, what twin, headers ...string) []scenario.Answer {
	first := a.ask(bayview, "POST", "/ServiceRequest", what.request, headers...)
	if !first.OK() {
		return []scenario.Answer{first}
	}
	focus := "ServiceRequest/" + strictly(a.t, first.Body).ID()
	return []scenario.Answer{first, a.ask(bayview, "POST", "/Task", strings.Replace(what.task, "FOCUS", focus, 1), headers...)}
}

// pair makes a transaction of both.
func pair(what twin, caller int, condition string) string {
	urn := fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012x", caller)
	return fmt.Sprintf(`{"resourceType":"Bundle","type":"transaction","entry":[
{"fullUrl":%q,"resource":%s,"request":{"method":"POST","url":"ServiceRequest"%s}},
{"resource":%s,"request":{"method":"POST","url":"Task"%s}}]}`,
		urn, what.request, condition, strings.Replace(what.task, "FOCUS", urn, 1), condition)
}

// TestAcceptMovesAtOnceHaveOneWinner lets the agency and the referrer move the same requested Task at once, each as they read it, without
// If-Match. One is done, the other is refused with the moves that are open, and the history holds the winner's version alone.
func TestAcceptMovesAtOnceHaveOneWinner(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, agency, referrer string }{
		{"accept and cancel", "accepted", "cancelled"},
		{"reject and cancel", "rejected", "cancelled"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := openAdapter(t, filepath.Join(t.TempDir(), "race.db"), monday, nil)
			defer func() { require.NoError(t, a.store.Close()) }()
			for round := range rounds(t, 25) {
				id := fmt.Sprint("t", round)
				a.referred(id, "requested")
				a.clock.pass(time.Second)
				read := a.get("/Task/" + id)
				moves := []struct {
					who scenario.Party
					to  string
				}{{harbor, row.agency}, {bayview, row.referrer}}
				if round%2 == 1 { // whoever is started last tends to come first
					moves[0], moves[1] = moves[1], moves[0]
				}
				answers := atOnce(2, func(i int) scenario.Answer {
					return a.ask(moves[i].who, "PUT", "/Task/"+id, with(t, read, "status", `"`+moves[i].to+`"`))
				})
				winner := 0
				if answers[1].Status == 200 {
					winner = 1
				}
				lost := answers[1-winner]
				require.Equal(t, 200, answers[winner].Status, string(answers[winner].Body))
				require.Equal(t, 422, lost.Status, "round %d: %s after %s", round, moves[1-winner].to, moves[winner].to)
				require.Len(t, lost.Issues(), 1)
				assert.Equal(t, "business-rule", lost.Issues()[0].Code)
				assert.Contains(t, lost.Issues()[0].Text, "Open from "+moves[winner].to+": ", "it names the moves that are open now")
				assert.Equal(t, []string{"requested", moves[winner].to}, a.statuses("Task/"+id))
			}
		})
	}
}
