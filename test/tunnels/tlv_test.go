package tunnels

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"govs/test/sandbox"
)

// tlvCommands are compared one by one, "ovs-ofctl" or "ovs-appctl" in front.
var tlvCommands = `
dump-tlv-map br0
add-flow br0 tun_metadata0=1,actions=drop
add-flow br0 in_port=1,actions=set_field:1->tun_metadata0
add-tlv-map br0 {class=0xffff,type=0,len=4}->tun_metadata0,{class=0xffff,type=1,len=8}->tun_metadata5
add-tlv-map br0 {class=0xffff,type=0,len=4}->tun_metadata1
add-tlv-map br0 {class=0xffff,type=2,len=4}->tun_metadata0
add-tlv-map br0 {class=0xffff,type=2,len=5}->tun_metadata2
add-tlv-map br0 {class=0xffff,type=2,len=0}->tun_metadata2
add-tlv-map br0 {class=0xffff,type=2,len=128}->tun_metadata2
add-tlv-map br0 {class=0xffff,type=2,len=4}->tun_metadata64
add-tlv-map br0 {class=1,type=2,len=124}->tun_metadata10,{class=1,type=3,len=124}->tun_metadata11
dump-tlv-map br0
add-flow br0 tun_metadata0=0x12345678,actions=drop
add-flow br0 tun_metadata5=0x1122334455/0xffff,actions=drop
add-flow br0 tun_metadata0,in_port=3,actions=drop
add-flow br0 tun_metadata9=1,actions=drop
add-flow br0 in_port=1,actions=set_field:7->tun_metadata5,move:NXM_OF_IN_PORT[]->NXM_NX_TUN_METADATA0[0..15]
add-flow br0 in_port=2,actions=load:5->NXM_NX_TUN_METADATA5[0..7]
--no-stats dump-flows br0
--no-stats dump-flows br0 tun_metadata0=0x12345678
del-tlv-map br0 {class=0xffff,type=0,len=4}->tun_metadata0
del-tlv-map br0
add-tlv-map br0 {class=2,type=2,len=4}->tun_metadata20
--no-stats dump-flows br0
del-flows br0 tun_metadata0=0x12345678
--no-stats dump-flows br0
del-flows br0
del-tlv-map br0 {class=0xffff,type=0,len=4}->tun_metadata0
dump-tlv-map br0
del-tlv-map br0
dump-tlv-map br0
add-flow br0 tun_metadata5=1,actions=drop
add-tlv-map br0 {class=0xffff,type=0,len=4}->tun_metadata0
add-flow br0 actions=set_field:5->tun_metadata0,set_field:1.1.2.93->tun_dst,push:NXM_NX_TUN_METADATA0[0..31],pop:NXM_NX_REG0[]
ofproto/trace br0 in_port=1
ofproto/trace br0 in_port=1 020000000003000000000002123400000000
`

// xid finds transaction numbers, which tools count as they like.
var xid = regexp.MustCompile(`\(xid=[^)]*\)`)

// TestTLVCommands: tables of tunnel options, and flows that use them, are taken
// and refused as the reference does.
func TestTLVCommands(t *testing.T) {
	ours, ref := both(t)
	for line := range strings.SplitSeq(strings.TrimSpace(tlvCommands), "\n") {
		run := func(s *sandbox.Switch) string {
			tool := "ovs-ofctl"
			if strings.HasPrefix(line, "ofproto/") {
				tool = "ovs-appctl"
			}
			r := s.Run(tool, strings.Fields(line)...)
			return xid.ReplaceAllString(fmt.Sprintf("%s%s[%d]", r.Out, r.Err, r.Code), "(xid)")
		}
		got, want := run(ours), run(ref)
		// The reference forgets what deleted flows needed when its threads have rested.
		for i := 0; got != want && strings.Contains(want, "INVALID_TLV_DEL") && i < 100; i++ {
			time.Sleep(50 * time.Millisecond)
			want = run(ref)
		}
		if sortedLines(got) != sortedLines(want) {
			t.Errorf("%s\nours:\n%s\nreference:\n%s", line, got, want)
		}
	}
}
