package server

import (
	"slices"
	"sync"

	"govs/jsonrpc/json"
)

// lockTable holds the advisory locks of ovsdb-server(7) section 4.1.8: of the
// sessions that ask for a lock the first has it.
type lockTable struct {
	mu     sync.Mutex
	queues map[string][]waiter // guarded by mu; owner first
	// lost are the locks that were stolen from a session which itself had
	// stolen them: it does not wait for them, but must unlock them before it
	// asks again.
	lost map[lockOf]bool // guarded by mu
}

// waiter owns a lock or waits for it. One who steals never waits.
type waiter struct {
	s     *session
	stole bool
}

type lockOf struct {
	s    *session
	name string
}

func (l *lockTable) holds(s *session, name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queues[name]
	return len(q) > 0 && q[0].s == s
}

// asked reports whether a session has asked for a lock and not unlocked it.
func (l *lockTable) asked(s *session, name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost[lockOf{s, name}] || slices.ContainsFunc(l.queues[name], func(w waiter) bool { return w.s == s })
}

// acquire queues for a lock and reports whether it is owned at once. With
// steal, the owner loses it and waits first in line.
func (l *lockTable) acquire(s *session, name string, steal bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queues == nil {
		l.queues, l.lost = map[string][]waiter{}, map[lockOf]bool{}
	}
	q := l.queues[name]
	if !steal || len(q) == 0 {
		l.queues[name] = append(q, waiter{s, steal})
		return len(q) == 0
	}
	q[0].tell("stolen", name)
	if q[0].stole {
		l.lost[lockOf{q[0].s, name}] = true
		q = q[1:]
	}
	l.queues[name] = append([]waiter{{s, true}}, q...)
	return true
}

func (w waiter) tell(method, lock string) {
	w.s.notify(method, json.Arr(json.Str(lock)))
	w.s.q.Kick()
}

// release gives a lock, or a place in its queue, up.
func (l *lockTable) release(s *session, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.releaseLocked(s, name)
}

func (l *lockTable) releaseLocked(s *session, name string) {
	delete(l.lost, lockOf{s, name})
	q := l.queues[name]
	i := slices.IndexFunc(q, func(w waiter) bool { return w.s == s })
	if i < 0 {
		return
	}
	q = slices.Delete(slices.Clone(q), i, i+1)
	if len(q) == 0 {
		delete(l.queues, name)
		return
	}
	l.queues[name] = q
	// The owner is told even if it was only a waiter that left, as OVS does.
	q[0].tell("locked", name)
}

// drop releases all locks of a session that ended.
func (l *lockTable) drop(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.queues {
		l.releaseLocked(s, name)
	}
	for k := range l.lost {
		if k.s == s {
			delete(l.lost, k)
		}
	}
}
