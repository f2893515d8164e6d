package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/turn"
)

// session is one connection with its prepared statements, for one goroutine at a time. It speaks to the driver itself: what database/sql adds
// (a pool, locks, conversions) costs as much as a short statement does.
type session struct {
	d     dialect
	conn  connection
	stmts map[string]*statement
	texts int     // bytes of the texts of stmts
	worst trouble // the worst trouble since it was last cleared
	cause error   // and the error that told of it
}

// connection is what a driver's connection can do.
type connection interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

// statement is a prepared statement with room for its values.
type statement struct {
	driver.Stmt
	args []driver.NamedValue
	dest row
	runs bool // its rows are being read
}

// What prepared statements a session keeps; searches come in many shapes. A statement takes some ten times its text, and one that is longer than any but a
// search for hundreds of values is not kept at all.
const (
	mostStatements = 300
	mostTexts      = 256 << 10 // bytes of their texts together
	longText       = 8 << 10   // bytes of one
)

func connect(ctx context.Context, d dialect, address string) (*session, error) {
	connector, err := d.connector(address)
	if err != nil {
		return nil, err
	}
	c, err := connector.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	conn, ok := c.(connection)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's %T cannot do what is needed", c), c.Close())
	}
	return &session{d: d, conn: conn, stmts: map[string]*statement{}}, nil
}

func (s *session) prepare(text string) (*statement, error) {
	if stmt, ok := s.stmts[text]; ok {
		return stmt, nil
	}
	for old, stmt := range s.stmts {
		if len(s.stmts) < mostStatements && s.texts+len(text) <= mostTexts {
			break
		}
		if stmt.runs {
			continue
		}
		if err := s.drop(old, stmt); err != nil {
			return nil, err
		}
	}
	stmt, err := s.conn.PrepareContext(context.Background(), s.d.bind(text))
	if err != nil {
		return nil, s.note(err)
	}
	s.stmts[text], s.texts = &statement{Stmt: stmt}, s.texts+len(text)
	return s.stmts[text], nil
}

// drop forgets a prepared statement.
func (s *session) drop(text string, stmt *statement) error {
	delete(s.stmts, text)
	s.texts -= len(text)
	return s.note(stmt.Close())
}

// release lets go of what a statement was run with and what it gave, and of the statement where it is not worth keeping.
func (s *session) release(text string, stmt *statement) error {
	clear(stmt.dest)
	if len(text) <= longText {
		return nil
	}
	return s.drop(text, stmt)
}

// exec runs a statement and gives the number of rows that it changed. It cannot be interrupted: SQLite would undo the whole group.
func (s *session) exec(text string, args ...any) (int64, error) {
	stmt, err := s.prepare(text)
	if err != nil {
		return 0, err
	}
	res, err := stmt.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), stmt.bind(args))
	clear(stmt.args)
	if err != nil {
		return 0, s.note(err)
	}
	if err := s.release(text, stmt); err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query runs a statement that gives rows and calls each for every row, until it fails. The row is good only during the call, its texts and
// blobs for ever. A context that ends stops the statement. Rows of a statement must not be read while it runs for others.
func (s *session) query(ctx context.Context, text string, args []any, each func(row) error) (err error) {
	stmt, err := s.prepare(text)
	if err != nil {
		return err
	}
	rows, err := stmt.Stmt.(driver.StmtQueryContext).QueryContext(ctx, stmt.bind(args))
	clear(stmt.args)
	if err != nil {
		return s.note(err)
	}
	stmt.runs = true
	defer func() {
		stmt.runs = false
		if e := s.note(rows.Close()); err == nil {
			err = e
		}
		if e := s.release(text, stmt); err == nil {
			err = e
		}
	}()
	if n := len(rows.Columns()); len(stmt.dest) != n {
		stmt.dest = make(row, n)
	}
	for n := 0; ; n++ {
		switch err := rows.Next(stmt.dest); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return s.note(err)
		}
		if err := each(stmt.dest); err != nil {
			return err
		}
		if n%64 == 63 {
			if err := turn.Yield(ctx); err != nil {
				return err
			}
		}
	}
}

// one runs a statement for its only row; store.ErrNotFound when there is none.
func (s *session) one(text string, args []any, each func(row) error) error {
	found := false
	err := s.query(context.Background(), text, args, func(r row) error {
		found = true
		return each(r)
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

// bind turns values into those that drivers take.
func (s *statement) bind(args []any) []driver.NamedValue {
	s.args = s.args[:0]
	for i, a := range args {
		switch v := a.(type) {
		case int:
			a = int64(v)
		case bool:
			a = int64(0)
			if v {
				a = int64(1)
			}
		case []byte:
			if v == nil {
				a = nil
			}
		case sql.NullInt64:
			a = nil
			if v.Valid {
				a = v.Int64
			}
		}
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return s.args
}

// row is one row of an answer. Columns that are NULL read as zero.
type row []driver.Value

func (r row) text(i int) string { s, _ := r[i].(string); return s }
func (r row) blob(i int) []byte { b, _ := r[i].([]byte); return b }
func (r row) long(i int) int64  { n, _ := r[i].(int64); return n }
func (r row) flag(i int) bool   { return r.long(i) != 0 }
func (r row) null(i int) sql.NullInt64 {
	n, ok := r[i].(int64)
	return sql.NullInt64{Int64: n, Valid: ok}
}

// lent is a session's connection in the hands of database/sql, for a while: to close it there leaves it open.
type lent struct{ connection }

func (lent) Close() error { return nil }

// lender makes database/sql use a session's connection.
type lender struct{ s *session }

func (l lender) Connect(context.Context) (driver.Conn, error) { return lent{l.s.conn}, nil }
func (l lender) Driver() driver.Driver                        { return nil }

// lend calls f with a database that is the session's connection.
func (s *session) lend(f func(*sql.DB) error) error {
	db := sql.OpenDB(lender{s})
	db.SetMaxOpenConns(1)
	return errors.Join(f(db), db.Close())
}
