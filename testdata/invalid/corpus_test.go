package invalid

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// go test ./... passes over folders named testdata; name this one to run it.

func TestParse(t *testing.T) {
	t.Parallel()
	cases, err := parse("f", []byte("-- a case --\nafter bundles/x.json\nalone\nPUT /Task/1\nIf-Match: W/\"1\"\nContent-Type:\n\n{\"x\":\"<<2 * a<<2 * b>>>><<hex ff>>\"}\n-- want --\n# words\nby reader\nstatus 400\nerror value Task.x\nmore\n"))
	require.NoError(t, err)
	assert.Equal(t, []Case{{
		File: "f", Name: "a case", After: []string{"bundles/x.json"}, Alone: true, Method: "PUT", Path: "/Task/1", Headers: []string{`If-Match: W/"1"`, "Content-Type: "},
		Body: []byte("{\"x\":\"abbabb\xff\"}"), ByReader: true, Status: 400, Issues: []string{"error value Task.x"}, More: true,
	}}, cases)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a case without what is wanted":  "-- a --\nGET /Task\n",
		"a case that wants nothing":      "-- a --\nGET /Task\n-- want --\nstatus 400\n",
		"a case without a request":       "-- a --\n\n-- want --\nstatus 400\nerror value -\n",
		"a word that is none":            "-- a --\nGET /Task\nnever\n-- want --\nstatus 400\nerror value -\n",
		"two requests one after another": "-- a --\nGET /Task\n-- b --\nGET /Task\n",
	} {
		_, err := parse("f", []byte(text))
		assert.Error(t, err, name)
	}
}

func TestIsSentence(t *testing.T) {
	for words, is := range map[string]bool{
		"There is no Task with this id here.": true, "there is no Task with this id here": false, "There is no Task with this id here": false,
		"there is no Task with this id here.": false, "_count must be a whole number, 0 or more.": true, "resourceType is missing.": true,
		"Task.status may not go back.": true, "status may not go back.": false, "All OK": true, "": false,
	} {
		assert.Equal(t, is, IsSentence(words), words)
	}
	const outcome = `{"resourceType":"OperationOutcome",%s"issue":[{"details":{"text":"no"}},{"details":{"text":"Yes."}},{}]}`
	assert.Equal(t, []string{"no"}, Unfinished(fmt.Appendf(nil, `{"resourceType":"Bundle","entry":[{"response":{"outcome":`+outcome+`}}]}`, "")))
	assert.Empty(t, Unfinished(fmt.Appendf(nil, outcome, `"id":"stored",`)))
	assert.Empty(t, Unfinished([]byte(`"OperationOutcome" of no JSON`)))
}
