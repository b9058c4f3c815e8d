package ofproto

import (
	"bytes"
	"errors"
	"time"

	"govs/conntrack"
	"govs/openflow"
)

const typeEchoReply = 3

// handle does what one message asks. An error ends the connection.
func (o *ofConn) handle(b []byte) error {
	switch h := openflow.ParseHeader(b); {
	case h.Type == openflow.TypeEchoRequest:
		// Answered in its own version, whichever that is.
		r := bytes.Clone(b)
		r[1] = typeEchoReply
		return o.send(r)
	case h.Version != o.c.Version() && h.Version >= openflow.V10 && h.Version <= openflow.V15:
		r := openflow.Encode(&openflow.ErrorMsg{Code: openflow.ErrBadRequestBadVersion, Data: b}, openflow.ProtocolOf(h.Version), h.Xid)
		return o.send(r)
	}
	msg, err := o.decode(b, &o.flowMods, &o.adds)
	if err != nil {
		return o.undecoded(err, b)
	}
	xid := openflow.ParseHeader(b).Xid
	switch m := msg.(type) {
	case *openflow.EchoReply:
		return nil
	case *openflow.ErrorMsg:
		// The reference answers BAD_TYPE: two of its kind could go on for ever.
		return nil
	case *openflow.Hello:
		return o.fail(openflow.ErrBadRequestBadType, b)
	case *openflow.BarrierRequest:
		return o.reply(&openflow.BarrierReply{}, xid)
	case *openflow.FeaturesRequest:
		return o.reply(o.p.features(o.c.Version()), xid)
	case *openflow.GetConfigRequest:
		r := &openflow.GetConfigReply{}
		o.p.locked(func() { r.Frag = o.p.frag })
		r.MissSendLen, r.InvalidTTLToController = uint16(o.missSendLen.Load()), o.invalidTTL()
		return o.reply(r, xid)
	case *openflow.SetConfig:
		return o.setConfig(m, b)
	case *openflow.DescRequest:
		return o.reply(o.p.description(), xid)
	case *openflow.FlowMod:
		return o.flowMod(m, b, o.p.now())
	case *openflow.GroupMod:
		return o.groupMod(m, b)
	case *openflow.GroupDescRequest:
		return o.reply(&openflow.GroupDescReply{Groups: o.p.tables.GroupDescs(m.ID)}, xid)
	case *openflow.GroupStatsRequest:
		return o.reply(&openflow.GroupStatsReply{Groups: o.p.tables.GroupStats(m.ID, o.p.now())}, xid)
	case *openflow.BundleControl:
		return o.bundleControl(m, b)
	case *openflow.BundleAdd:
		return o.bundleAdd(m, b, o.p.now())
	case *openflow.MeterMod:
		return o.meterMod(m, b)
	case *openflow.MeterConfigRequest:
		list, ok := o.p.tables.MeterConfigs(m.ID)
		return o.replyIf(ok, &openflow.MeterConfigReply{Meters: list}, openflow.ErrMeterModFailedUnknownMeter, b)
	case *openflow.MeterStatsRequest:
		list, ok := o.p.tables.MeterStats(m.ID, o.p.now())
		return o.replyIf(ok, &openflow.MeterStatsReply{Meters: list}, openflow.ErrMeterModFailedUnknownMeter, b)
	case *openflow.MeterFeaturesRequest:
		f := o.p.tables.MeterFeatures()
		return o.reply(&f, xid)
	case *openflow.GroupFeaturesRequest:
		return o.reply(groupFeatures(), xid)
	case *openflow.PacketOut:
		return o.packetOut(m, b)
	case *openflow.PortMod:
		return o.change(b, func() error { return o.p.portMod(m) })
	case *openflow.FlowStatsRequest:
		return o.flowStats(m, xid, b)
	case *openflow.TableStatsRequest:
		return o.reply(o.p.tableStats(o.c.Version()), xid)
	case *openflow.PortStatsRequest:
		return o.reply(o.p.portStats(m.Port), xid)
	case *openflow.PortDescRequest:
		return o.reply(o.p.portDescs(m.Port), xid)
	case *openflow.QueueStatsRequest:
		r, err := o.p.queueStats(m)
		return o.answer(r, err, xid, b)
	case *openflow.SetFlowFormat:
		p := openflow.ProtoOF10
		if m.NXM {
			p = openflow.ProtoNXM
		}
		if o.protocol().NamesTable() {
			p = p.WithTable()
		}
		o.setProtocol(p)
		return nil
	case *openflow.FlowModTableID:
		p := openflow.ProtoOF10
		if o.protocol()&(openflow.ProtoNXM|openflow.ProtoNXMTID) != 0 {
			p = openflow.ProtoNXM
		}
		if m.On {
			p = p.WithTable()
		}
		o.setProtocol(p)
		return nil
	case *openflow.SetPacketInFormat:
		o.pinFormat.Store(uint32(m.Format))
		return nil
	case *openflow.SetControllerID:
		o.controllerID.Store(uint32(m.ID))
		o.p.conns.connsChanged()
		return nil
	case *openflow.FlowAge:
		return nil // flow ages are always told where there is room for them
	case *openflow.RoleRequest:
		return o.roleRequest(m, xid, b)
	case *openflow.GetAsyncRequest:
		return o.reply(&openflow.GetAsyncReply{AsyncConfig: *o.async.Load()}, xid)
	case *openflow.SetAsync:
		return o.setAsync(m)
	case *openflow.FlowMonitorRequest:
		return o.monitorFlows(m, xid, b)
	case *openflow.FlowMonitorCancel:
		return o.cancelMonitor(m.ID, b)
	case *openflow.TableMod:
		return o.change(b, func() error { return o.p.tableMod(m) })
	case *openflow.TableDescRequest:
		return o.reply(o.p.tableDescs(), xid)
	case *openflow.TableFeaturesRequest:
		if len(m.Tables) > 0 {
			return o.fail(openflow.ErrTableFeaturesFailedEperm, b)
		}
		return o.reply(&openflow.TableFeaturesReply{Tables: o.p.tableFeatures(o.c.Version())}, xid)
	case *openflow.QueueConfigRequest:
		r, err := o.p.queueConfig(m)
		return o.answer(r, err, xid, b)
	case *openflow.TLVTableRequest:
		return o.reply(o.p.tlvTable(), xid)
	case *openflow.TLVTableMod:
		return o.change(b, func() error { return o.p.tlvTableMod(m) })
	case *openflow.CTFlushZone:
		return o.change(b, func() error { return o.p.ctFlush(&conntrack.Filter{HasZone: true, Zone: m.Zone}) })
	case *openflow.CTFlush:
		return o.change(b, func() error { return o.p.ctFlush(ctFilter(m)) })
	case *openflow.IPFIXBridgeRequest, *openflow.IPFIXFlowRequest:
		return o.fail(openflow.ErrStatsNotConfigured, b)
	case *openflow.Resume:
		return o.resume(m, b)
	}
	return o.fail(openflow.ErrBadRequestBadType, b)
}

