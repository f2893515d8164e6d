package storetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

func testLinks(t *testing.T, st store.Store) {
	const sr1, sr2, p1 = "ServiceRequest/sr1", "ServiceRequest/sr2", "Patient/p1"
	visit := store.Key{Type: "Appointment", ID: "v"}
	linked := func(k store.Key, replaces int, links ...store.Link) store.Write {
		w := version(k, replaces, minute(0))
		w.Links = links
		return w
	}
	to := func(target string) []store.Linked {
		var all []store.Linked
		view(t, st, func(ctx context.Context, r store.Reader) {
			var err error
			all, err = r.LinkedTo(ctx, target)
			require.NoError(t, err)
		})
		return all
	}
	from := func(k store.Key) []store.Link {
		var all []store.Link
		view(t, st, func(ctx context.Context, r store.Reader) {
			var err error
			all, err = r.Links(ctx, k)
			require.NoError(t, err)
		})
		return all
	}
	missing := func(typ string, limit int) (all []string) {
		view(t, st, func(ctx context.Context, r store.Reader) {
			var err error
			all, err = r.Missing(ctx, typ, limit)
			require.NoError(t, err)
		})
		return all
	}
	assert.Empty(t, to(sr1))
	assert.Empty(t, from(task("t1")), "a resource that is not there")

	focus, subject := store.Link{Via: "focus", To: sr1}, store.Link{Via: "for", To: p1}
	v := put(t, st, linked(task("t1"), 0, focus, subject, focus), linked(visit, 0, store.Link{Via: "basedOn", To: sr1}))
	assert.Equal(t, []store.Link{focus, subject}, from(task("t1")), "each once")
	assert.Equal(t, []store.Linked{
		{From: task("t1"), Via: "focus", Number: 1, Seq: v[0].Seq},
		{From: visit, Via: "basedOn", Number: 1, Seq: v[1].Seq},
	}, to(sr1), "also when the target is not there yet")

	moved := store.Link{Via: "focus", To: sr2}
	w := put(t, st, linked(task("t1"), 1, moved, subject))
	assert.Equal(t, []store.Linked{
		{From: visit, Via: "basedOn", Number: 1, Seq: v[1].Seq},
		{From: task("t1"), Via: "focus", Former: true, Number: 2, Seq: w[0].Seq},
	}, to(sr1), "what once pointed is remembered as former; the order is that of the newest versions")
	assert.Equal(t, []store.Linked{{From: task("t1"), Via: "focus", Number: 2, Seq: w[0].Seq}}, to(sr2))
	view(t, st, func(ctx context.Context, r store.Reader) {
		last, err := r.LinkedLast(ctx, sr1, 9)
		require.NoError(t, err)
		assert.Equal(t, []store.Linked{{From: visit, Via: "basedOn", Number: 1, Seq: v[1].Seq}}, last, "former ones are not asked for here")
		last, err = r.LinkedLast(ctx, sr1, 0)
		require.NoError(t, err)
		assert.Empty(t, last)
	})
	assert.Equal(t, []store.Linked{{From: task("t1"), Via: "for", Number: 2, Seq: w[0].Seq}}, to(p1))

	w = put(t, st, linked(task("t1"), 2, focus, store.Link{Via: "basedOn", To: sr1}))
	assert.Equal(t, []store.Linked{
		{From: visit, Via: "basedOn", Number: 1, Seq: v[1].Seq},
		{From: task("t1"), Via: "basedOn", Number: 3, Seq: w[0].Seq},
		{From: task("t1"), Via: "focus", Number: 3, Seq: w[0].Seq},
	}, to(sr1), "a link that comes back is former no more, and one resource may point twice")

	view(t, st, func(ctx context.Context, r store.Reader) {
		last, err := r.LinkedLast(ctx, sr1, 3)
		require.NoError(t, err)
		assert.Equal(t, []store.Key{visit, task("t1"), task("t1")}, []store.Key{last[0].From, last[1].From, last[2].From}, "what was made last first, whatever was written since")
		last, err = r.LinkedLast(ctx, sr1, 1)
		require.NoError(t, err)
		assert.Equal(t, []store.Linked{{From: visit, Via: "basedOn", Number: 1, Seq: v[1].Seq}}, last)
	})
	gone := put(t, st, store.Write{Key: visit, Replaces: 1, Updated: minute(1), Deleted: true})
	assert.Equal(t, store.Linked{From: visit, Via: "basedOn", Former: true, Number: 2, Seq: gone[0].Seq}, to(sr1)[2],
		"a deleted source stays, as former")
	assert.Empty(t, from(visit))

	after := func(id, typ string, links ...store.Link) {
		w := linked(store.Key{Type: typ, ID: id}, 0, links...)
		w.Updated = minute(2)
		put(t, st, w)
	}
	after("e", "Encounter", store.Link{Via: "basedOn", To: sr2})
	assert.Equal(t, []string{sr1, sr2}, missing("ServiceRequest", 9), "what is not there and pointed at")
	assert.Equal(t, []string{sr1}, missing("ServiceRequest", 1))
	after("sr1", "ServiceRequest")
	assert.Equal(t, []string{sr2}, missing("ServiceRequest", 9), "until it comes")
}
