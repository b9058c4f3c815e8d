package openflow

import (
	"bytes"
	"encoding/binary"
	"sync"

	"govs/flow"
)

var be = binary.BigEndian

// encoder writes actions in the form of one version.
type encoder struct {
	b       []byte
	version Version
}

// EncodeActions appends the wire form of a list of actions in version v.
// Instructions are left out, or written as the extension that stands for them
// in OpenFlow 1.0.
func EncodeActions(b []byte, acts []Action, v Version) []byte {
	e := encoder{b: b, version: v}
	e.list(acts)
	return e.b
}

func (e *encoder) list(acts []Action) {
	for _, a := range acts {
		a.encode(e)
	}
}

// std appends n zero bytes that begin with the header of a standard action.
func (e *encoder) std(code uint16, n int) []byte {
	b := e.grow(n)
	be.PutUint16(b, code)
	be.PutUint16(b[2:], uint16(n))
	return b
}

// nx appends n zero bytes that begin with the header of a Nicira action; its
// own fields start at byte 10.
func (e *encoder) nx(code uint16, n int) []byte { return e.vendor(vendorNX, code, n) }

func (e *encoder) vendor(vendor uint32, code uint16, n int) []byte {
	b := e.grow(n)
	be.PutUint16(b, 0xffff)
	be.PutUint16(b[2:], uint16(n))
	be.PutUint32(b[4:], vendor)
	be.PutUint16(b[8:], code)
	return b
}

func (e *encoder) grow(n int) []byte {
	start := len(e.b)
	e.b = append(e.b, make([]byte, n)...)
	return e.b[start : start+n : start+n]
}

func (e *encoder) u8(v uint8)   { e.b = append(e.b, v) }
func (e *encoder) u16(v uint16) { e.b = be.AppendUint16(e.b, v) }
func (e *encoder) u32(v uint32) { e.b = be.AppendUint32(e.b, v) }
func (e *encoder) u64(v uint64) { e.b = be.AppendUint64(e.b, v) }

// close pads what was appended since start to 8 bytes and sets the length in
// the action's header.
func (e *encoder) close(start int) {
	for (len(e.b)-start)%8 != 0 {
		e.b = append(e.b, 0)
	}
	be.PutUint16(e.b[start+2:], uint16(len(e.b)-start))
}

// closeAt is close for an action that has n bytes at least.
func (e *encoder) closeAt(start, n int) {
	for len(e.b)-start < n {
		e.u8(0)
	}
	e.close(start)
}

// header appends a field's NXM or OXM header, 4 bytes or 8 for an
// experimenter's; nxm asks for the NXM name where there is one.
func (e *encoder) header(id flow.FieldID, masked, nxm bool) {
	e.b = id.AppendHeader(e.b, e.fieldVersion(nxm), masked)
}

// header32 returns the header of a field that has a 4-byte one.
func header32(id flow.FieldID, version uint8) uint32 {
	var b [8]byte
	h := id.AppendHeader(b[:0], version, false)
	if len(h) != 4 {
		return 0
	}
	return be.Uint32(h)
}

// fieldVersion is the version that picks among a field's wire names.
func (e *encoder) fieldVersion(nxm bool) uint8 {
	if nxm || e.version < V12 {
		return flow.WireNXM
	}
	return uint8(e.version)
}

func ofsNBits(s flow.Subfield) uint16 { return s.Ofs<<6 | (s.N - 1) }

// decoder reads actions of one version.
type decoder struct {
	version Version
	forms   *wireForms // passed in as nested lists need it
	acts    []Action
	depth   int
	names   *Names // for warnings
}

// DecodeActions reads a list of actions of version v, among which there may be
// no instruction. The error is an ErrorCode.
func DecodeActions(b []byte, v Version, names *Names) ([]Action, error) {
	acts, err := decodeList(b, v, names)
	if err == nil {
		err = refuseInstructions(acts)
	}
	if err == nil {
		err = verifyCode(verify(acts, 0, v), names)
	}
	if err != nil {
		return nil, err
	}
	return acts, nil
}

// refuseInstructions is for lists that are not a flow's: OpenFlow 1.0 has an
// extension that stands for an instruction.
func refuseInstructions(acts []Action) error {
	for _, a := range acts {
		if a.Kind() == KindWriteMetadata {
			return ErrBadInstructionUnsupInst
		}
	}
	return nil
}

// decoders saves an allocation a list.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// decodeList reads a list that may have instructions.
func decodeList(b []byte, v Version, names *Names) ([]Action, error) {
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	*d = decoder{version: v, forms: wireIndex(), names: names}
	if n := countActions(b); n > 0 {
		d.acts = make([]Action, 0, n) // what a flow keeps is no larger than it must be
	}
	if err := d.list(b); err != nil {
		return nil, err
	}
	return d.acts, nil
}

