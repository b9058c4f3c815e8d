package main

import (
	"fmt"
	"io"

	"govs/cli"
	"govs/internal/version"
)

const self = "govs"

// run finds the tool by the name in argv[0], or by argv[1] when called as
// govs itself or by an unknown name.
func run(argv []string, o cli.IO) int {
	if t := find(cli.Name(argv)); t != nil {
		return t.run(argv, o)
	}
	if len(argv) < 2 {
		usage(o.Out)
		return 0
	}
	switch argv[1] {
	case "help", "-h", "--help":
		usage(o.Out)
		return 0
	case "completion":
		return completion(argv[2:], o)
	case "man":
		return manPages(argv[2:], o)
	case "version", "-V", "--version":
		fmt.Fprintf(o.Out, "%s (Open vSwitch) %s\ngovs %s\n", self, version.OVS, version.Govs)
		return 0
	}
	t := find(argv[1])
	if t == nil {
		o.Errorf(self, "%s: no such tool (run \"govs\" for a list)", argv[1])
		return 1
	}
	return t.run(argv[1:], o)
}

func find(name string) *tool {
	for i := range tools {
		if tools[i].name == name {
			return &tools[i]
		}
	}
	return nil
}

func (t *tool) run(argv []string, o cli.IO) int {
	if t.main == nil {
		o.Errorf(t.name, "not built into this version of govs yet")
		return 1
	}
	return t.main(argv, o)
}

func usage(w io.Writer) {
	fmt.Fprint(w, "govs is Open vSwitch in one program. Run \"govs TOOL ...\", or link a tool's name to govs.\n\n")
	for _, t := range tools {
		note := ""
		if t.main == nil {
			note = " (not built yet)"
		}
		fmt.Fprintf(w, "  %-19s %s%s\n", t.name, t.help, note)
	}
}
