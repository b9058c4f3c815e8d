package flow

import (
	"fmt"
	"math/bits"
	"strconv"
)

// DefaultPriority is the priority that text leaves out.
const DefaultPriority = 32768

// textWriter builds "key=value," lists.
type textWriter struct {
	b      []byte
	names  PortNames
	colors *Palette
}

func (w *textWriter) word(s string) { w.b = append(w.colors.Append(w.b, ColorValue, s), ',') }

func (w *textWriter) key(name string) {
	w.b = append(append(w.colors.Begin(w.b, ColorParam), name...), '=')
	w.b = w.colors.End(w.b)
}

// plainly writes by f without colors, as OVS does with some fields.
func (w *textWriter) plainly(f func()) {
	colors := w.colors
	w.colors = nil
	f()
	w.colors = colors
}

func (w *textWriter) end() { w.b = append(w.b, ',') }

// dec writes an integer in decimal, value and mask in hex if it is masked.
func (w *textWriter) dec(name string, v, mask, full uint64) {
	switch mask {
	case 0:
		return
	case full:
		w.key(name)
		w.b = strconv.AppendUint(w.b, v, 10)
	default:
		w.key(name)
		w.b = append(w.b, "0x"...)
		w.b = strconv.AppendUint(w.b, v, 16)
		w.b = append(w.b, "/0x"...)
		w.b = strconv.AppendUint(w.b, mask, 16)
	}
	w.end()
}

// hex writes an integer as %#x.
func (w *textWriter) hex(name string, v, mask, full Value) {
	if mask.IsZero() {
		return
	}
	w.key(name)
	w.b = appendHex(w.b, v)
	if mask != full {
		w.b = appendHex(append(w.b, '/'), mask)
	}
	w.end()
}

// padded writes an integer as 0x and n hexadecimal digits.
func (w *textWriter) padded(name string, n int, v, mask, full uint64) {
	if mask == 0 {
		return
	}
	w.key(name)
	w.b = appendPadded(w.b, v, n)
	if mask != full {
		w.b = appendPadded(append(w.b, '/'), mask, n)
	}
	w.end()
}

func appendPadded(dst []byte, v uint64, n int) []byte {
	dst = append(dst, "0x"...)
	for i := n - 1; i >= 0; i-- {
		if d := v >> (4 * i); d != 0 || i < n {
			dst = append(dst, hexDigits[d&15])
		}
	}
	return dst
}

func (w *textWriter) mac(name string, v, mask MAC) {
	if mask == (MAC{}) {
		return
	}
	w.key(name)
	w.b = appendMACMasked(w.b, v.Uint64(), mask.Uint64())
	w.end()
}

func (w *textWriter) ip4(name string, v, mask uint32) {
	if mask == 0 {
		return
	}
	w.key(name)
	w.b = appendIPv4Masked(w.b, v, mask)
	w.end()
}

func (w *textWriter) ip6(name string, v, mask [16]byte) {
	if mask == [16]byte{} {
		return
	}
	w.key(name)
	w.b = appendIPv6Masked(w.b, ValueFromBytes(v[:]), ValueFromBytes(mask[:]))
	w.end()
}

func (w *textWriter) flags(name string, fs *flagSet, v, mask, full uint64) {
	if mask == 0 {
		return
	}
	w.key(name)
	w.b = fs.append(w.b, v, mask, full)
	w.end()
}

func (w *textWriter) port(name string, v, mask uint32) {
	if mask == 0 {
		return
	}
	w.key(name)
	w.b = AppendPort(w.b, v, w.names)
	w.end()
}

// protoWords are the words that stand for an Ethertype and an IP protocol.
var protoWords = [...]struct {
	name  string
	typ   uint16
	proto uint8 // 0: any
}{
	{"icmp", EthTypeIP, ProtoICMP}, {"tcp", EthTypeIP, ProtoTCP}, {"udp", EthTypeIP, ProtoUDP}, {"sctp", EthTypeIP, ProtoSCTP},
	{"icmp6", EthTypeIPv6, ProtoICMPv6}, {"tcp6", EthTypeIPv6, ProtoTCP}, {"udp6", EthTypeIPv6, ProtoUDP}, {"sctp6", EthTypeIPv6, ProtoSCTP},
	{"ip", EthTypeIP, 0}, {"ipv4", EthTypeIP, 0}, {"ip4", EthTypeIP, 0}, {"ipv6", EthTypeIPv6, 0}, {"ip6", EthTypeIPv6, 0},
	{"arp", EthTypeARP, 0}, {"rarp", EthTypeRARP, 0}, {"mpls", EthTypeMPLS, 0}, {"mplsm", EthTypeMPLSM, 0},
}

