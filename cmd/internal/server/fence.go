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
func (s *Server) fence(r *http.Request) error {
	if !s.set.Dev {
		return nil
	}
	if !s.set.Network && !loopback(r.Host) {
		return fail(http.StatusMisdirectedRequest, fhir.CodeSecurity, "",
			"This server has no authentication and answers only to localhost or a loopback address as Host.")
	}
	if origin := r.Header.Get("Origin"); origin != "" && !sameHost(origin, r.Host) {
		return fail(http.StatusForbidden, fhir.CodeForbidden, "", "Pages of another origin may not use this server.")
	}
	if proxied(r.Header) {
		return fail(http.StatusForbidden, fhir.CodeForbidden, "",
			"A proxy stands before this server (Forwarded or X-Forwarded headers), and the server has no authentication.")
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

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

func proxied(h http.Header) bool {
	for name := range h {
		if name == "Forwarded" || strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	return false
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
