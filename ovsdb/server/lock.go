package server

import (
	"sync"

	"govs/jsonrpc/json"
)

// lockTable holds the advisory locks of ovsdb-server(7) section 4.1.8: of the
// sessions that ask for a lock the first has it.
type lockTable struct {
	mu     sync.Mutex
	queues map[string][]*session // guarded by mu; owner first
}

func (l *lockTable) holds(s *session, name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queues[name]
	return len(q) > 0 && q[0] == s
}

// waits reports whether a session owns the lock or waits for it.
func (l *lockTable) waits(s *session, name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.queues[name] {
		if x == s {
			return true
		}
	}
	return false
}

// acquire queues for a lock and reports whether it is owned at once. With
// steal, the owner loses it and waits first in line.
func (l *lockTable) acquire(s *session, name string, steal bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queues == nil {
		l.queues = map[string][]*session{}
	}
	q := l.queues[name]
	if steal && len(q) > 0 {
		q[0].notify("stolen", json.Arr(json.Str(name)))
		q[0].q.Kick()
		l.queues[name] = append([]*session{s}, q...)
		return true
	}
	l.queues[name] = append(q, s)
	return len(q) == 0
}

// release gives a lock, or a place in its queue, up.
func (l *lockTable) release(s *session, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.releaseLocked(s, name)
}

func (l *lockTable) releaseLocked(s *session, name string) {
	q := l.queues[name]
	for i, x := range q {
		if x != s {
			continue
		}
		q = append(q[:i:i], q[i+1:]...)
		if len(q) == 0 {
			delete(l.queues, name)
		} else {
			l.queues[name] = q
			if i == 0 {
				q[0].notify("locked", json.Arr(json.Str(name)))
				q[0].q.Kick()
			}
		}
		return
	}
}

// drop releases all locks of a session that ended.
func (l *lockTable) drop(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.queues {
		l.releaseLocked(s, name)
	}
}
