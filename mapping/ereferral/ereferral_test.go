package ereferral

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

func TestATaskNamesItsRequestByBasedOn(t *testing.T) {
	t.Parallel()
	set := mapping.Settings{Guides: []mapping.Guide{Guide}}
	for code, says := range map[string]mapping.BusinessSaying{
		"no-show": mapping.SaysNoShow, "rejected-by-performer": mapping.SaysNothing, "completed-with-advice": mapping.SaysNothing,
	} {
		task, issues := fhir.Read([]byte(fmt.Sprintf(`{"resourceType":"Task","status":"in-progress","intent":"order","code":{"coding":[{"system":"urn:any","code":"process-request"}]},
			"basedOn":[{"reference":"ServiceRequest/s"}],"businessStatus":{"coding":[{"system":"urn:any","code":%q}]}}`, code)))
		require.Empty(t, issues)
		f := set.FactOf(task)
		assert.Equal(t, says, f.Task.Says, code)
		assert.Equal(t, []string{"ServiceRequest/s"}, f.Requests())
		move, follows := f.Move()
		assert.True(t, follows)
		assert.Equal(t, workflow.TaskInProgress, move.Status)
	}
}

func TestNothingOfItIsWritten(t *testing.T) {
	t.Parallel()
	for _, b := range Guide.Business {
		assert.Empty(t, b.State, "%s: its system is not known, so it cannot be written", b.Code)
	}
}
