package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/mapping/workflow"
)

// What may go to an agency, asked of drawn referrals: TestPackageLeaksNothing. For longer:
//
//	go test ./cmd/internal/engine -run TestPackage -rapid.checks=5000

// secrecy is a way in which something is held back, or "" for what may go: what its body has more, and what may be its subject.
type secrecy struct {
	name, more, who string
	held            bool
}

var secrecies = []secrecy{
	{"nothing special", ``, "p", false},
	{"an ordinary label", `"meta":{"security":[{"code":"N"}]},`, "p", false},
	{"a psychotherapy note", `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSYTHPN"}]},`, "p", true},
	{"a label that the Consent denies", `"meta":{"security":[{"code":"HIV"}]},`, "p", true},
	{"42 CFR Part 2 content, of which the Consent says nothing", `"meta":{"security":[{"code":"42CFRPart2"}]},`, "p", true},
	{"a note by what it calls itself", `"category":[{"text":"SUD Counseling Note"}],`, "p", true},
	{"about somebody else", ``, "other", true},
	{"entered in error", `"status":"entered-in-error",`, "p", true},
	{"with a code that the Consent denies, elsewhere than in its code", `"interpretation":[{"coding":[{"system":"urn:c","code":"denied"}]}],`, "p", true},
	{"that the Consent denies by its identifier", `"identifier":[{"system":"urn:docs","value":"denied"}],`, "p", true},
	{"about somebody named in words", ``, "", true},
	{"about a group", ``, "Group/g", true},
}

// piece is something about the person that a drawn referral holds somewhere.
type piece struct {
	id, canary string
	secrecy
}

// body gives the piece as a resource, with its canary in as many places as a resource has for words.
func (p *piece) body(named string) string {
	status := `"status":"final",`
	if strings.Contains(p.more, `"status"`) {
		status = ""
	}
	div := ""
	if !strings.HasPrefix(p.id, "c") { // contained resources have no narrative of their own
		div = `"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">` + p.canary + `</div>"},`
	}
	subject := ref("Patient/" + p.who)
	switch {
	case p.who == "":
		subject = `{"display":"` + p.canary + `"}`
	case strings.Contains(p.who, "/"):
		subject = ref(p.who)
	}
	return `{"resourceType":"Observation","id":"` + p.id + `",` + p.more + div + `"extension":[{"url":"urn:x:more","extension":[{"url":"deep","valueString":"` + p.canary + `"}]}],` + status +
		`"code":{"text":"` + p.canary + `"},"subject":` + subject + `,"valueString":"` + p.canary + `","note":[{"text":"` + p.canary + `"}]` + named + `}`
}

// drawnReferral is a referral with pieces at drawn places.
type drawnReferral struct {
	r              *rapid.T
	n              int
	own            bool     // the agency has a request of its own
	first, second  []string // what is written before the requests
	pieces         []piece
	req            []string // contained in the request
	task, visit    []string // contained in the Task and the appointment
	supports       []string // what the request encloses
	reasons        []string // of the request
	inputs, others []string // of the Task
	narrated       []string // canaries that stand in the narrative of the request: of what it holds, or names
	told           []string // and of the Task
	gone, there    []string // canaries
	lists          []string // what the navigator reads
}

func (d *drawnReferral) piece(prefix string) piece {
	d.n++
	p := piece{id: fmt.Sprintf("%s%dz", prefix, d.n), canary: fmt.Sprintf("CANARY%dz", d.n), secrecy: rapid.SampledFrom(secrecies).Draw(d.r, "secrecy")}
	d.pieces = append(d.pieces, p)
	return p
}

func ref(to string) string { return `{"reference":"` + to + `"}` }

