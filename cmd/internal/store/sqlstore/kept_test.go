package sqlstore

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

func TestWhatIsAskedForAgainStaysAndTheRestGoes(t *testing.T) {
	t.Parallel()
	var k kept
	body := bytes.Repeat([]byte("x"), 1<<20)
	one := func(seq int64) []store.Version { return []store.Version{{Seq: seq, Body: body}} }
	k.add(one(1))
	for seq := int64(2); seq < 100; seq++ {
		k.add(one(seq))
		found, others := k.find([]int64{1})
		require.Len(t, found, 1, "asked for all the time, after %d", seq)
		require.Empty(t, others)
		require.LessOrEqual(t, len(k.young)+len(k.old), 2*(mostKept>>20)+2)
	}
	found, others := k.find([]int64{2, 99})
	assert.Equal(t, []int64{2}, others, "never asked for again")
	assert.Equal(t, one(99), found)
}

// What is kept of a resource is one of its versions: who reads a later snapshot gets the later one, and who is still in an earlier one the earlier.
func TestWhatIsKeptIsTrueInEverySnapshot(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	k := store.Key{Type: "Patient", ID: "p"}
	write := func(number int, deleted bool) {
		require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
			_, err := tx.Put(t.Context(), store.Write{Key: k, Replaces: number - 1, Updated: noon, Deleted: deleted, Body: []byte{byte('0' + number)}})
			return err
		}))
	}
	read := func(r store.Reader) string {
		page, err := r.Search(t.Context(), store.Query{Type: k.Type, IDs: []string{k.ID}, Limit: 9})
		require.NoError(t, err)
		text := ""
		for _, v := range page.Versions {
			text += v.String() + " " + string(v.Body)
		}
		return text
	}
	write(1, false)
	require.NoError(t, st.View(t.Context(), func(early store.Reader) error {
		require.Equal(t, "Patient/p 1", read(early))
		require.Len(t, st.kept.young, 1)
		write(2, false)
		require.NoError(t, st.View(t.Context(), func(late store.Reader) error {
			require.Equal(t, "Patient/p 2", read(late))
			require.Equal(t, "Patient/p 2", read(late), "kept")
			return nil
		}))
		require.Equal(t, "Patient/p 1", read(early))
		write(3, true)
		require.NoError(t, st.View(t.Context(), func(late store.Reader) error {
			require.Empty(t, read(late))
			return nil
		}))
		return nil
	}))
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.Put(t.Context(), store.Write{Key: k, Replaces: 3, Updated: noon, Body: []byte("4")})
		require.NoError(t, err)
		require.Equal(t, "Patient/p 4", read(tx))
		return nil
	}))
	require.Len(t, st.kept.young, 2, "what an update sees is not kept: it may never be committed")
}
