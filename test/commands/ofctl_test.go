package commands

import (
	"regexp"
	"strings"
	"testing"

	"govs/internal/ovsref"
	"govs/test/sandbox"
)

// toolState is what the switch has when its tools are compared: OpenFlow's
// version, command and text.
var toolState = []struct{ version, command, text string }{
	{"OpenFlow13", "add-group", "group_id=1,type=select,bucket=output:1,bucket=weight:5,output:2"},
	{"OpenFlow15", "add-group", "group_id=2,type=all,bucket=bucket_id=3,output:1"},
	{"OpenFlow13", "add-meter", "meter=1,kbps,burst,stats,band=type=drop,rate=10,burst_size=5"},
	{"OpenFlow13", "add-flow", "table=1,tcp,in_port=1,tp_dst=80,actions=group:1"},
	{"OpenFlow13", "add-flow", "priority=5,idle_timeout=60,arp,actions=normal"},
	{"OpenFlow13", "add-flow", "cookie=0x77,ip,actions=meter:1,goto_table:1"},
}

// toolCommands are lines of ovs-ofctl, good and bad, that both makers' tools
// answer with the same bytes.
var toolCommands = `
show br0
dump-desc br0
dump-ports br0
dump-ports br0 1
dump-ports br0 nope
dump-ports-desc br0
dump-ports-desc br0 p1
dump-flows br0
dump-flows br0 table=1
--names dump-flows br0
--no-stats --sort dump-flows br0
--rsort=priority dump-flows br0
dump-flows br0 cookie=0x77/-1
dump-flows br0 out_port=1
dump-flows br0 nonsense
dump-aggregate br0
dump-aggregate br0 tcp
dump-groups br0
dump-groups br0 1
dump-groups br0 9
dump-group-features br0
dump-group-stats br0
dump-group-stats br0 1
dump-meters br0
dump-meter br0 meter=1
meter-features br0
meter-stats br0
meter-stats br0 meter=7
queue-stats br0
queue-stats br0 1
queue-stats br0 1 2
queue-get-config br0
queue-get-config br0 1
get-frags br0
set-frags br0 nx-match
get-frags br0
set-frags br0 bogus
probe br0
dump-tlv-map br0
dump-ipfix-bridge br0
dump-ipfix-flow br0
dump-tables br0
dump-table-features br0
dump-table-desc br0
mod-table br0 1 evict
mod-table br0 all controller
mod-port br0 1 no-flood
mod-port br0 p2 down
mod-port br0 9 up
mod-port br0 1 bogus
del-groups br0 group_id=9
del-meter br0 meter=9
mod-group br0 group_id=9,type=all
add-group br0 group_id=1,type=all
add-meter br0 meter=1
add-flow br0 actions=bogus
add-flow br0 in_port=99,actions=group:77
add-flows br0 nofile
add-groups br0 nofile
replace-flows br0 nofile
diff-flows br0 nofile
diff-flows br0 ./nofile
diff-flows br0 br0
bundle br0 nofile
packet-out br0 none drop
packet-out br0 in_port=1,packet=00,actions=output:2
packet-out br0 99x bogus 00
packet-out br0 in_port=1 packet=00 actions=output:2
ct-flush-zone br0 5
ct-flush-zone br0 x
dump-bogus br0
show br9
`

var (
	xids     = regexp.MustCompile(`\(xid=0x[0-9a-f]+\)`)
	logBegin = regexp.MustCompile(`(?m)^\d{4}-[^|]*\|\d+\|`)
)

// TestToolsWords runs commands by both makers' tools on the reference's switch,
// in each version of OpenFlow. What they write, down to the last empty line,
// and their exit statuses are the same.
func TestToolsWords(t *testing.T) {
	ovsref.Root(t)
	ref, ours := sandbox.Reference(t), sandbox.Ours(t)
	s := sandbox.Start(t, ref, sandbox.Config{})
	s.Must("ovs-vsctl", strings.Fields(`add-br br0 -- set bridge br0 datapath_type=dummy fail-mode=secure
		protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15`)...)
	for _, p := range []string{"1", "2"} {
		s.Must("ovs-vsctl", "add-port", "br0", "p"+p, "--", "set", "interface", "p"+p, "type=dummy", "ofport_request="+p)
	}
	s.Appctl("time/stop") // so that durations do not pass
	for _, x := range toolState {
		s.Must("ovs-ofctl", "-O", x.version, x.command, "br0", x.text)
	}
	plain := func(text string) string { return logBegin.ReplaceAllString(xids.ReplaceAllString(text, ""), "") }
	for line := range strings.SplitSeq(strings.TrimSpace(toolCommands), "\n") {
		for _, v := range []string{"OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"} {
			args := append([]string{"-O", v}, strings.Fields(line)...)
			want, got := s.RunBy(ref, "ovs-ofctl", args...), s.RunBy(ours, "ovs-ofctl", args...)
			if plain(got.Out) != plain(want.Out) || plain(got.Err) != plain(want.Err) || got.Code != want.Code {
				t.Errorf("%s\ngovs: %d\n%s%s\nreference: %d\n%s%s", strings.Join(args, " "), got.Code, got.Out, got.Err, want.Code, want.Out, want.Err)
			}
		}
	}
}
