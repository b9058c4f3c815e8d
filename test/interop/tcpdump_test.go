package interop

import (
	"bufio"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/tools/lab"
)

// TestTcpdump has our ovs-tcpdump look at a port of either switch while two
// hosts talk. Nothing is left afterwards, however it ends.
func TestTcpdump(t *testing.T) {
	o, d := ours(t), debian(t)
	for _, side := range []struct {
		name   string
		daemon lab.Maker
	}{{"ours", o}, {"debian", d}} {
		t.Run(side.name, func(t *testing.T) {
			s := start(t, side.daemon, &side.daemon)
			s.must(o, "ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
			hosts, ports := s.hosts()
			for i, p := range ports {
				s.must(o, "ovs-vsctl", "add-port", "br0", p)
				if err := hosts[i].Up("e0"); err != nil {
					t.Fatal(err)
				}
				if err := s.NS.Up(p); err != nil {
					t.Fatal(err)
				}
			}
			reach(t, hosts[0], "10.9.0.2")
			before := s.must(o, "ovs-vsctl", "show")

			// Packets for as long as somebody looks.
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			go hosts[0].Ping(ctx, netip.MustParseAddr("10.9.0.2"), 400, 50*time.Millisecond, time.Second)

			got := s.Run(o, "ovs-tcpdump", "-i", ports[0], "-n", "-c", "4", "icmp")
			for _, want := range []string{"10.9.0.1 > 10.9.0.2: ICMP echo request", "10.9.0.2 > 10.9.0.1: ICMP echo reply"} {
				if !strings.Contains(got.Out, want) || got.Code != 0 {
					t.Fatalf("status %d, want %q in\n%s%s", got.Code, want, got.Out, got.Err)
				}
			}
			if got := s.Run(o, "ovs-tcpdump", "-i", "nosuch"); got.Code != 1 || got.Err != "ERROR: Port nosuch does not exist.\n" {
				t.Errorf("%+v", got)
			}
			if got := s.Run(o, "ovs-tcpdump", "-n"); got.Code != 1 || got.Err != "Error: must at least specify an interface with '-i' option\n" {
				t.Errorf("%+v", got)
			}
			if got := s.Run(o, "ovs-tcpdump", "--dump-cmd", "/nonexistent", "-i", ports[0]); got.Code != 1 || got.Err != "ERROR: unable to execute '/nonexistent' (check PATH)\n" {
				t.Errorf("%+v", got)
			}

			// Interrupted.
			cmd := exec.Command(o.Program("ovs-tcpdump"), "-i", ports[1], "--span", "--mirror-to", "copies", "-n", "icmp")
			cmd.Env = append(os.Environ(), "OVS_RUNDIR="+s.path("run"))
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := s.NS.Start(cmd); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			if !lines.Scan() {
				t.Error("no packet was seen")
			}
			if busy := s.Run(o, "ovs-tcpdump", "-i", ports[1]); busy.Code != 1 || !strings.HasSuffix(busy.Err, "exists for port "+ports[1]+".\n") {
				t.Errorf("%+v", busy)
			}
			cmd.Process.Signal(syscall.SIGINT)
			for lines.Scan() {
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("interrupted: %v", err)
			}
			if after := s.must(o, "ovs-vsctl", "show"); after != before {
				t.Errorf("left behind:\n%s", after)
			}
			if left := s.must(o, "ovs-vsctl", "list", "mirror"); left != "" {
				t.Errorf("left behind:\n%s", left)
			}
		})
	}
}
