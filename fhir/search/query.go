package search

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"warmhandoff/fhir"
)

// The limits of one search.
const (
	DefaultCount = 50   // resources on a page when nothing else is asked: large, because common clients never ask for a second page
	MaxCount     = 1000 // more is cut down to this
	MaxValues    = 64   // values of one parameter
	MaxIDs       = 500  // values of _id
	maxMatches   = 32   // conditions in one search
	maxTotal     = 2000 // values in one search, after bare ids became one for each type
)

// Options are what Parse is told beside the search string.
type Options struct {
	Base   string         // our own FHIR base URL without a slash at the end, "" for none: references below it are relative ones
	Zone   *time.Location // for dates without one; nil is UTC
	Strict bool           // parameters that are not known are errors, not warnings
}

// Parse reads the parameters of a search on one type. Issues that are errors mean that the search must be refused; warnings name what was
// ignored. Self holds what was understood, and only that.
//
// Lists separated by commas are alternatives, repeated parameters must all hold. Modifiers: not (token), missing, identifier and a type name
// (reference). A parameter that is not known is ignored; a modifier or a prefix that is not known is an error, because ignoring it would turn
// the question round.
//
// Source: FHIR R4, search.html
// Source: local, limits of values and page size
func Parse(typ string, q url.Values, opt Options) (Query, []fhir.Issue) {
	p := parser{opt: opt, plan: planOf(typ), query: Query{Type: typ, Count: DefaultCount, Self: url.Values{}}}
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := p.parameter(name, q[name]); err != nil {
			p.issues = append(p.issues, *err)
		}
	}
	p.issues = append(p.issues, p.query.tooMuch()...)
	p.query.All = p.plan.combine(p.query.All)
	if !p.query.From.IsZero() && !p.query.To.IsZero() && !p.query.From.Before(p.query.To) {
		p.query.Nothing = true
	}
	return p.query, p.issues
}

// tooMuch refuses a search that would ask more of the store than anybody needs.
func (q *Query) tooMuch() []fhir.Issue {
	if len(q.All) > maxMatches {
		return []fhir.Issue{*failed(fhir.CodeTooCostly, "a search may have at most %d conditions", maxMatches)}
	}
	total := 0
	for _, m := range q.All {
		total += len(m.Values) + len(m.Prefixes)
	}
	if total > maxTotal {
		return []fhir.Issue{*failed(fhir.CodeTooCostly, "this search has too many values; write references with their type")}
	}
	return nil
}

// ParseCondition reads a search that picks one resource: the condition of a conditional create, update or delete, or of a conditional reference.
// It must name at least one condition, and everything in it must be understood. Key is the same for searches that differ only in order or
// encoding.
//
// Source: FHIR R4, http.html, conditional create, update and delete
func ParseCondition(typ, query string, opt Options) (q Query, key string, issues []fhir.Issue) {
	values, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
	if err != nil {
		return Query{}, "", []fhir.Issue{*failed(fhir.CodeInvalid, "the condition is not a well-formed search string")}
	}
	for name := range values {
		if slices.Contains(resultNames, name) {
			issues = append(issues, *failed(fhir.CodeInvalid, "%s shapes a result and cannot be part of a condition", name))
		}
	}
	opt.Strict = true
	q, more := Parse(typ, values, opt)
	issues = append(issues, more...)
	if !fhir.Refused(issues) && q.Unfiltered() {
		issues = append(issues, *failed(fhir.CodeInvalid, "a condition must name at least one search parameter with a value"))
	}
	for _, v := range q.Self {
		slices.Sort(v)
	}
	return q, typ + "?" + q.Self.Encode(), issues
}

// resultNames are the parameters that shape the answer and pick nothing.
var resultNames = []string{"_count", "_sort", "_total", "_summary", "_format", "_pretty"}

type parser struct {
	opt    Options
	plan   *plan
	query  Query
	issues []fhir.Issue
}

// parameter reads all values of one parameter; it gives the reason for refusal, nil if there is none.
func (p *parser) parameter(name string, values []string) *fhir.Issue {
	for _, v := range values {
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return failed(fhir.CodeInvalid, "a value of %s is not valid text", name)
		}
	}
	switch name {
	case "_id":
		return p.ids(values)
	case "_lastUpdated":
		return p.updated(values)
	case "_sort":
		return p.sort(values)
	case "_count":
		return p.count(values)
	case "_total":
		return p.total(values)
	case "_summary":
		return p.summary(values)
	case "_format", "_pretty":
		p.query.Self[name] = values
		return nil
	}
	plain, modifier, _ := strings.Cut(name, ":")
	param := p.plan.find(plain)
	if param == nil || strings.Contains(modifier, ".") { // a chain is a parameter that we do not have, not a modifier
		return p.unknown(name)
	}
	for _, v := range values {
		if v == "" {
			if err := p.ignored(name + " has no value"); err != nil {
				return err
			}
			continue
		}
		if err := p.condition(param, modifier, v); err != nil {
			return err
		}
		p.query.Self.Add(name, v)
	}
	return nil
}

