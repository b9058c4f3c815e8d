package ofproto

import (
	"encoding/binary"

	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/openflow"
)

// Numbers of table features (OpenFlow 1.3.5, 7.3.5.5).
const (
	typeMultipartRequest = 18
	typeMultipartReply   = 19
	multipartFeatures    = 12
	multipartMore        = 1

	propInstructions  = 0
	propNextTables    = 2
	propWriteActions  = 4
	propApplyActions  = 6
	propMatch         = 8
	propWildcards     = 10
	propWriteSetField = 12
	propApplySetField = 14
)

// isTableFeatures reports whether b asks for table features without setting any.
func isTableFeatures(b []byte) bool {
	h := openflow.ParseHeader(b)
	return h.Version >= openflow.V13 && h.Type == typeMultipartRequest && len(b) == 16 &&
		binary.BigEndian.Uint16(b[8:]) == multipartFeatures
}

// tableFeatures answers such a request: what each table can match and do, which
// is the same for all of them.
func (o *ofConn) tableFeatures(request []byte) error {
	be := binary.BigEndian
	props := tableProperties(o.c.Version())
	msg := func() []byte {
		m := append([]byte(nil), request...)
		m[1] = typeMultipartReply
		return m
	}
	m := msg()
	for id := range flowtable.Internal {
		start := len(m)
		m = append(m, make([]byte, 64)...)
		e := m[start:]
		e[2] = byte(id)
		be.PutUint64(e[40:], ^uint64(0)) // metadata_match
		be.PutUint64(e[48:], ^uint64(0)) // metadata_write
		be.PutUint32(e[60:], 1000000)    // max_entries
		var next []byte
		for i := id + 1; i < flowtable.Internal; i++ {
			next = append(next, byte(i))
		}
		m = appendProperty(m, propNextTables, next)
		m = append(m, props...)
		be.PutUint16(m[start:], uint16(len(m)-start))
		if last := id == flowtable.Internal-1; last || len(m) > 40000 {
			if !last {
				be.PutUint16(m[10:], multipartMore)
			}
			be.PutUint16(m[2:], uint16(len(m)))
			if err := o.send(m); err != nil {
				return err
			}
			m = msg()
		}
	}
	return nil
}

func appendProperty(b []byte, typ uint16, body []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, typ)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(body)))
	b = append(b, body...)
	for n := 4 + len(body); n%8 != 0; n++ {
		b = append(b, 0)
	}
	return b
}

// tableProperties are those properties that are the same for all tables.
func tableProperties(v openflow.Version) (b []byte) {
	be := binary.BigEndian
	ids := func(types ...uint16) (l []byte) {
		for _, t := range types {
			l = be.AppendUint16(be.AppendUint16(l, t), 4)
		}
		return l
	}
	b = appendProperty(b, propInstructions, ids(1, 2, 3, 4, 5)) // goto to clear_actions
	// Output, push and pop VLAN, set queue, set and decrement TTL, set field.
	actions := ids(0, 17, 18, 21, 23, 24, 25)
	b = appendProperty(b, propWriteActions, actions)
	b = appendProperty(b, propApplyActions, actions)
	var match, wild, set []byte
	for id := flow.FieldID(0); id < flow.NumFields; id++ {
		f := id.Info()
		x := fieldOXM(f, v)
		if !id.Available() || x == nil {
			continue
		}
		n := int(f.Bytes)
		h := uint32(x.Header(n, false) >> 32)
		if f.Writable {
			set = be.AppendUint32(set, h)
		}
		wild = be.AppendUint32(wild, h)
		if f.Maskable {
			h = uint32(x.Header(2*n, true) >> 32)
		}
		match = be.AppendUint32(match, h)
	}
	b = appendProperty(b, propMatch, match)
	b = appendProperty(b, propWildcards, wild)
	b = appendProperty(b, propWriteSetField, set)
	return appendProperty(b, propApplySetField, set)
}

// fieldOXM returns the field's four-byte header for a version: OpenFlow's own if
// it has one there, else Nicira's.
func fieldOXM(f *flow.Field, v openflow.Version) (best *flow.OXM) {
	for i := range f.OXMs {
		x := &f.OXMs[i]
		if x.Name == "" || x.Class == 0xffff || x.Version > uint8(v) {
			continue
		}
		if best == nil || x.Class&0x8000 != 0 {
			best = x
		}
	}
	return best
}
