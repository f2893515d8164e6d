package server

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// fence keeps others out of a server without authentication: it answers only where nobody but programs of this machine can ask, and not when a
// proxy or a foreign page asks through them.
//
// Source: local, the fence of an open server: dev mode, DNS rebinding, foreign origins, proxies
func (s *Server) fence(h http.Header, r *http.Request) error {
	from, known := s.hop(r), s.allowOrigin(h, r)
	if proxied(r.Header) && !from.trusted {
		return fail(http.StatusForbidden, fhir.CodeForbidden, "",
			"A proxy stands before this server (Forwarded or X-Forwarded headers), and its address is not one that is believed: start the server with "+
				"--trusted-proxy and the proxy's address, as in --trusted-proxy 10.0.0.7/32.")
	}
	if !s.set.Dev {
		return nil
	}
	if !s.set.Network && !loopback(from.host) && !(from.trusted && s.isBase(from.host)) {
		text := "This server has no authentication and answers only to localhost or a loopback address as Host."
		if from.trusted {
			text = "The proxy was asked for another host than that of " + s.set.Base + ", with which links begin: start the server with the address that clients use, " +
				"as in --base-url https://fhir.example.org/fhir."
		}
		return fail(http.StatusMisdirectedRequest, fhir.CodeSecurity, "", text)
	}
	if origin := r.Header.Get("Origin"); origin != "" && !known && !sameHost(origin, from.host) {
		return fail(http.StatusForbidden, fhir.CodeForbidden, "",
			"Pages of another origin may not use this server: to let an app in, start the server with its origin, as in --cors-origin https://app.example.org.")
	}
	return nil
}

// loopback reports whether a Host header names this machine and nothing else: localhost, 127.0.0.0/8 or ::1, with or without a port.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	u := url.URL{Host: host}
	name := u.Hostname()
	if strings.EqualFold(name, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Zone() == "" && addr.IsLoopback()
}

const devHeader = "X-Dev-Principal"

// principal says who asks. In Dev it is whoever the header names, by "org=Organization/harbor;role=agency" in any order; org is a reference of
// any type, as a person's is Patient/P1. A bearer token is refused even so: nobody here could have given it out.
func (s *Server) principal(h http.Header) (engine.Principal, error) {
	if !s.set.Dev {
		return engine.Principal{}, fail(http.StatusUnauthorized, fhir.CodeLogin, "", "This server is closed: it was started without a way to log in.")
	}
	if h.Get("Authorization") != "" {
		return engine.Principal{}, fail(http.StatusUnauthorized, fhir.CodeLogin, "",
			"This server gives out no tokens and takes none: leave the Authorization header out.")
	}
	switch values := h[devHeader]; len(values) {
	case 0:
		return engine.Principal{}, nil
	case 1:
		return devPrincipal(values[0])
	}
	return engine.Principal{}, badPrincipal("Send " + devHeader + " once.")
}

func devPrincipal(value string) (engine.Principal, error) {
	var p engine.Principal
	for part := range strings.SplitSeq(value, ";") {
		name, val, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "":
		case "org":
			ref, ok := fhir.ParseReference(val)
			if !ok || ref.Key() == "" {
				return p, badPrincipal("In " + devHeader + ", org must be a reference such as Organization/harbor.")
			}
			p.Party = ref.Key()
		case "role":
			p.Role = workflow.Role(val)
			if !slices.Contains(workflow.Roles, p.Role) {
				return p, badPrincipal("In " + devHeader + ", role must be one of " + roleNames() + ".")
			}
		case "scopes":
		default:
			return p, badPrincipal(devHeader + " takes org, role and scopes, as in org=Organization/harbor;role=agency.")
		}
	}
	return p, nil
}

func badPrincipal(text string) error { return fail(http.StatusBadRequest, fhir.CodeValue, "", text) }

func roleNames() string {
	names := make([]string, len(workflow.Roles))
	for i, r := range workflow.Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}
