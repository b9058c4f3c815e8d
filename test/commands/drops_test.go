package commands

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"govs/internal/ovsref"
	"govs/test/sandbox"
)

// dropCounters are what both switches count of packets that go nowhere.
var dropCounters = strings.Fields(`
	drop_action_of_pipeline drop_action_bridge_not_found drop_action_recursion_too_deep drop_action_too_many_resubmit
	drop_action_stack_too_deep drop_action_no_recirculation_context drop_action_too_many_mpls_labels
	drop_action_unsupported_packet_type drop_action_congestion
	datapath_drop_meter datapath_drop_invalid_port datapath_drop_recirc_error datapath_drop_sample_error
	datapath_drop_nsh_decap_error datapath_drop_rx_invalid_packet datapath_drop_upcall_error
	datapath_drop_userspace_action_error`)

// Ethernet types of packets that 3.1 counts in another way.
const (
	toController = 0x100c // of what ends at a controller, which gets it, 3.1 counts an error
	noNSH        = 0x1024 // of what has no NSH header to pop it counts nothing
)

// dropFlows returns flows by which packets of port 1 are dropped, each Ethernet
// type in a way of its own.
func dropFlows() string {
	var b strings.Builder
	flow := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	flow("in_port=1,dl_type=0x1001,actions=drop")
	flow("in_port=1,dl_type=0x1002,actions=resubmit(,1)")
	flow("table=1,actions=resubmit(,1)")
	flow("in_port=1,dl_type=0x1003,actions=resubmit(,20)")
	for i := 20; i < 36; i++ {
		flow("table=%d,actions=resubmit(,%d),resubmit(,%d)", i, i+1, i+1)
	}
	flow("table=36,actions=2")
	pushes := strings.Repeat("push:NXM_NX_XXREG0[],", 250)
	flow("in_port=1,dl_type=0x1004,actions=%s2", strings.Repeat("resubmit(,4),", 40))
	flow("table=4,actions=%sexit", pushes)
	flow("in_port=1,dl_type=0x1005,actions=2")
	flow("in_port=1,dl_type=0x1006,actions=output:99")
	flow("in_port=1,dl_type=0x1007,actions=1")
	flow("in_port=1,dl_type=0x1008,actions=push_mpls:0x8847,push_mpls:0x8847,push_mpls:0x8847,push_mpls:0x8847,2")
	flow("in_port=1,dl_type=0x1009,actions=encap(nsh),encap(nsh),2")
	flow("in_port=1,dl_type=0x100a,actions=decap(),decap(),2")
	flow("in_port=1,dl_type=0x100b,actions=meter:1,2")
	flow("in_port=1,dl_type=%#x,actions=controller", toController)
	flow("in_port=1,dl_type=0x100d,actions=note:00")
	flow("in_port=1,ip,actions=ct(table=50)")
	flow("table=50,actions=ct_clear,resubmit(,0)")
	return b.String()
}

// byHand are flows of the datapath without an OpenFlow one.
var byHand = []struct {
	ethType uint16
	actions string
}{
	{0x1020, "77"},
	{0x1021, "sample(sample=0.0%,actions(2))"},
	{0x1023, "sample(sample=0.0%,actions(2)),2"},
	{0x1022, "recirc(119)"},
	{noNSH, "pop_nsh()"},
	{0x1025, "userspace(pid=0,userdata(010203))"},
}

// TestDrops sends the same packets into both switches: what becomes of them is
// counted under the same names, as often.
func TestDrops(t *testing.T) {
	ovsref.Root(t)
	switches := []*sandbox.Switch{
		sandbox.Start(t, sandbox.Reference(t), sandbox.Config{Dummy: "override"}),
		sandbox.Start(t, sandbox.Ours(t), sandbox.Config{Dummy: "override"}),
	}
	type counts map[string]string
	read := func(s *sandbox.Switch) counts {
		c := counts{}
		for _, name := range dropCounters {
			text, ok := s.Appctl("coverage/read-counter", name)
			if !ok {
				t.Errorf("%s: %s", s.Maker.Name, text)
			}
			c[name] = strings.TrimSpace(text)
		}
		return c
	}
	for _, s := range switches {
		s.Must("ovs-vsctl", strings.Fields("add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure")...)
		s.Must("ovs-vsctl", strings.Fields("add-port br0 p1 -- set interface p1 type=dummy ofport_request=1")...)
		s.Must("ovs-vsctl", strings.Fields("add-port br0 p2 -- set interface p2 type=dummy ofport_request=2")...)
		file := filepath.Join(s.Dir, "flows")
		if err := os.WriteFile(file, []byte(dropFlows()), 0o600); err != nil {
			t.Fatal(err)
		}
		s.Must("ovs-ofctl", "-O", "OpenFlow13", "add-meter", "br0", "meter=1,kbps,band=type=drop,rate=1,burst_size=0")
		s.Must("ovs-ofctl", "-O", "OpenFlow13", "add-flows", "br0", file)
		s.Appctl("time/stop")
		s.Appctl("revalidator/pause") // they would take away what is put by hand
		for _, f := range byHand {
			match := fmt.Sprintf("in_port(p1),eth(),eth_type(%#x)", f.ethType)
			if text, ok := s.Appctl("dpctl/add-flow", match, f.actions); !ok || text != "" {
				t.Errorf("%s: dpctl/add-flow %s %s: %s", s.Maker.Name, match, f.actions, text)
			}
		}
	}
	var packets []string
	for _, typ := range []int{0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006, 0x1007, 0x1008, 0x1009, 0x100a, 0x100b, 0x100c, 0x100d, 0x1010,
		0x1020, 0x1021, 0x1022, 0x1023, 0x1024, 0x1025} {
		packets = append(packets, fmt.Sprintf("in_port(1),eth(src=50:00:00:00:00:01,dst=50:00:00:00:00:02),eth_type(0x%x)", typ))
	}
	packets = append(packets,
		"in_port(1),eth(src=50:00:00:00:00:01,dst=50:00:00:00:00:02),eth_type(0x0800),ipv4(src=1.2.3.4,dst=2.3.4.5,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)")
	for _, p := range packets {
		var each [2]counts
		for i, s := range switches {
			before := read(s)
			for range 3 {
				if text, ok := s.Appctl("netdev-dummy/receive", "p1", p); !ok {
					t.Errorf("%s: %s: %s", s.Maker.Name, p, text)
				}
			}
			// The reference takes a packet of a port each time its main loop comes round.
			for same := 0; same < 5; same++ {
				now := read(s)
				if !maps.Equal(now, each[i]) {
					same = 0
				}
				each[i] = now
			}
			for name, v := range each[i] {
				if v == before[name] {
					delete(each[i], name)
				} else {
					was, _ := strconv.Atoi(before[name])
					is, _ := strconv.Atoi(v)
					each[i][name] = fmt.Sprint(is - was)
				}
			}
		}
		t.Logf("%s: %v", p, each[0])
		for typ, want := range map[int]counts{
			toController: {},
			noNSH:        {"datapath_drop_nsh_decap_error": "3"},
		} {
			if strings.Contains(p, fmt.Sprintf("(%#x)", typ)) {
				if maps.Equal(each[0], want) {
					t.Errorf("%s: no difference", p)
				}
				each[0] = want
			}
		}
		if fmt.Sprint(each[0]) != fmt.Sprint(each[1]) {
			t.Errorf("%s\nreference: %v\ngovs: %v", p, each[0], each[1])
		}
	}
}
