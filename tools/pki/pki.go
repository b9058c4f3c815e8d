// Package pki is ovs-pki: the keys, requests and certificates of a switch and
// its controllers, made with crypto/x509 where the original runs openssl
// (ovs-pki(8)). The files are those openssl reads and writes, so that both may
// work on one hierarchy. Main keeps no state.
package pki

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"govs/cli"
	"govs/internal/dirs"
	"govs/internal/version"
)

const defaultDir = "/var/lib/openvswitch/pki"

// tool is one run of ovs-pki.
type tool struct {
	cli.IO
	name string

	dir, logPath         string
	bits                 int
	batch, force, unique bool
	now                  time.Time
}

// command is one row of what ovs-pki can do.
type command struct {
	name     string
	min, max int
	args     string // as the error of a wrong number says it
	run      func(t *tool, args []string) error
}

var commands = [...]command{
	{"init", 0, 0, "no arguments", func(t *tool, _ []string) error { return t.init() }},
	{"req", 1, 1, "exactly one argument", func(t *tool, a []string) error { return t.req(a[0]) }},
	{"sign", 1, 2, "one or two arguments", func(t *tool, a []string) error { return t.sign(a) }},
	{"req+sign", 1, 2, "one or two arguments", func(t *tool, a []string) error { return t.reqSign(a) }},
	{"verify", 1, 2, "one or two arguments", func(t *tool, a []string) error { return t.verify(a) }},
	{"fingerprint", 1, 1, "exactly one argument", func(t *tool, a []string) error { return t.fingerprint(a[0]) }},
	{"self-sign", 1, 1, "exactly one argument", func(t *tool, a []string) error { return t.selfSign(a[0]) }},
}

// exit is an error that has been printed and ends the run with its status.
type exit int

func (e exit) Error() string { return "exit " + strconv.Itoa(int(e)) }

// Main runs ovs-pki.
func Main(argv []string, o cli.IO) int {
	t := &tool{IO: o, name: cli.Name(argv), dir: defaultDir, bits: 2048, now: time.Now()}
	help, ver := false, false
	args, err := cli.Parse(argv[1:], cli.Permute, t.options(&help, &ver))
	switch {
	case help:
		t.usage()
		return 0
	case ver:
		version.Print(o.Out, t.name)
		return 0
	case err != nil:
		return o.Fail(t.name, err)
	case len(args) == 0:
		o.Errorf(t.name, "missing command name; use --help for help")
		return 1
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		if n := len(args) - 1; n < c.min || n > c.max {
			o.Errorf(t.name, "%s must have %s; use --help for help", c.name, c.args)
			return 1
		}
		err := c.run(t, args[1:])
		var e exit
		switch {
		case err == nil:
			return 0
		case errors.As(err, &e):
			return int(e)
		}
		o.Errorf(t.name, "%s", err)
		return 1
	}
	o.Errorf(t.name, "%s command unknown; use --help for help", args[0])
	return 1
}

func (t *tool) options(help, ver *bool) []cli.Option {
	flag := func(b *bool) func(string, bool) error {
		return func(string, bool) error { *b = true; return nil }
	}
	stop := func(b *bool) func(string, bool) error {
		return func(string, bool) error { *b = true; return cli.ErrStop }
	}
	str := func(s *string) func(string, bool) error {
		return func(v string, _ bool) error { *s = v; return nil }
	}
	const noDSA = "DSA keys are not supported: TLS has dropped them; use --key=rsa"
	return []cli.Option{
		{Long: "help", Short: 'h', Do: stop(help)},
		{Long: "version", Short: 'V', Do: stop(ver)},
		{Long: "dir", Short: 'd', Arg: cli.ReqArg, Do: str(&t.dir)},
		{Long: "key", Short: 'k', Arg: cli.ReqArg, Do: func(v string, _ bool) error {
			switch v {
			case "rsa":
				return nil
			case "dsa":
				return errors.New(noDSA)
			}
			return errors.New("argument to -k or --key must be rsa or dsa")
		}},
		{Long: "bits", Short: 'B', Arg: cli.ReqArg, Do: func(v string, _ bool) error {
			n, err := strconv.Atoi(v)
			if err != nil || n < 1024 {
				return errors.New("argument to -B or --bits must be at least 1024")
			}
			t.bits = n
			return nil
		}},
		{Long: "dsaparam", Short: 'D', Arg: cli.ReqArg, Do: func(string, bool) error { return errors.New(noDSA) }},
		{Long: "log", Short: 'l', Arg: cli.ReqArg, Do: str(&t.logPath)},
		{Long: "force", Short: 'f', Do: flag(&t.force)},
		{Long: "batch", Short: 'b', Do: flag(&t.batch)},
		{Long: "unique", Short: 'u', Do: flag(&t.unique)},
	}
}

