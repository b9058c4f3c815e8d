package pcap

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"govs/cli"
	"govs/internal/ovsref"
)

// capture builds a file of the given byte order and magic number.
func capture(o binary.AppendByteOrder, magic uint32, packets ...string) string {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(b, 2)
	b = o.AppendUint16(b, 4)
	for _, n := range []uint32{0, 0, 65535, 1} {
		b = o.AppendUint32(b, n)
	}
	for _, p := range packets {
		for _, n := range []uint32{1, 2, uint32(len(p)), uint32(len(p))} {
			b = o.AppendUint32(b, n)
		}
		b = append(b, p...)
	}
	return string(b)
}

var samples = []string{
	capture(binary.LittleEndian, 0xa1b2c3d4, "\x01\x02\x03", strings.Repeat("\xff", 2000)),
	capture(binary.BigEndian, 0xa1b2c3d4, "\x01\x02\x03"),
	capture(binary.LittleEndian, 0xa1b23c4d, "\x01\x02\x03"),
	capture(binary.LittleEndian, 0xa1b2c3d4, "\x01") + "torn",
	capture(binary.LittleEndian, 0xa1b2c3d4, "\x01", "torn packet")[:60],
	capture(binary.LittleEndian, 0xa1b2cd34, "\x01"),
	"",
	"short",
}

func TestReference(t *testing.T) {
	ref := ovsref.Path(t, "ovs-pcap")
	for i, s := range samples {
		name := filepath.Join(t.TempDir(), "x.pcap")
		if err := os.WriteFile(name, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		var wantOut, wantErr, out, errs bytes.Buffer
		cmd := exec.Command(ref, name)
		cmd.Stdout, cmd.Stderr = &wantOut, &wantErr
		cmd.Run()
		code := Main([]string{"ovs-pcap", name}, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs})
		if code != cmd.ProcessState.ExitCode() || out.String() != wantOut.String() ||
			errs.String() != strings.Replace(wantErr.String(), ref, "ovs-pcap", 1) {
			t.Errorf("sample %d: got %d %q %q, the reference %d %q %q", i, code, out.String(), errs.String(),
				cmd.ProcessState.ExitCode(), wantOut.String(), wantErr.String())
		}
	}
}

func FuzzPrint(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var out bytes.Buffer
		Print(&out, bytes.NewReader(b))
		if out.Len() > 2*len(b) {
			t.Errorf("%d bytes print as %d", len(b), out.Len())
		}
	})
}
