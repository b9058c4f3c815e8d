package flowtable

import (
	"slices"
	"testing"
	"time"

	"govs/flow"
	"govs/openflow"
)

var t0 = time.Unix(1e9, 0)

func mod(cmd openflow.FlowModCommand, table uint8, priority uint16, inPort uint32, acts ...openflow.Action) *openflow.FlowMod {
	fm := &openflow.FlowMod{Command: cmd, Table: table, Priority: priority, Actions: acts, Buffer: openflow.NoBuffer, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}
	if inPort != 0 {
		fm.Match.Set(flow.InPort, flow.U(uint64(inPort)))
	}
	return fm
}

func all(t *Tables) []*Rule { return slices.Collect(t.All()) }

// TestReplace: what an identical flow takes over, and what it does not.
func TestReplace(t *testing.T) {
	for _, x := range []struct {
		name                      string
		cmd                       openflow.FlowModCommand
		flags                     openflow.FlowModFlags
		packets                   uint64
		created, modified, usedAt time.Duration
	}{
		{"add keeps counters", openflow.FlowAdd, 0, 7, 20 * time.Second, 20 * time.Second, 5 * time.Second},
		{"add with reset_counts", openflow.FlowAdd, openflow.FlagResetCounts, 0, 20 * time.Second, 20 * time.Second, 5 * time.Second},
		{"modify keeps its age", openflow.FlowModify, 0, 7, 0, 20 * time.Second, 5 * time.Second},
		{"modify with reset_counts", openflow.FlowModifyStrict, openflow.FlagResetCounts, 0, 0, 20 * time.Second, 5 * time.Second},
	} {
		tb := New()
		if err := tb.Apply(mod(openflow.FlowAdd, 3, 9, 1), t0); err != nil {
			t.Fatal(err)
		}
		all(tb)[0].Count(7, 700, t0.Add(5*time.Second))
		fm := mod(x.cmd, 3, 9, 1, &openflow.Output{Port: 2})
		fm.Flags = x.flags
		if err := tb.Apply(fm, t0.Add(20*time.Second)); err != nil {
			t.Fatal(err)
		}
		rules := all(tb)
		if len(rules) != 1 {
			t.Fatalf("%s: %d rules", x.name, len(rules))
		}
		r := rules[0]
		if got := r.Stats.Packets.Load(); got != x.packets {
			t.Errorf("%s: %d packets, want %d", x.name, got, x.packets)
		}
		if got := r.Created().Sub(t0); got != x.created {
			t.Errorf("%s: created %v, want %v", x.name, got, x.created)
		}
		if got := r.Modified().Sub(t0); got != x.modified {
			t.Errorf("%s: modified %v, want %v", x.name, got, x.modified)
		}
		if got := r.Stats.Used().Sub(t0); got != x.usedAt {
			t.Errorf("%s: used %v, want %v", x.name, got, x.usedAt)
		}
	}
}

func TestTimeouts(t *testing.T) {
	tb := New()
	var gone []openflow.FlowRemovedReason
	tb.Removed = func(_ *Rule, why openflow.FlowRemovedReason) { gone = append(gone, why) }
	idle, hard := mod(openflow.FlowAdd, 0, 1, 1), mod(openflow.FlowAdd, 0, 2, 2)
	idle.IdleTimeout, hard.HardTimeout = 10, 10
	tb.Apply(idle, t0)
	tb.Apply(hard, t0)
	for r := range tb.All() {
		r.Count(1, 60, t0.Add(8*time.Second))
	}
	if n := tb.Expire(t0.Add(10 * time.Second)); n != 0 {
		t.Errorf("%d flows gone after 10 s", n)
	}
	if tb.Expire(t0.Add(11 * time.Second)); !slices.Equal(gone, []openflow.FlowRemovedReason{openflow.RemovedHardTimeout}) {
		t.Errorf("after 11 s: %v", gone)
	}
	if n := tb.Expire(t0.Add(18 * time.Second)); n != 0 {
		t.Errorf("%d flows gone after 18 s", n)
	}
	if tb.Expire(t0.Add(18*time.Second + time.Millisecond)); len(gone) != 2 || gone[1] != openflow.RemovedIdleTimeout {
		t.Errorf("after more than 18 s: %v", gone)
	}
}

