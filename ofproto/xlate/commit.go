package xlate

import (
	"encoding/binary"

	"govs/dpif"
	"govs/flow"
)

// Changes to the packet are not emitted as they are made but when the packet
// goes out: then the datapath is told how to make what base says it has into
// what flow says it should be, in as few actions as possible.

// setKey is the value and mask of a set action, as bytes of the key struct of
// linux/openvswitch.h, with the lengths of its members.
type setKey struct {
	key, base, mask [40]byte
	n               int
}

// same compares member by member; members that do not change lose their mask. It
// reports whether all are the same, and whether the rest of the mask is exact.
func (s *setKey) same(members ...int) (same, exact bool) {
	same, exact = true, true
	at := 0
	for _, n := range members {
		if string(s.key[at:at+n]) == string(s.base[at:at+n]) {
			clear(s.mask[at : at+n])
			exact = false
		} else {
			same = false
			for _, b := range s.mask[at : at+n] {
				exact = exact && b == 0xff
			}
		}
		at += n
	}
	s.n = at
	return same, exact
}

func (t *Translator) set(attr uint16, s *setKey, members ...int) bool {
	same, exact := s.same(members...)
	if same {
		return false
	}
	var buf [4 + 2*len(s.key)]byte
	typ, both := uint16(dpif.ActSet), buf[4:4]
	if exact {
		both = append(both, s.key[:s.n]...)
	} else {
		typ = dpif.ActSetMasked
		for i, b := range s.key[:s.n] {
			both = append(both, b&s.mask[i])
		}
		both = append(both, s.mask[:s.n]...)
	}
	var nested [8 + 2*len(s.key)]byte
	t.odp = dpif.AppendAttr(t.odp, typ, dpif.AppendAttr(nested[:0], attr, both))
	return true
}

// commit emits what makes the packet look like flow.
func (t *Translator) commit() {
	f, b, wc := &t.flow, &t.base, t.wc
	t.commitHeader()
	if f.PacketType == flow.PacketTypeEthernet && b.PacketType == flow.PacketTypeEthernet && (f.EthSrc != b.EthSrc || f.EthDst != b.EthDst) {
		t.commitEthernet()
	}
	if isMPLS(b.EthType) && !isMPLS(f.EthType) {
		t.commitMPLS() // so that the headers behind can be set
	}
	// What was behind an MPLS header counts as no protocol, whatever it is.
	if !t.wasMPLS && f.EthType == b.EthType && (b.IsIP() || b.EthType == flow.EthTypeARP) && (f.NwSrc != b.NwSrc || f.NwDst != b.NwDst || f.IPv6Src != b.IPv6Src || f.IPv6Dst != b.IPv6Dst ||
		f.NwTOS != b.NwTOS || f.NwTTL != b.NwTTL || f.IPv6Label != b.IPv6Label || f.ArpSHA != b.ArpSHA || f.ArpTHA != b.ArpTHA ||
		f.NDTarget != b.NDTarget) {
		t.out.Unsaid.Proto = true
	}
	t.commitNSH()
	if f.NwProto != 0 {
		switch b.EthType {
		case flow.EthTypeIP:
			t.commitIPv4()
		case flow.EthTypeIPv6:
			t.commitIPv6()
		case flow.EthTypeARP:
			t.commitARP()
		}
	}
	if f.TPSrc != b.TPSrc || f.TPDst != b.TPDst {
		t.commitPorts()
	}
	t.commitMPLS()
	if f.VLANs != b.VLANs {
		t.commitVLAN()
	}
	if f.SkbPriority != b.SkbPriority {
		t.commitU32(dpif.KeyPriority, f.SkbPriority, wc.SkbPriority)
		b.SkbPriority = f.SkbPriority
	}
	if f.PktMark != b.PktMark {
		t.commitU32(dpif.KeySkbMark, f.PktMark, wc.PktMark)
		b.PktMark = f.PktMark
	}
}

func (t *Translator) commitU32(attr uint16, v, mask uint32) {
	var s setKey
	binary.NativeEndian.PutUint32(s.key[:], v)
	binary.NativeEndian.PutUint32(s.base[:], ^v)
	binary.NativeEndian.PutUint32(s.mask[:], mask)
	t.set(attr, &s, 4)
}

func (t *Translator) commitEthernet() {
	f, b := &t.flow, &t.base
	var s setKey
	put := func(d *[40]byte, k *flow.Key) {
		copy(d[0:], k.EthSrc[:])
		copy(d[6:], k.EthDst[:])
	}
	put(&s.key, f)
	put(&s.base, b)
	put(&s.mask, (*flow.Key)(t.wc))
	t.set(dpif.KeyEthernet, &s, 6, 6)
	b.EthSrc, b.EthDst = f.EthSrc, f.EthDst
}

