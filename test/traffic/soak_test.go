package traffic

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/test/sandbox"
)

var (
	soakFor  = flag.Duration("soak", 4*time.Second, "how long TestSoak mistreats the switch")
	soakSeed = flag.Uint64("seed", 0, "seed of TestSoak; 0: a new one")
)

// soakPort is where hosts listen; flows send packets for soakPort+1 there, too,
// with other addresses.
const soakPort = 7000

// TestSoak sends packets whose every byte is checked where they arrive, while
// ports, tunnels, flows, groups, meters and connections come and go. When it
// has been longer than a minute, the daemons' memory and descriptors must in the end,
// after a quiet time, be what they were in the beginning.
func TestSoak(t *testing.T) {
	seed := *soakSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	n := newNetwork(t, sandbox.Ours(t), 4, true, false)
	for i, f := range []string{
		"priority=1,actions=NORMAL",
		// Later fragments have no ports: all of a datagram go the same way.
		"priority=30,udp,tp_dst=7001,actions=mod_tp_dst:7000,mod_nw_tos:32,NORMAL",
		"priority=30,udp,tp_dst=7002,actions=mod_tp_dst:7000,clone(mod_nw_src:10.1.1.99,push_vlan:0x8100,set_field:4105->vlan_vid,output:LOCAL),NORMAL",
		"priority=30,udp,tp_dst=7003,actions=mod_tp_dst:7000,resubmit(,5)",
		"table=5,priority=1,actions=NORMAL",
		// All else of UDP is tracked: floods of new connections, fragments put together and cut again.
		"priority=20,udp,actions=ct(commit,zone=7,table=8)",
		"table=8,priority=1,ct_state=-inv+trk,actions=NORMAL",
	} {
		if r := n.sw.Run("ovs-ofctl", "-O", "OpenFlow13", "add-flow", "br0", f); r.Code != 0 {
			t.Fatalf("flow %d: %s", i, r.Err)
		}
	}
	s := &soak{n: n, end: time.Now().Add(*soakFor)}
	var first []usage
	if long := *soakFor > time.Minute; long {
		s.run(seed, 20*time.Second) // what is made once is made
		s.clear()
		time.Sleep(time.Minute)
		first = s.footprint()
	}
	s.run(seed+1, *soakFor)
	sent, got := s.sent.Load(), s.got.Load()
	t.Logf("%d datagrams sent, %d arrived, all as expected but %d; %d changes", sent, got, s.bad.Load(), s.changes.Load())
	if got == 0 || s.bad.Load() > 0 {
		t.Errorf("%d datagrams arrived, %d of them wrong", got, s.bad.Load())
	}
	if *soakFor > time.Minute {
		s.clear()
		time.Sleep(time.Minute)
		for i, last := range s.footprint() {
			f := first[i]
			t.Logf("%s: resident %d kB, in the end %d kB; descriptors: %d, in the end %d", f.daemon, f.resident, last.resident, len(f.descriptors), len(last.descriptors))
			if last.resident > f.resident+f.resident/4+8192 || len(last.descriptors) > len(f.descriptors) {
				t.Errorf("%s has grown; its descriptors were\n%s\nand are\n%s", f.daemon, strings.Join(f.descriptors, " "), strings.Join(last.descriptors, " "))
			}
		}
	}
	if out := n.shell(n.hosts["h1"], "ping -c 3 -i 0.2 -W 2 10.1.1.2"); !strings.Contains(out, "3 received") {
		t.Errorf("after it all the switch does not forward: %s", out)
	}
}

// A soak is the state of one TestSoak.
type soak struct {
	n                       *network
	end                     time.Time
	sent, got, bad, changes atomic.Int64
}

// A usage is what a daemon holds: resident memory in kB, and what its descriptors
// stand for.
type usage struct {
	daemon      string
	resident    int
	descriptors []string
}

// footprint returns what the two daemons hold.
func (s *soak) footprint() (all []usage) {
	for _, daemon := range []string{"ovs-vswitchd", "ovsdb-server"} {
		pid := s.n.sw.PID(daemon)
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		s.n.must(err)
		_, rest, _ := strings.Cut(string(b), "VmRSS:")
		kb, err := strconv.Atoi(strings.Fields(rest)[0])
		s.n.must(err)
		dir := fmt.Sprintf("/proc/%d/fd", pid)
		fds, err := os.ReadDir(dir)
		s.n.must(err)
		u := usage{daemon: daemon, resident: kb}
		for _, fd := range fds {
			to, _ := os.Readlink(dir + "/" + fd.Name())
			u.descriptors = append(u.descriptors, fd.Name()+"="+to)
		}
		all = append(all, u)
	}
	return all
}

