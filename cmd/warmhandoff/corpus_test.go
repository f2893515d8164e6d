package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestACorpusOfOurs plays files of our own, as FHIR_CORPUS names them: in a folder, in archives, in an archive inside a folder.
func TestACorpusOfOurs(t *testing.T) {
	t.Parallel()
	const odd = `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10,"_value":{"id":"v"}},
		"contained":[{"resourceType":"Patient","id":"p","name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"urn:u","valueCode":"c"}]}]}]}],"subject":{"reference":"#p"}}`
	folder := t.TempDir()
	jar, tgz := filepath.Join(folder, "inside.jar"), filepath.Join(t.TempDir(), "a.tgz")
	writeZip(t, jar, map[string]string{
		"META-INF/pom.xml": `<project/>`,
		"x/basic.xml":      "\uFEFF<Basic xmlns='http://hl7.org/fhir'>\n<text><status value='generated'/><h:div xmlns:h='http://www.w3.org/1999/xhtml'>a<h:br/></h:div></text><code><text value='a\nb'/></code></Basic>",
		"x/wrong.xml":      `<Patient xmlns="http://hl7.org/fhir"><active value="maybe"/></Patient>`,
	})
	writeTar(t, tgz, map[string]string{"package/o.json": odd, "package/again/o.json": strings.Replace(odd, "1.10", "1.1", 1), "package/package.json": `{"name":"a"}`, "package/note.txt": "x"})
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "json/spec"), 0o700))
	for name, text := range map[string]string{
		"parameters.json":                   `{"resourceType":"Parameters","parameter":[{"name":"a","valueDecimal":1.00}]}`,
		"json/spec/flag-questionnaire.json": `{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"type":"display"}]}]}`,
		"r5.json":                           `{"resourceType":"ActorDefinition","status":"draft"}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	c := newCorpus(t)
	require.NoError(t, readCorpus(tgz+string(filepath.ListSeparator)+folder, c.play))
	c.close()
	c.tell()
	assert.Equal(t, map[string]int{whole: 2, noResource: 1}, c.count["a.tgz"])
	assert.Equal(t, map[string]int{whole: 1, noResource: 1, "REFUSED": 1}, c.count["inside.jar"])
	assert.Equal(t, map[string]int{whole: 1, "of a type that R4 lacks": 1, "refused: items of a Questionnaire without the required linkId": 1}, c.count[filepath.Base(folder)])
	require.Len(t, c.wrong, 1)
	assert.Contains(t, c.wrong[0], "inside.jar!x/wrong.xml: refused at Patient.active: ")
}

// TestWhatTheCorpusCallsADifference: every loss is one, and what says the same in both forms is none.
func TestWhatTheCorpusCallsADifference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ sent, back, at string }{
		{`{"id":"a","meta":{"versionId":"1"},"x":1.0}`, `{"x":1.0}`, ""},
		{`{"x":[1,2]}`, ` { "x" : [ 1 , 2 ] }`, ""},
		{`{"x":[null],"_x":[{"id":"a"}]}`, `{"_x":[{"id":"a"}]}`, ""},
		{`{"_x":[{"id":"a"}],"x":["a","b"]}`, `{"_x":[{"id":"a"},null],"x":["a","b"]}`, ""},
		{`{"div":"<div><br/>&amp;</div>"}`, `{"div":"<div><br></br>&#38;</div>"}`, ""},
		{`{"x":1.0}`, `{"x":1.00}`, ".x"},
		{`{"x":1.0}`, `{"x":"1.0"}`, ".x"},
		{`{"x":[1,2]}`, `{"x":[2,1]}`, ".x[0]"},
		{`{"x":[1,2]}`, `{"x":[1]}`, ".x"},
		{`{"x":1,"_x":{"id":"a"}}`, `{"x":1}`, "._x"},
		{`{"x":1}`, `{"x":1,"y":2}`, ".y was added"},
		{`{"meta":{"source":"a"}}`, `{}`, ".meta"},
		{`{"div":"<div>a <b>b</b></div>"}`, `{"div":"<div>a<b>b</b></div>"}`, ".div"},
	} {
		assert.Equal(t, c.at, differs(t, jsonValue, c.sent, c.back), "%s %s", c.sent, c.back)
	}
	for _, c := range []struct{ sent, back, at string }{
		{`<a xmlns="x"><id value="1"/><b value="1"/> <c/></a>`, "<x:a xmlns:x=\"x\"><x:c/>\n<x:b value='1'></x:b></x:a>", ""},
		{"<a><b value='1\n2'/></a>", `<a><b value="1 2"/></a>`, ""},
		{`<a><b value="1"/><b value="2"/></a>`, `<a><b value="2"/><b value="1"/></a>`, ".b[0].@value"},
		{`<a><b value="1" id="i"/></a>`, `<a><b value="1"/></a>`, ".b[0].@id"},
		{`<a><b/><c/></a>`, `<a><c/></a>`, ".b"},
		{`<a><div>x<p/></div></a>`, `<a><div><p/>x</div></a>`, ".div[0]"},
	} {
		assert.Equal(t, c.at, differs(t, xmlValue, c.sent, c.back), "%s %s", c.sent, c.back)
	}
}

// differs gives the place of the first difference.
func differs[T any](t *testing.T, value func([]byte) (T, error), sent, back string) string {
	t.Helper()
	want, err := value([]byte(sent))
	require.NoError(t, err)
	have, err := value([]byte(back))
	require.NoError(t, err)
	at, _, _ := strings.Cut(difference("", want, have), ":")
	return at
}

func writeZip(t *testing.T, name string, files map[string]string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
}

func writeTar(t *testing.T, name string, files map[string]string) {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for name, text := range files {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg}))
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, g.Close())
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
}
