package tunnel

import "govs/packet"

var gpeTypes = [...]struct {
	next byte
	typ  uint32
}{
	{packet.GPEIPv4, typeIPv4},
	{packet.GPEIPv6, typeIPv6},
	{packet.GPEEthernet, typeEthernet},
	{packet.GPENSH, typeNSH},
	{packet.GPEMPLS, typeMPLS},
}

func putVXLAN(d *Device, b []byte, o *outgoing) ([]byte, bool) {
	flags := uint32(0)
	ext := d.ext.Load()
	switch {
	case ext&extGPE != 0:
		for _, g := range gpeTypes {
			if g.typ == o.typ {
				flags = packet.VXLANFlagNext | uint32(g.next)
			}
		}
		if flags == 0 {
			return b, false
		}
		if o.t.Flags&packet.TunOAM != 0 {
			flags |= packet.VXLANFlagOAM
		}
	case o.typ != typeEthernet:
		return b, false
	case ext&extGBP != 0 && (o.t.GBPID != 0 || o.t.GBPFlags != 0):
		flags = packet.VXLANFlagGBP | uint32(o.t.GBPFlags)<<16&packet.VXLANGBPFlags | uint32(o.t.GBPID)
	}
	n := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	packet.VXLAN(b[n:]).Put(flags, uint32(o.t.ID)&0xffffff)
	return b, true
}

// getVXLAN refuses headers with bits it does not know, as Open vSwitch and the
// kernel do: they may change the meaning of what follows.
func getVXLAN(d *Device, p *packet.Packet) verdict {
	h := packet.VXLAN(p.Bytes())
	if !h.Valid() || h[7] != 0 {
		return verdictBad
	}
	t := &p.Tunnel
	flags := h.Flags() &^ packet.VXLANFlagVNI
	ext := d.ext.Load()
	ether := uint16(etherTEB)
	switch {
	case ext&extGPE != 0 && flags&packet.VXLANFlagNext != 0:
		if flags&packet.VXLANGPEReserved != 0 {
			return verdictBad
		}
		if flags&packet.VXLANFlagOAM != 0 {
			t.Flags |= packet.TunOAM
		}
		ether = 0
		for _, g := range gpeTypes {
			if g.next == byte(flags) {
				ether = etherType(g.typ)
			}
		}
	case ext&extGBP != 0 && flags&packet.VXLANFlagGBP != 0:
		if flags&packet.VXLANGBPReserved != 0 {
			return verdictBad
		}
		t.GBPID, t.GBPFlags = uint16(flags), uint8(flags&packet.VXLANGBPFlags>>16)
	case flags != 0:
		return verdictBad
	}
	t.ID = uint64(h.VNI())
	t.Flags |= packet.TunKey
	return accept(p, packet.VXLANLen, ether)
}
