package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/fhir"
	"warmhandoff/fhir/invariant"
	"warmhandoff/fhir/profile"
)

type check struct {
	Files  []string `arg:"" name:"file" help:"Resources or Bundles as JSON; - is the standard input. Several are sent to one empty store, in their order."`
	Server string   `help:"Ask a running server instead what it would take. Nothing is sent to it: the reading is done here." placeholder:"URL" env:"-"`
	JSON   bool     `name:"json" help:"One line of JSON for each file, and one for what came of them." env:"-"`
	site
}

// checked is what came of one file.
type checked struct {
	File   string           `json:"file"`
	Holds  string           `json:"holds,omitempty"` // what it is
	OK     bool             `json:"ok"`
	Issues []scenario.Issue `json:"issues"`
}

// Run reads each file strictly, then sends what can be read to an empty adapter in memory and says where that leaves the people.
func (c *check) Run(p *program) error {
	guide, rules, err := c.agreed()
	if err != nil {
		return err
	}
	clock := scenario.NewClock(time.Now())
	w, err := stageBy(guide.Partners, rules, guide.Visits...)(&scenario.Scenario{Zone: guide.Zone, Self: c.Self}, clock, &scenario.IDs{Prefix: "new"})
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // in memory: nothing to lose
	door, refused := scenario.Door{Handler: w.Handler}, 0
	for _, file := range c.Files {
		result, err := c.one(p, door, file)
		if err != nil {
			return err
		}
		if !result.OK {
			refused++
		}
		c.tell(p, result)
	}
	if c.Server == "" {
		if err := c.stand(p, door, guide.Zone); err != nil {
			return err
		}
	}
	if refused > 0 {
		return ended{status: 1}
	}
	return nil
}

func (c *check) one(p *program, door scenario.Door, file string) (checked, error) {
	result := checked{File: file, Issues: []scenario.Issue{}}
	data, err := c.read(p, file)
	if err != nil {
		return result, err
	}
	r, issues := fhir.Read(data)
	if r != nil {
		issues = append(issues, besides(p, r)...)
	}
	for _, i := range issues {
		result.Issues = append(result.Issues, scenario.Issue{Severity: string(i.Severity), Code: string(i.Code), Expression: i.Expression, Text: i.Text})
	}
	shape, batch := shapeOf(data)
	result.Holds, result.OK = shape.words(), r != nil
	switch {
	case r == nil && !batch:
		return result, nil
	case c.Server != "":
		err := c.ask(p, shape.ResourceType, &result)
		return result, err
	}
	answer, err := shape.send(p, door, data)
	if err != nil {
		return result, err
	}
	result.hear(answer)
	if shape.ResourceType == "Bundle" && !shape.carriedOut() {
		result.Issues = append(result.Issues, scenario.Issue{Severity: "information", Code: "informational",
			Text: "A Bundle of this type is kept as one resource. Only a transaction or a batch has its entries written."})
	}
	return result, nil
}

// besides gives what a write is not refused for, and whoever sends it should know: the invariants of R4 that a resource breaks (but for the narrative
// that it should have), and what it lacks of the profiles that it claims, as far as they are known.
func besides(ctx context.Context, r *fhir.Resource) []fhir.Issue {
	var all []fhir.Issue
	for _, i := range invariant.Check(ctx, r) {
		if i.Refuses() || i.Code != fhir.CodeInvariant {
			all = append(all, i)
		}
	}
	all = append(all, claimed(r, r.Type())...)
	for entry := range r.Get("entry").All() {
		if inner := entry.Get("resource").Resource(); r.Type() == "Bundle" && inner != nil {
			all = append(all, claimed(inner, entry.Get("resource").Path())...)
		}
	}
	for i := range all {
		all[i].Severity = fhir.Warning
	}
	return all
}

// claimed gives what a resource at a place breaks of the profiles in its meta.profile.
func claimed(r *fhir.Resource, at string) []fhir.Issue {
	var all []fhir.Issue
	for claim := range r.Get("meta", "profile").All() {
		if p, known := profile.Find(profiles(), claim.Text()); known {
			for _, i := range p.Check(r) {
				i.Expression = at + strings.TrimPrefix(i.Expression, r.Type())
				all = append(all, i)
			}
		}
	}
	return all
}

// hear adds what an adapter answered, what was said already left out.
func (r *checked) hear(answer scenario.Answer) {
	for _, i := range answer.Issues() {
		r.OK = r.OK && i.Severity != "error" && i.Severity != "fatal"
		if !slices.ContainsFunc(r.Issues, func(said scenario.Issue) bool { return said.Expression == i.Expression && said.Code == i.Code }) {
			r.Issues = append(r.Issues, i)
		}
	}
	r.OK = r.OK && answer.OK()
}

