package userspace

import (
	"testing"
	"time"
)

func TestIdle(t *testing.T) {
	const stat = "cpu  11 0 7 1000 50 0 3 0 0 0\ncpu0 5 0 3 400 20 0 1 0 0 0\ncpu1 6 0 4 600 30 0 2 0 0 0\nintr 5 6 7 8 9 10\nctxt 9\n"
	for _, c := range []struct {
		stat string
		may  func(int) bool
		want time.Duration
		ok   bool
	}{
		{stat, func(int) bool { return true }, 10500 * time.Millisecond, true},
		{stat, func(cpu int) bool { return cpu == 1 }, 6300 * time.Millisecond, true},
		{stat, func(cpu int) bool { return cpu == 2 }, 0, false},
		{"cpu0 5 0 3 x 20 0\n", func(int) bool { return true }, 0, false},
		{"", func(int) bool { return true }, 0, false},
	} {
		if got, ok := idleOf([]byte(c.stat), c.may); got != c.want || ok != c.ok {
			t.Errorf("%q: %v %v, want %v %v", c.stat, got, ok, c.want, c.ok)
		}
	}
	if _, ok := processorsIdle(); !ok {
		t.Error("/proc/stat says nothing")
	}
}

// More threads pay where one processor was idle since the last look, not too long ago.
func TestSpare(t *testing.T) {
	idle, ok := processorsIdle()
	if !ok {
		t.Fatal("/proc/stat says nothing")
	}
	now := time.Now()
	for _, c := range []struct {
		since, idle time.Duration
		want        bool
	}{
		{idleFrom / 2, idleFrom * 2, false},     // too soon
		{idleFrom, time.Hour * -1, true},        // much more than one processor
		{idleFrom, time.Hour, false},            // none, whatever this test took
		{10 * idleFrom, time.Hour * -1, false},  // too long ago
		{time.Since(time.Time{}), -idle, false}, // the first look
	} {
		l := idleness{at: now.Add(-c.since), idle: idle + c.idle}
		if got := l.spare(now); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
