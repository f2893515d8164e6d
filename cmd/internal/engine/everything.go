package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// mostEverything is how many resources a page of everything can hold, and holds where nobody asks for fewer.
const mostEverything = 1000

// mostAsked is how many bytes its parameters may have: twice those of a list of all types of R4. They come back in the links of each page.
const mostAsked = 8 << 10

// Everything gives a referral whole: the ServiceRequest first, then all that belongs to it in the order in which it was last written, from one
// consistent state. A request that was made to fill another gives the referral that it is part of. Of a Patient it gives what there is about the person,
// see record. The parameters are _count, _since and _type, and of a Patient start and end.
//
// An agency gets what its package holds, and what it wrote itself, while a leg of its own goes on. A referrer to whom the outcome may not be told
// gets what the referring side wrote, and the Tasks as they read for it. Others than these, navigators, supervisors, admins and callers without a
// role are refused.
//
// Source: local, hand-over and debugging; FHIR R4, patient-operation-everything.html (parameters, searchset)
func (e *Engine) Everything(ctx context.Context, p Principal, typ, id string, q url.Values) (SearchResult, error) {
	mark, q := takeCursor(q)
	ask, err := e.wholeAsked(typ, q)
	if err != nil {
		return SearchResult{}, err
	}
	found, to := SearchResult{Self: q}, string(p.Role)+"\n"+p.Party+"\n"+typ+"/"+id+"/$everything?"+ask.narrowed.Encode()
	var secret []byte
	if secret, err = e.cursorSecret(ctx); err != nil {
		return found, err
	}
	if mark != "" {
		seq, ok := openCursor(mark, secret, to)
		if ask.behind, ask.later = seq-1, true; !ok {
			return found, refuse(Invalid, fhir.CodeInvalid, "", "_cursor does not belong to this; follow the link of the page as it is, or start again without it.")
		}
		found.First, found.Self = q, maps.Clone(q)
		found.Self.Set(cursorName, mark)
	}
	var all []store.Version
	err = e.store.View(ctx, func(r store.Reader) (err error) {
		t := &txn{e: e, ctx: store.WithRoom(ctx, nil), tx: looking{r}, p: p, now: e.now(), fresh: map[store.Key]*mapping.History{}}
		if typ == "Patient" {
			all, err = t.record(id, ask)
		} else {
			all, found.Included, err = t.everything(id, ask)
		}
		if err != nil {
			return err
		}
		ask.page(all, &found)
		return ask.whole(ctx, r, &found)
	})
	if err != nil {
		return SearchResult{}, err
	}
	if found.Next != nil {
		found.Next.Set(cursorName, sealCursor(ask.last(all, found.Versions)+1, secret, to))
	}
	return found, nil
}

// whole reads the bodies of a page of which only the places are known, and ends the page where there is no room for more.
func (a *asked) whole(ctx context.Context, r store.Reader, found *SearchResult) error {
	page, left := found.Versions, store.Left(ctx)
	var seqs []int64
	for i := range page {
		if page[i].Body == nil {
			seqs = append(seqs, page[i].Seq)
		}
	}
	if len(seqs) > 0 {
		versions, err := r.Placed(ctx, seqs...)
		if err != nil {
			return err
		}
		for i := range page {
			if page[i].Body != nil {
				continue
			}
			if len(versions) == 0 {
				page = page[:i]
				break
			}
			page[i], versions = versions[0], versions[1:]
		}
	}
	if page = page[:store.Fitting(page, left)]; len(page) < len(found.Versions) {
		found.Versions, found.Next = page, a.next()
	}
	return nil
}

// next gives the parameters of the page behind, without its cursor.
func (a *asked) next() url.Values {
	q := maps.Clone(a.narrowed)
	q.Set("_count", strconv.Itoa(a.count))
	return q
}

// asked is what somebody wants of everything.
type asked struct {
	of       string // the type that it is asked of
	types    []string
	since    time.Time
	start    time.Time // of a Patient: when the care begins and ends that is asked for; zero: open
	end      time.Time
	count    int
	later    bool       // a page behind the first
	behind   int64      // the place of the last resource before the page
	narrowed url.Values // the parameters without _count
}

