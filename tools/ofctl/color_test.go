package ofctl

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"govs/cli"
	"govs/internal/ovsref"
	"govs/openflow"
)

// colored are flows with words of all colors: every action and kind of field.
const colored = `
ip,actions=resubmit(,1),resubmit:3,resubmit(3,4),note:11.22,set_field:3->reg1,load:5->reg2[0..3],move:reg1[]->reg2[]
ip,actions=ct(zone=reg1[0..15],nat),ct(commit,nat(dst=1.1.1.1,persistent,hash)),ct,ct_clear
ip,actions=ct(commit,nat(src)),ct(table=3),ct(commit,zone=1,exec(load:1->ct_label[0..3],set_field:1/3->ct_mark))
ip,actions=mod_vlan_vid:3,mod_vlan_pcp:2,strip_vlan,push_vlan:0x8100,enqueue:1:2,controller:10,controller(reason=no_match,max_len=30,id=1),set_queue:3,pop_queue,dec_ttl,dec_ttl(1,2),flood,all,local,in_port,normal
ip,actions=controller(userdata=01.02,pause,meter_id=3)
ip,actions=controller(userdata=01.02,pause),controller(reason=action,max_len=65535),controller(id=5)
ip,actions=group:3
ip,actions=bundle(eth_src,0,hrw,ofport,members:1,2),bundle_load(eth_src,0,hrw,ofport,reg0[],members:1,2),multipath(eth_src,50,modulo_n,1,0,reg0[0..3]),clone(output:1,set_field:1->reg0),check_pkt_larger(100)->reg0[0]
ip,actions=sample(probability=3,collector_set_id=1,obs_domain_id=1,obs_point_id=2,sampling_port=3,ingress),sample(probability=3)
tcp,actions=fin_timeout(idle_timeout=3),fin_timeout(idle_timeout=3,hard_timeout=4)
conj_id=3,actions=drop
ip,actions=conjunction(1,1/2),conjunction(2,1/3)
packet_type=(1,0x894f),actions=decap()
dl_type=0x1234,actions=encap(nsh(md_type=1)),encap(ethernet),encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))
actions=encap(mpls),output:1
actions=encap(nsh),encap(mpls_mc),output:1
ip,actions=push_mpls:0x8847,push_mpls:0x8848
tcp,nw_tos=4,nw_ecn=1,nw_ttl=3,nw_frag=later,tp_src=3/5,tcp_flags=3/7,actions=mod_nw_src:1.2.3.4,mod_nw_dst:1.2.3.4,mod_nw_tos:4,mod_nw_ecn:1,mod_nw_ttl:3,mod_tp_src:4,mod_tp_dst:5
dl_src=1:2:3:4:5:6,dl_dst=1:2:3:4:5:6/ff:0:0:0:0:0,actions=mod_dl_src:1:2:3:4:5:6,mod_dl_dst:1:2:3:4:5:6
ip,actions=goto_table:3
ip,actions=write_actions(set_field:1->reg0,group:2),write_metadata:3
ip,actions=clear_actions,write_actions(drop)
ip,actions=set_tunnel:3,set_tunnel64:0x123456789,set_tunnel:0x123456789
tun_erspan_ver=2,tun_erspan_dir=1,tun_erspan_hwid=4,actions=drop
tun_flags=oam,tun_metadata0=0,actions=drop
icmp6,icmp_type=135,icmp_code=0,nd_target=1::2,nd_sll=1:2:3:4:5:6,actions=drop
icmp6,icmp_type=136,nd_target=1::2/16,nd_tll=1:2:3:4:5:6,nd_reserved=4,nd_options_type=1,actions=drop
icmp,icmp_type=3,icmp_code=2,actions=drop
ipv6,ipv6_src=1::2,ipv6_dst=2::/16,ipv6_label=3,nw_proto=89,actions=drop
arp,arp_spa=1.2.3.4,arp_tpa=1.2.0.0/16,arp_op=1,arp_sha=1:2:3:4:5:6,arp_tha=1:2:3:4:5:6/ff:0:0:0:0:0,actions=drop
rarp,actions=drop
dl_vlan=3,dl_vlan_pcp=4,actions=drop
vlan_tci=0x1003/0x1f0f,actions=drop
vlan_tci=0,actions=drop
dl_type=0x88cc,actions=drop
ct_state=+trk-inv,ct_zone=3,ct_mark=3/5,ct_label=0x12,actions=drop
tcp,ct_state=+trk,ct_nw_src=1.2.3.4,ct_nw_dst=2.0.0.0/8,ct_nw_proto=6,ct_tp_src=3,ct_tp_dst=4/5,actions=drop
ipv6,ct_state=+trk,ct_ipv6_src=1::2,ct_ipv6_dst=1::/16,actions=drop
sctp,tp_src=1,actions=drop
udp6,tp_dst=1,actions=drop
nw_proto=5,ip,in_port=3,priority=3,table=2,cookie=3,idle_timeout=3,hard_timeout=4,importance=5,send_flow_rem,check_overlap,reset_counts,no_packet_counts,no_byte_counts,actions=drop
actions=learn(table=1)
actions=learn(idle_timeout=1,hard_timeout=2,priority=9,in_port=1,reg1[0..3]=2,reg3[0..7]=reg4[8..15],load:5->reg1[0..3])
actions=set_field:1/3->reg0,set_field:1.2.3.4->tun_src,move:eth_src[]->eth_dst[],load:0->eth_src[0..3]
actions=note:,move:reg0[0..3]->reg1[4..7],set_queue:3,output:LOCAL,CONTROLLER
mpls,mpls_label=3,mpls_tc=1,mpls_ttl=3,mpls_bos=1,actions=set_mpls_label:3,set_mpls_tc:3,set_mpls_ttl:4,dec_mpls_ttl,pop_mpls:0x800
tcp,nw_tos=4,nw_ecn=1,nw_ttl=3,nw_frag=later,tp_src=3/5,actions=mod_nw_src:1.2.3.4,mod_nw_dst:1.2.3.4,mod_nw_tos:4,mod_nw_ecn:1,mod_nw_ttl:3,mod_tp_src:4,mod_tp_dst:5
tcp,tcp_flags=3/7,actions=output(max_len=30,port=1),output:reg1[],output:reg1[0..5],push:reg0[],pop:reg0[],exit
packet_type=(1,0x894f),nsh_mdtype=1,nsh_spi=5,nsh_si=3,nsh_c1=4,nsh_np=1,nsh_ttl=3,nsh_flags=1,actions=dec_nsh_ttl,decap()
packet_type=(1,0x894f),nsh_flags=1/3,actions=decap(packet_type(ns=1,type=0x800))
dl_type=0x894f,nsh_spi=5,nsh_c1=4,nsh_mdtype=1,actions=drop
ip,actions=ct(table=3,nat)
ipv6,actions=ct(commit,nat(src=fe80::1-fe80::5),exec(set_field:1->ct_mark,set_field:3->ct_label))
ipv6,actions=ct(commit,nat(src=[fe80::1]-[fe80::5]:3-5)),ct(commit,nat(src=[fe80::1]:4))
ip,actions=meter:3,write_metadata:3/5,goto_table:3
ip,actions=write_actions(output:1,group:3)
ip,actions=clone(ct_clear,ct(commit,nat(dst=1.1.1.1:3)))
tun_ipv6_src=1::2,tun_ipv6_dst=1::/16,tun_erspan_ver=1,tun_erspan_idx=4,actions=drop
tun_gtpu_flags=3,tun_gtpu_msgtype=4,actions=drop
pkt_mark=3,reg0=3,reg1=3/5,xreg2=4,xxreg2=5,metadata=3/5,in_port=local,actions=drop
actset_output=3,actions=drop
dp_hash=0,actions=drop
recirc_id=0,actions=drop
tun_metadata0=0,tun_metadata1=0/0,actions=drop
actions=learn(table=2,fin_idle_timeout=3,fin_hard_timeout=4,send_flow_rem,delete_learned,limit=3,result_dst=reg0[0],cookie=1,priority=32768,reg1=0x1,load:reg0[0..3]->reg1[4..7],output:reg2[])
actions=learn(table=1,limit=4,result_dst=reg0[0])
actions=learn(table=1,idle_timeout=3,hard_timeout=4,in_port=3,reg3=reg4,eth_src[]=eth_dst[],reg3[]=reg3[],load:0x12345678901234567890->xxreg1[])
dl_vlan=3,actions=set_field:1->vlan_pcp,set_field:2->reg1,set_field:1/3->reg3,push_vlan:0x8100,set_vlan_vid:3
ip,actions=set_field:1.2.3.4->ip_src,dec_ttl,mod_nw_tos:4
ip,actions=controller(reason=no_match,max_len=30,id=1)
ip,actions=multipath(symmetric_l4,50,hrw,1,0,reg0[0..3]),bundle(symmetric_l4,0,active_backup,ofport,members:),bundle_load(nw_src,0,hrw,ofport,reg0[0..15],members:4)
ip,actions=sample(probability=3,collector_set_id=1,obs_domain_id=1,obs_point_id=2,egress),sample(probability=3,sampling_port=5)
ip,actions=output:1,resubmit(,4),resubmit(5,)
ip,actions=set_field:1::2->tun_ipv6_dst
vlan_tci=0x1003/0x1fff,actions=decap(),output:1
dl_vlan=0xffff,actions=drop
ip,ct_state=+trk,ct_nw_src=1.2.3.4,ct_nw_dst=2.0.0.0/8,ct_nw_proto=6,ct_tp_src=3,ct_tp_dst=4/5,actions=drop
ct_state=+trk,ip,ct_nw_src=1.2.3.4,ct_nw_proto=6,actions=drop
ip,actions=dec_nsh_ttl
dl_type=0x894f,actions=dec_nsh_ttl
ip,actions=ct(commit,force,zone=3)
actions=enqueue:1:2
actions=strip_vlan
dl_vlan=3,actions=strip_vlan
actions=delete_field:tun_metadata0
actions=write_actions(output:1)
actions=clear_actions
actions=write_metadata:1
actions=clone(drop)
actions=clone()
actions=goto_table:3
actions=meter:3
actions=decap
packet_type=(1,0x894f),actions=decap
packet_type=(1,0x894f),nsh_mdtype=1,nsh_spi=5,nsh_si=3,actions=decap
packet_type=(1,0x800),actions=drop
actions=output:2,encap(mpls)
tun_gbp_id=3,tun_gbp_flags=4,actions=drop
tun_gbp_id=3/7,tun_metadata2=4/7,actions=drop
tcp,nw_tos=4,nw_ecn=1,nw_ttl=3,tp_src=3/5,actions=drop
ip,nw_tos=4,nw_frag=later,nw_ecn=1,nw_ttl=3,actions=drop
ip,actions=mod_nw_src:1.2.3.4,mod_nw_dst:1.2.3.4,mod_nw_tos:4,mod_nw_ecn:1,mod_nw_ttl:3
tcp,actions=mod_tp_src:4,mod_tp_dst:5
actions=mod_vlan_vid:3,mod_vlan_pcp:2
dl_vlan=3,actions=mod_vlan_vid:3
dl_vlan=3,actions=set_vlan_vid:3,set_vlan_pcp:2
actions=CONTROLLER,controller
nsh_flags=1,dl_type=0x894f,actions=drop
nsh_flags=1/3,dl_type=0x894f,nsh_np=1,nsh_ttl=4,nsh_si=3,actions=drop
ipv6,nw_tos=4,ipv6_label=3/7,actions=drop
actions=learn(table=1,priority=7,fin_hard_timeout=5)
actions=learn(table=1,tun_flags=oam,reg1[3..4]=1,vlan_tci=5)
actions=check_pkt_larger(100)->reg0[0]
table=3,importance=4,priority=0,actions=drop
`

