package search_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// holds says whether a condition holds for a resource with these terms. It is the definition in the comments of Match and Test, written again.
func holds(terms []search.Term, m search.Match) bool {
	every := len(m.Values)+len(m.Prefixes)+len(m.Ranges)+len(m.Tests) == 0
	return slices.ContainsFunc(terms, func(t search.Term) bool {
		return t.Param == m.Param && (every || slices.Contains(m.Values, t.Value) ||
			slices.ContainsFunc(m.Prefixes, func(p string) bool { return strings.HasPrefix(t.Value, p) }) ||
			slices.ContainsFunc(m.Ranges, func(r search.Range) bool { return r.From <= t.Value && (r.To == "" || t.Value < r.To) }) ||
			slices.ContainsFunc(m.Tests, func(x search.Test) bool { return passes(x, t.Value) }))
	}) != m.Not
}

func passes(x search.Test, value string) bool {
	if x.Op == "contains" {
		return strings.Contains(value, x.Lo)
	}
	lead, span := "", value
	if i := strings.LastIndexByte(value, '|'); i >= 0 {
		lead, span = value[:i], value[i+1:]
	}
	from, to, _ := strings.Cut(span, ",")
	eq := x.Lo <= from && to <= x.Hi
	return lead == x.Lead && map[string]bool{
		"eq": eq, "ne": !eq, "lt": from < x.Lo, "le": from < x.Lo || eq, "gt": to > x.Hi, "ge": to > x.Hi || eq,
		"sa": from >= x.Hi, "eb": to <= x.Lo, "ap": from < x.Hi && to > x.Lo,
	}[x.Op]
}

// finds reports whether a search of one type finds a resource, by conditions on its own terms.
func finds(t *testing.T, r *fhir.Resource, text string, opt search.Options) bool {
	t.Helper()
	values, err := url.ParseQuery(text)
	require.NoError(t, err)
	opt.Strict = true
	q, issues := search.Parse(r.Type(), values, opt)
	require.Empty(t, issues, text)
	terms := search.Terms(r, opt)
	loose := map[string]bool{}
	for _, term := range terms {
		loose[term.Param] = term.Loose
	}
	for _, m := range q.All {
		if l, there := loose[m.Param]; there {
			assert.Equal(t, l, m.Loose, "%s: terms and condition agree on whether %s is in the index", text, m.Param)
		}
		if !holds(terms, m) {
			return false
		}
	}
	return !q.Nothing
}

