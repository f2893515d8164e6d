package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

var effectAt = time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)

func effectLeg() *Leg {
	return &Leg{Task: "t1", Agency: "Organization/harbor", Requester: "PractitionerRole/r1",
		Ledger: workflow.Ledger{Leg: "Task/t1", Agency: "Organization/harbor", Person: workflow.Individual{Navigator: "PractitionerRole/n1"}}}
}

func TestAnEffectReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	los, err := time.LoadLocation("America/Los_Angeles")
	require.NoError(t, err)
	s := Settings{Self: "Organization/wh", Zone: los}
	visit := workflow.Moment{At: time.Date(2026, 3, 5, 18, 0, 0, 0, time.UTC)}
	for _, row := range []struct {
		name, typ, to string
		e             workflow.Effect
	}{
		{"a todo for the agency", "Task", "Organization/harbor",
			workflow.Effect{Key: "T2/answer/red/2026-03-02T17:00:00Z", Kind: workflow.Todo, What: "answer", Timer: "T2", For: workflow.Agency, By: effectAt.Add(1500 * time.Millisecond)}},
		{"a todo for a navigator who is named", "Task", "PractitionerRole/n1", workflow.Effect{Key: "k", Kind: workflow.Todo, What: "review", For: workflow.Navigator}},
		{"a todo for a supervisor, of whom nobody is named", "Task", "", workflow.Effect{Key: "k", Kind: workflow.Todo, What: "decide", Timer: "T5b", For: workflow.Supervisor}},
		{"a todo about a visit", "Task", "Organization/harbor",
			workflow.Effect{Key: "k", Kind: workflow.Todo, What: "confirm-visit", For: workflow.Agency, Visit: visit, Booking: "Appointment/a1"}},
		{"a reminder to the person", "Communication", "Patient/p1",
			workflow.Effect{Key: "T8/reminder/3/2026-03-05", Kind: workflow.Message, What: "reminder", Timer: "T8", For: workflow.Person, By: effectAt, Visit: visit, Booking: "Appointment/a1"}},
		{"a message about a day", "Communication", "Patient/p1", workflow.Effect{Key: "k", Kind: workflow.Message, What: "how-did-it-go", For: workflow.Person,
			Visit: workflow.Moment{At: time.Date(2026, 3, 5, 0, 0, 0, 0, los), Day: true}}},
		{"a notice to the referrer", "Communication", "PractitionerRole/r1", workflow.Effect{Key: "k", Kind: workflow.Notice, What: "correction", For: workflow.Referrer}},
	} {
		typ, body := s.WriteEffect("sr1", "Patient/p1", effectLeg(), &row.e, effectAt)
		assert.Equal(t, row.typ, typ, row.name)
		r, issues := fhir.Read(body)
		require.Empty(t, issues, row.name)
		f := s.FactOf(r)
		require.NotNil(t, f.Effect, row.name)
		assert.Equal(t, "Task/t1", f.Effect.Leg, row.name)
		assert.Equal(t, row.to, f.Effect.To, row.name)
		got := f.Effect.Effect
		assert.True(t, row.e.By.Equal(got.By), row.name)
		assert.True(t, row.e.Visit.At.Equal(got.Visit.At), row.name)
		assert.Equal(t, row.e.Visit.Day, got.Visit.Day, row.name)
		row.e.By, row.e.Visit, got.By, got.Visit = time.Time{}, workflow.Moment{}, time.Time{}, workflow.Moment{}
		assert.Equal(t, row.e, got, row.name)
	}
}

func TestATodoIsNoLegAndIsGatheredWithItsReferral(t *testing.T) {
	t.Parallel()
	s := Settings{}
	_, body := s.WriteEffect("sr1", "Patient/p1", effectLeg(), &workflow.Effect{Key: "k", Kind: workflow.Todo, What: "answer", For: workflow.Agency}, effectAt)
	r, _ := fhir.Read(body)
	f := s.FactOf(r)
	_, moves := f.Move()
	assert.False(t, moves, "a todo is a plain Task")
	assert.Contains(t, s.Links(r), Link{Via: "basedOn", To: "ServiceRequest/sr1"})
	assert.Contains(t, s.Links(r), Link{Via: "focus", To: "Task/t1"})
}

