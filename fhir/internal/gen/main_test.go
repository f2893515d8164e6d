package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheCommittedTableIsUpToDate(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("FHIR_R4_EXAMPLES")
	if folder == "" {
		t.Skip("FHIR_R4_EXAMPLES does not name the folder of the unpacked npm package hl7.fhir.r4.examples 4.0.1")
	}
	out := filepath.Join(t.TempDir(), "table.gz")
	require.NoError(t, generate(folder, out))
	want, err := os.ReadFile(out)
	require.NoError(t, err)
	got, err := os.ReadFile("../../r4.table.gz")
	require.NoError(t, err)
	assert.Equal(t, want, got, "run go generate ./fhir")
}

// define writes definitions into a folder as the package holds them.
func define(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	return folder
}

// small is a standard of one resource.
func small(elements string) map[string]string {
	return map[string]string{
		"StructureDefinition-A.json": `{"type":"A","kind":"resource","derivation":"specialization","snapshot":{"element":[{"path":"A"},` + elements + `]}}`,
		"StructureDefinition-B.json": `{"type":"A","kind":"resource","derivation":"constraint"}`,
		"ValueSet-v.json":            `{"url":"http://x/v","compose":{"include":[{"system":"http://x/s"}]}}`,
		"CodeSystem-s.json":          `{"url":"http://x/s","concept":[{"code":"a","concept":[{"code":"b"}]},{"code":"c"}]}`,
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	folder := define(t, small(`
		{"path":"A.id","min":0,"max":"1","base":{"path":"Resource.id"},"type":[{"code":"http://hl7.org/fhirpath/System.String"}]},
		{"path":"A.status","min":1,"max":"1","isModifier":true,"isSummary":true,"type":[{"code":"code"}],"binding":{"strength":"required","valueSet":"http://x/v|4.0.1"}},
		{"path":"A.kind","min":0,"max":"1","type":[{"code":"code"}],"binding":{"strength":"required","valueSet":"http://x/unknown"}},
		{"path":"A.value[x]","min":0,"max":"1","type":[{"code":"string"},{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/A"]}]},
		{"path":"A.any","min":0,"max":"1","type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Resource"]}]},
		{"path":"A.part","min":0,"max":"*","type":[{"code":"BackboneElement"}]},
		{"path":"A.part.id","min":0,"max":"1","representation":["xmlAttr"],"base":{"path":"Element.id"},"type":[{"code":"http://hl7.org/fhirpath/System.String"}]},
		{"path":"A.part.part","min":0,"max":"*","contentReference":"#A.part"}`))
	defs, err := readDefinitions(folder)
	require.NoError(t, err)
	table, err := defs.table()
	require.NoError(t, err)
	assert.Equal(t, "V\tv\thttp://x/s\ta b c\n"+
		"T\tA\tresource\t\n"+
		"E\tid\t0\t1\t\tid\t\t\n"+
		"E\tstatus\t1\t1\tMS\tcode\tv\t\n"+
		"E\tkind\t0\t1\t\tcode\t\t\n"+
		"E\tvalue\t0\t1\tC\tstring Reference\t\tA\n"+
		"E\tany\t0\t1\t\tReference\t\t\n"+
		"E\tpart\t0\t-1\t\tA.part\t\t\n"+
		"T\tA.part\tbackbone\t\n"+
		"E\tid\t0\t1\tA\tstring\t\t\n"+
		"E\tpart\t0\t-1\t\tA.part\t\t\n", string(table))
}

func TestGenerateTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	many := ""
	for range maxElements + 1 {
		many += `{"path":"A.x","max":"1","type":[{"code":"string"}]},`
	}
	for name, folder := range map[string]string{
		"no folder is named":                 "",
		"the folder is empty":                t.TempDir(),
		"a definition is no JSON":            define(t, map[string]string{"StructureDefinition-A.json": "{"}),
		"there are no value sets":            define(t, map[string]string{"StructureDefinition-A.json": "{}"}),
		"a maximum is neither one nor many":  define(t, small(`{"path":"A.x","max":"3","type":[{"code":"string"}]}`)),
		"an element has no type":             define(t, small(`{"path":"A.x","max":"1"}`)),
		"a type has more elements than bits": define(t, small(many[:len(many)-1])),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Error(t, generate(folder, filepath.Join(t.TempDir(), "out")))
		})
	}
}

func TestCodesThatCannotBeListed(t *testing.T) {
	t.Parallel()
	var set valueSet
	require.NoError(t, json.Unmarshal([]byte(`{"url":"http://x/v","compose":{"include":[{"system":"http://x/s","filter":[{}]}]}}`), &set))
	defs := definitions{valueSets: map[string]valueSet{"http://x/v": set}}
	_, codes := defs.codes("http://x/v")
	assert.Empty(t, codes)
}