// place draws one piece and where it stands.
func (d *drawnReferral) place() {
	request := "ServiceRequest/sr"
	if d.own {
		request = "ServiceRequest/own"
	}
	switch place := rapid.SampledFrom([]string{"request", "task", "visit", "enclosed", "input", "named", "document", "part", "bundle", "element", "attached", "labelled", "binary"}).Draw(d.r, "place"); place {
	case "request":
		p := d.piece("c")
		d.req, d.reasons = append(d.req, p.body("")), append(d.reasons, ref("#"+p.id))
		d.becomes(&p, request+"#"+p.id, true)
		d.narrated = append(d.narrated, p.canary)
	case "task":
		p := d.piece("c")
		d.task = append(d.task, p.body(""))
		d.inputs = append(d.inputs, `{"type":{"text":"x"},"valueReference":`+ref("#"+p.id)+`}`)
		d.becomes(&p, "Task/t#"+p.id, true)
		d.told = append(d.told, p.canary)
	case "visit":
		p := d.piece("c")
		d.visit = append(d.visit, p.body(""))
		d.becomes(&p, "Appointment/ap#"+p.id, true)
	case "enclosed":
		p := d.piece("o")
		d.first, d.supports = append(d.first, p.body("")), append(d.supports, ref("Observation/"+p.id))
		d.becomes(&p, "Observation/"+p.id, true)
		d.narrated = append(d.narrated, p.canary)
	case "input":
		p := d.piece("o")
		d.first = append(d.first, p.body(""))
		d.inputs = append(d.inputs, `{"type":{"text":"`+p.canary+`"},"valueReference":`+ref("Observation/"+p.id)+`}`)
		d.becomes(&p, "Observation/"+p.id, true)
		d.told = append(d.told, p.canary)
	case "named":
		p := d.piece("o")
		d.first = append(d.first, p.body(""))
		d.others = append(d.others, `{"url":"urn:x:see","valueReference":{"reference":"Observation/`+p.id+`","display":"`+p.canary+`"}}`)
		d.becomes(&p, "Observation/"+p.id, true)
	case "document": // a piece inside what is enclosed
		p := d.piece("c")
		id := fmt.Sprintf("d%dz", d.n)
		d.first = append(d.first, `{"resourceType":"DocumentReference","id":"`+id+`","contained":[`+p.body("")+`],"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">`+p.canary+`</div>"},"status":"current","subject":{"reference":"Patient/p"},"content":[{"attachment":{"title":"LETTER`+id+`"}}],"context":{"related":[`+ref("#"+p.id)+`]}}`)
		d.supports, d.there = append(d.supports, ref("DocumentReference/"+id)), append(d.there, "LETTER"+id)
		d.becomes(&p, "DocumentReference/"+id+"#"+p.id, true)
	case "part": // one that is made of another
		p, q := d.piece("o"), d.piece("o")
		d.first = append(d.first, q.body(""))
		d.second = append(d.second, p.body(`,"hasMember":[{"reference":"Observation/`+q.id+`","display":"NAME`+q.canary+`"}]`))
		d.supports = append(d.supports, ref("Observation/"+p.id))
		d.becomes(&p, "Observation/"+p.id, true)
		if q.held && !p.held {
			d.gone, d.lists = append(d.gone, "NAME"+q.canary, q.canary, q.id), append(d.lists, "Observation/"+q.id)
		}
	case "bundle":
		p := d.piece("o")
		id := fmt.Sprintf("b%dz", d.n)
		d.first = append(d.first, `{"resourceType":"Bundle","id":"`+id+`","type":"collection","entry":[{"fullUrl":"http://x.example/Observation/`+p.id+`","resource":`+p.body("")+`}]}`)
		d.supports = append(d.supports, ref("Bundle/"+id))
		d.becomes(&p, "Bundle/"+id, true)
	case "element": // a part that is labelled by itself
		d.n++
		canary, label := fmt.Sprintf("CANARY%dz", d.n), rapid.SampledFrom([]string{"N", "PSYTHPN", "HIV", "42CFRPart2"}).Draw(d.r, "label")
		d.inputs = append(d.inputs, `{"extension":[{"url":"http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label","valueCoding":{"code":"`+label+`"}}],"type":{"text":"x"},"valueString":"`+canary+`"}`)
		if d.told = append(d.told, canary); label == "N" {
			d.there = append(d.there, canary)
		} else {
			d.gone, d.lists = append(d.gone, canary), append(d.lists, "Task/t")
		}
	case "labelled", "binary":
		d.standing(place)
	case "attached": // a document whose content stands apart
		d.n++
		id, label := fmt.Sprintf("d%dz", d.n), rapid.SampledFrom([]string{"N", "PSYTHPN", "HIV"}).Draw(d.r, "label")
		d.first = append(d.first, `{"resourceType":"Binary","id":"x`+id+`","meta":{"security":[{"code":"`+label+`"}]},"contentType":"text/plain","data":"Q0FOQVJZ"}`,
			`{"resourceType":"DocumentReference","id":"`+id+`","status":"current","subject":{"reference":"Patient/p"},"content":[{"attachment":{"title":"LETTER`+id+`","url":"Binary/x`+id+`"}}]}`)
		if d.supports = append(d.supports, ref("DocumentReference/"+id)); label == "N" {
			d.there = append(d.there, "LETTER"+id)
		} else {
			d.gone, d.lists = append(d.gone, "LETTER"+id, id), append(d.lists, "DocumentReference/"+id, "Binary/x"+id)
		}
	}
}

