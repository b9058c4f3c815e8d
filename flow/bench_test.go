package flow

import (
	"testing"
	"unsafe"
)

const seedMatch = "priority=1,arp,dl_vlan=1,arp_tpa=192.168.1.6"

func BenchmarkParseMatch(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseMatch(seedMatch[11:], nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendMatch(b *testing.B) {
	m, _ := ParseMatch(seedMatch[11:], nil)
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendMatch(buf[:0], &m, 1, nil)
	}
}

func BenchmarkNXM(b *testing.B) {
	m, _ := ParseMatch(seedMatch[11:], nil)
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendNXM(buf[:0], &m, WireNXM, nil)
		if _, err := ParseNXM(buf, true, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMini(b *testing.B) {
	m, _ := ParseMatch(seedMatch[11:], nil)
	b.ReportAllocs()
	for b.Loop() {
		mm := m.Mini()
		mm.Expand(&m)
	}
}

// TestEveryBitHasAField holds that nothing in a Key is out of reach of the field
// table, but for what is named here.
func TestEveryBitHasAField(t *testing.T) {
	var x Mask
	for id := range NumFields {
		if id.Available() {
			old := x
			id.Unwildcard(&x)
			x.Or(&old)
		}
	}
	// No field of OpenFlow, but part of what a datapath matches.
	x.Tunnel.Flags, x.Tunnel.TPSrc, x.Tunnel.TPDst = 0xffff, 0xffff, 0xffff
	x.Tunnel.ErspanVer, x.Tunnel.ErspanIdx, x.Tunnel.ErspanDir, x.Tunnel.ErspanHwid = 0xff, 0xffffffff, 0xff, 0xff
	x.CtState, x.TCPFlags, x.NwFrag, x.IPv6Label = 0xffff, 0xffff, 0xff, 0xffffffff
	x.VLANs = [2]VLAN{{0xffff, 0xffff}, {0xffff, 0xffff}}
	x.MPLS = [3]uint32{0xffffffff, 0xffffffff, 0xffffffff}
	// Padding.
	k := (*Key)(&x)
	pad := func(ofs, n uintptr) {
		for i := range n {
			*(*byte)(unsafe.Add(unsafe.Pointer(k), ofs+i)) = 0xff
		}
	}
	tun := unsafe.Sizeof(k.Tunnel)
	pad(tun-4, 4)
	pad(unsafe.Offsetof(k.CtNwProto)+1, 3)                         // and the layout of tunnel options
	pad(unsafe.Offsetof(k.TunPresent), 8+unsafe.Sizeof(k.TunData)) // no field without a layout
	pad(unsafe.Offsetof(k.EthType)+2, 2)
	pad(unsafe.Offsetof(k.MPLS)+12, 4)
	pad(unsafe.Offsetof(k.TCPFlags)+2, 2)
	for i, w := range x.Words() {
		if w != ^uint64(0) {
			t.Errorf("word %d: no field has bits %#x", i, ^w)
		}
	}
}
