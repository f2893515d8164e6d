package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestProgressIsALineNowAndThenWhereThereIsNoTerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	g := newProgress(&out, "referrals", func() time.Time { return at })
	for n := range 100 {
		at = at.Add(time.Second)
		g.show(10*(n+1), 2000)
	}
	g.end()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	assert.Len(t, lines, 20)
	assert.Equal(t, "50 of 2000 referrals, 10/s, 3m15s left", lines[0])
	assert.NotContains(t, out.String(), "\r")
}

func TestProgressIsABarOnATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	g := newProgress(&out, "referrals", func() time.Time { return at })
	g.draws = true
	at = at.Add(time.Second)
	g.show(50, 100)
	assert.Contains(t, out.String(), "\r[###############...............] 50 of 100 referrals, 50/s, 1s left")
	g.show(60, 100)
	assert.NotContains(t, out.String(), "60 of", "not more often than can be read")
	g.show(100, 100)
	assert.Contains(t, out.String(), strings.Repeat("#", 30)+"]", "the end is always shown")
	g.end()
	assert.True(t, strings.HasSuffix(out.String(), "\r\x1b[K"), "and cleared away")
}
