package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
	"warmhandoff/mapping"
	"warmhandoff/mapping/sdohcc"
)

// declared is a CapabilityStatement as a client reads it.
type declared struct {
	Instantiates, Format, PatchFormat []string
	FhirVersion                       string
	Messaging                         []struct{ Endpoint []struct{ Address string } }
	Rest                              []struct {
		Documentation string
		Interaction   []struct{ Code string }
		SearchParam   []declaredParam
		Operation     []declaredOperation
		Compartment   []string
		Resource      []declaredType
	}
}

type declaredParam struct{ Name, Type, Definition string }

type declaredOperation struct{ Name, Definition string }

type declaredType struct {
	Type, Profile, Versioning, ConditionalRead, ConditionalDelete   string
	UpdateCreate, ConditionalCreate, ConditionalUpdate, ReadHistory bool
	ReferencePolicy, SearchInclude, SearchRevInclude                []string
	SupportedProfile                                                []string
	Interaction                                                     []struct{ Code string }
	SearchParam                                                     []declaredParam
	Operation                                                       []declaredOperation
}

func (a *adapter) statement(t *testing.T) declared {
	t.Helper()
	answer := a.ask(nobody, "GET", "/metadata", "")
	require.Equal(t, 200, answer.Status)
	var d declared
	require.NoError(t, json.Unmarshal(answer.Body, &d))
	return d
}

// driver asks for everything that a statement declares.
type driver struct {
	*adapter
	t    *testing.T
	done map[string]int // by what was asked for
}

// must asks and compares the status with those that do not contradict the statement.
func (d *driver) must(what, method, path, body string, want []int, headers ...string) scenario.Answer {
	d.t.Helper()
	d.done[what]++
	answer := d.ask(nobody, method, path, body, append([]string{"Prefer: handling=strict"}, headers...)...)
	for _, w := range want {
		if answer.Status == w {
			return answer
		}
	}
	assert.Contains(d.t, want, answer.Status, "%s: %s %.200s: %.600s", what, method, path, answer.Body)
	return answer
}

// TestAcceptEverythingThatMetadataDeclares asks the program for each interaction of each type, each search parameter, include and operation that
// its CapabilityStatement declares, and fails where an answer contradicts it. Unknown parameters are asked to be refused, so none is ignored.
func TestAcceptEverythingThatMetadataDeclares(t *testing.T) {
	t.Parallel()
	d := &driver{adapter: newAdapter(t), t: t, done: map[string]int{}}
	require.NoError(t, seed(context.Background(), d.sys.engine))
	st := d.statement(t)
	rest := st.Rest[0]
	assert.Equal(t, "4.0.1", st.FhirVersion)
	for _, r := range rest.Resource {
		d.drive(&r)
	}
	d.driveSystem(&st)
	for _, format := range st.Format {
		d.must("format "+format, "GET", "/metadata?_format="+url.QueryEscape(format), "", ok)
		d.must("format "+format, "GET", "/metadata", "", ok, "Accept: "+format)
	}
	assert.Equal(t, []string{"application/json-patch+json", "application/fhir+json", "application/fhir+xml"}, st.PatchFormat, "each is driven for each type")
	assert.Greater(t, d.done["search"], 1_000)
	assert.Equal(t, len(rest.Resource), d.done["create"])
	assert.Equal(t, len(profiles()), d.done["profile"], "the profiles that are kept as data")
}

var ok = []int{http.StatusOK}

