package flow

import (
	"encoding/binary"
	"unsafe"
)

// Prereq is the condition on other fields under which a field exists in a
// packet.
type Prereq uint8

// Prerequisites.
const (
	PrereqNone Prereq = iota
	PrereqEthernet
	PrereqARP
	PrereqVlanVID
	PrereqIPv4
	PrereqIPv6
	PrereqIP
	PrereqMPLS
	PrereqTCP
	PrereqUDP
	PrereqSCTP
	PrereqICMPv4
	PrereqICMPv6
	PrereqND
	PrereqNDSolicit
	PrereqNDAdvert
	PrereqNSH
	PrereqCT
)

// Format is the textual form of a field's values.
type Format uint8

// Textual forms.
const (
	FormatDecimal Format = iota
	FormatHex
	FormatEthernet
	FormatIPv4
	FormatIPv6
	FormatOFPort
	FormatFrag
	FormatTCPFlags
	FormatTunFlags
	FormatCtState
	FormatPacketType
)

// OXM classes (OpenFlow 1.5.1 section 7.2.3.2) and the experimenters we know.
const (
	classOF       = 0x0000
	classNX       = 0x0001
	classEricsson = 0x1000
	classOXM      = 0x8000
	classPktReg   = 0x8001
	classExp      = 0xffff

	expNX  = 0x00002320
	expNSH = 0x005ad650
	expONF = 0x4f4e4600
)

// OXM is one wire name of a field: an NXM, OXM or experimenter OXM header.
type OXM struct {
	Name    string
	Class   uint16
	Field   uint8
	Exp     uint32 // experimenter id, if Class is 0xffff
	Version uint8  // first OpenFlow wire version with it; 0: an extension, any version
}

// Header returns the 64-bit header with the payload length n (in bytes, mask
// included, experimenter id excluded): class, field, mask bit and length in the
// upper half, experimenter in the lower.
func (o *OXM) Header(n int, masked bool) uint64 {
	if o.Class == classExp {
		n += 4
	}
	h := uint64(o.Class)<<48 | uint64(o.Field)<<41 | uint64(n)<<32 | uint64(o.Exp)
	if masked {
		h |= 1 << 40
	}
	return h
}

// where says how a field is stored in a Key.
type where uint8

const (
	inNone  where = iota
	inU8          // host-order integer
	inU16         //
	inU32         //
	inU64         //
	inBytes       // big-endian bytes, as many as Field.Bytes
	inRegs        // consecutive 32-bit registers, most significant first
	inPort        // 16-bit OpenFlow port, shown in its 32-bit form
	inTLV         // a tunnel option, where the key's layout says
)

// loc is where a field lives: an integer of a kind at an offset of Key, shifted
// right, cut to keep (0: Field.Bits ones).
type loc struct {
	in    where
	ofs   uintptr
	shift uint8
	keep  uint16
}

// Field is one row of the field table.
type Field struct {
	Name     string
	Alias    string // older name, also accepted
	Bits     uint16 // significant bits
	Bytes    uint8  // bytes on the wire
	Maskable bool
	Writable bool // set_field, load, move may write it
	Prereq   Prereq
	Format   Format
	loc      loc
	OXMs     [3]OXM // preferred first (NXM, then OXM); unused ones have no Name
}

// Info returns the field's row.
func (id FieldID) Info() *Field { return &fields[id] }

// String returns the field's name.
func (id FieldID) String() string {
	if id >= NumFields {
		return "?"
	}
	return fields[id].Name
}

// Ones returns the value with all of the field's bits set: the exact mask.
func (id FieldID) Ones() Value {
	f := &fields[id]
	if f.loc.keep != 0 {
		return Value{Lo: uint64(f.loc.keep)}
	}
	return OnesValue(int(f.Bits))
}

// Available reports whether keys have room for the field.
func (id FieldID) Available() bool { return fields[id].loc.in != inNone }

// IsRegister reports whether id is one of reg, xreg, xxreg.
func (id FieldID) IsRegister() bool { return id >= Reg0 && id <= XXReg7 }

// keepMask is the field's bits within its integer, unshifted.
func (f *Field) keepMask() uint64 {
	if f.loc.keep != 0 {
		return uint64(f.loc.keep)
	}
	return ^uint64(0) >> max(0, 64-int(f.Bits))
}

// Get returns the field's value in k, right-aligned.
func (id FieldID) Get(k *Key) Value {
	f := &fields[id]
	p := unsafe.Add(unsafe.Pointer(k), f.loc.ofs)
	switch f.loc.in {
	case inU8:
		return Value{Lo: uint64(*(*uint8)(p)) >> f.loc.shift & f.keepMask()}
	case inU16:
		return Value{Lo: uint64(*(*uint16)(p)) >> f.loc.shift & f.keepMask()}
	case inU32:
		return Value{Lo: uint64(*(*uint32)(p)) >> f.loc.shift & f.keepMask()}
	case inU64:
		return Value{Lo: *(*uint64)(p)}
	case inBytes:
		if f.Bytes == 6 {
			b := (*[6]byte)(p)
			return Value{Lo: uint64(binary.BigEndian.Uint16(b[:2]))<<32 | uint64(binary.BigEndian.Uint32(b[2:]))}
		}
		b := (*[16]byte)(p)
		return Value{Hi: binary.BigEndian.Uint64(b[:8]), Lo: binary.BigEndian.Uint64(b[8:])}
	case inRegs:
		if f.Bytes == 8 {
			r := (*[2]uint32)(p)
			return Value{Lo: uint64(r[0])<<32 | uint64(r[1])}
		}
		r := (*[4]uint32)(p)
		return Value{Hi: uint64(r[0])<<32 | uint64(r[1]), Lo: uint64(r[2])<<32 | uint64(r[3])}
	case inPort:
		return Value{Lo: uint64(PortToOF11(*(*uint32)(p)))}
	case inTLV:
		return id.tlvGet(k)
	}
	return Value{}
}

