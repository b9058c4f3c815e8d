package conntrack

import (
	"govs/packet"
)

// TCPState is the state of one end of a TCP connection.
type TCPState uint8

// States in their order: a later one never becomes an earlier one.
const (
	TCPClosed TCPState = iota
	TCPListen
	TCPSynSent
	TCPSynRecv
	TCPEstablished
	TCPCloseWait
	TCPFinWait1
	TCPClosing
	TCPLastAck
	TCPFinWait2
	TCPTimeWait
)

var tcpStateNames = [...]string{
	"CLOSED", "LISTEN", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT",
	"FIN_WAIT_1", "CLOSING", "LAST_ACK", "FIN_WAIT_2", "TIME_WAIT",
}

// String returns the state as tools print it.
func (s TCPState) String() string {
	if int(s) < len(tcpStateNames) {
		return tcpStateNames[s]
	}
	return "UNKNOWN"
}

// tcpPeer is what is known of one end. The method is that of Guido van Rooij,
// "Real Stateful TCP Packet Filtering in IP Filter" (2000): an end may send up to
// high, which follows from the acknowledgements and windows of the other.
type tcpPeer struct {
	next   uint32 // the octet it sends next, as far as was seen
	high   uint32 // it must not send beyond; 1: not known yet
	window uint16 // largest it announced, before scaling
	scale  uint8  // of windows it announces, with the bits below
	state  TCPState
}

const (
	scaleMax     = 14
	scaleBits    = 0x0f
	scaleKnown   = 0x80 // the end's SYN offered scaling
	scaleUnknown = 0x40 // the connection was there before us
)

// ackSlack is how far an acknowledgement may lie outside what was sent: a full
// window and a segment.
const ackSlack = 0xffff + 1500

const (
	tcpFIN = 1 << iota
	tcpSYN
	tcpRST
	tcpPSH
	tcpACK
	tcpURG
)

// A segment is what matters of a TCP segment.
type segment struct {
	seq, ack uint32
	flags    uint16
	window   uint16
	data     uint32 // bytes of payload
}

func readSegment(l4 []byte) segment {
	h := packet.TCP(l4)
	return segment{
		seq: h.Seq(), ack: be.Uint32(h[8:]), flags: h.Flags(), window: be.Uint16(h[14:]),
		data: uint32(len(h) - h.HeaderLen()),
	}
}

// windowScale finds the window scale option.
func windowScale(l4 []byte) uint8 {
	h := packet.TCP(l4)
	for o := h[packet.TCPLen:h.HeaderLen()]; len(o) > 0; {
		switch o[0] {
		case 0:
			return 0
		case 1:
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			return 0
		}
		if o[0] == 3 && o[1] == 3 {
			return min(o[2], scaleMax) | scaleKnown
		}
		o = o[o[1]:]
	}
	return 0
}

// length is what the segment takes of the sequence space.
func (s *segment) length() uint32 {
	n := s.data
	if s.flags&tcpSYN != 0 {
		n++
	}
	if s.flags&tcpFIN != 0 {
		n++
	}
	return n
}

// sane reports whether the flags make sense together.
func (s *segment) sane() bool {
	switch f := s.flags; {
	case f&tcpSYN != 0:
		if f&(tcpRST|tcpFIN) != 0 {
			return false
		}
	case f&(tcpACK|tcpRST) == 0:
		return false
	}
	return s.flags&tcpACK != 0 || s.flags&(tcpFIN|tcpPSH|tcpURG) == 0
}

func before(a, b uint32) bool   { return int32(a-b) < 0 }
func notAfter(a, b uint32) bool { return int32(a-b) <= 0 }

// beginsTCP reports whether the segment may open a connection: one that is there
// already may be picked up, but not by half its handshake.
func beginsTCP(l4 []byte) bool {
	s := readSegment(l4)
	if !s.sane() {
		countTCPFlags.Inc()
		return false
	}
	return s.flags&(tcpSYN|tcpACK) != tcpSYN|tcpACK
}

// openTCP begins with the first segment.
func openTCP(c *conn, l4 []byte) timer {
	s := readSegment(l4)
	src, dst := &c.peer[0], &c.peer[1]
	*src = tcpPeer{next: s.seq, high: s.seq + s.length() + 1, window: max(s.window, 1), state: TCPSynSent}
	*dst = tcpPeer{high: 1, window: 1}
	if s.flags&tcpSYN != 0 {
		src.scale = windowScale(l4)
	} else {
		src.scale, dst.scale = scaleUnknown, scaleUnknown
	}
	if n := src.scale & scaleBits; n != 0 && s.flags&tcpSYN != 0 {
		src.window = unscale(src.window, n) // that of a SYN is not scaled
	}
	return timerTCPFirst
}

// unscale is the window w in units of 1<<n, rounded up.
func unscale(w uint16, n uint8) uint16 {
	return uint16((uint32(w) + 1<<n - 1) >> n)
}

