package datapath

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"govs/test/bench/ratios"
)

// The columns of the table.
const (
	frames10  = "10 rules, 1 flow"
	framesK   = "10 k rules, 1 flow"
	frames100 = "100 k rules, 1 flow"
	many      = "10 k rules, 1,000 flows"
	tracked   = "ct, 100 k connections"
	setups    = "ct setups"
	work      = "work a frame"
	tcp       = "TCP"
	ping      = "ping -f"
)

// tracking instead of a number of rules is that connections are tracked.
const tracking = -1

type column struct {
	name, unit string
	scale      float64
	format     string
	of         func(*forwarder) bool // who is measured
	rules      int                   // that the switch has then, or tracking
	stream     bool                  // hosts talk to each other
	measure    func(*lab) float64    // nil if another column's yields it
}

var columns = []column{
	{name: frames10, unit: "k frames/s", scale: 1e-3, format: "%.0f", of: carriesFrames, rules: 10,
		measure: func(l *lab) (v float64) { v, l.work = l.frames(frames10, 1); return v }},
	{name: framesK, unit: "k frames/s", scale: 1e-3, format: "%.0f", of: hasRules, rules: 10000,
		measure: func(l *lab) (v float64) { v, _ = l.frames(framesK, 1); return v }},
	{name: frames100, unit: "k frames/s", scale: 1e-3, format: "%.0f", of: hasRules, rules: 100000,
		measure: func(l *lab) (v float64) { v, _ = l.frames(frames100, 1); return v }},
	{name: many, unit: "k frames/s", scale: 1e-3, format: "%.0f", of: hasMany, rules: 10000,
		measure: func(l *lab) (v float64) { v, _ = l.frames(many, 1000); return v }},
	{name: tracked, unit: "k frames/s", scale: 1e-3, format: "%.0f", of: hasMany, rules: tracking,
		measure: func(l *lab) float64 { return l.tracked(tracked, 100000) }},
	{name: setups, unit: "k/s", scale: 1e-3, format: "%.0f", of: hasMany, rules: tracking, measure: (*lab).setups},
	{name: work, unit: "ns", scale: 1e9, format: "%.0f"},
	{name: tcp, unit: "Gbit/s", scale: 1e-9, format: "%.2f", of: func(f *forwarder) bool { return f.tcp }, rules: 10, stream: true, measure: (*lab).tcp},
	{name: ping, unit: "us", scale: 1e6, format: "%.0f", of: func(f *forwarder) bool { return f.ping }, rules: 10, stream: true, measure: (*lab).ping},
}

func carriesFrames(f *forwarder) bool { return f.frames }
func hasRules(f *forwarder) bool      { return f.rules }
func hasMany(f *forwarder) bool       { return f.many }

// A goal is a ratio of two figures of one run.
type goal struct {
	us, usCol, them, themCol string
	least                    float64
	less                     bool // less is better
}

var goals = []goal{
	{us: "govs", usCol: frames10, them: "floor TPACKET_V3", themCol: frames10, least: 0.85},
	{us: "govs", usCol: frames10, them: "OVS", themCol: frames10, least: 2.7},
	{us: "govs AF_XDP", usCol: frames10, them: "floor AF_XDP", themCol: frames10, least: 0.85},
	{us: "govs AF_XDP", usCol: frames10, them: "OVS AF_XDP", themCol: frames10, least: 1},
	{us: "govs AF_XDP", usCol: many, them: "OVS AF_XDP", themCol: many, least: 1},
	{us: "govs", usCol: framesK, them: "govs", themCol: frames10, least: 0.85},
	{us: "govs", usCol: frames100, them: "govs", themCol: frames10, least: 0.85},
	{us: "govs", usCol: many, them: "govs", themCol: frames10, least: 0.85},
	{us: "govs", usCol: tracked, them: "OVS", themCol: tracked, least: 2},
	{us: "govs", usCol: setups, them: "OVS", themCol: setups, least: 2},
	{us: "govs", usCol: tcp, them: "floor vnet", themCol: tcp, least: 0.85},
	{us: "govs", usCol: tcp, them: "OVS userspace-tso", themCol: tcp, least: 1},
	{us: "govs taps", usCol: tcp, them: "floor vnet", themCol: tcp, least: 0.85},
	{us: "govs taps", usCol: tcp, them: "OVS userspace-tso", themCol: tcp, least: 1},
	{us: "govs", usCol: ping, them: "OVS", themCol: ping, least: 1, less: true},
	{us: seedOurs, usCol: frames10, them: seedReference, themCol: frames10, least: 3},
	{us: seedOurs, usCol: tcp, them: seedReference, themCol: tcp, least: 7},
	{us: seedOurs, usCol: ping, them: seedReference, themCol: ping, least: 3, less: true},
}

// results are figures by row, column and turn; 0 is none.
type results map[string]map[string][]float64

func (r results) set(row, col string, turn int, v float64) {
	if r[row] == nil {
		r[row] = map[string][]float64{}
	}
	if r[row][col] == nil {
		r[row][col] = make([]float64, *turns)
	}
	r[row][col][turn] = v
}

// ratio returns the median of the turns' ratios.
func (r results) ratio(row, col, toRow, toCol string) (v float64, ok bool) {
	us, them := r[row][col], r[toRow][toCol]
	var list []float64
	for i := range min(len(us), len(them)) {
		if us[i] > 0 && them[i] > 0 {
			list = append(list, us[i]/them[i])
		}
	}
	if len(list) == 0 {
		return 0, false
	}
	return ratios.Median(list), true
}

// print prints the medians, and the ratios that are wanted.
func (r results) print(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, c := range columns {
		fmt.Fprintf(tw, "\t%s", c.name)
	}
	fmt.Fprint(tw, "\t\n")
	for _, c := range columns {
		fmt.Fprintf(tw, "\t%s", c.unit)
	}
	fmt.Fprint(tw, "\t\n")
	for _, f := range slices.Concat(forwarders, others()) {
		if r[f.name] == nil {
			continue
		}
		fmt.Fprint(tw, f.name)
		for _, c := range columns {
			none := func(v float64) bool { return v == 0 }
			if v := slices.DeleteFunc(slices.Clone(r[f.name][c.name]), none); len(v) > 0 {
				fmt.Fprintf(tw, "\t"+c.format, ratios.Median(v)*c.scale)
			} else {
				fmt.Fprint(tw, "\t")
			}
		}
		fmt.Fprint(tw, "\t\n")
	}
	tw.Flush()
	fmt.Fprintln(w)
	tw = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, g := range goals {
		ratio, ok := r.ratio(g.us, g.usCol, g.them, g.themCol)
		if !ok {
			continue
		}
		if g.less {
			ratio = 1 / ratio
		}
		met := ""
		if ratio < g.least {
			met = "missed"
		}
		fmt.Fprintf(tw, "%s, %s\tagainst %s, %s\t%.2fx\tgoal %.2fx\t%s\n", g.us, g.usCol, g.them, g.themCol, ratio, g.least, met)
	}
	for _, f := range others() {
		for _, c := range columns {
			if ratio, ok := r.ratio(f.of, c.name, f.name, c.name); ok {
				fmt.Fprintf(tw, "%s, %s\tagainst %s\t%.3fx\n", f.of, c.name, f.name, ratio)
			}
		}
	}
	tw.Flush()
}
