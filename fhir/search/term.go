package search

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
)

// Term is one thing that a resource can be found by: a parameter ("Task.owner") and a value ("Organization/harbor"). A loose term is kept with
// the resource and not in the index: it can only sort out what something else has found.
type Term struct {
	Param string
	Value string
	Loose bool
}

// Terms gives what a resource can be found by, each term once, in no promised order. References below Options.Base, our own FHIR base without a slash
// at the end, are given as relative ones; dates without a zone are those of Options.Zone, and both must be the same where the resource is
// searched. Contained resources are not found.
//
// Source: FHIR R4, search.html, Search Parameter Types
func Terms(r *fhir.Resource, opt Options) []Term {
	p := planOf(r.Type())
	g := gatherer{base: opt.Base, zone: opt.Zone, terms: make([]Term, 0, 32)}
	g.walk(&p.root, r.Root())
	for _, q := range p.lacks {
		if !g.has(q.Terms) {
			g.add(q, q.lacks)
		}
	}
	for _, c := range p.pairs {
		g.pair(c)
	}
	return g.terms
}

// gatherer collects terms.
type gatherer struct {
	base  string
	zone  *time.Location
	terms []Term
	seen  map[Term]struct{} // the terms, once there are many

	versioned func(Versioned) // is told of references that name a version; nil where nobody asks
}

// Versioned is a reference that names one version of a resource.
type Versioned struct{ Param, Ref, Version string } // "Task.subject", "Patient/7", "2"; Ref as it is indexed, and Param the terms of a parameter

// VersionedReferences gives the references of a resource that name a version, by the parameters that they are found by. The terms have them without.
//
// Source: FHIR R4, search.html, References and Versions
func VersionedReferences(r *fhir.Resource, opt Options) []Versioned {
	var all []Versioned
	g := gatherer{base: opt.Base, zone: opt.Zone, versioned: func(v Versioned) { all = append(all, v) }}
	g.walk(&planOf(r.Type()).root, r.Root())
	return all
}

// leaf adds the terms of one element.
func (g *gatherer) leaf(l *leaf, v fhir.Value) {
	switch q := l.param; l.form {
	case aReference:
		g.reference(q, v, l.only)
	case aConcept:
		for c := range v.Get("coding").All() {
			g.coded(q, c.Get("system").Text(), c.Get("code").Text())
		}
	case aCoding:
		g.coded(q, v.Get("system").Text(), v.Get("code").Text())
	case anIdentifier:
		g.identifier(q, v)
	case aContact:
		g.contact(q, v)
	case present:
		g.add(q, "true")
	case aCanonical:
		text := v.Text()
		whole, _, versioned := strings.Cut(text, "|")
		g.add(q, whole)
		if versioned {
			g.add(q, text)
		}
	case words:
		g.words(q, v.Text())
	case aName, anAddress:
		g.parts(q, v)
	case aDate, anInstant, aPeriod, aTiming:
		g.add(q, g.span(l.form, v))
	case aNumber, aRange, aQuantity, aMoney:
		g.amount(q, l.form, v)
	case plain:
		if q.Kind == URI || q.Kind == Reference {
			g.add(q, v.Text())
			return
		}
		g.add(q, escape(v.Text()))
	default:
		g.add(q, escape(v.Text()))
	}
}

// reference adds a reference by what it names and by its identifier. Where only one type of target is meant, references to others are left out, and those
// that do not tell their type are not.
func (g *gatherer) reference(q *Param, v fhir.Value, only string) {
	written := v.Get("reference").Text()
	ref := local(written, g.base)
	id := v.Get("identifier")
	if only != "" {
		if typ := typeNamed(ref, v.Get("type").Text()); typ != "" && typ != only {
			return
		}
	}
	g.add(q, ref)
	if g.versioned != nil {
		if _, version, ok := strings.Cut(written, "/_history/"); ok && ref != "" {
			g.versioned(Versioned{q.Terms, ref, version})
		}
	}
	if id.Exists() {
		for _, t := range tokens(id.Get("system").Text(), id.Get("value").Text()) {
			g.add(q, logical(t))
		}
	}
}

// typeNamed gives the type of resource that a reference tells: its last part but one, or its element type.
func typeNamed(ref, typ string) string {
	if i := strings.LastIndexByte(ref, '/'); i > 0 {
		name := ref[:i]
		name = name[strings.LastIndexByte(name, '/')+1:]
		if fhir.IsResourceType(name) {
			return name
		}
	}
	return typ
}

