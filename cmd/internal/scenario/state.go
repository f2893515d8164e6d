package scenario

import (
	"cmp"
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
	Task   string `json:"task"`             // id
	Former int    `json:"former,omitempty"` // which leg of the Task it was, where that was given to another agency since
	Agency string `json:"agency"`
	State  string `json:"state"`
	Reason string `json:"reason"`
	Grade  string `json:"grade"`
	Visit  string `json:"visit"`
	Misses int    `json:"misses"`
	Why    string `json:"why,omitempty"`

	Because string `json:"because,omitempty"` // why it is not followed

	Due []Due `json:"due"`

	Attempts    int               `json:"attempts,omitempty"`
	Reschedules int               `json:"reschedules,omitempty"`
	Flags       []string          `json:"flags,omitempty"`
	Suggest     []string          `json:"suggest,omitempty"`
	Warmth      map[string]string `json:"-"` // "W5": "done shown"
	Told        []string          `json:"-"` // of each thing told "call open", "call done"
}

// Due is one thing that somebody has to do by a time.
type Due struct {
	What string `json:"what"`
	By   string `json:"by"`
	For  string `json:"for,omitempty"`

	Level string `json:"level,omitempty"` // amber, red, supervisor; "" while there is time
}

// each gives one text of each thing due, where there is one.
func (l *Leg) each(text func(*Due) string) []string {
	var all []string
	for i := range l.Due {
		all = append(all, some(text(&l.Due[i]))...)
	}
	return all
}

// parameter is what we read of a Parameters.parameter: its name, its one value, its parts.
type parameter struct {
	Name      string
	Parts     []parameter                `json:"part"`
	Code      string                     `json:"valueCode"`
	String    string                     `json:"valueString"`
	DateTime  string                     `json:"valueDateTime"`
	Number    int                        `json:"valueInteger"`
	Yes       *bool                      `json:"valueBoolean"`
	Reference struct{ Reference string } `json:"valueReference"`
}

// text gives a value that is a text or a reference, "" for none.
func (p *parameter) text() string { return cmp.Or(p.Code, p.String, p.DateTime, p.Reference.Reference) }

func readParameters(body []byte) ([]parameter, error) {
	var r struct{ Parameter []parameter }
	err := json.Unmarshal(body, &r)
	return r.Parameter, err
}

// asLeg reads the parameters of one leg.
func asLeg(task string, params []parameter) Leg {
	l := Leg{Task: task, Due: []Due{}, Warmth: map[string]string{}}
	for i := range params {
		if read, ok := legParts[params[i].Name]; ok {
			read(&l, &params[i])
		}
	}
	if l.State == "" {
		l.State = "none"
	}
	return l
}

// legParts says where each parameter of a leg goes. What is not here is not compared.
var legParts = map[string]func(*Leg, *parameter){
	"task":        func(l *Leg, p *parameter) { l.Task = idOf(p.text()) },
	"agency":      func(l *Leg, p *parameter) { l.Agency = p.text() },
	"former":      func(l *Leg, p *parameter) { l.Former = p.Number },
	"owner":       func(l *Leg, p *parameter) { l.Agency = p.text() },
	"state":       func(l *Leg, p *parameter) { l.State = p.text() },
	"reason":      func(l *Leg, p *parameter) { l.Reason = p.text() },
	"grade":       func(l *Leg, p *parameter) { l.Grade = p.text() },
	"visit":       func(l *Leg, p *parameter) { l.Visit = p.text() },
	"why":         func(l *Leg, p *parameter) { l.Why = p.text() },
	"because":     func(l *Leg, p *parameter) { l.Because = p.text() },
	"misses":      func(l *Leg, p *parameter) { l.Misses = p.Number },
	"attempts":    func(l *Leg, p *parameter) { l.Attempts = p.Number },
	"reschedules": func(l *Leg, p *parameter) { l.Reschedules++ },
	"flag":        func(l *Leg, p *parameter) { l.Flags = append(l.Flags, p.text()) },
	"suggest":     func(l *Leg, p *parameter) { l.Suggest = append(l.Suggest, p.text()) },
	"due":         func(l *Leg, p *parameter) { l.Due = append(l.Due, asDue(p)) },
	"told": func(l *Leg, p *parameter) {
		l.Told = append(l.Told, p.part("what")+" "+p.open())
	},
	"warmth": func(l *Leg, p *parameter) {
		l.Warmth[p.part("element")] = strings.TrimSpace(p.part("status") + " " + p.part("shown"))
	},
}

// open says whether something told is still to be done or sent: "open", "done", or "" where that is not said.
func (p *parameter) open() string {
	for i := range p.Parts {
		if yes := p.Parts[i].Yes; yes != nil && p.Parts[i].Name == "open" {
			return map[bool]string{true: "open", false: "done"}[*yes]
		}
	}
	return ""
}

func asDue(p *parameter) Due {
	return Due{What: p.part("what"), By: p.part("by"), For: p.part("for"), Level: p.part("level")}
}

// part gives the text of a part, "" when there is none of the name.
func (p *parameter) part(name string) string {
	for i := range p.Parts {
		if p.Parts[i].Name == name {
			return p.Parts[i].text()
		}
	}
	return ""
}

// idOf gives the id at the end of a reference: "T1" of "Task/T1", of "http://…/Task/T1/_history/2" and of "T1".
func idOf(ref string) string {
	ref, _, _ = strings.Cut(ref, "/_history/")
	return ref[strings.LastIndexByte(ref, '/')+1:]
}
