package ctdiff

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
)

// A conv is one conversation that is under way.
type conv struct {
	id       uint32
	r        *rand.Rand
	scenario uint8
	v6       bool
	proto    uint8
	client   [2]end // client's own end, and that which it speaks to
	server   [2]end // the same as the server sees them, once it has heard
	heard    bool
	left     int // packets to come

	next   [2]uint32 // sequence numbers of client and server
	seen   [2]uint32 // the number after the last octet that each got
	scale  [2]int
	last   []byte // the last frame the server got
	script int
}

func pick[T any](r *rand.Rand, l ...T) T { return l[r.IntN(len(l))] }

func newConv(id uint32, r *rand.Rand) *conv {
	c := &conv{id: id, r: r, scenario: uint8(r.IntN(len(scenarios))), v6: r.IntN(4) == 0}
	c.proto = pick(r, uint8(6), 6, 6, 17, 17, 1, 47)
	s := &scenarios[c.scenario]
	dport := uint16(pick(r, 80, 443, 53, 22))
	switch s.alg {
	case "ftp":
		c.proto, dport = 6, 21
	case "tftp":
		c.proto, dport = 17, 69
	}
	if c.proto == 1 && c.v6 {
		c.proto = 58
	}
	// Few addresses and ports, so that conversations meet.
	c.client[0] = end{c.addr(1, 1+r.IntN(6)), uint16(pick(r, 1000, 2000, 40000, 65535) - r.IntN(4))}
	c.client[1] = end{c.addr(2, 1+r.IntN(3)), dport}
	if s.nat {
		// The reference keeps the translated addresses of a connection that is over
		// for a while, so these meet only while both are alive.
		c.client[0] = end{c.addr(1, 1+int(id%3)), uint16(5000 + id/3%50000)}
	}
	if c.proto == 1 || c.proto == 58 {
		c.client[0].port = uint16(r.IntN(300))
		if s.nat {
			c.client[0].port = uint16(id)
		}
		c.client[1].port = c.client[0].port
	}
	if s.nat && c.proto == 47 {
		c.client[0].addr = c.addr(20+int(id/200), 1+int(id%200))
		c.client[1].addr = c.addr(40+int(id/200), 1+int(id%200))
	}
	c.left = 3 + r.IntN(25)
	c.next = [2]uint32{r.Uint32(), r.Uint32()}
	c.scale = [2]int{r.IntN(16) - 1, r.IntN(16) - 1}
	if r.IntN(4) == 0 {
		c.scale[0] = -1
	}
	if c.scale[1] < 0 {
		// In the reference a window that it scales back, because the server does not
		// scale, may become zero.
		c.scale[0] = min(c.scale[0], 0)
	}
	return c
}

func (c *conv) addr(net, host int) netip.Addr {
	if c.v6 {
		return netip.MustParseAddr(fmt.Sprintf("fd00::%d:%d", net, host))
	}
	return netip.AddrFrom4([4]byte{10, 0, byte(net), byte(host)})
}

// step returns the next packet, maybe in fragments, and the port it comes in by.
func (c *conv) step() (port int, frames [][]byte) {
	c.left--
	r := c.r
	who := 0
	if c.heard && r.IntN(2) == 0 {
		who = 1
	}
	s := &segment{conv: c.id, scenario: c.scenario, proto: c.proto, scale: -1, bad: r.IntN(60) == 0}
	s.src, s.dst = c.client[0], c.client[1]
	if who == 1 {
		s.src, s.dst = c.server[0], c.server[1]
	}
	switch c.proto {
	case 6:
		c.tcp(s, who)
	case 17:
		most := pick(r, 40, 40, 40, 5000)
		if scenarios[c.scenario].alg != "" {
			most = 40 // helpers' rules match the protocol, which IPv6's fragments do not show
		}
		s.payload = make([]byte, r.IntN(most))
		if who == 1 && c.last != nil && r.IntN(6) == 0 {
			c.icmpError(s)
		}
	case 1, 58:
		s.typ = map[uint8][2]uint8{1: {8, 0}, 58: {128, 129}}[c.proto][who]
		s.seq = r.Uint32N(10)
		if r.IntN(15) == 0 {
			s.typ = uint8(r.IntN(256))
			if isError(s.typ, c.proto) || s.typ == 4 || s.typ == 5 || s.typ == 12 {
				s.typ = 200
			}
		}
		if who == 1 && c.last != nil && r.IntN(6) == 0 {
			c.icmpError(s)
		}
	default:
		s.payload = make([]byte, r.IntN(40))
	}
	frames = fragments(s.frame(), c.id<<8|uint32(c.left))
	r.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
	return who + 1, frames
}

