package fhir

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// narratives are divs with the issue that each gets, "" for none.
var narratives = []struct {
	name, inside string
	code         Code
	says         string // a part of the words
}{
	{"text", "Ana was here.", "", ""},
	{"formatting, lists, tables", `<p class="a"><b>x</b><br/><i title='y'>z</i></p><ul><li>1</li></ul><table border="1"><tr><td colspan="2">1</td></tr></table><hr/>`, "", ""},
	{"a link and an image", `<a href="https://example.org/a?b=1&amp;c=2#d">a</a><img src="data:image/png;base64,AAAA" alt="b"/>`, "", ""},
	{"an image alone shows something", `<img src="#p" alt=""/>`, "", ""},
	{"named and numbered characters", "&lt;&eacute;&#233;&#xE9;&nbsp;&hellip;", "", ""},
	{"a comment", "x<!-- a - b -->", "", ""},
	{"an empty element with an end tag", "a<br></br>b", "", ""},
	{"white space in tags", "<p\n class = 'a' >x</p\n>", "", ""},
	{"a div inside", "<div><div>x</div></div>", "", ""},

	{"script", "<script>alert(1)</script>", CodeInvariant, "<script> is not allowed"},
	{"a script in capitals", "<SCRIPT>1</SCRIPT>", CodeInvariant, "not allowed"},
	{"an object", `<object value="1">x</object>`, CodeInvariant, "<object> is not allowed"},
	{"a form", `<form action="x"><input/></form>`, CodeInvariant, "<form> is not allowed"},
	{"a frame", `<iframe src="x">x</iframe>`, CodeInvariant, "<iframe> is not allowed"},
	{"vector graphics", "<svg>x</svg>", CodeInvariant, "<svg> is not allowed"},
	{"a style sheet", "<style>p{}</style>", CodeInvariant, "<style> is not allowed"},
	{"an element with a very long name is not repeated", "<" + strings.Repeat("n", 30) + ">x", CodeInvariant, "An element is not allowed"},
	{"what was deleted and inserted", "<del>x</del>", CodeInvariant, "<del> is not allowed"},
	{"an event", `<p onclick="x()">x</p>`, CodeInvariant, "The attribute onclick of <p>"},
	{"an event of an image", `<img src="x" onerror="y"/>`, CodeInvariant, "onerror"},
	{"a link that runs", `<a href="javascript:alert(1)">x</a>`, CodeInvariant, "browser would run"},
	{"a link that runs, in disguise", `<a href=" JaVa&#115;cript&#58;alert(1)">x</a>`, CodeInvariant, "browser would run"},
	{"a link that runs, with a line break inside", "<a href=\"java\nscript:alert(1)\">x</a>", CodeInvariant, "browser would run"},
	{"a page in a link", `<a href="data:text/html,x">x</a>`, CodeInvariant, "browser would run"},
	{"a page as an image", `<img src="data:text/html,x"/>`, CodeInvariant, "browser would run"},
	{"an area that runs", `<map name="a"><area href="vbscript:x" alt="b"/></map>x`, CodeInvariant, "browser would run"},
	{"a style that runs", `<p style="width: Expression(alert(1))">x</p>`, CodeInvariant, "style that a browser would run"},

	{"nothing", "", CodeInvariant, "txt-2"},
	{"white space", " \t\n", CodeInvariant, "txt-2"},
	{"empty elements", "<p><b></b></p>", CodeInvariant, "txt-2"},
	{"a comment alone", "<!-- x -->", CodeInvariant, "txt-2"},

	{"an element that is left open", "<p>not closed", CodeStructure, "close in the order"},
	{"elements that cross", "<p>a</pa>", CodeStructure, "close in the order"},
	{"an end without a beginning", "a</p>", CodeStructure, "close in the order"},
	{"an empty element without an end", "a<br>b", CodeStructure, "<br/>"},
	{"a character of nobody's", "&foo;", CodeStructure, "HTML 4"},
	{"an ampersand", "A & B", CodeStructure, "&amp;"},
	{"the number of no character", "&#0;&#x110000;", CodeStructure, "HTML 4"},
	{"a less-than", "1 < 2", CodeStructure, "&lt;"},
	{"a less-than in an attribute", `<p title="<">x</p>`, CodeStructure, "attribute"},
	{"an attribute without quotes", "<p class=a>x</p>", CodeStructure, "name=\"value\""},
	{"an attribute without a value", `<ul compact><li>x</li></ul>`, CodeStructure, "name=\"value\""},
	{"an attribute twice", `<p class="a" class="b">x</p>`, CodeStructure, "twice"},
	{"attributes that touch", `<p class="a"id="b">x</p>`, CodeStructure, "white space"},
	{"a control character", "a\x00b", CodeStructure, "control character"},
	{"a character that XML lacks", "a\uFFFEb", CodeStructure, "XML does not have"},
	{"a byte that is no character", "<a href=\"\xd6\">x</a>", CodeStructure, "XML does not have"},
	{"an end of a section", "a]]>b", CodeStructure, "]]>"},
	{"a section", "<![CDATA[><script>alert(1)</script>]]>", CodeStructure, "declarations"},
	{"a document type", `<!DOCTYPE foo [<!ENTITY x SYSTEM "file:///x">]><p>&x;</p>`, CodeStructure, "declarations"},
	{"a processing instruction", "<?php x ?>", CodeStructure, "processing"},
	{"a comment that a browser ends at once", "<!--><script>alert(1)</script>-->x", CodeStructure, "comment"},
	{"a comment in a comment", "<!-- a -- b -->x", CodeStructure, "comment"},
	{"another namespace inside", `<p xmlns="http://www.w3.org/2000/svg">x</p>`, CodeStructure, "namespace"},
	{"an end too many", "x</div><p>y</p><div>", CodeStructure, "behind its end"},
	{"depth", strings.Repeat("<b>", 300) + "x" + strings.Repeat("</b>", 300), CodeTooCostly, "256"},
}

