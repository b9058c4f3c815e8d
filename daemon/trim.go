package daemon

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Trimming waits until a daemon has been quiet for trimTick after it allocated
// trimAfter or more.
const (
	trimTick  = 500 * time.Millisecond
	trimQuiet = 1 << 20
	trimAfter = 16 << 20
)

// TrimMemory gives memory back to the system after each burst of work, such as
// many flows added at once, until ctx ends. The collector alone would keep as
// much garbage as there is data until the next burst, and free memory for
// minutes.
func TrimMemory(ctx context.Context) {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	allocated := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	t := time.NewTicker(trimTick)
	defer t.Stop()
	last := allocated()
	trimmed := last
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		now := allocated()
		if now-last < trimQuiet && now-trimmed >= trimAfter {
			debug.FreeOSMemory()
			now = allocated()
			trimmed = now
		}
		last = now
	}
}
