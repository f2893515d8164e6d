package workflow

import (
	"slices"
	"strings"
	"time"
)

// warming is the work of judging the twelve elements.
type warming struct {
	f       *folding
	h       *Handoff
	visit   Moment   // the attended visit; zero: none
	until   Moment   // the visit before which the story has to be read; zero: none in question, as where one was missed
	booking *Booking // of the visit; nil: none
	marks   []*Mark  // whose time has come, as folding has them
	found   []Element
}

// warm judges the elements of a leg, and flags what is half done.
func (f *folding) warm(h *Handoff) {
	w := &warming{f: f, h: h, found: make([]Element, 0, len(Warmth))}
	if h.State == Attended {
		w.visit = h.Visit
	}
	if h.State != Outreach {
		w.until = h.Visit
	}
	w.booking = w.booked()
	w.marks = make([]*Mark, 0, len(f.l.Marks))
	for i := range f.l.Marks {
		if m := &f.l.Marks[i]; !w.ahead(m) {
			w.marks = append(w.marks, m)
		}
	}
	f.marks = w.marks
	for i := range Warmth {
		r := &Warmth[i]
		if r.judge != nil {
			f.elements[i] = r.judge(w, r)
		} else {
			f.elements[i] = w.plain(r)
		}
		if f.elements[i] != r.unshown() {
			w.found = append(w.found, f.elements[i])
		}
	}
	w.warn()
	h.Warmth = w.found
}

// booked gives the appointment of the attended visit, else the last that is kept.
func (w *warming) booked() *Booking {
	var last *Booking
	for i := range w.f.visits {
		v := &w.f.visits[i]
		if v.kept() && (w.visit.IsZero() || sameDay(v.at.At, w.visit.At, w.f.site.Zone)) {
			last = v.booking
		}
	}
	return last
}

// plain judges an element by its row alone: the best mark that counts, then what the person says of it.
func (w *warming) plain(r *WarmthRow) Element {
	e := Element{Name: r.Name, Status: NotDone, Because: r.Missing}
	var best, short *Mark
	for _, m := range w.marks {
		if !slices.Contains(r.Marks, m.Element) {
			continue
		}
		status, because := w.worth(r, m)
		switch {
		case status == "":
			if short == nil || m.before(short) {
				short = m
				if e.Status == NotDone {
					e.Because, e.Source = because, m.Source
				}
			}
		case best == nil || warmer(status, e.Shown) || status == e.Shown && m.before(best):
			best = m
			e = Element{Name: r.Name, Status: Done, Shown: status, Source: m.Source, Because: because}
		}
	}
	if best == nil {
		w.waive(r, &e)
	}
	w.ask(r, &e)
	return e
}

// worth says how well a mark shows an element, "" not at all, and what it lacks.
func (w *warming) worth(r *WarmthRow, m *Mark) (status, because string) {
	if m.Waived != "" {
		return "", r.Missing
	}
	if !w.within(r.When, m) {
		return "", "not " + string(r.When)
	}
	if r.Live && m.Mode != "" && !m.live() || !r.Formal && m.formal() {
		return "", "in writing only"
	}
	if lacks := r.With.lacking(m.Present); lacks != "" && r.Only {
		return "", lacks
	} else if lacks != "" {
		return Stated, lacks
	}
	switch {
	case r.Tongue && w.f.l.Person.Language != "" && !sameTongue(m.Language, w.f.l.Person.Language):
		return Stated, "not known to be in the person's language"
	case r.Family && w.f.l.Person.Family && !m.Present.Family:
		return Stated, "whom they chose of their family is not named among those present"
	case r.Live && m.Mode == "":
		return Stated, "nobody said by what means"
	case m.Status == Stated && m.Lacks != "":
		return Stated, m.Lacks
	case m.Status == Stated:
		return Stated, "stated, and not shown"
	}
	return m.Status, ""
}

// within reports whether a mark lies in the stretch of time in which it counts.
func (w *warming) within(when When, m *Mark) bool {
	switch when {
	case BeforeRelease:
		return w.f.said.released.IsZero() || m.At.Before(w.f.said.released)
	case BeforeVisit:
		return w.until.IsZero() || m.At.Before(w.until.At) || w.until.Day && sameDay(m.At, w.until.At, w.f.site.Zone)
	case OnVisitDay:
		return !w.visit.IsZero() && sameDay(m.At, w.visit.At, w.f.site.Zone)
	case AfterVisit:
		return !w.visit.IsZero() && m.At.After(w.visit.At)
	}
	return true
}

// ahead reports a mark whose time has not come; the leg is folded again when it does.
func (w *warming) ahead(m *Mark) bool {
	due := Plus(m.At, -w.f.rules.Skew)
	w.f.wake(due)
	return due.After(w.f.at)
}

