package xlate

import (
	"net/netip"

	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// Tunnel is the configuration of a tunnel port.
type Tunnel struct {
	Type string // "vxlan", ...
	ODP  dpif.PortNo

	Local, Remote         netip.Addr // invalid when unset or taken from the flow
	LocalFlow, RemoteFlow bool
	InKey, OutKey         uint64
	InKeyFlow, OutKeyFlow bool
	InKeySet, OutKeySet   bool // a key is expected, sent
	DstPort               uint16
	TTL, TOS              uint8
	TTLInherit            bool
	TOSInherit            bool
	DF, Csum              bool
	MarkSet               bool
	Mark                  uint32 // egress_pkt_mark

	Mode PTMode
	Seq  bool // packets are numbered

	// Of ERSPAN; Flow says that the field is taken from the flow.
	ErspanVer, ErspanDir, ErspanHwid uint8
	ErspanIdx                        uint32
	ErspanVerFlow, ErspanIdxFlow     bool
	ErspanDirFlow, ErspanHwidFlow    bool

	PMTUD    bool   // senders of packets that are too long are told
	Segments []byte // IPv6 addresses of a path (SRv6)
	Label    uint16 // packet.TunLabelXxx or 0
	Device   Device // what all ports of a datapath port must agree on
}

// Device is the part of a tunnel's configuration that the device behind all
// tunnels of a type (and UDP port) has.
type Device struct {
	Exts        string // VXLAN extensions: "gbp", "gpe", "gbp,gpe"
	PayloadType string // bare UDP
}

// PTMode is what packets a tunnel port carries, and how OpenFlow sees them.
type PTMode uint8

// Packet type modes (options:packet_type).
const (
	LegacyL2 PTMode = iota // Ethernet frames
	LegacyL3               // others, which OpenFlow sees as Ethernet frames
	PTAP                   // any, which OpenFlow sees as what they are
)

// PTModeNames are the values of options:packet_type.
var PTModeNames = [...]string{LegacyL2: "legacy_l2", LegacyL3: "legacy_l3", PTAP: "ptap"}

func (m PTMode) String() string { return PTModeNames[m] }

// TunnelMap finds the tunnel port a packet came in by.
type TunnelMap struct{ by map[tunnelKey]*Port }

type tunnelKey struct {
	odp           dpif.PortNo
	local, remote netip.Addr
	key           uint64
	keyFlow       bool
	remoteFlow    bool
	localKind     uint8 // index into the ways local_ip is given
	mode          PTMode
}

const (
	localGiven = iota
	localAny
	localFlow
	localKinds
)

func (t *Tunnel) mapKey() tunnelKey {
	k := tunnelKey{odp: t.ODP, keyFlow: t.InKeyFlow, remoteFlow: t.RemoteFlow, mode: t.Mode}
	if !t.InKeyFlow {
		k.key = t.InKey
	}
	if !t.RemoteFlow {
		k.remote = t.Remote
	}
	switch {
	case t.LocalFlow:
		k.localKind = localFlow
	case t.Local.IsValid():
		k.local = t.Local
	default:
		k.localKind = localAny
	}
	return k
}

// NewTunnelMap returns the map of the given ports, which all have Tunnel set.
func NewTunnelMap(ports []*Port) *TunnelMap {
	m := &TunnelMap{by: make(map[tunnelKey]*Port, len(ports))}
	for _, p := range ports {
		if k := p.Tunnel.mapKey(); m.by[k] == nil {
			m.by[k] = p
		}
	}
	return m
}

// Conflict returns the port that already receives what a tunnel like t would, or nil.
func (m *TunnelMap) Conflict(t *Tunnel) *Port {
	if m == nil {
		return nil
	}
	return m.by[t.mapKey()]
}

// Receive returns the tunnel port for a packet whose outer header is in k, the
// most specific first, or nil.
func (m *TunnelMap) Receive(k *flow.Key) *Port {
	if m == nil {
		return nil
	}
	src, dst := endpoints(&k.Tunnel)
	mode := LegacyL2
	if k.PacketType != flow.PacketTypeEthernet {
		mode = LegacyL3
	}
	for _, keyFlow := range [2]bool{false, true} {
		for _, remoteFlow := range [2]bool{false, true} {
			for kind := range uint8(localKinds) {
				q := tunnelKey{odp: dpif.PortNo(k.InPort), keyFlow: keyFlow, remoteFlow: remoteFlow, localKind: kind, mode: mode}
				if !keyFlow {
					q.key = k.Tunnel.ID
				}
				if !remoteFlow {
					q.remote = src
				}
				if kind == localGiven {
					q.local = dst
				}
				if p := m.by[q]; p != nil {
					return p
				}
				q.mode = PTAP
				if p := m.by[q]; p != nil {
					return p
				}
			}
		}
	}
	return nil
}

// endpoints returns the outer source and destination.
func endpoints(t *packet.Tunnel) (src, dst netip.Addr) {
	if t.Src != 0 || t.Dst != 0 {
		return ip4(t.Src), ip4(t.Dst)
	}
	return netip.AddrFrom16(t.IPv6Src), netip.AddrFrom16(t.IPv6Dst)
}

// outerDst returns the address that a packet with the header goes to: that of IPv6
// only if there is none of IPv4.
func outerDst(t *packet.Tunnel) netip.Addr {
	if t.Dst != 0 {
		return ip4(t.Dst)
	}
	return netip.AddrFrom16(t.IPv6Dst)
}

func ip4(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

func setEndpoint(a netip.Addr, v4 *uint32, v6 *[16]byte) {
	*v4, *v6 = 0, [16]byte{}
	switch {
	case a.Is4() || a.Is4In6():
		b := a.As4()
		*v4 = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	case a.IsValid():
		*v6 = a.As16()
	}
}

const (
	ecnMask  = 3
	ecnECT0  = 2
	ecnCE    = 3
	dscpMask = 0xfc
)

// shownTunFlags are the flags of a tunnel that keys of datapaths have, but OAM.
const shownTunFlags = packet.TunDF | packet.TunCsum | packet.TunKey

// wcTunnel adds to wc what receiving from a tunnel looks at.
func wcTunnel(k *flow.Key, wc *flow.Mask) {
	if !k.Tunnel.IsSet() {
		return
	}
	t := &wc.Tunnel
	t.ID = ^uint64(0)
	if k.Tunnel.Dst != 0 || k.Tunnel.Src != 0 {
		t.Src, t.Dst = ^uint32(0), ^uint32(0)
	} else {
		for i := range t.IPv6Src {
			t.IPv6Src[i], t.IPv6Dst[i] = 0xff, 0xff
		}
	}
	t.Flags = shownTunFlags
	t.TOS = 0xff
	if k.IsIP() && k.Tunnel.TOS&ecnMask == ecnCE {
		wc.NwTOS |= ecnMask
	}
}

// decapsulateECN copies congestion marks of the outer to the inner header (RFC
// 6040). It reports false for a packet to be dropped: it was marked though it
// says that it does not understand marks.
func decapsulateECN(k *flow.Key) bool {
	if k.Tunnel.IsSet() && k.IsIP() && k.Tunnel.TOS&ecnMask == ecnCE {
		if k.NwTOS&ecnMask == 0 {
			return false
		}
		k.NwTOS |= ecnCE
	}
	return true
}

// send fills in the tunnel header of k for output to the tunnel.
func (t *Tunnel) send(k *flow.Key, wc *flow.Mask) {
	o := &k.Tunnel
	if !t.LocalFlow {
		setEndpoint(t.Local, &o.Src, &o.IPv6Src)
	}
	if !t.RemoteFlow {
		setEndpoint(t.Remote, &o.Dst, &o.IPv6Dst)
	}
	o.TPDst = t.DstPort
	if !t.OutKeyFlow {
		o.ID = t.OutKey
	}
	ip := k.IsIP()
	if t.TTLInherit && ip {
		wc.NwTTL = 0xff
		o.TTL = k.NwTTL
	} else {
		o.TTL = t.TTL
	}
	if t.TOSInherit && ip {
		wc.NwTOS |= dscpMask
		o.TOS = k.NwTOS & dscpMask
	} else {
		o.TOS = t.TOS
	}
	if ip {
		wc.NwTOS |= ecnMask
		if k.NwTOS&ecnMask == ecnCE {
			o.TOS |= ecnECT0
		} else {
			o.TOS |= k.NwTOS & ecnMask
		}
	}
	o.Flags &= packet.TunOAM
	if t.DF {
		o.Flags |= packet.TunDF
	}
	if t.Csum {
		o.Flags |= packet.TunCsum
	}
	if t.OutKeySet {
		o.Flags |= packet.TunKey
	}
	if t.Seq {
		o.Flags |= packet.TunSeq
	}
	if t.PMTUD {
		o.Flags |= packet.TunPMTUD
	}
	o.Flags |= t.Label
	if len(t.Segments) > 0 {
		o.Flags |= packet.TunSegments
	}
	if !t.ErspanVerFlow {
		o.ErspanVer = t.ErspanVer
	}
	if !t.ErspanIdxFlow {
		o.ErspanIdx = t.ErspanIdx
	}
	if !t.ErspanDirFlow {
		o.ErspanDir = t.ErspanDir
	}
	if !t.ErspanHwidFlow {
		o.ErspanHwid = t.ErspanHwid
	}
	if t.MarkSet {
		k.PktMark = t.Mark
		wc.PktMark = ^uint32(0)
	}
}

// header returns what the tunnel's header is to be for k, with the options: of
// all that k says, what there is in a header of this type.
func (t *Tunnel) header(k *flow.Key, tlvs *flow.TLVMap) (h packet.Tunnel, opts []byte) {
	h = k.Tunnel
	if t.Type != "vxlan" {
		h.GBPID, h.GBPFlags = 0, 0
	}
	if t.Type != "erspan" && t.Type != "ip6erspan" || h.ErspanVer != 1 && h.ErspanVer != 2 {
		h.ErspanVer, h.ErspanIdx, h.ErspanDir, h.ErspanHwid = 0, 0, 0, 0
	}
	if t.Type != "gtpu" {
		h.GTPUFlags, h.GTPUMsgtype = 0, 0
	}
	switch {
	case t.Type == "geneve":
		opts = tlvs.AppendOptions(nil, k)
	case len(t.Segments) > 0:
		opts = t.Segments
	}
	return h, opts
}

// tunOpts is the part of a key that holds tunnel options.
type tunOpts struct {
	layout  uint32
	present uint64
	data    [256]byte
}

func tunOptsOf(k *flow.Key) tunOpts { return tunOpts{k.TunLayout, k.TunPresent, k.TunData} }

func (o *tunOpts) put(k *flow.Key) {
	k.TunLayout, k.TunPresent, k.TunData = o.layout, o.present, o.data
}

// commitTunnel emits the header that the next output, to the tunnel p, is to
// have.
func (t *Translator) commitTunnel(p *Tunnel) {
	f, b := &t.flow, &t.base
	if !f.Tunnel.IsSet() || f.Tunnel == b.Tunnel && tunOptsOf(f) == tunOptsOf(b) {
		return
	}
	b.Tunnel = f.Tunnel
	o := tunOptsOf(f)
	o.put(b)
	h, opts := p.header(f, t.bridge.TLVs)
	t.odp = t.odp.SetTunnel(&h, opts)
}

// enterL2 makes a packet without an Ethernet header, received by a tunnel that
// shows it as a frame, a frame with addresses of zero. The datapath's packet gets
// the header when it leaves as a frame.
func (t *Translator) enterL2(p *Port) {
	if f := &t.flow; p != nil && p.Tunnel != nil && p.Tunnel.Mode == LegacyL3 && f.PacketType != flow.PacketTypeEthernet {
		f.PacketType, f.EthType = flow.PacketTypeEthernet, uint16(f.PacketType)
		f.EthSrc, f.EthDst = flow.MAC{}, flow.MAC{}
	}
}

// commitEthernetHeader puts an Ethernet header in front of the packet, or takes
// it off, as flow says.
func (t *Translator) commitEthernetHeader() {
	f, b := &t.flow, &t.base
	if f.PacketType == b.PacketType {
		return
	}
	switch {
	case f.PacketType == flow.PacketTypeEthernet:
		t.odp = t.odp.PushEth(f.EthSrc, f.EthDst)
		b.EthSrc, b.EthDst = f.EthSrc, f.EthDst
		b.EthType = uint16(b.PacketType)
	case b.PacketType == flow.PacketTypeEthernet:
		t.odp = t.odp.PopEth()
		b.EthSrc, b.EthDst = flow.MAC{}, flow.MAC{}
	default:
		return
	}
	b.PacketType = f.PacketType
}
