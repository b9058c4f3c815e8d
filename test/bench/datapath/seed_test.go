package datapath

import (
	"context"
	"fmt"
	"os"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
	seed "govs/tools/lab"
)

// Rows that are two switches, one on each host of the seed's network.
const (
	seedOurs      = "govs, two hosts"
	seedReference = "OVS, two hosts"
)

// ours and reference are what the hosts run.
func ours(l *lab) seed.Maker { return seed.Maker{Program: sandbox.Ours(l.tb).Program} }

func reference(l *lab) seed.Maker {
	return seed.Maker{
		Program:      func(tool string) string { return ovsref.Path(l.tb, tool) },
		Schema:       ovsref.Schema(l.tb, "vswitch.ovsschema"),
		DatapathType: "netdev", PhyBridge: true, NoOffload: true,
	}
}

// twoHosts builds the seed's network: the load goes from VM2 on the one host
// through br-int, the tables of br-tun and a VXLAN tunnel to VM1 on the other.
func twoHosts(maker func(*lab) seed.Maker) func(*lab) {
	return func(l *lab) {
		m := maker(l)
		cfg := seed.Config{
			Prefix: fmt.Sprintf("govsbench%d-%ds", os.Getpid(), labs),
			Dir:    fmt.Sprintf("/tmp/govsbench%d-%d", os.Getpid(), labs),
			Makers: map[string]seed.Maker{"10.10.0.51": m, "10.10.0.52": m},
		}
		n, err := seed.Build(context.Background(), cfg)
		l.tb.Cleanup(func() { n.Close() })
		l.must(err)
		for _, h := range n.Hosts {
			pid := h.Pid("ovs-vswitchd")
			prefer(pid)
			l.pids = append(l.pids, pid)
		}
		from, to := n.Machines["vm2"], n.Machines["vm1"]
		l.a, l.b, l.out, l.in, l.dst = from.NS, to.NS, "eth0", "eth0", to.Addr()
		l.frame = loadFrame(from.MAC(), to.MAC(), from.Addr(), to.Addr())
		l.near = func() (*netlab.Namespace, string) { return n.Hosts[1].NS, from.Port() }
	}
}
