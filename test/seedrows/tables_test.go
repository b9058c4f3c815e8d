package seedrows

// toTunnel ends a trace that sends the frame untagged into the tunnel.
const toTunnel = rest + `strip_vlan\s+set_tunnel:0x138f\s+output:3` + rest +
	`Datapath actions: pop_vlan,set\(tunnel\(tun_id=0x138f,src=10.10.0.52,dst=10.10.0.51,ttl=64,tp_dst=4789,flags\(df\|key\)\)\),4789|` + rest +
	`strip_vlan\s+set_tunnel:0x138f\s+output:3` + rest + `Datapath actions: [^\n]*tun_id=0x138f,src=10.10.0.52,dst=10.10.0.51,[^\n]*df[^\n]*pop_vlan,\d+`

const lintIsOurs = "govs: the reference does not look for mistakes"

// tableRows are the article's tables of br-tun, each by packets that meet its
// rules, and the mistake it ends with.
var tableRows = []row{
	{n: 41, says: "table 0: from port 2 to table 1, from port 3 to table 4, else dropped", steps: []step{
		{line: "ovs-ofctl add-flows br-tun $FLOWS"},
		{line: "ovs-appctl dpif/set-dp-features br-tun tnl_push_pop false", only: "reference: it would answer with the headers of its own encapsulation"},
		{line: "ovs-ofctl --no-stats dump-flows br-tun | sort", want: rest},
		{line: trace + "in_port=1", want: rest + `0\. priority 0\s+drop` + drops},
		{line: trace + "in_port=2", want: rest + `resubmit\(,1\)` + rest + `resubmit\(,2\)` + rest + `resubmit\(,20\)` + drops},
		{line: trace + "in_port=3", want: rest + `resubmit\(,4\)` + drops},
		{line: trace + "in_port=LOCAL", want: rest + `0\. priority 0\s+drop` + drops},
	}, shown: []string{"The flow tables"}},
	{n: 42, says: "table 1: the gateway stays on its host", steps: []step{
		{line: trace + "in_port=2,arp,dl_vlan=1,arp_tpa=192.168.1.1", want: rest + `1\. arp,dl_vlan=1,arp_tpa=192.168.1.1, priority 3\s+drop` + drops},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_dst=" + gateway, want: rest + `1\. dl_vlan=1,dl_dst=fa:16:3e:2f:e7:eb, priority 2\s+drop` + drops},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + gateway + ",dl_dst=" + vm1, want: rest + `1\. dl_vlan=1,dl_src=fa:16:3e:2f:e7:eb, priority 1` + rest + `set\(eth\(src=fa:16:3f:e5:07:99\)\)` + rest},
		{line: trace + "in_port=2,ip,dl_vlan=2", want: rest + `1\. priority 0\s+resubmit\(,2\)` + rest},
	}},
	{n: 43, says: "table 2: broadcast of ARP to table 21, unicast to 20, other multicast to 22", steps: []step{
		{line: trace + "in_port=2,arp,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=ff:ff:ff:ff:ff:ff", want: rest + `2\. arp,dl_dst=ff:ff:ff:ff:ff:ff, priority 1\s+resubmit\(,21\)` + rest},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=" + vm1, want: rest + `resubmit\(,20\)\s+20\.` + rest},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=01:00:5e:00:00:01", want: rest + `2\. dl_dst=01:00:00:00:00:00/01:00:00:00:00:00, priority 0\s+resubmit\(,22\)` + rest},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=ff:ff:ff:ff:ff:ff", want: rest + `resubmit\(,22\)\s+22\.` + rest},
	}},
	{n: 44, says: "tables 3 and 6 drop", steps: []step{
		{line: "ovs-ofctl add-flow br-tun 'priority=5,in_port=2,dl_type=0x1203,actions=resubmit(,3)' && ovs-ofctl add-flow br-tun 'priority=5,in_port=2,dl_type=0x1206,actions=resubmit(,6)'"},
		{line: trace + "in_port=2,dl_type=0x1203", want: rest + `3\. priority 0\s+drop` + drops},
		{line: trace + "in_port=2,dl_type=0x1206", want: rest + `6\. priority 0\s+drop` + drops},
		{line: "ovs-ofctl --strict del-flows br-tun priority=5,in_port=2,dl_type=0x1203 && ovs-ofctl --strict del-flows br-tun priority=5,in_port=2,dl_type=0x1206"},
	}},
	{n: 45, says: "table 4: tunnel 0x138f is VLAN 1", steps: []step{
		{line: trace + "in_port=3,tun_id=0x1390", want: rest + `4\. priority 0\s+drop` + drops},
		{line: trace + "in_port=3,tun_id=0x138f,ip,dl_src=fa:16:3f:45:5e:f9 | sed '/^Datapath/d'", want: rest + `4\. tun_id=0x138f, priority 1\s+mod_vlan_vid:1\s+resubmit\(,9\)` + rest},
	}, shown: []string{"VM2 pings VM1, the DHCP port and the SNAT port"}},
	{n: 46, says: "table 9: the other host's router is not learned", steps: []step{
		{line: trace + "in_port=3,tun_id=0x138f,ip,dl_src=fa:16:3f:45:5e:f9 | sed '/^Datapath/d'", want: rest + `9\. dl_src=fa:16:3f:45:5e:f9, priority 1\s+output:2` + rest},
		{line: trace + "in_port=3,tun_id=0x138f,ip,dl_src=fa:16:3e:00:00:01 | sed '/^Datapath/d'", want: rest + `9\. priority 0\s+resubmit\(,10\)` + rest},
	}},
	{n: 47, says: "table 10 learns the way back", steps: []step{
		{line: trace + "in_port=3,tun_id=0x138f,ip,dl_src=fa:16:3e:00:00:01,dl_dst=" + vm2 + " | sed '/^Datapath/d'", want: rest + `10\. priority 1\s+learn\(` + rest},
		{line: "ovs-ofctl --no-stats dump-flows br-tun table=20 | grep -c 3e:00:00:01", want: "!0"},
		{line: trace + "in_port=3,tun_id=0x138f,ip,dl_src=fa:16:3e:00:00:01,dl_dst=" + vm2 + " -generate >/dev/null"},
		{line: "ovs-ofctl --no-stats dump-flows br-tun table=20 | grep 3e:00:00:01",
			want: `table=20, hard_timeout=300, priority=1,vlan_tci=0x0001/0x0fff,dl_dst=fa:16:3e:00:00:01 actions=load:0->NXM_OF_VLAN_TCI\[\],load:0x138f->NXM_NX_TUN_ID\[\],output:3`},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=fa:16:3e:00:00:01", want: rest + `20\. vlan_tci=0x0001/0x0fff,dl_dst=fa:16:3e:00:00:01, priority 1` + rest + `output:3` + rest},
		{line: "sleep 1.1; " + trace + "in_port=3,tun_id=0x138f,ip,dl_src=fa:16:3e:00:00:01,dl_dst=" + vm2 + " -generate >/dev/null"},
		{line: "ovs-ofctl dump-flows br-tun table=20 | grep 3e:00:00:01", want: `[^\n]*duration=[1-9][^\n]* hard_age=[0-9],[^\n]*`},
	}, shown: []string{"What table 10 learned"}},
	{n: 48, says: "table 20: known machines are reached through the tunnel, untagged", steps: []step{
		{line: "ovs-ofctl -O OpenFlow13 --no-stats dump-flows br-tun table=20,dl_vlan=1,dl_dst=" + vm1, want: rest + "actions=pop_vlan,set_field:0x138f->tun_id,output:3"},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=" + vm1, want: rest + `resubmit\(,20\)\s+20\.` + toTunnel},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=fa:16:3e:97:bd:37", want: rest + `20\. dl_vlan=1,dl_dst=fa:16:3e:97:bd:37, priority 2` + rest},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=fa:16:3e:d5:8e:54", want: rest + `20\. dl_vlan=1,dl_dst=fa:16:3e:d5:8e:54, priority 2` + rest},
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=fa:16:3e:00:00:77", want: rest + `20\. priority 0\s+resubmit\(,22\)` + rest},
	}, shown: []string{"The way of one packet", "20 MB by TCP from VM2 to VM1"}},
	{n: 49, says: "table 21 answers ARP", steps: []step{
		{line: trace + "in_port=2,arp,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=192.168.1.12,arp_tpa=192.168.1.6,arp_sha=" + vm2 + " | sed '/^Datapath/d'",
			want: rest + `resubmit\(,21\)` + rest + "IN_PORT" + rest + `Final flow: arp,[^\n]*dl_src=fa:16:3e:d3:4f:c1,dl_dst=fa:16:3e:f4:18:f5,arp_spa=192.168.1.6,arp_tpa=192.168.1.12,arp_op=2,arp_sha=fa:16:3e:d3:4f:c1,arp_tha=fa:16:3e:f4:18:f5` + rest},
		{line: trace + "in_port=2,arp,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=192.168.1.12,arp_tpa=192.168.1.77", want: rest + `21\. priority 0\s+resubmit\(,22\)` + toTunnel},
	}, shown: []string{"ARP is answered on the spot"}},
	{n: 50, says: "table 22: a line of a dump pasted back", steps: []step{
		{line: "ovs-ofctl --no-stats dump-flows br-tun table=22,dl_vlan=1", want: headline + "table=22, dl_vlan=1 actions=strip_vlan,set_tunnel:0x138f,output:3"},
		{line: "ovs-ofctl add-flow br-int 'table=22, n_packets=12, n_bytes=1062, idle_age=259, hard_age=494, dl_vlan=1 actions=strip_vlan,set_tunnel:0x138f,output:3'"},
		{line: "ovs-ofctl dump-flows br-int table=22", want: headline + `cookie=0x0, duration=[0-9.]+s, table=22, n_packets=0, n_bytes=0, idle_age=\d+, dl_vlan=1 actions=strip_vlan,set_tunnel:0x138f,output:3`},
	}},
	{n: 51, says: "table 22 floods VLAN 1 into the tunnel and drops the rest", steps: []step{
		{line: trace + "in_port=2,ip,dl_vlan=1,dl_src=" + vm2 + ",dl_dst=ff:ff:ff:ff:ff:ff", want: rest + `resubmit\(,22\)\s+22\.` + toTunnel},
		{line: trace + "in_port=2,ip,dl_vlan=2,dl_src=" + vm2 + ",dl_dst=ff:ff:ff:ff:ff:ff", want: rest + `22\. priority 0\s+drop` + drops},
	}},
	{n: 52, says: "the mistake: the device with local_ip is a port of br-tun, whose flows never use it", steps: []step{
		{line: "ovs-ofctl --no-stats dump-flows br-tun | grep -c 'output:1$'", want: "!0"},
		{line: trace + "in_port=1,udp,nw_src=10.10.0.51,nw_dst=10.10.0.52,udp_dst=4789", want: rest + `0\. priority 0\s+drop` + drops},
		{line: "ip link add enp2s0f1 type veth peer name far && ip addr add 10.10.0.52/24 dev enp2s0f1 && ip link set far up && ip link set enp2s0f1 up"},
		{line: "sleep 1; ovs-appctl lint/show", want: rest + "enp2s0f1" + rest + "10.10.0.52" + rest, only: lintIsOurs},
		{line: "ovs-vsctl del-port br-tun enp2s0f1"},
		{line: "ovs-appctl lint/show", want: "no findings", only: lintIsOurs},
	}},
	{n: 53, says: "br-ex has a single rule, NORMAL", steps: []step{
		{line: "ovs-ofctl --no-stats dump-flows br-ex table=0", want: headline + "priority=0 actions=NORMAL"},
	}},
}
