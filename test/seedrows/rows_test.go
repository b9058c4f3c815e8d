package seedrows

import "slices"

// Pieces of commands and of what they print.
const (
	vm1     = "fa:16:3e:d3:4f:c1"
	vm2     = "fa:16:3e:f4:18:f5"
	gateway = "fa:16:3e:2f:e7:eb"

	rest  = `.*`
	end   = `(?:\n.*)?`
	trace = "ovs-appctl ofproto/trace br-tun "
	drops = rest + "Datapath actions: drop"

	// order is why trees and dumps differ that print the same lines.
	order = "the order follows hashes of each switch's own"
	// headline begins a dump of OpenFlow 1.0.
	headline = `(?:NXST[^\n]*\n ?)?`
)

var rows = slices.Concat(wordRows, fieldRows, actionRows, tableRows)

// wordRows are what the article says of bridges, ports and programs.
var wordRows = []row{
	{n: 1, says: "several bridges on one host", steps: []step{
		{line: "ovs-vsctl add-br br-tun -- set-fail-mode br-tun secure"},
		{line: "ovs-vsctl add-br br-int"},
		{line: "ovs-vsctl add-br br-ex"},
		{line: "ovs-vsctl list-br", want: "br-ex\nbr-int\nbr-tun"},
		{line: "ovs-ofctl add-flow br-ex table=7,actions=drop && ovs-ofctl --no-stats dump-flows br-int table=7", want: headline},
		{line: "ovs-appctl fdb/show br-ex", want: " ?port +VLAN +MAC +Age"},
	}},
	{n: 2, says: "a port is an interface, but for a bond", steps: []step{
		{line: "ovs-vsctl add-bond br-ex bond0 e1 e2"},
		{line: "ovs-vsctl list-ports br-ex", want: "bond0"},
		{line: "ovs-vsctl list-ifaces br-ex", want: "e1\ne2"},
		{line: "ovs-vsctl get port bond0 ofport", want: `!ovs-vsctl: Port does not contain a column whose name matches "ofport"`},
		{line: "ovs-vsctl del-port bond0"},
	}},
	{n: 3, says: "bridges are joined by patch ports", steps: []step{
		{line: "ovs-vsctl add-port br-tun patch-int -- set interface patch-int type=patch options:peer=patch-tun ofport_request=2"},
		{line: "ovs-vsctl get interface patch-int error", want: `"No usable peer 'patch-tun' exists in 'system' datapath\."`},
		{line: "ovs-vsctl add-port br-int patch-tun -- set interface patch-tun type=patch options:peer=patch-int ofport_request=1"},
		{line: "ovs-vsctl get interface patch-int error", want: `\[\]`},
		{line: "ip link show patch-int", want: `!Device "patch-int" does not exist\.`},
		{line: "ovs-appctl dpctl/show | grep -c patch", want: "!0"},
	}, shown: []string{"The bridges and ports"}},
	{n: 4, says: "ports of the system show no type", steps: []step{
		{line: "ovs-vsctl add-port br-tun enp2s0f1 -- set interface enp2s0f1 ofport_request=1"},
		{line: "ovs-vsctl show", want: rest + "\n        Port enp2s0f1\n            Interface enp2s0f1" + `(?:\n {4}(?: {4}P|B).*)?`, differs: order},
	}},
	{n: 5, says: "an internal port is a device that bears the bridge's name, or its own", steps: []step{
		{line: "ovs-vsctl get interface br-int type", want: "internal"},
		{line: "ovs-vsctl get interface br-int ofport", want: "65534"},
		{line: "ovs-vsctl add-port br-int tap4c8a8752-e2 tag=1 -- set interface tap4c8a8752-e2 ofport_request=2"},
		{line: "ovs-vsctl add-port br-int tap8c6f222b-1e tag=1 -- set interface tap8c6f222b-1e type=internal ofport_request=3"},
		{line: "ovs-vsctl show", want: rest + "\n        Port tap8c6f222b-1e\n            tag: 1\n            Interface tap8c6f222b-1e\n                type: internal" + end, differs: order},
	}, shown: []string{"VM2 pings VM1, the DHCP port and the SNAT port"}},
	{n: 6, says: "ports have the names of devices; list-ports leaves the local one out", steps: []step{
		{line: "ovs-vsctl list-ports br-int", want: "patch-tun\ntap4c8a8752-e2\ntap8c6f222b-1e"},
	}},
	{n: 7, says: "what ovs-vsctl show prints", steps: []step{
		{line: `ovs-vsctl add-port br-tun vxlan-0a0a0033 -- set interface vxlan-0a0a0033 type=vxlan ofport_request=3 \
			options:df_default=true options:in_key=flow options:out_key=flow options:local_ip=10.10.0.52 options:remote_ip=10.10.0.51`},
		{line: "ovs-vsctl show", want: rest + "\n    Bridge br-tun\n        fail_mode: secure\n" + rest, differs: order},
		{line: "ovs-vsctl show | sed 1d | sort", want: rest},
	}, shown: []string{"The bridges and ports"}},
	{n: 8, says: "the options of vxlan-0a0a0033", steps: []step{
		{line: "ovs-vsctl show", want: rest + `\n        Port vxlan-0a0a0033
            Interface vxlan-0a0a0033
                type: vxlan
                options: {df_default="true", in_key=flow, local_ip="10.10.0.52", out_key=flow, remote_ip="10.10.0.51"}` + end, differs: order},
		{line: "for i in br-tun enp2s0f1 patch-int vxlan-0a0a0033; do ovs-vsctl get interface $i ofport; done", want: "65534\n1\n2\n3"},
		{line: "ovs-appctl ofproto/list-tunnels", want: `port 4789: vxlan-0a0a0033 \(vxlan: 10.10.0.52->10.10.0.51, key=flow, [^\n]*\)`},
	}, shown: []string{"VM2 pings VM1, the DHCP port and the SNAT port"}},
	{n: 9, says: "the tunnel's device is vxlan_sys_4789", steps: []step{
		{line: "ovs-appctl tnl/ports/show", want: `Listening ports:\nvxlan_sys_4789 \(4789\) ref_cnt=1`},
		{line: "ovs-appctl dpctl/show | grep vxlan", want: `port 4789: vxlan_sys_4789 \(vxlan[^\n]*\)`},
	}},
	{n: 10, says: "a datapath, ovs-vswitchd and ovsdb-server, each with its files", steps: []step{
		{line: "ls", want: `(?:.*\n)?br-int\.mgmt\n.*db\.sock\n.*ovs-vswitchd\.\d+\.ctl\n.*ovs-vswitchd\.pid\n.*ovsdb-server\.pid` + end},
		{line: "stop-switch"},
		{line: "ovs-vsctl --no-wait list-br", want: "br-ex\nbr-int\nbr-tun"},
		{line: "ovs-appctl version", want: `!.*ovs-appctl: cannot read pidfile "[^\n]*/ovs-vswitchd.pid" \(No such file or directory\)`},
		{line: "start-switch"},
		{line: "ovs-vsctl get interface vxlan-0a0a0033 ofport", want: "3"},
	}},
	{n: 11, says: "ovs-vswitchd learns addresses, knows VLANs, mirrors, samples by sFlow, obeys controllers", steps: []step{
		{line: `ovs-vsctl -- --id=@s create sflow targets='"127.0.0.1:6343"' agent=lo sampling=64 -- set bridge br-ex sflow=@s`, want: "[0-9a-f-]{36}", differs: "the row's UUID"},
		{line: "ovs-vsctl clear bridge br-ex sflow"},
	}, shown: []string{"interop/testdata/normal.txt", "traffic/testdata/vlan.txt", "interop/testdata/mirrors.txt", "interop/testdata/controllers.txt"}},
	{n: 12, says: "ovs-dpctl creates, changes and deletes datapaths", steps: []step{
		{line: "ovs-dpctl show", want: "!" + rest, differs: "without the kernel's module govs says where its datapaths are shown"},
		{line: "ovs-dpctl show", want: "!.*ovs-appctl dpctl/show.*", only: "govs: the advice is ours"},
		{line: "ovs-dpctl add-dp dp0 2>&1 | tail -1", want: `ovs-dpctl: add_dp \(No such file or directory\)`},
		{line: "ovs-appctl dpctl/add-dp dummy@d7 && ovs-appctl dpctl/add-flow dummy@d7 'in_port(0),eth(),eth_type(0x1234)' drop && ovs-appctl dpctl/dump-flows dummy@d7",
			want: `flow-dump from the main thread:\nrecirc_id\(0\),in_port\(0\),eth\(\),eth_type\(0x1234\), packets:0, bytes:0, used:never, actions:drop`},
		{line: "ovs-appctl dpctl/del-dp dummy@d7"},
	}, shown: []string{"interop/testdata/dpctl_datapaths.txt"}},
	{n: 13, says: "ovs-vsctl asks and changes the database", steps: []step{
		{line: "ovs-vsctl set bridge br-ex external_ids:a=b -- get bridge br-ex external_ids", want: "{a=b}"},
		{line: "ovs-vsctl clear bridge br-ex external_ids"},
	}, shown: []string{"interop/testdata/vsctl_bridges.txt", "interop/testdata/vsctl_create.txt"}},
	{n: 14, says: "ovs-appctl sends commands to daemons", steps: []step{
		{line: "ovs-appctl version", want: `ovs-vswitchd \(Open vSwitch\) ` + rest, differs: "the version"},
		{line: "ovs-appctl ofproto/list | sort", want: "br-ex\nbr-int\nbr-tun"},
		{line: "ovs-appctl nosuch", want: `!"nosuch" is not a valid command \(use "list-commands" to see a list of valid commands\)\novs-appctl: ovs-vswitchd: server returned an error`},
		{line: "ovs-appctl -f json fdb/show br-ex", want: `[\[{].*`, only: "govs: JSON came after 3.1"},
	}},
	{n: 15, says: "ovs-ofctl changes tables without a controller", steps: []step{
		{line: "ovs-vsctl get-controller br-tun"},
		{line: "ovs-ofctl add-flow br-tun table=70,actions=drop && ovs-ofctl --no-stats dump-flows br-tun table=70", want: headline + `table=70, actions=drop`},
		{line: "ovs-ofctl del-flows br-tun"},
	}, shown: []string{"interop/testdata/flow_tables.txt"}},
	{n: 16, says: "ovs-pki makes the keys of switches and controllers", steps: []step{
		{line: "ovs-pki -B 2048 --dir=pki --log=l init >o 2>&1 && ovs-pki -u -B 2048 --dir=pki --log=l req+sign c controller >o 2>&1; ls c-*.pem", want: "c-cert.pem\nc-privkey.pem\nc-req.pem"},
		{line: "openssl verify -CAfile pki/controllerca/cacert.pem c-cert.pem", want: "c-cert.pem: OK"},
	}},
	{n: 17, says: "ovs-tcpundump reads messages out of tcpdump's text", steps: []step{
		{line: `printf 'x\n\t0x0000:  0100 0008\n\t0x0010:  0000 0001\n' | ovs-tcpundump`, want: "0100000800000001"},
		{line: `ovs-ofctl ofp-print $(printf 'x\n\t0x0000:  0100 0008 0000 0001\n' | ovs-tcpundump)`, want: `OFPT_HELLO \(xid=0x1\):\n version bitmap: 0x01`},
	}},
}

