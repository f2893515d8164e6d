package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

func TestCreateStampsAndKeepsEveryOtherByte(t *testing.T) {
	t.Parallel()
	f := start(t)
	body := "{ \"resourceType\" : \"Patient\",\n \"id\":\"theirs\", \"meta\":{\"versionId\":\"9\",\"tag\":[{\"code\":\"x\"}]},\n\t\"birthDate\":\"1990\", \"_birthDate\":{\"extension\":[{\"url\":\"urn:x\",\"valueDecimal\":1.10}]} }"
	got := f.apply(f.post(body))[0]
	assert.Equal(t, Created, got.Done)
	assert.Equal(t, 1, got.Version.Number)
	assert.Equal(t, "n1", got.Version.ID, "the id in the body of a create does not count")
	want := strings.NewReplacer(`"theirs"`, `"n1"`, `"versionId":"9"`, `"versionId":"1"`).Replace(body)
	assert.Equal(t, want, strings.Replace(string(got.Version.Body), `"lastUpdated":"2026-03-02T17:00:00.000Z",`, "", 1))
	v, err := f.Read(t.Context(), Principal{}, "Patient", "n1")
	require.NoError(t, err)
	assert.Equal(t, got.Version, v)
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(f *fixture) Change
		want   Done
		number int
		kind   Kind
		says   string
	}{
		{"of a new id creates", func(f *fixture) Change { return f.put(`{"resourceType":"Patient","id":"new"}`) }, Created, 1, "", ""},
		{"of what is there makes a version", func(f *fixture) Change { return f.put(`{"resourceType":"Patient","id":"p","gender":"male"}`) }, Updated, 2, "", ""},
		{"with the same content changes nothing", func(f *fixture) Change { return f.put(`{"resourceType":"Patient","id":"p"}`) }, Unchanged, 1, "", ""},
		{"with the same content as it was read changes nothing", func(f *fixture) Change { return f.put(string(f.stored("Patient", "p").Bytes())) }, Unchanged, 1, "", ""},
		{"with a matching If-Match", func(f *fixture) Change {
			return f.put(`{"resourceType":"Patient","id":"p","gender":"male"}`).ifMatch("1")
		}, Updated, 2, "", ""},
		{"with another If-Match", func(f *fixture) Change {
			return f.put(`{"resourceType":"Patient","id":"p","gender":"male"}`).ifMatch("2")
		}, "", 0,
			PreconditionFailed, "Version 2 of Patient/p was expected, and the newest is version 1"},
		{"with an If-Match that is none of ours", func(f *fixture) Change { return f.put(`{"resourceType":"Patient","id":"p"}`).ifMatch("01") }, "", 0,
			PreconditionFailed, "not one of ours"},
		{"with an If-Match of what is not there", func(f *fixture) Change { return f.put(`{"resourceType":"Patient","id":"new"}`).ifMatch("1") }, "", 0,
			PreconditionFailed, "there is no Patient/new"},
		{"with another id in the body", func(f *fixture) Change {
			c := f.put(`{"resourceType":"Patient","id":"q"}`)
			c.ID = "p"
			return c
		}, "", 0, Invalid, "equal"},
		{"without an id in the body", func(f *fixture) Change {
			c := f.put(`{"resourceType":"Patient"}`)
			c.ID = "p"
			return c
		}, "", 0, Invalid, "must have the id"},
		{"with an id that cannot be one", func(f *fixture) Change {
			c := f.put(`{"resourceType":"Patient"}`)
			c.ID = "a_b"
			return c
		}, "", 0, Invalid, "1 to 64 characters"},
		{"with another type in the body", func(f *fixture) Change {
			c := f.put(`{"resourceType":"Patient","id":"p"}`)
			c.Type = "Task"
			return c
		}, "", 0, Invalid, "must be a Task"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.apply(f.put(`{"resourceType":"Patient","id":"p"}`))
			c := tt.change(f)
			if tt.kind != "" {
				assert.Contains(t, f.refused(tt.kind, c).Error(), tt.says)
				return
			}
			got := f.apply(c)[0]
			assert.Equal(t, tt.want, got.Done)
			assert.Equal(t, tt.number, got.Version.Number)
		})
	}
}

