// Package server is the way in over HTTP: FHIR R4 REST under one base URL, and beside it whatever plain handler the pages give.
//
// It decodes, asks the engine, and renders; it decides nothing about referrals. Four ideas hold it together.
//
// One table of routes. The echo routes, the addresses that Bundle entries may name, and the CapabilityStatement are made from it, so that an
// entry of a Bundle is read, checked and carried out by the same functions as a request of its own, and nothing is advertised that is not there.
//
// One table of failures. Every error that leaves this room is an OperationOutcome with a status from that table; what is not in it is a 500
// whose text stays in the log.
//
// Bytes pass through. A resource that is sent goes from the strict reader to the engine and from the store to the caller as bytes; Bundles
// that we answer with are written around those bytes. Nothing that came from outside is decoded into structs and encoded again.
//
// Limits come first: host and origin, sizes, how many at once; then the one strict read; then the engine.
//
//	edge (id, log, panic) → fence (host, origin, proxy) → route → body (size, gzip, strict read) → gate → engine → answer
//
// There is no authentication in this build: see [Settings.Dev]. Echo is imported in this room and nowhere else, and here it routes, and hands
// errors to the one handler; what carries a request out (request.go, read.go, write.go, transaction.go) does not see it.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/turn"
	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
	"warmhandoff/mapping"
)

// Engine is what the server asks of the use cases; *engine.Engine is one. All methods must be safe for concurrent use.
type Engine interface {
	// Apply carries out changes in one transaction and gives a result for each, in their order.
	Apply(ctx context.Context, p engine.Principal, changes []engine.Change) ([]engine.Result, error)
	// ApplyBundle is Apply for a transaction Bundle; identifier is its Bundle.identifier as "system|value", or "".
	ApplyBundle(ctx context.Context, p engine.Principal, identifier string, changes []engine.Change) ([]engine.Result, error)
	// Try finds out what Apply would do, and keeps nothing of it.
	Try(ctx context.Context, p engine.Principal, changes []engine.Change) ([]engine.Result, error)
	// TryBundle finds out what ApplyBundle would do, and keeps nothing of it.
	TryBundle(ctx context.Context, p engine.Principal, identifier string, changes []engine.Change) ([]engine.Result, error)
	// Read gives the newest version. Of a deleted resource it gives the deletion beside a refusal of kind Gone.
	Read(ctx context.Context, p engine.Principal, typ, id string) (store.Version, error)
	// VRead gives one version by the number that its ETag showed.
	VRead(ctx context.Context, p engine.Principal, typ, id, version string) (store.Version, error)
	// History gives versions, newest first, with numbers below before (0: all), and whether there are more.
	History(ctx context.Context, p engine.Principal, q store.Past) ([]store.Version, bool, error)
	// Search answers a search of one type, or of several with typ "". Parameters that it does not know are issues of the result, or with strict a refusal.
	Search(ctx context.Context, p engine.Principal, typ string, q url.Values, strict bool) (engine.SearchResult, error)
	// SearchWithin is Search in the compartment of a resource; typ "" searches all of it.
	SearchWithin(ctx context.Context, p engine.Principal, within store.Key, typ string, q url.Values, strict bool) (engine.SearchResult, error)
	// HandoffParameters gives the answer of a Task or ServiceRequest as the JSON of a Parameters resource.
	HandoffParameters(ctx context.Context, p engine.Principal, typ, id string) ([]byte, error)
	// Package gives what may go to the agency of a Task: the JSON of a Bundle, or of a Parameters resource that holds it.
	Package(ctx context.Context, p engine.Principal, task string) ([]byte, error)
	// Everything gives a page of what belongs to a ServiceRequest or a Patient; the parameters are _count, _since and _type, of a Patient start and end too.
	Everything(ctx context.Context, p engine.Principal, typ, id string, q url.Values) (engine.SearchResult, error)
	// Message carries out a message Bundle and gives the Bundle that answers it, nil where there is nothing to answer; beside an error it says why.
	Message(ctx context.Context, p engine.Principal, b *fhir.Resource) ([]byte, error)
	// WaitingParameters gives what waits for its ServiceRequest as the JSON of a Parameters resource.
	WaitingParameters(ctx context.Context, p engine.Principal) ([]byte, error)
}

