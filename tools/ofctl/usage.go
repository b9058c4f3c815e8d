package ofctl

import (
	"fmt"
	"io"
	"strings"

	"govs/daemon/vlog"
	"govs/openflow"
	"govs/openflow/conn"
)

// section is a part of the usage text.
type section uint8

const (
	forSwitches section = iota
	forBoth
	forFiles
	beyond // what the reference has not, or does not tell of
	hidden // helpers for tests
)

// headings begin the sections.
var headings = [...]string{
	forSwitches: "For OpenFlow switches:\n",
	forBoth:     "\nFor OpenFlow switches and controllers:\n",
	forFiles:    "SWITCH or TARGET is an active OpenFlow connection method.\n\nOther commands:\n",
	beyond:      "\nBeyond the usual commands:\n",
}

func (t *tool) usage(w io.Writer) {
	fmt.Fprintf(w, "%s: OpenFlow switch management utility\nusage: %[1]s [OPTIONS] COMMAND [ARG...]\n\n", t.name)
	var s section
	for i := range commands {
		c := &commands[i]
		if i == 0 || c.section != s {
			s = c.section
			if s == hidden {
				break
			}
			fmt.Fprint(w, headings[s])
		}
		for line := range strings.Lines(c.help) {
			fmt.Fprint(w, "  ", line)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, `%s%s
OpenFlow version options:
  -V, --version           display version information
  -O, --protocols         set allowed OpenFlow versions
                          (default: %s)
%s
Other options:
  --strict                    use strict match for flow commands
  --read-only                 do not execute read/write commands
  --readd                     replace flows that haven't changed
  -F, --flow-format=FORMAT    force particular flow format
  -P, --packet-in-format=FRMT force particular packet in format
  -m, --more                  be more verbose printing OpenFlow
  --timestamp                 (monitor, snoop) print timestamps
  -t, --timeout=SECS          give up after SECS seconds
  --sort[=field]              sort in ascending order
  --rsort[=field]             sort in descending order
  --names                     show port names instead of numbers
  --no-names                  show port numbers, but not names
  --unixctl=SOCKET            set control socket name
  --color[=always|never|auto] control use of color in output
  -h, --help                  display this help message
  -V, --version               display version information
`, conn.Methods(true, false), t.process.Usage(), strings.ReplaceAll(openflow.AllVersions.String(), ",", ", "), vlog.Usage(t.name))
}
