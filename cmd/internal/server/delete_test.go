package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestADeleteHasConditionsOfItsOwn goes through what a delete may be asked under, alone, in a batch and in a transaction.
func TestADeleteHasConditionsOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, header, value string
		status              int
		words               string
	}{
		"the newest version":                     {"Patient/p", "If-Match", `W/"2"`, 204, ""},
		"an older version":                       {"Patient/p", "If-Match", `W/"1"`, 412, "the newest is version 2"},
		"any version":                            {"Patient/p", "If-Match", `*`, 400, "one version"},
		"what never was":                         {"Patient/none", "", "", 204, ""},
		"a version of what never was":            {"Patient/none", "If-Match", `W/"1"`, 412, "nothing to delete"},
		"what is deleted":                        {"Patient/gone", "", "", 204, ""},
		"the version before its deletion":        {"Patient/gone", "If-Match", `W/"1"`, 412, "was deleted with version 2"},
		"the version of its deletion":            {"Patient/gone", "If-Match", `W/"2"`, 204, ""},
		"unless it is that version":              {"Patient/p", "If-None-Match", `W/"1"`, 400, "A delete takes no If-None-Match"},
		"only where there is none":               {"Patient/p", "If-None-Match", `*`, 400, "A delete takes no If-None-Match"},
		"unless something else is there":         {"Patient/p", "If-None-Exist", `identifier=a|b`, 400, "A delete takes no If-None-Exist"},
		"one that is picked":                     {"Patient?identifier=urn:x|1", "", "", 204, ""},
		"the version of one that is picked":      {"Patient?identifier=urn:x|1", "If-Match", `W/"2"`, 204, ""},
		"another version of one that is picked":  {"Patient?identifier=urn:x|1", "If-Match", `W/"1"`, 412, "the newest is version 2"},
		"none that is picked":                    {"Patient?identifier=urn:x|0", "", "", 204, ""},
		"a version of none that is picked":       {"Patient?identifier=urn:x|0", "If-Match", `W/"1"`, 412, "picks no Patient"},
		"several that are picked":                {"Patient?identifier=urn:x|2", "", "", 412, "nothing was deleted"},
		"everything":                             {"Patient", "", "", 400, "must name one"},
		"a parameter that is not known":          {"Patient?colour=blue", "", "", 400, "colour"},
		"with all that refers to it":             {"Patient/p?_cascade=delete", "", "", 400, "leave out _cascade"},
		"and its versions":                       {"Patient/p?_expunge=true", "", "", 400, "leave out _expunge"},
		"one that is named, under a condition":   {"Patient/p?identifier=urn:x|2", "", "", 400, "leave out identifier"},
		"in a format":                            {"Patient/p?_format=json&_pretty=true", "", "", 204, ""},
		"picked, with all that refers to it":     {"Patient?identifier=urn:x|1&_cascade=delete", "", "", 400, "_cascade"},
		"a search that would be about the pages": {"Patient?_count=1", "", "", 400, "_count"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, seen := countedServer(t)
			for _, one := range []string{
				`{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:x","value":"1"}]}`, `{"resourceType":"Patient","id":"p","active":true,"identifier":[{"system":"urn:x","value":"1"}]}`,
				`{"resourceType":"Patient","id":"q","identifier":[{"system":"urn:x","value":"2"}]}`, `{"resourceType":"Patient","id":"r","identifier":[{"system":"urn:x","value":"2"}]}`,
				`{"resourceType":"Patient","id":"gone"}`,
			} {
				require.Less(t, ask(t, s, "PUT", "/Patient/"+good(t, one).ID(), one).Code, 300)
			}
			require.Equal(t, http.StatusNoContent, ask(t, s, "DELETE", "/Patient/gone", "").Code)
			var headers, more []string
			if c.header != "" {
				element := map[string]string{"If-Match": "ifMatch", "If-None-Match": "ifNoneMatch", "If-None-Exist": "ifNoneExist"}[c.header]
				headers, more = []string{c.header + ": " + c.value}, []string{`"` + element + `":"` + strings.ReplaceAll(c.value, `"`, `\"`) + `"`}
			}
			before := seen()
			if c.status >= 400 {
				w := ask(t, s, "POST", "", transact(entry("POST", "Basic", `{"resourceType":"Basic","code":{"text":"x"}}`), entry("DELETE", c.path, "", more...)))
				assert.Equal(t, c.status, w.Code, w.Body)
				assert.Contains(t, w.Body.String(), c.words)
				b := bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entry("DELETE", c.path, "", more...))))
				assert.Contains(t, string(b.Entry[0].Response.Outcome), c.words)
			}
			w := ask(t, s, "DELETE", "/"+c.path, "", headers...)
			require.Equal(t, c.status, w.Code, w.Body)
			assert.Contains(t, w.Body.String(), c.words)
			if c.status >= 400 {
				assert.Equal(t, before, seen(), "nothing was deleted")
			}
		})
	}
}
