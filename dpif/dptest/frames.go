package dptest

import (
	"encoding/binary"

	"govs/packet"
)

// ipv4 is an IPv4 packet over Ethernet with right checksums.
func ipv4(proto uint8, l4 []byte) *packet.Packet {
	b := append([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 0, 0, 7, 0x40, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, l4...)
	ip := packet.IPv4(b[14:])
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	ip.Checksum()
	at := map[uint8]int{6: 16, 17: 6, 1: 2}[proto]
	h := ip[20:]
	h[at], h[at+1] = 0, 0
	acc := packet.PseudoV4(ip, proto, len(h))
	if proto == 1 {
		acc = 0
	}
	binary.BigEndian.PutUint16(h[at:], ^packet.Fold(packet.Sum(h, acc)))
	return packet.New(b)
}

func udp() *packet.Packet {
	return ipv4(17, []byte{0x30, 0x39, 0x10, 0x92, 0, 18, 0, 0, 'd', 'a', 't', 'a', 'd', 'a', 't', 'a', '!', '!'})
}

func tcp(flags byte) *packet.Packet {
	return ipv4(6, []byte{0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0, 'x', 'y'})
}

func icmp() *packet.Packet { return ipv4(1, []byte{8, 0, 0, 0, 0, 1, 0, 2, 'p', 'i', 'n', 'g'}) }

func arp() *packet.Packet {
	return packet.New([]byte{255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2})
}

// ipv6 is a UDP packet over IPv6.
func ipv6() *packet.Packet {
	b := make([]byte, 14+40+12)
	copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 12, 17, 64})
	b[14+8], b[14+23], b[14+24], b[14+39] = 0xfd, 1, 0xfd, 2
	u := b[54:]
	copy(u, []byte{0x30, 0x39, 0x10, 0x92, 0, 12, 0, 0, 'a', 'b', 'c', 'd'})
	binary.BigEndian.PutUint16(u[6:], ^packet.Fold(packet.Sum(u, packet.PseudoV6(packet.IPv6(b[14:]), 17, 12))))
	return packet.New(b)
}

// solicitation is a neighbour solicitation with a source link-layer option.
func solicitation() *packet.Packet {
	b := make([]byte, 14+40+32)
	copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255})
	b[14+8], b[14+23], b[14+24], b[14+39] = 0xfe, 1, 0xff, 2
	n := b[54:]
	n[0], n[8], n[23] = 135, 0xfd, 2
	copy(n[24:], []byte{1, 1, 2, 0, 0, 0, 0, 1})
	binary.BigEndian.PutUint16(n[2:], ^packet.Fold(packet.Sum(n, packet.PseudoV6(packet.IPv6(b[14:]), 58, 32))))
	return packet.New(b)
}

// sound reports whether the checksums of a packet are right.
func sound(p *packet.Packet) bool {
	q := &packet.Packet{}
	p.CopyTo(q)
	q.FinishChecksum()
	b := q.Bytes()
	at := 12
	for binary.BigEndian.Uint16(b[at:]) == 0x8100 {
		at += 4
	}
	switch l3 := b[at+2:]; binary.BigEndian.Uint16(b[at:]) {
	case 0x0800:
		ip := packet.IPv4(l3)
		if packet.Checksum(ip[:20]) != 0 {
			return false
		}
		acc := packet.PseudoV4(ip, ip.Proto(), len(ip)-20)
		if ip.Proto() == 1 {
			acc = 0
		}
		return packet.Fold(packet.Sum(ip[20:], acc)) == 0xffff
	case 0x86dd:
		ip := packet.IPv6(l3)
		return packet.Fold(packet.Sum(ip[40:], packet.PseudoV6(ip, ip.NextHeader(), len(ip)-40))) == 0xffff
	}
	return true
}
