package search

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// decimals draws numbers as FHIR writes them, many of them near each other, with up to thirty digits.
func decimals() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := rapid.StringMatching(`-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,3})?`).Draw(t, "near")
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			s = rapid.StringMatching(`-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?`).Draw(t, "long")
		case 1:
			s += fmt.Sprintf("e%d", rapid.IntRange(-400, 400).Draw(t, "exponent"))
		case 2:
			s = rapid.SampledFrom([]string{"66.89999999999999", "66.899999999999991", "66.9", "66.90", "-66.9", "0", "0.0", "-0", "9007199254740993", "9007199254740992", "1e-3", "0.001"}).Draw(t, "known")
		}
		return s
	})
}

func rational(t require.TestingT, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	require.True(t, ok, s)
	return r
}

// The order of text is the order of numbers, and what lies behind a number lies before every greater one.
func TestNumbersSortAsTheyAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := decimals().Draw(t, "a"), decimals().Draw(t, "b")
		x, okA := number(a)
		y, okB := number(b)
		require.True(t, okA && okB, "%s %s", a, b)
		require.Equal(t, rational(t, a).Cmp(rational(t, b)), strings.Compare(x, y), "%s %s", x, y)
		require.Equal(t, rational(t, a).Cmp(rational(t, b)) < 0, above(x) <= y, "%s %s", x, y)
		require.True(t, openNumber < x && above(x) < endNumber && !strings.ContainsAny(x, "|,"))
	})
}

// A number is found by what it is written as, at any prefix that has equal in it; and eq finds exactly what is written the same at the precision asked for.
func TestNumbersByTheIntervalOfTheirPrecision(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stored, asked := decimals().Draw(t, "stored"), decimals().Draw(t, "asked")
		n, ok := number(stored)
		require.True(t, ok)
		passes := func(prefix, text string) bool {
			lo, hi, ok := measure(prefix, text)
			require.True(t, ok, text)
			return holdsTest(Test{Op: prefix, Lo: lo, Hi: hi}, n, above(n))
		}
		if len(stored) <= 40 {
			for prefix, want := range map[string]bool{"eq": true, "ge": true, "le": true, "ap": true, "ne": false, "gt": false, "lt": false, "sa": false, "eb": false} {
				require.Equal(t, want, passes(prefix, stored), "%s%s", prefix, stored)
			}
		}
		r, low, high := rational(t, stored), rational(t, asked), rational(t, asked)
		digits, exp, ok := parts(asked)
		require.True(t, ok && digits != nil)
		half := rational(t, fmt.Sprintf("5e%d", exp-1))
		low.Sub(low, half)
		high.Add(high, half)
		require.Equal(t, r.Cmp(low) >= 0 && r.Cmp(high) < 0, passes("eq", asked), "%s for %s", stored, asked)
		require.Equal(t, r.Cmp(rational(t, asked)) > 0, passes("gt", asked), "%s for gt%s", stored, asked)
		require.Equal(t, r.Cmp(rational(t, asked)) < 0, passes("lt", asked), "%s for lt%s", stored, asked)
	})
}

// holdsTest is what a store does with a Test of a span.
func holdsTest(t Test, from, to string) bool {
	eq := t.Lo <= from && to <= t.Hi
	return map[string]bool{"eq": eq, "ne": !eq, "lt": from < t.Lo, "le": from < t.Lo || eq, "gt": to > t.Hi, "ge": to > t.Hi || eq,
		"sa": from >= t.Hi, "eb": to <= t.Lo, "ap": from < t.Hi && to > t.Lo}[t.Op]
}

func TestWhatIsNoNumber(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "-", ".", "e5", "1e", "1e5.5", "0x10", "1_000", "NaN", "Inf", "1e99999999999999999999", "1e60000", "--1", "1 2", "½"} {
		_, ok := number(s)
		assert.False(t, ok, s)
		_, _, ok = measure("eq", s)
		assert.False(t, ok, s)
	}
	long, ok := number("1." + strings.Repeat("3", 4000))
	assert.True(t, ok)
	assert.Less(t, len(long), 110, "of digits the first hundred count")
}

func BenchmarkNumber(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if n, ok := number("66.89999999999999"); !ok || above(n) == "" {
			b.Fatal(n)
		}
	}
}
