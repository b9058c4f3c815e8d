package robust

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Random and truncated frames into a port harm nothing: flows of every layer
// look at them, and the switch still answers.
func TestPackets(t *testing.T) {
	s := ours(t)
	_, sw := s.up()
	s.must("ovs-vsctl", "--timeout=5", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure",
		"--", "add-port", "br0", "p0", "--", "set", "interface", "p0", "type=internal")
	s.write("flows", `priority=9,tcp,tcp_flags=+syn,tp_dst=80,actions=dec_ttl,mod_nw_src:1.2.3.4,mod_tp_dst:8080,NORMAL
priority=9,udp6,ipv6_src=::1,actions=NORMAL
priority=8,arp,arp_op=1,arp_tpa=10.0.0.1,actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],load:2->NXM_OF_ARP_OP[],IN_PORT
priority=8,icmp6,icmp_type=135,nd_target=fe80::1,actions=NORMAL
priority=7,mpls,actions=drop
priority=1,dl_vlan=5,actions=strip_vlan,NORMAL
priority=0,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_NX_REG1[]->NXM_NX_REG0[],output:NXM_OF_IN_PORT[]),NORMAL
`)
	s.must("ovs-ofctl", "add-flows", "br0", "flows")
	if out, err := exec.Command("ip", "link", "set", "p0", "up", "mtu", "9000").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ifc, err := net.InterfaceByName("p0")
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	to := &unix.SockaddrLinklayer{Protocol: 0x0300, Ifindex: ifc.Index}
	macs := "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x07"
	heads := []string{
		"\x08\x00\x45\x00\x00\x28\x00\x00\x00\x00\x40\x06\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02\x00\x01\x00\x50\x00\x00\x00\x00\x00\x00\x00\x00\xf0\x02",
		"\x08\x00\x4f\x00\xff\xff\x00\x00\x20\x00\x40\x11\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02",
		"\x08\x00\x41\x00\x00\x00", "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01", "\x88\x47\x00\x00\x00\x40",
		"\x86\xdd\x60\x00\x00\x00\xff\xff\x00\x40" + strings.Repeat("\x00", 15) + "\x01" + strings.Repeat("\x00", 16) + "\x3c\xff\x2b\xff\x2c\x00",
		"\x86\xdd\x60\x00\x00\x00\x00\x18\x3a\xff" + strings.Repeat("\x00", 32) + "\x87\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 16) + "\x01\x00",
		"\x81\x00\x00\x05\x81\x00\x00\x06\x88\xa8", "\x89\x4f\x3f\xff\xff\xff", "\x05\xff", "\x00\x00",
	}
	sent := 0
	send := func(b []byte) {
		if unix.Sendto(fd, b, 0, to) == nil {
			sent++
		}
	}
	noise := make([]byte, 9000)
	for round := range 20 {
		rand.Read(noise)
		send(noise[:14+round*449])
		for _, h := range heads {
			full := macs + h
			send([]byte(full)[:len(full)-round%(len(h)+1)])
			send(append([]byte(full), noise[:round*30]...))
		}
	}
	if sent < 200 {
		t.Errorf("only %d frames could be sent", sent)
	}
	await(t, "flow statistics", func() bool {
		return !strings.Contains(s.must("ovs-ofctl", "dump-aggregate", "br0"), "packet_count=0 ")
	})
	s.must("ovs-appctl", "-t", "ovs-vswitchd", "dpctl/dump-flows")
	if !sw.alive() {
		t.Fatalf("ovs-vswitchd ended: %s", sw.said())
	}
}

