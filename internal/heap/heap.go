// Package heap tunes the garbage collector of a daemon whose data are most of
// its memory: it may let a little heap grow by much, and a big one by a part.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Tune makes each collection wait until the heap has grown by percent of what
// the last one left, and by room bytes at least. It does nothing if the
// environment sets GOGC.
func Tune(percent int, room uint64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	t := &tuner{percent: percent, room: room}
	t.set()
	t.again(new([64]byte))
}

// Release gives back to the system what building the heap has left over, if
// that is worth the time.
func Release() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Uint64() > 16<<20 {
		debug.FreeOSMemory()
	}
}

// TuneLarge makes each collection of a heap of at least from bytes wait until it
// has grown by percent, and leaves smaller ones to the default. It does nothing
// if the environment sets GOGC.
func TuneLarge(percent int, from uint64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	t := &tuner{percent: percent, from: from}
	t.set()
	t.again(new([64]byte))
}

type tuner struct {
	percent int
	room    uint64
	from    uint64 // percent is for heaps of this size on
	now     int    // what is set
}

// again calls set after each collection: that is when the dead sentinel's
// finalizer runs.
func (t *tuner) again(sentinel *[64]byte) {
	runtime.SetFinalizer(sentinel, func(s *[64]byte) {
		t.set()
		t.again(s)
	})
}

// least is the heap that the runtime lets grow without a collection when the
// percentage is 100; it scales with the percentage.
const least = 4 << 20

func (t *tuner) set() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	want := t.choose(sample[0].Value.Uint64())
	// Setting stops the world for a moment.
	if d := want - t.now; d < -t.now/8 || d > t.now/8 {
		t.now = want
		debug.SetGCPercent(want)
	}
}

// choose returns the runtime's percentage for a heap of live bytes.
func (t *tuner) choose(live uint64) int {
	live = max(live, 1<<20)
	if live < t.from {
		return 100
	}
	return max(t.percent, int(min(t.room*100/live, (live+t.room)*100/least)))
}
