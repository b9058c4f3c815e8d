package ofctl

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"govs/cli"
	"govs/openflow"
	"govs/openflow/conn"
)

// parseHexBlob reads hex digits, between which there may be blanks.
func parseHexBlob(s string) ([]byte, bool) {
	b, err := hex.DecodeString(strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, s))
	return b, err == nil
}

func (t *tool) packetOut(args []string) error {
	names := t.accept(args[0])
	m := &openflow.PacketOut{Buffer: openflow.NoBuffer}
	in := openflow.PortNone
	var packets [][]byte
	if len(args) > 2 {
		var ok bool
		if in, ok = names.ParsePort(args[1]); !ok && !strings.EqualFold(args[1], "none") {
			return fatalf("%s: unknown port `%s'", args[0], args[1])
		}
		acts, _, err := openflow.ParseActions(args[2], names)
		if err != nil {
			return err
		}
		m.Actions = acts
		for _, a := range args[3:] {
			p, ok := parseHexBlob(a)
			if !ok {
				return fatalf("Trailing garbage in packet data")
			}
			packets = append(packets, p)
		}
	} else {
		var p []byte
		var err error
		if m.Actions, in, p, err = parsePacketOut(args[1], names); err != nil {
			return err
		}
		packets = [][]byte{p}
	}
	if in >= openflow.PortMax && in != openflow.PortLocal && in != openflow.PortNone && in != openflow.PortController {
		return fatalf("%s is not a valid OpenFlow port for PACKET_OUT", in)
	}
	m.Metadata.Key.InPort, m.Metadata.Mask.InPort = uint32(in), 0xffffffff
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	if !openflow.Encodable(m, c.Protocol()) {
		return fatalf("packet-out is not there yet in %s", c.Version())
	}
	for _, p := range packets {
		m.Packet = p
		if err := t.tell(c, m); err != nil {
			return err
		}
	}
	return nil
}

// parsePacketOut reads "in_port=P,packet=HEX,actions=...".
func parsePacketOut(s string, names *openflow.Names) (acts []openflow.Action, in openflow.Port, p []byte, err error) {
	i := strings.Index(s, "action")
	if i < 0 {
		return nil, 0, nil, fatalf("must specify an action")
	}
	_, list, _ := strings.Cut(s[i:], "=")
	in = openflow.PortNone
	for _, w := range strings.FieldsFunc(s[:i], func(r rune) bool { return r == ',' || r == ' ' }) {
		k, v, _ := strings.Cut(w, "=")
		ok := true
		switch k {
		case "in_port":
			if in, ok = names.ParsePort(v); !ok {
				return nil, 0, nil, fatalf("%s is not a valid OpenFlow port", v)
			}
		case "packet":
			if p, ok = parseHexBlob(v); !ok {
				return nil, 0, nil, fatalf("Trailing garbage in packet data")
			}
		default:
			return nil, 0, nil, fatalf("unknown keyword %s", k)
		}
	}
	if p == nil {
		return nil, 0, nil, fatalf("must specify packet")
	}
	acts, _, err = openflow.ParseActions(list, names)
	return acts, in, p, err
}

func (t *tool) monitor(args []string) error {
	if t.unixctl != "" {
		return fatalf("monitor --unixctl is not there yet")
	}
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	for _, a := range args[1:] {
		switch {
		case a == "":
		case a[0] >= '0' && a[0] <= '9':
			n, err := strconv.ParseUint(a, 10, 16)
			if err != nil {
				return fatalf("invalid miss_len \"%s\"", a)
			}
			cfg, err := t.config(c)
			if err != nil {
				return err
			}
			cfg.MissSendLen = uint16(n)
			if err := t.tell(c, &openflow.SetConfig{SwitchConfig: cfg}); err != nil {
				return err
			}
		case a == "invalid_ttl", a == "resume", strings.HasPrefix(a, "watch:"):
			return fatalf("monitor %s is not there yet", a)
		default:
			return fatalf("%s: unsupported \"monitor\" argument", a)
		}
	}
	format := openflow.PacketInNXT2
	if t.packetIn != "" {
		format, _ = openflow.ParsePacketInFormat(t.packetIn)
	}
	if r, err := c.Request(&openflow.SetPacketInFormat{Format: format}); err != nil {
		return transactError(err)
	} else if t.packetIn != "" && r != nil {
		return t.refused(r)
	}
	return t.follow(c)
}

