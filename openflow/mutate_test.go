package openflow

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// mutate returns a copy of message b with bytes or its length changed, but so
// that it can still be told where it ends and what version it is.
func mutate(r *rand.Rand, b []byte) []byte {
	b = append([]byte(nil), b...)
	for range 1 + r.IntN(3) {
		at := 1
		if len(b) > HeaderLen {
			at = HeaderLen + r.IntN(len(b)-HeaderLen)
		}
		switch r.IntN(10) {
		case 0: // cut
			b = b[:HeaderLen+r.IntN(len(b)-HeaderLen+1)]
		case 1: // lengthen
			for range r.IntN(24) {
				b = append(b, byte(r.IntN(4)))
			}
		case 2: // repeat a part
			n := min(len(b)-at, r.IntN(32))
			if at >= HeaderLen && n > 0 {
				b = append(b[:at+n:at+n], b[at:]...)
			}
		case 3, 4: // a small number
			if len(b) > at+1 && at >= HeaderLen {
				be.PutUint16(b[at&^1:], uint16(r.IntN(130)))
			}
		case 5: // a bit
			if at >= HeaderLen {
				b[at] ^= 1 << r.IntN(8)
			}
		case 6: // one more or less
			if at >= HeaderLen {
				b[at] += byte(r.IntN(3) - 1)
			}
		case 7: // another type
			if r.IntN(4) == 0 {
				b[1] = byte(r.IntN(36))
			}
		case 8: // another version
			if r.IntN(4) == 0 {
				b[0] = byte(1 + r.IntN(6))
			}
		case 9:
			if at >= HeaderLen {
				b[at] = byte(r.UintN(256))
			}
		}
	}
	if len(b) > 60000 {
		b = b[:60000]
	}
	be.PutUint16(b[2:], uint16(len(b)))
	return b
}

// TestMutatedReference changes bytes and lengths of valid messages and compares
// the printing, errors and all, with the reference's. GOVS_DIFF_MESSAGES says
// how many, GOVS_DIFF_SEED with which start; the test prints both.
func TestMutatedReference(t *testing.T) {
	n, seed := 2000, uint64(7) // the same ones each time; the soak takes others
	if v, err := strconv.Atoi(os.Getenv("GOVS_DIFF_MESSAGES")); err == nil {
		n = v
	}
	if v, err := strconv.ParseUint(os.Getenv("GOVS_DIFF_SEED"), 10, 64); err == nil {
		if seed = v; v == 0 {
			seed = rand.Uint64()
		}
	}
	t.Logf("%d messages, seed %d", n, seed)
	r := rand.New(rand.NewPCG(seed, 2))
	valid := sampleMessages(t)
	for n > 0 {
		var msgs [][]byte
		for range min(n, 20000) {
			msgs = append(msgs, mutate(r, valid[r.IntN(len(valid))]))
		}
		n -= len(msgs)
		compareWire(t, msgs, 2+r.IntN(2))
	}
}
