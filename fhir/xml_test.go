package fhir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sameJSON compares two documents but for the order of members and blanks; numbers
// to the digit.
func sameJSON(t *testing.T, name string, want, have []byte) {
	t.Helper()
	assert.Equal(t, plainJSON(t, want), plainJSON(t, have), name)
}

func plainJSON(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	return v
}

func thereAndBack(t *testing.T, name string, data []byte) {
	t.Helper()
	r, issues := Read(data)
	if r == nil {
		return // what is refused has no XML
	}
	_ = issues
	written := r.XML()
	back, issues := FromXML(written)
	require.Empty(t, issues, "%s: %s", name, written)
	again, issues := Read(back)
	require.NotNil(t, again, "%s: %v", name, issues)
	sameJSON(t, name, data, back)
	assert.Equal(t, string(written), string(again.XML()), "%s: written twice it is the same", name)
}

func TestXMLThereAndBack(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a primitive with an extension beside it": `{"resourceType":"Patient","id":"p","birthDate":"1990-04-12","_birthDate":{"id":"b","extension":[{"url":"http://x","valueDateTime":"1990-04-12T10:00:00Z"}]}}`,
		"an extension in place of a value":        `{"resourceType":"Patient","_active":{"extension":[{"url":"http://x","valueCode":"unknown"}]}}`,
		"an array with gaps":                      `{"resourceType":"Patient","name":[{"given":["A",null,"C"],"_given":[null,{"extension":[{"url":"http://x","valueString":"hidden"}]},null]}]}`,
		"decimals keep their digits":              `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10}}`,
		"contained":                               `{"resourceType":"Task","status":"draft","intent":"order","contained":[{"resourceType":"Patient","id":"p1"}],"for":{"reference":"#p1"}}`,
		"text with all that XML escapes":          `{"resourceType":"Task","status":"draft","intent":"order","description":"a < b & \"c\" 'd'\n\ttab > end\r\nnext"}`,
		"narrative":                               `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"a\">x &lt; y &#160; z<br/></p></div>"}}`,
		"white space alone":                       `{"resourceType":"Patient","birthDate":" ","name":[{"family":" \n\t\r","given":["  "]}],"identifier":[{"system":" ","value":"x"}]}`,
		"a narrative of a no-break space":         `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">\u00a0</div>"}}`,
		"an element id":                           `{"resourceType":"Patient","name":[{"id":"n1","family":"Delgado"}]}`,
		"a Bundle":                                `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient","id":"p"}}]}`,
		"a choice":                                `{"resourceType":"Task","status":"draft","intent":"order","output":[{"type":{"text":"x"},"valueBoolean":false},{"type":{"text":"y"},"valueInteger":0}]}`,
		"characters beyond":                       `{"resourceType":"Patient","name":[{"family":"Ünïcødé 漢字 😀"}]}`,
	} {
		r, issues := Read([]byte(text))
		require.NotNil(t, r, "%s: %v", name, issues)
		thereAndBack(t, name, []byte(text))
	}
}

func TestXMLOfANarrativeThatIsNoXHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, div, want string }{
		{"a named character gets its number", `<div xmlns="http://www.w3.org/1999/xhtml">a&nbsp;b</div>`, "a\u00a0b"},
		{"without a namespace it gets one", `<div>a</div>`, `<div xmlns="http://www.w3.org/1999/xhtml">a</div>`},
		{"an element that is left open is text", `<div><p>a</div>`, "&lt;p&gt;"},
		{"an element that ends the div early is text", `<div>a</div><Patient/><div>`, "&lt;Patient/&gt;"},
	} {
		var w xmlWriter
		w.narrative(c.div)
		assert.Contains(t, w.String(), c.want, c.name)
	}
}

