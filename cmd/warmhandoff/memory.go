package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	"warmhandoff/cmd/internal/server"
)

// collectLess makes the collector run half as often: what lives is small, so it costs a few megabytes. Where a lot lives, because as many large bodies and
// answers are there as may be, it runs as often as it has to.
func collectLess(l server.Limits) {
	const program, work = 192 << 20, 20 // what lives beside them, and how many times its size a body may take that is worked on
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(program + l.Memory + l.Answers + work*l.Working)
	}
}

// threadsPerProcessor is how many threads of ours may want a processor for each that there is. Go's scheduler lets one that works for long go on for 10 to 20
// ms while others wait behind it; the machine's takes a processor away from it as soon as somebody comes who has used little.
const threadsPerProcessor = 2

// moreThreads lets more threads run than there are processors, unless the environment says how many, and returns how many processors there are for us.
func moreThreads() int {
	n := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(threadsPerProcessor * n)
	}
	return n
}

// memoryUsage gives how many bytes of memory the program has and does not need now, and how many it has ever asked for.
func memoryUsage() (spare, asked uint64) {
	all := []metrics.Sample{{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(all)
	n := func(i int) uint64 { return all[i].Value.Uint64() }
	return n(0) + n(1) + n(2) - min(n(2), n(3)), n(4)
}
