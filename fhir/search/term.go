package search

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"warmhandoff/fhir"
)

// Term is one thing that a resource can be found by: a parameter ("Task.owner") and a value ("Organization/harbor"). A loose term is kept with
// the resource and not in the index: it can only sort out what something else has found.
type Term struct {
	Param string
	Value string
	Loose bool
}

// Terms gives what a resource can be found by, each term once, in no promised order. References below base, our own FHIR base without a slash
// at the end, are given as relative ones; base may be "". Contained resources are not found.
//
// Source: FHIR R4, search.html, Token, Reference, URI
func Terms(r *fhir.Resource, base string) []Term {
	p := planOf(r.Type())
	g := gatherer{base: base, terms: make([]Term, 0, 24)}
	for _, q := range p.params {
		if q.shared {
			continue
		}
		g.param, g.from = q, len(g.terms)
		g.walk(r.Root(), q.steps)
	}
	for _, c := range p.pairs {
		g.pair(c)
	}
	return g.terms
}

type gatherer struct {
	base  string
	param *Param
	from  int // where the terms of param begin
	terms []Term
}

func (g *gatherer) walk(v fhir.Value, steps []string) {
	if !v.Exists() {
		return
	}
	for item := range v.All() {
		if len(steps) > 0 {
			g.walk(item.Get(steps[0]), steps[1:])
			continue
		}
		g.leaf(item)
	}
}

func (g *gatherer) leaf(v fhir.Value) {
	switch g.param.leaf {
	case "Reference":
		g.reference(v)
	case "CodeableConcept":
		for c := range v.Get("coding").All() {
			g.coded(c.Get("system").Text(), c.Get("code").Text())
		}
	case "Coding":
		g.coded(v.Get("system").Text(), v.Get("code").Text())
	case "Identifier":
		g.coded(v.Get("system").Text(), v.Get("value").Text())
	case "canonical":
		text := v.Text()
		plain, _, versioned := strings.Cut(text, "|")
		g.add(plain)
		if versioned {
			g.add(text)
		}
	default:
		g.add(escape(v.Text()))
	}
}

func (g *gatherer) reference(v fhir.Value) {
	g.add(local(v.Get("reference").Text(), g.base))
	if id := v.Get("identifier"); id.Exists() {
		for _, t := range tokens(id.Get("system").Text(), id.Get("value").Text()) {
			g.add(logical(t))
		}
	}
}

func (g *gatherer) coded(system, code string) {
	for _, t := range tokens(system, code) {
		g.add(t)
	}
}

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

func (g *gatherer) add(value string) {
	if value == "" {
		return
	}
	t := Term{Param: g.param.Terms, Value: clip(value)}
	for _, have := range g.terms[g.from:] {
		if have == t {
			return
		}
	}
	g.terms = append(g.terms, t)
}

// pair adds the product of two parameters. Values that name a logical reference take part like any other.
func (g *gatherer) pair(c pair) {
	n := len(g.terms)
	for i := range n {
		if g.terms[i].Param != c.first {
			continue
		}
		for j := range n {
			if g.terms[j].Param == c.second {
				g.terms = append(g.terms, Term{Param: c.terms, Value: both(g.terms[i].Value, g.terms[j].Value)})
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
