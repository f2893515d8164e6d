package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
)

// What the header of our files says: whose they are ("wmho"), and which layout they have. Schemas of one layout follow each other by migrations.
//
// Source: SQLite, fileformat2.html, 1.3.7 and 1.3.14 (user version, application id)
const (
	applicationID = 0x776d686f
	layout        = 1
)

// ourTables are the tables of all schemas so far.
var ourTables = []string{"goose_db_version", "version", "resource", "term", "link", "handoff", "idempotency"}

// CheckOwn says in half a sentence what a file is that is no database of this program; nil when it is one, or is not there yet, or is empty. It reads
// and changes nothing.
func CheckOwn(ctx context.Context, path string) error {
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist), err == nil && info.Mode().IsRegular() && info.Size() == 0:
		return nil
	case err == nil && info.IsDir():
		return errors.New("a folder")
	case err != nil:
		return fmt.Errorf("not to be had (%w)", err)
	}
	address := sqliteAddress(path, "mode=ro", "query_only(1)", "busy_timeout(5000)", "trusted_schema(0)")
	if _, err := os.Stat(path + "-wal"); errors.Is(err, os.ErrNotExist) {
		address += "&immutable=1" // otherwise SQLite makes a log where the file is one that has logs
	}
	s, err := connect(ctx, sqliteDialect(), address)
	if err != nil {
		return unlike(err)
	}
	owner, err := readOwner(s)
	if err = errors.Join(err, s.close()); err != nil {
		return unlike(err)
	}
	return owner.foreign()
}

// unlike says why a file could not be read as a database. A disk that is full has no room for what lies beside the file, and Open says so itself.
func unlike(err error) error {
	switch {
	case judgeSQLite(err) == full:
		return nil
	case isNoDatabase(err):
		return errors.New("no SQLite database")
	}
	return fmt.Errorf("not to be read (%w)", err)
}

// owner is what a database says of the program that made it.
type owner struct {
	application, layout int64
	tables              []string
}

func readOwner(s *session) (o owner, err error) {
	for text, to := range map[string]*int64{"PRAGMA application_id": &o.application, "PRAGMA user_version": &o.layout} {
		err = errors.Join(err, s.one(text, nil, func(r row) error {
			*to = r.long(0)
			return nil
		}))
	}
	return o, errors.Join(err, s.query(context.Background(), "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name", nil, func(r row) error {
		o.tables = append(o.tables, r.text(0))
		return nil
	}))
}

// foreign says what another program's database is, nil of ours. Files from before the header said so are known by their tables, also those of which the
// making was broken off.
func (o owner) foreign() error {
	ours := func(name string) bool { return slices.Contains(ourTables, name) }
	others := slices.DeleteFunc(slices.Clone(o.tables), ours)
	switch {
	case o.application == applicationID && o.layout > layout:
		return errors.New("a database of a later version of this program")
	case o.application == applicationID:
		return nil
	case o.application != 0:
		return fmt.Errorf("a SQLite database of another program (its application_id is 0x%08x)", uint32(o.application)) //nolint:gosec // 32 bits are all it has
	case len(o.tables) == 0 && o.layout == 0:
		return nil
	case len(others) == 0 && slices.Contains(o.tables, "goose_db_version"):
		return nil
	case len(others) == 0:
		others = o.tables
	case !slices.ContainsFunc(ourTables, func(name string) bool { return !slices.Contains(o.tables, name) }):
		return nil // ours, with a table that somebody added
	}
	if len(others) > 3 {
		others = append(others[:3:3], "…")
	}
	if len(others) == 0 {
		return errors.New("a SQLite database of another program (its user_version is not 0)")
	}
	return fmt.Errorf("a SQLite database of another program (it has the tables %s)", strings.Join(others, ", "))
}

// sign writes into a database whose it is, unless it says so already.
func sign(s *session) error {
	o, err := readOwner(s)
	if err != nil || o.application == applicationID && o.layout == layout {
		return err
	}
	for _, text := range []string{fmt.Sprint("PRAGMA application_id = ", applicationID), fmt.Sprint("PRAGMA user_version = ", layout)} {
		if _, err := s.exec(text); err != nil {
			return fmt.Errorf("sign the database: %w", err)
		}
	}
	return nil
}

// room is how much is written to find out whether there is room.
const room = 1 << 20

// Room gives store.ErrFull while the disk has no room for a megabyte, which a group of writes may need. It finds out by writing that much
// beside the database, so that it sees what any other program left; and what was refused before is no reason once there is room.
func (st *Store) Room() error {
	if st.path == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(st.path), ".warmhandoff-room-*")
	if err == nil {
		block := []byte(strings.Repeat("room", 4096))
		for n := 0; n < room && err == nil; n += len(block) {
			_, err = f.Write(block)
		}
		err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return nil
}
