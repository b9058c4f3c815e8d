package openflow

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"govs/flow"
)

// SetField writes a constant into a field, or into the bits of it that Mask
// has. Both spellings, load:VALUE->FIELD[A..B] and set_field:VALUE/MASK->FIELD,
// give this action.
type SetField struct {
	Field       flow.FieldID
	Value, Mask flow.Value
	Load        bool // it was a load, and is printed as one
	Load2       bool // it came as NXAST_REG_LOAD2, and goes as one
	FlowHasVLAN bool // found by the check: the match asks for a tag

	// explicit: the mask came with the action, with just the bits that the field
	// has, fewer than its bytes have. OVS keeps and shows such a mask.
	explicit bool
}

// Move copies bits from one field to another; both parts have the same width.
type Move struct{ Src, Dst flow.Subfield }

// Push puts a field's bits on the translation's stack.
type Push struct{ Field flow.Subfield }

// Pop takes bits from the translation's stack into a field.
type Pop struct{ Field flow.Subfield }

// DeleteField removes a field (a tunnel option) from the packet.
type DeleteField struct{ Field flow.FieldID }

func parseSetField(p *parser, word, arg string) error {
	if word == "load" {
		return parseLoad(p, arg)
	}
	value, name, ok := strings.Cut(arg, "->")
	if !ok {
		return fmt.Errorf("%s: missing `->'", arg)
	}
	if name == "" {
		return fmt.Errorf("%s: missing field name following `->'", arg)
	}
	id, ok := flow.FieldByPlainName(name)
	if !ok || !id.Available() {
		return fmt.Errorf("%s is not a valid OXM field name", name)
	}
	if !id.Info().Writable {
		return fmt.Errorf("%s is read-only", name)
	}
	v, mask, err := id.ParseValue(value, p.names.env())
	if err != nil {
		return err
	}
	if !id.ValidValue(v) {
		return fmt.Errorf("%s is not a valid value for field %s", value, id)
	}
	if mask.IsZero() {
		p.usable &= fieldProtocols(id, flow.U(1)) // it counts as masked
	} else {
		p.usable &= fieldProtocols(id, mask)
	}
	p.add(&SetField{Field: id, Value: v, Mask: mask})
	return nil
}

func parseLoad(p *parser, arg string) error {
	value, rest, ok := strings.Cut(arg, "->")
	if !ok {
		return arrowError(arg, fmt.Errorf("%s: missing `->'", arg))
	}
	if rest == "" {
		return fmt.Errorf("%s: missing field name following `->'", arg)
	}
	dst, err := p.subfield(rest)
	if err != nil {
		return err
	}
	// What stands between the number and the arrow does not matter, as in OVS.
	v, _, ok, fits := flow.ScanInteger(value, int(dst.Field.Info().Bytes))
	if !ok || !fits {
		return fmt.Errorf("%s: cannot parse integer value", arg)
	}
	if err := fitsIn(arg, v, dst); err != nil {
		return err
	}
	p.add(&SetField{Field: dst.Field, Value: v.Shl(int(dst.Ofs)), Mask: dst.Mask(), Load: true})
	return nil
}

// arrowError adds a hint to an error about a missing arrow when the text has a
// typographic one.
func arrowError(text string, err error) error {
	for _, c := range []string{"−>", "–>", "—>", "→", "–", "−"} {
		if strings.Contains(text, c) {
			return fmt.Errorf("%w (the arrow is typed as a hyphen and >, not %q)", err, c)
		}
	}
	return err
}

// parseBits reads a number for the bits of dst; all is the text for errors.
func parseBits(all, s string, dst flow.Subfield) (flow.Value, error) {
	v, rest, ok, fits := flow.ScanInteger(s, int(dst.Field.Info().Bytes))
	if !ok || !fits || rest != "" {
		return v, fmt.Errorf("%s: cannot parse integer value", all)
	}
	return v, fitsIn(all, v, dst)
}

// fitsIn is an error for a value with more bits than dst.
func fitsIn(all string, v flow.Value, dst flow.Subfield) error {
	if v.Len() <= int(dst.N) {
		return nil
	}
	mask := dst.Field.Ones()
	if !v.AndNot(mask).IsZero() {
		mask = flow.OnesValue(8 * int(dst.Field.Info().Bytes))
	}
	return fmt.Errorf("%s: value %s does not fit into %d bits", all, dst.Field.AppendValue(nil, v, mask, nil), dst.N)
}

func hexString(v flow.Value) string {
	if v.Len() <= 64 {
		return fmt.Sprintf("0x%x", v.Lo)
	}
	return "0x" + strings.TrimLeft(hex.EncodeToString(v.AppendBytes(nil, (v.Len()+7)/8)), "0")
}

