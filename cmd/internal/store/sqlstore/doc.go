// Package sqlstore keeps a store.Store in a SQL database: today SQLite, inside the program and without cgo.
//
// # One body, small dialects
//
// All statements are written once, in the SQL that SQLite and PostgreSQL share, with ? for a value. What differs (opening, placeholders, how
// a transaction begins, which error means what, the migrations) is a dialect.
//
// # The tables
//
//	version   the record: one row for each version, its place in the order (seq) is the key
//	resource  one row for each resource: where its newest version is, and that version's terms and links, packed
//	term      (param, value, seq): what newest versions are found by; a search is one range of this key. Loose terms are not in it:
//	          they lie packed in the resource row and sort out what a range has found
//	link      (target, rid, via): what points at what, now or formerly
//	handoff   the read model
//	idempotency
//
// All terms of a resource carry the seq of its newest version. So a range of one term is already in the order "newest first", a second
// condition is one look-up in the same key, and a page is the first rows of a range however large the store is. The price is paid by the
// writer: a new version moves every term. It knows their keys from the packed list in the resource row and need not search for them.
// Because lastUpdated never runs backwards, a range of it is a range of seq.
//
// # Writing
//
// One goroutine owns the write connection. It takes callers who wait into one transaction, by turns (see package turn), up to 256 and for 10 to 50 ms, each
// under a savepoint of its own, commits, syncs, and only then answers:
//
//	Update ─┐                 ┌ savepoint, f, release ┐
//	Update ─┼─ queue ─ BEGIN ─┼ savepoint, f, ROLLBACK TO (f failed: its error, nobody else's) ┼─ COMMIT + sync ─ answers
//	Update ─┘                 └ savepoint, f, release ┘
//
// f runs in the writer's goroutine: handing each caller its turn would cost two changes of goroutine for each write, on processors that have
// other work. A panic in f hurts that caller alone. A test's FailNow inside f ends the goroutine; another takes over, and the neighbours are told
// to try again.
//
// When the disk is full the whole group gets store.ErrFull and the next group starts afresh. When a write or a sync fails in any other way
// nobody can know any more what is on the disk (a second fsync may report success for pages that the first one lost), so the store answers
// store.ErrFailed from then on and closes Failed; the program must end. Checkpoints are made by the writer, as statements of its own,
// because SQLite swallows the errors of automatic ones.
//
// # Sharing
//
// A file is one program's own, unless all who open it say that they share it. Each then has its own writer, and SQLite's lock lets one of them begin
// at a time; whoever begins reads the end of the order of versions first, since others may have moved it. A program that is killed lets go of the lock.
// One that is paused while it holds it keeps the others from writing until it goes on; they answer store.ErrBusy after five seconds, and go on
// reading.
//
// # Reading
//
// A few read-only connections; a View holds one of them for one transaction, and with it one snapshot.
package sqlstore