// run sends and changes for a time.
func (s *soak) run(seed uint64, d time.Duration) {
	s.end = time.Now().Add(d)
	var wg sync.WaitGroup
	var conns []net.PacketConn
	for i := 1; i <= 4; i++ {
		var c net.PacketConn
		s.n.must(s.n.hosts[fmt.Sprint("h", i)].Do(func() (err error) {
			c, err = net.ListenPacket("udp4", fmt.Sprintf("10.1.1.%d:%d", i, soakPort))
			return err
		}))
		conns = append(conns, c)
		wg.Go(func() { s.receive(c) })
	}
	var senders sync.WaitGroup
	for i, c := range conns {
		senders.Go(func() { s.send(rand.New(rand.NewPCG(seed, uint64(i))), i+1, c) })
	}
	for i, change := range []func(*rand.Rand){s.ports, s.tunnels, s.flows, s.tables, s.connections} {
		senders.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(100+i)))
			for time.Now().Before(s.end) && !s.n.t.Failed() {
				change(r)
				s.changes.Add(1)
			}
		})
	}
	senders.Wait()
	time.Sleep(200 * time.Millisecond) // what is under way arrives
	for _, c := range conns {
		c.Close()
	}
	wg.Wait()
}

// fill makes a payload that tells by itself whether it is whole: all of it
// follows from its first 16 bytes, which say who sent it and its number.
func fill(b []byte, from int, seq uint64) {
	binary.BigEndian.PutUint64(b, uint64(from)<<32|uint64(len(b)))
	binary.BigEndian.PutUint64(b[8:], seq)
	r := rand.NewPCG(uint64(from), seq)
	for i := 16; i < len(b); i += 8 {
		var w [8]byte
		binary.BigEndian.PutUint64(w[:], r.Uint64())
		copy(b[i:], w[:])
	}
}

