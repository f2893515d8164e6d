package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLegsTogether(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, time.March, d, 9, 0, 0, 0, time.UTC) }
	attended := func(d int) *Handoff { return &Handoff{State: Attended, Since: day(d)} }
	open := func(s State) *Handoff { return &Handoff{State: s} }
	closed := func(r Reason, d int) *Handoff {
		e, _ := EndOf(r)
		return &Handoff{State: Closed, Reason: r, Ended: day(d), ClosesNeed: e.ClosesNeed, Void: e.Void,
			Due: []Due{{What: "choose-next", Timer: "T9"}}, Effects: []Effect{{Key: "T9/choose-next", Timer: "T9"}}}
	}
	for _, c := range []struct {
		name     string
		legs     []*Handoff
		final    bool
		withdraw []bool // suggested, by leg
		choose   []bool // what comes next has to be chosen, by leg
	}{
		{"one open leg is asked nothing", []*Handoff{open(Scheduled)}, false, []bool{false}, []bool{false}},
		{"an open leg beside an attended one may be withdrawn", []*Handoff{open(Scheduled), attended(4)}, false, []bool{true, false}, []bool{false, false}},
		{"two attended legs are both attended (K9)", []*Handoff{attended(3), attended(4)}, false, []bool{false, false}, []bool{false, false}},
		{"one refusal hands back", []*Handoff{closed(DeclinedCapacity, 3)}, false, []bool{false}, []bool{true}},
		{"but not while another agency is asked", []*Handoff{closed(DeclinedCapacity, 3), open(Offered)}, false, []bool{false, false}, []bool{false, false}},
		{"nor when the person came elsewhere", []*Handoff{closed(DeclinedCapacity, 3), attended(4)}, false, []bool{false, false}, []bool{false, false}},
		{"nor when the need ended", []*Handoff{closed(DeclinedCapacity, 3), closed(PersonDeclined, 2)}, false, []bool{false, false}, []bool{false, false}},
		{"nor when the referrer took note of it as the end", []*Handoff{closed(DeclinedCapacity, 3)}, true, []bool{false}, []bool{false}},
		{"of two refusals the last one hands back", []*Handoff{closed(DeclinedCapacity, 3), closed(DeclinedOther, 4)}, false, []bool{false, false}, []bool{false, true}},
		{"a void leg does not come last", []*Handoff{closed(DeclinedCapacity, 3), closed(Duplicate, 4)}, false, []bool{false, false}, []bool{true, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			states := make([]State, len(c.legs))
			for i, h := range c.legs {
				states[i] = h.State
			}
			Together(c.legs, c.final)
			for i, h := range c.legs {
				assert.Equal(t, states[i], h.State, "never a state")
				assert.Equal(t, c.withdraw[i], len(h.Suggest) == 1 && h.Suggest[0] == Withdraw, "leg %d", i)
				assert.Equal(t, c.withdraw[i], len(h.Effects) > 0 && h.Effects[0].What == Withdraw && h.Effects[0].For == Navigator, "leg %d", i)
				assert.Equal(t, c.choose[i], len(h.Due) > 0, "leg %d", i)
				assert.Equal(t, c.choose[i], len(h.Effects) > 0 && h.Effects[0].Timer == "T9", "leg %d", i)
			}
		})
	}
}

func TestAWithdrawnLegWhoseTaskStands(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 3, 9, 0, 0, 0, time.UTC)
	h := Handoff{State: Closed, Reason: ReferrerWithdrew, ClosesNeed: true, Ended: at, Stands: true}
	Together([]*Handoff{&h}, true)
	assert.Equal(t, []string{Withdraw}, h.Suggest)
	assert.Equal(t, []Effect{
		{Key: "withdraw/2026-03-03T09:00:00Z", Kind: Todo, What: Withdraw, For: Navigator},
		{Key: "withdrawn/2026-03-03T09:00:00Z", Kind: Notice, What: Withdrawn, For: Agency},
	}, h.Effects)
	h = Handoff{State: Closed, Reason: ReferrerWithdrew, ClosesNeed: true, Ended: at}
	Together([]*Handoff{&h}, true)
	assert.Empty(t, h.Effects, "the Task that they cancelled says so itself")
}
