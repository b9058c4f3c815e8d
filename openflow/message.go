package openflow

import (
	"fmt"
	"sync"
)

// Header is the 8 bytes that every message begins with.
type Header struct {
	Version Version
	Type    uint8 // number on the wire, which differs between versions
	Length  uint16
	Xid     uint32
}

// HeaderLen is the length of a Header on the wire.
const HeaderLen = 8

// ParseHeader reads a header from the front of b, which must have HeaderLen
// bytes.
func ParseHeader(b []byte) Header {
	return Header{Version(b[0]), b[1], be.Uint16(b[2:]), be.Uint32(b[4:])}
}

// Message is a message in the form that all versions share: one of this
// package's structs, as a pointer.
type Message interface {
	// raw chooses the row of the message table by which to encode.
	raw(p Protocols) rawType
	encode(e *msgEncoder)
	print(p *printer)
}

// Decoded is a message with what its header said.
type Decoded struct {
	Header  Header
	Message Message
	Name    string // such as "NXT_FLOW_MOD" or "OFPST_FLOW reply"
	More    bool   // more parts of this multipart message follow
	Raw     []byte
}

// frame says which headers a row's numbers are for.
type frame uint8

const (
	framePlain  frame = iota // OFPT_*
	frameStatsQ              // OFPST_* request
	frameStatsR              // OFPST_* reply
	frameNXT                 // Nicira's messages
	frameNXSTQ               // Nicira's stats requests
	frameNXSTR               // and replies
	frameONFT                // the ONF's messages
)

// rawType is a row of the message table.
type rawType uint8

// msgRow is one encoding of a message in a run of versions: its name, numbers
// and body.
type msgRow struct {
	name        string
	frame       frame
	first, last Version
	num         uint16 // in OpenFlow 1.0's numbering for plain messages that moved, see plainNumber
	min         uint16 // least length of the body
	decode      func(d *msgDecoder, b []byte) (Message, error)
}

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
	rawPortStatus10
	rawPortStatus11
	rawPortStatus14
	rawPacketOut10
	rawPacketOut11
	rawFlowMod10
	rawFlowMod11
	rawPortMod10
	rawPortMod11
	rawPortMod14
	rawBarrierRequest
	rawBarrierReply
	rawBarrierRequest11
	rawBarrierReply11
	rawRoleRequest
	rawRoleReply
	rawNXRoleRequest
	rawNXRoleReply
	rawNXSetFlowFormat
	rawNXFlowMod
	rawNXFlowRemoved
	rawNXFlowModTableID
	rawNXSetPacketInFormat
	rawNXPacketIn
	rawNXFlowAge
	rawNXSetControllerID
	rawNXPacketIn2
	rawDescRequest
	rawDescReply
	rawFlowRequest10
	rawFlowReply10
	rawFlowRequest11
	rawFlowReply11
	rawFlowReply13
	rawAggregateRequest10
	rawAggregateReply
	rawAggregateRequest11
	rawAggregateReply11
	rawTableRequest
	rawTableReply10
	rawTableReply13
	rawPortRequest10
	rawPortReply10
	rawPortRequest11
	rawPortReply13
	rawPortReply14
	rawQueueRequest10
	rawQueueReply10
	rawQueueRequest11
	rawQueueReply13
	rawPortDescRequest
	rawPortDescReply10
	rawPortDescReply11
	rawPortDescReply14
	rawNXFlowRequest
	rawNXFlowReply
	rawNXAggregateRequest
	rawNXAggregateReply
	numRaws
)

// Wire numbers of the messages whose header goes on with a second number.
const (
	typeVendor      = 4
	typeStatsReq10  = 16
	typeStatsRep10  = 17
	typeStatsReq11  = 18
	typeStatsRep11  = 19
	statsVendor     = 0xffff
	statsFlagMore   = 1
	lenStats10      = HeaderLen + 4
	lenStats11      = HeaderLen + 8
	lenVendor       = HeaderLen + 8
	lenNXStats10    = HeaderLen + 16
	lenNXStats11    = HeaderLen + 16
	maxMultipartLen = 65535
)

