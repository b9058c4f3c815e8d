package packet

// Tunnel is the metadata of an encapsulation: what was in the outer headers of
// a received packet, or what is to be put there. All integers are in host order.
// Without a destination it means "not tunnelled".
type Tunnel struct {
	ID          uint64   // VNI or key
	Src, Dst    uint32   // IPv4 endpoints
	IPv6Src     [16]byte // IPv6 endpoints
	IPv6Dst     [16]byte
	Flags       uint16 // TunXxx
	TOS         uint8
	TTL         uint8
	TPSrc       uint16 // outer UDP ports
	TPDst       uint16
	GBPID       uint16 // VXLAN group policy
	GBPFlags    uint8
	ErspanVer   uint8
	ErspanIdx   uint32
	ErspanDir   uint8
	ErspanHwid  uint8
	GTPUFlags   uint8
	GTPUMsgtype uint8
	_           uint32
}

// Flags of a Tunnel. TunOAM is the only one a flow may match (tun_flags). Those
// from TunSeq on tell a sender how to encapsulate; a received packet has none of
// them.
const (
	TunOAM       = 1 << iota // the packet is for the tunnel endpoint itself
	TunDF                    // don't fragment the outer packet
	TunCsum                  // outer checksum present
	TunKey                   // ID is present
	TunSeq                   // number the packets (GRE, GTP-U)
	TunPMTUD                 // tell the sender of a packet that is too long
	TunSegments              // the packet's TunOpts are the segments of a SRv6 path
	TunLabelCopy             // the outer IPv6 flow label is that of the inner header,
	TunLabelHash             // or a hash of the inner headers; else 0
)

// IsSet reports whether t describes an encapsulation.
func (t *Tunnel) IsSet() bool {
	return t.Dst != 0 || t.IPv6Dst != [16]byte{}
}

// CtTuple is the original-direction 5-tuple of a tracked connection: the IPv4 or
// the IPv6 addresses, the other ones zero. Integers are in host order.
type CtTuple struct {
	Src, Dst     uint32
	IPv6Src      [16]byte
	IPv6Dst      [16]byte
	TPSrc, TPDst uint16 // ports, or ICMP type and code
	Proto        uint8
	_            [3]byte
}
