package flowdiff

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"govs/openflow"
)

// A listener is a switch that only listens: it answers what a tool waits for
// and keeps the flow-mods, group-mods and meter-mods that come.
type listener struct {
	path   string
	l      net.Listener
	answer func(m []byte) []byte // to a mod: nil says that it was right
	mu     sync.Mutex
	mods   [][]byte // guarded by mu
}

func newListener(t *testing.T) *listener {
	s := &listener{path: filepath.Join(t.TempDir(), "switch")}
	var err error
	if s.l, err = net.Listen("unix", s.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.l.Close() })
	go func() {
		for {
			c, err := s.l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *listener) serve(c net.Conn) {
	defer c.Close()
	reply := func(version, typ byte, xid []byte) {
		c.Write(append([]byte{version, typ, 0, 8}, xid...))
	}
	for {
		head := make([]byte, 8)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		m := append(head, make([]byte, max(0, int(binary.BigEndian.Uint16(head[2:]))-8))...)
		if _, err := io.ReadFull(c, m[8:]); err != nil {
			return
		}
		const hello, echo, vendor, flowMod, groupMod, meterMod = 0, 2, 4, 14, 15, 29
		barrier := byte(20)
		if m[0] == 1 {
			barrier = 18
		}
		switch {
		case m[1] == hello:
			reply(m[0], hello, m[4:8])
		case m[1] == barrier:
			reply(m[0], barrier+1, m[4:8])
		case m[1] == echo:
			c.Write(append([]byte{m[0], echo + 1}, m[2:]...))
		case m[1] == flowMod || m[0] > 1 && (m[1] == groupMod || m[1] == meterMod) ||
			m[1] == vendor && len(m) >= 16 && (m[15] == 13 || m[15] == 31): // NXT_FLOW_MOD, NXT_GROUP_MOD
			s.mu.Lock()
			s.mods = append(s.mods, m)
			s.mu.Unlock()
			if s.answer != nil {
				c.Write(s.answer(m))
			}
		}
	}
}

// take returns the mods that came since.
func (s *listener) take() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mods
	s.mods = nil
	return m
}

// TestWire compares, byte for byte, the flow-mods that ovs-ofctl add-flows and
// the reference's send of the same files, which may have any command.
func TestWire(t *testing.T) {
	n, seed := amount(t, 3000)
	g := newGen(seed)
	c := newComparison(t)
	s := newListener(t)
	type way struct {
		v openflow.Version
		p openflow.Protocols
	}
	waiting := map[way][]string{}
	var flush func(w way, lines []string)
	flush = func(w way, lines []string) {
		if len(lines) == 0 {
			return
		}
		c.runs++
		args := []string{"-O", w.v.String(), "--no-names", "add-flows", "unix:" + s.path, "-"}
		out := c.them(strings.Join(lines, "\n")+"\n", args...)
		mods := s.take()
		if out != "" || len(mods) != len(lines) {
			if i, ok := badLine(out); ok && i < len(lines) {
				c.differ(args[:2], lines[i], "", out)
				flush(w, append(lines[:i:i], lines[i+1:]...))
				return
			}
			if len(lines) == 1 {
				c.differ(args[:2], lines[0], "", out)
				return
			}
			flush(w, lines[:len(lines)/2])
			flush(w, lines[len(lines)/2:])
			return
		}
		for i := range mods {
			fm, _, err := openflow.ParseFlowLine(openflow.CleanLine(lines[i]), openflow.FlowAdd, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(lines) > 1 && openflow.Encode(fm, w.p, 0)[1] != mods[i][1] {
				// Some line needs another protocol than we think.
				flush(w, lines[:len(lines)/2])
				flush(w, lines[len(lines)/2:])
				return
			}
		}
		for i, want := range mods {
			fm, _, err := openflow.ParseFlowLine(openflow.CleanLine(lines[i]), openflow.FlowAdd, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := openflow.Encode(fm, w.p, binary.BigEndian.Uint32(want[4:]))
			if !bytes.Equal(got, want) {
				c.differ(args[:2], lines[i], hex.EncodeToString(got), hex.EncodeToString(want))
			}
		}
	}
	// wrong compares what is said of a line that is refused.
	wrong := func(line string) {
		c.lines++
		c.runs++
		args := []string{"-O", versions[g.IntN(len(versions))].String(), "--no-names", "add-flows", "unix:" + s.path, "-"}
		got, want := ours(line+"\n", args...), c.them(line+"\n", args...)
		if mods := s.take(); len(mods) > 0 {
			got += fmt.Sprintf("%x", mods)
		}
		if got != want {
			c.differ(args[:2], line, got, want)
		}
	}
	for c.lines < n {
		line := g.commandLine()
		fm, usable, err := openflow.ParseFlowLine(openflow.CleanLine(line), openflow.FlowAdd, nil)
		if openflow.CleanLine(line) == "" {
			continue
		}
		if err != nil {
			if g.chance(10) {
				wrong(line)
			}
			continue
		}
		v := versions[g.IntN(len(versions))]
		p := usable & openflow.ProtocolsOf(openflow.VersionsOf(v))
		if p == 0 || !openflow.Encodable(fm, p.First()) {
			continue
		}
		c.lines++
		w := way{v, p.First()}
		waiting[w] = append(waiting[w], line)
		if len(waiting[w]) == batchSize {
			flush(w, waiting[w])
			delete(waiting, w)
		}
	}
	for w, lines := range waiting {
		flush(w, lines)
	}
	c.done()
}
