package workflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// close gives a leg whose newest word ends it, at a time, by somebody, for a reason; and what the engine would ask.
func closing(l *Ledger, s Status, reason Reason, by Role, at time.Time, others ...*Handoff) *RefusedMove {
	l.Words = append(l.Words, Word{Status: s, Reason: reason, By: by, Party: "Practitioner/nav", Said: at, Received: at, Source: fmt.Sprintf("Task/T1/_history/%d", len(l.Words)+1)})
	h := Fold(l, at, &rules)
	return MayEnd(l, &h, append(others, &h), at, &rules)
}

// questions gives what is said and owed of a leg whose newest word ended it, although nothing shows what the end rests on.
func questions(l *Ledger, at time.Time, others ...*Handoff) (flag string, owed bool) {
	h := Fold(l, at, &rules)
	before := len(h.Flags)
	Question(l, &h, append(others, &h), at, &rules)
	return strings.Join(h.Flags[before:], " "), slices.ContainsFunc(h.Due, func(d Due) bool { return d.What == showEnd && d.For == Navigator })
}

// softly are the needs that may be shown later: an end that lacks one is taken, and asked about.
func softly(r Reason) bool {
	end, _ := EndOf(r)
	return slices.ContainsFunc(Needs, func(n NeedRow) bool { return !n.Refuses && slices.Contains(end.Needs, n.Need) })
}

func attempt(day, hour int, mode string) Contact {
	return Contact{Result: NotReached, At: on(day, hour, 0), ToPerson: true, Self: true, Role: Navigator, Mode: mode, Source: fmt.Sprintf("Communication/k%d-%d", day, hour)}
}

func talk(day int, r ContactResult) Contact {
	c := attempt(day, 10, "PHONE")
	c.Result = r
	return c
}

func signed(by string, at time.Time, reviews ...string) Signature {
	return Signature{By: by, At: at, Word: "Task/T1", Reviews: reviews, Source: "Provenance/v/_history/1"}
}

