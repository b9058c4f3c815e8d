package interop

import (
	"strings"
	"testing"

	"govs/tools/lab"
)

// TestSwitchOnOthersDatabase runs each maker's switch on the other's database
// server: the database and its protocol are all they share.
func TestSwitchOnOthersDatabase(t *testing.T) {
	o, d := ours(t), debian(t)
	for _, tt := range []struct {
		name           string
		server, daemon lab.Maker
	}{{"Debian's switch on our database", o, d}, {"our switch on Debian's database", d, o}} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, tt.server, &tt.daemon)
			for _, tools := range []lab.Maker{o, d} {
				s.must(tools, "ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "--",
					"add-port", "br0", "p0", "--", "set", "interface", "p0", "type=internal", "ofport_request=4")
				if got := strings.TrimSpace(s.must(tools, "ovs-vsctl", "get", "interface", "p0", "ofport")); got != "4" {
					t.Errorf("ofport %s, want 4", got)
				}
				if !s.NS.Has("p0") {
					t.Error("there is no device p0")
				}
				s.must(tools, "ovs-ofctl", "add-flow", "br0", "table=3,in_port=4,actions=drop")
				if out := s.must(tools, "ovs-ofctl", "dump-flows", "br0", "table=3"); !strings.Contains(out, "in_port=4 actions=drop") {
					t.Errorf("the flow is missing:\n%s", out)
				}
				s.must(tools, "ovs-vsctl", "del-br", "br0")
				if s.NS.Has("br0") {
					t.Error("the device br0 stayed")
				}
			}
		})
	}
}
