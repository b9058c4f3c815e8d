package xlate

import (
	"errors"

	"govs/flow"
	"govs/openflow"
	"govs/packet"
)

// Headers can be put in front of a packet and taken off whatever they are. As
// long as the packet does not go out, only its type in flow changes: commit then
// tells the datapath. What is behind a header that is taken off, other than
// Ethernet's, the datapath must tell, so the packet comes back for the rest.

var errPacketType = errors.New("Unsupported packet type")

// Types of packets, and the numbers that NSH has for what follows it.
const (
	packetNSH   = 1<<16 | flow.EthTypeNSH
	packetMPLS  = 1<<16 | flow.EthTypeMPLS
	packetMPLSM = 1<<16 | flow.EthTypeMPLSM

	nshIPv4     = 1
	nshIPv6     = 2
	nshEthernet = 3
	nshNSH      = 4
)

// refuseType drops the packet, saying why.
func (t *Translator) refuseType(why string) {
	if t.node != nil {
		t.add(NodeAction, why)
	}
	t.err = errPacketType
}

func (t *Translator) encap(a *openflow.Encap) {
	f := &t.flow
	t.commit()
	t.wc.PacketType = ^uint32(0)
	switch a.PacketType {
	case flow.PacketTypeEthernet:
		if f.PacketType>>16 != 1 {
			t.refuseType("Dropping packet as encap(ethernet) is not supported for packet type ethernet.")
			return
		}
		f.EthType, f.PacketType = uint16(f.PacketType), flow.PacketTypeEthernet
		f.EthSrc, f.EthDst = flow.MAC{}, flow.MAC{}
	case packetMPLS, packetMPLSM:
		if f.PacketType == packetMPLS || f.PacketType == packetMPLSM {
			n := t.labels()
			if n >= len(f.MPLS) {
				t.tooManyLabels("encap MPLS")
				return
			}
			pushMPLS(f, n, uint16(a.PacketType), t.wc)
		} else {
			label := uint32(0)
			if f.DLType() == flow.EthTypeIPv6 {
				label = 2 // explicit null of IPv6
			}
			clearL3(f)
			f.MPLS = [3]uint32{label<<mplsLabelShift | mplsBOS | 64}
			f.EthType = uint16(a.PacketType)
		}
		f.PacketType = a.PacketType
		t.clearL2()
	case packetNSH:
		t.encapNSH(a)
	}
	t.putOn = t.err == nil
}

func (t *Translator) encapNSH(a *openflow.Encap) {
	f := &t.flow
	next := uint8(0)
	switch f.PacketType {
	case flow.PacketTypeEthernet:
		next = nshEthernet
	case 1<<16 | flow.EthTypeIP:
		next = nshIPv4
	case 1<<16 | flow.EthTypeIPv6:
		next = nshIPv6
	case packetNSH:
		next = nshNSH
	default:
		t.refuseType("Dropping packet as encap(nsh) is not supported for packet type " + packetTypeText(f.PacketType))
		return
	}
	mdType, md2 := a.NSH()
	clearL3(f)
	f.MPLS = [3]uint32{}
	t.clearL2()
	f.NSHFlags, f.NSHTTL, f.NSHMDType, f.NSHNP, f.NSHPath, f.NSHC = 0, 63, mdType, next, 255, [4]uint32{}
	f.PacketType, f.EthType = packetNSH, flow.EthTypeNSH
	t.md2 = md2
}

// clearL2 forgets the Ethernet header and tags of a packet behind another header.
func (t *Translator) clearL2() {
	t.flow.EthSrc, t.flow.EthDst, t.flow.VLANs = flow.MAC{}, flow.MAC{}, [flow.MaxVLANs]flow.VLAN{}
}

