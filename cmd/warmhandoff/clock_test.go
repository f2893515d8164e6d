package main

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// machine is a machine whose clock can be set.
type machine struct {
	*steadyClock
	true   time.Time // what time it is
	passed time.Duration
	set    time.Duration // how wrong its clock is
	said   bytes.Buffer
}

func newMachine() *machine {
	m := &machine{true: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	m.steadyClock = newSteadyClock(func() time.Time { return m.true.Add(m.set) }, func() time.Duration { return m.passed },
		slog.New(slog.NewTextHandler(&m.said, nil)))
	m.Now()
	return m
}

func (m *machine) pass(d time.Duration) { m.true, m.passed = m.true.Add(d), m.passed+d }

// off gives how far the clock is from what time it is.
func (m *machine) off() time.Duration { return m.Now().Sub(m.true) }

func (m *machine) warnings() int { return strings.Count(m.said.String(), "level=WARN") }

func TestAClockThatMovesAsTimePassesIsFollowed(t *testing.T) {
	t.Parallel()
	m := newMachine()
	for _, d := range []time.Duration{time.Millisecond, time.Second, 90 * time.Minute, 300 * time.Hour} {
		m.pass(d)
		assert.Zero(t, m.off(), "however long nobody looks: %s", d)
	}
	m.set = time.Second
	assert.Equal(t, time.Second, m.off(), "it is brought into step")
	assert.Zero(t, m.warnings())
}

func TestAClockThatIsSetBackNeverTakesTimeBack(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{-time.Hour, -25 * time.Hour, -10 * 365 * 24 * time.Hour} {
		m := newMachine()
		m.set = by
		for range 100 {
			assert.Zero(t, m.off(), "%s", by)
			m.pass(time.Minute)
		}
		assert.Equal(t, 1, m.warnings(), "it is told once: %s", m.said.String())
		m.set = 0
		assert.Zero(t, m.off(), "and set right again")
		m.set = by
		assert.Zero(t, m.off())
		assert.Equal(t, 2, m.warnings())
	}
}

func TestAClockThatRunsALittleAheadOfTheMachineWaitsForIt(t *testing.T) {
	t.Parallel()
	m := newMachine()
	m.set = -time.Second
	m.pass(time.Second)
	assert.Equal(t, -time.Second/2, m.off(), "at half speed")
	m.pass(time.Second)
	assert.Equal(t, -time.Second, m.off())
	m.pass(time.Second)
	assert.Equal(t, -time.Second, m.off())
	assert.Zero(t, m.warnings())
}

func TestALeapForwardIsBelievedOnlyWhenItLasts(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{time.Hour, 25 * time.Hour, 10 * 365 * 24 * time.Hour} {
		m := newMachine()
		m.set = by
		for range 9 {
			assert.Zero(t, m.off(), "%s", by)
			m.pass(time.Minute)
		}
		m.set = 0
		assert.Zero(t, m.off())
		assert.Equal(t, 1, m.warnings())

		m.set = by
		m.Now()
		m.pass(doubt - time.Millisecond)
		assert.Zero(t, m.off())
		m.pass(time.Millisecond)
		assert.Equal(t, by, m.off(), "it has lasted")
		m.pass(time.Hour)
		assert.Equal(t, by, m.off())
		assert.Equal(t, 3, m.warnings())
	}
}

func TestALeapOnTopOfALeapBeginsAnew(t *testing.T) {
	t.Parallel()
	m := newMachine()
	m.set = time.Hour
	m.Now()
	m.pass(9 * time.Minute)
	m.set = 25 * time.Hour
	assert.Zero(t, m.off())
	m.pass(2 * time.Minute)
	assert.Zero(t, m.off(), "the first one did not last")
	m.pass(8 * time.Minute)
	assert.Equal(t, 25*time.Hour, m.off())
}

// TestWhateverIsDoneToTheMachinesClockForAWhile sets it a thousand times, for less than it is doubted: time goes on as it passes.
func TestWhateverIsDoneToTheMachinesClockForAWhile(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(7, 7))
	m := newMachine()
	last := m.Now()
	for range 1000 {
		m.set = time.Duration(chance.Int64N(int64(20*365*24*time.Hour))) - 10*365*24*time.Hour
		for range chance.IntN(4) {
			m.pass(time.Duration(chance.Int64N(int64(2 * time.Minute))))
			now := m.Now()
			assert.False(t, now.Before(last))
			assert.LessOrEqual(t, now.Sub(m.true).Abs(), leap)
			last = now
		}
		m.set = 0
		m.pass(time.Second)
		m.Now()
	}
}

func TestTheOffsetOfAProofIsReadFromItsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "offset")
	assert.Zero(t, offsetIn(file))
	require.NoError(t, os.WriteFile(file, []byte("-87600h\n"), 0o600))
	assert.Equal(t, -87600*time.Hour, offsetIn(file))
	require.NoError(t, os.WriteFile(file, []byte("soon"), 0o600))
	assert.Zero(t, offsetIn(file))
	c := machineClock(file, nil)
	first := c.Now()
	require.NoError(t, os.WriteFile(file, []byte("25h"), 0o600))
	assert.Less(t, c.Now().Sub(first), time.Minute)
}