func (t *Translator) commitIPv4() {
	f, b := &t.flow, &t.base
	if f.NwSrc == b.NwSrc && f.NwDst == b.NwDst && f.NwTOS == b.NwTOS && f.NwTTL == b.NwTTL {
		return
	}
	var s setKey
	put := func(d *[40]byte, k *flow.Key) {
		binary.BigEndian.PutUint32(d[0:], k.NwSrc)
		binary.BigEndian.PutUint32(d[4:], k.NwDst)
		d[8], d[9], d[10], d[11] = k.NwProto, k.NwTOS, k.NwTTL, fragType(k.NwFrag)
	}
	put(&s.key, f)
	put(&s.base, b)
	put(&s.mask, (*flow.Key)(t.wc))
	s.mask[8], s.mask[11] = 0, 0
	s.base[8], s.base[11] = s.key[8], s.key[11]
	s.mask[9] &^= t.keptECN()
	t.set(dpif.KeyIPv4, &s, 4, 4, 1, 1, 1, 1)
	b.NwSrc, b.NwDst, b.NwTOS, b.NwTTL = f.NwSrc, f.NwDst, f.NwTOS, f.NwTTL
}

// keptECN returns the bits of a type of service that are not set: the congestion
// mark, if it stays, of a packet that has a tunnel header.
func (t *Translator) keptECN() uint8 {
	if t.base.Tunnel.IsSet() && (t.base.NwTOS^t.flow.NwTOS)&ecnMask == 0 {
		return ecnMask
	}
	return 0
}

func fragType(f uint8) uint8 {
	switch {
	case f&flow.FragLater != 0:
		return 2
	case f&flow.FragAny != 0:
		return 1
	}
	return 0
}

func (t *Translator) commitIPv6() {
	f, b := &t.flow, &t.base
	if f.IPv6Src != b.IPv6Src || f.IPv6Dst != b.IPv6Dst || f.NwTOS != b.NwTOS || f.NwTTL != b.NwTTL || f.IPv6Label != b.IPv6Label {
		var s setKey
		put := func(d *[40]byte, k *flow.Key) {
			copy(d[0:], k.IPv6Src[:])
			copy(d[16:], k.IPv6Dst[:])
			binary.BigEndian.PutUint32(d[32:], k.IPv6Label)
			d[36], d[37], d[38], d[39] = k.NwProto, k.NwTOS, k.NwTTL, fragType(k.NwFrag)
		}
		put(&s.key, f)
		put(&s.base, b)
		put(&s.mask, (*flow.Key)(t.wc))
		s.mask[36], s.mask[39] = 0, 0
		s.base[36], s.base[39] = s.key[36], s.key[39]
		s.mask[37] &^= t.keptECN()
		t.set(dpif.KeyIPv6, &s, 16, 16, 4, 1, 1, 1, 1)
		b.IPv6Src, b.IPv6Dst, b.NwTOS, b.NwTTL, b.IPv6Label = f.IPv6Src, f.IPv6Dst, f.NwTOS, f.NwTTL, f.IPv6Label
	}
	if b.IsND() && (f.NDTarget != b.NDTarget || f.ArpSHA != b.ArpSHA || f.ArpTHA != b.ArpTHA) {
		var s setKey
		put := func(d *[40]byte, k *flow.Key) {
			copy(d[0:], k.NDTarget[:])
			copy(d[16:], k.ArpSHA[:])
			copy(d[22:], k.ArpTHA[:])
		}
		put(&s.key, f)
		put(&s.base, b)
		put(&s.mask, (*flow.Key)(t.wc))
		t.set(dpif.KeyND, &s, 16, 6, 6)
		b.NDTarget, b.ArpSHA, b.ArpTHA = f.NDTarget, f.ArpSHA, f.ArpTHA
		t.out.Slow |= SlowAction
	}
}

func (t *Translator) commitARP() {
	f, b := &t.flow, &t.base
	if f.NwSrc == b.NwSrc && f.NwDst == b.NwDst && f.NwProto == b.NwProto && f.ArpSHA == b.ArpSHA && f.ArpTHA == b.ArpTHA {
		return
	}
	var s setKey
	put := func(d *[40]byte, k *flow.Key) {
		binary.BigEndian.PutUint32(d[0:], k.NwSrc)
		binary.BigEndian.PutUint32(d[4:], k.NwDst)
		d[9] = k.NwProto
		copy(d[10:], k.ArpSHA[:])
		copy(d[16:], k.ArpTHA[:])
	}
	put(&s.key, f)
	put(&s.base, b)
	put(&s.mask, (*flow.Key)(t.wc))
	if t.wc.NwProto == 0xff {
		s.mask[8] = 0xff
	}
	if t.set(dpif.KeyARP, &s, 4, 4, 2, 6, 6, 2) {
		// Kernels and hardware cannot rewrite ARP, so OVS sends such packets
		// through the slow path, and so do we.
		t.out.Slow |= SlowAction
	}
	b.NwSrc, b.NwDst, b.NwProto, b.ArpSHA, b.ArpTHA = f.NwSrc, f.NwDst, f.NwProto, f.ArpSHA, f.ArpTHA
}

