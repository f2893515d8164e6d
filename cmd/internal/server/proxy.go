package server

import (
	"net/http"
	"net/netip"
	"strings"
)

// hop is from where a request came: the address of the nearest sender, whether that is a proxy that is believed, and what such a proxy says.
type hop struct {
	peer    netip.Addr // zero where it is none
	trusted bool
	host    string // which the client asked for
	client  netip.Addr
}

// hop reads from where a request came. Forwarded and X-Forwarded headers count only where the nearest sender is a proxy of the settings; of several
// senders that they name the last one counts that is none itself, since whoever is before it could say anything.
//
// Source: RFC 7239
func (s *Server) hop(r *http.Request) hop {
	h := hop{host: r.Host}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		h.peer = at.Addr().Unmap().WithZone("")
	}
	h.client, h.trusted = h.peer, s.trusts(h.peer)
	if !h.trusted {
		return h
	}
	said := forwarded(r.Header)
	if host := last(said["host"]); host != "" {
		h.host = host
	}
	for i := len(said["for"]) - 1; i >= 0; i-- {
		addr, ok := nodeAddress(said["for"][i])
		if !ok {
			break
		}
		if h.client = addr; !s.trusts(addr) {
			break
		}
	}
	return h
}

func (s *Server) trusts(addr netip.Addr) bool {
	for _, p := range s.set.Proxies {
		if addr.IsValid() && p.Contains(addr) {
			return true
		}
	}
	return false
}

func last(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// forwarded gives what the headers of proxies say by its name in Forwarded: "for", "host". Where both kinds of headers speak of the same, Forwarded counts.
func forwarded(h http.Header) map[string][]string {
	said := map[string][]string{}
	for _, line := range h["Forwarded"] {
		for hop := range strings.SplitSeq(line, ",") {
			for pair := range strings.SplitSeq(hop, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
				name = strings.ToLower(name)
				said[name] = append(said[name], strings.Trim(value, `"`))
			}
		}
	}
	for name, header := range map[string]string{"for": "X-Forwarded-For", "host": "X-Forwarded-Host"} {
		if len(said[name]) > 0 {
			continue
		}
		for _, line := range h[header] {
			for value := range strings.SplitSeq(line, ",") {
				said[name] = append(said[name], strings.TrimSpace(value))
			}
		}
	}
	return said
}

// isBase reports whether a host is that of the base, with or without the port that goes without saying.
func (s *Server) isBase(host string) bool {
	plain := func(host string) string {
		usual := ":443"
		if strings.HasPrefix(s.set.Base, "http://") {
			usual = ":80"
		}
		return strings.TrimSuffix(host, usual)
	}
	return strings.EqualFold(plain(host), plain(s.host))
}

// nodeAddress reads the address of a sender as proxies write it: 192.0.2.1, 192.0.2.1:80, [2001:db8::1], [2001:db8::1]:80.
func nodeAddress(text string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap(), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return addr.Unmap(), err == nil
}

// proxied reports whether a request was passed on, by its headers.
func proxied(h http.Header) bool {
	for name := range h {
		if name == "Forwarded" || strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	return false
}
