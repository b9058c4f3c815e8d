package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"govs/cli"
)

// The test binary is govs itself, for the test of its start-up.
func TestMain(m *testing.M) {
	if os.Getenv("GOVS_TEST_RUN") != "" {
		os.Exit(run(os.Args, cli.Std()))
	}
	os.Exit(m.Run())
}

func try(argv ...string) (out, errs string, code int) {
	var o, e strings.Builder
	code = run(argv, cli.IO{In: strings.NewReader(""), Out: &o, Err: &e})
	return o.String(), e.String(), code
}

func TestDispatch(t *testing.T) {
	for _, tt := range []struct {
		argv      string
		out, errs string // what they begin with
		code      int
	}{
		{"govs", "govs is Open vSwitch in one program.", "", 0},
		{"/usr/bin/govs --help", "govs is Open vSwitch", "", 0},
		{"govs --version", "govs (Open vSwitch) 3.7.1\ngovs ", "", 0},
		{"govs nope", "", "govs: nope: no such tool", 1},
		{"/x/ovs-appctl --version", "ovs-appctl (Open vSwitch) 3.7.1\n", "", 0},
		{"govs ovs-appctl --version", "ovs-appctl (Open vSwitch) 3.7.1\n", "", 0},
	} {
		out, errs, code := try(strings.Fields(tt.argv)...)
		if !strings.HasPrefix(out, tt.out) || !strings.HasPrefix(errs, tt.errs) || code != tt.code || (tt.errs == "") != (errs == "") {
			t.Errorf("%s: %q, %q, %d", tt.argv, out, errs, code)
		}
	}
}

// TestTools checks every row: names are unique, help is there, --version
// begins as scripts expect, and what is not built says so.
func TestTools(t *testing.T) {
	seen := map[string]bool{}
	for _, tool := range tools {
		if seen[tool.name] || tool.help == "" {
			t.Errorf("%s: twice, or without help", tool.name)
		}
		seen[tool.name] = true
		if tool.main == nil {
			if _, errs, code := try(tool.name); errs != tool.name+": not built into this version of govs yet\n" || code != 1 {
				t.Errorf("%s: %q, %d", tool.name, errs, code)
			}
			continue
		}
		if !strings.HasPrefix(tool.name, "ovs") && tool.name != "vtep-ctl" {
			continue
		}
		if out, errs, code := try(tool.name, "--version"); !strings.HasPrefix(out, tool.name+" (Open vSwitch) 3.7.1\n") || code != 0 {
			t.Errorf("%s --version: %q, %q, %d", tool.name, out, errs, code)
		}
	}
}

const initLine = `^init (govs/\S+) @[0-9.]+ ms, ([0-9.]+) ms clock, ([0-9]+) bytes, ([0-9]+) allocs`

// TestStartUp holds that no package works before main: a tool is called
// thousands of times by scripts. Modules and counters register themselves,
// which takes a few allocations; tables must be literals.
func TestStartUp(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &exec.Cmd{Path: exe, Args: []string{"ovs-appctl", "--version"},
		Env: append(os.Environ(), "GODEBUG=inittrace=1", "GOVS_TEST_RUN=1")}
	var b bytes.Buffer
	c.Stderr = &b
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(initLine)
	const maxAllocs, maxBytes = 60, 16 << 10
	for s := bufio.NewScanner(&b); s.Scan(); {
		m := line.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		size, _ := strconv.Atoi(m[3])
		n, _ := strconv.Atoi(m[4])
		if n > maxAllocs || size > maxBytes {
			t.Errorf("package %s allocates %d times, %d bytes, before main (limits %d, %d): build its tables lazily or as literals",
				m[1], n, size, maxAllocs, maxBytes)
		}
	}
}
