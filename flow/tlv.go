package flow

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Tunnel options (Geneve TLVs) are the fields tun_metadata0 to 63. A switch's
// TLVMap says which option each stands for and how long it is; where in a Key's
// 256 bytes an option lies is its layout, which the Key names in TunLayout. A
// match that is made without a map, as ovs-ofctl does, gets a layout of its own.

// tunSpace is the room for options in a Key.
const tunSpace = 256

// numTLVs is the number of tun_metadata fields.
const numTLVs = int(TunMetadata63-TunMetadata0) + 1

// maxTLVLen is the size of the longest Geneve option's data.
const maxTLVLen = 124

// ErrTLV is returned for a tunnel option that the switch's TLVMap does not
// have, or that finds no room.
var ErrTLV = errors.New("NXFMFC_INVALID_TLV_FIELD")

// TLVSpaceError is returned when the options of a match without a TLVMap are too
// long together.
type TLVSpaceError struct {
	Field FieldID
	Used  int // bytes with the field's
}

func (e *TLVSpaceError) Error() string {
	return fmt.Sprintf("field %s exceeds maximum size for tunnel metadata (used %d, max %d)", e.Field, e.Used, tunSpace)
}

// Is makes it an ErrTLV.
func (e *TLVSpaceError) Is(err error) bool { return err == ErrTLV }

// tlvSlot is where one option lies.
type tlvSlot struct {
	used     bool
	masked   bool // it has a mask even if that is all ones, or there is none of it
	ofs, len uint8
}

// tlvLayout says where the options of a Key are. It does not change; that of a
// switch is replaced when its map changes.
type tlvLayout struct {
	fixed bool // a switch's: nothing can be added
	room  int  // bytes in use
	slots [numTLVs]tlvSlot
}

// tlvLayouts are all layouts. A layout's code has its number in the lower half
// and the number's complement in the upper one, so that no code is part of
// another and each can be its own mask.
var tlvLayouts struct {
	chunks [256]atomic.Pointer[[256]atomic.Pointer[tlvLayout]] // by number
	mu     sync.Mutex
	codes  map[tlvLayout]uint32 // of layouts that any may use; guarded by mu
	used   uint32               // numbers given out; guarded by mu
}

// tlvLayoutOf returns the layout with the code, or nil.
func tlvLayoutOf(code uint32) *tlvLayout {
	n := uint16(code)
	if code>>16 != uint32(^n) {
		return nil
	}
	c := tlvLayouts.chunks[n>>8].Load()
	if c == nil {
		return nil
	}
	return c[n&0xff].Load()
}

// tlvCode returns the code of a layout, or 0 when there are too many.
func tlvCode(l tlvLayout) uint32 {
	t := &tlvLayouts
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, ok := t.codes[l]; ok {
		return c
	}
	code := nextCode()
	if code == 0 {
		return 0
	}
	if t.codes == nil {
		t.codes = map[tlvLayout]uint32{}
	}
	t.codes[l] = code
	storeLayout(code, &l)
	return code
}

// newCode returns a code without a layout, or 0 when there are too many.
func newCode() uint32 {
	tlvLayouts.mu.Lock()
	defer tlvLayouts.mu.Unlock()
	return nextCode()
}

// setLayout gives a code of newCode its layout, or another.
func setLayout(code uint32, l *tlvLayout) {
	tlvLayouts.mu.Lock()
	defer tlvLayouts.mu.Unlock()
	storeLayout(code, l)
}

// storeLayout is setLayout for one who holds mu.
func storeLayout(code uint32, l *tlvLayout) {
	n := uint16(code)
	c := &tlvLayouts.chunks[n>>8]
	if c.Load() == nil {
		c.Store(new([256]atomic.Pointer[tlvLayout]))
	}
	c.Load()[n&0xff].Store(l)
}