// Both daemons survive each other's violent ends: what was committed is there,
// stale sockets and pidfiles are no obstacle, and a polite end leaves nothing.
func TestKill(t *testing.T) {
	s := ours(t)
	db, sw := s.up()
	s.must("ovs-vsctl", "--timeout=5", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
		"--", "add-port", "br0", "p0", "--", "set", "interface", "p0", "type=internal")
	show := s.must("ovs-vsctl", "show")

	db.kill()
	if out, code := s.run("ovs-vsctl", "--timeout=1", "show"); code == 0 {
		t.Errorf("show without a server: %d %s", code, out)
	}
	s.must("ovs-ofctl", "add-flow", "br0", "priority=5,actions=drop") // the switch goes on
	db = s.server()
	if got := s.must("ovs-vsctl", "show"); got != show {
		t.Errorf("after the server's end:\n%swant\n%s", got, show)
	}
	s.must("ovs-vsctl", "--timeout=8", "add-port", "br0", "p1", "--", "set", "interface", "p1", "type=internal")
	if got := s.must("ovs-ofctl", "--no-stats", "dump-flows", "br0"); !strings.Contains(got, "priority=5 actions=drop") {
		t.Errorf("the flow is gone: %s", got)
	}
	show = s.must("ovs-vsctl", "show")

	sw.kill()
	for i := range 20 { // changes that nobody applies, under way when the server dies, too
		s.must("ovs-vsctl", "--no-wait", "set", "bridge", "br0", fmt.Sprintf("external_ids:k%d=v", i))
	}
	db.kill()
	db = s.server()
	sw = s.vswitchd()
	s.must("ovs-vsctl", "--timeout=8", "set", "bridge", "br0", "external_ids:last=1") // waits for the switch
	if got := s.must("ovs-vsctl", "show"); got != show {
		t.Errorf("after both ends:\n%swant\n%s", got, show)
	}
	if got := s.must("ovs-vsctl", "get", "bridge", "br0", "external_ids:k19"); got != "v\n" {
		t.Errorf("the last change: %s", got)
	}
	s.must("ovs-ofctl", "show", "br0")

	for _, p := range []*proc{sw, db} {
		p.term()
	}
	left, _ := os.ReadDir(s.dir)
	for _, e := range left {
		n := e.Name()
		// Killed daemons could not remove the control sockets named by pid.
		if strings.HasSuffix(n, ".pid") || strings.HasSuffix(n, ".mgmt") || strings.HasSuffix(n, ".snoop") || n == "db.sock" ||
			strings.Contains(n, fmt.Sprintf(".%d.ctl", sw.cmd.Process.Pid)) || strings.Contains(n, fmt.Sprintf(".%d.ctl", db.cmd.Process.Pid)) {
			t.Errorf("left behind: %s", n)
		}
	}
}

// A healthy life has nothing to warn of.
func TestQuietLogs(t *testing.T) {
	s := ours(t)
	db, sw := s.up()
	s.must("ovs-vsctl", "--timeout=5", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
	s.must("ovs-vsctl", "--timeout=5", "del-br", "br0")
	s.must("ovs-appctl", "-t", "ovs-vswitchd", "exit")
	sw.wait(5e9)
	s.must("ovs-appctl", "-t", "ovsdb-server", "exit")
	db.wait(5e9)
	for _, log := range []string{"ovs-vswitchd.log", "ovsdb-server.log"} {
		if c := s.complaints(log); len(c) > 0 {
			t.Errorf("%s:\n%s", log, strings.Join(c, "\n"))
		}
	}
}

// A switch that may do nothing says so at the port and lives.
func TestPrivileges(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(s *site) *exec.Cmd
	}{
		{"nobody", func(s *site) *exec.Cmd {
			cmd := s.command(context.Background(), "ovs-vswitchd", "unix:"+s.path("db.sock"))
			cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
			return cmd
		}},
		{"no /dev/net/tun", func(s *site) *exec.Cmd {
			cmd := s.command(context.Background(), "ovs-vswitchd")
			sh := s.command(context.Background(), "unshare")
			sh.Path = "/usr/bin/unshare"
			sh.Args = []string{"ovs-vswitchd", "-m", "sh", "-c", "mount -t tmpfs none /dev/net && exec " + cmd.Path + " unix:" + s.path("db.sock")}
			return sh
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ours(t)
			s.createDB()
			s.server()
			s.must("ovs-vsctl", "--no-wait", "init")
			os.Chmod(s.dir, 0o777)
			os.Chmod(s.path("db.sock"), 0o777)
			p := s.start(tt.make(s))
			out, code := s.run("ovs-vsctl", "--timeout=8", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
			if code != 65 || !strings.Contains(out, "Error detected while setting up 'br0'") {
				t.Errorf("add-br: %d %s\nthe switch: %s", code, out, p.said())
			}
			if e := s.must("ovs-vsctl", "get", "interface", "br0", "error"); len(e) < 10 {
				t.Errorf("no error at the interface: %s", e)
			} else {
				t.Log(out, e)
			}
			if !p.alive() {
				t.Errorf("the switch ended: %s", p.said())
			}
		})
	}
}