func TestEndsNeedWhatTheirRowSays(t *testing.T) {
	t.Parallel()
	tried := []Contact{attempt(6, 10, "PHONE"), attempt(10, 15, "SMSWRIT"), attempt(19, 18, "FACE")}
	end := on(20, 11, 0)
	sup := signed("Practitioner/sup", on(20, 10, 0))
	other := &Handoff{State: Preparing}
	gone := &Handoff{State: Closed}
	for _, c := range []struct {
		name   string
		status Status
		reason Reason
		by     Role
		with   func(l *Ledger)
		others []*Handoff
		lacks  []string // nil: nothing
	}{
		{"unreachable, with all that it needs", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) { l.Contacts, l.Signatures = tried, []Signature{sup} }, nil, nil},
		{"unreachable after two attempts", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) { l.Contacts, l.Signatures = tried[:2], []Signature{sup} }, nil,
			[]string{"2 of 3 attempts", "from 2026-03-11 on", "2 of 3 different days"}},
		{"unreachable, tried by telephone alone", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures = []Contact{attempt(6, 10, "PHONE"), attempt(10, 15, "PHONE"), attempt(19, 18, "PHONE")}, []Signature{sup}
		}, nil, []string{"1 of 2 different ways"}},
		{"unreachable before the window is over", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures = []Contact{attempt(7, 10, "PHONE"), attempt(10, 15, "SMSWRIT"), attempt(19, 18, "FACE")}, []Signature{sup}
		}, nil, []string{"the window is open until 2026-03-21 10:00 -07:00"}},
		{"a wrong number is no attempt", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			wrong := tried[1]
			wrong.Result = WrongNumber
			l.Contacts, l.Signatures = []Contact{tried[0], wrong, tried[2]}, []Signature{sup}
		}, nil, []string{"2 of 3 attempts"}},
		{"texts count once a day", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures = []Contact{attempt(6, 10, "SMSWRIT"), attempt(6, 12, "SMSWRIT"), attempt(6, 14, "SMSWRIT")}, []Signature{sup}
		}, nil, []string{"1 of 3 attempts"}},
		{"being reached begins the count anew", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures = append([]Contact{talk(12, Reached)}, tried...), []Signature{sup}
		}, nil, []string{"1 of 3 attempts"}},
		{"unreachable without a second person", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) { l.Contacts = tried }, nil,
			[]string{"a second person's signature", "Provenance", "verifier"}},
		{"whoever closes cannot sign as well", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures = tried, []Signature{signed("Practitioner/nav", on(20, 10, 0))}
		}, nil, []string{"names nobody, or whoever closes it"}},
		{"nor who is named as the author", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			s := sup
			s.Authors = []string{s.By}
			l.Contacts, l.Signatures = tried, []Signature{s}
		}, nil, []string{"names nobody, or whoever closes it"}},
		{"nor nobody", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures = tried, []Signature{signed("", on(20, 10, 0))}
		}, nil, []string{"names nobody"}},
		{"a signature from before the Task was last moved", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures = tried, []Signature{signed("Practitioner/sup", on(1, 9, 0))}
		}, nil, []string{"stands under an older version"}},
		{"a signature under the version before", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			s := sup
			s.Word = "Task/T1/_history/1"
			l.Contacts, l.Signatures = tried, []Signature{s}
		}, nil, []string{"stands under an older version"}},
		{"a signature with the end itself", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			s := signed("Practitioner/sup", end)
			s.Word = "Task/T1/_history/3"
			l.Contacts, l.Signatures = tried, []Signature{s}
		}, nil, nil},
		{"a child, without a safeguarding review", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures, l.Person.Born = tried, []Signature{sup}, time.Date(2010, 5, 1, 0, 0, 0, 0, pacific)
		}, nil, []string{"urn:warmhandoff:review#safeguarding"}},
		{"a child, with one", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures, l.Person.Born = tried, []Signature{signed("Practitioner/sup", on(20, 10, 0), "safeguarding")}, time.Date(2010, 5, 1, 0, 0, 0, 0, pacific)
		}, nil, nil},
		{"eighteen today is no child", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Contacts, l.Signatures, l.Person.Born = tried, []Signature{sup}, time.Date(2008, 3, 20, 0, 0, 0, 0, pacific)
		}, nil, nil},
		{"a crisis needs five attempts, one of them face to face, and a review of the risk", TaskFailed, PersonUnreachable, Navigator, func(l *Ledger) {
			l.Urgency, l.Contacts, l.Signatures = Crisis, []Contact{attempt(6, 10, "PHONE"), attempt(6, 15, "SMSWRIT")}, []Signature{sup}
		}, nil, []string{"2 of 5 attempts", "face to face", "urn:warmhandoff:review#risk"}},
		{"unreachable, by the agency", TaskFailed, PersonUnreachable, Agency, func(l *Ledger) { l.Contacts, l.Signatures = tried, []Signature{sup} }, nil,
			[]string{"navigator or supervisor", string(DeclinedOther)}},

		{"declined, without having spoken with the person", TaskCancelled, PersonDeclined, Navigator, func(l *Ledger) { l.Contacts = tried }, nil, []string{"recorded conversation"}},
		{"declined, after a conversation", TaskCancelled, PersonDeclined, Navigator, func(l *Ledger) { l.Contacts = []Contact{talk(9, SaidNo)} }, nil, nil},
		{"declined, by the person", TaskCancelled, PersonDeclined, Person, func(*Ledger) {}, nil, nil},
		{"declined, by the agency", TaskCancelled, PersonDeclined, Agency, func(l *Ledger) { l.Contacts = []Contact{talk(9, SaidNo)} }, nil, []string{"an agency gives a referral back"}},
		{"resolved, by the person's word", TaskCancelled, NeedResolved, Navigator, func(l *Ledger) { l.Contacts = []Contact{talk(9, Reached)} }, nil, nil},
		{"resolved, so they say", TaskCancelled, NeedResolved, Navigator, func(*Ledger) {}, nil, []string{"recorded conversation"}},
		{"transferred to nobody", TaskCancelled, Transferred, Navigator, func(*Ledger) {}, []*Handoff{gone}, []string{"another Task on this ServiceRequest"}},
		{"transferred to another agency", TaskCancelled, Transferred, Navigator, func(*Ledger) {}, []*Handoff{gone, other}, nil},
		{"moved, so a neighbour says", TaskCancelled, Moved, Navigator, func(*Ledger) {}, nil, []string{"the word of the person or the referrer"}},
		{"moved, so the referrer says", TaskCancelled, Moved, Referrer, func(*Ledger) {}, nil, nil},
		{"moved, so the agency heard from the person", TaskCancelled, Moved, Agency, func(l *Ledger) { l.Contacts = []Contact{talk(9, Reached)} }, nil, nil},
		{"attended elsewhere, so they say", TaskCancelled, AttendedElsewhere, Navigator, func(*Ledger) {}, nil, []string{"a record of the visit at the other service"}},
		{"attended elsewhere, by a record", TaskCancelled, AttendedElsewhere, Navigator, func(l *Ledger) {
			s := sign(Came, GradeX, Record, on(5, 10, 0), "Encounter/E1")
			s.Elsewhere = true
			l.Signs = []Sign{s}
		}, nil, nil},
		{"attended elsewhere, in another leg", TaskCancelled, AttendedElsewhere, Navigator, func(*Ledger) {}, []*Handoff{{State: Attended}}, nil},
		{"consent taken back, while it stands", TaskCancelled, ConsentRevoked, Navigator, func(*Ledger) {}, nil, []string{"set it inactive"}},
		{"a duplicate, by the agency", TaskCancelled, Duplicate, Agency, func(*Ledger) {}, nil, []string{"the word of a referrer"}},
		{"a duplicate", TaskCancelled, Duplicate, Navigator, func(*Ledger) {}, nil, nil},
		{"no room, by the agency", TaskRejected, DeclinedCapacity, Agency, func(*Ledger) {}, nil, nil},
		{"no reason that is coded", TaskFailed, "", Agency, func(*Ledger) {}, nil, nil},
		{"a visit that was missed ends nothing", TaskFailed, DidNotComeAttribute, Agency, func(*Ledger) {}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := base(TaskRequested, TaskAccepted)
			c.with(l)
			no := closing(l, c.status, c.reason, c.by, end, c.others...)
			flag, owed := questions(l, end, c.others...)
			if c.lacks == nil {
				require.Nil(t, no, "%v", no)
				assert.Empty(t, flag)
				assert.False(t, owed)
				return
			}
			if end, _ := EndOf(c.reason); softly(c.reason) && allowed(end.By, c.by) {
				require.Nil(t, no, "%v", no)
				assert.True(t, owed, "a navigator sees to it")
				for _, words := range c.lacks {
					assert.Contains(t, flag, words)
				}
				return
			}
			assert.Equal(t, !allowed(mustEnd(c.reason).By, c.by), MayGive(Asked{From: TaskAccepted, To: c.status, By: c.by, Reason: c.reason}) != nil)
			require.NotNil(t, no)
			for _, words := range c.lacks {
				assert.Contains(t, no.Error(), words)
			}
			assert.Contains(t, no.Error(), string(c.reason))
		})
	}
}