// AppendMatch appends the match in the order and spelling of ovs-ofctl
// dump-flows, preceded by the priority unless it is the default, without a final
// comma: "priority=1,arp,dl_vlan=1,arp_tpa=192.168.1.6". names may be nil.
func AppendMatch(dst []byte, m *Match, priority int, names PortNames) []byte {
	return AppendMatchColored(dst, m, priority, names, nil)
}

// AppendMatchColored is AppendMatch in colors.
func AppendMatchColored(dst []byte, m *Match, priority int, names PortNames, colors *Palette) []byte {
	w := textWriter{dst, names, colors}
	if priority != DefaultPriority {
		w.b = colors.Append(w.b, ColorSpecial, "priority=")
		w.b = strconv.AppendInt(w.b, int64(priority), 10)
		w.end()
	}
	w.match(m)
	if n := len(w.b); n > len(dst) && w.b[n-1] == ',' {
		w.b = w.b[:n-1]
	}
	return w.b
}

// String returns the match as text.
func (m *Match) String() string { return string(AppendMatch(nil, m, DefaultPriority, nil)) }

func (w *textWriter) match(m *Match) {
	k, x := &m.Key, &m.Mask
	u32 := func(name string, v, mask uint32) {
		w.hex(name, U(uint64(v)), U(uint64(mask)), U(0xffffffff))
	}
	u32("pkt_mark", k.PktMark, x.PktMark)
	u32("recirc_id", k.RecircID, x.RecircID)
	u32("dp_hash", k.DPHash, x.DPHash)
	if x.ConjID != 0 {
		w.b = w.colors.Append(w.b, ColorParam, "conj_id") // without the equals sign, as in OVS
		w.plainly(func() { w.dec("", uint64(k.ConjID), uint64(x.ConjID), 0xffffffff) })
	}
	u32("skb_priority", k.SkbPriority, x.SkbPriority)
	w.port("actset_output", k.ActsetOutput, x.ActsetOutput)
	w.flags("ct_state", &ctFlagSet, uint64(k.CtState), uint64(x.CtState), 0xff)
	w.dec("ct_zone", uint64(k.CtZone), uint64(x.CtZone), 0xffff)
	u32("ct_mark", k.CtMark, x.CtMark)
	w.hex("ct_label", ValueFromBytes(k.CtLabel[:]), ValueFromBytes(x.CtLabel[:]), OnesValue(128))
	w.ip4("ct_nw_src", k.CtNwSrc, x.CtNwSrc)
	w.ip6("ct_ipv6_src", k.CtIPv6Src, x.CtIPv6Src)
	w.ip4("ct_nw_dst", k.CtNwDst, x.CtNwDst)
	w.ip6("ct_ipv6_dst", k.CtIPv6Dst, x.CtIPv6Dst)
	w.dec("ct_nw_proto", uint64(k.CtNwProto), uint64(x.CtNwProto), 0xff)
	w.dec("ct_tp_src", uint64(k.CtTPSrc), uint64(x.CtTPSrc), 0xffff)
	w.dec("ct_tp_dst", uint64(k.CtTPDst), uint64(x.CtTPDst), 0xffff)

	if k.PacketType != PacketTypeEthernet {
		w.b = append(w.b, "packet_type="...)
		w.b = PacketType.AppendValue(w.b, U(uint64(k.PacketType)), OnesValue(32), nil)
		w.end()
	} else if x.RecircID != 0 && (x.PacketType != 0 || x.ImpliesEthernet()) {
		// What has a recirculation id is a megaflow.
		w.word("eth")
	}
	skipType, skipProto := false, false
	if x.EthType != 0 {
		typ := k.DLType()
		for i := range protoWords {
			p := &protoWords[i]
			if p.typ == typ && (p.proto == 0 || x.NwProto != 0 && p.proto == k.NwProto) {
				w.word(p.name)
				skipType, skipProto = true, p.proto != 0
				break
			}
		}
	}
	for i := range k.Regs {
		if x.Regs[i] != 0 {
			u32(fields[Reg0+FieldID(i)].Name, k.Regs[i], x.Regs[i])
		}
	}
	w.tunnel(k, x)
	w.hex("metadata", U(k.Metadata), U(x.Metadata), OnesValue(64))
	w.port("in_port", k.InPort, x.InPort)
	for i := range k.VLANs {
		if x.VLANs[i].TCI == 0 {
			break // as in OVS, no tag behind one that is not looked at is told
		}
		w.vlan(&vlanKeys[i], k.VLANs[i].TCI, x.VLANs[i].TCI)
	}
	w.mac("dl_src", k.EthSrc, x.EthSrc)
	w.mac("dl_dst", k.EthDst, x.EthDst)
	typ := k.DLType()
	if !skipType && x.EthType != 0 {
		t := k.EthType
		if k.PacketType>>16 == 1 { // where it is the type
			t = typ
		}
		w.padded("dl_type", 4, uint64(t), uint64(x.EthType), 0xffff)
	}
	isARP := typ == EthTypeARP || typ == EthTypeRARP
	switch {
	case typ == EthTypeIPv6:
		w.ip6("ipv6_src", k.IPv6Src, x.IPv6Src)
		w.ip6("ipv6_dst", k.IPv6Dst, x.IPv6Dst)
		if x.IPv6Label != 0 {
			w.padded("ipv6_label", 5, uint64(k.IPv6Label), uint64(x.IPv6Label), 0xfffff)
		}
	case isARP:
		w.ip4("arp_spa", k.NwSrc, x.NwSrc)
		w.ip4("arp_tpa", k.NwDst, x.NwDst)
	case typ == EthTypeNSH:
		w.nsh(k, x)
	default:
		w.ip4("nw_src", k.NwSrc, x.NwSrc)
		w.ip4("nw_dst", k.NwDst, x.NwDst)
	}
	if !skipProto && x.NwProto != 0 {
		name := "nw_proto"
		if isARP {
			name = "arp_op"
		}
		w.dec(name, uint64(k.NwProto), 0xff, 0xff)
	}
	if isARP {
		w.mac("arp_sha", k.ArpSHA, x.ArpSHA)
		w.mac("arp_tha", k.ArpTHA, x.ArpTHA)
	}
	if x.NwTOS&0xfc != 0 {
		w.dec("nw_tos", uint64(k.NwTOS&0xfc), 0xff, 0xff)
	}
	if x.NwTOS&3 != 0 {
		w.dec("nw_ecn", uint64(k.NwTOS&3), 0xff, 0xff)
	}
	if x.NwTTL != 0 {
		w.dec("nw_ttl", uint64(k.NwTTL), 0xff, 0xff)
	}
	w.mpls(k, x)
	if x.NwFrag != 0 {
		w.key("nw_frag")
		w.b = appendFrag(w.b, uint64(k.NwFrag), uint64(x.NwFrag))
		w.end()
	}
	w.transport(k, x, typ)
}

