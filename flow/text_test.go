package flow

import "testing"

func TestMatchText(t *testing.T) {
	tests := []struct{ in, out, err string }{
		{in: "tcp,tp_src=80,tp_dst=0x50/0xf0"},
		{in: "ip,nw_src=10.0.0.0/8,nw_dst=1.2.3.4/255.0.255.0", out: "ip,nw_src=10.0.0.0/8,nw_dst=1.0.3.0/255.0.255.0"},
		{in: "ip,nw_proto=6,nw_tos=3", out: "tcp,nw_tos=0"},
		{in: "ip,nw_proto=6,ip_dscp=3,nw_ecn=1,nw_ttl=5", out: "tcp,nw_tos=12,nw_ecn=1,nw_ttl=5"},
		{in: "ip,nw_proto=2"}, {in: "ip,nw_proto=58"}, {in: "ipv6,nw_proto=58", out: "icmp6"},
		{in: "ip,nw_frag=no"}, {in: "ip,nw_frag=yes"}, {in: "ip,nw_frag=first"}, {in: "ip,nw_frag=later"}, {in: "ip,nw_frag=not_later"},
		{in: "ip,nw_frag=1/1", err: `1/1: unknown fragment type (valid types are "no", "yes", "first", "later", "not_later"`},
		{in: "ipv6,ipv6_src=fe80::1/64,ipv6_dst=::1", out: "ipv6,ipv6_src=fe80::/64,ipv6_dst=::1"},
		{in: "ipv6,ipv6_src=fe80::1/ffff::ffff,ipv6_label=0x5/0xf", out: "ipv6,ipv6_src=fe80::1/ffff::ffff,ipv6_label=0x00005/0x0000f"},
		{in: "icmp6,icmpv6_type=135,nd_target=fe80::1/64,nd_sll=1:2:3:4:5:6", out: "icmp6,icmp_type=135,nd_target=fe80::/64,nd_sll=01:02:03:04:05:06"},
		{in: "icmp,icmp_type=8,icmp_code=1"},
		{in: "priority=1,arp,dl_vlan=1,arp_tpa=192.168.1.6", err: "unknown keyword priority"},
		{in: "arp,nw_src=1.1.1.1,nw_proto=2,nw_dst=3.3.3.3", out: "arp,arp_spa=1.1.1.1,arp_tpa=3.3.3.3,arp_op=2"},
		{in: "arp,arp_op=300", out: "arp,arp_op=44"},
		{in: "dl_vlan=5"}, {in: "dl_vlan=0"}, {in: "dl_vlan=0xffff", out: "vlan_tci=0x0000"}, {in: "dl_vlan=5000", out: "dl_vlan=904"},
		{in: "dl_vlan=5,dl_vlan_pcp=3"}, {in: "vlan_pcp=3", out: "dl_vlan_pcp=3"},
		{in: "vlan_vid=0x1005/0x1fff", out: "dl_vlan=5"}, {in: "vlan_vid=0x5/0xfff", out: "vlan_tci=0x0005/0x0fff"},
		{in: "vlan_tci=0x1001/0x1fff", out: "dl_vlan=1"}, {in: "vlan_tci=0x1000/0x1000"}, {in: "vlan_tci=0xf001", out: "dl_vlan=1,dl_vlan_pcp=7"},
		{in: "vlan_tci=0x0001/0x0fff"}, {in: "vlan_tci=0x7001/0xf00f"}, {in: "vlan_tci=0/0", out: ""},
		{in: "dl_dst=0:0:0:0:0:0/01:00:00:00:00:00", out: "dl_dst=00:00:00:00:00:00/01:00:00:00:00:00"},
		{in: "dl_type=0x086dd", out: "ipv6"}, {in: "dl_type=0x5ff", out: "dl_type=0x05ff"}, {in: "dl_type=0", out: "dl_type=0x0000"},
		{in: "in_port=local", out: "in_port=LOCAL"}, {in: "in_port=65534", out: "in_port=LOCAL"}, {in: "in_port_oxm=1", out: "in_port=1"},
		{in: "in_port=foo", err: "foo: invalid or unknown port for in_port"},
		{in: "tun_id=0x5/0xff"}, {in: "tun_src=1.1.1.1,tun_dst=2.2.0.0/16"}, {in: "tun_flags=oam", out: "tun_flags=+oam"},
		{in: "tun_flags=foo", err: "foo: unknown tunnel flag(s)"}, {in: "tun_gbp_id=5,tun_gbp_flags=8", out: "tun_gbp_id=5,tun_gbp_flags=0x8"},
		{in: "metadata=7,reg0=1/0xf,pkt_mark=1,reg5=77", out: "pkt_mark=0x1,reg0=0x1/0xf,reg5=0x4d,metadata=0x7"},
		{in: "xreg0=5/0xf0000000f", out: "reg0=0/0xf,reg1=0x5/0xf"}, {in: "xxreg1=0x5/0xff", out: "reg7=0x5/0xff"},
		{in: "ct_state=+trk-new", out: "ct_state=-new+trk"}, {in: "ct_state=0x21", out: "ct_state=new|trk"}, {in: "ct_state=0x21/0x23", out: "ct_state=+new-est+trk"},
		{in: "ct_state=+trk+trk", err: "trk: Each ct_state flag can be specified only once"}, {in: "ct_state=0x100", err: "0x100: unknown ct_state flag(s)"},
		{in: "ct_zone=5,ct_mark=5/0xf,ct_label=0x1234/0xffff", out: "ct_zone=5,ct_mark=0x5/0xf,ct_label=0x1234/0xffff"},
		{in: "ct_state=+trk+est,ip,ct_nw_src=1.1.1.1,ct_nw_proto=6,ct_tp_src=5", out: "ct_state=+est+trk,ct_nw_src=1.1.1.1,ct_nw_proto=6,ct_tp_src=5,ip"},
		{in: "tcp,tcp_flags=0xfff", out: "tcp,tcp_flags=fin|syn|rst|psh|ack|urg|ece|cwr|ns|[200]|[400]|[800]"}, {in: "tcp,tcp_flags=2/2", out: "tcp,tcp_flags=+syn"},
		{in: "mpls,mpls_label=5,mpls_tc=3,mpls_bos=1,mpls_ttl=7", out: "mpls,mpls_label=5,mpls_tc=3,mpls_ttl=7,mpls_bos=1"},
		{in: "packet_type=(0,0)", out: ""}, {in: "packet_type=(1,0x800),nw_src=1.1.1.1"}, {in: "packet_type=5", err: "5: bad syntax for packet type missing '('"},
		{in: "conj_id=5"}, {in: "recirc_id=5", out: "recirc_id=0x5"}, {in: "actset_output=LOCAL"},
		{in: "dl_type=0x894f,nsh_flags=1,nsh_mdtype=1,nsh_np=3,nsh_spi=5,nsh_si=6,nsh_c1=7,nsh_ttl=8", out: "dl_type=0x894f,nsh_flags=1,nsh_ttl=8,nsh_mdtype=1,nsh_np=3,nsh_spi=0x5,nsh_si=6,nsh_c1=0x7"},
		{in: "icmp6,icmpv6_type=136,icmpv6_code=0,nd_reserved=5,nd_options_type=1", out: "icmp6,icmp_type=136,icmp_code=0,nd_reserved=5,nd_options_type=1"},
		{in: "nw_src=300.1.1.1", out: "nw_src=44.1.1.1"}, {in: "ip,nw_src=1.1.1.1/33", err: "1.1.1.1/33: IPv4 network prefix bits not between 0 and 32, inclusive"},
		{in: "ip,nw_src=1.1.1.1/", err: "1.1.1.1/: invalid IP address"}, {in: "dl_src=1:2:3:4:5", err: "1:2:3:4:5: invalid Ethernet address"},
		{in: "reg0=0x100000000", err: "0x100000000: value too large for 4-byte field reg0"}, {in: "reg0=-1", err: "-1: value too large for 4-byte field reg0"},
		{in: "reg0=5/foo", err: "5/foo: bad syntax for reg0 mask"}, {in: "ip,nw_proto=6/0xf", err: "6/0xf: invalid mask for field nw_proto"},
		{in: "ct_label=-1", out: "ct_label=0xffffffffffffffff"}, {in: "ipv6,ipv6_src=::1/foo", err: "::1/foo: Invalid IPv6 mask"},
		{in: "reg0=010", out: "reg0=0x8"}, {in: "vlan", err: "field vlan missing value"}, {in: "ip nw_src=*", out: "ip"},
		{in: "ipv6,ipv6_src=::1.2.3.4"}, {in: "dl_src=1:2:3:4:5:100", out: "dl_src=01:02:03:04:05:00"},
		{in: "tun_erspan_ver=1,tun_erspan_idx=5,tun_erspan_dir=1,tun_erspan_hwid=3", out: "tun_erspan_ver=1,tun_erspan_idx=0x5"},
		{in: "tun_gtpu_flags=1,tun_gtpu_msgtype=2", out: "gtpu_flags=0x1,gtpu_msgtype=2"},
		{in: "udp,udp_src=1,udp_dst=2", out: "udp,tp_src=1,tp_dst=2"},
	}
	for _, tt := range tests {
		m, err := ParseMatch(tt.in, nil)
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s: error %q, want %q", tt.in, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		want := tt.out
		if want == "" && tt.in != "vlan_tci=0/0" && tt.in != "packet_type=(0,0)" {
			want = tt.in
		}
		if got := m.String(); got != want {
			t.Errorf("%s: printed %q, want %q", tt.in, got, want)
		}
	}
}

