package engine

import "warmhandoff/fhir"

// refusals gathers every reason for which a transaction cannot be done. The kind of the first is that of the whole.
type refusals struct {
	kind   Kind
	issues []fhir.Issue
}

func (r *refusals) add(k Kind, code fhir.Code, at, text string) {
	r.issue(k, fhir.Issue{Severity: fhir.Error, Code: code, Expression: at, Text: text})
}

func (r *refusals) issue(k Kind, i fhir.Issue) {
	if r.kind == "" {
		r.kind = k
	}
	r.issues = append(r.issues, i)
}

func (r *refusals) any() bool { return len(r.issues) > 0 }

// err gives the refusal, nil if there is no reason for one.
func (r *refusals) err() error {
	if !r.any() {
		return nil
	}
	return &Refusal{Kind: r.kind, Issues: r.issues}
}
