package flow

import (
	"encoding/binary"
	"sync/atomic"

	"govs/packet"
)

// MaxVLANs is how many VLAN headers a Key has room for.
const MaxVLANs = 2

// vlansUnread is how many of them Extract leaves unread.
var vlansUnread atomic.Int32

// SetVLANLimit sets how many VLAN headers Extract reads; what follows them
// counts as payload. n is brought into 0..MaxVLANs (other_config:vlan-limit, 0
// there meaning all, is the caller's business).
func SetVLANLimit(n int) { vlansUnread.Store(int32(MaxVLANs - max(0, min(n, MaxVLANs)))) }

var be = binary.BigEndian

// Extract fills k with what p's metadata and headers say, and sets p.L3 and
// p.L4. It never fails: from the first header that is cut short or malformed on,
// the fields stay zero, as in Open vSwitch.
func Extract(p *packet.Packet, k *Key) {
	k.Reset()
	k.Tunnel = p.Tunnel
	if opts := p.TunOpts(); len(opts) > 0 && p.Tunnel.Flags&packet.TunSegments == 0 {
		k.SetRawTunOpts(opts)
	}
	k.SkbPriority = p.SkbPriority
	k.PktMark = p.PktMark
	k.DPHash = p.DPHash
	k.RecircID = p.RecircID
	k.InPort = p.InPort
	k.PacketType = p.PacketType
	k.CtState = p.CtState
	k.CtZone = p.CtZone
	k.CtMark = p.CtMark
	k.CtLabel = p.CtLabel
	o := &p.CtOrig
	k.CtNwSrc, k.CtNwDst = o.Src, o.Dst
	k.CtIPv6Src, k.CtIPv6Dst = o.IPv6Src, o.IPv6Dst
	k.CtTPSrc, k.CtTPDst, k.CtNwProto = o.TPSrc, o.TPDst, o.Proto
	p.L3, p.L4 = -1, -1

	b := p.Bytes()
	n := 0
	var typ uint16
	if p.PacketType == PacketTypeEthernet {
		if len(b) < 14 {
			return
		}
		copy(k.EthDst[:], b[0:6])
		copy(k.EthSrc[:], b[6:12])
		n = 12
		limit := MaxVLANs - int(vlansUnread.Load())
		for i := 0; i < limit && len(b) >= n+6; i++ {
			tpid := be.Uint16(b[n:])
			if tpid != EthTypeVLAN && tpid != EthTypeQinQ {
				break
			}
			k.VLANs[i] = VLAN{tpid, be.Uint16(b[n+2:]) | VLANPresent}
			n += 4
		}
		typ = be.Uint16(b[n:])
		n += 2
		if typ < 0x600 {
			typ = EthTypeNone
			// LLC with SNAP, organisation 0: the Ethertype follows (RFC 1042).
			if len(b) >= n+8 && be.Uint32(b[n:]) == 0xaaaa0300 && be.Uint16(b[n+4:]) == 0 {
				if t := be.Uint16(b[n+6:]); t >= 0x600 {
					typ = t
					n += 8
				}
			}
		}
		k.EthType = typ
	} else {
		typ = uint16(p.PacketType)
	}
	p.L3 = n

	switch typ {
	case EthTypeIP:
		h := b[n:]
		if len(h) < 20 {
			return
		}
		hl, tot := int(h[0]&15)*4, int(be.Uint16(h[2:]))
		if tot == 0 && p.Offload.GSOType != packet.GSONone {
			tot = len(h) // a super-frame beyond 64 kB
		}
		if hl < 20 || hl > tot || tot > len(h) {
			return
		}
		h = h[:tot]
		k.NwSrc, k.NwDst = be.Uint32(h[12:]), be.Uint32(h[16:])
		k.NwTOS, k.NwTTL, k.NwProto = h[1], h[8], h[9]
		if frag := be.Uint16(h[6:]); frag&0x3fff != 0 {
			k.NwFrag = FragAny
			if frag&0x1fff != 0 {
				k.NwFrag |= FragLater
			}
		}
		p.L4 = n + hl
		extractL4(k, h[hl:])
	case EthTypeIPv6:
		h := b[n:]
		if len(h) < 40 {
			return
		}
		plen := int(be.Uint16(h[4:]))
		if plen == 0 && p.Offload.GSOType != packet.GSONone {
			plen = len(h) - 40
		}
		if plen > len(h)-40 {
			return
		}
		k.IPv6Src, k.IPv6Dst = [16]byte(h[8:24]), [16]byte(h[24:40])
		data, proto, frag, ok := ipv6Ext(h[40:40+plen], h[6])
		if !ok {
			return
		}
		flow := be.Uint32(h)
		k.NwTOS, k.IPv6Label = uint8(flow>>20), flow&0xfffff
		k.NwTTL, k.NwProto, k.NwFrag = h[7], proto, frag
		p.L4 = n + 40 + plen - len(data)
		extractL4(k, data)
	case EthTypeARP, EthTypeRARP:
		h := b[n:]
		// Ethernet and IPv4 only (RFC 826).
		if len(h) < 28 || be.Uint32(h) != 0x00010800 || be.Uint16(h[4:]) != 0x0604 {
			return
		}
		if op := be.Uint16(h[6:]); op <= 255 {
			k.NwProto = uint8(op)
		}
		k.ArpSHA, k.ArpTHA = MAC(h[8:14]), MAC(h[18:24])
		k.NwSrc, k.NwDst = be.Uint32(h[14:]), be.Uint32(h[24:])
	case EthTypeMPLS, EthTypeMPLSM:
		for i := 0; len(b) >= n+4; i++ {
			lse := be.Uint32(b[n:])
			n += 4
			if i < len(k.MPLS) {
				k.MPLS[i] = lse
			}
			if lse&0x100 != 0 {
				break
			}
		}
		p.L3 = n
	case EthTypeNSH:
		extractNSH(k, b[n:])
	}
}

