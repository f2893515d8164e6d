package workflow

import (
	"slices"
	"strings"
	"time"
)

// need is something that is needed to come and not arranged, and since when that is known.
type need struct {
	what  string
	since time.Time
}

// barriers is W9: what is known to be needed has to be arranged; where nothing is, the person has to have been asked.
func (w *warming) barriers(r *WarmthRow) Element {
	e := w.plain(r)
	var needs []need
	if w.f.l.Person.Interpreter {
		needs = append(needs, need{"interpreter", w.f.l.Received})
	}
	for _, m := range w.marks {
		if m.Element != Barrier {
			continue
		}
		if at := slices.IndexFunc(needs, func(n need) bool { return n.what == m.About }); at < 0 {
			needs = append(needs, need{m.About, m.At})
		} else if m.At.Before(needs[at].since) {
			needs[at].since = m.At
		}
	}
	var met *Mark
	needs = slices.DeleteFunc(needs, func(n need) bool {
		m := w.met(n.what)
		if m != nil && (met == nil || m.before(met)) {
			met = m
		}
		return m != nil
	})
	slices.SortFunc(needs, func(a, b need) int { return compareText(a.what, b.what) })
	w.f.unmet = needs
	switch {
	case len(needs) > 0:
		words := make([]string, len(needs))
		for i := range needs {
			words[i] = needs[i].what
		}
		w.near(strings.Join(words, ", "))
		return Element{Name: r.Name, Status: NotDone, Source: e.Source, Because: "needed and not arranged: " + strings.Join(words, ", ")}
	case met != nil && e.Status != Done:
		return Element{Name: r.Name, Status: Done, Shown: met.Status, Source: met.Source}
	}
	return e
}

// met gives what first arranged something that is needed: what was asked for and nobody took on arranges nothing, and what somebody took on without
// a date does once a visit is booked.
func (w *warming) met(need string) *Mark {
	var first *Mark
	for _, m := range w.marks {
		if m.Element != BarrierMet && (m.Element != BarrierTaken || w.booking == nil) || m.About != need {
			continue
		}
		if first == nil || m.before(first) {
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
	from := w.booking.Start
	for i := range w.f.rules.Deadlines {
		if d := &w.f.rules.Deadlines[i]; d.Clock == DueBeforeVisit {
			from = w.f.site.days(from, d.span(w.f.l.Urgency).Visit)
		}
	}
	w.f.wake(from)
	w.f.wake(w.booking.Start)
	if !w.f.at.Before(from) && w.f.at.Before(w.booking.Start) {
		w.f.flag("The visit is near, and something that is needed is not arranged: " + needs + ".")
	}
}
