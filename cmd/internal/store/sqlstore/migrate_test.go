package sqlstore

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

// A file of the first schema is opened, searched and written as if it had been made today.
func TestADatabaseOfTheFirstSchemaOpens(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "w.db")
	s, err := connect(t.Context(), sqliteDialect(), sqliteWriter(path, "FULL"))
	require.NoError(t, err)
	require.NoError(t, s.lend(func(db *sql.DB) error {
		steps, err := fs.Sub(migrations, s.d.migrations)
		require.NoError(t, err)
		p, err := goose.NewProvider(s.d.goose, db, steps, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
		require.NoError(t, err)
		_, err = p.UpTo(t.Context(), 1)
		return err
	}))
	old := []store.Term{{Param: "Task.status", Value: "requested"}}
	for _, one := range []struct {
		text string
		args []any
	}{
		{"INSERT INTO resource (rid, type, id, number, seq, deleted, terms, links) VALUES (1, 'Task', 't', 1, 1, 0, ?, NULL)", []any{packTerms(old)}},
		{`INSERT INTO version (seq, rid, number, type, id, updated, deleted, role, party, own, body) VALUES (1, 1, 1, 'Task', 't', ?, 0, '', '', 0, ?)`,
			[]any{millis(noon), []byte("{}")}},
		{insertRow, []any{"Task.status", "requested", 1}},
	} {
		_, err := s.exec(one.text, one.args...)
		require.NoError(t, err)
	}
	require.NoError(t, s.close())

	st, err := Open(t.Context(), Options{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	found := func(m ...store.Match) int {
		n := 0
		require.NoError(t, st.View(t.Context(), func(r store.Reader) error {
			page, err := r.Search(t.Context(), store.Query{Type: "Task", All: m, Limit: 9})
			n = len(page.Versions)
			return err
		}))
		return n
	}
	status := store.Match{Param: "Task.status", Values: []string{"requested"}}
	loose := store.Match{Param: "Task.priority", Values: []string{"stat"}, Loose: true}
	assert.Equal(t, 1, found(status))
	assert.Equal(t, 0, found(loose))
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.Put(t.Context(), store.Write{Key: store.Key{Type: "Task", ID: "t"}, Replaces: 1, Updated: noon, Body: []byte("{}"),
			Terms: append(old, store.Term{Param: "Task.priority", Value: "stat", Loose: true})})
		return err
	}))
	assert.Equal(t, 1, found(status, loose))
}
