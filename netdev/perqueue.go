package netdev

import (
	"sync"
	"sync/atomic"
)

// PerQueue keeps one T for each queue number, made at first use. Get of a
// number that exists takes no lock and allocates nothing, so a device can keep
// its transmit scratch in it. The zero value is ready.
type PerQueue[T any] struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*T]
}

// Get returns the T of queue q (q >= 0).
func (p *PerQueue[T]) Get(q int) *T {
	if l := p.list.Load(); l != nil && q < len(*l) && (*l)[q] != nil {
		return (*l)[q]
	}
	return p.grow(q)
}

func (p *PerQueue[T]) grow(q int) *T {
	p.mu.Lock()
	defer p.mu.Unlock()
	var old []*T
	if l := p.list.Load(); l != nil {
		old = *l
	}
	if q < len(old) && old[q] != nil {
		return old[q]
	}
	list := make([]*T, max(len(old), q+1))
	copy(list, old)
	list[q] = new(T)
	p.list.Store(&list)
	return list[q]
}