// waive makes an element not applicable where it was left undone on purpose, with the reason.
func (w *warming) waive(r *WarmthRow, e *Element) {
	var why *Mark
	for _, m := range w.marks {
		if m.Waived != "" && slices.Contains(r.Marks, m.Element) && (why == nil || why.before(m)) {
			why = m
		}
	}
	if why != nil {
		*e = Element{Name: r.Name, Status: NotApplicable, Source: why.Source, Because: why.Waived}
	}
}

// ask lets the person's own answers speak last: the newest confirms an element or denies it. Somebody else's word for it states it.
func (w *warming) ask(r *WarmthRow, e *Element) {
	var said, told *Mark
	for _, m := range w.marks {
		if !slices.Contains(r.Answer, m.Element) {
			continue
		}
		if m.Status != Confirmed {
			told = m.later(told)
		} else if m.outweighs(said) {
			said = m
		}
	}
	switch {
	case said != nil && said.Denied:
		*e = Element{Name: r.Name, Status: NotDone, Source: said.Source, Because: "the person says that it was not so"}
	case said != nil:
		e.Status, e.Shown, e.Source, e.Because = Done, Confirmed, said.Source, ""
	case told != nil && !told.Denied && e.Status != Done:
		*e = Element{Name: r.Name, Status: Done, Shown: Stated, Source: told.Source, Because: "stated, and not shown"}
	}
}

// before orders marks by time, then by source.
func (m *Mark) before(o *Mark) bool {
	return m.At.Before(o.At) || m.At.Equal(o.At) && m.Source < o.Source
}

// outweighs reports whether an answer is newer than another; of two at once a no outweighs a yes.
func (m *Mark) outweighs(o *Mark) bool {
	switch {
	case o == nil:
		return true
	case !m.At.Equal(o.At):
		return m.At.After(o.At)
	case m.Denied != o.Denied:
		return m.Denied
	}
	return m.Source < o.Source
}

func (m *Mark) later(o *Mark) *Mark {
	if o == nil || o.before(m) {
		return m
	}
	return o
}

var warmest = []string{Confirmed, Shown, Stated}

func warmer(a, b string) bool { return slices.Index(warmest, a) < slices.Index(warmest, b) }

// sameTongue compares languages by their first part: es-MX will do for es.
//
// Source: BCP 47, basic filtering
func sameTongue(a, b string) bool {
	a, _, _ = strings.Cut(a, "-")
	b, _, _ = strings.Cut(b, "-")
	return strings.EqualFold(a, b)
}

// consent is W1: the gate as it stands now.
func (w *warming) consent(r *WarmthRow) Element {
	e := r.unshown()
	g := w.f.gate()
	switch {
	case g == nil || !g.Open:
		if g != nil && g.Cause != "" && g.Cause != NotGiven {
			e.Because, e.Source = "the consent was "+string(g.Cause), g.Source
		}
	case g.Source == "":
		e = Element{Name: r.Name, Status: NotApplicable, Because: "a treating provider: none is needed"}
	default:
		e = Element{Name: r.Name, Status: Done, Shown: Shown, Source: g.Source}
	}
	return e
}

// introduced is W5, with how people met: as the mark says that shows it, else at the first introduction.
func (w *warming) introduced(r *WarmthRow) Element {
	e := w.plain(r)
	if e.Status != Done {
		return e
	}
	var first *Mark
	for _, m := range w.marks {
		if !slices.Contains(r.Marks, m.Element) || !m.live() || m.Waived != "" {
			continue
		}
		if m.Source == e.Source {
			first = m
			break
		}
		if first == nil || m.before(first) {
			first = m
		}
	}
	if first != nil {
		e.Mode = first.Mode
	}
	return e
}

// dated is W6: an appointment that was made before a live talk with the agency was over.
func (w *warming) dated(r *WarmthRow) Element {
	var talk *Mark
	var made *Booking
	var shown string
	for _, m := range w.marks {
		if m.Element != Precall && m.Element != Introduction || !m.live() || m.Waived != "" {
			continue
		}
		if talk == nil || m.before(talk) {
			talk = m
		}
		b := w.madeBy(m.over())
		if b != nil && (made == nil || warmer(m.Status, shown) || m.Status == shown && b.madeBefore(made)) {
			made, shown = b, m.Status
		}
	}
	switch {
	case made != nil:
		return Element{Name: r.Name, Status: Done, Shown: shown, Source: made.Source}
	case talk != nil:
		return Element{Name: r.Name, Status: NotDone, Source: talk.Source, Because: "the conversation ended without a date"}
	}
	return r.unshown()
}

// madeBy gives the first appointment that was made by a time.
func (w *warming) madeBy(t time.Time) *Booking {
	var first *Booking
	for i := range w.f.l.Bookings {
		b := &w.f.l.Bookings[i]
		if b.Status == NeverBooked || b.Status == OnWaitlist || b.Start.IsZero() || b.Made.After(t) {
			continue
		}
		if first == nil || b.madeBefore(first) {
			first = b
		}
	}
	return first
}

func (b *Booking) madeBefore(o *Booking) bool {
	return b.Made.Before(o.Made) || b.Made.Equal(o.Made) && b.Name < o.Name
}

