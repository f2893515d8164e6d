package workflow

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// EffectRow says what is written when something is due, or overdue.
type EffectRow struct {
	Timer   string   // of what is due; "" for what has none
	Due     string   // what is due
	Reasons []Reason // of the leg; nil: whatever
	At      Level    // from which level on; OnTime: at once
	Crisis  bool     // in a crisis only
	Kind    EffectKind
	What    string
	For     Role
	Source  string
}

// otherPauses are those that have no question of their own.
var otherPauses = []Reason{Waitlist, InfoNeeded, PersonAsked, Unspecified, Hospitalised, InCustody, Away}

// EffectRows are what time and open questions have written. None of them decides anything: they ask, remind and escalate.
//
// Source: local, timers T1-T9 and the rows of the transition list that each names
var EffectRows = []EffectRow{
	{Timer: "T1", Due: "release", At: Red, Kind: Todo, What: "release", For: Navigator, Source: "T1"},
	{Timer: "T1", Due: "release", At: Escalated, Kind: Todo, What: "release", For: Supervisor, Source: "T1"},
	{Timer: "T1", Due: "say-for-whom", Kind: Todo, What: "say-for-whom", For: Navigator, Source: "ruling 32: due with the navigator"},
	{Timer: "T1", Due: "say-for-whom", At: Escalated, Kind: Todo, What: "say-for-whom", For: Supervisor, Source: "T1"},
	{Timer: "T1", Due: "get-consent", Crisis: true, Kind: Todo, What: "get-consent", For: Supervisor, Source: "row 8: in a crisis the supervisor now"},
	{Timer: "T1", Due: "get-consent", At: Red, Kind: Todo, What: "get-consent", For: Navigator, Source: "T1, row 8"},
	{Timer: "T1", Due: "get-consent", At: Escalated, Kind: Todo, What: "get-consent", For: Supervisor, Source: "T1"},
	{Timer: "T2", Due: "answer", At: Red, Kind: Todo, What: "call-agency", For: Navigator, Source: "T2"},
	{Timer: "T2", Due: "answer", At: Escalated, Kind: Todo, What: "call-agency", For: Supervisor, Source: "T2"},
	{Timer: "T2", Due: "answer-cancel", At: Red, Kind: Todo, What: "call-agency", For: Navigator, Source: "T2: a request to cancel is answered like an offer"},
	{Timer: "T2", Due: "answer-cancel", At: Escalated, Kind: Todo, What: "call-agency", For: Supervisor, Source: "T2"},
	{Timer: "T3", Due: "book-visit", At: Red, Kind: Todo, What: "get-date", For: Navigator, Source: "T3"},
	{Timer: "T3", Due: "book-visit", At: Escalated, Kind: Todo, What: "get-date", For: Supervisor, Source: "T3"},
	{Timer: "T4", Due: "contact-person", Kind: Todo, What: "contact-person", For: Navigator, Source: "T4, row 38"},
	{Timer: "T4", Due: "contact-person", At: Escalated, Kind: Todo, What: "contact-person", For: Supervisor, Source: "T4"},
	{Timer: "T4", Due: "contact-again", Kind: Todo, What: "contact-again", For: Navigator, Source: "T4: 24 h, then within 72 h"},
	{Timer: "T4", Due: "contact-again", At: Escalated, Kind: Todo, What: "contact-again", For: Supervisor, Source: "T4"},
	{Timer: "T5a", Due: "confirm-visit", Reasons: []Reason{ClaimOnly, UnclearNoShow}, Kind: Todo, What: "confirm-visit", For: Agency, Source: "rows 19, 20, 23"},
	{Timer: "T5a", Due: "confirm-visit", Reasons: []Reason{UnclearNoShow}, Kind: Message, What: "how-did-it-go", For: Person, Source: "row 23"},
	{Timer: "T5a", Due: "confirm-visit", At: Red, Kind: Todo, What: "confirm-visit", For: Agency, Source: "T5a"},
	{Timer: "T5a", Due: "confirm-visit", At: Red, Kind: Message, What: "how-did-it-go", For: Person, Source: "T5a"},
	{Timer: "T5a", Due: "resolve-conflict", Kind: Todo, What: "resolve-conflict", For: Navigator, Source: "K4-K7, row 24"},
	{Timer: "T5a", Due: "resolve-conflict", Kind: Todo, What: "confirm-visit", For: Agency, Source: "K4: ask the agency"},
	{Timer: "T5a", Due: "resolve-conflict", Kind: Message, What: "how-did-it-go", For: Person, Source: "K4: and the person, neutrally"},
	{Timer: "T5b", Due: "decide", At: Red, Kind: Todo, What: "decide", For: Supervisor, Source: "T5b, row 28"},
	{Timer: "T6", Due: "reach-person", Reasons: []Reason{Missed}, Kind: Todo, What: "hold-place", For: Agency, Source: "row 21: the agency is asked to hold the place"},
	{Timer: "T6", Due: "reach-person", At: Red, Kind: Todo, What: "reach-person", For: Navigator, Source: "T6"},
	{Timer: "T6", Due: "reach-person", At: Escalated, Kind: Todo, What: "reach-person", For: Supervisor, Source: "T6"},
	{Timer: "T7", Due: "try-again", At: Red, Kind: Todo, What: "try-again", For: Navigator, Source: "T7, row 29"},
	{Timer: "T7", Due: "try-again", At: Escalated, Kind: Todo, What: "try-again", For: Supervisor, Source: "T7"},
	{Timer: "T7", Due: "decide", Kind: Todo, What: "decide", For: Supervisor, Source: "T7, row 34"},
	{Timer: "T9", Due: "choose-next", Kind: Todo, What: "choose-next", For: Referrer, Source: "T9, row 41"},
	{Timer: "T9", Due: "choose-next", Kind: Notice, What: "handed-back", For: Referrer, Source: "row 35, 41, 42: hand-back"},
	{Timer: "T9", Due: "choose-next", At: Red, Kind: Todo, What: "choose-next", For: Navigator, Source: "T9"},
	{Timer: "T9", Due: "choose-next", At: Escalated, Kind: Todo, What: "choose-next", For: Supervisor, Source: "T9"},
	{Due: "review", Reasons: []Reason{DeathCheck}, Kind: Todo, What: "check-death", For: Navigator, Source: "rows 16, 45: a human checks"},
	{Due: "review", Reasons: []Reason{DeathCheck}, At: Escalated, Kind: Todo, What: "check-death", For: Supervisor, Source: "rows 16, 45"},
	{Due: "review", Reasons: []Reason{ConsentMissing}, Kind: Todo, What: RenewConsent, For: Navigator, Source: "consent over by its own period: due at once"},
	{Due: "review", Reasons: []Reason{ConsentMissing}, At: Escalated, Kind: Todo, What: RenewConsent, For: Supervisor, Source: "as above"},
	{Due: "review", Reasons: otherPauses, At: Red, Kind: Todo, What: "review", For: Navigator, Source: "row 40"},
	{Due: "review", Reasons: otherPauses, At: Escalated, Kind: Todo, What: "review", For: Supervisor, Source: "row 40"},
	{Due: "offer-another", Kind: Todo, What: "offer-another", For: Navigator, Source: "row 36: a crisis may not sit on a waitlist"},
	{Due: "offer-another", At: Escalated, Kind: Todo, What: "offer-another", For: Supervisor, Source: "row 36"},
	{Due: "confirm-person-knows", Kind: Todo, What: "confirm-person-knows", For: Navigator, Source: "row 48"},
	{Due: ClarifyChange, Kind: Todo, What: ClarifyChange, For: Navigator, Source: "ruling 33: what is not understood is due with the navigator"},
	{Due: ClarifyChange, At: Escalated, Kind: Todo, What: ClarifyChange, For: Supervisor, Source: "as above"},
	{Due: "confirm-person-knows", At: Escalated, Kind: Todo, What: "confirm-person-knows", For: Supervisor, Source: "row 48"},

	{Timer: "A8", Due: AssignNavigator, At: Red, Kind: Todo, What: AssignNavigator, For: Supervisor, Source: "seed A8: otherwise escalate"},
	{Timer: "A14a", Due: CallFirst, At: Red, Kind: Todo, What: CallFirst, For: Navigator, Source: "seed A14: with the release"},
	{Timer: "A14b", Due: CallAgency, At: Red, Kind: Todo, What: CallAgency, For: Navigator, Source: "seed A14: remind to call"},
	{Timer: "A7", Due: ReadBackNow, At: Red, Kind: Todo, What: ReadBackNow, For: Navigator, Source: "seeds A7 and B4: with the release"},
	{Timer: "A5", Due: Introduce, At: Red, Kind: Todo, What: Introduce, For: Navigator, Source: "seed A5"},
	{Timer: "B5a", Due: AskBarriers, At: Red, Kind: Todo, What: AskBarriers, For: Navigator, Source: "seed B5"},
	{Timer: "B5b", Due: Arrange, Kind: Todo, What: Arrange, For: Navigator, Source: "seed B5: at once, it is known and can be arranged"},
	{Timer: "B5b", Due: Arrange, At: Escalated, Kind: Todo, What: Arrange, For: Supervisor, Source: "seed B5: at day -2 escalates"},
	{Timer: "B3", Due: GivePlan, At: Red, Kind: Todo, What: GivePlan, For: Navigator, Source: "seeds B3 and B13"},
	{Timer: "A15", Due: CheckInNow, Kind: Todo, What: CheckInNow, For: Navigator, Source: "seed A15: half-way and day -1"},
	{Timer: "A4", Due: ReadStory, Kind: Todo, What: ReadStory, For: Agency, Source: "seed A4: day -1"},
}

