package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

func organization(id, npi string) string {
	return fmt.Sprintf(`{"resourceType":"Organization","id":%q,"identifier":[{"system":"urn:npi","value":%q}]}`, id, npi)
}

// TestRuling31WhoeverWritesAnothersIdentifierGainsNothing writes one identifier into records, and asks whom a Consent that names it means.
func TestRuling31WhoeverWritesAnothersIdentifierGainsNothing(t *testing.T) {
	t.Parallel()
	type write struct {
		role  workflow.Role
		party string
		body  string
	}
	const harbor, mallory = "Organization/harbor", "Organization/mallory"
	for name, c := range map[string]struct {
		writes []write
		want   []string
	}{
		"the first record, by its own client":           {[]write{{workflow.Agency, harbor, organization("harbor", "1")}}, []string{harbor}},
		"the first record, by whoever refers to it":     {[]write{{workflow.Referrer, "Organization/ref", organization("harbor", "1")}}, []string{harbor}},
		"a later version, by its own client":            {[]write{{workflow.Agency, harbor, organization("harbor", "9")}, {workflow.Agency, harbor, organization("harbor", "1")}}, nil},
		"a later version, by an administrator":          {[]write{{workflow.Agency, harbor, organization("harbor", "9")}, {workflow.Admin, "", organization("harbor", "1")}}, []string{harbor}},
		"a record that another agency made":             {[]write{{workflow.Agency, mallory, organization("harbor", "1")}}, nil},
		"another's, in a record of one's own":           {[]write{{workflow.Agency, harbor, organization("harbor", "1")}, {workflow.Agency, mallory, organization("mallory", "1")}}, []string{harbor, mallory}},
		"another's, which an administrator wrote there": {[]write{{workflow.Admin, "", organization("harbor", "1")}, {workflow.Agency, mallory, organization("mallory", "1")}}, []string{harbor}},
		"two, which an administrator wrote":             {[]write{{workflow.Admin, "", organization("harbor", "1")}, {workflow.Admin, "", organization("cedar", "1")}}, []string{"Organization/cedar", harbor}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			for _, w := range c.writes {
				_, err := f.Apply(t.Context(), Principal{Role: w.role, Party: w.party}, []Change{f.put(w.body)})
				require.NoError(t, err)
			}
			require.NoError(t, f.update(t.Context(), func(x *txn) error {
				got, err := x.means(&mapping.Logical{Name: "urn:npi|1", Types: []string{"Organization"}, Vouched: true})
				assert.ElementsMatch(t, c.want, got) // two are none
				return err
			}))
		})
	}
}

// TestRuling32IsSaidInTheAnswer writes a Task for somebody else.
func TestRuling32IsSaidInTheAnswer(t *testing.T) {
	t.Parallel()
	f := start(t)
	done := f.apply(f.put(`{"resourceType":"ServiceRequest","id":"sr","status":"active","intent":"order","subject":{"reference":"Patient/p"}}`),
		f.put(`{"resourceType":"Task","id":"t","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/sr"},"for":{"reference":"Patient/q"},"owner":{"reference":"Organization/harbor"}}`))
	at := slices.IndexFunc(done[1].Issues, func(i fhir.Issue) bool { return strings.HasSuffix(i.Expression, "Task.for") })
	require.GreaterOrEqual(t, at, 0, "%v", done[1].Issues)
	assert.Equal(t, fhir.Warning, done[1].Issues[at].Severity)
	assert.Contains(t, done[1].Issues[at].Text, "is for somebody whom ServiceRequest/sr is not about")
}

