package fhir

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTableHoldsAllOfR4(t *testing.T) {
	t.Parallel()
	types := ResourceTypes()
	assert.Len(t, types, 146, "the concrete resource types of FHIR R4 that its package defines")
	assert.IsIncreasing(t, types)
	assert.Contains(t, types, "Task")
	assert.NotContains(t, types, "DomainResource")
	assert.True(t, IsResourceType("ServiceRequest"))
	for _, name := range []string{"", "Resource", "DomainResource", "task", "Reference", "Task.output", "Referral"} {
		assert.False(t, IsResourceType(name), name)
	}
}

func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	for _, typ := range r4().types {
		if typ.Kind == KindPrimitive {
			assert.NotNil(t, typ.primitive, "no check for primitive type %s", typ.Name)
			assert.Empty(t, typ.Elements)
			continue
		}
		assert.NotEmpty(t, typ.Elements, typ.Name)
		assert.Less(t, len(typ.Elements), 64, "the reader keeps a bit for each")
		assert.Equal(t, "id", typ.Elements[0].Name, "the reader takes the first bit for the id")
		for _, e := range typ.Elements {
			assert.NotEmpty(t, e.Types, "%s.%s", typ.Name, e.Name)
			assert.True(t, e.Choice || len(e.Types) == 1, "%s.%s", typ.Name, e.Name)
			for _, name := range e.Types {
				_, ok := LookupType(name)
				assert.True(t, ok, "%s.%s is of unknown type %s", typ.Name, e.Name, name)
			}
			for _, name := range e.Targets {
				assert.True(t, IsResourceType(name), "%s.%s refers to unknown type %s", typ.Name, e.Name, name)
			}
		}
	}
}

func TestLookupType(t *testing.T) {
	t.Parallel()
	task, ok := LookupType("Task")
	require.True(t, ok)
	assert.Equal(t, KindResource, task.Kind)

	status, ok := task.Element("status")
	require.True(t, ok)
	assert.Equal(t, 1, status.Min)
	assert.Equal(t, 1, status.Max)
	assert.Contains(t, status.Codes, "entered-in-error")
	assert.Len(t, status.Codes, 12)
	assert.Equal(t, "http://hl7.org/fhir/task-status", status.CodeSystem)
	assert.True(t, status.Modifier)
	assert.True(t, status.Summary)

	encounter, _ := task.Element("encounter")
	assert.Equal(t, []string{"Encounter"}, encounter.Targets)
	focus, _ := task.Element("focus")
	assert.Nil(t, focus.Targets)
	basedOn, _ := task.Element("basedOn")
	assert.Equal(t, -1, basedOn.Max)

	output, ok := LookupType("Task.output")
	require.True(t, ok)
	assert.Equal(t, KindBackbone, output.Kind)
	value, ok := output.Element("value")
	require.True(t, ok)
	assert.True(t, value.Choice)
	assert.Contains(t, value.Types, "dateTime")

	entry, _ := LookupType("Bundle.entry")
	link, _ := entry.Element("link")
	assert.Equal(t, []string{"Bundle.link"}, link.Types, "a contentReference is resolved")

	extension, _ := LookupType("Extension")
	url, _ := extension.Element("url")
	assert.True(t, url.Attribute)

	_, ok = LookupType("Task.status")
	assert.False(t, ok, "an element is no type")
	_, ok = task.Element("value[x]")
	assert.False(t, ok)
}

func TestUnpackRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"X\tTask\n", "E\tstatus\t1\t1\t\tcode\t\t\n", "T\tTask\tresource\t\nE\tstatus\tone\t1\t\tcode\t\t\n",
		"T\tTask\tresource\t\nE\tstatus\t1\tmany\t\tcode\t\t\n", "T\tTask\n", "T\ta\tb\tc\td\te\tf\tg\th\ti\n"} {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		_, err = unpack(zipped.Bytes())
		assert.Error(t, err, text)
	}
	_, err := unpack([]byte("no gzip"))
	assert.Error(t, err)
	_, err = unpack(packed[:len(packed)/2])
	assert.Error(t, err)
}
