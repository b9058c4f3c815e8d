package seedrows

// Pieces of commands and of what they print.
const (
	vm1     = "fa:16:3e:d3:4f:c1"
	vm2     = "fa:16:3e:f4:18:f5"
	gateway = "fa:16:3e:2f:e7:eb"

	rest  = `.*`
	end   = `(?:\n.*)?`
	trace = "ovs-appctl ofproto/trace br-tun "
	// toTunnel ends a trace that sends the frame untagged into the tunnel.
	toTunnel = rest + `strip_vlan\s+set_tunnel:0x138f\s+output:3` + rest + `Datapath actions: [^\n]*tun_id=0x138f,src=10.10.0.52,dst=10.10.0.51,[^\n]*df[^\n]*pop_vlan,\d+`
	drops    = rest + "Datapath actions: drop"
)

// rows run in order on one switch.
var rows = []row{
	{"Bridges", []step{
		{"ovs-vsctl add-br br-tun -- add-br br-int -- add-br br-ex -- set-fail-mode br-tun secure", ""},
		{"ovs-vsctl list-br", "br-ex\nbr-int\nbr-tun"},
		{"ovs-vsctl add-port br-tun patch-int -- set interface patch-int type=patch options:peer=patch-tun", ""},
		{"ovs-vsctl get interface patch-int error", `"No usable peer 'patch-tun' exists in 'system' datapath\."`},
		{"ovs-vsctl add-port br-int patch-tun -- set interface patch-tun type=patch options:peer=patch-int", ""},
		{"ovs-vsctl get interface patch-int error", `\[\]`},
		{`ovs-vsctl add-port br-tun vxlan-0a0a0033 -- set interface vxlan-0a0a0033 type=vxlan ofport_request=3 \
			options:df_default=true options:in_key=flow options:out_key=flow options:local_ip=10.10.0.52 options:remote_ip=10.10.0.51`, ""},
		{"ovs-vsctl add-port br-tun enp2s0f1 -- set interface enp2s0f1 ofport_request=1 -- set interface patch-int ofport_request=2", ""},
		{"ovs-vsctl add-port br-int tap4c8a8752-e2 tag=1 -- add-port br-int tap8c6f222b-1e tag=1 -- set interface tap8c6f222b-1e type=internal", ""},
		{"for i in br-tun enp2s0f1 patch-int vxlan-0a0a0033; do ovs-vsctl get interface $i ofport; done", "65534\n1\n2\n3"},
	}},
	{"PortAndInterface", []step{
		{"ovs-vsctl list-ports br-int", "patch-tun\ntap4c8a8752-e2\ntap8c6f222b-1e"},
		{"ovs-vsctl add-bond br-ex bond0 e1 e2", ""},
		{"ovs-vsctl list-ports br-ex", "bond0"},
		{"ovs-vsctl list-ifaces br-ex", "e1\ne2"},
		{"ovs-vsctl del-port bond0", ""},
	}},
	{"Show", []step{
		{"ovs-vsctl show", rest + `\n        Port vxlan-0a0a0033
            Interface vxlan-0a0a0033
                type: vxlan
                options: {df_default="true", in_key=flow, local_ip="10.10.0.52", out_key=flow, remote_ip="10.10.0.51"}` + end},
		{"ovs-vsctl show", rest + "\n    Bridge br-tun\n        fail_mode: secure\n" + rest},
		{"ovs-vsctl show", rest + "\n        Port enp2s0f1\n            Interface enp2s0f1" + `(?:\n {4}(?: {4}P|B).*)?`},
		{"ovs-vsctl show", rest + "\n        Port tap8c6f222b-1e\n            tag: 1\n            Interface tap8c6f222b-1e\n                type: internal" + end},
		{"ovs-vsctl show", rest + "\n        Port patch-tun\n            Interface patch-tun\n                type: patch\n                options: {peer=patch-int}" + end},
		{"ovs-appctl tnl/ports/show", rest + `vxlan_sys_4789 \(4789\)` + rest},
	}},
	{"Parts", []step{
		{"ls", `(?:.*\n)?br-int\.mgmt\n.*db\.sock\n.*ovs-vswitchd\.\d+\.ctl\n.*ovs-vswitchd\.pid.*`},
		{"ovs-dpctl show", `!.*ovs-appctl dpctl/show.*`},
		{"ovs-dpctl add-dp dp0", `!.*ovs-dpctl: add_dp \(No such file or directory\)`},
		{"ovs-appctl dpctl/show", rest + `: vxlan_sys_4789 \(vxlan` + rest},
		{"ovs-appctl version", `ovs-vswitchd \(Open vSwitch\) ` + rest},
		{"ovs-pki --dir=pki --log=l init && ovs-pki -u --dir=pki --log=l req+sign c controller >o && ls c-*.pem", rest + "c-cert.pem\nc-privkey.pem\nc-req.pem"},
		{`printf 'x\n\t0x0000:  4500 003c\n\t0x0010:  0a00\n' | ovs-tcpundump`, "4500003c0a00"},
	}},
	{"Columns", []step{
		{"ovs-ofctl dump-flows br-ex", rest + `\n cookie=0x0, duration=\d+\.\d{3}s, table=0, n_packets=0, n_bytes=0, idle_age=\d+, priority=0 actions=NORMAL`},
		{"ovs-ofctl del-flows br-int", ""},
		{"ovs-ofctl add-flow br-int cookie=5,priority=65535,in_port=1,actions=drop", ""},
		{"ovs-ofctl add-flow br-int priority=65536,actions=drop", "!.*"},
		{"ovs-ofctl add-flow br-int table=1,dl_vlan=0xffff,actions=drop", ""},
		{"ovs-ofctl add-flow br-int table=2,dl_vlan=4095,actions=drop", ""},
		{"ovs-ofctl --no-stats --sort dump-flows br-int", "table=1, vlan_tci=0x0000 actions=drop\n table=2, dl_vlan=4095 actions=drop\n cookie=0x5, priority=65535,in_port=1 actions=drop"},
		{"ovs-ofctl --no-stats --names dump-flows br-int table=0", rest + `in_port="patch-tun" actions=drop`},
		{"sleep 1.1; ovs-ofctl mod-flows br-int table=2,actions=1; sleep 1.1; ovs-ofctl dump-flows br-int table=2", rest + `idle_age=\d+, hard_age=1,` + rest},
	}},
	{"Conditions", []step{
		{"ovs-ofctl del-flows br-int", ""},
		{"ovs-ofctl add-flow br-int priority=1,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=1", ""},
		{"ovs-ofctl add-flow br-int priority=2,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00,actions=1", ""},
		{"ovs-ofctl add-flow br-int priority=3,dl_dst=ff:ff:ff:ff:ff:ff,actions=1", ""},
		{"ovs-ofctl add-flow br-int priority=4,dl_src=00:00:00:00:00:00/00:00:00:00:00:00,actions=1", ""},
		{"ovs-ofctl add-flow br-int priority=5,dl_type=0x0800,actions=1", ""},
		{"ovs-ofctl add-flow br-int priority=6,dl_type=0x086dd,actions=1", ""},
		{"ovs-ofctl add-flow br-int priority=7,dl_type=0x0806,arp_spa=192.168.1.0/24,arp_tpa=192.168.1.1,actions=1", ""},
		{"ovs-ofctl --no-stats --sort dump-flows br-int", `priority=1,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions=output:1
 priority=2,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00 actions=output:1
 priority=3,dl_dst=ff:ff:ff:ff:ff:ff actions=output:1
 priority=4 actions=output:1
 priority=5,ip actions=output:1
 priority=6,ipv6 actions=output:1
 priority=7,arp,arp_spa=192.168.1.0/24,arp_tpa=192.168.1.1 actions=output:1`},
		{"ovs-ofctl add-flow br-int table=3,arp_spa=192.168.1.0/24,actions=drop", rest + "normalization changed ofp_match" + rest},
	}},
	{"Actions", []step{
		{`for a in normal in_port output:77 mod_vlan_vid:5 mod_vlan_pcp:3 strip_vlan mod_dl_src:` + vm1 + ` mod_dl_dst:` + vm1 + ` mod_nw_src:1.2.3.4 mod_nw_dst:1.2.3.4 \
			'resubmit(3,4)' 'resubmit(,4)' 'resubmit(3,)' set_tunnel:0x138f set_tunnel:0x1ffffffff set_tunnel64:5 \
			'load:55->NXM_NX_REG2[0..5]' 'move:NXM_NX_REG0[0..5]->NXM_NX_REG1[26..31]' 'move:NXM_NX_REG0[0..15]->NXM_OF_VLAN_TCI[]'; do
			ovs-ofctl add-flow br-int table=9,ip,actions=$a && ovs-ofctl --no-stats dump-flows br-int table=9 | sed 's/.*actions=//'; done`,
			`(?:NXST[^\n]*\n)?` + lines("NORMAL", "IN_PORT", "output:77", "mod_vlan_vid:5", "mod_vlan_pcp:3", "strip_vlan", "mod_dl_src:"+vm1, "mod_dl_dst:"+vm1,
				"mod_nw_src:1.2.3.4", "mod_nw_dst:1.2.3.4", `resubmit\(3,4\)`, `resubmit\(,4\)`, "resubmit:3", "set_tunnel:0x138f", "set_tunnel64:0x1ffffffff", "set_tunnel64:0x5",
				`load:0x37->NXM_NX_REG2\[0..5\]`, `move:NXM_NX_REG0\[0..5\]->NXM_NX_REG1\[26..31\]`, `move:NXM_NX_REG0\[0..15\]->NXM_OF_VLAN_TCI\[\]`)},
		{"ovs-ofctl add-flow br-int actions=mod_dl_dest:" + vm1, `!ovs-ofctl: unknown action mod_dl_dest; did you mean mod_dl_dst\?`},
		{"ovs-ofctl add-flow br-int 'actions=load:55−>NXM_NX_REG2[0..5]'", "!.*the arrow is typed as a hyphen and >.*"},
	}},
	{"Bits", []step{
		{"ovs-ofctl add-flow br-tun 'priority=9,in_port=1,actions=load:55->NXM_NX_REG2[0..5],load:0x2b->NXM_NX_REG0[0..5],move:NXM_NX_REG0[0..5]->NXM_NX_REG1[26..31],resubmit(2,40),output:1'", ""},
		{"ovs-ofctl add-flow br-tun 'table=40,in_port=2,actions=move:NXM_NX_REG0[0..15]->NXM_OF_VLAN_TCI[]'", ""},
		{trace + "in_port=1", rest + `REG1\[26..31\] is now 0x2b` + rest + `resubmit\(2,40\)\s+40\. in_port=2,` + rest + `VLAN_TCI\[\] is now 0x2b` + rest +
			`skipping output to input port` + rest + `Final flow: reg0=0x2b,reg1=0xac000000,reg2=0x37,in_port=1,` + rest + "Datapath actions: drop"},
		{"ovs-ofctl del-flows br-tun", ""},
	}},
	{"Table", []step{
		{"ovs-ofctl add-flows br-tun $FLOWS", ""},
		{"ovs-ofctl --no-stats dump-flows br-tun table=22", rest + "table=22, dl_vlan=1 actions=strip_vlan,set_tunnel:0x138f,output:3" + rest},
		{"ovs-ofctl -O OpenFlow13 --no-stats dump-flows br-tun table=20,dl_vlan=1,dl_dst=" + vm1, rest + "actions=pop_vlan,set_field:0x138f->tun_id,output:3"},
		{trace + "in_port=1", rest + `0\. priority 0\s+drop` + drops},
		{trace + "in_port=2", rest + `resubmit\(,1\)` + rest + `resubmit\(,2\)` + rest + `resubmit\(,20\)` + drops},
		{trace + "in_port=2,arp,dl_vlan=1,arp_tpa=192.168.1.1", rest + `1\. arp,dl_vlan=1,arp_tpa=192.168.1.1, priority 3\s+drop` + drops},
		{trace + "in_port=2,ip,dl_vlan=1,dl_dst=" + gateway, rest + `1\. dl_vlan=1,dl_dst=fa:16:3e:2f:e7:eb, priority 2\s+drop` + drops},
		{trace + "in_port=2,ip,dl_vlan=1,dl_src=" + gateway + ",dl_dst=" + vm1, rest + `set\(eth\(src=fa:16:3f:e5:07:99\)\)` + rest},
		{trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=" + vm1, rest + `resubmit\(,20\)\s+20\.` + toTunnel},
		{trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=ff:ff:ff:ff:ff:ff", rest + `resubmit\(,22\)\s+22\.` + toTunnel},
		{trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=01:00:5e:00:00:01", rest + `resubmit\(,22\)\s+22\.` + toTunnel},
		{trace + "in_port=2,ip,dl_vlan=2,dl_src=" + vm2 + ",dl_dst=ff:ff:ff:ff:ff:ff", rest + `22\. priority 0\s+drop` + drops},
		{trace + "in_port=2,arp,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=192.168.1.12,arp_tpa=192.168.1.6,arp_sha=" + vm2,
			rest + `resubmit\(,21\)` + rest + "IN_PORT" + rest + `Final flow: arp,[^\n]*dl_src=fa:16:3e:d3:4f:c1,dl_dst=fa:16:3e:f4:18:f5,arp_spa=192.168.1.6,arp_tpa=192.168.1.12,arp_op=2,arp_sha=fa:16:3e:d3:4f:c1,arp_tha=fa:16:3e:f4:18:f5` + rest},
		{trace + "in_port=3,tun_id=0x1390", rest + `4\. priority 0\s+drop` + drops},
		{trace + "in_port=3,tun_id=0x138f,ip,dl_src=fa:16:3f:45:5e:f9", rest + `mod_vlan_vid:1` + rest + `9\. dl_src=fa:16:3f:45:5e:f9, priority 1\s+output:2` + rest},
	}},
	{"Learn", []step{
		{trace + "in_port=3,tun_id=0x138f,ip,dl_src=fa:16:3e:00:00:01,dl_dst=" + vm2, rest + `10\. priority 1\s+learn\(` + rest},
		{"ovs-ofctl --no-stats dump-flows br-tun table=20 | grep -c 3e:00:00:01", "!0"},
		{trace + "in_port=3,tun_id=0x138f,ip,dl_src=fa:16:3e:00:00:01,dl_dst=" + vm2 + " -generate", rest},
		{"ovs-ofctl --no-stats dump-flows br-tun table=20 | grep 3e:00:00:01",
			`table=20, hard_timeout=300, priority=1,vlan_tci=0x0001/0x0fff,dl_dst=fa:16:3e:00:00:01 actions=load:0->NXM_OF_VLAN_TCI\[\],load:0x138f->NXM_NX_TUN_ID\[\],output:3`},
		{trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=fa:16:3e:00:00:01", rest + `20\. vlan_tci=0x0001/0x0fff,dl_dst=fa:16:3e:00:00:01, priority 1` + rest + `output:3` + rest},
	}},
}

// lines joins lines, each of which may follow a dump's headline.
func lines(l ...string) string {
	s := l[0]
	for _, x := range l[1:] {
		s += `\n(?:NXST[^\n]*\n)?` + x
	}
	return s
}
