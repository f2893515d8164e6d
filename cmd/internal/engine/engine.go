// Package engine holds the use cases: what the program does with a FHIR resource that somebody sends, and what it answers to somebody who asks.
//
// It is the only room that writes. Every write, whoever makes it (an EHR, an agency, a page, a timer), is a list of Changes given to Apply, and
// runs as one transaction:
//
//	resolve conditions and references → check structure, Task move, who makes it → stamp and store the versions
//	→ gather the evidence of every referral that was touched → fold → write back what only we know, and what ought to stand written (todos,
//	messages, notices) → save the answer
//
// so that an answer saved is always the answer to the resources that are saved beside it. Reading never folds.
//
// The room knows no HTTP: it takes and gives FHIR resources and values, and refuses with a *Refusal whose Kind the server turns into a status.
package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// Principal is whoever asks: the role in which they speak and the party that they speak for, a reference such as "Organization/harbor". The
// zero Principal is a caller who did not say: everything is open to them that is open to anybody, and what they write is nobody's word in
// particular.
type Principal struct {
	Role  workflow.Role
	Party string
}

// Settings are what the engine is told once. Now and NewID must be safe for concurrent use.
type Settings struct {
	Base  string           // our own FHIR base URL without a slash at the end; absolute references below it are local. "" for none
	Rules workflow.Rules   // zone, windows, deadlines
	Guide mapping.Settings // partners, own organization
	Now   func() time.Time
	NewID func() string

	// Elapsed is a clock that never goes back, such as the time since the program began: by it a write that holds the writer for too long is undone. nil:
	// nothing is measured, and none is.
	Elapsed func() time.Duration
	Budgets Budgets

	// NewSecret gives 32 random bytes, to sign cursors with; it is called once in the life of a store. nil: NewID is random enough.
	NewSecret func() []byte
}

// Engine runs the use cases on a store. Safe for concurrent use.
type Engine struct {
	store  store.Store
	set    Settings
	facts  *factCache
	fold   func(*workflow.Ledger, time.Time, *workflow.Rules) workflow.Handoff
	waking *waking
	mark   func() string          // of the rows that this engine makes
	secret atomic.Pointer[[]byte] // the key of cursors, once it is known
	types  atomic.Pointer[typesAt]
	clock  sync.Mutex
	last   time.Time
}

// New makes an engine. The store stays the caller's to close.
func New(s store.Store, set Settings) *Engine {
	set.Budgets = set.Budgets.withDefaults()
	set.Guide.Base, set.Guide.Zone, set.Guide.Zones = set.Base, set.Rules.Zone, set.Rules.Zones()
	e := &Engine{store: watched{s}, set: set, facts: newFactCache(20_000), fold: workflow.Fold, waking: newWaking()}
	e.mark = sync.OnceValue(e.rowMark)
	return e
}

// Method is what a Change does.
type Method string

// The methods, named for FHIR's interactions.
const (
	Create Method = "create"
	Update Method = "update" // also creates, when the id is new
	Delete Method = "delete"
)

// Change is one thing that a caller asks to have written.
type Change struct {
	Method   Method
	Type     string
	ID       string         // Update, Delete; ignored for Create
	Resource *fhir.Resource // Create, Update: as the strict reader gave it
	FullURL  string         // Bundle.entry.fullUrl: what other entries call it

	Query       string // conditional update or delete: the search that picks the resource, as in a URL ("identifier=a|b")
	IfNoneExist string // conditional create: likewise
	IfMatch     string // the version number that the caller believes to be newest; "" when not said

	OnlyNew bool // update: only to create; a resource that is there already stands in the way

	Alone   bool // an entry of a batch, which sees no other
	Patched bool // update: of what was stored, by a PATCH

	samePerson bool // a create that was recognised, and whom it is about was compared

	Path string // where the change stands in what was sent, for issues: "Bundle.entry[3]"; "" alone
}

// Result says what became of one Change.
type Result struct {
	Done    Done
	Version store.Version // as committed, the newest: for a Task this may be what we wrote on top
	Issues  []fhir.Issue  // warnings and information; never errors

	// Became says what became of what was written, of the types of which every write says it (mapping.ToldOf); none of others.
	Became []fhir.Issue
	About  []string // what $handoff tells more of, "Task/t1"
	Waits  bool     // it waits for a request that has not come: $waiting has it
}

// Done says what became of a Change.
type Done string

// What can become of a Change.
const (
	Created   Done = "created"
	Updated   Done = "updated"
	Unchanged Done = "unchanged" // a repeat of what is there, or a conditional create that found its match
	Deleted   Done = "deleted"
)

// Kind groups refusals by what the caller can do about them.
type Kind string

// The kinds of refusal.
const (
	Invalid            Kind = "invalid"             // the request cannot be understood
	Unprocessable      Kind = "unprocessable"       // understood, and against a rule
	NotFound           Kind = "not-found"           //
	Gone               Kind = "gone"                // deleted
	Conflict           Kind = "conflict"            // somebody else was first; ask again
	PreconditionFailed Kind = "precondition-failed" // If-Match or a condition does not hold
	Forbidden          Kind = "forbidden"           //
	NotSupported       Kind = "not-supported"       //
	NotAllowed         Kind = "not-allowed"         // of this type nobody may do this
	TooCostly          Kind = "too-costly"          // more than one write may ask for, see Budgets
	Busy               Kind = "busy"                // it took too long this time, and may work the next
)

// Refusal says that nothing was done, and why. At least one issue is an error.
type Refusal struct {
	Kind   Kind
	Issues []fhir.Issue
}

// Error gives the words of the issues.
func (r *Refusal) Error() string {
	s := string(r.Kind)
	for _, i := range r.Issues {
		s += ": " + i.Text
	}
	return s
}

func refuse(k Kind, code fhir.Code, at, text string) *Refusal {
	return &Refusal{Kind: k, Issues: []fhir.Issue{{Severity: fhir.Error, Code: code, Expression: at, Text: text}}}
}

// now gives the one reading of the clock for a transaction: UTC, whole milliseconds, never before one that was given earlier.
func (e *Engine) now() time.Time {
	e.clock.Lock()
	defer e.clock.Unlock()
	t := e.set.Now().UTC().Truncate(time.Millisecond)
	if t.Before(e.last) {
		t = e.last
	}
	e.last = t
	return t
}
