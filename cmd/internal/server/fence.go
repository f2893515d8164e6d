package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// fence keeps out those who ask through others: a name that was made to lead here, a proxy that nobody told of, a page of another origin in somebody's
// browser. It answers for nobody: who asks is the matter of principal.
//
// Source: local, the fence of an open server: dev mode, DNS rebinding, foreign origins, proxies
func (s *Server) fence(h http.Header, r *http.Request) error {
	from, known := s.hop(r), s.allowOrigin(h, r)
	if proxied(r.Header) && !from.trusted {
		return fail(http.StatusForbidden, fhir.CodeForbidden, "",
			"A proxy stands before this server (Forwarded or X-Forwarded headers), and its address is not one that is believed: start the server with "+
				"--trusted-proxy and the proxy's address, as in --trusted-proxy 10.0.0.7/32.")
	}
	if !s.isOurs(from.host, localAddress(r)) {
		text := "This server answers to localhost, to the address at which it listens, and to the host of " + s.set.Base +
			": ask by one of them, or start it with the name that clients use, as in --allowed-host handoff.example.org."
		if from.trusted {
			text = "The proxy was asked for another host than that of " + s.set.Base + ", with which links begin: start the server with the address that clients use, " +
				"as in --base-url https://fhir.example.org/fhir, or with each name beside it, as in --allowed-host handoff.example.org."
		}
		return fail(http.StatusMisdirectedRequest, fhir.CodeSecurity, "", text)
	}
	if !known && isForeign(r.Header, from.host) {
		return fail(http.StatusForbidden, fhir.CodeForbidden, "",
			"Pages of another origin may not use this server: to let an app in, start the server with its origin, as in --cors-origin https://app.example.org.")
	}
	return nil
}

// isForeign reports whether a browser sent a request for a page of another origin than host, as the browser says it. Programs that are no browsers say
// neither, and so does a person who types an address.
//
// Source: Fetch Metadata Request Headers, 2.4 (Sec-Fetch-Site); RFC 6454, 7 (Origin)
func isForeign(h http.Header, host string) bool {
	if origin := h.Get("Origin"); origin != "" {
		return !sameHost(origin, host)
	}
	switch h.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return true
}

// isOurs reports whether a Host is one by which this server is known. Only a name can be made to lead elsewhere, so the address at which the request
// arrived is one, too: a browser that says it did ask there.
//
// Source: RFC 9110, 7.4 (rejecting misdirected requests)
func (s *Server) isOurs(host string, local netip.Addr) bool {
	if loopback(host) || s.isBase(host) {
		return true
	}
	u := url.URL{Host: host}
	name := u.Hostname()
	for _, one := range s.set.Hosts {
		if strings.EqualFold(one, host) || strings.EqualFold(one, name) {
			return true
		}
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && local.IsValid() && !addr.IsUnspecified() && addr.Unmap() == local
}

// localAddress returns the address at which a request arrived; the zero one where the connection has none.
func localAddress(r *http.Request) netip.Addr {
	if addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if at, err := netip.ParseAddrPort(addr.String()); err == nil {
			return at.Addr().Unmap().WithZone("")
		}
	}
	return netip.Addr{}
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
