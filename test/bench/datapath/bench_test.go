package datapath

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"testing"
	"text/tabwriter"
	"time"

	"govs/internal/ovsref"
	"govs/test/bench/ratios"
)

var (
	rounds     = flag.Int("rounds", 3, "how often everything is measured; medians are printed")
	window     = flag.Duration("window", 1500*time.Millisecond, "how long one measurement lasts")
	profileDir = flag.String("profile", "", "profile the forwarders by perf, and write what they do into this directory")
	only       = flag.String("only", "", "forwarders to measure, a regular expression")
	what       = flag.String("what", "", "columns to measure, a regular expression")
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

var columns = []struct {
	name, unit string
	scale      float64
	format     string
}{
	{frames10, "k frames/s", 1e-3, "%.0f"},
	{framesK, "k frames/s", 1e-3, "%.0f"},
	{frames100, "k frames/s", 1e-3, "%.0f"},
	{many, "k frames/s", 1e-3, "%.0f"},
	{tracked, "k frames/s", 1e-3, "%.0f"},
	{setups, "k/s", 1e-3, "%.0f"},
	{work, "ns", 1e9, "%.0f"},
	{tcp, "Gbit/s", 1e-9, "%.2f"},
	{ping, "us", 1e6, "%.0f"},
}

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

// BenchmarkDatapath is what make bench-datapath runs.
func BenchmarkDatapath(b *testing.B) {
	if testing.Short() {
		b.Skip("takes minutes")
	}
	ovsref.Root(b)
	match := regexp.MustCompile(*only)
	begin := time.Now()
	results := map[string]ratios.Figures{}
	for round := range *rounds {
		for i := range forwarders {
			// Who is first takes turns.
			f := &forwarders[(i+round)%len(forwarders)]
			if !match.MatchString(f.name) {
				continue
			}
			if results[f.name] == nil {
				results[f.name] = ratios.Figures{}
			}
			b.Run(fmt.Sprintf("%d/%s", round, f.name), func(b *testing.B) {
				results[f.name].Add(f.measure(b))
			})
		}
	}
	print(os.Stdout, results)
	fmt.Printf("medians of %d rounds in %.0f s. Frames of 60 bytes come from BPF_PROG_TEST_RUN with live frames on processor %d,\n"+
		"which the veth receives on, too; bare forwarders and polling threads for AF_XDP have processor %d, the rest runs where it can; what arrives is counted by XDP. TCP: iperf3 -C cubic, one stream.\n",
		*rounds, time.Since(begin).Seconds(), loadCPU, forwardCPU)
}

func (f *forwarder) measure(b *testing.B) map[string]float64 {
	l := newLab(b, f.name)
	if !f.taps && !f.hosts {
		l.cables()
		l.offloads("on")
	}
	f.start(l)
	if f.plain {
		l.offloads("off")
	}
	r := map[string]float64{}
	wanted := regexp.MustCompile(*what).MatchString
	if f.ping && wanted(ping) {
		r[ping] = l.ping()
	}
	if f.tcp && wanted(tcp) {
		r[tcp] = l.tcp()
	}
	if f.plain {
		l.offloads("on")
	}
	if f.hosts {
		l.gro("on")
	}
	if f.frames && wanted(frames10) {
		var d float64
		if r[frames10], d = l.frames(frames10, 1); d > 0 {
			r[work] = d
		}
	}
	if f.rules || f.many {
		l.rules(10000)
		if f.rules && wanted(framesK) {
			r[framesK], _ = l.frames(framesK, 1)
		}
		if f.many && wanted(many) {
			r[many], _ = l.frames(many, 1000)
		}
		if f.many && (wanted(tracked) || wanted(setups)) {
			l.track()
			r[tracked] = l.tracked(tracked, 100000)
			r[setups] = l.setups()
		}
	}
	if f.rules && wanted(frames100) {
		l.rules(100000)
		r[frames100], _ = l.frames(frames100, 1)
	}
	return r
}

// print prints the medians, and the ratios that are wanted.
func print(w io.Writer, results map[string]ratios.Figures) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, c := range columns {
		fmt.Fprintf(tw, "\t%s", c.name)
	}
	fmt.Fprint(tw, "\t\n")
	for _, c := range columns {
		fmt.Fprintf(tw, "\t%s", c.unit)
	}
	fmt.Fprint(tw, "\t\n")
	for _, f := range forwarders {
		if results[f.name] == nil {
			continue
		}
		fmt.Fprint(tw, f.name)
		for _, c := range columns {
			if v := results[f.name][c.name]; len(v) > 0 {
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
		us, them := results[g.us][g.usCol], results[g.them][g.themCol]
		if len(us) == 0 || len(them) == 0 {
			continue
		}
		ratio := ratios.Median(us) / ratios.Median(them)
		if g.less {
			ratio = 1 / ratio
		}
		met := ""
		if ratio < g.least {
			met = "missed"
		}
		fmt.Fprintf(tw, "%s, %s\tagainst %s, %s\t%.2fx\tgoal %.2fx\t%s\n", g.us, g.usCol, g.them, g.themCol, ratio, g.least, met)
	}
	tw.Flush()
}