// drive asks for all that is declared of one type.
func (d *driver) drive(r *declaredType) {
	path := "/" + r.Type
	body := smallest(r.Type)
	created := d.must("create", "POST", path, body, []int{201})
	if created.Status != 201 {
		return
	}
	made := strictly(d.t, created.Body)
	at := path + "/" + made.ID()
	for _, i := range r.Interaction {
		d.interaction(i.Code, r.Type, at, made)
	}
	d.conditional(r, at, made)
	for _, p := range append([]declaredParam{}, r.SearchParam...) {
		value := map[string]string{"token": "x", "reference": "Patient/x", "date": "2026-03", "string": "x", "number": "1", "quantity": "1", "uri": "urn:x", "special": "x"}[p.Type]
		if p.Name == "_id" {
			value = "x"
		}
		require.NotEmpty(d.t, value, "%s %s is of type %s", r.Type, p.Name, p.Type)
		assert.NotEmpty(d.t, p.Definition, "%s %s", r.Type, p.Name)
		d.must("search", "GET", path+"?"+p.Name+"="+url.QueryEscape(value), "", ok)
	}
	d.includes(path, "_include", r.SearchInclude)
	d.includes(path, "_revinclude", r.SearchRevInclude)
	for _, p := range r.SupportedProfile {
		answer := d.must("profile", "POST", path+"/$validate?profile="+url.QueryEscape(p), body, ok)
		known, found := profile.Find(profiles(), p)
		require.True(d.t, found, p)
		assert.Contains(d.t, string(answer.Body), known.Name+" "+known.Version+")", "what the smallest %s lacks of it is found", r.Type)
	}
	for _, p := range profiles() {
		assert.Equal(d.t, p.Type == r.Type, slices.Contains(r.SupportedProfile, p.URL), "%s of %s", p.URL, r.Type)
	}
	assert.Equal(d.t, "http://hl7.org/fhir/StructureDefinition/"+r.Type, r.Profile)
	d.must("profile of R4", "POST", path+"/$validate?profile="+url.QueryEscape(r.Profile), body, ok)
	for _, o := range r.Operation {
		d.operation(r.Type, at, made, o)
	}
	if r.ConditionalDelete != "not-supported" {
		d.must("delete", "DELETE", at, "", []int{204})
		d.must("delete", "GET", at, "", []int{410})
	}
}

// includes asks for many at once; a name that is not known would be refused.
func (d *driver) includes(path, param string, names []string) {
	for len(names) > 0 {
		n := min(len(names), 32) // more at once is refused
		q := url.Values{param: names[:n], "_count": {"1"}}
		d.must(param, "GET", path+"?"+q.Encode(), "", ok)
		names = names[n:]
	}
}

func (d *driver) interaction(code, typ, at string, made *fhir.Resource) {
	switch code {
	case "read":
		d.must(code, "GET", at, "", ok)
	case "vread":
		d.must(code, "GET", at+"/_history/1", "", ok)
	case "history-instance":
		d.must(code, "GET", at+"/_history", "", ok)
	case "history-type":
		d.must(code, "GET", "/"+typ+"/_history?_count=1", "", ok)
	case "update":
		d.must(code, "PUT", at, string(made.With(fhir.SetMember("language", []byte(`"en"`)))), ok)
	case "patch":
		d.must(code, "PATCH", at, `[{"op":"add","path":"/language","value":"de"}]`, ok, "Content-Type: application/json-patch+json")
		d.must(code, "PATCH", at, `<Parameters xmlns="http://hl7.org/fhir"/>`, ok, "Content-Type: application/fhir+xml")
		d.must(code, "PATCH", at, fmt.Sprintf(`{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},
{"name":"path","valueString":"%s.language"},{"name":"value","valueCode":"fr"}]}]}`, typ), ok)
	case "search-type":
		d.must(code, "GET", "/"+typ+"?_count=1", "", ok)
		d.must(code, "POST", "/"+typ+"/_search", "_count=1", ok, "Content-Type: application/x-www-form-urlencoded")
	case "create", "delete": // driven before and after
	default:
		assert.Fail(d.t, "nothing here drives "+code)
	}
}

