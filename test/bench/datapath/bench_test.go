package datapath

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"govs/internal/ovsref"
)

var (
	turns      = flag.Int("turns", 12, "how often everything is measured; medians are printed")
	window     = flag.Duration("window", 500*time.Millisecond, "how long one measurement of frames lasts")
	profileDir = flag.String("profile", "", "profile the forwarders by perf, and write what they do into this directory")
	only       = flag.String("only", "", "forwarders to measure, a regular expression")
	what       = flag.String("what", "", "columns to measure, a regular expression")
	other      = flag.String("other", "", "the bin directory of another build of govs, to measure beside this one")
)

// A place is a lab and what it is measured for.
type place struct {
	lab *lab
	col *column
	row string
}

// BenchmarkDatapath is what make bench-datapath runs.
//
// How fast a virtual machine is changes from one second to the next, by up to two
// times, with what else its host does. So all labs are there at once, those that
// are not measured asleep, and everything is measured shortly, one after the
// other, many times. Ratios are those of one turn.
func BenchmarkDatapath(b *testing.B) {
	if testing.Short() {
		b.Skip("takes minutes")
	}
	ovsref.Root(b)
	begin := time.Now()
	plan := places(b)
	fmt.Printf("%d measurements a turn, all ready after %.0f s\n", len(plan), time.Since(begin).Seconds())
	r := results{}
	for turn := range *turns {
		for i := range plan {
			// Who is first takes turns.
			p := plan[(i+turn)%len(plan)]
			p.lab.wake()
			v := p.lab.figure(p.col)
			p.lab.sleep()
			r.set(p.row, p.col.name, turn, v)
			if p.lab.work > 0 {
				r.set(p.row, work, turn, p.lab.work)
				p.lab.work = 0
			}
		}
		fmt.Printf("turn %d of %d after %.0f s\n", turn+1, *turns, time.Since(begin).Seconds())
	}
	r.print(os.Stdout)
	fmt.Printf("medians of %d turns in %.0f s. Frames of 60 bytes come from BPF_PROG_TEST_RUN with live frames on processor %d,\n"+
		"which the veth receives on, too; bare forwarders and polling threads for AF_XDP have processor %d, the rest runs where it can; what arrives is counted by XDP. TCP: iperf3 -C cubic, one stream.\n",
		*turns, time.Since(begin).Seconds(), loadCPU, forwardCPU)
}

// places builds the labs that the flags ask for. Columns share a lab if its
// switch has the same rules for both.
func places(b *testing.B) (plan []place) {
	match, wanted := regexp.MustCompile(*only).MatchString, regexp.MustCompile(*what).MatchString
	type key struct {
		row   string
		rules int
	}
	built := map[key]*lab{}
	rows := slices.Concat(forwarders, others())
	for i := range columns {
		c := &columns[i]
		for j := range rows {
			f := &rows[j]
			if c.measure == nil || !c.of(f) || !match(f.name) || !wanted(c.name) {
				continue
			}
			k := key{f.name, c.rules}
			if built[k] == nil {
				built[k] = f.build(b, c.rules)
				built[k].sleep()
			}
			plan = append(plan, place{built[k], c, f.name})
		}
	}
	return plan
}

// build returns the forwarder in a lab.
func (f *forwarder) build(b *testing.B, rules int) *lab {
	l := newLab(b, f)
	if !f.taps && !f.hosts {
		l.cables()
		l.offloads("on")
	}
	f.start(l)
	b.Cleanup(l.wake) // what sleeps does not end by itself
	if rules == tracking {
		l.track()
	} else {
		l.rules(rules)
	}
	time.Sleep(200 * time.Millisecond)
	return l
}

// figure measures the lab for a column.
func (l *lab) figure(c *column) float64 {
	switch {
	case c.stream && l.f.plain:
		l.offloads("off")
		defer l.offloads("on")
	case !c.stream && l.f.hosts:
		l.gro("on")
		defer l.gro("off")
		l.answered() // or the load would be flooded
	}
	return c.measure(l)
}
