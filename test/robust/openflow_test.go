package robust

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// of makes an OpenFlow message from hex text, with the right length.
func of(version, kind byte, body string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(body, " ", ""))
	if err != nil {
		panic(err)
	}
	n := len(b) + 8
	return append([]byte{version, kind, byte(n >> 8), byte(n), 0, 0, 0, 9}, b...)
}

const (
	anyMatch = "003820ff" + "0000" + "000000000000" + "000000000000" + "0000" + "00" + "00" + "0000" + "00" + "00" + "0000" + "00000000" + "00000000" + "0000" + "0000"
	flowRest = "0000000000000000" + "0000" + "0000" + "0000" + "8000" + "ffffffff" + "ffff" + "0000"
	flowAny  = anyMatch + flowRest
)

// nxFlow is the body of an NXM flow-mod with a match of n bytes.
func nxFlow(n int, match string) string {
	for len(match)/2%8 != 0 {
		match += "00"
	}
	return "00002320" + "0000000d" + "0000000000000000" + "0000" + "0000" + "0000" + "8000" + "ffffffff" + "ffff" + "0000" +
		fmt.Sprintf("%04x", n) + "000000000000" + match
}

// messages are what follows the hello of a peer that has lost its mind.
var messages = []struct {
	name string
	send []byte
}{
	{"echo", of(1, 2, "0102")},
	{"short length", []byte{1, 2, 0, 7, 0, 0, 0, 9}},
	{"zero length", []byte{1, 2, 0, 0, 0, 0, 0, 9}},
	{"half a header", []byte{1, 2, 0}},
	{"half a message", []byte{1, 14, 0, 72, 0, 0, 0, 9, 1, 2}},
	{"wrong version", of(4, 2, "")},
	{"unknown version", of(9, 2, "")},
	{"flow-mod of another version", of(4, 14, flowAny)},
	{"unknown type", of(1, 99, "")},
	{"type 255", of(1, 255, "00")},
	{"second hello", of(1, 0, "")},
	{"features with a body", of(1, 5, "00")},
	{"a reply", of(1, 6, "")},
	{"short error", of(1, 1, "00")},
	{"barrier with a body", of(1, 18, "00")},
	{"set config short", of(1, 9, "00")},
	{"set config", of(1, 9, "0009ffff")},
	{"vendor short", of(1, 4, "00")},
	{"vendor unknown", of(1, 4, "12345678")},
	{"nicira short", of(1, 4, "00002320")},
	{"nicira unknown", of(1, 4, "0000232000ffffff")},
	{"role unknown", of(1, 4, "000023200000000a00000009")},
	{"role short", of(1, 4, "000023200000000a00")},
	{"flow format unknown", of(1, 4, "000023200000000c00000009")},
	{"flow-mod empty", of(1, 14, "")},
	{"flow-mod truncated", of(1, 14, flowAny[:100])},
	{"flow-mod unknown command", of(1, 14, anyMatch+"0000000000000000"+"0009"+"0000"+"0000"+"8000"+"ffffffff"+"ffff"+"0000")},
	{"flow-mod emergency", of(1, 14, anyMatch+"0000000000000000"+"0000"+"0000"+"0000"+"8000"+"ffffffff"+"ffff"+"0004")},
	{"flow-mod unknown flags", of(1, 14, anyMatch+"0000000000000000"+"0000"+"00000000"+"8000"+"ffffffff"+"ffff"+"ff00")},
	{"action length 0", of(1, 14, flowAny+"0000000000010000")},
	{"action length 4", of(1, 14, flowAny+"0000000400010000")},
	{"action length 12", of(1, 14, flowAny+"0000000c0001000000000000")},
	{"action too long", of(1, 14, flowAny+"0000001000010000")},
	{"action cut", of(1, 14, flowAny+"00000008")},
	{"action unknown", of(1, 14, flowAny+"0063000800000000")},
	{"action output 0", of(1, 14, flowAny+"0000000800000000")},
	{"action output big port", of(1, 14, flowAny+"00000008ff100000")},
	{"action output none", of(1, 14, flowAny+"00000008ffff0000")},
	{"action vlan 5000", of(1, 14, flowAny+"0001000813880000")},
	{"action pcp 8", of(1, 14, flowAny+"0002000808000000")},
	{"action dl_src short", of(1, 14, flowAny+"0004000801020304")},
	{"action tos", of(1, 14, flowAny+"00080008ff000000")},
	{"action enqueue short", of(1, 14, flowAny+"000b000800010000")},
	{"action vendor short", of(1, 14, flowAny+"ffff000800002320")},
	{"action vendor unknown", of(1, 14, flowAny+"ffff0010123456780000000000000000")},
	{"action nicira unknown", of(1, 14, flowAny+"ffff00100000232003e7000000000000")},
	{"action resubmit table", of(1, 14, flowAny+"ffff001000002320000efff8ff000001")},
	{"action load too wide", of(1, 14, flowAny+"ffff0018000023200007ffff000008020000000000000001")},
	{"action load unknown field", of(1, 14, flowAny+"ffff001800002320000700000fff08020000000000000001")},
	{"action load value too big", of(1, 14, flowAny+"ffff001800002320000700000000080200000000ffffffff")},
	{"action move 0 bits", of(1, 14, flowAny+"ffff00180000232000060000000000000000040600000206")},
	{"action learn garbage", of(1, 14, flowAny+"ffff002800002320001000000000800000000000000000000000010000000000ffffffffffffffff")},
	{"action learn table 255", of(1, 14, flowAny+"ffff0020000023200010000000008000000000000000000000 00ff000000 0000")},
	{"action note", of(1, 14, flowAny+"ffff0010000023200008010203040506")},
	{"nx flow-mod", of(1, 4, nxFlow(0, ""))},
	{"nx match longer than message", of(1, 4, nxFlow(64, ""))},
	{"nx match cut", of(1, 4, nxFlow(5, "0000020200"))},
	{"nx match header only", of(1, 4, nxFlow(4, "00000002"))},
	{"nx unknown field", of(1, 4, nxFlow(6, "0fff02020001"))},
	{"nx unknown class", of(1, 4, nxFlow(6, "777702020001"))},
	{"nx wrong length", of(1, 4, nxFlow(7, "00000003000001"))},
	{"nx duplicate", of(1, 4, nxFlow(12, "000000020001000000020001"))},
	{"nx missing prerequisite", of(1, 4, nxFlow(8, "00000e0401020304"))},
	{"nx mask on in_port", of(1, 4, nxFlow(8, "000001040001ffff"))},
	{"nx eth_type and ip", of(1, 4, nxFlow(14, "00000602080000000e0401020304"))},
	{"packet-out short", of(1, 13, "ffffffff")},
	{"packet-out actions too long", of(1, 13, "ffffffffffff0010")},
	{"packet-out bad action", of(1, 13, "ffffffffffff00080063000800000000")},
	{"packet-out unknown buffer", of(1, 13, "00001234ffff0000")},
	{"packet-out no data", of(1, 13, "ffffffffffff000800000008fffb0000")},
	{"packet-out one byte", of(1, 13, "ffffffffffff000800000008fffb0000"+"ff")},
	{"packet-out in_port", of(1, 13, "ffffffffff300000"+strings.Repeat("00", 60))},
	{"port-mod short", of(1, 15, "0001")},
	{"port-mod no such port", of(1, 15, "1234"+"000000000000"+"00000000"+"00000000"+"00000000"+"00000000")},
	{"stats short", of(1, 16, "00")},
	{"stats unknown", of(1, 16, "00630000")},
	{"stats flow short", of(1, 16, "00010000"+anyMatch[:40])},
	{"stats desc with a body", of(1, 16, "0000000000")},
	{"stats port wrong", of(1, 16, "000400001234000000000000")},
	{"stats queue wrong", of(1, 16, "000500001234000000000001")},
	{"stats vendor short", of(1, 16, "ffff0000")},
	{"stats vendor unknown", of(1, 16, "ffff000012345678")},
	{"stats nicira unknown", of(1, 16, "ffff00000000232000000063"+"00000000")},
	{"stats nicira flow cut", of(1, 16, "ffff00000000232000000000"+"00000000"+"ffff0040ff000000")},
}

