package workflow

// ReferralState says where a referral is: derived from its legs, never kept by hand.
type ReferralState string

// The states of a referral.
const (
	ReferralNone       ReferralState = "none"
	ReferralActive     ReferralState = "active"
	ReferralAttended   ReferralState = "attended"
	ReferralHandedBack ReferralState = "handed-back"
	ReferralEnded      ReferralState = "ended"
)

// RollUp gives a referral's state from its legs. final says that the referrer ended the request, or took note of a hand-back as the end.
//
// Source: local, referral roll-up
func RollUp(legs []Handoff, final bool) ReferralState {
	open, counted, ended := false, 0, false
	for i := range legs {
		l := &legs[i]
		switch {
		case l.State == Attended:
			return ReferralAttended
		case l.State.Open():
			open = true
		case l.State == Closed && !l.Void:
			counted++
			ended = ended || l.ClosesNeed
		case l.State == Closed:
			counted++
		}
	}
	switch {
	case open:
		return ReferralActive
	case ended || final:
		return ReferralEnded
	case counted == 0:
		return ReferralActive
	case allVoid(legs):
		return ReferralEnded
	}
	return ReferralHandedBack
}

func allVoid(legs []Handoff) bool {
	for i := range legs {
		if !legs[i].Void {
			return false
		}
	}
	return true
}

// Together adds to each leg what follows from all legs of the referral: suggestions, and whether somebody has to choose what comes next. It never
// changes a state: no message for one leg changes another leg's.
func Together(legs []*Handoff, final bool) {
}
