package tunnel

import (
	"golang.org/x/sys/unix"

	"govs/packet"
)

// putSRv6 encapsulates as RFC 8986 calls H.Encaps: the path is the packet's
// TunOpts, or only the endpoint.
func putSRv6(_ *Device, b []byte, o *outgoing) ([]byte, bool) {
	next := uint8(unix.IPPROTO_IPIP)
	switch o.typ {
	case typeIPv4:
	case typeIPv6:
		next = unix.IPPROTO_IPV6
	default:
		return b, false
	}
	path := o.t.IPv6Dst[:]
	if o.t.Flags&packet.TunSegments != 0 {
		path = o.opts
	}
	if n := len(path) / 16; len(path)%16 != 0 || n == 0 || n > packet.MaxSegments {
		return b, false
	}
	return packet.AppendSRH(b, next, path), true
}

// getSRv6 takes packets at the end of their path.
func getSRv6(_ *Device, p *packet.Packet) verdict {
	h := packet.SRH(p.Bytes())
	switch {
	case !h.Valid():
		return verdictBad
	case h.SegmentsLeft() > 0:
		return verdictIgnore // on its way to elsewhere
	case h.NextHeader() == unix.IPPROTO_IPIP:
		return accept(p, h.HeaderLen(), 0x0800)
	case h.NextHeader() == unix.IPPROTO_IPV6:
		return accept(p, h.HeaderLen(), 0x86dd)
	}
	return verdictIgnore
}
