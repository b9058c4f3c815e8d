package conn

import (
	"syscall"
	"testing"
	"time"
)

func TestReconnect(t *testing.T) {
	now := time.Unix(1000, 0)
	r := Reconnect{MaxBackoff: 4 * time.Second, Probe: 5 * time.Second}
	if a, _, _ := r.Run(now); a != Nothing {
		t.Fatal("runs before it is enabled")
	}
	r.Enable(now)
	want := func(w Action, d time.Duration) {
		t.Helper()
		a, at, _ := r.Run(now)
		if a != w {
			t.Fatalf("wants %d, not %d", a, w)
		}
		if d > 0 && at != now.Add(d) {
			t.Fatalf("asks again in %v, not in %v", at.Sub(now), d)
		}
	}
	want(Connect, time.Second)
	// Each failure doubles the wait, up to the greatest.
	for _, d := range []time.Duration{1, 2, 4, 4} {
		r.Failed(now, syscall.ECONNREFUSED)
		want(Nothing, d*time.Second)
		now = now.Add(d * time.Second)
		want(Connect, 0)
	}
	r.Connected(now)
	want(Nothing, 5*time.Second)
	// Silence brings a probe, an answer ends it.
	now = now.Add(5 * time.Second)
	want(Probe, 5*time.Second)
	now = now.Add(time.Second)
	r.Heard(now)
	want(Nothing, 5*time.Second)
	now = now.Add(5 * time.Second)
	want(Probe, 0)
	now = now.Add(5 * time.Second)
	want(Disconnect, 0)
	// It had been up for long, so it is called again soon.
	r.Failed(now, nil)
	want(Nothing, time.Second)
	now = now.Add(time.Second)
	want(Connect, 0)
	now = now.Add(time.Second)
	if a, _, why := r.Run(now); a != Disconnect || why == nil {
		t.Fatalf("an attempt that takes too long: %d, %v", a, why)
	}
	r.Disable()
	if a, _, _ := r.Run(now.Add(time.Hour)); a != Nothing || r.IsUp() {
		t.Fatal("runs after it was disabled")
	}
}
