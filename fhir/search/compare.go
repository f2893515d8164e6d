package search

import (
	"strconv"
	"strings"
	"time"

	"warmhandoff/fhir"
)

// prefixes are the comparisons that a value of a date, number or quantity may begin with.
//
// Source: FHIR R4, search.html, Prefixes
const prefixes = "eq ne lt le gt ge sa eb ap"

// prefixed parts a value from its prefix; without one it is eq.
func prefixed(v string) (prefix, text string) {
	if len(v) > 2 && v[0] >= 'a' && v[0] <= 'z' && v[1] >= 'a' && v[1] <= 'z' {
		return v[:2], v[2:]
	}
	return "eq", v
}

// compare adds a condition on dates, numbers or quantities. The tests say what is asked; where the terms are in the index and every alternative has
// a range there that holds all it can find, a condition on ranges goes before them, or in their place where it says the same.
func (p *parser) compare(param *Param, alternatives []string) *fhir.Issue {
	tests := Match{Param: param.Terms, Loose: param.Loose}
	ranges := Match{Param: param.Terms}
	exact, driven := true, !param.Loose && param.Kind == Date
	for _, a := range alternatives {
		prefix, text := prefixed(a)
		if !strings.Contains(prefixes, prefix) || strings.Contains(prefix, " ") {
			return failed(fhir.CodeNotSupported, "The parameter %s takes the prefixes %s", param.Name, strings.ReplaceAll(prefixes, " ", ", "))
		}
		t, w, err := p.operand(param, prefix, text)
		if err != nil {
			return err
		}
		tests.Tests = append(tests.Tests, t)
		r, same, ok := reach(t, w)
		ranges.Ranges = append(ranges.Ranges, r)
		exact, driven = exact && same, driven && ok
	}
	if driven {
		p.narrow(param, ranges)
	}
	if !driven || !exact {
		p.query.All = append(p.query.All, tests)
	}
	return nil
}

// narrow adds a condition on ranges. Where a resource has at most one value, the ranges of repeated conditions are one.
func (p *parser) narrow(param *Param, m Match) {
	for i, have := range p.query.All {
		if !param.single || have.Param != m.Param || len(have.Ranges) != 1 || len(m.Ranges) != 1 {
			continue
		}
		r := &p.query.All[i].Ranges[0]
		r.From = max(r.From, m.Ranges[0].From)
		if to := m.Ranges[0].To; to != "" && (r.To == "" || to < r.To) {
			r.To = to
		}
		if r.To != "" && r.From >= r.To {
			p.query.Nothing = true
		}
		return
	}
	p.query.All = append(p.query.All, m)
}

// operand reads what a value is compared with. Early is how far before the test's bounds a value that passes it may begin, as text.
func (p *parser) operand(param *Param, prefix, text string) (t Test, early func(string) string, err *fhir.Issue) {
	switch param.Kind {
	case Date:
		return p.date(param, prefix, text)
	case Number:
		lo, hi, ok := measure(prefix, text)
		if !ok {
			return t, nil, failed(fhir.CodeInvalid, "The parameter %s must be a number, such as 5, ge5.40 or 1e-3", param.Name)
		}
		return Test{Op: prefix, Lo: lo, Hi: hi}, nil, nil
	}
	amount, unit, _ := cut(text)
	lo, hi, ok := measure(prefix, amount)
	if !ok {
		return t, nil, failed(fhir.CodeInvalid, "The parameter %s must be number, number|system|code or number||unit, such as ge5.4|http://unitsofmeasure.org|mg", param.Name)
	}
	system, code, barred := cut(unit)
	if !barred {
		system, code = "", unit
	}
	lead := escape(unescape(code))
	if system != "" {
		lead = escape(unescape(system)) + "|" + lead
	}
	return Test{Op: prefix, Lead: lead, Lo: lo, Hi: hi}, nil, nil
}

// DateTime reads a date as it arrives in an address: many clients do not encode the plus sign of a zone, and a query makes a blank of it.
func DateTime(text string) (fhir.DateTime, bool) {
	return fhir.ParseDateTime(strings.Replace(text, " ", "+", 1))
}

// date reads a date. For ap it is taken longer on both sides by itself, at least by a day.
//
// Source: FHIR R4, search.html, Date
// Source: local, how near "approximately" is
func (p *parser) date(param *Param, prefix, text string) (Test, func(string) string, *fhir.Issue) {
	d, ok := DateTime(text)
	if !ok {
		return Test{}, nil, failed(fhir.CodeInvalid, "The parameter %s must be a date of the calendar or a time, such as 2026-03-01, ge2026-03 or lt2026-03-01T09:00:00Z", param.Name)
	}
	start, end := d.Start(p.opt.Zone), d.End(p.opt.Zone)
	if prefix == "ap" {
		near := max(end.Sub(start), 24*time.Hour)
		start, end = start.Add(-near), end.Add(near)
	}
	width := param.width
	early := func(at string) string {
		if width == 0 {
			return ""
		}
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return ""
		}
		return moment(time.UnixMilli(ms + yearOne).Add(-width))
	}
	return Test{Op: prefix, Lo: moment(start), Hi: moment(end)}, early, nil
}

// reach gives the range of text that holds every value that passes a test. It is the same as the test where nothing else is in it, and not ok where it would
// be no help.
func reach(t Test, early func(string) string) (r Range, same, ok bool) {
	if early == nil {
		return Range{}, false, false
	}
	switch t.Op {
	case "lt":
		return Range{"", t.Lo}, true, true
	case "eb":
		return Range{"", t.Lo}, false, true
	case "le":
		return Range{"", t.Hi}, false, true
	case "sa":
		return Range{t.Hi, ""}, true, true
	case "eq":
		return Range{t.Lo, t.Hi}, false, true
	case "gt":
		r.From = early(t.Hi)
	case "ge":
		r.From = min(early(t.Hi), t.Lo)
	case "ap":
		r.From, r.To = early(t.Lo), t.Hi
	}
	return r, false, r.From != ""
}
