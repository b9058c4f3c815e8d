package afpacket

import "testing"

// The slots that were read are given back, also round the end of the ring, and no
// others.
func TestGiveBack(t *testing.T) {
	r := &ring{slot: minSlot, n: 16}
	r.mem = make([]byte, r.slot*r.n)
	for _, c := range []struct{ head, n int }{{5, 3}, {3, 5}, {0, 4}, {4, 4}, {7, 16}, {9, 0}} {
		for i := range r.mem {
			r.mem[i] = 0xff
		}
		r.head = c.head
		r.release(c.n)
		for i := range r.n {
			want := uint32(0xffffffff)
			if (c.head-1-i+r.n)%r.n < c.n {
				want = 0
			}
			if got := *r.status(i); got != want {
				t.Errorf("%d before %d: slot %d has status %#x", c.n, c.head, i, got)
			}
			if next := r.mem[i*r.slot+4]; next != 0xff {
				t.Errorf("%d before %d: slot %d has lost what follows", c.n, c.head, i)
			}
		}
	}
}
