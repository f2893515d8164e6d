package search

import (
	"strings"
	"time"

	"warmhandoff/fhir"
)

// updated reads _lastUpdated: a date with one of the prefixes eq (or none), lt, le, gt, ge, sa, eb. Repeated ones must all hold.
//
// Source: FHIR R4, search.html, Prefixes; Date
func (p *parser) updated(values []string) *fhir.Issue {
	for _, v := range values {
		prefix, text := "eq", v
		if len(v) > 2 && v[0] >= 'a' && v[0] <= 'z' {
			prefix, text = v[:2], v[2:]
		}
		d, ok := fhir.ParseDateTime(text)
		if !ok {
			return failed(fhir.CodeInvalid, "_lastUpdated must be one date or instant, such as ge2026-03-01 or lt2026-03-01T09:00:00Z")
		}
		zone := p.opt.Zone
		if zone == nil {
			zone = time.UTC
		}
		start, end := d.Start(zone).UTC(), d.End(zone).UTC()
		switch prefix {
		case "eq":
			p.from(start)
			p.to(end)
		case "ge":
			p.from(start)
		case "gt", "sa":
			p.from(end)
		case "lt", "eb":
			p.to(start)
		case "le":
			p.to(end)
		default:
			return failed(fhir.CodeNotSupported, "_lastUpdated takes the prefixes eq, lt, le, gt, ge, sa and eb")
		}
		p.query.Self.Add("_lastUpdated", v)
	}
	return nil
}

func (p *parser) from(t time.Time) {
	if t.After(p.query.From) {
		p.query.From = t
	}
}

func (p *parser) to(t time.Time) {
	if p.query.To.IsZero() || t.Before(p.query.To) {
		p.query.To = t
	}
}

// sort reads _sort. Only the order of lastUpdated is kept in the index; newest first is also the order when nothing is asked.
//
// Source: FHIR R4, search.html, Sorting
func (p *parser) sort(values []string) *fhir.Issue {
	first, rest, _ := strings.Cut(last(values), ",")
	switch first {
	case "-_lastUpdated":
	case "_lastUpdated":
		p.query.Ascending = true
	case "":
		return nil
	default:
		return p.ignored("_sort by this is not supported; known are: -_lastUpdated, _lastUpdated")
	}
	p.query.Self.Set("_sort", first)
	if rest != "" {
		return p.ignored("only the first rule of _sort was followed: no two resources share a place by lastUpdated")
	}
	return nil
}

// total reads _total. An estimate is given as an accurate count.
//
// Source: FHIR R4, search.html, Total
func (p *parser) total(values []string) *fhir.Issue {
	switch v := last(values); v {
	case "accurate", "estimate":
		p.query.Total = true
		p.query.Self.Set("_total", v)
	case "none":
		p.query.Self.Set("_total", v)
	default:
		return failed(fhir.CodeInvalid, "_total must be none, estimate or accurate")
	}
	return nil
}

// summary reads _summary. Only count changes what is searched; the rest would change how resources are shown.
//
// Source: FHIR R4, search.html, Summary
func (p *parser) summary(values []string) *fhir.Issue {
	switch v := last(values); v {
	case "count":
		p.query.Count, p.query.Total = 0, true
		p.query.Self.Set("_summary", v)
	case "false":
		p.query.Self.Set("_summary", v)
	case "true", "text", "data":
		return p.ignored("_summary is only supported as count or false; whole resources are given")
	default:
		return failed(fhir.CodeInvalid, "_summary must be true, text, data, count or false")
	}
	return nil
}

// ignored warns of what was not followed, or refuses it when the caller asked for strictness.
func (p *parser) ignored(text string) *fhir.Issue {
	if p.opt.Strict {
		return failed(fhir.CodeNotSupported, "%s", text)
	}
	p.warn("%s (ignored)", text)
	return nil
}
