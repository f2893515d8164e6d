package workflow

import (
	"slices"
	"strings"
	"time"
)

// Element is one of the twelve elements of warmth and how well it is shown.
type Element struct {
	Name    string // "W5"
	Status  string // Done, NotDone or NotApplicable
	Shown   string `json:",omitempty"` // of one that is done: Shown, Stated, Confirmed
	Mode    string `json:",omitempty"` // of an introduction: how people met, "FACE"
	Source  string `json:",omitempty"` // the version that shows it, or says why it does not apply; "" none
	Because string `json:",omitempty"` // why it is not applicable, what is missing, or why it is flagged
}

// What can be said of an element.
const (
	Done          = "done"
	NotDone       = "not-done"
	NotApplicable = "not-applicable"
)

// When is the stretch of time in which a mark counts for an element.
type When string

// The stretches.
const (
	AnyTime       When = ""
	BeforeRelease When = "before the release"
	BeforeVisit   When = "before the visit"
	OnVisitDay    When = "on the day of the visit"
	AfterVisit    When = "after the visit"
)

// WarmthRow is one row of the table of warmth: one element, what counts for it, and when it does not apply.
type WarmthRow struct {
	Name  string // W1 … W12
	Words string // for people
	What  string // what counts, in words
	Moot  string // when it does not apply, in words; one that was left undone on purpose never does

	Marks  []string // the kinds that show it
	Answer []string // the person's answers that confirm it, or deny it
	Live   bool     // in a live medium alone
	Formal bool     // a formal letter does too
	When   When
	With   Present // who has to be named for it to be shown
	Only   bool    // without them it does not count at all; otherwise it is stated
	Tongue bool    // in the person's preferred language, else flagged
	Family bool    // with the family that the person chose, else flagged

	Missing string // said while nothing shows it
	NotYet  string // said instead while it does not apply yet
	judge   func(w *warming, r *WarmthRow) Element
}

// Warmth is the table of the twelve elements. They stand beside the state and never decide it.
//
// Source: local, the elements of a warm handoff, W1-W12
var Warmth = []WarmthRow{
	{Name: "W1", Words: "Consent in place", What: "the consent gate is open for this agency", Moot: "a treating provider that needs none",
		Missing: "no consent covers this agency", judge: (*warming).consent},
	{Name: "W2", Words: "Called the agency first", What: "a live call with the agency before the release", Moot: "after hours, in a crisis, under a standing agreement",
		Marks: []string{Precall}, Live: true, When: BeforeRelease, Missing: "nobody called the agency before sending"},
	{Name: "W3", Words: "The person and family heard it", What: "the person took part in a live talk between the services", Moot: "not wanted, or not safe",
		Marks: []string{Precall, Introduction, HeardTogether}, Live: true, With: Present{Person: true}, Only: true, Family: true, Missing: "the services did not talk in the person's presence"},
	{Name: "W4", Words: "Could correct and ask", What: "what is sent was read back, or corrected; the person says so", Moot: "not wanted",
		Marks: []string{ReadBack, Corrected}, Answer: []string{CouldCorrect, CouldAsk}, Missing: "nobody read back what is said of the person"},
	{Name: "W5", Words: "Introduced to a named worker", What: "a live moment of the person, a named worker and somebody of the referrer's", Moot: "the person does not want it",
		Marks: []string{Introduction}, Answer: []string{KnewWho}, Live: true, With: Present{Person: true, Worker: true, Guide: true}, Missing: "not introduced", judge: (*warming).introduced},
	{Name: "W6", Words: "A date before the conversation ended", What: "the appointment was made before the live introduction or call was over", Moot: "never",
		Missing: "nobody has talked with the agency yet", judge: (*warming).dated},
	{Name: "W7", Words: "The plan in hand, in their language", What: "a plan given to the person in the preferred language, or an appointment that says who and where", Moot: "not wanted",
		Marks: []string{PlanGiven, PlanWritten}, Formal: true, Tongue: true, Missing: "the person was given no plan"},
	{Name: "W8", Words: "The story arrived and was read", What: "a worker of the agency opened the package before the visit; that it arrived is flagged", Moot: "never",
		Marks: []string{PackageRead, PackageReceived}, Answer: []string{StoryOnce}, Formal: true, When: BeforeVisit, Missing: "nobody shows that the story was read"},
	{Name: "W9", Words: "Barriers asked and dealt with", What: "the person was asked, and what is known to be needed is arranged", Moot: "not wanted",
		Marks: []string{BarriersAsked}, Missing: "nobody asked what stands in the way", judge: (*warming).barriers},
	{Name: "W10", Words: "A named navigator stayed in touch", What: "a check-in between booking and visit, two where the wait is longer than seven days, by the one named navigator", Moot: "without a booking there is no wait",
		Marks: []string{CheckIn}, Missing: "nobody checked in between the booking and the visit", NotYet: "no visit is booked", judge: (*warming).inTouch},
	{Name: "W11", Words: "Accompanied or introduced at the visit", What: "somebody known took part in the first visit, or went along, or introduced the person there", Moot: "not wanted, or before the visit",
		Marks: []string{Accompanied, VisitHeld, Introduction}, When: OnVisitDay, With: Present{Guide: true}, Missing: "nobody known was at the visit", NotYet: "there was no visit yet", judge: (*warming).accompanied},
	{Name: "W12", Words: "Checked in afterwards", What: "a live check-in after the visit, or the person's answers", Moot: "before the visit, or asked once and not answered",
		Marks: []string{CheckIn}, Answer: []string{Answered}, Live: true, When: AfterVisit, Missing: "nobody asked how it went", NotYet: "there was no visit yet", judge: (*warming).afterwards},
}

