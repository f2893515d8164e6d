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
		s.add(d.What)
	}
	s.add("visit")
	for _, what := range workflow.Written(workflow.Todo) {
		s.add(what)
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

func (s *codeSystem) has(code string) bool {
	return slices.ContainsFunc(s.codes, func(d defined) bool { return d.Code == code })
}
