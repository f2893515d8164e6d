package workflow

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryStatusByEveryStatusByEveryRoleIsAMoveOrARefusalThatNamesTheOpenOnes(t *testing.T) {
	t.Parallel()
	for _, from := range Statuses {
		for _, to := range Statuses {
			for _, by := range append([]Role{""}, Roles...) {
				no := CheckMove(Asked{From: from, To: to, By: by, Reason: PersonAsked, At: on(3, 9, 0)}, rules)
				open := OpenMoves(from, by)
				switch {
				case from == to:
					assert.Nil(t, no, "%s stays by %q", from, by)
				case slices.Contains(open, to):
					assert.Nil(t, no, "%s → %s by %q is open", from, to, by)
				default:
					require.NotNil(t, no, "%s → %s by %q", from, to, by)
					assert.Equal(t, open, no.Open)
					for _, s := range open {
						assert.Contains(t, no.Error(), string(s))
					}
				}
			}
		}
	}
}

func TestMovesThatMatterMost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		from, to Status
		by       Role
		legal    bool
	}{
		{"an agency accepts what was requested", TaskRequested, TaskAccepted, Agency, true},
		{"a referrer does not", TaskRequested, TaskAccepted, Referrer, false},
		{"a yes and a start in one", TaskReceived, TaskInProgress, Agency, true},
		{"nobody completes what was never accepted", TaskRequested, TaskCompleted, "", false},
		{"a late decline", TaskAccepted, TaskRejected, Agency, true},
		{"a referrer cancels in progress", TaskInProgress, TaskCancelled, Referrer, true},
		{"an agency does not see a draft", TaskDraft, TaskAccepted, Agency, false},
		{"completed stays", TaskCompleted, TaskInProgress, Agency, false},
		{"completed was a mistake", TaskCompleted, TaskInError, Referrer, true},
		{"an agency voids nothing", TaskAccepted, TaskInError, Agency, false},
		{"a feed moves nothing", TaskRequested, TaskAccepted, Feed, false},
		{"what never was cannot be opened again", TaskInError, TaskRequested, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			no := CheckMove(Asked{From: c.from, To: c.to, By: c.by, At: on(3, 9, 0)}, rules)
			assert.Equal(t, c.legal, no == nil, "%v", no)
		})
	}
}

func TestReopening(t *testing.T) {
	t.Parallel()
	ask := Asked{From: TaskRejected, To: TaskRequested, By: Referrer, Reason: PersonAsked, Ended: on(3, 9, 0), At: on(3, 9, 0).AddDate(0, 0, 90)}
	assert.Nil(t, CheckMove(ask, rules), "on the ninetieth day")
	late := ask
	late.At = late.At.Add(time.Minute)
	require.NotNil(t, CheckMove(late, rules), "after it")
	assert.Contains(t, CheckMove(late, rules).Error(), "90 days")
	bare := ask
	bare.Reason = ""
	require.NotNil(t, CheckMove(bare, rules), "without a coded reason")
	agency := ask
	agency.By = Agency
	require.NotNil(t, CheckMove(agency, rules), "not by the agency")
}

func TestTablesAreWhole(t *testing.T) {
	t.Parallel()
	for _, m := range Moves {
		assert.NotEmpty(t, m.Source, "%s → %s has a source", m.From, m.To)
		assert.NotEmpty(t, m.By)
	}
	for s := range stateWords {
		if !s.Open() {
			continue
		}
		named := s == Scheduled || s == Paused
		for _, d := range DefaultDeadlines {
			named = named || d.State == s
		}
		assert.True(t, named, "%s has a deadline", s)
	}
	for _, d := range DefaultDeadlines {
		assert.NotEmpty(t, d.Source, d.Name)
	}
	names := map[string]bool{}
	for _, r := range rows {
		assert.False(t, names[r.name], "%s is named once", r.name)
		names[r.name] = true
	}
}

func TestRollUp(t *testing.T) {
	t.Parallel()
	leg := func(s State, need, void bool) Handoff { return Handoff{State: s, ClosesNeed: need, Void: void} }
	for _, c := range []struct {
		name  string
		legs  []Handoff
		final bool
		want  ReferralState
	}{
		{"no leg yet", nil, false, ReferralActive},
		{"any leg attended", []Handoff{leg(Scheduled, false, false), leg(Attended, false, false)}, false, ReferralAttended},
		{"one leg open", []Handoff{leg(Closed, false, false), leg(Offered, false, false)}, false, ReferralActive},
		{"declined", []Handoff{leg(Closed, false, false)}, false, ReferralHandedBack},
		{"declined, and the referrer takes note", []Handoff{leg(Closed, false, false)}, true, ReferralEnded},
		{"the need is closed", []Handoff{leg(Closed, true, false)}, false, ReferralEnded},
		{"never was", []Handoff{leg(Closed, false, true)}, false, ReferralEnded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, RollUp(c.legs, c.final))
		})
	}
}
