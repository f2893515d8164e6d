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
	Line string   // as written
	Word string   // "status", "has", "lacks", "said", "total", "warmth", "due", "told"; "" when the line is about where a resource stands
	Args []string // what follows the word

	Type    string // "Task" or "ServiceRequest"
	ID      string
	State   string // a state of a leg, or of a referral; "none" for a Task that is not followed
	Reason  string // "" does not ask for one, "none" wants that there is none
	Details []Detail
}

// Detail is one `key=value` of a line about a leg.
type Detail struct{ Key, Value string }

var referralStates = map[string]bool{"active": true, "attended": true, "handed-back": true, "ended": true, "none": true}

// ParseWant reads one line. It refuses words that it does not know.
func ParseWant(line string) (Want, error) {
	w := Want{Line: line}
	first, rest, _ := strings.Cut(line, " ")
	if row, ok := sayings[first]; ok {
		w.Word, w.Args = first, strings.Fields(rest)
		if row.whole {
			w.Args = []string{strings.TrimSpace(rest)}
		}
		if !row.fits(w.Args) {
			return w, fmt.Errorf("want %q: %s", line, row.usage)
		}
		if !row.reply { // it is about a Task
			w.Type, w.ID, _ = strings.Cut(w.Args[0], "/")
		}
		return w, nil
	}
	words, err := split(line)
	if err != nil || len(words) < 2 {
		return w, fmt.Errorf("want %q: expected `status N`, `Task/ID STATE…`, `ServiceRequest/ID STATE`, or another word of the format", line)
	}
	var ok bool
	if w.Type, w.ID, ok = strings.Cut(words[0], "/"); !ok || w.ID == "" {
		return w, fmt.Errorf("want %q: %q is neither a word of the format nor Type/ID", line, words[0])
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

// split cuts a line into words at spaces that stand outside of double quotes, and drops the quotes.
func split(line string) ([]string, error) {
	quoted := false
	words := strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], `"`, "")
	}
	if quoted {
		return nil, fmt.Errorf("a double quote is not closed")
	}
	return words, nil
}

func (w *Want) details(words []string) error {
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if value == "" {
			return fmt.Errorf("want %q: %q has no value", w.Line, word)
		}
		row, ok := detailRows[key]
		if !ok {
			return fmt.Errorf("want %q: %q is not %s", w.Line, key, detailKeys)
		}
		if n, err := strconv.Atoi(value); row.number && (err != nil || n < 0) {
			return fmt.Errorf("want %q: %s takes a number", w.Line, key)
		}
		w.Details = append(w.Details, Detail{key, value})
	}
	return nil
}

// detailRow is one key that may stand on a line about a leg: what the answer says of it, and whether that is as wanted.
type detailRow struct {
	number bool
	not    bool                  // nothing that is said may fit
	says   func(l *Leg) []string // nothing said: none
	fits   func(said, want string, zone *time.Location) bool
}

func same(said, want string, _ *time.Location) bool     { return said == want }
func contains(said, want string, _ *time.Location) bool { return strings.Contains(said, want) }

// detailRows are the keys. A value "none" wants that nothing is said.
var detailRows = map[string]detailRow{
	"grade":    {says: func(l *Leg) []string { return some(l.Grade) }, fits: same},
	"visit":    {says: func(l *Leg) []string { return some(l.Visit) }, fits: sameVisit},
	"why":      {says: func(l *Leg) []string { return some(l.Why) }, fits: same},
	"misses":   {number: true, says: func(l *Leg) []string { return some(strconv.Itoa(l.Misses)) }, fits: same},
	"attempts": {number: true, says: func(l *Leg) []string { return some(strconv.Itoa(l.Attempts)) }, fits: same},
	"moved":    {number: true, says: func(l *Leg) []string { return some(strconv.Itoa(l.Reschedules)) }, fits: same},
	"flag":     {says: func(l *Leg) []string { return l.Flags }, fits: contains},
	"noflag":   {not: true, says: func(l *Leg) []string { return l.Flags }, fits: contains},
	"suggest":  {says: func(l *Leg) []string { return l.Suggest }, fits: same},
	"because":  {says: func(l *Leg) []string { return some(l.Because) }, fits: contains},
	"due":      {says: func(l *Leg) []string { return l.each(func(d *Due) string { return d.What }) }, fits: same},
	"level":    {says: func(l *Leg) []string { return l.each(func(d *Due) string { return d.Level }) }, fits: same},
}

const detailKeys = "grade, misses, visit, due, level, attempts, moved, why, flag, noflag, suggest or because"

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func some(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// leg compares what the line names with a leg; it gives words for each difference. Zone is where a day of a visit is a day.
func (w *Want) leg(got *Leg, zone *time.Location) []string {
	var wrong []string
	differ := func(what, want, got string) {
		if got == "" {
			got = "nothing"
		}
		wrong = append(wrong, fmt.Sprintf("%s/%s: %s should be %s, is %s", w.Type, w.ID, what, want, got))
	}
	if w.State != got.State {
		differ("state", w.State, join(got.State, got.Reason))
	} else if w.Reason != "" && w.Reason != orNone(got.Reason) {
		differ("reason", w.Reason, got.Reason)
	}
	for _, d := range w.Details {
		row := detailRows[d.Key]
		said := row.says(got)
		fits := d.Value == "none" && len(said) == 0
		for _, one := range said {
			fits = fits || row.fits(one, d.Value, zone)
		}
		if fits == row.not {
			differ(d.Key, d.Value, strings.Join(said, ", "))
		}
	}
	return wrong
}

// sameVisit compares a wanted day, or a wanted instant, with a dateTime.
func sameVisit(got, want string, zone *time.Location) bool {
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
