package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	base    string           // FHIR base URL
	guide   mapping.Settings // all but its Base
	rules   workflow.Rules   // zero: the default ones, in the zone of guide
	network bool             // listens beyond this machine
	now     func() time.Time
	newID   func() string
	log     *slog.Logger // nil: nothing is logged
}

// wire puts the rooms together. The store stays the caller's to close.
func wire(st *sqlstore.Store, w wiring) *system {
	w.guide.Base = w.base
	e := engine.New(st, engine.Settings{
		Base:  w.base,
		Rules: inZone(w.rules, w.guide.Zone),
		Guide: w.guide,
		Now:   w.now,
		NewID: w.newID,

		NewSecret: newSecret,
	})
	s := server.New(e, server.Settings{
		Base:     w.base,
		Dev:      true,
		Network:  w.network,
		Now:      w.now,
		NewID:    uuid.NewString, // request ids, which no story may depend on
		Log:      w.log,
		Version:  versionText(),
		Profiles: profiles(),

		Platforms: []mapping.Platform{sdohcc.CoordinationPlatform},
		Ready: func(ctx context.Context) error {
			return st.View(ctx, func(r store.Reader) error {
				_, err := r.LastUpdated(ctx)
				return err
			})
		},
	})
	return &system{store: st, engine: e, server: s, now: w.now}
}

// openStore opens the database that --db names.
func openStore(ctx context.Context, db string, o sqlstore.Options) (*sqlstore.Store, error) {
	switch {
	case db == ":memory:" && o.Shared:
		return nil, ended{2, "--shared needs a database file: what is in memory is one program's own."}
	case db == ":memory:":
		return sqlstore.Open(ctx, sqlstore.Options{Memory: true})
	case strings.HasPrefix(db, "postgres://"), strings.HasPrefix(db, "postgresql://"):
		return nil, ended{2, "PostgreSQL comes in a later version: give --db a file name, or :memory:."}
	case strings.Contains(db, "://"), db == "":
		return nil, ended{2, "--db takes a file name, or :memory:."}
	}
	if _, err := os.Stat(filepath.Dir(db)); errors.Is(err, fs.ErrNotExist) {
		return nil, ended{2, "the folder of --db does not exist: " + filepath.Dir(db)}
	}
	o.Path = db
	return sqlstore.Open(ctx, o)
}

// stage makes empty adapters in memory for stories, with what was agreed with partners, and the default rules.
func stage(partners map[string]mapping.Partner) scenario.Maker {
	return stageBy(partners, workflow.Rules{})
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
func profiles() []profile.Profile { return slices.Concat(sdohcc.Profiles, bser.Profiles) }
