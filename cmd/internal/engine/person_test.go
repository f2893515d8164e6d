package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

// about gives a request with another subject and code.
func about(subject, code string) string {
	body := strings.Replace(request(placed, ""), `{"reference":"Patient/p"}`, subject, 1)
	if code != "" {
		body = strings.Replace(body, `"status"`, `"code":`+code+`,"status"`, 1)
	}
	return body
}

func contained(who string) string {
	return strings.Replace(about(`{"reference":"#who"}`, ""), `"status"`, `"contained":[{"resourceType":"Patient","id":"who",`+who+`}],"status"`, 1)
}

const (
	anas    = `"identifier":[{"system":"urn:mrn","value":"A"}]`
	snomed  = `{"system":"http://snomed.info/sct","code":"385767005"}`
	loinc   = `{"system":"http://loinc.org","code":"1-8"}`
	another = `{"system":"http://snomed.info/sct","code":"710824005"}`
)

// What is posted a second time under the same identifier, by the same requester.
func TestRuling51WhoseReferralIsPostedAgain(t *testing.T) {
	t.Parallel()
	ana := `{"resourceType":"Patient","id":"ana",` + anas + `,"birthDate":"1990-04-12"}`
	ben := `{"resourceType":"Patient","id":"ben","identifier":[{"system":"urn:mrn","value":"B"}]}`
	concept := func(codings ...string) string { return `{"coding":[` + strings.Join(codings, ",") + `]}` }
	literal, logical := `{"reference":"Patient/ana"}`, `{"identifier":{"system":"urn:mrn","value":"A"}}`
	tests := []struct {
		name         string
		here         []string
		first, again string
		want         Done
	}{
		{"for somebody else", []string{ana, ben}, about(literal, ""), about(`{"reference":"Patient/ben"}`, ""), Created},
		{"for somebody else, neither of whom is here", nil, about(literal, ""), about(`{"reference":"Patient/ben"}`, ""), Created},
		{"for her by her identifier", []string{ana}, about(literal, ""), about(logical, ""), Updated},
		{"for her by her id, first by her identifier", []string{ana}, about(logical, ""), about(literal, ""), Updated},
		{"for her by her identifier, whom nobody knows", nil, about(literal, ""), about(logical, ""), Created},
		{"for her by an identifier that two have", []string{ana, strings.Replace(ana, `"ana"`, `"ana2"`, 1)}, about(literal, ""), about(logical, ""), Created},
		{"for her by an identifier that two have, who are one", []string{ana, strings.Replace(ana, `"id":"ana"`, `"id":"ana2","link":[{"other":{"reference":"Patient/ana"},"type":"replaces"}]`, 1)},
			about(literal, ""), about(logical, ""), Updated},
		{"for her under an id that is linked", []string{ana, `{"resourceType":"Patient","id":"ana2","link":[{"other":{"reference":"Patient/ana"},"type":"replaced-by"}]}`},
			about(literal, ""), about(`{"reference":"Patient/ana2"}`, ""), Updated},
		{"for somebody whom she is only related to", []string{ana, `{"resourceType":"Patient","id":"kid","link":[{"other":{"reference":"Patient/ana"},"type":"seealso"}]}`},
			about(literal, ""), about(`{"reference":"Patient/kid"}`, ""), Created},
		{"for somebody else by an identifier", []string{ana, ben}, about(literal, ""), about(`{"identifier":{"system":"urn:mrn","value":"B"}}`, ""), Created},
		{"for her as a contained resource with her identifier", []string{ana}, about(literal, ""), contained(anas), Updated},
		{"for a contained resource with her identifier and another birth date", []string{ana}, about(literal, ""), contained(anas + `,"birthDate":"2019-01-01"`), Created},
		{"for the same contained resource", nil, contained(`"gender":"female"`), strings.Replace(contained(`"gender":"female"`), `"status"`, `"priority":"urgent","status"`, 1), Updated},
		{"for another contained resource under the same name", nil, contained(`"gender":"female"`), contained(`"gender":"male"`), Created},
		{"for a contained resource with the same identifier", nil, contained(anas), contained(anas + `,"gender":"male"`), Updated},
		{"for a contained resource with another identifier of the system", nil, contained(anas), contained(strings.Replace(anas, `"A"`, `"B"`, 1)), Created},
		{"for somebody in words", nil, about(`{"display":"Ana"}`, ""), about(`{"display":"Ben"}`, ""), Created},
		{"for the same in words", nil, about(`{"display":"Ana"}`, ""), strings.Replace(about(`{"display":"Ana"}`, ""), `"status"`, `"priority":"urgent","status"`, 1), Updated},
		{"for a household", nil, about(literal, ""), about(`{"reference":"Group/ana"}`, ""), Created},

		{"with a coding in common", nil, about(literal, concept(snomed, loinc)), about(literal, concept(loinc, another)), Updated},
		{"with another code", nil, about(literal, concept(snomed)), about(literal, concept(another)), Created},
		{"with the code of another system", nil, about(literal, concept(snomed)), about(literal, concept(strings.Replace(snomed, "http://snomed.info/sct", "urn:x", 1))), Created},
		{"with a code, first without", nil, about(literal, ""), about(literal, concept(snomed)), Created},
		{"without a code, first with one", nil, about(literal, concept(snomed)), about(literal, `{"text":"Counseling"}`), Created},
		{"with other words and no code", nil, about(literal, `{"text":"Counselling"}`), about(literal, `{"text":"Counseling"}`), Updated},
		{"for the same, by another contained requester", nil,
			strings.NewReplacer(`"Organization/ref"`, `"#r"`, `"status"`, `"contained":[{"resourceType":"Organization","id":"r","name":"A"}],"status"`).Replace(about(literal, "")),
			strings.NewReplacer(`"Organization/ref"`, `"#r"`, `"status"`, `"contained":[{"resourceType":"Organization","id":"r","name":"B"}],"status"`).Replace(about(literal, "")), Created},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			for _, body := range tt.here {
				f.apply(f.put(body))
			}
			first := f.apply(f.post(tt.first))[0]
			before := string(f.stored("ServiceRequest", first.Version.ID).Bytes())
			got := f.apply(f.post(tt.again))[0]
			assert.Equal(t, tt.want, got.Done)
			assert.Equal(t, tt.want == Updated, first.Version.ID == got.Version.ID)
			if tt.want == Created {
				assert.Equal(t, before, string(f.stored("ServiceRequest", first.Version.ID).Bytes()), "the first is as it was")
			}
			for _, body := range []string{tt.first, tt.again, tt.again, tt.first} {
				assert.Equal(t, Unchanged, f.apply(f.post(body))[0].Done, "each is recognised when it comes again")
			}
		})
	}
}

