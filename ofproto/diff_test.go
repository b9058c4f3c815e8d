package ofproto

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"govs/classifier"
	"govs/dpif/userspace"
	"govs/flow"
	"govs/internal/ovsref"
	"govs/netdev"
	"govs/netdev/dummy"
	"govs/openflow"
)

// reference is Debian's Open vSwitch with dummy datapath and ports, in a
// directory of its own.
type reference struct {
	t   *testing.T
	env []string
}

func startReference(t *testing.T) *reference {
	t.Helper()
	dir, err := os.MkdirTemp("", "ref")
	if err != nil {
		t.Fatal(err)
	}
	r := &reference{t: t}
	r.env = append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)
	db := filepath.Join(dir, "conf.db")
	r.run("ovsdb-tool", "create", db, ovsref.Schema(t, "vswitch.ovsschema"))
	r.run("ovsdb-server", db, "--remote=punix:"+dir+"/db.sock", "--pidfile", "--detach", "--no-chdir", "--log-file="+dir+"/db.log", "-vconsole:off")
	r.run("ovs-vsctl", "--no-wait", "init")
	r.run("ovs-vswitchd", "unix:"+dir+"/db.sock", "--pidfile", "--detach", "--no-chdir", "--log-file="+dir+"/sw.log", "-vconsole:off",
		"--enable-dummy=override", "--disable-system", "--disable-system-route")
	t.Cleanup(func() {
		r.try("ovs-appctl", "-t", "ovs-vswitchd", "exit")
		r.try("ovs-appctl", "-t", "ovsdb-server", "exit")
		time.Sleep(50 * time.Millisecond)
		os.RemoveAll(dir)
	})
	return r
}

func (r *reference) try(prog string, args ...string) (string, error) {
	cmd := exec.Command(ovsref.Path(r.t, prog), args...)
	cmd.Env = r.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r *reference) run(prog string, args ...string) string {
	r.t.Helper()
	out, err := r.try(prog, args...)
	if err != nil {
		r.t.Fatalf("%s %v: %v\n%s", prog, args, err, out)
	}
	return out
}

// testClock is a clock turned by hand.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// portDef is a port of a test topology, made the same way on both sides.
type portDef struct {
	name string
	peer string // patch
	no   openflow.Port
	tag  int // -1: trunk
}

type bridgeDef struct {
	name   string
	secure bool
	ports  []portDef
}

// seedBridges are the seed's two bridges with dummy ports for the tunnel and
// the machines.
var seedBridges = []bridgeDef{
	{"br-tun", true, []portDef{{"p1", "", 1, -1}, {"patch-int", "patch-tun", 2, -1}, {"p3", "", 3, -1}}},
	{"br-int", false, []portDef{{"patch-tun", "patch-int", 1, -1}, {"p21", "", 2, 1}, {"p22", "", 3, 1}, {"p23", "", 4, 2}, {"p24", "", 5, -1}}},
}

func (r *reference) build(bridges []bridgeDef) {
	for _, b := range bridges {
		r.run("ovs-vsctl", "add-br", b.name)
		if b.secure {
			r.run("ovs-vsctl", "set-fail-mode", b.name, "secure")
		}
		for _, p := range b.ports {
			args := []string{"add-port", b.name, p.name}
			if p.tag >= 0 {
				args = append(args, "tag="+strconv.Itoa(p.tag))
			}
			args = append(args, "--", "set", "interface", p.name, fmt.Sprintf("ofport_request=%d", p.no))
			if p.peer != "" {
				args = append(args, "type=patch", "options:peer="+p.peer)
			} else {
				args = append(args, "type=dummy")
			}
			r.run("ovs-vsctl", args...)
		}
	}
}

// testHost is our side of a test.
type testHost struct {
	*Host
	clock  *testClock
	backer *Backer
}

func newTestHost(t *testing.T) *testHost { return newTestHostIn(t, "") }