var msgTable = [numRaws]msgRow{
	rawHello:            {"OFPT_HELLO", framePlain, V10, V15, 0, 0, decodeHello},
	rawError:            {"OFPT_ERROR", framePlain, V10, V15, 1, 4, decodeErrorMsg},
	rawEchoRequest:      {"OFPT_ECHO_REQUEST", framePlain, V10, V15, 2, 0, decodeEchoRequest},
	rawEchoReply:        {"OFPT_ECHO_REPLY", framePlain, V10, V15, 3, 0, decodeEchoReply},
	rawFeaturesRequest:  {"OFPT_FEATURES_REQUEST", framePlain, V10, V15, 5, 0, empty[FeaturesRequest]},
	rawFeaturesReply10:  {"OFPT_FEATURES_REPLY", framePlain, V10, V10, 6, 24, decodeFeatures10},
	rawFeaturesReply11:  {"OFPT_FEATURES_REPLY", framePlain, V11, V12, 6, 24, decodeFeatures11},
	rawFeaturesReply13:  {"OFPT_FEATURES_REPLY", framePlain, V13, V15, 6, 24, decodeFeatures13},
	rawGetConfigRequest: {"OFPT_GET_CONFIG_REQUEST", framePlain, V10, V15, 7, 0, empty[GetConfigRequest]},
	rawGetConfigReply:   {"OFPT_GET_CONFIG_REPLY", framePlain, V10, V15, 8, 4, decodeGetConfigReply},
	rawSetConfig:        {"OFPT_SET_CONFIG", framePlain, V10, V15, 9, 4, decodeSetConfig},
	rawPacketIn10:       {"OFPT_PACKET_IN", framePlain, V10, V10, 10, 10, decodePacketIn10},
	rawPacketIn11:       {"OFPT_PACKET_IN", framePlain, V11, V11, 10, 16, decodePacketIn11},
	rawPacketIn12:       {"OFPT_PACKET_IN", framePlain, V12, V12, 10, 16, decodePacketIn12},
	rawPacketIn13:       {"OFPT_PACKET_IN", framePlain, V13, V15, 10, 24, decodePacketIn13},
	rawFlowRemoved10:    {"OFPT_FLOW_REMOVED", framePlain, V10, V10, 11, 80, decodeFlowRemoved10},
	rawFlowRemoved11:    {"OFPT_FLOW_REMOVED", framePlain, V11, V14, 11, 48, decodeFlowRemoved11},
	rawPortStatus10:     {"OFPT_PORT_STATUS", framePlain, V10, V10, 12, 56, decodePortStatus10},
	rawPortStatus11:     {"OFPT_PORT_STATUS", framePlain, V11, V13, 12, 72, decodePortStatus11},
	rawPortStatus14:     {"OFPT_PORT_STATUS", framePlain, V14, V15, 12, 48, decodePortStatus14},
	rawPacketOut10:      {"OFPT_PACKET_OUT", framePlain, V10, V10, 13, 8, decodePacketOut10},
	rawPacketOut11:      {"OFPT_PACKET_OUT", framePlain, V11, V14, 13, 16, decodePacketOut11},
	rawFlowMod10:        {"OFPT_FLOW_MOD", framePlain, V10, V10, 14, 64, decodeFlowMod10},
	rawFlowMod11:        {"OFPT_FLOW_MOD", framePlain, V11, V15, 14, 48, decodeFlowMod11},
	rawPortMod10:        {"OFPT_PORT_MOD", framePlain, V10, V10, 15, 24, decodePortMod10},
	rawPortMod11:        {"OFPT_PORT_MOD", framePlain, V11, V13, 16, 32, decodePortMod11},
	rawPortMod14:        {"OFPT_PORT_MOD", framePlain, V14, V15, 16, 24, decodePortMod14},
	rawBarrierRequest:   {"OFPT_BARRIER_REQUEST", framePlain, V10, V10, 18, 0, empty[BarrierRequest]},
	rawBarrierReply:     {"OFPT_BARRIER_REPLY", framePlain, V10, V10, 19, 0, empty[BarrierReply]},
	rawBarrierRequest11: {"OFPT_BARRIER_REQUEST", framePlain, V11, V15, 20, 0, empty[BarrierRequest]},
	rawBarrierReply11:   {"OFPT_BARRIER_REPLY", framePlain, V11, V15, 21, 0, empty[BarrierReply]},
	rawRoleRequest:      {"OFPT_ROLE_REQUEST", framePlain, V12, V15, 24, 16, decodeRoleRequest},
	rawRoleReply:        {"OFPT_ROLE_REPLY", framePlain, V12, V15, 25, 16, decodeRoleReply},

	rawNXRoleRequest:       {"NXT_ROLE_REQUEST", frameNXT, V10, V11, 10, 4, decodeNXRoleRequest},
	rawNXRoleReply:         {"NXT_ROLE_REPLY", frameNXT, V10, V11, 11, 4, decodeNXRoleReply},
	rawNXSetFlowFormat:     {"NXT_SET_FLOW_FORMAT", frameNXT, V10, V10, 12, 4, decodeSetFlowFormat},
	rawNXFlowMod:           {"NXT_FLOW_MOD", frameNXT, V10, V10, 13, 32, decodeFlowModNX},
	rawNXFlowRemoved:       {"NXT_FLOW_REMOVED", frameNXT, V10, V15, 14, 40, decodeFlowRemovedNX},
	rawNXFlowModTableID:    {"NXT_FLOW_MOD_TABLE_ID", frameNXT, V10, V10, 15, 8, decodeFlowModTableID},
	rawNXSetPacketInFormat: {"NXT_SET_PACKET_IN_FORMAT", frameNXT, V10, V15, 16, 4, decodeSetPacketInFormat},
	rawNXPacketIn:          {"NXT_PACKET_IN", frameNXT, V10, V15, 17, 24, decodePacketInNX},
	rawNXFlowAge:           {"NXT_FLOW_AGE", frameNXT, V10, V15, 18, 0, empty[FlowAge]},
	rawNXSetControllerID:   {"NXT_SET_CONTROLLER_ID", frameNXT, V10, V15, 20, 8, decodeSetControllerID},
	rawNXPacketIn2:         {"NXT_PACKET_IN2", frameNXT, V10, V15, 30, 0, decodePacketInNX2},

	rawDescRequest:        {"OFPST_DESC request", frameStatsQ, V10, V15, 0, 0, empty[DescRequest]},
	rawDescReply:          {"OFPST_DESC reply", frameStatsR, V10, V15, 0, 1056, decodeDesc},
	rawFlowRequest10:      {"OFPST_FLOW request", frameStatsQ, V10, V10, 1, 44, decodeFlowRequest10},
	rawFlowReply10:        {"OFPST_FLOW reply", frameStatsR, V10, V10, 1, 0, decodeFlowReply10},
	rawFlowRequest11:      {"OFPST_FLOW request", frameStatsQ, V11, V15, 1, 40, decodeFlowRequest11},
	rawFlowReply11:        {"OFPST_FLOW reply", frameStatsR, V11, V12, 1, 0, decodeFlowReply11},
	rawFlowReply13:        {"OFPST_FLOW reply", frameStatsR, V13, V14, 1, 0, decodeFlowReply11},
	rawAggregateRequest10: {"OFPST_AGGREGATE request", frameStatsQ, V10, V10, 2, 44, decodeAggregateRequest10},
	rawAggregateReply:     {"OFPST_AGGREGATE reply", frameStatsR, V10, V10, 2, 24, decodeAggregateReply},
	rawAggregateRequest11: {"OFPST_AGGREGATE request", frameStatsQ, V11, V15, 2, 40, decodeAggregateRequest11},
	rawAggregateReply11:   {"OFPST_AGGREGATE reply", frameStatsR, V11, V14, 2, 24, decodeAggregateReply},
	rawTableRequest:       {"OFPST_TABLE request", frameStatsQ, V10, V15, 3, 0, empty[TableStatsRequest]},
	rawTableReply10:       {"OFPST_TABLE reply", frameStatsR, V10, V10, 3, 0, decodeTableReply10},
	rawTableReply13:       {"OFPST_TABLE reply", frameStatsR, V13, V15, 3, 0, decodeTableReply13},
	rawPortRequest10:      {"OFPST_PORT request", frameStatsQ, V10, V10, 4, 8, decodePortRequest10},
	rawPortReply10:        {"OFPST_PORT reply", frameStatsR, V10, V10, 4, 0, decodePortReply10},
	rawPortRequest11:      {"OFPST_PORT request", frameStatsQ, V11, V15, 4, 8, decodePortRequest11},
	rawPortReply13:        {"OFPST_PORT reply", frameStatsR, V11, V13, 4, 0, decodePortReply13},
	rawPortReply14:        {"OFPST_PORT reply", frameStatsR, V14, V15, 4, 0, decodePortReply14},
	rawQueueRequest10:     {"OFPST_QUEUE request", frameStatsQ, V10, V10, 5, 8, decodeQueueRequest10},
	rawQueueReply10:       {"OFPST_QUEUE reply", frameStatsR, V10, V10, 5, 0, decodeQueueReply10},
	rawQueueRequest11:     {"OFPST_QUEUE request", frameStatsQ, V11, V15, 5, 8, decodeQueueRequest11},
	rawQueueReply13:       {"OFPST_QUEUE reply", frameStatsR, V11, V13, 5, 0, decodeQueueReply13},
	rawPortDescRequest:    {"OFPST_PORT_DESC request", frameStatsQ, V10, V15, 13, 0, decodePortDescRequest},
	rawPortDescReply10:    {"OFPST_PORT_DESC reply", frameStatsR, V10, V10, 13, 0, decodePortDescReply10},
	rawPortDescReply11:    {"OFPST_PORT_DESC reply", frameStatsR, V11, V13, 13, 0, decodePortDescReply11},
	rawPortDescReply14:    {"OFPST_PORT_DESC reply", frameStatsR, V14, V15, 13, 0, decodePortDescReply14},

	rawNXFlowRequest:      {"NXST_FLOW request", frameNXSTQ, V10, V10, 0, 8, decodeFlowRequestNX},
	rawNXFlowReply:        {"NXST_FLOW reply", frameNXSTR, V10, V10, 0, 0, decodeFlowReplyNX},
	rawNXAggregateRequest: {"NXST_AGGREGATE request", frameNXSTQ, V10, V10, 1, 8, decodeAggregateRequestNX},
	rawNXAggregateReply:   {"NXST_AGGREGATE reply", frameNXSTR, V10, V10, 1, 24, decodeAggregateReply},
}

