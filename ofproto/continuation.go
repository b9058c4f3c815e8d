package ofproto

import (
	"crypto/rand"

	"govs/dpif"
	"govs/flow"
	"govs/ofproto/xlate"
	"govs/openflow"
	"govs/packet"
)

// A packet that controller(pause) sends to a controller takes along all that is
// needed to go on with it: nothing of it stays here, and it can be continued,
// changed or not, as often as the controller likes.

// newUUID makes up the name by which continuations know a switch.
func newUUID() (u [16]byte) {
	rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u
}

// continuation is what a controller needs to have a packet continued from f; in is
// the datapath's port by which it came.
func (p *Ofproto) continuation(f *xlate.Frozen, in uint32) *openflow.Continuation {
	c := &openflow.Continuation{
		Bridge: p.uuid, Mirrors: uint32(f.Mirrors), Conntracked: f.Conntracked, Steps: toldSteps(f.Steps), ActionSet: f.ActionSet,
	}
	if in != uint32(dpif.NoPort) {
		c.ODPPort = in
	}
	for i := len(f.Stack) - 1; i >= 0; i-- {
		v := f.Stack[i]
		c.Stack = append(c.Stack, v.AppendBytes(nil, max(1, (v.Len()+7)/8)))
	}
	return c
}

// toldSteps are steps as controllers are told of them: where an action came from is
// said only if it matters to it, because it can send the packet to a controller or
// is relative to its table. Others are put with those before them.
func toldSteps(steps []openflow.ContinuationStep) (out []openflow.ContinuationStep) {
	for i := range steps {
		s := &steps[i]
		for _, a := range s.Actions {
			n := len(out)
			if n == 0 {
				out, n = append(out, openflow.ContinuationStep{}), 1
			}
			last := &out[n-1]
			if fromMatters(a) && (last.Table != s.Table || last.Cookie != s.Cookie) {
				if len(last.Actions) > 0 {
					out = append(out, openflow.ContinuationStep{})
					last = &out[n]
				}
				last.Table, last.Cookie = s.Table, s.Cookie
			}
			last.Actions = append(last.Actions, a)
		}
	}
	return out
}

func fromMatters(a openflow.Action) bool {
	switch a := a.(type) {
	case *openflow.Output, *openflow.OutputReg, *openflow.OutputTrunc, *openflow.Group, *openflow.Controller,
		*openflow.DecTTL, *openflow.DecMPLSTTL, *openflow.DecNSHTTL:
		return true
	case *openflow.Resubmit:
		return a.Table == openflow.TableAny
	}
	return false
}

// resume continues a packet that was paused.
func (o *ofConn) resume(m *openflow.Resume, b []byte) error {
	c, err := openflow.DecodeContinuation(m.Continuation, o.c.Version(), o.names())
	if err != nil {
		return o.fail(errorCode(err, openflow.ErrBadPropertyBadType), b)
	}
	p := o.p
	if c.Bridge != ([16]byte{}) {
		if p = o.p.backer.byUUID(c.Bridge); p == nil {
			return o.fail(openflow.ErrResumeStale, b)
		}
	}
	f := &xlate.Frozen{
		Bridge: p.name, Mirrors: xlate.MirrorSet(c.Mirrors), Conntracked: c.Conntracked, Steps: c.Steps, ActionSet: c.ActionSet,
		Paused: true, Metadata: m.Metadata.Key,
	}
	for i := len(c.Stack) - 1; i >= 0; i-- {
		f.Stack = append(f.Stack, flow.ValueFromBytes(c.Stack[i]))
	}
	cfg := o.p.backer.config()
	for _, x := range cfg.Bridges {
		if x.Owner == p {
			o.p.backer.resumePacket(&xlate.In{Config: cfg, Bridge: x, Thaw: f}, m.Packet, c.ODPPort)
			return nil
		}
	}
	return o.fail(openflow.ErrResumeStale, b)
}

func (b *Backer) byUUID(u [16]byte) *Ofproto {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.ofprotos {
		if p.uuid == u {
			return p
		}
	}
	return nil
}

// resumePacket translates from in.Thaw on and does what comes out.
func (b *Backer) resumePacket(in *xlate.In, frame []byte, odp uint32) {
	w := workers.Get().(*worker)
	defer workers.Put(w)
	pkt := packet.New(frame)
	meta := &in.Thaw.Metadata
	pkt.InPort, pkt.PktMark, pkt.SkbPriority, pkt.PacketType, pkt.Tunnel = odp, meta.PktMark, meta.SkbPriority, meta.PacketType, meta.Tunnel
	pkt.CtState, pkt.CtZone, pkt.CtMark, pkt.CtLabel = meta.CtState, meta.CtZone, meta.CtMark, meta.CtLabel
	o := &pkt.CtOrig
	o.Src, o.Dst, o.IPv6Src, o.IPv6Dst = meta.CtNwSrc, meta.CtNwDst, meta.CtIPv6Src, meta.CtIPv6Dst
	o.TPSrc, o.TPDst, o.Proto = meta.CtTPSrc, meta.CtTPDst, meta.CtNwProto
	now := b.host.clock.Now()
	flow.Extract(pkt, &w.key)
	k := w.key // as the datapath knows it
	w.key.InPort = meta.InPort
	w.in = *in
	w.in.Key, w.in.Packet, w.in.Effects, w.in.Now, w.in.Freeze, w.in.Frozen = &w.key, pkt, true, now, b.freeze, b.thaw
	out, err := w.tr.Translate(&w.in)
	xlate.Count(out.Effects, &xlate.Stats{Packets: 1, Bytes: uint64(len(frame)), Used: now, TCPFlags: k.TCPFlags}, now)
	if err == nil && len(out.Actions) > 0 {
		b.dp.Execute(&dpif.Execute{Packet: pkt, Key: &k, Actions: out.Actions})
	}
}
