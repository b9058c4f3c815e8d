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
}

// TunnelMap finds the tunnel port a packet came in by.
type TunnelMap struct{ by map[tunnelKey]*Port }

type tunnelKey struct {
	odp           dpif.PortNo
	local, remote netip.Addr
	key           uint64
	keyFlow       bool
	remoteFlow    bool
	localKind     uint8 // index into the ways local_ip is given
}

const (
	localGiven = iota
	localAny
	localFlow
	localKinds
)

func (t *Tunnel) mapKey() tunnelKey {
	k := tunnelKey{odp: t.ODP, keyFlow: t.InKeyFlow, remoteFlow: t.RemoteFlow}
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
	for _, keyFlow := range [2]bool{false, true} {
		for _, remoteFlow := range [2]bool{false, true} {
			for kind := range uint8(localKinds) {
				q := tunnelKey{odp: dpif.PortNo(k.InPort), keyFlow: keyFlow, remoteFlow: remoteFlow, localKind: kind}
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
	t.Flags = packet.TunDF | packet.TunCsum | packet.TunKey
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
	if t.MarkSet {
		k.PktMark = t.Mark
		wc.PktMark = ^uint32(0)
	}
}
