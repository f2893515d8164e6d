package sqlstore

// Pages of the log after which it is copied into the database, and after which the writer waits for readers so that it can start over.
const (
	checkpointPages = 4000
	restartPages    = 12000
)

// checkpointLook is after how many updates the writer looks how long the log is.
const checkpointLook = 64

// checkpoint copies the log into the database when it has grown. It runs between groups, when all callers have their answers. A View that
// goes on for long keeps the log from being copied whole; the next try is then made when it has grown by as much again.
func (w *writer) checkpoint(wrote int) {
	if w.unseen += wrote; w.unseen < checkpointLook {
		return
	}
	w.unseen = 0
	log, done, ok := w.askCheckpoint("NOOP")
	if log < w.tried {
		w.tried = 0 // it has started over
	}
	if !ok || log-max(done, w.tried) < checkpointPages {
		return
	}
	mode := "PASSIVE"
	if log >= restartPages {
		// Readers that come one after the other never leave the log unused, so for once wait until none reads in it, but not for long.
		mode = "RESTART"
		_, _ = w.s.exec("PRAGMA busy_timeout = 50")
		defer func() { _, _ = w.s.exec("PRAGMA busy_timeout = 5000") }()
	}
	if _, _, ok := w.askCheckpoint(mode); ok {
		w.tried = log // otherwise the disk is full, and it is tried again soon
	}
}

// askCheckpoint runs a checkpoint and gives how many pages the log has and how many of them are in the database.
func (w *writer) askCheckpoint(mode string) (log, done int64, ok bool) {
	w.s.worst, w.s.cause = noTrouble, nil
	err := w.s.one("PRAGMA wal_checkpoint("+mode+")", nil, func(r row) error {
		log, done = r.long(1), r.long(2)
		return nil
	})
	if err != nil && w.s.worst == failed {
		w.fail(err)
	}
	return log, done, err == nil
}
