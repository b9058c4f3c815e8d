package interop

import (
	"strings"
	"testing"
	"time"

	"govs/test/sandbox"
)

// TestFlowRestoreWait starts both makers' switches with flow-restore-wait set:
// packets are dropped and no controller is called until it is taken away, and
// after that it has no effect.
func TestFlowRestoreWait(t *testing.T) {
	const frame = "in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=1.1.1.1,dst=2.2.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)"
	for _, m := range []sandbox.Maker{sandbox.Reference(t), {Name: "govs", Program: ours(t).Program}} {
		t.Run(m.Name, func(t *testing.T) {
			s := sandbox.Start(t, m, sandbox.Config{Dummy: "override", NoSwitch: true, Args: []string{"--disable-system"}})
			s.Must("ovs-vsctl", "--no-wait", "set", "Open_vSwitch", ".", "other_config:flow-restore-wait=true",
				"--", "add-br", "br0", "--", "set-fail-mode", "br0", "secure", "--", "set-controller", "br0", "unix:"+s.Dir+"/none",
				"--", "add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy", "ofport_request=1")
			s.StartSwitch()
			send := func(want string) {
				t.Helper()
				if out, ok := s.Appctl("netdev-dummy/receive", "p1", frame); !ok {
					t.Fatal(out)
				}
				flow := ""
				for range 100 { // the reference's revalidators do not run yet, so that none can be awaited
					_, flow, _ = strings.Cut(s.Must("ovs-ofctl", "dump-flows", "br0"), "n_packets=")
					flow, _, _ = strings.Cut(flow, ",")
					if flow == want {
						break
					}
					time.Sleep(20 * time.Millisecond)
				}
				if flow != want {
					t.Errorf("n_packets=%s, want %s", flow, want)
				}
			}
			connected := func() string {
				return strings.TrimSpace(s.Must("ovs-vsctl", "get", "controller", "br0", "status"))
			}
			s.Must("ovs-ofctl", "add-flow", "br0", "actions=drop")
			s.Appctl("netdev-dummy/receive", "p1", frame)
			time.Sleep(200 * time.Millisecond)
			send("0")
			time.Sleep(200 * time.Millisecond)
			if st := connected(); strings.Contains(st, "last_error") {
				t.Errorf("a controller was called: %s", st)
			}
			s.Must("ovs-vsctl", "remove", "Open_vSwitch", ".", "other_config", "flow-restore-wait=true")
			// Tables start over when the first controller is called.
			time.Sleep(200 * time.Millisecond)
			s.Must("ovs-ofctl", "add-flow", "br0", "actions=drop")
			send("1")
			st := ""
			for range 400 { // the state is written every few seconds
				if st = connected(); strings.Contains(st, "last_error") {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			if !strings.Contains(st, "last_error") {
				t.Errorf("no controller was called: %s", st)
			}
			s.Must("ovs-vsctl", "set", "Open_vSwitch", ".", "other_config:flow-restore-wait=true")
			send("2")
		})
	}
}
