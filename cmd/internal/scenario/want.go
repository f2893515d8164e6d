package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// Want is one line of what a story expects after a step. Only what the line names is compared.
type Want struct {
	Line   string // as written
	Status int    // HTTP status of the step; 0 when the line is about a resource

	Type string // "Task" or "ServiceRequest"
	ID   string

	State  string // a state of a leg, or of a referral; "none" for a Task that is not followed
	Reason string // "" does not ask for one

	Grade  string
	Misses int // -1 does not ask
	Visit  string
	Due    []string
}

var referralStates = map[string]bool{"active": true, "attended": true, "handed-back": true, "ended": true, "none": true}

// ParseWant reads one line. It refuses words that it does not know.
func ParseWant(line string) (Want, error) {
	w := Want{Line: line, Misses: -1}
	words := strings.Fields(line)
	if len(words) < 2 {
		return w, fmt.Errorf("want %q: expected `status N`, `Task/ID STATE…` or `ServiceRequest/ID STATE`", line)
	}
	if words[0] == "status" {
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 100 || n > 599 || len(words) != 2 {
			return w, fmt.Errorf("want %q: status takes one HTTP status", line)
		}
		w.Status = n
		return w, nil
	}
	var ok bool
	if w.Type, w.ID, ok = strings.Cut(words[0], "/"); !ok || w.ID == "" {
		return w, fmt.Errorf("want %q: %q is neither `status` nor Type/ID", line, words[0])
	}
	switch w.Type {
	case "ServiceRequest":
		if w.State = words[1]; !referralStates[w.State] || len(words) != 2 {
			return w, fmt.Errorf("want %q: a referral is active, attended, handed-back or ended, and nothing else is compared", line)
		}
		return w, nil
	case "Task":
		w.State, w.Reason, _ = strings.Cut(words[1], ":")
		if workflow.State(w.State).Words() == "" {
			return w, fmt.Errorf("want %q: %q is not a state", line, w.State)
		}
		return w, w.details(words[2:])
	}
	return w, fmt.Errorf("want %q: only Task and ServiceRequest have a state", line)
}

func (w *Want) details(words []string) error {
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if value == "" {
			return fmt.Errorf("want %q: %q has no value", w.Line, word)
		}
		switch key {
		case "grade":
			w.Grade = value
		case "visit":
			w.Visit = value
		case "due":
			w.Due = append(w.Due, value)
		case "misses":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return fmt.Errorf("want %q: misses takes a number", w.Line)
			}
			w.Misses = n
		default:
			return fmt.Errorf("want %q: %q is not grade, misses, visit or due", w.Line, key)
		}
	}
	return nil
}

// leg compares what the line names with a leg; it gives words for each difference. Zone is where a day of a visit is a day.
func (w *Want) leg(got Leg, zone *time.Location) []string {
	var wrong []string
	differ := func(what, want, got string) {
		if got == "" {
			got = "nothing"
		}
		wrong = append(wrong, fmt.Sprintf("%s/%s: %s should be %s, is %s", w.Type, w.ID, what, want, got))
	}
	if w.State != got.State {
		differ("state", w.State, join(got.State, got.Reason))
	} else if w.Reason != "" && w.Reason != got.Reason {
		differ("reason", w.Reason, got.Reason)
	}
	if w.Grade != "" && w.Grade != got.Grade {
		differ("grade", w.Grade, got.Grade)
	}
	if w.Misses >= 0 && w.Misses != got.Misses {
		differ("misses", strconv.Itoa(w.Misses), strconv.Itoa(got.Misses))
	}
	if w.Visit != "" && !sameVisit(w.Visit, got.Visit, zone) {
		differ("visit", w.Visit, got.Visit)
	}
	for _, due := range w.Due {
		if !got.due(due) {
			differ("due", due, got.dueWords())
		}
	}
	return wrong
}

// sameVisit compares a wanted day, or a wanted instant, with a dateTime.
func sameVisit(want, got string, zone *time.Location) bool {
	if want == got {
		return true
	}
	at, err := time.Parse(time.RFC3339, got)
	if err != nil {
		return false
	}
	if len(want) == len(time.DateOnly) {
		return at.In(zone).Format(time.DateOnly) == want
	}
	exact, err := time.Parse(time.RFC3339, want)
	return err == nil && exact.Equal(at)
}

func join(state, reason string) string {
	if reason == "" {
		return state
	}
	return state + ":" + reason
}