// fieldRows are what the article says of the columns of a flow.
var fieldRows = []row{
	{n: 18, says: "cookie", steps: []step{
		{line: "ovs-ofctl del-flows br-int"},
		{line: "ovs-ofctl add-flow br-int cookie=5,priority=65535,in_port=1,actions=drop"},
		{line: "ovs-ofctl dump-flows br-int", want: headline + `cookie=0x5, duration=` + rest},
		{line: "ovs-ofctl dump-flows br-ex table=0", want: headline + `cookie=0x0, duration=` + rest},
	}},
	{n: 19, says: "priority, which goes from 0 to 65535", steps: []step{
		{line: "ovs-ofctl --no-stats dump-flows br-int", want: headline + `cookie=0x5, priority=65535,in_port=1 actions=drop`},
		{line: "ovs-ofctl add-flow br-int priority=65536,actions=drop", want: `!ovs-ofctl: invalid priority "65536"`},
		{line: "ovs-ofctl add-flow br-int table=6,priority=32768,actions=drop && ovs-ofctl --no-stats dump-flows br-int table=6", want: headline + `table=6, actions=drop`},
	}},
	{n: 20, says: "table", steps: []step{
		{line: "ovs-ofctl --no-stats dump-flows br-int table=6", want: headline + `table=6, actions=drop`},
		{line: "ovs-ofctl dump-flows br-int table=6", want: headline + `cookie=0x0, duration=[0-9.]+s, table=6, n_packets=0, ` + rest},
	}},
	{n: 21, says: "in_port, a number of OpenFlow's", steps: []step{
		{line: "ovs-ofctl --no-stats --names dump-flows br-int table=0", want: rest + `in_port="patch-tun" actions=drop`},
		{line: "ovs-ofctl --no-stats --no-names dump-flows br-int in_port=1", want: rest + `in_port=1 actions=drop`},
	}},
	{n: 22, says: "dl_vlan, 0 to 4095, 0xffff without a tag", steps: []step{
		{line: "ovs-ofctl add-flow br-int table=1,dl_vlan=0xffff,actions=drop"},
		{line: "ovs-ofctl add-flow br-int table=2,dl_vlan=4095,actions=drop"},
		{line: "ovs-ofctl --no-stats dump-flows br-int table=1", want: headline + `table=1, vlan_tci=0x0000 actions=drop`},
		{line: "ovs-ofctl --no-stats dump-flows br-int table=2", want: headline + `table=2, dl_vlan=4095 actions=drop`},
	}},
	{n: 23, says: "dl_src and dl_dst with masks", steps: []step{
		{line: "ovs-ofctl add-flow br-int table=3,priority=1,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=1"},
		{line: "ovs-ofctl add-flow br-int table=3,priority=2,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00,actions=1"},
		{line: "ovs-ofctl add-flow br-int table=3,priority=3,dl_dst=ff:ff:ff:ff:ff:ff,actions=1"},
		{line: "ovs-ofctl add-flow br-int table=3,priority=4,dl_src=00:00:00:00:00:00/00:00:00:00:00:00,actions=1"},
		{line: "ovs-ofctl --no-stats --sort dump-flows br-int table=3", want: `table=3, priority=1,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions=output:1
 table=3, priority=2,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00 actions=output:1
 table=3, priority=3,dl_dst=ff:ff:ff:ff:ff:ff actions=output:1
 table=3, priority=4 actions=output:1`},
	}},
	{n: 24, says: "dl_type, of IPv6 with a zero too many", steps: []step{
		{line: "ovs-ofctl add-flow br-int table=4,priority=1,dl_type=0x0800,actions=1"},
		{line: "ovs-ofctl add-flow br-int table=4,priority=2,dl_type=0x086dd,actions=1"},
		{line: "ovs-ofctl add-flow br-int table=4,priority=3,dl_type=0x0806,actions=1"},
		{line: "ovs-ofctl --no-stats --sort dump-flows br-int table=4", want: `table=4, priority=1,ip actions=output:1
 table=4, priority=2,ipv6 actions=output:1
 table=4, priority=3,arp actions=output:1`},
	}},
	{n: 25, says: "arp_spa and arp_tpa", steps: []step{
		{line: "ovs-ofctl add-flow br-int table=5,arp,arp_spa=192.168.1.0/24,arp_tpa=192.168.1.1,actions=1"},
		{line: "ovs-ofctl --no-stats dump-flows br-int table=5", want: headline + `table=5, arp,arp_spa=192.168.1.0/24,arp_tpa=192.168.1.1 actions=output:1`},
		{line: "ovs-ofctl add-flow br-int table=5,arp_spa=192.168.1.0/24,actions=drop 2>&1 | sed 's/^[^|]*|//'", want: rest + "normalization changed ofp_match" + rest},
	}},
	{n: 26, says: "duration, in seconds", steps: []step{
		{line: "ovs-ofctl dump-flows br-ex table=0", want: rest + `cookie=0x0, duration=\d+\.\d{1,3}s, table=0, n_packets=0, n_bytes=0, idle_age=\d+, priority=0 actions=NORMAL`},
	}},
	{n: 27, says: "n_packets and n_bytes count what the datapath forwards too", steps: []step{
		{line: "ovs-ofctl add-flow br-int table=0,priority=9,in_port=2,actions=1"},
		{line: "for i in 1 2 3; do ovs-appctl netdev-dummy/receive tap4c8a8752-e2 'in_port(2),eth(src=50:00:00:00:00:01,dst=50:00:00:00:00:02),eth_type(0x1234)'; done"},
		{line: "ovs-appctl revalidator/wait; ovs-ofctl dump-flows br-int in_port=2", want: rest + ` n_packets=3, n_bytes=\d+, ` + rest},
		{line: "ovs-appctl dpctl/dump-flows | sed 's/.*packets/packets/'", want: `flow-dump from the main thread:\npackets:2, bytes:\d+, used:[0-9.]+s, actions:drop`},
		{line: "ovs-ofctl del-flows br-int in_port=2"},
	}, shown: []string{"Counters"}},
	{n: 28, says: "idle_age, in NXM's dialect only", steps: []step{
		{line: "ovs-ofctl -O OpenFlow10 --flow-format=NXM dump-flows br-ex table=0", want: rest + `idle_age=\d+` + rest},
		{line: "ovs-ofctl -O OpenFlow13 dump-flows br-ex table=0 | grep -c idle_age", want: "!0"},
	}},
	{n: 29, says: "hard_age, once a flow was changed", steps: []step{
		{line: "ovs-ofctl dump-flows br-int table=2 | grep -c hard_age", want: "!0"},
		{line: "sleep 1.1; ovs-ofctl mod-flows br-int table=2,actions=1; sleep 1.1; ovs-ofctl dump-flows br-int table=2", want: rest + `idle_age=\d+, hard_age=\d+,` + rest},
	}},
}

