package sdohcc

import "strings"

// idle reports that a line only says which items belong to a slice, and that of the slice nothing is asked: the table need not know of it.
func idle(line string, got map[string]bool) bool {
	name, what, _ := strings.Cut(line, " ")
	at := strings.LastIndexByte(name, ':')
	if at < 0 || !strings.HasPrefix(what, "is ") && !strings.HasPrefix(what, "from ") && !strings.HasPrefix(what, "targets ") {
		return false
	}
	slice := name
	if dot := strings.IndexByte(name[at:], '.'); dot >= 0 {
		slice = name[:at+dot]
	}
	for other := range got {
		if strings.HasPrefix(other, slice+" ") || strings.HasPrefix(other, slice+".") {
			return false
		}
	}
	return true
}

// except is a line that only one side has. A star stands for any end.
type except struct {
	typ, line, why string
	met            bool
}

func among(list []*except, typ, line string) bool {
	for _, e := range list {
		start, open := strings.CutSuffix(e.line, "*")
		if e.typ == typ && (line == start || open && strings.HasPrefix(line, start)) {
			e.met = true
			return true
		}
	}
	return false
}

const (
	notHere   = "the codes are those of a server of the National Library of Medicine, or of a postal or language authority; another code would only be told"
	byMember  = "what is otherwise is no item of the slice"
	ofMembers = "the codes are those of a server of the National Library of Medicine; the table has those that US Core names in its words"
	noLeast   = "a slice without a least number of its own has none; some makers of snapshots give it that of the list"
)

// leftOut are lines of definitions that no rule is made of, and why.
var leftOut = []*except{
	{typ: "HealthcareService", line: "program from extensible *", why: notHere},
	{typ: "Location", line: "address.state from extensible *", why: notHere},
	{typ: "Organization", line: "address.state from extensible *", why: notHere},
	{typ: "Practitioner", line: "address.state from extensible *", why: notHere},
	{typ: "Patient", line: "address.state from extensible *", why: notHere},
	{typ: "Patient", line: "communication.language from extensible *", why: notHere},
	{typ: "Patient", line: "extension:genderIdentity.value from extensible *", why: notHere},
	{typ: "Patient", line: "extension:sex.value from extensible *", why: notHere},
	{typ: "Patient", line: "extension:birthsex.value from required *", why: "the codes are those of a server of the National Library of Medicine"},
	{typ: "Patient", line: "extension:tribalAffiliation.extension:tribalAffiliation.value from extensible *", why: notHere},
	{typ: "Patient", line: "extension:race.extension:ombCategory.value from required *", why: ofMembers},
	{typ: "Patient", line: "extension:race.extension:detailed.value from required *", why: ofMembers},
	{typ: "Patient", line: "extension:ethnicity.extension:ombCategory.value from required *", why: ofMembers},
	{typ: "Patient", line: "extension:ethnicity.extension:detailed.value from required *", why: ofMembers},
	{typ: "PractitionerRole", line: "code from extensible http://cts.nlm.nih.gov/*", why: notHere},
	{typ: "PractitionerRole", line: "specialty from extensible *", why: notHere},
	{typ: "CareTeam", line: "participant.role from extensible *", why: notHere},
	{typ: "DocumentReference", line: "content.format from extensible *", why: notHere},
	{typ: "DocumentReference", line: "category:uscore min 1", why: noLeast},
	{typ: "Practitioner", line: "identifier:NPI min 1", why: noLeast},
	{typ: "Practitioner", line: "identifier:NPI.system min 1", why: "it is that of every identifier"},
	{typ: "Practitioner", line: "identifier:NPI.value min 1", why: "it is that of every identifier"},
	{typ: "Observation", line: "value from extensible http://cts.nlm.nih.gov/*", why: notHere},
	{typ: "Observation", line: "valueQuantity from required *", why: "units are made by a grammar; the table has their system"},
	{typ: "Observation", line: "value.extension:DataAbsentReasonMasked.value from required *", why: "it is one code of these"},
	{typ: "Observation", line: "component:Race.value *", why: byMember},
	{typ: "Observation", line: "component:RaceDescription.value *", why: byMember},
	{typ: "Observation", line: "component:DetailedRace.value *", why: byMember},
	{typ: "Observation", line: "component:Ethnicity.value *", why: byMember},
	{typ: "Observation", line: "component:EthnicityDescription.value *", why: byMember},
	{typ: "Observation", line: "component:DetailedEthnicity.value *", why: byMember},
}

// beyond are lines of tables that the definitions do not have in this form, and why.
var beyond = []*except{
	{typ: "Observation", line: "valueQuantity from required http://unitsofmeasure.org", why: "the other side of it"},
	{typ: "Patient", line: "extension:race.extension:ombCategory.value from required *", why: ofMembers},
	{typ: "Patient", line: "extension:race.extension:detailed.value from required *", why: ofMembers},
	{typ: "Patient", line: "extension:ethnicity.extension:ombCategory.value from required *", why: ofMembers},
	{typ: "Patient", line: "extension:ethnicity.extension:detailed.value from required *", why: ofMembers},
}
