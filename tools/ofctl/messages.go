package ofctl

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"govs/cli"
	"govs/flow"
	"govs/openflow"
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

func (t *tool) ofpParse(args []string) error {
	var in io.Reader = t.In
	if args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return fatalf("%s: open (%s)", args[0], cli.Strerror(err))
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
	fmt.Fprint(t.Out, openflow.Print(b, openflow.PrintOptions{Verbosity: verbosity, Names: t.printNames()}))
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
	n, neg, _, _ := flow.ScanUint(args[0], 0)
	if neg {
		n = -n
	}
	vs := openflow.Versions(n) & openflow.AllVersions
	if vs == 0 {
		return fatalf("%s: no version that there is", args[0])
	}
	b := openflow.Encode(&openflow.Hello{Versions: vs}, openflow.ProtocolOf(vs.Max()), 1)
	// Here the reference puts no dash behind the last of eight bytes.
	dump := strings.Replace(string(openflow.AppendHexDump(nil, b, false)), "-\n", "\n", 1)
	fmt.Fprint(t.Out, dump)
	t.print(t.Out, b, 0, nil)
	return nil
}

// encodeErrorReply prints the error that answers a request, in hex.
func (t *tool) encodeErrorReply(args []string) error {
	e, ok := openflow.ErrorByName(args[0])
	if !ok {
		return fatalf("unknown error \"%s\"", args[0])
	}
	b, ok := parseHexBlob(args[1])
	if !ok {
		return fatalf("Trailing garbage in hex data")
	}
	if len(b) < openflow.HeaderLen {
		return fatalf("Request too short")
	}
	h := openflow.ParseHeader(b)
	if h.Version < openflow.V10 || h.Version > openflow.V15 {
		return fatalf("Request has unsupported version 0x%02x", uint8(h.Version))
	}
	if int(h.Length) != len(b) {
		return fatalf("Request size inconsistent")
	}
	m := &openflow.ErrorMsg{Code: e, Data: b[:min(len(b), errorEcho)]}
	t.Out.Write(openflow.AppendHexDump(nil, openflow.Encode(m, openflow.ProtocolOf(h.Version), h.Xid), false))
	return nil
}

// errorEcho is how much of a request an error sends back.
const errorEcho = 64
