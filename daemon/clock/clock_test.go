package clock

import (
	"context"
	"testing"
	"time"
)

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestStopAndWarp(t *testing.T) {
	var c Clock
	c.Stop()
	start := c.Now()
	if !c.Now().Equal(start) {
		t.Fatal("a stopped clock runs")
	}
	at5, _ := c.At(start.Add(5 * time.Second))
	at9, give := c.At(start.Add(9 * time.Second))
	give()
	give()
	steps := 0
	c.Warp(5*time.Second, time.Second, func() {
		steps++
		if closed(at5) != (steps == 5) {
			t.Errorf("after %d steps: %v", steps, closed(at5))
		}
	})
	if d := c.Now().Sub(start); d != 5*time.Second || steps != 5 {
		t.Errorf("%v in %d steps", d, steps)
	}
	c.Warp(10*time.Second, 0, nil)
	if closed(at9) {
		t.Error("a wait that was given up has ended")
	}
	if err := c.WaitUntil(context.Background(), start); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.WaitUntil(ctx, c.Now().Add(time.Hour)); err != context.Canceled {
		t.Error(err)
	}
}

func TestRunning(t *testing.T) {
	var c Clock
	if err := c.WaitUntil(t.Context(), c.Now().Add(5*time.Millisecond)); err != nil {
		t.Error(err)
	}
	far, give := c.At(c.Now().Add(time.Hour))
	defer give()
	c.Warp(time.Hour, time.Hour, nil)
	if !closed(far) {
		t.Error("a warp of a running clock does not wake")
	}
	wait, give2 := c.At(c.Now().Add(time.Hour))
	defer give2()
	c.Stop()
	if !c.Stopped() || closed(wait) {
		t.Error("Stop")
	}
	c.Warp(2*time.Hour, 0, nil)
	if !closed(wait) {
		t.Error("a wait from before Stop is not woken by Warp")
	}
}
