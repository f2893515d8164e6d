package fhir

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wrongOfficial are the files of hl7.fhir.r4.examples 4.0.1 that break R4, and
// the first thing that is wrong in them.
var wrongOfficial = map[string]string{
	"DeviceMetric-example.json":        "DeviceMetric.parent.reference",                         // a DeviceDefinition where only a Device may stand
	"DeviceUseStatement-example.json":  "DeviceUseStatement.reasonReference[0].reference",       // a Procedure is no reason
	"MedicationRequest-medrx0301.json": "MedicationRequest.dispenseRequest.performer.reference", // a Practitioner where only an Organization may stand
	"Observation-clinical-gender.json": "Observation.performer[0].reference",                    // an Encounter performs nothing
	"Questionnaire-qs1.json":           "Questionnaire.item[0].item[0].linkId",                  // display items without the required linkId
	// search parameters without the required base
	"SearchParameter-codesystem-extensions-CodeSystem-author.json":    "SearchParameter.base",
	"SearchParameter-codesystem-extensions-CodeSystem-effective.json": "SearchParameter.base",
	"SearchParameter-codesystem-extensions-CodeSystem-end.json":       "SearchParameter.base",
	"SearchParameter-codesystem-extensions-CodeSystem-keyword.json":   "SearchParameter.base",
	"SearchParameter-codesystem-extensions-CodeSystem-workflow.json":  "SearchParameter.base",
	"SearchParameter-valueset-extensions-ValueSet-author.json":        "SearchParameter.base",
	"SearchParameter-valueset-extensions-ValueSet-effective.json":     "SearchParameter.base",
	"SearchParameter-valueset-extensions-ValueSet-end.json":           "SearchParameter.base",
	"SearchParameter-valueset-extensions-ValueSet-keyword.json":       "SearchParameter.base",
	"SearchParameter-valueset-extensions-ValueSet-workflow.json":      "SearchParameter.base",
	// an id of 65 characters
	"SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json": "SearchParameter.id",
	// a narrative that shows nothing (txt-2)
	"ActivityDefinition-blood-tubes-supply.json":        "ActivityDefinition.text.div",
	"ActivityDefinition-heart-valve-replacement.json":   "ActivityDefinition.text.div",
	"EventDefinition-example.json":                      "EventDefinition.text.div",
	"Questionnaire-zika-virus-exposure-assessment.json": "Questionnaire.text.div",
	// right, but with more items than MaxItems: the whole standard as one guide
	"ImplementationGuide-fhir.json": "ImplementationGuide.manifest.resource",
	"ig-r4.json":                    "ImplementationGuide.manifest.resource",
}

// wrongShared are the published examples beside the repository that break R4.
var wrongShared = map[string]string{
	"bars/examples/process_message/response/ValidationRequest (HTTP Response) .json": "Bundle.entry[1].resource.performer[0].reference", // no Type/id
	"r4-core/bundle-questionnaire.json":                                              "Questionnaire.item[0].item[0].linkId",            // the official one above, under another name
	// an array where a single value belongs
	"bars/examples/message_definition/MessageDefinition_ServiceRequest-request_CaseTransfer.json": "Bundle.entry[0].resource.useContext[0].code",
	"bars/examples1.4.0/HealthcareService/post_HealthcareService_Atomic.json":                     "HealthcareService.providedBy",
	"bars/examples1.4.0/HealthcareService/success_HealthcareService_Atomic.json":                  "HealthcareService.providedBy",
	"bars/examples1.4.0/HealthcareService/success_bundle.json":                                    "Bundle.entry[0].resource.providedBy",
	"bars/examples1.4.0/metadata/BaRS_API_Capability_Statement.json":                              "CapabilityStatement.rest[0].security",
	// an empty array
	"bars/examples/document_reference/GET-success-empty.json": "Bundle.entry",
}

// officialExamples names every resource of the package of official examples.
func officialExamples(tb testing.TB) []string {
	folder := os.Getenv("FHIR_R4_EXAMPLES")
	if folder == "" {
		tb.Skip("FHIR_R4_EXAMPLES does not name the folder of the unpacked npm package hl7.fhir.r4.examples 4.0.1")
	}
	names, err := filepath.Glob(filepath.Join(folder, "*-*.json"))
	require.NoError(tb, err)
	require.Greater(tb, len(names), 5000)
	return names
}

// sharedExamples names every JSON file of a folder beside the repository.
func sharedExamples(tb testing.TB, folder string) (root string, names []string) {
	root = filepath.Join("..", "..", "shared", folder)
	if _, err := os.Stat(root); err != nil {
		tb.Skipf("there is no folder %s beside the repository", folder)
	}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".json") {
			names = append(names, path)
		}
		return err
	})
	require.NoError(tb, err)
	require.NotEmpty(tb, names)
	return root, names
}

func TestOfficialExamples(t *testing.T) {
	t.Parallel()
	for _, name := range officialExamples(t) {
		checkExample(t, name, wrongOfficial[filepath.Base(name)])
	}
}

func TestSharedExamples(t *testing.T) {
	t.Parallel()
	root, names := sharedExamples(t, "examples")
	for _, name := range names {
		relative, err := filepath.Rel(root, name)
		require.NoError(t, err)
		checkExample(t, name, wrongShared[filepath.ToSlash(relative)])
	}
}

// checkExample reads a file, which is right unless wrong names a place, and
// stamps it.
func checkExample(t *testing.T, name, wrong string) {
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	r, issues := Read(data)
	if wrong != "" {
		require.NotEmpty(t, issues, name)
		assert.Equal(t, wrong, issues[0].Expression, name)
		r, err = ReadStored(data)
		if issues[0].Severity == Fatal {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
	} else if !assert.Empty(t, issues, name) {
		return
	}
	checkStamp(t, r)
}

// checkStamp stamps a resource and proves that every byte but those of id and
// meta stayed, and in meta every member that the server does not set.
func checkStamp(t testing.TB, r *Resource) {
	data := r.Stamp("stamped-1", 7, time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.FixedZone("", -8*3600)))
	stamped, err := ReadStored(data)
	require.NoError(t, err)
	require.Equal(t, "stamped-1", stamped.ID())
	require.Equal(t, "7", stamped.VersionID())
	require.Equal(t, "2026-03-02T17:00:00.123Z", stamped.LastUpdated())
	require.Equal(t, string(r.Bytes()), string(stamped.With(undo(r, "id"), undo(r, "meta"))))
	require.Equal(t, metaMembers(r), metaMembers(stamped))
}

// undo is the edit that puts a member of r back.
func undo(r *Resource, name string) Edit {
	if v := r.Get(name); v.Exists() {
		return SetMember(name, v.Raw())
	}
	return RemoveMember(name)
}

// metaMembers lists what stays in meta.
func metaMembers(r *Resource) []string {
	var members []string
	for name, v := range r.Get("meta").Members() {
		if name != "versionId" && name != "lastUpdated" {
			members = append(members, name+" "+string(v.Raw()))
		}
	}
	return members
}

func TestSharedInvalidExamplesAreRefused(t *testing.T) {
	t.Parallel()
	_, names := sharedExamples(t, "examples-invalid")
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		r, issues := Read(data)
		assert.Nil(t, r, name)
		assert.True(t, Refused(issues), name)
	}
}