// hexBytes prints bytes as one number.
func (f *formatter) hexBytes(b []byte) {
	digits := strings.TrimLeft(hex.EncodeToString(b), "0")
	if digits == "" {
		f.str("0")
		return
	}
	f.str("0x" + digits)
}

func (a *SetField) format(f *formatter) {
	if a.Load {
		dst := a.dst()
		f.special("load:")
		f.hexValue(a.Value.Shr(int(dst.Ofs)))
		f.special("->")
		f.sub(dst)
		return
	}
	f.special("set_field:")
	mask := a.Mask
	v := a.Value
	f.b = a.Field.AppendValue(f.b, v, mask, f.names.shown())
	if a.explicit {
		f.str("/" + hexString(mask))
	}
	f.special("->")
	f.str(a.Field.String())
}

// dst returns the part of the field that is written, for a mask that is one
// run of bits.
func (a *SetField) dst() flow.Subfield { return lowestRun(a.Field, a.Mask, 1024) }

// lowestRun returns the lowest run of bits in mask, at most limit long.
func lowestRun(id flow.FieldID, mask flow.Value, limit int) flow.Subfield {
	ofs, n := mask.LowestRun()
	return flow.Subfield{Field: id, Ofs: uint16(ofs), N: uint16(min(n, limit))}
}

// hexValue prints a value as hex; zero is "0".
func (f *formatter) hexValue(v flow.Value) {
	if v.IsZero() {
		f.str("0")
		return
	}
	f.str(hexString(v))
}

// setField appends an OFPAT_SET_FIELD of a whole field.
func (e *encoder) setField(id flow.FieldID, v flow.Value) {
	e.setFieldMasked(id, v, flow.Value{}, false)
}

func (e *encoder) setFieldMasked(id flow.FieldID, v, mask flow.Value, masked bool) {
	start := len(e.b)
	e.std(25, 4)
	e.b = id.AppendEntry(e.b, v, mask, e.fieldVersion(false), masked)
	e.close(start)
}

// regLoad appends an NXAST_REG_LOAD of at most 64 bits.
func (e *encoder) regLoad(dst flow.Subfield, v uint64) {
	b := e.nx(7, 24)
	be.PutUint16(b[10:], ofsNBits(dst))
	be.PutUint32(b[12:], header32(dst.Field, flow.WireNXM))
	be.PutUint64(b[16:], v)
}

// loads appends the NXAST_REG_LOADs that write the bits of the mask, or one
// NXAST_REG_LOAD2 for a field whose header does not fit in there.
func (e *encoder) loads(a *SetField) {
	if header32(a.Field, flow.WireNXM) == 0 || a.Field.IsTLV() {
		e.load2(a)
		return
	}
	mask := a.Mask
	if a.Field == flow.TunFlags {
		mask = mask.Cut(1)
	}
	for !mask.IsZero() {
		dst := lowestRun(a.Field, mask, 64)
		e.regLoad(dst, a.Value.Shr(int(dst.Ofs)).Cut(int(dst.N)).Lo)
		mask = mask.AndNot(dst.Mask())
	}
}

// exact reports whether the action writes the whole field and so needs no mask.
// tun_flags has more bits on the wire than can be written: without a mask all of
// them are.
func (a *SetField) exact() bool {
	if a.Field == flow.TunFlags {
		return a.Mask.Len() > 1
	}
	return a.Mask == a.Field.Ones() && !a.explicit
}

// masked reports whether the value goes with its mask: for a load that is also
// the mask of all bits of a field which has fewer than its bytes.
func (a *SetField) masked() bool {
	if !a.Load {
		return !a.exact()
	}
	return a.Mask != flow.OnesValue(8*int(a.Field.Info().Bytes))
}

func (e *encoder) load2(a *SetField) {
	start := len(e.b)
	e.nx(33, 10)
	e.b = a.Field.AppendEntry(e.b, a.Value, a.Mask, e.fieldVersion(true), a.masked())
	e.close(start)
}

func (a *SetField) encode(e *encoder) {
	switch {
	case a.Load2 && e.version < V15:
		e.load2(a)
	case e.version >= V15:
		e.setFieldMasked(a.Field, a.Value, a.Mask, a.masked())
	case a.Load:
		e.loads(a)
	case e.version < V12 && (a.exact() || a.Field == flow.VlanVID):
		a.encodeLegacy(e)
	case a.exact():
		e.setField(a.Field, a.Value)
	default:
		e.loads(a)
	}
}

