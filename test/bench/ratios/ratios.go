// Package ratios prints measurements of govs beside the reference's: medians,
// their ratio, and the ratio that is wanted.
package ratios

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Measure is one row of the table that is printed.
type Measure struct {
	Name         string
	Unit         string // "B", "MB", "s", "ms", "/s"
	LessIsBetter bool
	Goal         float64 // the ratio wanted, above 1 for govs
	// Limit, if not 0, is what govs' figure must not exceed, whatever the
	// reference's is.
	Limit float64
}

func (m Measure) format(f float64) string {
	switch m.Unit {
	case "B":
		return fmt.Sprintf("%.0f B", f)
	case "MB":
		return fmt.Sprintf("%.1f MB", f/1e6)
	case "s":
		return fmt.Sprintf("%.3f s", f)
	case "ms":
		return fmt.Sprintf("%.1f ms", 1000*f)
	}
	return fmt.Sprintf("%.0f%s", f, m.Unit)
}

// Figures are what was measured, by name, once a round.
type Figures map[string][]float64

// Add notes one round's figures.
func (f Figures) Add(round map[string]float64) {
	for name, v := range round {
		f[name] = append(f[name], v)
	}
}

// Print prints the table. Without theirs there are no ratios. It reports
// whether every goal was reached.
func Print(w io.Writer, measures []Measure, ours, theirs Figures) bool {
	all := true
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "\tgovs\treference\tratio\tgoal\t\n")
	for _, m := range measures {
		if len(ours[m.Name]) == 0 {
			continue
		}
		us := Median(ours[m.Name])
		fmt.Fprintf(tw, "%s\t%s\t", m.Name, m.format(us))
		if len(theirs[m.Name]) > 0 {
			them := Median(theirs[m.Name])
			ratio := us / them
			if m.LessIsBetter {
				ratio = them / us
			}
			goal := fmt.Sprintf("%.3gx", m.Goal)
			ok := ratio >= m.Goal
			if m.Limit > 0 {
				goal, ok = "at most "+m.format(m.Limit), us <= m.Limit
			}
			all = all && ok
			fmt.Fprintf(tw, "%s\t%.1fx\t%s\t", m.format(them), ratio, goal)
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	return all
}

// Median returns the middle of f, which has at least one.
func Median(f []float64) float64 {
	f = slices.Sorted(slices.Values(f))
	return (f[(len(f)-1)/2] + f[len(f)/2]) / 2
}
