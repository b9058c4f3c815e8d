package ofproto

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"govs/flow"
	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

// talk is a set of connections to one switch.
type talk struct {
	t       *testing.T
	path    string
	version openflow.Version
	proto   openflow.Protocols
	conns   map[string]*conn.Conn
	late    map[string][]string // what comes when it likes, by connection
	macs    map[openflow.Port]flow.MAC
	xid     uint32
}

func (k *talk) conn(name string) *conn.Conn {
	if c := k.conns[name]; c != nil {
		return c
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := conn.Dial(ctx, stream.Config{}, "unix:"+k.path, openflow.VersionsOf(k.version))
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { c.Close() })
	k.conns[name] = c
	return c
}

// say sends messages on a connection and returns what comes back up to the
// answer of a barrier, printed.
func (k *talk) say(name string, msgs ...[]byte) string {
	c := k.conn(name)
	k.xid += 16
	for _, b := range msgs {
		if err := c.Send(b); err != nil {
			k.t.Fatal(err)
		}
	}
	if err := c.Send(openflow.Encode(&openflow.BarrierRequest{}, k.proto, k.xid)); err != nil {
		k.t.Fatal(err)
	}
	var out strings.Builder
	for {
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		b, err := c.Recv()
		if err != nil {
			return out.String() + "end: " + err.Error() + "\n"
		}
		h := openflow.ParseHeader(b)
		if d, err := openflow.Decode(b, openflow.DecodeOptions{Protocol: k.proto.WithTable()}); err == nil {
			if _, ok := d.Message.(*openflow.BarrierReply); ok && h.Xid == k.xid {
				return out.String()
			}
		}
		text := openflow.Print(b, openflow.PrintOptions{Verbosity: 3})
		for _, x := range volatileTalk {
			text = x.re.ReplaceAllString(text, x.by)
		}
		if lateTalk.MatchString(text) {
			k.late[name] = append(k.late[name], text)
		} else {
			out.WriteString(text)
		}
	}
}

// withMAC returns a port-mod with the port's address, which both sides choose.
func (k *talk) withMAC(m *openflow.PortMod, xid uint32) []byte {
	if k.macs == nil {
		k.macs = map[openflow.Port]flow.MAC{}
		c := k.conn("ports")
		if err := c.Send(openflow.Encode(&openflow.PortDescRequest{Port: openflow.PortNone}, k.proto, 1)); err != nil {
			k.t.Fatal(err)
		}
		for _, p := range next[*openflow.PortDescReply](k.t, c).Ports {
			k.macs[p.Port] = p.HWAddr
		}
	}
	x := *m
	if x.HWAddr == (flow.MAC{}) {
		x.HWAddr = k.macs[m.Port]
	}
	return openflow.Encode(&x, k.proto, xid)
}

var volatileTalk = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`duration[=:]?[0-9.]+s?`), "duration=D"},
	{regexp.MustCompile(`(idle|hard)_age=\d+,? ?`), ""},
	{regexp.MustCompile(`dpid:[0-9a-f]+`), "dpid:D"},
	{regexp.MustCompile(`addr:[0-9a-f:]+`), "addr:A"},
	{regexp.MustCompile(`Software: .*`), "Software: S"},
	// The reference forgets the request in errors about monitors.
	{regexp.MustCompile(`(?s)(OFPT_ERROR )\(.*(?:NXBRC_UNENCODABLE_ERROR|decode error: OFPBRC_BAD_LEN).*`), "${1}OFPMOFC"},
	{regexp.MustCompile(`(?s)(OFPT_ERROR )(\(OF1..\) )?\(xid=[^)]*\): (OFPMOFC)_.*?\n.*`), "$1$3"},
}

// excepted are answers that may differ, with the reason.
func excepted(v openflow.Version, name string, m openflow.Message) bool {
	switch m.(type) {
	case *openflow.TableStatsRequest:
		// The reference's table statistics of OpenFlow 1.1 have the number of
		// the miss configuration one too high.
		return v == openflow.V11 && name == "tables"
	}
	return false
}

// lateTalk is what the reference sends from another thread than its answers.
var lateTalk = regexp.MustCompile(`^(NXT|OFPT)_(FLOW_REMOVED|PACKET_IN)`)

// conversation is what connections say, in turns.
type conversation struct {
	name  string
	lines []line
}

// line is one message of a connection, or nothing but listening. Raw bytes stand
// for what no encoder of ours would send; their version and xid are put in.
type line struct {
	conn string
	msg  openflow.Message
	raw  []byte
}

