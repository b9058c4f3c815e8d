package packet

// VXLANLen is the length of a VXLAN header in bytes.
const VXLANLen = 8

// VXLAN is a VXLAN header (RFC 7348 section 5), with the group policy extension
// (draft-smith-vxlan-group-policy):
//
//	|G|R|R|R|I|R|R|R|R|D|R|R|A|R|R|R|        Group Policy ID        |
//	|          VXLAN Network Identifier (VNI)       |   Reserved    |
type VXLAN []byte

// Valid reports whether the header is whole and marked as carrying a VNI.
func (h VXLAN) Valid() bool { return len(h) >= VXLANLen && h[0]&0x08 != 0 }

// VNI returns the network identifier.
func (h VXLAN) VNI() uint32 { return be.Uint32(h[4:]) >> 8 }

// Put makes the first eight bytes a header with the given VNI.
func (h VXLAN) Put(vni uint32) {
	be.PutUint32(h, 0x08000000)
	be.PutUint32(h[4:], vni<<8)
}
