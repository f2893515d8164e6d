package fhir

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseReference(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Reference{
		"Patient/p1":                                    {Type: "Patient", ID: "p1"},
		"Patient/p1/_history/2":                         {Type: "Patient", ID: "p1", Version: "2"},
		"Patient/p1#x":                                  {Type: "Patient", ID: "p1", Fragment: "x"},
		"https://ehr.example/fhir/Patient/p1":           {Base: "https://ehr.example/fhir", Type: "Patient", ID: "p1"},
		"http://ehr.example:8080/a/b/Task/t/_history/9": {Base: "http://ehr.example:8080/a/b", Type: "Task", ID: "t", Version: "9"},
		"https://ehr.example/Patient/p1":                {Base: "https://ehr.example", Type: "Patient", ID: "p1"},
		"https://ehr.example/fhir/Patient/Patient":      {Base: "https://ehr.example/fhir", Type: "Patient", ID: "Patient"},
		"#o": {Fragment: "o"},
		"#":  {},
		"urn:uuid:7d948662-bade-450e-b6c5-9bb6ee39cb56": {URN: "urn:uuid:7d948662-bade-450e-b6c5-9bb6ee39cb56"},
		"urn:oid:1.2.3": {URN: "urn:oid:1.2.3"},
	} {
		got, ok := ParseReference(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
}

func TestReferencesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "Patient", "Patient/", "/p1", "patient/p1", "Resource/p1", "Patient/a_b", "Patient/p1/", "Patient/p1/_history", "Patient/p1/_history/",
		"Patient/p1/_history/1/2", "Patient/p1/x/1", "x/Patient/p1", "Patient?identifier=x", "http://ehr.example", "http://Patient/p1", "http:///Patient/p1", "https://",
		"ftp://ehr.example/Patient/p1", "urn:uuid:", "urn:isbn:1", "Patient/p 1", "http://x/y z/Patient/p1", "Patient/" + strings.Repeat("x", 65),
	} {
		_, ok := ParseReference(text)
		assert.False(t, ok, "%q", text)
	}
}

func TestReferenceKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		key      string
		relative bool
	}{
		"Patient/p1":                          {"Patient/p1", true},
		"Patient/p1/_history/2":               {"Patient/p1", true},
		"https://ehr.example/fhir/Patient/p1": {"Patient/p1", false},
		"#o":                                  {"", false},
		"urn:uuid:7d948662-bade-450e-b6c5-9bb6ee39cb56": {"", false},
	} {
		ref, _ := ParseReference(text)
		assert.Equal(t, want.key, ref.Key(), text)
		assert.Equal(t, want.relative, ref.Relative(), text)
	}
}

func TestIsID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"a", "A-1.b", strings.Repeat("9", 64), "-", "...", ".a"} {
		assert.True(t, IsID(id), id)
	}
	for _, id := range []string{"", ".", "..", "a b", "a_b", "a/b", "é", strings.Repeat("9", 65)} {
		assert.False(t, IsID(id), id)
	}
}
