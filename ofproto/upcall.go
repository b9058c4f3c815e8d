package ofproto

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"govs/daemon/coverage"
	"govs/daemon/vlog"
	"govs/dpif"
	"govs/flow"
	"govs/ofproto/xlate"
	"govs/openflow"
	"govs/packet"
)

var (
	log         = vlog.New("ofproto_dpif_upcall")
	unassocRL   = vlog.RateLimit{Rate: 1, Burst: 5}
	flowMissCov = coverage.New("dpif_upcall_miss")
	// Packets that came up and of which nothing could be made.
	upcallErrorCov = coverage.New("datapath_drop_upcall_error")
	actionErrorCov = coverage.New("datapath_drop_userspace_action_error")
)

// upcallStats count what came up.
type upcallStats struct {
	misses, actions, unassociated atomic.Uint64
}

// worker is the scratch space of one goroutine that translates.
type worker struct {
	tr   xlate.Translator
	in   xlate.In
	key  flow.Key
	put  dpif.Flow
	slow []byte
	out  outcomes

	// The packets of a batch of upcalls and what is to be done with them,
	// executed together.
	todo    []dpif.Execute
	refs    []*dpif.Execute
	actions []byte // of todo
}

var workers = sync.Pool{New: func() any { return new(worker) }}

// upcalls is the datapath's Handler.
func (b *Backer) upcalls(batch []dpif.Upcall) {
	if b.host.restoring.Load() {
		return
	}
	w := workers.Get().(*worker)
	cfg := b.config()
	seen := changes(cfg) // before anything is looked at
	now := b.host.clock.Now()
	for i := range batch {
		u := &batch[i]
		switch u.Reason {
		case dpif.UpcallMiss:
			b.stats.misses.Add(1)
			b.miss(w, cfg, u, seen, now)
		case dpif.UpcallAction:
			b.stats.actions.Add(1)
			b.action(w, cfg, u, now)
		}
	}
	b.execute(w)
	workers.Put(w)
}

// translate fills in w.in for a packet that came in by port with the datapath's
// key k, and translates.
func (b *Backer) translate(w *worker, cfg *xlate.Config, port *xlate.Port, k *flow.Key, p *packet.Packet, now time.Time) (*xlate.Out, error) {
	w.key = *k
	w.key.InPort = port.No
	w.in = xlate.In{
		Config: cfg, Bridge: port.Bridge, Key: &w.key, Packet: p, Effects: true, Now: now,
		Freeze: b.freeze, Frozen: b.thaw,
	}
	return w.tr.Translate(&w.in)
}

// miss sets a flow up for a packet that no datapath flow matched, and forwards
// the packet.
func (b *Backer) miss(w *worker, cfg *xlate.Config, u *dpif.Upcall, seen uint64, now time.Time) {
	flowMissCov.Inc()
	port := b.receiver(cfg, u.Key)
	if port == nil {
		b.stats.unassociated.Add(1)
		upcallErrorCov.Inc()
		log.InfoRL(&unassocRL, "received packet on unassociated datapath port %d", u.Key.InPort)
		return
	}
	if id := u.Key.RecircID; id != 0 && b.thaw(id) == nil {
		upcallErrorCov.Inc() // what it was to go on with is forgotten
		return
	}
	out, _ := b.translate(w, cfg, port, u.Key, u.Packet, now)
	stats := xlate.Stats{Packets: 1, Bytes: uint64(u.Packet.Len()), Used: now, TCPFlags: u.Key.TCPFlags}
	xlate.Count(out.Effects, &stats, now)
	if b.ukeys.len() < int(b.reval.limit.Load()) && !b.reval.paused.Load() {
		b.install(w, u, out, seen, now)
	}
	w.forward(u, out)
}

// receiver is Config.Receiver, but that packets which come back from the datapath still
// came in where they did before they got the header of a tunnel to go out by, and what
// a controller sent out where it was said to.
func (b *Backer) receiver(cfg *xlate.Config, k *flow.Key) *xlate.Port {
	if k.RecircID != 0 {
		if f := b.thaw(k.RecircID); f != nil && f.Sent.Bridge != "" {
			return sentIn(cfg, f)
		}
	}
	port := cfg.Receiver(k)
	if port == nil && k.RecircID != 0 {
		port = cfg.ByODP[dpif.PortNo(k.InPort)]
	}
	return port
}