func (t *Translator) decap(a *openflow.Decap) {
	f, wc := &t.flow, t.wc
	t.commit()
	wc.PacketType = ^uint32(0)
	switch f.PacketType {
	case flow.PacketTypeEthernet:
		if f.VLANs[0].TCI&flow.VLANPresent != 0 {
			t.refuseType("Dropping packet, cannot decap Ethernet if VLAN is present.")
			return
		}
		wc.EthType = 0xffff
		f.PacketType = 1<<16 | uint32(f.EthType)
	case packetNSH:
		wc.NSHNP = 0xff
		switch f.NSHNP {
		case nshEthernet:
			f.PacketType = flow.PacketTypeEthernet
		case nshIPv4:
			f.PacketType = 1<<16 | flow.EthTypeIP
		case nshIPv6:
			f.PacketType = 1<<16 | flow.EthTypeIPv6
		case nshNSH:
			f.PacketType = packetNSH
		default:
			t.refuseType("Dropping packet as NSH next protocol " + decimal(f.NSHNP) + " is not supported")
			return
		}
		t.takenOff = true
		t.freeze(false)
	case packetMPLS, packetMPLSM:
		typ := uint16(a.PacketType)
		if a.PacketType == flow.PacketTypeEthernet {
			typ = packet.GREEthernet
		}
		f.EthType = uint16(f.PacketType)
		if n := t.labels(); !popMPLS(f, n, typ, wc) {
			return
		}
		f.PacketType = a.PacketType
		t.takenOff, t.poppedType = true, typ
		t.freeze(false)
	default:
		t.refuseType("Dropping packet as the decap() does not support packet type " + packetTypeText(f.PacketType))
	}
}

func packetTypeText(p uint32) string {
	return string(flow.PacketType.AppendValue(nil, flow.U(uint64(p)), flow.OnesValue(32), nil))
}

func (t *Translator) decNSHTTL() {
	f := &t.flow
	if f.DLType() != flow.EthTypeNSH {
		return
	}
	t.wc.NSHTTL = 0xff
	if f.NSHTTL > 1 {
		f.NSHTTL--
		return
	}
	t.reportWarn("NSH decrement TTL exception")
	t.controller(&openflow.Controller{MaxLen: 65535, Reason: openflow.ReasonInvalidTTL})
	t.enough = true
}

// commitHeader puts a header in front of the packet, or takes one off, as the
// types of flow and base say.
func (t *Translator) commitHeader() {
	f, b := &t.flow, &t.base
	if t.takenOff {
		switch b.PacketType {
		case packetNSH:
			t.odp = t.odp.PopNSH()
		case packetMPLS, packetMPLSM:
			t.odp = t.odp.PopMPLS(t.poppedType)
			b.EthType, b.MPLS = f.EthType, f.MPLS
		}
		t.takenOff = false // the packet comes back before anything else is done to it
		return
	}
	if !t.putOn {
		t.commitEthernetHeader()
		return
	}
	t.putOn = false
	switch f.PacketType {
	case packetNSH:
		t.odp = t.odp.PushNSH(f, t.md2)
		t.pushedHeader()
	case packetMPLS, packetMPLSM:
		t.odp = t.odp.AddMPLS(f.MPLS[0], uint16(f.PacketType), b.PacketType != flow.PacketTypeEthernet)
		t.pushedHeader()
	default:
		t.commitEthernetHeader()
	}
}

// pushedHeader notes that the datapath's packet has the header of flow.
func (t *Translator) pushedHeader() {
	tunnel, prio, mark := t.base.Tunnel, t.base.SkbPriority, t.base.PktMark
	present, data := t.base.TunPresent, t.base.TunData
	t.base = t.flow
	t.base.Tunnel, t.base.SkbPriority, t.base.PktMark = tunnel, prio, mark
	t.base.TunPresent, t.base.TunData = present, data
}

// commitNSH changes the network service header.
func (t *Translator) commitNSH() {
	f, b := &t.flow, &t.base
	if f.DLType() != flow.EthTypeNSH || b.DLType() != flow.EthTypeNSH && b.EthType != flow.EthTypeNSH ||
		f.NSHFlags == b.NSHFlags && f.NSHTTL == b.NSHTTL && f.NSHPath == b.NSHPath && f.NSHC == b.NSHC {
		return
	}
	m := *t.wc
	m.NSHMDType, m.NSHNP = 0, 0 // not to be set
	t.odp = t.odp.SetNSH(f, &m)
	b.NSHFlags, b.NSHTTL, b.NSHPath, b.NSHC = f.NSHFlags, f.NSHTTL, f.NSHPath, f.NSHC
}
