package conntrack

import (
	"bytes"
	"net/netip"
	"strconv"

	"govs/packet"
)

// ftpMessage is how much of a segment is looked at: announcements are short and
// stand at the front.
const ftpMessage = 128

// An announcement is a PORT or EPRT command, or the answer to PASV or EPSV (RFC
// 959, RFC 2428).
type announcement struct {
	passive bool
	addr    netip.Addr // not valid: the server's, as in the answer to EPSV
	at, n   int        // where the address stands in the message
	commas  bool       // written as six numbers
	port    uint16
}

// isAnnouncement reports whether a message should be one that parseFTP reads.
func isAnnouncement(b []byte, v6 bool) bool {
	b = b[:min(len(b), ftpMessage)]
	switch {
	case hasFold(b, "EPRT") || containsFold(b, "EXTENDED PASSIVE"):
		return true
	case v6:
		return false
	}
	return hasFold(b, "PORT") || hasFold(b, "227")
}

func hasFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

func containsFold(b []byte, s string) bool {
	for i := 0; i+len(s) <= len(b); i++ {
		if hasFold(b[i:], s) {
			return true
		}
	}
	return false
}

// parseFTP reads an announcement. ok is false for one that is malformed.
func parseFTP(b []byte) (a announcement, ok bool) {
	b = b[:min(len(b), ftpMessage)]
	switch {
	case hasFold(b, "EPRT"):
		ok = a.parseExtended(b)
	case hasFold(b, "PORT"):
		ok = a.parseNumbers(b, len("PORT"))
	case hasFold(b, "227"):
		a.passive = true
		ok = a.parseNumbers(b, len("227"))
	default:
		a.passive = true
		ok = a.parsePassive(b)
	}
	return a, ok && a.port != 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// number reads digits at the front of b as a number up to most.
func number(b []byte, most uint64) (v uint64, rest []byte, ok bool) {
	n := 0
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	v, err := strconv.ParseUint(string(b[:n]), 10, 32)
	return v, b[n:], err == nil && v <= most
}

// parseNumbers reads h1,h2,h3,h4,p1,p2 behind the first bytes of b, wherever
// digits begin.
func (a *announcement) parseNumbers(b []byte, skip int) bool {
	rest := b[skip:]
	for len(rest) > 0 && !isDigit(rest[0]) {
		rest = rest[1:]
	}
	a.at, a.commas = len(b)-len(rest), true
	var v [6]uint64
	for i := range v {
		if i > 0 {
			if len(rest) == 0 || rest[0] != ',' {
				return false
			}
			rest = rest[1:]
		}
		if i > 0 && i < 4 {
			a.n++
		}
		var ok bool
		n := len(rest)
		if v[i], rest, ok = number(rest, 255); !ok {
			return false
		}
		if i < 4 {
			a.n += n - len(rest)
		}
	}
	a.addr = netip.AddrFrom4([4]byte{byte(v[0]), byte(v[1]), byte(v[2]), byte(v[3])})
	a.port = uint16(v[4]<<8 | v[5])
	return true
}

// parseExtended reads "EPRT |2|addr|port|", with any delimiter.
func (a *announcement) parseExtended(b []byte) bool {
	rest := bytes.TrimLeft(b[len("EPRT"):], " ")
	if len(rest) < 2 {
		return false
	}
	parts := bytes.SplitN(rest[1:], rest[:1], 4)
	if len(parts) != 4 {
		return false
	}
	addr, err := netip.ParseAddr(string(parts[1]))
	if err != nil || addr.Zone() != "" || addr.Is4() != (string(parts[0]) == "1") || addr.Is6() != (string(parts[0]) == "2") {
		return false
	}
	port, left, ok := number(parts[2], 65535)
	a.addr, a.port = addr, uint16(port)
	a.at, a.n = len(b)-len(rest)+1+len(parts[0])+1, len(parts[1])
	return ok && len(left) == 0
}

// parsePassive reads "(|||port|)" anywhere in b.
func (a *announcement) parsePassive(b []byte) bool {
	i := bytes.IndexByte(b, '(')
	if i < 0 || len(b) < i+5 {
		return false
	}
	d := b[i+1]
	if isDigit(d) || b[i+2] != d || b[i+3] != d {
		return false
	}
	port, rest, ok := number(b[i+4:], 65535)
	a.port = uint16(port)
	return ok && len(rest) > 0 && rest[0] == d
}

// text is an address in the manner of the announcement.
func (a *announcement) text(addr netip.Addr) []byte {
	b := addr.AppendTo(nil)
	if a.commas {
		return bytes.ReplaceAll(b, []byte("."), []byte(","))
	}
	return b
}

// helpFTP looks for an announcement in a segment of an FTP control connection:
// the data connection is expected, and an address that means nothing to the
// other end is translated.
func (t *Tracker) helpFTP(p *packet.Packet, v *view, c *conn, reply, nat bool) {
	h := packet.TCP(v.l4)
	msg := v.l4[h.HeaderLen():]
	if !isAnnouncement(msg, v.key.v6) {
		return
	}
	a, ok := parseFTP(msg)
	own, shown := c.announced(a.passive)
	if !ok || a.addr.IsValid() && a.addr != own && a.addr != shown {
		p.CtState |= StateTracked | StateInvalid
		return
	}
	t.expectFrom(c, a.port, p.CtState&StateReply != 0)
	if !nat {
		return
	}
	c.rewriteFTP(p, v, &a, shown, reply)
}

// announced are the addresses that an announcement may name: that of the host
// that makes it, and what it is translated to. In passive mode that is the
// server.
func (c *conn) announced(passive bool) (own, shown netip.Addr) {
	o, r := c.orig(), c.rev()
	if passive {
		return addrOf(&r.src, r.v6), addrOf(&o.dst, o.v6)
	}
	return addrOf(&o.src, o.v6), addrOf(&r.dst, r.v6)
}

// rewriteFTP puts the address shown into the announcement and sees to lengths,
// checksums and sequence numbers.
func (c *conn) rewriteFTP(p *packet.Packet, v *view, a *announcement, shown netip.Addr, reply bool) {
	if !a.addr.IsValid() || a.addr == shown {
		return
	}
	hl := packet.TCP(v.l4).HeaderLen()
	text := a.text(shown)
	p.Splice(p.L4+hl+a.at, a.n, text)
	delta := len(text) - a.n
	if h := p.IPv4(); h != nil {
		h.SetTotalLen(h.TotalLen() + delta)
	} else if h := p.IPv6(); h != nil {
		h.SetPayloadLen(h.PayloadLen() + delta)
	}
	h := p.Transport()
	v.l4 = h
	h[16], h[17] = 0, 0
	var acc uint64
	if ip := p.IPv6(); ip != nil {
		acc = packet.PseudoV6(ip, protoTCP, len(h))
	} else if ip := p.IPv4(); ip != nil {
		acc = packet.PseudoV4(ip, protoTCP, len(h))
	}
	if p.Offload.CsumPartial {
		be.PutUint16(h[16:], packet.Fold(acc))
	} else {
		be.PutUint16(h[16:], ^packet.Fold(packet.Sum(h, acc)))
	}
	c.helped().seq[b2i(reply)].add(v.seq, delta)
}
