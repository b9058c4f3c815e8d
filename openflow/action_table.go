package openflow

import "sync"

// actionRow is what is said once of a kind of action: its keywords in text, of
// which the first is its name, how it is read from text, and its wire forms.
// How it is written and checked are methods of its type, beside parse and
// decode in the file of its family.
type actionRow struct {
	kind  Kind
	words []string
	parse func(p *parser, word, arg string) error // appends to p.acts
	wire  []wireForm
}

// wireForm is one encoding of an action.
type wireForm struct {
	name        string
	org         org
	first, last Version
	code        uint16
	min, max    uint16                           // length with header; max 0 is no limit
	decode      func(d *decoder, b []byte) error // b is all of it; appends to d.acts
}

// org says who numbers a wire form: the standard, or a vendor.
type org uint8

const (
	orgOF org = iota
	orgNX
	orgONF
	numOrgs
)

var actionTable = [...]actionRow{
	{KindOutput, []string{"output"}, parseOutput, []wireForm{
		{"OFPAT_OUTPUT", orgOF, V10, V10, 0, 8, 8, decodeOutput10},
		{"OFPAT_OUTPUT", orgOF, V11, V15, 0, 16, 16, decodeOutput11}}},
	{KindGroup, []string{"group"}, parseGroup, []wireForm{
		{"OFPAT_GROUP", orgOF, V11, V15, 22, 8, 8, decodeGroup},
		{"NXAST_GROUP", orgNX, V10, V10, 40, 16, 16, decodeGroupNX}}},
	{KindController, []string{"controller"}, parseController, []wireForm{
		{"NXAST_CONTROLLER", orgNX, V10, V15, 20, 16, 16, decodeController},
		{"NXAST_CONTROLLER2", orgNX, V10, V15, 37, 16, 0, decodeController2}}},
	{KindEnqueue, []string{"enqueue"}, parseEnqueue, []wireForm{
		{"OFPAT_ENQUEUE", orgOF, V10, V10, 11, 16, 16, decodeEnqueue}}},
	{KindOutputReg, nil, nil, []wireForm{
		{"NXAST_OUTPUT_REG", orgNX, V10, V15, 15, 24, 24, decodeOutputReg},
		{"NXAST_OUTPUT_REG2", orgNX, V10, V15, 32, 24, 24, decodeOutputReg2}}},
	{KindBundle, []string{"bundle", "bundle_load"}, parseBundle, []wireForm{
		{"NXAST_BUNDLE", orgNX, V10, V15, 12, 32, 0, decodeBundle},
		{"NXAST_BUNDLE_LOAD", orgNX, V10, V15, 13, 32, 0, decodeBundleLoad}}},
	{KindSetField, []string{"set_field", "load"}, parseSetField, []wireForm{
		{"NXAST_REG_LOAD", orgNX, V10, V14, 7, 24, 24, decodeRegLoad},
		{"NXAST_REG_LOAD2", orgNX, V10, V14, 33, 16, 0, decodeRegLoad2},
		{"OFPAT_SET_FIELD", orgOF, V12, V15, 25, 8, 0, decodeSetField}}},
	{KindSetVLANVID, []string{"set_vlan_vid", "mod_vlan_vid"}, parseSetVLANVID, []wireForm{
		{"OFPAT_SET_VLAN_VID", orgOF, V10, V15, 1, 8, 8, decodeSetVLANVID}}},
	{KindSetVLANPCP, []string{"set_vlan_pcp", "mod_vlan_pcp"}, parseSetVLANPCP, []wireForm{
		{"OFPAT_SET_VLAN_PCP", orgOF, V10, V15, 2, 8, 8, decodeSetVLANPCP}}},
	{KindStripVLAN, []string{"strip_vlan", "pop_vlan"}, parseStripVLAN, []wireForm{
		{"OFPAT_STRIP_VLAN", orgOF, V10, V10, 3, 8, 8, decodeStripVLAN},
		{"OFPAT_POP_VLAN", orgOF, V11, V15, 18, 8, 8, decodePopVLAN}}},
	{KindPushVLAN, []string{"push_vlan"}, parsePushVLAN, []wireForm{
		{"OFPAT_PUSH_VLAN", orgOF, V11, V15, 17, 8, 8, decodePushVLAN}}},
	{KindSetEthSrc, []string{"mod_dl_src"}, parseSetEth, []wireForm{
		{"OFPAT_SET_DL_SRC", orgOF, V10, V10, 4, 16, 16, decodeSetEthSrc},
		{"OFPAT_SET_DL_SRC", orgOF, V11, V15, 3, 16, 16, decodeSetEthSrc}}},
	{KindSetEthDst, []string{"mod_dl_dst"}, parseSetEth, []wireForm{
		{"OFPAT_SET_DL_DST", orgOF, V10, V10, 5, 16, 16, decodeSetEthDst},
		{"OFPAT_SET_DL_DST", orgOF, V11, V15, 4, 16, 16, decodeSetEthDst}}},
	{KindSetIPv4Src, []string{"mod_nw_src"}, parseSetIPv4, []wireForm{
		{"OFPAT_SET_NW_SRC", orgOF, V10, V10, 6, 8, 8, decodeSetIPv4Src},
		{"OFPAT_SET_NW_SRC", orgOF, V11, V15, 5, 8, 8, decodeSetIPv4Src}}},
	{KindSetIPv4Dst, []string{"mod_nw_dst"}, parseSetIPv4, []wireForm{
		{"OFPAT_SET_NW_DST", orgOF, V10, V10, 7, 8, 8, decodeSetIPv4Dst},
		{"OFPAT_SET_NW_DST", orgOF, V11, V15, 6, 8, 8, decodeSetIPv4Dst}}},
	{KindSetIPDSCP, []string{"mod_nw_tos"}, parseSetIPDSCP, []wireForm{
		{"OFPAT_SET_NW_TOS", orgOF, V10, V10, 8, 8, 8, decodeSetIPDSCP},
		{"OFPAT_SET_NW_TOS", orgOF, V11, V15, 7, 8, 8, decodeSetIPDSCP}}},
	{KindSetIPECN, []string{"mod_nw_ecn"}, parseSetIPECN, []wireForm{
		{"OFPAT_SET_NW_ECN", orgOF, V11, V15, 8, 8, 8, decodeSetIPECN}}},
	{KindSetIPTTL, []string{"mod_nw_ttl", "set_nw_ttl"}, parseSetIPTTL, []wireForm{
		{"OFPAT_SET_NW_TTL", orgOF, V11, V15, 23, 8, 8, decodeSetIPTTL}}},
	{KindSetL4SrcPort, []string{"mod_tp_src"}, parseSetL4, []wireForm{
		{"OFPAT_SET_TP_SRC", orgOF, V10, V15, 9, 8, 8, decodeSetL4Src}}},
	{KindSetL4DstPort, []string{"mod_tp_dst"}, parseSetL4, []wireForm{
		{"OFPAT_SET_TP_DST", orgOF, V10, V15, 10, 8, 8, decodeSetL4Dst}}},
	{KindMove, []string{"move"}, parseMove, []wireForm{
		{"NXAST_REG_MOVE", orgNX, V10, V14, 6, 24, 0, decodeMove},
		{"ONFACT_COPY_FIELD", orgONF, V13, V14, 3200, 24, 0, decodeCopyFieldONF},
		{"OFPAT_COPY_FIELD", orgOF, V15, V15, 28, 20, 0, decodeCopyField}}},
	{KindPush, []string{"push"}, parsePush, []wireForm{
		{"NXAST_STACK_PUSH", orgNX, V10, V15, 27, 24, 0, decodePush}}},
	{KindPop, []string{"pop"}, parsePop, []wireForm{
		{"NXAST_STACK_POP", orgNX, V10, V15, 28, 24, 0, decodePop}}},
	{KindDecTTL, []string{"dec_ttl"}, parseDecTTL, []wireForm{
		{"OFPAT_DEC_NW_TTL", orgOF, V11, V15, 24, 8, 8, decodeDecTTL},
		{"NXAST_DEC_TTL", orgNX, V10, V10, 18, 16, 16, decodeDecTTL},
		{"NXAST_DEC_TTL_CNT_IDS", orgNX, V10, V15, 21, 16, 0, decodeDecTTLIDs}}},
	{KindSetMPLSLabel, []string{"set_mpls_label"}, parseSetMPLSLabel, []wireForm{
		{"OFPAT_SET_MPLS_LABEL", orgOF, V11, V15, 13, 8, 8, decodeSetMPLSLabel},
		{"NXAST_SET_MPLS_LABEL", orgNX, V10, V10, 30, 16, 16, decodeSetMPLSLabelNX}}},
	{KindSetMPLSTC, []string{"set_mpls_tc"}, parseSetMPLSTC, []wireForm{
		{"OFPAT_SET_MPLS_TC", orgOF, V11, V15, 14, 8, 8, decodeSetMPLSTC},
		{"NXAST_SET_MPLS_TC", orgNX, V10, V10, 31, 16, 16, decodeSetMPLSTCNX}}},
	{KindSetMPLSTTL, []string{"set_mpls_ttl"}, parseSetMPLSTTL, []wireForm{
		{"OFPAT_SET_MPLS_TTL", orgOF, V11, V15, 15, 8, 8, decodeSetMPLSTTL},
		{"NXAST_SET_MPLS_TTL", orgNX, V10, V10, 25, 16, 16, decodeSetMPLSTTLNX}}},
	{KindDecMPLSTTL, []string{"dec_mpls_ttl"}, parseDecMPLSTTL, []wireForm{
		{"OFPAT_DEC_MPLS_TTL", orgOF, V11, V15, 16, 8, 8, decodeDecMPLSTTL},
		{"NXAST_DEC_MPLS_TTL", orgNX, V10, V10, 26, 16, 16, decodeDecMPLSTTL}}},
	{KindPushMPLS, []string{"push_mpls"}, parsePushMPLS, []wireForm{
		{"OFPAT_PUSH_MPLS", orgOF, V11, V15, 19, 8, 8, decodePushMPLS},
		{"NXAST_PUSH_MPLS", orgNX, V10, V10, 23, 16, 16, decodePushMPLSNX}}},
	{KindPopMPLS, []string{"pop_mpls"}, parsePopMPLS, []wireForm{
		{"OFPAT_POP_MPLS", orgOF, V11, V15, 20, 8, 8, decodePopMPLS},
		{"NXAST_POP_MPLS", orgNX, V10, V10, 24, 16, 16, decodePopMPLSNX}}},
	{KindDecNSHTTL, []string{"dec_nsh_ttl"}, parseDecNSHTTL, []wireForm{
		{"NXAST_DEC_NSH_TTL", orgNX, V13, V15, 48, 16, 16, decodeDecNSHTTL}}},
	{KindDeleteField, []string{"delete_field"}, parseDeleteField, []wireForm{
		{"NXAST_DELETE_FIELD", orgNX, V10, V15, 50, 24, 0, decodeDeleteField}}},
	{KindEncap, []string{"encap"}, parseEncap, []wireForm{
		{"NXAST_ENCAP", orgNX, V13, V15, 46, 16, 0, decodeEncap}}},
	{KindDecap, []string{"decap"}, parseDecap, []wireForm{
		{"NXAST_DECAP", orgNX, V13, V15, 47, 16, 0, decodeDecap}}},
	{KindSetTunnel, []string{"set_tunnel", "set_tunnel64"}, parseSetTunnel, []wireForm{
		{"NXAST_SET_TUNNEL", orgNX, V10, V15, 2, 16, 16, decodeSetTunnel},
		{"NXAST_SET_TUNNEL64", orgNX, V10, V15, 9, 24, 24, decodeSetTunnel64}}},
	{KindSetQueue, []string{"set_queue"}, parseSetQueue, []wireForm{
		{"OFPAT_SET_QUEUE", orgOF, V11, V15, 21, 8, 8, decodeSetQueue},
		{"NXAST_SET_QUEUE", orgNX, V10, V10, 4, 16, 16, decodeSetQueueNX}}},
	{KindPopQueue, []string{"pop_queue"}, parsePopQueue, []wireForm{
		{"NXAST_POP_QUEUE", orgNX, V10, V15, 5, 16, 16, decodePopQueue}}},
	{KindFinTimeout, []string{"fin_timeout"}, parseFinTimeout, []wireForm{
		{"NXAST_FIN_TIMEOUT", orgNX, V10, V15, 19, 16, 16, decodeFinTimeout}}},
	{KindResubmit, []string{"resubmit"}, parseResubmit, []wireForm{
		{"NXAST_RESUBMIT", orgNX, V10, V15, 1, 16, 16, decodeResubmit},
		{"NXAST_RESUBMIT_TABLE", orgNX, V10, V15, 14, 16, 16, decodeResubmitTable},
		{"NXAST_RESUBMIT_TABLE_CT", orgNX, V10, V15, 44, 16, 16, decodeResubmitTableCT}}},
	{KindLearn, []string{"learn"}, parseLearn, []wireForm{
		{"NXAST_LEARN", orgNX, V10, V15, 16, 32, 0, decodeLearn},
		{"NXAST_LEARN2", orgNX, V10, V15, 45, 40, 0, decodeLearn2}}},
	{KindConjunction, []string{"conjunction"}, parseConjunction, []wireForm{
		{"NXAST_CONJUNCTION", orgNX, V10, V15, 34, 16, 16, decodeConjunction}}},
	{KindMultipath, []string{"multipath"}, parseMultipath, []wireForm{
		{"NXAST_MULTIPATH", orgNX, V10, V15, 10, 32, 32, decodeMultipath}}},
	{KindNote, []string{"note"}, parseNote, []wireForm{
		{"NXAST_NOTE", orgNX, V10, V15, 8, 16, 0, decodeNote}}},
	{KindExit, []string{"exit"}, parseExit, []wireForm{
		{"NXAST_EXIT", orgNX, V10, V15, 17, 16, 16, decodeExit}}},
	{KindSample, []string{"sample"}, parseSample, []wireForm{
		{"NXAST_SAMPLE", orgNX, V10, V15, 29, 24, 24, decodeSample},
		{"NXAST_SAMPLE2", orgNX, V10, V15, 38, 32, 32, decodeSample2},
		{"NXAST_SAMPLE3", orgNX, V10, V15, 41, 32, 32, decodeSample3},
		{"NXAST_SAMPLE4", orgNX, V10, V15, 51, 48, 48, decodeSample4}}},
	{KindUnrollXlate, []string{"unroll_xlate"}, parseUnrollXlate, nil},
	{KindCT, []string{"ct"}, parseCT, []wireForm{
		{"NXAST_CT", orgNX, V10, V15, 35, 24, 0, decodeCT}}},
	{KindCTClear, []string{"ct_clear"}, parseCTClear, []wireForm{
		{"NXAST_CT_CLEAR", orgNX, V10, V15, 43, 16, 16, decodeCTClear}}},
	{KindNAT, []string{"nat"}, parseNAT, []wireForm{
		{"NXAST_NAT", orgNX, V10, V15, 36, 16, 0, decodeNAT}}},
	{KindOutputTrunc, nil, nil, []wireForm{
		{"NXAST_OUTPUT_TRUNC", orgNX, V10, V15, 39, 16, 16, decodeOutputTrunc}}},
	{KindClone, []string{"clone"}, parseClone, []wireForm{
		{"NXAST_CLONE", orgNX, V10, V15, 42, 16, 0, decodeClone}}},
	{KindCheckPktLarger, []string{"check_pkt_larger"}, parseCheckPktLarger, []wireForm{
		{"NXAST_CHECK_PKT_LARGER", orgNX, V10, V15, 49, 24, 24, decodeCheckPktLarger}}},
	{KindDebugRecirc, []string{"debug_recirc"}, parseDebugRecirc, []wireForm{
		{"NXAST_DEBUG_RECIRC", orgNX, V10, V15, 255, 16, 16, decodeDebugRecirc}}},
	{KindDebugSlow, []string{"debug_slow"}, parseDebugSlow, []wireForm{
		{"NXAST_DEBUG_SLOW", orgNX, V10, V15, 254, 16, 16, decodeDebugSlow}}},
	{KindMeter, []string{"meter"}, parseMeter, []wireForm{
		{"OFPAT_METER", orgOF, V15, V15, 29, 8, 8, decodeMeterAction}}},
	{KindClearActions, []string{"clear_actions"}, parseClearActions, nil},
	{KindWriteActions, []string{"write_actions"}, parseWriteActions, nil},
	{KindWriteMetadata, []string{"write_metadata"}, parseWriteMetadata, []wireForm{
		{"NXAST_WRITE_METADATA", orgNX, V10, V10, 22, 32, 32, decodeWriteMetadata}}},
	{KindGotoTable, []string{"goto_table"}, parseGotoTable, nil},
}

