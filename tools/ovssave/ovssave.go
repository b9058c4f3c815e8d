// Package ovssave is ovs-save, which start-up scripts run before they stop a
// switch: it writes a shell script that brings back the OpenFlow state of
// bridges, or the addresses and routes of network interfaces. Main keeps no
// state.
package ovssave

import (
	"fmt"

	"govs/cli"
	"govs/internal/version"
)

// commands are the rows of what ovs-save can do.
var commands = []struct {
	name, args, help string
	run              func(o cli.IO, name string, args []string) int
}{
	{"save-flows", "[BRIDGE...]", "write a script that restores the flows of each BRIDGE", Flows},
	{"save-interfaces", "[IFACE...]", "write a script that restores addresses and routes of each IFACE", interfaces},
}

// Main runs ovs-save.
func Main(argv []string, o cli.IO) int {
	name := cli.Name(argv)
	var c cli.Common
	args, err := cli.Parse(argv[1:], cli.StopFirst, nil, c.Rows())
	switch {
	case c.Help:
		usage(o, name)
		return 0
	case c.Version:
		version.Print(o.Out, name)
		return 0
	case err != nil:
		return o.Fail(name, err)
	case len(args) == 0:
		o.Errorf(name, "missing command name (use --help for help)")
		return 1
	}
	for _, cmd := range commands {
		if cmd.name == args[0] {
			return cmd.run(o, name, args[1:])
		}
	}
	o.Errorf(name, "unknown command \"%s\" (use --help for help)", args[0])
	return 1
}

func usage(o cli.IO, name string) {
	fmt.Fprintf(o.Out, "%s: writes scripts that bring a switch's state back\nusage: %s COMMAND [ARG...]\n\nCommands:\n", name, name)
	for _, cmd := range commands {
		fmt.Fprintf(o.Out, "  %-28s%s\n", cmd.name+" "+cmd.args, cmd.help)
	}
}
