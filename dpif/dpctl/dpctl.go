// Package dpctl is the commands that look at and change datapaths
// (ovs-dpctl(8)): one table of rows that serves both the daemon, as dpctl/NAME,
// and the tool ovs-dpctl.
//
// A command runs on the goroutine that calls it and keeps no state.
package dpctl

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"govs/cli"
	"govs/daemon/unixctl"
	"govs/dpif"
	"govs/flow"
	"govs/netdev"
)

// Env is what the commands work on.
type Env struct {
	// Program is the name in front of error messages.
	Program string
	// Datapaths returns the datapaths there are.
	Datapaths func() ([]dpif.Datapath, error)
	// AddDatapath makes a datapath with its local port; nil if none can be made.
	AddDatapath func(typ, name string) (dpif.Datapath, error)
	// DeleteDatapath deletes one; it comes with AddDatapath.
	DeleteDatapath func(dpif.Datapath) error
	// OpenDevice opens a device for add-if; nil if none can be added.
	OpenDevice func(dp dpif.Datapath, cfg netdev.Config) (netdev.Device, error)
	// PacketKey finds the key of the packet that a flow was made for; nil, or
	// false, if it is not known.
	PacketKey func(dp dpif.Datapath, u dpif.UFID, k *flow.Key) bool
	// Usage prints how the tool is used, for its command help; nil for a daemon.
	Usage func(io.Writer)
	// Now is the clock of the datapaths' flow counters; default time.Now.
	Now func() time.Time
}

// Options are those of the command line.
type Options struct {
	More      int // -m
	Stats     bool
	Names     bool
	NoNames   bool
	Clear     bool // reset counters of a changed flow
	MayCreate bool // mod-flow may create
	ReadOnly  bool // nothing is changed
}

// command is one row; help has the arguments and what the command does, empty
// for one that the tool's help does not mention.
type command struct {
	name, usage string
	min, max    int
	access      access
	args, help  string
	run         func(*call, []string) error
}

// access is whether a command changes anything.
type access bool

const (
	reads  access = false
	writes access = true
)

// commands lists the rows, of the tool or of the daemon, in the order of list-commands.
func commands(tool bool) []command {
	var help []command
	if tool {
		help = []command{{"help", "", 0, unixctl.Many, reads, "", "", (*call).help}}
	}
	return slices.Concat([]command{
		{"add-dp", "dp [iface...]", 1, unixctl.Many, writes, "DP [IFACE...]", "make a datapath DP with each IFACE a port", (*call).addDP},
		{"del-dp", "dp", 1, 1, writes, "DP", "delete datapath DP", (*call).delDP},
		{"add-if", "dp iface...", 2, unixctl.Many, writes, "DP IFACE...", "make each IFACE a port of DP", (*call).addIf},
		{"del-if", "dp iface...", 2, unixctl.Many, writes, "DP IFACE...", "take each IFACE out of DP", (*call).delIf},
		{"set-if", "dp iface...", 2, unixctl.Many, writes, "DP IFACE...", "change the options of each IFACE of DP", (*call).setIf},
		{"dump-dps", "", 0, 0, reads, "", "print the names of all datapaths", (*call).dumpDPs},
		{"show", "[-s] [dp...]", 0, unixctl.Many, reads, "[DP...]", "print datapaths with their ports", (*call).show},
		{"dump-flows", "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]", 0, 6, reads, "[DP]", "print the flows of DP", (*call).dumpFlows},
		{"add-flow", "[dp] flow actions", 2, 3, writes, "[DP] FLOW ACTIONS", "add FLOW with ACTIONS to DP", (*call).addFlow},
		{"mod-flow", "[dp] flow actions", 2, 3, writes, "[DP] FLOW ACTIONS", "give FLOW in DP other ACTIONS", (*call).modFlow},
		{"get-flow", "[dp] ufid", 1, 2, reads, "[DP] ufid:UFID", "print the flow with that UFID", (*call).getFlow},
		{"del-flow", "[dp] flow", 1, 2, writes, "[DP] FLOW", "delete FLOW from DP", (*call).delFlow},
		{"add-flows", "[dp] file", 1, 2, writes, "[DP] FILE", "add the flows in FILE", (*call).addFlows},
		{"mod-flows", "[dp] file", 1, 2, writes, "[DP] FILE", "change the flows in FILE", (*call).modFlows},
		{"del-flows", "[dp] [file]", 0, 2, writes, "[DP] [FILE]", "delete the flows in FILE, or all", (*call).delFlows},
		{"offload-stats-show", "[dp]", 0, 1, reads, "[DP]", "print counters of flows in hardware", (*call).offloadStats},
		{"cache-get-size", "[dp]", 0, 1, reads, "[DP]", "print the sizes of flow caches", (*call).cacheGetSize},
		{"cache-set-size", "dp cache <size>", 3, 3, writes, "DP CACHE SIZE", "set the size of a flow cache", (*call).cacheSetSize},
	}, conntrackCommands(), help, []command{
		{"list-commands", "", 0, unixctl.Many, reads, "", "", (*call).listCommands},
		{"parse-actions", "actions", 1, unixctl.Many, reads, "", "", (*call).parseActions},
		{"normalize-actions", "actions", 2, unixctl.Many, reads, "", "", (*call).normalizeActions},
	})
}

