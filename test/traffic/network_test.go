package traffic

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
)

// network is one switch with hosts around it. Host N has interface eth0 with
// addresses 10.1.1.N/24 and fd00::N/64, and hardware address 02:00:00:00:01:0N;
// its cable is port N, "pN", of bridge br0.
type network struct {
	t       *testing.T
	sw      *sandbox.Switch
	swNS    *netlab.Namespace
	hosts   map[string]*netlab.Namespace
	bin     string // programs for scripts and our tools, or the reference's
	offload bool
	busy    []*exec.Cmd
	dumps   []*exec.Cmd

	malformed []string // hosts that shall get such frames
}

var serial atomic.Int32

// newNetwork builds the network. Without offload the hosts finish all checksums
// and segments themselves, and no receiver takes an unfinished one for good. With
// record all frames of the hosts are kept.
func newNetwork(t *testing.T, m sandbox.Maker, hosts int, offload, record bool) *network {
	t.Helper()
	ovsref.Root(t)
	n := &network{t: t, offload: offload, hosts: map[string]*netlab.Namespace{}, bin: t.TempDir()}
	stem := fmt.Sprintf("govstr%d-%d-", os.Getpid(), serial.Add(1))
	namespace := func(name string) *netlab.Namespace {
		ns, err := netlab.New(stem + name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			netlab.Clear(ns.Name)
			ns.Close()
		})
		return ns
	}
	n.swNS = namespace("sw")
	self, err := os.Executable()
	n.must(err)
	for name := range programs {
		n.must(os.Symlink(self, filepath.Join(n.bin, name)))
	}
	for _, tool := range []string{"ovs-vsctl", "ovs-ofctl", "ovs-appctl", "ovs-dpctl"} {
		if err := os.Symlink(m.Program(tool), filepath.Join(n.bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	n.sw = sandbox.Start(t, m, sandbox.Config{Dummy: "no", Namespace: n.swNS})
	t.Cleanup(n.endAll)
	args := []string{"--", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure",
		"protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15"}
	for i := 1; i <= hosts; i++ {
		name, port := fmt.Sprint("h", i), fmt.Sprint("p", i)
		ns := namespace(name)
		n.hosts[name] = ns
		n.must(ns.Sysctl("ipv6/conf/default/accept_dad", "0"))
		n.must(n.swNS.Sysctl("ipv6/conf/default/disable_ipv6", "1"))
		n.must(netlab.Veth(ns, "eth0", n.swNS, port))
		if !offload {
			n.must(ns.NoOffload("eth0"))
			n.shell(ns, "ethtool -K eth0 tso off gso off gro off rx off >/dev/null 2>&1")
			n.shell(n.swNS, "ethtool -K "+port+" gro off >/dev/null 2>&1")
		}
		n.must(ns.MAC("eth0", fmt.Sprintf("02:00:00:00:01:%02x", i)))
		n.must(ns.Addr("eth0", netip.MustParsePrefix(fmt.Sprintf("10.1.1.%d/24", i))))
		n.must(ns.Addr("eth0", netip.MustParsePrefix(fmt.Sprintf("fd00::%d/64", i))))
		args = append(args, "--", "add-port", "br0", port, "--", "set", "interface", port, fmt.Sprintf("ofport_request=%d", i))
		if record {
			n.dump(name, ns)
		}
	}
	n.sw.Must("ovs-vsctl", args[1:]...)
	return n
}

func (n *network) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

// pcap is the file with all frames that a host has sent and received.
func (n *network) pcap(host string) string { return filepath.Join(n.sw.Dir, host+".pcap") }

// dump records all frames of a host.
func (n *network) dump(host string, ns *netlab.Namespace) {
	n.t.Helper()
	// A slot of the ring is as long as the longest frame: with the default
	// length there would be eight.
	cmd := exec.Command("tcpdump", "-i", "eth0", "-U", "-s", "2048", "--immediate-mode", "-Z", "root", "-w", n.pcap(host))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	n.must(ns.Start(cmd))
	n.dumps = append(n.dumps, cmd)
	for range 300 { // the header is there when it listens
		if st, err := os.Stat(n.pcap(host)); err == nil && st.Size() >= 24 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	n.t.Fatal("tcpdump does not begin")
}

// env is what shells of scripts find.
func (n *network) env() []string {
	return append(n.sw.Env(), "PATH="+n.bin+":/usr/sbin:/sbin:/usr/bin:/bin", "DIR="+n.sw.Dir)
}

func (n *network) command(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Env, cmd.Dir = n.env(), n.sw.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd
}

// shell runs a line of shell in a namespace and returns what it printed on both
// outputs.
func (n *network) shell(ns *netlab.Namespace, line string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := n.command(ctx, line)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := ns.Run(cmd); err != nil {
		fmt.Fprintf(&out, "[%v]\n", err)
	}
	return out.String()
}

// background starts a line of shell that goes on.
func (n *network) background(ns *netlab.Namespace, line string) {
	cmd := n.command(context.Background(), line)
	n.must(ns.Start(cmd))
	n.busy = append(n.busy, cmd)
}

func (n *network) endAll() {
	for _, cmd := range append(n.busy, n.dumps...) {
		if cmd.SysProcAttr.Setpgid {
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		} else {
			cmd.Process.Signal(syscall.SIGTERM)
		}
		cmd.Wait()
	}
	n.busy, n.dumps = nil, nil
}

// faults lists the frames in what the hosts recorded that are malformed or have
// a wrong checksum.
func (n *network) faults() string {
	var all strings.Builder
	for host := range n.hosts {
		if slices.Contains(n.malformed, host) {
			continue
		}
		cmd := exec.Command("tshark", "-n", "-r", n.pcap(host),
			"-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.analyze_sequence_numbers:FALSE",
			"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
			"-Y", "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 && tcp.checksum != 0xffff || udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0")
		cmd.Env = append(os.Environ(), "HOME="+n.sw.Dir)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			n.t.Fatalf("tshark: %v\n%s", err, errs.String())
		}
		if lines := bytes.SplitAfter(out, []byte("\n")); len(lines) > 10 {
			out = append(bytes.Join(lines[:10], nil), fmt.Sprintf("and %d more\n", len(lines)-10)...)
		}
		if len(out) > 0 {
			fmt.Fprintf(&all, "%s:\n%s", host, out)
		}
	}
	return all.String()
}
