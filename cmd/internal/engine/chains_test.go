package engine

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
)

// town has two agencies, two people, and what was asked and done for them; written in this order, a second apart.
func town(t testing.TB) *fixture {
	f := start(t)
	for _, body := range []string{
		`{"resourceType":"Organization","id":"harbor","name":"Harbor House","type":[{"coding":[{"system":"urn:kind","code":"cbo"}]}],"identifier":[{"value":"http://harbor"}],"endpoint":[{"reference":"Endpoint/e1"}]}`,
		`{"resourceType":"Organization","id":"pier","name":"Pier","type":[{"coding":[{"system":"urn:kind","code":"cp"}]}]}`,
		`{"resourceType":"Endpoint","id":"e1","status":"active","connectionType":{"system":"urn:c","code":"rest"},"payloadType":[{"text":"any"}],"address":"http://harbor"}`,
		`{"resourceType":"Patient","id":"ann","name":[{"family":"Álvarez","given":["Ann"]}],"birthDate":"1980-05-01"}`,
		`{"resourceType":"Patient","id":"bob","name":[{"family":"Baker","given":["Bob"]}],"birthDate":"1975-01-01","managingOrganization":{"reference":"Organization/pier"}}`,
		`{"resourceType":"ServiceRequest","id":"s1","status":"active","intent":"order","subject":{"reference":"Patient/ann"},"code":{"text":"food"},"authoredOn":"2026-02-01"}`,
		`{"resourceType":"ServiceRequest","id":"s2","status":"active","intent":"order","subject":{"reference":"Patient/bob"},"code":{"text":"home"},"authoredOn":"2026-01-01"}`,
		`{"resourceType":"Task","id":"t1","status":"requested","intent":"order","priority":"urgent","focus":{"reference":"ServiceRequest/s1"},"for":{"reference":"Patient/ann"},"owner":{"reference":"Organization/harbor"},"authoredOn":"2026-02-03"}`,
		`{"resourceType":"Task","id":"t2","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/s2/_history/1"},"for":{"reference":"Patient/bob"},"owner":{"reference":"Organization/pier"},"authoredOn":"2026-02-02"}`,
		`{"resourceType":"Task","id":"t3","status":"draft","intent":"order","partOf":[{"reference":"Task/t1"}],"focus":{"reference":"ServiceRequest/gone"},"for":{"reference":"https://other/fhir/Patient/ann"},"requester":{"reference":"Organization/harbor"},"authoredOn":"2026-02-04"}`,
		`{"resourceType":"Communication","id":"c1","status":"completed","subject":{"reference":"Patient/bob"},"sender":{"reference":"Patient/ann"},"recipient":[{"reference":"Patient/ann"}]}`,
		`{"resourceType":"Provenance","id":"p1","target":[{"reference":"Task/t1"}],"recorded":"2026-02-03T10:00:00Z","agent":[{"who":{"reference":"Organization/harbor"}}]}`,
	} {
		f.apply(f.put(body))
		f.step(time.Second)
	}
	return f
}

func (f *fixture) within(owner, typ, text string) SearchResult {
	f.t.Helper()
	q, err := url.ParseQuery(text)
	require.NoError(f.t, err)
	ownerType, id, _ := strings.Cut(owner, "/")
	got, err := f.SearchWithin(f.t.Context(), Principal{}, store.Key{Type: ownerType, ID: id}, typ, q, true)
	require.NoError(f.t, err, text)
	return got
}

// refusedSearch gives the first word of a refusal.
func (f *fixture) refusedSearch(typ, text string) fhir.Code {
	f.t.Helper()
	q, err := url.ParseQuery(text)
	require.NoError(f.t, err)
	_, err = f.Search(f.t.Context(), Principal{}, typ, q, true)
	var r *Refusal
	require.ErrorAs(f.t, err, &r, text)
	assert.Equal(f.t, Invalid, r.Kind)
	return r.Issues[0].Code
}

func keysOf(versions []store.Version) string {
	var all []string
	for _, v := range versions {
		all = append(all, v.String())
	}
	return strings.Join(all, " ")
}