// countActions returns how many actions a list seems to have.
func countActions(b []byte) (n int) {
	for len(b) >= 8 {
		size := int(be.Uint16(b[2:]))
		if size < 8 || size > len(b) {
			return n
		}
		b = b[size:]
		n++
	}
	return n
}

func (d *decoder) list(b []byte) error {
	if len(b)%8 != 0 {
		d.names.warnf("ofp_actions", "OpenFlow message actions length %d is not a multiple of 8", len(b))
		return ErrBadRequestBadLen
	}
	all := b
	for len(b) > 0 {
		n, err := d.one(b)
		if err != nil {
			d.names.warnf("ofp_actions", "bad action at offset %d (%s):\n%s", len(all)-len(b), err, bytes.TrimSuffix(AppendHexDump(nil, all, false), []byte("\n")))
			return err
		}
		b = b[n:]
	}
	return nil
}

func (d *decoder) one(b []byte) (int, error) {
	if len(b) < 8 {
		return 0, ErrBadActionBadLen
	}
	code, n := be.Uint16(b), int(be.Uint16(b[2:]))
	by, number := orgOF, code
	var vendor uint32
	if code == 0xffff {
		vendor = be.Uint32(b[4:])
		switch vendor {
		case vendorNX:
			by = orgNX
		case vendorONF:
			by = orgONF
		default:
			d.names.warnf("ofp_actions", "OpenFlow action has unknown vendor %#x", vendor)
			return 0, ErrBadActionBadVendor
		}
		if len(b) < 16 {
			return 0, ErrBadActionBadLen
		}
		number = be.Uint16(b[8:])
	}
	w := d.forms.find(by, d.version, number)
	if w == nil {
		d.names.warnf("ofp_actions", "unknown %s action for vendor %#x and type %d", d.version, vendor, number)
		if vendor != 0 {
			return 0, ErrBadActionBadVendorType
		}
		return 0, ErrBadActionBadType
	}
	if d.version >= V12 && by == orgOF && deprecated12(code) {
		d.names.warnf("ofp_actions", "%s is deprecated in %s (use Set-Field)", w.name, d.version)
	}
	switch {
	case n > len(b):
		d.names.warnf("ofp_actions", "OpenFlow action %s length %d exceeds action buffer length %d", w.name, n, len(b))
		return 0, ErrBadActionBadLen
	case n < int(w.min) || w.max != 0 && n > int(w.max):
		top := w.max
		if top == 0 {
			top = 65535 - 65535%8
		}
		d.names.warnf("ofp_actions", "OpenFlow action %s length %d not in valid range [%d,%d]", w.name, n, w.min, top)
		return 0, ErrBadActionBadLen
	case n%8 != 0:
		d.names.warnf("ofp_actions", "OpenFlow action %s length %d is not a multiple of 8", w.name, n)
		return 0, ErrBadActionBadLen
	}
	return n, w.decode(d, b[:n:n])
}

// deprecated12 reports whether a standard action of OpenFlow 1.1 was replaced
// by set-field in 1.2; switches still take it.
func deprecated12(code uint16) bool { return code >= 1 && code <= 15 && code != 11 && code != 12 }

func (d *decoder) add(a Action) { d.acts = append(d.acts, a) }

// nested reads a list inside an action.
func (d *decoder) nested(b []byte, outer Kind) ([]Action, error) {
	if d.depth >= maxActionDepth {
		return nil, ErrBadActionTooMany
	}
	in := decoder{version: d.version, forms: d.forms, names: d.names, depth: d.depth + 1}
	if err := in.list(b); err != nil {
		return nil, err
	}
	if err := verify(in.acts, outer, d.version); err != nil {
		return nil, verifyCode(err, d.names)
	}
	return in.acts, nil
}

// field reads a field's header from the front of b and returns what follows.
func (d *decoder) field(b []byte) (id flow.FieldID, masked bool, rest []byte, err error) {
	id, masked, _, n, err := flow.ParseHeader(b)
	switch {
	case err == nil:
		return id, masked, b[n:], nil
	case n == 0:
		return 0, false, nil, ErrBadMatchBadLen
	}
	return 0, false, nil, ErrBadMatchBadField
}

// plainField is field for places where a mask is not allowed.
func (d *decoder) plainField(b []byte) (flow.FieldID, []byte, error) {
	id, masked, rest, err := d.field(b)
	if err == nil && masked {
		err = ErrBadMatchBadMask
	}
	return id, rest, err
}

// subfield32 reads a subfield of which the header is 4 bytes.
func (d *decoder) subfield32(h uint32, ofs, n uint16) (flow.Subfield, error) {
	if h == 0 {
		return flow.Subfield{}, ErrBadActionBadSetType
	}
	var b [4]byte
	be.PutUint32(b[:], h)
	id, _, _, _, err := flow.ParseHeader(b[:]) // whether it has a mask does not matter, as in OVS
	if err != nil {
		return flow.Subfield{}, ErrBadActionBadSetType
	}
	return flow.Subfield{Field: id, Ofs: ofs, N: n}, nil
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
