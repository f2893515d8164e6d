package mapping

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/mapping/workflow"
)

// rule is a provision that a test draws, as JSON has it.
type rule = map[string]any

// drawn are what may stand in the elements of a rule, understood and about this referral, understood and about something else, and not understood.
var drawn = map[string][]string{
	"action":        {disclose, access, coded("consentaction", "collect"), correct, `{"text":"show"}`, `{"coding":[{"system":"urn:x","code":"disclose"}]}`},
	"purpose":       {`{"code":"TREAT"}`, `{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"COC"}`, `{"code":"HMARKT"}`, `{"code":"ETREAT"}`, `{"system":"urn:x","code":"TREAT"}`},
	"class":         {`{"code":"ServiceRequest"}`, `{"system":"http://hl7.org/fhir/resource-types","code":"Task"}`, `{"code":"Observation"}`, `{"system":"urn:x","code":"Task"}`},
	"code":          {`{"coding":[{"system":"urn:c","code":"counselling"}]}`, `{"coding":[{"code":"other"}]}`, `{"text":"counselling"}`},
	"securityLabel": {`{"code":"N"}`, `{"code":"HIV"}`, `{"system":"urn:x","code":"N"}`},
	"data": {`{"meaning":"instance","reference":{"reference":"ServiceRequest/SR1"}}`, `{"meaning":"dependents","reference":{"reference":"ServiceRequest/SR1"}}`,
		`{"meaning":"instance","reference":{"reference":"Observation/o"}}`, `{"meaning":"authoredby","reference":{"reference":"Practitioner/x"}}`},
	"actor": {who("Organization/harbor", "IRCP"), who("Organization/harbor", "PRCP"), who("Organization/harbor", "performer"), who("Organization/ref", "CST"), who("Organization/ref", "IRCP"),
		who("Organization/ref", "PRCP"), who("Organization/cedar", "IRCP"), who("RelatedPerson/m", "PRCP"), who("display:somebody", "IRCP"), who("display:somebody", "CST")},
}

// strange is what nobody understands, by element.
var strange = map[string]string{
	"action": `{"coding":[{"system":"urn:x","code":"disclose"}]}`, "purpose": `{"system":"urn:x","code":"TREAT"}`, "class": `{"system":"urn:x","code":"Task"}`,
	"code": `{"text":"something"}`, "securityLabel": `{"system":"urn:x","code":"N"}`, "data": `{"meaning":"authoredby","reference":{"reference":"Practitioner/x"}}`,
	"modifierExtension": `{"url":"urn:x","valueBoolean":true}`,
}

var periods = []string{`{"end":"2027-01-01"}`, `{"start":"2026-01-01"}`, `{"end":"2026-01-01"}`, `{"start":"2027-01-01"}`}

func drawRule(t *rapid.T, depth int, types ...string) rule {
	r := rule{}
	add(r, "extension", `{"url":"urn:note","valueString":"an object must not be empty"}`)
	if typ := rapid.SampledFrom(types).Draw(t, "type"); typ != "" {
		r["type"] = typ
	}
	for _, element := range elementsOf(drawn) {
		if rapid.IntRange(0, 3).Draw(t, element) == 0 {
			for range rapid.IntRange(1, 3).Draw(t, "many") {
				add(r, element, rapid.SampledFrom(drawn[element]).Draw(t, element))
			}
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "period") == 0 {
		r["period"] = json.RawMessage(rapid.SampledFrom(periods).Draw(t, "period"))
	}
	if depth > 0 {
		for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "nested") {
			nest(r, drawRule(t, depth-1, types...))
		}
	}
	return r
}

func add(r rule, element, body string) {
	list, _ := r[element].([]any)
	r[element] = append(list[:len(list):len(list)], json.RawMessage(body))
}

func nest(r, within rule) {
	list, _ := r["provision"].([]any)
	r["provision"] = append(list[:len(list):len(list)], any(within))
}

// elementsOf gives the names of a table in one order.
func elementsOf[V any](table map[string]V) []string {
	var names []string
	for _, row := range narrowing {
		if _, ok := table[row.element]; ok {
			names = append(names, row.element)
		}
	}
	if _, ok := table["modifierExtension"]; ok {
		names = append(names, "modifierExtension")
	}
	return names
}

// rulesOf gives a rule and all that are nested in it.
func rulesOf(r rule) []rule {
	list := []rule{r}
	nested, _ := r["provision"].([]any)
	for _, n := range nested {
		list = append(list, rulesOf(n.(rule))...)
	}
	return list
}

// opens gives which directions a Consent with a rule opens.
func opens(t *testing.T, policy string, r rule) [3]bool {
	t.Helper()
	s := newStory(t)
	s.r.Others, s.r.Request.Versions = nil, nil
	s.at(on(2, 9, 0)).add(workflow.Referrer, "Organization/ref", `{"resourceType":"ServiceRequest","id":"SR1","status":"active","intent":"order","code":{"coding":[{"system":"urn:c","code":"counselling"}]},"subject":{"reference":"Patient/P1"},"requester":{"reference":"Organization/ref"},"authoredOn":"2026-03-02"}`)
	s.add(workflow.Referrer, "Organization/ref", consentOf(policy, jsonOf(r)))
	got, _, _ := sharing(&s.r, on(6, 9, 0))
	return [3]bool{got.Package, got.Back, got.Copy}
}

