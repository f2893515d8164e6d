package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// AfterVisit and ReadBack are the canonical URLs of our two questionnaires: the person's own view after the first visit, and what was asked when
// the package was read back. Both know the same questions.
const (
	AfterVisit = "urn:warmhandoff:questionnaire:after-visit"
	ReadBack   = "urn:warmhandoff:questionnaire:read-back"
)

// Question is one question of ours: a yes is good news for the element that it speaks of.
type Question struct {
	LinkID string
	Text   string
	Kind   string // of workflow.Mark; "" counts as an answer and no more
}

// Questions are all of ours. An item with another linkId says nothing here.
//
// Source: local, the person's view: three questions after the visit, and trust as a fourth that may be left out
var Questions = []Question{
	{"story-again", "I did not have to tell my whole story again", workflow.StoryOnce},
	{"knew-who", "I knew who I would meet", workflow.KnewWho},
	{"could-correct", "I could correct what was said about me", workflow.CouldCorrect},
	{"trust", "I trust the new service", ""},
	{"asked", "I was asked whether what is said about me is right", workflow.CouldCorrect},
	{"corrected", "What was wrong was corrected", workflow.CouldCorrect},
	{"questions", "My questions were answered", workflow.CouldAsk},
}

// answersFact is what a QuestionnaireResponse of ours says.
type answersFact struct {
	Status    string
	Ours      bool
	Person    bool // whoever answered is the person, or of their family
	Source    string
	At        time.Time
	Encounter string
	Yes, No   []string // linkIds
}

func (s Settings) readAnswers(r *fhir.Resource, f *Fact) {
	f.Subject = s.ref(r.Get("subject"))
	canonical, _, _ := strings.Cut(r.Get("questionnaire").Text(), "|")
	a := &answersFact{
		Status:    r.Get("status").Text(),
		Ours:      canonical == AfterVisit || canonical == ReadBack,
		Source:    s.ref(r.Get("source")),
		At:        s.instant(r.Get("authored")),
		Encounter: s.ref(r.Get("encounter")),
	}
	a.Person = strings.HasPrefix(a.Source, "Patient/") || strings.HasPrefix(a.Source, "RelatedPerson/")
	for item := range r.Get("item").All() {
		id := item.Get("linkId").Text()
		switch yes, said := answer(item.Get("answer")); {
		case !said || !slices.ContainsFunc(Questions, func(q Question) bool { return q.LinkID == id }):
		case yes:
			a.Yes = append(a.Yes, id)
		default:
			a.No = append(a.No, id)
		}
	}
	f.Answers = a
}

// answer reads yes or no: a boolean, or a code of Y and N.
//
// Source: FHIR R4, questionnaireresponse.html; HL7 table 0136 for Y and N
func answer(v fhir.Value) (yes, said bool) {
	if b := v.Get("valueBoolean"); b.Exists() {
		return b.Bool(), true
	}
	switch strings.ToLower(v.Get("valueCoding", "code").Text()) {
	case "y", "yes":
		return true, true
	case "n", "no":
		return false, true
	}
	return false, false
}

func answersInError(f *Fact) bool {
	return f.Answers.Status != "completed" && f.Answers.Status != "amended"
}

// answers adds what was answered. The person's own word confirms or denies; another's states. Where several agencies are asked it has to name an
// encounter of this leg, or come from its agency.
func (c *leg) answers(h *History) {
	n := h.newest()
	if n == nil || n.Deleted || h.Former || !n.Fact.Answers.Ours || answersInError(n.Fact) {
		return
	}
	a := n.Fact.Answers
	mine := c.alone(about(workflow.Moment{At: a.At}, n.Received)) || slices.Contains(c.encounters, a.Encounter)
	if a.Encounter == "" {
		mine = mine || n.Role == workflow.Agency && c.isAgency(n.Party)
	}
	if !mine || n.Fact.Subject != "" && !c.isSubject(n.Fact.Subject) {
		return
	}
	m := workflow.Mark{Status: workflow.Stated, At: a.At, By: a.Source, Source: n.source(h.Key)}
	if m.At.IsZero() {
		m.At = n.Received
	}
	if a.Person || a.Source == "" && n.Role == workflow.Person {
		m.Status = workflow.Confirmed
		if m.Element = workflow.Answered; len(a.Yes)+len(a.No) > 0 {
			c.mark(m)
		}
	}
	for _, q := range Questions {
		if m.Element = q.Kind; q.Kind == "" {
			continue
		}
		if m.Denied = slices.Contains(a.No, q.LinkID); m.Denied || slices.Contains(a.Yes, q.LinkID) {
			c.mark(m)
		}
	}
}