// conditional asks for what the flags of a type declare.
func (d *driver) conditional(r *declaredType, at string, made *fhir.Resource) {
	path, body, pick := "/"+r.Type, smallest(r.Type), "_id="+made.ID()
	if r.ConditionalCreate {
		d.must("conditional create", "POST", path, body, ok, "If-None-Exist: "+pick)
	}
	if r.ConditionalRead == "full-support" {
		tag := d.ask(nobody, "GET", at, "").Header.Get("ETag")
		d.must("conditional read", "GET", at, "", []int{304}, "If-None-Match: "+tag)
		d.must("conditional read", "GET", at, "", []int{304}, "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT")
	}
	if r.ConditionalDelete == "not-supported" {
		d.must("append-only", "DELETE", at, "", []int{405})
		d.must("append-only", "PUT", at, string(made.With(fhir.SetMember("language", []byte(`"en"`)))), []int{405})
		named := strictly(d.t, []byte(body)).With(fhir.SetMember("id", []byte(`"mine"`)))
		d.must("update as create", "PUT", path+"/mine", string(named), []int{201})
		return
	}
	if r.ConditionalUpdate {
		d.must("conditional update", "PUT", path+"?"+pick, body, ok)
	}
	if r.ConditionalDelete == "single" {
		d.must("conditional delete", "DELETE", path+"?_id=nobody", "", []int{204})
	}
	if r.Versioning == "versioned-update" {
		d.must("versioned update", "PUT", at, string(made.Bytes()), []int{412}, `If-Match: W/"99"`)
	}
	if r.UpdateCreate {
		named := strictly(d.t, []byte(body)).With(fhir.SetMember("id", []byte(`"mine"`)))
		d.must("update as create", "PUT", path+"/mine", string(named), []int{201})
		d.must("update as create", "DELETE", path+"/mine", "", []int{204})
	}
}

// operation asks for an operation of a type. Its definition must be here, or be one of HL7's.
func (d *driver) operation(typ, at string, made *fhir.Resource, o declaredOperation) {
	if strings.HasPrefix(o.Definition, "urn:") {
		assert.Len(d.t, d.found("OperationDefinition?url="+o.Definition), 1, "%s is served", o.Definition)
	} else {
		assert.True(d.t, strings.HasPrefix(o.Definition, "http://hl7.org/fhir/OperationDefinition/"), o.Definition)
	}
	what := "operation " + o.Name
	switch o.Name {
	case "validate":
		d.must(what, "POST", "/"+typ+"/$validate", string(made.Bytes()), ok)
		d.must(what, "GET", at+"/$validate", "", ok)
	case "handoff":
		d.must(what, "GET", at+"/$handoff", "", ok)
		d.must(what, "POST", at+"/$handoff", "", ok)
	case "everything":
		d.must(what, "GET", at+"/$everything?_count=1", "", ok)
		d.must(what, "POST", at+"/$everything", `{"resourceType":"Parameters","parameter":[{"name":"_count","valueInteger":1},{"name":"_type","valueCode":"ServiceRequest"}]}`, ok)
	case "waiting":
		d.must(what, "GET", "/"+typ+"/$waiting", "", ok)
	case "package": // nothing may go to the agency of a Task that stands alone: refused for that, not for the operation
		answer := d.must(what, "GET", at+"/$package", "", []int{403, 422})
		require.NotEmpty(d.t, answer.Issues())
		assert.Contains(d.t, answer.Issues()[0].Text, "shared with you")
	default:
		assert.Fail(d.t, "nothing here drives $"+o.Name)
	}
}