func mustEnd(r Reason) End {
	e, ok := EndOf(r)
	if !ok {
		panic(string(r) + " ends nothing")
	}
	return e
}

// What an end rests on may come after it: the question is then gone, and the state was the same all along.
func TestAnEndMayBeShownLater(t *testing.T) {
	t.Parallel()
	l := base(TaskRequested, TaskAccepted)
	require.Nil(t, closing(l, TaskCancelled, PersonDeclined, Navigator, on(9, 9, 0)))
	flag, owed := questions(l, on(9, 9, 0))
	assert.Contains(t, flag, "recorded conversation")
	assert.True(t, owed)
	before := Fold(l, on(10, 9, 0), &rules)
	l.Contacts = append(l.Contacts, talk(9, SaidNo))
	flag, owed = questions(l, on(10, 9, 0))
	assert.Empty(t, flag)
	assert.False(t, owed)
	after := Fold(l, on(10, 9, 0), &rules)
	assert.Equal(t, []any{Closed, PersonDeclined}, []any{before.State, before.Reason})
	assert.Equal(t, []any{before.State, before.Reason}, []any{after.State, after.Reason})
}

func TestATaskThatCameEndedIsTakenAtItsWord(t *testing.T) {
	t.Parallel()
	l := base()
	assert.Nil(t, closing(l, TaskFailed, PersonUnreachable, Agency, on(2, 10, 0)), "another system's history")
}

func TestAnEndIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	l := base(TaskRequested, TaskAccepted)
	require.NotNil(t, closing(l, TaskFailed, PersonUnreachable, Navigator, on(3, 9, 0)))
	h := Fold(l, on(4, 9, 0), &rules)
	assert.Nil(t, MayEnd(l, &h, []*Handoff{&h}, on(4, 9, 0), &rules), "a later write of the same Task")
	l.Words[2].Reworded, l.Words[2].RewordedBy, l.Words[2].Reason = on(4, 9, 0), Supervisor, PersonUnreachable
	assert.NotNil(t, MayEnd(l, &h, []*Handoff{&h}, on(4, 9, 0), &rules), "but another reason for it is")
}

func TestNeedsAreWhole(t *testing.T) {
	t.Parallel()
	known := map[Need]bool{}
	for _, n := range Needs {
		assert.False(t, known[n.Need], "%s is named once", n.Need)
		known[n.Need] = true
		assert.NotEmpty(t, n.Words, n.Need)
		assert.NotEmpty(t, n.Source, n.Need)
	}
	for _, e := range Ends {
		for _, n := range e.Needs {
			assert.True(t, known[n], "%s of %s has a row", n, e.Reason)
		}
	}
}

func TestAgencyClosesNoNeed(t *testing.T) {
	t.Parallel()
	for _, e := range Ends {
		if e.ClosesNeed && e.Reason != Deceased {
			assert.False(t, allowed(e.By, Agency), "%s", e.Reason)
		}
	}
}

func TestDeathIsReportedConfirmedRefuted(t *testing.T) {
	t.Parallel()
	dead := func(by Role) *Ledger {
		l := base(TaskRequested, TaskAccepted)
		l.Bookings = []Booking{booking("Appointment/AP1", on(5, 10, 0))}
		at := on(3, 9, 0)
		l.Words = append(l.Words, Word{Status: TaskCancelled, Reason: Deceased, By: by, Said: at, Received: at, Source: "Task/T1/_history/3"})
		return l
	}
	gist := func(l *Ledger) string {
		h := Fold(l, on(4, 9, 0), &rules)
		return fmt.Sprintf("%s:%s", h.State, h.Reason)
	}
	for _, by := range append([]Role{""}, Roles...) {
		assert.Equal(t, "paused:death-check", gist(dead(by)), "a report by %q ends nothing", by)
	}
	l := dead(Navigator)
	l.Death.Confirmed = on(3, 9, 0)
	assert.Equal(t, "closed:deceased", gist(l))
	assert.True(t, func() bool { h := Fold(l, on(4, 9, 0), &rules); return h.ClosesNeed }())

	l = base(TaskRequested, TaskAccepted)
	l.Death.Confirmed = on(3, 9, 0)
	assert.Equal(t, "closed:deceased", gist(l), "another leg of the referral")
	l.Words = append(l.Words, Word{Status: TaskRejected, Reason: DeclinedCapacity, By: Agency, Said: on(2, 12, 0), Received: on(2, 12, 0)})
	assert.Equal(t, "closed:agency-declined-capacity", gist(l), "one that had ended keeps its reason")
	l = base(TaskRequested, TaskAccepted)
	l.Death.Confirmed = on(3, 9, 0)
	l.Signs = []Sign{sign(Came, GradeA, Record, on(2, 15, 0), "Encounter/E1")}
	assert.Equal(t, "attended:", gist(l), "who came, came")

	for name, refute := range map[string]func(l *Ledger){
		"moved on": func(l *Ledger) {
			l.Words = append(l.Words, Word{Status: TaskInProgress, Reason: Refuted, By: Navigator, Said: on(3, 12, 0), Received: on(3, 12, 0)})
		},
		"spoken with": func(l *Ledger) { l.Contacts = []Contact{talk(3, Reached)} },
	} {
		l := base(TaskRequested, TaskAccepted)
		l.Holds = []Hold{{Reason: DeathCheck, From: on(3, 9, 0)}}
		require.Equal(t, "paused:death-check", gist(l))
		refute(l)
		assert.Equal(t, "accepted:", gist(l), name)
	}
	l = base(TaskRequested, TaskAccepted)
	l.Holds = []Hold{{Reason: DeathCheck, From: on(3, 9, 0)}}
	l.Contacts = []Contact{{Result: Reached, At: on(3, 10, 0), ToPerson: true, Role: Navigator}}
	assert.Equal(t, "paused:death-check", gist(l), "who spoke with the family has not spoken with the person")
}