// encodeLegacy writes the action in the words that OpenFlow 1.0 and 1.1 have
// for some fields.
func (a *SetField) encodeLegacy(e *encoder) {
	v := a.Value.Lo
	switch a.Field {
	case flow.VlanTCI:
		if v&flow.VLANPresent == 0 {
			(&StripVLAN{}).encode(e)
			return
		}
		(&SetVLANVID{VID: uint16(v & 0xfff), PushIfNeeded: true, FlowHasVLAN: a.FlowHasVLAN}).encode(e)
		(&SetVLANPCP{PCP: uint8(v >> 13), PushIfNeeded: true, FlowHasVLAN: true}).encode(e)
	case flow.DlVlan, flow.VlanVID:
		(&SetVLANVID{VID: uint16(v & 0xfff), PushIfNeeded: true, FlowHasVLAN: true}).encode(e)
	case flow.DlVlanPCP, flow.VlanPCP:
		(&SetVLANPCP{PCP: uint8(v), PushIfNeeded: true, FlowHasVLAN: true}).encode(e)
	case flow.EthSrc:
		(&SetEthSrc{flow.MACFromUint64(v)}).encode(e)
	case flow.EthDst:
		(&SetEthDst{flow.MACFromUint64(v)}).encode(e)
	case flow.IPSrc:
		(&SetIPv4Src{uint32(v)}).encode(e)
	case flow.IPDst:
		(&SetIPv4Dst{uint32(v)}).encode(e)
	case flow.IPTOS:
		(&SetIPDSCP{uint8(v)}).encode(e)
	case flow.IPDSCP:
		(&SetIPDSCP{uint8(v << 2)}).encode(e)
	case flow.IPECN:
		(&SetIPECN{uint8(v)}).encode(e)
	case flow.TCPSrc, flow.UDPSrc:
		be.PutUint16(e.std(9, 8)[4:], uint16(v))
	case flow.TCPDst, flow.UDPDst:
		be.PutUint16(e.std(10, 8)[4:], uint16(v))
	default:
		e.loads(a)
	}
}

func (a *SetField) check(c *checker) error {
	if !a.Field.PrereqsOK(&c.match.Key, nil) || a.Field == flow.VlanVID && !c.hasVLAN() {
		c.names.warnf("ofp_actions", "set_field %s lacks correct prerequisites", a.Field)
		return ErrBadActionMatchInconsistent
	}
	a.FlowHasVLAN = c.hasVLAN()
	if a.Field == flow.VlanTCI {
		// 3.1 takes the value as a whole, whatever the mask leaves alone; an
		// inner tag stays where it is.
		c.match.Key.VLANs[0].TCI = uint16(a.Value.Lo)
	}
	return nil
}

// checkWritable is what decoding refuses at once.
func checkWritable(d *decoder, id flow.FieldID) error {
	if !id.Info().Writable {
		d.names.warnf("meta_flow", "destination field %s is not writable", id)
		return ErrBadActionBadSetArgument
	}
	return nil
}

func decodeRegLoad(d *decoder, b []byte) error {
	n := be.Uint16(b[10:])
	dst, err := d.subfield32(be.Uint32(b[12:]), n>>6, n&63+1)
	if err != nil {
		return err
	}
	c := checker{names: d.names}
	if err := c.span("destination", dst); err != nil {
		return err
	}
	if err := checkWritable(d, dst.Field); err != nil {
		return err
	}
	v := flow.U(be.Uint64(b[16:]))
	if v.Len() > int(dst.N) {
		return ErrBadActionBadArgument
	}
	d.add(&SetField{Field: dst.Field, Value: v.Shl(int(dst.Ofs)), Mask: dst.Mask(), Load: true})
	return nil
}

