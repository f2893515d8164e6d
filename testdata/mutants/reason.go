package mutants

import (
	"slices"
	"strings"
)

// Reason is why we say something else than HAPI's validator of mutants that were made in a certain way.
type Reason struct {
	Kind    string
	Changes []string // as Mutant.Change has them
	OnlyWe  bool     // we object, and HAPI's does not
	Failed  bool     // HAPI's breaks down
	Ruling  bool     // we refuse because ruling 44 has it so
	Theirs  string   // what HAPI's says
	Ours    string   // what we say
	Why     string
}

// Reasons are all there are. A test sees to it that each difference has one, and each of them a difference.
var Reasons = []Reason{
	{
		Kind: "malformed reference", OnlyWe: true, Ruling: true,
		Changes: []string{
			"a type alone", "a type and a slash", "a slash in front", "a slash behind", "three parts", "a type in another case", "a type that R4 lacks", "an id alone",
			"an underscore in the id", "an id of 65 characters", "an id that is a dot", "an id that is two dots", "an id with a percent", "an id with a colon",
			"an id with a pipe", "a history without a version", "a history with an empty version", "a history in another case", "a query behind an id",
			"a UUID without its prefix", "dots in front", "a dot in front", "a base without a scheme", "a backslash", "a literal of two", "an operation",
		},
		Theirs: "nothing: it cannot resolve the reference, and lets be what it cannot resolve", Ours: "no reference; write Type/id …",
		Why: "ruling 44: a relative reference is Type/id, Type/id/_history/v or #id with a type of R4. Nothing will ever answer to these, so the referral would wait for a target that cannot come",
	},
	{
		Kind: "malformed reference", Changes: []string{"a URL of no server"}, Failed: true,
		Theirs: "an exception, String index out of range", Ours: "nothing", Why: "an absolute URL is allowed, whatever answers there; the program itself fails",
	},
	{
		Kind: "empty value", Changes: []string{"an object with an id alone"}, OnlyWe: true, Ruling: true,
		Theirs: "nothing", Ours: "nothing here but an id (ele-1)", Why: "ruling 44 refuses by ele-1; the published rule is broken, and HAPI's does not evaluate it of objects",
	},
	{
		Kind: "empty value", Changes: []string{"an empty array"}, OnlyWe: true,
		Theirs: "nothing", Ours: "an array must not be empty", Why: "json.html forbids it; HAPI's overlooks it where the items are codes without extensions, and rejects it elsewhere",
	},
	{
		Kind: "empty value", Changes: []string{"white space for a date"}, Failed: true,
		Theirs: "per-1 of the Period, by a NullPointerException; where no Period is around, a warning", Ours: "a warning", Why: "the program itself fails over the comparison",
	},
	{
		Kind: "bad extension", Changes: []string{"of R4 where it may not stand", "of R4 with a value of another type"},
		Theirs: "the extension is not allowed here, or not with this type", Ours: "nothing",
		Why: "it holds the definitions of R4's extensions, and we hold none: what an extension means to others changes nothing of ours",
	},
	{
		Kind: "bad extension", Changes: []string{"of another type of a choice than the value"}, OnlyWe: true,
		Theirs: "nothing where the value would do for the other type, and an error of its form elsewhere", Ours: "the extensions do not belong to the value",
		Why: "formats.html#choice: one type, of value and extensions together; HAPI's takes the name of the extensions for that of the value",
	},
	{
		Kind: "bad narrative", OnlyWe: true, Ruling: true,
		Changes: []string{
			"a comment with two hyphens", "a control character", "a declaration", "a div that does not close", "a number of no character", "an XML declaration",
			"an attribute twice", "an attribute without a value", "an attribute without quotes", "an instruction", "text behind", "two divs",
		},
		Theirs: "nothing: its parser of XHTML is a lenient one", Ours: "not well-formed XHTML, and why",
		Why: "ruling 44 refuses what is ill-formed: no XML parser reads it, so it cannot be sent on in XML",
	},
	{
		Kind: "bad narrative", Changes: []string{"a link of data", "a style that runs"}, OnlyWe: true, Ruling: true,
		Theirs: "nothing", Ours: "what a browser would run (txt-1)", Why: "ruling 44 refuses what is active",
	},
	{
		Kind: "bad narrative", Changes: []string{"a prefix"}, OnlyWe: true,
		Theirs: "nothing", Ours: "a narrative is XHTML in one div element",
		Why: "in JSON the div is read by programs that look for <div; in XML the prefix is taken off on the way in",
	},
	{
		Kind: "bad narrative", Changes: []string{"a no-break space alone", "an entity of HTML"},
		Theirs: "an invalid entity", Ours: "nothing", Why: "narrative.html allows the entities of HTML 4, and published examples use &nbsp;",
	},
	{
		Kind: "bad narrative", Changes: []string{"a colour"},
		Theirs: "color may not stand at font", Ours: "nothing", Why: "txt-1 allows chapter 15 of HTML 4, of which font and its color are a part",
	},
	{
		Kind: "bad primitive", Changes: []string{"a NUL", "a control character", "a character that XML lacks"}, OnlyWe: true, Ruling: true,
		Theirs: "a warning: illegal in XML", Ours: "not of type string",
		Why: "datatypes.html#string forbids them (SHALL NOT), and ruling 44 refuses what makes bytes unusable: such a resource cannot be sent on in XML at all",
	},
	{
		Kind: "bad primitive", Changes: []string{"a no-break space only"}, OnlyWe: true, Ruling: true,
		Theirs: "nothing", Ours: "no reference", Why: "it was drawn for Reference.reference: see malformed references",
	},
	{
		Kind: "bad primitive", Changes: []string{"tags"}, Failed: true,
		Theirs: "rng-2 of the Range, by an exception over the unit", Ours: "nothing", Why: "the program itself fails over the comparison",
	},
	{
		Kind: "bad primitive", Changes: []string{"no scheme"},
		Theirs: "a system that its value set of languages does not have", Ours: "a warning: the system is an absolute URI",
		Why: "the value set is one of those that may be extended, and HAPI's has but a part of it offline",
	},
	{
		Kind: "syntax and type", Changes: []string{"a data type", "an abstract type"}, OnlyWe: true,
		Theirs: "nothing: it takes a Period, or a DomainResource, for a resource", Ours: "no resource type of R4", Why: "no such thing can be stored or asked for",
	},
	{
		Kind: "broken invariant", Changes: []string{"ele-1"}, OnlyWe: true, Ruling: true,
		Theirs: "nothing", Ours: "nothing here but an id (ele-1)", Why: "as above",
	},
}

// Reason returns why the two differ, nil where nothing is known of it.
func (d *Diff) Reason() *Reason {
	i := slices.IndexFunc(Reasons, func(r Reason) bool {
		return r.Kind == d.Kind && r.OnlyWe == d.OnlyWe && r.Failed == d.Failed && slices.Contains(r.Changes, d.Change)
	})
	if i < 0 {
		return nil
	}
	return &Reasons[i]
}

// ReasonsTable returns the reasons as a table of Markdown.
func ReasonsTable() string {
	var b strings.Builder
	b.WriteString("| defect | what was done | HAPI's says | we say | why | ruling 44 |\n|---|---|---|---|---|---|\n")
	for _, r := range Reasons {
		ruled := ""
		if r.Ruling {
			ruled = "yes"
		}
		b.WriteString("| " + strings.Join([]string{r.Kind, strings.Join(r.Changes, "; "), r.Theirs, r.Ours, r.Why, ruled}, " | ") + " |\n")
	}
	return strings.ReplaceAll(b.String(), "<div", "`<div`")
}
