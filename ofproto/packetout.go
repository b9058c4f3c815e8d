package ofproto

import (
	"govs/dpif"
	"govs/flow"
	"govs/ofproto/xlate"
	"govs/openflow"
	"govs/packet"
)

// usesChecker tells whether actions refer to groups or meters that are not there:
// of the tables, or of a bundle under way.
type usesChecker interface {
	CheckUses([]openflow.Action) error
}

// checkPacketOut refuses a packet-out whose actions could not be a flow's that
// matches just its packet.
func (o *ofConn) checkPacketOut(m *openflow.PacketOut, tables usesChecker) error {
	if m.Buffer != openflow.NoBuffer {
		return openflow.ErrBadRequestBufferUnknown
	}
	if err := tables.CheckUses(m.Actions); err != nil {
		return err
	}
	var key flow.Key
	extractOut(packet.New(m.Packet), &m.Metadata.Key, &key)
	match := flow.ExactMatch(&key)
	usable, err := openflow.Check(m.Actions, &match, openflow.CheckParams{Names: o.names()})
	if err == nil && usable.Versions()&openflow.VersionsOf(o.c.Version()) == 0 {
		err = openflow.ErrBadActionMatchInconsistent
	}
	return err
}

func (o *ofConn) packetOut(m *openflow.PacketOut, b []byte) error {
	if refused, err := o.refuseSecondary(b); refused {
		return err
	}
	err := o.checkPacketOut(m, o.p.tables)
	if err == nil {
		err = o.sendOut(m)
	}
	if err != nil {
		return o.fail(errorCode(err, openflow.ErrFlowModFailedUnknown), b)
	}
	return nil
}

// sendOut does what a packet-out that was checked asks.
func (o *ofConn) sendOut(m *openflow.PacketOut) error {
	cfg := o.p.backer.config()
	var pic *xlate.Bridge
	for _, x := range cfg.Bridges {
		if x.Owner == o.p {
			pic = x
		}
	}
	if pic == nil || len(m.Packet) < packet.EthernetLen {
		return nil
	}
	key := m.Metadata.Key
	return o.p.backer.packetOut(&xlate.In{
		Config: cfg, Bridge: pic, Key: &key, Actions: m.Actions, HaveActions: true, PacketOut: true,
	}, m.Packet)
}

// extractOut fills in the key of a packet with the metadata in meta.
func extractOut(pkt *packet.Packet, meta, key *flow.Key) {
	flow.Extract(pkt, key)
	key.InPort = meta.InPort
	key.Tunnel, key.Metadata, key.Regs = meta.Tunnel, meta.Metadata, meta.Regs
	key.CopyTunOpts(meta)
}

// packetOut runs a list of actions on a packet, as a controller asks. When they
// cannot be translated, nothing comes of it.
func (b *Backer) packetOut(in *xlate.In, frame []byte) error {
	w := workers.Get().(*worker)
	defer workers.Put(w)
	pkt := packet.New(frame)
	meta := in.Key
	extractOut(pkt, meta, &w.key)
	now := b.host.clock.Now()
	w.in = *in
	w.in.Key, w.in.Packet, w.in.Effects, w.in.Now, w.in.Freeze, w.in.Frozen = &w.key, pkt, true, now, b.freeze, b.thaw
	out, err := w.tr.Translate(&w.in)
	if err != nil {
		return err
	}
	xlate.Apply(out.Effects, &xlate.Stats{Packets: 1, Bytes: uint64(len(frame)), Used: now, TCPFlags: w.key.TCPFlags}, now)
	if len(out.Actions) == 0 {
		return nil
	}
	// The datapath knows the port by another number.
	k := w.key
	k.InPort = uint32(dpif.NoPort)
	if x := in.Bridge.Ports[meta.InPort]; x != nil {
		k.InPort = uint32(x.ODP)
		if x.Tunnel != nil {
			k.InPort = uint32(x.Tunnel.ODP)
		}
	}
	pkt.InPort = k.InPort
	// What the datapath makes of it is nothing that a controller hears of.
	_ = b.dp.Execute(&dpif.Execute{Packet: pkt, Key: &k, Actions: out.Actions})
	return nil
}
