package openflow

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"
)

// messageTypes are the messages of OVS 3.7, each of which may have several
// encodings.
const messageTypes = `HELLO ERROR ECHO_REQUEST ECHO_REPLY FEATURES_REQUEST FEATURES_REPLY GET_CONFIG_REQUEST GET_CONFIG_REPLY
SET_CONFIG PACKET_IN FLOW_REMOVED PORT_STATUS PACKET_OUT FLOW_MOD GROUP_MOD PORT_MOD TABLE_MOD BARRIER_REQUEST BARRIER_REPLY
QUEUE_GET_CONFIG_REQUEST QUEUE_GET_CONFIG_REPLY ROLE_REQUEST ROLE_REPLY GET_ASYNC_REQUEST GET_ASYNC_REPLY SET_ASYNC_CONFIG METER_MOD
ROLE_STATUS REQUESTFORWARD TABLE_STATUS BUNDLE_CONTROL BUNDLE_ADD_MESSAGE DESC_STATS_REQUEST DESC_STATS_REPLY FLOW_STATS_REQUEST
FLOW_STATS_REPLY AGGREGATE_STATS_REQUEST AGGREGATE_STATS_REPLY TABLE_STATS_REQUEST TABLE_STATS_REPLY PORT_STATS_REQUEST
PORT_STATS_REPLY QUEUE_STATS_REQUEST QUEUE_STATS_REPLY GROUP_STATS_REQUEST GROUP_STATS_REPLY GROUP_DESC_STATS_REQUEST
GROUP_DESC_STATS_REPLY GROUP_FEATURES_STATS_REQUEST GROUP_FEATURES_STATS_REPLY METER_STATS_REQUEST METER_STATS_REPLY
METER_CONFIG_STATS_REQUEST METER_CONFIG_STATS_REPLY METER_FEATURES_STATS_REQUEST METER_FEATURES_STATS_REPLY
TABLE_FEATURES_STATS_REQUEST TABLE_FEATURES_STATS_REPLY TABLE_DESC_REQUEST TABLE_DESC_REPLY PORT_DESC_STATS_REQUEST
PORT_DESC_STATS_REPLY FLOW_MONITOR_STATS_REQUEST FLOW_MONITOR_STATS_REPLY SET_FLOW_FORMAT FLOW_MOD_TABLE_ID SET_PACKET_IN_FORMAT
FLOW_AGE SET_CONTROLLER_ID NXT_TLV_TABLE_MOD NXT_TLV_TABLE_REQUEST NXT_TLV_TABLE_REPLY NXT_RESUME IPFIX_BRIDGE_STATS_REQUEST
IPFIX_BRIDGE_STATS_REPLY IPFIX_FLOW_STATS_REQUEST IPFIX_FLOW_STATS_REPLY CT_FLUSH_ZONE CT_FLUSH FLOW_MONITOR_CANCEL
FLOW_MONITOR_PAUSED FLOW_MONITOR_RESUMED`

// messageType is the type that an encoding of the name in the table is of.
func messageType(name string) string {
	switch name {
	case "OFPT_SET_ASYNC", "NXT_SET_ASYNC_CONFIG", "NXT_SET_ASYNC_CONFIG2":
		return "SET_ASYNC_CONFIG"
	case "NXT_PACKET_IN2":
		return "PACKET_IN"
	case "OFPST_QUEUE_DESC request":
		return "QUEUE_GET_CONFIG_REQUEST"
	case "OFPST_QUEUE_DESC reply":
		return "QUEUE_GET_CONFIG_REPLY"
	case "NXT_TLV_TABLE_MOD", "NXT_TLV_TABLE_REQUEST", "NXT_TLV_TABLE_REPLY", "NXT_RESUME":
		return name
	}
	org, rest, _ := strings.Cut(name, "_")
	if !strings.HasSuffix(org, "ST") {
		return rest
	}
	rest, kind, _ := strings.Cut(rest, " ")
	if rest != "TABLE_DESC" {
		rest += "_STATS"
	}
	return rest + "_" + strings.ToUpper(kind)
}