// ImpliesEthernet reports whether only Ethernet frames can have what the mask
// looks at.
func (m *Mask) ImpliesEthernet() bool {
	return m.EthType != 0 || m.EthSrc != (MAC{}) || m.EthDst != (MAC{}) || m.VLANs[0].TCI != 0
}

// vlanKeys are the names of a VLAN header's fields, outermost header first.
var vlanKeys = [MaxVLANs][3]string{{"dl_vlan", "dl_vlan_pcp", "vlan_tci"}, {"dl_vlan1", "dl_vlan_pcp1", "vlan_tci1"}}

func (w *textWriter) vlan(keys *[3]string, tci, mask uint16) {
	vid, pcp := mask&0xfff, mask&0xe000
	if tci&mask&VLANPresent != 0 && (vid == 0 || vid == 0xfff) && (pcp == 0 || pcp == 0xe000) && vid|pcp != 0 {
		if vid != 0 {
			w.dec(keys[0], uint64(tci&0xfff), 1, 1)
		}
		if pcp != 0 {
			w.dec(keys[1], uint64(tci>>13), 1, 1)
		}
		return
	}
	w.padded(keys[2], 4, uint64(tci), uint64(mask), 0xffff)
}

func (w *textWriter) tunnel(k *Key, x *Mask) {
	t, y := &k.Tunnel, &x.Tunnel
	w.hex("tun_id", U(t.ID), U(y.ID), OnesValue(64))
	w.ip4("tun_src", t.Src, y.Src)
	w.ip4("tun_dst", t.Dst, y.Dst)
	w.ip6("tun_ipv6_src", t.IPv6Src, y.IPv6Src)
	w.ip6("tun_ipv6_dst", t.IPv6Dst, y.IPv6Dst)
	w.dec("tun_gbp_id", uint64(t.GBPID), uint64(y.GBPID), 0xffff)
	if y.GBPFlags != 0 {
		w.plainly(func() { w.hex("tun_gbp_flags", U(uint64(t.GBPFlags)), U(0xff), U(0xff)) })
	}
	if y.TOS != 0 {
		w.key("tun_tos")
		w.b = strconv.AppendUint(w.b, uint64(t.TOS), 16)
		w.end()
	}
	if y.TTL != 0 {
		w.dec("tun_ttl", uint64(t.TTL), 0xff, 0xff)
	}
	w.plainly(func() {
		if y.ErspanVer != 0 {
			w.dec("tun_erspan_ver", uint64(t.ErspanVer), 1, 1)
		}
		if y.ErspanIdx != 0 && t.ErspanVer == 1 {
			w.hex("tun_erspan_idx", U(uint64(t.ErspanIdx)), U(1), U(1))
		}
		if y.ErspanDir != 0 && t.ErspanVer == 2 {
			w.dec("tun_erspan_dir", uint64(t.ErspanDir), 1, 1)
		}
		if y.ErspanHwid != 0 && t.ErspanVer == 2 {
			w.hex("tun_erspan_hwid", U(uint64(t.ErspanHwid)), U(1), U(1))
		}
		if y.GTPUFlags != 0 {
			w.hex("gtpu_flags", U(uint64(t.GTPUFlags)), U(1), U(1))
		}
		if y.GTPUMsgtype != 0 {
			w.dec("gtpu_msgtype", uint64(t.GTPUMsgtype), 1, 1)
		}
	})
	if y.Flags&0xf != 0 {
		full := uint64(0xf)
		w.flags("tun_flags", &tunFlagSet, uint64(t.Flags&0xf), uint64(y.Flags&0xf), full)
	}
	for p := x.TunPresent; p != 0; p &= p - 1 {
		w.plainly(func() { w.tlv(TunMetadata0+FieldID(bits.TrailingZeros64(p)), k, x) })
	}
}

