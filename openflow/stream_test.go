package openflow

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestFlowStatsEncoder says that flows encoded one by one are the bytes of all
// at once, in parts that are cut at the same places.
func TestFlowStatsEncoder(t *testing.T) {
	fm, _, err := ParseFlowMod("table=1,tcp,tcp_dst=80,actions=load:5->NXM_NX_REG1[],output:2", FlowAdd, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Protocols{ProtoOF10, ProtoNXM, ProtoOXM13, ProtoOXM15} {
		for _, n := range []int{0, 1, 700, 5000} {
			m := &FlowStatsReply{}
			var got []byte
			w := NewFlowStatsEncoder(p, 7, func(b []byte) error { got = append(got, b...); return nil })
			for i := range n {
				fs := FlowStats{Match: fm.Match, Table: 1, Cookie: uint64(i), Packets: uint64(i), Actions: fm.Actions, IdleAge: -1, HardAge: -1}
				m.Flows = append(m.Flows, fs)
				if err := w.Add(&fs); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if want := Encode(m, p, 7); !bytes.Equal(got, want) {
				t.Errorf("%s, %d flows: differ, %d and %d bytes", p, n, len(got), len(want))
			}
		}
	}
	gone := errors.New("gone")
	w := NewFlowStatsEncoder(ProtoNXM, 7, func([]byte) error { return gone })
	for err == nil {
		err = w.Add(&FlowStats{Match: fm.Match})
	}
	if err != gone || w.Close() != gone {
		t.Errorf("a peer that is gone: %v", err)
	}
}

// TestMapFlows says that lines come in order though several are parsed at a
// time, with the warnings and mistakes of those before.
func TestMapFlows(t *testing.T) {
	const n = 5000
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "in_port=%d,actions=drop # one\n\n", i+1)
		if i%1000 == 500 {
			fmt.Fprintf(&text, "tcp_dst=%d,actions=drop\n", i)
		}
	}
	warned := 0
	names := &Names{Warn: func(module, text string) { warned++ }}
	next, bare := 1, 0
	lines := strings.Split(text.String(), "\n")
	err := MapFlows(strings.NewReader(text.String()), "f", FlowAdd, names, func(out []byte, l *FlowLine) []byte {
		return fmt.Appendf(out, "%d<%s>", l.Mod.Match.Key.InPort, l.Text)
	}, func(b *FlowBatch) error {
		out := string(b.Out)
		for _, l := range b.Lines {
			want := fmt.Sprintf("%d<%s>", next, l.Text)
			if strings.HasPrefix(l.Text, "tcp_dst") {
				bare++
				if warned == 0 {
					t.Error("the warning comes after the line")
				}
				want = "0<" + l.Text + ">"
			} else {
				next++
			}
			if l.Mod != nil || !strings.HasPrefix(out, want) {
				t.Fatalf("line %d: %.30s, want %s", l.Line, out, want)
			}
			out = out[len(want):]
			if i := l.Line; l.Text != CleanLine(lines[i-1]) {
				t.Fatalf("line %d is %q, want %q", i, l.Text, lines[i-1])
			}
		}
		if out != "" {
			t.Fatalf("%.30s is of no line", out)
		}
		return nil
	})
	if err != nil || next != n+1 || bare != 5 || warned == 0 {
		t.Errorf("%v after %d flows, %d warnings", err, next-1, warned)
	}
	seen := 0
	err = ReadFlows(strings.NewReader(strings.Repeat("actions=drop\n", 700)+"\nfoo\n"), "f", FlowAdd, nil, func(FlowLine) error { seen++; return nil })
	if seen != 700 || err == nil || err.Error() != "f:702: must specify an action" {
		t.Errorf("%d flows, then %v", seen, err)
	}
	stop := errors.New("stop")
	if err := ReadFlows(strings.NewReader(text.String()), "f", FlowAdd, nil, func(FlowLine) error { return stop }); err != stop {
		t.Errorf("%v", err)
	}
	if err := ReadFlows(strings.NewReader(strings.Repeat("x", 65<<20)), "f", FlowAdd, nil, func(FlowLine) error { return nil }); err == nil {
		t.Error("a line without end is taken")
	}
}