// decodeEntry reads an OXM entry with padding behind it; the value of one that
// loads need not make sense, that of another must.
func decodeEntry(d *decoder, b []byte, loads, mayMask bool) error {
	if id, _, _, _, err := flow.ParseHeader(b); err == nil {
		if err := checkWritable(d, id); err != nil {
			return err
		}
	}
	id, v, mask, n, err := flow.ParseEntry(b)
	if errors.Is(err, flow.ErrBadMask) {
		// What a match takes whole or not at all, an action may set a part of.
		switch {
		case !v.AndNot(mask).IsZero():
			err = flow.ErrBadWildcards
		case !id.ValidValue(v):
			err = flow.ErrBadValue
		default:
			mask, err = mask.And(id.Ones()), nil
		}
	}
	if errors.Is(err, flow.ErrBadValue) {
		if loads {
			err = nil
		} else {
			d.names.warnf("ofp_actions", "Invalid value for set field %s: %s", id, id.AppendValue(nil, v, id.Ones(), nil))
		}
	}
	if err != nil {
		// A length that is not the field's is told before what it leads to.
		if _, _, _, _, herr := flow.ParseHeader(b); herr != nil && !errors.Is(herr, flow.ErrBadLen) {
			if flow.KnownHeader(b) {
				return ErrBadActionBadSetLen
			}
			return ErrBadActionBadSetType
		}
		if errors.Is(err, flow.ErrBadValue) {
			return ErrBadActionBadSetArgument
		}
		return matchError(err)
	}
	if !isZero(b[n:]) {
		return ErrBadActionBadSetArgument
	}
	if !mayMask && mask != id.Ones() {
		return ErrBadActionBadSetMask
	}
	if id == flow.VlanVID && v.Lo&flow.VLANPresent == 0 && mask.Lo&flow.VLANPresent != 0 {
		return ErrBadActionBadSetArgument
	}
	if id == flow.TunFlags && mask == id.Ones() {
		mask = flow.OnesValue(16)
	}
	d.add(&SetField{Field: id, Value: v, Mask: mask, explicit: mask == id.Ones() && explicitMask(id, b)})
	return nil
}

// explicitMask reports whether the valid entry at the front of b has a mask that
// leaves bits of the field's bytes out.
func explicitMask(id flow.FieldID, b []byte) bool {
	_, masked, payload, hdr, err := flow.ParseHeader(b)
	if err != nil || !masked || id.IsTLV() {
		return false
	}
	n := payload / 2
	return flow.ValueFromBytes(b[hdr+n:hdr+2*n]) != flow.OnesValue(8*n)
}

func decodeRegLoad2(d *decoder, b []byte) error {
	n := len(d.acts)
	if err := decodeEntry(d, b[10:], true, true); err != nil {
		return err
	}
	if len(d.acts) > n {
		d.acts[n].(*SetField).Load2 = true
	}
	return nil
}

func decodeSetField(d *decoder, b []byte) error {
	if id, _, _, _, err := flow.ParseHeader(b[4:]); err == nil && id == flow.InPortOXM {
		// OpenFlow 1.2 and later: the input port is not to be set.
		return ErrBadActionBadSetArgument
	}
	return decodeEntry(d, b[4:], false, d.version >= V15)
}

// matchError turns flow's errors of decoding into wire errors.
func matchError(err error) error {
	for _, e := range [...]struct {
		from error
		to   ErrorCode
	}{
		{flow.ErrBadLen, ErrBadMatchBadLen}, {flow.ErrBadField, ErrBadMatchBadField}, {flow.ErrBadValue, ErrBadMatchBadValue},
		{flow.ErrBadMask, ErrBadMatchBadMask}, {flow.ErrBadPrereq, ErrBadMatchBadPrereq}, {flow.ErrDupField, ErrBadMatchDupField},
		{flow.ErrBadWildcards, ErrBadMatchBadWildcards},
	} {
		if errors.Is(err, e.from) {
			return e.to
		}
	}
	return err
}

func parseMove(p *parser, _, arg string) error {
	src, rest, err := flow.CutSubfield(arg)
	if err != nil {
		return err
	}
	to, ok := strings.CutPrefix(rest, "->")
	if !ok {
		return arrowError(arg, fmt.Errorf("%s: missing `->' following source", arg))
	}
	dst, err := p.subfield(to)
	if err != nil {
		return err
	}
	if src.N != dst.N {
		return fmt.Errorf("%s: source field is %d bits wide but destination is %d bits wide", arg, src.N, dst.N)
	}
	p.add(&Move{src, dst})
	return nil
}

func (a *Move) format(f *formatter) {
	f.special("move:")
	f.sub(a.Src)
	f.special("->")
	f.sub(a.Dst)
}

func (a *Move) encode(e *encoder) {
	start := len(e.b)
	var b []byte
	if e.version >= V15 {
		b = e.std(28, 12)[4:]
	} else {
		b = e.nx(6, 16)[10:]
	}
	be.PutUint16(b, a.Src.N)
	be.PutUint16(b[2:], a.Src.Ofs)
	be.PutUint16(b[4:], a.Dst.Ofs)
	e.header(a.Src.Field, false, e.version < V15)
	e.header(a.Dst.Field, false, e.version < V15)
	e.close(start)
}

func (a *Move) check(c *checker) error {
	if err := c.src(a.Src); err != nil {
		return err
	}
	return c.dst(a.Dst)
}

func decodeMove(d *decoder, b []byte) error { return moveFrom(d, b[10:], b[16:]) }