func TestChains(t *testing.T) {
	t.Parallel()
	f := town(t)
	for _, row := range []struct{ name, typ, query, want string }{
		{"by the owner's identifier", "Task", "owner:Organization.identifier=http://harbor", "Task/t1"},
		{"by the owner's type, without saying what an owner is", "Task", "owner.type=cp", "Task/t2"},
		{"with a condition of its own", "Task", "owner.type=cp,cbo&status=requested&priority=urgent", "Task/t1"},
		{"by the name of a person", "Task", "patient.family=alvarez", "Task/t1"},
		{"in two steps", "Task", "patient.organization.name=pier", "Task/t2"},
		{"two chains that both must hold", "Task", "owner.type=cbo&patient.family=baker", ""},
		{"that finds nothing", "Task", "owner.type=nothing", ""},
		{"by an endpoint", "Organization", "endpoint.connection-type=urn:c|rest", "Organization/harbor"},
		{"those that a Task names", "ServiceRequest", "_has:Task:focus:status=requested", "ServiceRequest/s2 ServiceRequest/s1"},
		{"those that a Task names, and a condition", "ServiceRequest", "_has:Task:focus:status=requested&authored=ge2026-02", "ServiceRequest/s1"},
		{"those that two kinds of things name", "Patient", "_has:Task:patient:status=requested&_has:Communication:subject:status=completed", "Patient/bob"},
		{"those among ids that a Task names", "ServiceRequest", "_id=s2&_has:Task:focus:status=requested", "ServiceRequest/s2"},
		{"what is named by what is named", "Patient", "_has:Task:patient:_has:Provenance:target:agent=Organization/harbor", "Patient/ann"},
		{"what is named by a Task whose owner is of a kind", "Patient", "_has:Task:patient:owner.type=cp", "Patient/bob"},
		{"named by nothing", "Patient", "_has:Task:patient:status=completed", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := f.search(row.typ, row.query+"&_count=20")
			assert.Empty(t, got.Issues)
			assert.Equal(t, row.want, keysOf(got.Versions))
		})
	}
}

func TestConditionsMayLookFurther(t *testing.T) {
	t.Parallel()
	f := town(t)
	body := `{"resourceType":"Task","status":"requested","intent":"order","owner":{"reference":"Organization/pier"}}`
	got := f.apply(f.post(body).ifNone("owner.type=cp&status=requested"))
	assert.Equal(t, Unchanged, got[0].Done)
	assert.Equal(t, "t2", got[0].Version.ID)
	got = f.apply(f.post(body).ifNone("owner.type=nothing"))
	assert.Equal(t, Created, got[0].Done)
	assert.Error(t, f.refused(Invalid, f.post(body).ifNone("owner.colour=blue")))
}

func TestInnerSearchesAreBounded(t *testing.T) {
	t.Parallel()
	f := start(t)
	var changes []Change
	for i := range mostInner + 1 {
		changes = append(changes, f.put(fmt.Sprintf(`{"resourceType":"Organization","id":"o%d","name":"Harbor","identifier":[{"value":"%d"}]}`, i, i%2)))
	}
	changes = append(changes, f.put(`{"resourceType":"Task","id":"t","status":"requested","intent":"order","owner":{"reference":"Organization/o7"}}`))
	f.apply(bundle(changes...)...)
	assert.Equal(t, fhir.CodeTooCostly, f.refusedSearch("Task", "owner.name=harbor"))
	assert.Equal(t, []string{"t"}, found(f.search("Task", "owner:Organization.identifier=1")), "half of them are not too many")
	assert.Equal(t, fhir.CodeTooCostly, f.refusedSearch("Task", "owner.partof.partof.name=x"))
}

