package ofproto

import (
	"encoding/hex"
	"strings"
	"testing"

	"govs/flow"
	"govs/openflow"
)

// conversations are those of one version; messages that it has not are left out.
func conversations(t *testing.T, v openflow.Version) []conversation {
	a := func(m openflow.Message) line { return line{conn: "a", msg: m} }
	b := func(m openflow.Message) line { return line{conn: "b", msg: m} }
	raw := func(s string) line {
		x, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return line{conn: "a", raw: x}
	}
	mod := func(cmd openflow.FlowModCommand, text string) openflow.Message { return flowMod(t, cmd, text) }
	add := func(text string) openflow.Message { return mod(openflow.FlowAdd, text) }
	flows := &openflow.FlowStatsRequest{Table: openflow.TableAny, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}
	monitor := func(id uint32, flags openflow.MonitorFlags) openflow.FlowMonitor {
		return openflow.FlowMonitor{ID: id, Flags: flags, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Table: openflow.TableAny}
	}
	allChanges := openflow.MonitorInitial | openflow.MonitorAdd | openflow.MonitorDelete | openflow.MonitorModify
	port1 := &openflow.PacketOut{Packet: make([]byte, 60), Buffer: openflow.NoBuffer, Actions: []openflow.Action{&openflow.Controller{MaxLen: 65535, Reason: openflow.ReasonAction}}}
	port1.Metadata.Set(flow.InPort, flow.U(1))
	portMod := func(p openflow.Port, config, mask openflow.PortConfig) *openflow.PortMod {
		return &openflow.PortMod{Port: p, Config: config, Mask: mask}
	}
	return []conversation{
		{"describe", []line{
			a(&openflow.FeaturesRequest{}), a(&openflow.GetConfigRequest{}), a(&openflow.DescRequest{}),
			a(&openflow.PortDescRequest{Port: openflow.PortNone}), a(&openflow.PortDescRequest{Port: 2}),
			a(&openflow.PortStatsRequest{Port: 9}), a(&openflow.PortStatsRequest{Port: 1}),
			a(&openflow.TableStatsRequest{}), a(&openflow.TableDescRequest{}),
			a(&openflow.QueueStatsRequest{Port: openflow.PortNone, Queue: openflow.QueueAll}),
			a(&openflow.QueueStatsRequest{Port: 9, Queue: openflow.QueueAll}), a(&openflow.QueueStatsRequest{Port: 1, Queue: 3}),
			a(&openflow.QueueConfigRequest{Port: 1, Queue: openflow.QueueAll}), a(&openflow.QueueConfigRequest{Port: 9, Queue: openflow.QueueAll}),
			a(&openflow.QueueConfigRequest{Port: openflow.PortNone, Queue: openflow.QueueAll}), a(&openflow.QueueConfigRequest{Port: 1, Queue: 7}),
			a(&openflow.GetAsyncRequest{}), a(&openflow.IPFIXBridgeRequest{}), a(&openflow.IPFIXFlowRequest{}),
			a(&openflow.EchoRequest{Data: []byte("hallo")}),
		}},
		{"flow-mods", []line{
			a(add("table=1,priority=9,in_port=1,cookie=5,idle_timeout=60,actions=output:2")),
			a(add("table=1,priority=9,in_port=1,cookie=6,hard_timeout=90,actions=output:3")),
			a(add("table=1,priority=9,ip,check_overlap,actions=output:3")),
			a(add("table=1,priority=8,ip,check_overlap,actions=output:3")),
			a(add("table=1,priority=8,reset_counts,ip,actions=output:2")),
			a(add("table=2,no_packet_counts,no_byte_counts,actions=output:1")),
			a(add("table=254,actions=drop")), a(add("actions=output:77")), a(add("recirc_id=1,actions=drop")),
			a(add("importance=7,table=4,actions=drop")),
			a(flows),
			a(mod(openflow.FlowModify, "table=1,cookie=6/-1,actions=output:1")),
			a(mod(openflow.FlowModify, "table=9,ip,actions=output:1")),
			a(mod(openflow.FlowModifyStrict, "table=9,priority=3,arp,actions=output:1")),
			a(mod(openflow.FlowModifyStrict, "table=254,priority=3,arp,actions=output:1")),
			a(flows),
			a(&openflow.FlowStatsRequest{Aggregate: true, Table: openflow.TableAny, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}),
			a(&openflow.FlowStatsRequest{Aggregate: true, Table: 1, OutPort: 1, OutGroup: openflow.GroupAny}),
			a(&openflow.FlowStatsRequest{Table: 254, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}),
			a(mod(openflow.FlowDelete, "table=1,out_port=2")), a(mod(openflow.FlowDeleteStrict, "table=1,priority=8,ip")),
			a(mod(openflow.FlowDelete, "table=254")), a(mod(openflow.FlowDelete, "cookie=7/1")),
			a(flows),
			a(add("table=5,actions=write_metadata:7,goto_table:7")),
			a(add("table=5,priority=3,actions=write_actions(output:1)")),
			a(&openflow.FlowStatsRequest{Table: 5, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}),
		}},
		{"flow-removed", []line{
			a(switchConfig(128)), a(add("table=1,in_port=1,send_flow_rem,cookie=0x77,importance=3,actions=drop")), a(add("table=1,in_port=2,actions=drop")),
			a(add("table=1,in_port=1,send_flow_rem,cookie=0x78,actions=output:1")),
			b(mod(openflow.FlowDelete, "table=1")), a(nil),
		}},
		{"flow-removed to a secondary", []line{
			a(switchConfig(128)), b(switchConfig(64)), b(&openflow.RoleRequest{Role: openflow.RoleSecondary}),
			a(add("table=1,in_port=1,send_flow_rem,actions=drop")), a(mod(openflow.FlowDelete, "table=1")), b(nil),
		}},
		{"roles", []line{
			a(&openflow.RoleRequest{Role: openflow.RoleNoChange}), a(&openflow.RoleRequest{Role: openflow.RolePrimary, GenerationID: 5, HasID: true}),
			b(switchConfig(128)), a(switchConfig(128)),
			b(&openflow.RoleRequest{Role: openflow.RolePrimary, GenerationID: 4, HasID: true}),
			b(&openflow.RoleRequest{Role: openflow.RolePrimary, GenerationID: 6, HasID: true}),
			a(nil), a(&openflow.RoleRequest{Role: openflow.RoleNoChange}),
			a(add("actions=drop")), a(portMod(1, 0, 0)), a(port1), a(&openflow.TableMod{Table: 1, Miss: openflow.TableMissDrop, EvictionFlags: openflow.EvictDefault}),
			a(flows), a(&openflow.GetConfigRequest{}), a(&openflow.SetConfig{SwitchConfig: openflow.SwitchConfig{Frag: openflow.FragDrop, MissSendLen: 20}}), a(&openflow.GetConfigRequest{}),
			a(&openflow.RoleRequest{Role: openflow.RoleSecondary, GenerationID: 2, HasID: true}),
			a(&openflow.RoleRequest{Role: openflow.RoleEqual}), b(&openflow.RoleRequest{Role: openflow.RoleEqual}),
		}},
		{"async", []line{
			a(switchConfig(128)), b(add("actions=drop")),
			b(portMod(1, openflow.PortNoFlood, openflow.PortNoFlood)), a(nil), b(nil),
			a(&openflow.SetAsync{Given: openflow.AllAsync}), a(&openflow.GetAsyncRequest{}),
			b(portMod(1, 0, openflow.PortNoFlood)), a(nil),
			a(&openflow.SetAsync{AsyncConfig: openflow.AsyncConfig{Primary: [openflow.NumAsyncKinds]uint32{7, 7, 7}}, Given: openflow.AllAsync}), a(&openflow.GetAsyncRequest{}),
			b(portMod(1, openflow.PortNoPacketIn, openflow.PortNoPacketIn)), a(nil),
			b(portMod(1, 0, openflow.PortNoPacketIn)), a(nil), b(portMod(77, 0, 0)),
			b(&openflow.PortMod{Port: 1, HWAddr: flow.MAC{2, 2, 2, 2, 2, 2}}),
		}},
		{"packet-in", []line{
			a(switchConfig(20)), b(switchConfig(0)), b(port1), a(nil), b(nil),
			a(&openflow.SetPacketInFormat{Format: openflow.PacketInNXT}), b(port1), a(nil),
			a(&openflow.SetPacketInFormat{Format: openflow.PacketInNXT2}), b(port1), a(nil),
			a(&openflow.SetControllerID{ID: 5}), b(port1), a(nil),
			a(&openflow.PacketOut{Packet: make([]byte, 60), Buffer: 7}),
			a(&openflow.PacketOut{Packet: make([]byte, 60), Buffer: openflow.NoBuffer, Actions: []openflow.Action{&openflow.Output{Port: 77}}}),
		}},
		{"monitor", []line{
			b(add("table=1,in_port=1,cookie=9,actions=output:2")),
			a(&openflow.FlowMonitorRequest{Monitors: []openflow.FlowMonitor{monitor(5, allChanges|openflow.MonitorActions)}}),
			a(&openflow.FlowMonitorRequest{Monitors: []openflow.FlowMonitor{monitor(5, allChanges)}}),
			b(add("table=1,in_port=2,idle_timeout=100,actions=output:2")), a(nil),
			b(add("table=1,in_port=2,actions=output:3")), a(nil),
			b(mod(openflow.FlowModify, "table=1,actions=output:3")), a(nil),
			b(mod(openflow.FlowModifyStrict, "table=1,in_port=2,cookie=0/0,actions=output:3")), a(nil),
			a(add("table=1,in_port=3,actions=drop")), a(mod(openflow.FlowDelete, "table=1,in_port=3")),
			b(mod(openflow.FlowDelete, "")), a(nil),
			a(&openflow.FlowMonitorCancel{ID: 5}), a(&openflow.FlowMonitorCancel{ID: 5}),
			a(&openflow.FlowMonitorRequest{Monitors: []openflow.FlowMonitor{{ID: 5, Command: openflow.MonitorCommandDelete}}}),
			b(add("table=1,in_port=2,actions=output:3")), a(nil),
			a(&openflow.FlowMonitorRequest{Monitors: []openflow.FlowMonitor{{ID: 8, Flags: allChanges | openflow.MonitorOwn, OutPort: 3, OutGroup: openflow.GroupAny, Table: 1}}}),
			a(add("table=1,in_port=1,actions=output:3")), a(add("table=1,in_port=1,actions=output:2")), a(add("table=1,in_port=1,actions=output:1")),
			a(&openflow.FlowMonitorRequest{Monitors: []openflow.FlowMonitor{monitor(9, openflow.MonitorInitial), {ID: 10, Table: 255, Flags: allChanges, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}}}),
		}},
		{"tables", []line{
			a(&openflow.TableMod{Table: 3, Miss: openflow.TableMissDrop, EvictionFlags: openflow.EvictDefault}),
			a(&openflow.TableMod{Table: 254, EvictionFlags: openflow.EvictDefault}), a(&openflow.TableMod{Table: 3, EvictionFlags: openflow.EvictOther}),
			a(&openflow.TableStatsRequest{}),
			a(&openflow.TableMod{Table: 3, Eviction: openflow.SwitchedOn, EvictionFlags: openflow.EvictOther}), a(&openflow.TableDescRequest{}),
			a(&openflow.TableMod{Table: 3, Eviction: openflow.SwitchedOn, EvictionFlags: openflow.EvictDefault}),
			a(&openflow.TableMod{Table: 3, Vacancy: openflow.SwitchedOn, VacancyDown: 10, VacancyUp: 90, EvictionFlags: openflow.EvictDefault}),
			a(&openflow.TableDescRequest{}), a(&openflow.TableStatsRequest{}),
			a(&openflow.TableMod{Table: openflow.TableAny, EvictionFlags: openflow.EvictDefault, Eviction: openflow.SwitchedOff, Vacancy: openflow.SwitchedOff}),
			a(&openflow.TableDescRequest{}),
		}},
		{"tunnel options", []line{
			a(&openflow.TLVTableRequest{}),
			a(&openflow.TLVTableMod{Command: openflow.TLVAdd, Maps: []openflow.TLVMap{{Class: 0xffff, Type: 1, Length: 4, Index: 2}, {Class: 0xffff, Type: 0, Length: 8, Index: 1}}}),
			a(&openflow.TLVTableMod{Command: openflow.TLVAdd, Maps: []openflow.TLVMap{{Class: 0xffff, Type: 3, Length: 4, Index: 2}}}),
			a(&openflow.TLVTableMod{Command: openflow.TLVAdd, Maps: []openflow.TLVMap{{Class: 0xffff, Type: 1, Length: 4, Index: 5}}}),
			a(&openflow.TLVTableMod{Command: openflow.TLVAdd, Maps: []openflow.TLVMap{{Class: 1, Type: 1, Length: 124, Index: 6}, {Class: 1, Type: 2, Length: 124, Index: 7}}}),
			a(&openflow.TLVTableRequest{}),
			a(&openflow.TLVTableMod{Command: openflow.TLVDelete, Maps: []openflow.TLVMap{{Class: 0xffff, Type: 1, Length: 4, Index: 2}}}),
			a(&openflow.TLVTableRequest{}), a(&openflow.TLVTableMod{Command: openflow.TLVClear}), a(&openflow.TLVTableRequest{}),
		}},
		{"unknown", []line{
			raw("01 63 0008 00000000"), raw("01 04 0010 00000000 00001234 00000001"), raw("01 04 0010 00000000 00002320 000003e8"),
			raw("01 10 000c 00000000 0063 0000"), raw("01 12 0010 00000000 0063 0000 00000000"), raw("01 12 0010 00000000 0063 0001 00000000"),
			raw("01 00 0008 00000000"), raw("01 03 0008 00000000"), raw("01 06 0008 00000000"), raw("01 0a 0008 00000000"),
			raw("01 07 000c 00000000 00000000"), raw("01 09 0008 00000000"), raw("01 09 000c 00000000 00ff 0080"),
			raw("01 0e 0008 00000000"), raw("01 18 0018 00000000 00000009 00000000 0000000000000000"),
			raw("01 0d 0008 00000000"),
		}},
	}
}
