package mapping

import "warmhandoff/mapping/workflow"

// ToldTo gives what somebody in a role may be told of the legs of a referral. A referrer is told nothing of a leg whose outcome may not be shared,
// and nothing of another leg that would give it away.
//
// Source: local, blind ending
func ToldTo(role workflow.Role, legs []LegAnswer) []LegAnswer {
	if role != workflow.Referrer || !anyBlind(legs, func(l *LegAnswer) *workflow.Handoff { return &l.Handoff }) {
		return legs
	}
	told := make([]LegAnswer, len(legs))
	for i := range legs {
		told[i] = legs[i]
		if h := &told[i].Handoff; h.Blind {
			told[i] = LegAnswer{Task: legs[i].Task, Number: legs[i].Number, Former: legs[i].Former, Agency: legs[i].Agency, Handoff: workflow.Handoff{State: workflow.NotShared}}
		} else {
			h.Suggest = nil // one leg is suggested to be withdrawn because of what became of another
		}
	}
	return told
}

// RollUpFor gives a referral's state as somebody in a role may be told it.
func RollUpFor(role workflow.Role, legs []workflow.Handoff, final bool) workflow.ReferralState {
	if role != workflow.Referrer || !anyBlind(legs, func(h *workflow.Handoff) *workflow.Handoff { return h }) {
		return workflow.RollUp(legs, final)
	}
	for i := range legs {
		if !legs[i].Blind && legs[i].State == workflow.Attended {
			return workflow.ReferralAttended
		}
	}
	return workflow.ReferralNotShared
}

func anyBlind[T any](list []T, handoff func(*T) *workflow.Handoff) bool {
	for i := range list {
		if handoff(&list[i]).Blind {
			return true
		}
	}
	return false
}
