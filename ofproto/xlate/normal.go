package xlate

import (
	"govs/flow"
)

// xvlan is the VLAN headers of a packet inside a bridge, outermost first. A zero
// VID means "no VLAN".
type xvlan [2]struct{ tpid, vid, pcp uint16 }

const (
	vidMask = 0x0fff
	pcpMask = 0xe000
)

func extractVLANs(k *flow.Key) (x xvlan) {
	for i, v := range k.VLANs {
		if !isVLANType(v.TPID) || v.TCI&flow.VLANPresent == 0 {
			break
		}
		x[i].tpid, x[i].vid, x[i].pcp = v.TPID, v.TCI&vidMask, v.TCI&pcpMask
	}
	return x
}

// put writes the headers into k. As in OVS, where there is none the type stays, which
// a tag then has that is set later.
func (x *xvlan) put(k *flow.Key, tags PriorityTags) {
	for i := range x {
		tci := x[i].vid | x[i].pcp
		if tci != 0 || tags == PriorityTagsAlways && x[i].tpid != 0 {
			tci |= flow.VLANPresent
			k.VLANs[i].TPID = x[i].tpid
			if x[i].tpid == 0 {
				k.VLANs[i].TPID = flow.EthTypeVLAN
			}
		}
		k.VLANs[i].TCI = tci
	}
}

// carries reports whether packets in VLANs x go out by the bundle.
func (u *Bundle) carries(x *xvlan) bool {
	switch u.VLANMode {
	case VLANAccess:
		return x[0].vid == u.VLAN && x[1].vid == 0
	case VLANDot1qTunnel:
		return x[0].vid == u.VLAN && u.CVLANs.Has(x[1].vid)
	}
	return u.Trunks.Has(x[0].vid)
}

// admits reports whether packets with the given VID may come in by the bundle.
func (t *Translator) admits(u *Bundle, vid uint16) bool {
	if u == noneBundle {
		return true
	}
	switch u.VLANMode {
	case VLANAccess:
		if vid != 0 {
			t.reportError("dropping VLAN %d tagged packet received on port %s configured as VLAN %d access port", vid, u.Name, u.VLAN)
			return false
		}
		return true
	case VLANDot1qTunnel:
		if !u.CVLANs.Has(vid) {
			t.reportError("dropping VLAN %d packet received on dot1q-tunnel port %s that excludes this VLAN", vid, u.Name)
			return false
		}
		return true
	case VLANNativeTagged, VLANNativeUntagged:
		if vid == 0 {
			return true
		}
	}
	if !u.Trunks.Has(vid) {
		t.reportError("dropping VLAN %d packet received on port %s not configured for trunking VLAN %d", vid, u.Name, vid)
		return false
	}
	return true
}

// inside returns the VLANs that packets with VLANs in are in within the bridge.
func (u *Bundle) inside(in *xvlan) xvlan {
	x := *in
	native := func() {
		if x[0].tpid == 0 {
			x[0].tpid = flow.EthTypeVLAN
		}
		x[0].vid = u.VLAN
	}
	switch u.VLANMode {
	case VLANAccess:
		native()
		x[1] = xvlan{}[1]
	case VLANNativeTagged, VLANNativeUntagged:
		if x[0].vid == 0 {
			native()
		}
	case VLANDot1qTunnel:
		x[1] = x[0]
		x[0].tpid, x[0].vid, x[0].pcp = u.QinQEthType, u.VLAN, 0
	}
	return x
}

// outside returns the VLAN headers that packets in x go out with.
func (u *Bundle) outside(x *xvlan) xvlan {
	switch u.VLANMode {
	case VLANAccess:
		return xvlan{}
	case VLANNativeUntagged:
		if x[0].vid != u.VLAN {
			return *x
		}
		return xvlan{x[1]}
	case VLANDot1qTunnel:
		return xvlan{x[1]}
	}
	return *x
}

