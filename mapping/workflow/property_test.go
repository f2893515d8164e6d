package workflow

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Property tests: what holds whatever is said. They run a hundred drawn ledgers each; for longer: go test -rapid.checks=200000 -run Property

func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

func drawNow(t *rapid.T) time.Time {
	return on(rapid.IntRange(2, 20).Draw(t, "now"), rapid.IntRange(0, 23).Draw(t, "now hour"), 15)
}

func TestPropertyTheOrderOfALedgerMeansNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		at := drawNow(t)
		want := Fold(l, at, &rules)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for range 2 {
			shuffle(r, l.Bookings)
			shuffle(r, l.Signs)
			shuffle(r, l.Contacts)
			shuffle(r, l.Holds)
			shuffle(r, l.Signatures)
			shuffle(r, l.Marks)
			require.Equal(t, want, Fold(l, at, &rules))
		}
	})
}

// gist is what an answer decides, without the evidence that it shows.
type gist struct {
	State    State
	Reason   Reason
	Rule     string
	Grade    Grade
	Visit    Moment
	Misses   int
	Due      []Due
	Attempts int
	Flags    []string
	Effects  []string
	Warmth   []Element
	Suggest  []string
	Blind    bool
}

func gistOf(h *Handoff) gist {
	g := gist{h.State, h.Reason, h.Rule, h.Grade, h.Visit, h.Misses, h.Due, h.Attempts, h.Flags, nil, h.Warmth, h.Suggest, h.Blind}
	for i := range h.Effects {
		g.Effects = append(g.Effects, h.Effects[i].Key)
	}
	slices.Sort(g.Effects)
	return g
}

// TestPropertyWhatIsSaidTwiceIsSaidOnce leaves out what is counted (attempts, check-ins) and decisions, of which the later one holds: a ledger has
// each resource once.
func TestPropertyWhatIsSaidTwiceIsSaidOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		at := drawNow(t)
		once := Fold(l, at, &rules)
		for _, s := range l.Signs {
			if len(s.Decides) == 0 {
				l.Signs = append(l.Signs, s)
			}
		}
		l.Holds = append(l.Holds, l.Holds...)
		l.Signatures = append(l.Signatures, l.Signatures...)
		twice := Fold(l, at, &rules)
		require.Equal(t, gistOf(&once), gistOf(&twice))
	})
}

func TestPropertyClaimsAloneNeverMakeAttended(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, []Grade{GradeE, GradeX})
		for i := range l.Signs {
			l.Signs[i].Decides = nil // a human's decision is no claim
		}
		h := Fold(l, drawNow(t), &rules)
		require.NotEqual(t, Attended, h.State, h.Rule)
	})
}

func TestPropertyTimeAloneNeverMakesAttendedNorClosed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		// What lies ahead and then comes true is not time alone: it was said. So all else is over at the first moment, and bookings lie ahead.
		for i := range l.Bookings {
			if rapid.Bool().Draw(t, "lies ahead") {
				l.Bookings[i].Start, l.Bookings[i].End = drawnUntil.AddDate(0, 0, 1+i), drawnUntil.AddDate(0, 0, 1+i).Add(time.Hour)
			}
		}
		first := Fold(l, drawnUntil, &rules)
		for hours := 0; hours < 60*24; hours += 5 {
			h := Fold(l, drawnUntil.Add(time.Duration(hours)*time.Hour), &rules)
			if first.State != Attended {
				require.NotEqual(t, Attended, h.State, "from %s by %s", first.State, h.Rule)
			}
			if first.State != Closed {
				require.NotEqual(t, Closed, h.State, "from %s (%s) by %s", first.State, first.Rule, h.Rule)
			}
			require.LessOrEqual(t, h.Misses, first.Misses, "nor a miss")
		}
	})
}

func TestPropertyEveryOpenLegHasAnOwnerAndADueTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		at := drawNow(t)
		h := Fold(l, at, &rules)
		require.NotEmpty(t, h.State)
		require.NotEmpty(t, h.Rule)
		if !h.State.Open() {
			return
		}
		require.NotEmpty(t, h.Due, "%s:%s by %s", h.State, h.Reason, h.Rule)
		for _, d := range h.Due {
			require.NotEmpty(t, d.What)
			require.NotEmpty(t, d.For, "%s of %s:%s", d.What, h.State, h.Reason)
			require.False(t, d.By.IsZero(), "%s of %s:%s by %s", d.What, h.State, h.Reason, h.Rule)
		}
	})
}

func TestPropertyAnAnswerIsWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		h := Fold(l, drawNow(t), &rules)
		switch h.State {
		case Attended:
			require.True(t, h.Grade.proves())
			require.False(t, h.Visit.IsZero(), "a visit was at some time")
		case Unconfirmed, Outreach, Paused:
			require.NotEmpty(t, h.Reason)
			require.Empty(t, h.Grade)
		default:
			require.Empty(t, h.Grade)
		}
	})
}

// ofNature are the ends that need nobody to make them: facts, and the referrer's own word.
var ofNature = []Reason{ConsentRevoked, Void, EnteredInError, Deceased, ReferrerWithdrew}

func TestPropertyEveryEndHasAReasonAndAHuman(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		h := Fold(l, drawNow(t), &rules)
		if h.State != Closed {
			return
		}
		_, known := EndOf(h.Reason)
		require.True(t, known, "%q is a reason for an end", h.Reason)
		if slices.Contains(ofNature, h.Reason) {
			return
		}
		last := l.Words[len(l.Words)-1]
		require.True(t, last.Status.Terminal(), "%s by %s", h.Reason, h.Rule)
		require.Contains(t, []Role{Referrer, Agency, Navigator, Supervisor, Person}, last.By)
	})
}

// TestPropertyTheFoldSaysWhenToWake: between now and the moment that the fold names nothing changes by itself, however long that is.
func TestPropertyTheFoldSaysWhenToWake(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		at := drawNow(t)
		h := Fold(l, at, &rules)
		last := at.AddDate(0, 0, 40)
		if !h.Wake.IsZero() {
			require.True(t, h.Wake.After(at))
			last = h.Wake.Add(-time.Millisecond)
		}
		for n := range 12 {
			then := at.Add(last.Sub(at) / 11 * time.Duration(n))
			if n == 11 {
				then = last
			}
			later := Fold(l, then, &rules)
			require.Equal(t, gistOf(&h), gistOf(&later), "at %s, woken at %s", then, h.Wake)
		}
	})
}

// TestPropertyWhatIsWrittenIsNotWrittenAgain: once the effects of an answer stand, the same moment asks for no others and closes none of its todos.
func TestPropertyWhatIsWrittenIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		at := drawNow(t)
		h := Fold(l, at, &rules)
		keys := map[string]bool{}
		for _, e := range h.Effects {
			require.NotEmpty(t, e.Key)
			require.False(t, keys[e.Key], "%s is written once", e.Key)
			keys[e.Key] = true
			l.Told = append(l.Told, Telling{Effect: e, Open: true, At: at, Source: "Task/wh-1/_history/1"})
		}
		again := Fold(l, at, &rules)
		require.Equal(t, []any{h.State, h.Reason, h.Rule, h.Grade, h.Misses}, []any{again.State, again.Reason, again.Rule, again.Grade, again.Misses})
		for _, e := range again.Effects {
			require.True(t, keys[e.Key], "%s is new", e.Key)
			delete(keys, e.Key)
		}
		for _, e := range h.Effects {
			require.False(t, keys[e.Key] && e.Kind == Todo, "%s is closed again", e.Key)
		}
	})
}
