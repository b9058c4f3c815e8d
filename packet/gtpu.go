package packet

// GTPULen is the length of a GTP-U header without optional fields in bytes.
const GTPULen = 8

// GTPUData is the message type of a packet of a user.
const GTPUData = 255

// Bits of GTPU.Flags.
const (
	GTPUVersion = 0xe0
	GTPUType    = 0x10 // GTP, not GTP'
	GTPUExt     = 0x04
	GTPUSeq     = 0x02
	GTPUNumber  = 0x01
	// GTPUDefault are the flags of a packet without optional fields.
	GTPUDefault = 0x30
)

// GTPU is a GTP-U header and what follows it (3GPP TS 29.281 section 5.1):
//
//	| Ver |PT|*|E|S|PN| Message Type |            Length            |
//	|                    Tunnel Endpoint Identifier                 |
//	|     Sequence Number (opt.)   | N-PDU Number | Next Extension  |
type GTPU []byte

// Valid reports whether the header is GTP version 1 and whole.
func (h GTPU) Valid() bool {
	return len(h) >= GTPULen && h[0]&(GTPUVersion|GTPUType) == GTPUDefault
}

// Flags returns the first byte.
func (h GTPU) Flags() uint8 { return h[0] }

// MessageType returns the type of the message.
func (h GTPU) MessageType() uint8 { return h[1] }

// TEID returns the tunnel endpoint identifier.
func (h GTPU) TEID() uint32 { return be.Uint32(h[4:]) }

// HeaderLen returns the length of the header with optional fields and extension
// headers in bytes, or 0 when they are not whole.
func (h GTPU) HeaderLen() int {
	n := GTPULen
	if h[0]&(GTPUExt|GTPUSeq|GTPUNumber) == 0 {
		return n
	}
	if n += 4; len(h) < n {
		return 0
	}
	if h[0]&GTPUExt == 0 {
		return n
	}
	for h[n-1] != 0 { // the type of the extension header that follows
		if len(h) < n+4 || h[n] == 0 {
			return 0
		}
		if n += 4 * int(h[n]); n > len(h) {
			return 0
		}
	}
	return n
}

// AppendGTPU appends the header of a message with n bytes of payload, with a
// sequence number if flags has GTPUSeq.
func AppendGTPU(b []byte, flags, message uint8, teid uint32, seq uint16, n int) []byte {
	if flags&GTPUSeq != 0 {
		n += 4
	}
	b = be.AppendUint16(append(b, flags, message), uint16(n))
	b = be.AppendUint32(b, teid)
	if flags&GTPUSeq != 0 {
		b = append(be.AppendUint16(b, seq), 0, 0)
	}
	return b
}
