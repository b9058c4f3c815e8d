package xlate

import (
	"fmt"

	"govs/flow"
	"govs/openflow"
)

// do carries out a list of actions. last says that nothing follows for the packet.
func (t *Translator) do(actions []openflow.Action, last bool) { t.list(actions, last) }

// list is do. It reports whether an action ended the list, as one does that cannot lower
// a TTL.
func (t *Translator) list(actions []openflow.Action, last bool) (ended bool) {
	if len(actions) == 0 {
		if t.node != nil {
			t.add(NodeAction, "drop")
		}
		return false
	}
	for i, a := range actions {
		if t.err != nil {
			return false
		}
		if t.wasMPLS && !t.exit {
			t.recircForMPLS(a)
		}
		if t.exit {
			t.again = false
			t.keep(actions[i:])
			return false
		}
		if t.node != nil {
			names := t.names()
			t.add(NodeAction, string(openflow.FormatActions(nil, []openflow.Action{a}, &openflow.Names{Ports: names, Show: names != nil})))
		}
		if c, ok := a.(*openflow.CheckPktLarger); ok {
			t.checkPktLarger(c, actions[i+1:], last)
			return false
		}
		t.one(a, last && i == len(actions)-1 && len(t.actionSet) == 0)
		if t.enough {
			t.enough = false
			return true
		}
		if t.again && t.err == nil {
			t.again = false
			t.keep(actions[i:])
			return false
		}
	}
	return false
}

