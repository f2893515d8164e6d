package patch

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// numbered is a Patient of so many identifiers, which are all that is large in it.
func numbered(n int) []byte {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"system":"http://example.org/mrn","value":"%06d"}`, i)
	}
	return []byte(`{"resourceType":"Patient","id":"p","active":true,"identifier":[` + strings.Join(items, ",") + `]}`)
}

// allocated gives how many bytes f takes from the heap, given back or not.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// jsonSteps are instructions of each kind, at places that every numbered Patient has.
func jsonSteps(n int) []byte {
	kinds := []string{
		`{"op":"replace","path":"/identifier/%d/value","value":"x"}`, `{"op":"test","path":"/identifier/%d/system","value":"http://example.org/mrn"}`,
		`{"op":"add","path":"/identifier/%d/use","value":"old"}`, `{"op":"copy","from":"/identifier/0/value","path":"/identifier/%d/value"}`,
		`{"op":"add","path":"/identifier/%d/type","value":{"text":"x"}}`, `{"op":"move","from":"/active","path":"/active"}`, `{"op":"remove","path":"/identifier/%d/system"}`,
	}
	steps := make([]string, n)
	for i := range steps {
		steps[i] = kinds[i%len(kinds)]
		if strings.Contains(steps[i], "%d") {
			steps[i] = fmt.Sprintf(steps[i], i)
		}
	}
	return []byte("[" + strings.Join(steps, ",") + "]")
}

func pathSteps(n int) []string {
	kinds := []func(i int) string{
		func(i int) string {
			return op("replace", fmt.Sprintf("Patient.identifier[%d].value", i), "", `"valueString":"x"`)
		},
		func(i int) string { return op("delete", fmt.Sprintf("Patient.identifier[%d].system", i), "", "") },
		func(i int) string {
			return op("add", fmt.Sprintf("Patient.identifier[%d]", i), "use", `"valueCode":"old"`)
		},
	}
	steps := make([]string, n)
	for i := range steps {
		steps[i] = kinds[i%len(kinds)](i)
	}
	return steps
}

// TestAPatchTakesAResourceApartOnce holds that what many instructions cost more than few does not grow with the resource: each is done where it is to be
// done. It runs alone, since it counts what the whole process takes.
func TestAPatchTakesAResourceApartOnce(t *testing.T) {
	t.Run("JSON Patch", func(t *testing.T) {
		more := func(resource []byte) int {
			cost := func(document []byte) int {
				return allocated(func() {
					got, issues := JSON(resource, document, 10<<20)
					require.Empty(t, issues)
					require.NotEmpty(t, got)
				})
			}
			return cost(jsonSteps(MaxSteps)) - cost(jsonSteps(2))
		}
		small, large := numbered(1000), numbered(9000)
		assert.Less(t, more(large), more(small)+2*len(large), "bytes that 198 instructions more take: of a large resource, and of a small one")
	})
	t.Run("FHIRPath Patch", func(t *testing.T) {
		many, few := parameters(t, pathSteps(MaxSteps)...), parameters(t, pathSteps(2)...)
		more := func(resource []byte) int {
			cost := func(p *fhir.Resource) int {
				return allocated(func() {
					got, issues := FHIRPath(resource, p, 10<<20)
					require.Empty(t, issues)
					require.NotEmpty(t, got)
				})
			}
			return cost(many) - cost(few)
		}
		small, large := numbered(1000), numbered(9000)
		assert.Less(t, more(large), more(small)+2*len(large))
	})
}

// TestPathsLookAtSoMuch holds the bound of what paths look at, and that it does not meet a patch of ordinary size.
func TestPathsLookAtSoMuch(t *testing.T) {
	t.Parallel()
	of := func(conditions, steps int) []fhir.Issue {
		path := "Patient.identifier.where(" + strings.TrimSuffix(strings.Repeat("system = 'http://example.org/mrn' and ", conditions), "and ") + ").where(value = '000007').use"
		ops := make([]string, steps)
		for i := range ops {
			ops[i] = op("delete", path, "", "")
		}
		_, issues := FHIRPath(numbered(1000), parameters(t, ops...), 10<<20)
		return issues
	}
	assert.Empty(t, of(1, 100))
	for name, issues := range map[string][]fhir.Issue{"many conditions": of(2000, 1), "many operations": of(20, MaxSteps)} {
		if assert.Len(t, issues, 1, name) {
			assert.Equal(t, fhir.CodeTooCostly, issues[0].Code, name)
			assert.Contains(t, issues[0].Text, "more than 1000000 elements", name)
			assert.Regexp(t, `^Parameters.parameter\[\d+\]$`, issues[0].Expression, name)
		}
	}
}

// TestACopyThatIsTakenAwayWasMade holds that copies count all together: each of them is small enough, and what stays is.
func TestACopyThatIsTakenAwayWasMade(t *testing.T) {
	t.Parallel()
	resource := numbered(100)
	steps := strings.TrimSuffix(strings.Repeat(`{"op":"copy","from":"/identifier","path":"/x"},{"op":"remove","path":"/x"},`, 20), ",")
	_, issues := JSON(resource, []byte("["+steps+"]"), 7*len(resource)/2)
	require.Len(t, issues, 1)
	assert.Equal(t, fhir.CodeTooCostly, issues[0].Code)
	assert.Equal(t, "[6]", issues[0].Expression)
	large := strings.Repeat("x", len(resource))
	replaced := strings.TrimSuffix(strings.Repeat(`{"op":"replace","path":"/identifier/0/value","value":"`+large+`"},`, 20), ",")
	got, issues := JSON(resource, []byte("["+replaced+"]"), 7*len(resource)/2)
	require.Empty(t, issues, "what is replaced is gone")
	assert.Contains(t, string(got), large)
}

// TestObjectsOfManyNamesAreCompared whatever the order of their members.
func TestObjectsOfManyNamesAreCompared(t *testing.T) {
	t.Parallel()
	members := make([]string, 1000)
	back := make([]string, len(members))
	for i := range members {
		members[i] = fmt.Sprintf(`"n%d":%d`, i, i)
		back[len(back)-1-i] = members[i]
	}
	one, other := "{"+strings.Join(members, ",")+"}", "{"+strings.Join(back, ",")+"}"
	document := `[{"op":"add","path":"/x","value":` + one + `},{"op":"test","path":"/x","value":` + other + `},{"op":"remove","path":"/x"}]`
	got, issues := JSON([]byte(patient), []byte(document), 100_000)
	require.Empty(t, issues)
	assert.Equal(t, patient, string(got))
	_, issues = JSON([]byte(patient), []byte(strings.Replace(document, `"n7":7,"n6"`, `"n7":8,"n6"`, 1)), 100_000)
	require.Len(t, issues, 1)
	assert.Equal(t, fhir.CodeConflict, issues[0].Code)
}

// TestPointers leads where RFC 6901 says.
func TestPointers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		patch string
		code  fhir.Code // "" where it is done
	}{
		{`[{"op":"add","path":"/a~1b~01","value":1},{"op":"test","path":"/a~1b~01","value":1},{"op":"remove","path":"/a~1b~01"}]`, ""},
		{`[{"op":"remove","path":"/name/01"}]`, fhir.CodeProcessing},
		{`[{"op":"remove","path":"/name/x"}]`, fhir.CodeProcessing},
		{`[{"op":"remove","path":"/name/-"}]`, fhir.CodeNotFound},
		{`[{"op":"add","path":"/name/3","value":{}}]`, fhir.CodeNotFound},
		{`[{"op":"add","path":"/name/99999999999999999999","value":{}}]`, fhir.CodeNotFound},
		{`[{"op":"add","path":"/name/0/family/x","value":1}]`, fhir.CodeNotFound},
		{`[{"op":"add","path":"/contact/0","value":1}]`, fhir.CodeNotFound},
		{`[{"op":"move","from":"/name","path":"/name/0/x"}]`, fhir.CodeNotFound},
		{`[{"op":"test","path":"/birthDate","value":null}]`, ""},
		{`[{"op":"test","path":"/birthDate","value":"1990"}]`, fhir.CodeConflict},
		{`[1]`, fhir.CodeStructure},
		{`[] []`, fhir.CodeStructure},
		{`null`, fhir.CodeStructure},
	} {
		got, issues := JSON([]byte(patient), []byte(c.patch), roomy)
		if c.code == "" {
			assert.Empty(t, issues, c.patch)
			assert.Equal(t, patient, string(got), c.patch)
			continue
		}
		if assert.Len(t, issues, 1, c.patch) {
			assert.Equal(t, c.code, issues[0].Code, "%s: %s", c.patch, issues[0].Text)
		}
	}
}

func BenchmarkJSONOfManySteps(b *testing.B) {
	resource, document := numbered(9000), jsonSteps(MaxSteps)
	b.SetBytes(int64(len(resource)))
	b.ReportAllocs()
	for b.Loop() {
		if _, issues := JSON(resource, document, 10<<20); issues != nil {
			b.Fatal(issues)
		}
	}
}
