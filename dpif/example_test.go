package dpif_test

import (
	"fmt"

	"govs/dpif"
	"govs/packet"
)

func ExampleActions() {
	var a dpif.Actions
	a = a.PushVLAN(0x8100, 0x1001).Output(3).PopVLAN()
	a = a.SetTunnel(&packet.Tunnel{ID: 0x138f, Dst: 0x0a0a0033, TTL: 64, TPDst: 4789, Flags: packet.TunDF | packet.TunKey}, nil).Output(4)
	fmt.Println(a)
	// Output: push_vlan(vid=1,pcp=0),3,pop_vlan,set(tunnel(tun_id=0x138f,dst=10.10.0.51,ttl=64,tp_dst=4789,flags(df|key))),4
}

func ExampleParseKey() {
	m, err := dpif.ParseKey("recirc_id(0),in_port(2),packet_type(ns=0,id=0),eth_type(0x0800),ipv4(dst=10.0.0.0/255.0.0.0,frag=no)", nil)
	fmt.Println(m.String(), err)
	// Output: recirc_id=0,eth,ip,in_port=2,nw_dst=10.0.0.0/8,nw_frag=no <nil>
}