// sentIn returns the port by which a packet that a controller sent out came in: where
// it was frozen the local one, if by none. As in Open vSwitch, what was said to have
// come in by a patch port is lost, and so is what was to be the controller's own once
// it is in another bridge.
func sentIn(cfg *xlate.Config, f *xlate.Frozen) *xlate.Port {
	in := f.Sent
	switch openflow.Port(in.Port) {
	case openflow.PortController:
		if f.Metadata.InPort != in.Port {
			return nil
		}
		fallthrough
	case openflow.PortNone:
		in = xlate.SentIn{Bridge: f.Bridge, Port: uint32(openflow.PortLocal)}
	}
	for _, x := range cfg.Bridges {
		if p := x.Ports[in.Port]; x.Name == in.Bridge && p != nil && p.Peer == nil {
			return p
		}
	}
	return nil
}

// install puts the flow for what out says.
func (b *Backer) install(w *worker, u *dpif.Upcall, out *xlate.Out, seen uint64, now time.Time) {
	w.put.UFID = u.UFID
	m := &w.put.Match
	m.Key, m.Mask = *u.Key, out.MaskFor(u.Key)
	if b.exact.Load() {
		m.Mask = dpif.ExactMask(u.Key)
	}
	w.put.Actions = out.Actions
	if slow := b.slow(out); slow != 0 {
		w.slow = xlate.AppendSlowPath(w.slow[:0], w.in.Bridge.Ports[w.key.InPort], slow)
		w.put.Actions = w.slow
	}
	k := &ukey{
		key: pack(u.Key.Words()), ufid: u.UFID, created: now.UnixNano(),
		out: w.out.of(out, &m.Mask, sawVLAN(out, u.Key), hashActions(w.put.Actions)), cfgSeq: w.in.Config.Seq, seen: seen,
	}
	m.Canon()
	if !b.ukeys.add(k) {
		return
	}
	if err := b.dp.FlowPut(&w.put, dpif.PutCreate, nil); err != nil {
		b.ukeys.remove(k)
		if err != dpif.ErrExist {
			log.WarnRL(&unassocRL, "failed to put flow: %v", err)
		}
	}
}

// forward notes what is to be done with the packet of an upcall.
func (w *worker) forward(u *dpif.Upcall, out *xlate.Out) {
	if len(out.Actions) == 0 {
		return
	}
	at := len(w.actions)
	w.actions = append(w.actions, out.Actions...) // what translation returned goes with the next one
	w.todo = append(w.todo, dpif.Execute{Packet: u.Packet, Key: u.Key, Actions: w.actions[at:len(w.actions):len(w.actions)], Recirculations: u.Recirculations})
}

// execute does what forward noted: in one go, so that packets for the same port
// leave together.
func (b *Backer) execute(w *worker) {
	if len(w.todo) > 0 {
		for i := range w.todo {
			w.refs = append(w.refs, &w.todo[i])
		}
		if err := b.dp.Execute(w.refs...); err != nil {
			log.WarnRL(&unassocRL, "execute failed: %v", err)
		}
		clear(w.todo)
		clear(w.refs)
	}
	w.todo, w.refs, w.actions = w.todo[:0], w.refs[:0], w.actions[:0]
}

