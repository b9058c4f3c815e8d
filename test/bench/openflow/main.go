// Command openflow measures our ovs-ofctl and switch beside the reference's, in
// one run on one machine: flows are added, dumped and deleted, each maker's
// tool with its own switch, in turns, and the medians and their ratio are
// printed.
//
//	go run ./test/bench/openflow -govs bin
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"govs/test/bench/ratios"
)

// Names of the measurements.
const (
	adds     = "add-flows"
	addsRSS  = "resident per flow then"
	dump     = "dump-flows"
	deletes  = "del-flows"
	bundle   = "add-flows --bundle"
	bundleBy = "resident per flow after a bundle"
	call     = "a call, dump-flows of one flow"
)

var measures = []ratios.Measure{
	{Name: adds, Unit: "/s", Goal: 8},
	{Name: addsRSS, Unit: "B", LessIsBetter: true, Limit: 700},
	{Name: dump, Unit: "s", LessIsBetter: true, Goal: 1},
	{Name: deletes, Unit: "s", LessIsBetter: true, Goal: 1},
	{Name: bundle, Unit: "/s", Goal: 2},
	{Name: bundleBy, Unit: "B", LessIsBetter: true, Limit: 700},
	{Name: call, Unit: "ms", LessIsBetter: true, Goal: 1},
}

func main() {
	ours := flag.String("govs", "bin", "directory of our programs")
	reference := flag.Bool("reference", true, "measure the reference, too")
	rounds := flag.Int("rounds", 3, "how often everything is measured; medians are printed")
	flows := flag.Int("flows", 100000, "how many flows")
	flag.Parse()
	bin, err := filepath.Abs(*ours)
	fail(err)
	dir, err := os.MkdirTemp("", "bench-openflow")
	fail(err)
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "flows")
	fail(writeFlows(file, *flows))
	makers := []maker{func(p string) string { return filepath.Join(bin, p) }}
	if *reference {
		makers = append(makers, debian)
	}
	begin := time.Now()
	figures := []ratios.Figures{{}, {}}
	for round := range *rounds {
		for i := range makers {
			i = (i + round) % len(makers) // who is first takes turns, too
			f, err := measure(makers[i], dir, file, *flows)
			if err != nil {
				os.RemoveAll(dir)
				fail(err)
			}
			figures[i].Add(f)
		}
	}
	ratios.Print(os.Stdout, measures, figures[0], figures[1])
	fmt.Printf("%d flows, medians of %d rounds in %.0f s; a ratio above 1 is for govs\n", *flows, *rounds, time.Since(begin).Seconds())
}

// writeFlows writes flows of a usual kind: connections of hosts, which set a
// register and go on to a port.
func writeFlows(name string, n int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintf(w, "table=%d,cookie=0x%x,priority=%d,tcp,nw_src=10.%d.%d.%d,tp_dst=%d,actions=load:0x%x->NXM_NX_REG5[],output:%d\n",
			i%4, i, 100+i%3, i>>16, i>>8&255, i&255, 1+i%1000, i, 1+i%2)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// measure takes each measurement once.
func measure(m maker, parent, file string, n int) (map[string]float64, error) {
	f := map[string]float64{}
	load := func(rate, room string, args ...string) (*daemons, error) {
		d, err := start(m, parent)
		if err != nil {
			return nil, err
		}
		before, err := d.resident()
		if err != nil {
			return d, err
		}
		secs, err := d.ofctl(append(args, "br0", file)...)
		if err != nil {
			return d, err
		}
		f[rate] = float64(n) / secs
		time.Sleep(settle)
		after, err := d.resident()
		f[room] = (after - before) / float64(n)
		return d, err
	}
	d, err := load(adds, addsRSS, "add-flows")
	defer func() { d.stop() }()
	if err != nil {
		return nil, err
	}
	if f[dump], err = d.ofctl("dump-flows", "br0"); err != nil {
		return nil, err
	}
	if f[deletes], err = d.ofctl("del-flows", "br0"); err != nil {
		return nil, err
	}
	if f[call], err = d.calls(); err != nil {
		return nil, err
	}
	d.stop()
	if d, err = load(bundle, bundleBy, "-O", "OpenFlow14", "--bundle", "add-flows"); err != nil {
		fmt.Fprintln(os.Stderr, "bench-openflow:", err) // the rest is worth having
	}
	return f, nil
}

func fail(err error) {
	if err != nil {
		if e, ok := err.(*exec.ExitError); ok {
			err = fmt.Errorf("%w\n%s", e, e.Stderr)
		}
		fmt.Fprintln(os.Stderr, "bench-openflow:", err)
		os.Exit(1)
	}
}