// A row that was taken before persons and codes counted has the same key and says only which resource took it and what it said.
func TestRuling51ARowOfOlderTimes(t *testing.T) {
	t.Parallel()
	for again, want := range map[string]Done{request(placed, ""): Unchanged, request(placed, `,"priority":"urgent"`): Updated,
		strings.Replace(request(placed, ""), "Patient/p", "Patient/q", 1): Created} {
		f := start(t)
		first := f.put(strings.Replace(request(placed, ""), `{"resourceType"`, `{"id":"old","resourceType"`, 1))
		f.apply(first)
		is, ok := namer{base: f.set.Base}.identity(&work{Change: first})
		require.True(t, ok)
		require.NoError(t, f.store.Update(t.Context(), func(tx store.Tx) error {
			_, _, err := tx.Remember(t.Context(), is.key, "old "+contentDigest(first.Resource), f.now())
			return err
		}))
		got := f.apply(f.post(again))[0]
		assert.Equal(t, want, got.Done)
		assert.Equal(t, want != Created, got.Version.ID == "old")
	}
	for body, key := range map[string]string{
		request(placed, ""): "identity|ogKoH5kEHT0wWXgDxCciDCDZ",
		strings.Replace(request(placed, `,"basedOn":[{"reference":"ServiceRequest/above"}]`), `{"reference":"Organization/ref"}`, `{"identifier":{"system":"urn:npi","value":"1"}}`, 1): "identity|j2vJcy-m3tZyBvWQbK9iJlUn",
		task(`,"identifier":[{"system":"urn:ehr","value":"T-1"}],"focus":{"reference":"ServiceRequest/s"}` + owned):                                                                     "identity|hBZ3S1-pJiNSf8SpaBVBulhn",
	} {
		is, _ := namer{base: base}.identity(&work{Change: (&fixture{t: t}).post(body)})
		assert.Equal(t, key, is.key, "the key of a row does not change: what stands in a store would be forgotten")
	}
}

