package flowdiff

import (
	"strings"
	"testing"
)

// spoilt are flows of which every character is worth a mistake: each kind of
// action, of field and of key, in the forms that are read in ways of their own.
var spoilt = []string{
	"table=1,priority=5,cookie=0x12,idle_timeout=7,hard_timeout=0x8,importance=9,send_flow_rem,actions=drop",
	"tcp,nw_src=10.0.0.0/8,tp_dst=0x50/0xff,tcp_flags=+syn-ack actions=1",
	"in_port=LOCAL,dl_src=01:02:03:04:05:06/ff:ff:00:00:00:00,dl_type=0x0800 actions=LOCAL",
	"ipv6,ipv6_src=fe80::1/64,nw_frag=not_later,ipv6_label=0x12/0xff actions=in_port",
	"ct_state=+trk-new,ip,ct_zone=5,ct_mark=0x1/0xf,ct_label=0x12345678901234567890 actions=1",
	"packet_type=(1,0x894f),nsh_mdtype=1,nsh_spi=0x123456/0xffff,nsh_c1=5 actions=1",
	"reg0[0..5]=3,NXM_NX_REG1[7]=1,xxreg0[64..100]=0x5,tun_metadata0=0x12/0xff actions=1",
	"dl_vlan=5,dl_vlan_pcp=3,vlan_tci1=0/0x1fff,tun_flags=+oam actions=1",
	"metadata=0x5/0x7,tun_id=5,tun_src=1.2.3.4/24,pkt_mark=010 actions=1",
	"actions=output:NXM_NX_REG0[0..15],output:5,output(port=1,max_len=100)",
	"actions=load:0x12->NXM_NX_REG0[0..15],load:5->reg1[],load:017->xxreg0[3..70]",
	"actions=move:NXM_NX_REG0[0..3]->NXM_NX_REG1[4..7],move:reg3->reg4",
	"ip actions=set_field:1.2.3.4/255.0.0.0->nw_src,set_field:0x12/0xff->reg0",
	"actions=set_field:01:02:03:04:05:06/ff:ff:ff:00:00:00->eth_src,set_field:5->in_port",
	"ipv6 actions=set_field:fe80::1/64->ipv6_src,set_field:0x5->ipv6_label",
	"actions=push:NXM_NX_REG0[0..3],pop:reg1[]",
	"actions=enqueue:1:2,enqueue(LOCAL,0x5),set_queue:07,pop_queue",
	"actions=learn(table=2,priority=0x5,cookie=010,limit=7,result_dst=reg0[1],send_flow_rem,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
	"actions=learn(dl_type=0x0800,reg1[0..3]=5,load:5->reg2[0..7],load:NXM_OF_IN_PORT[]->reg3[0..15],reg4)",
	"actions=learn(idle_timeout=1,fin_idle_timeout=2,eth_src=01:02:03:04:05:06,in_port=LOCAL,vlan_tci[0..11])",
	"actions=multipath(symmetric_l4,50,modulo_n,8,0,NXM_NX_REG0[0..15])",
	"actions=bundle(eth_src,0,hrw,ofport,members:4,8)",
	"actions=bundle_load(eth_src,0x0,active_backup,ofport,reg0[0..15],slaves:4,8)",
	"ip actions=ct(commit,force,zone=5,table=3,alg=ftp,exec(set_field:1->ct_mark))",
	"ip actions=ct(commit,zone=NXM_NX_REG0[0..15],nat(src=1.2.3.4-1.2.3.9:80-90,random,persistent))",
	"ipv6 actions=ct(nat(dst=[fe80::1]-[fe80::9]:80,hash),commit,exec(load:0x5->NXM_NX_CT_LABEL[0..15]))",
	"actions=controller(max_len=100,id=5,reason=no_match,userdata=01.02.0a,pause,meter_id=3),controller:77",
	"actions=sample(probability=655,collector_set_id=0x5,obs_domain_id=3,obs_point_id=07,sampling_port=1,egress)",
	"actions=encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))",
	"packet_type=(1,0x894f) actions=decap(packet_type(ns=1,type=0x894f)),encap(ethernet)",
	"actions=resubmit(1,2),resubmit:7,resubmit(,3,ct)",
	"actions=conjunction(0x5,1/2),note:01.02.0a",
	"actions=check_pkt_larger(0x5dc)->NXM_NX_REG0[0]",
	"tcp actions=fin_timeout(idle_timeout=5,hard_timeout=0x6),dec_ttl(1,2),mod_tp_dst:80",
	"actions=clone(output:1,push_vlan:0x8100),write_actions(output:1,group:5)",
	"actions=meter:1,mod_vlan_vid:5,mod_vlan_pcp:3,mod_dl_src:01:02:03:04:05:06,clear_actions,write_metadata:0x5/0xff,goto_table:7",
	"ip actions=mod_nw_src:1.2.3.4,mod_nw_tos:4,mod_nw_ecn:2,mod_nw_ttl:0x5,set_tunnel64:0x123456789,strip_vlan",
	"mpls actions=push_mpls:0x8848,set_mpls_label:010,set_mpls_tc:3,set_mpls_ttl:4,dec_mpls_ttl,pop_mpls:0x800",
	"actions=delete_field:tun_metadata0,ct_clear,exit,unroll_xlate,group:ALL",
}

// TestSpoiled makes each small mistake once in each place of some flows.
func TestSpoiled(t *testing.T) {
	n, seed := amount(t, 400)
	g := newGen(seed)
	c := newComparison(t)
	var all []string
	seen := map[string]bool{}
	for _, s := range spoilt {
		add := func(line string) {
			if !seen[line] && strings.TrimSpace(line) != "" {
				seen[line] = true
				all = append(all, line)
			}
		}
		add(s)
		for i := range s {
			add(s[:i] + s[i+1:])
			add(s[:i])
			for _, in := range "()[]/:=,01x>.-+ aA" {
				add(s[:i] + string(in) + s[i:])
			}
			for _, in := range []string{"9", "-", "99999", "0x", "x", "(", ")", "]", "/", ",", " "} {
				add(s[:i] + in + s[i+1:])
			}
			if i+1 < len(s) {
				add(s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:])
			}
		}
	}
	offer := []string{"-O", "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15"}
	g.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, line := range all[:min(n, len(all))] {
		c.lines++
		c.single(offer, line)
	}
	t.Logf("%d of %d mistakes", c.lines, len(all))
	c.done()
}
