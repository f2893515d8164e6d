package engine

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// A batch is what can be done with changes before the transaction begins: they are read, their conditions parsed, new ids made up, references
// between them put in place and terms gathered, all on the assumption that every create is a new resource. The transaction copies the works
// and corrects what turns out otherwise. A batch does not change once it is prepared, but for the time in what is stamped already (work.restamp).
type batch struct {
	works []work
	names map[string]int // fullUrl → place in works
	key   string         // under which a repeat of the whole is known; "" when it is not remembered
	lead  *lead          // nil where the batch is not one new referral

	addressed bool           // some fullUrl is no URN
	unnamed   map[string]int // "Type/id" of a create without a fullUrl, as its sender calls it → place in works

	conditions map[string]bool // what its conditions and conditional references ask, each once
	open       int             // how many of those no index answers
}

// maxSearches is how many conditional references one resource may have. What all of a Bundle may have, Budgets say.
const maxSearches = 100

// prepare does all that needs no database.
func (e *Engine) prepare(p Principal, identifier string, changes []Change) (*batch, error) {
	b := &batch{works: make([]work, len(changes)), names: map[string]int{}}
	var no refusals
	for i := range changes {
		w := &b.works[i]
		w.Change = changes[i]
		e.address(w, &no)
		b.count(e, w.pick, w.request("url"), &no)
		b.count(e, w.none, w.request("ifNoneExist"), &no)
		w.guess = w.key
		if w.FullURL == "" {
			b.unname(i)
			continue
		}
		b.addressed = b.addressed || placeholder(w.FullURL) == ""
		if j, taken := b.names[w.FullURL]; taken {
			no.add(Invalid, fhir.CodeDuplicate, w.place(), fmt.Sprintf("%s and %s have the same fullUrl.", b.works[j].place(), w.place()))
			continue
		}
		b.names[w.FullURL] = i
	}
	if err := no.err(); err != nil {
		return nil, err
	}
	for i := range b.works {
		e.references(b, &b.works[i], &no)
	}
	if err := no.err(); err != nil {
		return nil, err
	}
	for i := range b.works {
		w := &b.works[i]
		if w.Method == Delete || w.searches() {
			continue
		}
		if err := e.rewrite(p, w, b, func(i int) *work { return &b.works[i] }); err != nil {
			return nil, err
		}
	}
	if len(changes) > 1 {
		e.recognise(b, p, identifier)
	}
	return b, nil
}

// unname keeps what the sender of a create calls it where it has no fullUrl: a reference to that does not mean it, and the answer says so.
//
// Source: FHIR R4, bundle.html, Resolving references in Bundles
func (b *batch) unname(i int) {
	w := &b.works[i]
	if len(b.works) == 1 || w.Method != Create || w.Resource == nil || w.Resource.ID() == "" {
		return
	}
	if b.unnamed == nil {
		b.unnamed = map[string]int{}
	}
	b.unnamed[w.Type+"/"+w.Resource.ID()] = i
}

// address checks what a change says about where it goes, and gives a create its id.
//
// Source: FHIR R4, http.html, update: the id in the body must be there and must be that of the URL
func (e *Engine) address(w *work, no *refusals) {
	if !fhir.IsResourceType(w.Type) {
		no.add(Invalid, fhir.CodeNotSupported, w.request("url"), "This is not a resource type of FHIR R4.")
		return
	}
	if w.Method != Delete && (w.Resource == nil || w.Resource.Type() != w.Type) {
		no.add(Invalid, fhir.CodeInvalid, w.at(w.Type), "The resource must be a "+w.Type+", as the URL says.")
		return
	}
	w.key = store.Key{Type: w.Type, ID: w.ID}
	switch {
	case w.Method == Delete && AppendOnly(w.Type):
		no.add(NotAllowed, fhir.CodeNotSupported, w.request("method"), appendOnlyWords(w.Type))
	case w.Method == Create:
		w.none = e.condition(w, w.IfNoneExist, "ifNoneExist", no)
		w.newID(e)
	case w.Query != "":
		w.pick = e.condition(w, w.Query, "url", no)
	case !fhir.IsID(w.ID):
		no.add(Invalid, fhir.CodeValue, w.request("url"), "An id has 1 to 64 characters out of letters, digits, - and .")
	case w.Method == Update && w.Resource.ID() == "":
		no.add(Invalid, fhir.CodeRequired, w.at(w.Type+".id"), "An update must have the id in the resource too, equal to that in the URL.")
	case w.Method == Update && w.Resource.ID() != w.ID:
		no.add(Invalid, fhir.CodeInvalid, w.at(w.Type+".id"), "The id in the resource must be equal to that in the URL.")
	}
}