// TestMessageTypes counts the types of messages and their encodings.
func TestMessageTypes(t *testing.T) {
	want := map[string]int{}
	for _, name := range strings.Fields(messageTypes) {
		want[name] = 0
	}
	if len(want) != 82 {
		t.Fatalf("%d types, not 82", len(want))
	}
	for _, r := range msgTable[1:] {
		if n, ok := want[messageType(r.name)]; ok {
			want[messageType(r.name)] = n + 1
		} else {
			t.Errorf("%s is of no type", r.name)
		}
	}
	for name, n := range want {
		if n == 0 {
			t.Errorf("%s has no row", name)
		}
	}
	if n := len(msgTable) - 1; n != 161 {
		t.Errorf("%d encodings, not 161", n)
	}
	errors := 0
	for _, r := range errorTable[1:] {
		if r.name != "" && r.wire[0].first != 0 {
			errors++
		}
	}
	if errors != 198 {
		t.Errorf("%d errors, not 198", errors)
	}
}

// encodingsFile has pairs of messages, in hex, and what they print as. Set
// GOVS_UPDATE to write it anew from the samples; what it holds is right only
// if the reference prints the same.
const encodingsFile = "testdata/encodings.txt"

type pair struct {
	wire []byte
	text string
}

func readPairs(t *testing.T) (ps []pair) {
	b, err := os.ReadFile(encodingsFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range strings.Split(strings.TrimRight(string(b), "\n"), "\n\n") {
		head, text, _ := strings.Cut(s, "\n")
		wire, err := hex.DecodeString(head)
		if err != nil {
			t.Fatal(err)
		}
		// A text line begins with a bar, as lines may be empty.
		text = strings.ReplaceAll(strings.TrimPrefix(text, "|"), "\n|", "\n") + "\n"
		ps = append(ps, pair{wire, text})
	}
	return ps
}

func writePairs(t *testing.T) {
	type encoding struct {
		row *msgRow
		v   Version
	}
	var b bytes.Buffer
	some := map[*msgRow][]byte{}
	seen := map[encoding]bool{}
	add := func(m []byte) {
		d := msgDecoder{Header: ParseHeader(m), index: msgIndex()}
		if _, err := d.findRow(m); err != nil {
			return // an empty list that the type does not allow
		}
		// One of each encoding and version, small ones.
		key := encoding{d.row, d.Version}
		if seen[key] || len(m) > 2000 {
			return
		}
		seen[key] = true
		if some[d.row] == nil {
			some[d.row] = m
		}
		text := strings.TrimSuffix(Print(m, PrintOptions{Verbosity: 2}), "\n")
		fmt.Fprintf(&b, "%x\n|%s\n\n", m, strings.ReplaceAll(text, "\n", "\n|"))
	}
	for _, m := range sampleMessages(t) {
		add(m)
	}
	// Some extensions are read in versions in which we send something better;
	// but for the version byte they are the same there.
	for i := range msgTable {
		r := &msgTable[i]
		for v := r.first; v <= r.last && some[r] != nil; v++ {
			m := bytes.Clone(some[r])
			m[0] = byte(v)
			add(m)
		}
	}
	if err := os.WriteFile(encodingsFile, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestEncodings holds the pairs against us, and that there is one for every
// encoding in every version that has it.
func TestEncodings(t *testing.T) {
	if os.Getenv("GOVS_UPDATE") != "" {
		writePairs(t)
	}
	missing := map[string]bool{}
	for i, r := range msgTable[1:] {
		for v := r.first; v <= r.last; v++ {
			missing[fmt.Sprintf("row %d, %s in %s", i+1, r.name, v)] = true
		}
	}
	for _, p := range readPairs(t) {
		if got := Print(p.wire, PrintOptions{Verbosity: 2}); got != p.text {
			t.Errorf("%x\n got %s\nwant %s", p.wire, got, p.text)
		}
		d := msgDecoder{Header: ParseHeader(p.wire), index: msgIndex()}
		if _, err := d.findRow(p.wire); err != nil {
			t.Errorf("%x: %v", p.wire, err)
			continue
		}
		for i := range msgTable {
			if d.row == &msgTable[i] {
				delete(missing, fmt.Sprintf("row %d, %s in %s", i, d.row.name, d.Version))
			}
		}
	}
	var names []string
	for name := range missing {
		names = append(names, name)
	}
	sort.Strings(names)
	if len(names) > 0 {
		t.Errorf("no pair for\n%s", strings.Join(names, "\n"))
	}
}

// TestEncodingsReference has the reference print the same pairs.
func TestEncodingsReference(t *testing.T) {
	ps := readPairs(t)
	var wire [][]byte
	for _, p := range ps {
		wire = append(wire, p.wire)
	}
	for i, got := range referencePrint(t, wire, 2) {
		if got != ps[i].text && declaredMessage(wire[i], ps[i].text, got) == "" {
			t.Errorf("%x\nreference %s\nfile      %s", wire[i], got, ps[i].text)
		}
	}
	t.Logf("%d pairs", len(ps))
}
