package vswitchd_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/cli"
	"govs/ovsdb"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
	"govs/stream"
	"govs/tools/vsctl"
	"govs/vswitchd"
)

// A sw is a switch with dummy datapath and ports in the test's own process, with
// its database server.
type sw struct {
	t      *testing.T
	remote string
}

func newSwitch(t *testing.T) *sw {
	t.Helper()
	return startSwitch(t, "override")
}

// startSwitch is newSwitch with another mode of --enable-dummy.
func startSwitch(t *testing.T, dummy string) *sw {
	t.Helper()
	dir, err := os.MkdirTemp("", "sw") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("OVS_RUNDIR", dir)
	srv := server.New(server.Config{})
	if err := srv.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil)); err != nil {
		t.Fatal(err)
	}
	l, err := stream.Listen("punix:" + filepath.Join(dir, "db.sock"))
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close(); l.Close() })

	s := &sw{t: t, remote: "unix:" + filepath.Join(dir, "db.sock")}
	cfg := vswitchd.Config{Remote: s.remote, RunDir: dir, Dial: func(context.Context, string) (net.Conn, error) {
		a, b := net.Pipe()
		go srv.ServeConn(b, "test", server.SessionOptions{})
		return a, nil
	}}
	if err := cfg.EnableDummy(dummy); err != nil {
		t.Fatal(err)
	}
	d, err := vswitchd.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the switch does not stop")
		}
	})
	return s
}

// try runs ovs-vsctl and returns what it prints, errors behind the output, and
// its exit status.
func (s *sw) try(args string) (string, int) {
	var out, errs bytes.Buffer
	argv := append([]string{"ovs-vsctl", "--db=" + s.remote, "--timeout=10", "--no-syslog"}, strings.Fields(args)...)
	code := vsctl.Main(argv, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs})
	return out.String() + errs.String(), code
}

// vsctl runs ovs-vsctl, which must succeed, and returns its output.
func (s *sw) vsctl(args string) string {
	s.t.Helper()
	out, code := s.try(args)
	if code != 0 {
		s.t.Fatalf("ovs-vsctl %s: exit status %d: %s", args, code, out)
	}
	return strings.TrimSuffix(out, "\n")
}

// want checks what a command prints.
func (s *sw) want(args, want string) {
	s.t.Helper()
	if got := s.vsctl(args); got != want {
		s.t.Errorf("ovs-vsctl %s: got %q, want %q", args, got, want)
	}
}

func TestPortNumbers(t *testing.T) {
	s := newSwitch(t)
	s.vsctl("add-br br0")
	s.vsctl("add-port br0 p1 -- set interface p1 ofport_request=5 -- add-port br0 p2")
	s.want("get interface p1 ofport", "5")
	if got := s.vsctl("get interface p2 ofport"); got == "5" || got == "[]" || got == "-1" {
		t.Errorf("p2 has number %s", got)
	}
	s.want("get interface br0 ofport", "65534")
	// A request is honoured on a live port.
	s.vsctl("set interface p1 ofport_request=9")
	s.want("get interface p1 ofport", "9")
	s.vsctl("del-port p1 -- add-port br0 p3 -- set interface p3 ofport_request=9")
	s.want("get interface p3 ofport", "9")
	// Who asks for nothing gives up its number to one who asks for it, and who
	// has what it asked for keeps it.
	s.vsctl("add-br br1 -- add-port br1 a")
	s.want("get interface a ofport", "1")
	s.vsctl("add-port br1 b -- set interface b ofport_request=1")
	s.want("get interface b ofport", "1")
	if got := s.vsctl("get interface a ofport"); got == "1" || got == "-1" {
		t.Errorf("a has number %s", got)
	}
	s.vsctl("add-port br1 c -- set interface c ofport_request=1")
	s.want("get interface b ofport", "1")
	if got := s.vsctl("get interface c ofport"); got == "1" || got == "-1" {
		t.Errorf("c has number %s", got)
	}
	s.vsctl("del-port b") // now c gets it
	s.want("get interface c ofport", "1")
	s.vsctl("set interface a ofport_request=3 -- set interface c ofport_request=4")
	s.vsctl("set interface a ofport_request=4 -- set interface c ofport_request=3")
	s.want("get interface a ofport", "4")
	s.want("get interface c ofport", "3")
	// The handshake is over when the command returns.
	if next, cur := s.vsctl("get open . next_cfg"), s.vsctl("get open . cur_cfg"); next != cur {
		t.Errorf("next_cfg %s, cur_cfg %s", next, cur)
	}
}

