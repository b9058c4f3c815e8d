package xlate

import (
	"math/rand/v2"
	"testing"
	"time"

	"govs/classifier"
	"govs/flow"
)

// The classifier's measurement: as many rules over as many tables and masks as a
// large pipeline has.
const (
	rules  = 100000
	tables = 3
	masks  = 20
)

// table is a classifier with all its rules, for the slow twin to go through.
type table struct {
	cls *classifier.Classifier[int]
	all []*classifier.Rule[int]
}

// twin finds the best rule by looking at each.
func (t *table) twin(k *flow.Key) (best *classifier.Rule[int]) {
	for _, r := range t.all {
		if (best == nil || r.Priority() > best.Priority()) && r.Covers(k) {
			best = r
		}
	}
	return best
}

// pipelineOf returns tables of rules with random addresses, ports and prefixes,
// and keys of which about half match in each table.
func pipelineOf(r *rand.Rand) (ts [tables]table, keys []flow.Key) {
	for i := range ts {
		ts[i].cls = classifier.New[int](classifier.DefaultPrefixes...)
	}
	for i := range rules {
		k := flow.Key{InPort: r.Uint32N(64), EthType: flow.EthTypeIP, NwProto: 6, NwSrc: 10<<24 | r.Uint32N(1<<24), NwDst: 10<<24 | r.Uint32N(1<<24),
			TPSrc: uint16(r.Uint32()), TPDst: uint16(r.Uint32N(2000))}
		m := flow.Match{Key: k}
		m.Mask.EthType = 0xffff
		kind := r.IntN(masks)
		m.Mask.NwDst = ^uint32(0) << (kind / 4 * 2)
		if kind%2 == 1 {
			m.Mask.InPort = ^uint32(0)
		}
		if kind%4 >= 2 {
			m.Mask.NwProto, m.Mask.TPDst = 0xff, 0xffff
		}
		m.Canon()
		// The priority is the mask's, as in a table of routes: no two rules tie.
		rule := classifier.NewRule(&m, 100+kind, i)
		t := &ts[i%tables]
		if old := t.cls.Insert(rule); old != nil {
			continue // the twin has the same match; it never gets here first
		}
		t.all = append(t.all, rule)
		if i%16 == 0 {
			if r.IntN(2) == 0 {
				k.NwDst = r.Uint32()
			}
			keys = append(keys, k)
		}
	}
	return ts, keys
}

// BenchmarkClassifier looks packets up in three tables that share 100,000 rules,
// with the bits that each answer depends on, in one goroutine and in all at
// once, and in a few of these also rule by rule.
func BenchmarkClassifier(b *testing.B) {
	ts, keys := pipelineOf(rand.New(rand.NewPCG(3, 4)))
	for i := range ts {
		if n := ts[i].cls.Subtables(); n != masks {
			b.Fatalf("%d masks in table %d", n, i)
		}
	}
	const few = 100
	begin := time.Now()
	want := make([][tables]*classifier.Rule[int], few)
	for i := range want {
		for j := range ts {
			want[i][j] = ts[j].twin(&keys[i])
		}
	}
	slow := few * tables / time.Since(begin).Seconds()
	for i := range want {
		for j := range ts {
			if got := ts[j].cls.Lookup(classifier.Latest, &keys[i], nil); got != want[i][j] && (got == nil || want[i][j] == nil || !got.Covers(&keys[i]) || got.Priority() != want[i][j].Priority()) {
				b.Fatalf("table %d, key %d: %v, but rule by rule %v", j, i, got, want[i][j])
			}
		}
	}
	const lookups = 300000
	packets := func(lookups int) float64 {
		begin, n := time.Now(), 0
		for n < lookups {
			var wc flow.Mask
			for j := range ts {
				ts[j].cls.Lookup(classifier.Latest, &keys[n/tables%len(keys)], &wc)
				n++
			}
		}
		return float64(n) / time.Since(begin).Seconds()
	}
	allocs := testing.AllocsPerRun(1, func() { packets(3000) })
	for b.Loop() {
		rate := packets(lookups)
		b.ReportMetric(rate, "lookups/s")
		b.ReportMetric(slow, "twin-lookups/s")
		b.ReportMetric(rate/slow, "times-the-twin")
		b.ReportMetric(allocs/3000, "allocs/lookup")
	}
}
