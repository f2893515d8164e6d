package workflow

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// chartNow is when the events of the chart happen: Friday at noon. The visit that has passed was on Thursday, the one ahead is on Monday.
var chartNow = on(6, 12, 0)

// standing is a leg that stands in a state, as ordinary as can be.
type standing struct {
	state  State
	ledger func() *Ledger
}

var standings = []standing{
	{Preparing, func() *Ledger { return base(TaskDraft) }},
	{Offered, func() *Ledger { return base(TaskRequested) }},
	{Accepted, func() *Ledger { return base(TaskRequested, TaskAccepted) }},
	{Scheduled, func() *Ledger { return chartBooked(9) }},
	{Unconfirmed, func() *Ledger { return chartBooked(5) }},
	{Outreach, func() *Ledger {
		l := chartBooked(5)
		l.Signs = append(l.Signs, noShow(OnPerson))
		return l
	}},
	{Paused, func() *Ledger {
		l := spoken(base(TaskRequested, TaskAccepted), TaskOnHold, PersonAsked)
		l.Words[2].Said, l.Words[2].Received = on(5, 9, 0), on(5, 9, 0)
		return l
	}},
	{Attended, func() *Ledger {
		l := chartBooked(5)
		l.Signs = append(l.Signs, sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1"))
		return l
	}},
	{Closed, func() *Ledger { return spoken(base(TaskRequested), TaskRejected, DeclinedCapacity) }},
}

func chartBooked(day int) *Ledger {
	l := base(TaskRequested, TaskAccepted)
	l.Bookings = []Booking{booking("Appointment/AP1", on(day, 10, 0))}
	return l
}

// spoken adds a word by whoever may say it.
func spoken(l *Ledger, s Status, r Reason) *Ledger {
	last := l.Words[len(l.Words)-1]
	w := Word{Status: s, Reason: r, Said: chartNow.Add(-time.Minute), Received: chartNow.Add(-time.Minute), Source: "Task/T1/_history/8"}
	for _, m := range Moves {
		if m.From == last.Status && m.To == s {
			w.By = m.By[0]
		}
	}
	l.Words = append(l.Words, w)
	return l
}

// happening is something that happens to a leg. Status is set where it is a move of the Task: then the table of moves says where it is refused.
type happening struct {
	what   string
	to     Status
	reason Reason
	change func(*Ledger)
	later  time.Duration
}

var happenings = []happening{
	{what: "released", to: TaskRequested},
	{what: "the agency says yes", to: TaskAccepted},
	{what: "a visit is booked", change: func(l *Ledger) {
		b := booking("Appointment/AP2", on(10, 10, 0))
		b.Made = chartNow.Add(-time.Minute)
		l.Bookings = append(l.Bookings, b)
	}},
	{what: "four days pass", later: 4 * 24 * time.Hour},
	{what: "the agency's record of a visit", change: func(l *Ledger) {
		l.Signs = append(l.Signs, sign(Came, GradeA, Record, on(6, 11, 0), "Encounter/E9"))
	}},
	{what: "the agency says completed", to: TaskCompleted, change: func(l *Ledger) {
		s := sign(Came, GradeE, Claimed, chartNow.Add(-time.Minute), "Task/T1")
		s.At = Moment{}
		l.Signs = append(l.Signs, s)
	}},
	{what: "the person did not come", change: func(l *Ledger) {
		s := sign(DidNotCome, "", Staff, chartNow.Add(-time.Minute), "Observation/O1")
		s.At = Moment{At: on(5, 10, 0)}
		l.Signs = append(l.Signs, s)
	}},
	{what: "the person cancels the booking", change: cancelled(CancelledPerson)},
	{what: "the service cancels the booking", change: cancelled(CancelledService)},
	{what: "the person could not be reached", change: contacted(NotReached)},
	{what: "the person is reached and wants a visit", change: contacted(WantsVisit)},
	{what: "put on hold", to: TaskOnHold, reason: PersonAsked},
	{what: "resumed, or opened again", to: TaskInProgress, reason: "reopened"},
	{what: "the agency says no", to: TaskRejected, reason: DeclinedCapacity},
	{what: "the referrer withdraws", to: TaskCancelled, reason: ReferrerWithdrew},
	{what: "consent is taken back", change: func(l *Ledger) {
		l.Gate = append(l.Gate, GateSpan{From: chartNow.Add(-time.Minute), Cause: Revoked})
	}},
	{what: "reported to have died", change: func(l *Ledger) {
		l.Holds = append(l.Holds, Hold{Reason: DeathCheck, From: chartNow.Add(-time.Minute)})
	}},
	{what: "said to be a mistake", to: TaskInError},
}

func cancelled(s BookingStatus) func(*Ledger) {
	return func(l *Ledger) {
		for i := range l.Bookings {
			l.Bookings[i].Status = s
		}
	}
}

func contacted(r ContactResult) func(*Ledger) {
	return func(l *Ledger) {
		l.Contacts = append(l.Contacts, Contact{Result: r, At: chartNow.Add(-time.Minute), ToPerson: true, Mode: "PHONE", Source: "Communication/C1/_history/1"})
	}
}

// after gives where a leg stands after something happened, "" when nothing changes, "refused" when it is no legal move.
func (h *happening) after(s *standing) string {
	l := s.ledger()
	if h.to != "" {
		from := l.Words[len(l.Words)-1].Status
		if from != h.to && CheckMove(Asked{From: from, To: h.to, Reason: h.reason, At: chartNow}, rules) != nil {
			return "refused"
		}
		l = spoken(l, h.to, h.reason)
	}
	if h.change != nil {
		h.change(l)
	}
	got := Fold(l, chartNow.Add(h.later), &rules)
	was := Fold(s.ledger(), chartNow, &rules)
	if got.State == was.State && got.Reason == was.Reason {
		return ""
	}
	if got.Reason == "" {
		return "**" + string(got.State) + "**"
	}
	return "**" + string(got.State) + "** " + string(got.Reason)
}

// chart is the whole chart: what happens, by where the leg stands.
func chart() string {
	var b strings.Builder
	b.WriteString("| what happens |")
	for _, s := range standings {
		fmt.Fprintf(&b, " `%s` |", s.state)
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(standings)+1) + "\n")
	for i := range happenings {
		fmt.Fprintf(&b, "| %s |", happenings[i].what)
		for j := range standings {
			cell := happenings[i].after(&standings[j])
			if cell == "" {
				cell = "–"
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// rulesTable is the rules by which a state follows, in their order.
func rulesTable() string {
	var b strings.Builder
	b.WriteString("| | rule | state | holds when |\n|---|---|---|---|\n")
	for i, r := range StateRules() {
		fmt.Fprintf(&b, "| %d | `%s` | `%s` | %s |\n", i+1, r.Name, r.Gives, r.When)
	}
	return b.String()
}

// endsTable is the reasons for which a leg ends.
func endsTable() string {
	var b strings.Builder
	b.WriteString("| reason | said by | closes the need | needs beforehand | or is asked for |\n|---|---|---|---|---|\n")
	for _, e := range Ends {
		need := "no: the leg alone"
		if e.ClosesNeed {
			need = "yes"
		}
		if e.Void {
			need = "never was"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", e.Reason, listed(e.By, "anybody"), need, needed(e, true), needed(e, false))
	}
	return b.String()
}

func listed(roles []Role, otherwise string) string {
	if roles == nil {
		return otherwise
	}
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

func needed(e End, refuses bool) string {
	var words []string
	for _, n := range Needs {
		if n.Refuses == refuses && slices.Contains(e.Needs, n.Need) {
			words = append(words, n.Words)
		}
	}
	return strings.Join(words, "; ")
}

// clockWords says when a deadline runs, where its state alone does not.
var clockWords = map[Clock]string{
	OnDischarge: "a stay in hospital is over", OnFirstContact: "the first talk after a stay is over", OnFirstAttempt: "nobody has tried",
	OnAttempt: "somebody has tried", OnHandBack: "the referral is handed back", OnSilence: "an agency that is polled was not heard",
	OnAsk: "since its seed asks", AskBeforeVisit: "asked before a visit", DueBeforeVisit: "due before a visit", AskAfterVisit: "asked after a visit",
}

// deadlinesTable is what is due in which state, by whom and when.
func deadlinesTable() string {
	var b strings.Builder
	b.WriteString("| | when | what | by whom | crisis | urgent | routine | source |\n|---|---|---|---|---|---|---|---|\n")
	r := DefaultRules(pacific)
	for _, d := range r.Deadlines {
		when := string(d.State)
		for i, reason := range d.Reasons {
			if reason != "" {
				when += []string{":", ", "}[min(i, 1)] + string(reason)
			}
		}
		if words := clockWords[d.Clock]; words != "" {
			when = strings.TrimPrefix(when+", "+words, ", ")
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s | %s | %s | %s |\n", d.Name, when, d.What, d.For, d.Crisis, d.Urgent, d.Routine, d.Source)
	}
	tries := make([]string, 0, 3)
	for _, m := range r.Minimums {
		window := fmt.Sprintf("%d days", m.Days)
		if m.Days == 0 {
			window = fmt.Sprintf("%g h", m.Hours)
		}
		text := fmt.Sprintf("%d in %s, %d ways", m.Attempts, window, m.Ways)
		if m.OnDays > 1 {
			text += fmt.Sprintf(", %d days", m.OnDays)
		}
		if m.InPerson {
			text += ", once in person"
		}
		tries = append(tries, text)
	}
	fmt.Fprintf(&b, "| T7 | outreach | attempts before `person-unreachable` | navigator | %s | %s | %s | 988 Lifeline, 3-5 attempts; LA County DMH 302.14; the rest local |\n", tries[0], tries[1], tries[2])
	days := func(u Urgency) string {
		if len(r.Reminders[u]) == 0 {
			return "none"
		}
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(r.Reminders[u]), "[]"), " ", ", ") + " days before"
	}
	fmt.Fprintf(&b, "| T8 | scheduled | `reminder` | | %s | %s | %s | Psychiatr Serv, four London clinics; Swenson & Pekarik 1988 |\n", days(Crisis), days(Urgent), days(Routine))
	return b.String()
}

// warmthTable is the twelve elements.
func warmthTable() string {
	var b strings.Builder
	b.WriteString("| | element | what counts | not applicable |\n|---|---|---|---|\n")
	for _, w := range Warmth {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", w.Name, w.Words, w.What, w.Moot)
	}
	return b.String()
}

// seedsTable is what the seeds ask for, and how a handoff is called that lacks it.
func seedsTable() string {
	var b strings.Builder
	b.WriteString("| seed | asked | since when, and while | by whom | due | written | closed by | code |\n|---|---|---|---|---|---|---|---|\n")
	for i := range Seeds {
		r := &Seeds[i]
		var written []string
		for _, e := range EffectRows {
			if e.Timer != r.Timer || e.Due != r.What {
				continue
			}
			at := map[Level]string{OnTime: "at once", Red: "when overdue", Escalated: "two days before"}[e.At]
			written = append(written, at+" for the "+string(e.For))
		}
		if r.Kind != Todo {
			written = []string{"a message to the " + string(r.For)}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | `%s` |\n", r.Seed, r.Words, r.Begins, r.For, r.Timer, strings.Join(written, "; "), r.Closes, r.What)
	}
	for _, l := range Labels {
		fmt.Fprintf(&b, "| %s | the label “%s” | %s | | | a flag | | |\n", l.Seed, l.Words, l.When)
	}
	return b.String()
}

const readme = "README.md"

// TestReadmeHasTheChart compares the page of this room with what the tables do. UPDATE_README=1 in the environment writes it.
func TestReadmeHasTheChart(t *testing.T) { //nolint:paralleltest // the two parts of one file are written one after the other
	for name, want := range map[string]string{
		"chart": chart(), "rules": rulesTable(), "ends": endsTable(), "deadlines": deadlinesTable(), "warmth": warmthTable(), "seeds": seedsTable(),
	} {
		data, err := os.ReadFile(readme)
		require.NoError(t, err)
		text := string(data)
		start := strings.Index(text, "<!-- "+name+":")
		require.Positive(t, start, "the page has a place for it")
		start += strings.Index(text[start:], "-->\n") + len("-->\n")
		end := start + strings.Index(text[start:], "<!-- end -->")
		if os.Getenv("UPDATE_README") != "" && text[start:end] != want {
			require.NoError(t, os.WriteFile(readme, []byte(text[:start]+want+text[end:]), 0o600))
			continue
		}
		assert.Equal(t, want, text[start:end])
	}
}

// TestTheChartSaysWhatMatters holds the chart to what it must never say.
func TestTheChartSaysWhatMatters(t *testing.T) {
	t.Parallel()
	for i := range standings {
		s := &standings[i]
		require.Equal(t, s.state, Fold(s.ledger(), chartNow, &rules).State, "the leg stands where it says")
		for j := range happenings {
			h := &happenings[j]
			got := h.after(s)
			if strings.Contains(got, string(Attended)) {
				assert.Equal(t, "the agency's record of a visit", h.what, "from %s: only evidence makes attended", s.state)
			}
			if h.later > 0 {
				assert.False(t, strings.Contains(got, string(Closed)) || strings.Contains(got, string(Outreach)), "from %s: time ends nothing and misses nothing", s.state)
			}
		}
	}
	assert.True(t, slices.ContainsFunc(standings, func(s standing) bool { return s.state == Closed }))
}
