package ofproto

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"govs/openflow"
)

// flowModLog sums up for the log what a connection did to the flow tables, as a
// line for each flow-mod would be too much.
type flowModLog struct {
	mu              sync.Mutex
	n               [3]int // added, deleted, modified
	first, last, at time.Time
	backoff         time.Time
}

func (l *flowModLog) count(c openflow.FlowModCommand, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() {
		l.first = now
		if l.at = now.Add(10 * time.Second); l.at.Before(l.backoff) {
			l.at = l.backoff
		}
		l.backoff = l.at.Add(60 * time.Second)
	}
	l.last = now
	switch c {
	case openflow.FlowAdd:
		l.n[0]++
	case openflow.FlowDelete, openflow.FlowDeleteStrict:
		l.n[1]++
	default:
		l.n[2]++
	}
}

// report logs what was counted, if it is time to or the connection ends. It
// returns when it is time.
func (l *flowModLog) report(name string, now time.Time, end bool) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() || !end && now.Before(l.at) {
		return l.at
	}
	var parts []string
	sum := 0
	for i, what := range [...]string{"adds", "deletes", "modifications"} {
		if l.n[i] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", l.n[i], what))
			sum += l.n[i]
		}
	}
	length, ago := int(l.last.Sub(l.first)/time.Second), int(now.Sub(l.first)/time.Second)
	when := fmt.Sprintf("in the last %d s", ago)
	if length != ago {
		when = fmt.Sprintf("in the %d s starting %d s ago", length, ago)
	}
	connLog.Info("%s: %d flow_mods %s (%s)", name, sum, when, strings.Join(parts, ", "))
	l.n, l.at = [3]int{}, time.Time{}
	return l.at
}