func (t *Translator) one(a openflow.Action, last bool) {
	f, wc := &t.flow, t.wc
	switch a := a.(type) {
	case *openflow.Output:
		t.output(a.Port, a.MaxLen, last)
	case *openflow.Resubmit:
		t.doResubmit(a, last)
	case *openflow.GotoTable:
		t.resubmit(f.InPort, a.Table, true, last)
	case *openflow.OutputReg:
		t.outputReg(a, last)
	case *openflow.Controller:
		t.controller(a)
	case *openflow.Group:
		t.group(a.ID, last)
	case *openflow.Meter:
		t.meter(a.ID, last)
	case *openflow.Clone:
		t.clone(a.Actions, last)
	case *openflow.OutputTrunc:
		t.outputTrunc(a, last)
	case *openflow.Sample:
		t.sample(a)
	case *openflow.Note:
	case *openflow.Exit:
		t.exit = true

	case *openflow.SetField:
		t.setField(a)
	case *openflow.Move:
		t.move(a)
	case *openflow.Learn:
		t.learn(a)
	case *openflow.Push:
		a.Field.Unwildcard(t.wc)
		t.push(a.Field.Get(f), a.Field.N)
	case *openflow.Pop:
		if len(t.stack) == t.stackBase {
			t.reportError("stack underflow")
			return
		}
		v := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		a.Field.Unwildcard(t.wc)
		a.Field.Set(f, v)
		t.typeTag()
		t.reportSubfield(a.Field)

	case *openflow.SetEthSrc:
		wc.EthSrc = broadcast
		f.EthSrc = a.MAC
	case *openflow.SetEthDst:
		wc.EthDst = broadcast
		f.EthDst = a.MAC
	case *openflow.SetVLANVID:
		wc.VLANs[0].TCI |= vidMask | flow.VLANPresent
		t.setTCI(a.VID, vidMask, a.PushIfNeeded)
	case *openflow.SetVLANPCP:
		wc.VLANs[0].TCI |= pcpMask | flow.VLANPresent
		t.setTCI(uint16(a.PCP)<<13, pcpMask, a.PushIfNeeded)
	case *openflow.StripVLAN:
		t.stripped = true
		popVLAN(f, wc)
	case *openflow.PushVLAN:
		pushVLAN(f, wc)
		f.VLANs[0] = flow.VLAN{TPID: a.EtherType, TCI: flow.VLANPresent}

	case *openflow.SetIPv4Src:
		if f.EthType == flow.EthTypeIP {
			wc.NwSrc, wc.NwProto = ^uint32(0), 0xff
			f.NwSrc = a.Addr
		}
	case *openflow.SetIPv4Dst:
		if f.EthType == flow.EthTypeIP {
			wc.NwDst, wc.NwProto = ^uint32(0), 0xff
			f.NwDst = a.Addr
		}
	case *openflow.SetIPDSCP:
		if f.IsIP() {
			wc.NwTOS |= dscpMask
			wc.NwProto = 0xff
			f.NwTOS = f.NwTOS&^dscpMask | a.DSCP&dscpMask
		}
	case *openflow.SetIPECN:
		if f.IsIP() {
			wc.NwTOS |= ecnMask
			wc.NwProto = 0xff
			f.NwTOS = f.NwTOS&^ecnMask | a.ECN&ecnMask
		}
	case *openflow.SetIPTTL:
		if f.IsIP() {
			wc.NwTTL, wc.NwProto = 0xff, 0xff
			f.NwTTL = a.TTL
		}
	case *openflow.SetL4SrcPort:
		if f.IsIP() && f.NwFrag&flow.FragLater == 0 {
			wc.NwProto, wc.TPSrc = 0xff, 0xffff
			f.TPSrc = a.Port
		}
	case *openflow.SetL4DstPort:
		if f.IsIP() && f.NwFrag&flow.FragLater == 0 {
			wc.NwProto, wc.TPDst = 0xff, 0xffff
			f.TPDst = a.Port
		}
	case *openflow.DecTTL:
		t.decTTL(a)

	case *openflow.SetTunnel:
		f.Tunnel.ID = a.ID
	case *openflow.Enqueue:
		wc.SkbPriority = ^uint32(0)
		t.enqueue(a, last)
	case *openflow.SetQueue:
		wc.SkbPriority = ^uint32(0)
		f.SkbPriority = queuePriority(a.Queue)
	case *openflow.PopQueue:
		wc.SkbPriority = ^uint32(0)
		if f.SkbPriority != t.origPrio {
			f.SkbPriority = t.origPrio
			t.report("queue = %s", hexText(uint64(f.SkbPriority)))
		}
	case *openflow.WriteMetadata:
		f.Metadata = f.Metadata&^a.Mask | a.Value&a.Mask
	case *openflow.WriteActions:
		t.writeActions(a.Actions)
		t.reportActionSet("is")
	case *openflow.ClearActions:
		t.reportActionSet("was")
		t.actionSet = t.actionSet[:0]
		f.ActsetOutput = flow.PortUnset
	case *openflow.FinTimeout:
		wc.NwProto = 0xff
		// Whether there is a FIN is in the packet's flags, whatever became of it here.
		if t.rule != nil {
			t.effect(Effect{kind: effectFin, ptr: t.rule, idle: a.Idle, hard: a.Hard})
		}
	case *openflow.Conjunction:
		t.reportError("executing no-op conjunction action")
	case *openflow.Encap:
		t.encap(a)
	case *openflow.Decap:
		t.decap(a)
	case *openflow.DecNSHTTL:
		t.decNSHTTL()
	case *openflow.Multipath:
		t.multipath(a)
	case *openflow.Bundle:
		t.bundle(a, last)
	case *openflow.DeleteField:
		a.Field.Remove(f)
		t.report("delete %s", a.Field)
	case *openflow.DebugRecirc:
		t.freeze(false)
	case *openflow.CT:
		t.conntrack(a)
	case *openflow.NAT:
		t.nat = a
	case *openflow.CTClear:
		if t.conntracked {
			t.conntracked = false
			clearConntrack(f)
			t.odp = t.odp.CTClear()
		}
	case *openflow.PushMPLS:
		t.pushMPLS(a)
	case *openflow.PopMPLS:
		t.popMPLS(a)
	case *openflow.SetMPLSLabel:
		t.setLSE(a.Label<<mplsLabelShift, mplsLabelMask)
	case *openflow.SetMPLSTC:
		t.setLSE(uint32(a.TC)<<mplsTCShift, mplsTCMask)
	case *openflow.SetMPLSTTL:
		t.setLSE(uint32(a.TTL), mplsTTLMask)
	case *openflow.DecMPLSTTL:
		t.decMPLSTTL()
	case *openflow.DebugSlow:
		t.out.Slow |= SlowAction
	default:
		t.reportError("unsupported action")
		t.err = ErrUnsupported
	}
}

func (t *Translator) setTCI(bits, mask uint16, push bool) {
	v := &t.flow.VLANs[0]
	if v.TCI&flow.VLANPresent == 0 && !push {
		return
	}
	if v.TPID == 0 {
		v.TPID = flow.EthTypeVLAN
	}
	v.TCI = v.TCI&^mask | bits&mask | flow.VLANPresent
}

func (t *Translator) setField(a *openflow.SetField) {
	if !a.Field.PrereqsOK(&t.flow, t.wc) {
		if t.node != nil {
			t.reportWarn("unmet prerequisites for " + a.Field.String() + ", set_field ignored")
		}
		return
	}
	if typ := t.flow.DLType(); a.Field >= flow.MPLSLabel && a.Field != flow.IPDSCP && !isMPLS(typ) && typ != flow.EthTypeNSH && typ != flow.EthTypeRARP {
		t.wc.NwProto = 0xff // commit depends on it
	}
	a.Field.SetMask(t.wc, a.Field.GetMask(t.wc).Or(a.Mask))
	if a.Field == flow.TunFlags { // those that no field has come along
		t.wc.Tunnel.Flags |= shownTunFlags
	}
	a.Field.SetMasked(&t.flow, a.Value, a.Mask)
	t.typeTag()
}