// TestRuling31InAStoreOfBefore follows what a store has that was written before references by identifier were.
func TestRuling31InAStoreOfBefore(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(`{"resourceType":"ServiceRequest","id":"sr","identifier":[{"system":"urn:order","value":"1"}],"status":"active","intent":"order","subject":{"reference":"Patient/p"}}`))
	body := `{"resourceType":"Task","id":"t","status":"requested","intent":"order","focus":{"type":"ServiceRequest","identifier":{"system":"urn:order","value":"1"}},"owner":{"reference":"Organization/harbor"}}`
	require.NoError(t, f.store.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.Put(t.Context(), store.Write{Key: store.Key{Type: "Task", ID: "t"}, Updated: f.time(), Body: []byte(body)})
		return err
	}))
	require.NoError(t, f.Reindex(t.Context(), true, nil))
	require.NoError(t, f.Reproject(t.Context(), nil))
	doc, err := f.HandoffParameters(t.Context(), Principal{}, "Task", "t")
	require.NoError(t, err)
	assert.Contains(t, string(doc), `"preparing"`)
}

// TestOrdinaryWritesLookOnceForNames counts what an intake in which nothing is named by an identifier asks of the store for that.
func TestOrdinaryWritesLookOnceForNames(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(organization("harbor", "1")),
		f.put(`{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:mrn","value":"1"}]}`),
		f.put(`{"resourceType":"ServiceRequest","id":"sr","identifier":[{"system":"urn:order","value":"1"}],"status":"active","intent":"order","subject":{"reference":"Patient/p"}}`),
		f.put(`{"resourceType":"Task","id":"t","identifier":[{"system":"urn:task","value":"1"}],"status":"requested","intent":"order","focus":{"reference":"ServiceRequest/sr"},"for":{"reference":"Patient/p"},"owner":{"reference":"Organization/harbor"}}`))
	looks := 0
	require.NoError(t, f.update(t.Context(), func(x *txn) error {
		x.tx = countingLooks{x.tx, &looks}
		r, err := fhir.ReadStored([]byte(`{"resourceType":"Patient","id":"n","identifier":[{"system":"urn:mrn","value":"2"}]}`))
		if err != nil {
			return err
		}
		x.touch(store.Key{Type: "Patient", ID: "n"}, nil, r, store.Version{Number: 1})
		x.touch(store.Key{Type: "Organization", ID: "o"}, nil, r, store.Version{Number: 1})
		tied, err := x.tie()
		assert.Empty(t, tied)
		return err
	}))
	assert.Equal(t, 1, looks)
}

// countingLooks counts the looks at links and for identifiers.
type countingLooks struct {
	store.Tx
	looks *int
}

func (c countingLooks) LinkedTo(ctx context.Context, to ...string) ([]store.Linked, error) {
	*c.looks++
	return c.Tx.LinkedTo(ctx, to...)
}

func (c countingLooks) Search(ctx context.Context, q store.Query) (store.Page, error) {
	*c.looks++
	return c.Tx.Search(ctx, q)
}

// TestRuling31MistakesTakeNobodysPlace: however many requests of one number were entered in error, the one that was not is found; and where more carry it
// than are looked at, it is not known that there is one alone.
func TestRuling31MistakesTakeNobodysPlace(t *testing.T) {
	t.Parallel()
	request := func(id string, status string) string {
		return fmt.Sprintf(`{"resourceType":"ServiceRequest","id":%q,"status":%q,"intent":"order","identifier":[{"system":"urn:r","value":"1"}],"subject":{"reference":"Patient/p"}}`, id, status)
	}
	f := start(t)
	f.apply(f.put(request("first", "active")))
	means := func() (keys []string) {
		require.NoError(t, f.update(t.Context(), func(x *txn) (err error) {
			keys, err = x.means(&mapping.Logical{Name: "urn:r|1"})
			return err
		}))
		return keys
	}
	var wrong []Change
	for i := range 3 * mostCarriers {
		wrong = append(wrong, f.put(request(fmt.Sprintf("wrong%d", i), "entered-in-error")))
	}
	f.apply(wrong...)
	assert.Equal(t, []string{"ServiceRequest/first"}, means())
	f.apply(f.put(request("second", "active")))
	assert.Len(t, means(), 2)
	for i := range mostPages * mostCarriers {
		wrong = append(wrong, f.put(request(fmt.Sprintf("worse%d", i), "entered-in-error")))
	}
	f.apply(wrong...)
	assert.NotEqual(t, []string{"ServiceRequest/second"}, means())
}
