package openflow

import (
	"bytes"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// PrintOptions are how much and with which names Print prints.
type PrintOptions struct {
	Verbosity int // 0 is headings only; ovs-ofctl uses 1 and one more per -m
	Names     *Names
}

// printer prints one message.
type printer struct {
	formatter
	Header
	verbosity int
	row       *msgRow
	raw       []byte
	broken    bool // what the message has is not all, for an error
}

// Print returns a message as ovs-ofctl prints it, ending in a newline.
func Print(b []byte, o PrintOptions) string {
	return string(AppendPrint(nil, b, o))
}

// AppendPrint is Print that appends.
func AppendPrint(out, b []byte, o PrintOptions) []byte {
	switch {
	case len(b) == 0:
		return append(out, "OpenFlow message is empty\n"...)
	case len(b) < HeaderLen:
		out = append(out, "OpenFlow packet too short (only "...)
		out = strconv.AppendInt(out, int64(len(b)), 10)
		out = append(out, " bytes):\n"...)
		return AppendHexDump(out, b, true)
	case int(be.Uint16(b[2:])) > len(b):
		out = appendHeading(out, b)
		out = fmt.Appendf(out, "(***truncated to %d bytes from %d***)\n", len(b), be.Uint16(b[2:]))
		return AppendHexDump(out, b, true)
	case int(be.Uint16(b[2:])) < len(b):
		out = fmt.Appendf(out, "(***only uses %d bytes out of %d***)\n", be.Uint16(b[2:]), len(b))
		return AppendHexDump(out, b, true)
	}
	d, err := Decode(b, DecodeOptions{Names: o.Names, Loose: true})
	if d.Name == "" {
		out = fmt.Appendf(out, "***decode error: %s***\n", err)
		return AppendHexDump(out, b, true)
	}
	p := printer{formatter: formatter{b: out, names: o.Names}, Header: d.Header, verbosity: o.Verbosity, raw: b, row: d.row, broken: err != nil}
	p.heading(b)
	if d.Message != nil {
		d.Message.print(&p)
	}
	if err != nil {
		switch p.b[len(p.b)-1] {
		case ':':
			p.str(" ")
		case '\n':
		case ' ':
			p.b[len(p.b)-1] = '\n'
		default:
			p.str("\n")
		}
		p.f("***decode error: %s***\n", err)
		return AppendHexDump(p.b, b, true)
	}
	if p.b[len(p.b)-1] != '\n' {
		p.str("\n")
	}
	if o.Verbosity >= 5 {
		p.b = AppendHexDump(p.b, b, true)
	}
	return p.b
}

// heading prints the name, version and transaction id of a message, and the
// flags of a multipart one.
func (p *printer) heading(b []byte) {
	p.str(p.row.name)
	switch v := p.Version; {
	case v == V10:
	case v <= V15:
		p.f(" (%s)", v.Short())
	default:
		p.f(" (OF 0x%02x)", uint8(v))
	}
	p.f(" (xid=0x%x):", p.Xid)
	if !isStatsReply(p.row.frame) && !isStatsRequest(p.row.frame) {
		return
	}
	flags := be.Uint16(b[10:])
	if flags == 0 {
		return
	}
	p.str(" flags=")
	if (isStatsReply(p.row.frame) || p.Version >= V13) && flags&statsFlagMore != 0 {
		p.str("[more]")
		flags &^= statsFlagMore
	}
	if flags != 0 {
		p.f("[***unknown flags 0x%04x***]", flags)
	}
}

// appendHeading prints the heading of a message that is cut off, if it can be
// told what it is.
func appendHeading(out, b []byte) []byte {
	d := msgDecoder{Header: ParseHeader(b), index: msgIndex()}
	if _, err := d.findPartial(b); err != nil {
		return out
	}
	p := printer{formatter: formatter{b: out}, Header: d.Header, row: d.row}
	p.heading(b)
	p.str("\n")
	return p.b
}

func (p *printer) f(format string, args ...any) { p.b = fmt.Appendf(p.b, format, args...) }

// duration prints seconds, with three decimals if they are enough and with as
// many as there are otherwise.
func (p *printer) duration(d time.Duration) { p.b = appendDuration(p.b, d) }

func appendDuration(b []byte, d time.Duration) []byte {
	if d < 0 {
		// What OVS prints for all ones, its number for unknown.
		return append(b, "4294967295.4294967295s"...)
	}
	sec, ns := d/time.Second, d%time.Second
	b = strconv.AppendInt(b, int64(sec), 10)
	switch {
	case ns == 0:
	case ns%time.Millisecond == 0:
		b = fmt.Appendf(b, ".%03d", ns/time.Millisecond)
	default:
		b = bytes.TrimRight(fmt.Appendf(b, ".%09d", ns), "0")
	}
	return append(b, 's')
}

// count prints a counter and a comma; an unknown one is a question mark.
func (f *formatter) count(name string, n uint64) {
	f.lastCount(name, n)
	f.str(", ")
}

func (f *formatter) lastCount(name string, n uint64) {
	f.str(name)
	if n == ^uint64(0) {
		f.str("?")
	} else {
		f.dec(n)
	}
}

// bitNames prints set bits by name, the rest as a number, and 0 for none.
func bitNames(n uint32, names []string) string { return bitNamesSep(n, names, " ") }

func bitNamesSep(n uint32, names []string, sep string) string {
	if n == 0 {
		return "0"
	}
	var out []string
	var rest uint32
	for ; n != 0; n &= n - 1 {
		i := bits.TrailingZeros32(n)
		if i < len(names) && names[i] != "" {
			out = append(out, names[i])
		} else {
			rest |= 1 << i
		}
	}
	if rest != 0 {
		out = append(out, fmt.Sprintf("0x%x", rest))
	}
	return strings.Join(out, sep)
}

// altHex64 is C's %#lx: 0 has no prefix.
func altHex64(n uint64) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%#x", n)
}
