package mapping

import (
	"slices"

	"warmhandoff/mapping/workflow"
)

// The code systems of what we write on our own account, made from the workflow's tables.

// todoCodes are what somebody may have to do.
func todoCodes() codeSystem {
	s := codeSystem{url: SystemTodo, title: "What somebody has to do"}
	for _, d := range workflow.DefaultDeadlines {
		if d.For != workflow.Person {
			s.todo(d.What)
		}
	}
	s.todo("visit")
	for _, what := range workflow.Written(workflow.Todo) {
		s.todo(what)
	}
	return s
}

// messageCodes are what a person or an organization may be told.
func messageCodes() codeSystem {
	s := codeSystem{url: SystemMessage, title: "What a message prepared for sending is about"}
	for _, what := range slices.Concat(workflow.Written(workflow.Message), workflow.Written(workflow.Notice)) {
		s.add(what)
	}
	s.add(saysNotice)
	s.add(saysScope)
	return s
}

// todoWords gives the words of a to-do for people.
func todoWords(what string) string {
	for i := range workflow.Seeds {
		if r := &workflow.Seeds[i]; r.What == what && what != workflow.CallAgency { // which is asked for an answer, too
			return r.Words
		}
	}
	return inWords(what)
}

// barrierWords gives the words of a barrier for people, "" of none.
func barrierWords(barrier string) string {
	for _, s := range codeSystems() {
		for _, d := range s.codes {
			if s.url == SystemBarrier && d.Code == barrier {
				return d.Display
			}
		}
	}
	return ""
}

func roleCodes() codeSystem {
	s := codeSystem{url: SystemRole, title: "In which part somebody acts"}
	for _, r := range workflow.Roles {
		s.add(string(r))
	}
	return s
}

func timerCodes() codeSystem {
	s := codeSystem{url: SystemTimer, title: "Which deadline made a todo or a message"}
	for _, d := range workflow.DefaultDeadlines {
		if !s.has(d.Name) {
			s.codes = append(s.codes, defined{d.Name, "Deadline " + d.Name})
		}
	}
	return s
}

// reviewCodes are what a second person may have looked at before signing.
func reviewCodes() codeSystem {
	return codeSystem{url: SystemReview, title: "What was reviewed before a second signature", codes: []defined{
		{"risk", "The risk to the person"}, {"safeguarding", "Whether a child is safe"},
	}}
}

func (s *codeSystem) add(code string) {
	if !s.has(code) {
		s.codes = append(s.codes, defined{code, inWords(code)})
	}
}

func (s *codeSystem) todo(code string) {
	if !s.has(code) {
		s.codes = append(s.codes, defined{code, todoWords(code)})
	}
}

func (s *codeSystem) has(code string) bool {
	return slices.ContainsFunc(s.codes, func(d defined) bool { return d.Code == code })
}
