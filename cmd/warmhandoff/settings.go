package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping"
	"warmhandoff/mapping/bars"
	"warmhandoff/mapping/bser"
	"warmhandoff/mapping/ereferral"
	"warmhandoff/mapping/sdohcc"
	"warmhandoff/mapping/workflow"
)

// site says where days are days, who we are, and what was agreed with whom.
type site struct {
	Zone    string            `help:"Zone of the receiving site: what a day is. Local is the machine's own." default:"Local" placeholder:"America/Los_Angeles"`
	Self    string            `help:"Our own organization. Tasks that it owns are passed on to agencies as Tasks of their own." placeholder:"Organization/ID"`
	Partner map[string]string `help:"What was agreed with an organization: treatment (may receive without a Consent), part2 (a 42 CFR Part 2 program), mark (a completed without evidence keeps its status), polled (sends no news of its own and is asked for it), cancel:sdohcc, cancel:bser or cancel:cow (how the referrer cancels what it has begun: at once, which is the rule; by asking with a businessStatus; by an abort Task). Several with + between them; may be given again." placeholder:"Organization/ID=WORDS"`
	Visits  []string          `name:"visit-class" help:"A class of Encounter that counts as a first visit here, beside AMB, VR, HH, FLD and v2 O and R: a code, or its system and code. May be given again." placeholder:"[SYSTEM|]CODE"`
	times
}

// guide gives the settings as the mapping wants them, without a base, and what is wrong with them.
func (s site) guide() (m mapping.Settings, wrong problems) {
	m = mapping.Settings{Self: s.Self, Guides: guides, Partners: map[string]mapping.Partner{}}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		wrong.add("zone", fmt.Sprintf("%q is not known: give one such as America/Los_Angeles.", s.Zone))
		zone = time.UTC
	}
	m.Zone = zone
	if s.Self != "" {
		wrong.add("self", noParty(s.Self))
	}
	for _, words := range s.Visits {
		system, code, found := strings.Cut(words, "|")
		if !found {
			system, code = "", words
		}
		if code == "" {
			wrong.add("visit-class", fmt.Sprintf("%q is no class: give a code (OBSENC), or its system and code.", words))
		}
		m.Visits = append(m.Visits, mapping.Coding{System: system, Code: code})
	}
	for _, who := range slices.Sorted(maps.Keys(s.Partner)) {
		var p mapping.Partner
		wrong.add("partner", noParty(who))
		for word := range strings.SplitSeq(s.Partner[who], "+") {
			switch word {
			case "treatment":
				p.Treatment = true
			case "part2":
				p.Part2 = true
			case "mark":
				p.Mark = true
			case "polled": // a matter of the rules
			default:
				way, ok := cancelling[word]
				if !ok {
					wrong.add("partner", fmt.Sprintf("%s=%s: %q is not treatment, part2, mark, polled, cancel:sdohcc, cancel:bser or cancel:cow.", who, s.Partner[who], word))
				}
				p.Cancel = way
			}
		}
		m.Partners[who] = p
	}
	return m, wrong
}

// cancelling are the words for how the referrer's side cancels what an agency has begun.
var cancelling = map[string]workflow.Cancelling{
	"cancel:sdohcc": workflow.CancelEither,
	"cancel:bser":   workflow.CancelByAsk,
	"cancel:cow":    workflow.CancelByAbort,
}

// guides are the implementation guides whose codes are read and written.
var guides = []mapping.Guide{sdohcc.Guide, bser.Guide, ereferral.Guide, bars.Guide}