func TestKeyText(t *testing.T) {
	tests := []struct{ in, out string }{
		{"in_port=1,tcp,nw_src=1.1.1.1,tcp_flags=0x12", "tcp,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,nw_src=1.1.1.1,nw_dst=0.0.0.0,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no,tp_src=0,tp_dst=0,tcp_flags=syn|ack"},
		{"in_port=1,udp,dl_vlan=5", "udp,in_port=1,dl_vlan=5,dl_vlan_pcp=0,vlan_tci1=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no,tp_src=0,tp_dst=0"},
		{"in_port=1,arp,arp_op=1", "arp,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,arp_spa=0.0.0.0,arp_tpa=0.0.0.0,arp_op=1,arp_sha=00:00:00:00:00:00,arp_tha=00:00:00:00:00:00"},
		{"in_port=2,ct_state=33,ct_zone=4,ct_mark=7,ct_label=9,tcp,tp_dst=80,ct_nw_src=1.1.1.1,ct_nw_proto=6", "ct_state=new|trk,ct_zone=4,ct_mark=0x7,ct_label=0x9,ct_nw_src=1.1.1.1,ct_nw_dst=0.0.0.0,ct_nw_proto=6,ct_tp_src=0,ct_tp_dst=0,tcp,in_port=2,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no,tp_src=0,tp_dst=80,tcp_flags=0"},
		{"in_port=2,packet_type=(1,0x800),nw_src=1.1.1.1", "ct_nw_src=0.0.0.0,ct_nw_dst=0.0.0.0,packet_type=(1,0x800),in_port=2,nw_src=1.1.1.1,nw_dst=0.0.0.0,nw_proto=0,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no"},
		{"in_port=2,dl_type=0x894f,nsh_mdtype=1,nsh_np=3", "in_port=2,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,dl_type=0x894f,nsh_flags=0,nsh_ttl=0,nsh_mdtype=1,nsh_np=3,nsh_spi=0x0,nsh_si=0,nsh_c1=0x0,nsh_c2=0x0,nsh_c3=0x0,nsh_c4=0x0,nw_proto=0,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no"},
		{"in_port=3,tun_ipv6_dst=::1,tun_id=5,tun_flags=1,tun_erspan_ver=1,tun_erspan_idx=5", "tun_src=0.0.0.0,tun_dst=0.0.0.0,tun_ipv6_src=::,tun_ipv6_dst=::1,tun_gbp_id=0,tun_gbp_flags=0,tun_tos=0,tun_ttl=0,tun_erspan_ver=1,tun_erspan_idx=0x5,gtpu_flags=0,gtpu_msgtype=0,tun_flags=oam,in_port=3,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,dl_type=0x0000"},
		{"in_port=2,icmp6,icmpv6_type=135,nd_target=::1,nd_sll=1:2:3:4:5:6", "icmp6,in_port=2,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,ipv6_src=::,ipv6_dst=::,ipv6_label=0x00000,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no,icmp_type=135,icmp_code=0,nd_target=::1,nd_sll=01:02:03:04:05:06,nd_tll=00:00:00:00:00:00"},
		{"in_port=2,mpls,mpls_bos=0", "mpls,in_port=2,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,mpls_label=0,mpls_tc=0,mpls_ttl=0,mpls_bos=0,mpls_lse1=0,mpls_lse2=0"},
	}
	for _, tt := range tests {
		k, err := ParseKey(tt.in, nil)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if got := k.String(); got != tt.out {
			t.Errorf("%s:\n got %s\nwant %s", tt.in, got, tt.out)
		}
	}
	for in, want := range map[string]string{
		"ct_state=+trk,ip":    "ct_state=+trk,ip: bad value for ct_state (+trk: wildcards not allowed here)",
		"nw_src=1.1.1.1":      "nw_src=1.1.1.1: prerequisites not met for setting nw_src",
		"foo=1":               "foo=1: unknown field foo",
		"in_port=5,in_port=6": "in_port=5,in_port=6: field in_port set multiple times",
	} {
		if _, err := ParseKey(in, nil); err == nil || err.Error() != want {
			t.Errorf("%s: error %q, want %q", in, err, want)
		}
	}
}

