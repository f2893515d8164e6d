package sqlstore

import (
	"database/sql/driver"

	"github.com/pressly/goose/v3"
)

// trouble says what an error of the database means for the store as a whole.
type trouble int

const (
	noTrouble trouble = iota // nothing: the statement failed, the store is well
	busy                     // somebody else holds the database; nothing was written
	full                     // no space: nothing of this group was written
	failed                   // what is on the disk is uncertain
)

// dialect is what differs between databases. The SQL elsewhere in this package is common to all.
type dialect struct {
	goose      goose.Dialect
	migrations string                  // folder of the embedded migrations
	begin      string                  // starts a transaction that is going to write
	snapshot   string                  // starts one that only reads
	bind       func(sql string) string // turns ? into the database's own placeholders
	judge      func(error) trouble
	connector  func(address string) (driver.Connector, error)
	check      func(s *session) error // refuses versions of the database that are known to be unsafe
}
