package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// saying is one word with which a line of a want may begin.
type saying struct {
	usage string
	whole bool // the rest of the line is one text
	reply bool // it is about the reply to the step, which a move of the clock has not
	fits  func(args []string) bool
	wrong func(w *Want, a *Answer, l *Leg) string // in words; "" when all is as wanted. l only where the word is about a Task
}

var (
	aStatus = regexp.MustCompile(`^[1-5]\d\d$`)
	aNumber = regexp.MustCompile(`^\d+$`)
	aTask   = regexp.MustCompile(`^Task/[A-Za-z0-9.-]+$`)
	ways    = []string{"shown", "stated", "confirmed"}

	tellings = []string{"open", "done", "none"}
	levels   = []string{"none", "amber", "red", "supervisor"}
)

// sayings are the words.
var sayings = map[string]saying{
	"status": {
		usage: "status takes one HTTP status", reply: true,
		fits: func(args []string) bool { return len(args) == 1 && aStatus.MatchString(args[0]) },
		wrong: func(w *Want, a *Answer, _ *Leg) string {
			return differs("status", w.Args[0], strconv.Itoa(a.Status))
		},
	},
	"has": {
		usage: "has takes a text", reply: true, whole: true,
		fits: func(args []string) bool { return args[0] != "" },
		wrong: func(w *Want, a *Answer, _ *Leg) string {
			if strings.Contains(a.text(), w.Args[0]) {
				return ""
			}
			return fmt.Sprintf("the reply should have %s; it is %s", w.Args[0], a.text())
		},
	},
	"lacks": {
		usage: "lacks takes a text", reply: true, whole: true,
		fits: func(args []string) bool { return args[0] != "" },
		wrong: func(w *Want, a *Answer, _ *Leg) string {
			if !strings.Contains(a.text(), w.Args[0]) {
				return ""
			}
			return fmt.Sprintf("the reply should not have %s; it is %s", w.Args[0], a.text())
		},
	},
	"said": {
		usage: "said takes a text", reply: true, whole: true,
		fits: func(args []string) bool { return args[0] != "" },
		wrong: func(w *Want, a *Answer, _ *Leg) string {
			var all []string
			for _, i := range a.Issues() {
				if strings.Contains(i.Text, w.Args[0]) {
					return ""
				}
				all = append(all, i.Text)
			}
			return fmt.Sprintf("the answer should say %s; it says %s", w.Args[0], orNothing(strings.Join(all, " | ")))
		},
	},
	"total": {
		usage: "total takes one number", reply: true,
		fits: func(args []string) bool { return len(args) == 1 && aNumber.MatchString(args[0]) },
		wrong: func(w *Want, a *Answer, _ *Leg) string {
			return differs("total", w.Args[0], a.total())
		},
	},
	"warmth": {
		usage: "warmth takes Task/ID ELEMENT done, not-done or not-applicable, and perhaps shown, stated or confirmed",
		fits: func(args []string) bool {
			return (len(args) == 3 || len(args) == 4 && slices.Contains(ways, args[3])) && aTask.MatchString(args[0]) &&
				slices.Contains([]string{"done", "not-done", "not-applicable"}, args[2])
		},
		wrong: func(w *Want, _ *Answer, l *Leg) string {
			got := l.Warmth[w.Args[1]]
			if len(w.Args) == 3 {
				got, _, _ = strings.Cut(got, " ")
			}
			return differs(w.Args[0]+": warmth "+w.Args[1], strings.Join(w.Args[2:], " "), got)
		},
	},
	"due": {
		usage: "due takes Task/ID WHAT FOR, and perhaps by when and none, amber, red or supervisor; or Task/ID WHAT none",
		fits: func(args []string) bool {
			return len(args) >= 3 && len(args) <= 5 && aTask.MatchString(args[0]) && (len(args) < 4 || isInstant(args[3])) && (len(args) < 5 || slices.Contains(levels, args[4]))
		},
		wrong: func(w *Want, _ *Answer, l *Leg) string {
			if l.owes(w.Args[1:]) {
				return ""
			}
			return differs(w.Args[0]+": due", strings.Join(w.Args[1:], " "), strings.Join(l.each((*Due).line), ", "))
		},
	},
	"told": {
		usage: "told takes Task/ID WHAT, and perhaps open, done or none",
		fits: func(args []string) bool {
			return (len(args) == 2 || len(args) == 3 && slices.Contains(tellings, args[2])) && aTask.MatchString(args[0])
		},
		wrong: func(w *Want, _ *Answer, l *Leg) string {
			if l.told(w.Args[1:]) {
				return ""
			}
			return differs(w.Args[0]+": told", strings.Join(w.Args[1:], " "), strings.Join(l.Told, ", "))
		},
	},
}

// ofReply reports whether the line is about the reply to the step.
func (w *Want) ofReply() bool { return sayings[w.Word].reply }

func differs(what, want, got string) string {
	if want == got {
		return ""
	}
	return fmt.Sprintf("%s should be %s, is %s", what, want, orNothing(got))
}

// told reports whether something was written for a leg: what it is, and perhaps that one is open, that one is done, or that there is none.
func (l *Leg) told(args []string) bool {
	if len(args) == 2 && args[1] != "none" {
		return slices.Contains(l.Told, strings.Join(args, " "))
	}
	there := slices.ContainsFunc(l.Told, func(t string) bool { return strings.HasPrefix(t, args[0]+" ") })
	return there == (len(args) == 1)
}

func isInstant(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// owes reports whether something is due: what it is, for whom, perhaps by when and how pressing; or that it is not.
func (l *Leg) owes(args []string) bool {
	there := func(d Due) bool {
		if d.What != args[0] || args[1] != "none" && d.For != args[1] || len(args) > 3 && orNone(d.Level) != args[3] {
			return false
		}
		if len(args) < 3 {
			return true
		}
		want, _ := time.Parse(time.RFC3339, args[2])
		by, err := time.Parse(time.RFC3339, d.By)
		return err == nil && by.Equal(want)
	}
	return slices.ContainsFunc(l.Due, there) == (args[1] != "none")
}

// line gives something due in the words of a story.
func (d *Due) line() string { return strings.Join([]string{d.What, d.For, d.By, orNone(d.Level)}, " ") }

// text gives the body; one in JSON without spaces between its parts.
func (a *Answer) text() string {
	var b bytes.Buffer
	if json.Compact(&b, a.Body) != nil {
		return string(a.Body)
	}
	return b.String()
}

// total gives how much a search found: what it says, or else its matches on this page. "" for what is no Bundle.
func (a *Answer) total() string {
	var b struct {
		ResourceType string
		Total        *int
		Entry        []struct{ Search struct{ Mode string } }
	}
	if json.Unmarshal(a.Body, &b) != nil || b.ResourceType != "Bundle" {
		return ""
	}
	if b.Total != nil {
		return strconv.Itoa(*b.Total)
	}
	n := 0
	for _, e := range b.Entry {
		if e.Search.Mode == "match" {
			n++
		}
	}
	return strconv.Itoa(n)
}
