package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// What an app of another origin may send and read, beside what every page may. Nothing comes with it that the browser keeps (cookies, logins): who asks
// is what the app says.
var (
	originMethods = strings.Join([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, ", ")
	originSends   = strings.Join([]string{"Accept", "Authorization", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Exist", "If-None-Match", "Prefer", devHeader, requestIDHeader}, ", ")
	originReads   = strings.Join([]string{"Content-Location", "ETag", "Last-Modified", "Location", "Retry-After", requestIDHeader}, ", ")
)

// allowOrigin lets an app in a browser read the answer where its origin is one of the settings, and reports whether it is. The answer to any request
// then differs by origin, which caches must know.
//
// Source: Fetch standard, 3.3 (CORS protocol)
func (s *Server) allowOrigin(h http.Header, r *http.Request) bool {
	if len(s.set.Origins) == 0 {
		return false
	}
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !slices.ContainsFunc(s.set.Origins, func(one string) bool { return strings.EqualFold(one, origin) }) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", originReads)
	return true
}

// asksBefore reports whether a browser asks what it may send before it sends.
func asksBefore(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// maySend answers such a question of an app that is let in.
func maySend(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", originMethods)
	h.Set("Access-Control-Allow-Headers", originSends)
	h.Set("Access-Control-Max-Age", "600")
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
	w.WriteHeader(http.StatusNoContent)
}

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}