// icmpError makes s an error about the last packet that the server got.
func (c *conv) icmpError(s *segment) {
	s.proto, s.typ = 1, pick(c.r, uint8(3), 11)
	if c.v6 {
		s.proto, s.typ = 58, pick(c.r, uint8(1), 3)
	}
	if c.r.IntN(3) == 0 { // by a router on the way
		s.src.addr = c.addr(3, 1)
	}
	inner := c.last[ethLen:]
	inner = inner[:min(len(inner), 500)]
	if n := 20 + 8; !c.v6 && c.r.IntN(2) == 0 && len(inner) > n {
		inner = inner[:n]
	}
	s.payload = append([]byte(nil), inner...)
	s.scale = -1
}

// ftp is what the ends of a control connection say.
func (c *conv) ftp(who int) []byte {
	r := c.r
	p := 3000 + r.IntN(2000)
	own := c.client[0].addr
	if who == 1 {
		own = c.server[0].addr
	}
	commas := func(a netip.Addr) string {
		b := a.As4()
		return fmt.Sprintf("%d,%d,%d,%d,%d,%d", b[0], b[1], b[2], b[3], p>>8, p&255)
	}
	if r.IntN(3) > 0 {
		return []byte(pick(r, "USER x\r\n", "230 ok\r\n", "LIST\r\n", "", "PASV\r\n"))
	}
	switch {
	case c.v6 && who == 0:
		return fmt.Appendf(nil, "EPRT |2|%s|%d|\r\n", own, p)
	case c.v6:
		return fmt.Appendf(nil, "229 Entering Extended Passive Mode (|||%d|)\r\n", p)
	case who == 0:
		return fmt.Appendf(nil, "PORT %s\r\n", commas(own))
	}
	return fmt.Appendf(nil, "227 Entering Passive Mode (%s).\r\n", commas(own))
}

const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
	urg
)

// tcp makes the next segment of an end that mostly behaves.
func (c *conv) tcp(s *segment, who int) {
	r := c.r
	orderly := scenarios[c.scenario].orderly
	s.seq, s.ack = c.next[who], c.next[1-who]
	s.window = uint16(pick(r, 100, 1000, 8000, 65535, 0))
	s.flags = ack
	n := uint32(0)
	if r.IntN(2) == 0 {
		n = r.Uint32N(100)
	}
	started := c.script
	c.script++
	switch {
	case started == 0 && (orderly || r.IntN(8) > 0):
		s.flags, s.ack, n = syn, 0, 0
		s.scale = c.scale[0]
	case started == 0: // picked up midway
	case who == 1 && started < 3 && !orderly && r.IntN(6) > 0, orderly && who == 1 && c.seen[0] == 0:
		s.flags, n = syn|ack, 0
		s.scale = c.scale[1]
	case orderly:
	default:
		switch r.IntN(24) {
		case 0:
			s.flags = rst
		case 1:
			s.flags = rst | ack
		case 2, 3, 4, 5:
			s.flags |= fin
		case 6:
			s.flags = uint16(r.IntN(64))
		case 7:
			s.flags, n = syn, 0
			s.scale = c.scale[who]
			if r.IntN(2) == 0 {
				s.seq = r.Uint32()
				c.next[who] = s.seq
			}
		case 8: // sent again
			s.seq -= r.Uint32N(200)
			n = r.Uint32N(200)
		case 9: // something was lost
			s.seq += r.Uint32N(3000)
		case 10: // far off
			s.seq += r.Uint32()
		case 11:
			s.ack += r.Uint32N(200000) - 100000
		case 12:
			s.flags |= psh
		case 13:
			s.flags, s.ack = rst|ack, 0
		}
	}
	if started > 0 && scenarios[c.scenario].nat && s.flags&(syn|ack) == syn {
		// The reference loses track when a translated connection is opened anew: it
		// takes another port, and what a server opens is neither new nor established.
		s.flags |= ack
	}
	if s.flags&syn != 0 {
		// In the reference a larger window, scaled down and up again, becomes zero.
		s.window = min(s.window, 30000)
		s.scale = c.scale[who]
	}
	s.payload = make([]byte, n)
	if scenarios[c.scenario].alg == "ftp" && s.flags&(syn|fin|rst) == 0 && r.IntN(2) == 0 {
		s.payload = c.ftp(who)
		n = uint32(len(s.payload))
	}
	for i := range s.payload {
		if s.payload[i] == 0 {
			s.payload[i] = byte(i)
		}
	}
	if orderly {
		s.bad = false
		if s.flags&ack != 0 && c.seen[who] != 0 {
			s.ack = c.seen[who]
		}
	}
	if s.seq == c.next[who] && (orderly || r.IntN(10) > 0) { // else it is lost
		if s.flags&(syn|fin) != 0 {
			n++
		}
		c.next[who] += n
	}
}

// got tells the conversation that a frame arrived at the client or the server.
func (c *conv) got(port int, frame []byte) {
	if seq, ok := seqAfter(frame); ok {
		c.seen[port-1] = seq
	}
	if port != 2 {
		return
	}
	src, dst, ok := ends(frame)
	if !ok || isFragment(frame) {
		return
	}
	if !c.heard || c.r.IntN(4) > 0 {
		c.server = [2]end{dst, src}
	}
	c.heard = true
	c.last = append([]byte(nil), frame...)
}
