package mapping

import (
	"slices"

	"warmhandoff/mapping/workflow"
)

// The code systems of what we write on our own account, made from the workflow's tables.

// todoCodes are what somebody may have to do.
func todoCodes() codeSystem {
	s := codeSystem{url: SystemTodo, title: "What somebody has to do"}
	for _, d := range workflow.Deadlines {
		s.add(d.What)
	}
	for _, what := range []string{"visit", "review", "confirm-person-knows", workflow.RenewConsent, workflow.Withdraw} {
		s.add(what)
	}
	return s
}

// messageCodes are what a person or an organization may be told.
func messageCodes() codeSystem {
	s := codeSystem{url: SystemMessage, title: "What a message prepared for sending is about"}
	for _, what := range []string{"reminder", "ask-how-it-went", "correction", workflow.NothingFurther, workflow.MayNotBeShared, workflow.Withdrawn} {
		s.add(what)
	}
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
	for _, d := range workflow.Deadlines {
		if !s.has(d.Name) {
			s.codes = append(s.codes, defined{d.Name, "Deadline " + d.Name})
		}
	}
	return s
}

func (s *codeSystem) add(code string) {
	if !s.has(code) {
		s.codes = append(s.codes, defined{code, inWords(code)})
	}
}

func (s *codeSystem) has(code string) bool {
	return slices.ContainsFunc(s.codes, func(d defined) bool { return d.Code == code })
}
