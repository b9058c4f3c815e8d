package daemon

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
)

// Trimming waits until a daemon has been quiet for trimTick after it allocated
// trimAfter or more: it allocated little, and used less than trimIdle of the
// processors' time.
const (
	trimTick  = 500 * time.Millisecond
	trimQuiet = 1 << 20
	trimIdle  = trimTick / 4
	trimAfter = 16 << 20
)

// trimAgain is when memory is given back once more after a burst: what it left, such
// as flows and connections, goes without anything being allocated.
var trimAgain = [...]time.Duration{15 * time.Second, 45 * time.Second}

// TrimMemory gives memory back to the system after each burst of work, such as
// many flows added at once, until ctx ends. The collector alone would keep as
// much garbage as there is data until the next burst, and free memory for
// minutes. While the daemon is busy otherwise, as with packets, that is how it
// stays: looking through a big heap takes processors from that work, and the
// collector comes round every other minute without being asked.
func TrimMemory(ctx context.Context) {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	allocated := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	t := time.NewTicker(trimTick)
	defer t.Stop()
	last, used, ticked := allocated(), cpuTime(), time.Now()
	trimmed := last
	var burst time.Time
	again := len(trimAgain)
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		now, cpu := allocated(), cpuTime()
		wall := time.Since(ticked)
		ticked = ticked.Add(wall)
		if wall > 2*trimTick {
			// It was stopped, or had no processor: that is not being idle.
			last, used = now, cpu
			continue
		}
		if now-last < trimQuiet && cpu-used < trimIdle {
			due := true
			switch {
			case now-trimmed >= trimAfter:
				burst, again = time.Now(), 0
			case again < len(trimAgain) && time.Since(burst) >= trimAgain[again]:
				again++
			default:
				due = false
			}
			if due {
				debug.FreeOSMemory()
				now, cpu = allocated(), cpuTime()
				trimmed = now
			}
		}
		last, used = now, cpu
	}
}

// cpuTime returns how long the process was on a processor so far.
func cpuTime() time.Duration {
	var u unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
