package engine

import (
	"errors"
	"fmt"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// stand loads what the changes stand on, stamps the new versions and checks them; every reason for refusal is gathered. Nothing is written.
func (t *txn) stand(works []*work) error {
	var no refusals
	seen := map[store.Key]*work{}
	for _, w := range works {
		if w.settled {
			continue
		}
		if other := seen[w.key]; other != nil {
			no.add(Invalid, fhir.CodeInvariant, w.Path, fmt.Sprintf("%s and %s write the same resource; a transaction may write each only once.",
				other.place(), w.place()))
			continue
		}
		seen[w.key] = w
		if err := t.standOne(w, &no); err != nil {
			return err
		}
	}
	return no.err()
}

func (t *txn) standOne(w *work, no *refusals) error {
	if err := t.load(w); err != nil {
		return err
	}
	if !w.current(no) {
		return nil
	}
	if w.Method == Delete {
		w.done, w.write = Deleted, w.old != nil && !w.old.Deleted
		if w.old != nil {
			w.version = *w.old
		}
		if w.write {
			return t.judge(w, no)
		}
		return nil
	}
	if w.old != nil && !w.old.Deleted {
		same, err := t.same(w)
		if err == nil && same {
			var counts bool
			counts, err = t.countsNow(w)
			same = !counts
		}
		if err != nil {
			return err
		}
		if same {
			w.done, w.version = Unchanged, *w.old
			return nil
		}
		if AppendOnly(w.Type) {
			no.add(NotAllowed, fhir.CodeNotSupported, w.request("method"), appendOnlyWords(w.Type))
			return nil
		}
		w.done = Updated
	} else {
		w.done = Created
	}
	if err := w.restamp(t.now); err != nil {
		return err
	}
	w.write = true
	t.linksWithin(w, no)
	return t.judge(w, no)
}

// judge asks the domain's rules.
func (t *txn) judge(w *work, no *refusals) error {
	w.ID = w.key.ID
	issues, err := t.check(&w.Change, w.old, w.oldRes, w.stamped)
	if err != nil {
		return fmt.Errorf("check %s: %w", w.key, err)
	}
	if fhir.Refused(issues) {
		before, err := t.saidBefore(w)
		if err != nil {
			return err
		}
		if before {
			w.done, w.version, w.write = Unchanged, *w.old, false
			return nil
		}
	}
	for _, i := range issues {
		i.Expression = w.at(i.Expression)
		if i.Refuses() {
			no.issue(Unprocessable, i)
		} else {
			w.issues = append(w.issues, i)
		}
	}
	return nil
}

// load reads the newest version of the resource that a change writes; old stays nil where there never was one.
func (t *txn) load(w *work) error {
	if w.fresh { // an id that was just made up
		return nil
	}
	v, err := t.tx.Newest(t.ctx, w.key)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	w.old = &v
	if v.Deleted {
		return nil
	}
	if w.oldRes, err = fhir.ReadStored(v.Body); err != nil {
		return fmt.Errorf("read %s/_history/%d: %w", v.Key, v.Number, err)
	}
	return nil
}

// same reports whether an update says what is stored already: in the newest version, or, where we wrote that one ourselves, in the newest that
// somebody else wrote.
func (t *txn) same(w *work) (bool, error) {
	if w.says(w.old) {
		return true, nil
	}
	theirs, err := t.theirs(*w.old)
	return err == nil && theirs.Number > 0 && theirs.Number != w.old.Number && !theirs.Deleted && w.says(&theirs), err
}

// says reports whether what is sent is, to the letter, a version that is stored.
func (w *work) says(v *store.Version) bool {
	return string(w.res.Stamp(w.key.ID, v.Number, v.Updated)) == string(v.Body)
}

// theirs gives the newest version up to v that we did not write ourselves; one with the number 0 where there is none.
func (t *txn) theirs(v store.Version) (store.Version, error) {
	for v.Author.Own {
		if v.Number == 1 {
			return store.Version{}, nil
		}
		var err error
		if v, err = t.tx.Numbered(t.ctx, v.Key, v.Number-1); err != nil {
			return v, err
		}
	}
	return v, nil
}

// saidBefore reports whether an update of a Task repeats, to the letter, an earlier version that somebody else wrote: an old message that comes
// again is no move back.
//
// Source: local, an older version or a duplicate changes nothing
func (t *txn) saidBefore(w *work) (bool, error) {
	if w.Method != Update || w.Type != "Task" || w.old == nil || w.old.Deleted {
		return false, nil
	}
	versions, err := t.tx.Versions(t.ctx, w.key, 0, 100)
	return slices.ContainsFunc(versions, func(v store.Version) bool {
		return !v.Deleted && !v.Author.Own && w.says(&v)
	}), err
}

// current reports whether the version that the caller believes to be newest is.
//
// Source: FHIR R4, http.html, Managing Resource Contention
func (w *work) current(no *refusals) bool {
	switch {
	case w.OnlyNew && w.old != nil && !w.old.Deleted:
		no.add(PreconditionFailed, fhir.CodeConflict, w.request("ifNoneMatch"),
			"There is a resource with this id already, and If-None-Match: * only creates.")
		return false
	case w.IfMatch == "":
		return true
	case w.old == nil && w.Method == Delete:
		no.add(PreconditionFailed, fhir.CodeConflict, w.request("ifMatch"),
			fmt.Sprintf("Version %s was expected, and there never was a %s: there is nothing to delete.", quoted(w.IfMatch), w.key))
	case w.Method == Delete && w.old.Deleted && w.IfMatch != fmt.Sprint(w.old.Number):
		no.add(PreconditionFailed, fhir.CodeConflict, w.request("ifMatch"),
			fmt.Sprintf("Version %s of %s was expected, and it was deleted with version %d.", quoted(w.IfMatch), w.key, w.old.Number))
	case w.old == nil:
		no.add(PreconditionFailed, fhir.CodeConflict, w.request("ifMatch"),
			fmt.Sprintf("Version %s was expected, and there is no %s yet.", quoted(w.IfMatch), w.key))
	case w.IfMatch != fmt.Sprint(w.old.Number):
		no.add(PreconditionFailed, fhir.CodeConflict, w.request("ifMatch"),
			fmt.Sprintf("Version %s of %s was expected, and the newest is version %d; read it and try again.", quoted(w.IfMatch), w.key, w.old.Number))
	default:
		return true
	}
	return false
}

// quoted gives a version id that came from outside, if it is short enough to be one.
func quoted(s string) string {
	if _, ok := versionNumber(s); ok {
		return s
	}
	return "(not one of ours)"
}
