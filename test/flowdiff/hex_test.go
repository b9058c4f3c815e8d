package flowdiff

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"govs/flow"
	"govs/openflow"
)

// mutate changes some bytes of b, mostly to what could stand there, or its
// length.
func (g *gen) mutate(b []byte) []byte {
	b = append([]byte(nil), b...)
	for n := g.IntN(3); n > 0 && len(b) > 0; n-- {
		i := g.IntN(len(b))
		switch g.IntN(8) {
		case 0:
			b[i] ^= 1 << g.IntN(8)
		case 1:
			b[i]++
		case 2:
			b[i] = 0
		case 3:
			b[i] = pick(g, byte(0xff), 8, 16, 24, 1)
		case 4:
			b[i] = b[g.IntN(len(b))]
		case 5:
			b = b[:i]
		case 6:
			b = append(b, make([]byte, 8)...)
		case 7:
			j := i / 8 * 8
			b = append(b[:j:j], b[min(len(b), j+8):]...)
		}
	}
	return b
}

// blocks splits an output at its empty lines: one part for each line of input.
func blocks(s string) []string { return strings.Split(strings.TrimSuffix(s, "\n\n"), "\n\n") }

// stdin compares what a helper makes of many lines at once.
func (c *comparison) stdin(split func(string) []string, lines []string, args ...string) {
	c.lines += len(lines)
	c.runs++
	text := strings.Join(lines, "\n") + "\n"
	got, want := ours(text, args...), c.them(text, args...)
	if got == want {
		return
	}
	g, w := split(got), split(want)
	if len(g) != len(lines) || len(w) != len(lines) {
		if len(lines) == 1 {
			c.differ(args, lines[0], got, want)
			return
		}
		c.lines -= len(lines)
		c.stdin(split, lines[:len(lines)/2], args...)
		c.stdin(split, lines[len(lines)/2:], args...)
		return
	}
	for i := range g {
		if g[i] != w[i] {
			c.differ(args, lines[i], g[i], w[i])
		}
	}
}

var versions = []openflow.Version{openflow.V10, openflow.V11, openflow.V12, openflow.V13, openflow.V14, openflow.V15}

// TestHex feeds the bytes of actions, instructions and matches, right and
// damaged, to the helpers that decode them.
func TestHex(t *testing.T) {
	n, seed := amount(t, 1500)
	g := newGen(seed)
	c := newComparison(t)
	waiting := map[string][]string{}
	flush := func(key string, lines []string) {
		split := blocks
		args := strings.Fields(key)
		if args[0] == "parse-oxm" || args[0] == "parse-nxm" {
			split = func(s string) []string { return strings.Split(strings.TrimSuffix(s, "\n"), "\n") }
		}
		c.stdin(split, lines, args...)
	}
	add := func(key string, text string) {
		waiting[key] = append(waiting[key], text)
		if len(waiting[key]) == batchSize {
			flush(key, waiting[key])
			delete(waiting, key)
		}
	}
	damaged := func(b []byte) string {
		if g.chance(3) {
			return hex.EncodeToString(b)
		}
		return hex.EncodeToString(g.mutate(b))
	}
	for c.lines+batchSize/2*len(waiting) < n {
		line := g.line()
		fm, usable, err := openflow.ParseFlowMod(line, openflow.FlowAdd, nil)
		if err != nil {
			continue
		}
		v := versions[g.IntN(len(versions))]
		acts := openflow.EncodeActions(nil, fm.Actions, v)
		if v >= openflow.V11 && g.chance(2) {
			add(fmt.Sprintf("parse-instructions %s", v), damaged(openflow.EncodeInstructions(nil, fm.Actions, v)))
		} else {
			add(fmt.Sprintf("parse-actions %s", v), damaged(acts))
		}
		nxm := flow.AppendNXM(nil, &fm.Match, flow.WireNXM, nil)
		if usable&openflow.ProtoOF10 != 0 {
			b := openflow.AppendMatch10(nil, &fm.Match)
			add("parse-ofp10-match", hex.EncodeToString(g.sameLength(b)))
			b = openflow.AppendMatch11(nil, &fm.Match)
			add("parse-ofp11-match", hex.EncodeToString(g.sameLength(b)))
		}
		strict := pick(g, "", " --strict")
		add("parse-nxm"+strict, string(flow.AppendNXMText(nil, nxm)))
		if v >= openflow.V12 {
			add(fmt.Sprintf("parse-oxm %s%s", v, strict), string(flow.AppendNXMText(nil, flow.AppendNXM(nil, &fm.Match, uint8(v), nil))))
		}
	}
	for key, lines := range waiting {
		flush(key, lines)
	}
	c.done()
}

// sameLength is mutate that keeps the length.
func (g *gen) sameLength(b []byte) []byte {
	m := g.mutate(b)
	if len(m) != len(b) {
		return b
	}
	return m
}
