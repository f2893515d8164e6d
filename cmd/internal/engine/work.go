package engine

import (
	"fmt"
	"strings"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
)

// work is one Change on its way.
type work struct {
	Change
	key   store.Key      // what it writes
	guess store.Key      // what it was assumed to write when the batch was prepared
	fresh bool           // key.ID is new: nothing can be stored there
	pick  *condition     // conditional update or delete
	none  *condition     // conditional create
	uses  []use          // references to be put in place
	refs  map[string]int // place in uses, by the reference as written
	put   []int          // works whose keys are written into res, besides uses

	res   *fhir.Resource // with references in place; nil for a delete, and until all references are known
	terms []store.Term
	links []store.Link

	fact   *mapping.Fact // what res says by itself, as the resource of factOf
	factOf store.Key

	settling, keyed bool  // the key is being decided, is decided
	existed         bool  // a create that found its resource already there
	beside          *work // a create whose condition another work fulfils
	settled         bool  // done and version say the outcome, nothing is written

	old     *store.Version // newest stored; nil when there is none
	oldRes  *fhir.Resource // nil when there is none or it is deleted
	stamped *fhir.Resource // the new version

	stampedAs store.Key // whose it is
	write     bool
	done      Done
	version   store.Version
	issues    []fhir.Issue
}

// use is a reference that does not name its target yet: another entry of the Bundle, or a search.
type use struct {
	ref    string // as written
	at     string // FHIRPath in the resource
	target int    // place in works; -1 for a search
	pick   *condition
	key    store.Key // what it turned out to be
	known  bool

	version string // of a reference to a version, as written
}

// place names the change in an issue.
func (c *Change) place() string {
	if c.Path != "" {
		return c.Path
	}
	return c.Type
}

// at gives the FHIRPath of an element of the change's resource in what was sent: Bundle.entry[1].resource.status for Task.status.
func (c *Change) at(element string) string {
	if c.Path == "" {
		return element
	}
	if rest, ok := strings.CutPrefix(element, c.Type); ok && (rest == "" || rest[0] == '.') {
		return c.Path + ".resource" + rest
	}
	return c.Path
}

// request gives the FHIRPath of an element of Bundle.entry.request; "" for a change that came alone.
func (c *Change) request(element string) string {
	if c.Path == "" {
		return ""
	}
	return c.Path + ".request." + element
}

func (w *work) newID(e *Engine) {
	w.key, w.fresh = store.Key{Type: w.Type, ID: e.set.NewID()}, true
}

// searches reports whether the work has a reference that only the database can resolve.
func (w *work) searches() bool {
	for i := range w.uses {
		if w.uses[i].target < 0 && !w.uses[i].known {
			return true
		}
	}
	return false
}

func (w *work) use(ref string) *use {
	if i, ok := w.refs[ref]; ok {
		return &w.uses[i]
	}
	return nil
}

func (w *work) addUse(u use) {
	if w.refs == nil {
		w.refs = map[string]int{}
	}
	w.refs[u.ref] = len(w.uses)
	w.uses = append(w.uses, u)
}

// verb gives the method by which a version comes to be, as a history tells it: what was posted and recognised is an update of what was there.
//
// Source: FHIR R4, http.html#history, Bundle.entry.request.method
func (w *work) verb() string {
	switch {
	case w.Method == Delete:
		return "DELETE"
	case w.Method == Create:
		return "POST"
	case w.Patched:
		return "PATCH"
	}
	return "PUT"
}

// stamp makes the version that is stored.
func (w *work) stamp(at time.Time) error {
	number := 1
	if w.old != nil {
		number = w.old.Number + 1
	}
	r, err := fhir.ReadStored(w.res.Stamp(w.key.ID, number, at))
	if err != nil {
		return fmt.Errorf("stamp %s: %w", w.key, err)
	}
	w.stamped, w.stampedAs = r, w.key
	return nil
}

// read makes fact and links out of the resource as it is stored.
func (w *work) read(e *Engine, r *fhir.Resource) {
	w.fact, w.factOf = e.set.Guide.FactOf(r), w.key
	w.links = e.storeLinks(r, w.fact)
}

// restamp brings a stamped version to its final time. A new resource was stamped before the transaction began; only the time, which has a fixed
// length, is then written over in bytes that nobody else has seen yet. That keeps reading them again out of the transaction.
func (w *work) restamp(at time.Time) error {
	if w.stamped == nil || w.old != nil || w.stampedAs != w.key {
		return w.stamp(at)
	}
	from, to := w.stamped.Get("meta", "lastUpdated").Span()
	const layout = `"2006-01-02T15:04:05.000Z"`
	if to-from != len(layout) {
		return w.stamp(at)
	}
	copy(w.stamped.Bytes()[from:to], at.UTC().Format(layout))
	return nil
}
