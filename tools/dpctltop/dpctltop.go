// Package dpctltop is ovs-dpctl-top(8): it sums up the flows of a datapath by
// their fields, once or again and again as top does. The flows come from the
// switch daemon, a file, standard input or another host. Main keeps no state.
package dpctltop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"govs/cli"
	"govs/internal/programs"
	"govs/internal/version"
)

type options struct {
	name       string
	files      []string
	verbose    bool
	script     bool
	host       string
	accumulate bool
	decay      time.Duration
	delay      time.Duration
}

func (o *options) rows() []cli.Option {
	number := func(long string, short byte, meta, help string, unit time.Duration, d *time.Duration) cli.Option {
		return cli.Option{Long: long, Short: short, Arg: cli.ReqArg, Meta: meta, Help: help, Do: func(v string, _ bool) error {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil || f < 0 || f > 1e9 {
				return fmt.Errorf("--%s: %q is no number of it", long, v)
			}
			*d = time.Duration(f * float64(unit))
			return nil
		}}
	}
	on := func(long string, short byte, help string, b *bool) cli.Option {
		return cli.Option{Long: long, Short: short, Help: help, Do: func(string, bool) error { *b = true; return nil }}
	}
	return []cli.Option{
		{Long: "flow-file", Short: 'f', Arg: cli.ReqArg, Meta: "FILE", Help: "read what dump-flows printed; may be repeated",
			Do: func(v string, _ bool) error { o.files = append(o.files, v); return nil }},
		on("verbose", 'V', "name the lines that are not understood", &o.verbose),
		on("script", 's', "print one summary of the input", &o.script),
		{Long: "host", Arg: cli.ReqArg, Meta: "USER@HOST", Help: "ask the switch of another host, by ssh",
			Do: func(v string, _ bool) error {
				if v == "" || v[0] == '-' {
					return fmt.Errorf("--host: %q is no host", v)
				}
				o.host = v
				return nil
			}},
		on("accumulate", 'a', "keep what flows counted after they are gone", &o.accumulate),
		number("accumulate-decay", 0, "MINUTES", "forget flows unseen for so long, 0 never (default: 5)", time.Minute, &o.decay),
		number("delay", 'd', "MSECS", "time between samples (default: 1000)", time.Millisecond, &o.delay),
	}
}

// Main runs ovs-dpctl-top.
func Main(argv []string, std cli.IO) int {
	o := &options{name: cli.Name(argv), decay: 5 * time.Minute, delay: time.Second}
	var show, help bool
	args, err := cli.Parse(argv[1:], cli.Permute, o.rows(), []cli.Option{
		{Long: "help", Short: 'h', Do: func(string, bool) error { help = true; return cli.ErrStop }},
		{Long: "version", Short: 'v', Do: func(string, bool) error { show = true; return cli.ErrStop }},
	})
	switch {
	case help:
		o.usage(std.Out)
		return 0
	case show:
		version.Print(std.Out, o.name)
		return 0
	case err == nil && len(args) > 0:
		err = fmt.Errorf("%s: unexpected argument", args[0])
	}
	if err == nil && (o.script || len(o.files) > 0) {
		err = o.once(std)
	} else if err == nil {
		err = o.top(std)
	}
	if err != nil {
		return std.Fail(o.name, err)
	}
	return 0
}

func (o *options) usage(w io.Writer) {
	fmt.Fprintf(w, `%[1]s: sums up datapath flows by their fields
usage: %[1]s [OPTIONS]

Options:
`, o.name)
	for _, r := range o.rows() {
		short, long := "   ", "--"+r.Long
		if r.Short != 0 {
			short = "-" + string(r.Short) + ","
		}
		if r.Arg == cli.ReqArg {
			long += "=" + r.Meta
		}
		fmt.Fprintf(w, "  %s %-30s%s\n", short, long, r.Help)
	}
	fmt.Fprint(w, `  -h, --help                        display this help message
  -v, --version                     display version information

Keys: a turns accumulation on and off, s orders by the next column, f shows
the next kind of field, h halts until another key, space samples at once,
q quits.
`)
}