func (t *tool) usage() {
	fmt.Fprintf(t.Out, `%[1]s, for managing a simple OpenFlow public key infrastructure
usage: %[1]s [OPTION...] COMMAND [ARG...]

Commands:
  init                 make a PKI with an authority for switches, one for controllers
  req NAME             make a private key and a request for a certificate:
                       NAME-privkey.pem and NAME-req.pem
  sign NAME [TYPE]     make NAME-cert.pem from NAME-req.pem
  req+sign NAME [TYPE] do both
  verify NAME [TYPE]   check that NAME-cert.pem is a certificate of that TYPE
  fingerprint FILE     print the fingerprint of FILE
  self-sign NAME       make NAME-cert.pem from NAME-req.pem with NAME-privkey.pem
TYPE is 'switch' (the default) or 'controller'.

Options of init, req and req+sign:
  -k, --key=rsa        type of keys
  -B, --bits=NBITS     number of bits in keys (default: 2048)
Options of sign:
  -b, --batch          do not ask whether the fingerprint is right
Options of all commands:
  -d, --dir=DIR        directory of the PKI (default: %[2]s)
  -f, --force          go on if a file or directory is already there
  -l, --log=FILE       note what was done in FILE (default: %[3]s)
  -u, --unique         NAME is unique: do not append a UUID to it
  -h, --help           print this message
  -V, --version        print the version
`, t.name, defaultDir, filepath.Join(dirs.Log(), "ovs-pki.log"))
}

// note appends a line to the log. Only a log that was asked for must work.
func (t *tool) note(format string, args ...any) error {
	path, asked := t.logPath, true
	if path == "" {
		path, asked = filepath.Join(dirs.Log(), "ovs-pki.log"), false
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		if asked {
			return fmt.Errorf("%s: %s", path, cli.Strerror(err))
		}
		return nil
	}
	defer f.Close()
	_, err = fmt.Fprintf(f, "%s|%s\n", t.now.UTC().Format("2006-01-02T15:04:05Z"), fmt.Sprintf(format, args...))
	return err
}

// free fails if a file that is to be made is there already.
func (t *tool) free(path string) error {
	if _, err := os.Lstat(path); err == nil && !t.force {
		return fmt.Errorf("%s already exists and --force not supplied", path)
	}
	return nil
}

func (t *tool) need(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist", path)
	}
	return nil
}

func (t *tool) needPKI() error {
	if _, err := os.Stat(t.dir); err != nil {
		return fmt.Errorf("%s does not exist (need to run 'init' or use '--dir'?)", t.dir)
	}
	return nil
}

// certType returns the authority's directory for the optional TYPE argument.
func (t *tool) certType(args []string) (string, error) {
	kind := "switch"
	if len(args) == 2 {
		kind = args[1]
	}
	if kind != "switch" && kind != "controller" {
		return "", errors.New("type argument must be 'switch' or 'controller'")
	}
	return filepath.Join(t.dir, kind+"ca"), nil
}

// confirm asks whether the printed fingerprint is the one that was noted when
// the request was made.
func (t *tool) confirm() error {
	fmt.Fprintln(t.Out, "Does fingerprint match? (yes/no)")
	line, err := bufio.NewReader(t.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return nil
	}
	fmt.Fprintln(t.Err, "Match failure, aborting")
	return exit(1)
}