// standing draws what stands apart from the rest of a document: its label by the document's own element, and its content by what it names.
func (d *drawnReferral) standing(place string) {
	d.n++
	id, label := fmt.Sprintf("d%dz", d.n), rapid.SampledFrom([]string{"N", "PSYTHPN", "HIV", "42CFRPart2"}).Draw(d.r, "label")
	what := "DocumentReference/" + id
	d.first = append(d.first, `{"resourceType":"DocumentReference","id":"`+id+`","securityLabel":[{"coding":[{"code":"`+label+`"}]}],"status":"current","subject":{"reference":"Patient/p"},"content":[{"attachment":{"title":"LETTER`+id+`"}}]}`)
	if place == "binary" { // the document is only named, by what is enclosed
		what = "Binary/x" + id
		d.first = append(d.first, `{"resourceType":"Binary","id":"x`+id+`","contentType":"text/plain","securityContext":`+ref("DocumentReference/"+id)+`,"data":"Q0FOQVJZ"}`)
	}
	if d.supports = append(d.supports, ref(what)); label == "N" {
		d.there = append(d.there, what)
	} else {
		d.gone, d.lists = append(d.gone, "LETTER"+id, what), append(d.lists, what)
	}
}

// becomes notes what has to become of a piece.
func (d *drawnReferral) becomes(p *piece, listed string, goes bool) {
	switch {
	case p.held:
		d.gone, d.lists = append(d.gone, p.canary, `"`+p.id+`"`, "/"+p.id), append(d.lists, listed)
	case goes:
		d.there = append(d.there, p.id)
	}
}

func list(name string, items []string) string {
	if len(items) == 0 {
		return ""
	}
	return `"` + name + `":[` + strings.Join(items, ",") + `],`
}

func narrative(words []string) string {
	return `"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">All of it: ` + strings.Join(words, " ") + `</div>"},`
}