func TestInterfaceErrors(t *testing.T) {
	s := startSwitch(t, "") // with "override" tunnels are dummies, too
	s.vsctl("add-br br0 -- set bridge br0 datapath_type=dummy")
	tests := []struct{ set, err string }{
		{"type=patch", "x: patch type requires valid 'peer' argument"},
		{"type=patch options:peer=x", "x: patch peer must not be self"},
		{"type=bogus", "could not open network device x (Address family not supported by protocol)"},
		{"type=vxlan", "x: vxlan type requires valid 'remote_ip' argument"},
		{"type=vxlan options:remote_ip=bogus", "x: bad vxlan 'remote_ip'\nx: vxlan type requires valid 'remote_ip' argument"},
	}
	for _, tt := range tests {
		out, code := s.try("add-port br0 x -- set interface x " + tt.set)
		if code != 65 || !strings.Contains(out, "Error detected while setting up 'x': "+tt.err) {
			t.Errorf("%s: exit status %d, %q", tt.set, code, out)
		}
		s.want("get interface x ofport", "-1")
		s.want("get interface x link_state", "[]")
		s.vsctl("del-port x")
	}
	// The same tunnel twice, on a port that nobody else has.
	c, err := net.ListenUDP("udp", nil)
	if err != nil {
		t.Fatal(err)
	}
	vxlan := fmt.Sprintf(" type=vxlan options:dst_port=%d options:remote_ip=192.0.2.1", c.LocalAddr().(*net.UDPAddr).Port)
	c.Close()
	s.vsctl("add-port br0 v1 -- set interface v1" + vxlan)
	out, _ := s.try("add-port br0 v2 -- set interface v2" + vxlan)
	if !strings.Contains(out, "could not add network device v2 to ofproto (File exists)") {
		t.Errorf("second tunnel: %q", out)
	}
	// What was wrong is mended without adding the port again.
	s.vsctl("set interface v2 options:remote_ip=192.0.2.2")
	s.want("get interface v2 error", "[]")
}

func TestPatchPeers(t *testing.T) {
	s := newSwitch(t)
	s.vsctl("add-br a -- add-br b")
	s.vsctl("add-port a pa -- set interface pa type=patch options:peer=pb") // not an error
	s.want("get interface pa error", `"No usable peer 'pb' exists in 'system' datapath."`)
	s.want("get interface pa ofport", "1")
	s.vsctl("add-port b pb -- set interface pb type=patch options:peer=pa")
	s.want("get interface pa error", "[]")
	s.want("get interface pb error", "[]")
	s.want("get interface pb link_state", "up")
}

func TestPortMovesBetweenBridges(t *testing.T) {
	s := newSwitch(t)
	s.vsctl("add-br a -- add-br b -- add-port a p")
	s.vsctl("del-port a p -- add-port b p")
	s.want("list-ports b", "p")
	s.want("get interface p error", "[]")
	s.want("get interface p ofport", "1")
	s.vsctl("del-br a -- del-br b")
	s.want("list-br", "")
}

func TestBridgeIdentity(t *testing.T) {
	s := newSwitch(t)
	s.vsctl("add-br br0 -- set bridge br0 other_config:datapath-id=0123456789abcdef other_config:hwaddr=00:11:22:33:44:55")
	s.want("get bridge br0 datapath_id", `"0123456789abcdef"`)
	s.want("get interface br0 mac_in_use", `"00:11:22:33:44:55"`)
	s.vsctl("remove bridge br0 other_config datapath-id")
	s.want("get bridge br0 datapath_id", `"0000001122334455"`)
	out, code := s.try("add-br br1 -- set bridge br1 datapath_type=bogus")
	if code != 0 && code != 65 {
		t.Errorf("unknown datapath type: exit status %d: %s", code, out)
	}
	s.want("get bridge br1 datapath_id", "[]")
	for _, typ := range []string{"dummy", "netdev", "system"} {
		if types := s.vsctl("get open . datapath_types"); !strings.Contains(types, typ) {
			t.Errorf("datapath_types %s lacks %s", types, typ)
		}
	}
}
