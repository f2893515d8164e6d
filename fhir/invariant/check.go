package invariant

import (
	"context"
	"fmt"
	"strings"

	"github.com/gofhir/fhirpath"
	"github.com/gofhir/fhirpath/types"

	"warmhandoff/fhir"
)

// Limits of a check.
//
// Source: local, an expression looks through its resource again for each thing that it asks, and the library does not stop within one
const (
	MaxEvaluations = 10_000  // expressions evaluated of one resource
	MaxBytes       = 128_000 // of a value, and of the resource around it, that an expression is evaluated over

	// MaxWork is how many bytes expressions are evaluated over, all together: a value that holds others is looked through again for each of them, and
	// for each rule about it. A referral of 60 kB with all its resources comes to half a million; a byte takes a tenth of a microsecond.
	MaxWork = 3_000_000

	perEvaluation = 100 // bytes that an evaluation is worth, however small what it looks at
)

// Work is what checks may still come to, all together: those of the entries of one Bundle. For one goroutine at a time.
type Work struct{ left int }

// NewWork gives as much as one check may come to.
func NewWork() *Work { return &Work{left: MaxWork} }

// Done reports that nothing is left.
func (w *Work) Done() bool { return w.left <= 0 }

type workKey struct{}

// Within gives a context whose checks share what they may come to.
func Within(ctx context.Context, w *Work) context.Context {
	return context.WithValue(ctx, workKey{}, w)
}

// Check gives the invariants that a resource breaks, in document order: an issue of code invariant with the place, its severity as published (dom-6,
// that a resource should have a narrative, is a warning), and its words. Resources inside are checked too, contained ones and those of a Bundle.
// What is beyond the limits, or comes after ctx is over, is passed over, and a warning of code too-costly says so. Safe for concurrent use.
//
// Source: FHIR R4, conformance-rules.html#constraints
func Check(ctx context.Context, r *fhir.Resource) []fhir.Issue {
	return check(ctx, r, MaxEvaluations)
}

func check(ctx context.Context, r *fhir.Resource, most int) []fhir.Issue {
	work, shared := ctx.Value(workKey{}).(*Work)
	if !shared {
		work = NewWork()
	}
	c := &checker{ctx: ctx, most: most, work: work, fixed: fhirpath.Collection{types.NewString("http://unitsofmeasure.org")}}
	c.resource(r, "", nil)
	if c.stopped || c.large {
		c.issues = append(c.issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeTooCostly,
			Text: "Not every invariant was evaluated: the resource is too large for that, or there were too many before it."})
	}
	return c.issues
}

// checker is one run over one resource.
type checker struct {
	ctx     context.Context
	fixed   fhirpath.Collection // %ucum
	issues  []fhir.Issue
	done    int
	most    int // evaluations
	work    *Work
	stopped bool // nothing more is evaluated
	large   bool // something was passed over

	inner, outer fhirpath.Collection // %resource, %rootResource
	size         int                 // of the larger one
	contained    bool                // the inner one is
}

// resource checks a resource. Path is where it stands in the one that was given, "" for that one; outer is the resource that contains it.
func (c *checker) resource(r *fhir.Resource, path string, outer fhirpath.Collection) {
	inner, outermost, size, contained := c.inner, c.outer, c.size, c.contained
	self := fhirpath.Collection{}
	if len(r.Bytes()) <= MaxBytes { // no rule that asks for it is evaluated of a larger one
		var err error
		if self, err = types.JSONToCollection(r.Bytes()); err != nil {
			return
		}
	}
	c.inner, c.outer, c.size, c.contained = self, outer, len(r.Bytes()), outer != nil
	if outer == nil {
		c.outer = self
	} else {
		c.size = max(c.size, size)
	}
	at := func(v fhir.Value) string {
		if path == "" {
			return v.Path()
		}
		return path + v.Path()[len(r.Type()):]
	}
	if typ, _ := fhir.LookupType(r.Type()); typ != nil {
		if _, is := typ.Element("contained"); is && outer == nil { // dom-2 to dom-6 are about contained resources, and about narrative, which those lack
			c.rules(place{"DomainResource", ""}, r.Root(), at)
		}
	}
	c.value(r.Root(), at)
	c.inner, c.outer, c.size, c.contained = inner, outermost, size, contained
}

// value checks an object and everything in it.
func (c *checker) value(v fhir.Value, at func(fhir.Value) string) {
	c.rules(place{v.Type(), ""}, v, at)
	for name, m := range v.Members() {
		for item := range m.All() {
			if c.stopped {
				return
			}
			c.rules(place{v.Type(), element(v, name)}, item, at)
			if inner := item.Resource(); inner != nil {
				c.resource(inner, at(item), c.container(name))
			} else {
				c.value(item, at)
			}
		}
	}
}

// element gives the element that a member belongs to: value for valueString.
func element(v fhir.Value, name string) string {
	typ, known := fhir.LookupType(v.Type())
	if !known {
		return name
	}
	for _, e := range typ.Elements {
		if suffix, val := v.Choice(e.Name); e.Choice && val.Exists() && e.Name+suffix == name {
			return e.Name
		}
	}
	return name
}

// container gives %rootResource for what stands in a member: a contained resource belongs to the one around it, one of a Bundle to itself.
func (c *checker) container(name string) fhirpath.Collection {
	if name == "contained" {
		return c.outer
	}
	return nil
}

// rules evaluates what there is to say about a value.
func (c *checker) rules(about place, v fhir.Value, at func(fhir.Value) string) {
	for _, r := range table()[about] {
		switch {
		case r.plain != nil:
			for _, wrong := range r.plain(c, v) {
				if c.stopped = c.stopped || len(c.issues) >= fhir.MaxIssues; c.stopped {
					return
				}
				c.tell(r, at(wrong))
			}
			continue
		case r.when != nil && !r.when(v):
			continue
		}
		size, around := len(v.Raw()), strings.Contains(r.expression, "esource")
		if size > MaxBytes || around && c.size > MaxBytes {
			c.large = true
			continue
		}
		if around {
			size += c.size
		}
		c.work.left -= size + perEvaluation
		if c.done++; c.done > c.most || c.work.Done() || c.ctx.Err() != nil {
			c.stopped = true
			return
		}
		if c.broken(r, v) {
			c.tell(r, at(v))
		}
	}
}

func (c *checker) tell(r *rule, at string) {
	c.issues = append(c.issues, fhir.Issue{Severity: r.severity, Code: fhir.CodeInvariant, Expression: at, Text: fmt.Sprintf("%s (%s).", sentence(r.words), r.key)})
}

func (c *checker) broken(r *rule, v fhir.Value) bool {
	expression, err := r.compiled()
	if err != nil {
		return false // a test sees to it that there is none
	}
	result, err := expression.EvaluateWithOptions(v.Raw(), fhirpath.WithContext(c.ctx),
		fhirpath.WithVariable("resource", c.inner), fhirpath.WithVariable("rootResource", c.outer), fhirpath.WithVariable("ucum", c.fixed))
	if err != nil || len(result) != 1 {
		return false
	}
	no, is := result[0].(types.Boolean)
	return is && !no.Bool()
}

// sentence returns the words of a rule with a capital and without the full stop. Some begin with the name of an element, such as orderDetail, which stays
// as it is.
func sentence(words string) string {
	words = strings.TrimRight(words, ". ")
	first, rest, _ := strings.Cut(words, " ")
	if first == "" || first != strings.ToLower(first) || strings.Contains(first, ".") {
		return words
	}
	return strings.TrimSpace(strings.ToUpper(first[:1]) + first[1:] + " " + rest)
}
