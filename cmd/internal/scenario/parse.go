package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"warmhandoff/mapping/workflow"
)

// Parse reads a story that stands alone. File names it in messages. The error lists everything that is wrong, not the first thing alone; the
// story is nil then.
func Parse(file string, data []byte) (*Scenario, error) { return ParseAfter(file, data, nil) }

// ParseAfter reads a story that may begin with others, which find finds. A nil find finds none.
func ParseAfter(file string, data []byte, find Find) (*Scenario, error) {
	p := &parser{s: &Scenario{File: file, Zone: time.UTC}, find: find, sent: bodies{}, begun: map[string]bool{}}
	p.story(data)
	if len(p.s.Steps) == 0 {
		p.wrong("the story has no step")
	}
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	return p.s, nil
}

type parser struct {
	s     *Scenario
	errs  []error
	find  Find
	sent  bodies
	begun map[string]bool // openings taken
	depth int             // how many openings deep
}

// story reads one text: its header, with the openings that it names, then its steps.
func (p *parser) story(data []byte) {
	archive := txtar.Parse(data)
	p.header(string(archive.Comment))
	for _, f := range archive.Files {
		p.section(f.Name, f.Data)
	}
}

func (p *parser) wrong(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s: %s", p.s.File, fmt.Sprintf(format, args...)))
}

// header reads the title, then `key: value` lines up to the first empty line. What follows that is a note to the reader.
func (p *parser) header(text string) {
	title, rest, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	if p.s.Title = strings.TrimSpace(title); p.s.Title == "" {
		p.wrong("the first line must be the story's title")
	}
	keys, _, _ := strings.Cut(strings.TrimLeft(rest, "\n"), "\n\n")
	for line := range strings.Lines(keys) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			p.wrong("header line %q is not `key: value`", line)
			continue
		}
		p.setting(key, strings.TrimSpace(value))
	}
}

func (p *parser) setting(key, value string) {
	if p.depth > 0 && (key == "note" || key == "permute") {
		return // the opening's own
	}
	switch key {
	case "begins":
		p.begins(value)
	case "zone":
		zone, err := time.LoadLocation(value)
		if err != nil {
			p.wrong("zone %q is not known: give one such as America/Los_Angeles", value)
			return
		}
		p.s.Zone = zone
	case "self":
		p.s.Self = value
	case "party":
		p.party(value)
	case "set":
		name, what, _ := strings.Cut(value, " ")
		p.s.Set = append(p.s.Set, Setting{name, strings.TrimSpace(what)})
	case "note":
		p.s.Notes = append(p.s.Notes, value)
	case "permute":
		if value == "yes" {
			return
		}
		why, ok := strings.CutPrefix(value, "no")
		if why = strings.TrimLeft(why, " ,:-–—"); !ok || why == "" {
			p.wrong("permute: %q should be `yes`, or `no` and the reason", value)
			return
		}
		p.s.Fixed = why
	default:
		p.wrong("header key %q is not zone, self, party, set, begins, permute or note", key)
	}
}

func (p *parser) party(value string) {
	words := strings.Fields(value)
	if len(words) != 3 || !strings.Contains(words[1], "/") {
		p.wrong("party: %q should be NAME Type/ID ROLE", value)
		return
	}
	if _, taken := p.partyOf(words[0]); taken || words[0] == "clock" {
		p.wrong("party: the name %q is taken", words[0])
		return
	}
	if !slices.Contains(workflow.Roles, workflow.Role(words[2])) {
		p.wrong("party: %q is not one of the roles %v", words[2], workflow.Roles)
		return
	}
	p.s.Parties = append(p.s.Parties, Party{Name: words[0], Ref: words[1], Role: workflow.Role(words[2])})
}

func (p *parser) partyOf(name string) (Party, bool) {
	for _, party := range p.s.Parties {
		if party.Name == name {
			return party, true
		}
	}
	return Party{}, false
}

func (p *parser) section(name string, data []byte) {
	if name == "want" {
		p.want(data)
		return
	}
	words := strings.Fields(name)
	step := Step{Number: len(p.s.Steps) + 1, Body: data}
	if len(words) != 4 && (len(words) != 2 || words[1] != "clock") {
		p.wrong("step %d, %q: a step is named TIME PARTY METHOD PATH, or TIME clock", step.Number, name)
		return
	}
	at, err := time.Parse(time.RFC3339, words[0])
	if err != nil {
		p.wrong("step %d: time %q is not like 2026-03-02T09:00:00-08:00", step.Number, words[0])
	}
	if step.At = at; step.Number > 1 && at.Before(p.s.Steps[step.Number-2].At) {
		p.wrong("step %d: %s is before the step above it; a message that comes late is written where it comes", step.Number, words[0])
	}
	if len(words) == 4 {
		p.message(&step, words)
	} else if strings.TrimSpace(string(data)) != "" {
		p.wrong("step %d: a move of the clock has no body", step.Number)
	}
	p.s.Steps = append(p.s.Steps, step)
}

func (p *parser) message(step *Step, words []string) {
	who, ok := p.partyOf(words[1])
	if !ok {
		p.wrong("step %d: no party is called %q", step.Number, words[1])
	}
	step.Who = who
	switch words[2] {
	case "GET", "POST", "PUT", "DELETE", "PATCH":
		step.Method = words[2]
	default:
		p.wrong("step %d: method %q", step.Number, words[2])
		step.Method = "GET"
	}
	step.Path = "/" + strings.TrimPrefix(words[3], "/")
	body, err := p.sent.fill(step)
	if err != nil {
		p.wrong("step %d: %v", step.Number, err)
		return
	}
	step.Body = body
	p.sent.keep(step)
}

func (p *parser) want(data []byte) {
	if len(p.s.Steps) == 0 {
		p.wrong("a want stands before the first step")
		return
	}
	if p.depth > 0 {
		return // the opening's own business
	}
	step := &p.s.Steps[len(p.s.Steps)-1]
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		w, err := ParseWant(line)
		if err != nil {
			p.wrong("step %d: %v", step.Number, err)
			continue
		}
		if w.ofReply() && step.Clock() {
			p.wrong("step %d: a move of the clock has no status and no reply", step.Number)
		}
		step.Want = append(step.Want, w)
	}
}