// String returns the action's name, such as "mod_vlan_vid" or "output".
func (k Kind) String() string {
	for i := range actionTable {
		if actionTable[i].kind == k && len(actionTable[i].words) > 0 {
			return actionTable[i].words[0]
		}
	}
	switch k {
	case KindOutputReg:
		return "output_reg"
	case KindOutputTrunc:
		return "output_trunc"
	}
	return "unknown"
}

// wireForms are the wire forms by who numbers them, version and code.
type wireForms [numOrgs][V15 + 1][]*wireForm

// find returns a form, or nil.
func (f *wireForms) find(o org, v Version, code uint16) *wireForm {
	if v > V15 || int(code) >= len(f[o][v]) {
		return nil
	}
	return f[o][v][code]
}

var wireIndex = sync.OnceValue(func() *wireForms {
	f := new(wireForms)
	for i := range actionTable {
		for j := range actionTable[i].wire {
			w := &actionTable[i].wire[j]
			for v := w.first; v <= w.last; v++ {
				list := &f[w.org][v]
				if more := int(w.code) + 1 - len(*list); more > 0 {
					*list = append(*list, make([]*wireForm, more)...)
				}
				(*list)[w.code] = w
			}
		}
	}
	return f
})

// wordIndex finds an action by keyword.
var wordIndex = sync.OnceValue(func() map[string]*actionRow {
	m := make(map[string]*actionRow, 96)
	for i := range actionTable {
		for _, w := range actionTable[i].words {
			m[w] = &actionTable[i]
		}
	}
	return m
})
