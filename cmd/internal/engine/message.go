package engine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// Message carries out a message Bundle, all of it in one transaction or nothing, and gives the Bundle that answers it, also beside an error: the
// answer then says why. It is nil where the Bundle is no message that could be answered. The same message sent again gives the same answer and
// changes nothing.
//
// Source: FHIR R4, messageheader-operation-process-message.html
func (e *Engine) Message(ctx context.Context, p Principal, b *fhir.Resource) ([]byte, error) {
	m, issues := e.set.Guide.ReadMessage(b, p.Role)
	if m == nil || m.ID == "" {
		return nil, &Refusal{Kind: Invalid, Issues: issues}
	}
	if fhir.Refused(issues) {
		err := &Refusal{Kind: Unprocessable, Issues: issues}
		return e.reply(m, nil, err), err
	}
	results, err := e.carry(ctx, p, m)
	return e.reply(m, results, err), err
}

// carry applies the parts of a message.
func (e *Engine) carry(ctx context.Context, p Principal, m *mapping.Message) ([]Result, error) {
	if p.Role == "" && m.Event.By == mapping.ByRequester { // what they say of a visit is the referrer's word, whoever carries it
		p.Role = workflow.Referrer
	}
	var changes []Change
	err := e.store.View(ctx, func(r store.Reader) error {
		l := &letter{e: e, ctx: ctx, r: r, m: m}
		err := l.open()
		changes = l.changes
		return err
	})
	if err != nil {
		return nil, err
	}
	// What was begun is finished, whether or not the caller still listens: another caller may share the commit.
	results, err := e.ApplyBundle(context.WithoutCancel(ctx), p, m.Key, changes)
	if err != nil {
		return nil, err
	}
	all := make([]Result, len(m.Parts))
	for i, c := range changes {
		for at := range m.Parts {
			if m.Parts[at].Name == c.FullURL && c.FullURL != "" {
				all[at] = results[i]
			}
		}
	}
	return all, nil
}

// letter is a message on its way to becoming changes.
type letter struct {
	e       *Engine
	ctx     context.Context
	r       store.Reader
	m       *mapping.Message
	tasks   []*fhir.Resource // that stand for the request of the message
	changes []Change
}

// open looks up what of the message is here already, and makes its changes.
func (l *letter) open() error {
	for _, at := range l.m.Focus {
		if !l.m.Event.Ends {
			break
		}
		here, err := l.here(&l.m.Parts[at])
		if err != nil {
			return err
		}
		if here == nil {
			return noSuchFocus(&l.m.Parts[at])
		}
	}
	if err := l.standing(); err != nil {
		return err
	}
	for i := range l.m.Parts {
		if err := l.change(&l.m.Parts[i]); err != nil {
			return err
		}
	}
	return l.reject()
}

func noSuchFocus(p *mapping.MessagePart) error {
	return refuse(NotFound, fhir.CodeNotFound, pathOf(p)+".resource", "The message takes back a "+p.Resource.Type()+" that is not here.")
}

func pathOf(p *mapping.MessagePart) string { return fmt.Sprintf("Bundle.entry[%d]", p.Entry) }