type msgKey struct {
	frame frame
	v     Version
	num   uint16
}

var msgIndex = sync.OnceValue(func() map[msgKey]*msgRow {
	m := make(map[msgKey]*msgRow, 512)
	for i := range msgTable {
		r := &msgTable[i]
		for v := r.first; v <= r.last && r.decode != nil; v++ {
			m[msgKey{r.frame, v, r.num}] = r
		}
	}
	return m
})

// msgEncoder collects one message or, for a multipart one, its parts.
type msgEncoder struct {
	encoder
	proto Protocols
	row   *msgRow
	xid   uint32
	parts [][]byte // finished parts of a multipart message
}

// Encode returns the wire form of a message for protocol p, of which one must
// be given. A multipart reply that does not fit in one message is several, one
// after the other.
func Encode(m Message, p Protocols, xid uint32) []byte {
	e := msgEncoder{proto: p, row: &msgTable[m.raw(p)], xid: xid}
	e.version = p.Version()
	if e.row.decode == nil {
		panic(fmt.Sprintf("openflow: %T has no form in %s", m, p))
	}
	e.begin()
	m.encode(&e)
	e.finish(false)
	if len(e.parts) == 1 {
		return e.parts[0]
	}
	var all []byte
	for _, b := range e.parts {
		all = append(all, b...)
	}
	return all
}