func TestDeleteAndRevive(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(`{"resourceType":"Patient","id":"p"}`))
	gone := Change{Method: Delete, Type: "Patient", ID: "p"}
	assert.Equal(t, 2, f.apply(gone)[0].Version.Number)
	assert.Equal(t, Deleted, f.apply(gone)[0].Done)
	assert.Equal(t, 2, f.everything(), "deleting again writes nothing")
	assert.Equal(t, Deleted, f.apply(Change{Method: Delete, Type: "Patient", ID: "never"})[0].Done)
	assert.Equal(t, 2, f.everything(), "deleting what never was writes nothing")

	var r *Refusal
	v, err := f.Read(t.Context(), Principal{}, "Patient", "p")
	require.ErrorAs(t, err, &r)
	assert.Equal(t, Gone, r.Kind)
	assert.Equal(t, 2, v.Number)

	back := f.apply(f.put(`{"resourceType":"Patient","id":"p"}`))[0]
	assert.Equal(t, Created, back.Done)
	assert.Equal(t, 3, back.Version.Number)
	assert.Equal(t, "3", f.stored("Patient", "p").VersionID())
	only := f.put(`{"resourceType":"Patient","id":"p","active":true}`)
	only.OnlyNew = true
	_ = f.refused(PreconditionFailed, only)
	_ = f.refused(PreconditionFailed, Change{Method: Delete, Type: "Patient", ID: "p", IfMatch: "2"})
	assert.Equal(t, 4, f.apply(gone.ifMatch("3"))[0].Version.Number)
}

// What we wrote on top of a party's version does not hide that the party repeats itself.
func TestARepeatUnderOurOwnVersion(t *testing.T) {
	t.Parallel()
	f := start(t)
	theirs := f.put(`{"resourceType":"Patient","id":"p","active":true}`)
	f.apply(theirs)
	f.own(`{"resourceType":"Patient","id":"p","active":false}`, 1)
	got := f.apply(theirs)[0]
	assert.Equal(t, Unchanged, got.Done)
	assert.Equal(t, 2, got.Version.Number, "the newest is told")
	assert.Equal(t, Unchanged, f.apply(f.put(`{"resourceType":"Patient","id":"p","active":false}`))[0].Done, "nor does an echo of ours say anything")
	assert.Equal(t, Updated, f.apply(f.put(`{"resourceType":"Patient","id":"p"}`))[0].Done)
	assert.Equal(t, Updated, f.apply(theirs)[0].Done, "what was said before the last word is a change back")
}

// own writes on our own account.
func (f *fixture) own(body string, replaces int) {
	f.t.Helper()
	require.NoError(f.t, f.store.Update(context.Background(), func(tx store.Tx) error {
		t := &txn{e: f.Engine, ctx: context.Background(), tx: tx, now: f.now()}
		r := read(f.t, body)
		_, err := t.put(store.Key{Type: r.Type(), ID: r.ID()}, replaces, store.Author{Own: true}, r)
		require.Len(f.t, t.touched, 1)
		assert.NotNil(f.t, t.touched[0].Old)
		return err
	}))
}

func TestTransactionOrder(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(`{"resourceType":"Patient","id":"a"}`), f.put(`{"resourceType":"Patient","id":"b"}`))
	got := f.apply(bundle(f.put(`{"resourceType":"Patient","id":"a","active":true}`), f.post(`{"resourceType":"Patient"}`),
		Change{Method: Delete, Type: "Patient", ID: "b"})...)
	assert.Equal(t, "updated created deleted", done(got), "results stand in the callers' order")
	assert.Greater(t, got[0].Version.Seq, got[1].Version.Seq, "PUT comes after POST")
	assert.Greater(t, got[1].Version.Seq, got[2].Version.Seq, "POST comes after DELETE")
}

func TestTheSameResourceTwiceIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(`{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:mrn","value":"1"}]}`))
	tests := map[string][]Change{
		"twice by id":              {f.put(`{"resourceType":"Patient","id":"p","active":true}`), f.put(`{"resourceType":"Patient","id":"p","active":false}`)},
		"written and deleted":      {f.put(`{"resourceType":"Patient","id":"p","active":true}`), {Method: Delete, Type: "Patient", ID: "p"}},
		"by id and by a condition": {f.put(`{"resourceType":"Patient","id":"p","active":true}`), f.put(`{"resourceType":"Patient","active":false}`).where("identifier=urn:mrn|1")},
		"two conditional updates":  {f.put(patient("2")).where("identifier=urn:mrn|2"), f.put(patient("2")).where("identifier=urn:mrn|2")},
		"the same fullUrl":         {f.post(patient("3")).as("urn:uuid:x"), f.post(patient("4")).as("urn:uuid:x")},
	}
	for name, changes := range tests {
		r := f.refused(Invalid, bundle(changes...)...)
		assert.Contains(t, r.Error(), "Bundle.entry[0]", name)
		assert.Contains(t, r.Error(), "Bundle.entry[1]", name)
	}
}

func TestAllIssuesOfAllEntries(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(`{"resourceType":"Patient","id":"p"}`))
	r := f.refused(PreconditionFailed, bundle(
		f.put(`{"resourceType":"Patient","id":"p","active":true}`).ifMatch("7"),
		f.post(patient("1")),
		f.put(`{"resourceType":"Patient","id":"q"}`).ifMatch("7"))...)
	require.Len(t, r.Issues, 2)
	assert.Equal(t, "Bundle.entry[0].request.ifMatch", r.Issues[0].Expression)
	assert.Equal(t, "Bundle.entry[2].request.ifMatch", r.Issues[1].Expression)
}

func TestIssuesSayWhereInTheBundle(t *testing.T) {
	t.Parallel()
	c := Change{Type: "Task", Path: "Bundle.entry[1]"}
	assert.Equal(t, "Bundle.entry[1].resource.status", c.at("Task.status"))
	assert.Equal(t, "Bundle.entry[1].resource", c.at("Task"))
	assert.Equal(t, "Bundle.entry[1]", c.at(""))
	assert.Equal(t, "Bundle.entry[1]", c.at("TaskForce.status"))
	c.Path = ""
	assert.Equal(t, "Task.status", c.at("Task.status"))
}

// A store whose last version lies in the future (the clock was set back, and the program started again) still takes versions.
func TestTheClockNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.step(time.Hour)
	late := f.apply(f.post(patient("1")))[0].Version.Updated
	g := startOn(t, f.store)
	g.ids.Store(100)
	assert.Equal(t, late, g.apply(g.post(patient("2")))[0].Version.Updated)
	g.step(2 * time.Hour)
	assert.Equal(t, late.Add(time.Hour), g.apply(g.post(patient("3")))[0].Version.Updated)
}

func TestAuthors(t *testing.T) {
	t.Parallel()
	f := start(t)
	got, err := f.Apply(t.Context(), Principal{Role: "agency", Party: "Organization/harbor"}, []Change{f.post(patient("1"))})
	require.NoError(t, err)
	assert.Equal(t, store.Author{Role: "agency", Party: "Organization/harbor"}, got[0].Version.Author)
}

// clash is a store in which somebody else was first.
type clash struct {
	store.Store
	err error
}

func (c clash) Update(context.Context, func(store.Tx) error) error { return c.err }

