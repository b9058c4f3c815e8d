package testcontroller

import (
	"time"

	"govs/daemon/vlog"
	"govs/flow"
	"govs/openflow"
	"govs/openflow/conn"
	"govs/packet"
	"govs/proto/maclearn"
)

var (
	switchLog = vlog.New("learning_switch")
	switchRL  = vlog.RateLimit{Rate: 30, Burst: 300}
)

// mode is what a switch is made to be.
type mode uint8

const (
	learning mode = iota
	normal        // learn, but leave the way of known addresses to the switch
	hub
)

// noQueue stands for a port's default queue.
const noQueue = 0xffffffff

// missSendLen is how much of a packet the controller asks for.
const missSendLen = 128

// config is what all switches of a controller have in common.
type config struct {
	mode      mode
	noFlow    bool
	maxIdle   int    // seconds; 0 is for ever
	wildcards uint32 // OFPFW_* of the flows
	queue     uint32 // or noQueue
	queues    map[string]uint32
	flows     []openflow.FlowLine
	usable    openflow.Protocols // can carry all of flows
	mute      bool
}

// lswitch controls one switch: it learns on which port an address lives from
// the packets that the switch sends, sends them on, and adds flows so that the
// next need not come. It has neither connection nor clock: messages go in by
// Message, and what to send comes out.
type lswitch struct {
	cfg   *config
	name  string
	proto openflow.Protocols
	xid   func() uint32
	now   func() time.Time

	dpid   uint64
	known  bool // the switch has said who it is
	macs   *maclearn.Table[openflow.Port]
	queues map[openflow.Port]uint32
}

func newSwitch(cfg *config, c *conn.Conn, now func() time.Time) *lswitch {
	return &lswitch{cfg: cfg, name: c.Name(), proto: openflow.ProtocolOf(c.Version()), xid: c.NewXid, now: now,
		macs: maclearn.New[openflow.Port](), queues: map[openflow.Port]uint32{}}
}

func (s *lswitch) put(out []byte, m openflow.Message) []byte {
	if !openflow.Encodable(m, s.proto) {
		switchLog.ErrRL(&switchRL, "%s: %s cannot say %T", s.name, s.proto.Version(), m)
		return out
	}
	return append(out, openflow.Encode(m, s.proto, s.xid())...)
}

// Begin asks the switch who it is, has it send what it knows no flow for, and
// adds the flows of --with-flows.
func (s *lswitch) Begin(out []byte) []byte {
	out = s.put(out, &openflow.FeaturesRequest{})
	out = s.put(out, &openflow.SetConfig{SwitchConfig: openflow.SwitchConfig{MissSendLen: missSendLen}})
	if s.proto.Version() >= openflow.V13 {
		// Since OpenFlow 1.3 a packet without a flow is dropped.
		out = s.put(out, &openflow.FlowMod{Table: 0, Buffer: openflow.NoBuffer, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny,
			Actions: []openflow.Action{&openflow.Controller{MaxLen: missSendLen, Reason: openflow.ReasonAction}}})
		if len(s.cfg.queues) > 0 {
			out = s.put(out, &openflow.PortDescRequest{Port: openflow.PortNone})
		}
	}
	if len(s.cfg.flows) > 0 {
		out = s.beginFlows(out)
	}
	return out
}

// beginFlows takes the simplest protocol of the connection's version that can
// carry the flows, and adds them.
func (s *lswitch) beginFlows(out []byte) []byte {
	usable := s.cfg.usable
	if s.proto.Version() == openflow.V10 {
		for _, p := range [...]openflow.Protocols{openflow.ProtoOF10, openflow.ProtoOF10TID, openflow.ProtoNXM, openflow.ProtoNXMTID} {
			if p&usable != 0 {
				out = s.speak(out, p)
				break
			}
		}
	}
	if usable&s.proto == 0 {
		switchLog.ErrRL(&switchRL, "%s: the flows cannot be sent in %s", s.name, s.proto)
		return out
	}
	for i := range s.cfg.flows {
		out = s.put(out, s.cfg.flows[i].Mod)
	}
	return out
}

func (s *lswitch) speak(out []byte, p openflow.Protocols) []byte {
	if p&(openflow.ProtoNXM|openflow.ProtoNXMTID) != 0 {
		out = s.put(out, &openflow.SetFlowFormat{NXM: true})
	}
	if p.NamesTable() {
		out = s.put(out, &openflow.FlowModTableID{On: true})
	}
	s.proto = p
	return out
}