func TestSearchesAcrossTypes(t *testing.T) {
	t.Parallel()
	f := town(t)
	for _, row := range []struct{ name, query, want string }{
		{"two types", "_type=Task,Patient", "Task/t3 Task/t2 Task/t1 Patient/bob Patient/ann"},
		{"oldest first", "_type=Task,Patient&_sort=_lastUpdated&_count=3", "Patient/ann Patient/bob Task/t1"},
		{"the first of all", "_count=2", "Provenance/p1 Communication/c1"},
		{"by ids", "_id=t1,ann&_type=Task,Patient,Group", "Task/t1 Patient/ann"},
		{"by id, sorted", "_type=Task,Patient&_sort=_id&_count=3", "Patient/ann Patient/bob Task/t1"},
		{"a type of which there is none", "_type=Group", ""},
	} {
		assert.Equal(t, row.want, keysOf(f.search("", row.query).Versions), row.name)
	}
	assert.Equal(t, 5, f.search("", "_type=Task,Patient&_count=0").Total)
	got := f.search("", "_type=Task,Patient&_count=2&_total=accurate")
	assert.Equal(t, 5, got.Total)
	assert.Equal(t, "Task/t1 Patient/bob", keysOf(f.search("", got.Next.Encode()).Versions))
}

func TestSearchesInACompartment(t *testing.T) {
	t.Parallel()
	f := town(t)
	for _, row := range []struct{ name, owner, typ, query, want string }{
		{"a person's Tasks", "Patient/bob", "Task", "", "Task/t2"},
		{"with a condition", "Patient/bob", "Task", "status=requested", "Task/t2"},
		{"with a condition that does not hold", "Patient/bob", "Task", "status=draft", ""},
		{"a Communication by any of its parties, once", "Patient/ann", "Communication", "", "Communication/c1"},
		{"all of it, with the person", "Patient/ann", "", "", "Communication/c1 Task/t1 ServiceRequest/s1 Patient/ann"},
		{"some of it", "Patient/ann", "", "_type=Task,Patient,Organization", "Task/t1 Patient/ann"},
		{"the person alone", "Patient/ann", "Patient", "", "Patient/ann"},
		{"of nobody", "Patient/nobody", "", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, keysOf(f.within(row.owner, row.typ, row.query).Versions))
		})
	}
	assert.Equal(t, 1, f.within("Patient/ann", "Communication", "_count=0").Total, "by three parameters, and counted once")
	got := f.within("Patient/ann", "", "_count=1&_total=accurate")
	assert.Equal(t, 4, got.Total)
	assert.Equal(t, "Task/t1", keysOf(f.within("Patient/ann", "", got.Next.Encode()).Versions))
	_, err := f.SearchWithin(t.Context(), Principal{}, store.Key{Type: "Patient", ID: "bob"}, "", got.Next, true)
	require.Error(t, err, "a page of one person's is not one of another's")
	for _, row := range [][2]string{{"Organization", "Task"}, {"Patient", "Organization"}} {
		_, err := f.SearchWithin(t.Context(), Principal{}, store.Key{Type: row[0], ID: "ann"}, row[1], nil, true)
		var r *Refusal
		require.ErrorAs(t, err, &r)
		assert.Equal(t, NotFound, r.Kind)
	}
}

