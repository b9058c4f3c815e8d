package flow

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"govs/packet"
)

// randomOpts returns a row of Geneve options of kinds 1.1 to 1.3.
func randomOpts(r *rand.Rand) []byte {
	var b []byte
	for range r.IntN(4) {
		n := r.IntN(3)
		b = append(b, 0, 1, byte(1+r.IntN(3)), byte(n))
		for range 4 * n {
			b = append(b, byte(r.IntN(3)))
		}
	}
	return b
}

// rawKey is a datapath's key of a packet with the given Geneve options.
func rawKey(opts []byte) (k Key) {
	p := packet.New(make([]byte, 60))
	p.Tunnel.Dst = 1
	p.SetTunOpts(opts)
	Extract(p, &k)
	return k
}

// TestRaw: a packet's key, as the datapath has it, gives the fields of a map; and
// a mask over these fields, made one over the datapath's key, tells packets apart
// at least as well as the fields do.
func TestRaw(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	tlvs, err := (*TLVMap)(nil).Change([]TLV{{1, 1, 4, 0}, {1, 2, 8, 5}})
	if err != nil {
		t.Fatal(err)
	}
	for range 20000 {
		a, b := randomOpts(r), randomOpts(r)
		ka, kb := rawKey(a), rawKey(b)
		if !bytes.Equal(ka.RawTunOpts(), a) {
			t.Fatalf("% x is % x", a, ka.RawTunOpts())
		}
		fa, fb := ka, kb
		tlvs.FromRaw(&fa)
		tlvs.FromRaw(&fb)
		var m Mask
		m.TunLayout = tlvs.code
		for _, id := range []FieldID{TunMetadata0, TunMetadata0 + 5} {
			if r.IntN(2) == 0 {
				id.tlvPut((*Key)(&m), U(r.Uint64()).Cut(8*int(tlvs.layout.slots[id.tlv()].len)))
			}
		}
		differ := false
		for i, w := range m.Words() {
			differ = differ || (fa.Words()[i]^fb.Words()[i])&w != 0
		}
		if m.TunPresent == 0 {
			differ = false
		}
		raw := m
		tlvs.RawMask(&ka, &raw)
		same := true
		for i, w := range raw.Words() {
			same = same && (ka.Words()[i]^kb.Words()[i])&w == 0
		}
		if differ && same {
			t.Fatalf("% x and % x are one under % x", a, b, raw.TunData[:40])
		}
		if m.TunPresent == 0 && !raw.IsZero() {
			t.Fatal("a mask of nothing looks at something")
		}
	}
}

// TestChange: options stay where they are when a map gets others.
func TestChange(t *testing.T) {
	a, err := (*TLVMap)(nil).Change([]TLV{{1, 1, 4, 0}, {1, 2, 8, 1}, {1, 3, 124, 2}})
	if err != nil {
		t.Fatal(err)
	}
	var k Key
	a.Begin(&k)
	(TunMetadata0 + 1).tlvPut(&k, U(0x1234))
	b, err := a.Change([]TLV{{1, 9, 12, 7}, {1, 2, 8, 1}, {1, 8, 120, 8}})
	if err != nil || (TunMetadata0+1).Get(&k) != U(0x1234) || b.code != a.code {
		t.Fatalf("%v, %v", err, (TunMetadata0 + 1).Get(&k))
	}
	if b.Has(TunMetadata0) || !b.Has(TunMetadata0+8) {
		t.Error("not what the map says")
	}
	if _, err := b.Change([]TLV{{1, 2, 8, 1}, {1, 3, 124, 2}, {1, 4, 124, 3}, {1, 5, 4, 4}}); err == nil {
		t.Error("260 bytes find room")
	}
	var own Key
	own.TunLayout = 0
	m, err := ParseMatch("tun_metadata1=0x77", nil)
	if err != nil {
		t.Fatal(err)
	}
	own = m.Key
	b.Adopt(&own)
	if (TunMetadata0+1).Get(&own) != U(0x77) || own.TunLayout != b.code {
		t.Errorf("adopted as %v", (TunMetadata0 + 1).Get(&own))
	}
}

// TestRefusedOptions: what makes a packet one to drop, and that a megaflow made
// for such a packet has no other in it.
func TestRefusedOptions(t *testing.T) {
	tlvs, err := NewTLVMap([]TLV{{Class: 1, Type: 0x81, Len: 4, Index: 0}, {Class: 1, Type: 2, Len: 8, Index: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		opts []byte
		ok   bool
	}{
		{nil, true},
		{[]byte{0, 1, 0x81, 1, 1, 2, 3, 4}, true},
		{[]byte{0, 1, 0x81, 2, 1, 2, 3, 4, 5, 6, 7, 8}, false}, // another length
		{[]byte{0, 1, 0x81, 0}, false},
		{[]byte{0, 1, 3, 1, 1, 2, 3, 4}, true},     // not known
		{[]byte{0, 1, 0x83, 1, 1, 2, 3, 4}, false}, // not known, and critical
		{[]byte{0, 1, 0x81, 1, 1, 2, 3, 4, 0, 2, 0x80, 0}, false},
		{[]byte{0, 1, 3, 2, 1, 2, 3, 4}, false}, // ends too early
	} {
		if k := rawKey(x.opts); tlvs.FromRaw(&k) != x.ok {
			t.Errorf("% x: want %v", x.opts, x.ok)
		}
		k := rawKey(x.opts)
		known := x.ok && (len(x.opts) == 0 || x.opts[2] != 0x81)
		if (*TLVMap)(nil).FromRaw(&k) != known {
			t.Errorf("% x without a map: want %v", x.opts, known)
		}
	}
	r := rand.New(rand.NewPCG(7, 8))
	refused := 0
	for range 50000 {
		a, b := randomOpts(r), randomOpts(r)
		for _, o := range [][]byte{a, b} {
			for len(o) > 0 {
				o[2] |= byte(r.IntN(2)) << 7
				o = o[4+4*o[3]:]
			}
		}
		ka, kb := rawKey(a), rawKey(b)
		bad := ka
		if tlvs.FromRaw(&bad) {
			continue
		}
		refused++
		m := Match{Key: ka, Mask: Mask{}}
		tlvs.RawMaskBad(&ka, &m.Mask)
		if m.Matches(&kb) && tlvs.FromRaw(&kb) {
			t.Fatalf("% x is refused, and % x, which its megaflow has, is not", a, b)
		}
	}
	if refused < 1000 {
		t.Errorf("only %d were refused", refused)
	}
}