// references finds the references that have to be put in place.
//
// Source: FHIR R4, bundle.html, Resolving references in Bundles; http.html, conditional references
func (e *Engine) references(b *batch, w *work, no *refusals) {
	if w.Method == Delete || w.Type == "Bundle" { // what a Bundle holds is kept as it was sent
		return
	}
	searches := 0
	for _, v := range w.Resource.References() {
		ref := v.Text()
		if w.use(ref) != nil {
			continue
		}
		if typ, query, ok := strings.Cut(ref, "?"); ok && fhir.IsResourceType(typ) {
			if strings.Trim(query, "&") == "" {
				no.add(Invalid, fhir.CodeRequired, w.at(v.Path()), "The search in this reference is empty; it must find exactly one resource.")
				continue
			}
			pick, issues := e.parseCondition(typ, query)
			for _, i := range issues {
				i.Expression = w.at(v.Path())
				no.issue(Invalid, i)
			}
			w.addUse(use{ref: ref, at: v.Path(), target: -1, pick: pick})
			if searches++; searches > maxSearches {
				no.add(Invalid, fhir.CodeTooCostly, w.at(v.Path()), fmt.Sprintf("At most %d conditional references are allowed in one resource.", maxSearches))
				return
			}
			b.count(e, pick, w.at(v.Path()), no)
			continue
		}
		if i, version, ok := b.target(w, ref); ok {
			if k := b.works[i].key; b.works[i].Method != Update || b.works[i].Query != "" || search.Local(ref, e.set.Base) != k.String() {
				w.addUse(use{ref: ref, at: v.Path(), target: i, version: version})
			}
		} else if w.Path != "" && placeholder(ref) != "" {
			no.add(Unprocessable, fhir.CodeNotFound, w.at(v.Path()), w.unresolved())
		} else if i, ok := b.unnamed[ref]; ok {
			w.issues = append(w.issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeNotFound, Expression: w.at(v.Path()),
				Text: fmt.Sprintf("%s is what %s is called in this Bundle, and it gets another id here: this reference does not follow it. Give that entry a fullUrl (urn:uuid:…) and refer to it by that, or PUT it.", ref, b.works[i].place())})
		}
	}
}

// unresolved says why a reference to an entry leads nowhere.
func (c *Change) unresolved() string {
	if c.Alone {
		return "In a batch no entry sees another: only a Bundle of type transaction resolves a fullUrl, send it as one."
	}
	return "No entry of the Bundle has this fullUrl."
}

// target finds the entry that a reference means: by its fullUrl, or, where the entry that refers has a URL of its own for a fullUrl, by the URL
// that the relative reference is short for. A reference to a version means the entry, too; the version is given beside it.
func (b *batch) target(w *work, ref string) (i int, version string, ok bool) {
	if len(b.names) == 0 {
		return 0, "", false
	}
	if i, ok := b.entry(w, ref); ok {
		return i, "", true
	}
	plain, version, versioned := strings.Cut(ref, "/_history/")
	if !versioned {
		return 0, "", false
	}
	i, ok = b.entry(w, plain)
	return i, version, ok
}

func (b *batch) entry(w *work, ref string) (int, bool) {
	if i, ok := b.names[ref]; ok {
		return i, true
	}
	if name := placeholder(ref); name != "" {
		i, ok := b.names[name]
		return i, ok
	}
	if base := restBase(w); base != "" && !strings.Contains(ref, ":") {
		i, ok := b.names[base+ref]
		return i, ok
	}
	return 0, false
}

// placeholder gives the URN in a reference, also where a client put a type in front of it ("Procedure/urn:uuid:…", as HAPI does).
func placeholder(ref string) string {
	if i := strings.IndexByte(ref, '/'); i > 0 && fhir.IsResourceType(ref[:i]) {
		ref = ref[i+1:]
	}
	if strings.HasPrefix(ref, "urn:uuid:") || strings.HasPrefix(ref, "urn:oid:") {
		return ref
	}
	return ""
}

// restBase gives the part of a fullUrl before Type/id, with its slash; "" where there is none.
func restBase(w *work) string {
	if !strings.HasPrefix(w.FullURL, "http") {
		return ""
	}
	rest, ok := strings.CutSuffix(w.FullURL[:strings.LastIndexByte(w.FullURL, '/')+1], w.Type+"/")
	if !ok {
		return ""
	}
	return rest
}

