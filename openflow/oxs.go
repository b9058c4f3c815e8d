package openflow

import "time"

// Statistics of flows in OpenFlow 1.5 are a list of OXS entries, each with a
// header of class, field and length like an OXM's.
const (
	oxsBasic    = 0x8002
	oxsDuration = oxsBasic<<16 | 0<<9 | 8
	oxsIdleTime = oxsBasic<<16 | 1<<9 | 8
	oxsFlows    = oxsBasic<<16 | 3<<9 | 4
	oxsPackets  = oxsBasic<<16 | 4<<9 | 8
	oxsBytes    = oxsBasic<<16 | 5<<9 | 8

	oxsExperimenter = 0xffff
)

// oxStats are the statistics that entries can say; all ones stand for unknown.
type oxStats struct {
	sec, ns, idle, flows uint32
	packets, bytes       uint64
}

var noOXStats = oxStats{^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0), ^uint64(0), ^uint64(0)}

// oxs appends the entries of what is known, padded to 8 bytes.
func (e *msgEncoder) oxs(s oxStats) {
	start := len(e.b)
	e.u32(0)
	put := func(head uint32, known bool, n uint64) {
		if !known {
			return
		}
		e.u32(head)
		if head&0xff == 4 {
			e.u32(uint32(n))
		} else {
			e.u64(n)
		}
	}
	put(oxsDuration, s.sec != ^uint32(0), uint64(s.sec)<<32|uint64(s.ns))
	put(oxsIdleTime, s.idle != ^uint32(0), uint64(s.idle)<<32)
	put(oxsPackets, s.packets != ^uint64(0), s.packets)
	put(oxsBytes, s.bytes != ^uint64(0), s.bytes)
	put(oxsFlows, s.flows != ^uint32(0), uint64(s.flows))
	be.PutUint16(e.b[start+2:], uint16(len(e.b)-start))
	e.pad8(start)
}

// pad8 pads what was appended since start to 8 bytes.
func (e *msgEncoder) pad8(start int) {
	for (len(e.b)-start)%8 != 0 {
		e.u8(0)
	}
}

// takeOXS reads a list of entries from the front of b and returns what follows.
// Entries of an unknown kind are passed over.
func takeOXS(b []byte) (s oxStats, rest []byte, err error) {
	s = noOXStats
	if len(b) < 4 {
		return s, nil, ErrBadMatchBadLen
	}
	n := int(be.Uint16(b[2:]))
	padded := (n + 7) &^ 7
	if n < 4 || padded > len(b) {
		return s, nil, ErrBadMatchBadLen
	}
	rest = b[padded:]
	for b = b[4:n]; len(b) > 0; {
		if len(b) < 4 {
			return s, nil, ErrBadMatchBadLen
		}
		head, size := be.Uint32(b), int(b[3])
		if head>>16 == oxsExperimenter && (size < 4 || len(b) < 8) || len(b) < 4+size {
			return s, nil, ErrBadMatchBadLen
		}
		switch v := b[4:]; head {
		case oxsDuration:
			s.sec, s.ns = be.Uint32(v), be.Uint32(v[4:])
		case oxsIdleTime:
			s.idle = be.Uint32(v)
		case oxsPackets:
			s.packets = be.Uint64(v)
		case oxsBytes:
			s.bytes = be.Uint64(v)
		case oxsFlows:
			s.flows = be.Uint32(v)
		}
		b = b[4+size:]
	}
	return s, rest, nil
}

// setDuration puts in a duration unless it is negative, which is unknown.
func (s *oxStats) setDuration(d time.Duration) {
	if d >= 0 {
		s.sec, s.ns = uint32(d/time.Second), uint32(d%time.Second)
	}
}

func (s *oxStats) duration() time.Duration {
	if s.sec == ^uint32(0) {
		return -1
	}
	return time.Duration(s.sec)*time.Second + time.Duration(s.ns)
}
