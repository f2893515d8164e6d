package fhir

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forms are contents that fit a primitive type and contents that do not. The
// dates have tests of their own.
var forms = map[string]struct{ right, wrong []string }{
	"integer":      {[]string{"0", "-0", "7", "-2147483648", "2147483647"}, []string{"1.0", "1e3", "2147483648", "-2147483649", "100000000000000000000"}},
	"unsignedInt":  {[]string{"0", "2147483647"}, []string{"-1", "0.5"}},
	"positiveInt":  {[]string{"1"}, []string{"0", "-1"}},
	"decimal":      {[]string{"0", "-1.10", "1e400"}, nil},
	"string":       {[]string{"a", " a ", "é", "a\tb\r\n"}, []string{" ", "\n", "a\x00", "\x1f"}},
	"markdown":     {[]string{"# a\n"}, []string{"\t"}},
	"uri":          {[]string{"urn:x", "a", "http://é"}, []string{"a b", " a", "a\n"}},
	"url":          {[]string{"http://a"}, []string{"http://a b"}},
	"canonical":    {[]string{"http://a|1#b"}, []string{"a\tb"}},
	"oid":          {[]string{"urn:oid:0.0", "urn:oid:2.16.840.1.113883"}, []string{"urn:oid:3.1", "urn:oid:1", "urn:oid:1.", "urn:oid:1..2", "urn:oid:1.01", "urn:oid:1.a", "1.2"}},
	"uuid":         {[]string{"urn:uuid:00000000-0000-4000-8000-00000000000f"}, []string{"urn:uuid:00000000-0000-4000-8000-00000000000", "urn:uuid:0000000000004000-8000-000000000000000", "urn:uuid:g0000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000", "urn:uuid:00000000-0000-4000-8000-00000000000F"}},
	"id":           {[]string{"a", "A-1."}, []string{"a_b", "a b", strings.Repeat("a", 65)}},
	"code":         {[]string{"a", "a b", "a\tb", "+1"}, []string{" a", "a ", "a  b", "a\x01"}},
	"date":         {[]string{"2026", "2026-02", "2026-02-28"}, []string{"2026-02-29", "2026-02-28T00:00:00Z"}},
	"dateTime":     {[]string{"2026", "2026-02-28T00:00:00Z", "2026-02-28T00:00:00.5+05:30"}, []string{"2026-02-28T00:00Z", "2026-02-28T00:00:00", "2026-02-30"}},
	"instant":      {[]string{"2026-02-28T00:00:00Z", "2026-02-28T00:00:00.001-08:00"}, []string{"2026", "2026-02-28", "2026-02-28T00:00:00", "2026-02-28T00:00Z"}},
	"time":         {[]string{"00:00:00", "23:59:60.5"}, []string{"24:00:00", "10:30", "10:30:00Z", "1:00:00"}},
	"base64Binary": {[]string{"YWJj", "YWI=", "YQ==", "YW\nJj ", "+/AA"}, []string{"a", "abc", "====", "a===", "Y=Jj", "YWJj!", " "}},
	"xhtml":        {[]string{"<div>a</div>", `<div xmlns="http://www.w3.org/1999/xhtml"> <img src="a.png"/> </div>`, " \n<div\n>a</div>\n"}, []string{"a", "<p>a</p>", "<divx>a</divx>", "<div>a", "<div", "<div/>", "<div> </div>"}},
}

func TestPrimitiveForms(t *testing.T) {
	t.Parallel()
	for name, p := range primitives {
		if p.valid == nil {
			continue
		}
		form, ok := forms[name]
		require.True(t, ok, "no rows for %s", name)
		for _, content := range form.right {
			assert.True(t, p.takes([]byte(content)), "%s %q", name, content)
		}
		for _, content := range form.wrong {
			assert.False(t, p.takes([]byte(content)), "%s %q", name, content)
		}
	}
}

// takes reports whether content is of the type.
func (p *primitive) takes(content []byte) bool {
	if p.examine == nil {
		return p.valid(content)
	}
	_, words := p.examine(content)
	return words == ""
}

func TestNamesAndCodesThatMayBeRepeated(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"status", "_status", "valueBase64Binary", "fhir_comments"} {
		assert.True(t, isName(name), name)
	}
	for _, name := range []string{"", "1a", "a b", "a-b", "é", strings.Repeat("a", 65)} {
		assert.False(t, isName(name), name)
	}
	assert.True(t, isCode([]byte("entered-in-error")))
	for _, code := range []string{"", "Ana Fictional", "1980/01/01", strings.Repeat("a", 41)} {
		assert.False(t, isCode([]byte(code)), code)
	}
}
