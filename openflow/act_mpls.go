package openflow

// PushMPLS adds an MPLS header of the given Ethernet type, 0x8847 or 0x8848.
type PushMPLS struct{ EtherType uint16 }

// PopMPLS removes the outermost MPLS header; the packet becomes of EtherType.
type PopMPLS struct{ EtherType uint16 }

// SetMPLSLabel sets the label (20 bits) of the outermost MPLS header.
type SetMPLSLabel struct{ Label uint32 }

// SetMPLSTC sets the traffic class (3 bits) of the outermost MPLS header.
type SetMPLSTC struct{ TC uint8 }

// SetMPLSTTL sets the TTL of the outermost MPLS header.
type SetMPLSTTL struct{ TTL uint8 }

// DecMPLSTTL decrements the TTL of the outermost MPLS header.
type DecMPLSTTL struct{}

// DecNSHTTL decrements the TTL of the NSH header.
type DecNSHTTL struct{}

// Encap adds an outer header of the given packet type: NSH, Ethernet or MPLS.
type Encap struct {
	PacketType uint32 // namespace in the upper half, type in the lower
	Props      []EncapProp
}

// EncapProp is a property of an Encap, such as NSH's md_type.
type EncapProp struct {
	Class uint16
	Type  uint8
	Data  []byte
}

// Decap removes the outermost header.
type Decap struct{ PacketType uint32 }
