package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"warmhandoff/cmd/internal/scenario"
)

type explain struct {
	What string `arg:"" name:"file|url" help:"A story (txtar), resources or a Bundle (JSON), or the address of a Task or ServiceRequest on a running server."`
	JSON bool   `name:"json" help:"One line of JSON for each Task or ServiceRequest: what $handoff answers, each part by its name." env:"-"`
	site
}

// Run tells of every leg where the person is, and why: the rule, the visits, each item of evidence and what became of it, what is due.
func (e *explain) Run(p *program) error {
	switch {
	case strings.HasPrefix(e.What, "http://"), strings.HasPrefix(e.What, "https://"):
		return e.fromServer(p)
	case strings.HasSuffix(e.What, ".txtar"):
		return e.story(p)
	}
	return e.resources(p)
}

// fromServer asks a running server.
func (e *explain) fromServer(p *program) error {
	u, err := url.Parse(strings.TrimSuffix(e.What, "/$handoff"))
	if err != nil {
		return ended{2, err.Error()}
	}
	about := lastTwo(u.Path)
	if typ, _, _ := strings.Cut(about, "/"); typ != "Task" && typ != "ServiceRequest" {
		return ended{2, "explain takes the address of a Task or a ServiceRequest, as in http://127.0.0.1:8080/fhir/Task/ID."}
	}
	zone, err := time.LoadLocation(e.Zone)
	if err != nil {
		return ended{2, fmt.Sprintf("--zone %q is not known.", e.Zone)}
	}
	ask, err := http.NewRequestWithContext(p, http.MethodGet, u.String()+"/$handoff", nil)
	if err != nil {
		return ended{2, err.Error()}
	}
	ask.Header.Set("Accept", "application/fhir+json")
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Do(ask)
	if err != nil {
		return ended{1, "the server does not answer: " + err.Error()}
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		for _, i := range (scenario.Answer{Body: body}).Issues() {
			p.say("  %s", i)
		}
		return ended{1, fmt.Sprintf("%s: the server answered with status %d.", about, answer.StatusCode)}
	}
	return e.tellAnswer(p, about, body, zone)
}

// lastTwo gives "Task/t1" of "/fhir/Task/t1".
func lastTwo(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// story plays a story to its end, whatever it wants, and explains where it ends.
func (e *explain) story(p *program) error {
	data, err := readFile(p, e.What)
	if err != nil {
		return err
	}
	s, err := scenario.Parse(e.What, data)
	if err != nil {
		return err
	}
	e.title(p, fmt.Sprintf("%s (%s)", s.Title, e.What))
	var world *scenario.World
	mk := stage()
	keep := func(s *scenario.Scenario, clock *scenario.Clock, ids *scenario.IDs) (w *scenario.World, err error) {
		world, err = mk(s, clock, ids)
		return world, err
	}
	var told error
	_, err = scenario.Play(p, s, keep, func(t scenario.Told) {
		if t.Step.Number == len(s.Steps) {
			e.title(p, fmt.Sprintf("As of %s:", t.Step.At.In(s.Zone).Format("Mon 2 Jan 2006 15:04 MST")))
			told = e.tellReferrals(p, scenario.Door{Handler: world.Handler}, t.Referrals, s.Zone)
		}
	})
	return errors.Join(err, told)
}

// resources sends a file to an empty adapter and explains what it made of it.
func (e *explain) resources(p *program) error {
	guide, rules, err := e.agreed()
	if err != nil {
		return err
	}
	data, err := readFile(p, e.What)
	if err != nil {
		return err
	}
	clock := scenario.NewClock(time.Now())
	w, err := stageBy(guide.Partners, rules, guide.Visits...)(&scenario.Scenario{Zone: guide.Zone, Self: e.Self}, clock, &scenario.IDs{Prefix: "new"})
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // in memory: nothing to lose
	door := scenario.Door{Handler: w.Handler}
	shape, _ := shapeOf(data)
	answer, err := shape.send(p, door, data)
	if err != nil {
		return err
	}
	for _, i := range answer.Issues() {
		p.say("  %s", i)
	}
	if !answer.OK() {
		return ended{1, fmt.Sprintf("%s is refused with status %d.", e.What, answer.Status)}
	}
	e.title(p, "As of now, on an empty server:")
	referrals, err := door.Referrals(p)
	if err != nil {
		return err
	}
	return e.tellReferrals(p, door, referrals, guide.Zone)
}

// title writes a line that is for people only.
func (e *explain) title(p *program, words string) {
	if !e.JSON {
		p.say("%s", words)
	}
}

// tellReferrals explains every referral of an adapter.
func (e *explain) tellReferrals(p *program, door scenario.Door, referrals []scenario.Referral, zone *time.Location) error {
	if len(referrals) == 0 {
		e.title(p, "Nothing is followed: there is no active ServiceRequest.")
	}
	for _, r := range referrals {
		about := "ServiceRequest/" + r.ServiceRequest
		answer, err := door.Send(context.WithoutCancel(p), scenario.Party{}, http.MethodGet, "/"+about+"/$handoff", nil)
		if err != nil {
			return err
		}
		if err := e.tellAnswer(p, about, answer.Body, zone); err != nil {
			return err
		}
	}
	kept, err := door.Unfollowed(context.WithoutCancel(p), referrals)
	for _, k := range kept {
		if strings.HasSuffix(k.Because, "to-do of ours") { // the legs tell of it
			continue
		}
		if e.JSON {
			line, _ := json.Marshal(map[string]string{"about": "Task/" + k.Task, "state": "none", "because": k.Because}) // texts: cannot fail
			p.say("%s", line)
			continue
		}
		p.say("\nTask/%s\n  Where:    Not followed (none)\n  Why:      %s", k.Task, k.Because)
	}
	return err
}

// tellAnswer explains a $handoff answer.
func (e *explain) tellAnswer(p *program, about string, body []byte, zone *time.Location) error {
	params, err := readPiece(body)
	if err != nil {
		return fmt.Errorf("%s: the answer is no Parameters resource: %w", about, err)
	}
	if e.JSON {
		line, err := json.Marshal(params.object(map[string]any{"about": about}))
		p.say("%s", line)
		return err
	}
	x := explaining{p: p, zone: zone}
	legs := append(params.all("leg"), params.all("former")...)
	if strings.HasPrefix(about, "Task/") {
		x.leg(about, params)
	} else {
		p.say("\n%s: %s", about, params.text("state"))
		if because := params.text("because"); because != "" {
			p.say("  Why:      %s", because)
		}
	}
	slices.SortStableFunc(legs, func(a, b piece) int { return strings.Compare(a.text("task"), b.text("task")) })
	for _, l := range legs {
		name := l.text("task")
		if a := l.text("agency"); a != "" {
			name += " at " + a
		}
		if l.text("former") != "" {
			name += ", before it was given to another agency"
		}
		x.leg(name, l)
	}
	return nil
}
