package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// seed puts our code systems and the definitions of our operations into the store, so that a client can look up what a code or an operation of ours
// means. What is there already stays as it is.
func seed(ctx context.Context, e *engine.Engine) error {
	var changes []engine.Change
	for _, definitions := range []map[string][]byte{mapping.CodeSystems(), server.OperationDefinitions()} {
		for _, id := range slices.Sorted(maps.Keys(definitions)) {
			r, issues := fhir.Read(definitions[id])
			if fhir.Refused(issues) {
				return fmt.Errorf("the definition %s of ours is wrong: %s", id, issues[0].Text)
			}
			changes = append(changes, engine.Change{Method: engine.Update, Type: r.Type(), ID: id, Resource: r})
		}
	}
	_, err := e.Apply(ctx, engine.Principal{Role: workflow.Admin}, changes)
	return err
}
