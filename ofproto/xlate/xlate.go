package xlate

import (
	"errors"
	"net/netip"
	"time"

	"govs/dpif"
	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/openflow"
	"govs/packet"
)

// Limits of one translation.
const (
	maxDepth     = 64   // nested resubmits to the same or an earlier table
	maxResubmits = 4096 // resubmits in all
	maxActions   = 65535
	maxStack     = 65536 // bytes
)

// Errors of a translation, in OVS's words. The packet is dropped then.
var (
	ErrTooDeep         = errors.New("Recursion too deep")
	ErrTooMany         = errors.New("Too many resubmits")
	ErrStack           = errors.New("Stack too deep")
	ErrNoRecirculation = errors.New("No recirculation context")
	ErrNoBridge        = errors.New("Bridge not found")
	ErrUnsupported     = errors.New("Unsupported action")
	errCongestion      = errors.New("CongestionDrop")
)

// Slow says why packets of a flow must come up to the switch each time.
type Slow uint8

// Reasons to be slow.
const (
	SlowCFM    Slow = dpif.SlowCFM
	SlowBFD    Slow = dpif.SlowBFD
	SlowLACP   Slow = dpif.SlowLACP
	SlowSTP    Slow = dpif.SlowSTP
	SlowLLDP   Slow = dpif.SlowLLDP
	SlowAction Slow = dpif.SlowAction
	SlowMatch  Slow = dpif.SlowMatch
)

var slowTexts = [...]struct{ name, explanation string }{
	{"cfm", "Consists of CFM packets"},
	{"bfd", "Consists of BFD packets"},
	{"lacp", "Consists of LACP packets"},
	{"stp", "Consists of STP packets"},
	{"lldp", "Consists of LLDP packets"},
	{"action", "Uses action(s) not supported by datapath"},
	{"match", "Datapath can't match specifically enough"},
}

// Each calls fn with the short name and the explanation of each reason.
func (s Slow) Each(fn func(name, explanation string)) {
	for i, x := range slowTexts {
		if s>>i&1 != 0 {
			fn(x.name, x.explanation)
		}
	}
}

// In is what is to be translated.
type In struct {
	Config *Config
	Bridge *Bridge
	Key    *flow.Key // InPort is an OpenFlow port of Bridge
	// Packet is the packet itself, if there is one. Translation depends on
	// the key alone; some effects and messages need the packet.
	Packet *packet.Packet
	// Rule or Actions, if set, are translated instead of a lookup in table 0.
	Rule        *flowtable.Rule
	Actions     []openflow.Action
	HaveActions bool
	PacketOut   bool // Actions come from a controller's packet-out
	// Effects are wanted: the packet is real.
	Effects bool
	Now     time.Time
	// Trace, if not nil, collects an account of what happens.
	Trace *Trace
	// Freeze gives out a number under which a state can be found when the
	// packet comes back, 0 if there is none left; Frozen finds the state. Nil
	// ones have no states.
	Freeze func(*Frozen) uint32
	Frozen func(id uint32) *Frozen
	// Thaw, if not nil, is a state to be continued whatever the Key's RecircID:
	// of a packet that a controller had.
	Thaw *Frozen
}

// Out is the outcome of a translation. Its slices belong to the Translator and
// are overwritten by its next use.
type Out struct {
	Actions dpif.Actions
	Mask    flow.Mask
	Slow    Slow
	Effects []Effect
	Final   flow.Key // the packet's key at the end, as OpenFlow sees it
	Tables  TableSet // tables whose flows the outcome depends on
	MACs    bool     // the outcome depends on a MAC table
	Limited bool     // flows are learned within a limit
	Untried bool     // so is one that is not there: whether there is room for it only a packet can tell
	Output  bool     // the packet goes out somewhere
	Failed  bool     // the packet is dropped because translation failed
	Late    bool     // it failed behind the flows' actions, in the action set
	Unsaid  Unsaid
	Recirc  []uint32 // ids under which the datapath brings the packet back
	// States are all ids that the actions and userdata in them name.
	States []uint32
}

// Unsaid is what an outcome depends on although OVS's megaflows, and so Mask,
// leave it out: a flow must match it to be right for all packets it matches.
type Unsaid struct {
	MPLS  bool                // all of the label stack
	Proto bool                // nw_proto
	Tags  bool                // all of the VLAN tags
	PCP   [flow.MaxVLANs]bool // the priority in a tag
}

