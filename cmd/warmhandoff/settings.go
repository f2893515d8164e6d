package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

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

// guide gives the settings as the mapping wants them, without a base.
func (s site) guide() (mapping.Settings, error) {
	m := mapping.Settings{Self: s.Self, Guides: guides, Partners: map[string]mapping.Partner{}}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return m, ended{2, fmt.Sprintf("--zone %q is not known: give one such as America/Los_Angeles.", s.Zone)}
	}
	m.Zone = zone
	for _, words := range s.Visits {
		system, code, found := strings.Cut(words, "|")
		if !found {
			system, code = "", words
		}
		if code == "" {
			return m, ended{2, fmt.Sprintf("--visit-class %q is no class: give a code (OBSENC), or its system and code.", words)}
		}
		m.Visits = append(m.Visits, mapping.Coding{System: system, Code: code})
	}
	for who, words := range s.Partner {
		var p mapping.Partner
		for word := range strings.SplitSeq(words, "+") {
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
					return m, ended{2, fmt.Sprintf("--partner %s=%s: %q is not treatment, part2, mark, polled, cancel:sdohcc, cancel:bser or cancel:cow.", who, words, word)}
				}
				p.Cancel = way
			}
		}
		m.Partners[who] = p
	}
	return m, nil
}

// cancelling are the words for how the referrer's side cancels what an agency has begun.
var cancelling = map[string]workflow.Cancelling{
	"cancel:sdohcc": workflow.CancelEither,
	"cancel:bser":   workflow.CancelByAsk,
	"cancel:cow":    workflow.CancelByAbort,
}

// guides are the implementation guides whose codes are read and written.
var guides = []mapping.Guide{sdohcc.Guide, bser.Guide, ereferral.Guide, bars.Guide}

// settingsFile reads settings from JSON: one object, its members named like flags. Unlike kong's own reader it refuses names that are no
// setting, since a setting that is misspelt is one that does not hold.
func settingsFile(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := json.NewDecoder(r).Decode(&values); err != nil {
		return nil, fmt.Errorf("settings file: %w", err)
	}
	return settings(values), nil
}

type settings map[string]any

// Validate implements kong.Resolver.
func (s settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, verb := range app.Leaves(false) {
		for _, flag := range verb.Flags {
			known[flag.Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if !known[name] {
			return fmt.Errorf("settings file: %q is not a setting; they are named like the flags of serve", name)
		}
	}
	return nil
}

// Resolve implements kong.Resolver. What the environment says stands: kong itself would let the file win.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, said := os.LookupEnv(name); said {
			return nil, nil
		}
	}
	return s[flag.Name], nil
}
