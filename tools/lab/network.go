package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"govs/internal/netlab"
)

// Config says what Build makes.
type Config struct {
	// Prefix begins the names of all namespaces; it must be this process's
	// own. Default: "govs" and the process id.
	Prefix string
	// Dir holds the hosts' files; it is made if missing and must be short,
	// since sockets live below it.
	Dir string
	// Makers are the programs of the hosts by underlay address. Default:
	// this program.
	Makers map[string]Maker
	// Mistake puts the NIC of 10.10.0.52 into br-tun, as the seed did.
	Mistake bool
	// Stay lets the daemons outlive this process.
	Stay bool

	voice *voice // nil: build in silence
}

// Machine is a namespace on the tenant's network.
type Machine struct {
	machinePlan
	NS   *netlab.Namespace
	host *Host
}

// Network is the running lab.
type Network struct {
	Hosts    [2]*Host // 10.10.0.51, 10.10.0.52
	Machines map[string]*Machine
	cfg      Config
}

// DefaultPrefix is the beginning of the namespaces' names that process pid
// makes.
func DefaultPrefix(pid int) string { return fmt.Sprintf("govs%d-", pid) }

// Build makes the two hosts and everything on them. On an error, and at any
// later time, Close removes what there is.
func Build(ctx context.Context, cfg Config) (*Network, error) {
	if cfg.Prefix == "" {
		cfg.Prefix = DefaultPrefix(os.Getpid())
	}
	n := &Network{Machines: map[string]*Machine{}, cfg: cfg}
	for i, p := range plans() {
		m, ok := cfg.Makers[p.ip]
		if !ok {
			m = self()
		}
		n.Hosts[i] = &Host{hostPlan: p, Maker: m, Dir: filepath.Join(cfg.Dir, p.name), orphans: cfg.Stay}
	}
	steps := []func(context.Context) error{n.underlay, n.daemons, n.machines, n.bridges, n.arrivals, n.flows, n.acquaint}
	if cfg.Mistake {
		steps = append(steps, n.MakeMistake)
	}
	for _, step := range steps {
		if done(ctx) {
			return n, ctx.Err()
		}
		if err := step(ctx); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Close ends every daemon and removes namespaces and files. It may be called
// twice.
func (n *Network) Close() error {
	for _, h := range n.Hosts {
		h.stop()
	}
	err := demolish(n.cfg.Prefix, n.cfg.Dir)
	for _, h := range n.Hosts {
		if h.NS != nil {
			h.NS.Close()
		}
	}
	for _, m := range n.Machines {
		m.NS.Close()
	}
	return err
}

// say tells the person watching, if there is one.
func (n *Network) say(t text, args ...any) {
	if n.cfg.voice != nil {
		n.cfg.voice.say(t, args...)
	}
}

// tool runs a host's tool and shows the command and what it printed.
func (n *Network) tool(ctx context.Context, h *Host, tool string, args ...string) (string, error) {
	if v := n.cfg.voice; v != nil {
		v.printf("  %s $ %s\n", h.ip, shell(tool, args))
	}
	out, err := h.Tool(ctx, tool, args...)
	if v := n.cfg.voice; v != nil {
		v.quote(out)
	}
	return out, err
}

// shell writes a command as it would be typed.
func shell(tool string, args []string) string {
	words := []string{tool}
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " ()*$&|;<>'\"") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// namespace makes one, without IPv6: its neighbour discovery would only add
// noise to a network that is all IPv4.
func (n *Network) namespace(name string) (*netlab.Namespace, error) {
	ns, err := netlab.New(n.cfg.Prefix + name)
	if err == nil {
		// Where /proc/sys is read-only the noise stays and does no harm.
		_ = ns.Sysctl("ipv6/conf/all/disable_ipv6", "1")
		_ = ns.Sysctl("ipv6/conf/default/disable_ipv6", "1")
	}
	return ns, err
}

// underlay makes the hosts and the cable between them.
func (n *Network) underlay(context.Context) (err error) {
	for _, h := range n.Hosts {
		if h.NS, err = n.namespace(h.name); err != nil {
			return err
		}
	}
	if err := netlab.Veth(n.Hosts[0].NS, nic, n.Hosts[1].NS, nic); err != nil {
		return err
	}
	for i, h := range n.Hosts {
		if !n.Hosts[1-i].Maker.NoOffload {
			continue
		}
		// A cable hands on what its sender left to it to cut and sum; the far
		// switch cannot.
		if err := h.NS.NoOffload(nic); err != nil {
			return err
		}
	}
	for _, h := range n.Hosts {
		// A host that cannot finish checksums and segments must not be sent
		// unfinished ones, which a cable between namespaces would carry.
		if n.Hosts[0].Maker.NoOffload || n.Hosts[1].Maker.NoOffload {
			if err := h.NS.NoOffload(nic); err != nil {
				return err
			}
		}
		if err := h.NS.Addr(nic, netip.MustParsePrefix(h.ip+"/24")); err != nil {
			return err
		}
	}
	n.say(text{"two hosts, 10.10.0.51 and 10.10.0.52, with a cable between their " + nic,
		"两台主机 10.10.0.51 和 10.10.0.52，" + nic + " 之间有一根网线"})
	return nil
}

// daemons starts a database and a switch on each host.
func (n *Network) daemons(ctx context.Context) error {
	for _, h := range n.Hosts {
		if err := h.startDatabase(ctx); err != nil {
			return err
		}
		if err := h.StartSwitch(ctx); err != nil {
			return err
		}
	}
	n.say(text{"an ovsdb-server and an ovs-vswitchd on each", "每台主机上各有一个 ovsdb-server 和一个 ovs-vswitchd"})
	return nil
}

// machines makes the tenant's machines, with the cables of those that are not
// behind internal ports.
func (n *Network) machines(context.Context) error {
	for _, h := range n.Hosts {
		for _, p := range h.hostPlan.machines {
			ns, err := n.namespace(p.name)
			if err != nil {
				return err
			}
			m := &Machine{machinePlan: p, NS: ns, host: h}
			n.Machines[p.name] = m
			if p.internal {
				continue
			}
			if err := netlab.Veth(h.NS, p.port, ns, m.ifname()); err != nil {
				return err
			}
			if err := n.settle(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle gives a machine its addresses. Its frames must leave room for the
// 50 bytes that VXLAN adds.
func (n *Network) settle(m *Machine) error {
	ifname := m.ifname()
	if err := m.NS.MAC(ifname, m.mac); err != nil {
		return err
	}
	if err := m.NS.MTU(ifname, 1450); err != nil {
		return err
	}
	if m.host.Maker.NoOffload {
		if err := m.NS.NoOffload(ifname); err != nil {
			return err
		}
	}
	if err := m.NS.Up(ifname); err != nil {
		return err
	}
	return m.NS.Addr(ifname, netip.PrefixFrom(m.addr(), 24))
}

// bridges configures each host's switch by ovs-vsctl.
func (n *Network) bridges(ctx context.Context) error {
	for _, h := range n.Hosts {
		for _, args := range h.configuration() {
			if _, err := n.tool(ctx, h, "ovs-vsctl", args...); err != nil {
				return err
			}
		}
		if !h.Maker.PhyBridge {
			continue
		}
		if err := h.movePhy(); err != nil {
			return err
		}
	}
	return nil
}

// configuration returns the arguments of the ovs-vsctl calls that make the
// host's bridges and ports.
func (h *Host) configuration() [][]string {
	var calls [][]string
	bridge := func(name string, settings ...string) {
		args := []string{"add-br", name}
		if h.Maker.DatapathType != "" {
			settings = append(settings, "datapath_type="+h.Maker.DatapathType)
		}
		if len(settings) > 0 {
			args = append(append(args, "--", "set", "bridge", name), settings...)
		}
		calls = append(calls, args)
	}
	bridge("br-int")
	bridge("br-tun", "fail_mode=secure")
	bridge("br-ex")
	calls = append(calls,
		[]string{"add-port", "br-int", "patch-tun", "--", "set", "interface", "patch-tun", "type=patch", "options:peer=patch-int", "--",
			"add-port", "br-tun", "patch-int", "--", "set", "interface", "patch-int", "type=patch", "options:peer=patch-tun", "ofport_request=2"},
		[]string{"add-port", "br-tun", h.tunnel, "--", "set", "interface", h.tunnel, "type=vxlan", "ofport_request=3",
			"options:df_default=true", "options:in_key=flow", "options:local_ip=" + h.ip, "options:out_key=flow", "options:remote_ip=" + h.peer})
	port := func(name string, internal bool) {
		args := []string{"add-port", "br-int", name, "tag=1"}
		if internal {
			args = append(args, "--", "set", "interface", name, "type=internal")
		}
		calls = append(calls, args)
	}
	for _, m := range h.hostPlan.machines {
		port(m.port, m.internal)
	}
	if h.idle != "" {
		port(h.idle, true)
	}
	if h.Maker.PhyBridge {
		bridge("br-phy")
		calls = append(calls, []string{"add-port", "br-phy", nic})
	}
	return calls
}

// movePhy hands the NIC's address over to br-phy.
func (h *Host) movePhy() error {
	p := netip.MustParsePrefix(h.ip + "/24")
	if err := h.NS.DelAddr(nic, p); err != nil {
		return err
	}
	if err := h.NS.Addr("br-phy", p); err != nil {
		return err
	}
	return h.NS.Up("br-phy")
}

// arrivals moves the internal ports into their machines.
func (n *Network) arrivals(ctx context.Context) error {
	for _, m := range n.Machines {
		if !m.internal {
			continue
		}
		if err := m.Arrive(ctx); err != nil {
			return err
		}
		if err := n.settle(m); err != nil {
			return err
		}
	}
	return nil
}

// Arrive moves a machine's internal port into the machine.
func (m *Machine) Arrive(ctx context.Context) error {
	for range 250 {
		if m.host.NS.Has(m.port) {
			return m.host.NS.Move(m.port, m.NS)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("the internal port %s did not appear on %s", m.port, m.host.ip)
}

// flows loads br-tun's tables from files in the hosts' directories.
func (n *Network) flows(ctx context.Context) error {
	for _, h := range n.Hosts {
		file := filepath.Join(h.Dir, "br-tun.flows")
		if err := os.WriteFile(file, []byte(h.hostPlan.flows), 0o644); err != nil {
			return err
		}
		if _, err := n.tool(ctx, h, "ovs-ofctl", "add-flows", "br-tun", file); err != nil {
			return err
		}
	}
	return nil
}

// acquaint pings across the tunnel, where a switch loses the packets that make
// it ask for the other host's MAC, until all is known.
func (n *Network) acquaint(ctx context.Context) error {
	if !n.Hosts[0].Maker.PhyBridge && !n.Hosts[1].Maker.PhyBridge {
		return nil
	}
	for range 10 {
		got, err := n.Ping(ctx, "vm2", "vm1", 2)
		if err != nil || got == 2 {
			return err
		}
	}
	return errors.New("VM2 and VM1 cannot reach each other")
}

// MakeMistake puts the NIC that holds 10.10.0.52 into br-tun, as port 1.
func (n *Network) MakeMistake(ctx context.Context) error {
	_, err := n.tool(ctx, n.Hosts[1], "ovs-vsctl", "add-port", "br-tun", nic, "--", "set", "interface", nic, "ofport_request=1")
	return err
}

// Ping sends count pings from one machine to another, a tenth of a second
// apart, and returns how many were answered.
func (n *Network) Ping(ctx context.Context, from, to string, count int) (int, error) {
	pongs, err := n.Machines[from].NS.Ping(ctx, n.Machines[to].addr(), count, 100*time.Millisecond, time.Second)
	return len(pongs), err
}
