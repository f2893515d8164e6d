package mapping

import (
	"strconv"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// Leg is one followed leg and its ledger.
type Leg struct {
	Task      string // id
	Agency    string
	Requester string // of the ServiceRequest
	Part2     bool   // 42 CFR Part 2 content
	Ledger    workflow.Ledger

	Shape   Shape
	Request string         // id of the ServiceRequest that the Task is about: the agency's own, or the referrer's
	Above   string         // id of the Task that follows from this one; "" none
	Subject string         // for whom it is, where that is not the referral's subject; "" otherwise
	Made    bool           // the Task was written by us
	Between bool           // it stands between us and the agency: the referrer reads the Task above
	Word    *workflow.Word // the last word on it where that is not in the Task alone; nil otherwise
	Number  int            // 1 for the first leg of its Task, 2 for that of the agency that it was given to next
	Former  bool           // the Task was given to another agency: this leg has ended
	Flags   []string       // warnings for people
	Turn    time.Time      // when time alone changes who is in its household; zero: never
}

// Name names a leg for what is written on its account: "Task/t1", and "Task/t1~2" for the second leg of a Task. It stays when the leg is a former one.
func (l *Leg) Name() string {
	if l.Number > 1 {
		return "Task/" + l.Task + "~" + strconv.Itoa(l.Number)
	}
	return "Task/" + l.Task
}

// Row gives the key of a leg in the read model: the id of the Task for the leg of its present owner, with the number of the leg for a former one.
func (l *Leg) Row() string {
	if l.Former {
		return FormerRow(l.Task, l.Number)
	}
	return l.Task
}

// FormerRow gives the key of a former leg of a Task.
func FormerRow(task string, number int) string { return task + "~" + strconv.Itoa(number) }

// TaskOfRow gives the id of the Task of a row, and the number of its leg where it is a former one, 0 otherwise.
func TaskOfRow(row string) (task string, number int) {
	task, text, former := strings.Cut(row, "~")
	if !former {
		return row, 0
	}
	number, _ = strconv.Atoi(text)
	return task, number
}
