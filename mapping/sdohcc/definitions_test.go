package sdohcc

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/uscore"
)

// What the tables say is compared with the published definitions, line by line and both ways, where those are on the machine: the folders of the
// unpacked packages hl7.fhir.us.sdoh-clinicalcare 3.0.0, hl7.fhir.us.core 7.0.0 and hl7.fhir.r4.examples 4.0.1, in this order, with
// FHIR_PROFILES=folder:folder:folder. A definition's line is what it says beyond R4: "Task owner min 1".

// published is the part of a StructureDefinition, ValueSet or CodeSystem that is compared.
type published struct {
	ResourceType, URL, Type, Content string
	Snapshot                         struct{ Element []element }
	Compose                          struct{ Include, Exclude []include }
	Concept                          []concept
}

type concept struct {
	Code    string
	Concept []concept
}

type include struct {
	System   string
	Concept  []concept
	Filter   []any
	ValueSet []string
}

type element struct {
	ID, Path, Max string
	Min           int
	Type          []struct {
		Code                   string
		Profile, TargetProfile []string
	}
	Binding    struct{ Strength, ValueSet string }
	Constraint []struct{ Key, Expression string }
	raw        map[string]json.RawMessage
}

func (e *element) UnmarshalJSON(data []byte) error {
	type plain element
	if err := json.Unmarshal(data, (*plain)(e)); err != nil {
		return err
	}
	return json.Unmarshal(data, &e.raw)
}

// library is all definitions by URL.
type library map[string]*published

// read gives the definitions, or skips.
func read(t *testing.T) library {
	t.Helper()
	folders := filepath.SplitList(os.Getenv("FHIR_PROFILES"))
	if len(folders) < 3 {
		t.Skip("the published definitions are not on this machine: FHIR_PROFILES names their folders")
	}
	all := library{}
	for _, folder := range folders {
		for _, kind := range []string{"StructureDefinition", "ValueSet", "CodeSystem"} {
			files, err := filepath.Glob(filepath.Join(folder, kind+"-*.json"))
			require.NoError(t, err)
			require.NotEmpty(t, files, "%s in %s", kind, folder)
			for _, file := range files {
				data, err := os.ReadFile(file) //nolint:gosec // a folder of the one who runs this
				require.NoError(t, err)
				d := &published{}
				require.NoError(t, json.Unmarshal(data, d), file)
				if all[d.URL] == nil {
					all[d.URL] = d
				}
			}
		}
	}
	return all
}

const core = "http://hl7.org/fhir/StructureDefinition/"

// base gives what R4 says of an element, through the types that it is of.
func (l library) base(typ, path string) *element {
	d := l[core+typ]
	if d == nil {
		return nil
	}
	var best *element
	path, within := plainly(path), ""
	for i := range d.Snapshot.Element {
		e := &d.Snapshot.Element[i]
		name := plainly(e.Path)
		typed := strings.HasSuffix(e.Path, "[x]") && strings.HasPrefix(path, name) && !strings.Contains(path[len(name):], ".")
		if name == path || typed {
			return e
		}
		if rest, is := strings.CutPrefix(path, name+"."); is {
			best, within = e, "."+rest
		}
	}
	if best == nil || best.Path == path {
		return nil
	}
	for _, one := range best.Type {
		if plainly(best.Path) != one.Code {
			if found := l.base(one.Code, one.Code+within); found != nil {
				return found
			}
		}
	}
	return nil
}

func plainly(path string) string { return strings.ReplaceAll(path, "[x]", "") }

// of gives types and the types that are referred to.
func (l library) of(e *element) (types, targets []string) {
	for _, one := range e.Type {
		types = append(types, one.Code)
		for _, p := range one.TargetProfile {
			name, _, _ := strings.Cut(p, "|")
			if d := l[name]; d != nil {
				name = d.Type
			}
			if typ := name[strings.LastIndexByte(name, '/')+1:]; one.Code == "Reference" {
				targets = append(targets, nearest[typ]+map[bool]string{true: typ}[nearest[typ] == ""])
			}
		}
	}
	slices.Sort(types)
	slices.Sort(targets)
	return slices.Compact(types), slices.Compact(targets)
}

// nearest are types of definitions of other guides.
var nearest = map[string]string{"SDCQuestionnaireResponse": "QuestionnaireResponse", "sdc-questionnaireresponse": "QuestionnaireResponse"}