// follow prints what comes until the connection ends.
func (t *tool) follow(c *conn.Client) error {
	for {
		b, err := c.Recv()
		if err != nil {
			return transactError(err)
		}
		if openflow.ParseHeader(b).Type == openflow.TypeEchoRequest {
			if err := c.AnswerEcho(b); err != nil {
				return transactError(err)
			}
			continue
		}
		if t.timestamp {
			fmt.Fprint(t.Err, time.Now().UTC().Format("2006-01-02 15:04:05.000: "))
		}
		t.print(t.Err, b, 2, t.shown(""))
	}
}

func (t *tool) snoop(args []string) error {
	c, err := t.openSocket(args[0], "snoop", t.versions)
	if err != nil {
		return err
	}
	defer c.Close()
	return t.follow(c)
}

func (t *tool) ofpParse(args []string) error {
	var in io.Reader = t.In
	if args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return fatalf("%s: open failed (%s)", args[0], cli.Strerror(err))
		}
		defer f.Close()
		in = f
	}
	all, err := io.ReadAll(in)
	if err != nil {
		return fatalf("%s: read failed (%s)", args[0], cli.Strerror(err))
	}
	for len(all) > 0 {
		if len(all) < openflow.HeaderLen {
			return fatalf("%s: unexpected end of file mid-message", args[0])
		}
		h := openflow.ParseHeader(all)
		if h.Version < openflow.V10 || h.Version > openflow.V15 {
			return fatalf("%s: unsupported OpenFlow version 0x%02x", args[0], uint8(h.Version))
		}
		n := int(h.Length)
		if n < openflow.HeaderLen {
			return fatalf("%s: %d-byte message is too short for OpenFlow", args[0], n)
		}
		if n > len(all) {
			return fatalf("%s: unexpected end of file mid-message", args[0])
		}
		t.print(t.Out, all[:n], 2, nil)
		all = all[n:]
	}
	return nil
}

func (t *tool) ofpPrint(args []string) error {
	verbosity := t.verbosity
	if len(args) > 1 {
		verbosity, _ = strconv.Atoi(args[1])
	}
	b, ok := parseHexBlob(args[0])
	if !ok {
		return fatalf("trailing garbage following hex bytes")
	}
	fmt.Fprint(t.Out, openflow.Print(b, openflow.PrintOptions{Verbosity: verbosity, Names: &openflow.Names{Warn: t.warn}}))
	return nil
}

func (t *tool) printError(args []string) error {
	e, ok := openflow.ErrorByName(args[0])
	if !ok {
		return fatalf("unknown error \"%s\"", args[0])
	}
	for v := openflow.V10; v <= openflow.V15; v++ {
		if vendor, typ, code, ok := e.Wire(v); ok {
			fmt.Fprintf(t.Out, "OpenFlow 1.%d: vendor %s, type %d, code %d\n", v-openflow.V10, hexC(vendor), typ, code)
		}
	}
	return nil
}

// hexC prints as C's %#x.
func hexC(n uint32) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("0x%x", n)
}

func (t *tool) encodeHello(args []string) error {
	n, err := strconv.ParseUint(args[0], 0, 32)
	if err != nil {
		return fatalf("%s: invalid bitmap", args[0])
	}
	vs := openflow.Versions(n)
	b := openflow.Encode(&openflow.Hello{Versions: vs}, openflow.ProtocolOf(vs.Max()), 1)
	t.Out.Write(openflow.AppendHexDump(nil, b, false))
	t.print(t.Out, b, 0, nil)
	return nil
}
