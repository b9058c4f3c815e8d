package ofproto

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

// manyMods returns encoded messages with transaction ids from 1 on: many
// flow-mods, some of them wrong in their bytes or in what they ask, alone and in
// a bundle, and between them what those that follow depend on.
func manyMods(t *testing.T, n int) (msgs [][]byte) {
	r := rand.New(rand.NewPCG(1, 2))
	p := openflow.ProtocolOf(openflow.V14)
	add := func(m openflow.Message) []byte {
		b := openflow.Encode(m, p, uint32(len(msgs)+1))
		msgs = append(msgs, b)
		return b
	}
	group := func(cmd openflow.GroupCommand) {
		add(&openflow.GroupMod{Command: cmd, ID: 7, Type: openflow.GroupTypeAll, CommandBucket: openflow.BucketAll})
	}
	for i := range n {
		text := fmt.Sprintf("table=%d,cookie=0x%x,priority=%d,tcp,tp_dst=%d,actions=output:%d", i%4, i, i%3, r.IntN(200), 1+i%2)
		cmd := openflow.FlowAdd
		kind := r.IntN(40)
		if i%75 > 70 || i%75 < 3 {
			kind = 1 // what comes between would be seen
		}
		switch kind {
		case 0:
			text = fmt.Sprintf("table=%d,tcp,tp_dst=%d/0xff", i%4, r.IntN(200))
			cmd = openflow.FlowDelete
		case 1:
			text = fmt.Sprintf("in_port=1,priority=%d,actions=group:7", i) // which is there at times
		case 2:
			text = "check_overlap,priority=1,tcp,actions=drop"
		case 3:
			cmd = openflow.FlowModify
		}
		fm, _, err := openflow.ParseFlowMod(text, cmd, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := openflow.Message(fm)
		bundled := i/300%2 == 1 && i%300 < 299
		if bundled {
			m = &openflow.BundleAdd{ID: 5, Message: fm, Xid: uint32(len(msgs) + 1)}
			if r.IntN(400) == 0 {
				m.(*openflow.BundleAdd).Flags = openflow.BundleAtomic // and the bundle is gone
			}
		}
		b := add(m)
		switch r.IntN(60) {
		case 0:
			b[len(b)-3] ^= 0x40
		case 1:
			b[25] = 77 // the command of a flow-mod
		}
		switch {
		case i%75 == 74:
			group([...]openflow.GroupCommand{openflow.GroupAdd, openflow.GroupDelete}[i/75%2])
		case i%300 == 298 && bundled:
			for _, typ := range []openflow.BundleType{openflow.BundleClose, openflow.BundleCommit} {
				add(&openflow.BundleControl{ID: 5, Type: typ})
			}
		case r.IntN(200) == 0:
			add(&openflow.FlowStatsRequest{Aggregate: true, Table: openflow.TableAny, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny})
		}
	}
	return msgs
}

// answers sends messages to a new switch, so many at once, and returns what it
// answers, and its flows.
func answers(t *testing.T, msgs [][]byte, atOnce int) (replies [][]byte, flows string) {
	h, mgmt := newSocketHost(t)
	h.Ofproto("br9").SetFailMode(FailSecure)
	c, err := conn.DialClient(t.Context(), stream.Config{}, "unix:"+mgmt, openflow.VersionsOf(openflow.V14))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for len(msgs) > 0 {
		n := min(atOnce, len(msgs))
		last := openflow.Encode(&openflow.BarrierRequest{}, c.Protocol(), 1<<30)
		sent := make(chan error, 1)
		go func() { sent <- c.Send(append(bytes.Join(msgs[:n], nil), last...)) }()
		for {
			b, err := c.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if openflow.ParseHeader(b).Xid == 1<<30 {
				break
			}
			replies = append(replies, b)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		msgs = msgs[n:]
	}
	for f := range h.Ofproto("br9").tables.All() {
		m := f.Match()
		flows += fmt.Sprintf("%d %x %s %s\n", f.Table, f.Cookie, m.String(), openflow.FormatActions(nil, f.Actions, nil))
	}
	return replies, flows
}

// TestManyMods says that many flow-mods that come at once are answered and do
// what they would one by one.
func TestManyMods(t *testing.T) {
	msgs := manyMods(t, 3000)
	var want, got [][]byte
	var flows, again string
	t.Run("one by one", func(t *testing.T) { want, flows = answers(t, msgs, 1) })
	t.Run("at once", func(t *testing.T) { got, again = answers(t, msgs, len(msgs)) })
	if len(want) < 50 || len(flows) < 2000 {
		t.Fatalf("%d replies and %d bytes of flows say little", len(want), len(flows))
	}
	for i := range want {
		if i >= len(got) || !bytes.Equal(got[i], want[i]) {
			t.Fatalf("reply %d of %d differs from that of one by one:\n%s", i, len(want), openflow.Print(want[i], openflow.PrintOptions{}))
		}
	}
	if len(got) != len(want) || again != flows {
		t.Errorf("%d replies, want %d; flows the same: %t", len(got), len(want), again == flows)
	}
}
