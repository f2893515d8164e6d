package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"warmhandoff/fhir"
)

// wantsXML reports whether a caller would rather have XML than JSON: by _format, which says more than Accept, or where Accept weighs XML higher
// than everything else that it names. Who likes both the same gets JSON, and so do browsers.
//
// Source: FHIR R4, http.html 3.1.0.1.10 (content types), 3.1.0.1.11 (_format)
func wantsXML(h http.Header, query string) bool {
	if format := formatIn(query); format != "" {
		return isXML(format)
	}
	ranges := h["Accept"]
	if len(ranges) == 0 || len(ranges) == 1 && (ranges[0] == mediaFHIR || ranges[0] == "*/*") {
		return false
	}
	xml, other := 0.0, 0.0
	for _, list := range ranges {
		for one := range strings.SplitSeq(list, ",") {
			switch name := mediaName(one); {
			case name == "":
			case isXML(name):
				xml = max(xml, weight(one))
			default:
				other = max(other, weight(one))
			}
		}
	}
	return xml > other
}

// weight gives the q of a media range, 1 where none is said.
func weight(mediaRange string) float64 {
	_, params, _ := strings.Cut(mediaRange, ";")
	for p := range strings.SplitSeq(params, ";") {
		if q, ok := strings.CutPrefix(strings.ReplaceAll(p, " ", ""), "q="); ok {
			if w, err := strconv.ParseFloat(q, 64); err == nil {
				return w
			}
		}
	}
	return 1
}

// pretty reports whether a caller wants to read the answer.
func pretty(query string) bool {
	if !strings.Contains(query, "_pretty=") {
		return false
	}
	values, _ := url.ParseQuery(query)
	return values.Get("_pretty") == "true"
}

// formatIn gives the value of _format without parsing the whole query.
func formatIn(query string) string {
	if !strings.Contains(query, "_format=") {
		return ""
	}
	values, _ := url.ParseQuery(query)
	return mediaName(strings.ReplaceAll(values.Get("_format"), " ", "+")) // a bare + in a query is a space
}

const (
	mediaFHIR = "application/fhir+json"
	mediaXML  = "application/fhir+xml"
	mediaForm = "application/x-www-form-urlencoded"

	mediaJSONPatch = "application/json-patch+json"
)

// mediaName gives the name of a media type in small letters, without its parameters (charset, fhirVersion, q).
func mediaName(s string) string {
	name, _, _ := strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(name))
}

func isXML(name string) bool {
	switch name {
	case "xml", "application/fhir+xml", "application/xml", "text/xml", "application/xml+fhir":
		return true
	}
	return false
}

// refusedByQ reports a weight of nought: "never this one".
func refusedByQ(mediaRange string) bool {
	_, params, _ := strings.Cut(mediaRange, ";")
	for p := range strings.SplitSeq(params, ";") {
		if q, ok := strings.CutPrefix(strings.ReplaceAll(p, " ", ""), "q="); ok {
			return strings.Trim(q, "0.") == ""
		}
	}
	return false
}

// sentResource refuses a body that says it is neither JSON nor XML in UTF-8. Saying nothing is taken as JSON.
func (in *request) sentResource(h http.Header) error {
	sent := h.Get("Content-Type")
	if sent == "" || sent == mediaFHIR {
		return nil
	}
	in.media = mediaName(sent)
	switch in.media {
	case mediaFHIR, "application/json", "text/json", "application/json+fhir":
		return utf8Only(sent)
	}
	if isXML(in.media) {
		return utf8Only(sent)
	}
	return fail(http.StatusUnsupportedMediaType, fhir.CodeNotSupported, "",
		"Resources are taken as JSON or XML: send Content-Type: application/fhir+json or application/fhir+xml.")
}

// patchMedia are the forms that a patch may come in, as metadata and the header Accept-Patch name them.
var patchMedia = []string{mediaJSONPatch, mediaFHIR, mediaXML}