// lines gives what a definition says beyond R4, and the lines that ask for nothing by themselves.
func (l library) lines(t *testing.T, d *published, prefix string) (said, inert map[string]bool) {
	t.Helper()
	said, inert = map[string]bool{}, map[string]bool{}
	least := map[string]int{} // by element, what its slices ask for
	for i := range d.Snapshot.Element {
		e := &d.Snapshot.Element[i]
		name := prefix + strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(e.ID, d.Type), "."), "value[x]:", ""), "[x]", "")
		b := l.base(d.Type, e.Path)
		require.NotNil(t, b, "%s %s", d.URL, e.Path)
		add := func(format string, args ...any) {
			said[strings.TrimSpace(name+" "+fmt.Sprintf(format, args...))] = true
		}
		last := name[strings.LastIndexByte(name, '.')+1:]
		slice := strings.Contains(last, ":")
		if e.ID == "Extension" { // of which the slice says how many
			b = &element{Min: e.Min, Max: e.Max, Type: e.Type, Constraint: b.Constraint}
		}
		if e.Min > b.Min || slice && e.Min > 0 {
			add("min %d", e.Min)
			if at := strings.LastIndexByte(name, ':'); slice {
				least[name[:at]] += e.Min
			}
		}
		if e.Max != b.Max && !ofOneType(last) || slice && e.Max != "*" {
			add("max %s", e.Max)
		}
		types, targets := l.of(e)
		baseTypes, baseTargets := l.of(b)
		if !slices.Equal(types, baseTypes) && !strings.HasSuffix(name, ".url") && !ofOneType(last) {
			add("types %s", strings.Join(types, " "))
		}
		if !slices.Equal(targets, baseTargets) && !slices.Equal(targets, []string{"Resource"}) {
			add("targets %s", strings.Join(targets, " "))
		}
		for member, value := range e.raw {
			if strings.HasPrefix(member, "fixed") || strings.HasPrefix(member, "pattern") {
				add("is %s", words(t, value))
			}
		}
		if s := e.Binding; (s.Strength == "required" || s.Strength == "extensible") && bare(s.ValueSet) != bare(b.Binding.ValueSet) {
			add("from %s %s", s.Strength, l.set(s.ValueSet, slices.Equal(types, []string{"code"})))
		}
		for _, c := range e.Constraint {
			if !slices.ContainsFunc(b.Constraint, func(o struct{ Key, Expression string }) bool { return o.Key == c.Key }) && c.Key != "ele-1" && c.Key != "ext-1" {
				said["obeys "+c.Key] = true
			}
		}
		for _, one := range e.Type {
			for _, p := range one.Profile {
				inner := l[bare(p)]
				if one.Code != "Extension" || inner == nil {
					continue
				}
				more, idle := l.lines(t, inner, name+".")
				maps.Copy(said, more)
				maps.Copy(inert, idle)
			}
		}
	}
	for of, n := range least {
		for i := 1; i <= n; i++ {
			inert[of+" min "+strconv.Itoa(i)] = true
		}
	}
	return said, inert
}

// ofOneType reports whether a name is that of a choice with its type, of which there can be one.
func ofOneType(name string) bool {
	return slices.Contains([]string{"valueReference", "valueCodeableConcept", "valueQuantity"}, name)
}

func bare(canonical string) string {
	canonical, _, _ = strings.Cut(canonical, "|")
	return canonical
}

// words gives a fixed value or a pattern as the tables write it.
func words(t *testing.T, value json.RawMessage) string {
	t.Helper()
	var concept struct {
		Coding       []profile.Coding
		System, Code string
	}
	if json.Unmarshal(value, &concept) == nil {
		for _, c := range concept.Coding {
			return c.System + "|" + c.Code
		}
		return concept.System + "|"
	}
	return strings.Trim(string(value), `"`)
}

// set gives the codes of a value set, system by system; systems that are not here or are narrowed by filters without codes.
func (l library) set(canonical string, plain bool) string {
	sets, known := l.codes(canonical)
	switch {
	case !known:
		return bare(canonical)
	case plain: // a code, of which no system is said
		return setLine(map[string][]string{"": slices.Concat(slices.Collect(maps.Values(sets))...)})
	}
	return setLine(sets)
}