// Settings are what the server is told once. The zero value of each has the meaning that stands beside it.
type Settings struct {
	// Base is the absolute FHIR base URL without a slash at the end, such as "http://127.0.0.1:8080/fhir", the default. Its path is where
	// the FHIR routes stand; links are made from it, never from what a request says about its host.
	Base string
	// Dev opens the server to everybody who can reach it: who asks is whoever X-Dev-Principal names ("org=Organization/harbor;role=agency"),
	// and nobody in particular where it names none. Without Dev every FHIR request but metadata is refused with 401, since this build knows
	// no way to log in.
	Dev bool
	// Hosts are names by which clients ask for the server, beside that of Base, the loopback names and the address at which it was reached:
	// "handoff.local", which goes with every port, or "handoff.local:8080". A request for another host is refused.
	Hosts []string
	// Proxies are the addresses of those whose Forwarded and X-Forwarded headers are believed; whoever else sends them is refused.
	Proxies []netip.Prefix
	// Origins are those of apps in browsers that may use the server, such as "https://app.example.org".
	Origins []string
	// Profiles are those that $validate knows.
	Profiles []profile.Profile
	// Now is the clock; it must not be nil. NewID makes ids for requests that bring none; it must not be nil.
	Now   func() time.Time
	NewID func() string
	// Elapsed is a clock that never goes back, such as the time since the program began: by it requests that take long have the processors by turns. nil:
	// nothing is measured, and all go on at once.
	Elapsed func() time.Duration
	// Log takes one line for each request and one for each failure that is ours. Nil: nothing is logged.
	Log *slog.Logger
	// Pages answers what is neither FHIR nor health. Nil: 404.
	Pages http.Handler
	// Ready says why the program cannot serve just now. Nil: it always can. It must return quickly.
	Ready func(context.Context) error
	// Version is the program's, for the CapabilityStatement. "": not said.
	Version string
	// Platforms are lists of demands that the CapabilityStatement compares itself with.
	Platforms []mapping.Platform
	// Limits hold the traffic; zero fields take those of DefaultLimits.
	Limits Limits
}

// Server answers HTTP requests. Safe for concurrent use.
type Server struct {
	engine     Engine
	set        Settings
	log        *slog.Logger
	prefix     string // path of the base: "/fhir"
	host       string // host and port of the base
	types      map[string]bool
	routes     []*route
	metadata   func() []byte    // made when it is first asked for
	document   func() []byte    // likewise
	gate       gate             // of what is worked on
	processors *turn.Processors // for what of it takes long
	writers    gate             // of what waits for the writer, see turns.go
	bodies     *pool            // that are being read or worked on
	working    *pool            // of these, that are being worked on
	answers    *pool            // that are made, or not sent yet
	echo       *echo.Echo
	stopping   atomic.Bool
}

