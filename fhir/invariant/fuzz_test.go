package invariant

import (
	"testing"

	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/testdata/invalid"
)

// FuzzCheck gives the library what $validate gives it: also resources that the strict reader refused, as far as they can be read.
func FuzzCheck(f *testing.F) {
	for _, c := range invalid.Cases() {
		if len(c.Body) < 4096 {
			f.Add(c.Body)
		}
	}
	f.Add([]byte(`{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"Organization","id":"o","name":"x"}],"owner":{"reference":"#o"},"executionPeriod":{"start":"2026","end":"2025"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := fhir.ReadStored(data)
		if err != nil {
			return
		}
		for _, i := range Check(t.Context(), r) {
			require.NotEmpty(t, i.Text)
			require.True(t, i.Expression != "" || i.Code == fhir.CodeTooCostly)
		}
	})
}
