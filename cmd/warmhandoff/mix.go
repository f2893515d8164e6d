package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// agencies is how many agencies the load is spread over.
const agencies = 10

// mix is one kind of request, again and again.
type mix struct {
	// prepare puts into the server what the requests need.
	prepare func(ctx context.Context, c *client, clients, tasks int) error
	// next gives request n of a client: n is 0 for its first.
	next func(client, n int) (method, path string, body []byte)
}

// mixes are made for one run, whose name is in all identifiers, so that a run finds nothing of an earlier one.
func mixes(run string) map[string]mix {
	return map[string]mix{
		"transaction": {next: func(_, _ int) (string, string, []byte) { return "POST", "", referral(run) }},
		"update": {
			prepare: func(ctx context.Context, c *client, clients, _ int) error { return preload(ctx, c, run, clients*own) },
			next: func(client, n int) (string, string, []byte) {
				id := client*own + n%own
				return "PUT", "/Task/" + taskID(run, id), task(run, id, "in-progress", "Attempt "+strconv.Itoa(n))
			},
		},
		"search": {
			prepare: func(ctx context.Context, c *client, _, tasks int) error { return preload(ctx, c, run, tasks) },
			next: func(client, n int) (string, string, []byte) {
				return "GET", "/Task?owner=" + agency(run, client+n) + "&status=accepted&_count=20", nil
			},
		},
	}
}

// own is how many Tasks each client updates in turn.
const own = 20

func taskID(run string, n int) string { return "load-" + run + "-t" + strconv.Itoa(n) }

func requestID(run string, n int) string { return "load-" + run + "-s" + strconv.Itoa(n) }

func agency(run string, n int) string {
	return "Organization/load-" + run + "-a" + strconv.Itoa(n%agencies)
}

// person gives one of the people; each has a few referrals.
func person(run string, n int) string { return "load-" + run + "-p" + strconv.Itoa(n/4) }

const code = `"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]}`

// referral is a transaction of a new ServiceRequest and its Task for a new person, as an EHR posts it.
func referral(run string) []byte {
	id, focus := uuid.NewString(), "urn:uuid:"+uuid.NewString()
	return fmt.Appendf(nil, `{"resourceType":"Bundle","type":"transaction","entry":[
{"fullUrl":%q,"resource":{"resourceType":"ServiceRequest","identifier":[{"system":"urn:load:referral","value":%q}],"status":"active","intent":"order",
"code":{"text":"Counseling"},"subject":{"reference":"Patient/load-%s-%s"},"authoredOn":"2026-01-05T09:00:00Z",
"requester":{"reference":"Organization/load-%s-ref"}},"request":{"method":"POST","url":"ServiceRequest"}},
{"fullUrl":"urn:uuid:%s","resource":{"resourceType":"Task","identifier":[{"system":"urn:load:task","value":%q}],"status":"requested","intent":"order",%s,
"focus":{"reference":%q},"for":{"reference":"Patient/load-%s-%s"},"authoredOn":"2026-01-05T09:00:00Z","lastModified":"2026-01-05T09:00:00Z",
"requester":{"reference":"Organization/load-%s-ref"},"owner":{"reference":%q}},"request":{"method":"POST","url":"Task"}}]}`,
		focus, id, run, id, run, id, id, code, focus, run, id, run, agency(run, int(id[0])))
}

func task(run string, n int, status, description string) []byte {
	return fmt.Appendf(nil, `{"resourceType":"Task","id":%q,"status":%q,"intent":"order",%s,"description":%q,
"focus":{"reference":"ServiceRequest/%s"},"for":{"reference":"Patient/%s"},"authoredOn":"2026-01-05T09:00:00Z","lastModified":"2026-01-05T09:00:00Z",
"requester":{"reference":"Organization/load-%s-ref"},"owner":{"reference":%q}}`,
		taskID(run, n), status, code, description, requestID(run, n), person(run, n), run, agency(run, n))
}

func serviceRequest(run string, n int) []byte {
	return fmt.Appendf(nil, `{"resourceType":"ServiceRequest","id":%q,"identifier":[{"system":"urn:load:referral","value":%q}],"status":"active",
"intent":"order","code":{"text":"Counseling"},"subject":{"reference":"Patient/%s"},"authoredOn":"2026-01-05T09:00:00Z",
"requester":{"reference":"Organization/load-%s-ref"}}`, requestID(run, n), requestID(run, n), person(run, n), run)
}

// preload puts n accepted referrals, many to a transaction.
func preload(ctx context.Context, c *client, run string, n int) error {
	const each = 100
	for from := 0; from < n; from += each {
		var b bytes.Buffer
		b.WriteString(`{"resourceType":"Bundle","type":"transaction","entry":[`)
		for i := from; i < min(n, from+each); i++ {
			if i > from {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"resource":%s,"request":{"method":"PUT","url":"ServiceRequest/%s"}},`, serviceRequest(run, i), requestID(run, i))
			fmt.Fprintf(&b, `{"resource":%s,"request":{"method":"PUT","url":"Task/%s"}}`, task(run, i, "accepted", "New"), taskID(run, i))
		}
		b.WriteString(`]}`)
		if _, err := c.must(ctx, "POST", "", b.Bytes()); err != nil {
			return fmt.Errorf("preload: %w", err)
		}
	}
	return nil
}
