package workflow

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// askers are all who can ask for a move: every role, and somebody who does not say.
var askers = append([]Role{""}, Roles...)

// rowFor looks a move up in the table by itself, not through the function that the program asks.
func rowFor(from, to Status, by Role) *Move {
	for i := range Moves {
		m := &Moves[i]
		if m.From == from && m.To == to && (by == "" || by == Admin || slices.Contains(m.By, by)) {
			return m
		}
	}
	return nil
}

// corrects reports who may say of a Task that it never was.
func corrects(from Status, by Role) bool {
	return from != TaskInError && (by == "" || by == Admin || by == Referrer || by == Navigator || by == Supervisor)
}

// openNamed reads the open moves out of the words of a refusal; false when it names none and does not say that there are none.
func openNamed(words string, from Status) ([]string, bool) {
	_, list, found := strings.Cut(words, "Open from "+string(from)+": ")
	list, _, ends := strings.Cut(list, ".")
	if !found || !ends {
		return nil, false
	}
	if list == "none" {
		return nil, true
	}
	return strings.Split(list, ", "), true
}

// TestWalkOfAllMoves asks for every move there could be, by everybody, and for an ended leg with and without a reason, in time and too late: each
// is a row of the table, or a refusal that names what is open to whoever asked.
func TestWalkOfAllMoves(t *testing.T) {
	t.Parallel()
	ended := on(3, 9, 0)
	walked := 0
	for _, reason := range []Reason{"", PersonAsked} {
		for _, at := range []time.Time{ended.Add(time.Hour), ended.AddDate(0, 0, 91)} {
			for _, by := range askers {
				for _, from := range Statuses {
					for _, to := range Statuses {
						walked++
						walkOne(t, Asked{From: from, To: to, By: by, Reason: reason, Ended: ended, At: at})
					}
				}
			}
		}
	}
	assert.Equal(t, 2*2*8*12*12, walked)
}

func walkOne(t *testing.T, a Asked) {
	t.Helper()
	no := CheckMove(a, rules)
	row := rowFor(a.From, a.To, a.By)
	late := a.At.After(a.Ended.AddDate(0, 0, 90))
	switch {
	case a.From == a.To, a.To == TaskInError && corrects(a.From, a.By), row != nil && !row.Reopens, row != nil && a.Reason != "" && !late:
		assert.Nil(t, no, "%s → %s by %q is open", a.From, a.To, a.By)
		return
	}
	require.NotNil(t, no, "%s → %s by %q is not open", a.From, a.To, a.By)
	var open []string
	for _, s := range Statuses {
		m := rowFor(a.From, s, a.By)
		if s == TaskInError && corrects(a.From, a.By) || m != nil && (!m.Reopens || !late) {
			open = append(open, string(s))
		}
	}
	words := no.Error()
	named, ok := openNamed(words, a.From)
	require.True(t, ok, "%q names what is open", words)
	assert.ElementsMatch(t, open, named, words)
	for _, s := range []string{string(a.From), string(a.To)} {
		assert.Contains(t, words, s, "and the move that was asked for")
	}
	if row != nil {
		assert.True(t, row.Reopens, words)
		assert.NotEmpty(t, no.Why, "and what else the move needs")
	}
}
