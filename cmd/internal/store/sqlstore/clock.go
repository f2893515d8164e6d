package sqlstore

import (
	"database/sql"
	"time"
)

// Versions are stamped in whole milliseconds, as FHIR instants are. The times of a leg are kept in microseconds, which reach far enough for
// any year; NULL is the zero time.

func millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// millisUp gives the first whole millisecond that is not before t.
func millisUp(t time.Time) int64 {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	return ms
}

// micros rounds up, so that nobody who is woken at that time comes too early.
func micros(t time.Time) sql.NullInt64 {
	if t.IsZero() {
		return sql.NullInt64{}
	}
	us := t.UnixMicro()
	if time.UnixMicro(us).Before(t) {
		us++
	}
	return sql.NullInt64{Int64: us, Valid: true}
}

func fromMicros(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return time.UnixMicro(us.Int64).UTC()
}
