package openflow

import (
	"net/netip"
	"time"

	"govs/flow"
)

// moreSamples are samples of the messages that not every switch speaks.
func moreSamples(match func(string) flow.Match, acts func(string) []Action, packet []byte) []Message {
	tcp := match("tcp,in_port=1,dl_vlan=5,nw_src=10.0.0.0/8,tp_dst=80")
	var async AsyncConfig
	async.Primary[AsyncPacketIn], async.Secondary[AsyncPortStatus] = 1<<ReasonNoMatch|1<<ReasonAction, 7
	async.Primary[AsyncFlowRemoved], async.Primary[AsyncTableStatus], async.Secondary[AsyncRoleStatus] = 0xf, 0x18, 3
	async.Primary[AsyncRequestForward] = 3
	addr := func(s string) [16]byte { return netip.MustParseAddr(s).As16() }
	cont := Continuation{Bridge: [16]byte{1, 2, 3, 15: 9}, Stack: [][]byte{{0, 0, 5}, {0xab, 0xcd}, {0}}, Mirrors: 5, Conntracked: true, ODPPort: 7,
		Steps: []ContinuationStep{{0, 0, acts("output:2")}, {3, 0x99, acts("resubmit(,4),output:3")}}, ActionSet: acts("output:9")}
	full := TableInstructions{Instructions: 0x7e}
	full.Next.Add(3, 4, 5, 9)
	full.Write.Actions = 1<<KindOutput | 1<<KindGroup | 1<<KindSetField | 1<<KindPushVLAN | 1<<KindStripVLAN | 1<<KindDecTTL
	full.Apply = full.Write
	full.Write.SetFields.Add(flow.Reg0, flow.Reg1, flow.Reg2, flow.EthSrc, flow.EthDst, flow.IPSrc)
	less := TableInstructions{Instructions: 0x2}
	var some, masked FieldSet
	some.Add(flow.InPortOXM, flow.EthSrc, flow.EthDst, flow.EthType, flow.Reg4, flow.Reg5, flow.Reg6, flow.Reg7, flow.VlanVID, flow.TCPSrc)
	masked.Add(flow.EthSrc, flow.EthDst)
	table := func(id uint8, name string) TableFeatures {
		t := TableFeatures{Table: id, Name: name, MetadataMatch: 0xff, MetadataWrite: 0xf0, Eviction: SwitchedOn, Vacancy: SwitchedOff, MaxEntries: 100,
			HasProperties: true, Flows: full, MissFlow: full, Match: some, Mask: masked, Wildcard: some}
		return t
	}
	other := table(5, "")
	other.MissFlow, other.Flows.Apply.Actions, other.Wildcard = less, 1<<KindOutput, masked
	plain := TableFeatures{Table: 1, MaxEntries: 5, Eviction: SwitchedOff, Vacancy: SwitchedOff, HasProperties: true}
	stats := &TableFeatures{Table: 2, Name: "two", MetadataMatch: 1, MetadataWrite: 2, Miss: TableMissContinue, MaxEntries: 7, Flows: full, MissFlow: full, Match: some, Wildcard: masked}
	custom := []CustomStat{{"one", 1}, {"two", ^uint64(0)}, {"a name that is longer", 3}, {"4", 4}}
	var rfc [NumRFC2819]uint64
	for i := range rfc {
		rfc[i] = uint64(i) * 1000
	}
	ms := []Message{
		&GetAsyncRequest{}, &GetAsyncReply{async}, &SetAsync{AsyncConfig: async, Given: AllAsync}, &SetAsync{AsyncConfig: async, Given: 3, Properties: true}, &SetAsync{},
		&RoleStatus{Role: RoleSecondary, Reason: RolePrimaryRequest, GenerationID: 5, HasID: true}, &RoleStatus{Role: RoleEqual, Reason: RoleConfig}, &RoleStatus{Role: RolePrimary, Reason: RoleExperimenter},
		&FlowMonitorRequest{[]FlowMonitor{{ID: 1, Flags: monitorChanges, OutPort: PortNone, OutGroup: GroupAny, Table: TableAny}, {ID: 2, Flags: MonitorInitial | MonitorAdd | MonitorActions | MonitorOwn, OutPort: 5, OutGroup: 7, Table: 3, Match: tcp}}},
		&FlowMonitorRequest{}, &FlowMonitorRequest{[]FlowMonitor{{ID: 9, Command: MonitorCommandDelete, Flags: MonitorAdd, OutPort: PortNone, OutGroup: GroupAny, Table: TableAny}}},
		&FlowMonitorReply{[]FlowUpdate{{Event: FlowEventAdded, Table: 3, Priority: 6, IdleTimeout: 7, HardTimeout: 8, Cookie: 9, Match: tcp, Actions: acts("output:3,mod_vlan_vid:4")},
			{Event: FlowEventRemoved, Reason: RemovedEviction, Priority: DefaultPriority}, {Event: FlowEventModified, Table: 1, Actions: acts("output:1")}, {Event: FlowEventAbbrev, Xid: 0x1234}}},
		&FlowMonitorReply{}, &FlowMonitorCancel{77}, &FlowMonitorPaused{}, &FlowMonitorResumed{},
		&TableMod{Table: TableAny, Miss: TableMissDrop, Eviction: SwitchedOn, EvictionFlags: EvictDefault, Vacancy: SwitchedOff},
		&TableMod{Table: 3, Miss: TableMissContinue, Eviction: SwitchedOff, EvictionFlags: EvictOther | EvictLifetime, Vacancy: SwitchedOn, VacancyDown: 10, VacancyUp: 90},
		&TableDescRequest{}, &TableDescReply{}, &TableDescReply{[]TableDesc{{Table: 1, Eviction: SwitchedOn, EvictionFlags: EvictImportance | 1<<5, Vacancy: SwitchedOn, VacancyDown: 1, VacancyUp: 2, VacancyNow: 3}, {Table: 2, EvictionFlags: EvictDefault}}},
		&TableStatus{TableVacancyDown, TableDesc{Table: 1, EvictionFlags: EvictDefault, Vacancy: SwitchedOn, VacancyDown: 1, VacancyUp: 2, VacancyNow: 3}}, &TableStatus{TableVacancyUp, TableDesc{Table: 4}},
		&TableFeaturesRequest{}, &TableFeaturesRequest{[]TableFeatures{table(3, "three")}},
		&TableFeaturesReply{[]TableFeatures{other, plain}},
		&TableFeaturesReply{[]TableFeatures{table(2, "two"), table(3, ""), table(4, ""), other, plain, {Table: 2, HasProperties: true, MaxEntries: 5, Eviction: SwitchedOff, Vacancy: SwitchedOff}}},
		&TableStatsReply{[]TableStats{{Table: 2, LookupCount: 5, MatchedCount: 6, Features: stats}, {Table: 3, LookupCount: 5, MatchedCount: 6, Features: stats}, {Table: 4}}},
		&TableStatsReply{},
		&TLVTableRequest{}, &TLVTableMod{TLVAdd, []TLVMap{{0xffff, 1, 4, 0}, {0, 0, 124, 63}}}, &TLVTableMod{TLVDelete, []TLVMap{{1, 2, 8, 3}}}, &TLVTableMod{Command: TLVClear},
		&TLVTableReply{256, 64, []TLVMap{{0xffff, 1, 4, 5}, {0, 0, 124, 2}}}, &TLVTableReply{MaxSpace: 256},
		&QueueConfigRequest{3, QueueAll}, &QueueConfigRequest{PortLocal, 2}, &QueueConfigRequest{PortNone, QueueAll},
		&QueueConfigReply{Port: 3, Queues: []QueueConfig{{3, 1, 500, QueueRateNone}, {3, 2, 1001, 3}, {3, 3, QueueRateNone, QueueRateNone}}}, &QueueConfigReply{Port: 4},
		&QueueConfigReply{Port: PortLocal, Queues: []QueueConfig{{PortLocal, 1, 500, QueueRateNone}}},
		&QueueConfigReply{Queues: []QueueConfig{{PortLocal, 1, 500, QueueRateNone}, {3, 1, 500, 600}, {3, 2, 1, 2}}},
		&Resume{PacketIn{Format: PacketInNXT2, Packet: packet, TotalLen: len(packet), Buffer: NoBuffer, Metadata: match("in_port=3"), Table: 1, Cookie: 9, Continuation: cont.Encode(V10)}},
		&PacketIn{Format: PacketInNXT2, Packet: packet[:40], TotalLen: len(packet), Buffer: 7, Metadata: match("in_port=3"), Reason: ReasonActionSet, Cookie: ^uint64(0), Userdata: []byte{0xff}, Continuation: []byte{0x80, 3, 0, 4, 0, 0, 0, 0}},
		&CTFlushZone{77}, &CTFlush{}, &CTFlush{Proto: 6, Zone: 3, HasZone: true, Orig: &CTTuple{Src: addr("::ffff:10.1.2.3"), Dst: addr("::ffff:10.1.2.4"), SrcPort: 5, DstPort: 6}},
		&CTFlush{Proto: 1, Orig: &CTTuple{Src: addr("fe80::1"), ICMPID: 4, ICMPType: 5, ICMPCode: 6}, Reply: &CTTuple{Dst: addr("fe80::2")}},
		&IPFIXBridgeRequest{}, &IPFIXFlowRequest{}, &IPFIXBridgeReply{IPFIXStats{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0}}, &IPFIXFlowReply{[]IPFIXStats{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {CollectorSet: 5000}}},
		&PortStatsReply{[]PortStats{{Port: 2, Duration: 5 * time.Second, Custom: custom, RFC2819: &rfc}, {Port: 300, Custom: custom[:1]}, {Port: 3, RFC2819: &rfc}}},
		&FlowRemoved{Reason: RemovedEviction, Packets: ^uint64(0), Bytes: ^uint64(0)},
		&ErrorMsg{Code: ErrFlowModFailedTableFull, Data: []byte("x")}, &ErrorMsg{Code: ErrBadPropertyBadLen}, &ErrorMsg{Code: ErrQueueOpFailedQueueError},
	}
	return ms
}
