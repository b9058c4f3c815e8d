package packet

// SRHLen is the length of a segment routing header without segments in bytes.
const SRHLen = 8

// MaxSegments is the most segments that a path may have.
const MaxSegments = 6

// srhType is the routing type of segment routing.
const srhType = 4

// SRH is a segment routing header (RFC 8754 section 2), the last segment of the
// path first:
//
//	| Next Header   |  Hdr Ext Len  | Routing Type  | Segments Left |
//	|  Last Entry   |     Flags     |              Tag              |
//	|            Segment List[0] (128-bit IPv6 address)             |
//	~                                                               ~
type SRH []byte

// Valid reports whether the header is one of segment routing and whole.
func (h SRH) Valid() bool {
	return len(h) >= SRHLen && h[2] == srhType && h.HeaderLen() <= len(h) && SRHLen+16*(int(h[4])+1) <= h.HeaderLen()
}

// HeaderLen returns the header's length in bytes.
func (h SRH) HeaderLen() int { return 8 + 8*int(h[1]) }

// NextHeader returns the type of what follows.
func (h SRH) NextHeader() uint8 { return h[0] }

// SegmentsLeft returns how many segments the packet has still to visit.
func (h SRH) SegmentsLeft() uint8 { return h[3] }

// AppendSRH appends the header of a packet on its way to the first segment;
// segments is a row of addresses in the order in which they are visited.
func AppendSRH(b []byte, next uint8, segments []byte) []byte {
	n := len(segments) / 16
	b = append(b, next, byte(2*n), srhType, byte(n-1), byte(n-1), 0, 0, 0)
	for i := n - 1; i >= 0; i-- {
		b = append(b, segments[16*i:16*i+16]...)
	}
	return b
}
