package flow

import (
	"encoding/hex"
	"math/rand/v2"
	"testing"
	"unsafe"

	"govs/packet"
)

func TestKeyHasNoPadding(t *testing.T) {
	if unsafe.Sizeof(Key{})%8 != 0 {
		t.Errorf("size %d is not a multiple of 8", unsafe.Sizeof(Key{}))
	}
	if unsafe.Offsetof(Key{}.Tunnel) != 0 {
		t.Error("the field table takes Tunnel to be at offset 0")
	}
}

// randKey returns the key of some packet that Compose can build.
func randKey(r *rand.Rand) *Key {
	k := &Key{}
	for i := range k.EthDst {
		k.EthDst[i], k.EthSrc[i] = byte(r.Uint32()), byte(r.Uint32())
	}
	for i := range r.IntN(3) {
		k.VLANs[i] = VLAN{EthTypeVLAN, uint16(r.Uint32()) | VLANPresent}
	}
	addr := func() (a [16]byte) {
		for i := range a {
			a[i] = byte(r.Uint32())
		}
		return
	}
	ip := func() {
		k.NwTOS, k.NwTTL = byte(r.Uint32()), byte(r.Uint32())
		protos := []uint8{ProtoTCP, ProtoUDP, ProtoSCTP, ProtoICMP, ProtoIGMP, 99}
		if k.EthType == EthTypeIPv6 {
			protos = []uint8{ProtoTCP, ProtoUDP, ProtoSCTP, ProtoICMPv6, 99}
		}
		k.NwProto = protos[r.IntN(len(protos))]
		if k.EthType == EthTypeIP && r.IntN(4) == 0 {
			k.NwFrag = uint8(1 + 2*r.IntN(2))
		}
		if k.NwFrag&FragLater != 0 {
			return
		}
		switch k.NwProto {
		case ProtoTCP, ProtoUDP, ProtoSCTP:
			k.TPSrc, k.TPDst = uint16(r.Uint32()), uint16(r.Uint32())
			if k.NwProto == ProtoTCP {
				k.TCPFlags = uint16(r.Uint32()) & 0xfff
			}
		case ProtoICMP:
			k.TPSrc, k.TPDst = uint16(r.IntN(256)), uint16(r.IntN(256))
		case ProtoIGMP:
			k.TPSrc, k.TPDst, k.IGMPGroup = uint16(r.IntN(256)), uint16(r.IntN(256)), r.Uint32()
		case ProtoICMPv6:
			k.TPSrc, k.TPDst = uint16(r.IntN(256)), uint16(r.IntN(256))
			if r.IntN(2) == 0 {
				k.TPSrc, k.TPDst = uint16(ICMPv6NS+r.IntN(2)), 0
				k.NDTarget, k.IGMPGroup = addr(), r.Uint32()
				k.ArpSHA, k.TCPFlags = MAC{1, 2, 3, 4, 5, byte(r.Uint32())}, 1
			}
		}
	}
	switch r.IntN(6) {
	case 0, 1:
		k.EthType = EthTypeIP
		k.NwSrc, k.NwDst = r.Uint32(), r.Uint32()
		ip()
	case 2, 3:
		k.EthType = EthTypeIPv6
		k.IPv6Src, k.IPv6Dst, k.IPv6Label = addr(), addr(), r.Uint32()&0xfffff
		ip()
	case 4:
		k.EthType = EthTypeARP
		k.NwSrc, k.NwDst, k.NwProto = r.Uint32(), r.Uint32(), uint8(1+r.IntN(2))
		k.ArpSHA, k.ArpTHA = k.EthSrc, k.EthDst
	case 5:
		k.EthType = EthTypeMPLS
		k.MPLS[0] = r.Uint32() &^ 0x100
		k.MPLS[1] = r.Uint32() | 0x100
	}
	return k
}

func TestComposeExtract(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		k := randKey(r)
		p := Compose(k, nil)
		var got Key
		Extract(p, &got)
		if got != *k {
			t.Fatalf("packet %x\nwant %+v\n got %+v", p.Bytes(), *k, got)
		}
	}
}

