package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// End is where everything stands at the end of a story: for each Task and ServiceRequest what an answer says of it, without what depends on
// when things came.
type End map[string]string

func (p *player) end(ctx context.Context) (End, error) {
	all, err := p.door.Referrals(ctx)
	if err != nil {
		return nil, err
	}
	end := End{}
	for _, r := range all {
		end["ServiceRequest/"+r.ServiceRequest] = r.State
	}
	tasks, err := p.door.list(ctx, "/Task?_count=1000")
	if err != nil {
		return nil, err
	}
	for _, id := range tasks {
		l, err := p.door.Leg(ctx, id)
		if err != nil {
			return nil, err
		}
		if l.State == "none" {
			continue // nobody's leg: what we ask people to do depends on when things came
		}
		end["Task/"+id] = fmt.Sprintf("%s grade=%s visit=%s misses=%d", join(l.State, l.Reason), l.Grade, l.Visit, l.Misses)
	}
	return end, nil
}

// Differences gives words for each thing that stands elsewhere in the other end, sorted.
func (e End) Differences(other End) []string {
	both := maps.Clone(e)
	maps.Copy(both, other)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(both)) {
		if a, b := e[key], other[key]; a != b {
			all = append(all, fmt.Sprintf("%s: in its own order %s, in this one %s", key, orNothing(a), orNothing(b)))
		}
	}
	return all
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// Messages gives the numbers of the steps whose order is to be tried: those that write, and were not refused. What was refused is nobody's
// word, and what only reads changes nothing. Refused are the numbers of the steps that the straight run refused.
func (s *Scenario) Messages(refused map[int]bool) []int {
	var all []int
	for _, step := range s.Steps {
		if !step.Clock() && !step.Reads() && !refused[step.Number] {
			all = append(all, step.Number)
		}
	}
	return all
}

// Order deals the messages out in another order, each resource's versions in their own. Chance gives a number from 0 to n-1.
//
// Source: local, what any order means: the versions of one resource keep their own
func (s *Scenario) Order(messages []int, chance func(n int) int) []int {
	waiting := slices.Clone(messages)
	keys := map[int]map[string]bool{}
	for _, n := range waiting {
		keys[n] = written(&s.Steps[n-1])
	}
	var order []int
	for len(waiting) > 0 {
		var free []int
		for i, n := range waiting {
			if !slices.ContainsFunc(waiting[:i], func(before int) bool { return overlap(keys[before], keys[n]) }) {
				free = append(free, i)
			}
		}
		i := free[chance(len(free))]
		order = append(order, waiting[i])
		waiting = slices.Delete(waiting, i, i+1)
	}
	return order
}

// Other is how a story went in another order.
type Other struct {
	End     End
	Refused []string // the messages that were refused in this order, in words
}

// Replay delivers the messages of a story in the order given, in a fresh world whose clock stands at the story's last time.
func Replay(ctx context.Context, s *Scenario, order []int, mk Maker) (other Other, err error) {
	last := s.Steps[len(s.Steps)-1].At
	p, err := open(s, mk, last)
	if err != nil {
		return other, err
	}
	defer func() { err = errors.Join(err, p.world.Close()) }()
	for _, n := range order {
		step := &s.Steps[n-1]
		a, err := p.deliver(ctx, step)
		if err != nil {
			return other, err
		}
		if !a.OK() {
			other.Refused = append(other.Refused, fmt.Sprintf("step %d, %s %s: status %d %v", n, step.Method, step.Path, a.Status, a.Issues()))
		}
	}
	if err := walk(ctx, p.world, p.clock, last); err != nil {
		return other, err
	}
	other.End, err = p.end(ctx)
	return other, err
}

// written gives the resources that a step writes a version of: "Type/id", and "Type|system|value" for each business identifier.
func written(step *Step) map[string]bool {
	keys := map[string]bool{}
	entry(keys, step.Method, strings.TrimPrefix(step.Path, "/"), step.Body)
	var bundle struct {
		ResourceType string
		Entry        []struct {
			Request  struct{ Method, URL string }
			Resource json.RawMessage
		}
	}
	if step.Path == "/" && json.Unmarshal(step.Body, &bundle) == nil {
		for _, e := range bundle.Entry {
			entry(keys, e.Request.Method, e.Request.URL, e.Resource)
		}
	}
	return keys
}

func entry(keys map[string]bool, method, url string, body []byte) {
	path, query, _ := strings.Cut(url, "?")
	if method == "PUT" || method == "DELETE" || method == "PATCH" {
		keys[path+query] = true
	}
	var r struct {
		ResourceType string
		Identifier   json.RawMessage
	}
	if json.Unmarshal(body, &r) != nil {
		return
	}
	type identifier struct{ System, Value string }
	var many []identifier
	if json.Unmarshal(r.Identifier, &many) != nil {
		many = make([]identifier, 1)
		_ = json.Unmarshal(r.Identifier, &many[0]) // absent leaves it empty
	}
	for _, i := range many {
		if i.Value != "" && r.ResourceType != "Bundle" {
			keys[r.ResourceType+"|"+i.System+"|"+i.Value] = true
		}
	}
}

func overlap(a, b map[string]bool) bool {
	for key := range a {
		if b[key] {
			return true
		}
	}
	return false
}
