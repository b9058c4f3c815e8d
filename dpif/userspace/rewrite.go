package userspace

import (
	"encoding/binary"

	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// IP protocol numbers.
const (
	protoICMP, protoTCP, protoUDP = 1, 6, 17
	protoICMPv6, protoSCTP        = 58, 132
)

// The setters below give a header the bits of o.val under o.mask. The layout of
// val is that of the kernel's struct ovs_key_*; checksums follow. A setter
// returns false when the packet lacks the header.

var be = binary.BigEndian

// byte8 and its like return the header's value with the attribute's bits at i
// put over it.
func (o *op) byte8(i int, cur uint8) uint8 { return cur&^o.mask[i] | o.val[i] }

func (o *op) be16(i int, cur uint16) uint16 {
	return cur&^be.Uint16(o.mask[i:]) | be.Uint16(o.val[i:])
}

func (o *op) be32(i int, cur uint32) uint32 {
	return cur&^be.Uint32(o.mask[i:]) | be.Uint32(o.val[i:])
}

func (o *op) addr6(i int, cur []byte) (a [16]byte) {
	copy(a[:], cur)
	o.merge(i, a[:])
	return a
}

func (o *op) mac(i int, cur []byte) (a [6]byte) {
	copy(a[:], cur)
	o.merge(i, a[:])
	return a
}

func (o *op) merge(i int, dst []byte) {
	for j := range dst {
		dst[j] = dst[j]&^o.mask[i+j] | o.val[i+j]
	}
}

func setEthernet(p *packet.Packet, _ *flow.Key, o *op) bool {
	b := p.Bytes()
	if len(b) < 12 {
		return false
	}
	// The attribute has the source first, the wire the destination.
	o.merge(0, b[6:12])
	o.merge(6, b[:6])
	return true
}

func setIPv4(p *packet.Packet, _ *flow.Key, o *op) bool {
	h := p.AsIPv4()
	if h == nil {
		return false
	}
	p.SetIPv4(o.be32(0, h.Src()), o.be32(4, h.Dst()), o.byte8(9, h.TOS()), o.byte8(10, h.TTL()))
	return true
}

func setIPv6(p *packet.Packet, _ *flow.Key, o *op) bool {
	h := p.AsIPv6()
	if h == nil {
		return false
	}
	p.SetIPv6(o.addr6(0, h[8:24]), o.addr6(16, h[24:40]), o.byte8(37, h.TC()),
		o.be32(32, h.Label())&0xfffff, o.byte8(38, h.HopLimit()))
	return true
}

// ports returns the transport header's ports as they are to be.
func ports(p *packet.Packet, k *flow.Key, o *op, proto uint8, size int) (src, dst uint16, ok bool) {
	h := p.Transport()
	if len(h) < size || k.NwProto != proto || k.NwFrag&flow.FragLater != 0 {
		return 0, 0, false
	}
	return o.be16(0, be.Uint16(h)), o.be16(2, be.Uint16(h[2:])), true
}

func setTCP(p *packet.Packet, k *flow.Key, o *op) bool {
	src, dst, ok := ports(p, k, o, protoTCP, packet.TCPLen)
	if ok {
		p.SetTCPPorts(src, dst)
	}
	return ok
}

func setUDP(p *packet.Packet, k *flow.Key, o *op) bool {
	src, dst, ok := ports(p, k, o, protoUDP, packet.UDPLen)
	if ok {
		p.SetUDPPorts(src, dst)
	}
	return ok
}

func setSCTP(p *packet.Packet, k *flow.Key, o *op) bool {
	src, dst, ok := ports(p, k, o, protoSCTP, 12)
	if ok {
		p.SetSCTPPorts(src, dst)
	}
	return ok
}

func setICMP(p *packet.Packet, k *flow.Key, o *op) bool {
	h := p.Transport()
	if len(h) < 4 || k.NwFrag&flow.FragLater != 0 {
		return false
	}
	typ, code := o.byte8(0, h[0]), o.byte8(1, h[1])
	switch k.NwProto {
	case protoICMP:
		p.SetICMP(typ, code)
	case protoICMPv6:
		p.SetICMPv6(typ, code)
	default:
		return false
	}
	return true
}

func setARP(p *packet.Packet, _ *flow.Key, o *op) bool {
	if p.L3 < 0 || p.L3 > p.Len() {
		return false
	}
	h := packet.ARP(p.Bytes()[p.L3:])
	if !h.Valid() {
		return false
	}
	p.SetARP(o.be16(8, h.Op()), o.mac(10, h.SHA()), o.be32(0, be.Uint32(h.SPA())),
		o.mac(16, h.THA()), o.be32(4, be.Uint32(h.TPA())))
	return true
}

// setND changes target and link-layer options of a neighbour message; the
// values now in place come from the key.
func setND(p *packet.Packet, k *flow.Key, o *op) bool {
	h := p.Transport()
	if len(h) < 24 || k.NwProto != protoICMPv6 {
		return false
	}
	p.SetND(o.addr6(0, h[8:24]), o.mac(16, k.ArpSHA[:]), o.mac(22, k.ArpTHA[:]))
	return true
}

// setNDExt changes the reserved word and the first option's type.
func setNDExt(p *packet.Packet, k *flow.Key, o *op) bool {
	h := p.Transport()
	if len(h) < 8 || k.NwProto != protoICMPv6 {
		return false
	}
	typ := uint8(0)
	if len(h) >= 32 {
		typ = o.byte8(4, h[24])
	}
	p.SetNDExt(o.be32(0, be.Uint32(h[4:])), typ)
	return true
}

// setMPLS changes the outermost label stack entry.
func setMPLS(p *packet.Packet, _ *flow.Key, o *op) bool {
	b := p.TopLabel()
	if b == nil {
		return false
	}
	be.PutUint32(b, o.be32(0, be.Uint32(b)))
	return true
}

// hashFlow is the hash() action. Algorithm 0 hashes addresses, protocol and
// ports; 1 does so that both directions agree. The values are those of OVS's own
// datapath.
func hashFlow(k *flow.Key, alg, basis uint32) uint32 {
	h := uint32(0)
	if alg == dpif.HashSymL4 {
		h = k.HashSymmetricL3L4(basis, false, nil)
	} else {
		h = flow.MurmurInt(k.HashTuple(), basis)
	}
	return max(h, 1) // zero means "no hash was computed"
}
