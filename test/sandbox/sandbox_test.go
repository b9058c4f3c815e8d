package sandbox

import (
	"strings"
	"syscall"
	"testing"

	"govs/internal/netlab"
	"govs/internal/ovsref"
)

func TestMain(m *testing.M) { Main(m) }

// TestBoth starts a switch of either maker, inside a namespace and outside, and
// sees that nothing is left of it.
func TestBoth(t *testing.T) {
	ovsref.Root(t)
	for _, m := range []Maker{Ours(t), Reference(t)} {
		var ns *netlab.Namespace
		for range 2 {
			var pid int
			t.Run(m.Name, func(t *testing.T) {
				s := Start(t, m, Config{Dummy: "override", Namespace: ns})
				s.Must("ovs-vsctl", "add-br", "br0")
				if out := s.Must("ovs-vsctl", "list-br"); out != "br0\n" {
					t.Errorf("list-br printed %q", out)
				}
				if text, ok := s.Appctl("fdb/show", "br0"); !ok || !strings.Contains(text, "VLAN") {
					t.Errorf("fdb/show: %q %v", text, ok)
				}
				if text, ok := s.Appctl("fdb/show", "br1"); ok || text == "" {
					t.Errorf("fdb/show of no bridge: %q %v", text, ok)
				}
				if r := s.Run("ovs-vsctl", "br-exists", "br1"); r.Code != 2 {
					t.Errorf("br-exists: %+v", r)
				}
				pid = s.PID("ovs-vswitchd")
			})
			if pid != 0 && !gone(pid) {
				syscall.Kill(pid, syscall.SIGKILL)
				t.Errorf("%s: the switch is still there", m.Name)
			}
			if ns == nil {
				var err error
				if ns, err = netlab.New("govssbx" + m.Name[:2]); err != nil {
					t.Fatal(err)
				}
				defer func(ns *netlab.Namespace) {
					netlab.Clear(ns.Name)
					ns.Close()
				}(ns)
			}
		}
	}
}