func TestSubfield(t *testing.T) {
	tests := []struct{ in, out, err string }{
		{in: "NXM_NX_REG0", out: "NXM_NX_REG0[]"}, {in: "reg0[5]", out: "NXM_NX_REG0[5]"}, {in: "vlan_tci[0..11]", out: "NXM_OF_VLAN_TCI[0..11]"},
		{in: "NXM_OF_VLAN_TCI_W[]", out: "NXM_OF_VLAN_TCI[]"}, {in: "xreg1[]", out: "OXM_OF_PKT_REG1[]"}, {in: "OXM_OF_VLAN_VID[]"},
		{in: "foo[]", err: "foo[]: unknown field `foo'"}, {in: "reg0[5..2]", err: "reg0[5..2]: starting bit 5 is after ending bit 2"},
		{in: "reg0[40]", err: "reg0[40]: starting bit 40 is not valid because field is only 32 bits wide"},
		{in: "reg0[4..40]", err: "reg0[4..40]: ending bit 40 is not valid because field is only 32 bits wide"},
		{in: "reg0[", err: "reg0[: syntax error expecting [] or [<bit>] or [<start>..<end>]"},
		{in: "reg0[-1]", err: "reg0[-1]: starting bit -1 is not valid because field is only 32 bits wide"},
	}
	for _, tt := range tests {
		sf, err := ParseSubfield(tt.in)
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s: error %q, want %q", tt.in, err, tt.err)
			}
			continue
		}
		want := tt.out
		if want == "" {
			want = tt.in
		}
		if err != nil || sf.String() != want {
			t.Errorf("%s: %v, %v", tt.in, sf, err)
		}
	}
}