// sentPatch refuses a patch in a form that is not understood.
func (in *request) sentPatch(h http.Header) error {
	if in.media = mediaName(h.Get("Content-Type")); in.media == mediaJSONPatch {
		return utf8Only(h.Get("Content-Type"))
	}
	if in.media == "" || in.sentResource(h) != nil {
		return notAPatch("")
	}
	return nil
}

// notAPatch says which forms of a patch are right.
//
// Source: RFC 5789, 2.2 (415, Accept-Patch)
func notAPatch(words string) error {
	f := fail(http.StatusUnsupportedMediaType, fhir.CodeNotSupported, "", words+"A patch is a JSON Patch, an array (Content-Type: "+mediaJSONPatch+
		"), or a FHIRPath Patch, a Parameters resource (Content-Type: "+mediaFHIR+" or "+mediaXML+").")
	f.patch = true
	return f
}

func utf8Only(mediaType string) error {
	_, params, _ := strings.Cut(mediaType, ";")
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "charset") && !strings.EqualFold(strings.Trim(value, `"`), "utf-8") {
			return fail(http.StatusUnsupportedMediaType, fhir.CodeNotSupported, "", "FHIR is UTF-8: leave charset out or send charset=utf-8.")
		}
	}
	return nil
}

// sentForm refuses the body of a _search that is no form. A body without a type is taken as one.
func sentForm(h http.Header) error {
	if sent := h.Get("Content-Type"); sent != "" && mediaName(sent) != mediaForm {
		return fail(http.StatusUnsupportedMediaType, fhir.CodeNotSupported, "", "_search takes a form: send Content-Type: "+mediaForm+".")
	}
	return nil
}

// preference is what a caller wants to see of what it wrote.
type preference int

const (
	wantResource preference = iota // as stored; the default
	wantNothing
	wantOutcome // an OperationOutcome
)

// prefers reads Prefer: return and handling. What it does not know it leaves alone, as RFC 7240 asks.
//
// Source: FHIR R4, http.html 3.1.0.1.7 (return), 3.1.1.1.1 (handling)
func prefers(h http.Header) (want preference, strict bool) {
	for _, line := range h["Prefer"] {
		for one := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || r == ';' }) {
			name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
			value = strings.Trim(value, `"`)
			switch {
			case strings.EqualFold(name, "return"):
				want = wantOf(value)
			case strings.EqualFold(name, "handling"):
				strict = strings.EqualFold(value, "strict")
			}
		}
	}
	return want, strict
}

func wantOf(value string) preference {
	switch strings.ToLower(value) {
	case "minimal":
		return wantNothing
	case "operationoutcome":
		return wantOutcome
	}
	return wantResource
}

// versionTag reads the version number out of one ETag. W/"3" is FHIR's form; "3" and W/3 are what clients also send.
//
// Source: FHIR R4, http.html 3.1.0.5 (managing resource contention)
func versionTag(tag string) (string, bool) {
	tag = strings.TrimSpace(tag)
	tag = strings.TrimPrefix(tag, "W/")
	if n := len(tag); n >= 2 && tag[0] == '"' && tag[n-1] == '"' {
		tag = tag[1 : n-1]
	}
	return tag, fhir.IsID(tag)
}

// ifMatch reads If-Match; "" when it is absent.
func ifMatch(value, at string) (string, error) {
	if value == "" {
		return "", nil
	}
	version, ok := versionTag(value)
	if !ok {
		return "", fail(http.StatusBadRequest, fhir.CodeValue, at, `If-Match must name one version, as in W/"3".`)
	}
	return version, nil
}

// holds reports whether If-None-Match names the version, so that the caller has it already.
func holds(ifNoneMatch string, version int) bool {
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if v, ok := versionTag(tag); ok && v == fmt.Sprint(version) || strings.TrimSpace(tag) == "*" {
			return true
		}
	}
	return false
}

// takesGzip reports whether the caller can unpack gzip.
func takesGzip(h http.Header) bool {
	for _, list := range h["Accept-Encoding"] {
		for one := range strings.SplitSeq(list, ",") {
			if name := mediaName(one); name == "gzip" {
				return !refusedByQ(one)
			}
		}
	}
	return false
}
