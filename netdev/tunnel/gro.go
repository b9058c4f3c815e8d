package tunnel

import "govs/packet"

// merger joins the segments of one TCP stream that arrive one after the other
// into a super-frame, as a network card does: the switch then handles, and the
// receiving host takes, many at once. Only segments that a super-frame cut
// again would give back are joined, and only after their checksums were
// verified.
type merger struct {
	p        *packet.Packet // first segment, and what was appended to it; nil: none
	l3, l4   int
	hdr      int    // length of all headers
	size     int    // payload of each segment
	seq      uint32 // next
	segments int
	last     bool // a shorter segment or PSH ended it
}

// maxSuper is the longest super-frame.
const maxSuper = maxDatagram - 64

const (
	tcpAck  = 0x10
	tcpCsum = 16
)

// tcpAt finds TCP over IP in a frame of a packet type: the offsets of both headers, the length of
// all headers and where the IP packet ends. ok is false for what is not to be
// joined with anything.
func tcpAt(b []byte, typ uint32) (l3, l4, hdr, end int, ok bool) {
	ether, l3 := network(b, typ)
	if l3 < 0 || len(b) < l3+40 {
		return
	}
	switch ether {
	case 0x0800:
		ip := packet.IPv4(b[l3:])
		if ip[0] != 0x45 || ip.Frag()&0x3fff != 0 || ip.Proto() != protoTCP {
			return
		}
		l4, end = l3+20, l3+ip.TotalLen()
	case 0x86dd:
		ip := packet.IPv6(b[l3:])
		if ip[0]>>4 != 6 || ip.NextHeader() != protoTCP {
			return
		}
		l4, end = l3+packet.IPv6Len, l3+packet.IPv6Len+ip.PayloadLen()
	default:
		return
	}
	if end > len(b) || end < l4+packet.TCPLen {
		return
	}
	tcp := packet.TCP(b[l4:end])
	if !tcp.Valid() || tcp[13]&^packet.TCPPsh != tcpAck {
		return
	}
	hdr = l4 + tcp.HeaderLen()
	return l3, l4, hdr, end, end > hdr
}

// sound verifies the TCP checksum.
func sound(b []byte, l3, l4, end int) bool {
	var acc uint64
	if b[l3]>>4 == 4 {
		acc = packet.PseudoV4(packet.IPv4(b[l3:]), protoTCP, end-l4)
	} else {
		acc = packet.PseudoV6(packet.IPv6(b[l3:]), protoTCP, end-l4)
	}
	return packet.Fold(packet.Sum(b[l4:end], acc)) == 0xffff
}

// start begins with p, if others may follow it. What was before must be
// finished.
func (m *merger) start(p *packet.Packet) {
	m.p = nil
	if p.Offload.GSOType != packet.GSONone {
		return
	}
	b := p.Bytes()
	l3, l4, hdr, end, ok := tcpAt(b, p.PacketType)
	if !ok || end != len(b) || b[l4+13]&packet.TCPPsh != 0 || !p.Offload.CsumPartial && !sound(b, l3, l4, end) {
		return
	}
	*m = merger{p: p, l3: l3, l4: l4, hdr: hdr, size: end - hdr, segments: 1,
		seq: packet.TCP(b[l4:]).Seq() + uint32(end-hdr)}
}

// follows reports whether p was encapsulated as the first segment was.
func (m *merger) follows(p *packet.Packet) bool {
	return m.p.Tunnel == p.Tunnel && m.p.PacketType == p.PacketType && string(m.p.TunOpts()) == string(p.TunOpts())
}

// add appends the segment in frame b and reports whether it was the next one.
// Where b lies in the same buffer, it must lie behind.
func (m *merger) add(b []byte, partial bool) bool {
	if m.p == nil || m.last {
		return false
	}
	head := m.p.Bytes()
	l3, l4, hdr, end, ok := tcpAt(b, m.p.PacketType)
	if !ok || l4 != m.l4 || hdr != m.hdr || end-hdr > m.size || len(head)+end-hdr > min(maxSuper, m.p.Room()) ||
		packet.TCP(b[l4:]).Seq() != m.seq || partial != m.p.Offload.CsumPartial ||
		!m.sameHeaders(head, b) || !partial && !sound(b, l3, l4, end) {
		return false
	}
	n := len(head)
	m.p.SetLen(n + end - hdr)
	head = m.p.Bytes()
	m.last = end-hdr < m.size || b[l4+13]&packet.TCPPsh != 0
	flags := b[l4+13]
	copy(head[n:], b[hdr:end]) // forward within one buffer, so nothing unread is lost
	head[l4+13] |= flags
	m.seq += uint32(end - hdr)
	m.segments++
	return true
}

// sameHeaders compares what segments of one stream have in common: all but
// lengths, identification, sequence number, PSH and checksums.
func (m *merger) sameHeaders(a, b []byte) bool {
	if string(a[:m.l3]) != string(b[:m.l3]) {
		return false
	}
	x, y := a[m.l3:m.l4], b[m.l3:m.l4]
	if m.l4-m.l3 == 20 {
		// version, TOS | fragment bits, TTL, protocol | addresses
		if string(x[:2]) != string(y[:2]) || string(x[6:10]) != string(y[6:10]) || string(x[12:]) != string(y[12:]) {
			return false
		}
	} else if string(x[:4]) != string(y[:4]) || string(x[6:]) != string(y[6:]) {
		return false
	}
	x, y = a[m.l4:m.hdr], b[m.l4:m.hdr]
	// ports | acknowledgement, header length | window | urgent pointer and options
	return string(x[:4]) == string(y[:4]) && string(x[8:13]) == string(y[8:13]) &&
		string(x[14:16]) == string(y[14:16]) && string(x[18:]) == string(y[18:])
}

// finish makes the first segment the super-frame it has become, if any joined.
func (m *merger) finish() {
	p := m.p
	m.p = nil
	if p == nil || m.segments < 2 {
		return
	}
	b := p.Bytes()
	n := len(b) - m.l4
	o := packet.Offload{CsumPartial: true, CsumStart: uint16(m.l4), CsumOffset: tcpCsum,
		GSOSize: uint16(m.size), HdrLen: uint16(m.hdr)}
	var acc uint64
	if m.l4-m.l3 == 20 {
		ip := packet.IPv4(b[m.l3:])
		be.PutUint16(ip[2:], uint16(len(b)-m.l3))
		ip.Checksum()
		acc, o.GSOType = packet.PseudoV4(ip, protoTCP, n), packet.GSOTCPv4
	} else {
		ip := packet.IPv6(b[m.l3:])
		ip.SetPayloadLen(n)
		acc, o.GSOType = packet.PseudoV6(ip, protoTCP, n), packet.GSOTCPv6
	}
	be.PutUint16(b[m.l4+tcpCsum:], packet.Fold(acc))
	p.Offload = o
}
