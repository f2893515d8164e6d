package search_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

func TestSort(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, typ, text string
		want            []search.SortKey
		ascending       bool
		self            string
		warned          bool
	}{
		{"newest first", "Task", "_sort=-_lastUpdated", nil, false, "-_lastUpdated", false},
		{"oldest first", "Task", "_sort=_lastUpdated", nil, true, "_lastUpdated", false},
		{"by a date", "Observation", "_sort=-date", []search.SortKey{{Param: "Observation.date", Kind: search.Date, Descending: true, Loose: true}}, false, "-date", false},
		{"by a text", "Questionnaire", "_sort=title", []search.SortKey{{Param: "Questionnaire.title", Kind: search.String, Loose: true}}, false, "title", false},
		{"by several", "Appointment", "_sort=status,-date", []search.SortKey{{Param: "Appointment.status", Kind: search.Token}, {Param: "Appointment.date", Kind: search.Date, Descending: true}}, false, "status,-date", false},
		{"by several, to the end", "Task", "_sort=-authored-on,_lastUpdated,_id",
			[]search.SortKey{{Param: "Task.authored-on", Kind: search.Date, Descending: true, Loose: true}, {Kind: search.Date}}, false, "-authored-on,_lastUpdated,_id", false},
		{"by id", "Task", "_sort=_id", []search.SortKey{{Param: "_id", Kind: search.Token}}, false, "_id", false},
		{"by what is not known", "Task", "_sort=colour,-modified", []search.SortKey{{Param: "Task.modified", Kind: search.Date, Descending: true, Loose: true}}, false, "-modified", true},
		{"a patient shares the terms of the subject", "Task", "_sort=patient", []search.SortKey{{Param: "Task.subject", Kind: search.Reference}}, false, "patient", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, issues := parse(t, tt.typ, tt.text, false)
			assert.Equal(t, tt.want, q.Sort)
			assert.Equal(t, tt.ascending, q.Ascending)
			assert.Equal(t, tt.self, q.Self.Get("_sort"))
			assert.Equal(t, tt.warned, len(issues) == 1)
		})
	}
}

func TestWhatIsShown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, summary string
		elements            []string
		self                string
		warned              bool
	}{
		{"a summary", "_summary=true", "true", nil, "_summary=true", false},
		{"the text", "_summary=text", "text", nil, "_summary=text", false},
		{"all but the text", "_summary=data", "data", nil, "_summary=data", false},
		{"everything", "_summary=false", "", nil, "_summary=false", false},
		{"some elements", "_elements=status,owner", "", []string{"status", "owner"}, "_elements=status%2Cowner", false},
		{"elements with their type", "_elements=Task.status,Task.status", "", []string{"status"}, "_elements=Task.status", false},
		{"elements given one by one", "_elements=status&_elements=owner", "", []string{"status", "owner"}, "_elements=status%2Cowner", false},
		{"an element that there is not", "_elements=status,colour", "", []string{"status"}, "_elements=status", true},
		{"no element", "_elements=", "", nil, "", false},
		{"both exclude each other", "_elements=status&_summary=true", "", []string{"status"}, "_elements=status", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, issues := parse(t, "Task", tt.text, false)
			assert.Equal(t, tt.summary, q.Summary)
			assert.Equal(t, tt.elements, q.Elements)
			assert.Equal(t, tt.self, q.Self.Encode())
			assert.Equal(t, tt.warned, len(issues) == 1, "%v", issues)
		})
	}
}

func TestSeveralTypes(t *testing.T) {
	t.Parallel()
	q, issues := parse(t, "", "_type=Task,ServiceRequest&_tag=urn:t|demo&_id=a,b&_sort=-_lastUpdated&_elements=id", true)
	assert.Empty(t, issues)
	assert.Equal(t, []string{"Task", "ServiceRequest"}, q.Types)
	assert.Equal(t, []string{"a", "b"}, q.IDs)
	assert.Equal(t, "_elements=id&_id=a%2Cb&_sort=-_lastUpdated&_tag=urn%3At%7Cdemo&_type=Task%2CServiceRequest", q.Self.Encode())
	for _, text := range []string{"_type=Task,Order", "_type=Task&status=requested", "_has:Task:focus:status=x"} {
		_, issues := parse(t, "", text, true)
		assert.True(t, fhir.Refused(issues), text)
	}
	_, issues = parse(t, "Task", "_type=Task", false)
	assert.Len(t, issues, 1, "a search on one type has no _type")
}

func TestParams(t *testing.T) {
	t.Parallel()
	names := map[string]*search.Param{}
	for _, p := range search.Params("Task") {
		names[p.Name] = p
		assert.NotEmpty(t, p.URL, p.Name)
		assert.NotEmpty(t, p.Text, p.Name)
	}
	assert.Equal(t, "http://hl7.org/fhir/SearchParameter/Task-owner", names["owner"].URL)
	assert.Equal(t, search.Date, names["authored-on"].Kind)
	assert.Equal(t, []string{"Patient"}, names["patient"].Targets)
	assert.True(t, names["output"].Loose)
	assert.NotContains(t, names, "_id")
	assert.Len(t, search.Params(""), 4, "_profile, _security, _source and _tag")
	assert.Empty(t, search.Params("Order"))
}

// TestAnAnswerNeverGrowsWithRepeats holds that what is said again and again is warned of once, and that what is longer than any search is refused in a few words.
func TestAnAnswerNeverGrowsWithRepeats(t *testing.T) {
	t.Parallel()
	often := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s, n), s[len(s)-1:]) }
	for _, text := range []string{"_elements=" + often("a,", 50_000), "_elements=" + often("status,", 20_000), "_sort=" + often("a,", 50_000), "_sort=" + often("_id,", 8),
		often("_elements=a&", 100), often("_include=a&", 100), often("status=&", 100), often("_include=Task:focus&", 100), "_type=" + often("Task,", 20_000)} {
		_, issues := parse(t, "Task", text, false)
		assert.LessOrEqual(t, len(issues), 1, "%.40s", text)
		assert.False(t, fhir.Refused(issues), "%.40s", text)
	}
	for _, text := range []string{"_elements=" + often("a,", 500_000), "_sort=" + often("_id,", 500_000), "code=" + strings.Repeat("x", 300<<10), strings.Repeat("x", 300<<10) + "=1",
		often("_elements=a&", 200), often("status=requested&", 200), often("_include=Task:focus&", 200), often("_has:Task:focus:status=requested&", 200)} {
		q, issues := parse(t, "Task", text, false)
		if assert.Len(t, issues, 1, "%.40s", text) {
			assert.True(t, issues[0].Refuses())
			assert.Equal(t, fhir.CodeTooCostly, issues[0].Code)
			assert.Less(t, len(issues[0].Text), 200)
		}
		assert.Empty(t, q.Self, "nothing of it is told again")
	}
	ids := strings.TrimSuffix(strings.Repeat(strings.Repeat("a", 64)+",", search.MaxIDs), ",")
	_, issues := parse(t, "Task", "_id="+ids, false)
	assert.Empty(t, issues, "the longest list of ids is no such search")
}
