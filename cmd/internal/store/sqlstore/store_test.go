package sqlstore_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/cmd/internal/store/storetest"
)

func openFile(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlstore.Open(t.Context(), sqlstore.Options{Path: filepath.Join(t.TempDir(), "w.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	return st
}

func TestAFilePassesTheSuite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, openFile)
}

func TestAFileThatIsSharedPassesTheSuite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store {
		t.Helper()
		path := filepath.Join(t.TempDir(), "w.db")
		var st *sqlstore.Store
		for range 2 { // one that does nothing, and one that is tested
			var err error
			st, err = sqlstore.Open(t.Context(), sqlstore.Options{Path: path, Shared: true})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, st.Close()) })
		}
		return st
	})
}

func TestMemoryPassesTheSuite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store {
		t.Helper()
		st, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, st.Close()) })
		return st
	})
}
