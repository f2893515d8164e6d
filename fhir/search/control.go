package search

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"warmhandoff/fhir"
)

// updated reads _lastUpdated: a date with one of the prefixes eq (or none), lt, le, gt, ge, sa, eb. Repeated ones must all hold.
//
// Source: FHIR R4, search.html, Prefixes; Date
func (p *parser) updated(v string) *fhir.Issue {
	prefix, text := prefixed(v)
	d, ok := DateTime(text)
	if !ok {
		return failed(fhir.CodeInvalid, "_lastUpdated must be one date or instant, such as ge2026-03-01 or lt2026-03-01T09:00:00Z")
	}
	start, end := d.Start(p.opt.Zone), d.End(p.opt.Zone)
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

// maxKeys is how many rules an order may have.
const maxKeys = 8

// sort reads _sort: names of parameters, with a hyphen for descending. By lastUpdated no two resources share a place, so that further rules change
// nothing. Newest first is also the order when nothing is asked.
//
// Source: FHIR R4, search.html, Sorting
func (p *parser) sort(values []string) *fhir.Issue {
	var keys []SortKey
	var self []string
	for _, rule := range strings.Split(last(values), ",") {
		if rule == "" {
			continue
		}
		name, down := strings.CutPrefix(rule, "-")
		key, ok := p.sortKey(name)
		if !ok {
			if err := p.ignored("_sort by one of these rules is not possible; known are _id, _lastUpdated and the search parameters of the type"); err != nil {
				return err
			}
			continue
		}
		key.Descending = down
		if len(keys) == 0 || keys[len(keys)-1].Param != "" {
			keys = append(keys, key)
		}
		self = append(self, rule)
	}
	if len(keys) > maxKeys {
		return failed(fhir.CodeTooCostly, "_sort may have at most %d rules", maxKeys)
	}
	if len(self) > 0 {
		p.query.Self.Set("_sort", strings.Join(self, ","))
	}
	if len(keys) == 1 && keys[0].Param == "" {
		p.query.Ascending, keys = !keys[0].Descending, nil
	}
	p.query.Sort = keys
	return nil
}

func (p *parser) sortKey(name string) (SortKey, bool) {
	switch name {
	case "_lastUpdated":
		return SortKey{Kind: Date}, true
	case "_id":
		return SortKey{Param: "_id", Kind: Token}, true
	}
	q := p.plan.find(name)
	if q == nil {
		return SortKey{}, false
	}
	return SortKey{Param: q.Terms, Kind: q.Kind, Loose: q.Loose}, true
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

// summary reads _summary. Count changes what is searched, the rest how resources are shown.
//
// Source: FHIR R4, search.html, Summary
func (p *parser) summary(values []string) *fhir.Issue {
	v := last(values)
	switch v {
	case "count":
		p.query.Count, p.query.Total = 0, true
	case "true", "text", "data":
		if p.query.Elements != nil {
			return p.ignored("_summary and _elements exclude each other; _elements was followed")
		}
		p.query.Summary = v
	case "false":
	default:
		return failed(fhir.CodeInvalid, "_summary must be true, text, data, count or false")
	}
	p.query.Self.Set("_summary", v)
	return nil
}

// elements reads _elements: names of elements at the top of the resource, with or without the type in front.
//
// Source: FHIR R4, search.html, Elements
func (p *parser) elements(values []string) *fhir.Issue {
	var names, self []string
	for _, name := range strings.Split(strings.Join(values, ","), ",") {
		plain := strings.TrimPrefix(strings.TrimSpace(name), p.query.Type+".")
		if plain == "" {
			continue
		}
		if !p.hasElement(plain) {
			if err := p.ignored("_elements names something that is no element at the top of the resource"); err != nil {
				return err
			}
			continue
		}
		if !slices.Contains(names, plain) {
			names, self = append(names, plain), append(self, name)
		}
	}
	if names != nil {
		p.query.Elements = names
		p.query.Self.Set("_elements", strings.Join(self, ","))
	}
	return nil
}

func (p *parser) hasElement(name string) bool {
	typ := p.query.Type
	if typ == "" {
		typ = "DomainResource"
	}
	t, ok := fhir.LookupType(typ)
	if !ok {
		return false
	}
	_, ok = t.Element(name)
	return ok
}

// types reads _type, the types that a search on the whole system is about.
//
// Source: FHIR R4, http.html, search
func (p *parser) types(values []string) *fhir.Issue {
	for _, name := range strings.Split(strings.Join(values, ","), ",") {
		switch {
		case name == "" || slices.Contains(p.query.Types, name):
		case !fhir.IsResourceType(name):
			return failed(fhir.CodeInvalid, "_type must name types of resources, such as Task,ServiceRequest")
		default:
			p.query.Types = append(p.query.Types, name)
		}
	}
	if p.query.Types != nil {
		p.query.Self.Set("_type", strings.Join(p.query.Types, ","))
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

func (p *parser) count(values []string) *fhir.Issue {
	n, err := strconv.Atoi(last(values))
	if err != nil && len(last(values)) > 9 && strings.Trim(last(values), "0123456789") == "" {
		n, err = MaxCount, nil
	}
	if err != nil || n < 0 {
		return failed(fhir.CodeInvalid, "_count must be a whole number, 0 or more")
	}
	p.query.Count = min(n, MaxCount)
	if p.query.Count == 0 {
		p.query.Total = true
	}
	p.query.Self.Set("_count", strconv.Itoa(p.query.Count))
	return nil
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}