func TestDatesAreFound(t *testing.T) {
	t.Parallel()
	procedure := func(performed string) string {
		return `{"resourceType":"Procedure","status":"completed","subject":{"reference":"Patient/p"},` + performed + `}`
	}
	day := procedure(`"performedDateTime":"2026-03-10"`)
	month := procedure(`"performedDateTime":"2026-03"`)
	second := procedure(`"performedDateTime":"2026-03-10T23:30:00-08:00"`)
	period := procedure(`"performedPeriod":{"start":"2026-03-10","end":"2026-03-12"}`)
	open := procedure(`"performedPeriod":{"start":"2026-03-10"}`)
	text := procedure(`"performedString":"in the spring"`)
	booked := `{"resourceType":"Appointment","status":"booked","start":"2026-03-10T09:00:00Z","end":"2026-03-10T10:00:00Z","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`
	timing := `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/p"},"occurrenceTiming":{"event":["2026-03-10","2026-05-01"]}}`
	tests := []struct {
		name, body, text string
		want             bool
	}{
		{"a day is in its day", day, "date=2026-03-10", true},
		{"a day is in its month", day, "date=2026-03", true},
		{"a day is in its year", day, "date=2026", true},
		{"a day is not a minute of it", day, "date=2026-03-10T09:00Z", false},
		{"a month is not one of its days", month, "date=2026-03-10", false},
		{"a month overlaps one of its days", month, "date=ap2026-03-10", true},
		{"a day is near the next", day, "date=ap2026-03-11", true},
		{"a day is not near the next week", day, "date=ap2026-03-17", false},
		{"a day is not another", day, "date=ne2026-03-11", true},
		{"a day is no other than itself", day, "date=ne2026-03-10", false},
		{"a day is before the next", day, "date=lt2026-03-11", true},
		{"a day is not before itself", day, "date=lt2026-03-10", false},
		{"a day is up to itself", day, "date=le2026-03-10", true},
		{"a day is not up to the one before", day, "date=le2026-03-09", false},
		{"a day is from itself on", day, "date=ge2026-03-10", true},
		{"a day is not from the next on", day, "date=ge2026-03-11", false},
		{"a day is after the one before", day, "date=gt2026-03-09", true},
		{"a day is not after itself", day, "date=gt2026-03-10", false},
		{"a month goes on after one of its days", month, "date=gt2026-03-10", true},
		{"a month begins before one of its days", month, "date=lt2026-03-10", true},
		{"a month does not begin after one of its days", month, "date=sa2026-03-10", false},
		{"a month does not end before one of its days", month, "date=eb2026-03-10", false},
		{"a day begins after the one before", day, "date=sa2026-03-09", true},
		{"a day ends before the next", day, "date=eb2026-03-11", true},
		{"a time is in the day that it is elsewhere", second, "date=2026-03-11", true},
		{"and not in the day that its own clock says", second, "date=2026-03-10", false},
		{"a time is found with its zone", second, "date=2026-03-10T23:30:00-08:00", true},
		{"a plus sign that was not encoded is one", second, "date=2026-03-11T08:30:00+01:00", true},
		{"a period is in its month", period, "date=2026-03", true},
		{"a period is not one of its days", period, "date=2026-03-11", false},
		{"a period goes on after its first day", period, "date=gt2026-03-10", true},
		{"a period ends before the day after", period, "date=eb2026-03-13", true},
		{"a period without an end goes on for ever", open, "date=gt2199", true},
		{"a period without an end has no day", open, "date=2026-03-10", false},
		{"alternatives", day, "date=2025,2026-03", true},
		{"repeated conditions must both hold", day, "date=ge2026-03-01&date=lt2026-04-01", true},
		{"repeated conditions of which one does not", day, "date=ge2026-03-01&date=lt2026-03-05", false},
		{"text has no date", text, "date=2026", false},
		{"and is missing", text, "date:missing=true", true},
		{"an appointment between two days", booked, "date=ge2026-03-10&date=lt2026-03-11", true},
		{"an appointment on its day", booked, "date=2026-03-10", true},
		{"an appointment on another day", booked, "date=2026-03-11", false},
		{"an appointment before its time", booked, "date=lt2026-03-10T09:00:00Z", false},
		{"an appointment at its time", booked, "date=2026-03-10T09:00:00Z", true},
		{"an appointment from a fraction of its second on", booked, "date=ge2026-03-10T09:00:00.500Z", true},
		{"an appointment from the next second on", booked, "date=ge2026-03-10T09:00:01Z", false},
		{"what is booked and due", booked, "date=lt2026-03-11&status=booked", true},
		{"what is booked in a window", booked, "date=ge2026-03-10&date=lt2026-03-11&status=booked,pending", true},
		{"what is booked in another window", booked, "date=ge2026-03-11&date=lt2026-03-12&status=booked", false},
		{"what is cancelled and due", booked, "date=lt2026-03-11&status=cancelled", false},
		{"a window that is empty", booked, "date=ge2026-03-12&date=lt2026-03-11", false},
		{"a timing reaches from its first to its last time", timing, "occurrence=ge2026-03-10&occurrence=le2026-05-01", true},
		{"a timing is not one of its times", timing, "occurrence=2026-03-10", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, finds(t, read(t, tt.body), tt.text, search.Options{Base: base}))
		})
	}
	t.Run("days without a zone are those of the house, on both sides", func(t *testing.T) {
		t.Parallel()
		house := search.Options{Zone: time.FixedZone("", -8*3600)}
		for _, body := range []string{day, second} {
			assert.True(t, finds(t, read(t, body), "date=2026-03-10", house))
			assert.False(t, finds(t, read(t, body), "date=2026-03-11", house))
		}
	})
}