func TestIncludes(t *testing.T) {
	t.Parallel()
	f := town(t)
	f.apply(f.put(`{"resourceType":"ServiceRequest","id":"s2","status":"active","intent":"order","subject":{"reference":"Patient/bob"},"code":{"text":"home, again"},"authoredOn":"2026-01-01"}`))
	for _, row := range []struct{ name, typ, query, match, with string }{
		{"what it is about", "Task", "_id=t1&_include=Task:focus", "Task/t1", "ServiceRequest/s1"},
		{"several", "Task", "_id=t1&_include=Task:focus&_include=Task:owner&_include=Task:patient", "Task/t1", "Organization/harbor Patient/ann ServiceRequest/s1"},
		{"of one type of target only", "Task", "_id=t1&_include=Task:subject:Group", "Task/t1", ""},
		{"each once", "Task", "status=requested&_include=Task:subject&_include=Task:patient", "Task/t2 Task/t1", "Patient/ann Patient/bob"},
		{"not what is elsewhere or nowhere", "Task", "_id=t3&_include=Task:patient&_include=Task:focus", "Task/t3", ""},
		{"not what is a match itself", "Task", "_id=t1,t3&_include=Task:part-of", "Task/t3 Task/t1", ""},
		{"the next step, if it iterates", "Task", "_id=t1&_include=Task:owner&_include:iterate=Organization:endpoint", "Task/t1", "Organization/harbor Endpoint/e1"},
		{"and not if it does not", "Task", "_id=t1&_include=Task:owner&_include=Organization:endpoint", "Task/t1", "Organization/harbor"},
		{"everything it names", "Task", "_id=t1&_include=Task:*", "Task/t1", "Organization/harbor Patient/ann ServiceRequest/s1"},
		{"everything that anything names", "Task", "_id=t3&_include=*", "Task/t3", "Organization/harbor Task/t1"},
		{"what names it", "Task", "_id=t1&_revinclude=Provenance:target", "Task/t1", "Provenance/p1"},
		{"its parts", "Task", "_id=t1&_revinclude=Task:part-of", "Task/t1", "Task/t3"},
		{"what names it and what that names", "ServiceRequest", "_id=s1&_revinclude=Task:focus&_include:iterate=Task:owner", "ServiceRequest/s1", "Task/t1 Organization/harbor"},
		{"what names what names it", "Patient", "_id=ann&_revinclude=Task:patient&_revinclude:iterate=Provenance:target", "Patient/ann", "Task/t1 Provenance/p1"},
		{"and not that if it does not iterate", "Patient", "_id=ann&_revinclude=Task:patient&_revinclude=Provenance:target", "Patient/ann", "Task/t1"},
		{"of several types", "", "_type=Task,Provenance&_id=t1,p1&_include=Provenance:target&_include=Task:focus", "Provenance/p1 Task/t1", "ServiceRequest/s1"},
		{"when sorted", "Task", "_sort=authored-on&status=requested&_include=Task:owner", "Task/t2 Task/t1", "Organization/harbor Organization/pier"},
		{"nothing, where nothing is found", "Task", "_id=none&_include=Task:owner", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := f.search(row.typ, row.query)
			assert.Empty(t, got.Issues)
			assert.Equal(t, row.match, keysOf(got.Versions))
			with := strings.Fields(keysOf(got.Included))
			want := strings.Fields(row.with)
			slices.Sort(with)
			slices.Sort(want)
			assert.Equal(t, want, with)
		})
	}
	got := f.search("Task", "_id=t2&_include=Task:focus")
	require.Len(t, got.Included, 1)
	assert.Equal(t, 1, got.Included[0].Number, "the version that is named")
	assert.Equal(t, fhir.CodeInvalid, f.refusedSearch("Task", "_include=Task:focus&_summary=text"))
}