// TestColorReference compares the colors of flows with the reference's, as
// they are sent and as a switch sends them.
func TestColorReference(t *testing.T) {
	// Only what is printed: the log has no colors.
	compare := func(args ...string) {
		t.Helper()
		want, _ := exec.Command(ovsref.Path(t, "ovs-ofctl"), append([]string{"-vconsole:off"}, args...)...).Output()
		// OVS 3.1 loses the name of this error.
		want = bytes.ReplaceAll(want, []byte("<invalid>"), []byte("OFPBMC_BAD_PREREQ"))
		var got bytes.Buffer
		Main(append([]string{"ovs-ofctl"}, args...), cli.IO{In: strings.NewReader(""), Out: &got, Err: io.Discard})
		if got.String() != string(want) || len(want) == 0 {
			t.Errorf("%q\n got %q\nwant %q", args, got.String(), want)
		}
	}
	replies := map[openflow.Protocols][][]byte{openflow.ProtoNXM: {}, openflow.ProtoOXM15: {}}
	for i, text := range strings.Fields(colored) {
		fm, usable, err := openflow.ParseFlowMod(text, openflow.FlowAdd, &openflow.Names{})
		if err != nil {
			t.Fatalf("%s: %s", text, err)
		}
		for p := range replies {
			// The reference encodes these actions in OpenFlow 1.0, but does not decode them.
			if usable&p == 0 || p == openflow.ProtoNXM && (strings.Contains(text, "cap") || strings.Contains(text, "dec_nsh_ttl")) {
				continue
			}
			compare("-F", p.String(), "-O", p.Version().String(), "--color=always", "parse-flow", text)
			r := &openflow.FlowStatsReply{Flows: []openflow.FlowStats{{Match: fm.Match, Actions: fm.Actions, Priority: uint16(i), Table: uint8(i % 3),
				Cookie: 1, IdleTimeout: uint16(i), HardTimeout: uint16(i / 2), Flags: fm.Flags, IdleAge: i, HardAge: i}}}
			replies[p] = append(replies[p], openflow.Encode(r, p, 1))
		}
	}
	for p, r := range replies {
		if len(r) < 50 {
			t.Fatalf("only %d flows in %s", len(r), p)
		}
		file := t.TempDir() + "/reply"
		if err := os.WriteFile(file, bytes.Join(r, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, colors := range []string{"", "ac=1:dr=2;3:le=7:pm=4:pr=5:sp=6:vl=01;31", "sp=4x:zz=3:dr=2"} {
			t.Setenv("OVS_COLORS", colors)
			for _, when := range []string{"--color=always", "--color=never", "--color"} {
				compare(when, "ofp-parse", file)
			}
		}
	}
}
