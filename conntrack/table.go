package conntrack

import (
	"sync"
)

// numShards is a power of two: enough that packet threads seldom wait for each
// other, and that growing one shard of a full table takes under a millisecond.
const numShards = 256

// A shard is a part of the table: the directions of connections whose hash
// falls into it, and the wheel of those whose first direction does.
type shard struct {
	mu      sync.Mutex
	buckets []*node // guarded by mu; a power of two
	nodes   int     // guarded by mu
	conns   int     // connections at home here; guarded by mu
	wheel   wheel   // guarded by mu
}

func (t *Tracker) shard(h uint32) *shard { return &t.shards[h>>24] }
func (t *Tracker) home(c *conn) *shard   { return t.shard(c.dir[0].hash) }

// lookup returns the node with that key whose connection is not dead. The caller
// holds mu.
func (s *shard) lookup(k *key, h uint32) *node {
	if s.nodes == 0 {
		return nil
	}
	for n := s.buckets[int(h)&(len(s.buckets)-1)]; n != nil; n = n.next {
		if n.hash == h && n.key == *k && n.conn.life.Load() != dead {
			return n
		}
	}
	return nil
}

func (s *shard) link(n *node) {
	if s.nodes >= len(s.buckets) {
		s.resize(max(8, 2*len(s.buckets)))
	}
	b := &s.buckets[int(n.hash)&(len(s.buckets)-1)]
	n.next, *b = *b, n
	s.nodes++
}

// unlink takes n out, if it is in.
func (s *shard) unlink(n *node) {
	if len(s.buckets) == 0 {
		return
	}
	for b := &s.buckets[int(n.hash)&(len(s.buckets)-1)]; *b != nil; b = &(*b).next {
		if *b == n {
			*b, n.next = n.next, nil
			s.nodes--
			break
		}
	}
	if s.nodes == 0 {
		s.buckets = nil
	} else if len(s.buckets) > 64 && s.nodes < len(s.buckets)/8 {
		s.resize(len(s.buckets) / 2)
	}
}

func (s *shard) resize(size int) {
	old := s.buckets
	s.buckets = make([]*node, size)
	for _, n := range old {
		for n != nil {
			next := n.next
			b := &s.buckets[int(n.hash)&(size-1)]
			n.next, *b = *b, n
			n = next
		}
	}
}

// find returns the connection that packets with that key belong to, and locks
// its home, which the caller unlocks. Connections whose time is over are not
// found, and removed. Without a connection nothing is locked.
func (t *Tracker) find(k *key, h uint32, now int64) (c *conn, reply bool, home *shard) {
	for {
		s := t.shard(h)
		s.mu.Lock()
		n := s.lookup(k, h)
		if n == nil {
			s.mu.Unlock()
			return nil, false, nil
		}
		c = n.conn
		if home = t.home(c); home != s {
			s.mu.Unlock()
			home.mu.Lock()
		}
		switch c.life.Load() {
		case live:
			if !c.expired(now) {
				return c, n.reply, home
			}
			t.kill(c, home)
		case pending: // not yet anybody's
			home.mu.Unlock()
			return nil, false, nil
		default:
			home.mu.Unlock()
		}
	}
}

// taken reports whether a connection has that key.
func (t *Tracker) taken(k *key, h uint32, now int64) bool {
	s := t.shard(h)
	s.mu.Lock()
	n := s.lookup(k, h)
	used := n != nil && (n.conn.life.Load() == pending || !n.conn.expired(now))
	s.mu.Unlock()
	return used
}

// insert puts c into the table and locks its home, which the caller unlocks. It
// fails, and locks nothing, if its first direction, or that of answers when they
// are translated, was taken in the meantime.
func (t *Tracker) insert(c *conn, now int64) (home *shard, ok bool) {
	c.slot = -1
	for i := range c.dir {
		n := &c.dir[i]
		n.conn, n.reply, n.hash = c, i == 1, n.key.hash(t.seed)
	}
	home = t.home(c)
	answers := t.shard(c.dir[1].hash)
	clear := func(s *shard, n *node) bool {
		old := s.lookup(&n.key, n.hash)
		return old == nil || old.conn.life.Load() == live && old.conn.expired(now)
	}
	if answers != home {
		answers.mu.Lock()
		if !clear(answers, &c.dir[1]) {
			answers.mu.Unlock()
			return nil, false
		}
		answers.link(&c.dir[1])
		answers.mu.Unlock()
		home.mu.Lock()
	} else {
		home.mu.Lock()
		if c.nat != 0 && !clear(home, &c.dir[1]) {
			home.mu.Unlock()
			return nil, false
		}
	}
	if !clear(home, &c.dir[0]) {
		home.mu.Unlock()
		if answers != home {
			c.life.Store(dead)
			answers.mu.Lock()
			answers.unlink(&c.dir[1])
			answers.mu.Unlock()
		}
		return nil, false
	}
	if answers == home {
		home.link(&c.dir[1])
	}
	home.link(&c.dir[0])
	home.conns++
	home.wheel.add(c, now)
	c.life.Store(live)
	t.conns.Add(1)
	t.zones.add(c.orig().zone, 1)
	return home, true
}

// kill takes a live connection out of the table and unlocks its home, which the
// caller has locked.
func (t *Tracker) kill(c *conn, home *shard) {
	if c.life.Load() != live {
		home.mu.Unlock()
		return
	}
	c.life.Store(dead)
	home.unlink(&c.dir[0])
	home.wheel.remove(c)
	home.conns--
	answers := t.shard(c.dir[1].hash)
	if answers == home {
		home.unlink(&c.dir[1])
	}
	home.mu.Unlock()
	if answers != home {
		answers.mu.Lock()
		answers.unlink(&c.dir[1])
		answers.mu.Unlock()
	}
	t.conns.Add(-1)
	t.zones.add(c.orig().zone, -1)
	if c.alg != nil {
		t.expect.forget(c)
	}
}