func TestNormalize(t *testing.T) {
	m, err := ParseMatch("tcp_dst=80", nil)
	if err != nil {
		t.Fatal(err)
	}
	if pre, post, changed := m.NormalizeText(nil); pre != "tp_dst=80" || post != "" || !changed || !m.Mask.IsZero() {
		t.Errorf("%q %q %v", pre, post, changed)
	}
	m, _ = ParseMatch("tcp,tp_dst=80", nil)
	if m.Normalize() {
		t.Errorf("changed to %v", m.String())
	}
}

// TestEveryField sets each field to all ones, to a random value, through text
// and masks.
func TestEveryField(t *testing.T) {
	for id := range NumFields {
		f := id.Info()
		if f.Name == "" || f.Bits == 0 || f.Bytes == 0 {
			t.Errorf("field %d has an incomplete row", id)
		}
		if got, ok := FieldByName(f.Name); !ok || got != id {
			t.Errorf("%s: FieldByName says %v", f.Name, got)
		}
		if !id.Available() || id.IsTLV() {
			continue // of tunnel options see TestTLV
		}
		var x Mask
		id.Unwildcard(&x)
		if got := id.GetMask(&x); got != id.Ones() {
			t.Errorf("%s: mask %v after Unwildcard, want %v", id, got, id.Ones())
		}
		id.SetMask(&x, Value{})
		if id != DlVlan && id != DlVlanPCP && id != VlanPCP && !x.IsZero() {
			t.Errorf("%s: mask not empty after clearing", id)
		}
		for _, v := range []Value{{}, U(1), U(0x55)} {
			v = v.And(id.Ones())
			var m Match
			m.Set(id, v)
			if got, mask := m.Get(id); mask != id.Ones() || got != v && id != VlanVID {
				t.Errorf("%s: set %v, got %v/%v", id, v, got, mask)
			}
			if f.Format == FormatOFPort || f.Format == FormatFrag {
				continue
			}
			text := string(id.AppendValue(nil, v, id.Ones(), nil))
			back, mask, err := id.ParseValue(text, nil)
			if err != nil || back != v || mask != id.Ones() {
				t.Errorf("%s: %v printed as %s reads as %v/%v, %v", id, v, text, back, mask, err)
			}
			m.Clear(id)
			if !m.Mask.IsZero() || m.Key != (Key{}) {
				t.Errorf("%s: something is left after Clear", id)
			}
		}
	}
}

