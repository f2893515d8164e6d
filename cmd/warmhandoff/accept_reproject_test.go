package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// TestAcceptEveryStoryComesOutTheSameWhenItIsMadeAgain plays every story, makes the read model again at its last moment, and finds the same rows, to
// the byte, and nothing written: what stands written for a leg is then what its answer asks for, and stays so.
func TestAcceptEveryStoryComesOutTheSameWhenItIsMadeAgain(t *testing.T) {
	t.Parallel()
	for _, file := range append(ruleFiles(t), samplesOf(t, "scenarios/*.txtar", 15)...) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := scenario.Play(t.Context(), storyAt(t, file), thenAgain(t), func(scenario.Told) {})
			require.NoError(t, err)
		})
	}
}

// thenAgain makes adapters that look, before they close, whether everything can be made again.
func thenAgain(t *testing.T) scenario.Maker {
	return func(s *scenario.Scenario, clock *scenario.Clock, ids *scenario.IDs) (*scenario.World, error) {
		st, err := sqlstore.Open(context.Background(), sqlstore.Options{Memory: true})
		if err != nil {
			return nil, err
		}
		guide := mapping.Settings{Self: s.Self, Zone: s.Zone, Guides: guides}
		for _, p := range s.Parties {
			if p.Role == workflow.Navigator || p.Role == workflow.Supervisor {
				guide.Navigators = append(guide.Navigators, p.Ref)
			}
		}
		w := wiring{base: scenario.Base, guide: guide, now: clock.Now, newID: ids.Next}
		sys := wire(st, w)
		return &scenario.World{Handler: sys.server, Tick: sys.engine.Tick, Close: func() error {
			return errors.Join(again(t, sys, wire(st, w)), st.Close())
		}}, nil
	}
}

// again compares what is there with what another system, which remembers nothing, makes of the same resources.
func again(t require.TestingT, sys, other *system) error {
	ctx := context.Background()
	if err := settle(ctx, sys); err != nil {
		return err
	}
	before, err := imprints(ctx, sys.store)
	if err != nil {
		return err
	}
	was := map[string]string{}
	for task := range before {
		was[task], _ = answerTo(ctx, sys, task)
	}
	seen := sys.store.Seen()
	if err := other.engine.Reproject(ctx, nil); err != nil {
		return err
	}
	after, err := imprints(ctx, sys.store)
	if err != nil {
		return err
	}
	for task := range after {
		if before[task] != after[task] {
			is, _ := answerTo(ctx, sys, task)
			assert.Equal(t, was[task], is, "Task/%s comes out otherwise", task)
		}
	}
	assert.Len(t, after, len(before))
	if now := sys.store.Seen(); now != seen {
		return fmt.Errorf("%d versions were written when nothing had changed", now-seen)
	}
	assert.Equal(t, before, after)
	return nil
}

func answerTo(ctx context.Context, sys *system, task string) (string, error) {
	h, err := readRow(ctx, sys, task)
	return string(h.Doc), err
}

func readRow(ctx context.Context, sys *system, task string) (h store.Handoff, err error) {
	err = sys.store.View(ctx, func(r store.Reader) error {
		h, err = r.Handoff(ctx, task)
		return err
	})
	return h, err
}
