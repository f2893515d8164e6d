package workflow

import "time"

// Yes is the agency's yes by telephone, as somebody wrote it down.
type Yes struct {
	At     time.Time
	Source string
}

// hearTelephone takes a yes by telephone for what it is: it stands beside the Task's words, until the agency says no.
//
// Source: local, row 10; a draft is not seen by the agency, a yes by telephone is a navigator's Communication
func (f *folding) hearTelephone() {
	h := &f.said
	for _, y := range f.l.Yeses {
		if y.At.After(Plus(f.at, f.rules.Skew)) {
			f.wake(Plus(y.At, -f.rules.Skew))
			continue
		}
		if !y.At.After(h.refused) {
			continue
		}
		if h.telephone.IsZero() || y.At.Before(h.telephone) {
			h.telephone = y.At
		}
	}
	if !h.telephone.IsZero() && (!h.agreed || h.telephone.Before(h.agreedAt)) {
		h.agreed, h.agreedAt = true, h.telephone
	}
}

// mayNot says since when a leg that was to go on may not, for want of consent: it was asked for, or the agency said yes by telephone, and the gate
// never stood open since. Zero where it may.
//
// Source: local, a shut gate before release, also when the agency has said yes by telephone
func (f *folding) mayNot() time.Time {
	h := &f.said
	if !h.asked.IsZero() || h.telephone.IsZero() {
		return h.asked
	}
	if g := f.gate(); g != nil && g.Open {
		return time.Time{}
	}
	return h.telephone
}