func TestWrongXMLIsRefused(t *testing.T) {
	t.Parallel()
	const ns = ` xmlns="http://hl7.org/fhir"`
	for _, c := range []struct{ name, text, at, words string }{
		{"nothing", "", "", "no XML element"},
		{"not XML", "{}", "", "outside the resource"},
		{"an end that is missing", "<Task" + ns + ">", "", "Not well-formed"},
		{"a document type", `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Task` + ns + `/>`, "", "document type"},
		{"an entity", "<Task" + ns + `><description value="&a;"/></Task>`, "", "Not well-formed"},
		{"two resources", "<Task" + ns + "/><Task" + ns + "/>", "", "second element"},
		{"another namespace", `<Task xmlns="http://example.org"/>`, "Task", "namespace"},
		{"an unknown type", "<Tusk" + ns + "/>", "Tusk", "No resource type"},
		{"an unknown element", "<Task" + ns + `><colour value="red"/></Task>`, "Task", `no element "colour"`},
		{"an element twice", "<Task" + ns + `><status value="draft"/><status value="draft"/></Task>`, "Task.status", "more than once"},
		{"text", "<Task" + ns + `><status>draft</status></Task>`, "Task.status", "empty"},
		{"text beside elements", "<Task" + ns + `>x<status value="draft"/></Task>`, "Task", "Text between"},
		{"a value where none may be", "<Task" + ns + `><code value="x"/></Task>`, "Task.code", "no attribute value"},
		{"an attribute", "<Task" + ns + ` colour="red"/>`, "Task", "no attribute"},
		{"a contained resource without its own element", "<Task" + ns + `><contained><id value="x"/><id value="y"/></contained></Task>`, "Task.contained[0]", "named for the type"},
		{"an attribute twice", "<Task" + ns + `><status value="draft" value="requested"/></Task>`, "", "twice"},
		{"another encoding", `<?xml version="1.0" encoding="ISO-8859-1"?><Task` + ns + `/>`, "", "FHIR is UTF-8"},
		{"another version of XML", `<?xml version="1.1"?><Task` + ns + `/>`, "", "FHIR is XML 1.0"},
		{"UTF-16", "\xff\xfe<\x00T\x00a\x00s\x00k\x00/\x00>\x00", "", "FHIR is UTF-8"},
		{"UTF-16 the other way round", "\xfe\xff\x00<\x00T\x00a\x00s\x00k\x00/\x00>", "", "FHIR is UTF-8"},
		{"UTF-16 without a mark", "<\x00T\x00a\x00s\x00k\x00/\x00>\x00", "", "FHIR is UTF-8"},
		{"bytes of another encoding", "<Task" + ns + "><description value='\xe9'/></Task>", "", "UTF-8"},
		{"a hundred levels", "<Task" + ns + ">" + strings.Repeat("<extension>", 100) + strings.Repeat("</extension>", 100) + "</Task>", "", "levels"},
	} {
		data, issues := FromXML([]byte(c.text))
		assert.Nil(t, data, c.name)
		if assert.NotEmpty(t, issues, c.name) {
			assert.Equal(t, c.at, issues[0].Expression, c.name)
			assert.Contains(t, issues[0].Text, c.words, c.name)
		}
	}
}

// TestXMLAsXMLSays reads what every reader of XML reads, however it is written.
func TestXMLAsXMLSays(t *testing.T) {
	t.Parallel()
	const ns = ` xmlns="http://hl7.org/fhir"`
	for _, c := range []struct{ name, xml, json string }{
		{"a byte order mark", "\uFEFF<Basic" + ns + `><code><text value="x"/></code></Basic>`, `{"resourceType":"Basic","code":{"text":"x"}}`},
		{"a declaration of UTF-8", `<?xml version="1.0" encoding="utf-8"?><Basic` + ns + `><code><text value="ü"/></code></Basic>`, `{"resourceType":"Basic","code":{"text":"ü"}}`},
		{"a declaration of ASCII", `<?xml version="1.0" encoding="US-ASCII"?><Basic` + ns + `><code><text value="&#252;"/></code></Basic>`, `{"resourceType":"Basic","code":{"text":"ü"}}`},
		{"white space in an attribute is blanks", "<Basic" + ns + "><code><text value='a\nb\tc\r\nd'/></code></Basic>", `{"resourceType":"Basic","code":{"text":"a b c d"}}`},
		{"a line break that is written as a number stays", "<Basic" + ns + `><code><text value="a&#10;b"/></code></Basic>`, `{"resourceType":"Basic","code":{"text":"a\nb"}}`},
		{"quotes in a comment begin no attribute", "<!-- it's\n --><Basic" + ns + "><code><text value='a\nb'/></code></Basic>", `{"resourceType":"Basic","code":{"text":"a b"}}`},
		{"a narrative with a prefix", "<Basic" + ns + ` xmlns:h="http://www.w3.org/1999/xhtml"><text><status value="generated"/><h:div><h:p class="a">x &amp; &lt;y&gt;<h:br/></h:p><!-- z --></h:div></text></Basic>`,
			`{"resourceType":"Basic","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"a\">x &amp; &lt;y&gt;<br></br></p><!-- z --></div>"}}`},
		{"a narrative in a language", "<Basic" + ns + ` xmlns:h="http://www.w3.org/1999/xhtml"><text><status value="generated"/><h:div xml:lang="en">x</h:div></text></Basic>`,
			`{"resourceType":"Basic","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\">x</div>"}}`},
	} {
		data, issues := FromXML([]byte(c.xml))
		require.Empty(t, issues, c.name)
		assert.JSONEq(t, c.json, string(data), c.name)
		_, issues = Read(data)
		assert.NotContains(t, issues, "narrative", c.name)
	}
	r, issues := Read([]byte("\uFEFF{\"resourceType\":\"Basic\",\"code\":{\"text\":\"x\"}}"))
	require.Empty(t, issues)
	assert.Equal(t, byte('{'), r.Bytes()[0])
}

