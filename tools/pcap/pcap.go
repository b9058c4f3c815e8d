// Package pcap is ovs-pcap(1): it prints the packets of a capture file as lines
// of hex digits. Main keeps no state.
package pcap

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"govs/cli"
	"govs/internal/pcapfile"
	"govs/internal/version"
)

// Main runs ovs-pcap.
func Main(argv []string, o cli.IO) int {
	name := cli.Name(argv)
	var help, ver bool
	args, err := cli.Parse(argv[1:], cli.Permute, []cli.Option{
		{Long: "help", Short: 'h', Do: func(string, bool) error { help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Do: func(string, bool) error { ver = true; return cli.ErrStop }},
	})
	switch {
	case help:
		fmt.Fprintf(o.Out, `%s: print pcap file packet data as hex
usage: %[1]s FILE
where FILE is a PCAP file.

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
	case len(args) != 1:
		o.Errorf(name, "exactly 1 non-option argument required (use --help for help)")
		return 1
	}
	f, err := os.Open(args[0])
	if err != nil {
		o.Errorf(name, "%s: open failed (%s)", args[0], cli.Strerror(err))
		return 1
	}
	defer f.Close()
	if err := Print(o.Out, f); err != nil {
		return o.Fail(name, err)
	}
	return 0
}

// Print writes each packet of the capture file r on a line of its own. The file
// may have either byte order, and time in micro- or nanoseconds.
func Print(w io.Writer, r io.Reader) (err error) {
	out := bufio.NewWriter(w)
	defer func() { err = errors.Join(err, out.Flush()) }()
	in, err := pcapfile.NewReader(r)
	if err != nil {
		return err
	}
	for {
		p, err := in.Next()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		out.Write(hex.AppendEncode(out.AvailableBuffer(), p.Data))
		out.WriteByte('\n')
	}
}
