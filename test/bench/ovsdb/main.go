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
	"time"

	"govs/test/bench/ratios"
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
	results := []ratios.Figures{{}, {}}
	for round := range *rounds {
		for p := range programs {
			// Who is first takes turns, too.
			p = (p + round) % len(programs)
			figures, err := measure(programs[p], dir, match)
			if err != nil {
				os.RemoveAll(dir)
				fail(fmt.Errorf("%s: %w", programs[p], err))
			}
			results[p].Add(figures)
		}
	}
	rows := make([]ratios.Measure, len(measures))
	for i, m := range measures {
		rows[i] = m.Measure
	}
	ratios.Print(os.Stdout, rows, results[0], results[1])
	fmt.Printf("medians of %d rounds in %.0f s; a ratio above 1 is for govs\n", *rounds, time.Since(begin).Seconds())
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-ovsdb:", err)
		os.Exit(1)
	}
}
