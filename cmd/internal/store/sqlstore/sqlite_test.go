package sqlstore

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSettingsAreThoseOfASafeStore(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	reader := <-st.pool
	defer func() { st.pool <- reader }()
	setting := func(s *session, name string) (v any) {
		require.NoError(t, s.one("PRAGMA "+name, nil, func(r row) error {
			v = r[0]
			return nil
		}))
		return v
	}
	for name, want := range map[string]any{
		"journal_mode": "wal", "wal_autocheckpoint": int64(0), "busy_timeout": int64(5000), "foreign_keys": int64(1),
		"trusted_schema": int64(0), "cell_size_check": int64(1),
	} {
		assert.Equal(t, want, setting(st.writer.s, name), "writer: %s", name)
		assert.Equal(t, want, setting(reader, name), "reader: %s", name)
	}
	assert.Equal(t, int64(2), setting(st.writer.s, "synchronous"), "FULL")
	_, err := reader.exec("DELETE FROM version")
	require.ErrorContains(t, err, "readonly", "readers cannot write")

	lax := openTest(t, Options{Synchronous: "OFF"})
	assert.Equal(t, int64(0), setting(lax.writer.s, "synchronous"), "what tests of syncing ask for")
}

func TestVersionsOfSQLiteAreCompared(t *testing.T) {
	t.Parallel()
	for version, older := range map[string]bool{
		"3.51.2": true, "3.51.3": false, "3.51.10": false, "3.52": false, "3.51": true, "3.9.9": true, "4.0.0": false, "": true, "new": true,
	} {
		assert.Equal(t, older, olderThan(version, sqliteOldest), "%q", version)
	}
	s, err := connect(t.Context(), sqliteDialect(), sqliteMemory())
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	require.NoError(t, checkSQLite(s), "the one inside this program")
}

func TestASchemaOfALaterProgramIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "w.db")
	st, err := Open(t.Context(), Options{Path: path})
	require.NoError(t, err)
	_, err = st.writer.s.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
	require.NoError(t, err)
	require.NoError(t, st.Close())
	_, err = Open(t.Context(), Options{Path: path})
	require.ErrorContains(t, err, "the database has schema 99999, made by a later version of this program")
}

func TestOldStatementsMakeRoomForNew(t *testing.T) {
	t.Parallel()
	s, err := connect(t.Context(), sqliteDialect(), sqliteMemory())
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	for i := range 3 * mostStatements {
		_, err := s.exec("SELECT 1" + limited(i+1))
		require.NoError(t, err)
	}
	assert.Len(t, s.stmts, mostStatements)
}

func TestTheDriversErrorsAreJudged(t *testing.T) {
	t.Parallel()
	s, err := connect(t.Context(), sqliteDialect(), sqliteMemory())
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	_, err = s.exec("no statement")
	require.Error(t, err)
	assert.Equal(t, noTrouble, judgeSQLite(err), "a wrong statement says nothing about the disk")
	assert.Equal(t, noTrouble, s.worst)
	_, err = s.exec("PRAGMA query_only = 1")
	require.NoError(t, err)
	_, err = s.exec("CREATE TABLE t (x)")
	assert.Equal(t, failed, judgeSQLite(err), "a database that cannot be written")
	assert.Equal(t, failed, s.worst)
}

func TestNobodyIsWokenTooEarly(t *testing.T) {
	t.Parallel()
	assert.Equal(t, noon, fromMicros(micros(noon)))
	assert.Equal(t, noon.Add(time.Microsecond), fromMicros(micros(noon.Add(1))))
	far := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	assert.Equal(t, far, fromMicros(micros(far)))
	assert.True(t, fromMicros(micros(time.Time{})).IsZero())
}