var actions = regexp.MustCompile(`actions=.*`)

// Malformed OpenFlow gets the reference's errors, byte for byte, on a
// connection that lives or ends as the reference's, and changes no table.
func TestOpenFlow(t *testing.T) {
	o, r := ours(t), reference(t)
	for _, s := range []*site{o, r} {
		s.up()
		s.must("ovs-vsctl", "--timeout=5", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure",
			"other-config:hwaddr=02:00:00:00:00:01")
		s.must("ovs-ofctl", "add-flow", "br0", "priority=7,actions=drop")
	}
	hello := of(1, 0, "")
	answers := make([][2]string, len(messages))
	var wg sync.WaitGroup
	for i := range messages {
		for j, s := range []*site{o, r} {
			wg.Add(1)
			go func() {
				defer wg.Done()
				got, closed := say(t, s.path("br0.mgmt"), append(bytes.Clone(hello), messages[i].send...), 250*time.Millisecond)
				// The first message is their hello, with the versions they speak.
				if len(got) >= 8 && int(got[3]) <= len(got) {
					got = got[got[3]:]
				}
				answers[i][j] = fmt.Sprintf("%x closed=%v", got, closed)
			}()
		}
		if i%16 == 15 {
			wg.Wait()
		}
	}
	wg.Wait()
	for i, a := range answers {
		if a[0] != a[1] {
			t.Errorf("%s: %x\n ours      %.400s\n reference %.400s", messages[i].name, messages[i].send, a[0], a[1])
		}
	}
	// The messages came in any order: which actions the last one left says nothing.
	a := actions.ReplaceAllString(o.must("ovs-ofctl", "--no-stats", "dump-flows", "br0"), "")
	b := actions.ReplaceAllString(r.must("ovs-ofctl", "--no-stats", "dump-flows", "br0"), "")
	if a != b {
		t.Errorf("the tables differ:\n ours\n%s reference\n%s", a, b)
	}
}

// Half a hello, another protocol, or none of our versions: the connection ends
// or waits as the reference's.
func TestHello(t *testing.T) {
	o, r := ours(t), reference(t)
	for _, s := range []*site{o, r} {
		s.up()
		s.must("ovs-vsctl", "--timeout=5", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
	}
	for _, tt := range []struct {
		name string
		send []byte
	}{
		{"nothing", nil},
		{"http", []byte("GET / HTTP/1.0\r\n\r\n")},
		{"half", []byte{1, 0, 0}},
		{"version 0", of(0, 0, "")},
		{"version 200", of(200, 0, "")},
		{"bad element", of(4, 0, "0001000400000000")},
		{"element too long", of(4, 0, "000100ff")},
		{"empty bitmap", of(4, 0, "0001000800000000")},
		{"no hello", of(1, 5, "")},
	} {
		var got [2]string
		for i, s := range []*site{o, r} {
			_, closed := say(t, s.path("br0.mgmt"), tt.send, 200*time.Millisecond)
			got[i] = fmt.Sprintf("closed=%v", closed)
		}
		if got[0] != got[1] {
			t.Errorf("%s:\n ours      %s\n reference %s", tt.name, got[0], got[1])
		}
	}
}
