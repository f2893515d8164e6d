package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteOldest is the first version of SQLite without the race between two connections that reset the log, which loses committed writes.
//
// Source: SQLite, wal.html, "the WAL-reset bug"
var sqliteOldest = [3]int{3, 51, 3}

func sqliteDialect() dialect {
	return dialect{
		goose:      goose.DialectSQLite3,
		migrations: "migrations/sqlite",
		begin:      "BEGIN IMMEDIATE",
		snapshot:   "BEGIN",
		bind:       func(sql string) string { return sql },
		judge:      judgeSQLite,
		connector:  sqlite.NewConnector,
		check:      checkSQLite,
	}
}

// judgeSQLite sorts SQLite's result codes.
//
// Source: SQLite, rescode.html
func judgeSQLite(err error) trouble {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return noTrouble
	}
	if e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE {
		return full // the shared-memory file could not grow; nothing in it is lasting
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return full
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return busy
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_PERM:
		return failed
	}
	return noTrouble
}

func isNoDatabase(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_NOTADB
}

func checkSQLite(s *session) error {
	text := ""
	err := s.one("SELECT sqlite_version()", nil, func(r row) error {
		text = r.text(0)
		return nil
	})
	if err != nil {
		return fmt.Errorf("ask SQLite for its version: %w", err)
	}
	if olderThan(text, sqliteOldest) {
		return fmt.Errorf("SQLite %s can lose committed writes; %d.%d.%d or later is needed",
			text, sqliteOldest[0], sqliteOldest[1], sqliteOldest[2])
	}
	return nil
}

func olderThan(version string, oldest [3]int) bool {
	parts := strings.SplitN(version, ".", 4)
	for i, want := range oldest {
		have := 0
		if i < len(parts) {
			have, _ = strconv.Atoi(parts[i])
		}
		if have != want {
			return have < want
		}
	}
	return false
}

// sqliteAddress makes the name under which the driver opens a database. Settings follow the names of SQLite's pragmas.
func sqliteAddress(path string, settings ...string) string {
	query := url.Values{}
	for _, s := range settings {
		if mode, ok := strings.CutPrefix(s, "mode="); ok {
			query.Set("mode", mode)
			continue
		}
		query.Add("_pragma", s)
	}
	path = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + path + "?" + query.Encode()
}

// Settings that every connection has: a crafted file must not run functions from its schema, and damaged pages must be noticed.
var sqliteCommon = []string{"busy_timeout(5000)", "foreign_keys(1)", "trusted_schema(0)", "cell_size_check(1)", "temp_store(memory)"}

func sqliteWriter(path, synchronous string) string {
	return sqliteAddress(path, append([]string{
		"journal_mode(wal)", "synchronous(" + synchronous + ")", "wal_autocheckpoint(0)", "journal_size_limit(67108864)", "cache_size(-32000)",
	}, sqliteCommon...)...)
}

func sqliteReader(path string) string {
	return sqliteAddress(path, append([]string{"mode=ro", "query_only(1)", "wal_autocheckpoint(0)", "cache_size(-16000)"}, sqliteCommon...)...)
}

func sqliteMemory() string {
	return sqliteAddress(":memory:", append([]string{"journal_mode(memory)", "synchronous(off)"}, sqliteCommon...)...)
}

// lockSQLite makes sure that no other program has the database open: it holds an exclusive transaction on an empty database beside it. SQLite's
// own locks do this on every system, within one process too, and vanish with the process. Those who share the file begin by holding the lock of the
// one who writes, so that they open it one after the other, and then hold that of a reader, see shareSQLite.
func lockSQLite(ctx context.Context, path string, shared bool) (*session, error) {
	path += ".lock"
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	begin, settings := "BEGIN EXCLUSIVE", []string{"cache_size(-64)", "journal_mode(memory)"}
	if shared {
		begin, settings = "BEGIN IMMEDIATE", append([]string{"busy_timeout(5000)"}, settings...)
	}
	s, err := connect(ctx, sqliteDialect(), sqliteAddress(path, settings...))
	if err == nil {
		if _, err = s.exec(begin); err == nil {
			return s, nil
		}
		err = errors.Join(err, s.close())
	}
	if judgeSQLite(err) == busy {
		return nil, errors.New("another program has this database open")
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// shareSQLite lets the next one open the file.
func shareSQLite(lock *session) error {
	for _, text := range []string{"ROLLBACK", "BEGIN"} {
		if _, err := lock.exec(text); err != nil {
			return err
		}
	}
	err := lock.one("SELECT count(*) FROM sqlite_schema", nil, func(row) error { return nil })
	if judgeSQLite(err) == busy {
		return errors.New("another program has this database open")
	}
	return err
}

// hide takes what everybody on the machine may do with a database file, and with those beside it, away from all but its owner, and reports whether there was
// anything. A file that was copied or restored has what the copying gave it. What its group may do alone is left: somebody gave it that. It is an error where
// it cannot be taken away.
func hide(path string) (exposed bool, err error) {
	const others, owner = 0o007, 0o700
	for _, end := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + end)
		if errors.Is(err, os.ErrNotExist) || err == nil && info.Mode().Perm()&others == 0 || runtime.GOOS == "windows" {
			continue
		}
		if err == nil {
			err = os.Chmod(path+end, info.Mode().Perm()&owner)
		}
		if err != nil {
			return true, fmt.Errorf("everybody on this machine may open %s, and that cannot be taken away: %w", path+end, err)
		}
		exposed = true
	}
	return exposed, nil
}

// Exposed reports whether everybody on the machine could open the file until this program opened it. Nobody but its owner can any more.
func (st *Store) Exposed() bool { return st.exposed }

// createPrivate makes an empty file that only its owner may read, unless there is one. SQLite gives the files beside it the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}