func TestIncludesAreBounded(t *testing.T) {
	t.Parallel()
	f := start(t)
	changes := []Change{f.put(`{"resourceType":"Patient","id":"p"}`)}
	for i := range mostIncluded + 1 {
		changes = append(changes, f.put(fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"}}`, i)))
	}
	f.apply(bundle(changes...)...)
	got := f.search("Patient", "_revinclude=Observation:subject")
	assert.Len(t, got.Included, mostIncluded)
	require.Len(t, got.Issues, 1)
	assert.Equal(t, fhir.CodeIncomplete, got.Issues[0].Code)
	assert.Equal(t, fhir.Warning, got.Issues[0].Severity)
}

func TestSorting(t *testing.T) {
	t.Parallel()
	f := town(t)
	for _, row := range []struct{ name, typ, query, want string }{
		{"by a date", "Task", "_sort=authored-on", "Task/t2 Task/t1 Task/t3"},
		{"backwards", "Task", "_sort=-authored-on", "Task/t3 Task/t1 Task/t2"},
		{"by a code, and then by a date", "Task", "_sort=-status,authored-on", "Task/t2 Task/t1 Task/t3"},
		{"what has no value comes last", "Task", "_sort=priority,_lastUpdated", "Task/t1 Task/t2 Task/t3"},
		{"backwards too", "Task", "_sort=-priority,_id", "Task/t1 Task/t2 Task/t3"},
		{"by a name without its accents", "Patient", "_sort=-family", "Patient/bob Patient/ann"},
		{"by a day", "Patient", "_sort=birthdate", "Patient/bob Patient/ann"},
		{"by a name", "Organization", "_sort=name", "Organization/harbor Organization/pier"},
		{"by id", "Task", "_sort=-_id", "Task/t3 Task/t2 Task/t1"},
		{"of those that are alike the newest first", "Task", "_sort=intent", "Task/t3 Task/t2 Task/t1"},
	} {
		assert.Equal(t, row.want, keysOf(f.search(row.typ, row.query).Versions), row.name)
	}
	assert.Equal(t, 3, f.search("Task", "_sort=authored-on&_count=1&_total=accurate").Total)
	assert.Equal(t, -1, f.search("Task", "_sort=authored-on&_count=1").Total)
	assert.Equal(t, 3, f.search("Task", "_sort=authored-on").Total)
}

// Pages of any order hold each resource once, whatever is written between them.
func TestSortedPagesGoOnWhereTheyWere(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"authored-on", "-authored-on", "priority,-authored-on", "-_id", "_id"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			want := map[string]bool{}
			for i := range 11 {
				id := fmt.Sprint("t", i)
				want[id] = true
				priority := ""
				if i%3 > 0 {
					priority = `"priority":"` + []string{"", "stat", "asap"}[i%3] + `",`
				}
				f.apply(f.put(fmt.Sprintf(`{"resourceType":"Task","id":%q,"status":"requested","intent":"order",%s"authoredOn":"2026-02-%02d"}`, id, priority, i/2+1)))
			}
			met := map[string]int{}
			q := "status=requested&_count=3&_sort=" + url.QueryEscape(order)
			for page := 0; ; page++ {
				got := f.search("Task", q)
				for _, v := range got.Versions {
					met[v.ID]++
				}
				last := got.Versions[len(got.Versions)-1]
				f.apply(f.put(fmt.Sprintf(`{"resourceType":"Task","id":"new%d","status":"requested","intent":"order","authoredOn":"2026-02-%02d"}`, page, page+1)))
				if page%2 == 0 { // the place where the page ended moves away
					f.apply(f.put(strings.Replace(string(last.Body), `"requested"`, `"accepted"`, 1)))
				}
				if got.Next == nil {
					break
				}
				q = got.Next.Encode()
			}
			for id := range want {
				assert.Equal(t, 1, met[id], id)
			}
			for id, n := range met {
				assert.Equal(t, 1, n, id)
			}
		})
	}
}

func TestTooManyToSort(t *testing.T) {
	t.Parallel()
	f := start(t)
	require.NoError(t, f.store.Update(t.Context(), func(tx store.Tx) error {
		for i := range mostSorted + 1 {
			w := store.Write{Key: store.Key{Type: "Basic", ID: fmt.Sprint(i)}, Updated: f.time(), Body: []byte("{}"), Terms: []store.Term{{Param: "Basic._tag", Value: "x"}}}
			if _, err := tx.Put(t.Context(), w); err != nil {
				return err
			}
		}
		return nil
	}))
	assert.Equal(t, fhir.CodeTooCostly, f.refusedSearch("Basic", "_sort=_tag"))
	assert.Len(t, f.search("Basic", "_sort=-_lastUpdated").Versions, 50, "in the order of the store there is no end")
	assert.Equal(t, mostSorted+1, f.search("Basic", "_count=0").Total)
}

func TestCursorsOutliveTheProgramAndAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/w.db"
	open := func() (*fixture, *sqlstore.Store) {
		st, err := sqlstore.Open(t.Context(), sqlstore.Options{Path: path})
		require.NoError(t, err)
		return startOn(t, st), st
	}
	f, st := open()
	for i := range 4 {
		f.apply(f.put(fmt.Sprintf(`{"resourceType":"Task","id":"t%d","status":"requested","intent":"order"}`, i)))
	}
	next := f.search("Task", "status=requested&_count=2").Next
	require.NotNil(t, next)
	assert.Equal(t, []string{"t1", "t0"}, found(f.search("Task", next.Encode())))
	require.NoError(t, st.Close())

	again, st := open()
	defer func() { require.NoError(t, st.Close()) }()
	again.ids.Store(1000) // another source of ids: the secret is the one that is kept
	assert.Equal(t, []string{"t1", "t0"}, found(again.search("Task", next.Encode())))
	_, err := again.Search(t.Context(), Principal{Party: "Organization/harbor"}, "Task", next, true)
	require.Error(t, err, "somebody else's")

	other := start(t)
	_, err = other.Search(t.Context(), Principal{}, "Task", next, true)
	require.NoError(t, err, "ids of tests count: the same secret")
	other = start(t)
	other.set.NewSecret = func() []byte { return []byte("another") }
	_, err = other.Search(t.Context(), Principal{}, "Task", next, true)
	require.Error(t, err, "of another store")
}

