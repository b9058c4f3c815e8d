package openflow

import (
	"fmt"
	"strconv"
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
}

// Print returns a message as ovs-ofctl prints it, ending in a newline.
func Print(b []byte, o PrintOptions) string {
	return string(AppendPrint(nil, b, o))
}

// AppendPrint is Print that appends.
func AppendPrint(out, b []byte, o PrintOptions) []byte {
	switch {
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
		out = appendHeading(out, b)
		out = fmt.Appendf(out, "(***only uses %d bytes out of %d***)\n", be.Uint16(b[2:]), len(b))
		return AppendHexDump(out, b, true)
	}
	d, err := Decode(b, DecodeOptions{Names: o.Names})
	if d.Name == "" {
		out = fmt.Appendf(out, "***decode error: %s***\n", err)
		return AppendHexDump(out, b, true)
	}
	p := printer{formatter: formatter{b: out, names: o.Names}, Header: d.Header, verbosity: o.Verbosity, raw: b}
	p.str(d.Name)
	if d.Header.Version != V10 {
		p.str(" (")
		p.str(d.Header.Version.Short())
		p.str(")")
	}
	p.b = fmt.Appendf(p.b, " (xid=0x%x):", d.Header.Xid)
	row, _, _, _ := findRow(b)
	p.row = row
	if row != nil && (row.frame == frameStatsQ || row.frame == frameNXSTQ || isStatsReply(row.frame)) {
		flags := be.Uint16(b[10:])
		if isStatsReply(row.frame) {
			if flags&statsFlagMore != 0 {
				p.str(" flags=[more]")
			}
		} else if flags != 0 {
			p.b = fmt.Appendf(p.b, " ***unknown flags 0x%04x***", flags)
		}
	}
	if err != nil {
		p.b = fmt.Appendf(p.b, " ***decode error: %s***\n", err)
		return AppendHexDump(p.b, b, true)
	}
	d.Message.print(&p)
	if p.b[len(p.b)-1] != '\n' {
		p.str("\n")
	}
	return p.b
}

// appendHeading prints the heading of a message whose length is wrong, if it
// can be told what it is.
func appendHeading(out, b []byte) []byte {
	whole := append([]byte(nil), b...)
	be.PutUint16(whole[2:], uint16(len(b)))
	row, _, _, _ := findRow(whole)
	if row == nil {
		return out
	}
	h := ParseHeader(b)
	out = append(out, row.name...)
	if h.Version != V10 {
		out = fmt.Appendf(out, " (%s)", h.Version.Short())
	}
	return fmt.Appendf(out, " (xid=0x%x):\n", h.Xid)
}

func (p *printer) f(format string, args ...any) { p.b = fmt.Appendf(p.b, format, args...) }

// duration prints seconds with as many decimals, in threes, as there are.
func (p *printer) duration(d time.Duration) { p.b = appendDuration(p.b, d) }

func appendDuration(b []byte, d time.Duration) []byte {
	sec, ns := d/time.Second, d%time.Second
	b = strconv.AppendInt(b, int64(sec), 10)
	switch {
	case ns == 0:
	case ns%time.Millisecond == 0:
		b = fmt.Appendf(b, ".%03d", ns/time.Millisecond)
	case ns%time.Microsecond == 0:
		b = fmt.Appendf(b, ".%06d", ns/time.Microsecond)
	default:
		b = fmt.Appendf(b, ".%09d", ns)
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
