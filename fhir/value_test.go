package fhir

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mustRead reads an input that is right.
func mustRead(tb testing.TB, input string) *Resource {
	tb.Helper()
	r, issues := Read([]byte(input))
	require.Empty(tb, issues)
	return r
}

const bundle = `{"resourceType":"Bundle","type":"transaction","entry":[
 {"fullUrl":"urn:uuid:0c1d2e3f-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","name":[{"given":["A\u00e9","B"],"_given":[null,{"id":"x"}]}]},"request":{"method":"POST","url":"Patient"}},
 {"resource":{"id":"t","resourceType":"Task","status":"draft","intent":"order","for":{"reference":"urn:uuid:0c1d2e3f-0000-4000-8000-000000000001"},
  "contained":[{"resourceType":"Organization","id":"o","partOf":{"reference":"Organization/big"}}],"owner":{"reference":"#o"},
  "output":[{"type":{"text":"n"},"valueDecimal":1.10},{"type":{"text":"b"},"valueBoolean":true}]},"request":{"method":"POST","url":"Task"}}]}`

func TestValueWalksByName(t *testing.T) {
	t.Parallel()
	r := mustRead(t, bundle)
	assert.Equal(t, "transaction", r.Get("type").Text())
	assert.Equal(t, "Aé", r.Get("entry", "resource", "name", "given").Items()[0].Text())
	assert.Equal(t, "Patient", r.Get("entry", "resource", "resourceType").Text(), "the first item of an array")
	assert.False(t, r.Get("entry", "resource", "Name").Exists(), "case counts")
	assert.False(t, r.Get("type", "text").Exists(), "below a string there is nothing")
}

func TestValueText(t *testing.T) {
	t.Parallel()
	task := mustRead(t, bundle).Get("entry").Items()[1].Get("resource")
	output := task.Get("output").Items()
	assert.Equal(t, "1.10", output[0].Get("valueDecimal").Text())
	assert.Equal(t, "true", output[1].Get("valueBoolean").Text())
	assert.True(t, output[1].Get("valueBoolean").Bool())
	assert.False(t, output[0].Get("valueDecimal").Bool())
	assert.Empty(t, task.Text())
	assert.Empty(t, task.Get("output").Text())
	assert.Equal(t, `{"text":"b"}`, string(output[1].Get("type").Raw()))
}

func TestValueItemsKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	name := mustRead(t, bundle).Get("entry", "resource", "name")
	siblings := name.Get("_given").Items()
	require.Len(t, siblings, 2)
	assert.True(t, siblings[0].Exists())
	assert.Empty(t, siblings[0].Text())
	assert.Equal(t, "x", siblings[1].Get("id").Text())
	assert.Len(t, name.Get("given").Items(), 2)
	assert.Len(t, name.Items()[0].Items(), 1, "an object is its own only item")
}

func TestValueAllCanBeLeftEarly(t *testing.T) {
	t.Parallel()
	n := 0
	for range mustRead(t, bundle).Get("entry").All() {
		n++
		break
	}
	for range mustRead(t, bundle).Root().Members() {
		n++
		break
	}
	assert.Equal(t, 2, n)
}

func TestValueMembersComeInTheirOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for name := range mustRead(t, bundle).Get("entry").Items()[1].Get("resource").Members() {
		names = append(names, name)
	}
	assert.Equal(t, []string{"id", "resourceType", "status", "intent", "for", "contained", "owner", "output"}, names)
}

func TestValueChoice(t *testing.T) {
	t.Parallel()
	task := mustRead(t, bundle).Get("entry").Items()[1].Get("resource")
	suffix, v := task.Get("output").Items()[0].Choice("value")
	assert.Equal(t, "Decimal", suffix)
	assert.Equal(t, "1.10", v.Text())
	suffix, v = task.Choice("status")
	assert.Empty(t, suffix, "status is no choice")
	assert.False(t, v.Exists())
	suffix, v = mustRead(t, `{"resourceType":"Observation","status":"final","code":{"text":"x"},"_effectiveDateTime":{"extension":[{"url":"urn:u","valueCode":"c"}]},"effectiveDateTime":"2026"}`).Root().Choice("effective")
	assert.Equal(t, "DateTime", suffix)
	assert.Equal(t, "2026", v.Text())
}

