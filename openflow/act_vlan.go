package openflow

// SetVLANVID sets the VLAN id (12 bits), adding a tag when there is none and
// PushIfNeeded is set, as the OpenFlow 1.0 action mod_vlan_vid does.
type SetVLANVID struct {
	VID          uint16
	PushIfNeeded bool
	FlowHasVLAN  bool // found by the check: the match asks for a tag
}

// SetVLANPCP sets the VLAN priority (3 bits), adding a tag when there is none
// and PushIfNeeded is set, as the OpenFlow 1.0 action mod_vlan_pcp does.
type SetVLANPCP struct {
	PCP          uint8
	PushIfNeeded bool
	FlowHasVLAN  bool // found by the check: the match asks for a tag
}

// StripVLAN removes the outermost VLAN tag, if there is one.
type StripVLAN struct{ pop bool } // pop remembers the newer name

// PushVLAN adds a VLAN tag of the given TPID: 0x8100 or 0x88a8.
type PushVLAN struct{ EtherType uint16 }
