package sqlstore

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

// written gives a database file that some program made by statements.
func written(t *testing.T, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.db")
	s, err := connect(t.Context(), sqliteDialect(), sqliteAddress(path))
	require.NoError(t, err)
	require.NoError(t, s.lend(func(db *sql.DB) error {
		for _, text := range statements {
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, s.close())
	return path
}

func TestADatabaseOfAnotherProgramIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		statements []string
		says       string
	}{
		"one that says whose it is":         {[]string{"PRAGMA application_id = 252006673", "CREATE TABLE a (b)"}, "another program (its application_id is 0x0f055111)"},
		"one with nothing but that":         {[]string{"PRAGMA application_id = -1"}, "another program (its application_id is 0xffffffff)"},
		"one of tables":                     {[]string{"CREATE TABLE notes (a)"}, "another program (it has the tables notes)"},
		"one of many tables":                {[]string{"CREATE TABLE a (a)", "CREATE TABLE b (a)", "CREATE TABLE c (a)", "CREATE TABLE d (a)"}, "it has the tables a, b, c, …"},
		"one that uses the same migrations": {[]string{"CREATE TABLE goose_db_version (a)", "CREATE TABLE users (a)"}, "it has the tables users"},
		"one with a table named like ours":  {[]string{"CREATE TABLE version (a)"}, "it has the tables version"},
		"one in the write-ahead log":        {[]string{"PRAGMA journal_mode = wal", "CREATE TABLE notes (a)"}, "it has the tables notes"},
		"one that only counts":              {[]string{"PRAGMA user_version = 7"}, "its user_version is not 0"},
		"one of a later program of ours":    {[]string{"PRAGMA application_id = 2003658863", "PRAGMA user_version = 2"}, "later version of this program"},
	} {
		path := written(t, row.statements...)
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, shared := range []bool{false, true} {
			_, err = Open(t.Context(), Options{Path: path, Shared: shared})
			require.ErrorContains(t, err, row.says, name)
		}
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, before, after, name)
		left, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		assert.Len(t, left, 1, "%s: nothing lies beside it", name)
	}
	text := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("a text that somebody wrote, and that is long enough to be a header of a database, which has a hundred bytes"), 0o600))
	require.ErrorContains(t, CheckOwn(t.Context(), text), "no SQLite database")
	require.ErrorContains(t, CheckOwn(t.Context(), filepath.Dir(text)), "a folder")
}

// TestAnExposedFileIsItsOwnersAlone when it is opened, and those beside it; a file that a group may read on purpose stays so.
func TestAnExposedFileIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		before, after os.FileMode
		exposed       bool
	}{{0o644, 0o600, true}, {0o666, 0o600, true}, {0o604, 0o600, true}, {0o660, 0o660, false}, {0o640, 0o640, false}, {0o600, 0o600, false}} {
		path := filepath.Join(t.TempDir(), "w.db")
		st, err := Open(t.Context(), Options{Path: path})
		require.NoError(t, err)
		assert.False(t, st.Exposed(), "a new file")
		require.NoError(t, st.Close())
		for _, end := range []string{"", ".lock"} {
			require.NoError(t, os.Chmod(path+end, row.before))
		}
		st, err = Open(t.Context(), Options{Path: path})
		require.NoError(t, err)
		assert.Equal(t, row.exposed, st.Exposed(), "%o", row.before)
		for _, end := range []string{"", ".lock", "-wal", "-shm"} {
			info, err := os.Stat(path + end)
			require.NoError(t, err)
			assert.Equal(t, row.after, info.Mode().Perm(), "%s, which was %o", end, row.before)
		}
		require.NoError(t, st.Close())
	}
}

func TestADatabaseOfOursSaysSo(t *testing.T) {
	t.Parallel()
	says := func(path string) (o owner) {
		s, err := connect(t.Context(), sqliteDialect(), sqliteAddress(path, "mode=ro"))
		require.NoError(t, err)
		o, err = readOwner(s)
		require.NoError(t, err)
		require.NoError(t, s.close())
		return o
	}
	fresh := filepath.Join(t.TempDir(), "w.db")
	empty := filepath.Join(t.TempDir(), "w.db")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	before := filepath.Join(t.TempDir(), "w.db")
	st, err := Open(t.Context(), Options{Path: before})
	require.NoError(t, err)
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error { return putOne(t.Context(), tx, "t1", noon, nil) }))
	require.NoError(t, st.Close())
	s, err := connect(t.Context(), sqliteDialect(), sqliteAddress(before))
	require.NoError(t, err)
	for _, text := range []string{"PRAGMA application_id = 0", "PRAGMA user_version = 0", "CREATE TABLE somebody_added_this (a)"} {
		_, err = s.exec(text)
		require.NoError(t, err)
	}
	require.NoError(t, s.close())

	for name, path := range map[string]string{
		"a new one": fresh, "an empty file": empty, "one of before the header said so": before,
		"one of which the making was broken off": written(t, "CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, "+
			"is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')))", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1)"),
	} {
		require.NoError(t, CheckOwn(t.Context(), path), name)
		for range 2 {
			st, err := Open(t.Context(), Options{Path: path})
			require.NoError(t, err, name)
			require.NoError(t, CheckOwn(t.Context(), path), "%s: while it is open", name)
			if path == before {
				assert.Equal(t, 1, stored(t, st), "nothing of it is lost")
			}
			require.NoError(t, st.Close())
		}
		assert.EqualValues(t, applicationID, says(path).application, name)
		assert.EqualValues(t, layout, says(path).layout, name)
	}
}

func TestRoomLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "w.db")
	st, err := Open(t.Context(), Options{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	before, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.NoError(t, st.Room())
	after, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, after, len(before))
	require.NoError(t, openTest(t, Options{}).Room(), "memory has no disk")
	st.path = filepath.Join(path, "not-a-folder", "w.db")
	require.ErrorIs(t, st.Room(), store.ErrFull)
}
