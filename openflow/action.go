package openflow

// Action is an action or an instruction; the concrete types are the ones in
// this package's act_*.go files, always as pointers: &Output{Port: 3}. A list
// of actions is []Action; the empty list drops the packet.
type Action interface {
	// Kind says which action it is.
	Kind() Kind

	format(f *formatter)
	encode(e *encoder)
	check(c *checker) error
}

// Kind names an action.
type Kind uint8

// The kinds of actions and instructions, as OVS orders them.
const (
	KindOutput Kind = iota + 1
	KindGroup
	KindController
	KindEnqueue
	KindOutputReg
	KindBundle
	KindSetField
	KindSetVLANVID
	KindSetVLANPCP
	KindStripVLAN
	KindPushVLAN
	KindSetEthSrc
	KindSetEthDst
	KindSetIPv4Src
	KindSetIPv4Dst
	KindSetIPDSCP
	KindSetIPECN
	KindSetIPTTL
	KindSetL4SrcPort
	KindSetL4DstPort
	KindMove
	KindPush
	KindPop
	KindDecTTL
	KindSetMPLSLabel
	KindSetMPLSTC
	KindSetMPLSTTL
	KindDecMPLSTTL
	KindPushMPLS
	KindPopMPLS
	KindDecNSHTTL
	KindDeleteField
	KindEncap
	KindDecap
	KindSetTunnel
	KindSetQueue
	KindPopQueue
	KindFinTimeout
	KindResubmit
	KindLearn
	KindConjunction
	KindMultipath
	KindNote
	KindExit
	KindSample
	KindUnrollXlate
	KindCT
	KindCTClear
	KindNAT
	KindOutputTrunc
	KindClone
	KindCheckPktLarger
	KindDebugRecirc
	KindDebugSlow
	KindMeter
	KindClearActions
	KindWriteActions
	KindWriteMetadata
	KindGotoTable
	numKinds
)

// Kind implementations, all in one place so that a missing one does not build.

func (*Output) Kind() Kind         { return KindOutput }
func (*Group) Kind() Kind          { return KindGroup }
func (*Controller) Kind() Kind     { return KindController }
func (*Enqueue) Kind() Kind        { return KindEnqueue }
func (*OutputReg) Kind() Kind      { return KindOutputReg }
func (*Bundle) Kind() Kind         { return KindBundle }
func (*SetField) Kind() Kind       { return KindSetField }
func (*SetVLANVID) Kind() Kind     { return KindSetVLANVID }
func (*SetVLANPCP) Kind() Kind     { return KindSetVLANPCP }
func (*StripVLAN) Kind() Kind      { return KindStripVLAN }
func (*PushVLAN) Kind() Kind       { return KindPushVLAN }
func (*SetEthSrc) Kind() Kind      { return KindSetEthSrc }
func (*SetEthDst) Kind() Kind      { return KindSetEthDst }
func (*SetIPv4Src) Kind() Kind     { return KindSetIPv4Src }
func (*SetIPv4Dst) Kind() Kind     { return KindSetIPv4Dst }
func (*SetIPDSCP) Kind() Kind      { return KindSetIPDSCP }
func (*SetIPECN) Kind() Kind       { return KindSetIPECN }
func (*SetIPTTL) Kind() Kind       { return KindSetIPTTL }
func (*SetL4SrcPort) Kind() Kind   { return KindSetL4SrcPort }
func (*SetL4DstPort) Kind() Kind   { return KindSetL4DstPort }
func (*Move) Kind() Kind           { return KindMove }
func (*Push) Kind() Kind           { return KindPush }
func (*Pop) Kind() Kind            { return KindPop }
func (*DecTTL) Kind() Kind         { return KindDecTTL }
func (*SetMPLSLabel) Kind() Kind   { return KindSetMPLSLabel }
func (*SetMPLSTC) Kind() Kind      { return KindSetMPLSTC }
func (*SetMPLSTTL) Kind() Kind     { return KindSetMPLSTTL }
func (*DecMPLSTTL) Kind() Kind     { return KindDecMPLSTTL }
func (*PushMPLS) Kind() Kind       { return KindPushMPLS }
func (*PopMPLS) Kind() Kind        { return KindPopMPLS }
func (*DecNSHTTL) Kind() Kind      { return KindDecNSHTTL }
func (*DeleteField) Kind() Kind    { return KindDeleteField }
func (*Encap) Kind() Kind          { return KindEncap }
func (*Decap) Kind() Kind          { return KindDecap }
func (*SetTunnel) Kind() Kind      { return KindSetTunnel }
func (*SetQueue) Kind() Kind       { return KindSetQueue }
func (*PopQueue) Kind() Kind       { return KindPopQueue }
func (*FinTimeout) Kind() Kind     { return KindFinTimeout }
func (*Resubmit) Kind() Kind       { return KindResubmit }
func (*Learn) Kind() Kind          { return KindLearn }
func (*Conjunction) Kind() Kind    { return KindConjunction }
func (*Multipath) Kind() Kind      { return KindMultipath }
func (*Note) Kind() Kind           { return KindNote }
func (*Exit) Kind() Kind           { return KindExit }
func (*Sample) Kind() Kind         { return KindSample }
func (*CT) Kind() Kind             { return KindCT }
func (*CTClear) Kind() Kind        { return KindCTClear }
func (*NAT) Kind() Kind            { return KindNAT }
func (*OutputTrunc) Kind() Kind    { return KindOutputTrunc }
func (*Clone) Kind() Kind          { return KindClone }
func (*CheckPktLarger) Kind() Kind { return KindCheckPktLarger }
func (*DebugRecirc) Kind() Kind    { return KindDebugRecirc }
func (*DebugSlow) Kind() Kind      { return KindDebugSlow }
func (*Meter) Kind() Kind          { return KindMeter }
func (*ClearActions) Kind() Kind   { return KindClearActions }
func (*WriteActions) Kind() Kind   { return KindWriteActions }
func (*WriteMetadata) Kind() Kind  { return KindWriteMetadata }
func (*GotoTable) Kind() Kind      { return KindGotoTable }