func TestRuling51AMistakeGivesItsIdentityFree(t *testing.T) {
	t.Parallel()
	f := start(t)
	body := request(placed, "")
	first := f.apply(f.post(body))[0]
	f.apply(f.put(strings.NewReplacer(`{"resourceType"`, `{"id":"`+first.Version.ID+`","resourceType"`, `"active"`, `"entered-in-error"`).Replace(body)))
	second := f.apply(f.post(body))[0]
	assert.Equal(t, Created, second.Done)
	assert.NotEqual(t, first.Version.ID, second.Version.ID)
	assert.Empty(t, second.Issues)
	again := f.apply(f.post(body))[0]
	assert.Equal(t, Unchanged, again.Done)
	assert.Equal(t, second.Version.ID, again.Version.ID)
}

func TestRuling51ATaskOfAnotherKind(t *testing.T) {
	t.Parallel()
	f := start(t)
	named := task(`,"identifier":[{"system":"urn:ehr","value":"T-1"}],"focus":{"reference":"ServiceRequest/s"}` + owned)
	first := f.apply(f.post(named))[0]
	for name, other := range map[string]string{
		"a request to abort":   strings.Replace(named, `"fulfill"`, `"abort"`, 1),
		"for somebody else":    strings.Replace(named, `"Patient/p"`, `"Patient/q"`, 1),
		"for nobody":           strings.Replace(named, `"for":{"reference":"Patient/p"},`, ``, 1),
		"to another owner":     strings.Replace(named, "harbor", "pier", 1),
		"from another":         strings.Replace(named, "Organization/ref", "Organization/other", 1),
		"as a plan":            strings.Replace(named, `"order"`, `"plan"`, 1),
		"under another Task":   strings.Replace(named, `"for"`, `"partOf":[{"reference":"Task/x"}],"for"`, 1),
		"under something else": strings.Replace(named, `"for"`, `"basedOn":[{"reference":"ServiceRequest/x"}],"for"`, 1),
	} {
		if name == "for nobody" {
			other = strings.Replace(named, `"for":{"reference":"Patient/p"}`, `"description":"nobody"`, 1)
		}
		got := f.apply(f.post(other))[0]
		assert.Equal(t, Created, got.Done, name)
		assert.Equal(t, Unchanged, f.apply(f.post(other))[0].Done, name)
	}
	assert.Equal(t, 1, f.apply(f.post(named))[0].Version.Number)
	assert.Equal(t, first.Version.ID, f.apply(f.post(named))[0].Version.ID)
}

func TestRuling51APostChangesNoOwner(t *testing.T) {
	t.Parallel()
	f := start(t)
	named := task(`,"identifier":[{"system":"urn:ehr","value":"T-1"}],"focus":{"reference":"ServiceRequest/s"}` + owned)
	urgent := strings.Replace(named, `"status"`, `"priority":"urgent","status"`, 1)
	id := f.apply(f.post(named))[0].Version.ID
	f.apply(f.post(urgent))
	f.apply(f.put(strings.NewReplacer(`{"resourceType"`, `{"id":"`+id+`","resourceType"`, "harbor", "pier").Replace(named)))
	for _, again := range []string{named, urgent} {
		got := f.apply(f.post(again))[0]
		assert.Equal(t, Unchanged, got.Done, "what was posted before the owner changed, comes late")
		assert.Equal(t, id, got.Version.ID)
	}
	got := f.apply(f.post(strings.Replace(named, `"status"`, `"priority":"stat","status"`, 1)))[0]
	assert.Equal(t, Created, got.Done)
	assert.Equal(t, "Organization/pier", f.stored("Task", id).Get("owner", "reference").Text())
}

// brought is a referral whose person comes in the same Bundle.
func (f *fixture) brought(urns [3]string, who, more string) []Change {
	person := f.post(`{"resourceType":"Patient",` + who + `}`).as(urns[0])
	sr := f.post(strings.Replace(request(placed, more), "Patient/p", urns[0], 1)).as(urns[1])
	return bundle(person, sr, f.post(strings.Replace(task(`,"focus":{"reference":"`+urns[1]+`"}`+owned), "Patient/p", urns[0], 1)).as(urns[2]),
		f.post(`{"resourceType":"Procedure","status":"completed","subject":{"reference":"`+urns[0]+`"}}`))
}

func urns(n int) (all [3]string) {
	for i := range all {
		all[i] = fmt.Sprintf("urn:uuid:0b4b3a5e-6a41-4b55-9a07-6f0b7c2d%02d%02d", n, i)
	}
	return all
}