// send sends datagrams of all lengths, fragments among them, to the other hosts.
func (s *soak) send(r *rand.Rand, from int, c net.PacketConn) {
	buf := make([]byte, 9000)
	for seq := uint64(0); time.Now().Before(s.end); seq++ {
		to := 1 + r.IntN(4)
		size := 16 + r.IntN(1400)
		port := soakPort + r.IntN(4)
		if r.IntN(20) == 0 {
			size = 1500 + r.IntN(7000)
			port = soakPort // flows on ports see the first fragment only
		}
		if to == from {
			continue
		}
		fill(buf[:size], from, seq)
		if _, err := c.WriteTo(buf[:size], &net.UDPAddr{IP: net.IPv4(10, 1, 1, byte(to)), Port: port}); err == nil {
			s.sent.Add(1)
		}
		if seq%16 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// receive checks every byte of what arrives.
func (s *soak) receive(c net.PacketConn) {
	buf, want := make([]byte, 65536), make([]byte, 65536)
	for {
		k, addr, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if k < 16 {
			s.wrong("a datagram of %d bytes from %v", k, addr)
			continue
		}
		from := int(binary.BigEndian.Uint32(buf))
		seq := binary.BigEndian.Uint64(buf[8:])
		fill(want[:k], from, seq)
		if string(buf[:k]) != string(want[:k]) || addr.String() != fmt.Sprintf("10.1.1.%d:%d", from, soakPort) {
			s.wrong("datagram %d of host %d, %d bytes, came changed, from %v", seq, from, k, addr)
			continue
		}
		s.got.Add(1)
	}
}

func (s *soak) wrong(format string, args ...any) {
	if s.bad.Add(1) < 5 {
		s.n.t.Errorf(format, args...)
	}
}

// do runs a tool of the switch, which must succeed.
func (s *soak) do(tool string, args ...string) {
	if r := s.n.sw.Run(tool, args...); r.Code != 0 {
		s.n.t.Errorf("%s %s: exit status %d: %s", tool, strings.Join(args, " "), r.Code, r.Err)
	}
}

// ports lets a cable and an internal port come and go, by the switch's command
// and by surprise.
func (s *soak) ports(r *rand.Rand) {
	ns := s.n.swNS
	if err := netlab.Veth(ns, "soak0", ns, "soak1"); err != nil {
		s.n.t.Errorf("soak0: %v", err)
		return
	}
	s.do("ovs-vsctl", "add-port", "br0", "soak0", "--", "add-port", "br0", "soak2", "--", "set", "interface", "soak2", "type=internal")
	s.n.shell(ns, "ip link set soak2 up; ip link set p4 down; ip link set p4 up")
	surprise := r.IntN(2) == 0
	if surprise {
		s.n.shell(ns, "ip link del soak0")
	}
	s.do("ovs-vsctl", "del-port", "br0", "soak0", "--", "del-port", "br0", "soak2")
	if !surprise {
		s.n.shell(ns, "ip link del soak0")
	}
}

// tunnels flap while packets are sent into them.
func (s *soak) tunnels(r *rand.Rand) {
	typ := []string{"vxlan", "geneve", "gre"}[r.IntN(3)]
	s.do("ovs-vsctl", "add-port", "br0", "soak-t", "--", "set", "interface", "soak-t", "type="+typ,
		fmt.Sprintf("options:remote_ip=10.1.1.%d", 1+r.IntN(4)), "options:key="+fmt.Sprint(r.IntN(1000)))
	time.Sleep(20 * time.Millisecond)
	s.do("ovs-vsctl", "del-port", "br0", "soak-t")
}

// flows churn in a table that every fourth packet passes.
func (s *soak) flows(r *rand.Rand) {
	var text strings.Builder
	for range 50 {
		fmt.Fprintf(&text, "table=5,priority=%d,ip,nw_src=10.1.0.0/%d,nw_dst=10.1.1.%d,actions=NORMAL\n",
			2+r.IntN(100), 16+r.IntN(16), r.IntN(6))
		fmt.Fprintf(&text, "table=6,priority=%d,udp,tp_src=%d,actions=drop\n", r.IntN(100), r.IntN(65536))
	}
	file := s.n.sw.Dir + "/soak.flows"
	s.n.must(os.WriteFile(file, []byte(text.String()), 0o600))
	s.do("ovs-ofctl", "-O", "OpenFlow14", "--bundle", "add-flows", "br0", file)
	s.do("ovs-ofctl", "del-flows", "br0", "table=6")
	s.do("ovs-ofctl", "--strict", "del-flows", "br0", fmt.Sprintf("table=5,priority=%d,ip,nw_src=10.1.0.0/16,nw_dst=10.1.1.1", 2+r.IntN(100)))
}

// clear deletes what the churn has left in tables.
func (s *soak) clear() {
	s.do("ovs-ofctl", "del-flows", "br0", "table=5,ip")
	s.do("ovs-ofctl", "del-flows", "br0", "table=6")
	s.do("ovs-ofctl", "del-flows", "br0", "table=7")
	// How many connections there are tells how fast they came, which is the load's
	// and the machine's affair; some last longer than the quiet time.
	s.do("ovs-appctl", "dpctl/flush-conntrack")
}

// tables lets groups, meters and cached flows come and go.
func (s *soak) tables(r *rand.Rand) {
	id := fmt.Sprint(1 + r.IntN(50))
	s.do("ovs-ofctl", "-O", "OpenFlow13", "add-meter", "br0", "meter="+id+",kbps,burst,bands=type=drop,rate=100000,burst_size=100000")
	s.do("ovs-ofctl", "-O", "OpenFlow13", "--may-create", "mod-group", "br0", "group_id="+id+",type=select,bucket=output:1,bucket=output:2")
	s.do("ovs-ofctl", "-O", "OpenFlow13", "add-flow", "br0", "table=7,priority="+id+",actions=meter:"+id+",group:"+id)
	switch r.IntN(8) {
	case 0, 1:
		s.do("ovs-appctl", "revalidator/purge")
	case 2:
		s.do("ovs-appctl", "dpctl/flush-conntrack", "zone=7")
	}
	s.do("ovs-ofctl", "-O", "OpenFlow13", "del-groups", "br0", "group_id="+id)
	s.do("ovs-ofctl", "-O", "OpenFlow13", "del-meter", "br0", "meter="+id)
}

// connections floods the switch with new 5-tuples.
func (s *soak) connections(r *rand.Rand) {
	flow := fmt.Sprintf("dl_src=02:00:00:00:01:01,dl_dst=02:00:00:00:01:02,udp,nw_src=10.%d.%d.1,nw_dst=10.1.1.2,nw_ttl=64,tp_src=@,tp_dst=%d",
		2+r.IntN(200), r.IntN(256), 1+r.IntN(6000))
	s.n.shell(s.n.hosts["h1"], fmt.Sprintf("send eth0 %s %d", flow, 1+r.IntN(300)))
}