// tlv writes a tunnel option: only its name when nothing but its presence
// counts.
func (w *textWriter) tlv(id FieldID, k *Key, x *Mask) {
	s := id.slot((*Key)(x))
	if s == nil {
		return
	}
	if !id.Present(k) {
		w.key(fields[id].Name)
		w.b = append(w.b, "NP"...)
		w.end()
		return
	}
	mask := ValueFromBytes(s.data((*Key)(x)))
	if mask.IsZero() && (s.len > 0 || s.masked) {
		w.word(fields[id].Name)
		return
	}
	w.key(fields[id].Name)
	w.b = appendHex(w.b, ValueFromBytes(s.data(k)))
	n := (mask.Len() + 7) &^ 7 // what is without a map is as long as its mask
	if tlvLayoutOf(x.TunLayout).fixed {
		n = 8 * int(s.len)
	}
	if mask != OnesValue(n) {
		w.b = appendHex(append(w.b, '/'), mask)
	}
	w.end()
}

func (w *textWriter) nsh(k *Key, x *Mask) {
	if x.NSHFlags == 0xff {
		w.dec("nsh_flags", uint64(k.NSHFlags), 1, 1)
	} else {
		w.padded("nsh_flags", 2, uint64(k.NSHFlags), uint64(x.NSHFlags), 0xff)
	}
	if x.NSHTTL != 0 {
		w.dec("nsh_ttl", uint64(k.NSHTTL), 1, 1)
	}
	if x.NSHMDType != 0 {
		w.dec("nsh_mdtype", uint64(k.NSHMDType), 1, 1)
	}
	if x.NSHNP != 0 {
		w.dec("nsh_np", uint64(k.NSHNP), 1, 1)
	}
	hex := func(name string, v, mask, full uint64) {
		if mask == 0 {
			return
		}
		w.key(name)
		w.b = strconv.AppendUint(append(w.b, "0x"...), v, 16)
		if mask != full {
			w.b = strconv.AppendUint(append(w.b, "/0x"...), mask, 16)
		}
		w.end()
	}
	hex("nsh_spi", uint64(k.NSHPath>>8), uint64(x.NSHPath>>8), 0xffffff)
	if x.NSHPath&0xff != 0 {
		w.dec("nsh_si", uint64(k.NSHPath&0xff), 1, 1)
	}
	for i := range k.NSHC {
		if k.NSHMDType != 1 {
			break // context headers are only there in this form
		}
		hex(fields[NSHC1+FieldID(i)].Name, uint64(k.NSHC[i]), uint64(x.NSHC[i]), 0xffffffff)
	}
}

