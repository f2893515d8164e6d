package fhir

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestNarrativeLinksAreRewritten(t *testing.T) {
	t.Parallel()
	ids := map[string]string{"urn:uuid:kept": "urn:uuid:kept", "urn:uuid:a": "Patient/1", "http://ehr/fhir/Binary/7?x=1&y=2": "Binary/2"}
	f := func(link string) (string, bool) { now, ok := ids[link]; return now, ok }
	for _, c := range []struct{ name, div, want string }{
		{"href of an a", `<a href="urn:uuid:a">x</a>`, `<a href="Patient/1">x</a>`},
		{"src of an img", `<img src="urn:uuid:a" alt="x"/>`, `<img src="Patient/1" alt="x"/>`},
		{"single quotes, and white space", "<a\n title='y' href = 'urn:uuid:a' >x</a>", "<a\n title='y' href = 'Patient/1' >x</a>"},
		{"white space inside", `<a href=" urn:uuid:a ">x</a>`, `<a href="Patient/1">x</a>`},
		{"a named character", `<a href="http://ehr/fhir/Binary/7?x=1&amp;y=2">x</a>`, `<a href="Binary/2">x</a>`},
		{"a numbered character", `<a href="urn&#58;uuid&#x3a;a">x</a>`, `<a href="Patient/1">x</a>`},
		{"several", `<p><a href="urn:uuid:a"><img alt="" src='urn:uuid:a'/></a>, <a href='urn:uuid:a'/></p>`, `<p><a href="Patient/1"><img alt="" src='Patient/1'/></a>, <a href='Patient/1'/></p>`},
		{"another attribute", `<a title="urn:uuid:a" name='href="urn:uuid:a"'>x</a>`, ""},
		{"another element", `<area href="urn:uuid:a"/><q cite="urn:uuid:a">x</q>`, ""},
		{"text", `<b>href="urn:uuid:a" &lt;a href="urn:uuid:a"&gt;</b>`, ""},
		{"a comment", `<!-- <a href="urn:uuid:a">x</a> --><b>src</b>`, ""},
		{"another link", `<a href="urn:uuid:b">x</a>`, ""},
		{"a part", `<a href="urn:uuid:a/more">x</a>`, ""},
		{"a link that stays, however it is written", `<a href=" urn&#58;uuid:kept "/>`, ""},
		{"a broken end", `<a href="urn:uuid:a`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			div := "<div>" + c.div + "</div>"
			got, changed := relink(div, f)
			if c.want == "" {
				c.want = c.div
			}
			assert.Equal(t, "<div>"+c.want+"</div>", got)
			assert.Equal(t, got != div, changed)
		})
	}
}

// Whatever a link becomes, the narrative stays one that is accepted, and reads the same but for it.
func TestPropertyARewrittenNarrativeIsWellFormed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		quote := rapid.SampledFrom([]string{`"`, `'`}).Draw(t, "quote")
		tag := rapid.SampledFrom([]string{"<a href=%s>x</a>", "<img alt='' src=%s/>", "<p><a title='t' href=%s><b>y</b></a></p>"}).Draw(t, "tag")
		to := rapid.StringMatching(`[A-Za-z/&<"'#;]{0,12}`).Draw(t, "to")
		div := `<div xmlns="http://www.w3.org/1999/xhtml">x` + strings.Replace(tag, "%s", quote+"urn:uuid:a"+quote, 1) + "</div>"
		got, _ := relink(div, func(string) (string, bool) { return to, true })
		_, words := checkNarrative([]byte(got))
		if words != "" {
			t.Fatalf("%s: %s", got, words)
		}
		var seen string
		relink(got, func(link string) (string, bool) { seen = link; return "", false })
		if seen != to {
			t.Fatalf("%q became %q in %s", to, seen, got)
		}
	})
}
