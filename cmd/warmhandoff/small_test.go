package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLoopbackIsThisMachineAlone(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "127.8.9.1", "::1", "localhost"} {
		assert.True(t, loopback(host), host)
	}
	for _, host := range []string{"", "0.0.0.0", "::", "192.0.2.1", "example.org", "localhost.example.org", "127.0.0.1.example.org"} {
		assert.False(t, loopback(host), host)
	}
}

func TestQuantileOfTimes(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for i := range 100 {
		times = append(times, time.Duration(i+1)*time.Millisecond)
	}
	assert.InDelta(t, 51, quantile(times, 0.5), 0.001)
	assert.InDelta(t, 100, quantile(times, 0.99), 0.001)
	assert.InDelta(t, 100, quantile(times, 1), 0.001)
	assert.Zero(t, quantile(nil, 0.5))
}

func TestCountSyncsOfATrace(t *testing.T) {
	t.Parallel()
	trace := `7 100.000001 fdatasync(3) = 0
7 101.000000 fdatasync(3 <unfinished ...>
8 101.100000 fsync(4)              = -1 EIO (Input/output error)
7 101.200000 <... fdatasync resumed>) = 0
7 102.500000 fsync(4)              = 0
7 103.000000 +++ exited with 0 +++
`
	from, until := time.Unix(100, 500_000_000), time.Unix(102, 600_000_000)
	assert.Equal(t, 2, countSyncs(strings.NewReader(trace), from, until))
}

func TestJudgeSeesWhatIsLostAndWhatIsHalf(t *testing.T) {
	t.Parallel()
	there := func(update string) []backEntry {
		all := make([]backEntry, len(kinds))
		for i := range all {
			all[i].Response.Status = "200 OK"
			all[i].Resource.Description = update
		}
		return all
	}
	half := there("0")
	half[3].Response.Status = "404 Not Found"
	for _, row := range []struct {
		name       string
		deed       deed
		entries    []backEntry
		lost, half int
	}{
		{"all is there", deed{acknowledged: true, sent: 1, done: 1}, there("1"), 0, 0},
		{"what was not acknowledged is not there", deed{}, make([]backEntry, len(kinds)), 0, 0},
		{"what was not acknowledged is there", deed{}, there("0"), 0, 0},
		{"an acknowledged Bundle is not there", deed{acknowledged: true}, make([]backEntry, len(kinds)), 1, 0},
		{"an acknowledged update is not there", deed{acknowledged: true, sent: 1, done: 1}, there("0"), 1, 0},
		{"a Bundle is half there", deed{}, half, 0, 1},
	} {
		var seen tally
		seen.judge(&row.deed, row.entries)
		assert.Equal(t, row.lost, seen.lost, row.name)
		assert.Equal(t, row.half, seen.half, row.name)
	}
}

func TestBrushMovesDatesAndRenamesReferences(t *testing.T) {
	t.Parallel()
	b := brush{sketch: sketch{name: "x"}, days: 10}
	for from, to := range map[string]string{
		"2026-03-02":                "2026-03-12",
		"2026-02-25T09:00:00-08:00": "2026-03-07T09:00:00-08:00",
		"1990-04-12":                "1990-04-12",
		"Task/T1":                   "Task/demo-x-T1",
		"Organization/harbor":       "Organization/harbor",
		"http://loinc.org":          "http://loinc.org",
		"Called before 2026-03-02":  "Called before 2026-03-02",
	} {
		assert.Equal(t, to, b.text(from))
	}
}
