package mapping

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"warmhandoff/mapping/workflow"
)

// TestWhoseItIsDoesNotDependOnWhatBecomesOfTheOthers: what does not say whose it is belongs to whoever alone was asked at its time.
func TestWhoseItIsDoesNotDependOnWhatBecomesOfTheOthers(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }
	harbor := asking{agency: "harbor", from: day(2)}
	harborUntil4 := asking{agency: "harbor", from: day(2), until: day(4)}
	cedar := asking{agency: "cedar", from: day(2)}
	cedarFrom6 := asking{agency: "cedar", from: day(6)}
	cedarUntil5 := asking{agency: "cedar", from: day(2), until: day(5)}
	for _, row := range []struct {
		name  string
		asked []asking
		about time.Time
		whose string // "" nobody's
	}{
		{"the only one that was ever asked", []asking{harbor}, day(3), "harbor"},
		{"the only one, and the agency has said no since", []asking{harborUntil4}, day(9), "harbor"},
		{"two are asked", []asking{harbor, cedar}, day(3), ""},
		{"two were asked then, and one has ended since", []asking{harborUntil4, cedar}, day(3), ""},
		{"one had ended by then", []asking{harborUntil4, cedar}, day(5), "cedar"},
		{"the other was asked only later", []asking{harbor, cedarFrom6}, day(3), "harbor"},
		{"both since then", []asking{harbor, cedarFrom6}, day(7), ""},
		{"nobody was asked any more", []asking{harborUntil4, cedarUntil5}, day(7), "cedar"},
		{"between the two", []asking{harborUntil4, cedarFrom6}, day(5), "harbor"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, agency := range []string{"harbor", "cedar"} {
				c := &leg{r: &reading{asked: row.asked}, agency: agency}
				if len(row.asked) == 1 && agency == "cedar" {
					continue
				}
				assert.Equal(t, row.whose == agency, c.alone(row.about), agency)
			}
		})
	}
}

func TestWhatADayIsAboutEndsWithTheDay(t *testing.T) {
	t.Parallel()
	at, said := time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC), time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)
	assert.Equal(t, at, about(workflow.Moment{At: at}, said))
	assert.Equal(t, said, about(workflow.Moment{}, said))
	assert.True(t, about(workflow.Moment{At: at, Day: true}, said).After(at.Add(23*time.Hour)))
}