// nextCode is newCode for one who holds mu.
func nextCode() uint32 {
	t := &tlvLayouts
	if t.used > 0xffff {
		return 0
	}
	n := uint16(t.used)
	t.used++
	return uint32(^n)<<16 | uint32(n)
}

// IsTLV reports whether the field is one of the tunnel options.
func (id FieldID) IsTLV() bool { return id >= TunMetadata0 && id <= TunMetadata63 }

func (id FieldID) tlv() int { return int(id - TunMetadata0) }

// slot returns where k has the option, or nil.
func (id FieldID) slot(k *Key) *tlvSlot {
	if l := tlvLayoutOf(k.TunLayout); l != nil && l.slots[id.tlv()].used {
		return &l.slots[id.tlv()]
	}
	return nil
}

func (s *tlvSlot) data(k *Key) []byte { return k.TunData[s.ofs:][:s.len] }

// tlvGet returns the option's value in k; zero for one that is not there.
func (id FieldID) tlvGet(k *Key) Value {
	s := id.slot(k)
	if s == nil || k.TunPresent>>id.tlv()&1 == 0 {
		return Value{}
	}
	return ValueFromBytes(s.data(k))
}

// tlvPut stores the option in k, or does nothing if k's layout has none.
func (id FieldID) tlvPut(k *Key, v Value) {
	if s := id.slot(k); s != nil {
		v.AppendBytes(s.data(k)[:0], int(s.len))
		k.TunPresent |= 1 << id.tlv()
	}
}

// Remove takes the tunnel option out of k; other fields become zero.
func (id FieldID) Remove(k *Key) {
	if !id.IsTLV() {
		id.put(k, Value{})
		return
	}
	if s := id.slot(k); s != nil {
		clear(s.data(k))
		k.TunPresent &^= 1 << id.tlv()
	}
}

// Present reports whether k has the tunnel option; other fields always are.
func (id FieldID) Present(k *Key) bool { return !id.IsTLV() || k.TunPresent>>id.tlv()&1 != 0 }

// SetTLV makes the match require the tunnel option id with the bits of v under
// mask; with a zero mask that it is there. A match that began with a TLVMap's
// layout refuses what the map does not have.
func (m *Match) SetTLV(id FieldID, v, mask Value) error {
	return m.setTLV(id, v, mask, mask != id.Ones())
}

// setTLV is SetTLV that is told whether there is a mask. Without a map an option
// has as many bytes as it needs.
func (m *Match) setTLV(id FieldID, v, mask Value, masked bool) error {
	n := v.Len()
	if masked {
		n = max(n, mask.Len())
	}
	n = (n + 7) / 8
	i := id.tlv()
	l := tlvLayout{}
	if old := tlvLayoutOf(m.Key.TunLayout); old != nil {
		l = *old
	}
	if !l.slots[i].used {
		if l.fixed || n > maxTLVLen {
			return ErrTLV
		}
		if l.room+n > tunSpace {
			return &TLVSpaceError{id, l.room + n}
		}
		l.slots[i] = tlvSlot{used: true, masked: masked, ofs: uint8(min(l.room, tunSpace-1)), len: uint8(n)}
		l.room += n
		code := tlvCode(l)
		if code == 0 {
			return ErrTLV
		}
		m.Key.TunLayout = code
	}
	m.Mask.TunLayout = m.Key.TunLayout
	s := &l.slots[i]
	mask = mask.Cut(8 * int(s.len))
	id.tlvPut(&m.Key, v.And(mask))
	id.tlvPut((*Key)(&m.Mask), mask)
	return nil
}

// clearTLV takes the option out of the match.
func (m *Match) clearTLV(id FieldID) {
	id.Remove(&m.Key)
	id.Remove((*Key)(&m.Mask))
	if m.Mask.TunPresent == 0 {
		m.Mask.TunLayout = 0
		if l := tlvLayoutOf(m.Key.TunLayout); l == nil || !l.fixed {
			m.Key.TunLayout = 0
		}
	}
}

