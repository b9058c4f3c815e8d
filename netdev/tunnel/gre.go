package tunnel

import (
	"time"

	"govs/packet"
)

func putGRE(d *Device, b []byte, o *outgoing) ([]byte, bool) {
	ether := etherType(o.typ)
	if ether == 0 {
		return b, false
	}
	var flags uint16
	var seq uint32
	if o.t.Flags&packet.TunCsum != 0 {
		flags |= packet.GREChecksum
	}
	if o.t.Flags&packet.TunKey != 0 {
		flags |= packet.GREKey
	}
	if o.t.Flags&packet.TunSeq != 0 {
		flags |= packet.GRESeq
		seq = d.seq.Add(1) - 1
	}
	at := len(b)
	b = packet.AppendGRE(b, flags, ether, uint32(o.t.ID), seq)
	if flags&packet.GREChecksum != 0 {
		h := b[at:]
		be.PutUint16(h[packet.GRELen:], ^packet.Fold(packet.Sum(o.inner, packet.Sum(h, 0))))
	}
	return b, true
}

// greHeader checks a GRE header and reads what it says beside the protocol.
func greHeader(p *packet.Packet) (h packet.GRE, v verdict) {
	h = packet.GRE(p.Bytes())
	if !h.Valid() || !h.ChecksumOK() {
		return h, verdictBad
	}
	t := &p.Tunnel
	if f := h.Flags(); f&packet.GREKey != 0 {
		t.ID = uint64(h.Key())
		t.Flags |= packet.TunKey
	}
	if h.Flags()&packet.GREChecksum != 0 {
		t.Flags |= packet.TunCsum
	}
	return h, verdictGood
}

func isERSPAN(h packet.GRE) bool {
	return h.Protocol() == packet.GREERSPAN2 || h.Protocol() == packet.GREERSPAN3
}

func getGRE(_ *Device, p *packet.Packet) verdict {
	h, v := greHeader(p)
	switch {
	case v != verdictGood:
		return v
	case isERSPAN(h):
		return verdictIgnore
	}
	return accept(p, h.HeaderLen(), h.Protocol())
}

func putERSPAN(d *Device, b []byte, o *outgoing) ([]byte, bool) {
	if o.typ != typeEthernet {
		return b, false
	}
	t := o.t
	session := uint16(t.ID)
	switch t.ErspanVer {
	case 1:
		b = packet.AppendGRE(b, packet.GRESeq, packet.GREERSPAN2, 0, d.seq.Add(1)-1)
		return packet.AppendERSPAN2(b, session, t.ErspanIdx), true
	case 2:
		b = packet.AppendGRE(b, packet.GRESeq, packet.GREERSPAN3, 0, d.seq.Add(1)-1)
		stamp := uint32(time.Since(d.began) / (100 * time.Microsecond))
		return packet.AppendERSPAN3(b, session, stamp, t.ErspanHwid, t.ErspanDir), true
	}
	return b, false
}

func getERSPAN(_ *Device, p *packet.Packet) verdict {
	h, v := greHeader(p)
	switch {
	case v != verdictGood:
		return v
	case !isERSPAN(h):
		return verdictIgnore
	}
	n, t := h.HeaderLen(), &p.Tunnel
	e := packet.ERSPAN(h[n:])
	switch {
	case h.Protocol() == packet.GREERSPAN2 && len(e) >= packet.ERSPAN2Len && e.Version() == 1:
		t.ErspanVer, t.ErspanIdx = 1, e.Index()
		n += packet.ERSPAN2Len
	case h.Protocol() == packet.GREERSPAN3 && len(e) >= packet.ERSPAN3Len && e.Version() == 2:
		t.ErspanVer, t.ErspanHwid, t.ErspanDir = 2, e.HwID(), e.Dir()
		n += packet.ERSPAN3Len
		if e[11]&1 != 0 { // O: 8 bytes of a platform follow
			n += 8
		}
	default:
		return verdictBad
	}
	t.ID = uint64(e.Session())
	t.Flags |= packet.TunKey
	return accept(p, n, etherTEB)
}
