package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/scenario"
)

// rewritten is how somebody may rewrite a visit record, each by what it becomes and what it had.
var rewritten = []struct{ name, had, becomes string }{
	{"another request", `"reference":"ServiceRequest/sr-a"`, `"reference":"ServiceRequest/sr-other"`},
	{"a request that is not here", `"reference":"ServiceRequest/sr-a"`, `"reference":"ServiceRequest/none"`},
	{"no request", `"basedOn":[{"reference":"ServiceRequest/sr-a"}],`, ``},
	{"another person", `"reference":"Patient/p-a"`, `"reference":"Patient/p-other"`},
	{"somebody in words", `"reference":"Patient/p-a"`, `"display":"D. Esposito"`},
	{"another agency", `"reference":"Organization/harbor"`, `"reference":"Organization/cedar"`},
	{"the referrer", `"reference":"Organization/harbor"`, `"reference":"Organization/bayview"`},
	{"another day", `2026-03-05T`, `2026-02-01T`},
	{"another class", `"code":"AMB"`, `"code":"PRENC"`},
	{"an error", `"status":"finished"`, `"status":"entered-in-error"`},
	{"cancelled", `"status":"finished"`, `"status":"cancelled"`},
	{"not understood", `"status":"finished"`, `"status":"finished","modifierExtension":[{"url":"urn:odd","valueBoolean":true}]`},
}

// TestPropertyNobodyElseTakesAVisitAway: once the agency has recorded a visit, nothing that another agency or the referrer makes of that record, in however
// many versions and in whatever order, takes it away.
//
// Source: rulings 12 and 36
func TestPropertyNobodyElseTakesAVisitAway(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		a := opened(r)
		defer func() { require.NoError(r, a.store.Close()) }()
		visit := visitJSON("e1", "a", "finished", "2026-03-05T10:02:00-08:00")
		a.put(harbor, visit)
		require.Equal(r, "attended", a.leg("a").State)
		var told []string
		for range rapid.IntRange(1, 5).Draw(r, "versions") {
			who := rapid.SampledFrom([]scenario.Party{cedar, bayview}).Draw(r, "who")
			body, what := visit, "deleted"
			for range rapid.IntRange(0, 2).Draw(r, "changes") {
				c := rapid.SampledFrom(rewritten).Draw(r, "becomes")
				body, what = strings.ReplaceAll(body, c.had, c.becomes), c.name
			}
			if told = append(told, fmt.Sprint(who.Ref, ": ", what)); body == visit {
				a.ask(who, "DELETE", "/Encounter/e1", "")
			} else {
				a.ask(who, "PUT", "/Encounter/e1", body)
			}
			leg := a.leg("a")
			require.Equal(r, "attended A", leg.State+" "+leg.Grade, "%s", strings.Join(told, "\n"))
		}
	})
}