func (e *Engine) wholeAsked(typ string, q url.Values) (*asked, error) {
	a := &asked{of: typ, count: mostEverything, narrowed: maps.Clone(q)}
	a.narrowed.Del("_count")
	if n := len(a.narrowed.Encode()); n > mostAsked {
		return nil, refuse(Invalid, fhir.CodeTooCostly, "", fmt.Sprintf("The parameters of $everything may have %d bytes together, and these have %d: name each type once.", mostAsked, n))
	}
	for name, values := range q {
		var ok bool
		switch value := strings.Join(values, ","); {
		case typ == "Patient" && (name == "start" || name == "end"):
			var day fhir.DateTime
			if day, ok = search.DateTime(value); name == "start" {
				a.start = day.Start(e.set.Rules.Zone)
			} else {
				a.end = day.End(e.set.Rules.Zone)
			}
		case name == "_count":
			n, err := strconv.Atoi(value)
			a.count, ok = max(1, min(n, mostEverything)), err == nil && n >= 0
		case name == "_since":
			since, is := search.DateTime(value)
			a.since, ok = since.Start(time.UTC), is
		case name == "_type":
			a.types = strings.Split(value, ",")
			slices.Sort(a.types)
			a.types = slices.Compact(a.types)
			ok = !slices.ContainsFunc(a.types, func(t string) bool { return !fhir.IsResourceType(t) })
		default:
			ok = false
		}
		if !ok {
			return nil, refuse(Invalid, fhir.CodeInvalid, "", "$everything takes _count (a number), _since (an instant), _type (types, with commas between), of a Patient start and end "+
				"(days of care), and the links that a page gives.")
		}
	}
	return a, nil
}

func (a *asked) wants(v *store.Version) bool {
	return !v.Updated.Before(a.since) && (len(a.types) == 0 || slices.Contains(a.types, v.Type))
}

// page cuts one page out of all. The request comes first, whenever it was last written; the others follow in that order.
func (a *asked) page(all []store.Version, found *SearchResult) {
	found.Total = len(all)
	if a.later {
		head := a.headed(all)
		all = slices.DeleteFunc(slices.Clone(all[head:]), func(v store.Version) bool { return v.Seq <= a.behind })
	}
	if len(all) > a.count {
		all, found.Next = all[:a.count], a.next()
	}
	found.Versions = all
}

// last gives the place behind which the next page begins: that of the last resource, 0 where the page is the request alone.
func (a *asked) last(all, page []store.Version) int64 {
	if !a.later && len(page) == a.headed(all) {
		return 0
	}
	return page[len(page)-1].Seq
}

// headed gives how many resources stand before those in order: what everything is asked of, unless it was not asked for.
func (a *asked) headed(all []store.Version) int {
	if len(all) > 1 && all[0].Type == a.of && all[0].Seq > all[1].Seq {
		return 1
	}
	return 0
}

// everything reads what belongs to the referral of a request, as far as the caller may have it, and what has to go with each page.
func (t *txn) everything(id string, ask *asked) (all, beside []store.Version, err error) {
	key := store.Key{Type: "ServiceRequest", ID: id}
	v, err := t.tx.Newest(t.ctx, key)
	if _, err = there(key, v, err); err != nil {
		return nil, nil, err
	}
	r, root, err := t.whole(id)
	if err != nil {
		return nil, nil, err
	}
	g := &belongings{txn: t, referral: r, met: map[store.Key]bool{}, ask: ask}
	switch t.p.Role {
	case workflow.Agency:
		err = g.ofAgency(root)
	case workflow.Referrer:
		err = g.ofReferrer(root)
	case "", workflow.Navigator, workflow.Supervisor, workflow.Admin:
		err = g.whole(func(*mapping.History) bool { return true })
	default:
		return nil, nil, refuse(Forbidden, fhir.CodeForbidden, "", "Everything of a referral is for its referrer, its agencies, a navigator or a supervisor.")
	}
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(g.all, func(a, b store.Version) int {
		if first := a.Key == keyOf("ServiceRequest/"+root); first != (b.Key == keyOf("ServiceRequest/"+root)) {
			return map[bool]int{true: -1, false: 1}[first]
		}
		return cmp.Compare(a.Seq, b.Seq)
	})
	return g.all, g.beside, nil
}

// belongings gathers what is given of a referral.
type belongings struct {
	*txn
	referral *mapping.Referral
	ask      *asked
	met      map[store.Key]bool
	all      []store.Version
	beside   []store.Version // made for the reader, stored nowhere
}

// take adds a resource that is there, and gives it.
func (g *belongings) take(k store.Key) (*fhir.Resource, error) {
	if g.met[k] {
		return nil, nil
	}
	g.met[k] = true
	v, r, err := g.newest(k)
	if err == nil && r != nil && g.ask.wants(&v) {
		v.Body = nil // read again for the page that it is on
		g.all = append(g.all, v)
	}
	return r, err
}