// New makes a server. It panics when Now or NewID is missing or Base is no absolute URL: those are mistakes of the program, not of a caller.
func New(e Engine, set Settings) *Server {
	if set.Now == nil || set.NewID == nil {
		panic("server: Settings.Now and Settings.NewID must be set")
	}
	if set.Base == "" {
		set.Base = "http://127.0.0.1:8080/fhir"
	}
	set.Base = strings.TrimRight(set.Base, "/")
	base, err := url.Parse(set.Base)
	if err != nil || base.Scheme == "" || base.Host == "" {
		panic("server: Settings.Base must be an absolute URL")
	}
	set.Limits = set.Limits.orDefault()
	s := &Server{engine: e, set: set, log: set.Log, prefix: base.Path, host: base.Host, types: served()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.processors = turn.NewProcessors(set.Limits.Long, set.Elapsed)
	s.gate = newGate(set.Limits.Concurrent, set.Limits.Queue)
	s.writers = newGate(set.Limits.Writers, set.Limits.Queue)
	largest := int64(set.Limits.Body)
	s.bodies, s.working = newPool(set.Limits.Memory, largest), newPool(set.Limits.Working, largest)
	s.answers = newPool(set.Limits.Answers, max(2*largest, int64(set.Limits.Page)))
	s.routes = table()
	started := set.Now()
	s.metadata = sync.OnceValue(func() []byte { return s.capabilities(started) })
	s.document = sync.OnceValue(s.openAPIDocument)
	s.echo = s.mount()
	return s
}

// served gives the types that are stored: every concrete R4 resource but Parameters, which is only ever input and output.
//
// Source: FHIR R4, parameters.html ("there is no RESTful end-point associated with it")
func served() map[string]bool {
	types := map[string]bool{}
	for _, name := range fhir.ResourceTypes() {
		types[name] = name != "Parameters"
	}
	return types
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// HTTPServer gives an http.Server for the address with the times and sizes that hold slow and greedy callers. The caller listens, serves,
// and on the way out calls Stopping and then Shutdown of what it got.
func (s *Server) HTTPServer(addr string) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    s.set.Limits.Header,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// Stopping makes /readyz say 503 from now on, so that whoever sends traffic sends it elsewhere while what is under way is finished.
func (s *Server) Stopping() { s.stopping.Store(true) }

// Limits hold the traffic. All sizes are bytes.
type Limits struct {
	Body       int           // of a request, also after unpacking
	Header     int           // all header lines together
	URL        int           // path and query
	Entries    int           // of a Bundle
	Ratio      int           // unpacked size to packed size
	Concurrent int           // requests that are worked on at once; of one caller three quarters
	Long       int           // of these, those that take long
	Writers    int           // requests that wait for the writer at once; likewise
	Queue      time.Duration // how long one waits to get in
	Wait       time.Duration // how long a write waits for its turn, and is then undone and answered
	Memory     int64         // all bodies above 64 KiB that are being read or worked on
	Steps      int           // of all searches of one request, see store.Budget
	Statement  time.Duration // how long one question to the store may take; all those of a request twice as long
	Patched    int           // of all resources that one Bundle patches; one may have more
	Validated  int           // of all resources that $validate looks at in one Bundle; one may have more
	Working    int64         // of these, all that are worked on: reading and storing one takes up to twenty times its size
	Answers    int64         // all answers above 64 KiB that are made, or not sent yet
	Page       int           // of the resources of a page: what goes beyond is on the next one, and one resource alone is answered whole
	Bundle     int           // of the answers to the entries of a Bundle together: what goes beyond is to be asked for on its own
	Patience   time.Duration // how long a large body waits to be worked on, or a large answer for memory
	Stall      time.Duration // how long somebody may stop who sends or takes what is large
}

// DefaultLimits are those of the security checklist (3 to 5), and sizes of our own for what it leaves open.
//
// No referral meets them: a page of 1,000 Tasks of 3 kB has 3 MB, the largest published referral Bundles 1 MB, a household of 50 with a referral each 2 MB.
// The largest records that Synthea makes have 5 MB; who wants one reads it alone, or page by page.
func DefaultLimits() Limits {
	// To patch a byte, or to validate one, takes fifty nanoseconds: so much is half a second or a quarter of one. Five hundred Tasks, as many as a Bundle has
	// entries, are 1.5 MB.
	return Limits{
		Steps: store.MostSteps, Statement: 5 * time.Second, Patched: 8 << 20, Validated: 4 << 20,
		Body: 5 << 20, Header: 64 << 10, URL: 16 << 10, Entries: 500, Ratio: 100,
		Concurrent: ConcurrentFor(runtime.GOMAXPROCS(0)), Long: LongFor(runtime.GOMAXPROCS(0)), Queue: 100 * time.Millisecond, Writers: 256, Wait: 20 * time.Second, Memory: 64 << 20,
		Working: 8 << 20, Answers: 64 << 20, Page: 8 << 20, Bundle: 16 << 20, Patience: 5 * time.Second, Stall: 5 * time.Second,
	}
}

// ConcurrentFor returns how many requests are worked on at once where there are so many processors: many wait for the writer or for memory.
func ConcurrentFor(processors int) int { return 64 * processors }

// LongFor returns how many of them may take long at once: all but one of the processors, which is for all others and the writer.
func LongFor(processors int) int { return max(1, processors-1) }

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	pick(&l.Body, d.Body)
	pick(&l.Header, d.Header)
	pick(&l.URL, d.URL)
	pick(&l.Entries, d.Entries)
	pick(&l.Ratio, d.Ratio)
	pick(&l.Concurrent, d.Concurrent)
	pick(&l.Long, d.Long)
	pick(&l.Writers, d.Writers)
	pick(&l.Queue, d.Queue)
	pick(&l.Wait, d.Wait)
	pick(&l.Memory, d.Memory)
	pick(&l.Steps, d.Steps)
	pick(&l.Statement, d.Statement)
	pick(&l.Patched, d.Patched)
	pick(&l.Validated, d.Validated)
	pick(&l.Working, d.Working)
	pick(&l.Answers, d.Answers)
	pick(&l.Page, d.Page)
	pick(&l.Bundle, d.Bundle)
	pick(&l.Patience, d.Patience)
	pick(&l.Stall, d.Stall)
	return l
}

func pick[T comparable](field *T, otherwise T) {
	var zero T
	if *field == zero {
		*field = otherwise
	}
}
