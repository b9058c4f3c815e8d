package flow

import "math/bits"

// A datapath knows no TLVMap: its keys have Geneve options as they stand in the
// header. TunLayout then is rawLayout, TunPresent their length in bytes and
// TunData the options themselves.

// rawLayout is no code of a layout, and all of them are part of it.
const rawLayout = 0xffffffff

// SetRawTunOpts makes k the key of a packet with the given Geneve options, of at
// most 252 bytes. k must have none so far.
func (k *Key) SetRawTunOpts(b []byte) {
	if len(b) == 0 || len(b) > tunSpace {
		return
	}
	k.TunLayout, k.TunPresent = rawLayout, uint64(len(b))
	copy(k.TunData[:], b)
}

// RawTunOpts returns the Geneve options of a datapath's key, nil without any.
// The slice is k's own memory.
func (k *Key) RawTunOpts() []byte {
	if k.TunLayout != rawLayout || k.TunPresent > tunSpace {
		return nil
	}
	return k.TunData[:k.TunPresent]
}

// clearTunOpts takes all options out of k.
func (k *Key) clearTunOpts() {
	k.TunLayout, k.TunPresent = 0, 0
	k.TunData = [tunSpace]byte{}
}

// FromRaw makes a datapath's key one with the map's fields. Other keys stay as
// they are. It reports false for options that make the packet one to drop (RFC
// 8926 section 3.5.1): one that is damaged, is critical and not in the map, or
// has another length there. The key has none of them then.
func (t *TLVMap) FromRaw(k *Key) bool {
	raw := k.RawTunOpts()
	if raw == nil {
		return true
	}
	var opts [tunSpace]byte
	raw = opts[:copy(opts[:], raw)]
	k.clearTunOpts()
	if !t.Extract(raw, k) {
		k.clearTunOpts()
		return false
	}
	if k.TunPresent == 0 {
		k.TunLayout = 0
	}
	return true
}

// RawMaskBad makes m look at which options a datapath's key k has, which is why
// FromRaw refused them.
func (t *TLVMap) RawMaskBad(k *Key, m *Mask) {
	m.TunPresent |= 1
	t.RawMask(k, m)
}

// RawMask makes m, a mask over the map's fields, one over a datapath's key k.
// When m looks at any of the fields, the datapath looks at which options there
// are, and in what order.
func (t *TLVMap) RawMask(k *Key, m *Mask) {
	if m.TunPresent == 0 {
		m.TunLayout = 0
		return
	}
	fields := *m
	(*Key)(m).clearTunOpts()
	m.TunLayout, m.TunPresent = rawLayout, ^uint64(0)
	at := 0
	for raw := k.RawTunOpts(); len(raw) >= 4; {
		n := min(4+int(raw[3]&0x1f)*4, len(raw))
		copy(m.TunData[at:], []byte{0xff, 0xff, 0xff, 0x1f})
		if i, ok := t.find(be.Uint16(raw), raw[2]); ok && fields.TunPresent>>i&1 != 0 && int(t.layout.slots[i].len) == n-4 {
			copy(m.TunData[at+4:], t.layout.slots[i].data((*Key)(&fields)))
		}
		at += n
		raw = raw[n:]
	}
}

// Adopt gives a key that was made without a map the map's layout. What the map
// does not have is left out.
func (t *TLVMap) Adopt(k *Key) {
	if k.TunPresent == 0 || t == nil || k.TunLayout == t.code {
		return
	}
	old := *k
	k.clearTunOpts()
	t.Begin(k)
	for p := old.TunPresent; p != 0; p &= p - 1 {
		id := TunMetadata0 + FieldID(bits.TrailingZeros64(p))
		id.tlvPut(k, id.tlvGet(&old))
	}
	if k.TunPresent == 0 {
		k.TunLayout = 0
	}
}

// CopyTunOpts gives k the tunnel options of from, in from's form.
func (k *Key) CopyTunOpts(from *Key) {
	k.TunLayout, k.TunPresent, k.TunData = from.TunLayout, from.TunPresent, from.TunData
}
