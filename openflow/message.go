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

	row *msgRow
}

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
	lenNXStats11    = lenStats11 + 8
	maxMultipartLen = 65535
)

// usualLen is the room that an encoded message gets at first.
const usualLen = 128

// msgEncoder collects one message or, for a multipart one, its parts.
type msgEncoder struct {
	encoder
	proto Protocols
	row   *msgRow
	xid   uint32
	parts [][]byte // of a multipart message, but the last
	// send, if not nil, takes the parts instead, and does not keep them.
	send func(part []byte)
}

// Encode returns the wire form of a message for protocol p, of which one must
// be given. A multipart reply that does not fit in one message is several, one
// after the other.
func Encode(m Message, p Protocols, xid uint32) []byte {
	return AppendEncode(make([]byte, 0, usualLen), m, p, xid)
}

// msgEncoders saves an allocation a message.
var msgEncoders = sync.Pool{New: func() any { return new(msgEncoder) }}

// AppendEncode is Encode that appends the wire form to b.
func AppendEncode(b []byte, m Message, p Protocols, xid uint32) []byte {
	e := msgEncoders.Get().(*msgEncoder)
	defer func() {
		*e = msgEncoder{}
		msgEncoders.Put(e)
	}()
	e.proto, e.row, e.xid, e.version = p, &msgTable[m.raw(p)], xid, p.Version()
	if e.row.decode == nil {
		panic(fmt.Sprintf("openflow: %T has no form in %s", m, p))
	}
	e.b = b[len(b):] // in place, if there is room
	e.begin()
	m.encode(e)
	e.finish(false)
	for _, part := range e.parts {
		b = append(b, part...)
	}
	return append(b, e.b...)
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
		if len(e.parts) > 0 {
			e.b = make([]byte, 0, maxMultipartLen) // what was there is in parts
		}
		e.b = append(e.b[:0], byte(e.version), typ, 0, 0)
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
		e.u32(r.num)
	case frameStatsQ, frameStatsR:
		stats(r.frame == frameStatsR, uint16(r.num))
	case frameNXSTQ, frameNXSTR, frameONFSTQ, frameONFSTR:
		stats(isStatsReply(r.frame), statsVendor)
		if r.frame >= frameONFSTQ {
			e.u32(vendorONF)
		} else {
			e.u32(vendorNX)
		}
		e.u32(r.num)
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
	case frameNXSTQ, frameNXSTR, frameONFSTQ, frameONFSTR:
		if v >= V11 {
			return lenNXStats11
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
	switch {
	case e.send != nil:
		e.send(e.b)
	case more:
		e.parts = append(e.parts, e.b)
	}
}

// item closes an entry of a multipart reply that starts at start: if the
// message has become too long, the entry begins the next part.
func (e *msgEncoder) item(start int) {
	if len(e.b) <= maxMultipartLen || start == e.headLen() {
		return
	}
	if !isStatsReply(e.row.frame) && !isStatsRequest(e.row.frame) {
		e.b = e.b[:start] // there is no room for more in a message of this kind
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
	index map[msgKey]*msgRow // passed in as messages inside messages need it
	loose bool
	// flowMod, if not nil, is what a flow-mod is decoded into.
	flowMod   *FlowMod
	bundleAdd *BundleAdd // the same for these
	// partial says that the message is worth printing up to the entry that has
	// an error.
	partial bool
}

// DecodeOptions are what decoding needs to know of a connection.
type DecodeOptions struct {
	// Protocol is the connection's protocol; only whether it names tables
	// matters, as the header has the version. Zero takes it that it does.
	Protocol Protocols
	Names    *Names
	// Loose passes over properties and values that are not known, where a
	// switch that is told to do something has to refuse them.
	Loose bool
	// FlowMod, if not nil, is what a flow-mod is decoded into and the message
	// that is returned then: who decodes many and keeps none spares the memory.
	FlowMod *FlowMod
	// BundleAdd is the same for a message that puts another one into a bundle.
	BundleAdd *BundleAdd
}

// msgDecoders saves an allocation a message.
var msgDecoders = sync.Pool{New: func() any { return new(msgDecoder) }}

// IsFlowMod reports whether a message is a flow-mod or a BundleAdd, of which there
// may be many. Nothing of b is in what Decode makes of one, but BundleAdd.Raw and
// what is in a BundleAdd that holds no flow-mod.
func IsFlowMod(b []byte) bool {
	is := func(r rawType, vendor uint32) bool {
		row := &msgTable[r]
		if row.frame == framePlain {
			return uint32(b[1]) == row.num && Version(b[0]) >= row.first
		}
		return b[1] == typeVendor && len(b) >= lenVendor && be.Uint32(b[8:]) == vendor && be.Uint32(b[12:]) == row.num
	}
	return is(rawFlowMod10, 0) || is(rawBundleAdd14, 0) || is(rawNXFlowMod, vendorNX) || is(rawONFBundleAdd, vendorONF)
}

// Decode reads one whole message. On an error, which is an ErrorCode, the
// header is returned all the same, and when the message's length has the shape
// of its type also the name and what could be read.
func Decode(b []byte, o DecodeOptions) (Decoded, error) {
	var out Decoded
	out.Raw = b
	if len(b) < HeaderLen {
		return out, ErrBadRequestBadLen
	}
	out.Header = ParseHeader(b)
	d := msgDecoders.Get().(*msgDecoder)
	defer msgDecoders.Put(d)
	*d = msgDecoder{Header: out.Header, proto: o.Protocol, names: o.Names, index: msgIndex(), loose: o.Loose, flowMod: o.FlowMod, bundleAdd: o.BundleAdd}
	if d.proto == 0 {
		d.proto = ProtoAny
	}
	body, err := d.findRow(b)
	if err != nil {
		return out, err
	}
	out.Name, out.row = d.row.name, d.row
	out.More = isStatsReply(d.row.frame) && be.Uint16(b[10:])&statsFlagMore != 0
	out.Message, err = d.row.decode(d, body)
	if err != nil && !d.partial {
		out.Message = nil
	}
	return out, err
}

// inside returns a decoder for a message inside the one that d decodes.
func (d *msgDecoder) inside(b []byte) *msgDecoder {
	return &msgDecoder{Header: ParseHeader(b), proto: d.proto, names: d.names, index: d.index, loose: d.loose, flowMod: d.flowMod}
}

// findRow finds a message's row and body.
func (d *msgDecoder) findRow(b []byte) (body []byte, err error) {
	if int(d.Length) != len(b) {
		return nil, ErrBadRequestBadLen
	}
	if body, err = d.findPartial(b); err != nil {
		return nil, err
	}
	return body, d.checkLen(len(b), len(body))
}

// findPartial is findRow for a message that may be cut off.
func (d *msgDecoder) findPartial(b []byte) (body []byte, err error) {
	h := d.Header
	key := msgKey{framePlain, h.Version, uint32(h.Type)}
	req, rep := uint8(typeStatsReq10), uint8(typeStatsRep10)
	if h.Version >= V11 {
		req, rep = typeStatsReq11, typeStatsRep11
	}
	missing := ErrBadRequestBadType
	switch h.Type {
	case typeVendor:
		if len(b) < lenVendor {
			return nil, ErrBadRequestBadLen
		}
		if key.frame, err = d.vendorFrame(be.Uint32(b[8:]), frameNXT, frameONFT); err != nil {
			return nil, err
		}
		key.num = be.Uint32(b[12:])
		missing = ErrBadRequestBadSubtype
	case req, rep:
		if h.Version < V10 || h.Version > V15 {
			break
		}
		key.frame = frameStatsQ
		if h.Type == rep {
			key.frame = frameStatsR
		}
		n := headLen(key.frame, h.Version)
		if len(b) < n {
			return nil, ErrBadRequestBadLen
		}
		key.num = uint32(be.Uint16(b[8:]))
		missing = ErrBadRequestBadStat
		if key.num != statsVendor {
			break
		}
		if least := n + 4; len(b) < least || h.Version >= V11 && len(b) < n+8 {
			return nil, ErrBadRequestBadLen
		}
		onf := key.frame + frameONFSTQ - frameStatsQ
		if h.Version < V11 {
			onf = frameNone
		}
		if key.frame, err = d.vendorFrame(be.Uint32(b[n:]), key.frame+frameNXSTQ-frameStatsQ, onf); err != nil {
			return nil, err
		}
		if len(b) < headLen(key.frame, h.Version) {
			return nil, ErrBadRequestBadLen
		}
		key.num = be.Uint32(b[n+4:])
		missing = ErrBadRequestBadSubtype
	default:
		if eternal(h.Type) && h.Version > V15 {
			key.v = V15
		}
	}
	d.row = d.index[key]
	if d.row == nil {
		d.warnUnknown(b, key)
		return nil, missing
	}
	return b[headLen(key.frame, h.Version):], nil
}

func (d *msgDecoder) warnUnknown(b []byte, key msgKey) {
	what := ""
	switch {
	case key.frame == frameNXT || key.frame == frameONFT:
		what = fmt.Sprintf(", vendor %#x, subtype %d", be.Uint32(b[8:]), key.num)
	case key.frame == frameStatsQ || key.frame == frameStatsR:
		what = fmt.Sprintf(", stat %d", key.num)
	case key.frame != framePlain:
		what = fmt.Sprintf(", stat 65535, vendor %#x, subtype %d", be.Uint32(b[headLen(frameStatsQ, d.Version):]), key.num)
	}
	d.names.warnf("ofp_msgs", "unknown OpenFlow message (version %d, type %d%s)", d.Version, d.Type, what)
}

// vendorFrame chooses between the frames of the two vendors there are.
func (d *msgDecoder) vendorFrame(vendor uint32, nx, onf frame) (frame, error) {
	switch {
	case vendor == vendorNX:
		return nx, nil
	case vendor == vendorONF && onf != frameNone:
		return onf, nil
	}
	d.names.warnf("ofp_msgs", "OpenFlow message has unknown vendor %#x", vendor)
	return 0, ErrBadRequestBadVendor
}

// checkLen holds the length of a message, n, and of its body against the row.
func (d *msgDecoder) checkLen(n, body int) error {
	min, unit := int(d.row.min), int(d.row.unit)
	want := ""
	switch least := n - body + min; {
	case unit == exact && body != min:
		want = fmt.Sprintf("expected length %d", least)
	case unit == anyLen && body < min:
		want = fmt.Sprintf("expected length at least %d bytes", least)
	case unit > anyLen && (body < min || (body-min)%unit != 0):
		want = fmt.Sprintf("must be exactly %d bytes or longer by an integer multiple of %d bytes", least, unit)
	default:
		return nil
	}
	d.names.warnf("ofp_msgs", "received %s with incorrect length %d (%s)", d.row.name, n, want)
	return ErrBadRequestBadLen
}

// empty decodes a message that has no body.
func empty[T any, M interface {
	*T
	Message
}](*msgDecoder, []byte) (Message, error) {
	return M(new(T)), nil
}

func isStatsReply(f frame) bool { return f == frameStatsR || f == frameNXSTR || f == frameONFSTR }

func isStatsRequest(f frame) bool { return f == frameStatsQ || f == frameNXSTQ || f == frameONFSTQ }
