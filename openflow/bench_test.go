package openflow

import (
	"fmt"
	"strings"
	"testing"
)

// flowText returns n lines of a flow file, each a flow that sets up a
// connection of a host.
func flowText(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "table=%d,cookie=0x%x,priority=%d,tcp,nw_src=10.%d.%d.%d,tp_dst=%d,actions=load:0x%x->NXM_NX_REG5[],output:%d\n",
			i%4, i, 100+i%3, i>>16, i>>8&255, i&255, 1+i%1000, i, 1+i%2)
	}
	return b.String()
}

const benchLines = 1000

func perLine(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchLines, "ns/flow")
}

// BenchmarkMapFlows parses and encodes a file of flows.
func BenchmarkMapFlows(b *testing.B) {
	text := flowText(benchLines)
	b.ReportAllocs()
	for b.Loop() {
		err := MapFlows(strings.NewReader(text), "f", FlowAdd, nil, func(out []byte, l *FlowLine) []byte {
			return AppendEncode(out, l.Mod, ProtoNXMTID, 0)
		}, func(*FlowBatch) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	perLine(b)
}

// BenchmarkParseFlowMod only parses.
func BenchmarkParseFlowMod(b *testing.B) {
	lines := strings.Split(strings.TrimSpace(flowText(benchLines)), "\n")
	var fm FlowMod
	names := &Names{}
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			if _, err := fm.parse(l, FlowAdd, names); err != nil {
				b.Fatal(err)
			}
		}
	}
	perLine(b)
}

// BenchmarkEncodeFlowMod encodes flow-mods as ovs-ofctl sends them.
func BenchmarkEncodeFlowMod(b *testing.B) {
	for _, bb := range benchForms {
		b.Run(bb.name, func(b *testing.B) {
			msgs := benchMods(b, bb.bundle)
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				for _, m := range msgs {
					out = AppendEncode(out[:0], m, bb.p, 0)
				}
			}
			perLine(b)
		})
	}
}

var benchForms = [...]struct {
	name   string
	p      Protocols
	bundle bool
}{{"NXM", ProtoNXMTID, false}, {"OXM14", ProtoOXM14, false}, {"Bundle14", ProtoOXM14, true}}

// benchMods returns the flows of flowText, each in a bundle if bundled.
func benchMods(b *testing.B, bundled bool) (msgs []Message) {
	for line := range strings.Lines(flowText(benchLines)) {
		fm, _, err := ParseFlowMod(strings.TrimSpace(line), FlowAdd, nil)
		if err != nil {
			b.Fatal(err)
		}
		if bundled {
			msgs = append(msgs, &BundleAdd{Message: fm})
		} else {
			msgs = append(msgs, fm)
		}
	}
	return msgs
}

// BenchmarkDecodeFlowMod decodes flow-mods as a switch does that keeps none.
func BenchmarkDecodeFlowMod(b *testing.B) {
	for _, bb := range benchForms {
		b.Run(bb.name, func(b *testing.B) {
			var msgs [][]byte
			for _, m := range benchMods(b, bb.bundle) {
				msgs = append(msgs, Encode(m, bb.p, 0))
			}
			o := DecodeOptions{Protocol: bb.p, FlowMod: new(FlowMod), BundleAdd: new(BundleAdd), Names: &Names{}}
			b.ReportAllocs()
			for b.Loop() {
				for _, m := range msgs {
					if _, err := Decode(m, o); err != nil {
						b.Fatal(err)
					}
				}
			}
			perLine(b)
		})
	}
}
