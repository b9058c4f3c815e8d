package pki

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"govs/cli"
	"govs/internal/ovsref"
)

// bench is a directory with a hierarchy in it; commands run inside.
type bench struct {
	t    *testing.T
	opts []string
}

func newBench(t *testing.T) *bench {
	dir := t.TempDir()
	t.Chdir(dir)
	// Small keys: RSA takes its time.
	return &bench{t, []string{"-d", filepath.Join(dir, "pki"), "-l", filepath.Join(dir, "log"), "-B", "1024"}}
}

func (b *bench) ours(in string, args ...string) (out, errs string, code int) {
	var o, e strings.Builder
	argv := append(append([]string{"ovs-pki"}, b.opts...), args...)
	code = Main(argv, cli.IO{In: strings.NewReader(in), Out: &o, Err: &e})
	return o.String(), e.String(), code
}

func (b *bench) must(args ...string) string {
	b.t.Helper()
	out, errs, code := b.ours("", args...)
	if code != 0 {
		b.t.Fatalf("%v: %q, %q, %d", args, out, errs, code)
	}
	return out
}

func (b *bench) run(prog string, args ...string) string {
	b.t.Helper()
	out, err := exec.Command(prog, args...).CombinedOutput()
	if err != nil {
		b.t.Fatalf("%s %v: %v\n%s", prog, args, err, out)
	}
	return string(out)
}

func TestTexts(t *testing.T) {
	b := newBench(t)
	b.must("init")
	b.must("req", "sw")
	print := regexp.MustCompile(`^sw-req\.pem\t\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \w+ \d{4}\n\tfingerprint [0-9a-f]{40}\n$`)
	if out := b.must("fingerprint", "sw-req.pem"); !print.MatchString(out) {
		t.Errorf("%q", out)
	}
	out, errs, code := b.ours("no\n", "sign", "sw")
	if !strings.HasSuffix(out, "\nDoes fingerprint match? (yes/no)\n") || errs != "Match failure, aborting\n" || code != 1 {
		t.Errorf("%q, %q, %d", out, errs, code)
	}
	if _, errs, code := b.ours("yes\n", "sign", "sw"); code != 0 {
		t.Errorf("%q", errs)
	}
	if out := b.must("verify", "sw"); out != "sw-cert.pem: OK\n" {
		t.Errorf("%q", out)
	}
	if _, errs, code := b.ours("", "verify", "sw", "controller"); code != 2 || !strings.HasSuffix(errs, "\nerror sw-cert.pem: verification failed\n") {
		t.Errorf("%q, %d", errs, code)
	}
	for _, tt := range []struct{ args, want string }{
		{"", "missing command name; use --help for help"},
		{"foo", "foo command unknown; use --help for help"},
		{"req", "req must have exactly one argument; use --help for help"},
		{"req a b", "req must have exactly one argument; use --help for help"},
		{"sign", "sign must have one or two arguments; use --help for help"},
		{"req sw", "sw-privkey.pem already exists and --force not supplied"},
		{"-b sign sw", "sw-cert.pem already exists and --force not supplied"},
		{"-b sign sw foo", "type argument must be 'switch' or 'controller'"},
		{"verify nope", "nope-cert.pem does not exist"},
		{"self-sign nope", "nope-req.pem does not exist"},
		{"-B 512 req x", "argument to -B or --bits must be at least 1024"},
		{"-k foo req x", "argument to -k or --key must be rsa or dsa"},
		{"-k dsa req x", "DSA keys are not supported: TLS has dropped them; use --key=rsa"},
		{"-d /does/not/exist verify sw", "/does/not/exist does not exist (need to run 'init' or use '--dir'?)"},
		{"-l /does/not/exist/log req x", "/does/not/exist/log: No such file or directory"},
	} {
		_, errs, code := b.ours("", strings.Fields(tt.args)...)
		if errs != "ovs-pki: "+tt.want+"\n" || code != 1 {
			t.Errorf("%q: %q, %d", tt.args, errs, code)
		}
	}
	if _, errs, _ := b.ours("", "init"); !strings.HasSuffix(errs, "/pki already exists and --force not specified\n") {
		t.Errorf("%q", errs)
	}
	for f, mode := range map[string]os.FileMode{"sw-privkey.pem": 0o600, "pki/switchca/private/cakey.pem": 0o700, "pki/switchca/private": 0o700} {
		if fi, err := os.Stat(f); err != nil || fi.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", f, fi.Mode(), err)
		}
	}
}

func TestOpenSSLReadsOurs(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("openssl is missing")
		}
		t.Skip("openssl is not installed")
	}
	b := newBench(t)
	b.must("init")
	b.must("-u", "req+sign", "ctl", "controller")
	if got := b.run(openssl, "verify", "-CAfile", "pki/controllerca/cacert.pem", "ctl-cert.pem"); got != "ctl-cert.pem: OK\n" {
		t.Errorf("%q", got)
	}
	got := b.run(openssl, "x509", "-in", "ctl-cert.pem", "-noout", "-subject", "-serial")
	if want := "subject=C = US, ST = CA, O = Open vSwitch, OU = Open vSwitch certifier, CN = ctl\nserial=02\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := b.run(openssl, "x509", "-in", "ctl-cert.pem", "-noout", "-text"); !strings.Contains(got, "DNS:ctl") || !strings.Contains(got, "CA:FALSE") {
		t.Errorf("%s", got)
	}
	if got := b.run(openssl, "req", "-in", "ctl-req.pem", "-noout", "-verify", "-subject"); !strings.Contains(got, "ST = CA, L = Palo Alto, O = Open vSwitch") {
		t.Errorf("%q", got)
	}
	b.must("req", "self")
	b.must("self-sign", "self")
	b.run(openssl, "verify", "-CAfile", "self-cert.pem", "self-cert.pem")
}

// TestOneHierarchyTwoTools lets the reference and us go on with each other's
// hierarchies and requests.
func TestOneHierarchyTwoTools(t *testing.T) {
	ref := ovsref.Path(t, "ovs-pki")
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("the reference's ovs-pki needs openssl")
	}
	for _, maker := range []string{"ours", "reference"} {
		t.Run(maker, func(t *testing.T) {
			b := newBench(t)
			opts := []string{b.opts[0], b.opts[1], b.opts[2], b.opts[3]}
			theirs := func(args ...string) string { return b.run(ref, append(opts, args...)...) }
			if maker == "ours" {
				b.opts = append(opts, "-B", "2048") // openssl's security level
				b.must("init")
			} else {
				theirs("init")
			}
			b.opts = append(opts, "-B", "2048")
			b.must("req", "a")
			theirs("-b", "sign", "a")
			theirs("req", "b")
			b.must("-b", "sign", "b")
			theirs("req+sign", "c")
			b.must("req+sign", "d")
			for _, n := range []string{"a", "b", "c", "d"} {
				if out := b.must("verify", n); out != n+"-cert.pem: OK\n" {
					t.Errorf("we on %s: %q", n, out)
				}
				if out := theirs("verify", n); out != n+"-cert.pem: OK\n" {
					t.Errorf("they on %s: %q", n, out)
				}
				if a, b := b.must("fingerprint", n+"-cert.pem"), theirs("fingerprint", n+"-cert.pem"); a != b {
					t.Errorf("fingerprints %q and %q", a, b)
				}
			}
			index, _ := os.ReadFile("pki/switchca/index.txt")
			if n := strings.Count(string(index), "\n"); n != 5 {
				t.Errorf("index.txt:\n%s", index)
			}
		})
	}
}
