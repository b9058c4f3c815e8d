package dpif

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"govs/flow"
	"govs/internal/ovsref"
)

var seedKeys = []string{
	"in_port=1,tcp,nw_src=1.1.1.1,nw_dst=2.2.2.2,nw_ttl=64,tp_src=1,tp_dst=2,tcp_flags=0x12,skb_priority=5,pkt_mark=7",
	"in_port=1,udp6,ipv6_src=::1,ipv6_label=5,nw_tos=4,udp_src=5,recirc_id=7,dp_hash=0x1234",
	"in_port=1,dl_vlan=5,dl_vlan_pcp=3,arp,arp_op=1,arp_spa=1.1.1.1,arp_sha=1:2:3:4:5:6",
	"in_port=2,icmp6,icmpv6_type=135,nd_target=::1,nd_sll=1:2:3:4:5:6", "in_port=1,icmp,icmp_type=8", "in_port=1,sctp,sctp_src=5",
	"in_port=1,mpls,mpls_label=5,mpls_bos=1", "in_port=1,ip,nw_frag=later,nw_proto=6",
	"in_port=1,ct_state=33,ct_zone=4,ct_mark=7,ct_label=0x1234567890abcdef1,tcp,ct_nw_src=1.1.1.1,ct_nw_proto=6,ct_tp_dst=5",
	"in_port=3,tun_id=5,tun_src=1.1.1.1,tun_dst=2.2.2.2,tun_tos=4,tun_ttl=64,tun_flags=1,arp",
}

// TestRandomMasks prints flows with random masks, reads them back and finds the
// same masks.
func TestRandomMasks(t *testing.T) {
	r := rand.New(rand.NewPCG(71, 72))
	for i := range 5000 {
		k, err := flow.ParseKey(seedKeys[i%len(seedKeys)], nil)
		if err != nil {
			t.Fatal(err)
		}
		all := flow.MaskForPacket(k)
		x := *all
		for w := range x.Words() {
			switch r.IntN(4) {
			case 0:
				x.Words()[w] = 0
			case 1:
				x.Words()[w] &= r.Uint64()
			}
		}
		// A datapath matches these wholly or not at all.
		x.NwFrag = all.NwFrag
		x.EthType = 0xffff
		x.PacketType = all.PacketType
		x.InPort = all.InPort
		x.TCPFlags &= 0xfff
		for v := range x.VLANs {
			x.VLANs[v].TPID = 0
			if k.VLANs[v].TCI == 0 {
				x.VLANs[v].TCI = 0 // not in the attributes
			} else {
				x.VLANs[v].TPID = 0xffff
				x.VLANs[v].TCI |= flow.VLANPresent
			}
		}
		if k.EthType == flow.EthTypeARP && x.NwProto != 0 {
			x.NwProto = 0xff
		}
		if k.NwProto == flow.ProtoICMP || k.NwProto == flow.ProtoICMPv6 {
			x.TPSrc, x.TPDst = 0xffff, 0
		}
		if k.CtNwProto == 0 {
			x.CtNwSrc, x.CtNwDst, x.CtTPSrc, x.CtTPDst, x.CtNwProto = 0, 0, 0, 0, 0
			x.CtIPv6Src, x.CtIPv6Dst = [16]byte{}, [16]byte{}
		}
		want := AppendMask(nil, k, &x)
		for _, verbose := range []bool{true, false} {
			text := string(AppendKeyText(nil, k, &x, KeyTextOptions{Verbose: verbose}))
			m, err := ParseKey(text, nil)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if verbose && m.Key.VLANs != k.VLANs {
				t.Fatalf("%s: VLANs %v, want %v", text, m.Key.VLANs, k.VLANs)
			}
			if got := AppendMask(nil, k, &m.Mask); !bytes.Equal(got, want) {
				back := string(AppendKeyText(nil, k, &m.Mask, KeyTextOptions{Verbose: true}))
				t.Fatalf("%s\nreads as %s\n got %x\nwant %x", text, back, got, want)
			}
		}
	}
}

// TestRandomSetsAgainstReference compares set actions with random members and
// masks.
func TestRandomSetsAgainstReference(t *testing.T) {
	dpctl := ovsref.Path(t, "ovs-dpctl")
	r := rand.New(rand.NewPCG(81, 82))
	dir := t.TempDir()
	n := 250
	if testing.Short() {
		n = 20
	}
	for range n {
		var list []string
		for range 8 {
			row := &keyRows[r.IntN(len(keyRows))]
			switch row.typ {
			case KeyEthernet, KeyIPv4, KeyIPv6, KeyTCP, KeyUDP, KeySCTP, KeyICMP, KeyICMPv6, KeyARP, KeyND, KeySkbMark, KeyPriority:
			default:
				continue
			}
			var items []string
			for i := range row.members {
				m := &row.members[i]
				if r.IntN(3) == 0 && m.name != "" && (len(items) > 0 || i < len(row.members)-1) || m.as == asFrag {
					continue
				}
				v := flow.Value{Hi: r.Uint64(), Lo: r.Uint64()}.And(m.full()).Cut(8 * m.size)
				mask := m.full()
				if r.IntN(2) == 0 {
					mask = flow.Value{Hi: r.Uint64(), Lo: r.Uint64()}.And(mask)
					if mask.IsZero() {
						mask = m.full()
					}
					v = v.And(mask)
				}
				s := string(m.append(nil, v, mask, nil, false))
				if m.name != "" {
					s = m.name + "=" + s
				}
				items = append(items, s)
			}
			if len(items) > 0 {
				list = append(list, fmt.Sprintf("set(%s(%s))", row.name, strings.Join(items, ",")))
			}
		}
		if len(list) == 0 {
			continue
		}
		in := strings.Join(list, ",")
		cmd := exec.Command(dpctl, "parse-actions", in)
		cmd.Env = []string{"OVS_RUNDIR=" + dir}
		out, err := cmd.CombinedOutput()
		a, err2 := ParseActions(in, nil)
		if got, want := a.String(), strings.TrimSpace(string(out)); err != nil || err2 != nil || got != want {
			t.Errorf("%s\n got %s (%v)\nwant %s", in, got, err2, want)
		}
	}
}
