package server

import "sync"

// writers writes to sessions on behalf of a goroutine that has better things
// to do. A session that is added again before its turn comes is written to
// once: a busy writer makes others' updates go out together.
type writers struct {
	mu   sync.Mutex
	list []*session // guarded by mu
	busy bool       // guarded by mu
}

// few is how many sessions are written to at once.
const few = 4

// write writes what is queued for sessions, all of which have queued set.
func (w *writers) write(list []*session) {
	if len(list) <= few {
		for _, s := range list {
			s.writeQueued()
		}
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, list...)
	if !w.busy {
		w.busy = true
		go w.run()
	}
}

func (w *writers) run() {
	var list []*session
	for {
		clear(list)
		w.mu.Lock()
		list, w.list = w.list, list[:0]
		if w.busy = len(list) > 0; !w.busy {
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		for _, s := range list {
			s.writeQueued()
		}
	}
}

func (s *session) writeQueued() {
	s.queued.Store(false)
	s.q.TryFlush()
}
