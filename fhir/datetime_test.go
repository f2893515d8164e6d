package fhir

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// zone loads a time zone, which every machine that develops this has.
func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func TestDateTimeSpans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, zone string
		precision  Precision
		zoned      bool
		start, end string // in UTC
	}{
		{"2026", "America/Los_Angeles", Year, false, "2026-01-01T08:00:00Z", "2027-01-01T08:00:00Z"},
		{"2026-12", "UTC", Month, false, "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"2024-02-29", "UTC", Day, false, "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"},
		{"2026-03-08", "America/Los_Angeles", Day, false, "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"}, // 23 hours
		{"2026-11-01", "America/Los_Angeles", Day, false, "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"}, // 25 hours
		{"2018-11-04", "America/Sao_Paulo", Day, false, "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},   // begins at 01:00
		{"2018-11-03", "America/Sao_Paulo", Day, false, "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z"},
		{"2026-11-01", "America/Havana", Day, false, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}, // midnight comes twice
		{"2011-12-29", "Pacific/Apia", Day, false, "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"2011-12-30", "Pacific/Apia", Day, false, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"}, // left out at the date line
		{"2011-12-31", "Pacific/Apia", Day, false, "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
		{"2026-03-02T09:00", "America/Los_Angeles", Minute, false, "2026-03-02T17:00:00Z", "2026-03-02T17:01:00Z"},
		{"2026-03-02T09:00:07", "Asia/Kolkata", Second, false, "2026-03-02T03:30:07Z", "2026-03-02T03:30:08Z"},
		{"2026-03-02T09:00:07-08:00", "Asia/Kolkata", Second, true, "2026-03-02T17:00:07Z", "2026-03-02T17:00:08Z"},
		{"2026-03-02T09:00:07.5Z", "Asia/Kolkata", Fraction, true, "2026-03-02T09:00:07.5Z", "2026-03-02T09:00:07.501Z"},
		{"2026-03-02T09:00:07.123456789Z", "UTC", Fraction, true, "2026-03-02T09:00:07.123456789Z", "2026-03-02T09:00:07.124456789Z"},
		{"2016-12-31T23:59:60Z", "UTC", Second, true, "2017-01-01T00:00:00Z", "2017-01-01T00:00:01Z"},
		{"2026-01-01T00:00:00+14:00", "UTC", Second, true, "2025-12-31T10:00:00Z", "2025-12-31T10:00:01Z"},
	} {
		t.Run(c.text+" "+c.zone, func(t *testing.T) {
			t.Parallel()
			d, ok := ParseDateTime(c.text)
			require.True(t, ok)
			assert.Equal(t, c.text, d.Text)
			assert.Equal(t, c.precision, d.Precision)
			assert.Equal(t, c.zoned, d.Zoned)
			assert.Equal(t, c.precision >= Minute, d.Timed())
			assert.Equal(t, c.start, d.Start(zone(t, c.zone)).Format(time.RFC3339Nano))
			assert.Equal(t, c.end, d.End(zone(t, c.zone)).Format(time.RFC3339Nano))
			assert.Equal(t, time.UTC, d.Start(zone(t, c.zone)).Location())
		})
	}
}

func TestDateTimeWithoutZoneIsUTCWhereNoneIsGiven(t *testing.T) {
	t.Parallel()
	d, ok := ParseDateTime("2026-03-02")
	require.True(t, ok)
	assert.Equal(t, "2026-03-02T00:00:00Z", d.Start(nil).Format(time.RFC3339))
}

func TestTheZeroDateTime(t *testing.T) {
	t.Parallel()
	var d DateTime
	assert.True(t, d.IsZero())
	assert.False(t, d.Timed())
	assert.True(t, d.Start(nil).IsZero())
	assert.True(t, d.End(nil).IsZero())
}

func TestDateTimesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "2", "202", "0000", "2026-", "2026-0", "2026-00", "2026-13", "2026-1-1", "2026-01-00", "2026-02-29", "1900-02-29", "2026-04-31", "20260101",
		"2026-01-01T", "2026-01-01T9:00", "2026-01-01T24:00:00Z", "2026-01-01T10:60:00Z", "2026-01-01T10:00:61Z", "2026-01-01T10:00:00.Z",
		"2026-01-01T10:00:00z", "2026-01-01 10:00:00Z", "2026-01-01T10:00:00+1:00", "2026-01-01T10:00:00+14:01", "2026-01-01T10:00:00+15:00",
		"2026-01-01T10:00:00+0100", "2026-01-01T10:00:00+01:60", "2026-01-01T10:00:00ZZ", " 2026", "2026 ", "+2026", "2026-01-01T1a:00:00Z", "２０２６",
	} {
		d, ok := ParseDateTime(text)
		assert.False(t, ok, text)
		assert.True(t, d.IsZero(), text)
	}
}
