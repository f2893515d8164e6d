package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/mapping/workflow"
)

// TestADateIsADayWhereTheAgencyIs reads a date before it is known whose leg it belongs to, and puts it to the agency's own day.
func TestADateIsADayWhereTheAgencyIs(t *testing.T) {
	t.Parallel()
	eastern := mustZone("America/New_York")
	there := set
	there.Zones = map[string]*time.Location{"Organization/harbor": eastern}
	s := newStory(t)
	s.at(on(6, 12, 0)).add(workflow.Agency, "Organization/harbor", strings.Replace(strings.Replace(o1, "%s", `,"performer":[{"reference":"Organization/harbor"}]`, 1), "%q", `"came"`, 1))

	read := there.Ledgers(&s.r)
	require.Len(t, read.Legs, 1)
	sign := read.Legs[0].Ledger.Signs[0]
	assert.True(t, sign.At.Day)
	assert.Equal(t, time.Date(2026, time.March, 5, 0, 0, 0, 0, eastern).UTC(), sign.At.At)

	again := there.Ledgers(&s.r)
	assert.Equal(t, sign.At, again.Legs[0].Ledger.Signs[0].At, "reading it twice moves nothing")
	assert.Equal(t, "2026-03-05", there.At("Organization/harbor").FormatMoment(sign.At))

	elsewhere := set.Ledgers(&s.r)
	assert.Equal(t, on(5, 0, 0), elsewhere.Legs[0].Ledger.Signs[0].At.At, "an agency without a site of its own is where we are")
}

func TestWhoTriedInWhichWayIsKept(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.at(on(6, 12, 0)).add(workflow.Navigator, "Practitioner/nav", `{"resourceType":"Communication","id":"K1","status":"not-done","basedOn":[{"reference":"ServiceRequest/SR1"}],"category":[{"coding":[{"system":"urn:warmhandoff:element","code":"outreach"}]}],"medium":[{"coding":[{"code":"FACE"}]}],"sent":"2026-03-06T11:00:00-08:00","sender":{"reference":"Practitioner/nav"},"recipient":[{"reference":"RelatedPerson/sister"}]}`)
	read := set.Ledgers(&s.r)
	c := read.Legs[0].Ledger.Contacts[0]
	assert.Equal(t, workflow.Contact{
		Result: workflow.NotReached, At: on(6, 11, 0), ToPerson: true, Role: workflow.Navigator, Mode: "FACE", By: "Practitioner/nav", Supporter: true, Source: "Communication/K1/_history/1",
	}, c)
}
