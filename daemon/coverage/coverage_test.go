package coverage

import (
	"strings"
	"testing"
	"time"
)

func TestCounters(t *testing.T) {
	c := New("test_event")
	if New("test_event") != c {
		t.Error("two counters of one name")
	}
	New("test_never")
	now := time.Unix(1000, 0)
	Tick(now)
	c.Inc()
	c.Add(9)
	Tick(now.Add(5 * time.Second))
	if n, ok := Read("test_event"); n != 10 || !ok || c.Value() != 10 {
		t.Error(n, ok)
	}
	if _, ok := Read("nope"); ok {
		t.Error("found nope")
	}
	want := "test_event                 2.0/sec     0.167/sec        0.0028/sec   total: 10\n1 events never hit\n"
	if got := Show(); !strings.HasPrefix(got, "Event coverage, avg rate over last: 5 seconds, last minute, last hour,  hash=") || !strings.HasSuffix(got, ":\n"+want) {
		t.Errorf("got:\n%s", got)
	}
	// An hour on, only the total is left.
	Tick(now.Add(2 * time.Hour))
	if got := Show(); !strings.Contains(got, "test_event                 0.0/sec     0.000/sec        0.0000/sec   total: 10\n") {
		t.Errorf("got:\n%s", got)
	}
}
