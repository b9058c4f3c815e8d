package userspace

import (
	"sync"

	"govs/dpif"
	"govs/flow"
)

// Execute implements dpif.Datapath.
func (dp *Datapath) Execute(batch ...*dpif.Execute) (first error) {
	x := dp.execs.get()
	defer dp.execs.put(x)
	for len(batch) > 0 {
		n := min(len(batch), batchSize)
		x.begin()
		for i, e := range batch[:n] {
			ops, err := dp.programs.ops(e.Actions)
			if err != nil {
				if first == nil {
					first = err
				}
				continue
			}
			w := work{p: e.Packet, key: &x.keys[i], depth: e.Recirculations}
			if e.Packet.L3 < 0 || e.Key == nil {
				flow.Extract(e.Packet, w.key)
			} else {
				*w.key = *e.Key
			}
			x.run(&w, ops)
		}
		x.finish()
		x.flush()
		batch = batch[n:]
	}
	return first
}

// execPool lends executors to callers that are no packet thread, each with a
// transmit queue number of its own.
type execPool struct {
	dp    *Datapath
	mu    sync.Mutex
	next  int     // guarded by mu
	spare []int   // numbers given back; guarded by mu
	all   []*exec // guarded by mu
	idle  []*exec // guarded by mu
}

func (p *execPool) get() *exec {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		x := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return x
	}
	x := &exec{}
	x.init(p.dp, p.take())
	p.all = append(p.all, x)
	return x
}

// number returns a transmit queue number that nobody has.
func (p *execPool) number() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.take()
}

func (p *execPool) take() int {
	if n := len(p.spare); n > 0 {
		q := p.spare[n-1]
		p.spare = p.spare[:n-1]
		return q
	}
	p.next++
	return p.next - 1
}

// giveNumber takes a number back.
func (p *execPool) giveNumber(q int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spare = append(p.spare, q)
}

func (p *execPool) put(x *exec) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, x)
}

func (p *execPool) each(fn func(*exec)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.all {
		fn(x)
	}
}
