package tunnel

import (
	"errors"
	"math/bits"
	"sync/atomic"
)

// portRange is the range of outer source ports, low<<16 | high; 0 is the
// default, Linux's and OVS's range of ephemeral ports.
var portRange atomic.Uint32

const defaultRange = 32768<<16 | 61000

// PortRange returns the range that outer UDP source ports are taken from.
func PortRange() (low, high uint16) {
	r := portRange.Load()
	if r == 0 {
		r = defaultRange
	}
	return uint16(r >> 16), uint16(r)
}

// SetPortRange sets it for all tunnels ("tnl/egress_port_range").
func SetPortRange(low, high uint16) error {
	if low == 0 || high < low {
		return errors.New("invalid range")
	}
	portRange.Store(uint32(low)<<16 | uint32(high))
	return nil
}

func sourcePort(h uint32) uint16 {
	low, high := PortRange()
	return low + uint16(uint64(h)*uint64(high-low)>>32)
}

// innerHash hashes what tells flows apart in an inner frame of a packet type, so
// that the underlay can spread them and each stays in order (RFC 7348 section
// 5): addresses, protocol and ports of IP, else the Ethernet header.
func innerHash(b []byte, pt uint32) uint32 {
	const k = 0x9e3779b97f4a7c15
	h := uint64(k)
	mix := func(v uint64) {
		hi, lo := bits.Mul64(h^v, k)
		h = hi ^ lo
	}
	typ, l3 := network(b, pt)
	switch {
	case l3 < 0:
	case typ == 0x0800 && len(b) >= l3+20:
		ip := b[l3:]
		mix(be.Uint64(ip[12:]))
		l4 := int(ip[0]&15) * 4
		mix(uint64(ip[9])<<32 | ports(ip, l4, ip[9], be.Uint16(ip[6:])&0x3fff == 0))
	case typ == 0x86dd && len(b) >= l3+40:
		ip := b[l3:]
		for i := 8; i < 40; i += 8 {
			mix(be.Uint64(ip[i:]))
		}
		mix(uint64(ip[6])<<32 | ports(ip, 40, ip[6], true))
	case len(b) >= 12:
		mix(be.Uint64(b))
		mix(uint64(be.Uint32(b[8:])))
		mix(uint64(typ))
	}
	return uint32(h ^ h>>32)
}

func ports(ip []byte, l4 int, proto uint8, whole bool) uint64 {
	if whole && len(ip) >= l4+4 && (proto == 6 || proto == 17 || proto == 132) {
		return uint64(be.Uint32(ip[l4:]))
	}
	return 0
}
