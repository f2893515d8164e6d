package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAnOldTaskThatComesAgainIsNoMoveBack(t *testing.T) {
	t.Parallel()
	f := start(t)
	task := func(status string) Change {
		return f.put(`{"resourceType":"Task","id":"t","status":"` + status + `","intent":"order","focus":{"reference":"ServiceRequest/sr"},"owner":{"reference":"Organization/harbor"}}`)
	}
	f.apply(f.put(`{"resourceType":"ServiceRequest","id":"sr","status":"active","intent":"order","subject":{"reference":"Patient/p"}}`), task("requested"))
	f.apply(task("accepted"))
	again := f.apply(task("requested"))[0]
	assert.Equal(t, Unchanged, again.Done)
	assert.Equal(t, 2, again.Version.Number)
	f.refused(Unprocessable, f.put(`{"resourceType":"Task","id":"t","status":"requested","intent":"order","description":"another","focus":{"reference":"ServiceRequest/sr"},"owner":{"reference":"Organization/harbor"}}`))
}