// Set stores v in k without regard to prerequisites. As on the wire, setting
// dl_vlan and the VLAN priority makes the tag present; dl_vlan 0xffff removes
// it.
func (id FieldID) Set(k *Key, v Value) {
	switch id {
	case DlVlan:
		if v.Lo == 0xffff {
			k.VLANs[0].TCI = 0
			return
		}
		k.VLANs[0].TCI = k.VLANs[0].TCI&0xe000 | uint16(v.Lo&0xfff) | VLANPresent
		return
	case DlVlanPCP, VlanPCP:
		k.VLANs[0].TCI = k.VLANs[0].TCI&0x1fff | uint16(v.Lo&7)<<13 | VLANPresent
		return
	case InPortOXM, ActsetOutput:
		port, ok := PortFromOF11(uint32(v.Lo))
		if !ok {
			port = PortNone
		}
		v.Lo = uint64(port)
	}
	id.put(k, v)
}

// put stores the bits of v at the field's place.
func (id FieldID) put(k *Key, v Value) {
	f := &fields[id]
	p := unsafe.Add(unsafe.Pointer(k), f.loc.ofs)
	keep := f.keepMask() << f.loc.shift
	if wide(id) {
		keep = ^uint64(0) // nothing else lives in the integer
	}
	bits := v.Lo << f.loc.shift & keep
	switch f.loc.in {
	case inU8:
		*(*uint8)(p) = *(*uint8)(p)&^uint8(keep) | uint8(bits)
	case inU16:
		*(*uint16)(p) = *(*uint16)(p)&^uint16(keep) | uint16(bits)
	case inU32:
		*(*uint32)(p) = *(*uint32)(p)&^uint32(keep) | uint32(bits)
	case inU64:
		*(*uint64)(p) = v.Lo
	case inBytes:
		if f.Bytes == 6 {
			b := (*[6]byte)(p)
			binary.BigEndian.PutUint16(b[:2], uint16(v.Lo>>32))
			binary.BigEndian.PutUint32(b[2:], uint32(v.Lo))
			return
		}
		b := (*[16]byte)(p)
		binary.BigEndian.PutUint64(b[:8], v.Hi)
		binary.BigEndian.PutUint64(b[8:], v.Lo)
	case inRegs:
		if f.Bytes == 8 {
			*(*[2]uint32)(p) = [2]uint32{uint32(v.Lo >> 32), uint32(v.Lo)}
			return
		}
		*(*[4]uint32)(p) = [4]uint32{uint32(v.Hi >> 32), uint32(v.Hi), uint32(v.Lo >> 32), uint32(v.Lo)}
	case inPort:
		*(*uint32)(p) = uint32(v.Lo)
	case inTLV:
		id.tlvPut(k, v)
	}
}

// SetMasked stores the bits of v under mask in k and keeps the others.
func (id FieldID) SetMasked(k *Key, v, mask Value) {
	old := id.Get(k)
	id.Set(k, v.And(mask).Or(old.AndNot(mask)))
}

// GetMask returns the field's bits of m.
func (id FieldID) GetMask(m *Mask) Value {
	if wide(id) {
		if id.raw(m) != 0 {
			return id.Ones()
		}
		return Value{}
	}
	return id.Get((*Key)(m))
}

// SetMask sets the field's bits of m to v, for the VLAN fields together with
// the bit that says the tag is present. For a tunnel option m must have the
// layout of the key it is for.
func (id FieldID) SetMask(m *Mask, v Value) {
	if id.IsTLV() && v.IsZero() {
		id.Remove((*Key)(m))
		return
	}
	if wide(id) {
		id.setRaw(m, !v.IsZero())
		return
	}
	id.put((*Key)(m), v)
	switch id {
	case DlVlan, DlVlanPCP, VlanPCP:
		if !v.IsZero() {
			m.VLANs[0].TCI |= VLANPresent
		}
	}
}

// Unwildcard adds all bits of the field to m.
func (id FieldID) Unwildcard(m *Mask) {
	id.SetMask(m, id.Ones())
}

// wide reports whether the field cannot be masked and its integer in Key has
// another width than its value, so that the mask is all of the integer or
// nothing.
func wide(id FieldID) bool {
	switch id {
	case InPort, InPortOXM, ActsetOutput, ArpOp, ICMPType, ICMPCode, ICMPv6Type, ICMPv6Code, NDOptionsType:
		return true
	}
	return false
}

// raw returns the whole integer that holds the field.
func (id FieldID) raw(m *Mask) uint32 {
	f := &fields[id]
	p := unsafe.Add(unsafe.Pointer(m), f.loc.ofs)
	switch f.loc.in {
	case inU8:
		return uint32(*(*uint8)(p))
	case inU16:
		return uint32(*(*uint16)(p))
	}
	return *(*uint32)(p)
}

// setRaw sets the whole integer that holds the field to ones or zero.
func (id FieldID) setRaw(m *Mask, on bool) {
	f := &fields[id]
	p := unsafe.Add(unsafe.Pointer(m), f.loc.ofs)
	var v uint32
	if on {
		v = 0xffffffff
	}
	switch f.loc.in {
	case inU8:
		*(*uint8)(p) = uint8(v)
	case inU16:
		*(*uint16)(p) = uint16(v)
	default:
		*(*uint32)(p) = v
	}
}
