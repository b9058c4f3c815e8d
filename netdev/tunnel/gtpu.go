package tunnel

import (
	"golang.org/x/sys/unix"

	"govs/packet"
)

func putGTPU(d *Device, b []byte, o *outgoing) ([]byte, bool) {
	if o.typ != typeIPv4 && o.typ != typeIPv6 {
		return b, false
	}
	flags, message := uint8(packet.GTPUDefault), uint8(packet.GTPUData)
	var seq uint16
	if o.t.Flags&packet.TunSeq != 0 {
		flags |= packet.GTPUSeq
		seq = uint16(d.seq.Add(1) - 1)
	}
	return packet.AppendGTPU(b, flags, message, uint32(o.t.ID), seq, len(o.inner)), true
}

// getGTPU decapsulates packets of users. Other messages, such as echo requests,
// are for whoever handles GTP-U: they come as they were on the wire, with an
// Ethernet header of zeros.
func getGTPU(_ *Device, p *packet.Packet) verdict {
	h := packet.GTPU(p.Bytes())
	if !h.Valid() {
		return verdictBad
	}
	t := &p.Tunnel
	t.ID = uint64(h.TEID())
	t.GTPUFlags, t.GTPUMsgtype = h.Flags(), h.MessageType()
	t.Flags |= packet.TunKey
	if t.GTPUMsgtype != packet.GTPUData {
		restoreUDP(p)
		return verdictGood
	}
	n := h.HeaderLen()
	if n == 0 {
		return verdictBad
	}
	typ := version(h[n:])
	if typ == 0 {
		return verdictBad
	}
	return accept(p, n, uint16(typ))
}

// restoreUDP puts the outer headers, which p.Tunnel describes, back in front of
// a datagram.
func restoreUDP(p *packet.Packet) {
	t := &p.Tunnel
	n := udpLen + p.Len()
	ipLen := ip4Len
	v6 := t.IPv6Dst != [16]byte{}
	if v6 {
		ipLen = ip6Len
	}
	b := p.Push(ethLen + ipLen + udpLen)
	clear(b[:ethLen+ipLen+udpLen])
	udp := b[ethLen+ipLen:]
	be.PutUint16(udp, t.TPSrc)
	be.PutUint16(udp[2:], t.TPDst)
	be.PutUint16(udp[4:], uint16(n))
	var acc uint64
	if v6 {
		be.PutUint16(b[12:], 0x86dd)
		ip := packet.IPv6(b[ethLen:])
		ip[0], ip[6] = 0x60, unix.IPPROTO_UDP
		ip.SetPayloadLen(n)
		ip.SetTC(t.TOS)
		ip.SetHopLimit(t.TTL)
		copy(ip[8:], t.IPv6Src[:])
		copy(ip[24:], t.IPv6Dst[:])
		acc = packet.PseudoV6(ip, unix.IPPROTO_UDP, n)
	} else {
		be.PutUint16(b[12:], 0x0800)
		ip := packet.IPv4(b[ethLen:])
		ip[0], ip[1], ip[8], ip[9] = 0x45, t.TOS, t.TTL, unix.IPPROTO_UDP
		be.PutUint16(ip[2:], uint16(ip4Len+n))
		be.PutUint32(ip[12:], t.Src)
		be.PutUint32(ip[16:], t.Dst)
		ip.Checksum()
		acc = packet.PseudoV4(ip, unix.IPPROTO_UDP, n)
	}
	sumUDP(udp, nil, acc)
}
