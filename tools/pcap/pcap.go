// Package pcap is ovs-pcap(1): it prints the packets of a capture file as lines
// of hex digits. Main keeps no state.
package pcap

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"govs/cli"
	"govs/internal/version"
)

// maxRecord bounds a packet's length: more is taken for a damaged file.
const maxRecord = 16 << 20

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
	in := bufio.NewReader(r)
	var head [24]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return readError(err, "end of file reading pcap header")
	}
	order, err := byteOrder(head[:4])
	if err != nil {
		return err
	}
	var packet []byte
	for {
		var rec [16]byte
		if _, err := io.ReadFull(in, rec[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return readError(err, "end of file within pcap record header")
		}
		n := order.Uint32(rec[8:])
		if n > maxRecord {
			return fmt.Errorf("bad packet length %d in pcap record header", n)
		}
		if cap(packet) < int(n) {
			packet = make([]byte, n)
		}
		packet = packet[:n]
		if _, err := io.ReadFull(in, packet); err != nil {
			return readError(err, "end of file reading pcap packet data")
		}
		out.Write(hex.AppendEncode(out.AvailableBuffer(), packet))
		out.WriteByte('\n')
	}
}

// byteOrder tells the file's byte order by its magic number.
func byteOrder(magic []byte) (binary.ByteOrder, error) {
	for _, o := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch o.Uint32(magic) {
		case 0xa1b2c3d4, 0xa1b23c4d:
			return o, nil
		}
	}
	return nil, fmt.Errorf("bad magic %d reading pcap file (expected 0xa1b2c3d4, 0xa1b23c4d, 0x4d3cb2a1 or 0xd4c3b2a1)",
		binary.BigEndian.Uint32(magic))
}

// readError gives an early end of file its words.
func readError(err error, text string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New(text)
	}
	return err
}
