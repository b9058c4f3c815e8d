// Package kmodctl is ovs-kmod-ctl(8), which start-up scripts call to load and
// unload the kernel's own datapath. govs forwards without it, so that a machine
// that lacks the module is told so and loses nothing. Main keeps no state.
package kmodctl

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"govs/cli"
	"govs/internal/version"
)

const module = "openvswitch"

// host is what the commands look at and change.
type host struct {
	cli.IO
	name    string
	modules string // /proc/modules
	run     func(program string, args ...string) error
}

var commands = []struct {
	name, help string
	run        func(*host) int
}{
	{"insert", "load the module " + module, (*host).insert},
	{"remove", "unload it and those that use it", (*host).remove},
}

// Main runs ovs-kmod-ctl.
func Main(argv []string, o cli.IO) int {
	h := &host{IO: o, name: cli.Name(argv), modules: "/proc/modules", run: func(program string, args ...string) error {
		cmd := exec.Command(program, args...)
		cmd.Stderr = o.Err
		return cmd.Run()
	}}
	return h.main(argv[1:])
}

func (h *host) main(argv []string) int {
	var c cli.Common
	args, err := cli.Parse(argv, cli.Permute, nil, c.Rows())
	switch {
	case c.Help, len(args) == 1 && args[0] == "help":
		h.usage()
		return 0
	case c.Version, len(args) == 1 && args[0] == "version":
		version.Print(h.Out, h.name)
		return 0
	case err != nil:
		return h.Fail(h.name, fmt.Errorf("%w (use --help for help)", err))
	case len(args) == 0:
		h.Errorf(h.name, "missing command name (use --help for help)")
		return 1
	case len(args) > 1:
		h.Errorf(h.name, "exactly one command argument is required (use --help for help)")
		return 1
	}
	for _, cmd := range commands {
		if cmd.name == args[0] {
			return cmd.run(h)
		}
	}
	h.Errorf(h.name, "unknown command \"%s\" (use --help for help)", args[0])
	return 1
}

func (h *host) usage() {
	fmt.Fprintf(h.Out, "%s: loads and unloads the kernel's datapath module\nusage: %s [OPTIONS] COMMAND\n\nCommands:\n", h.name, h.name)
	for _, cmd := range commands {
		fmt.Fprintf(h.Out, "  %-12s%s\n", cmd.name, cmd.help)
	}
	fmt.Fprint(h.Out, "\nOptions:\n  -h, --help        display this help message\n  -V, --version     display version information\n")
}

// loaded returns the modules that are, or nil where the kernel has none.
func (h *host) loaded() map[string]bool {
	f, err := os.Open(h.modules)
	if err != nil {
		return nil
	}
	defer f.Close()
	m := map[string]bool{}
	for s := bufio.NewScanner(f); s.Scan(); {
		name, _, _ := strings.Cut(s.Text(), " ")
		m[name] = true
	}
	return m
}

func (h *host) action(what string, err error) bool {
	if err != nil {
		fmt.Fprintf(h.Out, "%s ... failed!\n", what)
		return false
	}
	fmt.Fprintf(h.Out, "%s.\n", what)
	return true
}

func (h *host) insert() int {
	m := h.loaded()
	switch {
	case m == nil:
		h.Errorf(h.name, "this kernel loads no modules; govs forwards without %s", module)
		return 1
	case m[module]:
		return 0
	case h.action("Inserting "+module+" module", h.run("modprobe", module)):
		return 0
	}
	return 1
}

func (h *host) remove() int {
	m := h.loaded()
	if !m[module] {
		return 0
	}
	for name := range m {
		if strings.HasPrefix(name, "vport_") && !h.action("Removing "+name+" module", h.run("rmmod", name)) {
			return 1
		}
	}
	if !h.action("Removing "+module+" module", h.run("rmmod", module)) {
		return 1
	}
	return 0
}
