package jobs

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestRowsAreMadeAnewUntilAllAre(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	calls, waits := 0, 0
	rows := &Rows{
		Refresh: func(_ context.Context, progress func(int)) error {
			if calls++; calls < 3 {
				return errors.New("follow ServiceRequest/sr1: unreadable")
			}
			progress(7)
			return nil
		},
		After: func(time.Duration) (<-chan time.Time, func() bool) {
			waits++
			over := make(chan time.Time, 1)
			over <- time.Time{}
			return over, func() bool { return true }
		},
		Log: slog.New(slog.NewTextHandler(&said, nil)),
	}
	rows.Run(t.Context())
	assert.Equal(t, 3, calls)
	assert.Equal(t, 2, waits)
	assert.Contains(t, said.String(), "ServiceRequest/sr1")
	assert.Contains(t, said.String(), "requests=7")

	ctx, stop := context.WithCancel(t.Context())
	rows.Refresh = func(context.Context, func(int)) error { stop(); return context.Canceled }
	rows.Run(ctx)
	assert.Equal(t, 2, waits, "it ends with the program")
}