// effectMakers are what else is written, beside what the table of effects makes of what is due. Each adds to the handoff's effects and wakes the
// leg when time alone brings the next.
var effectMakers = []func(f *folding, h *Handoff){
	(*folding).remind,
	(*folding).askAboutEarlyClaim,
	(*folding).tell,
	(*folding).tellRevised,
	(*folding).bringNews,
}

// affect fills in what ought to stand written now.
func (f *folding) affect(h *Handoff) {
	for i := range h.Due {
		h.Effects = f.effectsOf(h.Effects, h, &h.Due[i])
	}
	for _, also := range effectMakers {
		also(f, h)
	}
}

// others are the codes of what effectMakers and consent write, by kind.
var others = map[EffectKind][]string{
	Todo:    {"confirm-booking", RenewConsent, Withdraw, TellPerson},
	Message: {"reminder"},
	Notice:  {"attended", "correction", MayNotBeShared, NothingFurther, Withdrawn, ReferralChanged},
}

// Written gives the codes of everything that is written of a kind.
func Written(k EffectKind) []string {
	list := slices.Clone(others[k])
	for i := range EffectRows {
		if EffectRows[i].Kind == k {
			list = append(list, EffectRows[i].What)
		}
	}
	for i := range Seeds {
		if Seeds[i].Kind == k {
			list = append(list, Seeds[i].What)
		}
	}
	for i := range notices {
		if notices[i].kind == k {
			list = append(list, notices[i].what)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// levels are in the order in which they come.
var levels = []Level{OnTime, Amber, Red, Escalated}

func (l Level) reached(least Level) bool {
	return slices.Index(levels, l) >= slices.Index(levels, least)
}

// effectsOf adds what the table of effects makes of something that is due.
func (f *folding) effectsOf(list []Effect, h *Handoff, d *Due) []Effect {
	first := len(list)
	for i := range EffectRows {
		r := &EffectRows[i]
		if r.Due != d.What || r.Timer != d.Timer || !d.Level.reached(r.At) || r.Crisis && f.l.Urgency != Crisis {
			continue
		}
		if r.Reasons != nil && !slices.Contains(r.Reasons, h.Reason) {
			continue
		}
		who := f.reachable(r.For)
		if r.For == Person && !f.mayWrite() || r.For == Referrer && h.Blind && r.Kind == Notice {
			continue
		}
		if r.For == Referrer && h.Blind {
			who = Navigator
		}
		if slices.ContainsFunc(list[first:], func(e Effect) bool { return e.Kind == r.Kind && e.What == r.What && e.For == who }) {
			continue
		}
		k := key(d.Timer, r.What, r.Kind, who, string(r.At), stamp(d.From), d.About)
		if d.Seed {
			k = f.anew(k)
		}
		list = append(list, Effect{
			Key: k, Kind: r.Kind, What: r.What, Timer: d.Timer, For: who, By: d.By, About: d.About,
			Visit: h.Visit, Booking: f.bookingAt(h.Visit),
		})
	}
	return list
}

// anew gives the key by which something is written that was written before, and closed by us because it was shown, or had to wait, and is wanted again:
// a key of its own for each time. What a human closed stays closed.
func (f *folding) anew(k string) string {
	times := 0
	for i := range f.l.Told {
		if t := &f.l.Told[i]; t.Dropped && (t.Key == k || strings.HasPrefix(t.Key, k+again)) {
			times++
		}
	}
	if times == 0 {
		return k
	}
	return k + again + count(times)
}

const again = "/again-"

// key joins what names an effect: what it is about, and since when.
func key(timer, what string, kind EffectKind, who Role, more ...string) string {
	k := what + "/" + string(kind) + "/" + string(who)
	if timer != "" {
		k = timer + "/" + k
	}
	for _, m := range more {
		if m != "" {
			k += "/" + m
		}
	}
	return k
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// bookingAt gives the appointment of a visit, "" for none.
func (f *folding) bookingAt(m Moment) string {
	if m.IsZero() {
		return ""
	}
	for i := range f.visits {
		if v := &f.visits[i]; v.booking != nil && v.at == m {
			return v.booking.Name
		}
	}
	return ""
}

// mayWrite reports whether the person may be written to: not where that is unsafe, and not while somebody has to find out whether they died.
func (f *folding) mayWrite() bool {
	return !f.l.Person.Unsafe && !f.mayBeDead()
}

// remind adds the one reminder of a booked visit that is live: the latest whose time has come since the booking was made.
//
// Source: local, T8 reminders
func (f *folding) remind(h *Handoff) {
	b := f.ahead(h)
	if b == nil || !f.mayWrite() {
		return
	}
	var live time.Time
	for _, days := range f.rules.reminders(f.l.Urgency) {
		at := f.dayBefore(b, days)
		if !at.After(b.Made) || !at.Before(b.Start) {
			continue
		}
		if f.wake(at); !at.After(f.at) {
			live = later(live, at)
		}
	}
	if live.IsZero() {
		return
	}
	h.Effects = append(h.Effects, Effect{
		Key: key("T8", "reminder", Message, Person, stamp(live), b.Name, stamp(b.Start)), Kind: Message, What: "reminder", Timer: "T8", For: Person, By: b.Start,
		Visit: Moment{At: b.Start}, Booking: b.Name,
	})
	f.wake(b.Start)
}

// ahead gives the booking of a visit that lies ahead and that everybody still wants; nil for none.
func (f *folding) ahead(h *Handoff) *Booking {
	if h.State != Scheduled || h.Rule == ruleLateWithdrawal {
		return nil
	}
	v := f.upcoming()
	if v == nil || !f.at.Before(v.booking.Start) {
		return nil
	}
	return v.booking
}

// dayBefore gives the civil hour so many calendar days before a booking.
func (f *folding) dayBefore(b *Booking, days int) time.Time {
	d, _, _ := f.site.wall(b.Start)
	d.Day -= days
	return f.site.clock(d, f.rules.CivilHour)
}

// civil gives the civil hour of an instant's day.
func (f *folding) civil(t time.Time) time.Time {
	d, _, _ := f.site.wall(t)
	return f.site.clock(d, f.rules.CivilHour)
}

// checkedIn reports a check-in with the person between two moments.
func (f *folding) checkedIn(from, until time.Time) bool {
	return slices.ContainsFunc(f.marks, func(m *Mark) bool {
		return m.Element == CheckIn && m.Waived == "" && !m.At.Before(from) && m.At.Before(until)
	})
}

// askAboutEarlyClaim asks an agency that completed its Task before the booked visit whether the visit stands.
//
// Source: local, row 19a
func (f *folding) askAboutEarlyClaim(h *Handoff) {
	b := f.ahead(h)
	if b == nil {
		return
	}
	var said time.Time
	for _, s := range f.loose {
		if s.Says == Came && !s.Taken && (said.IsZero() || s.Said.Before(said)) {
			said = s.Said
		}
	}
	if said.IsZero() {
		return
	}
	f.wake(b.Start)
	h.Effects = append(h.Effects, Effect{
		Key: key("", "confirm-booking", Todo, f.reachable(Agency), stamp(said)), Kind: Todo, What: "confirm-booking", For: f.reachable(Agency),
		Visit: Moment{At: b.Start}, Booking: b.Name,
	})
}

// notices are what organizations and the person are told when a leg has come to a state, once.
//
// Source: local, rows 33 and 35
var notices = []struct {
	state   State
	reasons []Reason // nil: whatever
	needs   bool     // only where the end closes the need
	kind    EffectKind
	what    string
	who     Role
}{
	{Closed, []Reason{PersonUnreachable}, false, Message, "open-door", Person},
	{Closed, []Reason{AttendedElsewhere, PersonDeclined, NeedResolved, Deceased}, true, Notice, "closed", Referrer},
}

// tell adds the notices of a state.
func (f *folding) tell(h *Handoff) {
	f.tellAttended(h)
	for i := range notices {
		n := &notices[i]
		if n.state != h.State || n.reasons != nil && !slices.Contains(n.reasons, h.Reason) || n.needs && !h.ClosesNeed {
			continue
		}
		if n.who == Person && !f.mayWrite() {
			continue
		}
		h.Effects = append(h.Effects, Effect{Key: key("", n.what, n.kind, n.who, stamp(h.Since)), Kind: n.kind, What: n.what, For: n.who})
	}
}

// tellAttended tells the referrer once that the person came, however often the evidence gets better, and corrects it where that falls away. What
// was prepared counts as told: the referrer may have read it.
//
// Source: local, rows 18, 25 and 50; closing the loop is itself a disclosure
func (f *folding) tellAttended(h *Handoff) {
	told, corrected := 0, 0
	for i := range f.l.Told {
		switch t := &f.l.Told[i]; {
		case t.Kind != Notice:
		case t.What == "attended":
			told++
		case t.What == "correction":
			corrected++
		}
	}
	switch {
	case h.State == Attended:
		h.Effects = append(h.Effects, Effect{Key: key("", "attended", Notice, Referrer, count(corrected)), Kind: Notice, What: "attended", For: Referrer, Visit: h.Visit})
	case told > 0:
		h.Effects = append(h.Effects, Effect{Key: key("", "correction", Notice, Referrer, count(told)), Kind: Notice, What: "correction", For: Referrer})
	}
}

func count(n int) string { return strconv.Itoa(n) }
