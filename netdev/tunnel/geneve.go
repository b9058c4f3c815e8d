package tunnel

import "govs/packet"

func putGeneve(_ *Device, b []byte, o *outgoing) ([]byte, bool) {
	ether := etherType(o.typ)
	if ether == 0 || len(o.opts) > packet.MaxGeneveOpts || len(o.opts)%4 != 0 || o.t.Flags&packet.TunSegments != 0 {
		return b, false
	}
	return packet.AppendGeneve(b, uint32(o.t.ID)&0xffffff, o.t.Flags&packet.TunOAM != 0, ether, o.opts), true
}

func getGeneve(_ *Device, p *packet.Packet) verdict {
	h := packet.Geneve(p.Bytes())
	if !h.Valid() {
		return verdictBad
	}
	t := &p.Tunnel
	t.ID = uint64(h.VNI())
	t.Flags |= packet.TunKey
	if h.OAM() {
		t.Flags |= packet.TunOAM
	}
	p.SetTunOpts(h.Options())
	return accept(p, h.HeaderLen(), h.Protocol())
}
