package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"warmhandoff/cmd/internal/store"
)

// session is one connection with its prepared statements. For one goroutine at a time.
type session struct {
	d     dialect
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	worst trouble // the worst trouble since it was last cleared
	cause error   // and the error that told of it
}

func newSession(ctx context.Context, d dialect, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &session{d: d, conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (s *session) prepare(text string) (*sql.Stmt, error) {
	if stmt, ok := s.stmts[text]; ok {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(context.Background(), s.d.bind(text))
	if err != nil {
		return nil, s.note(err)
	}
	s.stmts[text] = stmt
	return stmt, nil
}

// exec runs a statement and gives the number of rows that it changed. It cannot be interrupted: SQLite would undo the whole group.
func (s *session) exec(text string, args ...any) (int64, error) {
	stmt, err := s.prepare(text)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, s.note(err)
	}
	return res.RowsAffected()
}

// query runs a statement that gives rows; each is called for every row, until it fails.
func (s *session) query(ctx context.Context, text string, args []any, each func(*sql.Rows) error) (err error) {
	stmt, err := s.prepare(text)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return s.note(err)
	}
	defer func() { err = errors.Join(err, s.note(rows.Close())) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return s.note(rows.Err())
}

// one runs a statement for its first row; store.ErrNotFound when there is none.
func (s *session) one(text string, args []any, into ...any) error {
	found := false
	err := s.query(context.Background(), text, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	})
	if err == nil && !found {
		return store.ErrNotFound
	}
	return err
}

// note remembers trouble on its way out.
func (s *session) note(err error) error {
	if err == nil {
		return nil
	}
	if t := s.d.judge(err); t > s.worst {
		s.worst, s.cause = t, err
	}
	return err
}

func (s *session) close() error {
	var errs []error
	for _, stmt := range s.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}
