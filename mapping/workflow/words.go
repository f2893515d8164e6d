package workflow

import "strings"

// Words gives a reason in plain words for a screen, in the middle of a sentence; the code itself where there are none.
func (r Reason) Words() string {
	if w, ok := reasonWords[r]; ok {
		return w
	}
	return string(r)
}

// reasonWords never blame the person: we do not know why, until somebody asked.
//
// Source: local, roles and screens, words that are used and words that are not
var reasonWords = map[Reason]string{
	NoNews:        "the time of the visit passed, and nobody said anything",
	ClaimOnly:     "somebody says it is done, and nothing shows that a visit took place",
	InConflict:    "what we hear conflicts",
	UnclearNoShow: "a missed visit is reported, and not on whose side",
	Retracted:     "what showed the visit was taken back",

	Missed:            "missed the visit",
	CancelledByPerson: "the person cancelled, and has no other date",
	CouldNotReach:     "we could not reach the person",
	DecisionNeeded:    "we tried as often as the rule asks; somebody has to decide",

	PersonMismatch: "the task is for somebody whom the request is not about",
	ConsentMissing: "consent that covers this agency is missing",
	MeaningUnknown: "something in the request or its Task is not understood",
	Waitlist:       "on a waiting list",
	Hospitalised:   "in hospital",
	InCustody:      "in custody",
	Away:           "away",
	PersonAsked:    "the person asked to wait",
	InfoNeeded:     "the agency needs something first",
	DeathCheck:     "the person is reported to have died; a human checks",
	Unspecified:    "nobody said why",

	AttendedElsewhere:  "got help elsewhere",
	PersonDeclined:     "said no for now",
	NeedResolved:       "no longer needs it",
	PersonUnreachable:  "could not be reached",
	DeclinedCapacity:   "the agency has no room",
	DeclinedIneligible: "not eligible at this agency",
	DeclinedWrongPlace: "not a service of this agency",
	DeclinedOther:      "the agency said no",
	Transferred:        "passed on to another agency",
	Moved:              "the person moved",
	ConsentRevoked:     "consent was taken back",
	Deceased:           "the person died",
	ReferrerWithdrew:   "the referrer withdrew",
	Duplicate:          "it was the same referral twice",
	EnteredInError:     "it was a mistake",
	Void:               "it was a mistake",
}

// Rule is one row of a table of rules, for people: the rows are tried in order, and the first that holds decides.
type Rule struct {
	Name  string
	Gives string // the state, or the verdict on a visit
	When  string // in plain words; "" where the name says it
}

// StateRules gives the rules by which a leg's state follows, in their order.
func StateRules() []Rule {
	list := make([]Rule, len(rows))
	for i := range rows {
		list[i] = Rule{rows[i].name, string(rows[i].state), rows[i].words}
	}
	return list
}

// VisitRules gives the rules by which the evidence about one visit is weighed, in their order.
func VisitRules() []Rule {
	list := make([]Rule, len(verdicts))
	for i := range verdicts {
		list[i] = Rule{Name: verdicts[i].name, Gives: string(verdicts[i].gives)}
	}
	return list
}

// RuleWords says in plain words when a rule of the fold holds; "" for a name that is none.
func RuleWords(name string) string {
	name, below, _ := strings.Cut(name, ": ")
	for i := range aboveRows {
		if aboveRows[i].name == name {
			return strings.TrimSpace(aboveRows[i].words + " " + RuleWords(below))
		}
	}
	for i := range rows {
		if rows[i].name == name {
			return rows[i].words
		}
	}
	return ""
}