func (t *Translator) commitPorts() {
	f, b := &t.flow, &t.base
	if b.EthType != flow.EthTypeIP && b.EthType != flow.EthTypeIPv6 || b.NwFrag&flow.FragLater != 0 {
		return
	}
	var s setKey
	var attr uint16
	icmp := false
	switch {
	case f.NwProto == flow.ProtoTCP:
		attr = dpif.KeyTCP
	case f.NwProto == flow.ProtoUDP:
		attr = dpif.KeyUDP
	case f.NwProto == flow.ProtoSCTP:
		attr = dpif.KeySCTP
	case f.NwProto == flow.ProtoICMP && b.EthType == flow.EthTypeIP:
		attr, icmp = dpif.KeyICMP, true
	case f.NwProto == flow.ProtoICMPv6 && b.EthType == flow.EthTypeIPv6:
		attr, icmp = dpif.KeyICMPv6, true
	default:
		return
	}
	if icmp {
		put := func(d *[40]byte, k *flow.Key) { d[0], d[1] = uint8(k.TPSrc), uint8(k.TPDst) }
		put(&s.key, f)
		put(&s.base, b)
		// Type and code are set together, so both are looked at.
		t.wc.TPSrc |= 0xff
		t.wc.TPDst |= 0xff
		s.mask[0], s.mask[1] = 0xff, 0xff
		if t.set(attr, &s, 2) {
			t.wc.TPSrc, t.wc.TPDst = 0xff, 0xff // there is no more of them
			t.out.Slow |= SlowAction
		}
	} else {
		put := func(d *[40]byte, k *flow.Key) {
			binary.BigEndian.PutUint16(d[0:], k.TPSrc)
			binary.BigEndian.PutUint16(d[2:], k.TPDst)
		}
		put(&s.key, f)
		put(&s.base, b)
		put(&s.mask, (*flow.Key)(t.wc))
		t.set(attr, &s, 2, 2)
	}
	b.TPSrc, b.TPDst = f.TPSrc, f.TPDst
}

// commitVLAN pops the headers that differ, from the innermost common one
// outwards, and pushes the new ones.
func (t *Translator) commitVLAN() {
	f, b := &t.flow, &t.base
	fn, bn := vlanCount(f), vlanCount(b)
	t.out.Unsaid.Tags = t.out.Unsaid.Tags || t.stripped && fn > 0 && bn > 0
	for fn > 0 && bn > 0 && f.VLANs[fn-1] == b.VLANs[bn-1] {
		fn--
		bn--
	}
	for ; bn > 0; bn-- {
		// What is popped is looked at; what stays inside may differ, as how many tags
		// there are is in the mask anyway.
		t.wc.VLANs[bn-1] = exactVLAN
		popVLAN(b, nil)
		t.odp = t.odp.PopVLAN()
	}
	for ; fn > 0; fn-- {
		v := f.VLANs[fn-1]
		pushVLAN(b, nil)
		b.VLANs[0] = v
		tpid := v.TPID
		if tpid == 0 {
			tpid = flow.EthTypeVLAN
		}
		t.odp = t.odp.PushVLAN(tpid, v.TCI)
	}
	b.VLANs = f.VLANs
}

func vlanCount(k *flow.Key) int {
	n := 0
	for n < len(k.VLANs) && k.VLANs[n].TCI&flow.VLANPresent != 0 {
		n++
	}
	return n
}

var exactVLAN = flow.VLAN{TPID: 0xffff, TCI: 0xffff}

// popVLAN removes the outermost VLAN header from k.
func popVLAN(k *flow.Key, wc *flow.Mask) {
	n := vlanCount(k)
	if n > 1 {
		if wc != nil {
			for i := 1; i < n; i++ {
				wc.VLANs[i] = exactVLAN
			}
		}
		copy(k.VLANs[:], k.VLANs[1:])
	}
	if n > 0 {
		k.VLANs[n-1] = flow.VLAN{}
	}
}

// pushVLAN makes room for an outermost VLAN header in k.
func pushVLAN(k *flow.Key, wc *flow.Mask) {
	if wc != nil {
		for i, n := 0, vlanCount(k); i < n; i++ {
			wc.VLANs[i] = exactVLAN
		}
	}
	copy(k.VLANs[1:], k.VLANs[:])
	k.VLANs[0] = flow.VLAN{}
}
