package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// seed puts our code systems into the store, so that a client can look up what a code of ours means. What is there already stays as it is.
func seed(ctx context.Context, e *engine.Engine) error {
	systems := mapping.CodeSystems()
	var changes []engine.Change
	for _, id := range slices.Sorted(maps.Keys(systems)) {
		r, issues := fhir.Read(systems[id])
		if fhir.Refused(issues) {
			return fmt.Errorf("CodeSystem/%s of ours is wrong: %s", id, issues[0].Text)
		}
		changes = append(changes, engine.Change{Method: engine.Update, Type: "CodeSystem", ID: id, Resource: r})
	}
	_, err := e.Apply(ctx, engine.Principal{Role: workflow.Admin}, changes)
	return err
}
