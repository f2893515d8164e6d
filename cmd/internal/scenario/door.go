package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Base is the FHIR base of a world's handler, as its clients would write it.
const Base = "http://localhost/fhir"

// Answer is what the handler said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// OK reports whether the request was done.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Issue is one issue of an OperationOutcome.
type Issue struct {
	Severity   string `json:"severity"`
	Code       string `json:"code"`
	Expression string `json:"expression,omitempty"`
	Text       string `json:"text"`
}

// Issues gives the issues when the answer is an OperationOutcome, or is a Bundle with some in its entries; otherwise none.
func (a Answer) Issues() []Issue {
	var r struct {
		ResourceType string
		Issue        []rawIssue
		Entry        []struct {
			Response struct{ Outcome struct{ Issue []rawIssue } }
		}
	}
	if json.Unmarshal(a.Body, &r) != nil {
		return nil
	}
	var all []Issue
	for _, i := range r.Issue {
		all = append(all, i.issue())
	}
	for _, e := range r.Entry {
		for _, i := range e.Response.Outcome.Issue {
			all = append(all, i.issue())
		}
	}
	return all
}

type rawIssue struct {
	Severity, Code, Diagnostics string
	Expression                  []string
	Details                     struct{ Text string }
}

func (r rawIssue) issue() Issue {
	i := Issue{Severity: r.Severity, Code: r.Code, Expression: strings.Join(r.Expression, ", "), Text: r.Details.Text}
	if i.Text == "" {
		i.Text = r.Diagnostics
	}
	return i
}

// Door speaks to a handler without a socket.
type Door struct{ Handler http.Handler }

// Send delivers one request below the FHIR base and gives the answer. The zero Party says nothing about who speaks. An error means that the
// request could not be made, never that it was refused. Headers are further ones, "Name: value".
func (d Door) Send(ctx context.Context, who Party, method, path string, body []byte, headers ...string) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, Base+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	r.RemoteAddr = "127.0.0.1:1"
	r.RequestURI = r.URL.RequestURI()
	r.Header.Set("Accept", "application/fhir+json")
	if len(body) > 0 {
		r.Header.Set("Content-Type", contentType(path))
	}
	if who.Role != "" {
		r.Header.Set("X-Dev-Principal", "org="+who.Ref+";role="+string(who.Role))
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := &writer{header: http.Header{}}
	d.Handler.ServeHTTP(w, r)
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return Answer{Status: w.status, Header: w.header, Body: w.body.Bytes()}, nil
}

func contentType(path string) string {
	if strings.HasSuffix(path, "/_search") {
		return "application/x-www-form-urlencoded"
	}
	return "application/fhir+json"
}

// Leg reads where a Task's leg stands. A Task that is not there, or is not followed, stands at "none".
func (d Door) Leg(ctx context.Context, task string) (Leg, error) {
	params, err := d.handoff(ctx, "/Task/"+url.PathEscape(task)+"/$handoff")
	return asLeg(task, params), err
}

// Referral reads where a referral stands. A ServiceRequest that is not there, or is not followed, stands at "none".
func (d Door) Referral(ctx context.Context, id string) (Referral, error) {
	r := Referral{ServiceRequest: id, State: "none", Legs: []Leg{}}
	params, err := d.handoff(ctx, "/ServiceRequest/"+url.PathEscape(id)+"/$handoff")
	if err != nil {
		return r, err
	}
	for _, p := range params {
		switch p.Name {
		case "state":
			r.State = p.text()
		case "leg":
			leg := asLeg("", p.Parts)
			if leg.Agency == "" {
				leg.Agency, err = d.owner(ctx, leg.Task)
			}
			if err != nil {
				return r, err
			}
			r.Legs = append(r.Legs, leg)
		}
	}
	return r, nil
}

// Referrals reads every referral that is followed, in order of id.
func (d Door) Referrals(ctx context.Context) ([]Referral, error) {
	all := []Referral{}
	ids, err := d.list(ctx, "/ServiceRequest?_count=1000")
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, err := d.Referral(ctx, id)
		if err != nil {
			return nil, err
		}
		if r.State != "none" {
			all = append(all, r)
		}
	}
	return all, nil
}

// Prefer asks for the outcome of a write in place of the resource.
const Prefer = "Prefer: return=OperationOutcome"

// Kept is a Task that is kept and not followed.
type Kept struct {
	Task    string `json:"task"` // id
	Because string `json:"because"`
}

// Unfollowed gives the Tasks that are no leg of the referrals, sorted, and why. Our own to-dos are left out: nobody sent them.
func (d Door) Unfollowed(ctx context.Context, referrals []Referral) ([]Kept, error) {
	tasks, err := d.list(ctx, "/Task?_count=1000&_tag:not=urn:warmhandoff:tag|todo")
	if err != nil {
		return nil, err
	}
	legs := map[string]bool{}
	for _, r := range referrals {
		for _, l := range r.Legs {
			legs[l.Task] = true
		}
	}
	list := []Kept{}
	for _, id := range tasks {
		if legs[id] {
			continue
		}
		l, err := d.Leg(ctx, id)
		if err != nil {
			return nil, err
		}
		if l.State == "none" {
			list = append(list, Kept{id, l.Because})
		}
	}
	return list, nil
}

func (d Door) handoff(ctx context.Context, path string) ([]parameter, error) {
	a, err := d.Send(ctx, Party{}, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	switch {
	case a.Status == http.StatusNotFound || a.Status == http.StatusGone:
		return nil, nil
	case !a.OK():
		return nil, fmt.Errorf("GET %s: status %d", path, a.Status)
	}
	params, err := readParameters(a.Body)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	return params, nil
}

func (d Door) owner(ctx context.Context, task string) (string, error) {
	a, err := d.Send(ctx, Party{}, http.MethodGet, "/Task/"+url.PathEscape(task), nil)
	if err != nil || !a.OK() {
		return "", err
	}
	var t struct{ Owner struct{ Reference string } }
	err = json.Unmarshal(a.Body, &t)
	return t.Owner.Reference, err
}

// writer keeps what a handler writes.
type writer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
}

func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}