// tlvExact reports whether the match has the option's exact value, without a
// mask.
func (m *Match) tlvExact(id FieldID) bool {
	s := id.slot(&m.Key)
	return s != nil && !s.masked && ValueFromBytes(s.data((*Key)(&m.Mask))) == OnesValue(8*int(s.len))
}

// TLV is one entry of a TLVMap: the tunnel option of a class and type, Len bytes
// long (a multiple of 4, at most 124), is the field tun_metadataIndex.
type TLV struct {
	Class uint16
	Type  uint8
	Len   uint8
	Index uint8
}

// TLVMap says what the fields tun_metadata0 to 63 of a switch stand for. It
// does not change; a nil map has none.
type TLVMap struct {
	tlvs   []TLV
	byKind map[uint32]uint8 // class<<8 | type
	code   uint32
	layout *tlvLayout
}

// NewTLVMap returns the map of the given options. It returns ErrTLV if two have
// one field, or one kind, or together they need more than 256 bytes.
func NewTLVMap(tlvs []TLV) (*TLVMap, error) {
	t := &TLVMap{tlvs: append([]TLV(nil), tlvs...), byKind: map[uint32]uint8{}}
	l := tlvLayout{fixed: true}
	for _, o := range tlvs {
		kind := o.kind()
		if _, dup := t.byKind[kind]; dup || !o.valid() || l.slots[o.Index].used || l.room+int(o.Len) > tunSpace {
			return nil, ErrTLV
		}
		t.byKind[kind] = o.Index
		l.slots[o.Index] = tlvSlot{used: true, ofs: uint8(l.room), len: o.Len}
		l.room += int(o.Len)
	}
	if t.code = tlvCode(l); t.code == 0 {
		return nil, ErrTLV
	}
	t.layout = tlvLayoutOf(t.code)
	return t, nil
}

// Change returns a map of other options for a switch that has had t, which may be
// nil. Options that both have stay where they are in keys, so that matches made
// with t hold on; they must not use the others. It returns ErrTLV where
// NewTLVMap does.
func (t *TLVMap) Change(tlvs []TLV) (*TLVMap, error) {
	n := &TLVMap{tlvs: append([]TLV(nil), tlvs...), byKind: map[uint32]uint8{}}
	l := tlvLayout{fixed: true}
	var taken [tunSpace]bool
	place := func(o TLV, ofs int) {
		l.slots[o.Index] = tlvSlot{used: true, ofs: uint8(ofs), len: o.Len}
		for i := range int(o.Len) {
			taken[ofs+i] = true
		}
	}
	for _, o := range tlvs {
		if !o.valid() || l.slots[o.Index].used {
			return nil, ErrTLV
		}
		if t != nil {
			if s := t.layout.slots[o.Index]; s.used && s.len == o.Len {
				place(o, int(s.ofs))
			}
		}
	}
	for _, o := range tlvs {
		kind := o.kind()
		if _, dup := n.byKind[kind]; dup {
			return nil, ErrTLV
		}
		n.byKind[kind] = o.Index
		l.room += int(o.Len)
		if l.slots[o.Index].used {
			continue
		}
		ofs := 0
		for free := 0; free < int(o.Len); ofs++ {
			if ofs == tunSpace {
				return nil, ErrTLV
			}
			if free++; taken[ofs] {
				free = 0
			}
		}
		place(o, ofs-int(o.Len))
	}
	if n.layout = &l; t != nil {
		n.code = t.code
	} else if n.code = newCode(); n.code == 0 {
		return nil, ErrTLV
	}
	setLayout(n.code, &l)
	return n, nil
}

func (o TLV) kind() uint32 { return uint32(o.Class)<<8 | uint32(o.Type) }

func (o TLV) valid() bool {
	return int(o.Index) < numTLVs && o.Len <= maxTLVLen && o.Len%4 == 0
}

// TLVs returns the map's entries, in the order in which they were given.
func (t *TLVMap) TLVs() []TLV {
	if t == nil {
		return nil
	}
	return t.tlvs
}

