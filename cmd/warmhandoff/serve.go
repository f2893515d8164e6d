package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/jobs"
	"warmhandoff/cmd/internal/store/sqlstore"
)

// drain is how long requests that are under way may take after the program was told to stop.
const drain = 10 * time.Second

type serve struct {
	Addr           string        `help:"Address to listen on. Port 0 takes a free one." default:"127.0.0.1:8080"`
	DB             string        `name:"db" help:"Database: a file, made when it is not there, or :memory:. Default: warmhandoff.db, with --demo :memory:." placeholder:"FILE"`
	BaseURL        string        `help:"FHIR base URL that clients use, in links. Default: http://ADDR/fhir, and http://localhost:PORT/fhir where it listens on every address." placeholder:"URL"`
	InsecureListen bool          `help:"Listen beyond this machine although there is no authentication: anybody who can reach the port reads and writes everything. Only a flag says so, never a file or the environment." env:"-"`
	AllowedHost    []string      `help:"Name by which clients ask for this server, such as handoff.example.org or handoff.example.org:8443, beside localhost, the address at which it listens and the host of --base-url. May be given again." placeholder:"HOST"`
	Demo           bool          `help:"Load fictional people in every state into an empty database."`
	TrustedProxy   []string      `help:"Address of a proxy, or a range of addresses: what it says in Forwarded and X-Forwarded headers is believed, and refused from everybody else. May be given again." placeholder:"CIDR"`
	CorsOrigin     []string      `help:"Origin of an app in a browser that may use this server, such as https://app.example.org. None by default; may be given again." placeholder:"ORIGIN"`
	BodyLimit      string        `help:"How large the body of a request may be, also unpacked: 64KiB to 256MiB." default:"5MiB" placeholder:"5MiB"`
	WriteLimit     time.Duration `help:"For how long one write may keep all others waiting; what takes longer is undone and refused." default:"1s" placeholder:"1s"`
	SearchSteps    string        `help:"How many resources all searches of one request may look at, in steps of about three microseconds: 10000 to 10000000. More lets one request find what no index helps with among more people, and take longer." default:"100000" placeholder:"100000"`
	LogLevel       string        `help:"What is logged to stderr: debug, info, warn or error." default:"info" enum:"debug,info,warn,error"`
	LogFormat      string        `help:"How: text or json." default:"text" enum:"text,json"`
	Shared         bool          `help:"Let other instances on this machine have the database file open too; all must say so. They take turns at writing, and each thing that is due is done by one of them."`
	Check          bool          `help:"Say everything that is wrong with the settings, and start nothing: 0 when all is right, 1 when something is wrong." env:"-"`
	site

	clock, synchronous string // of a server that proofs start, see proofServe
	unlimited          bool   // likewise
}

// Between what an operator may set how long one write keeps the others waiting: any shorter, and a busy disk refuses ordinary ones; any longer, and whoever
// waits has hung up.
const leastHold, mostHold = 100 * time.Millisecond, 30 * time.Second

// Run serves until the program is told to stop, or the store fails.
func (s *serve) Run(p *program) error {
	started := time.Now()
	wires, wrong := s.wiring(p)
	if s.Check {
		return s.tell(p, wrong)
	}
	if err := wrong.err(); err != nil {
		return err
	}
	wires.processors = moreThreads()
	collectLess(wires.limits())
	log := s.logger(p)
	clock := machineClock(s.clock, log)
	elapsed := func() time.Duration { return time.Since(started) }
	st, err := openStore(p, s.database(), sqlstore.Options{Synchronous: s.synchronous, Shared: s.Shared, Elapsed: elapsed, After: after})
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); err != nil {
			log.Error("the store did not close", "error", err)
		}
	}()
	if st.Exposed() {
		log.Warn("everybody on this machine could open the database; its owner alone can now", "database", s.database())
	}
	if err := st.Room(); err != nil {
		log.Warn("the disk is full: writes are refused and /readyz says no until there is room", "error", err)
	}
	listener, err := s.listen(p)
	if err != nil {
		return err
	}
	if wires.base == "" {
		wires.base = baseOf(listener.Addr())
	}
	wires.now, wires.newID, wires.unlimited, wires.elapsed = clock.Now, newID, s.unlimited, elapsed
	if s.unlimited {
		wires.budgets = engine.Unlimited()
	}
	if s.Demo {
		if err := demonstrate(p, wire(st, wires), clock.Now()); err != nil {
			_ = listener.Close()
			return err
		}
	}
	wires.log = log
	sys := wire(st, wires)
	if err := sys.engine.Reindex(p, false, func(done int) { log.Debug("the index is made anew", "resources", done) }); err != nil {
		_ = listener.Close()
		return fmt.Errorf("make the index anew: %w", err)
	}
	if err := seed(p, sys.engine); err != nil {
		log.Warn("our code systems could not be stored", "error", err)
	}
	s.greet(p, wires, listener.Addr())
	log.Info("ready", "address", listener.Addr().String(), "took", time.Since(started).Round(time.Millisecond))
	return s.until(p, sys, listener, log)
}

