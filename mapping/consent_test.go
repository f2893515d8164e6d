package mapping

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"warmhandoff/mapping/workflow"
)

const (
	toHarbor = `{"role":{"text":"x"},"reference":{"reference":"Organization/harbor"}}`
	toCedar  = `{"role":{"text":"x"},"reference":{"reference":"Organization/cedar"}}`
)

func TestTheConsentGate(t *testing.T) {
	t.Parallel()
	type change struct {
		at              int // day of March
		id, status, how string
	}
	for _, c := range []struct {
		name    string
		changes []change
		set     func(*Settings)
		state   workflow.State
		reason  workflow.Reason
	}{
		{"16a no consent at all shuts it", nil, nil, workflow.Preparing, workflow.ConsentMissing},
		{"16a a treating provider needs none", nil, func(s *Settings) { s.Partners = map[string]Partner{"Organization/harbor": {Treatment: true}} }, workflow.Accepted, ""},
		{"16a but never for labelled content", nil, func(s *Settings) {
			s.Partners = map[string]Partner{"Organization/harbor": {Treatment: true, Part2: true}}
		}, workflow.Preparing, workflow.ConsentMissing},
		{"the agency by name", []change{{3, "C1", "active", `"actor":[` + toHarbor + `]`}}, nil, workflow.Accepted, ""},
		{"another agency by name", []change{{3, "C1", "active", `"actor":[` + toCedar + `]`}}, nil, workflow.Preparing, workflow.ConsentMissing},
		{"14 nobody named: the parties of this referral", []change{{3, "C1", "active", `"type":"permit"`}}, nil, workflow.Accepted, ""},
		{"14 but labelled content needs its recipient by name", []change{{3, "C1", "active", `"type":"permit"`}}, func(s *Settings) {
			s.Partners = map[string]Partner{"Organization/harbor": {Part2: true}}
		}, workflow.Preparing, workflow.ConsentMissing},
		{"proposed is no consent", []change{{3, "C1", "proposed", `"type":"permit"`}}, nil, workflow.Preparing, workflow.ConsentMissing},
		{"14 a deny wins inside one consent", []change{{3, "C1", "active", `"type":"permit","provision":[{"type":"deny","actor":[` + toHarbor + `]}]`}}, nil, workflow.Preparing, workflow.ConsentMissing},
		{"a nested permit opens a deny", []change{{3, "C1", "active", `"type":"deny","provision":[{"type":"permit","actor":[` + toHarbor + `]}]`}}, nil, workflow.Accepted, ""},
		{"16 inactive before the release", []change{{1, "C1", "active", `"actor":[` + toHarbor + `]`}, {1, "C1", "inactive", `"actor":[` + toHarbor + `]`}}, nil, workflow.Preparing, workflow.ConsentMissing},
		{"16 inactive after it", []change{{3, "C1", "active", `"actor":[` + toHarbor + `]`}, {4, "C1", "inactive", `"actor":[` + toHarbor + `]`}}, nil, workflow.Closed, workflow.ConsentRevoked},
		{"16 expired after it", []change{{3, "C1", "active", `"period":{"end":"2026-03-04"},"actor":[` + toHarbor + `]`}}, nil, workflow.Paused, workflow.ConsentMissing},
		{"15 one remaining permit is enough", []change{{3, "C1", "active", `"actor":[` + toHarbor + `]`}, {3, "C2", "active", `"actor":[` + toHarbor + `]`}, {4, "C1", "inactive", `"type":"permit"`}}, nil, workflow.Accepted, ""},
		{"15 a newer deny is not outvoted by an older permit", []change{{3, "C1", "active", `"actor":[` + toHarbor + `]`}, {4, "C2", "active", `"type":"deny","actor":[` + toHarbor + `]`}}, nil, workflow.Closed, workflow.ConsentRevoked},
		{"given anew", []change{{3, "C1", "active", `"type":"permit"`}, {4, "C1", "inactive", `"type":"permit"`}, {5, "C2", "active", `"type":"permit"`}}, nil, workflow.Accepted, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.r.Others = nil // without the consent that a story begins with
			mine := set
			if c.set != nil {
				c.set(&mine)
			}
			for _, one := range c.changes {
				at := on(one.at, 12, 0)
				if one.at == 1 { // before the Task was sent
					at = s.r.Request.Versions[0].Received.Add(time.Second)
				}
				s.at(at.Add(-time.Minute)).add(workflow.Referrer, "Organization/ref", consentJSON(one.id, one.status, one.how))
			}
			read := mine.Ledgers(&s.r)
			h := workflow.Fold(&read.Legs[0].Ledger, on(6, 9, 0), &rules)
			assert.Equal(t, c.state, h.State, h.Rule)
			assert.Equal(t, c.reason, h.Reason)
			assert.Equal(t, c.state != workflow.Preparing, h.Released)
		})
	}
}

func TestNamedConsentsCountAlone(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.r.Request.Versions[0].Fact.Request.Supporting = []string{"Consent/C7"}
	assert.Equal(t, workflow.Preparing, s.fold().State, "15 the consent found by patient does not count where the request names another")
}
