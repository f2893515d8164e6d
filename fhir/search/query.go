package search

import (
	"fmt"
	"net/url"
	"slices"
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
	maxEnds      = 64   // searches inside one search, after chains without a type became one for each

	// Parameters, each as often as it stands there: four times as many as can be followed, so that a search with others beside them is still read.
	maxParameters = 4 * maxMatches
	// Bytes of names and values: maxTotal references of the greatest length, with a base in front. Whatever of a search is told again, in links and
	// warnings, is told out of this much.
	maxText = 256 << 10
)

// Options are what Parse and Terms are told beside their input.
type Options struct {
	Base   string         // our own FHIR base URL without a slash at the end, "" for none: references below it are relative ones
	Zone   *time.Location // for dates without one; nil is UTC
	Strict bool           // parameters that are not known are errors, not warnings

	// Types gives the types of which there are resources, where it is worth asking: a bare id names a resource that is here, so of a parameter that
	// may name any type these are looked for, and those that referrals are made of, which may come yet. Nil is all types.
	Types func() []string
}

// Parse reads the parameters of a search on one type, or of a search on several where typ is "". Issues that are errors mean that the search must
// be refused; warnings name what was ignored. Self holds what was understood, and only that.
//
// Lists separated by commas are alternatives, repeated parameters must all hold. A parameter that is not known is ignored; a modifier or a prefix
// that is not known is an error, because ignoring it would turn the question round. Of several types, only the parameters that every type has
// can be searched.
//
// Source: FHIR R4, search.html
// Source: local, limits of values and page size
func Parse(typ string, q url.Values, opt Options) (Query, []fhir.Issue) {
	p := parser{opt: opt, plan: planOf(typ), query: Query{Type: typ, Count: DefaultCount, Self: url.Values{}}}
	if err := tooLong(q); err != nil {
		return p.query, []fhir.Issue{*err}
	}
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
	p.finish()
	if err := p.query.tooMuch(); err != nil {
		p.issues = append(p.issues, *err)
	}
	return p.query, p.issues
}

// tooLong refuses what is longer than any search that can be followed, before anything of it is looked at.
func tooLong(q url.Values) *fhir.Issue {
	parameters, text := 0, 0
	for name, values := range q {
		parameters += len(values)
		for _, v := range values {
			text += len(name) + len(v)
		}
	}
	switch {
	case parameters > maxParameters:
		return failed(fhir.CodeTooCostly, "A search may have at most %d parameters, and this one has %d: search for less at once", maxParameters, parameters)
	case text > maxText:
		return failed(fhir.CodeTooCostly, "The parameters of a search may have %d bytes together, and these have %d: search for less at once", maxText, text)
	}
	return nil
}

// finish makes conditions that are kept together one, and sees where nothing can be found.
func (p *parser) finish() {
	p.query.All = p.plan.combine(p.query.All)
	if !p.query.From.IsZero() && !p.query.To.IsZero() && !p.query.From.Before(p.query.To) {
		p.query.Nothing = true
	}
}

// tooMuch refuses a search that would ask more of the store than anybody needs.
func (q *Query) tooMuch() *fhir.Issue {
	switch n := q.size(); {
	case n.conditions > maxMatches:
		return failed(fhir.CodeTooCostly, "A search may have at most %d conditions", maxMatches)
	case n.ends > maxEnds:
		return failed(fhir.CodeTooCostly, "These chains lead to too many types; name the type of what a reference names, as in owner:Organization.name")
	case n.values > maxTotal:
		return failed(fhir.CodeTooCostly, "This search has too many values; write references with their type")
	}
	return nil
}

// size is how much a search asks, with all searches inside it.
type size struct{ conditions, values, ends int }

func (q *Query) size() size {
	n := size{conditions: len(q.All), values: len(q.IDs)}
	for _, m := range q.All {
		n.values += len(m.Values) + len(m.Prefixes) + len(m.Ranges) + len(m.Tests)
	}
	for _, c := range q.Chains {
		most := 0 // each query of a chain asks the same of another type
		for _, in := range c.Queries {
			its := in.size()
			most = max(most, its.conditions)
			n.values, n.ends = n.values+its.values, n.ends+its.ends+1
		}
		n.conditions += most
	}
	for _, h := range q.Has {
		its := h.Query.size()
		n.conditions, n.values, n.ends = n.conditions+its.conditions, n.values+its.values, n.ends+its.ends+1
	}
	return n
}

