package profile_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/bser"
	"warmhandoff/mapping/sdohcc"
	"warmhandoff/mapping/uscore"
	"warmhandoff/testdata/invalid"
)

// FuzzCheck checks the profiles of the guides against whatever can be read, which need not be right.
func FuzzCheck(f *testing.F) {
	for _, c := range invalid.Cases() {
		if len(c.Body) < 4096 {
			f.Add(c.Body)
		}
	}
	all := slices.Concat(sdohcc.Profiles, uscore.Profiles, bser.Profiles)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := fhir.ReadStored(data)
		if err != nil {
			return
		}
		for i := range all {
			for _, issue := range all[i].Check(r) {
				require.NotEmpty(t, issue.Text)
				require.NotEmpty(t, issue.Expression)
			}
		}
		_, _ = profile.Find(all, r.Get("meta", "profile").Text())
	})
}
