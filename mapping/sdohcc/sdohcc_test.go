package sdohcc

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// examples are the guide's own examples, which lie beside a working copy of this repository on some machines.
const examples = "../../../shared/examples/sdohcc"

// TestTheGuidesOwnTasks reads every Task among the examples: a Task for referral management is followed, a Task for the person is not.
func TestTheGuidesOwnTasks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(examples, "Task-*.json"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the published examples are not on this machine")
	}
	set := mapping.Settings{Guides: []mapping.Guide{Guide}}
	activity := false
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // a path of ours
		require.NoError(t, err)
		r, err := fhir.ReadStored(data)
		require.NoError(t, err, file)
		move, follows := set.FactOf(r).Move()
		management := strings.Contains(string(r.Get("meta", "profile").Raw()), "TaskForReferralManagement")
		assert.Equal(t, management, follows, file)
		if follows {
			assert.Equal(t, workflow.Status(r.Get("status").Text()), move.Status, file)
		}
		for o := range r.Get("output").All() {
			for c := range o.Get("type", "coding").All() {
				activity = activity || slices.Contains(Guide.Activity, mapping.Coding{System: c.Get("system").Text(), Code: c.Get("code").Text()})
			}
		}
	}
	assert.True(t, activity, "one of them has the activity that resulted")
}

func TestReasonsAreOnesThatWeKnow(t *testing.T) {
	t.Parallel()
	for _, r := range Guide.Reasons {
		_, end := workflow.EndOf(r.Reason)
		_, pause := workflow.PauseOf(r.Reason)
		assert.True(t, end || pause, "%s means %s", r.Code, r.Reason)
		assert.Equal(t, System, r.System)
	}
}