func TestTextsAreFound(t *testing.T) {
	t.Parallel()
	patient := `{"resourceType":"Patient","active":true,"name":[{"family":"O'Connor-Smîth","given":["José","María"],"text":"José M. O'Connor-Smîth"}],
		"address":[{"line":["12 Főút"],"city":"São Paulo","postalCode":"01310-100"}],
		"telecom":[{"system":"phone","value":"555-0101"},{"system":"email","value":"jose@example.org"}],
		"identifier":[{"type":{"coding":[{"system":"urn:types","code":"MR"}]},"system":"urn:mrn","value":"7"}],"birthDate":"1970-01-31"}`
	set := `{"resourceType":"ValueSet","status":"active","url":"http://example.org/fhir/ValueSet/a","version":"2"}`
	tests := []struct {
		name, body, text string
		want             bool
	}{
		{"the beginning of a name, whatever its case", patient, "family=o'con", true},
		{"without its punctuation and accents", patient, "family=oconnorsmith", true},
		{"with other accents", patient, "given=JOSE", true},
		{"not the middle of a name", patient, "family=smith", false},
		{"the middle of a name, when asked", patient, "family:contains=SMITH", true},
		{"the exact name", patient, "family:exact=O'Connor-Smîth", true},
		{"not the exact name in another case", patient, "family:exact=o'connor-smîth", false},
		{"any part of a name", patient, "name=maria", true},
		{"either of two", patient, "name=zoe,jos", true},
		{"neither of two", patient, "name=zoe,ann", false},
		{"a part of an address", patient, "address=12 fou", true},
		{"a city", patient, "address-city=sao", true},
		{"a city of another name", patient, "address-city=paulo", false},
		{"a post code", patient, "address-postalcode=01310", true},
		{"punctuation alone finds nothing", patient, "family=...", false},
		{"a name that is there", patient, "name:missing=false", true},
		{"a telephone number", patient, "phone=555-0101", true},
		{"a telephone number is no address for e-mail", patient, "email=555-0101", false},
		{"an address for e-mail", patient, "email=jose@example.org", true},
		{"a number with what it is", patient, "telecom=phone|555-0101", true},
		{"a number without a system, which it does not have", patient, "phone=|555-0101", true},
		{"a person who is not said to have died", patient, "deceased=false", true},
		{"and is not dead", patient, "deceased=true", false},
		{"an identifier of a type", patient, "identifier:of-type=urn:types|MR|7", true},
		{"an identifier of another type", patient, "identifier:of-type=urn:types|SS|7", false},
		{"a birthday", patient, "birthdate=1970-01-31", true},
		{"a year of birth", patient, "birthdate=1970", true},
		{"born before", patient, "birthdate=lt1970-01-31", false},
		{"a code that it is not", patient, "gender:not=male", true},
		{"a URL", set, "url=http://example.org/fhir/ValueSet/a", true},
		{"a URL in another case", set, "url=http://example.org/fhir/valueset/a", false},
		{"what is below a URL", set, "url:below=http://example.org/fhir/", true},
		{"what is below another", set, "url:below=http://example.com/", false},
		{"what is above a URL", set, "url:above=http://example.org/fhir/ValueSet/a/b/c", true},
		{"what is not above", set, "url:above=http://example.org/fhir", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, finds(t, read(t, tt.body), tt.text, search.Options{Base: base}))
		})
	}
}

