package heap

import "testing"

// A little heap grows by the room it is given, and not by the runtime's least
// heap at that percentage; a large one by the percentage.
func TestChoose(t *testing.T) {
	const room = 32 << 20
	for live := uint64(1 << 20); live < 1<<32; live += live / 3 {
		u := tuner{percent: 50, room: room}
		p := uint64(u.choose(live))
		end := max(least*p/100, live+live*p/100)
		if grown := end - live; grown > max(room, live/2) || grown < max(room, live/2)*9/10 {
			t.Errorf("%d kB may grow by %d kB", live>>10, grown>>10)
		}
		v := tuner{percent: 200, from: 8 << 20}
		if p, want := v.choose(live), 100; live < v.from && p != want || live >= v.from && p != 200 {
			t.Errorf("%d kB: %d percent", live>>10, p)
		}
	}
}
