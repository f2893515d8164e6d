package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Published examples lie beside a working copy of this repository on some machines, and are no part of it. They are never changed.
const (
	published        = "../../../shared/examples"
	publishedInvalid = "../../../shared/examples-invalid"
)

// publishedFiles gives the JSON files below a folder; the test is skipped where there is none.
func publishedFiles(t *testing.T, root string) []string {
	t.Helper()
	if _, err := os.Stat(root); err != nil {
		t.Skipf("the published examples are not on this machine (%s): nothing to post", root)
	}
	var names []string
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".json") {
			names = append(names, path)
		}
		return err
	}))
	require.NotEmpty(t, names)
	return names
}

// brokenExamples are the published examples that break R4, and the place of the first thing that is wrong in them.
var brokenExamples = map[string]string{
	"r4-core/bundle-questionnaire.json":                       "Questionnaire.item[0].item[0].linkId", // display items without the required linkId
	"bars/examples/document_reference/GET-success-empty.json": "Bundle.entry",                         // an empty array
	// an array where a single value belongs
	"bars/examples/message_definition/MessageDefinition_ServiceRequest-request_CaseTransfer.json": "Bundle.entry[0].resource.useContext[0].code",
	"bars/examples1.4.0/HealthcareService/post_HealthcareService_Atomic.json":                     "HealthcareService.providedBy",
	"bars/examples1.4.0/HealthcareService/success_HealthcareService_Atomic.json":                  "HealthcareService.providedBy",
	"bars/examples1.4.0/HealthcareService/success_bundle.json":                                    "Bundle.entry[0].resource.providedBy",
	"bars/examples1.4.0/metadata/BaRS_API_Capability_Statement.json":                              "CapabilityStatement.rest[0].security",
	// a relative reference that is no Type/id
	"bars/examples/process_message/response/ValidationRequest (HTTP Response) .json": "Bundle.entry[1].resource.performer[0].reference",
}

// TestAcceptPublishedExamplesComeBackByteForByte posts every published example, and reads it back: every byte but id, meta.versionId and
// meta.lastUpdated is as it was. Each goes to a server of its own, and to one that gets them all; there the version that was sent is compared,
// because two of the Tasks then belong to a referral that is followed, and have a version of ours on top. So has a Subscription always: nothing is sent.
func TestAcceptPublishedExamplesComeBackByteForByte(t *testing.T) {
	t.Parallel()
	names := publishedFiles(t, published)
	all, broken := newAdapter(t), 0
	for _, name := range names {
		sent, err := os.ReadFile(name)
		require.NoError(t, err)
		relative, err := filepath.Rel(published, name)
		require.NoError(t, err)
		if at := brokenExamples[filepath.ToSlash(relative)]; at != "" {
			broken++
			answer := all.ask(nobody, "POST", "/"+part(`"resourceType"\s*:\s*"([A-Za-z]+)"`, string(sent)), string(sent))
			assert.Equal(t, 400, answer.Status, name)
			require.NotEmpty(t, answer.Issues(), name)
			assert.Equal(t, at, answer.Issues()[0].Expression, name)
			continue
		}
		alone := openAdapter(t, ":memory:", monday, nil)
		alone.comesBack(t, name, sent, false)
		require.NoError(t, alone.store.Close())
		all.comesBack(t, name, sent, true)
	}
	assert.Equal(t, len(brokenExamples), broken, "an example that is listed as broken is not there")
}

// comesBack sends a resource, to its own address if it has an id, and compares what is read at that address, or in the history there.
func (a *adapter) comesBack(t *testing.T, name string, sent []byte, amended bool) {
	t.Helper()
	r := strictly(t, sent)
	method, path, version := "POST", "/"+r.Type(), ""
	if r.ID() != "" {
		method, path = "PUT", path+"/"+r.ID()
	}
	if amended || r.Type() == "Subscription" {
		before := 0
		if r.ID() != "" && a.ask(nobody, "GET", path, "").OK() {
			before = len(a.history(r.Type() + "/" + r.ID()))
		}
		version = "/_history/" + strconv.Itoa(before+1)
	}
	answer := a.ask(nobody, method, path, string(sent))
	if !assert.True(t, answer.OK(), "%s: status %d: %s", name, answer.Status, answer.Body) {
		return
	}
	read := a.ask(nobody, "GET", "/"+r.Type()+"/"+strictly(t, answer.Body).ID()+version, "")
	if assert.Equal(t, 200, read.Status, name) {
		assert.Equal(t, unstamped(t, sent), unstamped(t, read.Body), name)
	}
}

// TestAcceptPublishedWrongInputsAreRefused posts what was published and is wrong: each is refused, the answer says what is wrong, and nothing is
// stored.
func TestAcceptPublishedWrongInputsAreRefused(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	for _, name := range publishedFiles(t, publishedInvalid) {
		sent, err := os.ReadFile(name)
		require.NoError(t, err)
		typ := part(`"resourceType"\s*:\s*"([A-Za-z]+)"`, string(sent))
		for _, path := range []string{"/" + typ, "/"} {
			answer := a.ask(nobody, "POST", path, string(sent))
			assert.Regexp(t, `^4\d\d$`, answer.Status, "%s to %s", name, path)
			require.NotEmpty(t, answer.Issues(), "%s to %s: %s", name, path, answer.Body)
			for _, i := range answer.Issues() {
				assert.NotEmpty(t, i.Text+i.Expression, "%s to %s", name, path)
			}
		}
	}
	assert.Empty(t, a.holdings())
}

// unstamped gives a resource's bytes without what a server sets: id, meta.versionId and meta.lastUpdated, and a meta that holds nothing else.
// White space around what is taken out stays or goes with the comma behind it.
func unstamped(t *testing.T, data []byte) string {
	t.Helper()
	data = without(t, data, func(name string, value []byte) []byte {
		switch name {
		case "id":
			return nil
		case "meta":
			inner := without(t, value, func(name string, value []byte) []byte {
				if name == "versionId" || name == "lastUpdated" {
					return nil
				}
				return value
			})
			if len(bytes.Trim(inner, "{} \t\r\n")) == 0 {
				return nil
			}
			return inner
		}
		return value
	})
	return string(data)
}

// without rewrites the members of a JSON object by a function that gives each one's new value, nil to take it out with its name and one comma.
// It knows JSON and nothing of FHIR, so that it cannot share a fault with what it judges.
func without(t *testing.T, data []byte, f func(name string, value []byte) []byte) []byte {
	t.Helper()
	d := jsontext.NewDecoder(bytes.NewReader(data))
	open, err := d.ReadToken()
	require.NoError(t, err)
	require.Equal(t, byte('{'), byte(open.Kind()))
	out := append([]byte{}, data[:d.InputOffset()]...)
	first := true
	for d.PeekKind() != '}' {
		before := d.InputOffset()
		token, err := d.ReadToken()
		require.NoError(t, err)
		name := token.String()
		value, err := d.ReadValue()
		require.NoError(t, err)
		end := d.InputOffset()
		value = bytes.Clone(value)
		lead := data[before : end-int64(len(value))]
		kept := f(name, value)
		if kept == nil {
			continue
		}
		if first {
			lead = bytes.TrimLeft(lead, ", \t\r\n")
			first = false
		}
		out = append(append(out, lead...), kept...)
	}
	return append(out, data[d.InputOffset():]...)
}
