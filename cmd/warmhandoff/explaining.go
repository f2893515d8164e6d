package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// piece is a parameter of a Parameters resource, or the resource itself: its value as text, and its parts.
type piece struct {
	name  string
	value string
	raw   any // the value as JSON has it: text, number, true
	parts []piece
}

func readPiece(body []byte) (piece, error) {
	var r struct {
		ResourceType string
		Parameter    []piece
	}
	err := json.Unmarshal(body, &r)
	if err == nil && r.ResourceType != "Parameters" {
		err = fmt.Errorf("it is a %q", r.ResourceType)
	}
	return piece{parts: r.Parameter}, err
}

// UnmarshalJSON takes whichever value[x] is there, a reference by what it names.
func (p *piece) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	for name, raw := range members {
		var err error
		switch {
		case name == "name":
			err = json.Unmarshal(raw, &p.name)
		case name == "part":
			err = json.Unmarshal(raw, &p.parts)
		case name == "valueReference":
			var ref struct{ Reference string }
			err = json.Unmarshal(raw, &ref)
			p.value, p.raw = ref.Reference, ref.Reference
		case strings.HasPrefix(name, "value"):
			p.value, p.raw = strings.Trim(string(raw), `"`), raw
			var s string
			if json.Unmarshal(raw, &s) == nil {
				p.value = s
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lists are the pieces of which there may be several.
var lists = map[string]bool{"leg": true, "due": true, "judged": true, "evidence": true, "warmth": true, "told": true, "flag": true, "suggest": true}

// object adds the parts to an object by their names; those of which there may be several, or are, stand in a list.
func (p piece) object(to map[string]any) map[string]any {
	for _, one := range p.parts {
		var value any = one.raw
		if len(one.parts) > 0 {
			value = one.object(map[string]any{})
		}
		if has, there := to[one.name].([]any); there {
			to[one.name] = append(has, value)
		} else if first, there := to[one.name]; there {
			to[one.name] = []any{first, value}
		} else if lists[one.name] {
			to[one.name] = []any{value}
		} else {
			to[one.name] = value
		}
	}
	return to
}

func (p piece) all(name string) []piece {
	var list []piece
	for _, one := range p.parts {
		if one.name == name {
			list = append(list, one)
		}
	}
	return list
}

// text gives the value of the first piece of a name; "" where there is none.
func (p piece) text(name string) string {
	for _, one := range p.parts {
		if one.name == name {
			return one.value
		}
	}
	return ""
}

// explaining writes an answer in plain words.
type explaining struct {
	p    *program
	zone *time.Location
}

func (x explaining) leg(name string, l piece) {
	state := workflow.State(l.text("state"))
	where := state.Words()
	if where == "" {
		where = string(state)
	}
	if r := workflow.Reason(l.text("reason")); r != "" {
		where += ": " + r.Words()
	}
	if g := l.text("grade"); g != "" {
		where += ", evidence of grade " + g
	}
	x.p.say("\n%s", name)
	x.p.say("  Where:    %s (%s)", where, inCode(state, l.text("reason")))
	if why := l.text("why"); why != "" {
		x.p.say("  Why:      %s: %s", why, workflow.RuleWords(why))
	}
	if because := l.text("because"); because != "" {
		x.p.say("  Why:      %s", because)
	}
	if v := l.text("visit"); v != "" {
		x.p.say("  Visit:    %s", x.time(v))
	}
	x.counts(l)
	for _, f := range l.all("flag") {
		x.p.say("  Note:     %s", f.value)
	}
	for _, s := range l.all("suggest") {
		x.p.say("  Suggest:  %s", s.value)
	}
	x.section("Due", l.all("due"), x.due)
	x.section("Visits, and what is known of each", l.all("judged"), x.judged)
	x.section("Evidence", l.all("evidence"), x.evidence)
	x.section("Warmth", l.all("warmth"), warmthWords)
	x.section("Written and told", l.all("told"), x.told)
}

func inCode(s workflow.State, reason string) string {
	if reason == "" {
		return string(s)
	}
	return string(s) + ":" + reason
}

func (x explaining) counts(l piece) {
	if n := l.text("misses"); n != "" && n != "0" {
		x.p.say("  Missed:   %s", n)
	}
	if n := l.text("attempts"); n != "" {
		x.p.say("  Attempts: %s to reach the person", n)
	}
}

func (x explaining) section(title string, list []piece, words func(piece) string) {
	if len(list) == 0 {
		return
	}
	x.p.say("  %s:", title)
	for _, one := range list {
		x.p.say("    %s", words(one))
	}
}

func (x explaining) due(d piece) string {
	s := d.text("what") + ", " + d.text("for")
	if by := d.text("by"); by != "" {
		s += ", by " + x.time(by)
	}
	if level := d.text("level"); level != "" {
		s += ", " + level
	}
	if timer := d.text("timer"); timer != "" {
		s += " (" + timer + ")"
	}
	return s
}

func (x explaining) judged(v piece) string {
	s := v.text("verdict")
	if at := v.text("occurred"); at != "" {
		s = x.time(at) + ": " + s
	}
	if a := v.text("appointment"); a != "" {
		s += " (" + a + ")"
	}
	return s + ", by the rule: " + v.text("why")
}

func (x explaining) evidence(e piece) string {
	s := "counted  "
	if e.text("used") != "true" {
		s = "set aside"
	}
	s += "  " + e.text("source") + "  " + e.text("kind")
	if g := e.text("grade"); g != "" {
		s += ", grade " + g
	}
	if side := e.text("for-or-against"); side != "" {
		s += ", " + side
	}
	if at := e.text("occurred"); at != "" {
		s += ", " + x.time(at)
	}
	if why := e.text("because"); why != "" {
		s += ": " + why
	}
	if rule := e.text("rule"); rule != "" {
		s += " (" + rule + ")"
	}
	return s
}

func warmthWords(w piece) string {
	s := strings.TrimSpace(w.text("element") + " " + w.text("name") + ": " + w.text("status"))
	if shown := w.text("shown"); shown != "" {
		s += " (" + shown + ")"
	}
	if source := w.text("source"); source != "" {
		s += ", " + source
	}
	if why := w.text("because"); why != "" {
		s += ": " + why
	}
	return s
}

func (x explaining) told(t piece) string {
	s := t.text("kind") + " " + t.text("what")
	if says := t.text("says"); says != "" {
		s += " (" + says + ")"
	}
	if to := t.text("to"); to != "" {
		s += " to " + to
	} else if role := t.text("for"); role != "" {
		s += " for the " + role
	}
	if at := t.text("at"); at != "" {
		s += ", " + x.time(at)
	}
	if source := t.text("source"); source != "" {
		s += ", " + source
	}
	if t.text("open") == "true" {
		s += ", open"
	}
	return s
}

// time gives a dateTime in the site's zone; a date stays a date.
func (x explaining) time(v string) string {
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t.In(x.zone).Format("Mon 2 Jan 15:04")
	}
	if t, err := time.Parse(time.DateOnly, v); err == nil {
		return t.Format("Mon 2 Jan")
	}
	return v
}