// Encodable reports whether protocol p has a form for the message.
func Encodable(m Message, p Protocols) bool {
	r := m.raw(p)
	row := &msgTable[r]
	v := p.Version()
	return r != rawNone && v >= row.first && v <= row.last
}

func (e *msgEncoder) begin() {
	r := e.row
	v11 := e.version >= V11
	head := func(typ uint8) {
		e.b = append(e.b[:0:0], byte(e.version), typ, 0, 0)
		e.u32(e.xid)
	}
	stats := func(reply bool, num uint16) {
		typ := uint8(typeStatsReq10)
		if v11 {
			typ = typeStatsReq11
		}
		if reply {
			typ++
		}
		head(typ)
		e.u16(num)
		e.u16(0)
		if v11 {
			e.u32(0)
		}
	}
	switch r.frame {
	case framePlain:
		head(uint8(r.num))
	case frameNXT, frameONFT:
		head(typeVendor)
		if r.frame == frameONFT {
			e.u32(vendorONF)
		} else {
			e.u32(vendorNX)
		}
		e.u32(uint32(r.num))
	case frameStatsQ, frameStatsR:
		stats(r.frame == frameStatsR, r.num)
	case frameNXSTQ, frameNXSTR:
		stats(r.frame == frameNXSTR, statsVendor)
		e.u32(vendorNX)
		e.u32(uint32(r.num))
		if !v11 {
			e.u32(0)
		}
	}
}

