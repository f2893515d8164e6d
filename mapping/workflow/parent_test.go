package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestATaskAboveOthersFollowsThem(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, time.March, d, 9, 0, 0, 0, time.UTC) }
	at := func(s State, r Reason, d int) *Handoff {
		e, _ := EndOf(r)
		h := &Handoff{State: s, Reason: r, Rule: "its own rule", Since: day(d), ClosesNeed: e.ClosesNeed, Void: e.Void}
		if s == Closed {
			h.Ended = day(d)
		}
		return h
	}
	none := &Handoff{State: Preparing, Rule: "not-released", Since: day(1)}
	held := at(Paused, PersonAsked, 2)
	ended := at(Closed, NeedResolved, 2)
	withdrawn := at(Closed, ReferrerWithdrew, 2)
	blind := at(Attended, "", 3)
	blind.Blind = true
	for _, c := range []struct {
		name   string
		own    *Handoff
		joins  Joins
		below  []*Handoff
		state  State
		reason Reason
		rule   string
		closes bool
		blind  bool
	}{
		{"nobody was asked", none, AnyOf, nil, Preparing, "", "nobody-asked", false, false},
		{"one agency saw the person", none, AnyOf, []*Handoff{at(Scheduled, "", 4), at(Attended, "", 3)}, Attended, "", "child-attended: its own rule", false, false},
		{"whatever we said ourselves", ended, AnyOf, []*Handoff{at(Attended, "", 3)}, Attended, "", "child-attended: its own rule", false, false},
		{"the one that is furthest on", none, AnyOf, []*Handoff{at(Preparing, ConsentMissing, 4), at(Accepted, "", 3), at(Offered, "", 2)}, Accepted, "", "child-open: its own rule", false, false},
		{"an open one outweighs an end", none, AnyOf, []*Handoff{at(Closed, DeclinedOther, 4), at(Paused, Waitlist, 3)}, Paused, Waitlist, "child-open: its own rule", false, false},
		{"the last end says why", none, AnyOf, []*Handoff{at(Closed, DeclinedCapacity, 4), at(Closed, Transferred, 3)}, Closed, DeclinedCapacity, "children-ended: its own rule", false, false},
		{"one end closes the need for all agencies", none, AnyOf, []*Handoff{at(Closed, DeclinedCapacity, 4), at(Closed, PersonDeclined, 3)}, Closed, DeclinedCapacity, "children-ended: its own rule", true, false},
		{"a void one is never the last", none, AnyOf, []*Handoff{at(Closed, Duplicate, 4), at(Closed, DeclinedOther, 3)}, Closed, DeclinedOther, "children-ended: its own rule", false, false},
		{"we hold it", held, AnyOf, []*Handoff{at(Accepted, "", 3)}, Paused, PersonAsked, "own-hold", false, false},
		{"a hold of ours does not open what has ended", held, AnyOf, []*Handoff{at(Closed, DeclinedOther, 3)}, Closed, DeclinedOther, "children-ended: its own rule", false, false},
		{"we ended it", ended, AnyOf, []*Handoff{at(Accepted, "", 3)}, Closed, NeedResolved, "own-end", true, false},
		{"the referrer withdrew, and a visit is still to be told off", withdrawn, AnyOf, []*Handoff{at(Scheduled, "", 3)}, Scheduled, "", "child-open: its own rule", false, false},
		{"the referrer withdrew", withdrawn, AnyOf, []*Handoff{at(Closed, ReferrerWithdrew, 2)}, Closed, ReferrerWithdrew, "own-end", true, false},
		{"a visit that may not be told", none, AnyOf, []*Handoff{blind, at(Accepted, "", 4)}, Attended, "", "child-attended: its own rule", false, true},
		{"beside one that may", none, AnyOf, []*Handoff{blind, at(Attended, "", 4)}, Attended, "", "child-attended: its own rule", false, false},
		{"a household in which one came", none, EveryOf, []*Handoff{at(Attended, "", 3), at(Scheduled, "", 4)}, Scheduled, "", "child-open: its own rule", false, false},
		{"a household in which everybody came", none, EveryOf, []*Handoff{at(Attended, "", 4), at(Attended, "", 3)}, Attended, "", "child-attended: its own rule", false, false},
		{"a household in which one came and one has ended otherwise", none, EveryOf, []*Handoff{at(Attended, "", 3), at(Closed, PersonDeclined, 4)}, Attended, "", "child-attended: its own rule", false, false},
		{"the member for whom most is to be done", none, EveryOf, []*Handoff{at(Scheduled, "", 3), at(Outreach, Missed, 4), at(Accepted, "", 3)}, Outreach, Missed, "child-open: its own rule", false, false},
		{"a household closes its need when everybody's is closed", none, EveryOf, []*Handoff{at(Closed, PersonDeclined, 3), at(Closed, NeedResolved, 4)}, Closed, NeedResolved, "children-ended: its own rule", true, false},
		{"and not before", none, EveryOf, []*Handoff{at(Closed, DeclinedOther, 3), at(Closed, NeedResolved, 4)}, Closed, NeedResolved, "children-ended: its own rule", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // whichever way round they come
				h := Above(c.own, c.below, c.joins)
				assert.Equal(t, c.state, h.State)
				assert.Equal(t, c.reason, h.Reason)
				assert.Equal(t, c.rule, h.Rule)
				assert.Equal(t, c.closes, h.ClosesNeed)
				assert.Equal(t, c.blind, h.Blind)
				assert.NotEmpty(t, RuleWords(h.Rule))
				turned := make([]*Handoff, 0, len(c.below))
				for i := len(c.below) - 1; i >= 0; i-- {
					turned = append(turned, c.below[i])
				}
				c.below = turned
			}
		})
	}
}

func TestAnEndOfOursAsksForWithdrawalAndNoMore(t *testing.T) {
	t.Parallel()
	open, over := &Handoff{State: Accepted}, &Handoff{State: Closed, Reason: DeclinedOther}
	Under(&Handoff{State: Closed, Reason: NeedResolved}, []*Handoff{open, over})
	assert.Equal(t, Accepted, open.State)
	assert.Equal(t, []string{Withdraw}, open.Suggest)
	assert.Empty(t, over.Suggest)
	Under(&Handoff{State: Paused}, []*Handoff{over})
	assert.Empty(t, over.Suggest)
}

func TestWhatIsOursAloneInWords(t *testing.T) {
	t.Parallel()
	words := func(list ...Status) []Word {
		var all []Word
		for _, s := range list {
			all = append(all, Word{Status: s})
		}
		return all
	}
	for _, c := range []struct {
		name      string
		said, own []Word
	}{
		{"asked and begun says nothing", words(TaskRequested, TaskAccepted, TaskInProgress), words(TaskDraft)},
		{"completed says nothing", words(TaskRequested, TaskCompleted), words(TaskDraft)},
		{"a hold counts", words(TaskRequested, TaskOnHold), words(TaskDraft, TaskOnHold)},
		{"until it is lifted", words(TaskRequested, TaskOnHold, TaskInProgress), words(TaskDraft)},
		{"an end counts", words(TaskRequested, TaskCancelled), words(TaskDraft, TaskCancelled)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.own, Idle(c.said))
		})
	}
}