// A flow that had no timeouts times out when it got some.
func TestReducedTimeouts(t *testing.T) {
	tb := New()
	tb.Apply(mod(openflow.FlowAdd, 0, 1, 1), t0)
	for r := range tb.All() {
		r.ReduceTimeouts(3, 9)
		r.ReduceTimeouts(4, 0)
		if r.IdleTimeout() != 3 || r.HardTimeout() != 9 {
			t.Errorf("%d %d", r.IdleTimeout(), r.HardTimeout())
		}
	}
	if n := tb.Expire(t0.Add(3 * time.Second)); n != 0 {
		t.Errorf("%d flows gone after 3 s", n)
	}
	if n := tb.Expire(t0.Add(4 * time.Second)); n != 1 {
		t.Errorf("%d flows gone after 4 s", n)
	}
}

func TestLearn(t *testing.T) {
	tb := New()
	teacher := mod(openflow.FlowAdd, 0, 5, 0, &openflow.Learn{Table: 4, Cookie: 0x99, Flags: openflow.LearnDeleteLearned})
	tb.Apply(teacher, t0)
	teach := func(port uint32, limit uint32, at time.Duration) (*Rule, bool) {
		fm := mod(openflow.FlowModifyStrict, 4, 1, port)
		fm.NewCookie, fm.HardTimeout = 0x99, 30
		r, ok, err := tb.Learn(fm, limit, t0.Add(at))
		if err != nil {
			t.Fatal(err)
		}
		return r, ok
	}
	r, ok := teach(1, 2, 0)
	if !ok || r == nil {
		t.Fatal("not learned")
	}
	seq := tb.Seq()
	again, _ := teach(1, 2, 20*time.Second)
	if again != r || tb.Seq() != seq || again.Modified() != t0.Add(20*time.Second) {
		t.Error("learning again must refresh the flow and nothing else")
	}
	teach(2, 2, 0)
	if _, ok := teach(3, 2, 0); ok {
		t.Error("learned beyond the limit")
	}
	if n := tb.Table(4).Len(); n != 2 {
		t.Fatalf("%d learned flows", n)
	}
	tb.Apply(mod(openflow.FlowDelete, 0, 0, 0), t0)
	if n := tb.Table(4).Len(); n != 0 {
		t.Errorf("%d learned flows outlive their teacher", n)
	}
}

// TestHidden: controllers neither see nor touch the switch's own flows.
func TestHidden(t *testing.T) {
	tb := New()
	var m flow.Match
	tb.AddHidden(0, &m, 180000, nil, t0)
	tb.AddHidden(Internal, &m, 2, nil, t0)
	for _, x := range []struct {
		table uint8
		want  error
	}{{openflow.TableAny, nil}, {0, nil}, {Internal, ErrPerm}} {
		if err := tb.Apply(mod(openflow.FlowDelete, x.table, 0, 0), t0); err != x.want {
			t.Errorf("delete in table %d: %v, want %v", x.table, err, x.want)
		}
	}
	if n := len(all(tb)); n != 2 {
		t.Errorf("%d flows left", n)
	}
	seq, err := tb.Flows(&openflow.FlowStatsRequest{Table: openflow.TableAny, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny})
	if err != nil {
		t.Fatal(err)
	}
	for r := range seq {
		t.Errorf("dumped a hidden flow of table %d", r.Table)
	}
	if err := tb.Apply(mod(openflow.FlowAdd, Internal, 1, 0), t0); err != ErrPerm {
		t.Errorf("add to the internal table: %v", err)
	}
}

// TestExpiryOrder: flows that time out at once go in the order in which they came.
func TestExpiryOrder(t *testing.T) {
	tb := New()
	var gone []int
	tb.Removed = func(r *Rule, _ openflow.FlowRemovedReason) { gone = append(gone, r.Priority()) }
	var want []int
	for i := range 20 {
		fm := mod(openflow.FlowAdd, uint8(i%3), uint16(i), 1)
		fm.HardTimeout = 5
		if err := tb.Apply(fm, t0); err != nil {
			t.Fatal(err)
		}
		want = append(want, i)
	}
	if tb.Expire(t0.Add(time.Minute)); !slices.Equal(gone, want) {
		t.Errorf("went as %d, want %d", gone, want)
	}
}
