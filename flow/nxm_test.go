package flow

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"govs/internal/ovsref"
)

var nxmLines = []string{
	"NXM_OF_ETH_TYPE(0800), NXM_NX_CT_STATE_W(00000022/00000022), NXM_NX_CT_TP_DST(0005), NXM_NX_CT_TP_SRC(0005), NXM_NX_CT_NW_PROTO(06), NXM_NX_CT_NW_DST(01010101), NXM_NX_CT_NW_SRC(01010101), NXM_NX_CT_LABEL(00000000000000000000000000000001), NXM_NX_CT_MARK(00000001), NXM_NX_CT_ZONE(0001), NXM_NX_PKT_MARK(00000001), NXM_NX_REG0(00000001), NXM_NX_REG1(00000001), NXM_NX_REG7_W(00000001/00000001), NXM_NX_TUN_ID(0000000000000001), NXM_NX_TUN_IPV4_SRC(01010101), NXM_NX_TUN_IPV4_DST(01010101), NXM_NX_TUN_IPV6_SRC(00000000000000000000000000000001), NXM_NX_TUN_IPV6_DST(00000000000000000000000000000001), NXM_NX_TUN_FLAGS(0001), NXM_NX_TUN_GBP_ID(0001), NXM_NX_TUN_GBP_FLAGS(01), OXM_OF_METADATA(0000000000000001), NXM_NX_DP_HASH(00000001), NXM_NX_RECIRC_ID(00000001), NXM_NX_CONJ_ID(00000001), NXM_OF_IN_PORT(0001), ONFOXM_ET_ACTSET_OUTPUT(00000001), NXM_OF_ETH_SRC(000000000001), NXM_OF_ETH_DST(000000000001), NXM_OF_VLAN_TCI(1005), NXM_OF_IP_PROTO(06), NXM_OF_IP_SRC(01010101), NXM_OF_IP_DST(01010101), NXM_OF_IP_TOS(04), NXM_NX_IP_ECN(01), NXM_NX_IP_TTL(01), NXM_NX_IP_FRAG(00), NXM_OF_TCP_SRC(0001), NXM_OF_TCP_DST(0001), NXM_NX_TCP_FLAGS(0001)",
	"NXM_OF_ETH_TYPE(86dd), NXM_NX_IPV6_SRC(00000000000000000000000000000001), NXM_NX_IPV6_DST(00000000000000000000000000000001), NXM_NX_IPV6_LABEL(00000001), NXM_OF_IP_PROTO(3a), NXM_NX_ICMPV6_TYPE(87), NXM_NX_ICMPV6_CODE(00), NXM_NX_ND_TARGET(00000000000000000000000000000001), NXM_NX_ND_SLL(000000000001), ERICOXM_OF_ICMPV6_ND_RESERVED(00000001), ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE(01), NXM_OF_IP_TOS(04), NXM_NX_IP_ECN(01), NXM_NX_IP_TTL(01), NXM_NX_IP_FRAG(00)",
	"NXM_OF_ETH_TYPE(0806), NXM_NX_ARP_SHA(000000000001), NXM_NX_ARP_THA(000000000001), NXM_OF_ARP_TPA(01010101), NXM_OF_ARP_SPA(01010101), NXM_OF_ARP_OP(0001)",
	"NXM_OF_ETH_TYPE(8847), OXM_OF_MPLS_LABEL(00000001), OXM_OF_MPLS_TC(01), OXM_OF_MPLS_BOS(01), NXM_NX_MPLS_TTL(01)",
	"NXM_OF_ETH_TYPE(894f), NXOXM_NSH_FLAGS(01), NXOXM_NSH_TTL(01), NXOXM_NSH_MDTYPE(01), NXOXM_NSH_NP(01), NXOXM_NSH_SPI(00000001), NXOXM_NSH_SI(01), NXOXM_NSH_C1(00000001), NXOXM_NSH_C2(00000001), NXOXM_NSH_C3(00000001), NXOXM_NSH_C4(00000001), NXM_NX_REG0(00000001), NXM_NX_TUN_ID(0000000000000001)",
	"NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(01), NXM_OF_ICMP_TYPE(08), NXM_OF_ICMP_CODE(00)",
	"NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(84), OXM_OF_SCTP_SRC(0001), OXM_OF_SCTP_DST(0001)",
	"NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(11), NXM_OF_UDP_SRC(0001), NXM_OF_UDP_DST_W(0001/000f)",
	"NXM_OF_VLAN_TCI_W(1000/1000)",
	"NXM_OF_VLAN_TCI_W(3005/ffff)",
	"NXM_OF_VLAN_TCI_W(3000/f000)",
	"NXM_OF_VLAN_TCI_W(0000/1000)",
	"NXM_OF_VLAN_TCI(0000)",
	"NXM_OF_VLAN_TCI(0005)",
	"OXM_OF_VLAN_VID(1005), OXM_OF_VLAN_PCP(03)",
	"OXM_OF_VLAN_VID(0005)",
	"OXM_OF_VLAN_VID(0000)",
	"OXM_OF_VLAN_VID_W(1000/1000)",
	"OXM_OF_PACKET_TYPE(00010800)",
	"OXM_OF_PACKET_TYPE(00000000)",
	"OXM_OF_PACKET_TYPE(00000000), NXM_NX_DP_HASH(00000001), NXM_NX_REG0(00000001)",
	"OXM_OF_PACKET_TYPE(00010800), NXM_OF_IN_PORT(0001), NXM_OF_IP_SRC(01010101)",
	"OXM_OF_PKT_REG1(0000000100000001)",
	"OXM_OF_PKT_REG1_W(0000000100000001/0000000f00000001)",
	"NXM_NX_XXREG1(00000001000000010000000100000001)",
	"NXM_NX_CT_STATE(00000021)",
	"NXM_OF_IN_PORT(fffe)",
	"OXM_OF_IN_PORT(fffffffe)",
	"OXM_OF_IN_PORT(00010000)",
	"NXM_NX_REG0_W(000000ff/0000000f)",
	"NXM_NX_REG0_W(000000ff/ffffffff)",
	"NXM_NX_REG0_W(00000000/00000000)",
	"NXM_NX_REG0(00000001), NXM_NX_REG0(00000002)",
	"NXM_NX_REG0(00000001), OXM_OF_PKT_REG0(0000000100000001)",
	"NXM_OF_ETH_TYPE(0800), NXM_OF_IP_TOS(05)",
	"NXM_OF_ETH_TYPE(0800), NXM_NX_IP_ECN(05)",
	"NXM_OF_ETH_TYPE(86dd), NXM_NX_IPV6_LABEL(00100000)",
	"OXM_OF_VLAN_VID(2005)",
	"NXM_OF_ETH_TYPE(0806), NXM_OF_ARP_OP(0100)",
	"NXM_NX_CT_STATE(00000100)",
	"NXM_NX_TUN_FLAGS(0002)",
	"NXM_NX_CT_STATE_W(00000020/00000120)",
	"NXM_OF_ETH_TYPE(0800), NXM_NX_IP_FRAG(03)",
	"NXM_OF_ETH_TYPE(0800), NXM_NX_IP_FRAG_W(01/01)",
	"NXM_OF_ETH_TYPE(0800), NXM_NX_IP_FRAG(04)",
	"NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(06), NXM_NX_TCP_FLAGS_W(0001/0fff)",
	"OXM_OF_VLAN_VID(1005), OXM_OF_VLAN_PCP(08)",
	"00010002(0001)",
	"NXM_NX_CT_STATE_W(00000001/ffffffff)",
	"NXM_NX_TUN_ID_W(0000000000000001/00000000ffffffff)",
	"NXM_NX_COOKIE(0000000000000001)",
	"NXM_NX_COOKIE_W(0000000000000001/000000000000000f)",
}

