package reconnect

import (
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/daemon/vlog"
)

// logged collects console lines without their time and number.
func logged(t *testing.T) func() []string {
	var b strings.Builder
	vlog.SetConsole(&b)
	if err := vlog.Set("PATTERN:console:%p %m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		vlog.SetConsole(nil)
		vlog.Set("PATTERN:console:")
	})
	return func() []string {
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		b.Reset()
		return lines
	}
}

// TestSession is the conversation the reference was seen to have with a peer
// that refuses, resets and falls silent.
func TestSession(t *testing.T) {
	lines := logged(t)
	now := time.Unix(1000, 0)
	f := &FSM{Name: "x", ProbeInt: 5 * time.Second}
	step := func(d time.Duration, want Action) {
		t.Helper()
		now = now.Add(d)
		if got := f.Run(now); got != want {
			t.Fatalf("in %v after %v: %v, want %v", f.State(), d, got, want)
		}
	}
	expect := func(want ...string) {
		t.Helper()
		if got := strings.Join(lines(), "\n"); got != strings.Join(want, "\n") {
			t.Fatalf("logged:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
		}
	}
	step(0, None)
	f.Enable(now)
	step(0, Connect)
	f.Connecting(now)
	f.Failed(now, syscall.ECONNREFUSED)
	expect("INFO x: connecting...", "INFO x: connection attempt failed (Connection refused)")
	step(999*time.Millisecond, None)
	step(time.Millisecond, Connect)
	f.Connected(now)
	expect("INFO x: connecting...", "INFO x: connected")
	f.Disconnected(now, os.NewSyscallError("read", syscall.ECONNRESET))
	expect("WARN x: connection dropped (Connection reset by peer)", "INFO x: waiting 2 seconds before reconnect")
	step(2*time.Second, Connect)
	f.Connected(now)
	expect("INFO x: connecting...", "INFO x: connected")
	step(5*time.Second, Probe)
	step(4*time.Second, None)
	step(time.Second, Disconnect)
	f.Disconnected(now, nil)
	expect("ERR x: no response to inactivity probe after 5 seconds, disconnecting",
		"INFO x: connection dropped", "INFO x: waiting 4 seconds before reconnect")
	step(4*time.Second, Connect)
	f.Connecting(now)
	step(3*time.Second, None)
	step(time.Second, Disconnect)
	f.Failed(now, nil)
	expect("INFO x: connecting...", "INFO x: connection attempt timed out",
		"INFO x: continuing to reconnect in the background but suppressing further logging")
	step(8*time.Second, Connect)
	f.Connecting(now)
	f.Failed(now, syscall.ECONNREFUSED)
	expect("")
	step(8*time.Second, Connect)
	f.Connected(now)
	now = now.Add(20 * time.Second)
	f.Activity(now)
	f.Disconnected(now, io.EOF)
	expect("INFO x: connected", "INFO x: connection closed by peer")
	step(time.Second, Connect)
}

func TestForceAndLimit(t *testing.T) {
	lines := logged(t)
	defer lines()
	now := time.Unix(1000, 0)
	f := &FSM{Name: "x", MaxTries: 1}
	f.Enable(now)
	f.Connected(now)
	if f.Run(now.Add(time.Hour)) != None {
		t.Error("a session without probes does something")
	}
	f.Force(now)
	if f.Run(now) != Disconnect {
		t.Error("Force did not disconnect")
	}
	f.Disconnected(now, nil)
	if f.State() != Void {
		t.Errorf("after its only try: %v", f.State())
	}
	if _, ok := f.Deadline(); ok {
		t.Error("a disabled session has a deadline")
	}
}
