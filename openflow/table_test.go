package openflow

import (
	"strings"
	"testing"
)

// TestActionTable says that every kind has one row, and no word or wire form
// has two.
func TestActionTable(t *testing.T) {
	kinds := map[Kind]bool{}
	words := map[string]bool{}
	type wireKey struct {
		org  org
		v    Version
		code uint16
	}
	wire := map[wireKey]string{}
	for i := range actionTable {
		r := &actionTable[i]
		if kinds[r.kind] {
			t.Errorf("%s has two rows", r.kind)
		}
		kinds[r.kind] = true
		for _, w := range r.words {
			if words[w] {
				t.Errorf("%s is in two rows", w)
			}
			words[w] = true
		}
		for _, w := range r.wire {
			if w.decode == nil || w.first > w.last || w.min%4 != 0 {
				t.Errorf("%s: bad row", w.name)
			}
			for v := w.first; v <= w.last; v++ {
				k := wireKey{w.org, v, w.code}
				if wire[k] != "" {
					t.Errorf("%s and %s have the same code in %s", w.name, wire[k], v)
				}
				wire[k] = w.name
			}
		}
	}
	for k := KindOutput; k < numKinds; k++ {
		if !kinds[k] {
			t.Errorf("kind %d has no row", k)
		}
	}
}

// TestMessageTable says that no number stands for two messages.
func TestMessageTable(t *testing.T) {
	seen := map[msgKey]string{}
	for i := 1; i < int(numRaws); i++ {
		r := &msgTable[i]
		if r.name == "" || r.decode == nil {
			t.Errorf("row %d is empty", i)
			continue
		}
		for v := r.first; v <= r.last; v++ {
			k := msgKey{r.frame, v, r.num}
			if seen[k] != "" {
				t.Errorf("%s and %s in %s", r.name, seen[k], v)
			}
			seen[k] = r.name
		}
	}
}

func TestHints(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"mod_dl_dest:00:11:22:33:44:55", "unknown action mod_dl_dest; did you mean mod_dl_dst?"},
		{"foo", "unknown action foo"},
		{"resubmitt(,1)", "unknown action resubmitt; did you mean resubmit?"},
		{"load:5−>NXM_NX_REG0[]", "5−>NXM_NX_REG0[]: missing `->'"},
	} {
		_, _, err := ParseActions(c.text, nil)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

// TestDecodeAllocs bounds what decoding a flow-mod allocates.
func TestDecodeAllocs(t *testing.T) {
	fm, _, err := ParseFlowMod("table=1,priority=5,tcp,in_port=1,dl_vlan=3,nw_dst=10.0.0.0/8,tcp_dst=80,actions=mod_vlan_vid:5,output:2", FlowAdd, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := Encode(fm, ProtoNXMTID, 1)
	n := testing.AllocsPerRun(100, func() {
		if _, err := Decode(b, DecodeOptions{}); err != nil {
			t.Fatal(err)
		}
	})
	// The message, the list, and two actions.
	if n > 4 {
		t.Errorf("%v allocations", n)
	}
	var into FlowMod
	n = testing.AllocsPerRun(100, func() {
		if _, err := Decode(b, DecodeOptions{FlowMod: &into}); err != nil {
			t.Fatal(err)
		}
	})
	if n > 3 {
		t.Errorf("%v allocations into a flow-mod that is there", n)
	}
	var add BundleAdd
	b = Encode(&BundleAdd{Message: fm, Xid: 1}, ProtoOXM14, 1)
	n = testing.AllocsPerRun(100, func() {
		if _, err := Decode(b, DecodeOptions{FlowMod: &into, BundleAdd: &add}); err != nil {
			t.Fatal(err)
		}
	})
	if n > 3 {
		t.Errorf("%v allocations for a flow-mod in a bundle", n)
	}
}

// TestParseAllocs bounds what parsing and encoding a line of a file of flows
// allocates: its actions and their list.
func TestParseAllocs(t *testing.T) {
	var fm FlowMod
	names := &Names{}
	out := make([]byte, 0, 1024)
	n := testing.AllocsPerRun(100, func() {
		if _, err := fm.parse("table=1,priority=5,tcp,in_port=1,nw_dst=10.0.0.0/8,tcp_dst=80,actions=load:5->NXM_NX_REG5[],output:2", FlowAdd, names); err != nil {
			t.Fatal(err)
		}
		for _, p := range []Protocols{ProtoNXMTID, ProtoOXM14} {
			out = AppendEncode(out[:0], &fm, p, 1)
		}
	})
	if n > 3 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, p := range []Protocols{ProtoOF10TID, ProtoNXMTID, ProtoOXM13} {
		for i, b := range flowMods(f, "flows10.txt", p) {
			if i%20 == 0 {
				f.Add(b)
			}
		}
	}
	for _, m := range sampleMessages(f) {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 4 {
			be.PutUint16(b[2:], uint16(len(b)))
		}
		Print(b, PrintOptions{Verbosity: 3})
		d, err := Decode(b, DecodeOptions{})
		if err != nil || d.Message == nil {
			return
		}
		p := ProtocolOf(d.Header.Version).WithTable()
		if Encodable(d.Message, p) {
			Encode(d.Message, p, 1)
		}
	})
}

func FuzzDecodeContinuation(f *testing.F) {
	for _, m := range samples(f) {
		if m, ok := m.(*Resume); ok {
			f.Add(m.Continuation)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeContinuation(b, V10, nil)
		if err != nil {
			return
		}
		if _, err := DecodeContinuation(c.Encode(V10), V10, nil); err != nil {
			t.Errorf("%x: %v", b, err)
		}
	})
}

func FuzzDecodeActions(f *testing.F) {
	for i, b := range flowMods(f, "flows10.txt", ProtoOF10TID) {
		if i%10 == 0 {
			f.Add(b[72:], uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, v uint8) {
		version := Version(v%6) + V10
		acts, err := DecodeActions(b, version, nil)
		if err != nil {
			return
		}
		FormatActions(nil, acts, nil)
		again := EncodeActions(nil, acts, version)
		if _, err := DecodeActions(again, version, nil); err != nil {
			t.Fatalf("%x decodes, what it encodes to does not: %x: %v", b, again, err)
		}
	})
}

func FuzzParseFlow(f *testing.F) {
	for _, s := range []string{"table=1,priority=5,ip,nw_dst=10.0.0.0/8 actions=output:2", "actions=learn(table=2,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:5->NXM_NX_REG0[0..5])",
		"tcp,actions=ct(commit,nat(src=1.2.3.4-1.2.3.5:1-2),exec(load:1->NXM_NX_CT_MARK[])),clone(1,2)", "reg0[3..5]=2,actions=bundle_load(eth_src,0,hrw,ofport,NXM_NX_REG0[],members:1,2)",
		"actions=encap(nsh(md_type=2,tlv(0x1000,10,0x12345678))),decap(packet_type(ns=1,type=0x894f))", "cookie=1/2,actions=controller(userdata=01.02,pause)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, cmd := range []FlowModCommand{FlowAdd, FlowModify, FlowDelete} {
			fm, usable, err := ParseFlowMod(s, cmd, nil)
			if err != nil {
				continue
			}
			for ; usable != 0; usable &= usable - 1 {
				if p := usable.First(); Encodable(fm, p) {
					Print(Encode(fm, p, 1), PrintOptions{Verbosity: 2})
				}
			}
		}
	})
}
