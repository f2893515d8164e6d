package jobs

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMemoryIsGivenBackOnceItIsCalm(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name         string
		spare, asked uint64 // at each look, asked more
		want         int    // in ten looks
	}{
		{"little is left", muchSpare, 0, 0},
		{"much is left, and more asked for", 10 * muchSpare, calm, 0},
		{"much is left, and it is calm", muchSpare + 1, calm - 1, 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked, given := uint64(0), 0
			m := &Memory{After: after, GiveBack: func() { given++ }, Usage: func() (uint64, uint64) {
				asked += row.asked
				return row.spare, asked
			}}
			go m.Run(t.Context())
			time.Sleep(10*lookEvery + 1) // the bubble's clock
			synctest.Wait()
			assert.Equal(t, row.want, given, row.name)
		})
	}
}