// action handles a packet that a userspace() action sent up.
func (b *Backer) action(w *worker, cfg *xlate.Config, u *dpif.Upcall, now time.Time) {
	c, ok := dpif.ParseUserData(u.Userdata)
	if !ok {
		actionErrorCov.Inc()
		return
	}
	switch c.Kind {
	case dpif.UserSlowPath:
		port := b.receiver(cfg, u.Key)
		if port == nil {
			actionErrorCov.Inc()
			return
		}
		out, _ := b.translate(w, cfg, port, u.Key, u.Packet, now)
		w.forward(u, out) // the datapath has counted the packet
	case dpif.UserFlowSample:
		b.host.sampled.Do(func() {
			log.Warn("samples for collector set %d are not exported: this version of govs has no IPFIX", c.CollectorSetID)
		})
	case dpif.UserController:
		f := b.frozen.get(c.RecircID, now)
		if f == nil || c.DontSend {
			return
		}
		p := b.Ofproto(f.Bridge)
		if p == nil {
			return
		}
		frame := u.Packet.Bytes()
		pin := &openflow.PacketIn{
			TotalLen: len(frame), Buffer: openflow.NoBuffer, Reason: openflow.PacketInReason(c.Reason), Table: f.Table,
			Cookie: c.Cookie, Userdata: f.Userdata,
			Packet: append([]byte(nil), frame...),
		}
		metadata(&pin.Metadata, &f.Metadata, u.Key)
		var cont *openflow.Continuation
		if c.Continuation {
			cont = p.continuation(f, u.Key.InPort)
			c.MaxLen = 0xffff // nobody can go on with a part of a packet
		}
		p.conns.packetIn(pin, cont, c.ControllerID, c.MaxLen)
	}
}

// tunnelFields are what a controller is told of a tunnel when it is not zero.
var tunnelFields = [...]flow.FieldID{flow.TunSrc, flow.TunDst, flow.TunIPv6Src, flow.TunIPv6Dst, flow.TunFlags,
	flow.TunGBPID, flow.TunGBPFlags, flow.TunErspanVer, flow.TunErspanIdx, flow.TunErspanDir, flow.TunErspanHwid,
	flow.TunGTPUFlags, flow.TunGTPUMsgtype}

// metadata describes to a controller what a packet carries beside its bytes:
// what translation knew (f), and what the datapath knows (k).
func metadata(m *flow.Match, f, k *flow.Key) {
	m.Set(flow.InPort, flow.U(uint64(f.InPort)))
	if f.Tunnel.IsSet() {
		m.Set(flow.TunID, flow.U(f.Tunnel.ID))
		for _, id := range tunnelFields {
			if v := id.Get(f); !v.IsZero() {
				m.Set(id, v)
			}
		}
		if f.TunPresent != 0 {
			m.Key.TunLayout = f.TunLayout
			for p := f.TunPresent; p != 0; p &= p - 1 {
				id := flow.TunMetadata0 + flow.FieldID(bits.TrailingZeros64(p))
				m.SetTLV(id, id.Get(f), id.Ones()) // the layout has it, as f does
			}
		}
	} else if f.Tunnel.ID != 0 {
		m.Set(flow.TunID, flow.U(f.Tunnel.ID))
	}
	if f.Metadata != 0 {
		m.Set(flow.Metadata, flow.U(f.Metadata))
	}
	for i, r := range f.Regs {
		if r != 0 {
			m.Set(flow.Reg0+flow.FieldID(i), flow.U(uint64(r)))
		}
	}
	if k.PktMark != 0 {
		m.Set(flow.PktMark, flow.U(uint64(k.PktMark)))
	}
	if k.PacketType != flow.PacketTypeEthernet {
		m.Set(flow.PacketType, flow.U(uint64(k.PacketType)))
	}
	some := func(ids ...flow.FieldID) {
		for _, id := range ids {
			if v := id.Get(k); !v.IsZero() {
				m.Set(id, v)
			}
		}
	}
	some(flow.CtState, flow.CtZone, flow.CtMark, flow.CtLabel)
	if k.CtState&(flow.CtNew|flow.CtEst|flow.CtRpl) == 0 || k.CtNwProto == 0 || !k.IsIP() {
		return
	}
	// The connection's own addresses, which make sense for IP only.
	if k.IsEthernet() {
		m.Set(flow.EthType, flow.U(uint64(k.EthType)))
	}
	ids := []flow.FieldID{flow.CtNwProto, flow.CtNwSrc, flow.CtNwDst, flow.CtTPSrc, flow.CtTPDst}
	if k.DLType() == flow.EthTypeIPv6 {
		ids[1], ids[2] = flow.CtIPv6Src, flow.CtIPv6Dst
	}
	for _, id := range ids {
		m.Set(id, id.Get(k))
	}
}
