package maclearn

import (
	"testing"
	"time"

	"govs/flow"
)

var t0 = time.Unix(1000, 0)

func mac(b byte) flow.MAC { return flow.MAC{2, 0, 0, 0, 0, b} }

func see(b byte, vlan uint16, port int) *Sighting[int] {
	return &Sighting[int]{MAC: mac(b), VLAN: vlan, Port: port}
}

func TestLearnMoveAge(t *testing.T) {
	m := New[int]()
	if !m.Needs(see(1, 0, 1), t0) || !m.Learn(see(1, 0, 1), t0) {
		t.Fatal("a new address must be learned")
	}
	seq := m.Seq()
	if m.Needs(see(1, 0, 1), t0.Add(time.Millisecond)) {
		t.Error("nothing to refresh within a second")
	}
	if !m.Needs(see(1, 0, 1), t0.Add(2*time.Second)) || m.Learn(see(1, 0, 1), t0.Add(2*time.Second)) || m.Seq() != seq {
		t.Error("a refresh is needed but changes nothing")
	}
	if p, ok := m.Lookup(mac(1), 0); !ok || p != 1 {
		t.Errorf("lookup: %v %v", p, ok)
	}
	if _, ok := m.Lookup(mac(1), 5); ok {
		t.Error("the VLAN is part of the key")
	}
	if !m.Learn(see(1, 0, 2), t0.Add(3*time.Second)) || m.Seq() == seq {
		t.Error("a move is a change")
	}
	if got := m.NextRun(); !got.Equal(t0.Add(303 * time.Second)) {
		t.Errorf("next run %v", got.Sub(t0))
	}
	m.Run(t0.Add(302 * time.Second))
	if _, ok := m.Lookup(mac(1), 0); !ok {
		t.Error("aged too early")
	}
	m.Run(t0.Add(303 * time.Second))
	if _, ok := m.Lookup(mac(1), 0); ok {
		t.Error("did not age")
	}
	if s := m.Stats(); s != (Stats{Max: 8192, Learned: 1, Moved: 1, Expired: 1}) {
		t.Errorf("stats %+v", s)
	}
	if m.Learn(&Sighting[int]{MAC: flow.MAC{1}, Port: 1}, t0) {
		t.Error("learned a multicast address")
	}
}

func TestEvictsFromTheFullestPort(t *testing.T) {
	m := New[int]()
	m.SetMax(10)
	m.Learn(see(100, 0, 1), t0)
	for i := range byte(20) {
		m.Learn(see(i, 0, 2), t0.Add(time.Duration(i)*time.Second))
	}
	if _, ok := m.Lookup(mac(100), 0); !ok {
		t.Error("the only address of port 1 went")
	}
	if s := m.Stats(); s.Entries != 10 || s.Evicted != 11 {
		t.Errorf("stats %+v", s)
	}
	if _, ok := m.Lookup(mac(19), 0); !ok {
		t.Error("the newest went")
	}
	if e := m.Entries(); e[0].MAC != mac(100) || e[len(e)-1].MAC != mac(19) {
		t.Errorf("order: %v", e)
	}
}

func TestStatic(t *testing.T) {
	m := New[int]()
	m.Learn(see(1, 3, 1), t0)
	m.AddStatic(mac(1), 3, 7)
	if m.Needs(see(1, 3, 1), t0.Add(time.Hour)) || m.Learn(see(1, 3, 1), t0) {
		t.Error("a static entry does not move")
	}
	m.Run(t0.Add(time.Hour))
	m.Flush()
	if p, ok := m.Lookup(mac(1), 3); !ok || p != 7 {
		t.Errorf("static entry: %v %v", p, ok)
	}
	if s := m.Stats(); s.Static != 1 || s.Entries != 1 {
		t.Errorf("stats %+v", s)
	}
	m.FlushPort(7)
	if m.Delete(mac(1), 3) {
		t.Error("still there")
	}
}

func TestGratuitousARPLocks(t *testing.T) {
	m := New[int]()
	m.Learn(&Sighting[int]{MAC: mac(1), Port: 1, Gratuitous: true}, t0)
	reflected := &Sighting[int]{MAC: mac(1), Port: 2, Gratuitous: true, Bond: true}
	if m.Needs(reflected, t0.Add(900*time.Millisecond)) || m.Learn(reflected, t0.Add(4*time.Second)) {
		t.Error("a reflected gratuitous ARP moved the address")
	}
	if !m.Learn(reflected, t0.Add(6*time.Second)) {
		t.Error("locked for ever")
	}
}

func TestFloodVLANs(t *testing.T) {
	m := New[int]()
	m.Learn(see(1, 9, 1), t0)
	if !m.SetFloodVLANs(map[uint16]bool{9: true}) || m.SetFloodVLANs(map[uint16]bool{9: true}) {
		t.Error("change not told")
	}
	if _, ok := m.Lookup(mac(1), 9); ok || m.Learn(see(1, 9, 1), t0) {
		t.Error("learned in a flooded VLAN")
	}
}

func BenchmarkLookup(b *testing.B) {
	m := New[int]()
	for i := range byte(200) {
		m.Learn(see(i, 0, 1), t0)
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Lookup(mac(77), 0)
	}
}
