package scenario

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// Words tells a story step by step in plain words. Make one for each playing.
type Words struct {
	W    io.Writer
	Zone *time.Location
	Red  func(string) string // paints what is wrong; nil: not
	told map[string]string   // what was last said of each leg and referral
}

// Step tells one step: who did what, what came of it, and where things stand that stood elsewhere before.
func (w *Words) Step(t Told) {
	fmt.Fprintf(w.W, "%3d  %s  %s\n", t.Step.Number, t.Step.At.In(w.Zone).Format("Mon 2 Jan 15:04"), action(t))
	if t.Refused() {
		for _, i := range t.Issues {
			fmt.Fprintf(w.W, "       %s\n", i)
		}
	}
	w.Stand(t.Referrals)
	for _, wrong := range t.Wrong {
		line := "DIFFERENT: " + wrong
		if w.Red != nil {
			line = w.Red(line)
		}
		fmt.Fprintf(w.W, "       %s\n", line)
	}
}

// Stand tells where referrals stand, as far as that has not been told.
func (w *Words) Stand(all []Referral) {
	if w.told == nil {
		w.told = map[string]string{}
	}
	for _, r := range all {
		w.say("referral "+r.ServiceRequest, referralWords[r.State])
		for _, l := range r.Legs {
			name := "leg " + l.Task + " at " + orNothing(l.Agency)
			if l.Former > 0 {
				name = fmt.Sprintf("leg %d of %s, which was at %s", l.Former, l.Task, orNothing(l.Agency))
			}
			w.say(name, l.words(w.Zone))
		}
	}
}

func (w *Words) say(who, what string) {
	if w.told[who] == what {
		return
	}
	w.told[who] = what
	fmt.Fprintf(w.W, "       %s: %s\n", who, what)
}

// String gives the issue as one line.
func (i Issue) String() string {
	at := ""
	if i.Expression != "" {
		at = i.Expression + ": "
	}
	return fmt.Sprintf("%s (%s): %s%s", i.Severity, i.Code, at, i.Text)
}

func action(t Told) string {
	if t.Step.Clock() {
		return "time passes"
	}
	s := fmt.Sprintf("%s: %s %s", t.Step.Who.Name, t.Step.Method, t.Step.Path)
	if about := contents(t.Step.Body); about != "" {
		s += " (" + about + ")"
	}
	return fmt.Sprintf("%s → %d", s, t.Status)
}

// contents names the kinds of resource in a body, with the status of each that has one.
func contents(body []byte) string {
	type resource struct{ ResourceType, Status string }
	var r struct {
		resource
		Entry []struct{ Resource resource }
	}
	if json.Unmarshal(body, &r) != nil {
		return ""
	}
	all := []resource{r.resource}
	if r.ResourceType == "Bundle" {
		all = nil
		for _, e := range r.Entry {
			all = append(all, e.Resource)
		}
	}
	var words []string
	for _, one := range all {
		word := strings.TrimSpace(one.ResourceType + " " + one.Status)
		if word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}

var referralWords = map[string]string{
	"active": "active", "attended": "attended: the person got there", "handed-back": "handed back: the referrer has to choose",
	"ended": "ended", "none": "not followed",
}

func (l Leg) words(zone *time.Location) string {
	s := fmt.Sprintf("%s (%s)", join(l.State, l.Reason), workflow.State(l.State).Words())
	if l.Visit != "" {
		s += ", visit " + local(l.Visit, zone)
	}
	if l.Grade != "" {
		s += ", evidence grade " + l.Grade
	}
	if l.Misses > 0 {
		s += fmt.Sprintf(", missed %d", l.Misses)
	}
	for _, d := range l.Due {
		s += "\n         due: " + d.What
		if d.For != "" {
			s += " (" + d.For + ")"
		}
		if d.By != "" {
			s += " by " + local(d.By, zone)
		}
	}
	return s
}

func local(text string, zone *time.Location) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return at.In(zone).Format("Mon 2 Jan 15:04")
}

// Line gives a step as one line of JSON, without the newline.
func (t Told) Line() ([]byte, error) {
	issues := t.Issues
	if issues == nil {
		issues = []Issue{}
	}
	who := t.Step.Who.Name
	if t.Step.Clock() {
		who = "clock"
	}
	return json.Marshal(struct {
		Step      int        `json:"step"`
		At        time.Time  `json:"at"`
		Who       string     `json:"who"`
		Method    string     `json:"method"`
		Path      string     `json:"path"`
		Status    int        `json:"status"`
		Outcome   []Issue    `json:"outcome"`
		Referrals []Referral `json:"referrals"`
		Different []string   `json:"different,omitempty"`
	}{t.Step.Number, t.Step.At, who, t.Step.Method, t.Step.Path, t.Status, issues, t.Referrals, t.Wrong})
}