// identifier adds an identifier, and its value behind its type for the modifier of-type.
func (g *gatherer) identifier(q *Param, v fhir.Value) {
	value := v.Get("value").Text()
	g.coded(q, v.Get("system").Text(), value)
	if value == "" {
		return
	}
	for c := range v.Get("type", "coding").All() {
		g.put(Term{q.ofType, clip(typedIdentifier(c.Get("system").Text(), c.Get("code").Text(), value)), true})
	}
}

func typedIdentifier(system, code, value string) string {
	return escape(system) + "|" + escape(code) + "|" + escape(value)
}

// contact adds a telephone number or the like by itself, and behind what it is: "phone|…".
//
// Source: FHIR R4, search.html, Token, on ContactPoint
func (g *gatherer) contact(q *Param, v fhir.Value) {
	if value := v.Get("value").Text(); value != "" {
		g.coded(q, v.Get("system").Text(), value)
	}
}

func (g *gatherer) coded(q *Param, system, code string) {
	if code == "" {
		if system != "" {
			g.add(q, escape(system)+"|")
		}
		return
	}
	code = escape(code)
	whole := escape(system) + "|" + code
	g.add(q, whole)
	g.add(q, whole[len(whole)-len(code):]) // the same bytes
}

// Identifier gives the value of the term by which an identifier with a system and a value is found, of the parameter identifier of any type.
func Identifier(system, value string) string { return clip(escape(system) + "|" + escape(value)) }

// tokens gives the values by which a code in a system is found: with its system, and alone.
func tokens(system, code string) []string {
	switch {
	case system == "" && code == "":
		return nil
	case code == "":
		return []string{escape(system) + "|"}
	}
	return []string{escape(system) + "|" + escape(code), escape(code)}
}

func logical(token string) string {
	if token == "" {
		return ""
	}
	return "id:" + token
}

func (g *gatherer) add(q *Param, value string) {
	if value != "" {
		g.put(Term{q.Terms, clip(value), q.Loose})
	}
}

// many is how many terms are searched one by one for an equal one.
const many = 48

func (g *gatherer) put(t Term) {
	if g.seen == nil && len(g.terms) >= many {
		g.seen = make(map[Term]struct{}, 4*many)
		for _, have := range g.terms {
			g.seen[have] = struct{}{}
		}
	}
	if g.seen != nil {
		if _, have := g.seen[t]; have {
			return
		}
		g.seen[t] = struct{}{}
	} else if slices.Contains(g.terms, t) {
		return
	}
	g.terms = append(g.terms, t)
}

func (g *gatherer) has(param string) bool {
	return slices.ContainsFunc(g.terms, func(t Term) bool { return t.Param == param })
}

// pair adds the product of two parameters. Values that name a logical reference take part like any other.
func (g *gatherer) pair(c pair) {
	n := len(g.terms)
	void := c.void && !g.has(c.first)
	for i := range n {
		switch {
		case void && g.terms[i].Param == c.second:
			g.put(Term{Param: c.terms, Value: both("", g.terms[i].Value)})
		case !void && g.terms[i].Param == c.first:
			for j := range n {
				if g.terms[j].Param == c.second {
					g.put(Term{Param: c.terms, Value: both(g.terms[i].Value, g.terms[j].Value)})
				}
			}
		}
	}
}

func both(first, second string) string { return clip(first + "|" + second) }

// escape marks the bars in a system or code, so that one bar stays: the one between them.
func escape(s string) string {
	if !strings.ContainsAny(s, `|\`) {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, `|`, `\|`).Replace(s)
}

// longest is how many bytes of a value are kept. Keys of an index have an end, and identifiers in R4 do not.
const longest = 512

func clip(s string) string {
	if len(s) <= longest {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.ToValidUTF8(s[:longest-2*len(sum)-1], "") + "~" + hex.EncodeToString(sum[:])
}

// local gives a reference as it is indexed: relative if it is below base, without a version, "" for a contained one.
func local(ref, base string) string {
	if ref == "" || ref[0] == '#' {
		return ""
	}
	if base != "" && len(ref) > len(base)+1 && ref[len(base)] == '/' && strings.HasPrefix(ref, base) {
		ref = ref[len(base)+1:]
	}
	if i := strings.Index(ref, "/_history/"); i > 0 {
		ref = ref[:i]
	}
	return ref
}

// Local gives a reference as it is indexed and compared: "Type/id" where it is relative or below base, otherwise as written, without the
// version in both; "" for "" and for contained ones.
func Local(ref, base string) string { return local(ref, base) }