// histories are those of all that belongs to the referral, the request first.
func (g *belongings) histories() []*mapping.History {
	list := []*mapping.History{&g.referral.Request}
	for _, some := range [][]mapping.History{g.referral.Requests, g.referral.Tasks, g.referral.Others, g.referral.Groups} {
		for i := range some {
			if !some[i].Former {
				list = append(list, &some[i])
			}
		}
	}
	return list
}

// whole takes all that may be given; and of what requests and Tasks among it name, what is no other request; and the Provenances of those.
func (g *belongings) whole(may func(*mapping.History) bool) error {
	var heads []*fhir.Resource
	for _, h := range g.histories() {
		if !may(h) {
			g.met[keyOf(h.Key)] = true
			continue
		}
		r, err := g.take(keyOf(h.Key))
		if err != nil {
			return err
		}
		if r != nil && (r.Type() == "ServiceRequest" || r.Type() == "Task") {
			heads = append(heads, r)
		}
	}
	for _, r := range heads {
		for _, v := range r.References() {
			k := keyOf(search.Local(v.Text(), g.e.set.Base))
			if k.Type == "ServiceRequest" || k.Type == "Task" || !fhir.IsResourceType(k.Type) || !fhir.IsID(k.ID) {
				continue
			}
			if _, err := g.take(k); err != nil {
				return err
			}
		}
		if err := g.provenances(r); err != nil {
			return err
		}
	}
	return nil
}

func (g *belongings) provenances(of *fhir.Resource) error {
	linked, err := g.tx.LinkedTo(g.ctx, of.Type()+"/"+of.ID())
	if err != nil {
		return err
	}
	for i := range linked {
		if linked[i].From.Type == "Provenance" && !linked[i].Former {
			if _, err := g.take(linked[i].From); err != nil {
				return err
			}
		}
	}
	return nil
}

// ofReferrer takes all, or where the outcome of a leg may not be told, what the referring side wrote and what is the person's own.
func (g *belongings) ofReferrer(root string) error {
	legs, err := g.e.answersOf(g.ctx, g.tx, root)
	if err != nil {
		return err
	}
	blind := slices.ContainsFunc(legs, func(l mapping.LegAnswer) bool { return l.Handoff.Blind })
	if !blind {
		return g.whole(func(*mapping.History) bool { return true })
	}
	for _, h := range g.histories() {
		switch k := keyOf(h.Key); {
		case k.Type == "Patient" || k.Type == "Group" || k.Type == "Consent", h.Of == "" && g.wrote(h, workflow.Referrer):
			if _, err := g.take(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// wrote reports whether the first word of a resource is of somebody in a role, or of the caller's own party.
func (g *belongings) wrote(h *mapping.History, role workflow.Role) bool {
	for i := range h.Versions {
		if v := &h.Versions[i]; !v.Own {
			return role != "" && v.Role == role || g.p.Party != "" && v.Party == g.p.Party
		}
	}
	return false
}

// ofAgency takes the packages of the caller's legs, and what the caller wrote.
func (g *belongings) ofAgency(root string) error {
	rows, err := g.tx.Handoffs(g.ctx, root)
	if err != nil {
		return err
	}
	open := false
	for i := range rows {
		made, err := g.pack(rows[i].Task, false)
		var shut *mapping.ShutError
		var no *Refusal
		if errors.As(err, &shut) || errors.As(err, &no) {
			continue
		}
		if err != nil {
			return err
		}
		open = true
		if err := g.unpack(made.Bundle); err != nil {
			return err
		}
	}
	if !open {
		return notYours()
	}
	for _, h := range g.histories() {
		if g.p.Party == "" || keyOf(h.Key).Type == "ServiceRequest" || !g.wrote(h, "") {
			continue
		}
		if _, err := g.take(keyOf(h.Key)); err != nil {
			return err
		}
	}
	return nil
}

// unpack takes the resources of a package as they are in it. What was made for it goes with every page: it may be the notice that must.
func (g *belongings) unpack(bundle []byte) error {
	b, err := fhir.ReadStored(bundle)
	if err != nil {
		return err
	}
	for entry := range b.Get("entry").All() {
		r := entry.Get("resource").Resource()
		k := store.Key{Type: r.Type(), ID: r.ID()}
		if g.met[k] {
			continue
		}
		g.met[k] = true
		v, _, err := g.newest(k)
		if err != nil {
			return err
		}
		stored := v.Number > 0
		v.Key, v.Body = k, r.Bytes()
		switch {
		case !stored:
			g.beside = append(g.beside, v)
		case g.ask.wants(&v):
			g.all = append(g.all, v)
		}
	}
	return nil
}
