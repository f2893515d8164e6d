package fhir

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestManyContained holds that few and many contained resources are told apart in the same way.
func TestManyContained(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, fewContents, fewContents + 1, 200} {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`{"resourceType":"Organization","id":"o%d","name":"x"}`, i)
		}
		read := func(contained, owner string) []Issue {
			_, issues := Read([]byte(`{"resourceType":"Task","status":"requested","intent":"order","contained":[` + contained + `],"owner":{"reference":"` + owner + `"}}`))
			return issues
		}
		last, list := fmt.Sprintf("#o%d", n-1), strings.Join(all, ",")
		assert.Empty(t, read(list, last), n)
		assert.Equal(t, CodeInvariant, read(list, "#o")[0].Code, n)
		assert.Equal(t, CodeDuplicate, read(list+","+all[n-1], last)[0].Code, n)
		assert.Equal(t, "Task.owner.reference", read(list+`,{"resourceType":"Location","id":"l"}`, "#l")[0].Expression, n)
	}
}
