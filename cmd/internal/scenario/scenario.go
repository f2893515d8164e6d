// Package scenario reads a txtar story and plays it through the HTTP handlers with a clock of its own.
//
// A story is written by people for people: who sends what and when, and where the person is said to be afterwards. Three ideas hold the room
// together.
//
// The story has the only clock. A step's time is the time; before a step is delivered the clock walks to it, stopping wherever the engine
// says that something is due, so that what is due happens at its own hour. Nothing sleeps.
//
// The front door is the only door. A step is an HTTP request to the handler that also serves real clients, without a socket, with a header
// that says who speaks. What a story reads, it reads through the same handler.
//
// The end does not depend on the order. Orders deals the same messages out again, the versions of one resource kept in their own order, and
// the end must be the same.
//
// What a world is made of (a store, an engine, a server) is the caller's business: it hands in a Maker.
//
// # The format
//
// A story is a txtar file. Its comment is the header: a title, then lines `key: value` up to an empty line, then words for the reader.
//
//	zone: America/Los_Angeles          of the receiving site
//	self: Organization/wh              our own organization
//	party: NAME Type/ID ROLE           one for each who speaks
//	begins: NAME[, NAME]               the settings, parties and steps of NAME.txtar come first, without what they want; it lies in the
//	                                   story's folder or in the one above, and may begin with another; each is taken once
//	permute: yes | no, REASON          whether the messages may come in any order
//	note: TEXT                         for the reader
//
// Each file of the archive is a step, named `TIME PARTY METHOD PATH` with the body as its text, or `TIME clock` without one. A body may begin
// with a line `like Type/ID`: it is then the last body that was sent for that resource, changed by the members below that line (null takes one
// away), with the id of the path of a PUT.
//
// A file named `want` says what holds after the step above it, a line each; lines that begin with # say nothing:
//
//	Task/ID STATE[:REASON] [KEY=VALUE]…        where a leg stands; "none" for one that is not followed, or for no reason
//	ServiceRequest/ID STATE                    active, attended, handed-back, ended
//	status N                                   HTTP status of the reply
//	has TEXT, lacks TEXT                       the reply has TEXT, or has it not; JSON is compared without spaces between its parts
//	said TEXT                                  the answer said TEXT in words of an issue: in an entry of the Bundle, or, for what was sent alone, in
//	                                           the outcome, which is then asked for in place of the resource
//	total N                                    how much a search found
//	warmth Task/ID W5 done|not-done|not-applicable [shown|stated|confirmed]
//	due Task/ID WHAT FOR [BY [LEVEL]]          this is due for somebody, by that time; LEVEL is none, amber, red, supervisor
//	due Task/ID WHAT none                      it is not
//	told Task/ID WHAT [open|done|none]         a todo, message or notice with this code was written for the leg; none of them was
//
// The keys of a leg are grade, visit (a day of the zone, or an instant), misses, attempts, moved (how often a visit was moved), due (what, of any),
// level (of any that is due: amber, red, supervisor), why (the rule's name), flag (a part of its text), noflag (a part that no flag has), suggest and because (a part of why it is not
// followed). A
// value with spaces stands in double quotes: why="newest visit". The value none wants that nothing is said.
package scenario

import (
	"context"
	"net/http"
	"time"

	"warmhandoff/mapping/workflow"
)

// Scenario is one story, as Parse reads it.
type Scenario struct {
	File    string // where it was read from, for messages
	Title   string
	Zone    *time.Location // of the receiving site; never nil
	Self    string         // our own organization, "Organization/wh"; "" when the story does not say
	Fixed   string         // why the messages may not come in another order; "" when they may
	Notes   []string       // for the reader
	Parties []Party
	Set     []Setting // what else this installation is told
	Steps   []Step    // in order of time
}

// Setting is something that the adapter of a story is told, in the words of the settings of serve: "partner", "Organization/harbor=polled".
type Setting struct{ Name, Value string }

// Party is somebody who speaks in a story.
type Party struct {
	Name string // what the steps call them
	Ref  string // "Organization/harbor"
	Role workflow.Role
}

// Step is one message, or a move of the clock.
type Step struct {
	Number int // 1 for the first
	At     time.Time
	Who    Party  // zero for a move of the clock
	Method string // "" for a move of the clock
	Path   string // below the FHIR base, begins with a slash
	Body   []byte
	Want   []Want
}

// Clock reports whether the step only moves the clock.
func (s *Step) Clock() bool { return s.Method == "" }

// Reads reports whether the step can change nothing.
func (s *Step) Reads() bool { return s.Method == http.MethodGet || s.Method == http.MethodHead }

// World is one empty adapter for a story to be played in.
type World struct {
	Handler http.Handler
	// Tick does what is due at the clock's time. It gives when the next thing is due, zero for never, and how much was done.
	Tick  func(context.Context) (next time.Time, done int, err error)
	Close func() error
}

// Maker makes a world for a story: its zone and self, with the clock and the ids that it must use.
type Maker func(s *Scenario, clock *Clock, ids *IDs) (*World, error)