// rewrite makes res, terms and links: the resource with its references and links in place, given the other works.
func (e *Engine) rewrite(p Principal, w *work, b *batch, works func(int) *work) error {
	w.res, w.put = w.Resource, nil
	if w.Type != "Bundle" && (len(w.uses) > 0 || b.addressed || len(b.names) > 0 && bytes.Contains(w.Resource.Bytes(), []byte("urn:"))) {
		body := w.Resource.Rewrite(func(ref string) (string, bool) {
			u := w.use(ref)
			if u == nil {
				return "", false
			}
			if u.target < 0 {
				return u.key.String(), true
			}
			u.key = works(u.target).key
			return works(u.target).named(u.version), true
		}, func(link string) (string, bool) {
			i, version, ok := b.target(w, link)
			if !ok || !strings.Contains(link, ":") || works(i).Method == Delete || search.Local(link, e.set.Base) == works(i).key.String() {
				return "", false
			}
			w.put = append(w.put, i)
			return works(i).named(version), true
		})
		if len(body) != len(w.Resource.Bytes()) || !bytes.Equal(body, w.Resource.Bytes()) {
			r, err := fhir.ReadStored(body)
			if err != nil {
				return fmt.Errorf("put references in place in %s: %w", w.place(), err)
			}
			w.res = r
		}
	}
	w.terms = e.storeTerms(w.res)
	if most := e.set.Budgets.rowsOf(p, e.set.Budgets.Terms); over(len(w.terms), most) {
		return tooCostlyBecause(w.at(w.Type), "A resource may be found by %d values of search parameters, and this one has %d. %s", most, len(w.terms), inSeveral)
	}
	if !w.fresh {
		w.read(e, w.res)
		return nil
	}
	err := w.stamp(time.UnixMilli(0).UTC())
	if err == nil {
		w.read(e, w.stamped)
	}
	return err
}

// named gives a reference to what the work writes, as a reference to a version of it is to be written: the first version of what is new is the first
// version here, any other is one of the sender's, and only the resource is meant.
func (w *work) named(version string) string {
	if version == "1" && w.fresh {
		return w.key.String() + "/_history/1"
	}
	return w.key.String()
}

// resolve decides, inside the transaction, which resource each change writes, and puts the references in place.
func (t *txn) resolve(b *batch) ([]*work, error) {
	t.batch = b
	copies := make([]work, len(b.works))
	t.works = make([]*work, len(b.works))
	for i := range b.works {
		copies[i] = b.works[i]
		t.works[i] = &copies[i]
	}
	if t.led {
		t.works[b.lead.at].keyed = true
	}
	var no refusals
	for _, w := range t.works {
		if err := t.settle(w, &no); err != nil {
			return nil, err
		}
	}
	if err := no.err(); err != nil {
		return nil, err
	}
	for _, w := range t.works {
		if w.settled || w.Method == Delete {
			continue
		}
		if err := t.settleUses(w, &no); err != nil {
			return nil, err
		}
		if err := t.inPlace(w); err != nil {
			return nil, err
		}
	}
	if len(t.works) > 1 {
		t.settleApart(&no)
	}
	return t.works, no.err()
}

// settle decides the key of a change: by its condition, by what its business identity is, or as prepared. Works that it refers to come first,
// because an identity is made of them; a circle is cut where it closes.
func (t *txn) settle(w *work, no *refusals) error {
	if w.keyed || w.settling {
		return nil
	}
	w.settling = true
	defer func() { w.settling, w.keyed = false, true }()
	switch {
	case w.pick != nil:
		return t.settlePick(w, no)
	case w.none != nil:
		if err := t.settleNone(w, no); err != nil || w.settled {
			return err
		}
	}
	if w.Method == Create && identified(w.Type) {
		if err := t.settleUses(w, no); err != nil || no.any() {
			return err
		}
		return t.settleIdentity(w)
	}
	return nil
}

// settleUses finds the targets of all references of a change.
func (t *txn) settleUses(w *work, no *refusals) error {
	if len(w.uses) == 0 {
		return nil
	}
	w.uses = append([]use(nil), w.uses...) // the batch keeps its own
	for i := range w.uses {
		u := &w.uses[i]
		if u.known {
			continue
		}
		if u.target < 0 {
			if err := t.settleSearch(w, u, no); err != nil {
				return err
			}
			continue
		}
		if err := t.settle(t.works[u.target], no); err != nil {
			return err
		}
	}
	return nil
}

// inPlace rewrites the references of a change again where what was assumed beforehand has turned out otherwise.
func (t *txn) inPlace(w *work) error {
	right := w.res != nil
	for i := range w.uses {
		u := &w.uses[i]
		right = right && (u.target < 0 || u.key == t.works[u.target].key)
	}
	for _, i := range w.put {
		right = right && t.works[i].guess == t.works[i].key
	}
	if right {
		return nil
	}
	return t.e.rewrite(t.p, w, t.batch, func(i int) *work { return t.works[i] })
}
