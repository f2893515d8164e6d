package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
)

// TestRuling36AMessageBringsTheVisitAtWhichItWasMade: a referral message of BaRS comes with the Encounter and the Appointment at which the person was
// referred. Neither is a first visit, whoever carries the message, and whether or not the request names that Encounter or has a date.
func TestRuling36AMessageBringsTheVisitAtWhichItWasMade(t *testing.T) {
	t.Parallel()
	appointment := uuidBooking + fmt.Sprintf(` {"resourceType":"Appointment","status":"fulfilled","start":"2026-03-02T08:00:00-08:00","end":"2026-03-02T08:30:00-08:00",
"participant":[{"actor":{"reference":%q},"status":"accepted"}]}`, uuidPerson)
	undated := uuidBefore + fmt.Sprintf(` {"resourceType":"Encounter","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},
"appointment":[{"reference":%q}]}`, uuidBooking)
	request := func(more string) string {
		return uuidRequest + fmt.Sprintf(` {"resourceType":"ServiceRequest","status":"active","intent":"plan","subject":{"reference":%q},"requester":{"reference":"Organization/bayview"}%s}`, uuidPerson, more)
	}
	for name, more := range map[string]string{
		"it is the encounter of the request": fmt.Sprintf(`,"authoredOn":"2026-03-02T08:50:00-08:00","encounter":{"reference":%q}`, uuidBefore),
		"it is not named":                    `,"authoredOn":"2026-03-02T08:50:00-08:00"`,
		"the request is older":               `,"authoredOn":"2026-02-20T08:50:00-08:00"`,
		"the request has no date":            fmt.Sprintf(`,"encounter":{"reference":%q}`, uuidBefore),
	} {
		for _, who := range []scenario.Party{bayview, nobody} {
			t.Run(name+", by "+who.Ref, func(t *testing.T) {
				t.Parallel()
				a := newAdapter(t)
				a.said(t, who, envelope("m1", barsEvents+"servicerequest-request", barsReasons+"new", uuidRequest, request(more), barsPerson(), barsConsent(), undated, appointment), 200)
				tasks := a.found("Task")
				require.Len(t, tasks, 1)
				assert.Equal(t, "offered", a.stands(tasks[0].ID()))
				assert.Zero(t, a.leg(tasks[0].ID()).Misses)
			})
		}
	}
}
