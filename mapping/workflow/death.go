package workflow

import (
	"slices"
	"time"
)

// A death is a fact of the person, not of a leg. Whoever says it first reports it: the leg is held and nothing more goes out to the person. It is
// confirmed when a navigator or supervisor says it too while it stands reported, and then every open leg of the referral ends. It is refuted when
// one of them moves the leg on, says so, or has spoken with the person since.

// Refuted is the reason with which a navigator says that the person is not dead.
const Refuted Reason = "refuted"

// reports reports a word that says the person died, which nobody has confirmed: it ends nothing yet.
//
// Source: local, rows 16, 45, 46; Patient.deceased is a report first, whoever says so
func (f *folding) reports(w *Word) bool {
	return w.Reason == Deceased && w.ends() && w.Status != TaskInError && f.l.Death.Confirmed.IsZero()
}

// isDead reports that the death is confirmed. A leg whose visit is in dispute, or whose referrer withdrew and nobody told the person, is open no more
// then; one that had ended for another reason keeps it.
func (f *folding) isDead() bool { return !f.l.Death.Confirmed.IsZero() }

// refuted reports that a navigator or supervisor knows better than a report of death: by moving the Task on, by saying so, or by having spoken with
// the person's own self since.
func (f *folding) refuted(since time.Time) bool {
	if w := f.said.last; w != nil {
		moved := w.Status == TaskInProgress || w.Status == TaskAccepted || w.Status == TaskRequested
		if moved && slices.Contains(guides, w.By) && w.Said.After(since) {
			return true
		}
		if w.Reason == Refuted && slices.Contains(guides, w.RewordedBy) && w.Reworded.After(since) {
			return true
		}
	}
	return slices.ContainsFunc(f.l.Contacts, func(c Contact) bool {
		return c.Self && c.talked() && slices.Contains(guides, c.Role) && c.At.After(since)
	})
}