// updateTCP carries a segment of a known connection out on its state.
func (t *Tracker) updateTCP(c *conn, l4 []byte, reply bool) (verdict, timer) {
	s := readSegment(l4)
	if !s.sane() {
		countTCPFlags.Inc()
		return invalid, timerKeep
	}
	src, dst := &c.peer[0], &c.peer[1]
	if reply {
		src, dst = dst, src
	}
	if s.flags&(tcpSYN|tcpACK) == tcpSYN {
		switch {
		case dst.state >= TCPFinWait2 && src.state >= TCPFinWait2:
			return anew, timerKeep
		case src.state <= TCPSynSent:
			src.state = TCPSynSent
			return validNew, timerTCPFirst
		}
	}

	var ours, theirs uint8 // scales of the windows of src and dst
	if s.flags&tcpSYN == 0 {
		switch both := src.scale & dst.scale; {
		case both&scaleKnown != 0:
			ours, theirs = src.scale&scaleBits, dst.scale&scaleBits
		case both&scaleUnknown != 0:
			ours, theirs = scaleMax, scaleMax
		}
	}

	seq, end, window := s.seq, s.seq+s.length(), s.window
	first := false
	if src.state < TCPSynSent {
		if s.flags&tcpSYN != 0 && dst.scale&scaleKnown != 0 {
			if src.scale = windowScale(l4); src.scale&scaleKnown != 0 {
				ours, theirs = src.scale&scaleBits, dst.scale&scaleBits
				window = unscale(window, ours)
			} else { // no scaling, then: take it back from what dst announced
				dst.window = uint16(min(uint32(dst.window)<<(dst.scale&scaleBits), 0xffff))
				dst.scale = 0
			}
		}
		first = src.meet(seq, end, dst.room(theirs))
		src.window = max(src.window, window)
	}

	ack := s.ack
	if s.flags&tcpACK == 0 || ack == 0 && s.flags&tcpRST != 0 { // a reset by a careless stack
		ack = dst.next
	}
	if seq == end { // without data it does not matter where
		seq, end = src.next, src.next
	}
	var skew int32 // of the acknowledgement behind what dst sent
	if !first {
		skew = int32(dst.next - ack)
	}

	inside := notAfter(end, src.high) && notAfter(src.next-uint32(dst.window)<<theirs, seq) &&
		skew >= -ackSlack && int64(skew) <= ackSlack<<ours &&
		(s.flags&tcpRST == 0 || s.seq-src.next+1 <= 2)
	if !inside && t.liberal.Load() {
		countSeqBypass.Inc()
		inside = true
	}
	if !inside {
		// Ends that open at the same time, a connection picked up midway and
		// stragglers of a closed one get away with more, but prove nothing.
		lax := dst.state < TCPSynSent || dst.state >= TCPFinWait2 || src.state >= TCPFinWait2
		if !lax || !notAfter(end, src.high+ackSlack) || !notAfter(src.next-ackSlack, seq) {
			countSeqFailed.Inc()
			return invalid, timerKeep
		}
	}

	src.window = max(src.window, window)
	if before(src.next, end) {
		src.next = end
	}
	if room := uint32(window) << ours; notAfter(dst.high, ack+room) {
		dst.high = ack + max(room, 1)
	}
	if s.flags&tcpFIN != 0 && src.state < TCPClosing {
		src.state = TCPClosing
	}
	if s.flags&tcpACK != 0 && inside {
		switch dst.state {
		case TCPSynSent:
			dst.state = TCPEstablished
		case TCPClosing:
			dst.state = TCPFinWait2
		}
	}
	if s.flags&tcpRST != 0 {
		src.state, dst.state = TCPTimeWait, TCPTimeWait
	}
	if !inside {
		return valid, timerKeep
	}
	return valid, tcpTimer(src.state, dst.state)
}

// room is how much p lets the other end send at once, at least one octet.
func (p *tcpPeer) room(scale uint8) uint32 { return max(uint32(p.window)<<scale, 1) }

// meet begins with the first segment of an end. It reports whether that is what
// tells where its window is.
func (p *tcpPeer) meet(seq, end, room uint32) bool {
	p.next, p.state = seq, TCPSynSent
	if p.high == 1 || notAfter(p.high, end+room) {
		p.high = end + room
		return true
	}
	return false
}

// tcpTimer is the time-out by the states of both ends.
func tcpTimer(a, b TCPState) timer {
	lo, hi := min(a, b), max(a, b)
	switch {
	case lo >= TCPFinWait2:
		return timerTCPClosed
	case lo >= TCPClosing:
		return timerTCPFinWait
	case lo < TCPEstablished:
		return timerTCPOpening
	case hi >= TCPClosing:
		return timerTCPClosing
	}
	return timerTCPEstablished
}