func TestErrorsOfTheStore(t *testing.T) {
	t.Parallel()
	f := start(t)
	ok := f.store
	defer func() { f.store = ok }()
	for _, err := range []error{store.ErrFull, store.ErrFailed, store.ErrBusy, context.Canceled} {
		f.store = clash{ok, err}
		_, got := f.Apply(t.Context(), Principal{}, []Change{f.post(patient("1"))})
		assert.ErrorIs(t, got, err)
	}
	f.store = clash{ok, store.ErrConflict}
	_, got := f.Apply(t.Context(), Principal{}, []Change{f.post(patient("1"))})
	var r *Refusal
	require.ErrorAs(t, got, &r)
	assert.Equal(t, Conflict, r.Kind)
	assert.Equal(t, fhir.CodeConflict, r.Issues[0].Code)
}

func TestHistory(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(`{"resourceType":"Patient","id":"p"}`))
	f.apply(f.put(`{"resourceType":"Patient","id":"p","active":true}`))
	f.apply(Change{Method: Delete, Type: "Patient", ID: "p"})

	all, more, err := f.History(t.Context(), Principal{}, store.Past{Type: "Patient", ID: "p", Limit: 2})
	require.NoError(t, err)
	assert.True(t, more)
	require.Len(t, all, 2)
	assert.True(t, all[0].Deleted)
	all, more, err = f.History(t.Context(), Principal{}, store.Past{Type: "Patient", ID: "p", Before: all[1].Seq, Limit: 2})
	require.NoError(t, err)
	assert.False(t, more)
	assert.Len(t, all, 1)
	all, more, err = f.History(t.Context(), Principal{}, store.Past{Type: "Patient", ID: "p", Limit: 3})
	require.NoError(t, err)
	assert.False(t, more)
	assert.Len(t, all, 3)
	all, more, err = f.History(t.Context(), Principal{}, store.Past{Type: "Patient", ID: "p", Before: 1, Limit: 2})
	require.NoError(t, err)
	assert.False(t, more)
	assert.Empty(t, all)

	var r *Refusal
	_, _, err = f.History(t.Context(), Principal{}, store.Past{Type: "Patient", ID: "never", Limit: 2})
	require.ErrorAs(t, err, &r)
	assert.Equal(t, NotFound, r.Kind)
	for version, kind := range map[string]Kind{"1": "", "2": "", "3": Gone, "4": NotFound, "0": NotFound, "-1": NotFound, "01": NotFound, "x": NotFound} {
		v, err := f.VRead(t.Context(), Principal{}, "Patient", "p", version)
		if kind == "" {
			require.NoError(t, err)
			assert.Contains(t, string(v.Body), `"versionId":"`+version+`"`)
			continue
		}
		require.ErrorAs(t, err, &r, version)
		assert.Equal(t, kind, r.Kind, version)
	}
	_, err = f.Read(t.Context(), Principal{}, "Patient", "never")
	require.ErrorAs(t, err, &r)
	assert.Equal(t, NotFound, r.Kind)
}

// Where we write on top of what was sent, the answer is the newest version, which is ours.
func TestResultsShowWhatWeWroteOnTop(t *testing.T) {
	t.Parallel()
	f := start(t)
	id := f.apply(f.sent(urnA, "")...)[1].Version.ID
	for _, status := range []string{"accepted", "in-progress"} {
		body := strings.Replace(string(f.stored("Task", id).Bytes()), `"status":"`+f.stored("Task", id).Get("status").Text(), `"status":"`+status, 1)
		assert.False(t, f.apply(f.put(body))[0].Version.Author.Own)
	}
	body := strings.Replace(string(f.stored("Task", id).Bytes()), `"in-progress"`, `"completed"`, 1)
	got := f.apply(f.put(body))[0]
	assert.Equal(t, Updated, got.Done)
	assert.True(t, got.Version.Author.Own, "a completed without a visit is held")
	v, err := f.Read(t.Context(), Principal{}, "Task", id)
	require.NoError(t, err)
	assert.Equal(t, v, got.Version)
}
