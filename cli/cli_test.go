package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
)

var testRows = []Option{
	{Long: "target", Short: 't', Arg: ReqArg},
	{Long: "timeout", Short: 'T', Arg: ReqArg},
	{Long: "verbose", Short: 'v', Arg: OptArg},
	{Long: "version", Short: 'V'},
	{Long: "one", Short: 'o'},
	{Long: "oneline"},
	{Short: 'q'},
}

func scan(mode Mode, args []string) string {
	var b strings.Builder
	s := NewScanner(testRows, mode, args)
	for {
		o, v, has, err := s.Next()
		if err == io.EOF {
			return strings.TrimSpace(b.String() + fmt.Sprint(s.Rest()))
		}
		if err != nil {
			return b.String() + "! " + err.Error()
		}
		name := o.Long
		if name == "" {
			name = string(o.Short)
		}
		if has {
			name += "=" + v
		}
		b.WriteString(name + " ")
	}
}

// TestScan holds getopt_long's behaviour and texts, as the reference's tools
// showed them.
func TestScan(t *testing.T) {
	for _, tt := range []struct {
		args string
		mode Mode
		want string
	}{
		{"", Permute, "[]"},
		{"a -o b --ver c", Permute, "one ! option '--ver' is ambiguous; possibilities: '--verbose' '--version'"},
		{"a -o b --vers c", Permute, "one version [a b c]"},
		{"-o b --vers c", StopFirst, "one [b --vers c]"},
		{"-o -- -o", Permute, "one [-o]"},
		{"-oVq", Permute, "one version q []"},
		{"-ovfoo", Permute, "one verbose=foo []"},
		{"-v foo", Permute, "verbose [foo]"},
		{"--verbose foo", Permute, "verbose [foo]"},
		{"--verbose=foo --verbose=", Permute, "verbose=foo verbose= []"},
		{"-tx -t x --target=x --target x", Permute, "target=x target=x target=x target=x []"},
		{"--one --onel", Permute, "one oneline []"},
		{"--foo", Permute, "! unrecognized option '--foo'"},
		{"--foo=3", Permute, "! unrecognized option '--foo=3'"},
		{"--t=3", Permute, "! option '--t=3' is ambiguous; possibilities: '--target' '--timeout'"},
		{"--version=3", Permute, "! option '--version' doesn't allow an argument"},
		{"--target", Permute, "! option '--target' requires an argument"},
		{"-x", Permute, "! invalid option -- 'x'"},
		{"-t", Permute, "! option requires an argument -- 't'"},
		{"- x", Permute, "[- x]"},
	} {
		if got := scan(tt.mode, strings.Fields(tt.args)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.args, got, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	var seen []string
	rows := []Option{{Long: "set", Arg: ReqArg, Do: func(v string, has bool) error {
		seen = append(seen, v)
		if v == "bad" {
			return errors.New("value bad is bad")
		}
		return nil
	}}}
	rest, err := Parse([]string{"--set=a", "x", "--set", "b"}, Permute, rows)
	if err != nil || fmt.Sprint(rest, seen) != "[x] [a b]" {
		t.Error(rest, seen, err)
	}
	var b strings.Builder
	if _, err = Parse([]string{"--set=bad"}, Permute, rows); (IO{Err: &b}).Fail("tool", err) != 1 || b.String() != "tool: value bad is bad\n" {
		t.Errorf("%q", b.String())
	}
	if _, err = Parse([]string{"--no"}, Permute, rows); !errors.Is(err, ErrUsage) {
		t.Error(err)
	}
}

func TestStrerror(t *testing.T) {
	_, notThere := os.Open("/does/not/exist")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, "Success"},
		{syscall.ECONNREFUSED, "Connection refused"},
		{fmt.Errorf("x: %w", &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}), "Permission denied"},
		{notThere, "No such file or directory"},
		{io.EOF, "End of file"},
		{errors.New("own words"), "own words"},
		{syscall.Errno(4000), "Unknown error 4000"},
	} {
		if got := Strerror(tt.err); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"--t=3 -x", "-ovx -t", "-- --", "- -", "--=", "-\x00"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, stop bool) {
		mode := Permute
		if stop {
			mode = StopFirst
		}
		scan(mode, strings.Split(s, " "))
	})
}
