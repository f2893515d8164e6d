package workflow

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var waysToCancel = []Cancelling{CancelEither, CancelByAbort, CancelByAsk}

// TestEveryMoveUnderEveryWayOfCancelling walks all moves by everybody under each agreement: who must ask is refused with the way to ask, and the moves
// that are named as open are open.
func TestEveryMoveUnderEveryWayOfCancelling(t *testing.T) {
	t.Parallel()
	for _, way := range waysToCancel {
		for _, from := range Statuses {
			for _, to := range Statuses {
				for _, by := range askers {
					a := Asked{From: from, To: to, By: by, Reason: PersonAsked, At: on(3, 9, 0), Cancel: way}
					no := CheckMove(a, rules)
					if no == nil {
						continue
					}
					assert.NotContains(t, no.Open, to, "%s → %s by %q under %q", from, to, by, way)
					for _, open := range no.Open {
						b := a
						b.To = open
						assert.Nil(t, CheckMove(b, rules), "%s → %s by %q under %q is named as open", from, open, by, way)
					}
				}
			}
		}
	}
}

func TestWhoMayCancelInProgress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		way    Cancelling
		from   Status
		by     Role
		reason Reason
		way2   string // how to ask instead; "": it is open
	}{
		{"either side, where nothing else was agreed", CancelEither, TaskInProgress, Referrer, "", ""},
		{"the agency, whatever was agreed", CancelByAsk, TaskInProgress, Agency, "", ""},
		{"COW: the referrer as long as nothing has begun", CancelByAbort, TaskAccepted, Referrer, "", ""},
		{"COW: not in progress", CancelByAbort, TaskInProgress, Referrer, "", "task-code#abort"},
		{"COW: nor on hold", CancelByAbort, TaskOnHold, Navigator, ReferrerWithdrew, "task-code#abort"},
		{"BSeR: before the agency took note", CancelByAsk, TaskRequested, Referrer, "", ""},
		{"BSeR: not once it was received", CancelByAsk, TaskReceived, Referrer, "", "5.2"},
		{"BSeR: not in progress", CancelByAsk, TaskInProgress, Supervisor, "", "5.2"},
		{"a person may always say no", CancelByAsk, TaskInProgress, Person, "", ""},
		{"and a navigator that they did", CancelByAsk, TaskInProgress, Navigator, PersonDeclined, ""},
		{"but a referrer asks, whatever the reason", CancelByAsk, TaskInProgress, Referrer, Transferred, "5.2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			no := CheckMove(Asked{From: c.from, To: TaskCancelled, By: c.by, Reason: c.reason, At: on(3, 9, 0), Cancel: c.way}, rules)
			if c.way2 == "" {
				assert.Nil(t, no)
				return
			}
			require.NotNil(t, no)
			assert.Contains(t, no.Error(), c.way2)
			assert.NotContains(t, no.Open, TaskCancelled)
		})
	}
}

func TestAskingIsAMoveOfItsOwnAndNobodysYes(t *testing.T) {
	t.Parallel()
	for _, m := range asking {
		a := Asked{From: m.From, To: m.To, By: Referrer, At: on(3, 9, 0)}
		require.NotNil(t, CheckMove(a, rules), "%s → %s by a referrer who does not ask", m.From, m.To)
		a.Asks = true
		assert.Nil(t, CheckMove(a, rules))
	}
	l := base(TaskRequested, TaskReceived)
	l.Words = append(l.Words, Word{Status: TaskInProgress, By: Referrer, Asks: true, Said: on(3, 9, 0), Received: on(3, 9, 0), Source: "Task/T1/_history/3"})
	l.CancelAsks = []CancelAsk{{At: on(3, 9, 0), By: Referrer, Source: "Task/T1/_history/3"}}
	h := Fold(l, on(3, 10, 0), &rules)
	assert.Equal(t, Offered, h.State)
	assert.True(t, h.CancelAsked)
	assert.True(t, slices.ContainsFunc(h.Due, func(d Due) bool { return d.What == "answer-cancel" && d.For == Agency && d.By.After(on(3, 9, 0)) }), "%v", h.Due)
}

func TestAnAgencyThatConfirmsCancelsForTheReferrer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		asks   []CancelAsk
		reason Reason
		want   Reason
	}{
		{"nobody asked", nil, "", DeclinedOther},
		{"the referrer asked", []CancelAsk{{At: on(3, 9, 0)}}, "", ReferrerWithdrew},
		{"asked, and the agency said no", []CancelAsk{{At: on(3, 9, 0), Refused: true}}, "", DeclinedOther},
		{"asked, and the agency has a reason of its own", []CancelAsk{{At: on(3, 9, 0)}}, DeclinedCapacity, DeclinedCapacity},
		{"asked afterwards", []CancelAsk{{At: on(6, 9, 0)}}, "", DeclinedOther},
	} {
		l := base(TaskRequested, TaskAccepted)
		l.CancelAsks = c.asks
		at := on(4, 9, 0)
		l.Words = append(l.Words, Word{Status: TaskCancelled, Reason: c.reason, By: Agency, Said: at, Received: at, Source: "Task/T1/_history/3"})
		h := Fold(l, on(7, 9, 0).Add(time.Hour), &rules)
		assert.Equal(t, "closed:"+string(c.want), fmt.Sprintf("%s:%s", h.State, h.Reason), c.name)
	}
}