func decodeCopyField(d *decoder, b []byte) error { return moveFrom(d, b[4:], b[12:]) }

func decodeCopyFieldONF(d *decoder, b []byte) error { return moveFrom(d, b[12:], b[20:]) }

func moveFrom(d *decoder, nums, fields []byte) error {
	n := be.Uint16(nums)
	src, rest, err := d.plainField(fields)
	if err != nil {
		return err
	}
	dst, rest, err := d.plainField(rest)
	if err != nil {
		return err
	}
	if !isZero(rest) {
		return ErrBadRequestMustBeZero
	}
	a := &Move{flow.Subfield{Field: src, Ofs: be.Uint16(nums[2:]), N: n}, flow.Subfield{Field: dst, Ofs: be.Uint16(nums[4:]), N: n}}
	c := checker{names: d.names}
	if err := c.span("source", a.Src); err != nil {
		return err
	}
	if err := c.span("destination", a.Dst); err != nil {
		return err
	}
	d.add(a)
	return checkWritable(d, dst)
}

func parseStack(p *parser, arg string) (flow.Subfield, error) {
	s, rest, err := flow.CutSubfield(arg)
	if err == nil && rest != "" {
		err = fmt.Errorf("%s: trailing garbage following push or pop", rest)
	}
	return s, err
}

func parsePush(p *parser, _, arg string) error {
	s, err := parseStack(p, arg)
	p.add(&Push{s})
	return err
}

func parsePop(p *parser, _, arg string) error {
	s, err := parseStack(p, arg)
	p.add(&Pop{s})
	return err
}

func (a *Push) format(f *formatter) {
	f.param("push:")
	f.sub(a.Field)
}

func (a *Pop) format(f *formatter) {
	f.param("pop:")
	f.sub(a.Field)
}

func (e *encoder) stack(code uint16, s flow.Subfield) {
	start := len(e.b)
	be.PutUint16(e.nx(code, 12)[10:], s.Ofs)
	e.header(s.Field, false, true)
	e.u16(s.N)
	e.closeAt(start, 24)
}

func (a *Push) encode(e *encoder) { e.stack(27, a.Field) }
func (a *Pop) encode(e *encoder)  { e.stack(28, a.Field) }

func (a *Push) check(c *checker) error { return c.src(a.Field) }
func (a *Pop) check(c *checker) error  { return c.dst(a.Field) }

func stackFrom(d *decoder, b []byte) (flow.Subfield, error) {
	id, rest, err := d.plainField(b[12:])
	if err != nil {
		return flow.Subfield{}, err
	}
	if len(rest) < 2 {
		return flow.Subfield{}, ErrBadActionBadLen
	}
	if !isZero(rest[2:]) {
		return flow.Subfield{}, ErrBadRequestMustBeZero
	}
	s := flow.Subfield{Field: id, Ofs: be.Uint16(b[10:]), N: be.Uint16(rest)}
	c := checker{names: d.names}
	return s, c.span("stack", s)
}

func decodePush(d *decoder, b []byte) error {
	s, err := stackFrom(d, b)
	d.add(&Push{s})
	return err
}

func decodePop(d *decoder, b []byte) error {
	s, err := stackFrom(d, b)
	if err == nil {
		err = checkWritable(d, s.Field)
	}
	d.add(&Pop{s})
	return err
}

func parseDeleteField(p *parser, _, arg string) error {
	id, ok := flow.FieldByName(arg)
	if !ok {
		return fmt.Errorf("unknown field `%s'", arg)
	}
	p.add(&DeleteField{id})
	return nil
}

func (a *DeleteField) format(f *formatter) {
	f.param("delete_field:")
	f.str(a.Field.String())
}

func (a *DeleteField) encode(e *encoder) {
	start := len(e.b)
	e.nx(50, 10)
	e.header(a.Field, false, true)
	e.closeAt(start, 24)
}

func (a *DeleteField) check(*checker) error {
	if a.Field < flow.TunMetadata0 || a.Field > flow.TunMetadata63 {
		return ErrBadActionBadArgument
	}
	return nil
}

func decodeDeleteField(d *decoder, b []byte) error {
	head := b[10:]
	if short := []byte{head[0], head[1], head[2], 0}; len(head) >= 4 && head[3] < 0x80 {
		// Of a tunnel option's header the length says nothing, unless there is none
		// as long.
		if id, _, _, _, err := flow.ParseHeader(short); err == nil && id.IsTLV() {
			head = short
		}
	}
	id, _, err := d.plainField(head)
	if err != nil {
		return err
	}
	d.add(&DeleteField{id})
	return nil
}