func (w *textWriter) mpls(k *Key, x *Mask) {
	l, m := k.MPLS[0], x.MPLS[0]
	if m>>12 != 0 {
		w.dec("mpls_label", uint64(l>>12), 1, 1)
	}
	if m>>9&7 != 0 {
		w.dec("mpls_tc", uint64(l>>9&7), 1, 1)
	}
	if m&0xff != 0 {
		w.dec("mpls_ttl", uint64(l&0xff), 1, 1)
	}
	if m>>8&1 != 0 {
		w.dec("mpls_bos", uint64(l>>8&1), 1, 1)
	}
	w.lse("mpls_lse1", k.MPLS[1], x.MPLS[1])
	w.lse("mpls_lse2", k.MPLS[2], x.MPLS[2])
}

// lse writes an entry of the label stack as a whole: in full hex if only some of
// its bits count.
func (w *textWriter) lse(name string, v, mask uint32) {
	if mask == 0 || mask == ^uint32(0) {
		w.dec(name, uint64(v), uint64(mask), 0xffffffff)
		return
	}
	w.key(name)
	w.b = fmt.Appendf(w.b, "0x%08x/0x%08x", v, mask)
	w.end()
}

func (w *textWriter) transport(k *Key, x *Mask, typ uint16) {
	src, dst := "tp_src", "tp_dst"
	icmp6 := typ == EthTypeIPv6 && k.NwProto == ProtoICMPv6
	if icmp6 || typ == EthTypeIP && k.NwProto == ProtoICMP {
		src, dst = "icmp_type", "icmp_code"
	}
	w.dec(src, uint64(k.TPSrc), uint64(x.TPSrc), 0xffff)
	w.dec(dst, uint64(k.TPDst), uint64(x.TPDst), 0xffff)
	if icmp6 {
		w.ip6("nd_target", k.NDTarget, x.NDTarget)
		w.mac("nd_sll", k.ArpSHA, x.ArpSHA)
		w.mac("nd_tll", k.ArpTHA, x.ArpTHA)
		if x.IGMPGroup != 0 {
			w.dec("nd_reserved", uint64(k.IGMPGroup), 1, 1)
		}
		if x.TCPFlags != 0 {
			w.dec("nd_options_type", uint64(k.TCPFlags), 1, 1)
		}
	}
	if (typ == EthTypeIP || typ == EthTypeIPv6) && k.NwProto == ProtoTCP && x.TCPFlags != 0 {
		w.flags("tcp_flags", &tcpFlagSet, uint64(k.TCPFlags), uint64(x.TCPFlags&0xfff), 0xfff)
	}
}
