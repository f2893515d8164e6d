package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/fhir"
)

// Ruling 51 asked of the whole program: whatever is posted under whatever identifier, nobody's referral shows what is another's, and what is sent again
// makes nothing new. Everything that is posted says in words whose it is; born tells whose a Patient is.

var born = map[string]string{"ana": "1990-04-12", "ben": "1985-11-30", "kid": "2019-06-01"}

// posting is one drawn message.
type posting struct {
	path, body string
	whole      bool // one resource or transaction, which is answered with the same ids when it comes again
}

// poster draws postings.
type poster struct{ r *rapid.T }

func (p poster) some(what string, of ...string) string { return rapid.SampledFrom(of).Draw(p.r, what) }

// subject draws one of the ways in which a person is named: the reference, and what the resource must contain for it.
func (p poster) subject(who string, ways ...string) (ref, containing string) {
	patient := func(more string) string {
		return fmt.Sprintf(`{"resourceType":"Patient","id":"who","birthDate":%q%s}`, born[who], more)
	}
	mrn := fmt.Sprintf(`{"system":"urn:mrn","value":%q}`, who)
	switch p.some("named", ways...) {
	case "identifier":
		return `{"identifier":` + mrn + `}`, ""
	case "contained":
		return `{"reference":"#who"}`, patient("")
	case "contained with identifier":
		return `{"reference":"#who"}`, patient(`,"identifier":[` + mrn + `]`)
	case "other record":
		return `{"reference":"Patient/` + who + `-2"}`, ""
	case "brought":
		return `{"reference":"urn:uuid:0b4b3a5e-6a41-4b55-9a07-6f0b7c2d1a00"}`, ""
	}
	return `{"reference":"Patient/` + who + `"}`, ""
}

var alone = []string{"literal", "literal", "identifier", "contained", "contained with identifier", "other record"}

// request draws a ServiceRequest of somebody. Few identifiers and many ways to differ make them meet.
func (p poster) request(who string, ways ...string) string {
	subject, containing := p.subject(who, ways...)
	return p.resource("ServiceRequest", "subject", who, subject, containing, "")
}

func (p poster) task(who, focus string, ways ...string) string {
	subject, containing := p.subject(who, ways...)
	return p.resource("Task", "for", who, subject, containing, fmt.Sprintf(`,"focus":{"reference":%q},"owner":{"reference":%q}%s`, focus,
		p.some("owner", "Organization/harbor", "Organization/cedar"), p.some("partOf", "", "", `,"partOf":[{"reference":"Task/x"}]`)))
}

func (p poster) resource(typ, element, who, subject, containing, more string) string {
	if containing != "" {
		containing = `"contained":[` + containing + `],`
	}
	words := map[string]string{"ServiceRequest": "patientInstruction", "Task": "description"}[typ]
	codes := p.some("code", "", "", `"text":"Counseling"`, `"coding":[{"system":"urn:s","code":"a"}]`, `"coding":[{"system":"urn:s","code":"a"},{"system":"urn:s","code":"b"}]`,
		`"coding":[{"system":"urn:s","code":"b"}]`, `"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]`,
		`"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"abort"}]`)
	if codes != "" {
		codes = `"code":{` + codes + `},`
	}
	return fmt.Sprintf(`{"resourceType":%q,%s%s"identifier":[{"system":"urn:ehr","value":%q}],"status":%q,"intent":%q,%q:"of %s","priority":%q,%q:%s,"requester":{"reference":%q}%s%s}`,
		typ, containing, codes, p.some("identifier", "1", "1", "2"), map[string]string{"ServiceRequest": "active", "Task": "requested"}[typ],
		p.some("intent", "order", "order", "plan"), words, who, p.some("priority", "routine", "urgent", "stat"), element, subject,
		p.some("requester", "Organization/bayview", "Organization/bayview", "Organization/rex"), p.some("basedOn", "", "", `,"basedOn":[{"reference":"ServiceRequest/x"}]`), more)
}

func (p poster) draw() posting {
	who := p.some("who", "ana", "ana", "ben", "kid")
	switch p.some("kind", "ServiceRequest", "ServiceRequest", "Task", "transaction", "transaction", "batch") {
	case "ServiceRequest":
		return posting{"/ServiceRequest", p.request(who, alone...), true}
	case "Task":
		return posting{"/Task", p.task(who, "ServiceRequest/x", alone...), true}
	case "batch":
		second := p.some("second", "ana", "ben")
		return posting{"", bundleOf("batch", p.request(who, alone...), p.request(second, alone...)), false}
	}
	urn := func(n int) string { return fmt.Sprintf("urn:uuid:0b4b3a5e-6a41-4b55-9a07-6f0b7c2d1a%02d", n) }
	if p.some("comes along", "yes", "no") == "yes" {
		mrn := p.some("mrn", "", `,"identifier":[{"system":"urn:mrn","value":"`+who+`"}]`)
		// The person, the request and the Task for it come together; the Task names the person as the request does.
		return posting{"", bundleOf("transaction", fmt.Sprintf(`{"resourceType":"Patient","birthDate":%q%s}`, born[who], mrn),
			p.request(who, "brought"), p.task(who, urn(1), "brought")), true}
	}
	return posting{"", bundleOf("transaction", p.request(who, "literal"), p.task(who, urn(0), "literal")), true}
}