// headLen is the length of the headers before the body.
func (e *msgEncoder) headLen() int { return headLen(e.row.frame, e.version) }

func headLen(f frame, v Version) int {
	switch f {
	case frameStatsQ, frameStatsR:
		if v >= V11 {
			return lenStats11
		}
		return lenStats10
	case frameNXT, frameONFT:
		return lenVendor
	case frameNXSTQ, frameNXSTR:
		if v >= V11 {
			return lenStats11 + 8
		}
		return lenNXStats10
	}
	return HeaderLen
}

// finish closes the message in hand; more says that parts follow.
func (e *msgEncoder) finish(more bool) {
	if more {
		be.PutUint16(e.b[10:], statsFlagMore)
	}
	be.PutUint16(e.b[2:], uint16(len(e.b)))
	e.parts = append(e.parts, e.b)
}

// item closes an entry of a multipart reply that starts at start: if the
// message has become too long, the entry begins the next part.
func (e *msgEncoder) item(start int) {
	if len(e.b) <= maxMultipartLen || start == e.headLen() {
		return
	}
	entry := append([]byte(nil), e.b[start:]...)
	e.b = e.b[:start]
	e.finish(true)
	e.begin()
	e.b = append(e.b, entry...)
}

func (e *msgEncoder) zeros(n int)          { e.grow(n) }
func (e *msgEncoder) bytes(b []byte)       { e.b = append(e.b, b...) }
func (e *msgEncoder) text(s string, n int) { copy(e.grow(n)[:n-1], s) }

// msgDecoder is what decoding a body needs beside it.
type msgDecoder struct {
	Header
	proto Protocols
	names *Names
	row   *msgRow
}

// DecodeOptions are what decoding needs to know of a connection.
type DecodeOptions struct {
	// Protocol is the connection's protocol; only whether it names tables
	// matters, as the header has the version. Zero takes it that it does.
	Protocol Protocols
	Names    *Names
}

