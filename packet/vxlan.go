package packet

// VXLANLen is the length of a VXLAN header in bytes.
const VXLANLen = 8

// VXLAN is a VXLAN header (RFC 7348 section 5), with the group policy extension
// (draft-smith-vxlan-group-policy) or the generic protocol extension
// (draft-ietf-nvo3-vxlan-gpe):
//
//	|G|R|R|R|I|R|R|R|R|D|R|R|A|R|R|R|        Group Policy ID        |
//	|R|R|Ver|I|P|B|O|          Reserved             | Next Protocol |
//	|          VXLAN Network Identifier (VNI)       |   Reserved    |
type VXLAN []byte

// Bits of the first word of a VXLAN header.
const (
	VXLANFlagVNI     = 1 << 27
	VXLANFlagGBP     = 1 << 31
	VXLANFlagNext    = 1 << 26       // GPE: there is a next protocol
	VXLANFlagOAM     = 1 << 24       // GPE
	VXLANGBPFlags    = 1<<22 | 1<<19 // the group policy's D and A bits
	VXLANGPEReserved = 0xf2ffff00    // with the version, which is 0
	VXLANGBPReserved = 0x77b70000
)

// Next protocols of VXLAN-GPE.
const (
	GPEIPv4 = 1 + iota
	GPEIPv6
	GPEEthernet
	GPENSH
	GPEMPLS
)

// Valid reports whether the header is whole and marked as carrying a VNI.
func (h VXLAN) Valid() bool { return len(h) >= VXLANLen && h[0]&0x08 != 0 }

// Flags returns the first word.
func (h VXLAN) Flags() uint32 { return be.Uint32(h) }

// VNI returns the network identifier.
func (h VXLAN) VNI() uint32 { return be.Uint32(h[4:]) >> 8 }

// Put makes the first eight bytes a header with the given first word, to which
// VXLANFlagVNI is added, and VNI.
func (h VXLAN) Put(flags, vni uint32) {
	be.PutUint32(h, VXLANFlagVNI|flags)
	be.PutUint32(h[4:], vni<<8)
}
