package conntrack

import (
	"unsafe"

	"govs/internal/prefetch"
	"govs/packet"
)

const (
	// fetchFrom is how many connections are more than the processor has near
	// anyhow.
	fetchFrom = 4096
	fetchMost = 32 // packets at a time
)

// Fetch begins to load what Process will look for on packets that are to be tracked
// in a zone, with L3 and L4 set. With many connections each packet's is far away, and
// it takes less time to wait for many at once than for one after the other.
func (t *Tracker) Fetch(batch []*packet.Packet, zone uint16) {
	if t.Len() < fetchFrom {
		return
	}
	var hashes [fetchMost]uint32
	for len(batch) > 0 {
		n := min(len(batch), fetchMost)
		for i, p := range batch[:n] {
			hashes[i] = t.guess(p, zone)
			t.shard(hashes[i]).fetchPlace(hashes[i])
		}
		for _, h := range hashes[:n] {
			t.shard(h).fetchConn(h)
		}
		batch = batch[n:]
	}
}

// guess returns the hash that p will have if it is what packets usually are.
func (t *Tracker) guess(p *packet.Packet, zone uint16) uint32 {
	b := p.Bytes()
	if p.L3 < 0 || p.L4 < p.L3+packet.IPv4Len || p.L4+4 > len(b) {
		return 0
	}
	k := key{zone: zone}
	ip := b[p.L3:p.L4]
	if ip[0]>>4 == 4 {
		copy(k.src[:4], ip[12:16])
		copy(k.dst[:4], ip[16:20])
		k.proto = ip[9]
	} else if len(ip) >= packet.IPv6Len {
		copy(k.src[:], ip[8:24])
		copy(k.dst[:], ip[24:40])
		k.proto = ip[6] // extension headers are rare
	}
	k.srcPort, k.dstPort = be.Uint16(b[p.L4:]), be.Uint16(b[p.L4+2:])
	return k.hash(t.seed)
}

// fetchPlace begins to load the place of a hash.
func (s *shard) fetchPlace(h uint32) {
	s.mu.Lock()
	if len(s.tab) > 0 {
		prefetch.Line(unsafe.Pointer(&s.tab[int(h)&(len(s.tab)-1)]))
	}
	s.mu.Unlock()
}

// fetchConn begins to load the connection that is there.
func (s *shard) fetchConn(h uint32) {
	var c *conn
	s.mu.Lock()
	if len(s.tab) > 0 {
		if p := &s.tab[int(h)&(len(s.tab)-1)]; p.hash == h {
			c = p.c
		}
	}
	s.mu.Unlock()
	if c != nil {
		prefetch.Lines(unsafe.Pointer(c), int(unsafe.Sizeof(*c)+63)/64)
	}
}
