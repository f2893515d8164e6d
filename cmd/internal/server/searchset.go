package server

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// The Bundles that we answer with are written by hand around the bytes of the resources, which go through as they are stored.

// bundleWriter writes a Bundle piece by piece.
type bundleWriter struct {
	out     []byte
	from    int      // where in out begins what is in no piece yet
	pieces  [][]byte // out, with large resources between
	entries int
}

// apart is from which size on the bytes of a resource are a piece of their own and not copied.
const apart = 16 << 10

// bytes writes the bytes of a resource, which must not change any more.
func (w *bundleWriter) bytes(b []byte) {
	if len(b) < apart {
		w.out = append(w.out, b...)
		return
	}
	w.pieces = append(w.pieces, w.out[w.from:len(w.out):len(w.out)], b)
	w.from = len(w.out)
}

// text writes what an answer has.
func (w *bundleWriter) text(t *text) {
	w.bytes(t.body)
	for _, p := range t.pieces {
		w.bytes(p)
	}
}

// newBundle begins a Bundle of the type with room for so many bytes of resources.
func newBundle(kind string, room int) *bundleWriter {
	w := &bundleWriter{out: make([]byte, 0, room+512)}
	w.raw(`{"resourceType":"Bundle","type":"` + kind + `"`)
	return w
}

func (w *bundleWriter) raw(s string) { w.out = append(w.out, s...) }

func (w *bundleWriter) quote(s string) {
	w.out, _ = jsontext.AppendQuote(w.out, s) // fails only on bad UTF-8, and then writes U+FFFD for it
}

func (w *bundleWriter) total(n int) {
	w.raw(`,"total":`)
	w.out = strconv.AppendInt(w.out, int64(n), 10)
}

// links writes self, and first and next where there are such.
func (w *bundleWriter) links(self, first, next string) {
	w.raw(`,"link":[{"relation":"self","url":`)
	w.quote(self)
	if first != "" {
		w.raw(`},{"relation":"first","url":`)
		w.quote(first)
	}
	if next != "" {
		w.raw(`},{"relation":"next","url":`)
		w.quote(next)
	}
	w.raw(`}]`)
}

// entry begins an entry; the caller writes its members and then calls end.
func (w *bundleWriter) entry() {
	if w.entries++; w.entries == 1 {
		w.raw(`,"entry":[{`)
	} else {
		w.raw(`},{`)
	}
}

// resource writes fullUrl and resource of an entry. What is stored nowhere has a name that nobody will ask for.
func (w *bundleWriter) resource(base string, v *store.Version) {
	w.raw(`"fullUrl":`)
	if v.Number == 0 {
		w.quote("urn:warmhandoff:unstored:" + v.Type + "/" + v.ID)
	} else {
		w.quote(base + "/" + v.Type + "/" + v.ID)
	}
	if len(v.Body) > 0 {
		w.raw(`,"resource":`)
		w.bytes(v.Body)
	}
}

// done ends the Bundle.
func (w *bundleWriter) done() text {
	if w.entries > 0 {
		w.raw(`}]`)
	}
	w.raw(`}`)
	if w.pieces == nil {
		return text{body: w.out}
	}
	return text{pieces: append(w.pieces, w.out[w.from:])}
}

// roomFor guesses the bytes that an answer with these versions takes, beside those that are not copied.
func roomFor(versions []store.Version) int {
	n := 0
	for i := range versions {
		if n += 256; len(versions[i].Body) < apart {
			n += len(versions[i].Body)
		}
	}
	return n
}

// searchset gives the answer to a search at a path below the base. What is included comes behind what matches; it is never cut down to some
// elements, whose names are about the type that was searched.
//
// Source: FHIR R4, bundle.html 2.36.5 (search results), search.html 3.1.1.1.2 (handling of what was not understood), 3.1.1.4 (self link)
func searchset(base, path string, found engine.SearchResult) *answer {
	w := newBundle("searchset", roomFor(found.Versions)+roomFor(found.Included))
	if found.Total >= 0 {
		w.total(found.Total)
	}
	first, next := "", ""
	if found.First != nil {
		first = address(base, path, found.First)
	}
	if found.Next != nil {
		next = address(base, path, found.Next)
	}
	w.links(address(base, path, found.Self), first, next)
	for _, v := range found.Versions {
		v.Body = shownAs(v, found.Summary, found.Elements)
		w.entry()
		w.resource(base, &v)
		w.raw(`,"search":{"mode":"match"}`)
	}
	for _, v := range found.Included {
		v.Body = shownAs(v, found.Summary, nil)
		w.entry()
		w.resource(base, &v)
		w.raw(`,"search":{"mode":"include"}`)
	}
	if len(found.Issues) > 0 {
		w.entry()
		w.raw(`"resource":`)
		w.out = append(w.out, fhir.OperationOutcome(found.Issues...)...)
		w.raw(`,"search":{"mode":"outcome"}`)
	}
	return &answer{status: http.StatusOK, bare: true, text: w.done()}
}

