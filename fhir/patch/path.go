package patch

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// step is one step of a path: a name, and what narrows down what it finds.
type step struct {
	name    string
	filters []filter
}

// filter narrows down a list: to one place, to the last, to items whose element has a value, or to values of a type.
type filter struct {
	index int      // at least 0: this place; or last, byValue, byType
	path  []string // of the element that is compared
	value string   // what it is compared with; the name of the type
}

const (
	last    = -1
	byValue = -2
	byType  = -3
)

// known says what a path may be made of. Other functions and operators of FHIRPath are refused with their name.
const known = "known in a path are names, [place], first(), last(), where(element = 'value' and …), extension('url') and ofType(Type)"

// parsePath reads the simple paths that FHIRPath Patch uses: Type.name.name[0], .first(), .last(), .where(a.b = 'x' and c = 'y'), .extension('url').
//
// Source: FHIR R4, fhirpatch.html: paths are simple
func parsePath(s string) (typ string, steps []step, err error) {
	p := pathParser{rest: strings.TrimSpace(s)}
	typ = p.name()
	switch {
	case typ == "":
		return "", nil, fmt.Errorf("a path begins with the type of the resource, as in Task.status")
	case strings.HasPrefix(p.rest, "("):
		p.function(typ)
	}
	for p.rest != "" && p.err == nil {
		steps = p.step(steps)
	}
	return typ, steps, p.err
}

type pathParser struct {
	rest string
	err  error
}

// fail keeps the first reason.
func (p *pathParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *pathParser) function(name string) {
	p.fail("the function %s() is not understood; %s", clipped(name), known)
}

// clipped bounds a word that an answer quotes.
func clipped(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

func (p *pathParser) take(what string) bool {
	p.rest = strings.TrimLeft(p.rest, " ")
	rest, ok := strings.CutPrefix(p.rest, what)
	if ok {
		p.rest = rest
	}
	return ok
}

// name reads letters and digits.
func (p *pathParser) name() string {
	return p.word(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// word reads what consists of ASCII that is in.
func (p *pathParser) word(in func(rune) bool) string {
	p.rest = strings.TrimLeft(p.rest, " ")
	n := strings.IndexFunc(p.rest, func(r rune) bool { return r > unicode.MaxASCII || !in(r) })
	if n < 0 {
		n = len(p.rest)
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word
}

// step reads one step, or a filter of the step before.
func (p *pathParser) step(steps []step) []step {
	if p.take("[") {
		return p.filter(steps, p.index())
	}
	if !p.take(".") {
		p.unknown()
		return steps
	}
	name := p.name()
	if !p.take("(") {
		if name == "" {
			p.unknown()
		}
		return append(steps, step{name: name})
	}
	switch name {
	case "first":
		p.expect(")")
		return p.filter(steps, []filter{{index: 0}})
	case "last":
		p.expect(")")
		return p.filter(steps, []filter{{index: last}})
	case "where":
		return p.filter(steps, p.conditions())
	case "extension":
		url := p.literal()
		p.expect(")")
		return append(steps, step{name: "extension", filters: []filter{{index: byValue, path: []string{"url"}, value: url}}})
	case "ofType":
		typ := strings.TrimPrefix(p.word(func(r rune) bool { return r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r) }), "FHIR.")
		p.expect(")")
		return p.filter(steps, []filter{{index: byType, value: typ}})
	}
	p.function(name)
	return steps
}

func (p *pathParser) filter(steps []step, f []filter) []step {
	if len(steps) == 0 {
		p.fail("a path narrows down an element, not the resource")
		return steps
	}
	at := &steps[len(steps)-1]
	at.filters = append(at.filters, f...)
	return steps
}

func (p *pathParser) index() []filter {
	n, err := strconv.Atoi(p.name())
	if err != nil || n < 0 {
		p.fail("between brackets stands a place, counted from 0")
	}
	p.expect("]")
	return []filter{{index: n}}
}

func (p *pathParser) conditions() []filter {
	var list []filter
	for p.err == nil {
		list = append(list, p.condition())
		if !p.take("and ") {
			break
		}
	}
	p.expect(")")
	return list
}

// condition reads element = 'value'.
func (p *pathParser) condition() filter {
	f := filter{index: byValue}
	for {
		name := p.name()
		switch {
		case name == "":
			p.unknown()
			return f
		case p.take("("):
			p.function(name)
			return f
		}
		f.path = append(f.path, name)
		if !p.take(".") {
			break
		}
	}
	if !p.take("=") {
		p.unknown()
		return f
	}
	f.value = p.literal()
	return f
}

func (p *pathParser) expect(what string) {
	if p.err == nil && !p.take(what) {
		p.unknown()
	}
}

// unknown refuses what stands next, by its name where it has one.
func (p *pathParser) unknown() {
	word := p.word(func(r rune) bool { return unicode.IsLetter(r) })
	if word == "" {
		word = p.word(func(r rune) bool { return strings.ContainsRune("=!<>|~+-*/&%$@#`{}[]();,\"^?:\\", r) })
	}
	switch {
	case word == "":
		p.fail("the path ends too early, or holds a sign that is none of FHIRPath; %s", known)
	default:
		p.fail("the sign or word %s is not understood; %s", clipped(word), known)
	}
}

// literal reads 'text', true, false or a number.
func (p *pathParser) literal() string {
	if !p.take("'") {
		v := p.word(func(r rune) bool { return r == '.' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) })
		if v == "" {
			p.fail("a value between single quotes is missing in the path; %s", known)
		}
		if p.take("(") {
			p.function(v[strings.LastIndexByte(v, '.')+1:])
		}
		return v
	}
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\'':
			p.rest = p.rest[i+1:]
			if p.take(".") {
				p.function(p.name())
			}
			return b.String()
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	p.fail("a quote is not closed in the path")
	return ""
}