// here gives the stored resource that a part is a version of, nil for none.
func (l *letter) here(p *mapping.MessagePart) (*fhir.Resource, error) {
	typ := p.Resource.Type()
	if p.Local != "" {
		v, err := l.r.Newest(l.ctx, store.Key{Type: typ, ID: p.Local})
		if errors.Is(err, store.ErrNotFound) || err == nil && v.Deleted {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return fhir.ReadStored(v.Body)
	}
	if condition := recognising(p); condition != "" {
		found, err := l.found(typ, condition)
		if err != nil || len(found) != 1 {
			return nil, err
		}
		return found[0], nil
	}
	return nil, nil
}

func (l *letter) found(typ, condition string) ([]*fhir.Resource, error) {
	c, issues := l.e.parseCondition(typ, condition)
	if len(issues) > 0 {
		return nil, &Refusal{Kind: Unprocessable, Issues: issues}
	}
	find := &seeker{e: l.e, ctx: l.ctx, r: l.r}
	q, some, err := find.conditions(&c.query)
	if err != nil || !some {
		return nil, tooCostly(err)
	}
	q.Limit = 100
	page, err := l.r.Search(l.ctx, q)
	if err != nil {
		return nil, tooCostly(err)
	}
	list := make([]*fhir.Resource, len(page.Versions))
	for i, v := range page.Versions {
		if list[i], err = fhir.ReadStored(v.Body); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// standing finds the Tasks that stand for the message's request.
func (l *letter) standing() error {
	p := l.m.Request()
	if p == nil {
		return nil
	}
	request, err := l.here(p)
	if err != nil || request == nil {
		return err
	}
	for _, param := range []string{"focus", "based-on"} {
		found, err := l.found("Task", param+"=ServiceRequest/"+request.ID())
		if err != nil {
			return err
		}
		for _, t := range found {
			if _, fulfils := l.e.set.Guide.FactOf(t).Move(); fulfils {
				l.tasks = append(l.tasks, t)
			}
		}
	}
	return nil
}

// change says what is to be written of a part.
func (l *letter) change(p *mapping.MessagePart) error {
	c := Change{Method: Update, Type: p.Resource.Type(), ID: p.Local, Resource: p.Resource, FullURL: p.Name, Path: pathOf(p)}
	if c.Type == "Task" && !p.Made && p.Local == "" {
		if t := p.Standing(l.tasks); t != nil {
			over, err := p.Over(t)
			if err != nil {
				return err
			}
			c.ID, c.Resource = t.ID(), over
			l.changes = append(l.changes, c)
			return nil
		}
	}
	condition := recognising(p)
	switch {
	case p.Made && len(l.tasks) > 0, p.Local != "" && p.Keep:
		return nil
	case p.Local != "":
	case condition == "":
		c.Method = Create
	case p.Keep:
		c.Method, c.IfNoneExist = Create, condition
	default:
		c.Query = condition
	}
	l.changes = append(l.changes, c)
	return nil
}

// reject moves the Task of a referral whose receiver says no without a Task.
func (l *letter) reject() error {
	if l.m.Declined == nil || len(l.tasks) != 1 {
		return nil
	}
	no, err := l.m.Rejected(l.tasks[0])
	if err != nil {
		return err
	}
	l.changes = append(l.changes, Change{Method: Update, Type: "Task", ID: no.ID(), Resource: no, Path: "Bundle.entry[0]"})
	return nil
}

var escaped = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`)

// recognising gives the search that picks what a part is a version of, "" where the part has nothing to be recognised by.
func recognising(p *mapping.MessagePart) string {
	if len(p.Known) == 0 || !slices.ContainsFunc(search.Params(p.Resource.Type()), func(q *search.Param) bool { return q.Name == "identifier" }) {
		return ""
	}
	known := make([]string, len(p.Known))
	for i, id := range p.Known {
		system, value, _ := strings.Cut(id, "|")
		known[i] = escaped.Replace(system) + "|" + escaped.Replace(value)
	}
	return "identifier=" + url.QueryEscape(strings.Join(known, ","))
}

// reply makes the answer to a message.
func (e *Engine) reply(m *mapping.Message, results []Result, err error) []byte {
	r := &mapping.Reply{Code: mapping.ReplyOK, At: e.now(), Header: e.set.NewID(), Outcome: e.set.NewID()}
	if err != nil {
		r.Code, r.Issues = replied(err)
		return e.set.Guide.Bundle(m, r)
	}
	for i := range results {
		v := &results[i].Version
		r.Issues = append(r.Issues, results[i].Issues...)
		if slices.Contains(m.Focus, i) && v.Number > 0 {
			r.Focus = append(r.Focus, v.Key.String())
		}
		if v.Type == "Task" && !v.Deleted {
			if t, err := fhir.ReadStored(v.Body); err == nil {
				r.Tasks = append(r.Tasks, t)
			}
		}
	}
	return e.set.Guide.Bundle(m, r)
}

// replied gives the code and the words for what went wrong. What is ours to mend may work later.
func replied(err error) (string, []fhir.Issue) {
	var no *Refusal
	if !errors.As(err, &no) {
		return mapping.ReplyTransient, []fhir.Issue{{Severity: fhir.Error, Code: fhir.CodeTransient, Text: "This could not be carried out now; send it again in a while."}}
	}
	if no.Kind == Conflict {
		return mapping.ReplyTransient, no.Issues
	}
	return mapping.ReplyFatal, no.Issues
}
