package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/mapping/workflow"
)

func TestDeadlinesAndSitesComeFromSettings(t *testing.T) {
	t.Parallel()
	s := site{Zone: "America/Los_Angeles", Partner: map[string]string{"Organization/harbor": "treatment+polled"}, times: times{
		Hours: "08:00-18:00", Holiday: []string{"2026-03-31"},
		Site:      map[string]string{"Organization/cedar": "America/New_York+10:00-16:00+2026-03-17"},
		Deadlines: map[string]string{"T2.routine": "5d", "T7.urgent": "2/3d", "T8.routine": "2"},
	}}
	guide, rules, err := s.agreed()
	require.NoError(t, err)
	assert.True(t, guide.Partners["Organization/harbor"].Treatment)
	harbor, cedar := rules.Site("Organization/harbor"), rules.Site("Organization/cedar")
	assert.True(t, harbor.Polled)
	assert.Equal(t, 8*time.Hour, harbor.Opens)
	assert.Equal(t, []workflow.Date{{Year: 2026, Month: 3, Day: 31}}, harbor.Holidays)
	assert.Equal(t, "America/New_York", cedar.Zone.String())
	assert.Equal(t, 16*time.Hour, cedar.Closes)
	assert.Equal(t, []int{2}, rules.Reminders[workflow.Routine])
	assert.Equal(t, []int{1, 0}, rules.Reminders[workflow.Urgent], "what was not set stays")
	at := slices.IndexFunc(rules.Deadlines, func(d workflow.Deadline) bool { return d.Name == "T2" })
	assert.Equal(t, workflow.Days(5), rules.Deadlines[at].Routine)
	assert.Equal(t, workflow.Days(3), workflow.DefaultDeadlines[at].Routine, "the defaults are not touched")
}

func TestWrongTimesAreRefusedInWordsThatHelp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, args, says string }{
		{"a span that is none", "--deadlines=T2.routine=soon", `"soon" is no span of time: give hours (2h, 90m), business days (3d)`},
		{"a timer that is none", "--deadlines=T99.routine=2h", `"T99.routine" is no deadline that can be set: there are T1, T2, T3`},
		{"no urgency", "--deadlines=T2=2h", `give a timer and an urgency, T2.routine`},
		{"attempts without a window", "--deadlines=T7.routine=3", "give the attempts and their window: 3/14d"},
		{"reminders", "--deadlines=T8.routine=weekly", "give 7,3,1 (0 is the same day), or none"},
		{"hours", "--hours=17:00-9:00", "give when a site opens and closes, 09:00-17:00"},
		{"a holiday", "--holiday=Easter", `"Easter" is no day`},
		{"a site", "--site=Organization/a=Mars", `"Mars" is no zone (America/New_York), no business hours (08:00-18:00) and no holiday`},
		{"a word for a partner", "--partner=Organization/a=asked", "is not treatment, part2, mark, polled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := runProgram(t, "", "serve", "--addr", "127.0.0.1:0", "--db", ":memory:", c.args)
			assert.Equal(t, 2, got.status)
			assert.Contains(t, got.err, c.says)
		})
	}
}

func TestDeadlinesComeFromTheSettingsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "warmhandoff.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"holiday": ["2026-12-24"], "deadlines": {"T2.routine": "5d", "T3.routine": "later"}}`), 0o600))
	assert.Contains(t, runIn(t, dir, nil, "", "serve").err, `warmhandoff.json: "deadlines": T3.routine=later: "later" is no span of time`)
}
