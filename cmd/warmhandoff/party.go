package main

import (
	"fmt"
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// parties are the types of which a party can be.
//
// Source: FHIR R4, task.html (Task.owner, Task.requester)
var parties = []string{"Organization", "Practitioner", "PractitionerRole", "CareTeam", "HealthcareService", "Patient", "RelatedPerson", "Device"}

// noParty says what is wrong with the reference of a party, "" when it is one: Type/id, the same on another server, or an identifier as SYSTEM|VALUE.
// What is none would be taken and never match.
func noParty(text string) string {
	if system, value, found := strings.Cut(text, "|"); found && strings.Contains(system, ":") && value != "" && !strings.ContainsAny(text, " \t") {
		return ""
	}
	ref, ok := fhir.ParseReference(text)
	typ, id, _ := strings.Cut(text, "/")
	alike := slices.IndexFunc(parties, func(p string) bool { return strings.EqualFold(p, typ) })
	switch {
	case ok && ref.Type != "" && ref.Version == "" && ref.Fragment == "" && slices.Contains(parties, ref.Type):
		return ""
	case ok && ref.Type != "" && !slices.Contains(parties, ref.Type):
		return fmt.Sprintf("%q is no party, which is one of %s: write it as Organization/harbor.", text, strings.Join(parties, ", "))
	case ok && ref.Type != "":
		return fmt.Sprintf("%q is more than the reference of a party: write %s.", text, ref.Key())
	case alike >= 0 && fhir.IsID(id):
		return fmt.Sprintf("%q is no reference: write %s/%s.", text, parties[alike], id)
	case fhir.IsID(text):
		return fmt.Sprintf("%q is no reference: write Organization/%s.", text, text)
	}
	return fmt.Sprintf("%q is no reference: write it as Organization/harbor, or https://fhir.example.org/fhir/Organization/harbor where it is on another server.", text)
}

// localParty gives a party of this server by Type/id, as mapping names it, however it was given.
func localParty(text, base string) string {
	if rest, below := strings.CutPrefix(text, base+"/"); below && base != "" {
		return rest
	}
	return text
}

// localGuide names the parties of settings as mapping does.
func localGuide(m mapping.Settings, base string) mapping.Settings {
	partners := make(map[string]mapping.Partner, len(m.Partners))
	for who, p := range m.Partners {
		partners[localParty(who, base)] = p
	}
	m.Base, m.Self, m.Partners = base, localParty(m.Self, base), partners
	return m
}

// localRules does so for rules.
func localRules(r workflow.Rules, base string) workflow.Rules {
	if r.Sites == nil {
		return r
	}
	sites := make(map[string]workflow.Site, len(r.Sites))
	for who, one := range r.Sites {
		sites[localParty(who, base)] = one
	}
	r.Sites = sites
	return r
}
