package conntrack

import (
	"sync"
)

// numShards is a power of two: enough that packet threads seldom wait for each
// other, and that growing one shard of a full table takes under a millisecond.
const numShards = 256

// A shard is a part of the table: the directions of connections whose hash
// falls into it, and the wheel of those whose first direction does.
//
// It is an open table with the hashes in it, so that looking for what is not there,
// as every new connection does, touches no connection, nor does growing.
type shard struct {
	mu    sync.Mutex
	tab   []place // guarded by mu; a power of two, or nil
	used  int     // places with a connection; guarded by mu
	conns int     // connections at home here; guarded by mu
	wheel wheel   // guarded by mu
}

// place is where a connection is found by a hash of it: both directions of one
// that is not translated have the same.
type place struct {
	hash uint32
	c    *conn // nil: empty
}

func (t *Tracker) shard(h uint32) *shard { return &t.shards[h>>24] }
func (t *Tracker) home(c *conn) *shard   { return t.shard(c.dir[0].hash) }

// lookup returns the connection, if it is not dead, one of whose directions has
// that key, and whether it is that of answers. The caller holds mu.
func (s *shard) lookup(k *key, h uint32) (c *conn, reply bool) {
	if s.used == 0 {
		return nil, false
	}
	for i := int(h) & (len(s.tab) - 1); ; i = (i + 1) & (len(s.tab) - 1) {
		p := &s.tab[i]
		if p.c == nil {
			return nil, false
		}
		if p.hash != h || p.c.life.Load() == dead {
			continue
		}
		for d := range p.c.dir {
			if e := &p.c.dir[d]; e.hash == h && e.key == *k {
				return p.c, d == 1
			}
		}
	}
}

// link puts c where it is found by h.
func (s *shard) link(c *conn, h uint32) {
	if (s.used+1)*4 > len(s.tab)*3 {
		s.resize(max(8, 2*len(s.tab)))
	}
	s.put(place{h, c})
	s.used++
}

func (s *shard) put(p place) {
	i := int(p.hash) & (len(s.tab) - 1)
	for s.tab[i].c != nil {
		i = (i + 1) & (len(s.tab) - 1)
	}
	s.tab[i] = p
}

// unlink takes c out of where it is found by h, if it is there.
func (s *shard) unlink(c *conn, h uint32) {
	if s.used == 0 {
		return
	}
	mask := len(s.tab) - 1
	i := int(h) & mask
	for s.tab[i].c != c || s.tab[i].hash != h {
		if s.tab[i].c == nil {
			return
		}
		i = (i + 1) & mask
	}
	// Those behind move up, unless they would stand before where they are
	// looked for.
	for j := (i + 1) & mask; s.tab[j].c != nil; j = (j + 1) & mask {
		if from := int(s.tab[j].hash) & mask; (j-from)&mask >= (j-i)&mask {
			s.tab[i] = s.tab[j]
			i = j
		}
	}
	s.tab[i] = place{}
	s.used--
	if s.used == 0 {
		s.tab = nil
	} else if len(s.tab) > 64 && s.used < len(s.tab)/8 {
		s.resize(len(s.tab) / 2)
	}
}

func (s *shard) resize(size int) {
	old := s.tab
	s.tab = make([]place, size)
	for _, p := range old {
		if p.c != nil {
			s.put(p)
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
		if c, reply = s.lookup(k, h); c == nil {
			s.mu.Unlock()
			return nil, false, nil
		}
		if home = t.home(c); home != s {
			s.mu.Unlock()
			home.mu.Lock()
		}
		switch c.life.Load() {
		case live:
			if !c.expired(now) {
				return c, reply, home
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
	c, _ := s.lookup(k, h)
	used := c != nil && (c.life.Load() == pending || !c.expired(now))
	s.mu.Unlock()
	return used
}

// insert puts c, whose first direction has the hash h, into the table and locks
// its home, which the caller unlocks. It fails, and locks nothing, if its first
// direction, or that of answers when they are translated, was taken in the
// meantime.
func (t *Tracker) insert(c *conn, h uint32, now int64) (home *shard, ok bool) {
	c.slot = -1
	orig, rev := &c.dir[0], &c.dir[1]
	orig.hash, rev.hash = h, h
	if c.nat != 0 {
		rev.hash = rev.key.hash(t.seed)
	}
	home = t.home(c)
	answers := t.shard(rev.hash)
	free := func(s *shard, d *direction) bool {
		old, _ := s.lookup(&d.key, d.hash)
		return old == nil || old.life.Load() == live && old.expired(now)
	}
	if answers != home {
		answers.mu.Lock()
		if !free(answers, rev) {
			answers.mu.Unlock()
			return nil, false
		}
		answers.link(c, rev.hash)
		answers.mu.Unlock()
		home.mu.Lock()
	} else {
		home.mu.Lock()
		if c.nat != 0 && !free(home, rev) {
			home.mu.Unlock()
			return nil, false
		}
	}
	if !free(home, orig) {
		home.mu.Unlock()
		if answers != home {
			c.life.Store(dead)
			answers.mu.Lock()
			answers.unlink(c, rev.hash)
			answers.mu.Unlock()
		}
		return nil, false
	}
	if answers == home && rev.hash != orig.hash {
		home.link(c, rev.hash)
	}
	home.link(c, orig.hash)
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
	orig, rev := c.dir[0].hash, c.dir[1].hash
	home.unlink(c, orig)
	home.wheel.remove(c)
	home.conns--
	answers := t.shard(rev)
	if answers == home && rev != orig {
		home.unlink(c, rev)
	}
	home.mu.Unlock()
	if answers != home {
		answers.mu.Lock()
		answers.unlink(c, rev)
		answers.mu.Unlock()
	}
	t.conns.Add(-1)
	t.zones.add(c.orig().zone, -1)
	if c.helped() != nil {
		t.expect.forget(c)
	}
}