// unshown gives an element of which nothing is known.
func (r *WarmthRow) unshown() Element {
	if r.NotYet != "" {
		return Element{Name: r.Name, Status: NotApplicable, Because: r.NotYet}
	}
	return Element{Name: r.Name, Status: NotDone, Because: r.Missing}
}

// AllWarmth gives all twelve elements in order, where Handoff.Warmth leaves out those of which nothing is known.
func AllWarmth(known []Element) []Element {
	all := make([]Element, len(Warmth))
	for i := range Warmth {
		all[i] = Warmth[i].unshown()
		for _, e := range known {
			if e.Name == all[i].Name {
				all[i] = e
			}
		}
	}
	return all
}

// CountWarmth gives how many of all elements are done, and of how many that apply: "9 of 11 done".
func CountWarmth(all []Element) (done, of int) {
	for i := range all {
		if all[i].Status != NotApplicable {
			of++
		}
		if all[i].Status == Done {
			done++
		}
	}
	return done, of
}

// WarmthWords gives the plain words of an element, "" for none of that name.
func WarmthWords(name string) string {
	for i := range Warmth {
		if Warmth[i].Name == name {
			return Warmth[i].Words
		}
	}
	return ""
}

// warming is the work of judging the twelve elements.
type warming struct {
	f       *folding
	h       *Handoff
	visit   Moment   // the attended visit; zero: none
	until   Moment   // the visit before which the story has to be read; zero: it is still to come
	booking *Booking // of the visit; nil: none
	found   []Element
}

