package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/fhir"
	"warmhandoff/mapping"
)

// shares is an adapter with one referral, and what harbor last wrote of its Task.
type shares struct {
	*adapter
	r     *rapid.T
	own   map[string]json.RawMessage // Task.note and the like, as harbor writes them
	codes []string                   // codings of businessStatus that are harbor's
	text  string                     // and its text
	last  string                     // harbor's last word
}

const harborsCode = `{"system":"urn:harbor:status","code":"%s","display":"Ours, at Harbor"}`

// says lets harbor say something: a status, with content of its own.
func (s *shares) says(status string) {
	s.last = status
	s.own["note"] = json.RawMessage(fmt.Sprintf(`[{"text":"said at %s"}]`, s.clock.now().Format(time.RFC3339)))
	if rapid.Bool().Draw(s.r, "output") {
		s.own["output"] = json.RawMessage(`[{"type":{"text":"plan"},"valueString":"weekly"}]`)
	}
	switch rapid.IntRange(0, 3).Draw(s.r, "business") {
	case 0:
		s.codes, s.text = nil, ""
	case 1:
		s.codes, s.text = []string{fmt.Sprintf(harborsCode, "waiting")}, `"Waiting at Harbor"`
	case 2:
		s.codes, s.text = []string{fmt.Sprintf(harborsCode, "done"), `{"system":"http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS","code":"3.0"}`}, ""
	}
	more := fmt.Sprintf(`,"lastModified":%q`, s.clock.now().Format(time.RFC3339))
	for _, name := range slices.Sorted(keysOf(s.own)) {
		more += `,"` + name + `":` + string(s.own[name])
	}
	if len(s.codes) > 0 {
		more += `,"businessStatus":{"coding":[` + strings.Join(s.codes, ",") + `]`
		if s.text != "" {
			more += `,"text":` + s.text
		}
		more += "}"
	}
	s.put(harbor, taskJSON("t1", status, more))
}

func keysOf(m map[string]json.RawMessage) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// sources gives what a Task's answer rests on, and where it stands.
func (s *shares) sources() string {
	var list []string
	for p := range s.get("/Task/t1/$handoff").Get("parameter").All() {
		if p.Get("name").Text() == "evidence" {
			list = append(list, string(p.Raw()))
		}
	}
	slices.Sort(list)
	return s.stands("t1") + "\n" + strings.Join(list, "\n")
}

// echoes lets somebody read the Task and write it back, as it is or with something else changed that says nothing of the visit.
func (s *shares) echoes() {
	who := rapid.SampledFrom([]string{"agency", "referrer"}).Draw(s.r, "who")
	by := harbor
	if who == "referrer" {
		by = bayview
	}
	body := string(s.get("/Task/t1").Bytes())
	if rapid.Bool().Draw(s.r, "changed") {
		s.own["description"] = json.RawMessage(fmt.Sprintf(`"looked at by the %s at %s"`, who, s.clock.now().Format(time.RFC3339)))
		r, _ := fhir.Read([]byte(body))
		body = string(r.With(fhir.SetMember("description", s.own["description"])))
	}
	before := s.sources()
	s.put(by, body)
	require.Equal(s.r, before, s.sources(), "an echo says nothing")
}

// keeps requires that the Task still has all that its parties wrote.
func (s *shares) keeps() {
	task := s.get("/Task/t1")
	for name, raw := range s.own {
		if name != "output" {
			require.Equal(s.r, string(raw), string(task.Get(name).Raw()), name)
		}
	}
	if raw, there := s.own["output"]; there {
		require.Contains(s.r, "["+string(task.Get("output").Items()[0].Raw())+"]", string(raw))
	}
	var codes []string
	held := s.last == "completed" && task.Get("status").Text() != "completed"
	for c := range task.Get("businessStatus", "coding").All() {
		codes = append(codes, string(c.Raw()))
	}
	require.GreaterOrEqual(s.r, len(codes), len(s.codes))
	require.Equal(s.r, s.codes, append([]string(nil), codes[:len(s.codes)]...), "what is theirs stands in front")
	bsers := 0
	for _, c := range codes {
		if strings.Contains(c, "/bser/") {
			bsers++
		}
	}
	if held && strings.Contains(strings.Join(s.codes, ""), "/bser/") {
		require.Equal(s.r, 1, bsers, "we add none in a system that they use")
	}
	if !held && s.text != "" && s.last != "completed" {
		require.Equal(s.r, s.text, string(task.Get("businessStatus", "text").Raw()))
	}
}

// TestPropertyRulings40And43: whoever reads a Task of ours and writes it back neither withdraws nor makes a claim; a claim that says something else is
// heard whenever it comes; and nothing of what a party wrote is lost under what we write.
func TestPropertyRulings40And43(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var agreed map[string]mapping.Partner
		if rapid.IntRange(0, 3).Draw(r, "mark") == 0 {
			agreed = map[string]mapping.Partner{harbor.Ref: {Mark: true}}
		}
		a := openAdapter(r, ":memory:", monday, agreed)
		defer func() { require.NoError(r, a.store.Close()) }()
		a.referred("t1", "requested")
		s := &shares{adapter: a, r: r, own: map[string]json.RawMessage{}}
		a.clock.pass(time.Hour)
		s.says("accepted")
		for n := range rapid.IntRange(2, 8).Draw(r, "steps") {
			a.clock.pass(time.Duration(rapid.IntRange(1, 40).Draw(r, "hours")) * time.Hour)
			a.tick()
			switch rapid.IntRange(0, 4).Draw(r, "step") {
			case 0:
				s.says(map[string]string{"accepted": "in-progress", "in-progress": "completed", "completed": "completed"}[s.last])
				if s.last == "completed" && !strings.HasPrefix(a.stands("t1"), "attended") {
					require.Contains(r, s.sources(), "Task/t1/_history/"+s.newest(), "a claim is heard")
				}
			case 1, 2:
				s.echoes()
			case 3:
				day := a.clock.now().Add(-2 * time.Hour).Format(time.RFC3339)
				status := rapid.SampledFrom([]string{"finished", "entered-in-error"}).Draw(r, "visit")
				a.put(harbor, visitJSON("e1", "t1", status, day))
			default:
				at := a.clock.now().Add(time.Duration(rapid.IntRange(-30, 30).Draw(r, "start")) * time.Hour)
				status := rapid.SampledFrom([]string{"booked", "noshow"}).Draw(r, "booking")
				a.put(harbor, bookingJSON(fmt.Sprint("ap", n), "t1", status, at.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339)))
			}
			s.keeps()
		}
	})
}

// newest gives the number of the version that harbor wrote just now: the first with what it says.
func (s *shares) newest() string {
	for _, v := range s.history("Task/t1") {
		if strings.Contains(string(v.Get("note").Raw()), s.clock.now().Format(time.RFC3339)) && v.Get("status").Text() == s.last {
			return v.VersionID()
		}
	}
	return "?"
}