// ParseCondition reads a search that picks one resource: the condition of a conditional create, update or delete, or of a conditional reference.
// It must name at least one condition, and everything in it must be understood. Key is the same for searches that differ only in order or
// encoding.
//
// Source: FHIR R4, http.html, conditional create, update and delete
func ParseCondition(typ, query string, opt Options) (q Query, key string, issues []fhir.Issue) {
	values, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
	if err != nil {
		return Query{}, "", []fhir.Issue{*failed(fhir.CodeInvalid, "The condition is not a well-formed search string")}
	}
	for name := range values {
		if plain, _, _ := strings.Cut(name, ":"); slices.Contains(resultNames, plain) {
			issues = append(issues, *failed(fhir.CodeInvalid, "The parameter %s shapes a result and cannot be part of a condition", name))
		}
	}
	opt.Strict = true
	q, more := Parse(typ, values, opt)
	issues = append(issues, more...)
	if !fhir.Refused(issues) && q.Unfiltered() {
		issues = append(issues, *failed(fhir.CodeInvalid, "A condition must name at least one search parameter with a value"))
	}
	for _, v := range q.Self {
		slices.Sort(v)
	}
	return q, typ + "?" + q.Self.Encode(), issues
}

// resultNames are the parameters that shape the answer and pick nothing.
var resultNames = []string{"_count", "_sort", "_total", "_summary", "_elements", "_include", "_revinclude", "_format", "_pretty"}

type parser struct {
	opt    Options
	plan   *plan
	query  Query
	issues []fhir.Issue
	depth  int    // how many searches this one is inside of
	asked  string // the control that is being read, as it was written
}

// controls are the parameters that are no conditions on terms.
var controls = map[string]func(*parser, []string) *fhir.Issue{
	"_sort": (*parser).sort, "_count": (*parser).count, "_total": (*parser).total, "_summary": (*parser).summary, "_elements": (*parser).elements,
	"_include": include{}.parse, "_include:iterate": include{iterate: true}.parse, "_include:recurse": include{iterate: true}.parse,
	"_revinclude": include{reverse: true}.parse, "_revinclude:iterate": include{reverse: true, iterate: true}.parse,
	"_revinclude:recurse": include{reverse: true, iterate: true}.parse,
}

// parameter reads all values of one parameter; it gives the reason for refusal, nil if there is none.
func (p *parser) parameter(name string, values []string) *fhir.Issue {
	for _, v := range values {
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return failed(fhir.CodeInvalid, "A value of %s is not valid text", name)
		}
	}
	if control := controls[name]; control != nil {
		p.asked = name
		return control(p, values)
	}
	switch {
	case name == "_format" || name == "_pretty":
		p.query.Self[name] = values
		return nil
	case name == "_type" && p.query.Type == "":
		return p.types(values)
	}
	for _, v := range values {
		if v == "" {
			if err := p.ignored("The parameter " + name + " has no value"); err != nil {
				return err
			}
			continue
		}
		known, err := p.filter(name, v)
		if err != nil {
			return err
		}
		if !known {
			return p.unknown(name)
		}
		p.query.Self.Add(name, v)
	}
	return nil
}

// filter adds the condition of one value of one parameter. It reports whether the parameter is known.
func (p *parser) filter(name, v string) (known bool, err *fhir.Issue) {
	if len(p.query.All)+len(p.query.Chains)+len(p.query.Has) > 2*maxMatches { // a condition may be kept as two
		return true, failed(fhir.CodeTooCostly, "A search may have at most %d conditions", maxMatches)
	}
	switch {
	case name == "_id":
		return true, p.ids(v)
	case name == "_lastUpdated":
		return true, p.updated(v)
	case strings.HasPrefix(name, "_has:"):
		return p.has(name, v)
	}
	if head, rest, chained := strings.Cut(name, "."); chained {
		return p.chain(head, rest, v)
	}
	plain, modifier, _ := strings.Cut(name, ":")
	param := p.plan.find(plain)
	if param == nil {
		return false, nil
	}
	return true, p.condition(param, modifier, v)
}

