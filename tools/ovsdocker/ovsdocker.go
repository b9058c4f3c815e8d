// Package ovsdocker is ovs-docker: it gives containers interfaces that are
// ports of a bridge. A container is known by its engine (docker, or podman by
// OVS_DOCKER_ENGINE); what is made is a veth cable, of which one end lies in
// the container's network namespace and the other carries the names of
// container and interface in its external_ids. Main keeps no state.
package ovsdocker

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"govs/cli"
	"govs/internal/programs"
	"govs/internal/version"
)

// run is one run of ovs-docker.
type run struct {
	cli.IO
	name   string
	engine string
	opt    struct {
		address, gateway, mac, mtu string
	}
}

// command is one row.
type command struct {
	name string
	args []string
	help string
	run  func(*run, []string) error
}

var commands = []command{
	{"add-port", []string{"BRIDGE", "INTERFACE", "CONTAINER"}, "give CONTAINER an INTERFACE that is a port of BRIDGE", (*run).addPort},
	{"del-port", []string{"BRIDGE", "INTERFACE", "CONTAINER"}, "take it away again", (*run).delPort},
	{"del-ports", []string{"BRIDGE", "CONTAINER"}, "take away all interfaces of CONTAINER on BRIDGE", (*run).delPorts},
	{"set-vlan", []string{"BRIDGE", "INTERFACE", "CONTAINER", "VLAN"}, "make the port an access port of VLAN", (*run).setVLAN},
}

func (r *run) options() []cli.Option {
	str := func(name, meta, help string, s *string, check func(string) error) cli.Option {
		return cli.Option{Long: name, Arg: cli.ReqArg, Meta: meta, Help: help, Do: func(v string, _ bool) error {
			*s = v
			return check(v)
		}}
	}
	return []cli.Option{
		str("ipaddress", "ADDRESS/BITS", "the interface's address", &r.opt.address, func(v string) error {
			_, err := netip.ParsePrefix(v)
			return err
		}),
		str("gateway", "ADDRESS", "the container's default route", &r.opt.gateway, func(v string) error {
			_, err := netip.ParseAddr(v)
			return err
		}),
		str("macaddress", "MAC", "the interface's Ethernet address", &r.opt.mac, func(v string) error {
			_, err := net.ParseMAC(v)
			return err
		}),
		str("mtu", "MTU", "the interface's MTU", &r.opt.mtu, func(v string) error {
			_, err := strconv.ParseUint(v, 10, 16)
			return err
		}),
	}
}

// Main runs ovs-docker.
func Main(argv []string, o cli.IO) int {
	r := &run{IO: o, name: cli.Name(argv), engine: "docker"}
	if e := os.Getenv("OVS_DOCKER_ENGINE"); e != "" {
		r.engine = e
	}
	var c cli.Common
	args, err := cli.Parse(argv[1:], cli.Permute, r.options(), c.Rows())
	switch {
	case c.Help, err == nil && len(args) == 0:
		r.usage()
		return 0
	case c.Version:
		version.Print(o.Out, r.name)
		return 0
	case err != nil:
		return o.Fail(r.name, err)
	}
	for _, cmd := range commands {
		if cmd.name != args[0] {
			continue
		}
		if len(args)-1 != len(cmd.args) {
			o.Errorf(r.name, "%s takes %s (use --help for help)", cmd.name, strings.Join(cmd.args, " "))
			return 1
		}
		if err := cmd.run(r, args[1:]); err != nil {
			return o.Fail(r.name, err)
		}
		return 0
	}
	o.Errorf(r.name, "unknown command \"%s\" (use --help for help)", args[0])
	return 1
}

func (r *run) usage() {
	fmt.Fprintf(r.Out, "%s: connects containers to bridges\nusage: %s [OPTIONS] COMMAND\n\nCommands:\n", r.name, r.name)
	for _, cmd := range commands {
		fmt.Fprintf(r.Out, "  %s %s\n      %s\n", cmd.name, strings.Join(cmd.args, " "), cmd.help)
	}
	fmt.Fprint(r.Out, "\nOptions of add-port:\n")
	for _, o := range r.options() {
		fmt.Fprintf(r.Out, "  %-28s%s\n", "--"+o.Long+"="+o.Meta, o.Help)
	}
	fmt.Fprint(r.Out, "\nOther options:\n  -h, --help                  display this help message\n  -V, --version               display version information\n")
}

// pid returns a process of the container, whose network is the container's.
func (r *run) pid(container string) (string, error) {
	b, err := exec.Command(r.engine, "inspect", "-f", "{{.State.Pid}}", container).Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%s is not installed", r.engine)
	}
	pid := strings.TrimSpace(string(b))
	if n, e := strconv.Atoi(pid); err != nil || e != nil || n <= 0 {
		return "", fmt.Errorf("failed to get the PID of container %s", container)
	}
	return pid, nil
}

// vsctl runs ovs-vsctl and returns the words it printed.
func (r *run) vsctl(args ...string) ([]string, error) {
	cmd := programs.Command("ovs-vsctl", append([]string{"--timeout=60"}, args...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	b, err := cmd.Output()
	if err != nil {
		if errs.Len() > 0 {
			return nil, errors.New(strings.TrimSpace(errs.String()))
		}
		return nil, fmt.Errorf("ovs-vsctl: %w", err)
	}
	return strings.Fields(string(b)), nil
}

// port returns the bridge's port for a container's interface, "" if there is
// none.
func (r *run) port(container, iface string) (string, error) {
	l, err := r.vsctl("--data=bare", "--no-heading", "--columns=name", "find", "interface",
		"external_ids:container_id="+container, "external_ids:container_iface="+iface)
	if err != nil || len(l) == 0 {
		return "", err
	}
	return l[0], nil
}

func (r *run) existing(container, iface string) (string, error) {
	port, err := r.port(container, iface)
	if err == nil && port == "" {
		err = fmt.Errorf("failed to find any attached port for container %s and interface %s", container, iface)
	}
	return port, err
}

func (r *run) delPort(args []string) error {
	port, err := r.existing(args[2], args[1])
	if err != nil {
		return err
	}
	return r.remove(args[0], port)
}

func (r *run) delPorts(args []string) error {
	ports, err := r.vsctl("--data=bare", "--no-heading", "--columns=name", "find", "interface", "external_ids:container_id="+args[1])
	if err != nil {
		return err
	}
	for _, port := range ports {
		// Those of other bridges are left alone.
		if br, err := r.vsctl("port-to-br", port); err != nil || len(br) == 0 || br[0] != args[0] {
			continue
		}
		if err := r.remove(args[0], port); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) setVLAN(args []string) error {
	if n, err := strconv.ParseUint(args[3], 10, 16); err != nil || n > 4095 {
		return fmt.Errorf("%s: a VLAN is a number from 0 to 4095", args[3])
	}
	port, err := r.existing(args[2], args[1])
	if err != nil {
		return err
	}
	_, err = r.vsctl("set", "port", port, "tag="+args[3])
	return err
}
