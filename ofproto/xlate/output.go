package xlate

import (
	"govs/dpif"
	"govs/flow"
	"govs/openflow"
	"govs/packet"
)

// output does an output action.
func (t *Translator) output(p openflow.Port, maxLen uint16, last bool) {
	switch p {
	case openflow.PortInPort:
		t.compose(t.flow.InPort, last)
	case openflow.PortTable:
		t.resubmit(t.flow.InPort, 0, true, false)
	case openflow.PortNormal:
		t.normal()
	case openflow.PortFlood:
		t.flood(false)
	case openflow.PortAll:
		t.flood(true)
	case openflow.PortController:
		reason := openflow.ReasonAction
		switch {
		case t.in.PacketOut:
			reason = openflow.ReasonPacketOut
		case t.inActSet:
			reason = openflow.ReasonActionSet
		}
		t.controller(&openflow.Controller{MaxLen: maxLen, Reason: reason})
	case openflow.PortNone:
	default:
		if uint32(p) == t.flow.InPort {
			t.reportWarn("skipping output to input port")
			return
		}
		t.compose(uint32(p), last)
	}
}

// outputTrunc sends the beginning of the packet to a port.
func (t *Translator) outputTrunc(a *openflow.OutputTrunc, last bool) {
	no := uint32(a.Port)
	if no == t.flow.InPort {
		t.reportWarn("skipping output to input port")
		return
	}
	p := t.bridge.Ports[no]
	if p == nil || p.Patch {
		// Where the packet would be cut behind a patch port nobody could tell.
		t.reportError("output_trunc does not support patch port %s", a.Port)
		return
	}
	t.odp = t.odp.Trunc(a.MaxLen)
	t.compose(no, last)
}

// flood sends to all ports but the one the packet came in by; without all, to
// those that floods are allowed to.
func (t *Translator) flood(all bool) {
	in := t.flow.InPort
	for _, p := range t.bridge.FloodOrder {
		if p.No == in || !all && p.Config&openflow.PortNoFlood != 0 {
			continue
		}
		t.compose(p.No, false) // others follow, which must not see what a patch port leads to
	}
}

// compose sends the packet out by a port.
func (t *Translator) compose(no uint32, last bool) {
	p := t.bridge.Ports[no]
	f := &t.flow
	switch {
	case p == nil:
		t.reportWarn("Nonexistent output port")
		return
	case p.Config&openflow.PortNoFwd != 0:
		t.report("OFPPC_NO_FWD set, skipping output")
		return
	case t.snaplen != 0 && p.ODP == dpif.NoPort && p.Tunnel == nil:
		t.reportWarn("Mirror truncate to ODPP_NONE, skipping output")
		return
	case p.Bundle != nil && p.Bundle.Protected:
		if in := t.bridge.Ports[f.InPort]; in != nil && in.Bundle != nil && in.Bundle.Protected {
			t.reportWarn("Flow is between protected ports, skipping output.")
			return
		}
	}
	if p.Peer != nil {
		t.patch(p, last)
		return
	}
	if f.PacketType != flow.PacketTypeEthernet && (p.Tunnel == nil || p.Tunnel.Mode == LegacyL2) {
		t.reportWarn("Trying to send non-Ethernet packet through legacy L2 port. Dropping packet.")
		return
	}
	// A mark that a tunnel gave the packet stays, as in OVS.
	tos, typ := f.NwTOS, f.PacketType
	odp := p.ODP
	if p.Tunnel != nil {
		saved := f.Tunnel
		p.Tunnel.send(f, t.wc)
		// What takes its endpoint from the flow, and finds none there, counts as
		// one, too; as in OVS, the flow keeps the header that was made.
		if outerDst(&f.Tunnel) == t.tunnelDst {
			t.reportWarn("Not tunneling to our own address")
			f.NwTOS = tos
			return
		}
		if p.Counters != nil {
			t.effect(Effect{kind: effectTx, ptr: p.Counters})
		}
		odp = p.Tunnel.ODP
		t.report("output to kernel tunnel")
		t.commitTunnel(p.Tunnel)
		f.Tunnel = saved
		if p.Tunnel.Mode == LegacyL3 && typ == flow.PacketTypeEthernet {
			f.PacketType = 1<<16 | uint32(f.EthType)
		}
	}
	if odp != dpif.NoPort {
		t.commit()
		if t.snaplen != 0 {
			t.odp = t.odp.Trunc(t.snaplen)
		}
		t.odp = t.odp.Output(odp)
		t.out.Output = true
	}
	if len(t.bridge.Mirrors) > 0 && p.Bundle != nil {
		t.mirror(p.Bundle, p.Bundle.DstMirrors)
	}
	f.NwTOS, f.PacketType = tos, typ
}

// patch continues the packet's way in the bridge at the other end of a patch
// port. What that bridge does to the packet is undone afterwards.
func (t *Translator) patch(p *Port, last bool) {
	peer := p.Peer
	saved := t.flow
	savedTunnel, savedOpts := t.wc.Tunnel, tunOptsOf((*flow.Key)(t.wc))
	bridge, tables, node, table, rule, cookie := t.bridge, t.tables, t.node, t.table, t.rule, t.cookie
	stackBase := t.stackBase
	t.stackBase = len(t.stack)
	actionSet := t.actionSet
	t.actionSet = nil

	f := &t.flow
	f.InPort = peer.No
	f.Metadata = 0
	f.Tunnel = packet.Tunnel{}
	t.wc.Tunnel = packet.Tunnel{}
	(&tunOpts{}).put(f)
	(&tunOpts{}).put((*flow.Key)(t.wc))
	peer.Bridge.TLVs.Begin(f)
	f.Regs = [32]uint32{}
	f.ActsetOutput = uint32(openflow.PortUnset)
	clearConntrack(f)
	t.setBridge(peer.Bridge)
	t.node = t.enterBridge(peer.Bridge)
	mirrors := t.mirrors
	t.mirrors = 0
	wasMPLS, conntracked := t.wasMPLS, t.conntracked
	if t.mayReceive(peer) {
		t.enter(f.InPort, last)
	}
	t.wasMPLS, t.conntracked = wasMPLS, conntracked

	t.mirrors = mirrors
	t.flow = saved
	t.wc.Tunnel = savedTunnel
	savedOpts.put((*flow.Key)(t.wc))
	t.bridge, t.tables, t.node, t.table, t.rule, t.cookie = bridge, tables, node, table, rule, cookie
	t.stack = t.stack[:t.stackBase]
	t.stackBase = stackBase
	t.actionSet = actionSet
	// That the other bridge stops, or fails, does not concern this one.
	t.exit = false
	t.err = nil
	if p.Counters != nil && peer.Counters != nil {
		t.effect(Effect{kind: effectTx, ptr: p.Counters})
		t.effect(Effect{kind: effectRx, ptr: peer.Counters})
	}
}
