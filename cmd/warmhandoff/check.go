package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/fhir"
)

type check struct {
	Files  []string `arg:"" name:"file" help:"Resources or Bundles as JSON or XML; - is the standard input. Several are sent to one empty store, in their order."`
	Server string   `help:"Ask a running server instead what it would take, by its $validate. Nothing is stored there." placeholder:"URL" env:"-"`
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
	data, issues := inJSON(data)
	if data == nil {
		result.tell(issues)
		return result, nil
	}
	r, wrong := fhir.Read(data)
	issues = append(issues, wrong...)
	if r != nil {
		issues = append(issues, server.Besides(p, r, profiles(), false)...)
	}
	result.tell(issues)
	shape, batch := shapeOf(data)
	result.Holds, result.OK = shape.words(), r != nil
	switch {
	case r == nil && !batch:
		return result, nil
	case c.Server != "":
		err := c.ask(p, &shape, data, &result)
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

// inJSON gives XML as JSON, nil where it is no FHIR, and leaves what is no XML as it is.
func inJSON(data []byte) ([]byte, []fhir.Issue) {
	if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\uFEFF")), " \t\r\n"), []byte("<")) {
		return fhir.FromXML(data)
	}
	return data, nil
}

func (r *checked) tell(issues []fhir.Issue) {
	for _, i := range issues {
		r.Issues = append(r.Issues, scenario.Issue{Severity: string(i.Severity), Code: string(i.Code), Expression: i.Expression, Text: i.Text})
	}
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
		return readInput(p, p.in)
	}
	return readFile(p, file)
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
	case fhir.IsID(s.ID):
		method, path = http.MethodPut, path+"/"+url.PathEscape(s.ID)
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
	if !result.OK {
		verdict = red(p.out)(verdict)
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

// validatePath is where a server says what would become of a resource that is sent as send does.
func validatePath(s *shape) string {
	switch {
	case s.carriedOut():
		return "/Bundle/$validate?mode=transaction"
	case fhir.IsID(s.ID):
		return "/" + s.ResourceType + "/" + url.PathEscape(s.ID) + "/$validate?mode=update"
	}
	return "/" + s.ResourceType + "/$validate?mode=create"
}

// ask asks a server what it would take, by its $validate: what would be refused, and what would become of the rest. Nothing is stored there.
func (c *check) ask(ctx context.Context, s *shape, data []byte, result *checked) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(c.Server, "/")+validatePath(s), bytes.NewReader(data))
	if err != nil {
		return ended{2, err.Error()}
	}
	request.Header.Set("Accept", "application/fhir+json")
	request.Header.Set("Content-Type", "application/fhir+json")
	answer, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		return ended{2, err.Error()}
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	if err != nil {
		return ended{2, err.Error()}
	}
	told := scenario.Answer{Status: answer.StatusCode, Body: body}
	if len(told.Issues()) == 0 {
		return ended{2, fmt.Sprintf("the server has no $validate: status %d", answer.StatusCode)}
	}
	result.hear(told)
	return nil
}
