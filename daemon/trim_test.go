package daemon

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// TestTrimMemory says that a burst's garbage goes back to the system, but not
// before the process has nothing else to do.
func TestTrimMemory(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { TrimMemory(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	var hold [][]byte
	for range 64 {
		hold = append(hold, make([]byte, 1<<20))
	}
	for i := range hold {
		hold[i][0], hold[i][1<<19] = 1, 1
	}
	var m runtime.MemStats
	held := func() uint64 {
		runtime.ReadMemStats(&m)
		return m.HeapSys - m.HeapReleased
	}
	before := held()
	forced := m.NumForcedGC
	hold = nil
	begin, used := time.Now(), cpuTime()
	for time.Since(begin) < 3*trimTick {
	}
	// On a crowded machine the process was perhaps kept from being busy.
	busy := cpuTime()-used >= time.Since(begin)*9/10
	if held(); m.NumForcedGC != forced && busy {
		t.Error("memory was trimmed while the process was busy")
	}
	for end := time.Now().Add(20 * time.Second); held() > before-32<<20; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d MB are held, of %d", held()>>20, before>>20)
		}
	}
	runtime.KeepAlive(hold)
}

// What a burst left goes back when it goes, though nothing is allocated then.
func TestTrimMemoryAgain(t *testing.T) {
	old := trimAgain
	t.Cleanup(func() { trimAgain = old }) // once nobody reads it
	trimAgain = [...]time.Duration{2 * time.Second, 4 * time.Second}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	hold := make([]byte, 64<<20)
	for i := 0; i < len(hold); i += 4096 {
		hold[i] = 1
	}
	go func() { TrimMemory(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	time.Sleep(trimTick)
	burst := make([]byte, 32<<20) // after it began to look
	burst[0] = 1
	burst = nil
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	forced := m.NumForcedGC
	for end := time.Now().Add(20 * time.Second); m.NumForcedGC == forced; time.Sleep(50 * time.Millisecond) {
		if runtime.ReadMemStats(&m); time.Now().After(end) {
			t.Fatal("not trimmed after the burst")
		}
	}
	before := m.HeapSys - m.HeapReleased
	runtime.KeepAlive(hold)
	hold = nil
	for end := time.Now().Add(20 * time.Second); m.HeapSys-m.HeapReleased > before-32<<20; time.Sleep(50 * time.Millisecond) {
		if runtime.ReadMemStats(&m); time.Now().After(end) {
			t.Fatalf("%d MB are held, of %d", (m.HeapSys-m.HeapReleased)>>20, before>>20)
		}
	}
}