// bytes returns the line's wire form; none if the protocol has no such message.
func (l *line) bytes(p openflow.Protocols, xid uint32) []byte {
	switch {
	case l.raw != nil:
		b := append([]byte(nil), l.raw...)
		b[0] = byte(p.Version())
		binary.BigEndian.PutUint32(b[4:], xid)
		return b
	case l.msg != nil && openflow.Encodable(l.msg, p):
		return openflow.Encode(l.msg, p, xid)
	}
	return nil
}

func flowMod(t testing.TB, cmd openflow.FlowModCommand, text string) *openflow.FlowMod {
	t.Helper()
	fm, _, err := openflow.ParseFlowMod(text, cmd, nil)
	if err != nil {
		t.Fatal(text, err)
	}
	return fm
}

func switchConfig(n uint16) *openflow.SetConfig {
	return &openflow.SetConfig{SwitchConfig: openflow.SwitchConfig{MissSendLen: n}}
}

// TestConversations lets the same connections say the same to the reference and
// to us, in every version, and compares all that comes back to each of them.
func TestConversations(t *testing.T) {
	bridges := []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}}
	r := startReference(t)
	r.build(bridges)
	r.run("ovs-vsctl", "set", "bridge", "br9", "protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15")
	dir, err := os.MkdirTemp("", "of")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	h := newTestHostIn(t, dir)
	h.build(t, bridges)
	refDir := ""
	for _, e := range r.env {
		if d, ok := strings.CutPrefix(e, "OVS_RUNDIR="); ok {
			refDir = d
		}
	}
	for v := openflow.V10; v <= openflow.V15; v++ {
		for _, c := range conversations(t, v) {
			t.Run(fmt.Sprintf("%s/%s", v, c.name), func(t *testing.T) {
				both := [2]*talk{}
				for i, d := range [...]string{refDir, dir} {
					both[i] = &talk{t: t, path: filepath.Join(d, "br9.mgmt"), version: v, proto: openflow.ProtocolOf(v), conns: map[string]*conn.Conn{}, late: map[string][]string{}, xid: 1000}
					if v == openflow.V10 {
						both[i].proto = openflow.ProtoNXMTID
					}
				}
				wipe := []line{{conn: "wiper", msg: flowMod(t, openflow.FlowDelete, "")}}
				if v == openflow.V11 { // which has no number for all tables
					for n := range 10 {
						wipe = append(wipe, line{conn: "wiper", msg: flowMod(t, openflow.FlowDelete, fmt.Sprintf("table=%d", n))})
					}
				}
				for n, l := range append(append(wipe, c.lines...), wipe...) {
					var got [2]string
					xid := uint32(10 + n)
					b := l.bytes(both[0].proto, xid)
					if b == nil && (l.msg != nil || l.raw != nil) {
						continue
					}
					for i, k := range both {
						if m, ok := l.msg.(*openflow.PortMod); ok {
							b = k.withMAC(m, xid)
						}
						var msgs [][]byte
						if v == openflow.V10 && k.conns[l.conn] == nil {
							msgs = append(msgs, openflow.Encode(&openflow.SetFlowFormat{NXM: true}, k.proto, 1), openflow.Encode(&openflow.FlowModTableID{On: true}, k.proto, 1))
						}
						if b != nil {
							msgs = append(msgs, b)
						}
						got[i] = k.say(l.conn, msgs...)
					}
					if got[0] != got[1] && !excepted(v, c.name, l.msg) {
						what := "(listens)\n"
						if b != nil {
							what = openflow.Print(b, openflow.PrintOptions{Verbosity: 1})
						}
						t.Errorf("%s: %s--- ours\n%s--- reference\n%s", l.conn, what, short(got[1]), short(got[0]))
					}
				}
				var late [2]string
				for range 200 {
					for i, k := range both {
						late[i] = ""
						for _, name := range [...]string{"a", "b"} {
							k.say(name)
							slices.Sort(k.late[name]) // the order is the thread's
							late[i] += name + ": " + strings.Join(k.late[name], "")
						}
					}
					if late[0] == late[1] {
						break
					}
					time.Sleep(5 * time.Millisecond)
				}
				if late[0] != late[1] && !excepted(v, c.name, nil) {
					t.Errorf("late\n--- ours\n%s--- reference\n%s", late[1], late[0])
				}
				for _, k := range both {
					for _, c := range k.conns {
						c.Close()
					}
				}
			})
		}
	}
}

func short(s string) string {
	if len(s) > 3000 {
		return s[:3000] + "...\n"
	}
	return s
}