// normal forwards as an ordinary switch does.
func (t *Translator) normal() {
	f, wc := &t.flow, t.wc
	for i := range wc.EthSrc {
		wc.EthSrc[i], wc.EthDst[i] = 0xff, 0xff
	}
	wc.VLANs[0].TCI |= vidMask | flow.VLANPresent

	in := t.bridge.Ports[f.InPort]
	from := t.inputBundle()
	if from == nil {
		t.reportWarn("no input bundle, dropping")
		return
	}
	if isVLANType(f.EthType) && f.VLANs[0].TCI&flow.VLANPresent == 0 {
		if t.in.Packet != nil {
			t.reportError("dropping packet with partial VLAN tag received on port %s", from.Name)
		}
		t.reportWarn("partial VLAN tag, dropping")
		return
	}
	if from.MirrorOut {
		if t.in.Packet != nil {
			t.reportError("dropping packet received on port %s, which is reserved exclusively for mirroring", from.Name)
		}
		t.reportWarn("input port is mirror output port, dropping")
		return
	}
	outer := extractVLANs(f)
	if !t.admits(from, outer[0].vid) {
		t.reportWarn("disallowed VLAN VID for this input port, dropping")
		return
	}
	x := from.inside(&outer)
	vlan := x[0].vid
	t.minded(&outer)
	if in != nil && !t.bridge.ForwardBPDU && reserved(f.EthDst) {
		t.report("packet has reserved destination MAC, dropping")
		return
	}

	grat := t.gratuitousARP()
	if from != noneBundle && f.PacketType == flow.PacketTypeEthernet {
		e := Effect{kind: effectMAC, ptr: t.bridge, mac: f.EthSrc, vlan: vlan, port: from.ID, grat: grat, bond: from.Bond}
		if t.node == nil {
			t.effect(e)
		} else {
			was, known := t.bridge.MACs.Lookup(f.EthSrc, vlan)
			t.effect(e)
			if is, ok := t.bridge.MACs.Lookup(f.EthSrc, vlan); ok && (!known || is != was) {
				t.report("learned that %s is on port %s in VLAN %d", f.EthSrc, from.Name, vlan)
			}
		}
	}

	t.out.MACs = true
	id, ok := t.bridge.MACs.Lookup(f.EthDst, vlan)
	if !ok {
		t.report("no learned MAC for destination, flooding")
		for _, u := range t.bridge.Bundles {
			if u != from && u.Floodable && !u.MirrorOut && u.carries(&x) {
				t.outputBundle(u, &x)
			}
		}
		return
	}
	to := t.bridge.bundle(id)
	switch {
	case to == nil:
		t.reportWarn("learned port is unknown, dropping")
	case to == from:
		t.report("learned port is input port, dropping")
	default:
		t.report("forwarding to learned port")
		t.outputBundle(to, &x)
	}
}

// inputBundle returns the bundle that the packet came in by; nil, and it is
// reported, when the port has none.
func (t *Translator) inputBundle() *Bundle {
	no := t.flow.InPort
	if p := t.bridge.Ports[no]; p != nil && p.Bundle != nil {
		return p.Bundle
	}
	if no == flow.PortController || no == flow.PortNone {
		return noneBundle
	}
	t.reportError("received packet on unknown port %d", no)
	return nil
}

// minded notes that the priorities of tags without a VLAN matter: they decide
// whether the tag stays at some ports. That is so wherever the packet goes now, as
// that may change.
func (t *Translator) minded(outer *xvlan) {
	p := &t.out.Unsaid.PCP
	p[0] = p[0] || outer[0].vid == 0
	p[1] = p[1] || outer[1].vid == 0
}

// outputBundle sends the packet, which is in VLANs x, out by a bundle.
func (t *Translator) outputBundle(u *Bundle, x *xvlan) {
	if u.VLANMode == VLANDot1qTunnel && u.CVLANs != nil {
		t.wc.VLANs[1].TCI = 0xffff
	}
	if len(u.Ports) == 0 {
		return
	}
	out := u.outside(x)
	if u.PriorityTags != PriorityTagsNo {
		out[0].pcp = t.flow.VLANs[0].TCI & pcpMask
		t.out.Unsaid.PCP[0] = t.out.Unsaid.PCP[0] || out[0].vid == 0
	}
	old := t.flow.VLANs
	out.put(&t.flow, u.PriorityTags)
	t.compose(u.Ports[0].No, false)
	t.flow.VLANs = old
}

// gratuitousARP reports whether the packet is a gratuitous ARP, as a virtual
// machine sends after it has moved.
func (t *Translator) gratuitousARP() bool {
	f, wc := &t.flow, t.wc
	if f.EthType != flow.EthTypeARP {
		return false
	}
	wc.EthDst = broadcast
	if f.EthDst != broadcast {
		return false
	}
	wc.NwProto = 0xff
	switch f.NwProto {
	case 2:
		return true
	case 1:
		wc.NwSrc, wc.NwDst = ^uint32(0), ^uint32(0)
		return f.NwSrc == f.NwDst
	}
	return false
}

var broadcast = flow.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// reserved reports whether frames to a are for the next switch only (IEEE
// 802.1D-2004, 7.12.6; and those that OVS treats alike).
func reserved(a flow.MAC) bool {
	if a[0] == 0x01 && a[1] == 0x80 && a[2] == 0xc2 && a[3] == 0 && a[4] == 0 && a[5]&0xf0 == 0 {
		return true
	}
	if a[0] == 0 && a[1] == 0xe0 && a[2] == 0x2b && a[3] == 0 && a[4] == 0 {
		return a[5] == 0 || a[5] == 4 || a[5] == 6 // Extreme discovery and protection
	}
	if a[0] == 0x01 && a[1] == 0 && a[2] == 0x0c {
		switch {
		case a[3] == 0 && a[4] == 0 && a[5] == 0: // Cisco ISL
			return true
		case a[3] == 0xcc && a[4] == 0xcc && a[5] >= 0xcc && a[5] <= 0xcd: // CDP, PVST
			return true
		case a[3] == 0xcd && a[4] == 0xcd && a[5] == 0xcd: // Cisco STP uplink fast
			return true
		case a[3] == 0xcc && a[4] == 0xcc && a[5]&0xf0 == 0xc0: // Cisco CFM
			return true
		}
	}
	return false
}