// A reference that names a version brings that version, once; what is no version brings nothing. A chain looks at the newest, and says so where it mattered.
//
// Source: FHIR R4, search.html, References and Versions
func TestIncludesOfVersions(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, body := range []string{
		`{"resourceType":"Patient","id":"p","name":[{"family":"Old"}]}`,
		`{"resourceType":"Patient","id":"p","name":[{"family":"New"}]}`,
		`{"resourceType":"Organization","id":"o","name":"O"}`,
		`{"resourceType":"Task","id":"first","status":"requested","intent":"order","for":{"reference":"Patient/p/_history/1"},"owner":{"reference":"Organization/o"}}`,
		`{"resourceType":"Task","id":"newest","status":"requested","intent":"order","for":{"reference":"Patient/p"}}`,
		`{"resourceType":"Task","id":"second","status":"requested","intent":"order","for":{"reference":"Patient/p/_history/2"}}`,
		`{"resourceType":"Task","id":"absent","status":"requested","intent":"order","for":{"reference":"Patient/p/_history/9"}}`,
		`{"resourceType":"Task","id":"odd","status":"requested","intent":"order","for":{"reference":"Patient/p/_history/x"}}`,
		`{"resourceType":"Provenance","id":"v","target":[{"reference":"Task/first/_history/1"}],"recorded":"2026-02-03T10:00:00Z","agent":[{"who":{"reference":"Organization/o"}}]}`,
	} {
		f.apply(f.put(body))
		f.step(time.Second)
	}
	for _, c := range []struct{ typ, query, want string }{
		{"Task", "_id=first&_include=Task:patient", "Patient/p/_history/1"},
		{"Task", "_id=first&_include=*", "Organization/o/_history/1 Patient/p/_history/1"},
		{"Task", "_id=newest&_include=Task:patient", "Patient/p/_history/2"},
		{"Task", "_id=second&_include=Task:patient", "Patient/p/_history/2"},
		{"Task", "_id=newest,second&_include=Task:patient", "Patient/p/_history/2"},
		{"Task", "_id=first,second,newest&_include=Task:patient", "Patient/p/_history/1 Patient/p/_history/2"},
		{"Task", "_id=absent&_include=Task:patient", ""},
		{"Task", "_id=odd&_include=Task:patient", ""},
		{"Task", "_id=first&_include=Task:patient:Group", ""},
		{"Patient", "_id=p&_revinclude=Task:patient&_include:iterate=Task:patient", "Patient/p/_history/1 Task/absent/_history/1 Task/first/_history/1 Task/newest/_history/1 Task/odd/_history/1 Task/second/_history/1"},
		{"Provenance", "_id=v&_include=Provenance:target&_include:iterate=Task:patient", "Patient/p/_history/1 Task/first/_history/1"},
	} {
		var got []string
		for _, v := range f.search(c.typ, c.query).Included {
			got = append(got, fmt.Sprintf("%s/_history/%d", v.Key, v.Number))
		}
		slices.Sort(got)
		assert.Equal(t, c.want, strings.Join(got, " "), c.query)
	}
	for query, says := range map[string]bool{"_id=first&patient.family=New": true, "_id=newest&patient.family=New": false, "_id=first&owner:Organization.name=O": false} {
		got := f.search("Task", query)
		assert.Len(t, got.Versions, 1, query)
		assert.Equal(t, says, len(got.Issues) == 1 && got.Issues[0].Severity == fhir.Warning, query)
	}
}