// Decode reads one whole message. On an error, which is an ErrorCode, the
// header and name (when known) are returned all the same.
func Decode(b []byte, o DecodeOptions) (Decoded, error) {
	var out Decoded
	out.Raw = b
	if len(b) < HeaderLen {
		return out, ErrBadRequestBadLen
	}
	out.Header = ParseHeader(b)
	h := out.Header
	row, body, more, err := findRow(b)
	if row != nil {
		out.Name = row.name
	}
	out.More = more
	if err != nil {
		return out, err
	}
	d := msgDecoder{Header: h, proto: o.Protocol, names: o.Names, row: row}
	if d.proto == 0 {
		d.proto = ProtoAny
	}
	if len(body) < int(row.min) {
		d.names.warnf("ofp_msgs", "received %s with incorrect length %d (expected length at least %d bytes)", row.name, h.Length, len(b)-len(body)+int(row.min))
		return out, ErrBadRequestBadLen
	}
	out.Message, err = row.decode(&d, body)
	return out, err
}

// findRow finds a message's row and body.
func findRow(b []byte) (row *msgRow, body []byte, more bool, err error) {
	h := ParseHeader(b)
	if h.Version < V10 || h.Version > V15 {
		return nil, nil, false, ErrBadRequestBadVersion
	}
	if int(h.Length) != len(b) {
		return nil, nil, false, ErrBadRequestBadLen
	}
	key := msgKey{framePlain, h.Version, uint16(h.Type)}
	req, rep := uint8(typeStatsReq10), uint8(typeStatsRep10)
	if h.Version >= V11 {
		req, rep = typeStatsReq11, typeStatsRep11
	}
	missing := ErrBadRequestBadType
	switch h.Type {
	case typeVendor:
		if len(b) < lenVendor {
			return nil, nil, false, ErrBadRequestBadLen
		}
		switch be.Uint32(b[8:]) {
		case vendorNX:
			key.frame = frameNXT
		case vendorONF:
			key.frame = frameONFT
		default:
			return nil, nil, false, ErrBadRequestBadVendor
		}
		key.num = uint16(be.Uint32(b[12:]))
		missing = ErrBadRequestBadSubtype
	case req, rep:
		key.frame = frameStatsQ
		if h.Type == rep {
			key.frame = frameStatsR
		}
		n := headLen(key.frame, h.Version)
		if len(b) < n {
			return nil, nil, false, ErrBadRequestBadLen
		}
		key.num = be.Uint16(b[8:])
		more = h.Type == rep && be.Uint16(b[10:])&statsFlagMore != 0
		missing = ErrBadRequestBadStat
		if key.num == statsVendor {
			key.frame += frameNXSTQ - frameStatsQ
			if len(b) < n+4 {
				return nil, nil, false, ErrBadRequestBadLen
			}
			if be.Uint32(b[n:]) != vendorNX {
				return nil, nil, false, ErrBadRequestBadVendor
			}
			if len(b) < headLen(key.frame, h.Version) {
				return nil, nil, false, ErrBadRequestBadLen
			}
			key.num = uint16(be.Uint32(b[n+4:]))
			missing = ErrBadRequestBadSubtype
		}
	}
	row = msgIndex()[key]
	if row == nil {
		return nil, nil, more, missing
	}
	return row, b[headLen(key.frame, h.Version):], more, nil
}

// empty decodes a message that has no body.
func empty[T any, M interface {
	*T
	Message
}](d *msgDecoder, b []byte) (Message, error) {
	if len(b) > 0 {
		d.names.warnf("ofp_msgs", "received %s with incorrect length %d (must be exactly %d bytes)", d.row.name, d.Length, int(d.Length)-len(b))
		return nil, ErrBadRequestBadLen
	}
	return M(new(T)), nil
}

func isStatsReply(f frame) bool { return f == frameStatsR || f == frameNXSTR }