// ipv6Ext skips extension headers. It returns the upper-layer data, its
// protocol (44 for fragments but the first) and the fragment bits; ok is false
// when a header is cut short.
func ipv6Ext(b []byte, next uint8) (data []byte, proto, frag uint8, ok bool) {
	for {
		var n int
		switch next {
		case 0, 43, 60: // hop-by-hop, routing, destination options
			if len(b) < 8 {
				return b, next, frag, false
			}
			n = (int(b[1]) + 1) * 8
		case 51: // authentication (RFC 4302: length in words less two)
			if len(b) < 8 {
				return b, next, frag, false
			}
			n = (int(b[1]) + 2) * 4
		case 44:
			if len(b) < 8 {
				return b, next, frag, false
			}
			n = 8
			off := be.Uint16(b[2:])
			if off&0xfff9 != 0 { // offset, or more fragments
				frag = FragAny
				if off&0xfff8 != 0 {
					return b[8:], 44, FragAny | FragLater, true
				}
			}
		default:
			return b, next, frag, true
		}
		if len(b) < n {
			return b, next, frag, false
		}
		next, b = b[0], b[n:]
	}
}

// extractL4 reads the transport header h, whose network header is already in k.
func extractL4(k *Key, h []byte) {
	if k.NwFrag&FragLater != 0 {
		return
	}
	switch k.NwProto {
	case ProtoTCP:
		if n := len(h); n >= 20 && int(h[12]>>4)*4 >= 20 && int(h[12]>>4)*4 <= n {
			k.TPSrc, k.TPDst = be.Uint16(h), be.Uint16(h[2:])
			k.TCPFlags = be.Uint16(h[12:]) & 0xfff
		}
	case ProtoUDP:
		if len(h) >= 8 {
			k.TPSrc, k.TPDst = be.Uint16(h), be.Uint16(h[2:])
		}
	case ProtoSCTP:
		if len(h) >= 12 {
			k.TPSrc, k.TPDst = be.Uint16(h), be.Uint16(h[2:])
		}
	case ProtoICMP:
		if len(h) >= 8 {
			k.TPSrc, k.TPDst = uint16(h[0]), uint16(h[1])
		}
	case ProtoIGMP:
		if len(h) >= 8 {
			k.TPSrc, k.TPDst = uint16(h[0]), uint16(h[1])
			k.IGMPGroup = be.Uint32(h[4:])
		}
	case ProtoICMPv6:
		if len(h) >= 8 {
			k.TPSrc, k.TPDst = uint16(h[0]), uint16(h[1])
			if h[1] == 0 && (h[0] == ICMPv6NS || h[0] == ICMPv6NA) {
				extractND(k, h)
			}
		}
	}
}

// extractND reads a neighbour solicitation or advertisement (RFC 4861 section
// 4.3, 4.4). A link-layer option given twice makes target and options void.
func extractND(k *Key, h []byte) {
	k.IGMPGroup = be.Uint32(h[4:])
	if len(h) < 24 {
		return
	}
	k.NDTarget = [16]byte(h[8:24])
	for b := h[24:]; len(b) >= 8; {
		n := int(b[1]) * 8
		if n == 0 || n > len(b) {
			return
		}
		if (b[0] == 1 || b[0] == 2) && n == 8 {
			to := &k.ArpSHA
			if b[0] == 2 {
				to = &k.ArpTHA
			}
			if *to != (MAC{}) {
				k.NDTarget, k.ArpSHA, k.ArpTHA = [16]byte{}, MAC{}, MAC{}
				return
			}
			*to = MAC(b[2:8])
			if k.TCPFlags == 0 {
				k.TCPFlags = uint16(b[0])
			}
		}
		b = b[n:]
	}
}

// extractNSH reads a network service header (RFC 8300).
func extractNSH(k *Key, h []byte) {
	if len(h) < 8 {
		return
	}
	v := be.Uint16(h)
	n := int(v&0x3f) * 4
	if v>>14 != 0 || n < 8 || n > len(h) {
		return
	}
	mdtype := h[2] & 15
	switch mdtype {
	case 1:
		if n != 24 {
			return
		}
		for i := range k.NSHC {
			k.NSHC[i] = be.Uint32(h[8+4*i:])
		}
	case 2:
	default:
		return
	}
	k.NSHFlags = uint8(v >> 12 & 3)
	k.NSHTTL = uint8(v >> 6 & 0x3f)
	k.NSHMDType, k.NSHNP = mdtype, h[3]
	k.NSHPath = be.Uint32(h[4:])
}
