package linux

import "testing"

func TestPace(t *testing.T) {
	var p Pace
	for _, c := range []struct {
		frames int
		bytes  int64
		next   int // of 32
	}{
		{0, 0, 32},
		{32, 32 * 60, 32},
		{32, 32 * 1500, 32},
		{32, 32 * 65535, 4},
		{4, 4 * 16000, 16},
		{4, 4 * 60, 32},
		{1, 1 << 30, 4},
		{0, 0, 4}, // nothing came: it tells nothing
	} {
		if p.Took(c.frames, c.bytes); p.Next(32) != c.next {
			t.Errorf("after %d frames of %d bytes: %d", c.frames, c.bytes, p.Next(32))
		}
	}
	if p.Next(2) != 2 {
		t.Error("more than there is room for")
	}
}
