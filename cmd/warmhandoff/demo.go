package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/testdata"
)

// sketch is one fictional person of the demonstration: a story of the sample data, played up to the first step after which its Task T1 should
// be in a state. Her resources get ids of their own, demo-NAME-T1 and so on; agencies and staff are shared.
type sketch struct {
	name   string
	story  string // file below testdata/scenarios, without .txtar
	until  string // as in a want: STATE or STATE:REASON
	person [2]string
	pause  bool // then the agency puts the Task on hold: a waiting list
}

var sketches = []sketch{
	{name: "new", story: "01-happy-path", until: "preparing", person: [2]string{"Marisol", "Fuentes"}},
	{name: "offered", story: "01-happy-path", until: "offered", person: [2]string{"Tobias", "Wren"}},
	{name: "accepted", story: "01-happy-path", until: "accepted", person: [2]string{"Leilani", "Kahale"}},
	{name: "scheduled", story: "01-happy-path", until: "scheduled", person: [2]string{"Ana", "Delgado"}},
	{name: "silent", story: "05-silence", until: "unconfirmed:no-news", person: [2]string{"Viktor", "Sand"}},
	{name: "claimed", story: "02-completed-is-not-attended", until: "unconfirmed:claim-only", person: [2]string{"June", "Abara"}},
	{name: "disputed", story: "03a-noshow-then-completed", until: "unconfirmed:conflict", person: [2]string{"Otis", "Marlow"}},
	{name: "missed", story: "06-missed-and-recovered", until: "outreach:missed", person: [2]string{"Priya", "Venkat"}},
	{name: "waiting", story: "01-happy-path", until: "accepted", person: [2]string{"Caleb", "North"}, pause: true},
	{name: "attended", story: "01-happy-path", until: "attended", person: [2]string{"Rosa", "Lindqvist"}},
	{name: "recovered", story: "06-missed-and-recovered", until: "attended", person: [2]string{"Emeka", "Obi"}},
	{name: "declined", story: "08-declined-next-agency", until: "closed:agency-declined-capacity", person: [2]string{"Hana", "Sato"}},
}

// demonstrate plays every sketch into a store that is empty, or that holds the demonstration already.
func demonstrate(ctx context.Context, sys *system, now time.Time) error {
	door := scenario.Door{Handler: sys.server}
	last := "/ServiceRequest/" + sketches[len(sketches)-1].id("SR1")
	there, err := door.Send(ctx, scenario.Party{}, http.MethodGet, last, nil)
	if err != nil || there.OK() {
		return err
	}
	if err := mustBeEmpty(ctx, sys.store); err != nil {
		return err
	}
	for _, k := range sketches {
		s, err := k.drawn(now)
		if err != nil {
			return fmt.Errorf("demo %s: %w", k.name, err)
		}
		if err := scenario.PlayIn(ctx, s, len(s.Steps), sys.server); err != nil {
			return fmt.Errorf("demo %s: %w", k.name, err)
		}
	}
	return nil
}

func mustBeEmpty(ctx context.Context, st store.Store) error {
	return st.View(ctx, func(r store.Reader) error {
		at, err := r.LastUpdated(ctx)
		if err == nil && !at.IsZero() {
			err = ended{2, "the database holds other data: --demo wants an empty one, or :memory:."}
		}
		return err
	})
}

// id gives the sketch's own name for an id of the story.
func (k sketch) id(of string) string { return "demo-" + k.name + "-" + of }

// drawn gives the part of the story that is played, about this person, with all its dates moved by whole days so that its last step was within
// the day before now.
func (k sketch) drawn(now time.Time) (*scenario.Scenario, error) {
	file := path.Join("scenarios", k.story+".txtar")
	data, err := testdata.Files.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s, err := scenario.ParseAfter(file, data, scenario.Beside(file, testdata.Files.ReadFile))
	if err != nil {
		return nil, err
	}
	n := k.last(s)
	if n == 0 {
		return nil, fmt.Errorf("no step of %s ends %s", file, k.until)
	}
	s.Steps = s.Steps[:n]
	brush := brush{sketch: k, days: int(now.Sub(s.Steps[n-1].At) / (24 * time.Hour))}
	for i := range s.Steps {
		if err := brush.step(&s.Steps[i]); err != nil {
			return nil, err
		}
	}
	if k.pause {
		return s, waitlist(s)
	}
	return s, nil
}

// last gives the number of the first step that wants the Task in the state of the sketch, 0 when there is none.
func (k sketch) last(s *scenario.Scenario) int {
	for _, step := range s.Steps {
		for _, w := range step.Want {
			if w.Type == "Task" && w.ID == "T1" && (w.State == k.until || w.State+":"+w.Reason == k.until) {
				return step.Number
			}
		}
	}
	return 0
}

// waitlist adds a step to a story whose last one is the agency's Task: the agency puts it on hold.
func waitlist(s *scenario.Scenario) error {
	step := s.Steps[len(s.Steps)-1]
	var task map[string]any
	if err := json.Unmarshal(step.Body, &task); err != nil {
		return err
	}
	task["status"] = "on-hold"
	task["statusReason"] = map[string]any{
		"coding": []any{map[string]any{"system": "urn:warmhandoff:reason", "code": "waitlist"}}, "text": "Evening groups are full.",
	}
	var err error
	step.Body, err = json.Marshal(task)
	step.Number++
	s.Steps = append(s.Steps, step)
	return err
}

// brush paints a story over: other ids, another name, other days.
type brush struct {
	sketch
	days int
}

var shared = regexp.MustCompile(`^(Organization|Practitioner|PractitionerRole|Location|HealthcareService)$`)

var (
	reference = regexp.MustCompile(`^([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})$`)
	dated     = regexp.MustCompile(`^20[2-9]\d-\d\d-\d\d(T.*)?$`)
)

func (b brush) step(s *scenario.Step) error {
	s.Who.Ref = b.text(s.Who.Ref)
	s.Path = "/" + b.text(strings.TrimPrefix(s.Path, "/"))
	s.At = s.At.AddDate(0, 0, b.days)
	if s.Clock() {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(s.Body))
	d.UseNumber()
	var body any
	if err := d.Decode(&body); err != nil {
		return fmt.Errorf("step %d: %w", s.Number, err)
	}
	var err error
	s.Body, err = json.Marshal(b.value(body))
	return err
}

func (b brush) value(v any) any {
	switch v := v.(type) {
	case string:
		return b.text(v)
	case []any:
		for i := range v {
			v[i] = b.value(v[i])
		}
	case map[string]any:
		return b.object(v)
	}
	return v
}

func (b brush) object(m map[string]any) any {
	for name, v := range m {
		m[name] = b.value(v)
	}
	typ, _ := m["resourceType"].(string)
	if id, ok := m["id"].(string); ok && typ != "" && !shared.MatchString(typ) {
		m["id"] = b.id(id)
	}
	if typ == "Patient" {
		m["name"] = []any{map[string]any{"given": []any{b.person[0]}, "family": b.person[1]}}
	}
	if system, _ := m["system"].(string); strings.Contains(system, ":") { // an identifier; a telephone's system is a word
		if value, ok := m["value"].(string); ok {
			m["value"] = value + "-" + b.name
		}
	}
	return m
}

// text moves dates and renames references; every other text stays.
func (b brush) text(s string) string {
	if m := reference.FindStringSubmatch(s); m != nil && !shared.MatchString(m[1]) {
		return m[1] + "/" + b.id(m[2])
	}
	if !dated.MatchString(s) {
		return s
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.AddDate(0, 0, b.days).Format(layout)
		}
	}
	return s
}