// warm judges the elements of a leg, and flags what is half done.
func (f *folding) warm(h *Handoff) {
	w := &warming{f: f, h: h, found: make([]Element, 0, len(Warmth))}
	if h.State == Attended {
		w.visit, w.until = h.Visit, h.Visit
	} else if !h.Visit.IsZero() && !h.Visit.At.After(f.at) {
		w.until = h.Visit
	}
	w.booking = w.booked()
	for i := range f.l.Marks {
		w.ahead(&f.l.Marks[i]) // whichever is looked at below, the leg wakes for each
	}
	var all [12]Element
	for i := range Warmth {
		r := &Warmth[i]
		if r.judge != nil {
			all[i] = r.judge(w, r)
		} else {
			all[i] = w.plain(r)
		}
		if all[i] != r.unshown() {
			w.found = append(w.found, all[i])
		}
	}
	w.warn(all[:])
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
	for i := range w.f.l.Marks {
		m := &w.f.l.Marks[i]
		if !slices.Contains(r.Marks, m.Element) || w.ahead(m) {
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
	due := m.At.Add(-w.f.rules.Skew)
	w.f.wake(due)
	return due.After(w.f.at)
}

// waive makes an element not applicable where it was left undone on purpose, with the reason.
func (w *warming) waive(r *WarmthRow, e *Element) {
	var why *Mark
	for i := range w.f.l.Marks {
		m := &w.f.l.Marks[i]
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
	for i := range w.f.l.Marks {
		m := &w.f.l.Marks[i]
		if !slices.Contains(r.Answer, m.Element) || w.ahead(m) {
			continue
		}
		if m.Status != Confirmed {
			told = m.later(told)
		} else if said == nil || said.At.Equal(m.At) && m.Denied || said.At.Before(m.At) {
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

// introduced is W5, with how people met.
func (w *warming) introduced(r *WarmthRow) Element {
	e := w.plain(r)
	if e.Status != Done {
		return e
	}
	for i := range w.f.l.Marks {
		if m := &w.f.l.Marks[i]; m.Element == Introduction && m.live() && (e.Mode == "" || m.Source == e.Source) {
			e.Mode = m.Mode
		}
	}
	return e
}

// dated is W6: an appointment that was made before a live talk with the agency was over.
func (w *warming) dated(r *WarmthRow) Element {
	e := r.unshown()
	var made *Booking
	for i := range w.f.l.Marks {
		m := &w.f.l.Marks[i]
		if m.Element != Precall && m.Element != Introduction || !m.live() || m.Waived != "" || w.ahead(m) {
			continue
		}
		if made == nil {
			e.Because, e.Source = "the conversation ended without a date", m.Source
		}
		for j := range w.f.l.Bookings {
			b := &w.f.l.Bookings[j]
			if b.Status == NeverBooked || b.Status == OnWaitlist || b.Start.IsZero() || b.Made.After(m.over()) {
				continue
			}
			if made == nil || b.Made.Before(made.Made) || b.Made.Equal(made.Made) && b.Name < made.Name {
				made = b
			}
			if e = (Element{Name: r.Name, Status: Done, Shown: Shown, Source: made.Source}); m.Status == Stated {
				e.Shown = Stated
			}
		}
	}
	return e
}

// barriers is W9: what is known to be needed has to be arranged; where nothing is, the person has to have been asked.
func (w *warming) barriers(r *WarmthRow) Element {
	e := w.plain(r)
	var unmet []string
	var met *Mark
	if w.f.l.Person.Interpreter {
		unmet = append(unmet, "interpreter")
	}
	for i := range w.f.l.Marks {
		if m := &w.f.l.Marks[i]; m.Element == Barrier && !slices.Contains(unmet, m.About) {
			unmet = append(unmet, m.About)
		}
	}
	unmet = slices.DeleteFunc(unmet, func(need string) bool {
		m := w.met(need)
		if m != nil && (met == nil || m.before(met)) {
			met = m
		}
		return m != nil
	})
	slices.Sort(unmet)
	switch {
	case len(unmet) > 0:
		needs := strings.Join(unmet, ", ")
		w.near(needs)
		return Element{Name: r.Name, Status: NotDone, Source: e.Source, Because: "needed and not arranged: " + needs}
	case met != nil && e.Status != Done:
		return Element{Name: r.Name, Status: Done, Shown: met.Status, Source: met.Source}
	}
	return e
}

func (w *warming) met(need string) *Mark {
	var first *Mark
	for i := range w.f.l.Marks {
		m := &w.f.l.Marks[i]
		if m.Element == BarrierMet && m.About == need && (first == nil || m.before(first)) {
			first = m
		}
	}
	return first
}

// near flags a need that is not met two days before the visit.
//
// Source: local, a known unmet interpreter or transport need at day −2 escalates
func (w *warming) near(needs string) {
	if w.booking == nil || !w.h.State.Open() {
		return
	}
	from := w.f.site.days(w.booking.Start, -2)
	w.f.wake(from)
	w.f.wake(w.booking.Start)
	if !w.f.at.Before(from) && w.f.at.Before(w.booking.Start) {
		w.f.flag("The visit is near, and something that is needed is not arranged: " + needs + ".")
	}
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
	times := 0
	for i := range w.f.l.Marks {
		m := &w.f.l.Marks[i]
		if m.Element != CheckIn || m.Waived != "" || m.formal() || m.At.Before(b.Made) || !m.At.Before(b.Start) || w.ahead(m) {
			continue
		}
		times++
		if first == nil || m.before(first) {
			first = m
		}
		if !slices.Contains(by, m.By) {
			by = append(by, m.By)
		}
	}
	switch {
	case times == 0:
		w.waive(r, &e)
	case times < 2 && b.Start.Sub(b.Made) > longWait:
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
	for i := range w.f.l.Marks {
		m := &w.f.l.Marks[i]
		if m.Element == CheckIn && m.Waived == "" && m.Mode != "" && !m.live() && w.within(AfterVisit, m) && !w.ahead(m) {
			return Element{Name: r.Name, Status: NotApplicable, Source: m.Source, Because: "asked once, and not answered"}
		}
	}
	return e
}

// warn flags what only looks like a warm handoff, and a change of navigator. What was merely sent stands among the evidence as no evidence.
//
// Source: local, what is not a warm handoff: a formal e-mail, a transfer between systems, a friendly talk with no follow-up
func (w *warming) warn(all []Element) {
	var talked, wrote, handed, uninvited bool
	for i := range w.f.l.Marks {
		m := &w.f.l.Marks[i]
		talk := m.Element == Precall || m.Element == Introduction
		talked = talked || talk && m.live() && m.Waived == ""
		wrote = wrote || (talk || m.Element == PackageSent) && m.Mode != "" && !m.live()
		handed = handed || m.Element == HandedOver && m.live()
		uninvited = uninvited || m.Present.Others
		if m.Element == PackageSent || m.Element == PackageReceived {
			w.f.evidence = append(w.f.evidence, Used{Kind: m.Element, Grade: GradeX, When: Moment{At: m.At}, Source: m.Source, Because: "sent is not attended"})
		}
	}
	if wrote && !talked {
		w.f.flag("Referral only: nobody talked live.")
	}
	if all[4].Status == Done && all[5].Status != Done && all[6].Status != Done {
		w.f.flag("Introduced, no plan: neither a date nor a plan in hand.")
	}
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