func TestMessagesStopForTheDeadAndTheUnsafe(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]func(l *Ledger){
		"reported dead":  func(l *Ledger) { l.Holds = []Hold{{Reason: DeathCheck, From: on(3, 9, 0)}} },
		"dead":           func(l *Ledger) { l.Death.Confirmed = on(3, 9, 0) },
		"not to be told": func(l *Ledger) { l.Person.Unsafe = true },
	} {
		l := base(TaskRequested, TaskAccepted)
		with(l)
		f := &folding{l: l, at: on(4, 9, 0), rules: &rules}
		f.hear()
		h := Handoff{Effects: []Effect{{Kind: Message, For: Person}, {Kind: Todo, For: Navigator}}}
		f.quiet(&h)
		assert.Equal(t, []Effect{{Kind: Todo, For: Navigator}}, h.Effects, name)
	}
}

func TestOpenedAgainByItsFacts(t *testing.T) {
	t.Parallel()
	word := func(l *Ledger, s Status, r Reason, by Role, at time.Time) {
		l.Words = append(l.Words, Word{Status: s, Reason: r, By: by, Said: at, Received: at, Source: fmt.Sprintf("Task/T1/_history/%d", len(l.Words)+1)})
	}
	missed := func() *Ledger {
		l := base(TaskRequested, TaskAccepted)
		l.Bookings, l.Signs = []Booking{booking("Appointment/AP1", on(5, 10, 0))}, []Sign{noShow(OnPerson)}
		return l
	}
	l := missed()
	word(l, TaskCancelled, PersonDeclined, Navigator, on(6, 9, 0))
	word(l, TaskInProgress, "reopened", Person, on(20, 9, 0))
	h := Fold(l, on(21, 9, 0), &rules)
	assert.Equal(t, Accepted, h.State, "the agency's yes stands")
	assert.Equal(t, 1, h.Misses, "and the miss is not forgotten")

	l = missed()
	word(l, TaskRejected, DeclinedCapacity, Agency, on(6, 9, 0))
	word(l, TaskRequested, "reopened", Referrer, on(20, 9, 0))
	assert.Equal(t, Offered, Fold(l, on(21, 9, 0), &rules).State, "the agency is asked again")

	l = missed()
	l.Contacts = []Contact{attempt(6, 9, "PHONE")}
	word(l, TaskCancelled, PersonDeclined, Person, on(7, 9, 0))
	word(l, TaskInProgress, "reopened", Person, on(20, 9, 0))
	l.Bookings = append(l.Bookings, booking("Appointment/AP2", on(25, 10, 0)))
	assert.Equal(t, Scheduled, Fold(l, on(21, 9, 0), &rules).State)
	assert.Equal(t, NoNews, Fold(l, on(26, 9, 0), &rules).Reason, "the new visit is a question like any other")
}

func TestChildrenAreBroughtAndTurnEighteen(t *testing.T) {
	t.Parallel()
	l := base(TaskRequested, TaskAccepted)
	l.Bookings, l.Signs = []Booking{booking("Appointment/AP1", on(5, 10, 0))}, []Sign{noShow(OnPerson)}
	l.Person.Born = time.Date(2008, 3, 9, 0, 0, 0, 0, pacific)
	h := Fold(l, on(6, 9, 0), &rules)
	assert.Contains(t, h.Flags, "The child was not brought.")
	assert.Contains(t, h.Suggest, SuggestSafeguarding)
	assert.NotContains(t, h.Suggest, SuggestConsentAgain)
	h = Fold(l, time.Date(2026, 3, 9, 0, 0, 0, 0, pacific), &rules)
	assert.Contains(t, h.Suggest, SuggestConsentAgain, "on the birthday")
	l.Person.Born = time.Date(1990, 3, 9, 0, 0, 0, 0, pacific)
	assert.Empty(t, Fold(l, on(6, 9, 0), &rules).Suggest)
}
