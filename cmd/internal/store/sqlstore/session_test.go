package sqlstore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

// TestASessionKeepsNothingLarge holds that what a statement was run with and what it gave are let go, and statements that are longer than any that is asked
// twice, too.
func TestASessionKeepsNothingLarge(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	large := []byte(strings.Repeat("x", 1<<20))
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.Put(t.Context(), store.Write{Key: store.Key{Type: "Patient", ID: "p"}, Updated: noon, Body: large,
			Terms: []store.Term{{Param: "Patient.name", Value: string(large)}}})
		return err
	}))
	for n := range 400 {
		require.NoError(t, st.View(t.Context(), func(r store.Reader) error {
			_, err := r.Newest(t.Context(), store.Key{Type: "Patient", ID: "p"})
			if err == nil {
				_, err = r.Search(t.Context(), store.Query{Type: "Patient", Limit: 1 + n, All: []store.Match{{Param: "Patient.name", Values: strings.Split(strings.Repeat("a ", 1+n), " ")}}})
			}
			if err == nil {
				_, err = r.LinkedTo(t.Context(), strings.Split(strings.Repeat("a ", 4000+n), " ")...)
			}
			return err
		}))
	}
	sessions := []*session{st.writer.s}
	for range st.readers {
		s := <-st.pool
		sessions = append(sessions, s)
		defer func() { st.pool <- s }()
	}
	for _, s := range sessions {
		texts := 0
		for text, stmt := range s.stmts {
			texts += len(text)
			assert.LessOrEqual(t, len(text), longText)
			for _, held := range stmt.dest {
				assert.Nil(t, held, text)
			}
			for _, held := range stmt.args[:cap(stmt.args)] {
				assert.Nil(t, held.Value, text)
			}
		}
		assert.Equal(t, texts, s.texts)
		assert.LessOrEqual(t, texts, mostTexts+longText)
		assert.LessOrEqual(t, len(s.stmts), mostStatements)
	}
	assert.NotEmpty(t, fmt.Sprint(sessions[0].texts))
}

// TestAStatementThatRunsIsNotDropped to make room for others.
func TestAStatementThatRunsIsNotDropped(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	s := <-st.pool
	defer func() { st.pool <- s }()
	rows := 0
	require.NoError(t, s.query(t.Context(), "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", nil, func(row) error {
		rows++
		for n := range 2 * mostStatements {
			if err := s.one(fmt.Sprintf("SELECT %d", n+rows*1000), nil, func(row) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	}))
	assert.Equal(t, 3, rows)
}
