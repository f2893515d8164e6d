package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir/profile"
	"warmhandoff/mapping"
	"warmhandoff/mapping/bser"
	"warmhandoff/mapping/sdohcc"
	"warmhandoff/mapping/uscore"
	"warmhandoff/mapping/workflow"
)

// newID makes an id for a new resource. Ids that follow each other lie together in the store, which then writes fewer pages.
//
// Source: RFC 9562, UUID version 7
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// newSecret makes a key that nobody can guess.
func newSecret() []byte {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// system is the rooms wired together on one store.
type system struct {
	store  *sqlstore.Store
	engine *engine.Engine
	server *server.Server
	now    func() time.Time
}

// wiring is what differs between a server and a story.
type wiring struct {
	base       string           // FHIR base URL
	guide      mapping.Settings // all but its Base
	rules      workflow.Rules   // zero: the default ones, in the zone of guide
	hosts      []string         // names by which it is known
	proxies    []netip.Prefix   // that are believed
	origins    []string         // of browser apps
	body       int              // how large a request may be; 0: the default
	steps      int              // that all searches of a request may come to; 0: the default
	unlimited  bool             // without budgets, for proofs
	processors int              // that there are for us; 0: as many as Go says
	budgets    engine.Budgets
	elapsed    func() time.Duration // nil: nothing is measured
	now        func() time.Time
	newID      func() string
	log        *slog.Logger // nil: nothing is logged
}

// wire puts the rooms together. The store stays the caller's to close.
func wire(st *sqlstore.Store, w wiring) *system {
	w.guide, w.rules = localGuide(w.guide, w.base), localRules(w.rules, w.base)
	e := engine.New(st, engine.Settings{
		Base:  w.base,
		Rules: inZone(w.rules, w.guide.Zone),
		Guide: w.guide,
		Now:   w.now,
		NewID: w.newID,

		Elapsed: w.elapsed,
		Budgets: w.budgets,

		NewSecret: newSecret,
	})
	s := server.New(e, server.Settings{
		Base:     w.base,
		Dev:      true,
		Hosts:    w.hosts,
		Proxies:  w.proxies,
		Origins:  w.origins,
		Limits:   w.limits(),
		Now:      w.now,
		Elapsed:  w.elapsed,
		NewID:    uuid.NewString, // request ids, which no story may depend on
		Log:      w.log,
		Version:  versionText(),
		Profiles: profiles(),

		Platforms: []mapping.Platform{sdohcc.CoordinationPlatform},
		Ready:     ready(st, w.now),
	})
	return &system{store: st, engine: e, server: s, now: w.now}
}

// limits gives those of the traffic, or hardly any: a few of the largest bodies must fit into what all may take.
func (w *wiring) limits() server.Limits {
	l := server.DefaultLimits()
	if w.body > 0 {
		l.Body = w.body
	}
	if w.steps > 0 {
		l.Steps = w.steps
	}
	if n := w.processors; n > 0 {
		l.Concurrent, l.Long = server.ConcurrentFor(n), server.LongFor(n)
	}
	l.Memory, l.Answers, l.Working = max(l.Memory, 4*int64(l.Body)), max(l.Answers, 4*int64(l.Body)), max(l.Working, int64(l.Body))
	if w.unlimited {
		const none = 1 << 50
		l.Memory, l.Answers, l.Working, l.Page, l.Bundle = none, none, none, none, none
		l.URL, l.Entries, l.Patience, l.Stall = math.MaxInt32, math.MaxInt32, time.Hour, time.Hour
		l.Steps, l.Statement, l.Patched, l.Validated = math.MaxInt32, time.Hour, math.MaxInt32, math.MaxInt32
		l.Long = math.MaxInt32
	}
	return l
}

// roomEvery is how often it is looked whether the disk has room, however often somebody asks.
const roomEvery = time.Second

// ready gives a function that says why nothing could be read or written just now.
func ready(st *sqlstore.Store, now func() time.Time) func(context.Context) error {
	var one sync.Mutex
	var at time.Time
	var full error
	return func(ctx context.Context) error {
		one.Lock()
		if t := now(); at.IsZero() || t.Before(at) || t.Sub(at) >= roomEvery {
			at, full = t, st.Room()
		}
		none := full
		one.Unlock()
		return errors.Join(none, st.Ping(ctx))
	}
}

// openStore opens the database that --db names.
func openStore(ctx context.Context, db string, o sqlstore.Options) (*sqlstore.Store, error) {
	if words := refuseDatabase(ctx, db, o.Shared); words != "" {
		return nil, problems{{"db", words}}
	}
	if db == ":memory:" {
		return sqlstore.Open(ctx, sqlstore.Options{Memory: true})
	}
	o.Path = db
	st, err := sqlstore.Open(ctx, o)
	if errors.Is(err, store.ErrFull) {
		return nil, ended{2, "the disk of " + db + " is full: make room, and start again."}
	}
	return st, err
}

// refuseDatabase says why a database cannot be ours, "" when it can. It makes nothing.
func refuseDatabase(ctx context.Context, db string, shared bool) string {
	switch {
	case db == ":memory:" && shared:
		return ":memory: cannot be shared, what is in memory is one program's own: give --shared a database file."
	case db == ":memory:":
		return ""
	case strings.HasPrefix(db, "postgres://"), strings.HasPrefix(db, "postgresql://"):
		return "names PostgreSQL, which comes in a later version: give a file name, or :memory:."
	case strings.Contains(db, "://"), db == "":
		return "takes a file name, or :memory:."
	}
	if _, err := os.Stat(filepath.Dir(db)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("%s is in a folder that does not exist: make %s first.", db, filepath.Dir(db))
	}
	if err := sqlstore.CheckOwn(ctx, db); err != nil {
		return fmt.Sprintf("%s is %v: give another file name.", db, err)
	}
	return ""
}

// stage makes empty adapters in memory for stories, with what was agreed with partners, and the default rules.
func stage() scenario.Maker {
	return stageBy(nil, workflow.Rules{})
}

// stageBy makes them with other rules, in the zone of the story.
func stageBy(partners map[string]mapping.Partner, rules workflow.Rules, visits ...mapping.Coding) scenario.Maker {
	return func(s *scenario.Scenario, clock *scenario.Clock, ids *scenario.IDs) (*scenario.World, error) {
		st, err := sqlstore.Open(context.Background(), sqlstore.Options{Memory: true})
		if err != nil {
			return nil, err
		}
		guide := mapping.Settings{Self: s.Self, Zone: s.Zone, Guides: guides, Partners: partners, Visits: visits}
		if len(s.Set) > 0 {
			if guide, rules, err = told(s); err != nil {
				return nil, errors.Join(err, st.Close())
			}
		}
		for _, p := range s.Parties {
			if p.Role == workflow.Navigator || p.Role == workflow.Supervisor {
				guide.Navigators = append(guide.Navigators, p.Ref)
			}
		}
		sys := wire(st, wiring{base: scenario.Base, guide: guide, rules: rules, now: clock.Now, newID: ids.Next})
		return &scenario.World{Handler: sys.server, Tick: sys.engine.Tick, Close: st.Close}, nil
	}
}

// profiles are those that are kept as data.
func profiles() []profile.Profile {
	return slices.Concat(sdohcc.Profiles, uscore.Profiles, bser.Profiles)
}