// newSocketHost is newTestHost with bridge br9, its ports p1 and p2, and the
// OpenFlow socket of that.
func newSocketHost(t *testing.T) (h *testHost, mgmt string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "of") // whose name is short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h = newTestHostIn(t, dir)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	return h, dir + "/br9.mgmt"
}

// newTestHostIn is newTestHost with OpenFlow sockets in dir.
func newTestHostIn(t *testing.T, dir string) *testHost {
	t.Helper()
	h := &testHost{clock: &testClock{now: time.Now()}}
	h.Host = NewHost(h.clock)
	dp, err := userspace.New(userspace.Config{Name: "ovs-system", Type: "system", NamedPorts: true, Threads: 1, Now: h.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	h.backer = h.Open(dp, Options{RunDir: dir, Debug: true, Prefixes: []classifier.Prefix{classifier.PrefixIPDst, classifier.PrefixIPSrc}, OpenTunnel: func(c netdev.Config) (netdev.Device, error) {
		return dummy.Open(netdev.Config{Name: c.Name, Type: "dummy"})
	}})
	t.Cleanup(func() { h.backer.Close(true) })
	return h
}

func (h *testHost) build(t *testing.T, bridges []bridgeDef) {
	t.Helper()
	open := func(name string) netdev.Device {
		d, err := dummy.Open(netdev.Config{Name: name, Type: "dummy"})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for i, b := range bridges {
		p, err := h.backer.NewOfproto(b.name, uint64(i+1))
		if err != nil {
			t.Fatal(err)
		}
		if b.secure {
			p.SetFailMode(FailSecure)
		}
		add := func(s PortSpec, tag int) {
			no, err := p.PortAdd(s)
			if err != nil {
				t.Fatal(s.Name, err)
			}
			u := BundleSpec{Name: s.Name, Members: []openflow.Port{no}, VLANMode: VLANTrunk, Tag: tag}
			if tag >= 0 {
				u.VLANMode = VLANAccess
			}
			p.SetBundle(u)
		}
		add(PortSpec{Name: b.name, Type: "internal", Device: open(b.name)}, -1)
		for _, q := range b.ports {
			if q.peer != "" {
				add(PortSpec{Name: q.name, Type: "patch", Request: q.no, Peer: q.peer}, q.tag)
			} else {
				add(PortSpec{Name: q.name, Type: "dummy", Request: q.no, Device: open(q.name)}, q.tag)
			}
		}
	}
}

// flows loads a flow table in ovs-ofctl's text.
func (h *testHost) flows(t testing.TB, bridge, text string) {
	t.Helper()
	p := h.Ofproto(bridge)
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		fm := parseFlow(t, line)
		if err := p.tables.Apply(fm, h.clock.Now()); err != nil {
			t.Fatal(line, err)
		}
	}
}

func (h *testHost) command(name string, args ...string) string {
	s := ""
	for _, c := range h.Commands() {
		if c.Name == name {
			done := make(chan string, 1)
			_ = done
		}
	}
	switch name {
	case "ofproto/trace":
		t, err := h.parseTrace(args)
		if err != nil {
			return err.Error() + "\n"
		}
		s = h.trace(t)
	}
	return s + "\n"
}

// parseFlow reads one flow as ovs-ofctl add-flow does.
func parseFlow(t testing.TB, line string) *openflow.FlowMod {
	t.Helper()
	fm, err := readFlow(line)
	if err != nil {
		t.Fatal(line, err)
	}
	return fm
}

func readFlow(line string) (*openflow.FlowMod, error) {
	fm := &openflow.FlowMod{Command: openflow.FlowAdd, Priority: openflow.DefaultPriority, Table: openflow.TableAny,
		OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Buffer: openflow.NoBuffer}
	i := strings.Index(line, "actions=")
	if i < 0 {
		return nil, errors.New("no actions")
	}
	acts, _, err := openflow.ParseActions(line[i+len("actions="):], nil)
	if err != nil {
		return nil, err
	}
	// The way over the wire turns some spellings into others.
	if fm.Actions, err = openflow.DecodeActions(openflow.EncodeActions(nil, acts, openflow.V10), openflow.V10, nil); err != nil {
		return nil, err
	}
	var match []string
	for _, w := range strings.FieldsFunc(line[:i], func(r rune) bool { return r == ',' || r == ' ' }) {
		k, v, _ := strings.Cut(w, "=")
		n, _ := strconv.ParseUint(v, 0, 64)
		switch k {
		case "table":
			fm.Table = uint8(n)
		case "priority":
			fm.Priority = uint16(n)
		case "cookie":
			fm.NewCookie = n
		case "idle_timeout":
			fm.IdleTimeout = uint16(n)
		case "hard_timeout":
			fm.HardTimeout = uint16(n)
		case "n_packets", "n_bytes", "idle_age", "hard_age":
		default:
			match = append(match, w)
		}
	}
	m, err := flow.ParseMatch(strings.Join(match, ","), nil)
	if err != nil {
		return nil, err
	}
	m.Normalize()
	fm.Match = m
	_, err = openflow.Check(fm.Actions, &fm.Match, openflow.CheckParams{})
	return fm, err
}

// recircIDs and meterIDs are numbers that both sides give out as they like.
var (
	recircIDs = regexp.MustCompile(`recirc(_id=(?:0x)?|\(0x)[1-9a-f][0-9a-f]*`)
	meterIDs  = regexp.MustCompile(`meter\([0-9]+\)`)
)

func compareTrace(t *testing.T, r *reference, h *testHost, args ...string) bool {
	t.Helper()
	want, _ := r.try("ovs-appctl", append([]string{"ofproto/trace"}, args...)...)
	got := h.command("ofproto/trace", args...)
	want = strings.TrimSuffix(want, "ovs-appctl: ovs-vswitchd: server returned an error\n")
	want = strings.TrimRight(want, "\n")
	got = strings.TrimRight(got, "\n")
	got, want = recircIDs.ReplaceAllString(got, "recirc${1}N"), recircIDs.ReplaceAllString(want, "recirc${1}N")
	got, want = meterIDs.ReplaceAllString(got, "meter(N)"), meterIDs.ReplaceAllString(want, "meter(N)")
	if got != want {
		if strings.Count(got, "\n") < 40 {
			t.Errorf("trace %q\n--- ours\n%s\n--- reference\n%s", args, got, want)
			return false
		}
		g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
		i := 0
		for i < len(g) && i < len(w) && g[i] == w[i] {
			i++
		}
		t.Errorf("trace %q\nline %d\n--- ours\n%s\n--- reference\n%s", args, i, strings.Join(g[i:min(i+5, len(g))], "\n"), strings.Join(w[i:min(i+5, len(w))], "\n"))
		return false
	}
	return true
}

func seedFlows(t *testing.T) string {
	b, err := os.ReadFile("testdata/seed.flows")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTraceSeed(t *testing.T) {
	r := startReference(t)
	r.build(seedBridges)
	h := newTestHost(t)
	h.build(t, seedBridges)
	f := filepath.Join(t.TempDir(), "flows")
	os.WriteFile(f, []byte(seedFlows(t)), 0o644)
	r.run("ovs-ofctl", "add-flows", "br-tun", f)
	h.flows(t, "br-tun", seedFlows(t))

	rnd := rand.New(rand.NewPCG(1, 1))
	macs := []string{"fa:16:3e:d3:4f:c1", "fa:16:3e:f4:18:f5", "fa:16:3e:2f:e7:eb", "fa:16:3f:45:5e:f9", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "01:80:c2:00:00:00", "00:00:00:00:00:05"}
	ips := []string{"192.168.1.1", "192.168.1.6", "192.168.1.9", "192.168.1.12"}
	pick := func(s []string) string { return s[rnd.IntN(len(s))] }
	bad := 0
	for i := 0; i < 250 && bad < 5; i++ {
		br := pick([]string{"br-tun", "br-tun", "br-int"})
		k := fmt.Sprintf("in_port=%d,dl_src=%s,dl_dst=%s", rnd.IntN(6)+1, pick(macs), pick(macs))
		if rnd.IntN(3) == 0 {
			k += fmt.Sprintf(",dl_vlan=%d", rnd.IntN(3))
		}
		if rnd.IntN(3) == 0 {
			k += pick([]string{",tun_id=0x138f", ",tun_id=5"})
		}
		switch rnd.IntN(6) {
		case 0, 1:
			k += fmt.Sprintf(",arp,arp_op=%d,arp_spa=%s,arp_tpa=%s,arp_sha=%s", rnd.IntN(3), pick(ips), pick(ips), pick(macs))
		case 2:
			k += fmt.Sprintf(",tcp,nw_src=%s,nw_dst=%s,tp_src=%d,tp_dst=80", pick(ips), pick(ips), rnd.IntN(5))
		case 3:
			k += fmt.Sprintf(",icmp,nw_src=%s,nw_dst=%s,icmp_type=8", pick(ips), pick(ips))
		case 4:
			k += ",ipv6,ipv6_src=fe80::1,ipv6_dst=ff02::1,nw_proto=58,nw_ttl=255"
		}
		args := []string{br, k}
		if rnd.IntN(2) == 0 {
			args = append(args, "-generate")
		}
		if !compareTrace(t, r, h, args...) {
			bad++
		}
	}
}

// generator makes random flow tables and packets from a small universe, so that
// packets do match.
type generator struct {
	*rand.Rand
	ports []string
}

func (g *generator) pick(s ...string) string { return s[g.IntN(len(s))] }

var (
	testMACs = []string{"00:00:00:00:00:01", "00:00:00:00:00:02", "02:00:00:00:00:03", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "01:80:c2:00:00:0e"}
	testIPs  = []string{"10.0.0.1", "10.0.0.2", "10.0.1.1", "10.1.0.1", "192.168.0.1"}
)

func (g *generator) match() string {
	var m []string
	add := func(n int, f string, args ...any) {
		if g.IntN(n) == 0 {
			m = append(m, fmt.Sprintf(f, args...))
		}
	}
	add(3, "in_port=%s", g.pick(g.ports...))
	add(4, "dl_src=%s", g.pick(testMACs...))
	add(4, "dl_dst=%s%s", g.pick(testMACs...), g.pick("", "", "/01:00:00:00:00:00", "/ff:00:00:00:00:00"))
	add(6, "%s", g.pick("dl_vlan=1", "dl_vlan=2", "vlan_tci=0x0000", "vlan_tci=0x1000/0x1000", "dl_vlan_pcp=3", "vlan_tci=0x0001/0x0fff"))
	add(8, "reg%d=%d", g.IntN(3), g.IntN(3))
	add(8, "reg1=%d/3", g.IntN(3))
	add(8, "metadata=%d", g.IntN(2))
	add(8, "tun_id=%d", g.IntN(3))
	add(8, "ct_state=%s", g.pick("+trk", "-trk", "+trk+new", "+est", "+trk-inv"))
	add(12, "%s", g.pick("ct_mark=1/1", "ct_zone=1", "ct_label=5"))
	ip := func() string { return g.pick(testIPs...) + g.pick("", "", "/16", "/24", "/8", "/31") }
	switch g.IntN(8) {
	case 0, 1:
		m = append(m, g.pick("ip", "tcp", "udp", "icmp"))
		if g.IntN(2) == 0 {
			m = append(m, "nw_src="+ip())
		}
		if g.IntN(2) == 0 {
			m = append(m, "nw_dst="+ip())
		}
		if p := m[len(m)-1]; g.IntN(4) == 0 && p == "tcp" {
			m = append(m, "tcp_flags=+syn-ack")
		}
		if strings.Contains(strings.Join(m, ","), "tcp") && g.IntN(2) == 0 {
			m = append(m, fmt.Sprintf("tp_dst=%d%s", g.IntN(5)*64, g.pick("", "/0xffc0", "/0xff00")))
		}
		if strings.Contains(strings.Join(m, ","), "udp") && g.IntN(2) == 0 {
			m = append(m, fmt.Sprintf("tp_src=%d", g.IntN(3)))
		}
		add(6, "nw_ttl=%d", g.IntN(3))
		add(6, "nw_tos=%d", g.IntN(3)*4)
		add(6, "nw_frag=%s", g.pick("no", "first", "later", "yes"))
	case 2:
		m = append(m, "arp")
		add(2, "arp_tpa=%s", ip())
		add(3, "arp_op=%d", g.IntN(3))
	case 3:
		m = append(m, g.pick("ipv6", "tcp6"))
		add(2, "ipv6_dst=fe80::%d%s", g.IntN(4), g.pick("", "/64", "/126"))
	case 4:
		m = append(m, g.pick("mpls", "mplsm"))
		add(2, "mpls_label=%d", g.IntN(3))
		add(3, "mpls_bos=%d", g.IntN(2))
		add(4, "mpls_tc=%d", g.IntN(3))
	}
	return strings.Join(m, ",")
}

func (g *generator) action(table int) string {
	mac, ip := g.pick(testMACs...), g.pick(testIPs...)
	port := g.pick(append([]string{"LOCAL", "IN_PORT", "NORMAL", "77"}, g.ports...)...)
	switch g.IntN(42) {
	case 40, 41: // only to later tables: the reference follows a packet round for ever
		return fmt.Sprintf("ct(%s%s%s%s)", g.pick("", "commit,", "commit,force,"), g.pick("", "zone=1,", "zone=NXM_NX_REG0[0..15],", "zone=NXM_OF_IN_PORT[],"),
			g.pick("", "", "nat,", "exec(load:1->NXM_NX_CT_MARK[0..3]),", "exec(move:NXM_NX_REG1[]->NXM_NX_CT_MARK[],set_field:0x5/0xff->ct_label),", "nat(src=10.0.0.9),", "nat(dst=10.0.0.8:7-9,random),alg=ftp,"),
			g.pick("", fmt.Sprintf("table=%d", table+1+g.IntN(2))))
	case 0, 1, 2, 3, 4:
		return "output:" + port
	case 6, 7, 8, 9:
		return fmt.Sprintf("resubmit(%s,%s)", g.pick("", "", g.pick(g.ports...)), strconv.Itoa(table+g.IntN(3)))
	case 10:
		return g.pick("mod_dl_src:", "mod_dl_dst:") + mac
	case 11:
		return g.pick("mod_nw_src:", "mod_nw_dst:") + ip
	case 12:
		return g.pick("mod_tp_src:", "mod_tp_dst:") + strconv.Itoa(g.IntN(3))
	case 13:
		return "mod_vlan_vid:" + strconv.Itoa(g.IntN(4))
	case 14:
		return "mod_vlan_pcp:" + strconv.Itoa(g.IntN(8))
	case 15:
		return "strip_vlan"
	case 16:
		return "push_vlan:0x8100"
	case 17:
		return "mod_nw_tos:" + strconv.Itoa(g.IntN(4)*4)
	case 18:
		return g.pick("dec_ttl", "mod_nw_ttl:9", "mod_nw_ecn:2")
	case 19:
		return fmt.Sprintf("set_tunnel:%d", g.IntN(3))
	case 20, 21:
		return fmt.Sprintf("load:%d->NXM_NX_REG%d[%s]", g.IntN(3), g.IntN(3), g.pick("", "0..3", "1..2"))
	case 22:
		return fmt.Sprintf("move:NXM_NX_REG%d[0..15]->NXM_NX_REG%d[%s]", g.IntN(3), g.IntN(3), g.pick("0..15", "16..31"))
	case 23:
		return g.pick("move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]", "move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]", "move:NXM_OF_ETH_SRC[0..15]->NXM_NX_REG0[0..15]",
			"move:NXM_NX_REG0[0..11]->NXM_OF_VLAN_TCI[0..11]", "move:NXM_OF_IN_PORT[]->NXM_NX_REG1[0..15]", "move:NXM_OF_TCP_DST[]->NXM_OF_TCP_SRC[]", "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]")
	case 24:
		return g.pick("load:0x2->NXM_OF_ARP_OP[]", "load:0x5->NXM_OF_ETH_DST[0..15]", "load:0x3->NXM_OF_VLAN_TCI[0..11]", "load:0x1003->NXM_OF_VLAN_TCI[]", "load:0->NXM_OF_VLAN_TCI[]",
			"load:9->NXM_OF_IP_TOS[2..7]", "load:0x7->OXM_OF_METADATA[]", "load:0x102->NXM_OF_IP_SRC[16..31]", "load:3->NXM_OF_IN_PORT[]", "load:0->NXM_OF_IN_PORT[]", "load:5->NXM_NX_PKT_MARK[]")
	case 25:
		return g.pick("note:01.02", "exit", "set_queue:3", "pop_queue", "fin_timeout(idle_timeout=5)")
	case 26:
		return g.pick("push:NXM_NX_REG0[]", "push:NXM_OF_ETH_SRC[]", "pop:NXM_NX_REG1[]", "pop:NXM_OF_ETH_DST[]")
	case 27:
		return "clone(mod_dl_src:" + mac + ",output:" + port + ")"
	case 28:
		return "output:NXM_NX_REG1[0..15]"
	case 29:
		return fmt.Sprintf("enqueue:%s:%d", g.pick(g.ports...), g.IntN(3))
	case 30, 31:
		return fmt.Sprintf("learn(table=%d,priority=%d,%s%s%s)", table+1+g.IntN(3), 10+g.IntN(3), g.pick("", "idle_timeout=100,", "hard_timeout=60,cookie=0x7,"),
			g.pick("NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]", "NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]", "in_port=2", "eth_type=0x800,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[]"),
			g.pick("", ",output:NXM_OF_IN_PORT[]", ",load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15]", ",load:5->NXM_NX_REG2[]"))
	case 32:
		return "resubmit:" + g.pick(g.ports...)
	case 33:
		return g.pick("push_mpls:0x8847", "push_mpls:0x8848", "pop_mpls:0x0800", "pop_mpls:0x86dd", "pop_mpls:0x8847", "pop_mpls:0x0806")
	case 34:
		return g.pick("set_mpls_label(7)", "set_mpls_ttl(9)", "dec_mpls_ttl", "set_mpls_tc(3)", "load:5->OXM_OF_MPLS_LABEL[]", "move:OXM_OF_MPLS_LABEL[]->NXM_NX_REG0[0..19]")
	case 35:
		return fmt.Sprintf("check_pkt_larger(%d)->NXM_NX_REG%d[%d]", 64+g.IntN(3), g.IntN(3), g.IntN(2))
	case 36:
		return fmt.Sprintf("output(port=%s,max_len=%d)", g.pick(append([]string{"LOCAL", "IN_PORT"}, g.ports...)...), 64+g.IntN(3))
	case 37:
		return g.pick("sample(probability=100,collector_set_id=1)", "ct_clear", fmt.Sprintf("clone(output(port=%s,max_len=80),mod_dl_dst:%s,output:%s)", g.pick(g.ports...), mac, port))
	}
	return "resubmit(," + strconv.Itoa(table+1) + ")"
}

func (g *generator) flow() string {
	table := g.IntN(5)
	if g.IntN(6) == 0 {
		s := fmt.Sprintf("table=%d,priority=%d", table, g.IntN(6)*10)
		id := 1 + g.IntN(2)
		if g.IntN(3) == 0 {
			return fmt.Sprintf("%s,conj_id=%d%s,actions=%s", s, id, g.pick("", ",ip", ",in_port=1"), g.action(table))
		}
		if m := g.match(); m != "" {
			s += "," + m
		}
		return fmt.Sprintf("%s,actions=conjunction(%d,%d/2)%s", s, id, 1+g.IntN(2), g.pick("", fmt.Sprintf(",conjunction(%d,%d/2)", 3-id, 1+g.IntN(2))))
	}
	var acts []string
	for range g.IntN(6) {
		acts = append(acts, g.action(table))
	}
	if len(acts) == 0 {
		acts = []string{"drop"}
	}
	s := fmt.Sprintf("table=%d,priority=%d", table, g.IntN(6)*10)
	if m := g.match(); m != "" {
		s += "," + m
	}
	return s + ",actions=" + strings.Join(acts, ",")
}

func (g *generator) packet() string {
	k := fmt.Sprintf("in_port=%s,dl_src=%s,dl_dst=%s", g.pick(g.ports...), g.pick(testMACs[:3]...), g.pick(testMACs...))
	if g.IntN(3) == 0 {
		k += fmt.Sprintf(",dl_vlan=%d,dl_vlan_pcp=%d", g.IntN(3), g.IntN(2)*3)
	}
	if g.IntN(4) == 0 {
		k += fmt.Sprintf(",tun_id=%d", g.IntN(3))
	}
	if g.IntN(6) == 0 {
		k += fmt.Sprintf(",reg%d=%d,metadata=%d", g.IntN(3), g.IntN(3), g.IntN(2))
	}
	l3 := func() string {
		return fmt.Sprintf("nw_src=%s,nw_dst=%s,nw_ttl=%d,nw_tos=%d", g.pick(testIPs...), g.pick(testIPs...), g.IntN(3), g.IntN(3)*4)
	}
	switch g.IntN(9) {
	case 8:
		k += fmt.Sprintf(",%s,mpls_label=%d,mpls_tc=%d,mpls_ttl=%d,mpls_bos=%d", g.pick("mpls", "mplsm"), g.IntN(3), g.IntN(3), g.IntN(3), g.IntN(4)&1|g.IntN(2))
	case 0:
		k += fmt.Sprintf(",arp,arp_op=%d,arp_spa=%s,arp_tpa=%s", g.IntN(3), g.pick(testIPs...), g.pick(testIPs...))
	case 1, 2:
		k += ",tcp," + l3() + fmt.Sprintf(",tp_src=%d,tp_dst=%d,tcp_flags=%s", g.IntN(3), g.IntN(5)*64+g.IntN(2), g.pick("syn", "ack", "0", "fin"))
	case 3:
		k += ",udp," + l3() + fmt.Sprintf(",udp_src=%d,udp_dst=%d", g.IntN(3), g.IntN(300))
	case 4:
		k += ",icmp," + l3() + ",icmp_type=8"
	case 5:
		k += ",ip,nw_proto=6," + l3() + ",nw_frag=" + g.pick("first", "later")
	case 6:
		k += fmt.Sprintf(",tcp6,ipv6_src=fe80::9,ipv6_dst=fe80::%d,tp_dst=%d,nw_ttl=%d", g.IntN(4), g.IntN(3)*64, g.IntN(3))
	}
	return k
}

var randomBridges = []bridgeDef{
	{"brA", true, []portDef{{"p31", "", 1, -1}, {"p32", "", 2, -1}, {"pa", "pb", 3, -1}, {"p33", "", 4, -1}}},
	{"brB", false, []portDef{{"pb", "pa", 1, -1}, {"p41", "", 2, 1}, {"p42", "", 3, 2}, {"p43", "", 4, -1}, {"p44", "", 5, 1}}},
}

// sameFlows gives a bridge of both switches those of the flows that the reference
// says make sense.
func sameFlows(t *testing.T, r *reference, h *testHost, br string, lines []string) {
	t.Helper()
	f := filepath.Join(t.TempDir(), "flows")
	r.run("ovs-ofctl", "del-flows", br)
	h.Ofproto(br).tables.Flush()
	var ok []string
	os.WriteFile(f, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
	if _, err := r.try("ovs-ofctl", "add-flows", br, f); err == nil {
		ok = lines
	} else {
		r.run("ovs-ofctl", "del-flows", br)
		for _, l := range lines {
			if _, err := r.try("ovs-ofctl", "add-flow", br, l); err == nil {
				ok = append(ok, l)
			}
		}
	}
	h.flows(t, br, strings.Join(ok, "\n"))
}

// TestTraceRandom compares translations of random packets through random tables.
// OFPROTO_SEED and OFPROTO_PIPELINES make it run other ones, or more.
func TestTraceRandom(t *testing.T) {
	r := startReference(t)
	r.build(randomBridges)
	h := newTestHost(t)
	h.build(t, randomBridges)
	seed, _ := strconv.ParseUint(os.Getenv("OFPROTO_SEED"), 10, 64)
	pipelines, _ := strconv.Atoi(os.Getenv("OFPROTO_PIPELINES"))
	if pipelines == 0 {
		pipelines = 6
	}
	total := 0
	for n := range pipelines {
		g := &generator{Rand: rand.New(rand.NewPCG(seed+uint64(n), 77)), ports: []string{"1", "2", "3", "4"}}
		for _, br := range []string{"brA", "brB"} {
			var lines []string
			for range 10 + g.IntN(25) {
				lines = append(lines, g.flow())
			}
			if br == "brB" {
				lines = append(lines, "table=0,priority=1,actions=NORMAL")
			}
			sameFlows(t, r, h, br, lines)
		}
		r.run("ovs-appctl", "fdb/flush")
		for _, br := range []string{"brA", "brB"} {
			h.Ofproto(br).macs.Flush()
		}
		bad := 0
		for i := 0; i < 40 && bad < 2; i++ {
			args := []string{g.pick("brA", "brB"), g.packet()}
			if g.IntN(2) == 0 {
				args = append(args, "-generate")
			}
			total++
			if !compareTrace(t, r, h, args...) {
				bad++
			}
		}
		if bad > 0 {
			t.Logf("pipeline seed %d:\n%s\n%s", seed+uint64(n), r.run("ovs-ofctl", "dump-flows", "brA", "--no-stats"), r.run("ovs-ofctl", "dump-flows", "brB", "--no-stats"))
		}
		if t.Failed() {
			break
		}
	}
	t.Logf("%d traces", total)
}

// TestTraceErrors compares what bad arguments get, and flows in the datapath's words.
func TestTraceErrors(t *testing.T) {
	r := startReference(t)
	r.build(seedBridges)
	h := newTestHost(t)
	h.build(t, seedBridges)
	for _, args := range [][]string{
		{"xx", "in_port=1"},
		{"br-int", "foo"},
		{"br-int", "in_port=1", "zz"},
		{"br-int", "in_port=1", "zz", "-generate"},
		{"br-int", "in_port=1", "--frob"},
		{"br-int", "in_port=1", "1", "2", "3"},
		{"in_port=1"},
		{"br-int", "in_port=1", "--l7-len", "70000"},
		{"br-int", "in_port=1", "--l7-len"},
		{"br-int", "in_port=2", "50540000000a505400000009123400"},
		{"br-int", "in_port=p22,icmp"},
		{"br-int", "in_port=2,tcp", "--l7", "01020304", "-generate"},
		{"recirc_id(0),in_port(21),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800),ipv4(src=1.2.3.4,dst=5.6.7.8,proto=6,tos=0,ttl=64,frag=no),tcp(src=1,dst=2)"},
		{"recirc_id(0),in_port(1),eth(),eth_type(0x800)"},
		{"ovs-system", "in_port(21),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)"},
		{"in_port(99),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x1234)"},
		{"in_port(21),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x8100),vlan(vid=5,pcp=1),encap(eth_type(0x0800))"},
	} {
		compareTrace(t, r, h, args...)
	}
}
