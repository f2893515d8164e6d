package workflow

import "slices"

// Label is what a handoff is called that only looks like a warm one. It is said as a flag, and asks nobody for anything.
type Label struct {
	Seed   string
	Words  string // the flag
	When   string // in words
	Source string
	holds  func(w *warming) bool
}

// Labels is the table of labels.
//
// Source: local, what is not a warm handoff: a formal e-mail, a transfer between systems, a friendly talk with no follow-up
var Labels = []Label{
	{"A14", "Sent without a call to the agency, and nobody said why.", "released, and neither called before nor with a coded reason; while it is open",
		"seed A14: an override needs a reason", (*warming).sentUncalled},
	{"B1, B11, B12", "Referral only: nobody talked live.", "written to the agency, or released and answered, and nobody has talked live with the other side",
		"seed B1: asynchronous only", (*warming).onlyWritten},
	{"B6", "The conversation ended without a date.", "the agency said yes, or they were introduced; they talked live, and no visit has been booked",
		"seed B6: show that it ended without a date", (*warming).talkedUndated},
	{"B13", "Introduced, no plan: neither a date nor a plan in hand.", "introduced, without W6 and without W7",
		"seed B13", (*warming).introducedUnplanned},
}

// label flags the labels that hold.
func (w *warming) label() {
	for i := range Labels {
		if Labels[i].holds(w) {
			w.f.flag(Labels[i].Words)
		}
	}
}

func (w *warming) sentUncalled() bool {
	f := w.f
	if !w.h.State.Open() || f.said.released.IsZero() || f.elements[1].Status != NotDone {
		return false
	}
	return f.said.telephone.IsZero() || f.said.telephone.After(f.said.released)
}

func (w *warming) onlyWritten() bool {
	wrote := slices.ContainsFunc(w.marks, func(m *Mark) bool {
		return (m.Element == Precall || m.Element == Introduction || m.Element == PackageSent) && m.Mode != "" && !m.live()
	})
	return (wrote || !w.f.said.released.IsZero() && w.f.said.agreed) && !w.f.talked()
}

func (w *warming) talkedUndated() bool {
	f := w.f
	met := f.elements[4].Status == Done && (w.h.State == Preparing || w.h.State == Offered)
	if w.h.State != Accepted && !met || f.elements[5].Status != NotDone || f.elements[5].Source == "" {
		return false
	}
	return !slices.ContainsFunc(f.l.Bookings, func(b Booking) bool { return b.stands() })
}

func (w *warming) introducedUnplanned() bool {
	e := &w.f.elements
	return e[4].Status == Done && e[5].Status != Done && e[6].Status != Done
}