// TestMegaflowText has lines of the reference's ofproto/trace.
func TestMegaflowText(t *testing.T) {
	base := func(k Key) *Match {
		m := &Match{Key: k}
		m.Mask.RecircID, m.Mask.PacketType, m.Mask.InPort, m.Mask.EthType = ^uint32(0), ^uint32(0), ^uint32(0), 0xffff
		return m
	}
	m := base(Key{InPort: 2, EthType: EthTypeIP})
	m.Mask.NwFrag = 3
	m.Mask.PktMark = ^uint32(0)
	if got, want := m.String(), "pkt_mark=0,recirc_id=0,eth,ip,in_port=2,nw_frag=no"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m = base(Key{InPort: 3, EthType: EthTypeARP})
	m.Key.Tunnel.ID, m.Key.Tunnel.Src, m.Key.Tunnel.Dst = 5, 0x01010101, 0x02020202
	m.Mask.Tunnel.ID, m.Mask.Tunnel.Src, m.Mask.Tunnel.Dst = ^uint64(0), ^uint32(0), ^uint32(0)
	m.Mask.Tunnel.TOS, m.Mask.Tunnel.Flags = 0xff, 0xe
	if got, want := m.String(), "recirc_id=0,eth,arp,tun_id=0x5,tun_src=1.1.1.1,tun_dst=2.2.2.2,tun_tos=0,tun_flags=-df-csum-key,in_port=3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m = base(Key{InPort: 2, PacketType: 1<<16 | EthTypeIP, EthType: EthTypeIP})
	m.Mask.NwFrag = 3
	if got, want := m.String(), "recirc_id=0,packet_type=(1,0x800),ip,in_port=2,nw_frag=no"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m = base(Key{InPort: 5, EthType: EthTypeARP})
	m.Mask.VLANs[1].TCI = 0xffff
	if got, want := m.String(), "recirc_id=0,eth,arp,in_port=5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