// Has reports whether the map has the field.
func (t *TLVMap) Has(id FieldID) bool {
	return t != nil && id.IsTLV() && t.layout.slots[id.tlv()].used
}

// Bits returns how many bits a field has: those of its option, if it is of one.
func (t *TLVMap) Bits(id FieldID) uint16 {
	if t.Has(id) {
		for _, o := range t.tlvs {
			if id == TunMetadata0+FieldID(o.Index) {
				return 8 * uint16(o.Len)
			}
		}
	}
	return fields[id].Bits
}

// WholeText returns text with the subfields that are all of an option, such as
// NXM_NX_TUN_METADATA0[0..31] of one of four bytes, as those of other whole
// fields: without their bits.
func (t *TLVMap) WholeText(text string) string {
	if t == nil || !strings.Contains(text, "NXM_NX_TUN_METADATA") {
		return text
	}
	for _, o := range t.tlvs {
		name := fmt.Sprintf("NXM_NX_TUN_METADATA%d[", o.Index)
		text = strings.ReplaceAll(text, fmt.Sprintf("%s0..%d]", name, 8*int(o.Len)-1), name+"]")
	}
	return text
}

// Begin prepares a key, or the key of a match, for the map's fields.
func (t *TLVMap) Begin(k *Key) {
	if t != nil {
		k.TunLayout = t.code
	}
}

// Extract reads Geneve options, as they stand in the header, into k. Those that
// the map does not have are passed over. It reports false when one ends too
// early, has another length in the map, or is critical and not in it.
func (t *TLVMap) Extract(opts []byte, k *Key) bool {
	if t != nil {
		t.Begin(k)
	}
	for len(opts) > 0 {
		if len(opts) < 4 {
			return false
		}
		n := 4 + int(opts[3]&0x1f)*4
		if n > len(opts) {
			return false
		}
		i, ok := t.find(be.Uint16(opts), opts[2])
		switch {
		case !ok:
			if opts[2]&criticalOption != 0 {
				return false
			}
		case int(t.layout.slots[i].len) != n-4:
			return false
		default:
			copy(t.layout.slots[i].data(k), opts[4:n])
			k.TunPresent |= 1 << i
		}
		opts = opts[n:]
	}
	return true
}

// criticalOption in an option's type says that who does not know the option must
// drop the packet (RFC 8926 section 3.5).
const criticalOption = 0x80

// find returns the index of the map's option of a class and type.
func (t *TLVMap) find(class uint16, typ uint8) (uint8, bool) {
	if t == nil {
		return 0, false
	}
	i, ok := t.byKind[uint32(class)<<8|uint32(typ)]
	return i, ok
}

// AppendOptions appends the options that k has, in the form of a Geneve header.
func (t *TLVMap) AppendOptions(dst []byte, k *Key) []byte {
	if t == nil || k.TunLayout != t.code {
		return dst
	}
	for _, o := range t.tlvs {
		if k.TunPresent>>o.Index&1 == 0 {
			continue
		}
		dst = be.AppendUint16(dst, o.Class)
		dst = append(dst, o.Type, o.Len/4)
		dst = append(dst, t.layout.slots[o.Index].data(k)...)
	}
	return dst
}

// tunWord is the first word of a Key that only keys with tunnel options use.
const tunWord = unsafe.Offsetof(zk.TunPresent) / 8

// live returns the words of the mask that may be set: not those of the tunnel
// options when it has none.
func (m *Mask) live() []uint64 {
	if m.TunPresent == 0 {
		return m.Words()[:tunWord]
	}
	return m.Words()[:]
}

// Reset makes k the zero Key. It is cheaper than an assignment for keys without
// tunnel options.
func (k *Key) Reset() {
	if k.TunPresent != 0 || k.TunLayout != 0 {
		*k = Key{}
		return
	}
	clear(k.Words()[:tunWord])
}
