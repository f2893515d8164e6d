package workflow

import "time"

// MayEnd gives nil when a leg may end as its newest word says, and otherwise what is still missing, in words for whoever asked. h is the answer
// with that word in it.
func MayEnd(l *Ledger, h *Handoff, at time.Time, r *Rules) *RefusedMove { return nil }
