// Package tcpdump is ovs-tcpdump(8): it runs tcpdump on what passes a port of
// the switch, which need not be a device that tcpdump could see. For that time a
// mirror copies the port's packets to an internal port made for it. Main keeps
// no state.
package tcpdump

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"

	"govs/cli"
	"govs/internal/dirs"
	"govs/internal/programs"
	"govs/internal/version"
)

// options are ours; all other arguments are tcpdump's.
type options struct {
	db, dump, iface, mirror, filter string
	span, help, version             bool
	rest                            []string
}

// row is one of our options; value is set for one with an argument.
type row struct {
	names      []string
	meta, help string
	value      *string
	flag       *bool
}

func (o *options) rows() []row {
	return []row{
		{names: []string{"-h", "--help"}, help: "display this help message", flag: &o.help},
		{names: []string{"-V", "--version"}, help: "display version information", flag: &o.version},
		{names: []string{"--db-sock"}, meta: "SOCKET", help: "where ovsdb-server listens", value: &o.db},
		{names: []string{"--dump-cmd"}, meta: "PROGRAM", help: "run it instead of tcpdump", value: &o.dump},
		{names: []string{"-i", "--interface"}, meta: "PORT", help: "the port to look at", value: &o.iface},
		{names: []string{"--mirror-to"}, meta: "NAME", help: "name of the port with the copies (default: miPORT)", value: &o.mirror},
		{names: []string{"--span"}, help: "look at all ports of PORT's bridge", flag: &o.span},
		{names: []string{"--filter"}, meta: "FLOW", help: "copy only what matches FLOW, as ovs-ofctl writes it", value: &o.filter},
	}
}

// parse takes our options out of args, wherever they stand.
func (o *options) parse(args []string) error {
	rows := o.rows()
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		name, value, has := strings.Cut(arg, "=")
		if !strings.HasPrefix(arg, "--") {
			name, has = arg, false
			if len(arg) > 2 && arg[:2] == "-i" {
				name, value, has = "-i", arg[2:], true
			}
		}
		i := slices.IndexFunc(rows, func(r row) bool { return slices.Contains(r.names, name) })
		switch {
		case i < 0:
			o.rest = append(o.rest, arg)
		case rows[i].flag != nil:
			*rows[i].flag = true
		case has:
			*rows[i].value = value
		case len(args) == 0:
			return fmt.Errorf("option %s requires an argument", name)
		default:
			*rows[i].value, args = args[0], args[1:]
		}
	}
	return nil
}

// Main runs ovs-tcpdump.
func Main(argv []string, io cli.IO) int {
	name := cli.Name(argv)
	o := &options{db: "unix:" + dirs.Abs(dirs.Run(), "db.sock"), dump: "tcpdump"}
	err := o.parse(argv[1:])
	switch {
	case o.help:
		o.usage(io, name)
		return 0
	case o.version:
		version.Print(io.Out, name)
		return 0
	case err == nil && o.iface == "":
		err = errors.New("must at least specify an interface with '-i' option")
	}
	if err != nil {
		fmt.Fprintf(io.Err, "Error: %v\n", err)
		return 1
	}
	code, err := o.run(io)
	if err != nil {
		fmt.Fprintf(io.Err, "ERROR: %v\n", err)
		return 1
	}
	return code
}

func (o *options) usage(io cli.IO, name string) {
	fmt.Fprintf(io.Out, "%s: runs tcpdump on a port of the switch\nusage: %s -i PORT [TCPDUMP OPTIONS]\n\nOptions of its own:\n", name, name)
	for _, r := range o.rows() {
		text := strings.Join(r.names, ", ")
		if r.meta != "" {
			text += " " + r.meta
		}
		fmt.Fprintf(io.Out, "  %-26s %s\n", text, r.help)
	}
}

