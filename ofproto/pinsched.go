package ofproto

import (
	"strconv"
	"sync"
	"time"

	"govs/openflow"
)

// packetSched limits how many packets a second go to a controller: a bucket of
// tokens, and behind it a queue for each port, so that a busy port does not keep
// the packets of quiet ones from the controller. Packets of misses and of
// actions have one each.
type packetSched struct {
	rate, burst int // packets a second; packets at once and waiting at most

	tokens float64
	filled time.Time
	queues map[openflow.Port][][]byte
	turn   []openflow.Port // ports with packets waiting, in the order they are served
	queued int

	normal, limited, dropped uint64
}

func (s *packetSched) configure(rate, burst int, now time.Time) {
	if burst <= 0 {
		burst = max(rate/4, 1)
	}
	if s.queues == nil || s.rate == 0 {
		s.queues = map[openflow.Port][][]byte{}
		s.filled, s.tokens = now, float64(burst)
	}
	s.rate, s.burst = rate, burst
	s.tokens = min(s.tokens, float64(burst))
}

// take takes a token if there is one.
func (s *packetSched) take(now time.Time) bool {
	if d := now.Sub(s.filled); d > 0 {
		s.tokens = min(s.tokens+d.Seconds()*float64(s.rate), float64(s.burst))
		s.filled = now
	}
	if s.tokens < 1 {
		return false
	}
	s.tokens--
	return true
}

// offer reports whether a packet may go now; if not, it waits or replaces one
// that waits longest in the longest queue.
func (s *packetSched) offer(port openflow.Port, b []byte, now time.Time) bool {
	if s.queued == 0 && s.take(now) {
		s.normal++
		return true
	}
	if s.queued >= s.burst {
		s.dropOne()
	}
	s.limited++
	if len(s.queues[port]) == 0 {
		s.turn = append(s.turn, port)
	}
	s.queues[port] = append(s.queues[port], b)
	s.queued++
	return false
}

func (s *packetSched) dropOne() {
	var longest openflow.Port
	n := 0
	for _, p := range s.turn {
		if len(s.queues[p]) > n {
			longest, n = p, len(s.queues[p])
		}
	}
	if n == 0 {
		return
	}
	s.pop(longest)
	s.dropped++
}

func (s *packetSched) pop(port openflow.Port) []byte {
	q := s.queues[port]
	b := q[0]
	s.queued--
	if q = q[1:]; len(q) > 0 {
		s.queues[port] = q
		return b
	}
	delete(s.queues, port)
	for i, p := range s.turn {
		if p == port {
			s.turn = append(s.turn[:i:i], s.turn[i+1:]...)
			break
		}
	}
	return b
}

// next returns a packet that may go now, nil if none may, and then when one may;
// zero if none waits.
func (s *packetSched) next(now time.Time) ([]byte, time.Time) {
	if s.queued == 0 {
		return nil, time.Time{}
	}
	if !s.take(now) {
		return nil, now.Add(time.Duration((1 - s.tokens) / float64(s.rate) * float64(time.Second)))
	}
	port := s.turn[0]
	s.turn = append(s.turn[1:len(s.turn):len(s.turn)], port)
	return s.pop(port), time.Time{}
}

// packetScheds are the two schedulers of a connection.
type packetScheds struct {
	mu    sync.Mutex
	limit int            // packet-ins that wait for the reader
	kinds [2]packetSched // of actions, of misses
}

func (p *packetScheds) configure(s *ControllerSpec, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit = s.QueueSize
	if p.limit <= 0 {
		p.limit = defaultQueueSize
	}
	for i := range p.kinds {
		p.kinds[i].configure(s.RateLimit, s.BurstLimit, now)
	}
}

// send passes an encoded packet-in on to o, now or later.
func (p *packetScheds) send(o *ofConn, miss bool, port openflow.Port, b []byte, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := &p.kinds[0]
	if miss {
		k = &p.kinds[1]
	}
	if k.rate == 0 || k.offer(port, b, now) {
		o.postPacket(b, p.limit)
	} else {
		o.p.conns.wake()
	}
}

// run sends what may go by now and returns when more may.
func (p *packetScheds) run(now time.Time, o *ofConn) (next time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.kinds {
		for {
			b, at := p.kinds[i].next(now)
			if b == nil {
				if next.IsZero() || !at.IsZero() && at.Before(next) {
					next = at
				}
				break
			}
			o.postPacket(b, p.limit)
		}
	}
	return next
}

// status adds the counters to Controller:status, if there is a limit.
func (p *packetScheds) status(pairs map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, kind := range [...]string{"action", "miss"} {
		k := &p.kinds[i]
		if k.rate == 0 {
			continue
		}
		for _, c := range [...]struct {
			name string
			n    uint64
		}{{"backlog", uint64(k.queued)}, {"bypassed", k.normal}, {"queued", k.limited}, {"dropped", k.dropped}} {
			pairs["packet-in-"+kind+"-"+c.name] = strconv.FormatUint(c.n, 10)
		}
	}
}
