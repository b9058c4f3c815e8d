// Package tcpundump is ovs-tcpundump(1): it turns the output of "tcpdump -xx"
// into a line of hex digits for each packet. Main keeps no state.
package tcpundump

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"govs/cli"
	"govs/internal/version"
)

// Main runs ovs-tcpundump.
func Main(argv []string, o cli.IO) int {
	name := cli.Name(argv)
	var help, ver bool
	args, err := cli.Parse(argv[1:], cli.Permute, []cli.Option{
		{Long: "help", Short: 'h', Do: func(string, bool) error { help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Do: func(string, bool) error { ver = true; return cli.ErrStop }},
	})
	switch {
	case help:
		fmt.Fprintf(o.Out, `%s: print "tcpdump -xx" output as hex
usage: %[1]s < FILE
where FILE is output from "tcpdump -xx".

The following options are also available:
  -h, --help                  display this help message
  -V, --version               display version information
`, name)
		return 0
	case ver:
		version.Print(o.Out, name)
		return 0
	case err != nil:
		return o.Fail(name, err)
	case len(args) > 0:
		o.Errorf(name, "non-option argument not supported (use --help for help)")
		return 1
	}
	if err := Convert(o.Out, o.In); err != nil {
		return o.Fail(name, err)
	}
	return 0
}

// Convert writes the packets that r shows, one on a line. A packet begins with
// the line of offset 0, or with the first hex line after another line.
func Convert(w io.Writer, r io.Reader) error {
	out := bufio.NewWriter(w)
	in := bufio.NewReader(r)
	within := false // a packet's line is open
	end := func() {
		if within {
			out.WriteByte('\n')
		}
		within = false
	}
	for {
		line, err := in.ReadString('\n')
		if offset, digits, ok := hexLine(strings.TrimRight(line, "\r\n")); ok {
			if strings.Trim(offset, "0") == "" {
				end()
			}
			within = true
			out.WriteString(digits)
		} else {
			end()
		}
		if err == io.EOF {
			end()
			return out.Flush()
		}
		if err != nil {
			return err
		}
	}
}

// hexLine reads a line such as "\t0x0010:  4500 0054  E..T": white space, the
// offset, two spaces, digits with single spaces between, and anything behind.
func hexLine(line string) (offset, digits string, ok bool) {
	rest := strings.TrimLeft(line, " \t")
	if len(rest) == len(line) {
		return "", "", false
	}
	rest, ok = strings.CutPrefix(rest, "0x")
	if !ok {
		return "", "", false
	}
	offset, rest, ok = strings.Cut(rest, ":")
	if !ok || offset == "" || hexRun(offset) != len(offset) {
		return "", "", false
	}
	rest, ok = strings.CutPrefix(rest, "  ")
	if !ok {
		return "", "", false
	}
	var b strings.Builder
	for {
		n := hexRun(rest)
		if n == 0 {
			break
		}
		b.WriteString(rest[:n])
		rest = strings.TrimPrefix(rest[n:], " ")
	}
	return offset, b.String(), b.Len() > 0
}

// hexRun returns how many hex digits s begins with.
func hexRun(s string) int {
	n := 0
	for n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
		n++
	}
	return n
}
