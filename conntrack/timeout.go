package conntrack

import (
	"maps"
	"slices"
)

// A timer names a time after which a silent connection is forgotten.
type timer uint8

const (
	timerTCPFirst timer = iota
	timerTCPOpening
	timerTCPEstablished
	timerTCPClosing
	timerTCPFinWait
	timerTCPClosed
	timerFirst
	timerMultiple
	timerBoth
	timerICMPFirst
	timerICMPReply
	numTimers

	timerKeep timer = 255 // no change
)

// timers has the default time-outs in seconds, and the keys of
// CT_Timeout_Policy's timeouts that change them.
var timers = [numTimers]struct {
	key     string
	seconds uint32
}{
	timerTCPFirst:       {"tcp_syn_sent", 30},
	timerTCPOpening:     {"tcp_syn_recv", 30},
	timerTCPEstablished: {"tcp_established", 24 * 60 * 60},
	timerTCPClosing:     {"tcp_fin_wait", 15 * 60},
	timerTCPFinWait:     {"tcp_time_wait", 45},
	timerTCPClosed:      {"tcp_close", 30},
	timerFirst:          {"udp_first", 60},
	timerMultiple:       {"udp_single", 60},
	timerBoth:           {"udp_multiple", 30},
	timerICMPFirst:      {"icmp_first", 60},
	timerICMPReply:      {"icmp_reply", 30},
}

// TimeoutKeys lists the keys of a policy that this tracker obeys.
func TimeoutKeys() []string {
	var l []string
	for _, t := range timers {
		l = append(l, t.key)
	}
	return l
}

// Policy is a set of time-outs in seconds.
type Policy struct {
	seconds [numTimers]uint32
}

// NewPolicy makes a policy of the defaults and what timeouts says, by keys of
// CT_Timeout_Policy. Keys that only the kernel's tracker knows are left alone.
func NewPolicy(timeouts map[string]uint32) *Policy {
	p := &Policy{}
	for i, t := range timers {
		p.seconds[i] = t.seconds
		if n, ok := timeouts[t.key]; ok {
			p.seconds[i] = n
		}
	}
	return p
}

// Timeouts returns the policy by keys.
func (p *Policy) Timeouts() map[string]uint32 {
	m := map[string]uint32{}
	for i, t := range timers {
		m[t.key] = p.seconds[i]
	}
	return m
}

// SetPolicy makes or changes a time-out policy; nil removes it. Connections have
// the time-outs of their policy as it is when a packet comes, and the defaults if
// there is none of that number.
func (t *Tracker) SetPolicy(id uint32, p *Policy) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := map[uint32]*Policy{}
	if old := t.policies.Load(); old != nil {
		maps.Copy(m, *old)
	}
	if p == nil {
		delete(m, id)
	} else {
		m[id] = p
	}
	t.policies.Store(&m)
}

// Policy returns the policy with that number, nil if there is none.
func (t *Tracker) Policy(id uint32) *Policy {
	if m := t.policies.Load(); m != nil {
		return (*m)[id]
	}
	return nil
}

// Policies returns the numbers of all policies.
func (t *Tracker) Policies() []uint32 {
	if m := t.policies.Load(); m != nil {
		return slices.Sorted(maps.Keys(*m))
	}
	return nil
}

// deadline is when a connection with that policy expires, in milliseconds.
func (t *Tracker) deadline(policy uint32, tm timer, now int64) int64 {
	seconds := timers[tm].seconds
	if policy != 0 {
		if p := t.Policy(policy); p != nil {
			seconds = p.seconds[tm]
		}
	}
	return now + int64(seconds)*1000
}
