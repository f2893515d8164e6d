package mutants

import (
	"context"
	"fmt"
	"strings"
)

// Comparison is what HAPI's validator and we say of mutants, by kind.
type Comparison struct {
	rows  map[string]*tally
	Diffs []Diff // one for each mutant of which the two say different things, in their order
}

// Diff is a mutant of which the two say different things.
type Diff struct {
	Mutant
	OnlyWe bool // we object and HAPI's does not; else it is the other way round
	Failed bool // HAPI's broke down
	Theirs string
	Ours   string
}

// tally counts verdicts: valid, with R4's own profile asked for; taken, as a write does it.
type tally struct {
	n, failed    int
	valid, taken [4]int // both accept, both reject, only HAPI rejects, only we reject
	byRuling     int    // of those that only we reject
}

// Compare compares the verdicts on mutants, of which each has one, in any order. Those that are made of what HAPI rejects already are left out.
func Compare(ctx context.Context, all []Mutant, given []Verdict) *Comparison {
	theirs := map[string]Verdict{}
	for _, v := range given {
		theirs[v.ID] = v
	}
	c := &Comparison{rows: map[string]*tally{}}
	for _, m := range all {
		v, base := theirs[m.ID], theirs[m.Base]
		if base.Rejected {
			continue
		}
		row := c.rows[m.Kind]
		if row == nil {
			row = &tally{}
			c.rows[m.Kind] = row
		}
		row.n++
		o := Ours(ctx, m.Text)
		if v.Failed {
			row.failed++
		} else {
			row.valid[cell(v.Rejected, o.Objects)]++
			row.taken[cell(v.Rejected, o.Refused)]++
		}
		if v.Rejected == o.Objects {
			continue
		}
		d := Diff{Mutant: m, OnlyWe: o.Objects, Failed: v.Failed, Theirs: v.Words, Ours: o.Words}
		if c.Diffs = append(c.Diffs, d); d.OnlyWe && d.Reason() != nil && d.Reason().Ruling {
			row.byRuling++
		}
	}
	return c
}

func cell(theirs, ours bool) int {
	switch {
	case theirs && ours:
		return 1
	case theirs:
		return 2
	case ours:
		return 3
	}
	return 0
}

// Agreement returns of how many mutants the two say the same, of how many they differ as ruling 44 has it, and how many there are of which HAPI's has an
// opinion. What is right is not counted.
func (c *Comparison) Agreement() (same, ruled, all int) {
	for _, kind := range Kinds() {
		if row := c.rows[kind]; row != nil {
			same += row.valid[0] + row.valid[1]
			ruled += row.byRuling
			all += row.n - row.failed
		}
	}
	return same, ruled, all
}

// Table returns the counts by kind as a table of Markdown.
func (c *Comparison) Table() string {
	var b strings.Builder
	b.WriteString("| defect | n | HAPI's fails | asked for R4: both accept | both reject | only HAPI's rejects | only we reject | of these by ruling 44 | the write: both accept | both refuse | only HAPI's rejects | only we refuse |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	var sum tally
	for _, kind := range append([]string{Right}, Kinds()...) {
		row := c.rows[kind]
		if row == nil {
			continue
		}
		row.write(&b, kind)
		if kind != Right {
			sum.add(row)
		}
	}
	sum.write(&b, "all defects")
	return b.String()
}

func (t *tally) add(more *tally) {
	t.n, t.failed, t.byRuling = t.n+more.n, t.failed+more.failed, t.byRuling+more.byRuling
	for i := range t.valid {
		t.valid[i] += more.valid[i]
		t.taken[i] += more.taken[i]
	}
}

func (t *tally) write(b *strings.Builder, name string) {
	_, _ = fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n", name, t.n, t.failed,
		t.valid[0], t.valid[1], t.valid[2], t.valid[3], t.byRuling, t.taken[0], t.taken[1], t.taken[2], t.taken[3])
}
