package fhir

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// seed adds what the tables of right and wrong inputs hold, save the big ones.
func seed(f *testing.F) {
	for _, w := range wrongInputs {
		if len(w.input) < 4096 {
			f.Add([]byte(w.input))
		}
	}
	for _, input := range rightInputs {
		if len(input) < 4096 {
			f.Add([]byte(input))
		}
	}
	f.Add([]byte(bundle))
}

func FuzzRead(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		r, issues := Read(data)
		require.Equal(t, before, data, "the input is not changed")
		require.Equal(t, r == nil, Refused(issues))
		outcome, wrong := Read(OperationOutcome(issues...))
		require.NotNil(t, outcome, "%v", wrong)
		for _, issue := range issues {
			require.NotEqual(t, "Not valid JSON.", issue.Text, "the cursor refuses what is JSON by another's word")
		}
		if !jsontext.Value(data).IsValid(lax) {
			require.Len(t, issues, 1, "nothing else is said of what is no JSON")
			require.Equal(t, Fatal, issues[0].Severity)
		}
		if r == nil {
			_, _ = ReadStored(data)
			return
		}
		require.True(t, jsontext.Value(data).IsValid(), "no duplicate names, by another's word")
		stored, err := ReadStored(data)
		require.NoError(t, err)
		require.Equal(t, r.doc, stored.doc)
		checkTree(t, r, r.Root())
	})
}

// checkTree walks over all that there is.
func checkTree(t *testing.T, r *Resource, v Value) {
	start, end := v.Span()
	require.Equal(t, string(v.Raw()), string(r.Bytes()[start:end]))
	require.True(t, json.Valid(v.Raw()))
	require.NotEmpty(t, v.Path())
	require.NotEmpty(t, v.Type())
	if nested := v.Resource(); nested != nil && nested != r {
		again, issues := Read(nested.Bytes())
		require.NotNil(t, again, "%v", issues)
		checkTree(t, nested, nested.Root())
		return
	}
	for name, m := range v.Members() {
		require.Equal(t, m, v.Get(name))
		checkTree(t, r, m)
	}
	if v.node().kind == array {
		for item := range v.All() {
			checkTree(t, r, item)
		}
	}
}

func FuzzStamp(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, issues := Read(data)
		if r == nil {
			require.NotEmpty(t, issues)
			return
		}
		checkStamp(t, r)
		stamped, issues := Read(r.Stamp("id", 1, time.Unix(0, 0)))
		require.NotNil(t, stamped, "%v", issues)
		keep := func(ref string) (string, bool) { return ref, true }
		same := r.Rewrite(keep, keep)
		require.Equal(t, string(unmarked(data)), string(same))
		require.True(t, json.Valid(r.Rewrite(longer, longer)))
	})
}

func longer(ref string) (string, bool) { return "Patient/1" + ref, true }

func FuzzReference(f *testing.F) {
	for _, text := range []string{"Patient/p1", "Patient/p1/_history/2#x", "https://ehr.example/fhir/Patient/p1/_history/2", "#o", "urn:uuid:x", "http://a", "//", "Patient?a=b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, ok := ParseReference(text)
		if !ok {
			require.Equal(t, Reference{}, ref)
			return
		}
		if ref.Type == "" {
			require.Empty(t, ref.Key())
			return
		}
		require.True(t, IsResourceType(ref.Type) && IsID(ref.ID))
		again := ref.Key()
		if ref.Base != "" {
			again = ref.Base + "/" + again
		}
		if ref.Version != "" {
			again += "/_history/" + ref.Version
		}
		if ref.Fragment != "" || text[len(text)-1] == '#' {
			again += "#" + ref.Fragment
		}
		require.Equal(t, text, again, "nothing is lost")
	})
}

func FuzzDateTime(f *testing.F) {
	for _, text := range []string{"2026", "2026-12", "2024-02-29", "2026-03-02T09:00", "2026-03-02T09:00:07.123-08:00", "2016-12-31T23:59:60Z", "9999-12-31", "2011-12-30"} {
		f.Add(text)
	}
	zones := []*time.Location{nil, time.FixedZone("", 14*3600)}
	for _, name := range []string{"America/Sao_Paulo", "America/Havana", "Africa/Cairo", "Pacific/Apia"} {
		if z, err := time.LoadLocation(name); err == nil {
			zones = append(zones, z)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := ParseDateTime(text)
		if !ok {
			require.True(t, d.IsZero())
			return
		}
		for _, z := range zones {
			start, end := d.Start(z), d.End(z)
			assert.False(t, end.Before(start), "%s in %s: %s, %s", text, z, start, end)
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil && d.Zoned {
				assert.True(t, at.Equal(start))
			}
		}
	})
}
