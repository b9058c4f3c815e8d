package packet

import (
	"bytes"
	"testing"
)

func TestHeadersInFront(t *testing.T) {
	frame := append([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0}, make([]byte, 46)...)
	nsh := []byte{0x0f, 0xc2, 2, 3, 0, 0, 1, 255}
	p := New(frame)
	p.PushNSH(nsh)
	p.AddMPLS(0x8847, 0x00007140)
	p.PushEth([6]byte{1}, [6]byte{2})
	if b := p.Bytes(); p.PacketType != 0 || len(b) != 14+4+8+len(frame) || !bytes.Equal(b[12:26], append([]byte{0x88, 0x47, 0, 0, 0x71, 0x40}, nsh...)) {
		t.Fatalf("% x", b)
	}
	if p.PopNSH() || !p.PopEth() || p.PopNSH() || !p.PopMPLS(0x894f) || p.PopMPLS(0x800) || !p.PopNSH() {
		t.Fatalf("type %#x: % x", p.PacketType, p.Bytes())
	}
	if p.PacketType != 0 || !bytes.Equal(p.Bytes(), frame) {
		t.Errorf("type %#x: % x", p.PacketType, p.Bytes())
	}
	for _, bad := range [][]byte{nil, nsh[:7], {0, 0x01, 1, 3, 0, 0, 0, 0}, {0, 0x3f, 1, 3, 0, 0, 0, 0}, {0, 2, 1, 9, 0, 0, 0, 0}} {
		p := New(nil)
		p.PushNSH(bad)
		if p.PopNSH() {
			t.Errorf("% x is taken for an NSH header", bad)
		}
	}
}

func TestPopEthOfTagged(t *testing.T) {
	ip := []byte{0x45, 1, 2, 3}
	for _, tags := range [][]byte{nil, {0x81, 0, 0, 5}, {0x88, 0xa8, 0, 5, 0x81, 0, 0x20, 6}} {
		p := New(append(append(make([]byte, 12), tags...), append([]byte{8, 0}, ip...)...))
		if !p.PopEth() || p.PacketType != 0x10800 || !bytes.Equal(p.Bytes(), ip) {
			t.Errorf("tags % x: type %#x: % x", tags, p.PacketType, p.Bytes())
		}
	}
	if p := New(append(make([]byte, 12), 0x81, 0, 0)); p.PopEth() {
		t.Error("half a tag is taken off")
	}
}