func (d *driver) driveSystem(st *declared) {
	rest := st.Rest[0]
	for _, i := range rest.Interaction {
		switch i.Code {
		case "transaction", "batch":
			d.must(i.Code, "POST", "", `{"resourceType":"Bundle","type":"`+i.Code+`","entry":[{"request":{"method":"GET","url":"Task"}}]}`, ok)
		case "history-system":
			first := d.must(i.Code, "GET", "/_history?_count=1", "", ok)
			assert.Contains(d.t, string(first.Body), `"next"`)
		case "search-system":
			d.must(i.Code, "GET", "?_type=Task,Patient", "", ok)
		default:
			assert.Fail(d.t, "nothing here drives "+i.Code)
		}
	}
	for _, p := range rest.SearchParam {
		d.must("system search", "GET", "?_type=Task&"+p.Name+"="+map[string]string{"date": "2026", "uri": "urn:x"}[p.Type]+map[bool]string{true: "x"}[p.Type == "token"], "", ok)
	}
	for _, o := range rest.Operation {
		require.Equal(d.t, "process-message", o.Name, "nothing here drives another")
		d.must(o.Name, "POST", "/$process-message", barsReferral("m9", "new", "active"), ok)
		assert.Equal(d.t, scenario.Base+"/$process-message", st.Messaging[0].Endpoint[0].Address)
	}
	require.NotEmpty(d.t, rest.Compartment)
	for _, c := range rest.Compartment {
		assert.Equal(d.t, "http://hl7.org/fhir/CompartmentDefinition/patient", c)
		d.put(nobody, patientJSON("pc"))
		d.must("compartment", "GET", "/Patient/pc/Task", "", ok)
		d.must("compartment", "GET", "/Patient/pc/*", "", ok)
	}
}

// TestAcceptTheSdohccCoordinationPlatform asks for each thing that the guide demands of a coordination platform's server.
func TestAcceptTheSdohccCoordinationPlatform(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	st := a.statement(t)
	types := map[string]declaredType{}
	for _, r := range st.Rest[0].Resource {
		types[r.Type] = r
	}
	lacking := map[mapping.Level][]string{}
	for _, demand := range sdohcc.CoordinationPlatform.Demands {
		r := types[demand.Type]
		for words, has := range map[string]string{
			demand.Does: fmt.Sprint(r.Interaction), demand.Params: fmt.Sprint(r.SearchParam), demand.Includes: fmt.Sprint(r.SearchInclude), demand.Asks: fmt.Sprint(r.Operation),
			demand.Keeps: r.Profile + " " + fmt.Sprint(r.SupportedProfile),
		} {
			for word := range strings.FieldsSeq(words) {
				if !regexp.MustCompile(`(^|[[{ ])` + regexp.QuoteMeta(word) + `($|[]} ])`).MatchString(has) {
					lacking[demand.Level] = append(lacking[demand.Level], demand.Type+" "+word[strings.LastIndexByte(word, '/')+1:])
					assert.Contains(t, st.Rest[0].Documentation, word, "what is missing is said")
				}
			}
		}
	}
	assert.Equal(t, len(lacking[mapping.Shall]) == 0, contains(st.Instantiates, sdohcc.CoordinationPlatform.Canonical), "it is claimed if nothing is missing that must be there, and only then")
	assert.ElementsMatch(t, []string{
		"QuestionnaireResponse sdc-questionnaireresponse", "Questionnaire sdc-questionnaire-extr-smap", "Subscription backport-subscription",
	}, lacking[mapping.Shall])
	assert.ElementsMatch(t, []string{
		"Observation code-value-concept", "Questionnaire context-type-value", "Questionnaire populate", "Group characteristic-value", "Subscription status",
	}, lacking[mapping.May])
	task := types["Task"]
	assert.Equal(t, "versioned-update", task.Versioning)
	assert.Contains(t, []string{"modified-since", "full-support"}, task.ConditionalRead)
	assert.Contains(t, task.ReferencePolicy, "literal")
	assert.Subset(t, st.Format, []string{"json", "xml"})

	a.referred("t1", "requested")
	for _, query := range []string{"_include=Task:focus", "_include=Task:output", "code=http://hl7.org/fhir/CodeSystem/task-code|fulfill", "patient=Patient/p-t1",
		"requester=Organization/bayview", "status=requested", "focus=ServiceRequest/sr-t1", "owner=Organization/harbor", "_lastUpdated=gt2000-01-01"} {
		assert.Len(t, a.found("Task?"+query), 1, query)
	}
	assert.Len(t, a.get("/Task?_id=t1&_include=Task:focus").Get("entry").Items(), 2)
	a.put(bayview, `{"resourceType":"Procedure","id":"pr","status":"completed","subject":{"reference":"Patient/p-t1"},"basedOn":[{"reference":"ServiceRequest/sr-t1"}]}`)
	a.put(harbor, taskJSON("t1", "accepted", `,"output":[{"type":{"text":"done"},"valueReference":{"reference":"Procedure/pr"}}]`))
	assert.Len(t, a.get("/Task?_id=t1&_include=Task:output").Get("entry").Items(), 2)
	assert.Len(t, a.found("Task?output=Procedure/pr"), 1)
}

