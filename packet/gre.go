package packet

// Bits of the first word of a GRE header.
const (
	GREChecksum = 0x8000
	GREKey      = 0x2000
	GRESeq      = 0x1000
	// greUnknown are the routing bit of RFC 1701, the reserved bits and the
	// version, all of which must be zero.
	greUnknown = 0x4fff
)

// Protocols of GRE besides Ethertypes.
const (
	GREEthernet = 0x6558 // transparent Ethernet bridging
	GREERSPAN2  = 0x88be // ERSPAN type II, which is version 1
	GREERSPAN3  = 0x22eb // ERSPAN type III, which is version 2
)

// GRELen is the length of a GRE header without optional fields in bytes.
const GRELen = 4

// GRE is a GRE header and what follows it (RFC 2784, RFC 2890):
//
//	|C| |K|S|    Reserved     | Ver |         Protocol Type         |
//	|      Checksum (optional)      |       Reserved1 (Optional)    |
//	|                         Key (optional)                        |
//	|                 Sequence Number (Optional)                    |
type GRE []byte

// Valid reports whether the header is whole and has no bit that is not known.
func (h GRE) Valid() bool {
	return len(h) >= GRELen && h.Flags()&greUnknown == 0 && h.HeaderLen() <= len(h)
}

// Flags returns the first word.
func (h GRE) Flags() uint16 { return be.Uint16(h) }

// Protocol returns the type of the payload.
func (h GRE) Protocol() uint16 { return be.Uint16(h[2:]) }

// HeaderLen returns the header's length in bytes.
func (h GRE) HeaderLen() int { return greLen(h.Flags()) }

func greLen(flags uint16) int {
	n := GRELen
	for _, f := range [...]uint16{GREChecksum, GREKey, GRESeq} {
		if flags&f != 0 {
			n += 4
		}
	}
	return n
}

// Key returns the key, 0 without one.
func (h GRE) Key() uint32 {
	if h.Flags()&GREKey == 0 {
		return 0
	}
	return be.Uint32(h[greLen(h.Flags()&GREChecksum):])
}

// ChecksumOK reports whether the header has no checksum or a right one over
// itself and all that follows.
func (h GRE) ChecksumOK() bool {
	return h.Flags()&GREChecksum == 0 || Fold(Sum(h, 0)) == 0xffff
}

// AppendGRE appends a header with the fields that flags names and a checksum of
// zero.
func AppendGRE(b []byte, flags, protocol uint16, key, seq uint32) []byte {
	b = be.AppendUint16(be.AppendUint16(b, flags), protocol)
	if flags&GREChecksum != 0 {
		b = append(b, 0, 0, 0, 0)
	}
	if flags&GREKey != 0 {
		b = be.AppendUint32(b, key)
	}
	if flags&GRESeq != 0 {
		b = be.AppendUint32(b, seq)
	}
	return b
}

// ERSPAN is an ERSPAN header behind GRE (draft-foschiano-erspan), of type II,
// 8 bytes long:
//
//	|  Ver  |          VLAN         | COS | En|T|    Session ID     |
//	|      Reserved         |                  Index                |
//
// or of type III, 12 bytes long:
//
//	|  Ver  |          VLAN         | COS |BSO|T|     Session ID    |
//	|                          Timestamp                            |
//	|             SGT               |P|    FT   |   Hw ID   |D|Gra|O|
type ERSPAN []byte

// Lengths of ERSPAN headers in bytes.
const (
	ERSPAN2Len = 8
	ERSPAN3Len = 12
)

// Version returns the version: 1 for type II, 2 for type III.
func (h ERSPAN) Version() uint8 { return h[0] >> 4 }

// Session returns the session ID.
func (h ERSPAN) Session() uint16 { return be.Uint16(h[2:]) & 0x3ff }

// Index returns the index of a type II header.
func (h ERSPAN) Index() uint32 { return be.Uint32(h[4:]) & 0xfffff }

// HwID returns the hardware ID of a type III header.
func (h ERSPAN) HwID() uint8 { return uint8(be.Uint16(h[10:]) >> 4 & 0x3f) }

// Dir returns the direction of a type III header: 1 for egress.
func (h ERSPAN) Dir() uint8 { return h[11] >> 3 & 1 }

// AppendERSPAN2 appends a type II header.
func AppendERSPAN2(b []byte, session uint16, index uint32) []byte {
	b = be.AppendUint16(append(b, 0x10, 0), session&0x3ff)
	return be.AppendUint32(b, index&0xfffff)
}

// AppendERSPAN3 appends a type III header; stamp counts 100 microseconds.
func AppendERSPAN3(b []byte, session uint16, stamp uint32, hwid, dir uint8) []byte {
	b = be.AppendUint16(append(b, 0x20, 0), session&0x3ff)
	b = be.AppendUint32(b, stamp)
	return be.AppendUint32(b, uint32(hwid&0x3f)<<4|uint32(dir&1)<<3)
}
