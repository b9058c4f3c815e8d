package linux

import (
	"context"
	"sync"
)

// shared is the one link watch of the process, running while anybody listens.
var shared struct {
	mu        sync.Mutex
	listeners map[*listener]struct{} // guarded by mu
	stop      context.CancelFunc     // guarded by mu
}

type listener struct {
	name string
	fn   func(LinkEvent)
}

// OnLink has fn called with every change of the interface called name, or of any
// interface when name is empty, until cancel is called. LinkEvent.Lost is
// delivered to everybody. fn must be quick; all listeners of the process are
// called from one goroutine.
func OnLink(name string, fn func(LinkEvent)) (cancel func()) {
	l := &listener{name, fn}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.listeners == nil {
		shared.listeners = map[*listener]struct{}{}
	}
	shared.listeners[l] = struct{}{}
	if shared.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		shared.stop = stop
		go WatchLinks(ctx, dispatch)
	}
	return func() {
		shared.mu.Lock()
		defer shared.mu.Unlock()
		delete(shared.listeners, l)
		if len(shared.listeners) == 0 && shared.stop != nil {
			shared.stop()
			shared.stop = nil
		}
	}
}

func dispatch(ev LinkEvent) {
	shared.mu.Lock()
	var call []func(LinkEvent)
	for l := range shared.listeners {
		if ev.Lost || l.name == "" || l.name == ev.Name {
			call = append(call, l.fn)
		}
	}
	shared.mu.Unlock()
	for _, fn := range call {
		fn(ev)
	}
}
