package engine

import (
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// A Subscription is checked when it comes, so that whoever sends it hears at once what could never work. Nothing is sent yet: what was asked for is kept as a
// version, and answered with one of ours that is off and says why.

// channel says what a kind of channel needs.
type channel struct {
	scheme   string   // of the endpoint, "https" also http to this machine; "" for none
	payloads []string // media types that may be sent there
}

var resources = []string{"application/fhir+json", "application/fhir+xml", "application/json", "application/xml"}

// channels are those of FHIR.
//
// Source: FHIR R4, subscription.html, 2.46.7 (channels); valueset-subscription-channel-type.html
var channels = map[string]channel{
	"rest-hook": {"https", resources},
	"message":   {"https", resources},
	"websocket": {"", resources},
	"email":     {"mailto", append([]string{"text/plain", "text/html"}, resources...)},
	"sms":       {"tel", []string{"text/plain"}},
}

// headerLine is a header as HTTP has it: a name, and a value without anything that would begin another line.
//
// Source: RFC 9110, 5.1, 5.5
var headerLine = regexp.MustCompile("^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*[^\\x00-\\x08\\x0a-\\x1f\\x7f]*$")

// ownHeaders are for whoever sends to say.
var ownHeaders = []string{"host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "upgrade", "te", "trailer"}

// checkSubscription gives what of a Subscription could never work, or is not for its sender to say.
//
// Source: FHIR R4, subscription.html
func (e *Engine) checkSubscription(r *fhir.Resource) []fhir.Issue {
	var issues []fhir.Issue
	refuse := func(v fhir.Value, otherwise, text string) {
		at := v.Path()
		if at == "" {
			at = otherwise
		}
		issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeValue, Expression: at, Text: text})
	}
	if status := r.Get("status"); status.Text() == "error" {
		issues = append(issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeBusinessRule, Expression: status.Path(),
			Text: "Whether a Subscription fails is ours to say: it is kept as one that was asked for."})
	}
	criteria := r.Get("criteria")
	typ, query, _ := strings.Cut(criteria.Text(), "?")
	if ofTopic(r) {
		if u, err := url.Parse(criteria.Text()); err != nil || !u.IsAbs() {
			refuse(criteria, "Subscription.criteria", "The criteria of a Subscription to a topic are its canonical URL.")
		}
	} else if !fhir.IsResourceType(typ) {
		refuse(criteria, "Subscription.criteria", "The criteria are a search of a type of FHIR R4, such as Task?status=requested.")
	} else if strings.Trim(query, "&") != "" {
		_, wrong := e.parseCondition(typ, query)
		for _, i := range wrong {
			refuse(criteria, "", i.Text)
		}
	}
	about := r.Get("channel")
	kind := channels[about.Get("type").Text()]
	endpoint := about.Get("endpoint")
	if words := kind.checkEndpoint(endpoint.Text()); words != "" {
		refuse(endpoint, "Subscription.channel.endpoint", words)
	} else if kind.plain(endpoint.Text()) {
		issues = append(issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeSecurity, Expression: endpoint.Path(),
			Text: "Nothing will ever be sent to another machine over http: the endpoint must be an https URL."})
	}
	if payload := about.Get("payload"); payload.Exists() {
		name, _, err := mime.ParseMediaType(payload.Text())
		if err != nil || !slices.Contains(kind.payloads, name) {
			refuse(payload, "", "The payload of this channel is of media type "+strings.Join(kind.payloads, ", ")+"; leave it out for a notice without one.")
		}
	}
	for line := range about.Get("header").All() {
		m := headerLine.FindStringSubmatch(line.Text())
		switch {
		case m == nil:
			refuse(line, "", "A header is one line, Name: value, without control characters.")
		case slices.Contains(ownHeaders, strings.ToLower(m[1])):
			refuse(line, "", "This header is set by whoever sends; leave it out.")
		}
	}
	return issues
}

// checkEndpoint says in words what is wrong with an endpoint, "" where nothing is.
func (c channel) checkEndpoint(endpoint string) string {
	u, err := url.Parse(endpoint)
	switch {
	case c.scheme == "" || c.scheme != "https" && err == nil && u.Scheme == c.scheme && u.Opaque != "":
		return ""
	case c.scheme != "https":
		return fmt.Sprintf("The endpoint of this channel is a %s: address.", c.scheme)
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return "The endpoint is an absolute https URL; http is for this machine alone (localhost)."
	case u.User != nil || u.Fragment != "":
		return "The endpoint holds neither a name and password nor a fragment; what is secret goes into a header."
	}
	return ""
}

// plain reports an endpoint on another machine that is reached without TLS: published examples have such, and it is kept like them.
func (c channel) plain(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return c.scheme == "https" && err == nil && u.Scheme == "http" && !isLoopback(u.Hostname())
}

// ofTopic reports a Subscription to a topic, whose criteria are the topic's URL: it claims the profile of such, or says in extensions what only such says.
//
// Source: Subscriptions R5 Backport 1.1.0, StructureDefinition backport-subscription
func ofTopic(r *fhir.Resource) bool {
	for profile := range r.Get("meta", "profile").All() {
		if strings.HasPrefix(profile.Text(), backport+"subscription") {
			return true
		}
	}
	for _, v := range []fhir.Value{r.Get("_criteria"), r.Get("channel"), r.Get("channel", "_payload")} {
		for extension := range v.Get("extension").All() {
			if strings.HasPrefix(extension.Get("url").Text(), backport) {
				return true
			}
		}
	}
	return false
}

const backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// turnOff answers a Subscription that asks to be active, or says how it fared elsewhere, with a version of ours that is off.
//
// Source: FHIR R4, subscription.html, Subscription.status, Subscription.error
func (t *txn) turnOff(w *work) error {
	if status := w.stamped.Get("status").Text(); status == "off" || status == "" {
		return nil
	}
	words, err := json.Marshal(fmt.Sprintf("Nothing is sent from here yet: Subscriptions are checked and kept, and never fired. What was asked for is version %d.", w.version.Number))
	if err != nil {
		return fmt.Errorf("turn off %s: %w", w.key, err)
	}
	r, err := fhir.ReadStored(w.stamped.With(fhir.SetMember("status", []byte(`"off"`)), fhir.SetMember("error", words)))
	if err != nil {
		return fmt.Errorf("turn off %s: %w", w.key, err)
	}
	_, err = t.put(w.key, w.version.Number, store.Author{Own: true}, r)
	return err
}
