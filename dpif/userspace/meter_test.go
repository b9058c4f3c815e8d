package userspace

import (
	"testing"

	"govs/dpif"
)

// TestMeter: buckets start full, fill at their rate, and the exceeded band with
// the highest rate counts what does not pass.
func TestMeter(t *testing.T) {
	for _, x := range []struct {
		name   string
		config dpif.Meter
		bytes  int
		at     []int64 // milliseconds
		want   string  // p passes, d is dropped, m marked
		drops  []uint64
	}{
		{"packets", dpif.Meter{Packets: true, Bands: []dpif.MeterBand{{Rate: 2}}}, 100, []int64{0, 0, 0, 499, 500, 501, 1000, 10000, 10000, 10000}, "ppddpdpppd", []uint64{4}},
		{"burst", dpif.Meter{Packets: true, Bands: []dpif.MeterBand{{Rate: 1, Burst: 3}}}, 100, []int64{0, 0, 0, 0, 999, 1000}, "pppddp", []uint64{2}},
		{"kbps", dpif.Meter{Bands: []dpif.MeterBand{{Rate: 8}}}, 500, []int64{0, 0, 0, 500, 999, 1000}, "ppdpdp", []uint64{2}},
		{"two bands", dpif.Meter{Packets: true, Bands: []dpif.MeterBand{{Rate: 1}, {Rate: 3}}}, 100, []int64{0, 0, 0, 0}, "pddd", []uint64{2, 1}},
		{"mark", dpif.Meter{Packets: true, Bands: []dpif.MeterBand{{Rate: 1, Mark: true, Raise: 1}, {Rate: 3}}}, 100, []int64{0, 0, 0, 0}, "pmmd", []uint64{2, 1}},
		{"mark not", dpif.Meter{Packets: true, Bands: []dpif.MeterBand{{Rate: 1, Mark: true}}}, 100, []int64{0, 0}, "pp", []uint64{1}},
		{"time goes back", dpif.Meter{Packets: true, Bands: []dpif.MeterBand{{Rate: 1}}}, 100, []int64{5000, 1000, 1000}, "pdd", []uint64{2}},
	} {
		m := newMeter(&x.config, 0)
		got := ""
		for _, now := range x.at {
			switch ok, raise := m.passes(x.bytes, now); {
			case !ok:
				got += "d"
			case raise > 0:
				got += "m"
			default:
				got += "p"
			}
		}
		if got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
		s := m.read()
		if s.Packets != uint64(len(x.at)) || s.Bytes != uint64(len(x.at)*x.bytes) {
			t.Errorf("%s: counted %d packets, %d bytes", x.name, s.Packets, s.Bytes)
		}
		for i, n := range x.drops {
			if s.Bands[i].Packets != n || s.Bands[i].Bytes != n*uint64(x.bytes) {
				t.Errorf("%s: band %d dropped %+v, want %d", x.name, i, s.Bands[i], n)
			}
		}
	}
}

func TestMeterAllocates(t *testing.T) {
	m := newMeter(&dpif.Meter{Bands: []dpif.MeterBand{{Rate: 1}, {Rate: 5}}}, 0)
	now := int64(0)
	if n := testing.AllocsPerRun(100, func() { now++; m.passes(100, now) }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// TestRaised: only the twelve code points of assured forwarding have a drop
// precedence.
func TestRaised(t *testing.T) {
	for _, x := range []struct{ tos, raise, want uint8 }{
		{0x28, 1, 0x30}, {0x29, 1, 0x31}, {0x28, 2, 0x38}, {0x28, 255, 0x38}, {0x38, 1, 0x38}, {0x93, 1, 0x9b}, {0x88, 0, 0x88},
		{0, 1, 0}, {0x20, 1, 0x20}, {0x2c, 1, 0x2c}, {0xa8, 1, 0xa8}, {0x08, 1, 0x08}, {0xb8, 1, 0xb8},
	} {
		if got := raised(x.tos, x.raise); got != x.want {
			t.Errorf("%#x by %d is %#x, want %#x", x.tos, x.raise, got, x.want)
		}
	}
}

// TestMeterSuperFrame: a super-frame is as many packets and bytes as it stands for;
// if they are too many, some pass.
func TestMeterSuperFrame(t *testing.T) {
	dp := newLearner(t)
	var sent string
	no, err := dp.PortAdd("p1", lengths{to: &sent, no: "p1"}, dpif.NoPort)
	must(t, err)
	for i, c := range []struct {
		meter dpif.Meter
		want  string
		stats dpif.MeterStats
	}{
		{dpif.Meter{Packets: true, Bands: []dpif.MeterBand{{Rate: 1, Burst: 4}}}, " p1:3054", dpif.MeterStats{Packets: 3, Bytes: 3162}},
		{dpif.Meter{Packets: true, Bands: []dpif.MeterBand{{Rate: 1, Burst: 2}}}, " p1:1054 p1:1054", dpif.MeterStats{Packets: 3, Bytes: 3162, Bands: []dpif.MeterBandStats{{Packets: 1, Bytes: 1054}}}},
		{dpif.Meter{Bands: []dpif.MeterBand{{Rate: 1, Burst: 26}}}, " p1:3054", dpif.MeterStats{Packets: 3, Bytes: 3162}},
		{dpif.Meter{Bands: []dpif.MeterBand{{Rate: 1, Burst: 25}}}, " p1:1054 p1:1054", dpif.MeterStats{Packets: 3, Bytes: 3162, Bands: []dpif.MeterBandStats{{Packets: 1, Bytes: 1054}}}},
	} {
		must(t, dp.MeterSet(uint32(i), &c.meter))
		p := superFrame(3000, 1000)
		sent = ""
		must(t, dp.Execute(&dpif.Execute{Packet: p, Actions: dpif.Actions(nil).Meter(uint32(i)).Output(no)}))
		if sent != c.want {
			t.Errorf("meter %d: sent%s, want%s", i, sent, c.want)
		}
		s, err := dp.MeterStats(uint32(i))
		must(t, err)
		if c.stats.Bands == nil {
			c.stats.Bands = make([]dpif.MeterBandStats, 1)
		}
		if s.Packets != c.stats.Packets || s.Bytes != c.stats.Bytes || s.Bands[0] != c.stats.Bands[0] {
			t.Errorf("meter %d: counted %+v, want %+v", i, s, c.stats)
		}
	}
}