func (p *parser) unknown(name string) *fhir.Issue {
	known := make([]string, 0, len(p.plan.params)+2)
	known = append(known, "_id", "_lastUpdated")
	for _, q := range p.plan.params {
		known = append(known, q.Name)
	}
	text := fmt.Sprintf("%s is not a search parameter of %s here; known are: %s", name, p.query.Type, strings.Join(known, ", "))
	if p.opt.Strict {
		return failed(fhir.CodeNotSupported, "%s", text)
	}
	p.issues = append(p.issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeNotSupported, Text: clipWords(text) + " (ignored)"})
	return nil
}

func (p *parser) warn(format string, args ...any) {
	i := failed(fhir.CodeNotSupported, format, args...)
	i.Severity = fhir.Warning
	p.issues = append(p.issues, *i)
}

// condition adds the match of one parameter with one list of alternatives.
func (p *parser) condition(param *Param, modifier, list string) *fhir.Issue {
	m := Match{Param: param.Terms}
	alternatives := split(list)
	if len(alternatives) > MaxValues {
		return failed(fhir.CodeTooCostly, "%s has %d values; at most %d are allowed", param.Name, len(alternatives), MaxValues)
	}
	if modifier == "missing" {
		return p.missing(param, alternatives)
	}
	if modifier == "not" && param.Kind == Token {
		m.Not, modifier = true, ""
	}
	if modifier != "" && (param.Kind != Reference || modifier != "identifier" && !fhir.IsResourceType(modifier)) {
		return failed(fhir.CodeNotSupported, "the modifier after %s is not supported for a %s", param.Name, param.Kind)
	}
	whole := false // one alternative is satisfied by any value
	for _, a := range alternatives {
		whole = param.alternative(&m, modifier, a, p.opt.Base) || whole
	}
	if whole {
		m.Values, m.Prefixes = nil, nil
	}
	p.query.All = append(p.query.All, m)
	return nil
}

// missing asks for presence. Where a parameter is about one type of target only and shares its terms, references to other servers and logical
// ones count as such a target: what they name cannot be known.
func (p *parser) missing(param *Param, values []string) *fhir.Issue {
	if len(values) != 1 || values[0] != "true" && values[0] != "false" {
		return failed(fhir.CodeInvalid, "%s:missing must be true or false", param.Name)
	}
	m := Match{Param: param.Terms, Not: values[0] == "true"}
	if param.Only != "" && param.shared {
		m.Prefixes = []string{param.Only + "/", "http://", "https://", "id:"}
	}
	p.query.All = append(p.query.All, m)
	return nil
}

func failed(code fhir.Code, format string, args ...any) *fhir.Issue {
	return &fhir.Issue{Severity: fhir.Error, Code: code, Text: clipWords(fmt.Sprintf(format, args...))}
}

// clipWords bounds a text that quotes a parameter's name.
func clipWords(s string) string {
	if len(s) > 1200 {
		s = s[:1200] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// split cuts a list at its commas, respecting escaped ones. Escapes stay; see unescape.
func split(list string) []string {
	var out []string
	from := 0
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '\\':
			i++
		case ',':
			out, from = append(out, list[from:i]), i+1
		}
	}
	return append(out, list[from:])
}

// cut cuts a token at its first bar that is not escaped.
func cut(s string) (before, after string, found bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '|':
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// unescape takes the backslashes away that stand before a comma, a bar, a dollar or another backslash.
//
// Source: FHIR R4, search.html, Escaping Search Parameters
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`,|$\`, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// combine puts two conditions that are kept as a pair into one.
func (p *plan) combine(all []Match) []Match {
	for _, c := range p.pairs {
		i, j := simple(all, c.first), simple(all, c.second)
		if i < 0 || j < 0 || len(all[i].Values)*len(all[j].Values) > MaxValues {
			continue
		}
		m := Match{Param: c.terms}
		for _, a := range all[i].Values {
			for _, b := range all[j].Values {
				m.Values = append(m.Values, both(a, b))
			}
		}
		all = slices.Delete(slices.Delete(all, max(i, j), max(i, j)+1), min(i, j), min(i, j)+1)
		all = slices.Insert(all, 0, m)
	}
	return all
}

// simple finds the only condition on a parameter, if it names values and nothing else; -1 otherwise.
func simple(all []Match, param string) int {
	at := -1
	for i, m := range all {
		if m.Param != param {
			continue
		}
		if at >= 0 || m.Not || len(m.Prefixes) > 0 || len(m.Values) == 0 {
			return -1
		}
		at = i
	}
	return at
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
