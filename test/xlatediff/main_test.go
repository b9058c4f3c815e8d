// Package xlatediff sets our switch beside Debian's: random topologies with
// random pipelines get random packets on both, and traces, datapath flows,
// learned flows, counters, MAC tables and the frames that go out must be the
// same. The tests own the switches that they start.
//
//	go test ./test/xlatediff -pipelines 2000 -seed 7
package xlatediff

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/test/sandbox"
)

var (
	pipelines = flag.Int("pipelines", 8, "pipelines to run through both switches")
	packets   = flag.Int("packets", 25, "packets through each of them")
	seed      = flag.Uint64("seed", 1, "where the random numbers begin; 0: the clock")
	only      = flag.Int("case", -1, "run this pipeline of the seed only")
	failures  = flag.Int("failures", 1, "stop after this many pipelines that differ")
	with      = flag.String("with", "", "families of actions to make though they are pending, by commas")
	shrinking = flag.Duration("shrink", 30*time.Second, "how long to look for the smallest script that shows a difference")
)

func TestMain(m *testing.M) {
	flag.Parse()
	sandbox.Main(m)
}

// perTopology is how many pipelines use the same ports.
const perTopology = 8

func TestSameAsReference(t *testing.T) {
	ovsref.Root(t)
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", s)
	began := time.Now()
	r := &runner{t: t}
	bad, passing, done, sent := 0, 0, 0, 0
	for n := range *pipelines {
		if *only >= 0 {
			n = *only
		}
		topo := newTopology(rand.New(rand.NewPCG(s, uint64(n/perTopology)<<32)))
		c := newScenario(rand.New(rand.NewPCG(s, uint64(n))), topo, *packets)
		done++
		sent += c.packets()
		diff := r.try(c)
		if diff != "" && r.try(c) == "" {
			// Masks depend on the order in which tables of rules were made, and
			// what others left of them goes when the reference finds the time.
			passing++
			t.Logf("case %d: a difference that did not come again\n%s", n, diff)
			diff = ""
		}
		if diff != "" {
			bad++
			if *shrinking > 0 {
				c, diff = r.shrink(c, diff)
				diff = c.script() + "\n" + diff
			}
			t.Errorf("replay with -seed %d -case %d\n%s", s, n, diff)
		}
		if *only >= 0 || bad >= *failures {
			break
		}
	}
	t.Logf("%d datapath flows where the reference has %d", r.flows[0], r.flows[1])
	// It is rare, and what comes of a scenario is not compared then.
	if most := 1 + done/100; r.ends > most {
		t.Errorf("the reference ended itself %d times, more than %d", r.ends, most)
	}
	t.Logf("%d undeclared differences, and %d that did not come again, in %d pipelines, %d packets, in %v", bad, passing, done, sent, time.Since(began).Round(time.Millisecond))
}
