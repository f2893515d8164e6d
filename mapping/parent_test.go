package mapping

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/mapping/workflow"
)

func TestWordsOfAHousehold(t *testing.T) {
	t.Parallel()
	word := func(day int, s workflow.Status) workflow.Word { return workflow.Word{Status: s, Said: on(day, 9, 0)} }
	for _, c := range []struct {
		name       string
		joint, own []workflow.Word
		want       []workflow.Status
	}{
		{"what is said of all holds for each", []workflow.Word{word(2, "requested"), word(3, "accepted")}, nil, []workflow.Status{"requested", "accepted"}},
		{"in order of time", []workflow.Word{word(2, "requested"), word(4, "in-progress")}, []workflow.Word{word(3, "accepted")}, []workflow.Status{"requested", "accepted", "in-progress"}},
		{"a member's own end stands", []workflow.Word{word(2, "requested"), word(4, "accepted")}, []workflow.Word{word(3, "cancelled")}, []workflow.Status{"requested", "cancelled"}},
		{"until something is said of that member", []workflow.Word{word(2, "requested"), word(4, "accepted")}, []workflow.Word{word(3, "cancelled"), word(5, "requested")}, []workflow.Status{"requested", "cancelled", "requested"}},
		{"a member's own pause stands", []workflow.Word{word(2, "requested"), word(4, "in-progress")}, []workflow.Word{word(3, "on-hold")}, []workflow.Status{"requested", "on-hold"}},
		{"and ends with the end of all", []workflow.Word{word(2, "requested"), word(4, "rejected")}, []workflow.Word{word(3, "on-hold")}, []workflow.Status{"requested", "on-hold", "rejected"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []workflow.Status
			for _, w := range merged(c.joint, c.own) {
				got = append(got, w.Status)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestIDsOfWhatIsPassedOn(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 60)
	assert.Equal(t, "T1-harbor", PartID("T1", "Organization/harbor"))
	assert.Equal(t, DigestID(long, "Organization/harbor"), PartID(long, "Organization/harbor"), "an id has at most 64 letters")
	assert.Equal(t, DigestID("T1", "http://nppes|17"), PartID("T1", "http://nppes|17"))
	assert.LessOrEqual(t, len(DigestID(long, long)), 64)
	assert.NotEqual(t, DigestID("T1-a", "Organization/b"), DigestID("T1", "Organization/a-b"))
}

func TestTheStatusOfATaskAboveOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		now, last, want workflow.Status
		h               workflow.Handoff
	}{
		{"asked, and nobody answered", "requested", "requested", "requested", workflow.Handoff{State: workflow.Offered}},
		{"an agency said yes", "requested", "requested", "accepted", workflow.Handoff{State: workflow.Accepted, Agreed: true}},
		{"a visit is booked", "requested", "requested", "in-progress", workflow.Handoff{State: workflow.Scheduled}},
		{"we said more ourselves", "in-progress", "in-progress", "in-progress", workflow.Handoff{State: workflow.Accepted, Agreed: true}},
		{"it does not go back", "in-progress", "requested", "in-progress", workflow.Handoff{State: workflow.Offered}},
		{"nor when all have ended", "accepted", "requested", "accepted", workflow.Handoff{State: workflow.Closed}},
		{"the referrer's end stands", "accepted", "cancelled", "cancelled", workflow.Handoff{State: workflow.Scheduled}},
		{"a draft stays one", "draft", "draft", "draft", workflow.Handoff{State: workflow.Scheduled}},
		{"a claim of ours is held elsewhere", "completed", "completed", "completed", workflow.Handoff{State: workflow.Scheduled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, Following(c.now, c.last, &c.h))
		})
	}
}