// reencode is what the hidden commands parse-nxm and parse-oxm do to a line.
func reencode(line string, version uint8) string {
	b, err := ParseNXMText(line)
	if err != nil {
		return err.Error()
	}
	c := &Cookie{}
	if version != WireNXM {
		c = nil
	}
	m, err := ParseNXM(b, false, c)
	if err != nil {
		return "nx_pull_match() returned error " + err.Error()
	}
	return string(AppendNXMText(nil, AppendNXM(nil, &m, version, c)))
}

func TestNXMAgainstReference(t *testing.T) {
	ofctl := ovsref.Path(t, "ovs-ofctl")
	// 3.1 writes tcp_flags with a 12-bit mask as masked; here 12 bits are all
	// there is.
	except := map[string]bool{"NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(06), NXM_NX_TCP_FLAGS_W(0001/0fff)": true}
	for version, args := range map[uint8][]string{
		WireNXM: {"parse-nxm"}, WireOF12: {"parse-oxm", "OpenFlow12"},
		WireOF13: {"parse-oxm", "OpenFlow13"}, WireOF15: {"parse-oxm", "OpenFlow15"},
	} {
		cmd := exec.Command(ofctl, args...)
		cmd.Stdin = strings.NewReader(strings.Join(nxmLines, "\n") + "\n")
		cmd.Env = []string{"OVS_RUNDIR=" + t.TempDir()}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(args, err)
		}
		want := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if len(want) != len(nxmLines) {
			t.Fatalf("%v: %d lines for %d", args, len(want), len(nxmLines))
		}
		for i, line := range nxmLines {
			if got := reencode(line, version); got != want[i] && !except[line] {
				t.Errorf("%v: %s\n got %s\nwant %s", args, line, got, want[i])
			}
		}
	}
}

