package userspace

import (
	"runtime"
	"testing"
	"time"
)

func TestStay(t *testing.T) {
	s := stay{looking: true, heeds: true}
	now := time.Unix(1000, 0)
	lost := int64(0)
	displaced := func() int64 { return lost }
	step := func(want bool, what string) {
		t.Helper()
		if got := s.pays(now); got != want {
			t.Fatalf("%s: looking pays: %v", what, got)
		}
	}
	short := func() {
		for range stayFrom {
			s.slept(lookFor / 2)
		}
	}
	s.slept(lookFor / 2)
	s.slept(lookFor / 2)
	step(false, "two short sleeps")
	s.slept(lookFor / 2)
	step(true, "three")
	s.slept(lookFor)
	step(false, "then a long one")
	short()
	step(true, "short ones again")
	var gone time.Duration
	s.looked(false, now, gone, displaced)
	step(false, "nothing came")
	short()
	gone += shareFrom / 2 // somebody took a packet
	s.looked(true, now, gone, displaced)
	step(true, "the processor was lent")

	// Somebody has a turn now and then: looking gains more than that.
	for range 10 {
		for range gainMost / lookGain {
			s.looked(true, now, gone, displaced)
		}
		gone += gainMost
		s.looked(true, now, gone, displaced)
	}
	step(true, "the processor was mostly our own")
	gone += 2 * lookGain
	s.looked(true, now, gone, displaced)
	step(true, "a packet was taken")
	gone += shareFrom
	s.looked(true, now, gone, displaced)
	short()
	step(false, "more was lost than gained")
	now = now.Add(2 * shareMost)
	for range 10 {
		s.looked(false, now, gone, displaced)
		now = now.Add(2 * shareMost)
	}
	short()

	// Somebody computes: the times without a look grow.
	for _, d := range []time.Duration{shareLeast, shareLeast * shareMore, shareLeast * shareMore * shareMore} {
		gone += shareFrom
		s.looked(true, now, gone, displaced)
		short()
		step(false, "the processor is shared")
		now = now.Add(d)
		step(false, "it still is")
		now = now.Add(time.Microsecond)
		step(true, "it was long enough")
	}
	for range 10 {
		gone += shareFrom
		s.looked(true, now, gone, displaced)
	}
	if d := s.not.Sub(now); d != shareMost {
		t.Errorf("it does not look for %v", d)
	}
	// They shrink when nobody does.
	for range 10 {
		now = now.Add(shareMost * 2)
		s.looked(false, now, gone, displaced)
	}
	gone += shareFrom
	s.looked(true, now, gone, displaced)
	if d := s.not.Sub(now); d != shareLeast {
		t.Errorf("after a quiet time it does not look for %v", d)
	}

	// A kernel without turns: who takes the processor had to wait for it.
	s = stay{looking: true}
	short()
	s.looked(true, now, 0, displaced)
	step(true, "nobody else")
	lost++
	s.looked(true, now, 0, displaced)
	short()
	step(false, "somebody had to wait")
}

// Who looks lets those go first who wake up.
func TestTurn(t *testing.T) {
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread() // left locked: the thread ends with the goroutine
		if !askTurn(0, turnLook) {
			t.Log("this kernel has no turns (Linux 6.12 has)")
			return
		}
		before := away(time.Now())
		time.Sleep(20 * time.Millisecond)
		if d := away(time.Now()) - before; d < 15*time.Millisecond || d > time.Second {
			t.Errorf("after 20 ms of sleep the thread was away for %v", d)
		}
		if !askTurn(0, turnUsual) {
			t.Error("the usual turn cannot be had back")
		}
	}()
	<-done
}