func TestValueKnowsTypeAndPath(t *testing.T) {
	t.Parallel()
	r := mustRead(t, bundle)
	for _, c := range []struct {
		v          Value
		path, kind string
	}{
		{r.Root(), "Bundle", "Bundle"},
		{r.Get("entry"), "Bundle.entry", "Bundle.entry"},
		{r.Get("entry").Items()[1].Get("resource"), "Bundle.entry[1].resource", "Task"},
		{r.Get("entry").Items()[1].Get("resource", "status"), "Bundle.entry[1].resource.status", "code"},
		{r.Get("entry").Items()[1].Get("resource", "contained", "partOf"), "Bundle.entry[1].resource.contained[0].partOf", "Reference"},
		{r.Get("entry").Items()[1].Get("resource").Resource().Get("output").Items()[1].Get("valueBoolean"), "Task.output[1].valueBoolean", "boolean"},
		{r.Get("entry", "resource", "name", "_given").Items()[1], "Bundle.entry[0].resource.name[0].given[1]", "Element"},
	} {
		assert.Equal(t, c.path, c.v.Path())
		assert.Equal(t, c.kind, c.v.Type())
	}
}

func TestValueResource(t *testing.T) {
	t.Parallel()
	r := mustRead(t, bundle)
	task := r.Get("entry").Items()[1].Get("resource").Resource()
	require.NotNil(t, task)
	assert.Equal(t, "Task", task.Type())
	assert.Equal(t, "t", task.ID())
	assert.Equal(t, string(r.Get("entry").Items()[1].Get("resource").Raw()), string(task.Bytes()))
	start, end := task.Get("status").Span()
	assert.Equal(t, `"draft"`, string(task.Bytes()[start:end]))
	assert.Same(t, task, task.Root().Resource())

	organization := task.Get("contained").Items()[0].Resource()
	require.NotNil(t, organization)
	assert.Equal(t, "Organization", organization.Type())
	assert.Nil(t, task.Get("owner").Resource())
	assert.Nil(t, task.Get("contained").Resource(), "an array is no resource")

	again := mustRead(t, string(task.Bytes()))
	assert.Equal(t, "Task.owner.reference", again.Get("owner", "reference").Path())
}

func TestReferencesComeInDocumentOrder(t *testing.T) {
	t.Parallel()
	r := mustRead(t, bundle)
	var got []string
	for _, v := range r.References() {
		got = append(got, v.Path()+" "+v.Text())
	}
	assert.Equal(t, []string{
		"Bundle.entry[1].resource.for.reference urn:uuid:0c1d2e3f-0000-4000-8000-000000000001",
		"Bundle.entry[1].resource.contained[0].partOf.reference Organization/big",
		"Bundle.entry[1].resource.owner.reference #o",
	}, got)
	task := r.Get("entry").Items()[1].Get("resource").Resource()
	assert.Len(t, task.References(), 3)
	assert.Equal(t, "Task.for.reference", task.References()[0].Path())
	assert.Empty(t, r.Get("entry", "resource").Resource().References())
}

func TestTheZeroValueIsSafe(t *testing.T) {
	t.Parallel()
	var v Value
	assert.False(t, v.Exists())
	assert.False(t, v.Get("a", "b").Exists())
	assert.Nil(t, v.Items())
	for range v.All() {
		t.Fatal("no items")
	}
	for range v.Members() {
		t.Fatal("no members")
	}
	suffix, choice := v.Choice("value")
	start, end := v.Span()
	assert.Empty(t, v.Text()+v.Type()+v.Path()+suffix)
	assert.False(t, v.Bool() || choice.Exists())
	assert.Nil(t, v.Raw())
	assert.Zero(t, start+end)
	assert.Nil(t, v.Resource())
}

func TestResourceTellsItsMeta(t *testing.T) {
	t.Parallel()
	r := mustRead(t, string(exampleTask))
	assert.Equal(t, []string{"Task", "T1", "4", "2026-03-02T09:00:00.000-08:00"}, []string{r.Type(), r.ID(), r.VersionID(), r.LastUpdated()})
	bare := mustRead(t, `{"resourceType":"Patient"}`)
	assert.Empty(t, bare.ID()+bare.VersionID()+bare.LastUpdated())
}

// TestTextOfWhiteSpaceIsNothing holds that what says nothing is matched with nothing: an identifier of a blank is nobody's.
func TestTextOfWhiteSpaceIsNothing(t *testing.T) {
	t.Parallel()
	r, issues := Read([]byte(`{"resourceType":"Patient","identifier":[{"system":" ","value":"\n\u0020"}],"name":[{"family":" x "}]}`))
	require.NotNil(t, r, "%v", issues)
	assert.Empty(t, r.Get("identifier", "system").Text())
	assert.Empty(t, r.Get("identifier", "value").Text())
	assert.True(t, r.Get("identifier", "value").Exists())
	assert.Equal(t, " x ", r.Get("name", "family").Text())
}
