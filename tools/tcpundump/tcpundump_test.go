package tcpundump

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"govs/cli"
	"govs/internal/ovsref"
)

var samples = []string{
	"20:00:00.000 IP a > b: foo\n\t0x0000:  0001 0203 0405 0607\n\t0x0010:  0809 0a\nnext line\n        0x0000:  ffff 0000\n        0x0010:  12\n",
	"garbage\n  0x0010: 1234 5678\n0x0000:  aabb\n",
	" 0x0010:  1234 5678\n 0x0020:  99\n",
	" 0x0000:   1234 5678\n",
	" 0x0000:  1234 5678 abcd  text beef\n",
	" 0x0000:  1234 567\n",
	"x 0x0000:  1234\n",
	" 0x00000:  1234\n 0x000:  ABCD\n",
	" 0x0000:  1234\nfoo\n 0x0010:  5678\n",
	"\t0x0000:  1234\t5678\n 0x0000:  12 34\n",
	"\t0x0000:  0001 0203 0405 0607  ........\n\t0x0008:  08xz\n",
	" 0x0000:  1234",
	"",
}

func TestReference(t *testing.T) {
	ref := ovsref.Path(t, "ovs-tcpundump")
	for _, s := range samples {
		cmd := exec.Command(ref)
		cmd.Stdin = strings.NewReader(s)
		want, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := Main([]string{"ovs-tcpundump"}, cli.IO{In: strings.NewReader(s), Out: &out, Err: &errs}); code != 0 {
			t.Errorf("%q: exit status %d: %s", s, code, errs.String())
		}
		if out.String() != string(want) {
			t.Errorf("%q: got %q, the reference prints %q", s, out.String(), want)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{"file"}, {"--bogus"}} {
		var out, errs bytes.Buffer
		if code := Main(append([]string{"ovs-tcpundump"}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs}); code != 1 || errs.Len() == 0 {
			t.Errorf("%q: exit status %d, %q", args, code, errs.String())
		}
	}
}

func FuzzConvert(f *testing.F) {
	for _, s := range samples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var out bytes.Buffer
		if err := Convert(&out, strings.NewReader(s)); err != nil {
			t.Fatal(err)
		}
		if strings.Trim(out.String(), "0123456789abcdefABCDEF\n") != "" {
			t.Errorf("%q gives %q", s, out.String())
		}
	})
}