// typeTag gives a tag that came into being by its parts the usual type.
func (t *Translator) typeTag() {
	if v := &t.flow.VLANs[0]; v.TPID == 0 && v.TCI != 0 {
		v.TPID = flow.EthTypeVLAN
	}
}

func (t *Translator) move(a *openflow.Move) {
	if a.Dst.Field.PrereqsOK(&t.flow, t.wc) && a.Src.Field.PrereqsOK(&t.flow, t.wc) {
		a.Src.Unwildcard(t.wc)
		a.Dst.Unwildcard(t.wc)
		a.Dst.Set(&t.flow, a.Src.Get(&t.flow))
		t.typeTag()
	}
	t.reportSubfield(a.Dst)
}

func (t *Translator) doResubmit(a *openflow.Resubmit, last bool) {
	in := uint32(a.InPort)
	if a.InPort == openflow.PortInPort {
		in = t.flow.InPort
	}
	table := a.Table
	if table == openflow.TableAny {
		table = t.table
	}
	t.jump(jump{inPort: in, table: table, original: a.CT, last: last, do: (*Translator).do})
}

func (t *Translator) outputReg(a *openflow.OutputReg, last bool) {
	v := a.Src.Get(&t.flow)
	if v.Hi == 0 && v.Lo <= 0xffff {
		if t.node != nil {
			t.report("output port is %s", openflow.Port(v.Lo))
		}
		a.Src.Unwildcard(t.wc)
		t.output(openflow.Port(v.Lo), a.MaxLen, last)
		return
	}
	if v.Hi == 0 && v.Lo >= 0xffffff00 && v.Lo <= 0xffffffff {
		a.Src.Unwildcard(t.wc)
		t.output(openflow.Port(v.Lo&0xffff), a.MaxLen, last)
		return
	}
	t.reportWarn("output port is out of range")
}

// clone runs actions on a copy of the packet: what they change is put back.
func (t *Translator) clone(actions []openflow.Action, last bool) {
	saved := t.flow
	n := len(t.stack)
	wasMPLS, conntracked := t.wasMPLS, t.conntracked
	stack := append([]flow.Value(nil), t.stack...)
	set := t.actionSet
	t.actionSet = append([]openflow.Action(nil), set...)
	t.isolated(actions, last)
	t.flow = saved
	t.wasMPLS, t.conntracked = wasMPLS, conntracked
	t.stack = append(t.stack[:0], stack[:n]...)
	t.actionSet = set
}

func (t *Translator) decTTL(a *openflow.DecTTL) {
	f := &t.flow
	// Whether the header is rewritten also depends on the protocol.
	t.wc.NwTTL, t.wc.NwProto = 0xff, 0xff
	if !f.IsIP() {
		return
	}
	if f.NwTTL > 1 {
		f.NwTTL--
		return
	}
	if t.node != nil {
		v := 4
		if f.EthType == flow.EthTypeIPv6 {
			v = 6
		}
		t.reportWarn(fmt.Sprintf("IPv%d decrement TTL exception", v))
	}
	ids := a.IDs
	if len(ids) == 0 {
		ids = []uint16{0}
	}
	for _, id := range ids {
		t.controller(&openflow.Controller{MaxLen: 65535, Reason: openflow.ReasonInvalidTTL, ID: id})
	}
	t.enough = true
}

// queuePriority is the packet priority that stands for a queue: in a userspace
// datapath its number.
func queuePriority(queue uint32) uint32 { return queue }

func (t *Translator) enqueue(a *openflow.Enqueue, last bool) {
	old := t.flow.SkbPriority
	t.flow.SkbPriority = queuePriority(a.Queue)
	p := a.Port
	if p == openflow.PortInPort {
		p = openflow.Port(t.flow.InPort)
	} else if uint32(p) == t.flow.InPort {
		t.flow.SkbPriority = old
		return
	}
	t.compose(uint32(p), last)
	t.flow.SkbPriority = old
}

func clearConntrack(f *flow.Key) {
	f.CtState, f.CtZone, f.CtMark = 0, 0, 0
	f.CtLabel = [16]byte{}
	f.CtNwProto, f.CtTPSrc, f.CtTPDst = 0, 0, 0
	f.CtNwSrc, f.CtNwDst = 0, 0
	f.CtIPv6Src, f.CtIPv6Dst = [16]byte{}, [16]byte{}
}