// wiring reads the settings, and gives all that is wrong with them.
func (s *serve) wiring(p *program) (w wiring, wrong problems) {
	wrong = append(wrong, *p.file...)
	var err error
	if w.guide, w.rules, err = s.agreed(); err != nil {
		var of problems
		errors.As(err, &of) // agreed gives nothing else
		wrong = append(wrong, of...)
	}
	wrong.add("addr", s.refuseNetwork())
	if s.BaseURL != "" {
		var words string
		w.base, words = parseBase(s.BaseURL)
		wrong.add("base-url", words)
	}
	for _, more := range []func() problems{
		func() (of problems) { w.proxies, of = parseProxies(s.TrustedProxy); return of },
		func() (of problems) { w.origins, of = parseOrigins(s.CorsOrigin); return of },
		func() (of problems) { w.hosts, of = parseHosts(s.AllowedHost); return of },
	} {
		wrong = append(wrong, more()...)
	}
	var words string
	w.body, words = parseSize(s.BodyLimit)
	wrong.add("body-limit", words)
	w.steps, words = parseSteps(s.SearchSteps)
	wrong.add("search-steps", words)
	if w.budgets.Hold = s.WriteLimit; s.WriteLimit < leastHold || s.WriteLimit > mostHold {
		wrong.add("write-limit", fmt.Sprintf("%s is too short or too long: give one from %s to %s.", s.WriteLimit, leastHold, mostHold))
	}
	wrong.add("db", refuseDatabase(p, s.database(), s.Shared))
	return w, wrong
}

// tell says all that is wrong with the settings.
func (s *serve) tell(p *program, wrong problems) error {
	for _, one := range wrong {
		p.say("%s", one.say(p.where))
	}
	if len(wrong) > 0 {
		return ended{status: 1}
	}
	base := s.BaseURL
	if base == "" {
		base = "http://" + s.Addr + "/fhir"
	}
	p.say("The settings are right: it would serve FHIR R4 at %s, database %s.", base, s.database())
	return nil
}

// refuseNetwork holds the server on this machine as long as it asks nobody who they are.
//
// Source: local, no network without authentication
func (s *serve) refuseNetwork() string {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return fmt.Sprintf("%q is not host:port: write 127.0.0.1:8080.", s.Addr)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Sprintf("%q has an invalid port: write 127.0.0.1:8080.", s.Addr)
	}
	if !s.InsecureListen && !loopback(host) {
		return fmt.Sprintf("there is no authentication yet, so %s is refused: listen on 127.0.0.1, or say --insecure-listen.", s.Addr)
	}
	return ""
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (s *serve) listen(ctx context.Context) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, ended{2, err.Error()}
	}
	host, _, _ := net.SplitHostPort(listener.Addr().String())
	if !s.InsecureListen && !loopback(host) { // a localhost that is not this machine's
		_ = listener.Close()
		return nil, ended{2, s.Addr + " is not an address of this machine alone."}
	}
	return listener, nil
}

func (s *serve) database() string {
	switch {
	case s.DB != "":
		return s.DB
	case s.Demo:
		return ":memory:"
	}
	return "warmhandoff.db"
}

func (s *serve) logger(p *program) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // one of the four, by the flag's enum
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.err, options))
	}
	return slog.New(slog.NewTextHandler(p.err, options))
}

func (s *serve) greet(p *program, w wiring, addr net.Addr) {
	base := w.base
	p.say("warmhandoff %s serves FHIR R4 at %s, database %s", versionText(), base, s.database())
	if s.InsecureListen {
		p.say("There is NO AUTHENTICATION, and it listens on %s: anybody who can reach it reads and writes everything.", addr)
	} else {
		p.say("There is no authentication yet; it listens on this machine alone (%s).", addr)
	}
	if host, _, err := net.SplitHostPort(addr.String()); err == nil && unspecified(host) && s.BaseURL == "" {
		p.say("Links begin with %s, which is true on this machine alone: say --base-url if clients know it otherwise.", base)
	}
	if len(w.proxies) > 0 {
		p.say("It believes the proxy at %s, and serves whomever that lets through.", strings.Join(s.TrustedProxy, ", "))
	}
	p.say("Try:")
	if s.Demo {
		p.say("  curl -s '%s/ServiceRequest/demo-scheduled-SR1/$handoff'", base)
		p.say("  curl -s '%s/Task?status=in-progress&_count=5'", base)
		p.say("  curl -s '%s/Task/demo-claimed-T1/_history'", base)
		return
	}
	p.say("  curl -s -H 'Content-Type: application/fhir+json' --data-binary @testdata/bundles/11-story-1-referral.json %s", base)
	p.say("  curl -s '%s/Task/b11-t/$handoff'", base)
	p.say("  curl -s '%s/Task?status=requested'", base)
}

// until serves until the program is told to stop, or something breaks.
func (s *serve) until(p *program, sys *system, listener net.Listener, log *slog.Logger) error {
	background, stop := context.WithCancel(p)
	var loops sync.WaitGroup
	timers := &jobs.Timers{Tick: sys.engine.Tick, Woken: sys.engine.Woken(), Now: sys.now, After: after, Log: log}
	rows := &jobs.Rows{Refresh: sys.engine.Refresh, After: after, Log: log}
	loops.Go(func() { timers.Run(background) })
	loops.Go(func() { rows.Run(background) })
	memory := &jobs.Memory{Usage: memoryUsage, GiveBack: func() { sys.store.Shrink(); debug.FreeOSMemory() }, After: after}
	loops.Go(func() { memory.Run(background) })
	defer loops.Wait()
	defer stop()

	web := sys.server.HTTPServer(s.Addr)
	broken := make(chan error, 1)
	go func() { broken <- web.Serve(listener) }()
	select {
	case err := <-broken:
		return fmt.Errorf("serve: %w", err)
	case <-sys.store.Failed():
		_ = web.Close()
		return errors.New("the store failed, and what it holds is uncertain: stopped at once; start again after looking at the disk")
	case <-p.Done():
	}
	log.Info("stopping", "drain", drain)
	sys.server.Stopping()
	late, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if err := web.Shutdown(late); err != nil {
		_ = web.Close()
		return fmt.Errorf("stop: requests were still under way after %s: %w", drain, err)
	}
	if err := <-broken; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	log.Info("stopped")
	return nil
}
