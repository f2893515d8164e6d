package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestProperty6_8NothingGoesOutWithoutConsent: whatever was said, after a consent that the leg rested on is gone the agency is told one thing and the
// person is written nothing, and a referrer who may not know the outcome is told one thing.
func TestProperty6_8NothingGoesOutWithoutConsent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		at := drawNow(t)
		h := Fold(l, at, &rules)
		g, _ := spanAt(l.Gate, at)
		for _, e := range h.Effects {
			if g != nil && !g.Open {
				require.True(t, e.For != Agency || e.What == NothingFurther, "%s, released or not", e.Key)
				require.False(t, h.Released && (e.For == Person || e.Kind == Message), "%s", e.Key)
			}
			if h.Blind {
				require.True(t, e.For != Referrer || e.What == MayNotBeShared, "%s", e.Key)
			}
		}
		for _, d := range h.Due {
			require.False(t, h.Blind && d.For == Referrer, "a referrer who may know nothing owes nothing: %s", d.What)
		}
		require.False(t, h.Over && !h.Blind)
	})
}

func resting(gate, back []GateSpan) *Ledger {
	return &Ledger{
		Leg: "Task/t", Agency: "Organization/harbor", Urgency: Routine, Authored: on(2, 8, 0), Received: on(2, 9, 0), Gate: gate, Back: back,
		Words: []Word{{Status: TaskRequested, Said: on(2, 9, 0), Received: on(2, 9, 0), By: Referrer, Source: "Task/t/_history/1"},
			{Status: TaskAccepted, Said: on(2, 10, 0), Received: on(2, 10, 0), By: Agency, Source: "Task/t/_history/2"}},
	}
}

func asked(h Handoff, what string) (keys []string) {
	for _, e := range h.Effects {
		if e.What == what {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

func Test6_8AConsentThatRunsOutIsToBeRenewed(t *testing.T) {
	t.Parallel()
	l := resting([]GateSpan{{From: on(2, 9, 0), Open: true}, {From: on(20, 0, 0), Cause: Expired}}, nil)
	at := func(when time.Time) Handoff { return Fold(l, when, &rules) }
	assert.Empty(t, asked(at(on(5, 23, 59)), RenewConsent))
	early := asked(at(on(6, 0, 0)), RenewConsent)
	require.Len(t, early, 1, "fourteen days before")
	assert.Equal(t, early, asked(at(on(16, 23, 0)), RenewConsent), "once")
	late := asked(at(on(17, 0, 0)), RenewConsent)
	require.Len(t, late, 1, "and three days before")
	assert.NotEqual(t, early, late)
	woken := at(on(2, 12, 0))
	assert.False(t, woken.Wake.After(on(6, 0, 0)), "and time brings it by itself")

	ended := *l
	ended.Words = append(ended.Words, Word{Status: TaskRejected, Said: on(3, 9, 0), Received: on(3, 9, 0), By: Agency, Source: "Task/t/_history/3"})
	assert.Empty(t, asked(Fold(&ended, on(17, 0, 0), &rules), RenewConsent), "nobody renews for a leg that has ended")
}

func Test6_3TheReferrerHearsAtTheStartThatTheyMayNotHearTheEnd(t *testing.T) {
	t.Parallel()
	l := resting([]GateSpan{{From: on(2, 9, 0), Open: true}}, []GateSpan{{From: on(2, 9, 0), Cause: NotGiven}})
	h := Fold(l, on(2, 12, 0), &rules)
	assert.True(t, h.Blind)
	assert.False(t, h.Over)
	assert.Len(t, asked(h, MayNotBeShared), 1)
	day := on(2, 9, 0).In(rules.Zone).AddDate(0, 0, 30)
	assert.False(t, Fold(l, day.Add(-time.Millisecond), &rules).Over)
	assert.True(t, Fold(l, day, &rules).Over)

	l.Words = l.Words[:0]
	assert.False(t, Fold(l, on(2, 12, 0), &rules).Blind, "before anything went out there is nothing to hide")
}

func Test6_8AVisitBookedForWhenConsentWasGoneIsNoOpenQuestion(t *testing.T) {
	t.Parallel()
	l := resting([]GateSpan{{From: on(2, 9, 0), Open: true}, {From: on(4, 9, 0), Cause: Revoked}, {From: on(6, 9, 0), Open: true}}, nil)
	l.Bookings = []Booking{{Name: "Appointment/a", Status: Booked, Start: on(5, 10, 0), Made: on(2, 11, 0), Received: on(2, 11, 0), Source: "Appointment/a/_history/1"}}
	assert.Equal(t, Closed, Fold(l, on(5, 12, 0), &rules).State)
	assert.Equal(t, Accepted, Fold(l, on(6, 12, 0), &rules).State)
}

func Test6_8WhateverWasToGoOutIsTakenAwayOnceConsentIsGone(t *testing.T) {
	t.Parallel()
	all := func() []Effect {
		return []Effect{{Key: "a", Kind: Todo, For: Agency}, {Key: "m", Kind: Message, For: Person}, {Key: "r", Kind: Notice, For: Referrer}, {Key: "n", Kind: Todo, For: Navigator}}
	}
	for _, c := range []struct {
		name  string
		gate  Cause // "" open
		blind bool
		left  []string
	}{
		{"while it holds all of it goes", "", false, []string{"a", "m", "r", "n"}},
		{"run out: nothing to the agency or the person", Expired, false, []string{"r", "n"}},
		{"blind: nothing to the referrer but that", "", true, []string{"a", "m", "n", MayNotBeShared}},
		{"taken back: one notice to the agency", Revoked, true, []string{"n", NothingFurther}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := resting([]GateSpan{{From: on(2, 9, 0), Open: true}}, nil)
			if c.gate != "" {
				l.Gate = append(l.Gate, GateSpan{From: on(4, 9, 0), Cause: c.gate})
			}
			f := &folding{l: l, at: on(5, 9, 0), rules: &rules}
			f.hear()
			h := Handoff{State: Accepted, Effects: all(), Blind: c.blind, Due: []Due{{What: "choose-next", For: Referrer}}}
			if c.gate == Revoked {
				h.State, h.Reason = Closed, ConsentRevoked
			}
			f.consented(&h)
			var left []string
			for _, e := range h.Effects {
				name := e.Key
				if e.What != "" {
					name = e.What
				}
				left = append(left, name)
			}
			assert.Equal(t, c.left, left)
			assert.Equal(t, c.blind, h.Due[0].For == Navigator, "somebody has to, and the referrer cannot know that it is their turn")
		})
	}
}

// Test6_8EvidenceThatCountsOnlyLaterWasNotToldBefore: it had reached us while the outcome could be told, and there was nothing to tell yet.
func Test6_8EvidenceThatCountsOnlyLaterWasNotToldBefore(t *testing.T) {
	t.Parallel()
	gate := []GateSpan{{From: on(2, 9, 0), Open: true}}
	back := []GateSpan{{From: on(2, 9, 0), Open: true}, {From: on(4, 9, 0), Cause: Revoked}}
	l := resting(gate, back)
	l.Signs = []Sign{sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1")}
	l.Signs[0].Received = on(3, 9, 0)
	h := Fold(l, on(6, 9, 0), &rules)
	require.Equal(t, Attended, h.State)
	assert.True(t, h.Blind)
	l.Signs[0].At = Moment{At: on(3, 8, 0)}
	assert.False(t, Fold(l, on(6, 9, 0), &rules).Blind, "and this was there before the direction was shut")
}