// actionRows are what the article says of actions.
var actionRows = []row{
	{n: 30, says: "normal is a learning switch", steps: []step{
		{line: "ovs-ofctl del-flows br-int table=0"},
		{line: "ovs-ofctl add-flow br-int table=0,priority=0,actions=normal"},
		{line: "ovs-appctl netdev-dummy/receive tap4c8a8752-e2 'in_port(2),eth(src=50:00:00:00:00:01,dst=50:00:00:00:00:02),eth_type(0x1234)'"},
		{line: "ovs-appctl fdb/show br-int | sed 's/ [0-9]*$//'", want: `port  VLAN  MAC                Age\n    2     1  50:00:00:00:00:01`},
		{line: "ovs-appctl ofproto/trace br-int in_port=3,dl_src=50:00:00:00:00:02,dl_dst=50:00:00:00:00:01", want: rest + `forwarding to learned port` + rest},
		{line: "ovs-appctl ofproto/trace br-int in_port=3,dl_src=50:00:00:00:00:02,dl_dst=50:00:00:00:00:03 | sed '/^Datapath/d'", want: rest + `no learned MAC for destination, flooding` + rest},
	}, shown: []string{"traffic/testdata/normal.txt"}},
	{n: 31, says: "IN_PORT sends a packet back", steps: []step{
		{line: "ovs-ofctl add-flow br-int table=9,actions=in_port && ovs-ofctl add-flow br-int table=10,actions=output:2"},
		{line: "ovs-ofctl add-flow br-int 'table=0,priority=9,in_port=2,dl_type=0x1234,actions=resubmit(,9)'"},
		{line: "ovs-ofctl add-flow br-int 'table=0,priority=9,in_port=2,dl_type=0x1235,actions=resubmit(,10)'"},
		{line: "ovs-appctl ofproto/trace br-int in_port=2,dl_type=0x1234", want: rest + `9\. priority 32768\s+IN_PORT` + rest + `Datapath actions: \d+`},
		{line: "ovs-appctl ofproto/trace br-int in_port=2,dl_type=0x1235", want: rest + `output:2\s+>> skipping output to input port` + drops},
	}, shown: []string{"ARP is answered on the spot"}},
	{n: 32, says: "output:N", steps: []step{
		{line: "ovs-ofctl add-flow br-int table=9,actions=output:77 && ovs-ofctl --no-stats dump-flows br-int table=9", want: headline + "table=9, actions=output:77"},
		{line: "ovs-appctl ofproto/trace br-int in_port=2,dl_type=0x1234", want: rest + `output:77\s+>> Nonexistent output port` + drops},
	}},
	{n: 33, says: "mod_vlan_vid, mod_vlan_pcp and strip_vlan", steps: []step{
		{line: forms("mod_vlan_vid:5", "mod_vlan_pcp:3", "strip_vlan"), want: lines("mod_vlan_vid:5", "mod_vlan_pcp:3", "strip_vlan")},
		{line: "ovs-ofctl add-flow br-int table=9,actions=mod_vlan_vid:5,1"},
		{line: "ovs-appctl ofproto/trace br-int in_port=2,dl_type=0x1234", want: rest + `Final flow: in_port=2,dl_vlan=5,dl_vlan_pcp=0,` + rest},
		{line: "ovs-ofctl add-flow br-int table=9,actions=mod_vlan_vid:5,3"},
		{line: "ovs-appctl ofproto/trace br-int in_port=2,dl_type=0x1234", want: rest + `Datapath actions: push_vlan\(vid=5,pcp=0\),\d+`},
		{line: "ovs-ofctl add-flow br-int 'table=0,priority=9,in_port=1,dl_vlan=7,actions=resubmit(,9)'"},
		{line: "ovs-appctl ofproto/trace br-int in_port=1,dl_vlan=7,dl_vlan_pcp=6", want: rest + `Datapath actions: set\(vlan\(vid=5,pcp=6\)\),\d+|` + rest + `Datapath actions: pop_vlan,push_vlan\(vid=5,pcp=6\),\d+`},
		{line: "ovs-ofctl add-flow br-int table=9,actions=strip_vlan,3"},
		{line: "ovs-appctl ofproto/trace br-int in_port=1,dl_vlan=7,dl_vlan_pcp=6", want: rest + `Datapath actions: pop_vlan,\d+`},
		{line: "ovs-appctl ofproto/trace br-int in_port=2,dl_type=0x1234", want: rest + `Datapath actions: \d+`},
	}, shown: []string{"traffic/testdata/vlan.txt"}},
	{n: 34, says: "mod_dl_src and mod_dl_dst, which the article spells mod_dl_dest", steps: []step{
		{line: forms("mod_dl_src:"+vm1, "mod_dl_dst:"+vm1), want: lines("mod_dl_src:"+vm1, "mod_dl_dst:"+vm1)},
		{line: "ovs-ofctl add-flow br-int actions=mod_dl_dest:" + vm1, want: `!ovs-ofctl: unknown action mod_dl_dest(?:; did you mean mod_dl_dst\?)?`, differs: "govs says what is meant"},
		{line: "ovs-ofctl add-flow br-int actions=mod_dl_dest:" + vm1, want: `!.*; did you mean mod_dl_dst\?`, only: "govs: the advice is ours"},
	}},
	{n: 35, says: "mod_nw_src and mod_nw_dst", steps: []step{
		{line: forms("mod_nw_src:1.2.3.4", "mod_nw_dst:1.2.3.4"), want: lines("mod_nw_src:1.2.3.4", "mod_nw_dst:1.2.3.4")},
		{line: "ovs-ofctl add-flow br-int 'table=0,priority=9,in_port=2,udp,actions=mod_nw_src:1.2.3.4,3'"},
		{line: "ovs-appctl ofproto/trace br-int in_port=2,udp,nw_src=9.9.9.9", want: rest + `Datapath actions: set\(ipv4\(src=1.2.3.4\)\),\d+`},
	}, shown: []string{"traffic/testdata/rewrite.txt"}},
	{n: 36, says: "load, whose arrow the article typed with a minus sign", steps: []step{
		{line: forms("load:55->NXM_NX_REG2[0..5]"), want: lines(`load:0x37->NXM_NX_REG2\[0..5\]`)},
		{line: "ovs-ofctl add-flow br-int 'actions=load:55−>NXM_NX_REG2[0..5]'", want: "!.*missing `->'.*", differs: "govs says what is wrong with the arrow"},
		{line: "ovs-ofctl add-flow br-int 'actions=load:55−>NXM_NX_REG2[0..5]'", want: "!.*the arrow is typed as a hyphen and >.*", only: "govs: the advice is ours"},
	}},
	{n: 37, says: "resubmit", steps: []step{
		{line: forms("resubmit(3,4)", "resubmit(,4)", "resubmit(3,)"), want: lines(`resubmit\(3,4\)`, `resubmit\(,4\)`, "resubmit:3")},
		{line: "ovs-ofctl add-flow br-int 'table=0,priority=9,in_port=2,dl_type=0x1236,actions=resubmit(3,40),output:3' && ovs-ofctl add-flow br-int table=40,in_port=3,actions=mod_dl_src:" + vm1},
		{line: "ovs-appctl ofproto/trace br-int in_port=2,dl_type=0x1236", want: rest + `resubmit\(3,40\)\s+40\. in_port=3, priority 32768\s+set_field|` + rest + `resubmit\(3,40\)\s+40\. in_port=3, priority 32768\s+mod_dl_src` + rest + `output:3` + rest + `Final flow: in_port=2,` + rest},
	}},
	{n: 38, says: "set_tunnel and set_tunnel64", steps: []step{
		{line: forms("set_tunnel:0x138f", "set_tunnel:0x1ffffffff", "set_tunnel64:5"), want: lines("set_tunnel:0x138f", "set_tunnel64:0x1ffffffff", "set_tunnel64:0x5")},
	}},
	{n: 39, says: "move, the two examples", steps: []step{
		{line: forms("move:NXM_NX_REG0[0..5]->NXM_NX_REG1[26..31]", "move:NXM_NX_REG0[0..15]->NXM_OF_VLAN_TCI[]"), want: lines(`move:NXM_NX_REG0\[0..5\]->NXM_NX_REG1\[26..31\]`, `move:NXM_NX_REG0\[0..15\]->NXM_OF_VLAN_TCI\[\]`)},
		{line: "ovs-ofctl add-flow br-tun 'priority=9,in_port=1,actions=load:55->NXM_NX_REG2[0..5],load:0x2b->NXM_NX_REG0[0..5],move:NXM_NX_REG0[0..5]->NXM_NX_REG1[26..31],resubmit(2,40),output:1'"},
		{line: "ovs-ofctl add-flow br-tun 'table=40,in_port=2,actions=move:NXM_NX_REG0[0..15]->NXM_OF_VLAN_TCI[]'"},
		{line: trace + "in_port=1", want: rest + `REG1\[26..31\] is now 0x2b` + rest + `resubmit\(2,40\)\s+40\. in_port=2,` + rest + `VLAN_TCI\[\] is now 0x2b` + rest},
	}},
	{n: 40, says: "load 55, which is 110111", steps: []step{
		{line: trace + "in_port=1", want: rest + `skipping output to input port` + rest + `Final flow: reg0=0x2b,reg1=0xac000000,reg2=0x37,in_port=1,` + rest + "Datapath actions: drop"},
		{line: "ovs-ofctl del-flows br-tun"},
	}},
}

// forms prints actions as the switch gives them back.
func forms(actions ...string) string {
	s := "for a in"
	for _, a := range actions {
		s += " '" + a + "'"
	}
	return s + `; do ovs-ofctl add-flow br-int table=39,ip,actions=$a && ovs-ofctl --no-stats dump-flows br-int table=39 | sed '/^NXST/d;s/.*actions=//'; done`
}

// lines joins lines.
func lines(l ...string) string {
	s := l[0]
	for _, x := range l[1:] {
		s += `\n` + x
	}
	return s
}
