package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// fillers is how many write at once when a database is filled: they share commits.
const fillers = 16

// renewDays is how long before its end somebody is asked to renew a consent, see workflow.DefaultRules. A consent's end is so the one moment that
// sets, to the millisecond, when something is due.
const renewDays = 14

// filled names the resources of the nth open referral.
func filled(n int) string { return fmt.Sprintf("fill-%06d", n) }

// fill writes open referrals from the nth to the last through the engine. due says when each asks for its consent to be renewed.
func fill(ctx context.Context, e *engine.Engine, from, to int, due func(n int) time.Time) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	next.Store(int64(from))
	var all sync.WaitGroup
	for range fillers {
		all.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= to {
					return
				}
				changes, err := openReferral(n, due(n))
				if err == nil {
					_, err = e.Apply(ctx, engine.Principal{Role: workflow.Admin}, changes)
				}
				if err != nil {
					stop(fmt.Errorf("fill in %s: %w", filled(n), err))
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// openReferral is one person, what they consented to, and one request with its Task at one of a hundred agencies.
func openReferral(n int, due time.Time) ([]engine.Change, error) {
	id, agency := filled(n), fmt.Sprintf("Organization/agency-%02d", n%100)
	ends := due.UTC().AddDate(0, 0, renewDays).Format("2006-01-02T15:04:05.000Z")
	bodies := []struct{ typ, body string }{
		{"Patient", `"active":true`},
		{"Consent", fmt.Sprintf(`"status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"patient":{"reference":"Patient/%s"},"dateTime":"2026-01-05T09:00:00Z",
"policyRule":{"text":"on file"},"provision":{"type":"permit","period":{"start":"2026-01-05T09:00:00Z","end":%q}}`, id, ends)},
		{"ServiceRequest", fmt.Sprintf(`"status":"active","intent":"order","code":{"text":"Counseling"},"subject":{"reference":"Patient/%s"},
"authoredOn":"2026-01-05T09:00:00Z","requester":{"reference":"Organization/filler"}`, id)},
		{"Task", fmt.Sprintf(`"status":"accepted","intent":"order",%s,"focus":{"reference":"ServiceRequest/%s"},"for":{"reference":"Patient/%s"},
"requester":{"reference":"Organization/filler"},"owner":{"reference":%q}`, code, id, id, agency)},
	}
	changes := make([]engine.Change, len(bodies))
	for i, b := range bodies {
		r, issues := fhir.Read(fmt.Appendf(nil, `{"resourceType":%q,"id":%q,%s}`, b.typ, id, b.body))
		if fhir.Refused(issues) {
			return nil, fmt.Errorf("%s: %s", b.typ, issues[0].Text)
		}
		changes[i] = engine.Change{Method: engine.Update, Type: b.typ, ID: id, Resource: r, Path: fmt.Sprintf("Bundle.entry[%d]", i)}
	}
	return changes, nil
}