func (p *parser) unknown(name string) *fhir.Issue {
	known := make([]string, 0, len(p.plan.params)+2)
	known = append(known, "_id", "_lastUpdated")
	for _, q := range p.plan.params {
		known = append(known, q.Name)
	}
	text := fmt.Sprintf("The name %s is not a search parameter of %s here; known are: %s", name, p.query.Type, strings.Join(known, ", "))
	if p.opt.Strict {
		return failed(fhir.CodeNotSupported, "%s", text)
	}
	p.issues = append(p.issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeNotSupported, Text: clipWords(text) + " (ignored)."})
	return nil
}

// warn warns, once, of what was ignored.
func (p *parser) warn(format string, args ...any) { p.once(fhir.CodeNotSupported, format, args...) }

// once adds a warning, unless it was said.
func (p *parser) once(code fhir.Code, format string, args ...any) {
	i := failed(code, format, args...)
	i.Severity = fhir.Warning
	if !slices.Contains(p.issues, *i) {
		p.issues = append(p.issues, *i)
	}
}

// mostOfAnyType is how many bare ids are looked for as ids of every type.
const mostOfAnyType = 8

// ofAnyType gives a parameter under which bare ids are those of every type, where there are few of them. Of many it warns that they are looked for as those of
// some types.
//
// Source: FHIR R4, search.html, Reference ([id]: a resource on the same server)
func (p *parser) ofAnyType(param *Param, alternatives []string) *Param {
	n := 0
	for _, a := range alternatives {
		if untyped(a) {
			n++
		}
	}
	switch {
	case n == 0:
	case n <= mostOfAnyType:
		wide := *param
		if wide.Targets = everyType(); p.opt.Types != nil {
			wide.Targets = slices.Concat(param.Targets, p.opt.Types())
			slices.Sort(wide.Targets)
			wide.Targets = slices.Compact(wide.Targets)
		}
		return &wide
	default:
		p.partly("%s may name any type of resource; of more than %d ids without a type only those of %s were looked for; write Type/id", param.Name, mostOfAnyType,
			strings.Join(param.Targets, ", "))
	}
	return param
}

// partly warns, once, of what was followed only in part.
func (p *parser) partly(format string, args ...any) { p.once(fhir.CodeIncomplete, format, args...) }

// modifiers are those that a kind takes, beside missing and, for references, the names of types.
//
// Source: FHIR R4, search.html, Modifiers
var modifiers = map[Kind]string{
	Token: "not of-type", Reference: "identifier", URI: "below above", String: "exact contains",
}

// condition adds the match of one parameter with one list of alternatives.
func (p *parser) condition(param *Param, modifier, list string) *fhir.Issue {
	alternatives := split(list)
	if len(alternatives) > MaxValues {
		return failed(fhir.CodeTooCostly, "The parameter %s has %d values; at most %d are allowed", param.Name, len(alternatives), MaxValues)
	}
	if modifier == "missing" {
		return p.missing(param, alternatives)
	}
	typed := param.Kind == Reference && fhir.IsResourceType(modifier)
	if modifier != "" && !typed && !slices.Contains(strings.Fields(modifiers[param.Kind]), modifier) {
		return failed(fhir.CodeNotSupported, "The parameter %s is a %s and takes the modifiers %s; it cannot be searched with another one", param.Name, param.Kind,
			strings.Join(append(strings.Fields(modifiers[param.Kind]), "missing"), ", "))
	}
	switch param.Kind {
	case Date, Number, Quantity:
		return p.compare(param, alternatives)
	case String:
		return p.texts(param, modifier, alternatives)
	}
	if modifier == "of-type" {
		return p.ofType(param, alternatives)
	}
	m := Match{Param: param.Terms, Not: modifier == "not", Loose: param.Loose}
	if param.any && modifier == "" {
		param = p.ofAnyType(param, alternatives)
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
		return failed(fhir.CodeInvalid, "The parameter %s:missing must be true or false", param.Name)
	}
	m := Match{Param: param.Terms, Not: values[0] == "true", Loose: param.Loose}
	if param.Only != "" && param.shared {
		m.Prefixes = []string{param.Only + "/", "http://", "https://", "id:"}
	}
	p.query.All = append(p.query.All, m)
	return nil
}

// failed makes the issue of one sentence, which comes without its stop.
func failed(code fhir.Code, format string, args ...any) *fhir.Issue {
	return &fhir.Issue{Severity: fhir.Error, Code: code, Text: clipWords(fmt.Sprintf(format, args...)) + "."}
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
