package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

func TestOurCodeSystemsAreWholeAndRight(t *testing.T) {
	t.Parallel()
	all := CodeSystems()
	assert.Len(t, all, 18)
	for id, body := range all {
		r, issues := fhir.Read(body)
		require.Empty(t, issues, id)
		seen := map[string]bool{}
		for c := range r.Get("concept").All() {
			code := c.Get("code").Text()
			assert.False(t, seen[code], "%s has %s once", id, code)
			seen[code] = true
			assert.NotEmpty(t, c.Get("display").Text(), "%s %s", id, code)
		}
		if id == "warmhandoff-state" {
			for _, s := range workflow.States {
				assert.True(t, seen[string(s)], s)
			}
		}
	}
}