func TestRuling51APersonWhoComesWithTheReferral(t *testing.T) {
	t.Parallel()
	const nameless = `"gender":"female","birthDate":"1990-04-12"`
	tests := []struct {
		name, first, again, more string
		want                     string
		issues                   int
	}{
		{"the same without an identifier", nameless, nameless, "", "unchanged unchanged unchanged created", 0},
		{"the same, and the request says more", nameless, nameless, `,"priority":"urgent"`, "unchanged updated unchanged created", 0},
		{"somebody else without an identifier", nameless, `"gender":"male"`, "", "created created created created", 0},
		{"the same identifier", anas, anas, "", "unchanged unchanged unchanged created", 0},
		{"the same identifier, and more is said", anas, anas + `,"gender":"female"`, "", "unchanged unchanged unchanged created", 1},
		{"another identifier", anas, strings.Replace(anas, `"A"`, `"B"`, 1), "", "created created created created", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			first := f.apply(f.brought(urns(1), tt.first, "")...)
			person := first[0].Version.Key.String()
			got := f.apply(f.brought(urns(2), tt.again, tt.more)...)
			assert.Equal(t, tt.want, done(got))
			assert.Len(t, got[0].Issues, tt.issues)
			assert.Equal(t, person, f.stored("ServiceRequest", first[1].Version.ID).Get("subject", "reference").Text(), "hers is hers still")
			assert.Equal(t, got[0].Version.Key.String(), f.stored("ServiceRequest", got[1].Version.ID).Get("subject", "reference").Text())
			assert.Equal(t, got[0].Version.Key.String(), f.stored("Task", got[2].Version.ID).Get("for", "reference").Text())
			assert.Equal(t, got[0].Version.Key.String(), f.stored("Procedure", got[3].Version.ID).Get("subject", "reference").Text())
		})
	}
}

// A coding that is shared makes two requests one, and three not: what was posted before is the one to which it was posted.
func TestRuling51ACodeBetweenTwo(t *testing.T) {
	t.Parallel()
	f := start(t)
	a, b := about(`{"reference":"Patient/p"}`, `{"coding":[`+snomed+`]}`), about(`{"reference":"Patient/p"}`, `{"coding":[`+another+`]}`)
	both := about(`{"reference":"Patient/p"}`, `{"coding":[`+snomed+`,`+another+`]}`)
	urgent := func(body string) string { return strings.Replace(body, `"status"`, `"priority":"urgent","status"`, 1) }
	first, second := f.apply(f.post(a))[0], f.apply(f.post(b))[0]
	assert.NotEqual(t, first.Version.ID, second.Version.ID)
	assert.Equal(t, first.Version.ID, f.apply(f.post(both))[0].Version.ID, "the first that shares a code")
	assert.Equal(t, "unchanged", done(f.apply(f.post(b))))
	assert.Equal(t, second.Version.ID, f.apply(f.post(b))[0].Version.ID, "what was posted before")
	assert.Equal(t, second.Version.ID, f.apply(f.post(urgent(b)))[0].Version.ID, "all codes the same before one")
	assert.Equal(t, 2, f.count("ServiceRequest"))
}

// An EHR that gives all its requests one identifier keeps them apart, and does not pay for all of them with each.
func TestRuling51AnIdentifierThatIsNone(t *testing.T) {
	t.Parallel()
	f := start(t)
	const many = 70
	body := func(i int) string {
		return strings.Replace(request(placed, ""), "Patient/p", fmt.Sprint("Patient/p", i%50), 1)
	}
	code := func(i int) string {
		return strings.Replace(body(i), `"status"`, fmt.Sprintf(`"code":{"coding":[{"code":"c%d"}]},"status"`, i), 1)
	}
	ids := map[string]bool{}
	for i := range many {
		got := f.apply(f.post(code(i)))[0]
		require.Equal(t, Created, got.Done)
		ids[got.Version.ID] = true
	}
	require.Len(t, ids, many)
	for i := range many {
		require.Equal(t, Unchanged, f.apply(f.post(code(i)))[0].Done, i)
		require.Equal(t, Updated, f.apply(f.post(strings.Replace(code(i), `"status"`, `"priority":"urgent","status"`, 1)))[0].Done, i)
	}
	assert.Equal(t, many, f.count("ServiceRequest"))
}
