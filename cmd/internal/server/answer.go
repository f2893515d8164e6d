package server

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// answer is what became of one request, sent on its own or as an entry of a Bundle.
type answer struct {
	status  int
	version store.Version // what ETag and Last-Modified speak of; Number 0: nothing
	located bool          // Location names the version: somebody wrote it
	bare    bool          // the body is no stored resource but an answer of ours (a Bundle, an outcome): it has no fullUrl
	text                  // of the body
	issues  []fhir.Issue  // warnings, and what became of a write, that go beside the body where there is room for them
	about   []string      // what $handoff tells more of, "Task/t1"
	waits   bool          // $waiting tells more
	media   string        // of a body that is no FHIR; "" for a resource
	shared  bool          // the bytes of the body are there anyway, and the same for everybody
	retry   bool          // the same may work in a moment
}

// Header values that never change are made once: handlers put these slices into the header map and never write to them.
var (
	noStore  = []string{"no-store"}
	jsonType = []string{mediaFHIR}
	xmlType  = []string{mediaXML}
	gzipped  = []string{"gzip"}
	retryIn  = []string{"1"}
	varies   = []string{"Accept-Encoding"}
)

// send writes an answer, and lets go of it as it is taken.
func (s *Server) send(c echo.Context, a *answer, held *hold) error {
	h := c.Response().Header()
	h["Cache-Control"] = noStore
	if a.retry {
		h["Retry-After"] = retryIn
	}
	if a.version.Number > 0 {
		h["Etag"] = []string{etag(a.version.Number)}
		h["Last-Modified"] = []string{a.version.Updated.UTC().Format(http.TimeFormat)}
		if a.located {
			h["Location"] = []string{s.set.Base + "/" + location(a.version)}
		}
	}
	if len(a.about) > 0 || a.waits {
		h["Link"] = []string{s.links(a)}
	}
	if a.media != "" {
		return c.Blob(a.status, a.media, a.body)
	}
	s.writeText(c, a.status, &a.text, held)
	return nil
}

// The relations of our links: an extension relation is a URI.
//
// Source: RFC 8288, 2.1.2
const (
	relHandoff = ours + "handoff"
	relWaiting = ours + "waiting"
)

// links gives the Link header to what $handoff and $waiting tell of what was written.
//
// Source: RFC 8288
func (s *Server) links(a *answer) string {
	var b strings.Builder
	one := func(path, rel string) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString("<" + s.set.Base + "/" + path + `>; rel="` + rel + `"`)
	}
	for _, ref := range a.about {
		one(ref+"/$handoff", relHandoff)
	}
	if a.waits {
		one("ServiceRequest/$waiting", relWaiting)
	}
	return b.String()
}

// sendFailure writes an OperationOutcome.
func (s *Server) sendFailure(c echo.Context, f *failure) {
	h := c.Response().Header()
	h["Cache-Control"] = noStore
	if f.retry {
		h["Retry-After"] = retryIn
	}
	if f.patch {
		h["Accept-Patch"] = []string{strings.Join(patchMedia, ", ")}
	}
	if f.status == http.StatusMethodNotAllowed && h.Get("Allow") == "" {
		h["Allow"] = allowed(c.Param("id"))
	}
	if f.status == http.StatusUnauthorized {
		h["Www-Authenticate"] = []string{`Bearer realm="fhir"`}
	}
	if f.gone.Number > 0 {
		h["Etag"] = []string{etag(f.gone.Number)}
		h["Last-Modified"] = []string{f.gone.Updated.UTC().Format(http.TimeFormat)}
	}
	t := text{body: fhir.OperationOutcome(f.issues...)}
	t.render(formOf(c.Request()))
	s.writeText(c, f.status, &t, nil)
}

// allowed gives the methods that remain where a resource is as it is: of one, or of a type or the base.
func allowed(id string) []string {
	if id != "" {
		return []string{"GET, HEAD"}
	}
	return []string{"GET, HEAD, POST"}
}

// etag gives W/"3".
func etag(version int) string {
	return string(append(strconv.AppendInt(append(make([]byte, 0, 12), `W/"`...), int64(version), 10), '"'))
}

// location gives Type/id/_history/3.
func location(v store.Version) string {
	return v.Type + "/" + v.ID + "/_history/" + strconv.Itoa(v.Number)
}

// instant gives a time as FHIR writes it: UTC, milliseconds.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
