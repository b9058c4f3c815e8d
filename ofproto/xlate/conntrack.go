package xlate

import (
	"govs/dpif"
	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/openflow"
)

// Fork is a copy of a packet that a translation has sent through the connection
// tracker, for an account of what becomes of it.
type Fork struct {
	ID  uint32        // under which the datapath brings it back
	Key flow.Key      // as it is sent
	NAT *openflow.NAT // what is asked to be done to its addresses, or nil
}

// conntrack sends the packet through the connection tracker and, if it names a
// table, a copy of it on in that table with what the tracker has said. Nothing
// that follows in this pipeline knows of that.
func (t *Translator) conntrack(a *openflow.CT) {
	t.commit()
	f, wc := &t.flow, t.wc
	ct := dpif.CT{Commit: a.Flags&openflow.CTCommit != 0, Force: a.Flags&openflow.CTForce != 0, Zone: a.Zone}
	if a.ZoneSrc.N != 0 {
		ct.Zone = uint16(a.ZoneSrc.Get(f).Lo)
		a.ZoneSrc.Unwildcard(wc)
	}

	// What exec() sets is the connection's, not the packet's: it shows in the
	// mask, which at the same time gathers what has been read.
	oldMark, oldLabel := f.CtMark, f.CtLabel
	readMark, readLabel := wc.CtMark, wc.CtLabel
	wc.CtMark, wc.CtLabel = 0, [16]byte{}
	t.nat = nil
	t.do(a.Exec, false)
	ct.Mark, ct.MarkMask = f.CtMark&wc.CtMark, wc.CtMark
	ct.LabelMask = flow.CtLabel.GetMask(wc)
	ct.Label = flow.CtLabel.Get(f).And(ct.LabelMask)
	wc.CtMark, wc.CtLabel = readMark, readLabel
	for _, x := range a.Exec {
		if m, ok := x.(*openflow.Move); ok {
			m.Src.Unwildcard(wc)
		}
	}
	switch a.ALG {
	case 21:
		ct.Helper = "ftp"
	case 69:
		ct.Helper = "tftp"
	}
	var nat dpif.NAT
	if t.nat != nil {
		nat = datapathNAT(t.nat)
		ct.NAT = &nat
	}
	if ct.Commit && t.in.Config.CTTimeout != nil {
		ct.Timeout = t.ctTimeout(ct.Zone)
	}
	t.odp = t.odp.CT(&ct)
	if a.Table != openflow.TableAny {
		t.fork(a.Table, ct.Zone)
	}
	t.nat = nil
	f.CtMark, f.CtLabel = oldMark, oldLabel
	clearConntrack(f)
	if t.node != nil {
		t.report("Sets the packet to an untracked state, and clears all the conntrack fields.")
	}
	t.conntracked = false
}

// ctTimeout returns the datapath's name of the timeout policy of a zone, whose
// timeouts depend on the protocol.
func (t *Translator) ctTimeout(zone uint16) string {
	name, byProtocol := t.in.Config.CTTimeout(zone, t.flow.DLType(), t.flow.NwProto)
	if byProtocol {
		t.wc.NwProto = 0xff
	}
	return name
}

// datapathNAT says in the datapath's words what is to be done to addresses.
func datapathNAT(a *openflow.NAT) dpif.NAT {
	if a.Flags&(openflow.NATSrc|openflow.NATDst) == 0 {
		return dpif.NAT{} // only those of a connection that has some
	}
	n := dpif.NAT{
		Src: a.Flags&openflow.NATSrc != 0, Dst: a.Flags&openflow.NATDst != 0,
		Persistent: a.Flags&openflow.NATPersistent != 0, Hash: a.Flags&openflow.NATHash != 0, Random: a.Flags&openflow.NATRandom != 0,
	}
	if n.Src && n.Dst || !a.AddrMin.IsValid() {
		return n
	}
	n.IPMin = a.AddrMin.AsSlice()
	if a.AddrMax.IsValid() && a.AddrMin.Less(a.AddrMax) {
		n.IPMax = a.AddrMax.AsSlice()
	}
	n.PortMin, n.PortMax = a.PortMin, a.PortMax
	return n
}

// fork has the datapath bring the packet back to table, while this pipeline goes
// on with it.
func (t *Translator) fork(table uint8, zone uint16) {
	f := t.state(table)
	f.Steps, f.Conntracked = nil, true
	id := t.recirculate(f)
	if id == 0 || t.in.Trace == nil {
		return
	}
	t.report("A clone of the packet is forked to recirculate. The forked pipeline will be resumed at table %d.", table)
	fork := Fork{ID: id, Key: t.flow, NAT: t.nat}
	fork.Key.RecircID, fork.Key.CtZone = id, zone
	if fork.Key.TunPresent == 0 {
		fork.Key.TunLayout = 0
	}
	t.in.Trace.Forks = append(t.in.Trace.Forks, fork)
}

// swapTuple exchanges the packet's addresses, protocol and ports with those of the
// original direction of its connection, in a key or in a mask over packets of k's
// type.
func swapTuple(k, m *flow.Key) {
	m.NwProto, m.CtNwProto = m.CtNwProto, m.NwProto
	m.TPSrc, m.CtTPSrc = m.CtTPSrc, m.TPSrc
	m.TPDst, m.CtTPDst = m.CtTPDst, m.TPDst
	if k.EthType == flow.EthTypeIP {
		m.NwSrc, m.CtNwSrc = m.CtNwSrc, m.NwSrc
		m.NwDst, m.CtNwDst = m.CtNwDst, m.NwDst
	} else {
		m.IPv6Src, m.CtIPv6Src = m.CtIPv6Src, m.IPv6Src
		m.IPv6Dst, m.CtIPv6Dst = m.CtIPv6Dst, m.IPv6Dst
	}
}

// lookupOriginal is lookup as if the packet were one of the original direction of
// its connection; nil if nobody knows of such.
func (t *Translator) lookupOriginal(table uint8, inPort uint32, mayPacketIn bool) *flowtable.Rule {
	f := &t.flow
	if f.CtNwProto == 0 || !f.IsIP() {
		t.reportError("resubmit(ct) with non-tracked or non-IP packet!")
		return nil
	}
	swapTuple(f, (*flow.Key)(t.wc))
	swapTuple(f, f)
	r := t.lookup(table, inPort, mayPacketIn, true)
	swapTuple(f, f)
	swapTuple(f, (*flow.Key)(t.wc))
	return r
}
