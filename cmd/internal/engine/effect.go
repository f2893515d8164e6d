package engine

import (
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// effect writes what ought to stand for a leg and does not yet, and closes what ought to no more.
func (t *txn) effect(request string, leg *mapping.Leg, h *workflow.Handoff) error { return nil }
