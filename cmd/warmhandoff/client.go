package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// client speaks to a server on this machine for load and proof. Safe for concurrent use.
type client struct {
	base string
	http *http.Client
}

// newClient refuses servers elsewhere: load and proofs are for one's own machine.
func newClient(base string, connections int) (*client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" || !loopback(u.Hostname()) {
		return nil, ended{2, fmt.Sprintf("%q is not an http address of this machine: load is sent nowhere else.", base)}
	}
	return &client{base: base, http: &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, DisableCompression: true},
	}}, nil
}

// send gives the status and the body, read to its end.
func (c *client) send(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/fhir+json")
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	return answer.StatusCode, data, err
}

// must is send for what has to be done.
func (c *client) must(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	status, data, err := c.send(ctx, method, path, body)
	if err == nil && (status < 200 || status > 299) {
		err = fmt.Errorf("%s %s: status %d: %.300s", method, path, status, data)
	}
	return data, err
}
