package main

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/cmd/internal/server"
)

// TestWhatIsNotUsedAnyMoreIsSpare until it is given back. It is not parallel: others ask for memory, too.
func TestWhatIsNotUsedAnyMoreIsSpare(t *testing.T) {
	debug.FreeOSMemory()
	_, before := memoryUsage()
	large := make([]byte, 128<<20)
	for i := 0; i < len(large); i += 4096 {
		large[i] = 1
	}
	_, asked := memoryUsage()
	assert.GreaterOrEqual(t, asked-before, uint64(128<<20))
	runtime.KeepAlive(large) // and not used after this
	runtime.GC()
	spare, _ := memoryUsage()
	debug.FreeOSMemory()
	less, _ := memoryUsage()
	assert.Greater(t, spare, less)
	assert.Less(t, less, uint64(64<<20))
}

// TestAFewOfTheLargestBodiesFit into what all may take, however large they may be.
func TestAFewOfTheLargestBodiesFit(t *testing.T) {
	t.Parallel()
	for _, body := range []int{0, 64 << 10, 5 << 20, 256 << 20} {
		l := (&wiring{body: body}).limits()
		assert.GreaterOrEqual(t, min(l.Memory, l.Answers), 4*int64(l.Body))
		assert.GreaterOrEqual(t, l.Working, int64(l.Body))
		assert.GreaterOrEqual(t, min(l.Memory, l.Answers), server.DefaultLimits().Memory)
	}
}