// Message answers a message of the switch.
func (s *lswitch) Message(out, msg []byte) []byte {
	if s.cfg.mute {
		return out
	}
	if openflow.ParseHeader(msg).Type == openflow.TypeEchoRequest {
		return append(out, conn.EchoReply(msg)...)
	}
	d, err := openflow.Decode(msg, openflow.DecodeOptions{Protocol: s.proto})
	if err != nil {
		switchLog.DbgRL(&switchRL, "%s: message that cannot be decoded: %v", s.name, err)
		return out
	}
	switch m := d.Message.(type) {
	case *openflow.SwitchFeatures:
		s.dpid, s.known = m.DatapathID, true
		s.ports(m.Ports)
	case *openflow.PortDescReply:
		s.ports(m.Ports)
	case *openflow.PacketIn:
		if s.known {
			return s.packetIn(out, m)
		}
	case *openflow.ErrorMsg:
		switchLog.WarnRL(&switchRL, "%s: received error %s", s.name, m.Code)
	}
	return out
}

// ports notes which ports have a queue of their own.
func (s *lswitch) ports(ports []openflow.PortDesc) {
	for i := range ports {
		if q, ok := s.cfg.queues[ports[i].Name]; ok {
			s.queues[ports[i].Port] = q
		}
	}
}

// packetIn learns where a packet came from, adds a flow for its like when it is
// known where they go, and sends it on.
func (s *lswitch) packetIn(out []byte, pin *openflow.PacketIn) []byte {
	if pin.Reason == openflow.ReasonAction {
		return out // of a flow that is not ours
	}
	in := openflow.Port(pin.Metadata.Key.InPort)
	p := packet.New(pin.Packet)
	p.InPort = uint32(in)
	var k flow.Key
	flow.Extract(p, &k)
	to := s.destination(&k, in)
	acts := s.actions(to, in)
	if !s.cfg.noFlow && (to != openflow.PortFlood || s.cfg.mode != learning) {
		out = s.put(out, &openflow.FlowMod{
			// Above the flow that sends packets here.
			Match: openflow.ExactMatch10(&k, s.cfg.wildcards), Priority: 1, Table: openflow.TableAny, Buffer: pin.Buffer,
			IdleTimeout: uint16(s.cfg.maxIdle), OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Actions: acts,
		})
		if pin.Buffer != openflow.NoBuffer {
			return out // the flow-mod sent the packet along
		}
	}
	if to == openflow.PortNone && pin.Buffer == openflow.NoBuffer {
		return out
	}
	po := &openflow.PacketOut{Buffer: pin.Buffer, Actions: acts}
	if pin.Buffer == openflow.NoBuffer {
		po.Packet = pin.Packet
	}
	po.Metadata.Set(flow.InPort, flow.U(uint64(in)))
	return s.put(out, po)
}

// destination chooses the port for a packet, PortNone to drop it.
func (s *lswitch) destination(k *flow.Key, in openflow.Port) openflow.Port {
	if s.cfg.mode == hub {
		return openflow.PortFlood
	}
	now := s.now()
	s.macs.Run(now)
	seen := maclearn.Sighting[openflow.Port]{MAC: flow.MAC(k.EthSrc), Port: in}
	if s.macs.Needs(&seen, now) && s.macs.Learn(&seen, now) {
		switchLog.DbgRL(&switchRL, "%016x: learned that %s is on port %s", s.dpid, seen.MAC, in)
	}
	dst := flow.MAC(k.EthDst)
	if dst.Uint64()&^0xf == 0x0180c2000000 {
		return openflow.PortNone // of a bridge's own protocols
	}
	to, ok := s.macs.Lookup(dst, 0)
	switch {
	case !ok:
		return openflow.PortFlood
	case to == in:
		return openflow.PortNone
	case s.cfg.mode == normal:
		return openflow.PortNormal
	}
	return to
}

// actions sends to a port, by the queue of the port the packet came in by.
func (s *lswitch) actions(to, in openflow.Port) []openflow.Action {
	queue, ok := s.queues[in]
	if !ok {
		queue = s.cfg.queue
	}
	switch {
	case to == openflow.PortNone:
		return nil
	case queue == noQueue || to >= openflow.PortMax:
		return []openflow.Action{&openflow.Output{Port: to}}
	}
	return []openflow.Action{&openflow.Enqueue{Port: to, Queue: queue}}
}
