package server_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/server"
)

// from sends a request that comes from an address.
func from(t *testing.T, s http.Handler, peer, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/fhir"+path, nil)
	r.RemoteAddr, r.Host = peer, "localhost:8080"
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestProxiesAreBelievedWhereTheSettingsSayAndNowhereElse(t *testing.T) {
	t.Parallel()
	public := func(s *server.Settings) { s.Base = "https://fhir.example.org/fhir" }
	trusting := func(cidrs ...string) func(*server.Settings) {
		return func(s *server.Settings) {
			for _, one := range cidrs {
				s.Proxies = append(s.Proxies, netip.MustParsePrefix(one))
			}
		}
	}
	const ok, misdirected, forbidden = http.StatusOK, http.StatusMisdirectedRequest, http.StatusForbidden
	for _, row := range []struct {
		name    string
		proxies []string
		peer    string
		headers []string
		status  int
		says    string
	}{
		{"nobody is believed by default", nil, "127.0.0.1:999", []string{"X-Forwarded-For: 1.2.3.4"}, forbidden, "--trusted-proxy"},
		{"nor with Forwarded", nil, "127.0.0.1:999", []string{"Forwarded: for=1.2.3.4"}, forbidden, "--trusted-proxy"},
		{"the proxy", []string{"127.0.0.1/32"}, "127.0.0.1:999", []string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"}, ok, ""},
		{"a range of them", []string{"10.0.0.0/24", "fd00::/8"}, "10.0.0.77:9", []string{"Forwarded: for=1.2.3.4;proto=https"}, ok, ""},
		{"one by IPv6", []string{"10.0.0.0/24", "fd00::/8"}, "[fd12::1]:9", []string{"X-Forwarded-For: 1.2.3.4"}, ok, ""},
		{"one that is mapped into IPv6", []string{"10.0.0.0/24"}, "[::ffff:10.0.0.7]:9", []string{"X-Forwarded-For: 1.2.3.4"}, ok, ""},
		{"somebody beside it", []string{"10.0.0.0/24"}, "10.0.1.1:9", []string{"X-Forwarded-For: 1.2.3.4"}, forbidden, "--trusted-proxy"},
		{"somebody who says to be it", []string{"10.0.0.0/24"}, "10.0.1.1:9", []string{"X-Forwarded-For: 10.0.0.7"}, forbidden, "--trusted-proxy"},
		{"an address that is none", []string{"10.0.0.0/24"}, "@", []string{"X-Forwarded-For: 1.2.3.4"}, forbidden, "--trusted-proxy"},
		{"the host of the base, as Host", []string{"127.0.0.1/32"}, "127.0.0.1:9", []string{"Host: fhir.example.org", "X-Forwarded-For: 1.2.3.4"}, ok, ""},
		{"the host of the base, as X-Forwarded-Host", []string{"127.0.0.1/32"}, "127.0.0.1:9", []string{"X-Forwarded-Host: FHIR.example.org"}, ok, ""},
		{"the host of the base, in Forwarded", []string{"127.0.0.1/32"}, "127.0.0.1:9", []string{`Forwarded: for=1.2.3.4;host="fhir.example.org"`}, ok, ""},
		{"the host of the base with its port", []string{"127.0.0.1/32"}, "127.0.0.1:9", []string{"X-Forwarded-Host: fhir.example.org:443"}, ok, ""},
		{"the host of the base with another port", []string{"127.0.0.1/32"}, "127.0.0.1:9", []string{"X-Forwarded-Host: fhir.example.org:80"}, misdirected, "--base-url"},
		{"one of a network card", []string{"fe80::/10"}, "[fe80::1%eth0]:9", []string{"X-Forwarded-For: 1.2.3.4"}, ok, ""},
		{"another host", []string{"127.0.0.1/32"}, "127.0.0.1:9", []string{"X-Forwarded-Host: evil.example"}, misdirected, "--base-url"},
		{"another host that the client put in front", []string{"127.0.0.1/32"}, "127.0.0.1:9", []string{"X-Forwarded-Host: fhir.example.org, evil.example"}, misdirected, "--base-url"},
		{"the host of the base, not through the proxy", []string{"127.0.0.1/32"}, "127.0.0.2:9", []string{"Host: fhir.example.org"}, ok, ""},
		{"a page of the base", []string{"127.0.0.1/32"}, "127.0.0.1:9", []string{"X-Forwarded-Host: fhir.example.org", "Origin: https://fhir.example.org"}, ok, ""},
		{"a page of another program", []string{"127.0.0.1/32"}, "127.0.0.1:9", []string{"X-Forwarded-Host: fhir.example.org", "Origin: https://evil.example"}, forbidden, "--cors-origin"},
		{"no proxy at all", []string{"10.0.0.0/24"}, "127.0.0.1:9", nil, ok, ""},
	} {
		for _, closed := range []bool{false, true} {
			if closed && row.status != forbidden && row.says != "--trusted-proxy" {
				continue
			}
			s := serve(t, newFake(), public, trusting(row.proxies...), func(s *server.Settings) { s.Dev = !closed })
			w := from(t, s, row.peer, "GET", "/metadata", row.headers...)
			if closed && row.says != "--trusted-proxy" {
				continue
			}
			assert.Equal(t, row.status, w.Code, row.name)
			if row.says != "" {
				assert.Contains(t, issuesOf(t, w)[0].Details.Text, row.says, row.name)
			}
		}
	}
}

func TestTheLogOfARefusalNamesTypeCodeAndCaller(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e := stocked(t)
	s := serve(t, e, func(s *server.Settings) {
		s.Log = slog.New(slog.NewTextHandler(&log, nil))
		s.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // whence these requests come
	})
	wrong := strings.Replace(patient, "name", "Quince", 1)
	for name, row := range map[string]struct {
		ask  func()
		says string
	}{
		"of a write": {func() { ask(t, s, "POST", "/Patient", wrong, "X-Dev-Principal: org=Organization/harbor;role=agency") },
			`status=400 took=0s code=structure type=Patient caller="Organization/harbor as agency" from=192.0.2.1`},
		"of somebody who did not say who": {func() { ask(t, s, "GET", "/Task/none", "") }, `status=404 took=0s code=not-found type=Task caller=unnamed`},
		"of a role alone":                 {func() { ask(t, s, "GET", "/Task/none", "", "X-Dev-Principal: role=admin") }, `code=not-found type=Task caller="as admin"`},
		"of a transaction": {func() { ask(t, s, "POST", "", transact(entry("POST", "Patient", wrong))) },
			`status=400 took=0s code=structure type=Bundle caller=unnamed`},
		"of an entry of a batch": {func() { ask(t, s, "POST", "", bundleWith("batch", entry("GET", "Task/none", ""))) },
			`msg=refusal id=made-`},
		"of an entry that cannot be read": {func() { ask(t, s, "POST", "", bundleWith("batch", entry("POST", "Patient", wrong))) },
			`entry=Bundle.entry[0] status=400 code=structure caller=unnamed`},
		"of an address": {func() { ask(t, s, "GET", "/Quince", "") }, `code=not-supported caller=unnamed`},
		"of the fence":  {func() { ask(t, s, "GET", "/Task/t1", "", "Host: evil.example") }, `status=421 took=0s code=security from=192.0.2.1`},
		"through a proxy": {func() { ask(t, s, "GET", "/Task/none", "", "X-Forwarded-For: 203.0.113.9, 198.51.100.7, 192.0.2.9") },
			`caller=unnamed from=198.51.100.7`},
	} {
		log.Reset()
		row.ask()
		assert.Contains(t, log.String(), row.says, name)
		assert.NotContains(t, log.String(), "Quince", name)
	}
	log.Reset()
	require.Equal(t, http.StatusOK, ask(t, s, "GET", "/Task/t1", "").Code)
	assert.NotContains(t, log.String(), "caller", "what is not refused is not told of")
}