// TestRuling44Narratives reads what may and may not stand in a narrative.
func TestRuling44Narratives(t *testing.T) {
	t.Parallel()
	for _, c := range narratives {
		code, words := checkNarrative([]byte(`<div xmlns="http://www.w3.org/1999/xhtml">` + c.inside + "</div>"))
		assert.Equal(t, c.code, code, "%s: %s", c.name, words)
		assert.Contains(t, words, c.says, c.name)
		if c.code == "" {
			assert.Empty(t, words, c.name)
			_, ok := plainXHTML("<div>" + c.inside + "</div>")
			assert.True(t, ok, "%s: another reader of XML takes it, too", c.name)
		}
	}
}

// TestNarrativeIsXML holds what is taken against another reader of XML, whatever is put together from the pieces of markup.
func TestNarrativeIsXML(t *testing.T) {
	t.Parallel()
	pieces := []string{"<div>", "</div>", "<p>", "</p>", "<br/>", "<a href='x'>", "</a>", "x", " ", "&amp;", "&nbsp;", "&", "<", ">", "/", "'", `"`, "=", "<!--", "-->", "-", "]]>", "<![CDATA[", "class", "<b class=\"", "&#65;", "\u00e9", "<script>"}
	rapid.Check(t, func(t *rapid.T) {
		div := "<div>" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "pieces"), "") + "</div>"
		_, words := checkNarrative([]byte(div))
		if words != "" {
			return
		}
		plain, ok := plainXHTML(div)
		if !ok || strings.Contains(plain, "script") {
			t.Fatalf("taken, and no XML, or active: %q", div)
		}
	})
}

// FuzzNarrative looks for input that makes the reader fail, or that it takes and another reader of XML does not.
func FuzzNarrative(f *testing.F) {
	for _, c := range narratives {
		f.Add([]byte("<div>" + c.inside + "</div>"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, words := checkNarrative(b); words == "" {
			_, ok := plainXHTML(string(b))
			assert.True(t, ok)
		}
	})
}

func BenchmarkNarrative(b *testing.B) {
	div := []byte(`<div xmlns="http://www.w3.org/1999/xhtml">` + strings.Repeat(`<tr class="a"><td style="b">Somebody was referred &amp; came.</td><td><a href="https://example.org/x">y</a></td></tr>`, 10) + "</div>")
	b.SetBytes(int64(len(div)))
	for b.Loop() {
		if _, words := checkNarrative(div); words != "" {
			b.Fatal(words)
		}
	}
}