// longWait is a wait between booking and visit in which one check-in is too few.
//
// Source: local, two check-ins where the wait is longer than seven days
const longWait = 7 * 24 * time.Hour

// inTouch is W10: check-ins between booking and visit, by the one navigator whom the person was told of.
func (w *warming) inTouch(r *WarmthRow) Element {
	b := w.booking
	if b == nil {
		return r.unshown()
	}
	e := Element{Name: r.Name, Status: NotDone, Because: r.Missing}
	var first *Mark
	var by []string
	var times []time.Time // one talk that is written down twice is one
	for _, m := range w.marks {
		if m.Element != CheckIn || m.Waived != "" || m.formal() || m.At.Before(b.Made) || !m.At.Before(b.Start) {
			continue
		}
		if !slices.ContainsFunc(times, m.At.Equal) {
			times = append(times, m.At)
		}
		if first == nil || m.before(first) {
			first = m
		}
		if !slices.Contains(by, m.By) {
			by = append(by, m.By)
		}
	}
	switch {
	case len(times) == 0:
		w.waive(r, &e)
	case len(times) < 2 && b.Start.Sub(b.Made) > longWait:
		e.Source, e.Because = first.Source, "one check-in, and the wait is longer than seven days"
	default:
		e = Element{Name: r.Name, Status: Done, Shown: Shown, Source: first.Source}
		if e.Because = w.oneNavigator(by); e.Because != "" || first.Status == Stated {
			e.Shown = Stated
		}
	}
	return e
}

// oneNavigator says what is amiss with those who stayed in touch; "" when it was the one named navigator. One who is named as a role and signs
// as a person is taken for the same.
func (w *warming) oneNavigator(by []string) string {
	named := w.f.l.Person.Navigator
	switch {
	case named == "":
		return "no navigator is named"
	case len(by) > 1:
		return "not always the same navigator"
	case by[0] != named && kindOf(by[0]) == kindOf(named):
		return "not the named navigator"
	}
	return ""
}

func kindOf(ref string) string {
	kind, _, _ := strings.Cut(ref, "/")
	return kind
}

// accompanied is W11; it waits for the visit.
func (w *warming) accompanied(r *WarmthRow) Element {
	if w.visit.IsZero() {
		return r.unshown()
	}
	e := w.plain(r)
	if e.Status == NotDone {
		e.Because, e.Source = r.Missing, ""
	}
	return e
}

// afterwards is W12. Whoever was asked in writing and does not answer is left in peace.
//
// Source: local, invite once, never nag; unanswered is not applicable
func (w *warming) afterwards(r *WarmthRow) Element {
	if w.visit.IsZero() {
		return r.unshown()
	}
	e := w.plain(r)
	if e.Status != NotDone {
		return e
	}
	e.Because, e.Source = r.Missing, ""
	var first *Mark
	for _, m := range w.marks {
		if m.Element == CheckIn && m.Waived == "" && m.Mode != "" && !m.live() && w.within(AfterVisit, m) && (first == nil || m.before(first)) {
			first = m
		}
	}
	if first != nil {
		return Element{Name: r.Name, Status: NotApplicable, Source: first.Source, Because: unanswered}
	}
	for i := range w.f.l.Told {
		if t := &w.f.l.Told[i]; t.What == HowDidItGo && !t.Open && !t.Dropped && sameDay(t.Visit.At, w.visit.At, w.f.site.Zone) {
			return Element{Name: r.Name, Status: NotApplicable, Source: t.Source, Because: unanswered}
		}
	}
	return e
}

const unanswered = "asked once, and not answered"

// warn flags what only looks like a warm handoff, and a change of navigator. What was merely sent stands among the evidence as no evidence.
//
// Source: local, what is not a warm handoff: a formal e-mail, a transfer between systems, a friendly talk with no follow-up
func (w *warming) warn() {
	var handed, uninvited bool
	for _, m := range w.marks {
		handed = handed || m.Element == HandedOver && m.live()
		uninvited = uninvited || m.Present.Others
		if m.Element == PackageSent || m.Element == PackageReceived {
			w.f.evidence = append(w.f.evidence, Used{Kind: m.Element, Grade: GradeX, When: Moment{At: m.At}, Source: m.Source, Because: "sent is not attended"})
		}
	}
	w.label()
	if uninvited {
		w.f.flag("Family took part whom the person is not known to have chosen.")
	}
	if w.f.l.NoStep {
		w.f.flag("Nobody said which step this is.")
	}
	if w.f.l.Agency == "" && w.h.State.Open() {
		w.f.flag("No agency is asked: nobody owns this leg.")
	}
	switch {
	case w.f.l.Person.Navigators > 1 && handed:
		w.f.flag("The navigator changed, and handed over in a talk.")
	case w.f.l.Person.Navigators > 1:
		w.f.flag("The navigator changed, and no talk to hand over is recorded.")
	}
}
