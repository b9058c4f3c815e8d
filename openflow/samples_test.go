package openflow

import (
	"encoding/hex"
	"testing"
	"time"

	"govs/flow"
)

// tableFeatures10 returns the features of a table that can do what OpenFlow 1.0 has.
func tableFeatures10(table uint8, name string) *TableFeatures {
	all := fieldsFrom(wildAll, fieldBits10)
	return &TableFeatures{Table: table, Name: name, MaxEntries: 1000, Match: all, Wildcard: all}
}

// samples returns one or more of every message.
func samples(t testing.TB) []Message {
	match := func(s string) flow.Match {
		m, err := flow.ParseMatch(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	acts := func(s string) []Action {
		a, _, err := ParseActions(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	port := PortDesc{Port: 3, Name: "eth0", HWAddr: flow.MAC{1, 2, 3, 4, 5, 6}, Config: PortDown | PortNoFwd, State: PortLinkDown,
		Curr: Feature10GFD | FeatureCopper, Advertised: Feature1GFD | FeatureAutoneg | FeaturePause, Supported: Feature100MFD, Peer: Feature10MHD}
	local := PortDesc{Port: PortLocal, Name: "br0", State: PortLive}
	packet, _ := hex.DecodeString("505400000007505400000008080045000028000000004006f97bc0a80001c0a800020008000900000000000000005000000061730000")
	tcp := match("tcp,in_port=1,dl_vlan=5,nw_src=10.0.0.0/8,tp_dst=80")
	ms := []Message{
		&Hello{Versions: VersionsOf(V10)}, &Hello{Versions: VersionsOf(V10, V13)},
		&EchoRequest{[]byte("hello")}, &EchoReply{}, &FeaturesRequest{}, &GetConfigRequest{}, &BarrierRequest{}, &BarrierReply{}, &DescRequest{}, &TableStatsRequest{}, &FlowAge{},
		&ErrorMsg{Code: ErrBadActionBadOutPort, Data: Encode(&FeaturesRequest{}, ProtoOF10, 9)},
		&ErrorMsg{Code: ErrBadRequestNXMInvalid, Data: Encode(&FeaturesRequest{}, ProtoOF10, 9)},
		&ErrorMsg{Code: ErrHelloFailedIncompatible, Data: []byte("text")},
		&SwitchFeatures{DatapathID: 0x123456789a, NTables: 254, Capabilities: CapFlowStats | CapPortStats | CapARPMatchIP | CapGroupStats | CapIPReasm, Actions: 0xfff, Ports: []PortDesc{port, local}},
		&GetConfigReply{SwitchConfig{MissSendLen: 128}}, &SetConfig{SwitchConfig{Frag: FragDrop, MissSendLen: 65535}},
		&SetFlowFormat{NXM: true}, &SetFlowFormat{}, &FlowModTableID{On: true}, &SetPacketInFormat{PacketInNXT}, &SetPacketInFormat{PacketInNXT2}, &SetControllerID{7},
		&RoleRequest{Role: RoleEqual}, &RoleRequest{Role: RolePrimary, GenerationID: 5, HasID: true}, &RoleReply{Role: RoleSecondary, GenerationID: 6, HasID: true},
		&Desc{"maker", "hard", "soft", "ser", "dp"},
		&PortStatus{PortAdd, port}, &PortStatus{PortDelete, local}, &PortStatus{PortModify, port},
		&PortMod{Port: 3, HWAddr: port.HWAddr, Config: PortDown, Mask: PortDown | PortNoFwd}, &PortMod{Port: 4, Advertise: Feature1GFD | FeatureCopper},
		&PortDescRequest{PortNone}, &PortDescReply{[]PortDesc{local, port}}, &PortDescReply{},
		&PortStatsRequest{PortNone}, &PortStatsRequest{3}, &PortStatsReply{[]PortStats{{Port: 2, RxPackets: 1, TxBytes: 5, RxErrors: ^uint64(0), Duration: 3500 * time.Millisecond}, {Port: PortLocal, Collisions: ^uint64(0), Duration: -1}}},
		&TableStatsReply{[]TableStats{{Table: 0, ActiveCount: 3, Features: tableFeatures10(0, "classifier")}, {Table: 1, Features: tableFeatures10(1, "")}, {Table: 2, Features: tableFeatures10(2, "")}, {Table: 3, Features: tableFeatures10(3, "")}}},
		&QueueStatsRequest{PortNone, QueueAll}, &QueueStatsRequest{3, 2}, &QueueStatsReply{[]QueueStats{{Port: 1, Queue: 2, TxBytes: 3, TxPackets: 4, TxErrors: ^uint64(0), Duration: -1}, {Port: PortLocal, Duration: 1000001 * time.Microsecond}}},
		&FlowStatsRequest{Match: tcp, Table: TableAny, OutPort: PortNone, OutGroup: GroupAny}, &FlowStatsRequest{Table: 3, OutPort: 5, OutGroup: GroupAny, Aggregate: true},
		&FlowStatsReply{[]FlowStats{
			{Match: tcp, Cookie: 5, Table: 2, Priority: 100, IdleTimeout: 5, HardTimeout: 6, Duration: 3*time.Second + 70*time.Millisecond, IdleAge: 4, HardAge: 2, Packets: 7, Bytes: 8, Flags: FlagSendFlowRem, Importance: 9, Actions: acts("output:3,mod_vlan_vid:4")},
			{Priority: DefaultPriority, IdleAge: -1, HardAge: -1, Packets: ^uint64(0), Bytes: ^uint64(0), Actions: acts("goto_table:7")}}},
		&FlowStatsReply{}, &AggregateStats{1, 2, 3}, &AggregateStats{^uint64(0), ^uint64(0), 3},
		&FlowRemoved{Match: tcp, Cookie: 6, Priority: 9, Reason: RemovedHardTimeout, Table: 4, Duration: 5 * time.Second, IdleTimeout: 3, HardTimeout: 4, Packets: 1, Bytes: 2},
		&FlowRemoved{Priority: DefaultPriority, Reason: RemovedDelete, Table: TableAny, Duration: time.Millisecond},
		&PacketIn{Packet: packet, TotalLen: len(packet), Buffer: NoBuffer, Metadata: match("in_port=3"), Reason: ReasonNoMatch, Cookie: ^uint64(0)},
		&PacketIn{Packet: packet, TotalLen: 100, Buffer: 5, Metadata: match("in_port=3"), Reason: ReasonAction, Table: 5, Cookie: 0x77},
		&PacketIn{Format: PacketInNXT, Packet: packet, TotalLen: len(packet), Buffer: NoBuffer, Metadata: match("in_port=3,reg1=5"), Table: 1, Cookie: 9},
		&PacketIn{Format: PacketInNXT2, Packet: packet, TotalLen: len(packet), Buffer: NoBuffer, Metadata: match("in_port=3,metadata=5,tun_id=9"), Reason: ReasonInvalidTTL, Table: 1, Cookie: 9, Userdata: []byte{1, 2, 3}},
		&PacketOut{Packet: packet, Buffer: NoBuffer, Metadata: match("in_port=LOCAL"), Actions: acts("output:1,resubmit(,3)")},
		&PacketOut{Buffer: 77, Metadata: match("in_port=2"), Actions: nil},
	}
	ms = append(ms, moreSamples(match, acts, packet)...)
	for _, s := range []string{"actions=drop", "in_port=3,dl_vlan=4,dl_vlan_pcp=2,dl_src=1:2:3:4:5:6,icmp,nw_src=1.2.3.0/24,icmp_type=3,actions=1", "arp,arp_tpa=1.2.3.4,arp_op=1,actions=1", "dl_type=0x1234,actions=1", "tcp,tcp_dst=80,actions=1", "ip,nw_proto=47,nw_tos=8,actions=1", "table=3,cookie=5,priority=7,idle_timeout=1,hard_timeout=2,importance=3,send_flow_rem,check_overlap,ip,actions=1"} {
		fm, _, err := ParseFlowMod(s, FlowAdd, nil)
		if err != nil {
			t.Fatal(err)
		}
		ms = append(ms, fm)
	}
	for _, c := range []FlowModCommand{FlowDelete, FlowDeleteStrict} {
		fm, _, err := ParseFlowMod("table=1,cookie=5/7,out_port=3,ip", c, nil)
		if err != nil {
			t.Fatal(err)
		}
		ms = append(ms, fm)
	}
	return ms
}