func jsonOf(r rule) string {
	body, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(body)
}

func notMore(t *rapid.T, before, after [3]bool, what, with string) {
	for i, way := range []string{"forward", "back", "onward"} {
		require.False(t, after[i] && !before[i], "%s is opened by %s: %s", way, what, with)
	}
}

var policyPool = []string{``, optIn, optOut, hipaa, coded("v3-ActCode", "42CFRPart2")}

func TestRuling14aWhatIsNotUnderstoodNeverOpens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		policy := rapid.SampledFrom(policyPool).Draw(rt, "policy")
		root := drawRule(rt, 2, "permit", "permit", "deny", "")
		before := opens(t, policy, root)
		at := rapid.SampledFrom(rulesOf(root)).Draw(rt, "rule")
		element := rapid.SampledFrom(append(elementsOf(strange), "actor")).Draw(rt, "element")
		body := strange[element]
		if element == "actor" {
			body = who("display:nobody knows whom", rapid.SampledFrom([]string{"IRCP", "CST", "performer", "PRCP"}).Draw(rt, "role"))
		}
		add(at, element, body)
		notMore(rt, before, opens(t, policy, root), element, jsonOf(root))
	})
}

func TestRuling14ADenyNeverOpens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		policy := rapid.SampledFrom(policyPool).Draw(rt, "policy")
		root := drawRule(rt, 2, "permit", "permit", "deny", "")
		before := opens(t, policy, root)
		nest(rapid.SampledFrom(rulesOf(root)).Draw(rt, "rule"), drawRule(rt, 0, "deny"))
		notMore(rt, before, opens(t, policy, root), "a deny", jsonOf(root))
	})
}

// One concept may be said in several codings: what comes of it does not depend on which stands first, and a policy that is an opt-out or one of 42 CFR
// Part 2 among others stays one.
func TestRuling14aTheOrderOfCodingsSaysNothing(t *testing.T) {
	t.Parallel()
	concept := func(a, b string) string { return `{"coding":[` + a + `,` + b + `]}` }
	code := func(code string) string { return `{"code":"` + code + `"}` }
	rapid.Check(t, func(rt *rapid.T) {
		policies := []string{"OPTIN", "OPTINR", "OPTOUT", "hipaa-auth", "42CFRPart2", "other"}
		a, b := rapid.SampledFrom(policies).Draw(rt, "policy"), rapid.SampledFrom(policies).Draw(rt, "policy")
		acts := []string{"disclose", "access", "collect", "correct", "other"}
		do, also := rapid.SampledFrom(acts).Draw(rt, "action"), rapid.SampledFrom(acts).Draw(rt, "action")
		root := drawRule(rt, 1, "permit", "deny", "")
		delete(root, "type") // the policy is asked
		one, other := maps.Clone(root), maps.Clone(root)
		if rapid.Bool().Draw(rt, "acts") {
			one["action"], other["action"] = []any{json.RawMessage(concept(code(do), code(also)))}, []any{json.RawMessage(concept(code(also), code(do)))}
		}
		got := opens(t, concept(code(a), code(b)), one)
		require.Equal(rt, got, opens(t, concept(code(b), code(a)), other), "%s", jsonOf(one))
		if a == "OPTOUT" || b == "OPTOUT" {
			notMore(rt, opens(t, concept(code("OPTOUT"), code("OPTOUT")), one), got, "a permit beside an opt-out", jsonOf(one))
		}
		if a == "42CFRPart2" {
			notMore(rt, opens(t, concept(code(b), code(b)), one), got, "42 CFR Part 2", jsonOf(one))
		}
	})
}

// Lists of a Consent have no order.
func TestRuling14aTheOrderOfListsSaysNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		policy := rapid.SampledFrom(policyPool).Draw(rt, "policy")
		root := drawRule(rt, 2, "permit", "permit", "deny", "")
		before, said := opens(t, policy, root), jsonOf(root)
		for _, r := range rulesOf(root) {
			for name, v := range r {
				if list, is := v.([]any); is && len(list) > 1 {
					r[name] = rapid.Permutation(list).Draw(rt, name)
				}
			}
		}
		require.Equal(rt, before, opens(t, policy, root), "%s\n%s", said, jsonOf(root))
	})
}

// What narrows a permit, once it is gone, shuts nothing.
func TestRuling14aWhatNarrowsAPermitNeverOpens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		root := drawRule(rt, 2, "permit")
		before := opens(t, optIn, root)
		at := rapid.SampledFrom(rulesOf(root)).Draw(rt, "rule")
		element := rapid.SampledFrom([]string{"action", "purpose", "class", "code", "securityLabel", "data", "period", "dataPeriod"}).Draw(rt, "element")
		delete(at, element)
		notMore(rt, opens(t, optIn, root), before, element, jsonOf(root))
	})
}
