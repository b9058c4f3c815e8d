package dpif

import (
	"maps"
	"math/rand/v2"
	"testing"
)

type named struct{ id UFID }

func (n *named) ID() *UFID { return &n.id }

// TestUFIDMap does the same at random to the map and to one of Go's.
func TestUFIDMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var m UFIDMap[*named]
	twin := map[UFID]*named{}
	for range 200000 {
		v := &named{}
		n := r.IntN(600)
		v.id[0], v.id[15] = byte(n), byte(n>>8)
		switch r.IntN(3) {
		case 0:
			if m.Add(v) != (twin[v.id] == nil) {
				t.Fatal("Add")
			}
			if twin[v.id] == nil {
				twin[v.id] = v
			}
		case 1:
			m.Delete(&v.id)
			delete(twin, v.id)
		default:
			if m.Get(&v.id) != twin[v.id] {
				t.Fatal("Get")
			}
		}
		if m.Len() != len(twin) {
			t.Fatalf("Len %d, want %d", m.Len(), len(twin))
		}
	}
	all := map[UFID]*named{}
	for v := range m.All() {
		all[v.id] = v
	}
	if !maps.Equal(all, twin) {
		t.Error("All differs")
	}
	for id := range twin {
		m.Delete(&id)
	}
	if m.Len() != 0 || m.slots != nil {
		t.Error("not empty")
	}
}
