package flow

import (
	"bytes"
	"testing"
)

// TestTLV follows a tunnel option through text, wire, key and header.
func TestTLV(t *testing.T) {
	tlvs, err := NewTLVMap([]TLV{{Class: 0xffff, Type: 1, Len: 4, Index: 0}, {Class: 0x102, Type: 0x80, Len: 124, Index: 63}})
	if err != nil {
		t.Fatal(err)
	}
	long := bytes.Repeat([]byte{0xa5}, 124)
	opts := append([]byte{0xff, 0xff, 1, 1, 0, 0, 0x12, 0x34, 0, 1, 2, 0, 0x01, 0x02, 0x80, 31}, long...)
	var k Key
	tlvs.Extract(opts, &k)
	if got := TunMetadata0.Get(&k); got != U(0x1234) {
		t.Errorf("tun_metadata0 is %v", got)
	}
	if got := TunMetadata63.Get(&k).AppendBytes(nil, 124); !bytes.Equal(got, long) {
		t.Errorf("tun_metadata63 is %x", got)
	}
	want := append(append([]byte(nil), opts[:8]...), opts[12:]...)
	if got := tlvs.AppendOptions(nil, &k); !bytes.Equal(got, want) {
		t.Errorf("options come back as %x", got)
	}

	var m Match
	tlvs.Begin(&m.Key)
	if err := m.SetTLV(TunMetadata0, U(0x34), U(0xff)); err != nil || !m.Matches(&k) {
		t.Errorf("%v does not match: %v", m.String(), err)
	}
	if err := m.SetTLV(TunMetadata1, U(1), OnesValue(992)); err != ErrTLV {
		t.Errorf("an option that the map does not have: %v", err)
	}
	b := AppendNXM(nil, &m, WireOF13, nil)
	var back Match
	err = back.ReadNXM(b, true, nil, tlvs)
	if err != nil || back != m {
		t.Errorf("%x reads as %s, %v", b, back.String(), err)
	}
	mini := m.Mini()
	if got := mini.Match(); got.String() != "tun_metadata0=0x34/0xff" || !mini.Matches(&k) {
		t.Errorf("in little room: %s", got.String())
	}
	TunMetadata0.Remove(&k)
	if m.Matches(&k) || TunMetadata0.Present(&k) {
		t.Error("matches without the option")
	}
	m.Clear(TunMetadata0)
	if !m.Mask.IsZero() || !m.Matches(&k) {
		t.Error("something is left after Clear")
	}
	k.Reset()
	if k != (Key{}) {
		t.Error("something is left after Reset")
	}
	for _, bad := range [][]TLV{{{Len: 3}}, {{Len: 4, Index: 64}}, {{Len: 4}, {Len: 4, Index: 1}}, {{Len: 124}, {Type: 1, Len: 124, Index: 1}, {Type: 2, Len: 12, Index: 2}}} {
		if _, err := NewTLVMap(bad); err == nil {
			t.Errorf("%v is a map", bad)
		}
	}
}

// TestTLVText says how matches without a map look: each option has the length
// that it needs.
func TestTLVText(t *testing.T) {
	for in, want := range map[string]string{
		"tun_metadata0=0x1234": "tun_metadata0=0x1234", "tun_metadata0=0x1234/0xff": "tun_metadata0=0x34", "tun_metadata0=0x1234/0x7f": "tun_metadata0=0x34/0x7f", "tun_metadata0": "tun_metadata0",
		"tun_metadata0=0": "tun_metadata0=0", "tun_metadata5=0/0": "tun_metadata5", "tun_metadata1=5,tun_metadata0=7": "tun_metadata0=0x7,tun_metadata1=0x5",
		"tun_metadata63=0x123456789012345678901234567890123456789": "tun_metadata63=0x123456789012345678901234567890123456789",
	} {
		m, err := ParseMatch(in, nil)
		if err != nil || m.String() != want {
			t.Errorf("%s: %s, %v", in, m.String(), err)
		}
		again, err := ParseNXM(AppendNXM(nil, &m, WireNXM, nil), true, nil)
		if err != nil || again.String() != want {
			t.Errorf("%s comes back as %s, %v", in, again.String(), err)
		}
	}
}

// TestValueBits compares shifts and masks of wide values with a bit at a time.
func TestValueBits(t *testing.T) {
	bit := func(v Value, i int) bool { return i >= 0 && i < 1024 && v.Shr(i).Lo&1 != 0 }
	v := ValueFromBytes([]byte("this is a value that has many more bits than fit into the two words of most values"))
	for _, n := range []int{0, 1, 63, 64, 65, 127, 128, 200, 641, 1000} {
		l, r, c := v.Shl(n), v.Shr(n), v.Cut(n)
		for i := range 1024 {
			if bit(l, i) != bit(v, i-n) || bit(r, i) != bit(v, i+n) || bit(c, i) != (i < n && bit(v, i)) {
				t.Fatalf("bit %d after shifting by %d", i, n)
			}
		}
	}
	if v.Shl(8).Shr(8) != v || v.Xor(v) != (Value{}) || v.AndNot(OnesValue(1024)) != (Value{}) || v.Or(v) != v {
		t.Error("equal values differ")
	}
}

// Options may fill their space to the last byte, and no further.
func TestTLVSpace(t *testing.T) {
	var m Match
	for i, n := range []int{124, 124, 8} {
		id := TunMetadata0 + FieldID(i)
		if err := m.SetTLV(id, OnesValue(8*n), id.Ones()); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if got := id.Get(&m.Key); got != OnesValue(8*n) {
			t.Errorf("%s: %v", id, got)
		}
	}
	err := m.SetTLV(TunMetadata3, U(1), TunMetadata3.Ones())
	if want := "field tun_metadata3 exceeds maximum size for tunnel metadata (used 257, max 256)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestWholeOption: a subfield that is all of an option is shown without its bits.
func TestWholeOption(t *testing.T) {
	m, err := NewTLVMap([]TLV{{Class: 1, Type: 1, Len: 4, Index: 0}, {Class: 1, Type: 2, Len: 8, Index: 10}})
	if err != nil {
		t.Fatal(err)
	}
	const text = "pop:NXM_NX_TUN_METADATA0[0..31],push:NXM_NX_TUN_METADATA10[0..31],push:NXM_NX_TUN_METADATA10[0..63],push:NXM_NX_TUN_METADATA1[0..31]"
	want := "pop:NXM_NX_TUN_METADATA0[],push:NXM_NX_TUN_METADATA10[0..31],push:NXM_NX_TUN_METADATA10[],push:NXM_NX_TUN_METADATA1[0..31]"
	if got := m.WholeText(text); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := (*TLVMap)(nil).WholeText(text); got != text {
		t.Error(got)
	}
	for id, want := range map[FieldID]uint16{TunMetadata0: 32, TunMetadata0 + 10: 64, TunMetadata0 + 1: 992, Reg0: 32} {
		if got := m.Bits(id); got != want {
			t.Errorf("%s has %d bits, want %d", id, got, want)
		}
	}
}
