package workflow

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var zonesOfTheWorld = []*time.Location{time.UTC, time.FixedZone("", 14*60*60), time.FixedZone("", -12*60*60)}

// TestEveryTimeThatIsComputedCanBeTold adds anything to any time, in any zone: what comes of it can be written as JSON and as a date of FHIR, is not before what
// it was computed from, and what was not said stays unsaid.
func TestEveryTimeThatIsComputedCanBeTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zonesOfTheWorld).Draw(t, "zone")
		year := rapid.OneOf(rapid.SampledFrom([]int{1, 2, 9998, 9999}), rapid.IntRange(1, 9999)).Draw(t, "year")
		at := Within(time.Date(year, time.Month(rapid.SampledFrom([]int{1, 6, 12}).Draw(t, "month")), rapid.SampledFrom([]int{1, 31}).Draw(t, "day"),
			rapid.SampledFrom([]int{0, 23}).Draw(t, "hour"), 59, 59, 999_000_000, zone))
		d := time.Duration(rapid.OneOf(rapid.SampledFrom([]int64{math.MinInt64, -1, 0, 1, math.MaxInt64}), rapid.Int64()).Draw(t, "duration"))
		days := rapid.OneOf(rapid.IntRange(-4_000_000, 4_000_000), rapid.IntRange(-2, 2)).Draw(t, "days")
		site := Site{Zone: zone, Opens: 9 * time.Hour, Closes: 17 * time.Hour}
		for name, one := range map[string]struct {
			is      time.Time
			forward bool
		}{
			"plus": {Plus(at, d), d >= 0}, "days": {PlusDays(at, zone, days), days >= 0}, "eighteen": {plusDate(at, zone, 18, 0), true},
			"midnight": {site.midnight(at), true}, "business": {site.after(at, 80*time.Hour), true}, "wall clock": {site.days(at, days), days >= 0},
		} {
			if one.is.IsZero() || one.is.Before(earliest) || one.is.After(latest) {
				t.Fatalf("%s: %v", name, one.is)
			}
			if before := one.is.Before(at); before && one.forward || !before && !one.forward && one.is.After(at) {
				t.Fatalf("%s: %v from %v", name, one.is, at)
			}
			if _, err := json.Marshal(one.is); err != nil {
				t.Fatal(name, err)
			}
			for _, zone := range zonesOfTheWorld {
				if y := In(one.is, zone).Year(); y < 1 || y > 9999 {
					t.Fatalf("%s: the year %d", name, y)
				}
			}
		}
		l := Span{Hours: 24}.ladder(at, &site, Routine)
		l.real(Plus(at, max(d, 0)))
		if l.amber.Before(l.from) || l.by.Before(l.amber) || l.supervisor.Before(l.by) {
			t.Fatalf("%+v", l)
		}
	})
	for _, zone := range zonesOfTheWorld {
		assert.Zero(t, Plus(time.Time{}, time.Hour))
		assert.Zero(t, PlusDays(time.Time{}, zone, 1))
	}
}

func TestAPartOfADuration(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 18*time.Hour, part(24*time.Hour, 3, 4))
	assert.Equal(t, 36*time.Hour, part(24*time.Hour, 3, 2))
	assert.Equal(t, time.Duration(math.MaxInt64), part(math.MaxInt64, 3, 2))
	assert.Equal(t, time.Duration(math.MaxInt64/4*3+2), part(math.MaxInt64, 3, 4))
	assert.Zero(t, part(5, 0, 3))
	assert.Equal(t, time.Duration(5), part(5, 3, 3))
}

// TestTimesAreComputedInOnePlace finds every call by which a time is moved or made of numbers, in this room and in the mapping around it: it stands in
// bounds.go, or is about a clock that no data sets.
func TestTimesAreComputedInOnePlace(t *testing.T) {
	t.Parallel()
	allowed := map[string]string{
		"calendar.go": "time.Date", // Within what it gives, and a day counted in UTC
	}
	for _, folder := range []string{".", ".."} {
		names, err := filepath.Glob(filepath.Join(folder, "*.go"))
		require.NoError(t, err)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || name == "bounds.go" {
				continue
			}
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				f, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				on, _ := f.X.(*ast.Ident)
				switch {
				case f.Sel.Name == "AddDate", f.Sel.Name == "Date" && on != nil && on.Name == "time":
					assert.Equal(t, "time."+f.Sel.Name, allowed[filepath.Base(name)], "%s computes a time by itself: see bounds.go", name)
				case f.Sel.Name == "Add" && len(call.Args) == 1: // a History takes two
					assert.Fail(t, "a time is moved", "%s computes a time by itself: see bounds.go", name)
				}
				return true
			})
		}
	}
}