// once prints one summary of files or standard input.
func (o *options) once(std cli.IO) error {
	s := newSums(o.accumulate, o.decay)
	start := time.Now()
	read := func(name string, r io.Reader) error {
		sc := bufio.NewScanner(r)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			if !s.add(sc.Text(), start) && o.verbose {
				std.Errorf(o.name, "%s: not a flow: %s", name, sc.Text())
			}
		}
		return sc.Err()
	}
	if len(o.files) == 0 {
		if err := read("standard input", std.In); err != nil {
			return err
		}
	}
	for _, name := range o.files {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("%s: %s", name, cli.Strerror(err))
		}
		err = read(name, f)
		f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	v := view{width: minWidth, eol: "\n"}
	if f, ok := std.Out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			v.width = w
		}
	}
	v.print(std.Out, s, time.Since(start))
	return nil
}

// sample asks the switch for its flows.
func (o *options) sample(s *sums) error {
	cmd := programs.Command("ovs-appctl", "dpctl/dump-flows")
	if o.host != "" {
		cmd = exec.Command("ssh", o.host, "ovs-appctl dpctl/dump-flows")
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	b, err := cmd.Output()
	if err != nil {
		if text := strings.TrimSpace(errs.String()); text != "" {
			err = fmt.Errorf("%s", text)
		}
		return err
	}
	now := time.Now()
	s.begin(now)
	for line := range strings.Lines(string(b)) {
		s.add(line, now)
	}
	return nil
}

// top shows samples until q is pressed.
func (o *options) top(std cli.IO) error {
	in, ok1 := std.In.(*os.File)
	out, ok2 := std.Out.(*os.File)
	if !ok1 || !ok2 || !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return fmt.Errorf("needs a terminal; --script prints one summary of standard input")
	}
	s := newSums(o.accumulate, o.decay)
	if err := o.sample(s); err != nil {
		return err
	}
	old, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return err
	}
	fmt.Fprint(out, "\x1b[?1049h\x1b[?25l") // another screen, no cursor
	defer func() {
		fmt.Fprint(out, "\x1b[?25h\x1b[?1049l")
		term.Restore(int(in.Fd()), old)
	}()
	keys := make(chan byte)
	go func() {
		defer close(keys)
		var b [1]byte
		for {
			if n, err := in.Read(b[:]); n == 0 || err != nil {
				return
			}
			keys <- b[0]
		}
	}()
	v := view{eol: "\x1b[K\r\n", kind: kinds[0].name}
	tick := time.NewTicker(max(o.delay, 10*time.Millisecond))
	defer tick.Stop()
	var took time.Duration
	for {
		if w, h, err := term.GetSize(int(out.Fd())); err == nil {
			v.width, v.height = w, h
		}
		var screen bytes.Buffer
		screen.WriteString("\x1b[H")
		v.print(&screen, s, took)
		screen.WriteString("\x1b[J")
		out.Write(screen.Bytes())
		resample := false
		select {
		case <-tick.C:
			resample = !v.halted
		case key, ok := <-keys:
			if !ok || key == 'q' || key == 3 || key == 4 {
				return nil
			}
			resample = v.key(key, s)
		}
		if resample {
			start := time.Now()
			if err := o.sample(s); err != nil {
				return err
			}
			took = time.Since(start)
		}
	}
}

// key obeys a key and says whether to sample at once.
func (v *view) key(key byte, s *sums) (sample bool) {
	if v.halted {
		v.halted = false
		return true
	}
	switch key {
	case 'a':
		*s = *newSums(!s.accumulate, s.decay)
		return true
	case 's':
		v.column = (v.column + 1) % len(columns)
	case 'f':
		for i, k := range kinds {
			if k.name == v.kind {
				v.kind = "" // all, after the last
				if i+1 < len(kinds) {
					v.kind = kinds[i+1].name
				}
				return false
			}
		}
		v.kind = kinds[0].name
	case 'h':
		v.halted = true
	case ' ':
		return true
	}
	return false
}