// decode decodes a message, a flow-mod into fm and a bundle's into add.
func (o *ofConn) decode(b []byte, fm *openflow.FlowMod, add *openflow.BundleAdd) (openflow.Message, error) {
	d, err := openflow.Decode(b, openflow.DecodeOptions{Protocol: o.protocol(), Names: o.names(), FlowMod: fm, BundleAdd: add})
	if err != nil {
		return nil, err
	}
	o.noteActs(d.Message)
	return d.Message, nil
}

// undecoded answers a message that is not one.
func (o *ofConn) undecoded(err error, b []byte) error {
	return o.fail(errorCode(err, openflow.ErrBadRequestBadType), b)
}

// change carries out a request that changes the switch, unless it comes from a
// secondary controller; only an error is answered.
func (o *ofConn) change(b []byte, do func() error) error {
	if refused, err := o.refuseSecondary(b); refused {
		return err
	}
	if err := do(); err != nil {
		return o.fail(errorCode(err, openflow.ErrBadRequestUnknown), b)
	}
	return nil
}

// answer answers a request with r or, if there is one, with the error.
func (o *ofConn) answer(r openflow.Message, err error, xid uint32, b []byte) error {
	if err != nil {
		return o.fail(errorCode(err, openflow.ErrBadRequestUnknown), b)
	}
	return o.reply(r, xid)
}