func TestExtractShort(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		p := Compose(randKey(r), nil)
		full := append([]byte(nil), p.Bytes()...)
		for n := range full {
			var k Key
			Extract(packet.New(full[:n]), &k)
			if n < 14 && k != (Key{}) {
				t.Fatalf("%d bytes gave %+v", n, k)
			}
		}
	}
}

func TestExtractHex(t *testing.T) {
	tests := []struct {
		name, frame string
		check       func(*Key) bool
	}{
		{"snap", "000000000001000000000002001eaaaa03000000080045000014000000004001000001020304050607080900",
			func(k *Key) bool { return k.EthType == EthTypeIP && k.NwSrc == 0x01020304 && k.NwProto == 1 }},
		{"llc", "000000000001000000000002001e424203000000080045000014",
			func(k *Key) bool { return k.EthType == EthTypeNone }},
		{"bad ihl", "0000000000010000000000020800410000140000000040010000010203040506070809000000",
			func(k *Key) bool { return k.EthType == EthTypeIP && k.NwSrc == 0 }},
		{"total length beyond the frame", "000000000001000000000002080045000034000000004001000001020304050607080900",
			func(k *Key) bool { return k.NwSrc == 0 }},
		{"arp for another hardware", "00000000000100000000000208060006080006040001000000000000010101010000000000000202020200",
			func(k *Key) bool { return k.EthType == EthTypeARP && k.NwSrc == 0 }},
		{"later ipv6 fragment", "00000000000100000000000286dd6000000000102c40" +
			"fe800000000000000000000000000001fe800000000000000000000000000002" + "0600000800000001" + "0011001100110011",
			func(k *Key) bool { return k.NwProto == 44 && k.NwFrag == 3 && k.TPSrc == 0 }},
		{"first ipv6 fragment behind options", "00000000000100000000000286dd6000000000180040" +
			"fe800000000000000000000000000001fe800000000000000000000000000002" +
			"2c00000000000000" + "1100000100000001" + "0011002200080000",
			func(k *Key) bool { return k.NwProto == 17 && k.NwFrag == 1 && k.TPSrc == 0x11 && k.TPDst == 0x22 }},
		{"extension header cut short", "00000000000100000000000286dd6000000000080040" +
			"fe800000000000000000000000000001fe800000000000000000000000000002" + "1105000000000000",
			func(k *Key) bool { return k.IPv6Src[0] == 0xfe && k.NwProto == 0 && k.NwTTL == 0 }},
	}
	for _, tt := range tests {
		b, err := hex.DecodeString(tt.frame)
		if err != nil {
			t.Fatal(tt.name, err)
		}
		var k Key
		Extract(packet.New(b), &k)
		if !tt.check(&k) {
			t.Errorf("%s: %+v", tt.name, k)
		}
	}
}

func TestExtractDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var k Key
	for range 20 {
		p := Compose(randKey(r), nil)
		if n := testing.AllocsPerRun(10, func() { Extract(p, &k) }); n != 0 {
			t.Fatalf("%v allocations", n)
		}
	}
}

func FuzzExtract(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		f.Add(Compose(randKey(r), nil).Bytes(), uint32(0))
	}
	f.Add([]byte{0x45}, uint32(0x10800))
	f.Fuzz(func(t *testing.T, b []byte, pt uint32) {
		p := packet.New(b)
		p.PacketType = pt
		var k Key
		Extract(p, &k)
		if p.L3 > len(b) || p.L4 > len(b) {
			t.Fatalf("offsets %d %d in %d bytes", p.L3, p.L4, len(b))
		}
	})
}

func BenchmarkExtract(b *testing.B) {
	k := &Key{EthType: EthTypeIP, NwProto: ProtoUDP, NwSrc: 1, NwDst: 2, TPSrc: 3, TPDst: 4}
	p := Compose(k, nil)
	var got Key
	for b.Loop() {
		Extract(p, &got)
	}
}
