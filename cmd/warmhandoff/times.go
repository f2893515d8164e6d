package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// times says when people work, and by when what is due.
type times struct {
	Hours     string            `help:"Business hours, where a site has none of its own." default:"09:00-17:00" placeholder:"HH:MM-HH:MM"`
	Holiday   []string          `help:"Days on which nobody works, beside Saturdays and Sundays, where a site has none of its own." placeholder:"YYYY-MM-DD"`
	Site      map[string]string `help:"What differs where an agency receives people: its zone, business hours, holidays, with + between them; may be given again. Days, and what is due by business days, are then its own." placeholder:"Organization/ID=America/New_York+08:00-18:00"`
	Deadlines map[string]string `help:"Other lengths for deadlines, by timer and urgency: hours (2h), business days (3d), today (by the close of that business day), same-day (by midnight); T7: attempts and their window (3/14d); T8: days before a visit (7,3,1). May be given again." placeholder:"T2.routine=5d"`
}

// agreed gives all that this installation is told of itself and its partners: what mapping has to know, and the rules. Its error is problems.
func (s site) agreed() (mapping.Settings, workflow.Rules, error) {
	guide, wrong := s.guide()
	rules := workflow.DefaultRules(guide.Zone)
	wrong = append(wrong, s.rule(&rules)...)
	return guide, rules, wrong.err()
}

// rule changes rules as the settings say, and gives what is wrong with them.
func (s site) rule(r *workflow.Rules) (wrong problems) {
	var err error
	if r.Opens, r.Closes, err = workflow.ParseHours(s.Hours); err != nil {
		wrong.add("hours", err.Error()+".")
	}
	for _, word := range s.Holiday {
		day, err := workflow.ParseDate(word)
		if err != nil {
			wrong.add("holiday", err.Error()+".")
		}
		r.Holidays = append(r.Holidays, day)
	}
	r.Sites = s.sites(&wrong)
	for _, name := range slices.Sorted(maps.Keys(s.Deadlines)) {
		if err := r.Set(name, s.Deadlines[name]); err != nil {
			wrong.add("deadlines", fmt.Sprintf("%s=%s: %v.", name, s.Deadlines[name], err))
		}
	}
	return wrong
}

// sites gives what differs by agency. That an agency has to be asked for news is a word of --partner.
func (s site) sites(wrong *problems) map[string]workflow.Site {
	sites := map[string]workflow.Site{}
	for _, who := range slices.Sorted(maps.Keys(s.Site)) {
		wrong.add("site", noParty(who))
		one, err := workflow.ParseSite(s.Site[who])
		if err != nil {
			wrong.add("site", fmt.Sprintf("%s=%s: %v.", who, s.Site[who], err))
		}
		sites[who] = one
	}
	for who, words := range s.Partner {
		if slices.Contains(strings.Split(words, "+"), "polled") {
			one := sites[who]
			one.Polled = true
			sites[who] = one
		}
	}
	return sites
}

// inZone gives the rules that hold in another zone.
func inZone(r workflow.Rules, zone *time.Location) workflow.Rules {
	if r.Deadlines == nil {
		return workflow.DefaultRules(zone)
	}
	r.Zone = zone
	return r
}

// told gives what a story tells its adapter of itself and its partners, in the words of the settings of serve.
func told(s *scenario.Scenario) (mapping.Settings, workflow.Rules, error) {
	all := site{Zone: s.Zone.String(), Self: s.Self, Partner: map[string]string{}, times: times{Hours: "09:00-17:00", Site: map[string]string{}, Deadlines: map[string]string{}}}
	lists := map[string]map[string]string{"partner": all.Partner, "site": all.Site, "deadlines": all.Deadlines}
	for _, one := range s.Set {
		list, found := lists[one.Name]
		name, value, _ := strings.Cut(one.Value, "=")
		switch {
		case found:
			list[name] = value
		case one.Name == "hours":
			all.Hours = one.Value
		case one.Name == "holiday":
			all.Holiday = append(all.Holiday, one.Value)
		case one.Name == "visit-class":
			all.Visits = append(all.Visits, one.Value)
		default:
			return mapping.Settings{}, workflow.Rules{}, ended{2, fmt.Sprintf("%s: set: %q is not partner, site, deadlines, hours, holiday or visit-class.", s.File, one.Name)}
		}
	}
	return all.agreed()
}