func (c *check) read(p *program, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(p.in)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, ended{2, err.Error()}
	}
	return data, nil
}

// shape is what decides how a resource is sent, also of one that was refused.
type shape struct {
	ResourceType, Type, ID string
	Entry                  []struct{}
}

// shapeOf reads the shape. A batch is sent also when it is wrong somewhere: its good entries are done all the same.
func shapeOf(data []byte) (s shape, batch bool) {
	_ = json.Unmarshal(data, &s) // what cannot be read stays empty
	return s, s.ResourceType == "Bundle" && s.Type == "batch"
}

func (s shape) words() string {
	switch {
	case s.ResourceType == "Bundle":
		return fmt.Sprintf("Bundle, %s of %d", s.Type, len(s.Entry))
	case s.ID != "":
		return s.ResourceType + "/" + s.ID
	}
	return s.ResourceType
}

// carriedOut reports whether it is a Bundle whose entries are done one by one.
func (s shape) carriedOut() bool {
	return s.ResourceType == "Bundle" && (s.Type == "transaction" || s.Type == "batch")
}

// send writes a resource the way its sender would: a transaction or batch is posted to the base, what has an id is put there.
func (s shape) send(ctx context.Context, door scenario.Door, data []byte) (scenario.Answer, error) {
	method, path := http.MethodPost, "/"+s.ResourceType
	switch {
	case s.carriedOut():
		path = "/"
	case s.ID != "":
		method, path = http.MethodPut, path+"/"+s.ID
	}
	if path == "/" {
		return door.Send(ctx, scenario.Party{}, method, path, data)
	}
	return door.Send(ctx, scenario.Party{}, method, path, data, scenario.Prefer)
}

func (c *check) tell(p *program, result checked) {
	if c.JSON {
		line, _ := json.Marshal(result) // strings and a flag: cannot fail
		p.say("%s", line)
		return
	}
	verdict := "accepted"
	switch {
	case !result.OK && strings.HasPrefix(result.Holds, "Bundle, batch"):
		verdict = "REFUSED in part"
	case !result.OK:
		verdict = "REFUSED"
	}
	p.say("%s: %s%s", result.File, verdict, parenthesis(result.Holds))
	for _, i := range result.Issues {
		p.say("  %s", i)
	}
}

func parenthesis(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// stand says where the people are after all files.
func (c *check) stand(p *program, door scenario.Door, zone *time.Location) error {
	referrals, err := door.Referrals(p)
	if err != nil {
		return err
	}
	waiting, err := door.Unfollowed(p, referrals)
	if err != nil {
		return err
	}
	if c.JSON {
		line, err := json.Marshal(map[string]any{"referrals": referrals, "notFollowed": waiting})
		p.say("%s", line)
		return err
	}
	p.say("\nOn an empty server, now:")
	if len(referrals)+len(waiting) == 0 {
		p.say("       nothing that is followed: no active ServiceRequest with a fulfilment Task")
	}
	(&scenario.Words{W: p.out, Zone: zone}).Stand(referrals)
	for _, task := range waiting {
		p.say("       Task/%s: kept, and not followed: %s", task.Task, task.Because)
	}
	return nil
}

// ask reads a server's CapabilityStatement and says whether it takes the type.
func (c *check) ask(ctx context.Context, typ string, result *checked) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.Server, "/")+"/metadata", nil)
	if err != nil {
		return ended{2, err.Error()}
	}
	request.Header.Set("Accept", "application/fhir+json")
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return ended{2, err.Error()}
	}
	defer func() { _ = answer.Body.Close() }()
	var capabilities struct {
		FHIRVersion string
		Rest        []struct{ Resource []struct{ Type string } }
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 16<<20)).Decode(&capabilities); err != nil || len(capabilities.Rest) == 0 {
		return errors.New("the server's metadata is no CapabilityStatement")
	}
	takes := typ == "Bundle"
	for _, one := range capabilities.Rest[0].Resource {
		takes = takes || one.Type == typ
	}
	words := fmt.Sprintf("the server (FHIR %s) serves this type; nothing was sent to it, so its own rules were not asked", capabilities.FHIRVersion)
	severity := "information"
	if !takes {
		words, severity, result.OK = "the server does not serve "+typ, "error", false
	}
	result.Issues = append(result.Issues, scenario.Issue{Severity: severity, Code: "informational", Text: words})
	return nil
}