// written gives all that is written, in the order in which it is.
func (d *drawnReferral) written() []string {
	all := []string{`{"resourceType":"HealthcareService","id":"hs","providedBy":{"reference":"Organization/harbor"}}`, `{"resourceType":"Patient","id":"p","name":[{"family":"Delgado"}]}`, `{"resourceType":"Patient","id":"other","name":[{"family":"Marsh"}]}`,
		`{"resourceType":"Consent","id":"c","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"patient":{"reference":"Patient/p"},"dateTime":"2026-03-02T08:00:00Z","performer":[{"reference":"Patient/p"}],"organization":[{"reference":"Organization/ref"}],"provision":{"type":"permit","actor":[{"role":{"coding":[{"code":"CST"}]},"reference":{"reference":"Organization/ref"}},{"role":{"coding":[{"code":"IRCP"}]},"reference":{"reference":"Organization/wh"}},{"role":{"coding":[{"code":"IRCP"}]},"reference":{"reference":"Organization/harbor"}}],"provision":[{"type":"deny","securityLabel":[{"code":"HIV"}]},{"type":"deny","code":[{"coding":[{"system":"urn:c","code":"denied"}]}]},{"type":"deny","data":[{"meaning":"instance","reference":{"identifier":{"system":"urn:docs","value":"denied"}}}]}]}}`}
	all = append(append(all, d.first...), d.second...)
	request := func(id, more, contained string, supports []string) string {
		return `{"resourceType":"ServiceRequest","id":"` + id + `",` + contained + narrative(d.narrated) + `"status":"active",` + more + `"subject":{"reference":"Patient/p"},"authoredOn":"2026-03-02","requester":{"reference":"Organization/ref"},` +
			strings.TrimSuffix(list("supportingInfo", append([]string{ref("Consent/c")}, supports...)), ",") + `}`
	}
	owner := func(id, owner, focus, more string) string {
		return `{"resourceType":"Task","id":"` + id + `",` + more + `"status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":` + ref(focus) + `,"for":{"reference":"Patient/p"},"authoredOn":"2026-03-02","requester":{"reference":"Organization/ref"},"owner":` + ref(owner) + `}`
	}
	mine := list("contained", d.task) + narrative(d.told) + list("input", d.inputs) + list("extension", d.others)
	based := "ServiceRequest/sr"
	if d.own {
		own := strings.Replace(request("own", `"intent":"filler-order","basedOn":[`+ref(based)+`],`+list("reasonReference", d.reasons), list("contained", d.req), nil), `"supportingInfo":[{"reference":"Consent/c"}]`, `"priority":"routine"`, 1)
		all = append(all, request("sr", `"intent":"order",`, "", d.supports), own, owner("above", "Organization/wh", based, ""), owner("t", "Organization/harbor", "ServiceRequest/own", `"partOf":[`+ref("Task/above")+`],`+mine))
		based = "ServiceRequest/own"
	} else {
		all = append(all, request("sr", `"intent":"order",`+list("reasonReference", d.reasons), list("contained", d.req), d.supports), owner("t", "Organization/harbor", based, mine))
	}
	return append(all, `{"resourceType":"Appointment","id":"ap",`+list("contained", d.visit)+`"status":"booked","basedOn":[`+ref(based)+`],"start":"2026-03-05T10:00:00Z","end":"2026-03-05T11:00:00Z","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"},{"actor":{"reference":"HealthcareService/hs"},"status":"accepted"}]}`)
}

func TestPackageLeaksNothing(t *testing.T) {
	t.Parallel()
	harbor, nav := Principal{Role: workflow.Agency, Party: "Organization/harbor"}, Principal{Role: workflow.Navigator, Party: "Practitioner/nav"}
	rapid.Check(t, func(r *rapid.T) {
		d := &drawnReferral{r: r, own: rapid.Bool().Draw(r, "own")}
		for range rapid.IntRange(1, 5).Draw(r, "pieces") {
			d.place()
		}
		s, err := sqlstore.Open(context.Background(), sqlstore.Options{Memory: true})
		require.NoError(r, err)
		defer func() { require.NoError(r, s.Close()) }()
		b := &blind{startOn(t, s)}
		b.set.Rules = workflow.DefaultRules(time.UTC)
		b.set.Guide.Zone, b.set.Guide.Self = time.UTC, "Organization/wh"
		b.say(bayview, d.written()...)
		listed, err := b.Package(context.Background(), nav, "t")
		require.NoError(r, err)
		sent, err := b.Package(context.Background(), harbor, "t")
		require.NoError(r, err)
		for _, canary := range d.gone {
			assert.NotContains(r, string(sent), canary)
		}
		for _, id := range d.there {
			assert.Contains(r, string(sent), id, "what is not withheld arrives")
		}
		_, told, _ := strings.Cut(string(listed), `"name":"withheld"`)
		for _, what := range d.lists {
			assert.Contains(r, told, what, "the navigator reads what was held back")
		}
		if len(d.lists) == 0 {
			assert.Empty(r, told)
			assert.Contains(r, string(sent), "All of it", "a narrative goes where nothing was held back")
		} else {
			assert.NotContains(r, string(sent), "All of it", "it may tell of what was")
		}
		read(t, string(sent))
	})
}
