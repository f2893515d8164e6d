// Package store says what the engine needs of a database, and no more.
//
// Three ideas hold it together.
//
// Versions are the record. Every accepted version of every resource is kept, byte for byte; nothing is ever overwritten. The newest version
// of a resource is found by its key, and each version has a Seq: its place in the order in which the store took versions in. Newest first
// always means highest Seq first, and because lastUpdated never runs backwards in a store, that is also the order of meta.lastUpdated.
//
// Everything else is made from versions and can be thrown away: Terms (what a search finds a resource by), Links (what a resource points
// at, so that a referral can gather what belongs to it) and the Handoff row (the read model of one leg).
//
// A write is one transaction. Update runs a function that reads and writes; when Update returns nil, all of it is on disk, synced; when it
// returns an error, none of it is visible. Callers that come together may share one sync, but never each other's failure.
package store

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound says that no such row exists.
var ErrNotFound = errors.New("store: not found")

// ErrConflict says that a write named a version that is no longer the newest, or a key that is taken.
var ErrConflict = errors.New("store: conflict")

// ErrFull says that the disk is full: nothing was written, reading still works, and writes work again when there is space.
var ErrFull = errors.New("store: no space left")

// ErrFailed says that the database could not be written or synced. What the store holds is then uncertain, so it refuses everything from
// then on: the program must stop and start again.
var ErrFailed = errors.New("store: failed, restart needed")

// ErrTooCostly says that a search would have to look at too much, or that one statement took longer than whoever asked allows.
var ErrTooCostly = errors.New("store: the search is too costly")

// ErrBusy says that too many writes wait; nothing was written and the caller may try again.
var ErrBusy = errors.New("store: busy")

// Key names a resource: its FHIR type and logical id.
type Key struct {
	Type string
	ID   string
}

// String gives "Type/ID", the form in which FHIR references name a resource.
func (k Key) String() string { return k.Type + "/" + k.ID }

// Author says who wrote a version: the role (a word of the workflow's roles) and the party (a reference such as "Organization/harbor").
// Both are empty where the writer did not say who it was. Own is true for versions that this program wrote on its own account.
type Author struct {
	Role  string
	Party string
	Own   bool
}

// Version is one stored version of a resource.
type Version struct {
	Key
	Number  int       // 1 for the first; FHIR meta.versionId
	Seq     int64     // place in the order of all versions of all resources; given by the store
	Updated time.Time // UTC, whole milliseconds; FHIR meta.lastUpdated
	Deleted bool      // a deletion; Body is then nil
	Author  Author
	Body    []byte // JSON with id, versionId and lastUpdated in place; callers must not change it
	Method  string // how it was written, "POST", "PUT", "PATCH" or "DELETE": given by Reader.History alone; "" where nobody knows any more
}

// Term is one thing that a resource can be found by: a parameter ("Task.owner") and a value ("Organization/harbor"). Params made of
// several ("Task.owner+status") are terms like any other, so that a worklist is one index range. A loose term is kept with the resource and in
// no index: it costs next to nothing to write, and can only sort out what something else has found.
type Term struct {
	Param string
	Value string
	Loose bool
}

// Link is one outgoing reference of a resource that the workflow follows: Via says by which element ("focus", "basedOn", "subject" …),
// To whom ("ServiceRequest/sr1").
type Link struct {
	Via string
	To  string
}

// Linked is an incoming link: From points at the resource that was asked for. Former links are those that an earlier version had and the
// newest has no more.
type Linked struct {
	From   Key
	Via    string
	Former bool
	Number int   // newest version of From
	Seq    int64 // and its place
}

// Past asks for versions, deletions included.
type Past struct {
	Type   string    // "": of all types
	ID     string    // "": of all resources of the type
	Before int64     // only Seq < Before; 0: from the newest on
	Since  time.Time // not older than; zero: any
	Limit  int       // at most so many
}

// Write is one new version to store, with what it is found by.
type Write struct {
	Key
	Replaces int       // the version number that this one replaces; 0 creates. Anything else than the newest gives ErrConflict
	Updated  time.Time // not before the store's LastUpdated: an error otherwise
	Deleted  bool
	Author   Author
	Method   string // how it is written, see Version.Method
	Body     []byte
	Terms    []Term // all terms of this version; none when deleted
	Links    []Link // all links of this version; links that the version before had and this has not become former
}

// Query asks for newest versions of one type, deleted ones left out.
type Query struct {
	Type      string
	All       []Match   // every one must hold
	IDs       []string  // nil: any id
	From, To  time.Time // lastUpdated in [From, To); zero: open
	Before    int64     // newest first: only Seq < Before; 0: from the newest on
	After     int64     // oldest first: only Seq > After
	Ascending bool      // oldest first
	Limit     int       // at most so many; 0: none, count only
	Total     bool      // count all that match, whatever the page
	Bare      bool      // of each version only Key, Number and Seq are given
	Show      []Shown   // params whose terms are given beside each version
}

// Shown is a param whose terms a Query shows. Loose says that they are loose; without it, loose ones need not be seen.
type Shown struct {
	Param string
	Loose bool
}

// Page is the answer to a Query. Its versions come without their Author.
type Page struct {
	Versions []Version
	Shown    [][]Term // with Query.Show, one list for each of Versions, its params as Show names them
	More     bool     // there are further versions behind the last one
	Total    int      // -1 when not asked for
}

