package scenario

import (
	"encoding/json"
	"strings"
)

// Referral is where a referral stands, with its legs, as `$handoff` tells it.
type Referral struct {
	ServiceRequest string `json:"serviceRequest"` // id
	State          string `json:"state"`
	Legs           []Leg  `json:"legs"`
}

// Leg is where one leg stands. Visit is a dateTime as the server wrote it, "" when there is none.
type Leg struct {
	Task   string `json:"task"` // id
	Agency string `json:"agency"`
	State  string `json:"state"`
	Reason string `json:"reason"`
	Grade  string `json:"grade"`
	Visit  string `json:"visit"`
	Misses int    `json:"misses"`
	Why    string `json:"why,omitempty"`
	Due    []Due  `json:"due"`
}

// Due is one thing that somebody has to do by a time.
type Due struct {
	What string `json:"what"`
	By   string `json:"by"`
	For  string `json:"for,omitempty"`
}

func (l Leg) due(what string) bool {
	for _, d := range l.Due {
		if d.What == what {
			return true
		}
	}
	return false
}

func (l Leg) dueWords() string {
	var words []string
	for _, d := range l.Due {
		words = append(words, d.What)
	}
	return strings.Join(words, ", ")
}

// parameter is what we read of a Parameters.parameter: its name, its one value as text, its parts.
type parameter struct {
	Name  string
	Text  string
	Parts []parameter
}

// UnmarshalJSON takes whichever value[x] is there.
func (p *parameter) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	for name, raw := range members {
		var err error
		switch {
		case name == "name":
			err = json.Unmarshal(raw, &p.Name)
		case name == "part":
			err = json.Unmarshal(raw, &p.Parts)
		case strings.HasPrefix(name, "value"):
			p.Text = valueText(raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// valueText gives a primitive's text, a Reference's reference, a Coding's code.
func valueText(raw json.RawMessage) string {
	var v struct{ Reference, Code string }
	if json.Unmarshal(raw, &v) == nil {
		return v.Reference + v.Code
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func readParameters(body []byte) ([]parameter, error) {
	var r struct{ Parameter []parameter }
	err := json.Unmarshal(body, &r)
	return r.Parameter, err
}

// asLeg reads the parameters of one leg.
func asLeg(task string, params []parameter) Leg {
	l := Leg{Task: task, Due: []Due{}}
	for _, p := range params {
		switch p.Name {
		case "task":
			l.Task = idOf(p.Text)
		case "agency", "owner":
			l.Agency = p.Text
		case "state":
			l.State = p.Text
		case "reason":
			l.Reason = p.Text
		case "grade":
			l.Grade = p.Text
		case "visit":
			l.Visit = p.Text
		case "misses":
			_ = json.Unmarshal([]byte(p.Text), &l.Misses) // ours; not a number means none
		case "why":
			l.Why = p.Text
		case "due":
			l.Due = append(l.Due, asDue(p.Parts))
		}
	}
	if l.State == "" {
		l.State = "none"
	}
	return l
}

func asDue(parts []parameter) Due {
	var d Due
	for _, p := range parts {
		switch p.Name {
		case "what":
			d.What = p.Text
		case "by":
			d.By = p.Text
		case "for":
			d.For = p.Text
		}
	}
	return d
}

// idOf gives the id at the end of a reference: "T1" of "Task/T1", of "http://…/Task/T1/_history/2" and of "T1".
func idOf(ref string) string {
	ref, _, _ = strings.Cut(ref, "/_history/")
	return ref[strings.LastIndexByte(ref, '/')+1:]
}
