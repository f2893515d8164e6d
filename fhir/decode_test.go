package fhir_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// views decode a resource of each type that a handoff is made from, and encode what the view has.
var views = map[string]func(*fhir.Resource) (any, error){
	"ServiceRequest": view[models.ServiceRequest],
	"Task":           view[models.Task],
	"Appointment":    view[models.Appointment],
	"Encounter":      view[models.Encounter],
	"Consent":        view[models.Consent],
	"Communication":  view[models.Communication],
}

func view[M any](r *fhir.Resource) (any, error) {
	v, err := fhir.Decode[M](r)
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(encoded))
	d.UseNumber()
	var all any
	return all, d.Decode(&all)
}

// TestSamplysViewShowsWhatOursDoes reads every resource of six types in the Bundles and stories of testdata and in the published examples twice: each element that
// our reader shows, in whatever depth, samply's structs show with the same text, but for what Decode says.
func TestSamplysViewShowsWhatOursDoes(t *testing.T) {
	t.Parallel()
	read, compared := map[string]int{}, 0
	for _, r := range exampleResources(t) {
		of := views[r.Type()]
		if of == nil {
			continue
		}
		read[r.Type()]++
		all, err := of(r)
		require.NoError(t, err)
		compared += compare(t, r.Root(), all)
	}
	for typ := range views {
		assert.Greater(t, read[typ], 5, typ)
	}
	assert.Greater(t, compared, 2000)
}

// compare walks a value of ours, finds each text of it in a view, and returns how many there are.
func compare(t *testing.T, ours fhir.Value, theirs any) (n int) {
	t.Helper()
	leaf := true
	for name, member := range ours.Members() {
		leaf = false
		if name == "resourceType" || name == "contained" || name[0] == '_' { // as Decode says
			continue
		}
		object, _ := theirs.(map[string]any)
		items, isArray := object[name].([]any)
		if !isArray {
			n += compare(t, member, object[name])
			continue
		}
		for i, item := range member.Items() {
			if !assert.Less(t, i, len(items), item.Path()) {
				break
			}
			n += compare(t, item, items[i])
		}
	}
	if !leaf || string(ours.Raw()) == "null" {
		return n
	}
	text := ""
	switch v := theirs.(type) {
	case string:
		text = v
	case bool:
		text = strconv.FormatBool(v)
	case json.Number:
		text = v.String()
	default:
		assert.Fail(t, "not in the view", ours.Path())
	}
	assert.Equal(t, ours.Text(), text, ours.Path())
	return n + 1
}

// exampleResources returns the resources of our own examples, and of the published ones where those are beside the repository, those inside Bundles too.
func exampleResources(t *testing.T) []*fhir.Resource {
	t.Helper()
	var all []*fhir.Resource
	var add func(r *fhir.Resource)
	add = func(r *fhir.Resource) {
		all = append(all, r)
		for _, entry := range r.Get("entry").Items() {
			if inner := entry.Get("resource").Resource(); r.Type() == "Bundle" && inner != nil {
				add(inner)
			}
		}
	}
	for _, root := range []string{filepath.Join("..", "testdata", "bundles"), filepath.Join("..", "testdata", "scenarios"), filepath.Join("..", "testdata", "rules"), filepath.Join("..", "..", "shared", "examples")} {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".json", ".txtar"}, filepath.Ext(path)) {
				return nil //nolint:nilerr // a folder that is not there has none
			}
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			texts := [][]byte{data}
			if filepath.Ext(path) == ".txtar" {
				texts = objectsIn(data)
			}
			for _, text := range texts {
				if r, issues := fhir.Read(text); r != nil && !fhir.Refused(issues) {
					add(r)
				}
			}
			return nil
		})
	}
	return all
}

// objectsIn returns the JSON objects that begin a line of a story.
func objectsIn(story []byte) [][]byte {
	var all [][]byte
	for len(story) > 0 {
		var line []byte
		at := story
		line, story, _ = bytes.Cut(story, []byte("\n"))
		if !bytes.HasPrefix(line, []byte("{")) {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(at))
		var object json.RawMessage
		if d.Decode(&object) == nil {
			all = append(all, object)
			story = at[d.InputOffset():]
		}
	}
	return all
}

func TestDecodeRefusesWhatItCannotShow(t *testing.T) {
	t.Parallel()
	task, issues := fhir.Read([]byte(`{"resourceType":"Task","status":"requested","intent":"order"}`))
	require.NotNil(t, task, issues)
	_, err := fhir.Decode[models.ServiceRequest](task)
	require.EqualError(t, err, "decode a ServiceRequest: the resource is a Task")
	_, err = fhir.Decode[models.Task](nil)
	require.EqualError(t, err, "decode a Task: there is no resource")
	_, err = fhir.Decode[models.Period](task)
	require.EqualError(t, err, "decode a resource: fhir.Period is no struct of a resource type of FHIR R4")
	_, err = fhir.Decode[map[string]any](task)
	require.ErrorContains(t, err, "is no struct of a resource type")
}

// A referral as Go code of an integrator reads it: fields where the struct has them, and the resource itself for what it does not show.
func ExampleDecode() {
	r, _ := fhir.Read([]byte(`{
  "resourceType": "ServiceRequest",
  "status": "active",
  "intent": "order",
  "priority": "urgent",
  "code": {"text": "Food pantry"},
  "subject": {"reference": "Patient/ana"},
  "requester": {"reference": "Organization/clinic"},
  "performer": [{"reference": "Organization/harbor"}],
  "occurrenceDateTime": "2026-03",
  "_authoredOn": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
}`))
	referral, err := fhir.Decode[models.ServiceRequest](r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(referral.Status.Code(), referral.Priority.Code(), *referral.Code.Text)
	fmt.Println(*referral.Subject.Reference, *referral.Performer[0].Reference)
	suffix, when := r.Get().Choice("occurrence")
	date, _ := fhir.ParseDateTime(when.Text())
	fmt.Println(suffix, *referral.OccurrenceDateTime, date.Precision == fhir.Month)
	fmt.Println(referral.AuthoredOn == nil, r.Get("_authoredOn", "extension", "valueCode").Text())
	// Output:
	// active urgent Food pantry
	// Patient/ana Organization/harbor
	// DateTime 2026-03 true
	// true unknown
}
