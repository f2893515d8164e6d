package main

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// parseBase reads a FHIR base URL; words say what is wrong with it.
func parseBase(text string) (base, words string) {
	const like = "write it as https://fhir.example.org/fhir."
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Sprintf("%q is no address: %s", text, like)
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Sprintf("%q does not begin with http:// or https://: %s", text, like)
	case u.Hostname() == "":
		return "", fmt.Sprintf("%q names no host: %s", text, like)
	case unspecified(u.Hostname()):
		return "", fmt.Sprintf("%q names no host that a client can ask: %s", text, like)
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return "", fmt.Sprintf("%q holds more than host and path: %s", text, like)
	case strings.ContainsAny(u.Path, ":*$ ") || strings.Contains(strings.Trim(u.Path, "/"), "//") || u.RawPath != "":
		return "", fmt.Sprintf("%q has a path that is none of letters, digits and single slashes: %s", text, like)
	}
	return strings.TrimRight(text, "/"), ""
}

// unspecified reports whether a host stands for every address of a machine, and so for none that a link can lead to.
func unspecified(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

// baseOf gives the base of links where none was said: an address at which the server that listens there can be asked.
func baseOf(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err == nil && unspecified(host) {
		return "http://localhost:" + port + "/fhir"
	}
	return "http://" + addr.String() + "/fhir"
}

// parseProxies reads the addresses of proxies.
func parseProxies(texts []string) (all []netip.Prefix, wrong problems) {
	for _, text := range texts {
		one, err := netip.ParsePrefix(text)
		if err != nil {
			var addr netip.Addr
			if addr, err = netip.ParseAddr(text); err == nil {
				one = netip.PrefixFrom(addr.WithZone(""), addr.BitLen())
			}
		}
		if err != nil {
			wrong.add("trusted-proxy", fmt.Sprintf("%q is no address and no range of addresses: write 10.0.0.7, or 10.0.0.0/24.", text))
			continue
		}
		if one.Bits() == 0 {
			wrong.add("trusted-proxy", fmt.Sprintf("%q is every address there is, so anybody could say who asks: name the proxy, as in 10.0.0.7/32.", text))
			continue
		}
		all = append(all, one.Masked())
	}
	return all, wrong
}

// parseOrigins reads the origins of browser apps.
func parseOrigins(texts []string) (all []string, wrong problems) {
	for _, text := range texts {
		u, err := url.Parse(text)
		switch {
		case text == "*":
			wrong.add("cors-origin", `"*" would let every page in the world read this server through somebody's browser: name each app, as in https://app.example.org.`)
		case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.User != nil, u.Path != "", u.RawQuery != "", u.ForceQuery, u.Fragment != "", strings.Contains(text, "*"):
			wrong.add("cors-origin", fmt.Sprintf("%q is no origin: write scheme, host, and a port where it has one, as in https://app.example.org or http://localhost:3000.", text))
		default:
			all = append(all, plainOrigin(u))
		}
	}
	return all, wrong
}

// parseHosts reads the names by which clients ask for the server.
func parseHosts(texts []string) (all []string, wrong problems) {
	for _, text := range texts {
		u := url.URL{Host: text}
		one, err := url.Parse("http://" + text)
		if err != nil || one.Host != text || u.Hostname() == "" || strings.ContainsAny(text, "*_ \t") || unspecified(u.Hostname()) {
			wrong.add("allowed-host", fmt.Sprintf("%q is no host: write a name, and a port where only that one is meant, as in handoff.example.org or 10.0.0.5:8080.", text))
			continue
		}
		all = append(all, text)
	}
	return all, wrong
}

// plainOrigin gives an origin as browsers send it: in small letters, without the port that goes without saying.
func plainOrigin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if usual := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; u.Port() != "" {
		host = strings.TrimSuffix(host, usual)
	}
	return u.Scheme + "://" + host
}

// Bodies may be so large, and no less than what an ordinary Bundle has.
const (
	leastBody = 64 << 10
	mostBody  = 256 << 20
)

// Between so many steps one request may be held: below, an ordinary page with what it includes is refused; above, it takes half a minute.
const (
	leastSteps = 10_000
	mostSteps  = 10_000_000
)

// parseSteps reads how much searches may look at.
func parseSteps(text string) (int, string) {
	n, err := strconv.Atoi(text)
	if err != nil || n < leastSteps || n > mostSteps {
		return 0, fmt.Sprintf("%q is not between %d and %d: write 100000.", text, leastSteps, mostSteps)
	}
	return n, ""
}

// parseSize reads a size such as 5MiB, 512KiB or 1048576.
func parseSize(text string) (int, string) {
	number, unit := text, 1.0
	for _, u := range []struct {
		name string
		size float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(text, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(n) {
		return 0, fmt.Sprintf("%q is no size: write 5MiB, 512KiB or 1048576.", text)
	}
	if n *= unit; n < leastBody || n > mostBody {
		return 0, fmt.Sprintf("%q is not between 64KiB and 256MiB: write 5MiB.", text)
	}
	return int(n), ""
}
