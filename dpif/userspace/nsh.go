package userspace

import (
	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// nshHeader returns the network service header (RFC 8300) that the payload of a
// push_nsh describes.
func nshHeader(body []byte) ([]byte, error) {
	var k flow.Key
	md, err := dpif.ParsePushNSH(body, &k)
	if err != nil {
		return nil, err
	}
	if k.NSHMDType == 1 {
		md = nil
		for _, c := range k.NSHC {
			md = be.AppendUint32(md, c)
		}
	}
	words := uint16(8+len(md)) / 4
	h := be.AppendUint16(nil, uint16(k.NSHFlags&3)<<12|uint16(k.NSHTTL&0x3f)<<6|words)
	h = append(h, k.NSHMDType&15, k.NSHNP)
	return append(be.AppendUint32(h, k.NSHPath), md...), nil
}

// compileSetNSH decodes a set of KeyNSH: val and mask are flags, TTL, MD type, next
// protocol, path and four contexts.
func compileSetNSH(o *op, body []byte, masked bool) error {
	if !masked {
		return dpif.ErrInvalid
	}
	key, mask, err := dpif.SplitNSH(body)
	if err != nil {
		return err
	}
	o.kind, o.set = opSet, setNSH
	o.mask = append([]byte(nil), mask[:]...)
	for i := range key {
		o.val = append(o.val, key[i]&mask[i])
	}
	return nil
}

// setNSH changes the network service header: all but MD type and next protocol.
func setNSH(p *packet.Packet, k *flow.Key, o *op) bool {
	b := p.Bytes()
	if p.L3 < 0 || len(b) < p.L3+8 || k.DLType() != flow.EthTypeNSH {
		return false
	}
	h := b[p.L3:]
	v := be.Uint16(h)
	flags, ttl := o.byte8(0, uint8(v>>12&3)), o.byte8(1, uint8(v>>6&0x3f))
	be.PutUint16(h, v&^0x3fc0|uint16(flags&3)<<12|uint16(ttl&0x3f)<<6)
	be.PutUint32(h[4:], o.be32(4, be.Uint32(h[4:])))
	if h[2]&15 == 1 && len(h) >= 24 {
		for i := 8; i < 24; i += 4 {
			be.PutUint32(h[i:], o.be32(i, be.Uint32(h[i:])))
		}
	}
	return true
}
