// Package ifupdown is "govs ifupdown", which Debian's ifup and ifdown run for
// each interface (interfaces(5)): options that begin with ovs_ make bridges and
// ports of the switch. Main keeps no state.
//
// The options come in the environment: MODE is start or stop, IFACE the
// interface, and IF_OVS_* are ovs_type, ovs_bridge, ovs_ports, ovs_bonds,
// ovs_patch_peer, ovs_tunnel_type, ovs_tunnel_options, ovs_options, ovs_extra.
package ifupdown

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"govs/cli"
	"govs/internal/dirs"
	"govs/internal/programs"
)

// hook is one call by ifup or ifdown.
type hook struct {
	cli.IO
	name  string
	env   func(string) string
	run   func(cmd *exec.Cmd) error
	ready func() bool // the database answers
}

// kind is one value of ovs_type.
type kind struct {
	name string
	// more are the words behind add-port's of a port.
	more func(h *hook) string
	// up says that the interface must be brought up by hand.
	up bool
}

// kinds are the values of ovs_type that are ports.
var kinds = []kind{
	{"OVSPort", func(*hook) string { return "" }, true},
	{"OVSIntPort", func(h *hook) string { return h.set("type=internal") }, true},
	{"OVSBond", nil, true},
	{"OVSPatchPort", func(h *hook) string {
		return h.set("type=patch options:peer=" + programs.ShellWord(h.env("IF_OVS_PATCH_PEER")))
	}, false},
	{"OVSTunnel", func(h *hook) string {
		return h.set("type=" + programs.ShellWord(h.env("IF_OVS_TUNNEL_TYPE")) + " " + h.env("IF_OVS_TUNNEL_OPTIONS"))
	}, false},
}

// Main carries out what the environment says. An interface without ovs_type is
// none of its business.
func Main(argv []string, o cli.IO) int {
	h := &hook{IO: o, name: "govs " + cli.Name(argv), env: os.Getenv, run: (*exec.Cmd).Run, ready: func() bool {
		_, err := os.Stat(dirs.Abs(dirs.Run(), "db.sock"))
		return err == nil
	}}
	if len(argv) > 1 {
		h.Errorf(h.name, "takes no arguments: ifup and ifdown run it with MODE, IFACE and IF_OVS_* in the environment")
		return 1
	}
	return h.main()
}

func (h *hook) main() int {
	typ, iface := h.env("IF_OVS_TYPE"), h.env("IFACE")
	if typ == "" {
		return 0
	}
	if iface == "" {
		h.Errorf(h.name, "IFACE is not set")
		return 1
	}
	h.startSwitch()
	var err error
	switch mode := h.env("MODE"); {
	case mode == "start" && typ == "OVSBridge":
		err = h.addBridge(iface)
	case mode == "stop" && typ == "OVSBridge":
		err = h.delBridge(iface)
	case mode == "start" || mode == "stop":
		err = h.port(typ, iface, mode == "start")
	default:
		err = fmt.Errorf("MODE is %q, neither start nor stop", mode)
	}
	if err != nil {
		return h.Fail(h.name, fmt.Errorf("%s: %w", iface, err))
	}
	return 0
}

// startSwitch starts the system's switch unless its database is there.
func (h *hook) startSwitch() {
	if h.ready() {
		return
	}
	cmd := exec.Command("service", "openvswitch-switch", "start")
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		// Its own dependencies may wait for what calls us.
		cmd = exec.Command("systemctl", "--ignore-dependencies", "start", "openvswitch-switch.service")
	}
	cmd.Stderr = h.Err
	if err := h.run(cmd); err != nil {
		h.Errorf(h.name, "starting the switch: %v", err)
	}
}

// vsctl runs ovs-vsctl with words of shell text: options and extra commands may
// hold variables and commands of the shell, which see IFACE.
func (h *hook) vsctl(words string) error {
	cmd := exec.Command("sh", "-c", "ovs-vsctl --timeout=5 -- "+words)
	cmd.Env = append(os.Environ(), "PATH="+programs.Path())
	cmd.Stdout, cmd.Stderr = h.Out, h.Err
	return h.run(cmd)
}

// extra are the commands of ovs_extra as shell text.
func (h *hook) extra() string { return "-- " + h.env("IF_OVS_EXTRA") }

func (h *hook) set(words string) string {
	return "-- set Interface " + programs.ShellWord(h.env("IFACE")) + " " + words + " "
}

func (h *hook) addBridge(br string) error {
	if err := h.vsctl("--may-exist add-br " + programs.ShellWord(br) + " " + h.env("IF_OVS_OPTIONS") + " " + h.extra()); err != nil {
		return err
	}
	return h.ports("ifup", br)
}

func (h *hook) delBridge(br string) error {
	if err := h.ports("ifdown", br); err != nil {
		return err
	}
	return h.vsctl("--if-exists del-br " + programs.ShellWord(br))
}

// ports brings the ports of a bridge up or down, which are in ifupdown's class
// of the bridge's name.
func (h *hook) ports(tool, br string) error {
	ports := strings.Fields(h.env("IF_OVS_PORTS"))
	if len(ports) == 0 {
		return nil
	}
	cmd := exec.Command(tool, append([]string{"--allow=" + br}, ports...)...)
	cmd.Stdout, cmd.Stderr = h.Out, h.Err
	return h.run(cmd)
}

func (h *hook) port(typ, iface string, start bool) error {
	br := h.env("IF_OVS_BRIDGE")
	if br == "" {
		return fmt.Errorf("ovs_type %s needs ovs_bridge", typ)
	}
	for _, k := range kinds {
		if k.name != typ {
			continue
		}
		if !start {
			return h.vsctl("--if-exists del-port " + programs.ShellWord(br) + " " + programs.ShellWord(iface))
		}
		words, up := "--may-exist add-port "+programs.ShellWord(br)+" "+programs.ShellWord(iface)+" "+h.env("IF_OVS_OPTIONS")+" ", []string{iface}
		if k.more != nil {
			words += k.more(h)
		} else {
			members := strings.Fields(h.env("IF_OVS_BONDS"))
			words = "--fake-iface add-bond " + programs.ShellWord(br) + " " + programs.ShellWord(iface) + " " + strings.Join(members, " ") + " " + h.env("IF_OVS_OPTIONS") + " "
			up = append(up, members...)
		}
		if err := h.vsctl(words + h.extra()); err != nil || !k.up {
			return err
		}
		for _, dev := range up {
			cmd := exec.Command("ip", "link", "set", "dev", dev, "up")
			cmd.Stderr = h.Err
			if err := h.run(cmd); err != nil {
				return fmt.Errorf("ip link set dev %s up: %w", dev, err)
			}
		}
		return nil
	}
	return fmt.Errorf("unknown ovs_type %s", typ)
}