func address(base, path string, q url.Values) string {
	if path != "" {
		base += "/" + path
	}
	if len(q) == 0 {
		return base
	}
	return base + "?" + q.Encode()
}

const (
	historyPage = 50
	historyMost = 1000
)

// history answers with the versions of a resource, of a type or of everything, newest first.
//
// Source: FHIR R4, http.html 3.1.0.14 (history)
func (s *Server) history(ctx context.Context, in *request) (*answer, error) {
	q, err := in.params()
	if err != nil {
		return nil, err
	}
	page, err := pageOf(in, q)
	if err != nil {
		return nil, err
	}
	versions, more, err := s.engine.History(ctx, in.who, page)
	if err != nil {
		return nil, withDeletion(err, store.Version{})
	}
	return &answer{status: http.StatusOK, bare: true, text: s.historyBundle(in, q, page, versions, more)}, nil
}

// pageOf gives what a history asks for.
func pageOf(in *request, q url.Values) (p store.Past, err error) {
	p.Type, p.ID, p.Limit = in.typ, in.id, historyPage
	for name := range q {
		value := q.Get(name)
		var ok bool
		switch name {
		case "_count":
			p.Limit, ok = whole(value)
			p.Limit = max(1, min(p.Limit, historyMost))
		case "_before":
			before := 0
			before, ok = whole(value)
			p.Before = int64(before)
		case "_since":
			var since fhir.DateTime
			since, ok = search.DateTime(value)
			p.Since = since.Start(time.UTC)
		default:
			ok = false
		}
		if !ok {
			return p, fail(http.StatusBadRequest, fhir.CodeInvalid, in.place("request.url"),
				"A history takes _count (a number) and _since (an instant), and the links that a page of it gives.")
		}
	}
	return p, nil
}

func whole(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}

func (s *Server) historyBundle(in *request, q url.Values, p store.Past, versions []store.Version, more bool) text {
	w := newBundle("history", roomFor(versions))
	if !more && p.Before == 0 {
		w.total(len(versions))
	}
	path, next := "_history", ""
	if in.id != "" {
		path = in.id + "/" + path
	}
	if in.typ != "" {
		path = in.typ + "/" + path
	}
	self := address(s.set.Base, path, q)
	if more && len(versions) > 0 {
		q.Set("_before", strconv.FormatInt(versions[len(versions)-1].Seq, 10))
		next = address(s.set.Base, path, q)
	}
	w.links(self, "", next)
	for i := range versions {
		w.entry()
		w.past(s.set.Base, &versions[i])
	}
	return w.done()
}

// past writes one version of a history, as what it was written by. Where that is not known any more, it is told as the PUT that would make it again, under
// the id that it has.
func (w *bundleWriter) past(base string, v *store.Version) {
	method, status, url := v.Method, "200 OK", v.Type+"/"+v.ID
	switch {
	case v.Deleted:
		method, status = http.MethodDelete, "204 No Content"
	case v.Number == 1:
		status = "201 Created"
	}
	switch method {
	case "":
		method = http.MethodPut
	case http.MethodPost:
		url = v.Type
	}
	w.resource(base, v)
	w.raw(`,"request":{"method":"` + method + `","url":`)
	w.quote(url)
	w.raw(`},"response":{"status":"` + status + `"`)
	w.stamps(v)
	w.raw(`}`)
}

// stamps writes etag and lastModified of a response.
func (w *bundleWriter) stamps(v *store.Version) {
	w.raw(`,"etag":`)
	w.quote(etag(v.Number))
	w.raw(`,"lastModified":"` + instant(v.Updated) + `"`)
}