// bundleOf posts resources; each has a fullUrl that counts.
func bundleOf(kind string, resources ...string) string {
	entries := make([]string, len(resources))
	for i, body := range resources {
		typ := part(`"resourceType":"([A-Za-z]+)"`, body)
		entries[i] = fmt.Sprintf(`{"fullUrl":"urn:uuid:0b4b3a5e-6a41-4b55-9a07-6f0b7c2d1a%02d","request":{"method":"POST","url":%q},"resource":%s}`, i, typ, body)
	}
	return fmt.Sprintf(`{"resourceType":"Bundle","type":%q,"entry":[%s]}`, kind, strings.Join(entries, ","))
}

// TestPropertyRuling51NobodysReferralShowsAnothers draws posts and asks afterwards every version of everything whose it is.
func TestPropertyRuling51NobodysReferralShowsAnothers(t *testing.T) {
	t.Parallel()
	met := 0
	rapid.Check(t, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", monday, nil)
		defer func() { assert.NoError(r, a.store.Close()) }()
		for _, who := range []string{"ana", "ben"} {
			a.put(bayview, fmt.Sprintf(`{"resourceType":"Patient","id":%q,"birthDate":%q,"identifier":[{"system":"urn:mrn","value":%[1]q}]}`, who, born[who]))
			a.put(bayview, fmt.Sprintf(`{"resourceType":"Patient","id":"%s-2","birthDate":%q,"link":[{"other":{"reference":"Patient/%[1]s"},"type":"replaced-by"}]}`, who, born[who]))
		}
		a.put(bayview, `{"resourceType":"Patient","id":"kid","birthDate":"`+born["kid"]+`"}`)
		a.put(bayview, `{"resourceType":"Patient","id":"kid-2","birthDate":"`+born["kid"]+`"}`)
		var sent []posting
		var got []scenario.Answer
		for range rapid.IntRange(2, 14).Draw(r, "posts") {
			p := poster{r}.draw()
			r.Logf("POST %s %s", p.path, p.body)
			answer := a.ask(bayview, "POST", p.path, p.body)
			require.True(r, answer.OK(), "%s", answer.Body)
			sent, got = append(sent, p), append(got, answer)
			if strings.Contains(string(answer.Body), "has used this identifier before") {
				met++
			}
			a.eachIsOnesOwn()
		}
		before := a.holdings()
		for i, p := range sent {
			again := a.ask(bayview, "POST", p.path, p.body)
			require.True(r, again.OK(), "%s", again.Body)
			if p.whole {
				require.Equal(r, idsIn(r, got[i]), idsIn(r, again), "answered as the first time")
			}
		}
		require.Equal(r, before, a.holdings(), "what is sent again makes nothing new")
	})
	assert.NotZero(t, met, "identifiers met")
}

// idsIn gives the keys of what an answer tells of.
func idsIn(t require.TestingT, answer scenario.Answer) []string {
	r := strictly(t, answer.Body)
	if r.Type() != "Bundle" {
		return []string{r.Type() + "/" + r.ID()}
	}
	var ids []string
	for e := range r.Get("entry").All() {
		ids = append(ids, part(`((?:ServiceRequest|Task|Patient)/[^/]+)`, e.Get("response", "location").Text()))
	}
	return ids
}

// eachIsOnesOwn reads all requests and Tasks, each version of them, and where they stand: all are of the one person of whom the first version said that
// it is.
func (a *adapter) eachIsOnesOwn() {
	whose := map[string]string{}
	for _, typ := range []string{"ServiceRequest", "Task"} {
		for _, r := range a.found(typ + "?_count=1000") {
			key := typ + "/" + r.ID()
			for i, v := range a.history(key) {
				who := strings.TrimPrefix(v.Get("patientInstruction").Text()+v.Get("description").Text(), "of ")
				if _, ours := born[who]; !ours {
					break // a to-do of our own
				}
				if i == 0 {
					whose[key] = who
				}
				require.Equal(a.t, whose[key], who, "%s/_history/%d", key, i+1)
				require.Equal(a.t, born[who], a.bornOf(v), "%s", v.Bytes())
			}
		}
	}
	for key, who := range whose {
		if !strings.HasPrefix(key, "ServiceRequest/") {
			continue
		}
		for p := range a.get("/" + key + "/$handoff").Get("parameter").All() {
			for one := range p.Get("part").All() {
				if task := one.Get("valueReference", "reference").Text(); strings.HasPrefix(task, "Task/") && whose[task] != "" {
					require.Equal(a.t, who, whose[task], "%s is shown under %s", task, key)
				}
			}
		}
	}
}

// bornOf gives the birth date of whom a resource is about.
func (a *adapter) bornOf(r *fhir.Resource) string {
	v := r.Get("subject")
	if r.Type() == "Task" {
		v = r.Get("for")
	}
	if id := v.Get("identifier", "value").Text(); id != "" {
		return born[id]
	}
	ref := v.Get("reference").Text()
	if strings.HasPrefix(ref, "#") {
		return r.Get("contained", "birthDate").Text()
	}
	return a.get("/" + ref).Get("birthDate").Text()
}