// errorCode returns the OpenFlow error in err, or other.
func errorCode(err error, other openflow.ErrorCode) openflow.ErrorCode {
	var code openflow.ErrorCode
	if errors.As(err, &code) {
		return code
	}
	if code, ok := openflow.ErrorByName(err.Error()); ok {
		return code
	}
	return other
}

func (o *ofConn) setConfig(m *openflow.SetConfig, b []byte) error {
	if o.kind != connPrimary || o.getRole() != openflow.RoleSecondary {
		if m.Frag == openflow.FragReasm {
			connLog.WarnRL(&badRL, "%s: fragment handling reassemble not supported", o.p.name)
		} else {
			o.p.locked(func() {
				if o.p.frag != m.Frag {
					o.p.frag = m.Frag
					o.p.backer.changed()
				}
			})
		}
	}
	if m.InvalidTTLToController >= 0 {
		o.setInvalidTTL(m.InvalidTTLToController > 0)
	}
	o.missSendLen.Store(uint32(m.MissSendLen))
	o.p.conns.connsChanged()
	return nil
}

// flowMod changes the flow tables.
func (o *ofConn) flowMod(m *openflow.FlowMod, b []byte, now time.Time) error {
	if refused, err := o.refuseSecondary(b); refused {
		return err
	}
	if !m.Delete() {
		if err := o.p.checkTLVs(m.Actions); err != nil {
			return o.fail(errorCode(err, openflow.ErrBadActionBadType), b)
		}
	}
	o.from = origin{o, openflow.ParseHeader(b).Xid}
	if err := o.p.tables.ApplyFor(&o.from, m, now); err != nil {
		return o.fail(errorCode(err, openflow.ErrFlowModFailedUnknown), b)
	}
	o.mods.count(m.Command, now)
	if m.Buffer != openflow.NoBuffer && !m.Delete() {
		return o.fail(openflow.ErrBadRequestBufferUnknown, b)
	}
	o.p.backer.wake()
	return nil
}

// portToMod returns the port that a port-mod is about. backer.mu is held.
func (p *Ofproto) portToMod(m *openflow.PortMod) (*port, error) {
	x := p.ports[m.Port]
	if x == nil {
		return nil, openflow.ErrPortModFailedBadPort
	}
	if mac, ok := x.mac(); ok && mac != m.HWAddr {
		return nil, openflow.ErrPortModFailedBadHWAddr
	}
	return x, nil
}

// portMod changes a port's configuration.
func (p *Ofproto) portMod(m *openflow.PortMod) (err error) {
	b := p.backer
	b.mu.Lock()
	defer b.mu.Unlock()
	x, err := p.portToMod(m)
	if err != nil {
		return err
	}
	const kept = openflow.PortNoRecv | openflow.PortNoRecvSTP | openflow.PortNoFlood | openflow.PortNoFwd | openflow.PortNoPacketIn
	old := x.config
	x.config = x.config&^(m.Mask&kept) | m.Config&m.Mask&kept
	if m.Mask&openflow.PortDown != 0 && x.device() != nil {
		if err := x.device().SetUp(m.Config&openflow.PortDown == 0); err != nil {
			connLog.WarnRL(&badRL, "%s: cannot change state of %s: %v", p.name, x.spec.Name, err)
		}
	}
	if x.config != old || m.Mask&openflow.PortDown != 0 {
		b.changed()
		p.portStatus(x, openflow.PortModify)
	}
	return nil
}

func (o *ofConn) flowStats(m *openflow.FlowStatsRequest, xid uint32, b []byte) error {
	flows, err := o.p.tables.Flows(m)
	if err != nil {
		return o.fail(errorCode(err, openflow.ErrBadRequestBadTableID), b)
	}
	now := o.p.now()
	if m.Aggregate {
		var a openflow.AggregateStats
		for r := range flows {
			a.Packets += r.Stats.Packets.Load()
			a.Bytes += r.Stats.Bytes.Load()
			a.Flows++
		}
		return o.reply(&a, xid)
	}
	p := o.protocol()
	if !openflow.Encodable(&openflow.FlowStatsReply{}, p) {
		return o.fail(openflow.ErrBadRequestBadStat, b)
	}
	w := openflow.NewFlowStatsEncoder(p, xid, o.send)
	var fs openflow.FlowStats
	for f := range flows {
		fs = f.FlowStats(now)
		if err := w.Add(&fs); err != nil {
			return err
		}
	}
	return w.Close()
}
