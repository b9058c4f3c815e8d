package packet

// GeneveLen is the length of a Geneve header without options in bytes.
const GeneveLen = 8

// MaxGeneveOpts is the most bytes of options that a Geneve header has room for.
const MaxGeneveOpts = 252

// Geneve is a Geneve header and what follows it (RFC 8926 section 3.4):
//
//	|Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
//	|        Virtual Network Identifier (VNI)       |    Reserved   |
//	~                    Variable-Length Options                    ~
type Geneve []byte

// Valid reports whether the header is of version 0 and whole with its options,
// of which each is whole, too.
func (h Geneve) Valid() bool {
	if len(h) < GeneveLen || h[0]>>6 != 0 || h.HeaderLen() > len(h) {
		return false
	}
	return ValidGeneveOpts(h.Options())
}

// ValidGeneveOpts reports whether b is a row of whole options:
//
//	|          Option Class         |      Type     |R|R|R| Length  |
//	~                  Variable-Length Option Data                  ~
func ValidGeneveOpts(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 4 {
			return false
		}
		n := 4 + int(b[3]&0x1f)*4
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return true
}

// HeaderLen returns the header's length in bytes, options included.
func (h Geneve) HeaderLen() int { return GeneveLen + int(h[0]&0x3f)*4 }

// Options returns the options.
func (h Geneve) Options() []byte { return h[GeneveLen:h.HeaderLen()] }

// OAM reports whether the packet is for the tunnel endpoint itself.
func (h Geneve) OAM() bool { return h[1]&0x80 != 0 }

// Protocol returns the Ethertype of the payload, 0x6558 for Ethernet.
func (h Geneve) Protocol() uint16 { return be.Uint16(h[2:]) }

// VNI returns the network identifier.
func (h Geneve) VNI() uint32 { return be.Uint32(h[4:]) >> 8 }

// AppendGeneve appends a header with options, whose length is a multiple of 4
// and at most MaxGeneveOpts. The critical bit is set when one of them says so.
func AppendGeneve(b []byte, vni uint32, oam bool, protocol uint16, opts []byte) []byte {
	var bits byte
	if oam {
		bits = 0x80
	}
	for o := opts; len(o) >= 4; o = o[min(4+int(o[3]&0x1f)*4, len(o)):] {
		if o[2]&0x80 != 0 {
			bits |= 0x40
		}
	}
	b = append(b, byte(len(opts)/4), bits, byte(protocol>>8), byte(protocol))
	return append(be.AppendUint32(b, vni<<8), opts...)
}
