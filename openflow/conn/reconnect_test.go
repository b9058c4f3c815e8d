package conn

import (
	"testing"
	"time"
)

func TestReconnect(t *testing.T) {
	now := time.Unix(1000, 0)
	r := Reconnect{MaxBackoff: 4 * time.Second, Probe: 5 * time.Second}
	if a, _ := r.Run(now); a != Nothing {
		t.Fatal("runs before it is enabled")
	}
	r.Enable(now)
	want := func(w Action, d time.Duration) {
		t.Helper()
		a, at := r.Run(now)
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
		r.Failed(now)
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
	// It had been up for long, so it is called again at once.
	r.Failed(now)
	want(Connect, 0)
	r.Disable()
	if a, _ := r.Run(now.Add(time.Hour)); a != Nothing || r.IsUp() {
		t.Fatal("runs after it was disabled")
	}
}
