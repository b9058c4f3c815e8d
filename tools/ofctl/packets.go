package ofctl

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"govs/cli"
	"govs/flow"
	"govs/internal/pcapfile"
	"govs/openflow"
	"govs/packet"
)

// composePacket makes a packet of a flow and prints it in hex. It also says on
// standard error when the packet is not of that flow, as for a flow that no
// packet can have.
func (t *tool) composePacket(args []string) error {
	k, err := flow.ParseKey(args[0], nil)
	if err != nil {
		return err
	}
	if k.InPort == 0 {
		k.InPort = uint32(openflow.PortNone)
	}
	opt := flow.ComposeOptions{BadChecksum: t.badChecksum}
	if len(args) > 1 {
		b, ok := parseHexBlob(args[1])
		if !ok {
			return fatalf("%s: trailing garbage in packet data", args[1])
		}
		opt.Payload = b
	}
	p := flow.Compose(k, &opt)
	if t.bare {
		fmt.Fprintln(t.Out, hex.EncodeToString(p.Bytes()))
		return nil
	}
	var got flow.Key
	p.InPort = uint32(openflow.PortNone)
	flow.Extract(p, &got)
	differ := got != *k
	if differ {
		fmt.Fprintf(t.Err, "specified and extracted flows differ:\nspecified: %s\nextracted: %s", k, &got)
	}
	t.Out.Write(openflow.AppendHexDump(nil, p.Bytes(), false))
	if differ {
		return &failure{"", 1}
	}
	return nil
}

// parsePacket describes the packet on standard input.
func (t *tool) parsePacket([]string) error {
	b, err := io.ReadAll(t.In)
	if err != nil {
		return fatalf("stdin: %s", cli.Strerror(err))
	}
	var k flow.Key
	flow.Extract(packet.New(b), &k)
	fmt.Fprintln(t.Out, &k)
	return nil
}

// parsePcap describes the packets of capture files.
func (t *tool) parsePcap(args []string) error {
	for _, name := range args {
		err := t.eachPacket(name, func(p *packet.Packet) {
			var k flow.Key
			flow.Extract(p, &k)
			fmt.Fprintln(t.Out, &k)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// errno returns an error's number, which some commands exit with.
func errno(err error) int {
	var n syscall.Errno
	if errors.As(err, &n) {
		return int(n)
	}
	return 1
}

// eachPacket calls f with each packet of a capture file. A failure has the
// number of the error as its exit status.
func (t *tool) eachPacket(name string, f func(p *packet.Packet)) error {
	file, err := os.Open(name)
	if err != nil {
		t.warn("pcap", fmt.Sprintf("%s: failed to open pcap file for reading (%s)", name, cli.Strerror(err)))
		return &failure{fmt.Sprintf("%s: open failed (%s)", name, cli.Strerror(err)), errno(err)}
	}
	defer file.Close()
	r, err := pcapfile.NewReader(file)
	var magic *pcapfile.MagicError
	switch {
	case errors.As(err, &magic):
		t.warn("pcap", fmt.Sprintf("bad magic %#x reading pcap file (expected 0xa1b2c3d4, 0xa1b23c4d, 0xd4c3b2a1, or 0x4d3cb2a1)", magic.Magic))
		return &failure{fmt.Sprintf("%s: open failed (%s)", name, cli.Strerror(syscall.EPROTO)), int(syscall.EPROTO)}
	case err != nil:
		t.warn("pcap", "failed to read pcap header: End of file")
		return &failure{fmt.Sprintf("%s: open failed (End of file)", name), 255}
	}
	for {
		rec, err := r.Next()
		switch err {
		case nil:
		case io.EOF:
			return nil
		default:
			return fatalf("%s: error reading pcap file (%s)", name, err)
		}
		p := packet.New(rec.Data)
		p.InPort = uint32(openflow.PortNone)
		f(p)
	}
}
