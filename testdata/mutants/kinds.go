package mutants

// kinds are the kinds of defects.
var kinds = []kind{
	{"missing required", missing},
	{"wrong type", wrongTypes},
	{"bad required code", badCodes},
	{"bad date", badDates},
	{"extra element", extras},
	{"two value[x]", twoValues},
	{"value[x] of a type not allowed", wrongChoices},
	{"wrong reference type", wrongTargets},
	{"malformed reference", malformedReferences},
	{"empty value", emptyValues},
	{"null", nulls},
	{"bad extension", badExtensions},
	{"bad narrative", badNarratives},
	{"bad contained", badContained},
	{"bad primitive", badPrimitives},
	{"syntax and type", badSyntax},
	{"broken invariant", brokenInvariants},
}

// Kinds returns the names of the kinds, without that of what is right.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = kinds[i].name
	}
	return names
}

// to returns what puts a value in place.
func to(v any) func(*spot) { return func(s *spot) { s.set(v) } }

// add returns what gives an object one more member.
func add(name string, v any) func(*spot) { return func(s *spot) { s.object()[name] = v } }

// without returns what takes members of an object away.
func without(names ...string) func(*spot) {
	return func(s *spot) {
		for _, name := range names {
			delete(s.object(), name)
			delete(s.object(), "_"+name)
		}
	}
}

// object is a decoded one.
type object = map[string]any

func isObject(s *spot) bool { return s.object() != nil }

// isInner is an object that is not a resource.
func isInner(s *spot) bool {
	return s.object() != nil && s.element != nil && s.object()["resourceType"] == nil
}

func isRoot(s *spot) bool { return s.element == nil }

// inExtension is what the kind of extensions is for.
func inExtension(s *spot) bool {
	return s.owner != nil && (s.owner.Name == "Extension" || s.owner.Name == "Narrative")
}