func TestMessagesGiveNothingAway(t *testing.T) {
	t.Parallel()
	s := Settings{Self: "Organization/wh"}
	var all []workflow.Effect
	for _, what := range workflow.Written(workflow.Message) {
		for _, visit := range []workflow.Moment{{}, {At: effectAt}, {At: effectAt, Day: true}} {
			all = append(all, workflow.Effect{Kind: workflow.Message, What: what, For: workflow.Person, Visit: visit})
		}
	}
	for _, what := range workflow.Written(workflow.Notice) {
		all = append(all, workflow.Effect{Kind: workflow.Notice, What: what, For: workflow.Referrer})
	}
	require.Greater(t, len(all), 10)
	for _, e := range all {
		text := strings.ToLower(s.effectText(&e))
		for _, word := range []string{"missed", "no-show", "harbor", "organization", "clinic", "treatment", "therapy", "failed", "refused", "street"} {
			assert.NotContains(t, text, word, e.What)
		}
	}
	ahead := s.effectText(&workflow.Effect{Kind: workflow.Message, What: "reminder", For: workflow.Person, Visit: workflow.Moment{At: effectAt}})
	assert.Contains(t, ahead, "Monday, 2 March, at 17:00")
	behind := s.effectText(&workflow.Effect{Kind: workflow.Message, What: "how-did-it-go", For: workflow.Person, Visit: workflow.Moment{At: effectAt}})
	assert.Contains(t, behind, "How did Monday go?")
}

func TestWhatIsWrittenAboutPart2ContentIsLabelled(t *testing.T) {
	t.Parallel()
	s, leg := Settings{}, effectLeg()
	leg.Part2 = true
	for _, e := range []workflow.Effect{{Kind: workflow.Todo, What: "answer", For: workflow.Agency}, {Kind: workflow.Message, What: "reminder", For: workflow.Person}} {
		_, body := s.WriteEffect("sr1", "Patient/p1", leg, &e, effectAt)
		r, issues := fhir.Read(body)
		require.Empty(t, issues)
		assert.True(t, s.FactOf(r).Part2, e.Kind)
	}
}

func TestAnEffectIsClosedWithoutSayingWhy(t *testing.T) {
	t.Parallel()
	s := Settings{}
	for _, e := range []workflow.Effect{{Key: "k", Kind: workflow.Todo, What: "answer", For: workflow.Agency}, {Key: "k", Kind: workflow.Message, What: "reminder", For: workflow.Person}} {
		typ, body := s.WriteEffect("sr1", "Patient/p1", effectLeg(), &e, effectAt)
		r, _ := fhir.Read(body)
		open := History{Key: typ + "/x", Versions: []Version{{Number: 1, Own: true, Fact: s.FactOf(r)}}}
		assert.True(t, open.EffectOpen())
		closed, issues := fhir.Read(s.CloseEffect(r, effectAt))
		require.Empty(t, issues)
		open.Versions = append(open.Versions, Version{Number: 2, Own: true, Fact: s.FactOf(closed)})
		assert.True(t, open.IsEffect())
		assert.False(t, open.EffectOpen(), typ)
	}
}

func TestOnlyWhatWeWroteOurselvesCountsAsTold(t *testing.T) {
	t.Parallel()
	s := Settings{}
	typ, body := s.WriteEffect("sr1", "Patient/p1", effectLeg(), &workflow.Effect{Key: "k", Kind: workflow.Todo, What: "answer", For: workflow.Agency}, effectAt)
	r, _ := fhir.Read(body)
	theirs := History{Key: typ + "/x", Versions: []Version{{Number: 1, Role: workflow.Agency, Fact: s.FactOf(r)}}}
	assert.False(t, theirs.IsEffect(), "somebody else's Task with our identifier is no effect")
}
