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
	Steps   []Step // in order of time
}

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
