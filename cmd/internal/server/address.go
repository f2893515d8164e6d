package server

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// spelled is what an address ends with that FHIR had until DSTU 2; HAPI's client still writes it where it is told to (SearchStyleEnum.GET_WITH_SEARCH).
const spelled = "_search"

const spelledOut = "A search by GET is asked without _search, as in [base]/Task?status=requested; _search takes POST, with the parameters in a form."

const nothingHere = "There is nothing at this address. GET [base]/metadata lists what there is."

// lost says of an address that no route has what may be wrong with it, with the right one where that can be told.
func (s *Server) lost(path string) string {
	rest, below := strings.CutPrefix(path, s.prefix)
	if !below || rest != "" && rest[0] != '/' {
		if first, _, _ := strings.Cut(strings.Trim(path, "/"), "/"); s.types[first] || first == "metadata" {
			return "FHIR is served below " + s.set.Base + ": ask for " + s.set.Base + "/" + first + "."
		}
		return nothingHere
	}
	segments := strings.FieldsFunc(rest, func(r rune) bool { return r == '/' })
	switch plain := strings.Join(segments, "/"); {
	case strings.Contains(rest, "//"):
		return "A part of the address is empty (//): write one slash" + s.as(plain) + "."
	case strings.HasSuffix(rest, "/") && plain != "":
		return "The address ends with a slash: leave it out" + s.as(plain) + "."
	}
	for _, one := range segments {
		if strings.HasPrefix(one, "$") {
			return s.noOperation()
		}
	}
	return nothingHere
}

var plainAddress = regexp.MustCompile(`^[A-Za-z0-9.$_/-]{1,200}$`)

// as gives an address in words where it is one that can be repeated.
func (s *Server) as(plain string) string {
	if !plainAddress.MatchString(plain) {
		return ""
	}
	return ", as in " + s.set.Base + "/" + plain
}

// noSuchOperation reports whether a path below the base asks for an operation that is not there, by any method: one that looks like an address of
// something else, as Task/1/$meta-add looks like a compartment, is not one that takes another method.
func (s *Server) noSuchOperation(path string) bool {
	if !strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], "$") {
		return false
	}
	for _, rt := range s.routes {
		if _, fits := rt.params(path); fits && rt.kind == doOperation {
			return false
		}
	}
	return true
}

// noOperation says which operations there are.
func (s *Server) noOperation() string {
	var all []string
	for _, rt := range s.routes {
		if at := strings.NewReplacer(":type", "[type]", ":id", "[id]").Replace(rt.path); rt.kind == doOperation && !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	return fmt.Sprintf("There is no such operation here. There are: %s.", strings.Join(all, ", "))
}

// noSuchType says what is wrong with the first part of an address.
func (s *Server) noSuchType(typ string) string {
	switch {
	case typ == "Parameters":
		return "Parameters are input and output of operations; they are not stored."
	case typ == spelled:
		return spelledOut
	}
	for _, name := range fhir.ResourceTypes() {
		if strings.EqualFold(name, typ) || strings.EqualFold(name+"s", typ) {
			return "The first part of the address must be a resource type of FHIR R4 as it is written there: " + name + "."
		}
	}
	return "The first part of the address must be a resource type of FHIR R4, such as Task."
}