func contains(list []string, word string) bool {
	for _, one := range list {
		if one == word {
			return true
		}
	}
	return false
}

// smallest makes a resource of a type with what it must have and nothing else.
func smallest(typ string) string {
	if typ == "Subscription" { // what it says is checked
		return `{"resourceType":"Subscription","status":"requested","reason":"x","criteria":"Task?status=requested","channel":{"type":"rest-hook","endpoint":"https://x.example/hook"}}`
	}
	t, _ := fhir.LookupType(typ)
	more := map[string]struct{ name, value string }{ // what an invariant asks for beside the elements
		"Appointment": {"participant", `[{"status":"accepted","actor":{"display":"x"}}]`},
		"Consent":     {"policyRule", `{"text":"x"}`},
	}[typ]
	body := `{"resourceType":"` + typ + `",`
	if more.name != "" {
		body += fmt.Sprintf("%q:%s,", more.name, more.value)
	}
	return body + strings.TrimPrefix(members(t, more.name, 0), "{")
}

// members writes the elements that a type must have, but the one that is written already.
func members(t *fhir.Type, have string, depth int) string {
	var all []string
	for i := range t.Elements {
		e := &t.Elements[i]
		if e.Min == 0 || e.Name == have || depth > 6 {
			continue
		}
		name, typ := e.Name, e.Types[0]
		if e.Choice {
			typ = e.Types[len(e.Types)-1]
			name += strings.ToUpper(typ[:1]) + typ[1:]
		}
		value := sampleOf(e, typ, depth)
		if e.Max != 1 {
			value = "[" + value + "]"
		}
		all = append(all, fmt.Sprintf("%q:%s", name, value))
	}
	if len(all) == 0 {
		all = []string{`"language":"en"`}
	}
	return "{" + strings.Join(all, ",") + "}"
}

// sampleOf makes a value of a type.
func sampleOf(e *fhir.Element, typ string, depth int) string {
	if len(e.Codes) > 0 && typ == "code" {
		return fmt.Sprintf("%q", e.Codes[0])
	}
	switch typ {
	case "boolean":
		return "true"
	case "integer", "unsignedInt", "positiveInt", "decimal":
		return "1"
	case "date":
		return `"2026-03-02"`
	case "dateTime", "instant":
		return `"2026-03-02T09:00:00Z"`
	case "time":
		return `"09:00:00"`
	case "base64Binary":
		return `"eA=="`
	case "uri", "url", "canonical", "oid", "uuid":
		return map[string]string{"oid": `"urn:oid:1.2.3"`, "uuid": `"urn:uuid:11111111-1111-4111-8111-111111111111"`}[typ] + map[bool]string{true: `"http://example.org/x"`}[typ != "oid" && typ != "uuid"]
	case "string", "markdown", "code", "id":
		return `"x"`
	case "xhtml":
		return `"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"`
	case "Reference":
		return `{"display":"x"}`
	case "CodeableConcept":
		return `{"text":"x"}`
	case "Coding":
		return `{"system":"http://example.org/x","code":"x"}`
	case "Resource":
		return `{"resourceType":"Basic","code":{"text":"x"}}`
	case "Period":
		return `{"start":"2026-03-02"}`
	}
	t, known := fhir.LookupType(typ)
	if !known {
		return `"x"`
	}
	return strings.Replace(members(t, "", depth+1), `"language":"en"`, `"id":"x","extension":[{"url":"http://example.org/x","valueString":"x"}]`, 1)
}