// call is one command being run.
type call struct {
	Options
	env    *Env
	prefix string    // in front of the commands' names in list-commands
	out    io.Writer // results
	errs   io.Writer // error messages
}

// errSilent is the failure of a command that has said why.
var errSilent = errors.New("failed")

// errorf writes an error message, with the system's words for err if it is not
// nil, and returns errSilent.
func (c *call) errorf(err error, format string, args ...any) error {
	fmt.Fprintf(c.errs, "%s: %s", c.env.Program, fmt.Sprintf(format, args...))
	if err != nil {
		fmt.Fprintf(c.errs, " (%s)", cli.Strerror(err))
	}
	fmt.Fprintln(c.errs)
	return errSilent
}

func (e *Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// Commands returns the rows dpctl/* of a daemon.
func Commands(e *Env) []unixctl.Command {
	var rows []unixctl.Command
	for _, cmd := range commands(false) {
		rows = append(rows, unixctl.Command{Name: "dpctl/" + cmd.name, Usage: cmd.usage, MinArgs: cmd.min, MaxArgs: cmd.max,
			Run: func(r *unixctl.Request) {
				var b strings.Builder
				c := &call{env: e, prefix: "dpctl/", out: &b, errs: &b}
				args := c.options(r.Args)
				if len(args) < cmd.min { // options were counted as arguments
					r.Error(fmt.Sprintf("%q command requires at least %d arguments", r.Name, cmd.min))
				} else if cmd.run(c, args) != nil {
					r.Error(b.String())
				} else {
					r.Reply(b.String())
				}
			}})
	}
	return rows
}

// Run runs one command of the tool and returns its exit status.
func Run(e *Env, o cli.IO, opt Options, args []string) int {
	c := &call{env: e, Options: opt, out: o.Out, errs: o.Err}
	for _, cmd := range commands(true) {
		if cmd.name != args[0] {
			continue
		}
		switch args := args[1:]; {
		case opt.ReadOnly && cmd.access == writes:
			c.errorf(nil, "'%s' command does not work in read only mode", cmd.name)
		case len(args) < cmd.min:
			c.errorf(nil, "'%s' command requires at least %d arguments", cmd.name, cmd.min)
		case len(args) > cmd.max:
			c.errorf(nil, "'%s' command takes at most %d arguments", cmd.name, cmd.max)
		case cmd.run(c, args) == nil:
			return 0
		}
		return 1
	}
	c.errorf(nil, "unknown command '%s'; use --help for help", args[0])
	return 1
}

// Help writes a line for each command.
func Help(w io.Writer) {
	for _, cmd := range commands(true) {
		if cmd.help != "" {
			fmt.Fprintf(w, "  %-29s%s\n", strings.TrimSpace(cmd.name+" "+cmd.args), cmd.help)
		}
	}
}

// options takes the options out of a control command's arguments.
func (c *call) options(args []string) []string {
	var rest []string
	for i, a := range args {
		switch a {
		case "-m", "--more":
			c.More++
		case "-s", "--statistics":
			c.Stats = true
		case "--names":
			c.Names = true
		case "--no-names":
			c.NoNames = true
		case "--clear":
			c.Clear = true
		case "--may-create":
			c.MayCreate = true
		case "--":
			return append(rest, args[i+1:]...)
		default:
			rest = append(rest, a)
		}
	}
	return rest
}

// fullName is how a datapath is called: its type unless that is the kernel's,
// and its name.
func fullName(dp dpif.Datapath) string { return dp.Type() + "@" + dp.Name() }

// splitName is the inverse; without a type the name is one of the kernel's.
func splitName(s string) (typ, name string) {
	if t, n, ok := strings.Cut(s, "@"); ok {
		return t, n
	}
	return "system", s
}

// list returns the datapaths ordered by name.
func (c *call) list() ([]dpif.Datapath, error) {
	l, err := c.env.Datapaths()
	slices.SortFunc(l, func(a, b dpif.Datapath) int { return strings.Compare(fullName(a), fullName(b)) })
	return l, err
}

// open returns the datapath of that name. Its error is ErrInvalid for a
// datapath of another type.
func (c *call) open(name string) (dpif.Datapath, error) {
	l, err := c.list()
	if err != nil {
		return nil, err
	}
	typ, base := splitName(name)
	err = dpif.ErrNoDevice
	for _, dp := range l {
		if dp.Name() == base {
			if dp.Type() == typ {
				return dp, nil
			}
			err = dpif.ErrInvalid
		}
	}
	return nil, err
}

// optional returns the datapath that args begin with, or the only one there is,
// and the arguments behind it. n is how many arguments belong to the command
// itself, at most.
func (c *call) optional(args []string, n int) (dpif.Datapath, []string, error) {
	if len(args) > 0 {
		if dp, err := c.open(args[0]); err == nil {
			return dp, args[1:], nil
		}
	}
	if len(args) <= n {
		l, _ := c.list()
		switch len(l) {
		case 1:
			return l[0], args, nil
		case 0:
			c.errorf(nil, "no datapaths exist")
		default:
			c.errorf(nil, "multiple datapaths, specify one")
		}
	}
	return nil, nil, c.errorf(dpif.ErrInvalid, "datapath not found")
}

func (c *call) dumpDPs([]string) error {
	l, err := c.list()
	for _, dp := range l {
		fmt.Fprintln(c.out, fullName(dp))
	}
	if err != nil {
		return errSilent
	}
	return nil
}

func (c *call) help([]string) error {
	if c.env.Usage != nil {
		c.env.Usage(c.out)
	}
	return nil
}

func (c *call) listCommands([]string) error {
	if c.prefix != "" {
		fmt.Fprintln(c.out, "The available commands are:")
	}
	for _, cmd := range commands(c.prefix == "") {
		if c.prefix != "" {
			fmt.Fprintf(c.out, "  %s%-24s%s\n", c.prefix, cmd.name, cmd.usage)
		} else {
			fmt.Fprintf(c.out, "  %-23s %s\n", cmd.name, cmd.usage)
		}
	}
	return nil
}

// portNames are the names of a datapath's ports, for text.
type portNames struct {
	name map[dpif.PortNo]string
	no   map[string]dpif.PortNo
}

func namesOf(dp dpif.Datapath) *portNames {
	n := &portNames{map[dpif.PortNo]string{}, map[string]dpif.PortNo{}}
	for _, p := range dp.Ports() {
		n.name[p.No], n.no[p.Name] = p.Name, p.No
	}
	return n
}

// PortName implements dpif.PortNames.
func (n *portNames) PortName(p dpif.PortNo) (string, bool) { s, ok := n.name[p]; return s, ok }

// PortByName implements dpif.PortNames.
func (n *portNames) PortByName(s string) (dpif.PortNo, bool) { p, ok := n.no[s]; return p, ok }