// MaskFor returns the mask of a datapath flow for a packet with key k, as the
// datapath has it: with what is unsaid, and saying whether the packet is tagged,
// and for which VLAN, which datapaths do not leave open.
func (o *Out) MaskFor(k *flow.Key) flow.Mask {
	m := o.Mask
	if o.Unsaid.MPLS && isMPLS(k.EthType) {
		m.MPLS = [3]uint32{^uint32(0), ^uint32(0), ^uint32(0)}
	}
	if o.Unsaid.Proto && (k.IsIP() || k.EthType == flow.EthTypeARP || k.EthType == flow.EthTypeRARP) {
		m.NwProto = 0xff
	}
	tagged := k.VLANs[0].TCI&flow.VLANPresent != 0
	switch {
	case m.VLANs[0].TCI != 0:
	case tagged:
		m.VLANs[0].TCI = vidMask | flow.VLANPresent
	default:
		m.VLANs[0].TCI = 0xffff
	}
	for i := range o.Unsaid.PCP {
		switch {
		case k.VLANs[i].TCI&flow.VLANPresent == 0:
		case o.Unsaid.Tags:
			m.VLANs[i] = exactVLAN
		case o.Unsaid.PCP[i]:
			m.VLANs[i].TCI |= pcpMask
		}
	}
	if tagged {
		m.VLANs[0].TPID = 0xffff
		if k.VLANs[1].TCI == 0 {
			m.VLANs[1].TCI = 0xffff
		} else {
			m.VLANs[1].TPID = 0xffff // which says that there is one
		}
	}
	return m
}

// TableSet is a set of the tables of one bridge; the tables of bridges reached
// over patch ports are in it too, under the same numbers.
type TableSet [4]uint64

// Add puts a table into the set.
func (s *TableSet) Add(id uint8) { s[id>>6] |= 1 << (id & 63) }

// Overlaps reports whether s and o have a table in common.
func (s *TableSet) Overlaps(o *TableSet) bool {
	return s[0]&o[0]|s[1]&o[1]|s[2]&o[2]|s[3]&o[3] != 0
}

// Translator translates. The zero value is ready for use.
type Translator struct {
	in   *In
	out  *Out
	wc   *flow.Mask
	flow flow.Key // the packet as OpenFlow sees it now
	base flow.Key // the packet as the datapath has it now
	odp  dpif.Actions

	bridge     *Bridge
	tables     *flowtable.State // of the bridge
	table      uint8
	cookie     uint64
	rule       *flowtable.Rule
	depth      int
	resubmits  int
	exit       bool
	err        error
	stack      []flow.Value
	stackBase  int // of the current bridge
	stackSizes []uint8
	actionSet  []openflow.Action
	setActions []openflow.Action // scratch: the action set in order
	tunnelDst  netip.Addr        // the outer address the packet came to
	origPrio   uint32
	node       *Node // where trace entries go; nil when not tracing
	inActSet   bool
	mirrors    MirrorSet // of the bridge, which have had the packet
	snaplen    uint32    // to which the next output is cut; 0 not

	// See freeze.go.
	freezing, again    bool
	enough             bool // nothing more of this list of actions
	steps              []openflow.ContinuationStep
	wantHash           bool // before recirculating
	hashAlg, hashBasis uint32
	stripped           bool // of a tag; the same one may have been pushed again
	wasMPLS            bool // what is behind a popped MPLS header is not known
	counted            bool // how many MPLS labels the packet came with
	conntracked        bool // the packet comes from the connection tracker
	sent               SentIn

	nat *openflow.NAT // of the ct action being done
	md2 []byte        // of the NSH header that is being put on
	// A header is being put on, or taken off; of MPLS, the type behind it.
	putOn, takenOff bool
	poppedType      uint16

	pause *openflow.Controller // that the packet is to wait for

	result Out
}

// Translate translates in and returns the outcome, which is valid until the
// next call. With an error it is one that drops the packet.
func (t *Translator) Translate(in *In) (*Out, error) {
	actionsCov.Inc()
	t.start(in)
	t.run()
	if t.err != nil {
		t.out.Slow = 0
		t.odp = t.odp[:0]
		// Only actions depended on these, and there are none.
		t.out.Unsaid.MPLS, t.out.Unsaid.Proto, t.out.Unsaid.Tags = false, false, false
	}
	t.out.Actions = unwrapLast(t.odp)
	if len(t.out.Actions) == 0 && in.Config.ExplicitDrop {
		t.odp = t.odp.Drop(dropReason(t.err))
		t.out.Actions = t.odp
	}
	if t.flow.TunPresent == 0 {
		t.flow.TunLayout = 0
	}
	t.out.Final = t.flow
	err := t.err
	if err == errCongestion {
		err = nil
	}
	t.out.Failed = err != nil
	t.in, t.bridge, t.tables, t.rule, t.node = nil, nil, nil, nil, nil
	return t.out, err
}

