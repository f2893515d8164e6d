package mapping

import (
	"slices"
	"strings"
)

// direction is one of the ways in which something about a person may go.
type direction struct {
	to, from side
}

// side says which party of a leg somebody is; somebody may be both.
type side int

const (
	agencySide side = 1 << iota
	referrerSide
	thirdSide

	bothSides = agencySide | referrerSide
)

var (
	forward = direction{to: agencySide, from: referrerSide}
	back    = direction{to: referrerSide, from: agencySide}
	onward  = direction{to: thirdSide, from: bothSides}
)

// part is what an actor does in a disclosure.
type part int

const (
	either   part = iota // another role, or none: sends and receives
	sender               // CST, performer
	receiver             // IRCP
)

// naming is who a rule names, by what they do in a disclosure: of the sides of a leg, and of anybody.
type naming struct {
	named, sends, only, receives side // only: sends, and is named as nothing else
	ircp, stranger               bool // somebody is named IRCP; somebody who is neither of the two parties is
}

func (c *leg) naming(actors []actor) naming {
	var n naming
	for i := range actors {
		a := &actors[i]
		at := c.sideOf(a.Ref)
		n.named |= at
		switch a.Part {
		case sender:
			n.sends |= at
			n.only |= at
		case receiver:
			n.receives |= at
			n.ircp = true
			n.stranger = n.stranger || at&bothSides == 0
		case either:
			n.sends |= at
			n.receives |= at
		}
	}
	n.only &^= n.receives
	return n
}

// mayReceive reports whether a side is named to receive. A role takes nothing away by itself: who is named as a sender only receives too, unless
// somebody is named IRCP.
func (n *naming) mayReceive(to side) bool { return n.receives&to != 0 || n.only&to != 0 && !n.ircp }

// maySend reports whether a side is not shut out of sending: it is named to, or it is named IRCP and no party of the referral is named to. A side
// that is not named at all sends unless whoever receives is there as a sender: a referrer unless the agency is named as nothing else, an agency
// unless the referrer is named in any role that sends.
func (n *naming) maySend(d direction) bool {
	senders := n.sends & bothSides
	switch {
	case n.sends&d.from != 0:
		return true
	case n.named&d.from != 0, d == back:
		return senders == 0
	}
	return n.only&d.to == 0
}

// names reports whether a permit opens a direction by whom it names. The referrer as the recipient by name is asked for where the content is
// labelled. Otherwise whoever was let into the referral in a role that sends may answer it, unless the answer is for somebody else by name.
//
// Source: ruling 14, who may send and who may receive
func (c *leg) names(actors []actor, d direction, labelled bool) bool {
	n := c.naming(actors)
	return n.mayReceive(d.to) && n.maySend(d) || d == back && !labelled && n.sends&agencySide != 0 && !n.stranger
}

// bars reports whether a deny shuts a direction by whom it names: the recipient from receiving, or the sender from sending. Who is denied to send
// is denied to receive, too.
func (c *leg) bars(actors []actor, d direction) bool {
	n := c.naming(actors)
	return (n.receives|n.sends)&d.to != 0 || n.sends&d.from&bothSides != 0
}

// sideOf says which party of the leg an actor is. Who is named as one of them is not looked up.
func (c *leg) sideOf(ref string) side {
	var at side
	if ref == c.agency {
		at |= agencySide
	}
	if ref == c.r.requester {
		at |= referrerSide
	}
	if at != 0 || ref == "" {
		return at
	}
	switch {
	case c.isAgency(ref):
		return agencySide
	case c.isReferrer(ref):
		return referrerSide
	case ref == c.s.Self || ref == c.r.subject || strings.HasPrefix(ref, "RelatedPerson/") || slices.Contains(c.r.others(c.agency), ref):
		return 0
	}
	return thirdSide
}

// isReferrer reports whether a party is who asked, works for them, or is where they work.
func (c *leg) isReferrer(ref string) bool {
	return c.r.requester != "" && (ref == c.r.requester || c.r.worksFor(ref, c.r.requester) || slices.Contains(c.r.orgsOf(c.r.requester), ref))
}

// discloses reports whether a rule names the sender of a direction as one who sends.
func (c *leg) discloses(actors []actor, d direction) bool {
	return slices.ContainsFunc(actors, func(a actor) bool { return a.Part == sender && c.sideOf(a.Ref)&d.from != 0 })
}

// hears reports whether a rule names the recipient of a direction as one who receives.
func (c *leg) hears(actors []actor, d direction) bool {
	n := c.naming(actors)
	return n.mayReceive(d.to)
}
