package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Mode says what the scanner does at the first word that is no option.
type Mode uint8

const (
	// Permute goes on and collects such words: options may follow them.
	Permute Mode = iota
	// StopFirst ends the scan there, as the tools do whose commands have
	// options of their own.
	StopFirst
)

// ErrUsage is wrapped by every error of the scanner: the tool prints the text
// and exits with status 1.
var ErrUsage = errors.New("usage")

type usageError string

func (e usageError) Error() string { return string(e) }
func (usageError) Unwrap() error   { return ErrUsage }

// Scanner walks over arguments as getopt_long does. Long options may be
// abbreviated to a unique prefix, short ones may be bundled, and "--" ends the
// options.
type Scanner struct {
	Opts []Option
	Mode Mode

	args  []string // what is still to be scanned
	short string   // rest of a bundle of short options
	rest  []string // words that are no options, in order
}

// NewScanner scans args, which do not include the program's name.
func NewScanner(opts []Option, mode Mode, args []string) *Scanner {
	return &Scanner{Opts: opts, Mode: mode, args: args}
}

// Rest returns the words left over once Next has returned io.EOF.
func (s *Scanner) Rest() []string { return s.rest }

// Next returns the row of the next option and its argument; has tells whether
// there was one. The error is io.EOF at the end, and otherwise has glibc's
// text without the program's name.
func (s *Scanner) Next() (opt *Option, val string, has bool, err error) {
	if s.short != "" {
		return s.nextShort()
	}
	for len(s.args) > 0 {
		a := s.args[0]
		switch {
		case a == "--":
			s.rest = append(s.rest, s.args[1:]...)
			s.args = nil
		case strings.HasPrefix(a, "--"):
			s.args = s.args[1:]
			return s.nextLong(a[2:])
		case len(a) > 1 && a[0] == '-':
			s.args = s.args[1:]
			s.short = a[1:]
			return s.nextShort()
		case s.Mode == StopFirst:
			s.rest = append(s.rest, s.args...)
			s.args = nil
		default:
			s.rest = append(s.rest, a)
			s.args = s.args[1:]
		}
	}
	return nil, "", false, io.EOF
}

func (s *Scanner) nextLong(word string) (*Option, string, bool, error) {
	name, val, has := strings.Cut(word, "=")
	opt, err := s.lookup(name, word)
	if err != nil {
		return nil, "", false, err
	}
	switch {
	case has && opt.Arg == NoArg:
		return nil, "", false, usagef("option '--%s' doesn't allow an argument", opt.Long)
	case !has && opt.Arg == ReqArg:
		if len(s.args) == 0 {
			return nil, "", false, usagef("option '--%s' requires an argument", opt.Long)
		}
		val, has = s.args[0], true
		s.args = s.args[1:]
	}
	return opt, val, has, nil
}

// lookup finds a long option by its name or a prefix that fits one row only;
// word is what stood there in full, for the error.
func (s *Scanner) lookup(name, word string) (*Option, error) {
	var found []*Option
	for i := range s.Opts {
		o := &s.Opts[i]
		if o.Long == "" || !strings.HasPrefix(o.Long, name) {
			continue
		}
		if o.Long == name {
			return o, nil
		}
		found = append(found, o)
	}
	switch len(found) {
	case 0:
		return nil, usagef("unrecognized option '--%s'", word)
	case 1:
		return found[0], nil
	}
	var b strings.Builder
	for _, o := range found {
		fmt.Fprintf(&b, " '--%s'", o.Long)
	}
	return nil, usagef("option '--%s' is ambiguous; possibilities:%s", word, b.String())
}

func (s *Scanner) nextShort() (*Option, string, bool, error) {
	c := s.short[0]
	s.short = s.short[1:]
	for i := range s.Opts {
		o := &s.Opts[i]
		if o.Short == 0 || o.Short != c {
			continue
		}
		if o.Arg == NoArg {
			return o, "", false, nil
		}
		val := s.short
		s.short = ""
		if val != "" || o.Arg == OptArg {
			return o, val, val != "", nil
		}
		if len(s.args) == 0 {
			return nil, "", false, usagef("option requires an argument -- '%c'", c)
		}
		val = s.args[0]
		s.args = s.args[1:]
		return o, val, true, nil
	}
	return nil, "", false, usagef("invalid option -- '%c'", c)
}

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// Parse scans args (without the program's name) to the end, calls each row's
// Do, and returns the words that are no options. An error has the text to
// print behind "NAME: ".
func Parse(args []string, mode Mode, groups ...[]Option) ([]string, error) {
	var opts []Option
	for _, g := range groups {
		opts = append(opts, g...)
	}
	s := NewScanner(opts, mode, args)
	for {
		o, val, has, err := s.Next()
		if err == io.EOF {
			return s.Rest(), nil
		}
		if err != nil {
			return nil, err
		}
		if o.Do != nil {
			if err := o.Do(val, has); err != nil {
				return nil, err
			}
		}
	}
}

// ErrSilent ends a tool with status 1 whose message has been logged already.
var ErrSilent = errors.New("already reported")

// Fail prints an error of Parse behind the tool's name, unless it has been
// reported, and returns the exit status.
func (o IO) Fail(tool string, err error) int {
	if !errors.Is(err, ErrSilent) {
		o.Errorf(tool, "%s", err)
	}
	return 1
}

// ErrStop is what a row's Do returns to end the scan early without a failure,
// as --help and --version do.
var ErrStop = errors.New("stop")
