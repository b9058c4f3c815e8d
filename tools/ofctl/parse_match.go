package ofctl

import (
	"bytes"
	"fmt"
	"strconv"

	"govs/flow"
	"govs/openflow"
)

// Helpers without a manual page that turn matches into bytes and back.

func (t *tool) parseNXM([]string) error { return t.reencodeNXM(flow.WireNXM) }

func (t *tool) parseOXM(args []string) error {
	vs, err := openflow.ParseVersions(args[0])
	if err != nil || vs == 0 || vs&(vs-1) != 0 || vs.Max() < openflow.V12 {
		return fatalf("%s: not a valid version for OXM", args[0])
	}
	return t.reencodeNXM(uint8(vs.Max()))
}

// reencodeNXM reads each line of standard input as NXM or OXM entries, decodes
// their bytes and prints what encodes the match again.
func (t *tool) reencodeNXM(version uint8) error {
	return t.eachLine(func(s string) error {
		b, err := flow.ParseNXMText(s)
		if err != nil {
			return err
		}
		var cookie *flow.Cookie
		if version == flow.WireNXM {
			cookie = &flow.Cookie{}
		}
		m, err := flow.ParseNXM(b, t.strict, cookie)
		if err != nil {
			fmt.Fprintf(t.Out, "nx_pull_match() returned error %s\n", err)
			return nil
		}
		fmt.Fprintf(t.Out, "%s\n", flow.AppendNXMText(nil, flow.AppendNXM(nil, &m, version, cookie)))
		return nil
	})
}

// eachHex calls f with the bytes of each line of standard input, of which there
// must be n.
func (t *tool) eachHex(n int, f func(b []byte)) error {
	return t.eachLine(func(s string) error {
		b, ok := parseHexBlob(s)
		if !ok {
			return fatalf("Trailing garbage in hex data")
		}
		if len(b) != n {
			return fatalf("Input is %d bytes, expected %d", len(b), n)
		}
		f(b)
		fmt.Fprintln(t.Out)
		return nil
	})
}

// parseMatch10 prints each match of OpenFlow 1.0 as it stands, where it would
// be encoded otherwise, and where without what does not count.
func (t *tool) parseMatch10([]string) error {
	return t.eachHex(openflow.Match10Len, func(b []byte) {
		m := openflow.ParseMatch10(b)
		fmt.Fprintln(t.Out, m.String())
		raw := openflow.AppendMatch10(nil, &m)
		t.compareBytes("", b, raw)
		m.Normalize()
		t.compareBytes("normal: ", raw, openflow.AppendMatch10(nil, &m))
	})
}

func (t *tool) parseMatch11([]string) error {
	return t.eachHex(openflow.Match11Len, func(b []byte) {
		m, err := openflow.ParseMatch11(b)
		if err != nil {
			fmt.Fprintf(t.Out, "bad ofp11_match: %s\n", err)
			return
		}
		fmt.Fprintln(t.Out, m.String())
		t.compareBytes("", b, openflow.AppendMatch11(nil, &m))
	})
}

// compareBytes prints where what is encoded again differs.
func (t *tool) compareBytes(prefix string, a, b []byte) {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(b):
			fmt.Fprintf(t.Out, "%s%2d: %02x -> (none)\n", prefix, i, a[i])
		case i >= len(a):
			fmt.Fprintf(t.Out, "%s%2d: (none) -> %02x\n", prefix, i, b[i])
		case a[i] != b[i]:
			fmt.Fprintf(t.Out, "%s%2d: %02x -> %02x\n", prefix, i, a[i], b[i])
		}
	}
}

// checkVLAN says how a match on a VLAN header fares in text and in every kind
// of message. As with C's strtoul, what is no number is zero.
func (t *tool) checkVLAN(args []string) error {
	num := func(s string) uint16 {
		for len(s) > 0 {
			if n, err := strconv.ParseUint(s, 16, 32); err == nil {
				return uint16(n)
			}
			s = s[:len(s)-1]
		}
		return 0
	}
	var m flow.Match
	m.Key.VLANs[0].TCI, m.Mask.VLANs[0].TCI = num(args[0]), num(args[1])
	pair := func(m *flow.Match) string {
		return fmt.Sprintf("%04x/%04x", m.Key.VLANs[0].TCI, m.Mask.VLANs[0].TCI)
	}

	text := m.String()
	back, err := flow.ParseMatch(text, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.Out, "%s -> %s\n", text, pair(&back))

	wire := func(name string, version uint8, show func(m *flow.Match) string) {
		b := flow.AppendNXM(nil, &m, version, nil)
		if bytes.HasPrefix(b, []byte{0x80, 0, 0x58}) {
			b = b[8:] // that it is a frame goes without saying
		}
		fmt.Fprintf(t.Out, "%s: ", name)
		back, err := flow.ParseNXM(b, true, nil)
		if err != nil {
			if version != flow.WireNXM {
				t.Out.Write(flow.AppendNXMText(nil, b))
			}
			fmt.Fprintf(t.Out, " -> %s\n", err)
			return
		}
		fmt.Fprintf(t.Out, "%s -> %s\n", flow.AppendNXMText(nil, b), show(&back))
	}
	wire("NXM", flow.WireNXM, pair)
	wire("OXM", flow.WireOF12, func(m *flow.Match) string {
		k, x := m.Key.VLANs[0].TCI, m.Mask.VLANs[0].TCI
		if x&0xe000 == 0 {
			return fmt.Sprintf("%04x/%04x,--", k&0x1fff, x&0x1fff)
		}
		return fmt.Sprintf("%04x/%04x,%02x", k&0x1fff, x&0x1fff, k>>13)
	})

	b := openflow.AppendMatch10(nil, &m)
	back = openflow.ParseMatch10(b)
	w := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	fmt.Fprintf(t.Out, "OF1.0: %02x%02x/%d,%02x/%d -> %s\n", b[18], b[19], w>>1&1, b[20], w>>20&1, pair(&back))
	b = openflow.AppendMatch11(nil, &m)
	if back, err = openflow.ParseMatch11(b); err != nil {
		return err
	}
	w = uint32(b[10])<<8 | uint32(b[11])
	fmt.Fprintf(t.Out, "OF1.1: %02x%02x/%d,%02x/%d -> %s\n", b[36], b[37], w>>1&1, b[38], w>>2&1, pair(&back))
	return nil
}
