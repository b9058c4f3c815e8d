package flow

import (
	"math/rand/v2"
	"testing"
)

func TestMiniMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 2000 {
		k := randKey(r)
		m := Match{Key: *k}
		x := MaskForPacket(k).Words()
		for i := range x {
			if r.IntN(3) != 0 {
				m.Mask.Words()[i] = x[i]
			}
		}
		m.Canon()
		mm := m.Mini()
		if back := mm.Match(); back != m {
			t.Fatalf("%s became %s", m.String(), back.String())
		}
		if !mm.Matches(k) {
			t.Fatal("does not match its own key")
		}
		k2 := randKey(r)
		if mm.Matches(k2) != m.Matches(k2) {
			t.Fatal("Matches differs")
		}
		again := m.Mini()
		if !mm.Equal(&again) || mm.Hash() != again.Hash() {
			t.Fatal("not equal to itself")
		}
		for i := range KeyWords {
			if v, mask := mm.Word(i); v != m.Key.Words()[i] || mask != m.Mask.Words()[i] {
				t.Fatalf("word %d", i)
			}
		}
		m.Mask.Tunnel.ID = ^uint64(0)
		m.Key.Tunnel.ID = 5
		other := m.Mini()
		if mm.Equal(&other) {
			t.Fatal("equal to another match")
		}
	}
}
