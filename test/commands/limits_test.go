package commands

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/test/sandbox"
)

// limitFlows returns flows by which packets of each Ethernet type from 0x1001 on come to
// another limit of translation.
func limitFlows() string {
	var b strings.Builder
	flow := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	double := func(table, n int, end string) {
		for i := table; i < table+n; i++ {
			flow("table=%d,actions=resubmit(,%d),resubmit(,%d)", i, i+1, i+1)
		}
		flow("table=%d,actions=%s", table+n, end)
	}
	flow("in_port=1,dl_type=0x1001,actions=resubmit(,1)")
	flow("table=1,actions=resubmit(,1)")
	flow("in_port=1,dl_type=0x1002,actions=resubmit(,20)")
	double(20, 16, "2")
	flow("in_port=1,dl_type=0x1003,actions=%s2", strings.Repeat("resubmit(,2),", 40))
	flow("table=2,actions=%snote:00", strings.Repeat("push:NXM_NX_XXREG0[],", 250))
	flow("in_port=1,dl_type=0x1004,actions=resubmit(,60)")
	double(60, 11, strings.Repeat("2,mod_dl_src:00:00:00:00:00:01,2,mod_dl_src:00:00:00:00:00:02,", 8)+"2")
	flow("in_port=1,dl_type=0x1005,actions=push_mpls:0x8847,push_mpls:0x8847,push_mpls:0x8847,push_mpls:0x8847,2")
	return b.String()
}

var ofXlateLine = regexp.MustCompile(`(?m)\|(ofproto_dpif_xlate(?:\([^)]*\))?\|WARN\|.*)$`)

// TestLimitsAreLogged lets packets come to the limits of translation: both switches say so
// in the same lines of their logs, the first times, and then how often they did not.
func TestLimitsAreLogged(t *testing.T) {
	ovsref.Root(t)
	var logs [2]string
	for i, m := range []sandbox.Maker{sandbox.Reference(t), sandbox.Ours(t)} {
		s := sandbox.Start(t, m, sandbox.Config{Dummy: "override"})
		s.Must("ovs-vsctl", strings.Fields("add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure")...)
		s.Must("ovs-vsctl", strings.Fields("add-port br0 p1 -- set interface p1 type=dummy ofport_request=1")...)
		s.Must("ovs-vsctl", strings.Fields("add-port br0 p2 -- set interface p2 type=dummy ofport_request=2")...)
		file := filepath.Join(s.Dir, "flows")
		if err := os.WriteFile(file, []byte(limitFlows()), 0o600); err != nil {
			t.Fatal(err)
		}
		s.Must("ovs-ofctl", "add-flows", "br0", file)
		s.Appctl("time/stop")
		receive := func(typ int) {
			seen := lookups(s)
			p := fmt.Sprintf("in_port(1),eth(src=50:00:00:00:00:01,dst=50:00:00:00:00:02),eth_type(%#x)", typ)
			if text, ok := s.Appctl("netdev-dummy/receive", "p1", p); !ok {
				t.Fatalf("%s: %s: %s", m.Name, p, text)
			}
			for n := 0; n < 500 && lookups(s) == seen; n++ {
				time.Sleep(10 * time.Millisecond)
			}
			s.Appctl("revalidator/purge") // so that the next one is translated, too
		}
		for range 4 {
			for typ := 0x1001; typ <= 0x1005; typ++ {
				receive(typ)
			}
		}
		s.Appctl("time/warp", "60000")
		receive(0x1001)
		log, err := os.ReadFile(filepath.Join(s.Dir, "ovs-vswitchd.log"))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range ofXlateLine.FindAllStringSubmatch(string(log), -1) {
			logs[i] += l[1] + "\n"
		}
	}
	if logs[0] != logs[1] {
		t.Errorf("--- reference\n%s--- govs\n%s", logs[0], logs[1])
	}
	t.Log(logs[0])
}
