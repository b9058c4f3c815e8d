package ofproto

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/daemon/unixctl"
)

// TestCommands compares control commands with the reference's.
func TestCommands(t *testing.T) {
	r := startReference(t)
	r.build(seedBridges)
	h := newTestHost(t)
	h.build(t, seedBridges)
	s := unixctl.NewServer("ovs-vswitchd")
	s.Register(h.Commands()...)
	const learn = "in_port=3,dl_src=00:00:00:00:00:07,dl_dst=ff:ff:ff:ff:ff:ff"
	ages := regexp.MustCompile(`duration=\d+s`)
	macAges := regexp.MustCompile(`(?m)((?:[0-9a-f]{2}:){5}[0-9a-f]{2}) +\d+$`)
	for _, line := range strings.Split(strings.TrimSpace(`
ofproto/list
fdb/show br-int
fdb/show nope
fdb/stats-show br-int
ofproto/trace br-int `+learn+` -generate
ofproto/trace br-int `+learn+`,dl_vlan=5 -generate
fdb/show br-int
fdb/stats-show br-int
fdb/add br-int p22 5 00:01:02:03:04:05
fdb/add br-int p24 5 00:01:02:03:04:05
fdb/show br-int
fdb/add br-int nop 5 00:01:02:03:04:05
fdb/add br-int p22 5 zz
fdb/del br-int 6 00:01:02:03:04:05
fdb/del br-int 5 00:01:02:03:04:05
fdb/del br-int 5 00:01:02:03:04:05
fdb/stats-show br-int
fdb/flush br-int
fdb/show br-int
fdb/flush
fdb/flush xx
fdb/stats-clear
fdb/stats-show br-int
fdb/stats-show
fdb/stats-show xx
dpif/dump-dps
dpif/show
dpif/dump-flows br-int
dpif/dump-flows xx
bridge/dump-flows br-int
bridge/dump-flows xx
revalidator/wait
revalidator/purge
revalidator/pause
revalidator/resume
ofproto/list-tunnels
tnl/ports/show
upcall/set-flow-limit 100
ofproto/trace-packet-out br-int in_port=2,tcp output:3,resubmit(,0)
ofproto/trace-packet-out br-int in_port=2 foo
`), "\n") {
		args := strings.Fields(line)
		want, err := r.try("ovs-appctl", args...)
		want = strings.TrimSuffix(want, "ovs-appctl: ovs-vswitchd: server returned an error\n")
		got, ok := s.Do(args[0], args[1:]...)
		if args[0] == "ofproto/list" { // in no order
			g, w := strings.Fields(got), strings.Fields(want)
			slices.Sort(g)
			slices.Sort(w)
			got, want = strings.Join(g, " "), strings.Join(w, " ")
		}
		got, want = ages.ReplaceAllString(got, "duration=Ds"), ages.ReplaceAllString(want, "duration=Ds")
		got, want = macAges.ReplaceAllString(got, "$1 A"), macAges.ReplaceAllString(want, "$1 A")
		// Internal ports of the reference's dummy datapath have another type.
		want = strings.ReplaceAll(want, "(dummy-internal)", "(internal)")
		if strings.TrimRight(got, "\n") != strings.TrimRight(want, "\n") || ok != (err == nil) {
			t.Errorf("%s\n--- ours (%v)\n%s\n--- reference (%v)\n%s", line, ok, got, err, want)
		}
	}
}