func (t *Translator) start(in *In) {
	out := &t.result
	*out = Out{Effects: out.Effects[:0], Recirc: out.Recirc[:0], States: out.States[:0]}
	t.in, t.out, t.wc = in, out, &out.Mask
	t.flow = *in.Key
	known := in.Bridge.TLVs.FromRaw(&t.flow)
	if t.flow.TunPresent == 0 {
		in.Bridge.TLVs.Begin(&t.flow)
	}
	t.flow.ActsetOutput = flow.PortUnset
	t.base = t.flow
	if typ := t.base.DLType(); t.base.IsIP() {
		t.base.EthType = typ
	}
	(&tunOpts{}).put(&t.base)
	t.tunnelDst = outerDst(&t.flow.Tunnel)
	// The datapath forgets the outer header unless told to set one.
	t.base.Tunnel = packet.Tunnel{}
	t.odp = t.odp[:0]
	t.setBridge(in.Bridge)
	t.table, t.cookie, t.rule = 0, ^uint64(0), nil
	t.depth, t.resubmits = 0, 0
	t.exit, t.err, t.inActSet = false, nil, false
	if !known {
		t.err = errTunnelMetadata
	}
	t.stack, t.stackBase = t.stack[:0], 0
	t.actionSet = t.actionSet[:0]
	t.origPrio = t.flow.SkbPriority
	t.mirrors, t.snaplen = 0, 0
	t.enough = false
	t.freezing, t.again, t.wantHash, t.stripped, t.wasMPLS, t.counted, t.conntracked = false, false, false, false, false, false, false
	if t.sent = (SentIn{}); in.PacketOut {
		t.sent = SentIn{in.Bridge.Name, in.Key.InPort}
	}
	t.pause, t.nat, t.md2 = nil, nil, nil
	t.putOn, t.takenOff = false, false
	t.steps = t.steps[:0]
	t.node = nil
	if in.Trace != nil {
		in.Trace.Nodes, in.Trace.Forks = nil, nil
		t.node = &in.Trace.root
		t.node.Subs = nil
	}

	wc := t.wc
	wc.PacketType = ^uint32(0)
	wc.InPort = ^uint32(0)
	wc.EthType = 0xffff
	wc.RecircID = ^uint32(0)
	if t.flow.IsIP() {
		wc.NwFrag = flow.FragAny | flow.FragLater
	}
	wcTunnel(&t.flow, wc)
	wc.TunLayout = t.flow.TunLayout // so that its fields can be looked at
}

func (t *Translator) run() {
	in := t.in
	top := t.node
	defer func() {
		if in.Trace != nil {
			in.Trace.Nodes = top.Subs
		}
	}()
	if t.flow.RecircID != 0 || in.Thaw != nil {
		t.complete(t.thaw())
		return
	}
	if t.err != nil {
		t.finishMask()
		return
	}
	t.node = t.enterBridge(t.bridge)
	port := t.bridge.Ports[t.flow.InPort]
	t.enterL2(port)
	actions := in.Actions
	switch {
	case in.HaveActions:
	case in.Rule != nil:
		t.rule = in.Rule
		actions = t.rule.Actions
		t.count(t.rule)
	default:
		t.rule = t.lookup(0, t.flow.InPort, true, true)
		if t.rule != nil {
			t.count(t.rule)
			t.node = t.reportTable(t.rule, t.table)
			actions = t.rule.Actions
		}
	}
	if t.rule != nil {
		t.cookie = t.rule.Cookie
	}
	if port != nil && port.Tunnel != nil && port.Counters != nil {
		t.effect(Effect{kind: effectRx, ptr: port.Counters})
	}
	received := t.received(port)
	if received {
		t.do(actions, true)
	}
	t.complete(received)
}