func TestAmountsAreFound(t *testing.T) {
	t.Parallel()
	measured := func(value string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{` + value + `}}`
	}
	mg := measured(`"value":5.40,"unit":"milligram","system":"http://unitsofmeasure.org","code":"mg"`)
	low := measured(`"value":-0.5,"comparator":"<"`)
	risk := `{"resourceType":"RiskAssessment","status":"final","subject":{"reference":"Patient/p"},"prediction":[{"probabilityDecimal":0.8}]}`
	tests := []struct {
		name, body, text string
		want             bool
	}{
		{"the number", mg, "value-quantity=5.4", true},
		{"the number at a coarser precision", mg, "value-quantity=5", true},
		{"the number at a finer precision", mg, "value-quantity=5.400", true},
		{"a number that is beyond the precision", mg, "value-quantity=5.5", false},
		{"an exponent", mg, "value-quantity=54e-1", true},
		{"another number", mg, "value-quantity=ne5", false},
		{"greater than less", mg, "value-quantity=gt5.3", true},
		{"not greater than itself, whatever the precision", mg, "value-quantity=gt5.4", false},
		{"from itself on", mg, "value-quantity=ge5.4", true},
		{"less than more", mg, "value-quantity=lt5.41", true},
		{"up to itself", mg, "value-quantity=le5.4", true},
		{"near", mg, "value-quantity=ap5.8", true},
		{"not so near", mg, "value-quantity=ap7", false},
		{"with system and code", mg, "value-quantity=gt5|http://unitsofmeasure.org|mg", true},
		{"with another system", mg, "value-quantity=gt5|urn:x|mg", false},
		{"with the code alone", mg, "value-quantity=5.4||mg", true},
		{"with the unit alone", mg, "value-quantity=5.4||milligram", true},
		{"with another unit", mg, "value-quantity=5.4||g", false},
		{"less than what it is less than", low, "value-quantity=lt-0.5", true},
		{"not surely more than less", low, "value-quantity=gt-0.4", false},
		{"a probability", risk, "probability=gt0.7", true},
		{"a probability that is less", risk, "probability=lt0.8", false},
		{"a negative number is less than zero", low, "value-quantity=lt0", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, finds(t, read(t, tt.body), tt.text, search.Options{Base: base}))
		})
	}
}

func TestNobodyOwnsIt(t *testing.T) {
	t.Parallel()
	free := read(t, `{"resourceType":"Task","status":"requested","intent":"order"}`)
	owned := read(t, `{"resourceType":"Task","status":"requested","intent":"order","owner":{"reference":"Organization/o"}}`)
	q, _ := parse(t, "Task", "owner:missing=true&status=requested,received", true)
	assert.Equal(t, "Task.owner+status [|requested |received]", show(q.All), "the open pool is one range of the index")
	assert.True(t, finds(t, free, "owner:missing=true&status=requested", search.Options{}))
	assert.False(t, finds(t, owned, "owner:missing=true&status=requested", search.Options{}))
	assert.False(t, finds(t, free, "owner=Organization/o&status=requested", search.Options{}))
}

// What a write puts into the index is what each worklist needs, and no more.
func TestWhatIsInTheIndex(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       []string
	}{
		{"a Task that is sent to an agency", `{"resourceType":"Task","meta":{"profile":["http://p/x"]},"identifier":[{"system":"urn:ehr","value":"7"}],"basedOn":[{"reference":"ServiceRequest/s"}],
			"status":"requested","intent":"order","priority":"urgent","code":{"coding":[{"system":"urn:c","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/s"},"for":{"reference":"Patient/p"},
			"authoredOn":"2026-03-01T09:00:00Z","lastModified":"2026-03-01T09:00:00Z","requester":{"reference":"PractitionerRole/r"},"owner":{"reference":"Organization/o"},
			"restriction":{"period":{"end":"2026-04-01"}}}`,
			[]string{"_profile", "based-on", "code", "code", "focus", "identifier", "identifier", "owner", "owner+status", "requester", "requester+status", "status", "subject", "subject+status"}},
		{"a ServiceRequest", `{"resourceType":"ServiceRequest","status":"active","intent":"order","priority":"urgent","code":{"coding":[{"system":"urn:c","code":"x"}]},
			"category":[{"coding":[{"system":"urn:c","code":"food"}]}],"subject":{"reference":"Patient/p"},"authoredOn":"2026-03-01","requester":{"reference":"PractitionerRole/r"},
			"occurrencePeriod":{"start":"2026-03-01"},"supportingInfo":[{"reference":"Consent/c"}],"reasonReference":[{"reference":"Condition/c"}]}`,
			[]string{"category", "category", "code", "code", "requester", "status", "subject"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := read(t, tt.body)
			var indexed []string
			for _, term := range search.Terms(r, search.Options{}) {
				if !term.Loose {
					indexed = append(indexed, strings.TrimPrefix(term.Param, r.Type()+"."))
				}
			}
			slices.Sort(indexed)
			assert.Equal(t, tt.want, indexed)
		})
	}
}

// Decimals are compared as they are written: exactly, and for eq by the interval that the precision of what is asked means.
func TestDecimalsAreFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		quantity, text string
		want           bool
	}{
		{`"value":66.89999999999999,"system":"http://unitsofmeasure.org","code":"[in_i]"`, "value-quantity=66.89999999999999", true},
		{`"value":66.89999999999999,"system":"http://unitsofmeasure.org","code":"[in_i]"`, "value-quantity=66.89999999999999|http://unitsofmeasure.org|[in_i]", true},
		{`"value":66.89999999999999`, "value-quantity=ge66.89999999999999", true},
		{`"value":66.89999999999999`, "value-quantity=le66.89999999999999", true},
		{`"value":66.89999999999999`, "value-quantity=ne66.89999999999999", false},
		{`"value":66.89999999999999`, "value-quantity=66.9", true},
		{`"value":66.89999999999999`, "value-quantity=66.90000000000000", false},
		{`"value":66.89999999999999`, "value-quantity=66.89999999999998", false},
		{`"value":66.89999999999999`, "value-quantity=lt66.9", true},
		{`"value":9007199254740993`, "value-quantity=9007199254740992", false},
		{`"value":9007199254740993`, "value-quantity=gt9007199254740992", true},
		{`"value":0.1`, "value-quantity=0.1000000000000000055", false},
		{`"value":1E-400`, "value-quantity=gt0", true},
		{`"value":1E400`, "value-quantity=gt1e399", true},
		{`"value":-5.404`, "value-quantity=-5.40", true},
		{`"value":5.4`, "value-quantity=5.40", true},
		{`"value":5.404`, "value-quantity=5.40", true},
		{`"value":5.405`, "value-quantity=5.40", false},
		{`"value":5.40,"comparator":"<"`, "value-quantity=lt5.40", true},
		{`"value":5.40,"comparator":"<"`, "value-quantity=5.40", false},
		{`"value":5.40,"comparator":">="`, "value-quantity=gt900000000000000000", true},
	} {
		r := read(t, `{"resourceType":"Observation","status":"final","code":{"text":"height"},"valueQuantity":{`+c.quantity+`}}`)
		assert.Equal(t, c.want, finds(t, r, c.text, search.Options{}), "%s %s", c.quantity, c.text)
	}
}

// The three that US Core 7 asks for and R4 lacks.
//
// Source: US Core 7.0.0, us-core-careteam-role, us-core-encounter-discharge-disposition, us-core-goal-description
func TestParametersOfUSCoreAreFound(t *testing.T) {
	t.Parallel()
	for body, queries := range map[string][2]string{
		`{"resourceType":"CareTeam","subject":{"reference":"Patient/p"},"participant":[{"role":[{"coding":[{"system":"urn:r","code":"nav"}]}]}]}`: {"role=urn:r|nav", "role=nurse"},
		`{"resourceType":"Encounter","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/p"},"hospitalization":{"dischargeDisposition":{"coding":[{"system":"urn:d","code":"home"}]}}}`: {"patient=p&discharge-disposition=home",
			"discharge-disposition=urn:d|hosp"},
		`{"resourceType":"Goal","lifecycleStatus":"active","subject":{"reference":"Patient/p"},"description":{"coding":[{"system":"urn:g","code":"sleep"}],"text":"sleep"}}`: {"description=urn:g|sleep&patient=p", "description=eat"},
	} {
		r := read(t, body)
		assert.True(t, finds(t, r, queries[0], search.Options{}), queries[0])
		assert.False(t, finds(t, r, queries[1], search.Options{}), queries[1])
	}
}