// vsctl runs ovs-vsctl and returns what it printed.
func (o *options) vsctl(args ...string) (string, error) {
	cmd := programs.Command("ovs-vsctl", append([]string{"--db=" + o.db, "--timeout=30"}, args...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	b, err := cmd.Output()
	if err != nil && errs.Len() > 0 {
		err = errors.New(strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(string(b)), err
}

// run makes the mirror, runs tcpdump, and takes the mirror away.
func (o *options) run(io cli.IO) (code int, err error) {
	dump, err := exec.LookPath(o.dump)
	if err != nil {
		return 0, fmt.Errorf("unable to execute '%s' (check PATH)", o.dump)
	}
	found, err := o.vsctl("--bare", "--columns=name", "find", "port", "name="+programs.DBString(o.iface))
	if err != nil {
		return 0, err
	}
	if found == "" {
		return 0, fmt.Errorf("Port %s does not exist.", o.iface)
	}
	if o.mirror == "" {
		if o.mirror = "mi" + o.iface; len(o.mirror) > maxName {
			o.mirror = fmt.Sprintf("ovsmi%06d", rand.IntN(1e6))
		}
	}
	if len(o.mirror) > maxName {
		return 0, fmt.Errorf("%s: the name of an interface has at most %d letters", o.mirror, maxName)
	}
	taken, err := o.vsctl("--bare", "--columns=name", "find", "interface", "name="+programs.DBString(o.mirror))
	if err == nil && taken == "" {
		taken, err = o.vsctl("--bare", "--columns=name", "find", "mirror", "name="+programs.DBString(o.mirrorName()))
	}
	if err != nil {
		return 0, err
	}
	if taken != "" {
		return 0, fmt.Errorf("Mirror port (%s) exists for port %s.", o.mirror, o.iface)
	}
	br, err := o.vsctl("port-to-br", o.iface)
	if err != nil {
		return 0, err
	}
	mtu, err := o.mtu(br)
	if err != nil {
		return 0, err
	}

	// From now on a signal must not leave the mirror behind.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	defer func() {
		if e := o.remove(br); e != nil && err == nil {
			err = fmt.Errorf("removing the mirror: %w", e)
		}
	}()
	if err := o.make(br, mtu); err != nil {
		return 0, err
	}
	cmd := exec.Command(dump, append([]string{"-i", o.mirror, "-l"}, o.rest...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = io.In, io.Out, io.Err
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			// A terminal's interrupt reaches tcpdump by itself; it prints its
			// counts and ends, and so do we.
			cmd.Process.Signal(s)
		case err := <-done:
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() >= 0 {
				return exit.ExitCode(), nil
			}
			if errors.As(err, &exit) {
				return 0, nil // by the signal that we passed on
			}
			return 0, err
		}
	}
}

// maxName is the longest name of a network interface.
const maxName = 15

func (o *options) mirrorName() string { return "m_" + o.iface }

// make adds the mirror with its port, and brings the port up.
func (o *options) make(br, mtu string) error {
	args := []string{"add-port", br, o.mirror, "--", "set", "interface", o.mirror, "type=internal"}
	if mtu != "" {
		args = append(args, "mtu_request="+mtu)
	}
	args = append(args,
		"--", "--id=@to", "get", "port", o.mirror, "--", "--id=@of", "get", "port", o.iface,
		"--", "--id=@m", "create", "mirror", "name="+programs.DBString(o.mirrorName()), "output_port=@to",
		"select_src_port=@of", "select_dst_port=@of", "select_all="+strconv.FormatBool(o.span))
	if o.filter != "" {
		args = append(args, "filter="+programs.DBString(o.filter))
	}
	if out, err := o.vsctl(append(args, "--", "add", "bridge", br, "mirrors", "@m")...); err != nil {
		return errors.Join(err, textError(out))
	}
	// The switch has it when ovs-vsctl returns; where a switch is not waited
	// for, a little later.
	var link netlink.Link
	var err error
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if link, err = netlink.LinkByName(o.mirror); err == nil || time.Now().After(end) {
			break
		}
	}
	if err == nil {
		err = netlink.LinkSetUp(link)
	}
	if err != nil {
		return fmt.Errorf("port %s: %w", o.mirror, err)
	}
	return nil
}

// textError is text as an error, nil if there is none.
func textError(s string) error {
	if s == "" {
		return nil
	}
	return errors.New(s)
}

// mtu returns the largest MTU of the ports that are looked at, "" if none is
// known.
func (o *options) mtu(br string) (string, error) {
	names := o.iface
	if o.span {
		var err error
		if names, err = o.vsctl("list-ifaces", br); err != nil {
			return "", err
		}
		names += "\n" + br
	}
	largest := 0
	for name := range strings.FieldsSeq(names) {
		s, err := o.vsctl("--if-exists", "get", "interface", name, "mtu")
		if err != nil {
			return "", err
		}
		n, _ := strconv.Atoi(s) // "[]" where there is none
		largest = max(largest, n)
	}
	if largest == 0 {
		return "", nil
	}
	return strconv.Itoa(largest), nil
}

// remove takes the mirror and its port away, as far as they are there.
func (o *options) remove(br string) error {
	uuid, err := o.vsctl("--bare", "--columns=_uuid", "find", "mirror", "name="+programs.DBString(o.mirrorName()))
	if err != nil {
		return err
	}
	args := []string{"--if-exists", "del-port", br, o.mirror}
	if uuid != "" {
		args = append(args, "--", "remove", "bridge", br, "mirrors", uuid)
	}
	_, err = o.vsctl(args...)
	return err
}
