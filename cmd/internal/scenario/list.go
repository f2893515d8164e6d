package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// list gives the ids of everything that a search finds, on all its pages, sorted.
func (d Door) list(ctx context.Context, path string) ([]string, error) {
	var ids []string
	for path != "" {
		a, err := d.Send(ctx, Party{}, http.MethodGet, path, nil)
		if err != nil {
			return nil, err
		}
		if !a.OK() {
			return nil, fmt.Errorf("GET %s: status %d", path, a.Status)
		}
		var b struct {
			Link  []struct{ Relation, URL string }
			Entry []struct {
				Search   struct{ Mode string }
				Resource struct{ ID string }
			}
		}
		if err := json.Unmarshal(a.Body, &b); err != nil {
			return nil, fmt.Errorf("GET %s: %w", path, err)
		}
		for _, e := range b.Entry {
			if e.Search.Mode == "match" {
				ids = append(ids, e.Resource.ID)
			}
		}
		path = ""
		for _, l := range b.Link {
			if _, query, ok := strings.Cut(l.URL, "/fhir/"); ok && l.Relation == "next" {
				path = "/" + query
			}
		}
	}
	slices.Sort(ids)
	return ids, nil
}
