package xlate

import (
	"fmt"
	"strings"

	"govs/flow"
	"govs/openflow"
)

// learn makes the flow that a learn action describes from the packet in hand.
func (t *Translator) learn(a *openflow.Learn) {
	f := &t.flow
	for i := range a.Specs {
		if s := &a.Specs[i]; s.Src == openflow.LearnSrcField {
			s.SrcField.Unwildcard(t.wc)
		}
	}
	if !t.in.Effects {
		t.reportWarn("suppressing side effects, so learn action ignored")
		return
	}
	l := &Learned{Tables: t.bridge.Tables, Limit: a.Limit}
	fm := &l.Mod
	fm.Command = openflow.FlowModifyStrict
	fm.Table = a.Table
	fm.Priority = a.Priority
	fm.NewCookie, fm.ModifyCookie = a.Cookie, a.Cookie != ^uint64(0)
	fm.IdleTimeout, fm.HardTimeout = a.IdleTimeout, a.HardTimeout
	fm.Buffer = openflow.NoBuffer
	fm.OutPort, fm.OutGroup = openflow.PortNone, openflow.GroupAny
	if a.Flags&openflow.LearnSendFlowRem != 0 {
		fm.Flags |= openflow.FlagSendFlowRem
	}
	if a.FinIdleTimeout != 0 || a.FinHardTimeout != 0 {
		fm.Actions = append(fm.Actions, &openflow.FinTimeout{Idle: a.FinIdleTimeout, Hard: a.FinHardTimeout})
	}
	for i := range a.Specs {
		s := &a.Specs[i]
		var v flow.Value
		if s.Src == openflow.LearnSrcField {
			v = s.SrcField.Get(f)
		} else {
			v = s.SrcValue.Cut(int(s.NBits))
		}
		switch s.Dst {
		case openflow.LearnDstMatch:
			setMatch(&fm.Match, s.DstField, v)
		case openflow.LearnDstLoad:
			// As Open vSwitch's loads, no more than 64 bits at a time.
			for d := s.DstField; d.N > 0; {
				part := d
				part.N = min(part.N, 64)
				fm.Actions = append(fm.Actions, &openflow.SetField{Field: d.Field, Value: v.Cut(int(part.N)).Shl(int(part.Ofs)), Mask: part.Mask(), Load: true})
				v = v.Shr(int(part.N))
				d.Ofs, d.N = d.Ofs+part.N, d.N-part.N
			}
		case openflow.LearnDstOutput:
			if p, ok := portOf(v); ok {
				fm.Actions = append(fm.Actions, &openflow.Output{Port: p})
			}
		}
	}
	if t.node != nil {
		t.report("%s", learnedText(fm))
	}
	ok := true
	if a.Limit != 0 {
		t.out.Limited = true
		switch {
		case t.in.PacketOut:
			ok = t.learnable(l)
		case t.live():
			ok = l.learn(t.in.Now)
		default:
			t.out.Untried = t.out.Untried || !l.Tables.Taught(fm)
		}
	}
	if ok {
		t.effect(Effect{kind: effectLearn, ptr: l})
	}
	if a.Flags&openflow.LearnWriteResult != 0 {
		result := uint64(0)
		if ok {
			result = 1
		}
		a.ResultDst.Unwildcard(t.wc)
		a.ResultDst.Set(f, flow.U(result))
		t.reportSubfield(a.ResultDst)
	}
	if !ok {
		t.report("Limit exceeded, learn failed")
	}
}

// learnable reports whether the limit allows the flow, counting those that this
// packet has had learned before.
func (t *Translator) learnable(l *Learned) bool {
	t.out.Tables.Add(l.Mod.Table)
	more := uint32(0)
	for i := range t.out.Effects {
		o, ok := t.out.Effects[i].ptr.(*Learned)
		if !ok || o.Tables != l.Tables || o.Mod.Table != l.Mod.Table || o.Mod.NewCookie != l.Mod.NewCookie {
			continue
		}
		if o.Mod.Match == l.Mod.Match && o.Mod.Priority == l.Mod.Priority {
			return true
		}
		more++
	}
	return l.Tables.Learnable(&l.Mod, l.Limit, more)
}

// portOf turns a learned value into a port number, if it is one that may be learned.
func portOf(v flow.Value) (openflow.Port, bool) {
	if v.Hi != 0 || v.Lo > 0xffff {
		return 0, false
	}
	switch p := openflow.Port(v.Lo); p {
	case openflow.PortInPort, openflow.PortFlood, openflow.PortLocal, openflow.PortAll:
		return p, true
	default:
		return p, p < openflow.PortMax
	}
}

// setMatch adds a subfield with its prerequisites to a match.
func setMatch(m *flow.Match, d flow.Subfield, v flow.Value) {
	old, mask := m.Get(d.Field)
	bits := d.Mask()
	m.SetMasked(d.Field, old.AndNot(bits).Or(v.Shl(int(d.Ofs)).And(bits)), mask.Or(bits))
}

func learnedText(fm *openflow.FlowMod) string {
	var b strings.Builder
	fmt.Fprintf(&b, "table=%d ", fm.Table)
	if m := matchText(&fm.Match, nil); m != "" {
		b.WriteString(m + " ")
	}
	fmt.Fprintf(&b, "priority=%d", fm.Priority)
	if fm.NewCookie != 0 {
		fmt.Fprintf(&b, " cookie=%#x", fm.NewCookie)
	}
	if fm.IdleTimeout != 0 {
		fmt.Fprintf(&b, " idle=%d", fm.IdleTimeout)
	}
	if fm.HardTimeout != 0 {
		fmt.Fprintf(&b, " hard=%d", fm.HardTimeout)
	}
	if fm.Flags&openflow.FlagSendFlowRem != 0 {
		b.WriteString(" send_flow_rem")
	}
	b.WriteString(" actions=")
	b.WriteString(ActionsText(fm.Actions))
	return b.String()
}