func setLine(sets map[string][]string) string {
	var all []string
	for system, codes := range sets {
		slices.Sort(codes)
		all = append(all, strings.TrimSpace(system+" "+strings.Join(slices.Compact(codes), " ")))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func (l library) codes(canonical string) (map[string][]string, bool) {
	d := l[bare(canonical)]
	if d == nil {
		return nil, false
	}
	sets, filtered, known := map[string][]string{}, map[string]bool{}, true
	for _, in := range d.Compose.Include {
		for _, one := range in.ValueSet {
			inner, is := l.codes(one)
			known = known && is
			maps.Copy(sets, inner)
		}
		if in.System == "" {
			continue
		}
		list := in.Concept
		if cs := l[bare(in.System)]; list == nil && cs != nil && cs.Content == "complete" {
			list = cs.Concept
		}
		if sets[in.System] = append(sets[in.System], flat(list)...); in.Filter != nil {
			sets[in.System], filtered[in.System] = nil, true
		}
	}
	for system := range filtered {
		sets[system] = nil
	}
	for _, out := range d.Compose.Exclude {
		sets[out.System] = slices.DeleteFunc(sets[out.System], func(code string) bool { return slices.Contains(flat(out.Concept), code) })
	}
	return sets, known
}

func flat(list []concept) []string {
	var all []string
	for _, c := range list {
		all = append(append(all, c.Code), flat(c.Concept)...)
	}
	return all
}

// tabled gives what the rules of a table say, as the same lines.
func tabled(rules []profile.Rule, prefix string, said map[string]bool) {
	for i := range rules {
		r := &rules[i]
		if r.Key != "" {
			said["obeys "+r.Key] = true
			continue
		}
		name := prefix + r.Path
		if r.Slice != nil {
			name += ":" + r.Slice.Name
			for _, w := range r.Slice.Where {
				if w.Path != "extension.url" && !strings.HasPrefix(w.Path, "value") {
					tested(name, &w, said)
				}
			}
		}
		add := func(format string, args ...any) { said[name+" "+fmt.Sprintf(format, args...)] = true }
		if r.Min > 0 {
			add("min %d", r.Min)
		}
		if r.Max != 0 {
			add("max %d", max(r.Max, 0))
		}
		if r.Types != nil {
			add("types %s", strings.Join(slices.Sorted(slices.Values(r.Types)), " "))
		}
		if r.Targets != nil {
			add("targets %s", strings.Join(slices.Sorted(slices.Values(r.Targets)), " "))
		}
		tested(name, &profile.Test{Is: r.Is}, said)
		if r.OneOf != nil {
			add("from %s %s", map[bool]string{true: "extensible", false: "required"}[r.Extensible], tableLine(r.OneOf))
		}
		tabled(r.Each, name+".", said)
	}
}

func tested(name string, w *profile.Test, said map[string]bool) {
	if w.Path != "" {
		name += "." + w.Path
	}
	switch {
	case w.Is != nil && w.Is.System != "":
		said[name+" is "+w.Is.System+"|"+w.Is.Code] = true
	case w.Is != nil && strings.HasSuffix(name, ".system"):
		said[strings.TrimSuffix(name, ".system")+" is "+w.Is.Code+"|"] = true
	case w.Is != nil:
		said[name+" is "+w.Is.Code] = true
	case w.OneOf != nil:
		said[name+" from required "+tableLine(w.OneOf)] = true
	}
}

func tableLine(sets []profile.CodeSet) string {
	all := map[string][]string{}
	for _, s := range sets {
		all[s.System] = append(all[s.System], s.Codes...)
	}
	return setLine(all)
}

// TestTheTablesSayWhatTheDefinitionsSay compares every profile, of the guide and of US Core.
func TestTheTablesSayWhatTheDefinitionsSay(t *testing.T) {
	t.Parallel()
	l := read(t)
	for _, p := range slices.Concat(Profiles, uscore.Profiles) {
		d := l[p.URL]
		require.NotNil(t, d, p.URL)
		want, inert := l.lines(t, d, "")
		got := map[string]bool{}
		tabled(p.Rules, "", got)
		for line := range want {
			if !got[line] && !inert[line] && !idle(line, got) && !among(leftOut, p.Type, line) {
				t.Errorf("%s: the definition says, and the table does not: %s", p.Name, line)
			}
		}
		for line := range got {
			if !want[line] && !among(beyond, p.Type, line) {
				t.Errorf("%s: the table says, and the definition does not: %s", p.Name, line)
			}
		}
	}
	for _, e := range slices.Concat(leftOut, beyond) {
		assert.True(t, e.met, "%s %s is left out, and no definition says it", e.typ, e.line)
	}
}
