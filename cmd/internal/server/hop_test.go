package server

import (
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whoever is not one of the proxies is who they are, whatever they say; what a proxy says is an address of its list, or its own.
func TestPropertyOnlyProxiesSayForWhomTheyAsk(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("fd00::/8")}
	s := New(nil, Settings{Base: "https://fhir.example.org/fhir", Proxies: proxies, Now: time.Now, NewID: func() string { return "r" }})
	word := rapid.OneOf(rapid.SampledFrom([]string{"10.0.0.7", "10.0.0.8:99", "192.0.2.1", "[fd00::1]:4", "[2001:db8::1]", "unknown", "_hidden", "", "fhir.example.org"}), rapid.StringMatching(`[ -~]{0,12}`))
	rapid.Check(t, func(t *rapid.T) {
		r := httptest.NewRequest("GET", "/fhir/metadata", nil)
		r.Host = "localhost"
		r.RemoteAddr = rapid.SampledFrom([]string{"10.0.0.7:1", "[fd00::9]:1", "10.0.1.7:1", "192.0.2.5:1", "[2001:db8::5]:1", "", "@", "10.0.0.7"}).Draw(t, "peer")
		for range rapid.IntRange(1, 3).Draw(t, "lines") {
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				r.Header.Add("Forwarded", "for="+word.Draw(t, "for")+";host="+word.Draw(t, "host")+", for="+word.Draw(t, "next"))
			case 1:
				r.Header.Add("X-Forwarded-For", word.Draw(t, "for")+", "+word.Draw(t, "next"))
			default:
				r.Header.Add("X-Forwarded-Host", word.Draw(t, "host"))
			}
		}
		h := s.hop(r)
		at, err := netip.ParseAddrPort(r.RemoteAddr)
		trusted := err == nil && (proxies[0].Contains(at.Addr()) || proxies[1].Contains(at.Addr()))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		switch {
		case h.trusted != trusted:
			t.Fatalf("%s: trusted is %v", r.RemoteAddr, h.trusted)
		case !trusted && (h.host != "localhost" || h.client != h.peer || w.Code != 403):
			t.Fatalf("%s is believed: %+v, %d", r.RemoteAddr, h, w.Code)
		case trusted && w.Code == 403:
			t.Fatalf("%s is refused", r.RemoteAddr)
		}
	})
}
