package openflow

import "sync"

// frame says which headers a row's numbers are for.
type frame uint8

const (
	frameNone   frame = iota
	framePlain        // OFPT_*
	frameStatsQ       // OFPST_* request
	frameStatsR       // OFPST_* reply
	frameNXT          // Nicira's messages
	frameNXSTQ        // Nicira's stats requests
	frameNXSTR        // and replies
	frameONFT         // the ONF's messages
	frameONFSTQ       // the ONF's stats requests
	frameONFSTR       // and replies
)

// rawType is a row of the message table.
type rawType uint8

// msgRow is one encoding of a message in a run of versions: its name, numbers
// and the shape of its body. What comes longer or shorter than the shape
// allows is refused before it is decoded.
type msgRow struct {
	name        string
	frame       frame
	first, last Version
	num         uint32
	min         uint16 // least length of the body
	unit        uint16 // how it may be longer: exact, anyLen, or by multiples of this
	decode      func(d *msgDecoder, b []byte) (Message, error)
}

// Units of a body's length that stand for no multiple.
const (
	exact  = 0
	anyLen = 1
)

const (
	rawNone rawType = iota
	rawHello
	rawError
	rawEchoRequest
	rawEchoReply
	rawFeaturesRequest
	rawFeaturesReply10
	rawFeaturesReply11
	rawFeaturesReply13
	rawGetConfigRequest
	rawGetConfigReply
	rawSetConfig
	rawPacketIn10
	rawPacketIn11
	rawPacketIn12
	rawPacketIn13
	rawFlowRemoved10
	rawFlowRemoved11
	rawFlowRemoved15
	rawPortStatus10
	rawPortStatus11
	rawPortStatus14
	rawPacketOut10
	rawPacketOut11
	rawPacketOut15
	rawFlowMod10
	rawFlowMod11
	rawPortMod10
	rawPortMod11
	rawPortMod14
	rawTableMod11
	rawTableMod14
	rawBarrierRequest
	rawBarrierReply
	rawBarrierRequest11
	rawBarrierReply11
	rawQueueConfigRequest10
	rawQueueConfigReply10
	rawQueueConfigRequest11
	rawQueueConfigReply11
	rawRoleRequest
	rawRoleReply
	rawGetAsyncRequest13
	rawGetAsyncRequest14
	rawGetAsyncReply13
	rawGetAsyncReply14
	rawSetAsync13
	rawSetAsync14
	rawRoleStatus14
	rawTableStatus14
	rawRequestForward14
	rawNXRoleRequest
	rawNXRoleReply
	rawNXSetFlowFormat
	rawNXFlowMod
	rawNXFlowRemoved
	rawNXFlowModTableID
	rawNXSetPacketInFormat
	rawNXPacketIn
	rawNXFlowAge
	rawNXSetAsync
	rawNXSetControllerID
	rawNXMonitorCancel
	rawNXMonitorPaused
	rawNXMonitorResumed
	rawNXTLVTableMod
	rawNXTLVTableRequest
	rawNXTLVTableReply
	rawNXSetAsync2
	rawNXResume
	rawNXCTFlushZone
	rawNXPacketIn2
	rawNXCTFlush
	rawNXRequestForward
	rawONFMonitorCancel
	rawONFMonitorPaused
	rawONFMonitorResumed
	rawONFRoleStatus
	rawONFRequestForward
	rawDescRequest
	rawDescReply
	rawFlowRequest10
	rawFlowReply10
	rawFlowRequest11
	rawFlowReply11
	rawFlowReply13
	rawFlowReply15
	rawAggregateRequest10
	rawAggregateRequest11
	rawAggregateRequest15
	rawAggregateReply
	rawAggregateReply15
	rawTableRequest
	rawTableReply10
	rawTableReply11
	rawTableReply12
	rawTableReply13
	rawPortRequest10
	rawPortRequest11
	rawPortReply10
	rawPortReply11
	rawPortReply13
	rawPortReply14
	rawQueueRequest10
	rawQueueRequest11
	rawQueueReply10
	rawQueueReply11
	rawQueueReply13
	rawQueueReply14
	rawTableFeaturesRequest
	rawTableFeaturesReply
	rawPortDescRequest
	rawPortDescRequest15
	rawPortDescReply10
	rawPortDescReply11
	rawPortDescReply14
	rawTableDescRequest
	rawTableDescReply
	rawQueueDescRequest
	rawQueueDescReply
	rawMonitorRequest14
	rawMonitorReply14
	rawNXFlowRequest
	rawNXFlowReply
	rawNXAggregateRequest
	rawNXAggregateReply
	rawNXMonitorRequest
	rawNXMonitorReply
	rawNXIPFIXBridgeRequest
	rawNXIPFIXBridgeReply
	rawNXIPFIXFlowRequest
	rawNXIPFIXFlowReply
	rawONFMonitorRequest
	rawONFMonitorReply

	rawGroupMod11
	rawGroupMod15
	rawNXGroupMod
	rawGroupRequest
	rawNXGroupRequest
	rawGroupReply11
	rawGroupReply13
	rawNXGroupReply
	rawGroupDescRequest11
	rawGroupDescRequest15
	rawNXGroupDescRequest
	rawGroupDescReply
	rawNXGroupDescReply
	rawGroupFeaturesRequest
	rawNXGroupFeaturesRequest
	rawGroupFeaturesReply
	rawNXGroupFeaturesReply
	rawMeterMod
	rawMeterRequest
	rawMeterReply
	rawMeterConfigRequest
	rawMeterConfigReply
	rawMeterFeaturesRequest
	rawMeterFeaturesReply
	rawBundleControl14
	rawBundleAdd14
	rawONFBundleControl
	rawONFBundleAdd
	numRaws
)

