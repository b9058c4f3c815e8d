package userspace

import (
	"encoding/hex"
	"slices"
	"testing"

	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// TestSetAnyVersion: what a frame's type says is IP is changed as that, whatever
// version the header says, as it is looked at.
func TestSetAnyVersion(t *testing.T) {
	for _, c := range []struct {
		name, frame, want string
		set               func(p *packet.Packet, k *flow.Key, o *op) bool
		tos               int // where the attribute has it
	}{
		{"ipv4", "ffffffffffff0000000000020800" + "a500001400020000" + "01fe24e50a0073010a000001", "ffffffffffff0000000000020800" + "a50c001400020000" + "01fe24d90a0073010a000001", setIPv4, 9},
		{"ipv6", "ffffffffffff00000000000286dd" + "b000000000003b40" + "fe800000000000000000000000000001fe800000000000000000000000000002",
			"ffffffffffff00000000000286dd" + "b0c0000000003b40" + "fe800000000000000000000000000001fe800000000000000000000000000002", setIPv6, 37},
	} {
		b, _ := hex.DecodeString(c.frame)
		p := packet.New(b)
		var k flow.Key
		flow.Extract(p, &k)
		if k.NwProto == 0 {
			t.Fatalf("%s: not looked at", c.name)
		}
		o := &op{val: make([]byte, 40), mask: make([]byte, 40)}
		o.val[c.tos], o.mask[c.tos] = 0x0c, 0xff
		if ok := c.set(p, &k, o); !ok || hex.EncodeToString(p.Bytes()) != c.want {
			t.Errorf("%s: %v, %x, want %s", c.name, ok, p.Bytes(), c.want)
		}
	}
}

var udp5 = flow.Key{EthType: flow.EthTypeIP, NwProto: flow.ProtoUDP, TPDst: 5}

// TestSetBehindMoreTags: a tag is pushed in front of as many as are looked at, and what
// is behind them can be changed nevertheless, also when a label has come and gone,
// or a hash was taken.
func TestSetBehindMoreTags(t *testing.T) {
	const ether, udp = "000000000002" + "000000000001", "4500001c000000004011f96f" + "0102030401020305" + "0001"
	dp := newLearner(t)
	flow.SetVLANLimit(1)
	defer flow.SetVLANLimit(flow.MaxVLANs)
	for _, c := range []struct {
		frame, want string
		actions     dpif.Actions
	}{
		{"0180c200000e000000000001" + "88a80003" + "884700001301" + "4500", "0180c200000e000000000001" + "88a80064" + "88a80003" + "884712345678" + "4500",
			dpif.Actions(nil).PushVLAN(0x88a8, 0x1064).SetMPLS(0x12345678)},
		{"0180c200000e000000000001" + "81000003" + "884700001301" + "4500", "0180c200000e000000000001" + "884712345678" + "4500",
			dpif.Actions(nil).PopVLAN().SetMPLS(0x12345678)},
		{ether + "0800" + udp + "00020008f3d8", ether + "88a80064" + "81000003" + "0800" + udp + "00050008f3d5",
			dpif.Actions(nil).PushVLAN(0x8100, 0x1003).PushVLAN(0x88a8, 0x1064).PushMPLS(0x00001140, 0x8847).SetMPLS(0x00002140).
				PopMPLS(0x0800).SetMasked(dpif.KeyUDP, &udp5, &flow.Mask{TPDst: 0xffff})},
		{ether + "0800" + udp + "00020008f3d8", ether + "88a80064" + "81000003" + "0800" + udp + "00050008f3d5",
			dpif.Actions(nil).PushVLAN(0x8100, 0x1003).PushVLAN(0x88a8, 0x1064).Hash(dpif.HashSymL4, 0).SetMasked(dpif.KeyUDP, &udp5, &flow.Mask{TPDst: 0xffff})},
	} {
		b, _ := hex.DecodeString(c.frame)
		p := packet.New(b)
		if err := dp.Execute(&dpif.Execute{Packet: p, Actions: c.actions}); err != nil || hex.EncodeToString(p.Bytes()) != c.want {
			t.Errorf("%s %v: %x, %v, want %s", c.frame, c.actions, p.Bytes(), err, c.want)
		}
	}
}

// TestMarkLeavesHeaders: marking a packet behind more tags than are looked at does nothing,
// and forgets nothing.
func TestMarkLeavesHeaders(t *testing.T) {
	dp := newLearner(t)
	flow.SetVLANLimit(1)
	defer flow.SetVLANLimit(flow.MaxVLANs)
	b, _ := hex.DecodeString("000000000002" + "000000000001" + "0800" + "4528001c000000004011f947" + "0102030401020305" + "000100020008f3d8")
	x, k := &exec{}, flow.Key{}
	x.init(dp, 0)
	w := work{p: packet.New(b), key: &k}
	flow.Extract(w.p, w.key)
	w.p.PushVLAN(0x8100, 0x1003)
	w.p.PushVLAN(0x88a8, 0x1064)
	w.stale = true
	x.mark(&w, 1)
	if h := w.p.AsIPv4(); h == nil || h[1] != 0x28 || w.p.L3 != 22 {
		t.Errorf("%x, L3 at %d", w.p.Bytes(), w.p.L3)
	}
}

// TestHashAsItCame: the hash of addresses and ports is that of the packet before anything
// was done to it, as with Open vSwitch, which keeps it for its cache.
func TestHashAsItCame(t *testing.T) {
	b, _ := hex.DecodeString("000000000002" + "000000000001" + "0800" + "4500001c000000004011f96f" + "0102030401020305" + "000100020008f3d8")
	dp := newLearner(t)
	hash := func(a dpif.Actions) uint32 {
		p := packet.New(slices.Clone(b))
		must(t, dp.Execute(&dpif.Execute{Packet: p, Actions: a}))
		return p.DPHash
	}
	a := dpif.Actions(nil)
	if came, got := hash(a.Hash(dpif.HashL4, 7)), hash(a.SetMasked(dpif.KeyUDP, &udp5, &flow.Mask{TPDst: 0xffff}).PushMPLS(0x00001140, 0x8847).Hash(dpif.HashL4, 7)); got != came || got < 2 {
		t.Errorf("%#x, not %#x", got, came)
	}
}

// TestClonesKey: what a clone has read anew is not what the packet is beside it.
func TestClonesKey(t *testing.T) {
	dp := newLearner(t)
	var sent string
	no, err := dp.PortAdd("p1", lengths{to: &sent, no: "p1"}, dpif.NoPort)
	must(t, err)
	b, _ := hex.DecodeString("000000000002" + "000000000001" + "0800" + "4500001c000000004011f96f" + "0102030401020305" + "000100020008f3d8")
	read := dpif.Actions(nil).PushMPLS(0x00001140, 0x8847).Hash(0, 0)
	actions := dpif.Actions(nil).Clone(read).SetMasked(dpif.KeyUDP, &udp5, &flow.Mask{TPDst: 0xffff}).Output(no)
	must(t, dp.Execute(&dpif.Execute{Packet: packet.New(b), Actions: actions}))
	if sent != " p1:42" {
		t.Errorf("sent%s", sent)
	}
}