// TestWideXMLIsReadInProportion reads many elements of different names, none of which is compared with all others.
func TestWideXMLIsReadInProportion(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`<Basic xmlns="http://hl7.org/fhir">`)
	for i := range 60_000 {
		fmt.Fprintf(&b, "<x%d/>", i)
	}
	b.WriteString("</Basic>")
	_, issues := FromXML([]byte(b.String()))
	assert.Len(t, issues, MaxIssues)
}

func TestWrongValuesOfXMLAreLeftToTheReader(t *testing.T) {
	t.Parallel()
	data, issues := FromXML([]byte(`<Patient xmlns="http://hl7.org/fhir"><active value="maybe"/><multipleBirthInteger value="007"/></Patient>`))
	require.Empty(t, issues)
	r, issues := Read(data)
	assert.Nil(t, r)
	require.Len(t, issues, 2)
	assert.Equal(t, "Patient.active", issues[0].Expression)
}

// TestXMLOfSharedExamples takes every published example beside the repository to XML and back.
func TestXMLOfSharedExamples(t *testing.T) {
	t.Parallel()
	_, names := sharedExamples(t, "examples")
	xmlOfAll(t, names)
}

// TestXMLOfOfficialExamples does the same with the whole package of R4.
func TestXMLOfOfficialExamples(t *testing.T) {
	t.Parallel()
	xmlOfAll(t, officialExamples(t))
}

func xmlOfAll(t *testing.T, names []string) {
	t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		thereAndBack(t, filepath.Base(name), data)
	}
}

// FuzzXML takes whatever comes: no panic, and what is taken comes back.
func FuzzXML(f *testing.F) {
	f.Add([]byte(`<Task xmlns="http://hl7.org/fhir"><id value="t"/><status value="draft"/><intent value="order"/></Task>`))
	f.Add([]byte(`<Patient xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a<br/></div></text><name id="a"><given value="B"><extension url="http://x"><valueString value="c"/></extension></given></name></Patient>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		back, _ := FromXML(data)
		if back == nil {
			return
		}
		r, _ := Read(back)
		if r == nil {
			return
		}
		again, issues := FromXML(r.XML())
		require.Empty(t, issues)
		sameJSON(t, "again", back, again)
	})
}

// TestXMLHasFewAttributes holds the bound: each attribute of a tag is compared with those before it.
func TestXMLHasFewAttributes(t *testing.T) {
	t.Parallel()
	of := func(n int) []Issue {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ` xmlns:x%d="urn:x%d"`, i, i)
		}
		_, issues := FromXML([]byte(`<Patient xmlns="http://hl7.org/fhir"` + b.String() + `><active value="true"/></Patient>`))
		return issues
	}
	assert.Empty(t, of(MaxAttributes-1))
	issues := of(MaxAttributes)
	require.Len(t, issues, 1)
	assert.Equal(t, CodeTooCostly, issues[0].Code)
	assert.Contains(t, issues[0].Text, "64 attributes")
}

// TestXMLWorkGrowsWithItsInput counts what reading takes from the heap, of documents that are twice as long: unknown elements, each of a name of its own;
// elements that stand too often; ones that are right. It runs alone.
func TestXMLWorkGrowsWithItsInput(t *testing.T) {
	for name, element := range map[string]string{
		"unknown": `<x%d value="1"/>`, "of one name": `<active value="%d"/>`, "right": `<identifier><value value="%d"/></identifier>`,
		"narratives": `<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>%d</p></div></text>`,
	} {
		of := func(n int) float64 {
			var b strings.Builder
			b.WriteString(`<Patient xmlns="http://hl7.org/fhir">`)
			for i := range n {
				fmt.Fprintf(&b, element, i)
			}
			b.WriteString(`</Patient>`)
			data := []byte(b.String())
			return testing.AllocsPerRun(1, func() { _, _ = FromXML(data) })
		}
		assert.Less(t, of(8000), 2.2*of(4000), name)
	}
}
