package server

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"warmhandoff/fhir"
)

// Where health is asked for, outside the FHIR base. Neither says anything but yes or no to strangers.
const (
	livePath  = "/healthz" // the process answers
	readyPath = "/readyz"  // and can do its work
)

func (s *Server) live(c echo.Context) error { return fine(c) }

func (s *Server) ready(c echo.Context) error {
	if s.stopping.Load() {
		return notReady(nil)
	}
	if s.set.Ready != nil {
		if err := s.set.Ready(c.Request().Context()); err != nil {
			return notReady(err)
		}
	}
	return fine(c)
}

func fine(c echo.Context) error {
	c.Response().Header()["Cache-Control"] = noStore
	return c.String(http.StatusOK, "ok\n")
}

func notReady(cause error) error {
	f := fail(http.StatusServiceUnavailable, fhir.CodeTransient, "", "Not ready: starting, stopping, without its store, or without room on its disk.")
	f.retry, f.cause = true, cause
	return f
}
