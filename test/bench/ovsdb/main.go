// Command ovsdb measures our ovsdb-server beside the reference's, in one run
// on one machine: each measurement is taken from both in turn, several times,
// and the medians and their ratio are printed. The clients are a process of
// their own, this program again, so that a server shares nothing with them but
// the machine.
//
//	go run ./test/bench/ovsdb -govs bin/ovsdb-server
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"text/tabwriter"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "load" {
		fail(runLoad(os.Args[2:]))
		return
	}
	ours := flag.String("govs", "bin/ovsdb-server", "our server")
	theirs := flag.String("reference", "/usr/sbin/ovsdb-server", "the reference's server; empty: measure ours alone")
	rounds := flag.Int("rounds", 5, "how often everything is measured; medians are printed")
	only := flag.String("only", "", "measure only what matches this regular expression")
	flag.Parse()
	match, err := regexp.Compile(*only)
	fail(err)
	dir, err := os.MkdirTemp("", "bench-ovsdb")
	fail(err)
	defer os.RemoveAll(dir)
	fail(writeBigFile(dir))

	begin := time.Now()
	programs := []string{*ours}
	if *theirs != "" {
		programs = append(programs, *theirs)
	}
	results := make([][][]float64, len(programs)) // by program and measurement, one a round
	for i := range results {
		results[i] = make([][]float64, len(measures))
	}
	for round := range *rounds {
		for p := range programs {
			// Who is first takes turns, too.
			p = (p + round) % len(programs)
			figures, err := measure(programs[p], dir, match)
			if err != nil {
				os.RemoveAll(dir)
				fail(fmt.Errorf("%s: %w", programs[p], err))
			}
			for name, f := range figures {
				i := slices.IndexFunc(measures, func(m measurement) bool { return m.name == name })
				results[p][i] = append(results[p][i], f)
			}
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\tgovs\treference\tratio\tgoal\t\n")
	for i, m := range measures {
		if len(results[0][i]) == 0 {
			continue
		}
		us := median(results[0][i])
		fmt.Fprintf(w, "%s\t%s\t", m.name, m.format(us))
		if len(programs) > 1 {
			them := median(results[1][i])
			ratio := us / them
			if m.lessIsBetter {
				ratio = them / us
			}
			fmt.Fprintf(w, "%s\t%.1fx\t%.3gx\t", m.format(them), ratio, m.goal)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	fmt.Printf("medians of %d rounds in %.0f s; a ratio above 1 is for govs\n", *rounds, time.Since(begin).Seconds())
}

func median(f []float64) float64 {
	f = slices.Clone(f)
	slices.Sort(f)
	return (f[(len(f)-1)/2] + f[len(f)/2]) / 2
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-ovsdb:", err)
		os.Exit(1)
	}
}
