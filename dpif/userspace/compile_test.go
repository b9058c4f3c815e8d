package userspace

import (
	"bytes"
	"testing"

	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// TestSetMPLS: it is the outermost entry that is set, however many there are.
func TestSetMPLS(t *testing.T) {
	frame := append(make([]byte, 12), 0x88, 0x47, 0, 0, 2, 3, 0, 0, 0x73, 2, 9, 9, 9, 9)
	ops, err := compile(dpif.Actions(nil).SetMPLS(0x12345678))
	if err != nil {
		t.Fatal(err)
	}
	p := packet.New(frame)
	var k flow.Key
	flow.Extract(p, &k)
	if !ops[0].set(p, &k, &ops[0]) {
		t.Fatal("not set")
	}
	if want := append(append(make([]byte, 12), 0x88, 0x47, 0x12, 0x34, 0x56, 0x78), frame[18:]...); !bytes.Equal(p.Bytes(), want) {
		t.Errorf("% x", p.Bytes())
	}
}

// TestDeepActions: what translation nests can be put.
func TestDeepActions(t *testing.T) {
	var a dpif.Actions
	for range 300 {
		a = dpif.Actions(nil).CheckPktLen(64, a, nil)
	}
	if _, err := compile(a); err != nil {
		t.Error(err)
	}
	for range 17000 {
		if a = dpif.Actions(nil).Clone(a); len(a) > 65000 {
			break
		}
	}
	if _, err := compile(a); err == nil {
		t.Error("nested without end")
	}
}