// Handoff is a row of the read model: one leg of a referral, by its Task. Doc is the whole answer in the engine's own encoding; the other
// fields are those that lists filter and sort by.
type Handoff struct {
	Task     string // id of the fulfilment Task
	Referral string // id of the ServiceRequest; "" while it has not come
	Agency   string // reference of Task.owner
	Patient  string // reference
	State    string
	Reason   string
	Due      time.Time // the next thing due; zero: nothing; whole microseconds, up
	Wake     time.Time // when time alone may change the answer; zero: never; whole microseconds, up
	Seq      int64     // highest Seq of the versions it was made from
	Doc      []byte
	Mark     string // of the rules and settings by which it was made
}

// Reader reads a consistent state.
type Reader interface {
	// Newest gives the newest version of a resource, which may be a deletion. ErrNotFound when there never was one.
	Newest(ctx context.Context, k Key) (Version, error)
	// Numbered gives one version. ErrNotFound when there is none of that number.
	Numbered(ctx context.Context, k Key, number int) (Version, error)
	// Versions gives all versions of a resource, newest first, at most limit of those with a number below before (each 0: all). Bodies
	// included. Empty, not an error, when there never was one.
	Versions(ctx context.Context, k Key, before, limit int) ([]Version, error)
	// History gives a page of the versions that were asked for, newest first, with their Method. Empty, not an error, when there are none. Its Total is -1.
	History(ctx context.Context, q Past) (Page, error)
	// Numbers gives for all versions of a resource, oldest first, everything but the Body.
	Numbers(ctx context.Context, k Key) ([]Version, error)
	// Search answers a query; under a Room the page may end before its Limit. ErrTooCostly when conditions that no index helps with hold for too few of too
	// many, or the Budget of whoever asked is spent.
	Search(ctx context.Context, q Query) (Page, error)
	// Placed gives the versions at these places, whole, in the order asked for; places where none is are left out, and under a Room those that it has
	// no room for, from some place on.
	Placed(ctx context.Context, seqs ...int64) ([]Version, error)
	// Types gives the types of which there is, or once was, a resource, sorted.
	Types(ctx context.Context) ([]string, error)
	// LinkedTo gives what points, or once pointed, at any of what is named ("ServiceRequest/sr1"), also when it is not there (yet).
	// Deleted sources are included. Order: by Seq.
	LinkedTo(ctx context.Context, to ...string) ([]Linked, error)
	// LinkedLast gives what points at one thing now, at most limit, what was made last first.
	LinkedLast(ctx context.Context, to string, limit int) ([]Linked, error)
	// Links gives what a resource points at now.
	Links(ctx context.Context, from Key) ([]Link, error)
	// Missing gives what resources point at that is not there: distinct targets of one type ("ServiceRequest/sr9"), in order, at most limit.
	Missing(ctx context.Context, typ string, limit int) ([]string, error)
	// Handoff gives the row of one leg by its Task's id; ErrNotFound when there is none.
	Handoff(ctx context.Context, task string) (Handoff, error)
	// Handoffs gives all legs of a referral, ordered by Task id.
	Handoffs(ctx context.Context, referral string) ([]Handoff, error)
	// EachHandoff calls f for every row, ordered by Task id, until f returns an error.
	EachHandoff(ctx context.Context, f func(Handoff) error) error
	// Awake gives legs whose Wake is set and not after now, earliest first, at most limit (0: all).
	Awake(ctx context.Context, now time.Time, limit int) ([]Handoff, error)
	// NextWake gives the earliest Wake of all, zero when there is none.
	NextWake(ctx context.Context) (time.Time, error)
	// Remembered gives the value kept under an idempotency key, and whether there is one.
	Remembered(ctx context.Context, key string) (string, bool, error)
	// LastUpdated gives the highest lastUpdated in the store, zero when it is empty.
	LastUpdated(ctx context.Context) (time.Time, error)
	// EachKey calls f for every resource of a type in Seq order of their newest versions, deleted ones included, until f returns an error.
	EachKey(ctx context.Context, typ string, f func(Version) error) error
}

// Tx reads and writes inside one transaction. It is valid only while Update's function runs, and only in that goroutine.
type Tx interface {
	Reader
	// Put stores a version and gives it back with Number and Seq. ErrConflict when Replaces is not the newest number.
	Put(ctx context.Context, w Write) (Version, error)
	// Index gives a version that is the newest of its resource other terms and links; it stays the same version. ErrConflict when it is not the newest.
	Index(ctx context.Context, v Version, terms []Term, links []Link) error
	// PutHandoff writes the row of a leg, replacing the one that was there.
	PutHandoff(ctx context.Context, h Handoff) error
	// DropHandoff removes a row; no error when there is none.
	DropHandoff(ctx context.Context, task string) error
	// Remember keeps value under a key unless the key is taken; it gives the value that is there afterwards and whether it is ours.
	Remember(ctx context.Context, key, value string, at time.Time) (kept string, fresh bool, err error)
	// Forget removes keys remembered before the time; it gives how many.
	Forget(ctx context.Context, before time.Time) (int, error)
}

// Store is a database. Safe for concurrent use.
type Store interface {
	// View runs f on a consistent state. f must call neither View nor Update.
	View(ctx context.Context, f func(Reader) error) error
	// Update runs f in a transaction, perhaps in another goroutine, and returns when what f wrote is on disk, or with f's error, or with
	// ErrFull, ErrFailed, ErrBusy. f may be run only once for each call and must not wait for anything.
	Update(ctx context.Context, f func(Tx) error) error
	// Syncs gives how many commits reached the disk since the store was opened, and how many Updates they carried.
	Syncs() (commits, updates int64)
	// Seen gives the Seq of the last version that is on disk and that a View begun now would see; 0 while the store is empty. It costs
	// next to nothing.
	Seen() int64
	// Close waits for what is under way and closes. Calls after it give ErrFailed.
	Close() error
}
