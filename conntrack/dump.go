package conntrack

// Entry is one connection as those see it who look at the table.
type Entry struct {
	Orig, Reply Tuple
	Zone        uint16
	Mark        uint32
	Label       [16]byte
	Helper      string
	Parent      *Tuple // original direction of the connection it is related to
	Timeout     uint32 // seconds until it expires
	TCP         [2]TCPInfo
}

// TCPInfo is the state of one end of a TCP connection.
type TCPInfo struct {
	State   TCPState
	Scale   uint8 // window scale
	Scaling bool  // the end offered window scaling
	Midway  bool  // the handshake was not seen, hence the scale is not known
}

func (c *conn) entry(now int64) Entry {
	e := Entry{Orig: c.orig().tuple(), Reply: c.rev().tuple(), Zone: c.orig().zone, Mark: c.mark, Label: c.label}
	if left := c.expires.Load() - now; left > 0 {
		e.Timeout = uint32(left / 1000)
	}
	if a := c.helped(); a != nil {
		e.Helper = a.name
	}
	if parent := c.parent(); parent != nil {
		t := parent.tuple()
		e.Parent = &t
	}
	if c.orig().proto == protoTCP {
		for i := range c.peer {
			p := &c.peer[i]
			e.TCP[i] = TCPInfo{p.state, p.scale & scaleBits, p.scale&scaleKnown != 0, p.scale&scaleUnknown != 0}
		}
	}
	return e
}

// Dump calls fn with each connection that the filter selects, nil for all, until
// fn returns false. Connections that come and go meanwhile may be left out. fn
// may call the Tracker.
func (t *Tracker) Dump(f *Filter, now int64, fn func(*Entry) bool) {
	var list []Entry
	for i := range t.shards {
		s := &t.shards[i]
		list = list[:0]
		s.mu.Lock()
		s.each(func(c *conn) {
			if c.life.Load() == live && !c.expired(now) && f.selects(c) {
				list = append(list, c.entry(now))
			}
		})
		s.mu.Unlock()
		for j := range list {
			if !fn(&list[j]) {
				return
			}
		}
	}
}

// each calls fn with the connections at home in s. The caller holds mu.
func (s *shard) each(fn func(*conn)) {
	if s.conns == 0 {
		return
	}
	for _, p := range s.tab {
		if p.c != nil && p.hash == p.c.dir[0].hash {
			fn(p.c)
		}
	}
}

// Flush removes the connections that the filter selects, nil for all, and
// returns how many.
func (t *Tracker) Flush(f *Filter) int {
	removed := 0
	var list []*conn
	for i := range t.shards {
		s := &t.shards[i]
		list = list[:0]
		s.mu.Lock()
		s.each(func(c *conn) {
			if f.selects(c) {
				list = append(list, c)
			}
		})
		s.mu.Unlock()
		for _, c := range list {
			s.mu.Lock()
			if c.life.Load() == live {
				removed++
			}
			t.kill(c, s)
		}
	}
	return removed
}

// Filter selects connections; a zero Filter selects all.
type Filter struct {
	HasZone        bool
	Zone           uint16
	Mark, MarkMask uint32
	Label          [16]byte
	LabelMask      [16]byte
	Orig, Reply    TupleFilter
}

// TupleFilter selects by one direction. What is zero or not valid does not count,
// but with Proto that of ICMP identifier, type and code always do.
type TupleFilter struct{ Tuple }

func (f *TupleFilter) selects(k *key) bool {
	t := k.tuple()
	switch {
	case f.Proto != 0 && f.Proto != t.Proto,
		f.Src.IsValid() && f.Src != t.Src,
		f.Dst.IsValid() && f.Dst != t.Dst,
		f.SrcPort != 0 && f.SrcPort != t.SrcPort,
		f.DstPort != 0 && f.DstPort != t.DstPort,
		f.ICMP() && (f.ICMPID != t.ICMPID || f.ICMPType != t.ICMPType || f.ICMPCode != t.ICMPCode):
		return false
	}
	return true
}

// Whole reports whether the filter names one connection.
func (f *TupleFilter) Whole() bool {
	return f.Src.IsValid() && f.Dst.IsValid() && f.Proto != 0 && (f.ICMP() || f.SrcPort != 0 && f.DstPort != 0)
}

// selects is called with the lock of c's home held.
func (f *Filter) selects(c *conn) bool {
	if f == nil {
		return true
	}
	if f.HasZone && f.Zone != c.orig().zone || c.mark&f.MarkMask != f.Mark&f.MarkMask {
		return false
	}
	for i, m := range f.LabelMask {
		if c.label[i]&m != f.Label[i]&m {
			return false
		}
	}
	return f.Orig.selects(c.orig()) && f.Reply.selects(c.rev())
}

// Expectation is a connection that a helper saw announced.
type Expectation struct {
	Expected Tuple // its source port is free
	Parent   Tuple // original direction of the connection that announced it
	Zone     uint16
	Mark     uint32
	Label    [16]byte
}

// Expectations returns those there are.
func (t *Tracker) Expectations() []Expectation {
	var l []Expectation
	for _, x := range t.expect.all() {
		k := x.key
		l = append(l, Expectation{
			Expected: (&key{src: k.src, dst: k.dst, dstPort: k.dstPort, proto: k.proto, v6: k.v6}).tuple(),
			Parent:   x.parentKey.tuple(), Zone: k.zone, Mark: x.mark, Label: x.label,
		})
	}
	return l
}

// Buckets returns the number of connections in each of the table's shards.
func (t *Tracker) Buckets() []int {
	l := make([]int, numShards)
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		l[i] = s.conns
		s.mu.Unlock()
	}
	return l
}