var msgTable = [numRaws]msgRow{
	rawHello:                {"OFPT_HELLO", framePlain, V10, V15, 0, 0, anyLen, decodeHello},
	rawError:                {"OFPT_ERROR", framePlain, V10, V15, 1, 4, anyLen, decodeErrorMsg},
	rawEchoRequest:          {"OFPT_ECHO_REQUEST", framePlain, V10, V15, 2, 0, anyLen, decodeEchoRequest},
	rawEchoReply:            {"OFPT_ECHO_REPLY", framePlain, V10, V15, 3, 0, anyLen, decodeEchoReply},
	rawFeaturesRequest:      {"OFPT_FEATURES_REQUEST", framePlain, V10, V15, 5, 0, exact, empty[FeaturesRequest]},
	rawFeaturesReply10:      {"OFPT_FEATURES_REPLY", framePlain, V10, V10, 6, 24, 48, decodeFeatures10},
	rawFeaturesReply11:      {"OFPT_FEATURES_REPLY", framePlain, V11, V12, 6, 24, 64, decodeFeatures11},
	rawFeaturesReply13:      {"OFPT_FEATURES_REPLY", framePlain, V13, V15, 6, 24, exact, decodeFeatures13},
	rawGetConfigRequest:     {"OFPT_GET_CONFIG_REQUEST", framePlain, V10, V15, 7, 0, exact, empty[GetConfigRequest]},
	rawGetConfigReply:       {"OFPT_GET_CONFIG_REPLY", framePlain, V10, V15, 8, 4, exact, decodeGetConfigReply},
	rawSetConfig:            {"OFPT_SET_CONFIG", framePlain, V10, V15, 9, 4, exact, decodeSetConfig},
	rawPacketIn10:           {"OFPT_PACKET_IN", framePlain, V10, V10, 10, 10, anyLen, decodePacketIn10},
	rawPacketIn11:           {"OFPT_PACKET_IN", framePlain, V11, V11, 10, 16, anyLen, decodePacketIn11},
	rawPacketIn12:           {"OFPT_PACKET_IN", framePlain, V12, V12, 10, 8, anyLen, decodePacketIn12},
	rawPacketIn13:           {"OFPT_PACKET_IN", framePlain, V13, V15, 10, 16, anyLen, decodePacketIn13},
	rawFlowRemoved10:        {"OFPT_FLOW_REMOVED", framePlain, V10, V10, 11, 80, exact, decodeFlowRemoved10},
	rawFlowRemoved11:        {"OFPT_FLOW_REMOVED", framePlain, V11, V14, 11, 40, 8, decodeFlowRemoved11},
	rawFlowRemoved15:        {"OFPT_FLOW_REMOVED", framePlain, V15, V15, 11, 16, 8, decodeFlowRemoved15},
	rawPortStatus10:         {"OFPT_PORT_STATUS", framePlain, V10, V10, 12, 56, exact, decodePortStatus10},
	rawPortStatus11:         {"OFPT_PORT_STATUS", framePlain, V11, V13, 12, 72, exact, decodePortStatus11},
	rawPortStatus14:         {"OFPT_PORT_STATUS", framePlain, V14, V15, 12, 48, 8, decodePortStatus14},
	rawPacketOut10:          {"OFPT_PACKET_OUT", framePlain, V10, V10, 13, 8, anyLen, decodePacketOut10},
	rawPacketOut11:          {"OFPT_PACKET_OUT", framePlain, V11, V14, 13, 16, anyLen, decodePacketOut11},
	rawPacketOut15:          {"OFPT_PACKET_OUT", framePlain, V15, V15, 13, 8, anyLen, decodePacketOut15},
	rawFlowMod10:            {"OFPT_FLOW_MOD", framePlain, V10, V10, 14, 64, 8, decodeFlowMod10},
	rawFlowMod11:            {"OFPT_FLOW_MOD", framePlain, V11, V15, 14, 40, 8, decodeFlowMod11},
	rawPortMod10:            {"OFPT_PORT_MOD", framePlain, V10, V10, 15, 24, exact, decodePortMod10},
	rawPortMod11:            {"OFPT_PORT_MOD", framePlain, V11, V13, 16, 32, exact, decodePortMod11},
	rawPortMod14:            {"OFPT_PORT_MOD", framePlain, V14, V15, 16, 24, 8, decodePortMod14},
	rawTableMod11:           {"OFPT_TABLE_MOD", framePlain, V11, V13, 17, 8, exact, decodeTableMod11},
	rawTableMod14:           {"OFPT_TABLE_MOD", framePlain, V14, V15, 17, 8, 8, decodeTableMod14},
	rawBarrierRequest:       {"OFPT_BARRIER_REQUEST", framePlain, V10, V10, 18, 0, exact, empty[BarrierRequest]},
	rawBarrierReply:         {"OFPT_BARRIER_REPLY", framePlain, V10, V10, 19, 0, exact, empty[BarrierReply]},
	rawBarrierRequest11:     {"OFPT_BARRIER_REQUEST", framePlain, V11, V15, 20, 0, exact, empty[BarrierRequest]},
	rawBarrierReply11:       {"OFPT_BARRIER_REPLY", framePlain, V11, V15, 21, 0, exact, empty[BarrierReply]},
	rawQueueConfigRequest10: {"OFPT_QUEUE_GET_CONFIG_REQUEST", framePlain, V10, V10, 20, 4, exact, decodeQueueConfigRequest10},
	rawQueueConfigReply10:   {"OFPT_QUEUE_GET_CONFIG_REPLY", framePlain, V10, V10, 21, 8, 8, decodeQueueConfigReply10},
	rawQueueConfigRequest11: {"OFPT_QUEUE_GET_CONFIG_REQUEST", framePlain, V11, V13, 22, 8, exact, decodeQueueConfigRequest11},
	rawQueueConfigReply11:   {"OFPT_QUEUE_GET_CONFIG_REPLY", framePlain, V11, V13, 23, 8, 8, decodeQueueConfigReply11},
	rawRoleRequest:          {"OFPT_ROLE_REQUEST", framePlain, V12, V15, 24, 16, exact, decodeRoleRequest},
	rawRoleReply:            {"OFPT_ROLE_REPLY", framePlain, V12, V15, 25, 16, exact, decodeRoleReply},
	rawGetAsyncRequest13:    {"OFPT_GET_ASYNC_REQUEST", framePlain, V13, V13, 26, 0, exact, empty[GetAsyncRequest]},
	rawGetAsyncRequest14:    {"OFPT_GET_ASYNC_REQUEST", framePlain, V14, V15, 26, 0, exact, empty[GetAsyncRequest]},
	rawGetAsyncReply13:      {"OFPT_GET_ASYNC_REPLY", framePlain, V13, V13, 27, 24, exact, decodeGetAsyncReply13},
	rawGetAsyncReply14:      {"OFPT_GET_ASYNC_REPLY", framePlain, V14, V15, 27, 0, 8, decodeGetAsyncReply14},
	rawSetAsync13:           {"OFPT_SET_ASYNC", framePlain, V13, V13, 28, 24, exact, decodeSetAsync13},
	rawSetAsync14:           {"OFPT_SET_ASYNC", framePlain, V14, V15, 28, 0, 8, decodeSetAsync14},
	rawRoleStatus14:         {"OFPT_ROLE_STATUS", framePlain, V14, V15, 30, 16, 8, decodeRoleStatus},
	rawTableStatus14:        {"OFPT_TABLE_STATUS", framePlain, V14, V15, 31, 8, 8, decodeTableStatus},
	rawRequestForward14:     {"OFPT_REQUESTFORWARD", framePlain, V14, V15, 32, 8, 8, decodeRequestForward},

	rawNXRoleRequest:       {"NXT_ROLE_REQUEST", frameNXT, V10, V15, 10, 4, exact, decodeNXRoleRequest},
	rawNXRoleReply:         {"NXT_ROLE_REPLY", frameNXT, V10, V15, 11, 4, exact, decodeNXRoleReply},
	rawNXSetFlowFormat:     {"NXT_SET_FLOW_FORMAT", frameNXT, V10, V10, 12, 4, exact, decodeSetFlowFormat},
	rawNXFlowMod:           {"NXT_FLOW_MOD", frameNXT, V10, V15, 13, 32, 8, decodeFlowModNX},
	rawNXFlowRemoved:       {"NXT_FLOW_REMOVED", frameNXT, V10, V15, 14, 40, 8, decodeFlowRemovedNX},
	rawNXFlowModTableID:    {"NXT_FLOW_MOD_TABLE_ID", frameNXT, V10, V15, 15, 8, exact, decodeFlowModTableID},
	rawNXSetPacketInFormat: {"NXT_SET_PACKET_IN_FORMAT", frameNXT, V10, V15, 16, 4, exact, decodeSetPacketInFormat},
	rawNXPacketIn:          {"NXT_PACKET_IN", frameNXT, V10, V15, 17, 24, anyLen, decodePacketInNX},
	rawNXFlowAge:           {"NXT_FLOW_AGE", frameNXT, V10, V15, 18, 0, exact, empty[FlowAge]},
	rawNXSetAsync:          {"NXT_SET_ASYNC_CONFIG", frameNXT, V10, V15, 19, 24, exact, decodeSetAsync13},
	rawNXSetControllerID:   {"NXT_SET_CONTROLLER_ID", frameNXT, V10, V15, 20, 8, exact, decodeSetControllerID},
	rawNXMonitorCancel:     {"NXT_FLOW_MONITOR_CANCEL", frameNXT, V10, V12, 21, 4, exact, decodeMonitorCancel},
	rawNXMonitorPaused:     {"NXT_FLOW_MONITOR_PAUSED", frameNXT, V10, V12, 22, 0, exact, empty[FlowMonitorPaused]},
	rawNXMonitorResumed:    {"NXT_FLOW_MONITOR_RESUMED", frameNXT, V10, V12, 23, 0, exact, empty[FlowMonitorResumed]},
	rawNXTLVTableMod:       {"NXT_TLV_TABLE_MOD", frameNXT, V10, V15, 24, 8, 8, decodeTLVTableMod},
	rawNXTLVTableRequest:   {"NXT_TLV_TABLE_REQUEST", frameNXT, V10, V15, 25, 0, exact, empty[TLVTableRequest]},
	rawNXTLVTableReply:     {"NXT_TLV_TABLE_REPLY", frameNXT, V10, V15, 26, 16, 8, decodeTLVTableReply},
	rawNXSetAsync2:         {"NXT_SET_ASYNC_CONFIG2", frameNXT, V10, V13, 27, 0, 8, decodeSetAsync14},
	rawNXResume:            {"NXT_RESUME", frameNXT, V10, V15, 28, 0, 8, decodeResume},
	rawNXCTFlushZone:       {"NXT_CT_FLUSH_ZONE", frameNXT, V10, V15, 29, 8, exact, decodeCTFlushZone},
	rawNXPacketIn2:         {"NXT_PACKET_IN2", frameNXT, V10, V15, 30, 0, 8, decodePacketInNX2},
	rawNXCTFlush:           {"NXT_CT_FLUSH", frameNXT, V10, V15, 32, 8, 8, decodeCTFlush},
	rawNXRequestForward:    {"NXT_REQUESTFORWARD", frameNXT, V10, V12, 132, 8, 8, decodeRequestForward},
	rawONFMonitorCancel:    {"ONFT_FLOW_MONITOR_CANCEL", frameONFT, V13, V13, 1870, 4, exact, decodeMonitorCancel},
	rawONFMonitorPaused:    {"ONFT_FLOW_MONITOR_PAUSED", frameONFT, V13, V13, 1871, 0, exact, empty[FlowMonitorPaused]},
	rawONFMonitorResumed:   {"ONFT_FLOW_MONITOR_RESUMED", frameONFT, V13, V13, 1872, 0, exact, empty[FlowMonitorResumed]},
	rawONFRoleStatus:       {"ONFT_ROLE_STATUS", frameONFT, V13, V13, 1911, 16, 8, decodeRoleStatus},
	rawONFRequestForward:   {"ONFT_REQUESTFORWARD", frameONFT, V13, V13, 2350, 8, 8, decodeRequestForward},

	rawDescRequest:          {"OFPST_DESC request", frameStatsQ, V10, V15, 0, 0, exact, empty[DescRequest]},
	rawDescReply:            {"OFPST_DESC reply", frameStatsR, V10, V15, 0, 1056, exact, decodeDesc},
	rawFlowRequest10:        {"OFPST_FLOW request", frameStatsQ, V10, V10, 1, 44, exact, decodeFlowRequest10},
	rawFlowReply10:          {"OFPST_FLOW reply", frameStatsR, V10, V10, 1, 0, anyLen, decodeFlowReply10},
	rawFlowRequest11:        {"OFPST_FLOW request", frameStatsQ, V11, V15, 1, 32, 8, decodeFlowRequest11},
	rawFlowReply11:          {"OFPST_FLOW reply", frameStatsR, V11, V12, 1, 0, anyLen, decodeFlowReply11},
	rawFlowReply13:          {"OFPST_FLOW reply", frameStatsR, V13, V14, 1, 0, anyLen, decodeFlowReply11},
	rawFlowReply15:          {"OFPST_FLOW reply", frameStatsR, V15, V15, 1, 0, anyLen, decodeFlowReply15},
	rawAggregateRequest10:   {"OFPST_AGGREGATE request", frameStatsQ, V10, V10, 2, 44, exact, decodeAggregateRequest10},
	rawAggregateRequest11:   {"OFPST_AGGREGATE request", frameStatsQ, V11, V14, 2, 32, 8, decodeAggregateRequest11},
	rawAggregateRequest15:   {"OFPST_AGGREGATE request", frameStatsQ, V15, V15, 2, 32, 8, decodeAggregateRequest11},
	rawAggregateReply:       {"OFPST_AGGREGATE reply", frameStatsR, V10, V14, 2, 24, exact, decodeAggregateReply},
	rawAggregateReply15:     {"OFPST_AGGREGATE reply", frameStatsR, V15, V15, 2, 0, anyLen, decodeAggregateReply15},
	rawTableRequest:         {"OFPST_TABLE request", frameStatsQ, V10, V15, 3, 0, exact, empty[TableStatsRequest]},
	rawTableReply10:         {"OFPST_TABLE reply", frameStatsR, V10, V10, 3, 0, 64, decodeTableReply10},
	rawTableReply11:         {"OFPST_TABLE reply", frameStatsR, V11, V11, 3, 0, 88, decodeTableReply11},
	rawTableReply12:         {"OFPST_TABLE reply", frameStatsR, V12, V12, 3, 0, 128, decodeTableReply12},
	rawTableReply13:         {"OFPST_TABLE reply", frameStatsR, V13, V15, 3, 0, 24, decodeTableReply13},
	rawPortRequest10:        {"OFPST_PORT request", frameStatsQ, V10, V10, 4, 8, exact, decodePortRequest10},
	rawPortRequest11:        {"OFPST_PORT request", frameStatsQ, V11, V15, 4, 8, exact, decodePortRequest11},
	rawPortReply10:          {"OFPST_PORT reply", frameStatsR, V10, V10, 4, 0, 104, decodePortReply10},
	rawPortReply11:          {"OFPST_PORT reply", frameStatsR, V11, V12, 4, 0, 104, decodePortReply13},
	rawPortReply13:          {"OFPST_PORT reply", frameStatsR, V13, V13, 4, 0, 112, decodePortReply13},
	rawPortReply14:          {"OFPST_PORT reply", frameStatsR, V14, V15, 4, 0, 8, decodePortReply14},
	rawQueueRequest10:       {"OFPST_QUEUE request", frameStatsQ, V10, V10, 5, 8, exact, decodeQueueRequest10},
	rawQueueRequest11:       {"OFPST_QUEUE request", frameStatsQ, V11, V15, 5, 8, exact, decodeQueueRequest11},
	rawQueueReply10:         {"OFPST_QUEUE reply", frameStatsR, V10, V10, 5, 0, 32, decodeQueueReply10},
	rawQueueReply11:         {"OFPST_QUEUE reply", frameStatsR, V11, V12, 5, 0, 32, decodeQueueReply13},
	rawQueueReply13:         {"OFPST_QUEUE reply", frameStatsR, V13, V13, 5, 0, 40, decodeQueueReply13},
	rawQueueReply14:         {"OFPST_QUEUE reply", frameStatsR, V14, V15, 5, 0, 8, decodeQueueReply14},
	rawTableFeaturesRequest: {"OFPST_TABLE_FEATURES request", frameStatsQ, V13, V15, 12, 0, 8, decodeTableFeaturesRequest},
	rawTableFeaturesReply:   {"OFPST_TABLE_FEATURES reply", frameStatsR, V13, V15, 12, 64, 8, decodeTableFeaturesReply},
	rawPortDescRequest:      {"OFPST_PORT_DESC request", frameStatsQ, V10, V14, 13, 0, exact, decodePortDescRequest},
	rawPortDescRequest15:    {"OFPST_PORT_DESC request", frameStatsQ, V15, V15, 13, 8, exact, decodePortDescRequest},
	rawPortDescReply10:      {"OFPST_PORT_DESC reply", frameStatsR, V10, V10, 13, 0, 48, decodePortDescReply10},
	rawPortDescReply11:      {"OFPST_PORT_DESC reply", frameStatsR, V11, V13, 13, 0, 64, decodePortDescReply11},
	rawPortDescReply14:      {"OFPST_PORT_DESC reply", frameStatsR, V14, V15, 13, 0, 8, decodePortDescReply14},
	rawTableDescRequest:     {"OFPST_TABLE_DESC request", frameStatsQ, V14, V15, 14, 0, exact, empty[TableDescRequest]},
	rawTableDescReply:       {"OFPST_TABLE_DESC reply", frameStatsR, V14, V15, 14, 8, 8, decodeTableDescReply},
	rawQueueDescRequest:     {"OFPST_QUEUE_DESC request", frameStatsQ, V14, V15, 15, 8, exact, decodeQueueConfigRequest14},
	rawQueueDescReply:       {"OFPST_QUEUE_DESC reply", frameStatsR, V14, V15, 15, 0, 8, decodeQueueConfigReply14},
	rawMonitorRequest14:     {"OFPST_FLOW_MONITOR request", frameStatsQ, V14, V15, 16, 0, 8, decodeMonitorRequest},
	rawMonitorReply14:       {"OFPST_FLOW_MONITOR reply", frameStatsR, V14, V15, 16, 0, 8, decodeMonitorReply},

	rawNXFlowRequest:        {"NXST_FLOW request", frameNXSTQ, V10, V10, 0, 8, 8, decodeFlowRequestNX},
	rawNXFlowReply:          {"NXST_FLOW reply", frameNXSTR, V10, V10, 0, 0, anyLen, decodeFlowReplyNX},
	rawNXAggregateRequest:   {"NXST_AGGREGATE request", frameNXSTQ, V10, V10, 1, 8, 8, decodeAggregateRequestNX},
	rawNXAggregateReply:     {"NXST_AGGREGATE reply", frameNXSTR, V10, V10, 1, 24, exact, decodeAggregateReply},
	rawNXMonitorRequest:     {"NXST_FLOW_MONITOR request", frameNXSTQ, V10, V12, 2, 0, 8, decodeMonitorRequest},
	rawNXMonitorReply:       {"NXST_FLOW_MONITOR reply", frameNXSTR, V10, V12, 2, 0, 8, decodeMonitorReply},
	rawNXIPFIXBridgeRequest: {"NXST_IPFIX_BRIDGE request", frameNXSTQ, V10, V15, 3, 0, exact, empty[IPFIXBridgeRequest]},
	rawNXIPFIXBridgeReply:   {"NXST_IPFIX_BRIDGE reply", frameNXSTR, V10, V15, 3, 88, exact, decodeIPFIXBridgeReply},
	rawNXIPFIXFlowRequest:   {"NXST_IPFIX_FLOW request", frameNXSTQ, V10, V15, 4, 0, exact, empty[IPFIXFlowRequest]},
	rawNXIPFIXFlowReply:     {"NXST_IPFIX_FLOW reply", frameNXSTR, V10, V15, 4, 0, 88, decodeIPFIXFlowReply},
	rawONFMonitorRequest:    {"ONFST_FLOW_MONITOR request", frameONFSTQ, V13, V13, 1870, 0, 8, decodeMonitorRequest},
	rawONFMonitorReply:      {"ONFST_FLOW_MONITOR reply", frameONFSTR, V13, V13, 1870, 0, 8, decodeMonitorReply},

	rawGroupMod11:             {"OFPT_GROUP_MOD", framePlain, V11, V14, 15, 8, 8, decodeGroupMod11},
	rawGroupMod15:             {"OFPT_GROUP_MOD", framePlain, V15, V15, 15, 16, 8, decodeGroupMod15},
	rawNXGroupMod:             {"NXT_GROUP_MOD", frameNXT, V10, V10, 31, 16, 8, decodeGroupMod15},
	rawGroupRequest:           {"OFPST_GROUP request", frameStatsQ, V11, V15, 6, 8, exact, decodeGroupRequest},
	rawNXGroupRequest:         {"NXST_GROUP request", frameNXSTQ, V10, V10, 7, 8, exact, decodeGroupRequest},
	rawGroupReply11:           {"OFPST_GROUP reply", frameStatsR, V11, V12, 6, 0, 8, decodeGroupReply},
	rawGroupReply13:           {"OFPST_GROUP reply", frameStatsR, V13, V15, 6, 0, 8, decodeGroupReply},
	rawNXGroupReply:           {"NXST_GROUP reply", frameNXSTR, V10, V10, 7, 0, 8, decodeGroupReply},
	rawGroupDescRequest11:     {"OFPST_GROUP_DESC request", frameStatsQ, V11, V14, 7, 0, exact, decodeGroupDescRequestAll},
	rawGroupDescRequest15:     {"OFPST_GROUP_DESC request", frameStatsQ, V15, V15, 7, 8, exact, decodeGroupDescRequest},
	rawNXGroupDescRequest:     {"NXST_GROUP_DESC request", frameNXSTQ, V10, V10, 8, 8, exact, decodeGroupDescRequest},
	rawGroupDescReply:         {"OFPST_GROUP_DESC reply", frameStatsR, V11, V15, 7, 0, 8, decodeGroupDescReply},
	rawNXGroupDescReply:       {"NXST_GROUP_DESC reply", frameNXSTR, V10, V10, 8, 0, 8, decodeGroupDescReply15},
	rawGroupFeaturesRequest:   {"OFPST_GROUP_FEATURES request", frameStatsQ, V12, V15, 8, 0, exact, empty[GroupFeaturesRequest]},
	rawNXGroupFeaturesRequest: {"NXST_GROUP_FEATURES request", frameNXSTQ, V10, V11, 9, 0, exact, empty[GroupFeaturesRequest]},
	rawGroupFeaturesReply:     {"OFPST_GROUP_FEATURES reply", frameStatsR, V12, V15, 8, 40, exact, decodeGroupFeatures},
	rawNXGroupFeaturesReply:   {"NXST_GROUP_FEATURES reply", frameNXSTR, V10, V11, 9, 40, exact, decodeGroupFeatures},

	rawMeterMod:             {"OFPT_METER_MOD", framePlain, V13, V15, 29, 8, 8, decodeMeterMod},
	rawMeterRequest:         {"OFPST_METER request", frameStatsQ, V13, V15, 9, 8, exact, decodeMeterRequest},
	rawMeterReply:           {"OFPST_METER reply", frameStatsR, V13, V15, 9, 0, 8, decodeMeterReply},
	rawMeterConfigRequest:   {"OFPST_METER_CONFIG request", frameStatsQ, V13, V15, 10, 8, exact, decodeMeterConfigRequest},
	rawMeterConfigReply:     {"OFPST_METER_CONFIG reply", frameStatsR, V13, V15, 10, 0, 8, decodeMeterConfigReply},
	rawMeterFeaturesRequest: {"OFPST_METER_FEATURES request", frameStatsQ, V13, V15, 11, 0, exact, empty[MeterFeaturesRequest]},
	rawMeterFeaturesReply:   {"OFPST_METER_FEATURES reply", frameStatsR, V13, V15, 11, 16, exact, decodeMeterFeatures},

	rawBundleControl14:  {"OFPT_BUNDLE_CONTROL", framePlain, V14, V15, 33, bundleHead, 8, decodeBundleControl},
	rawBundleAdd14:      {"OFPT_BUNDLE_ADD_MESSAGE", framePlain, V14, V15, 34, bundleHead, anyLen, decodeBundleAdd},
	rawONFBundleControl: {"ONFT_BUNDLE_CONTROL", frameONFT, V13, V13, 2300, bundleHead, 8, decodeBundleControl},
	rawONFBundleAdd:     {"ONFT_BUNDLE_ADD_MESSAGE", frameONFT, V13, V13, 2301, bundleHead, anyLen, decodeBundleAdd},
}

type msgKey struct {
	frame frame
	v     Version
	num   uint32
}

var msgIndex = sync.OnceValue(func() map[msgKey]*msgRow {
	m := make(map[msgKey]*msgRow, 512)
	for i := 1; i < len(msgTable); i++ {
		r := &msgTable[i]
		for v := r.first; v <= r.last; v++ {
			m[msgKey{r.frame, v, r.num}] = r
		}
	}
	return m
})

// eternal reports whether a plain type is one of the four whose numbers the
// standard keeps for all versions, also those yet to come.
func eternal(typ uint8) bool { return typ <= TypeEchoReply }