// complete ends the pipeline of a packet that was received, and what is known of one
// that was not.
func (t *Translator) complete(received bool) {
	if received && t.err == nil {
		t.finish()
		t.out.Late = t.err != nil
	}
	if t.err != nil && t.err != errCongestion && !t.out.Late && t.in.Trace != nil {
		if !t.in.Key.Tunnel.IsSet() && t.in.Trace.Frame {
			(&tunOpts{}).put((*flow.Key)(t.wc))
		}
		return // show the mask as it was when things went wrong
	}
	if len(t.odp) > maxActions {
		oversizeCov.Inc()
		t.out.Slow |= SlowAction
	} else if tooManyOutputs(t.odp, t.in.Config.MaxOutputs) {
		outputsCov.Inc()
		t.out.Slow |= SlowAction
	}
	t.finishMask()
}

// received reports whether a packet that came in by port, which may be nil, goes on,
// with a copy for those mirrors that have not had one. That is asked again when the
// packet comes back from the datapath.
func (t *Translator) received(port *Port) bool {
	switch {
	case port != nil && port.Bundle != nil && port.Bundle.MirrorOut:
		t.reportError("dropping packet received on port %s, which is reserved exclusively for mirroring", port.Bundle.Name)
		return false
	case !decapsulateECN(&t.flow):
		t.err = errCongestion
		return false
	case port != nil && !t.mayReceive(port):
		return false
	}
	t.mirrorIngress()
	return true
}

// begin carries out a flow found in a table as the beginning of a pipeline. It
// reports false for a packet that is not received.
func (t *Translator) begin(r *flowtable.Rule, table uint8) bool {
	if r == nil {
		return true
	}
	t.count(r)
	t.table, t.rule, t.cookie = table, r, r.Cookie
	t.node = t.reportTable(r, table)
	if !t.received(t.in.Bridge.Ports[t.in.Key.InPort]) {
		return false
	}
	t.do(r.Actions, true)
	return true
}

// mayReceive reports whether the port's configuration lets packets in.
func (t *Translator) mayReceive(p *Port) bool {
	no := openflow.PortNoRecv
	if t.flow.EthDst == stpAddress {
		no = openflow.PortNoRecvSTP
	}
	return p.Config&no == 0
}

var stpAddress = flow.MAC{0x01, 0x80, 0xc2, 0, 0, 0}

// finishMask takes out of the mask what the datapath does not see of packets.
func (t *Translator) finishMask() {
	wc, up := t.wc, t.in.Key
	wc.Metadata = 0
	wc.Regs = [32]uint32{}
	wc.ActsetOutput, wc.ConjID = 0, 0
	if up.PacketType != flow.PacketTypeEthernet {
		wc.EthDst, wc.EthSrc = flow.MAC{}, flow.MAC{}
	}
	if f := &t.flow; f.NwProto == flow.ProtoICMP && f.EthType == flow.EthTypeIP || f.NwProto == flow.ProtoICMPv6 && f.EthType == flow.EthTypeIPv6 {
		wc.TPSrc &= 0xff
		wc.TPDst &= 0xff
	}
	for i := range wc.VLANs {
		if wc.VLANs[i].TCI != 0 {
			wc.VLANs[i].TCI |= flow.VLANPresent
		}
	}
	if t.flow.NwFrag&flow.FragLater != 0 {
		wc.TPSrc, wc.TPDst = 0, 0
	}
	if up.EthType != flow.EthTypeMPLS && up.EthType != flow.EthTypeMPLSM {
		wc.MPLS = [3]uint32{}
	}
	for i := range wc.VLANs {
		if !isVLANType(up.VLANs[i].TPID) {
			// What was never tagged needs no mask on the tag, except to
			// tell that there is none.
			wc.VLANs[i] = flow.VLAN{}
		}
	}
	switch {
	case !up.Tunnel.IsSet():
		wc.Tunnel = packet.Tunnel{}
		(&tunOpts{}).put((*flow.Key)(wc))
	case t.err == errTunnelMetadata:
		t.in.Bridge.TLVs.RawMaskBad(up, wc)
	case t.in.Trace == nil:
		t.in.Bridge.TLVs.RawMask(up, wc)
	case wc.TunPresent == 0:
		wc.TunLayout = 0
	}
}

func isVLANType(t uint16) bool { return t == flow.EthTypeVLAN || t == flow.EthTypeQinQ }

// setBridge goes on in bridge b, with its tables as they are now.
func (t *Translator) setBridge(b *Bridge) { t.bridge, t.tables = b, b.Tables.State() }