func TestParseNXMStrict(t *testing.T) {
	for line, want := range map[string]error{
		"NXM_OF_IP_SRC(01010101)":                        ErrBadPrereq,
		"12345604(90909090)":                             ErrBadField,
		"NXM_OF_ETH_TYPE(0800), NXM_OF_IP_SRC(01010101)": nil,
	} {
		b, err := ParseNXMText(line)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseNXM(b, true, nil); err != want {
			t.Errorf("%s: %v, want %v", line, err, want)
		}
		for n := 1; n < len(b) && want == nil; n++ {
			if n == 6 {
				continue // a whole first entry
			}
			if _, err := ParseNXM(b[:n], true, nil); err != ErrBadLen {
				t.Errorf("%d bytes of %s: %v", n, line, err)
			}
		}
	}
}

func TestNXMRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 3000 {
		k := randKey(r)
		k.VLANs[1] = VLAN{}
		k.VLANs[0].TPID = 0
		m := Match{Key: *k, Mask: *MaskForPacket(k)}
		m.Mask.CtState, m.Mask.CtLabel, m.Mask.CtMark, m.Mask.CtZone = 0, [16]byte{}, 0, 0
		m.Mask.SkbPriority, m.Mask.PacketType, m.Mask.InPort = 0, 0, 0
		m.Mask.MPLS[1], m.Mask.MPLS[2] = 0, 0
		m.Mask.IGMPGroup, m.Mask.CtTPSrc, m.Mask.CtTPDst, m.Mask.CtNwProto = 0, 0, 0, 0
		m.Mask.CtNwSrc, m.Mask.CtNwDst, m.Mask.CtIPv6Src, m.Mask.CtIPv6Dst = 0, 0, [16]byte{}, [16]byte{}
		m.Mask.VLANs[0].TPID, m.Mask.VLANs[1] = 0, VLAN{}
		if k.IsND() {
			m.Mask.ArpTHA = MAC{}
			if k.TPSrc == ICMPv6NA {
				m.Mask.ArpSHA = MAC{}
			}
		}
		if k.IsIP() && k.NwProto == ProtoTCP && k.NwFrag&FragLater == 0 {
			m.Mask.TCPFlags = 0xfff
		}
		if k.IsIP() && k.NwProto == ProtoIGMP {
			m.Mask.TPSrc, m.Mask.TPDst = 0, 0
		}
		m.Canon()
		for _, v := range []uint8{WireNXM, WireOF12, WireOF15} {
			if v != WireNXM && m.Key.VLANs[0].TCI == 0 {
				continue // OXM has no priority without a tag
			}
			b := AppendNXM(nil, &m, v, nil)
			got, err := ParseNXM(b, true, nil)
			if err != nil || got != m {
				t.Fatalf("version %d: %s\n%s\ngot %s, %v", v, m.String(), AppendNXMText(nil, b), got.String(), err)
			}
		}
	}
}

func FuzzParseNXM(f *testing.F) {
	for _, l := range nxmLines {
		if b, err := ParseNXMText(l); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		AppendNXMText(nil, b)
		var c Cookie
		m, err := ParseNXM(b, true, &c)
		if err != nil {
			return
		}
		once := AppendNXM(nil, &m, WireNXM, &c)
		var c2 Cookie
		again, err := ParseNXM(once, true, &c2)
		if v, mask := m.Get(PacketType); err != nil && !v.And(mask).IsZero() {
			// A field of Ethernet that stands before a packet type that is
			// not Ethernet passes, here as in OVS; written back behind it,
			// it lacks its prerequisite.
			return
		}
		if err != nil || !bytes.Equal(AppendNXM(nil, &again, WireNXM, &c2), once) {
			t.Fatalf("%x: %s reads as %s, %v", b, m.String(), again.String(), err)
		}
	})
}

func FuzzParseMatch(f *testing.F) {
	for _, s := range []string{"tcp,nw_src=1.2.3.4/24,tp_dst=80", "dl_vlan=5,vlan_tci=0x1/0xfff", "ct_state=+trk-new,ct_label=0x5/0xf", "packet_type=(1,0x800)", "in_port=LOCAL,tcp_flags=+syn"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMatch(s, nil)
		if err != nil {
			return
		}
		m.Normalize()
		_ = m.String()
		_, _ = ParseKey(s, nil)
		_, _ = ParseSubfield(s)
	})
}
