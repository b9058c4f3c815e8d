package userspace

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"govs/daemon/unixctl"
)

// Commands returns the rows dpif-netdev/* (ovs-vswitchd(8)) for the userspace
// datapaths that list returns.
func Commands(list func() []*Datapath) []unixctl.Command {
	var rows []unixctl.Command
	for _, c := range commands {
		rows = append(rows, unixctl.Command{
			Name: "dpif-netdev/" + c.name, Usage: c.usage, MinArgs: c.min, MaxArgs: c.max,
			Run: func(r *unixctl.Request) { c.run(&request{Request: r, list: list}) },
		})
	}
	for _, c := range executeCommands {
		rows = append(rows, unixctl.Command{
			Name: "odp-execute/" + c.name, Usage: c.usage, MinArgs: c.min, MaxArgs: c.max,
			Run: func(r *unixctl.Request) { c.run(&request{Request: r, list: list}) },
		})
	}
	return rows
}

type request struct {
	*unixctl.Request
	list func() []*Datapath
	core int // of -pmd, or -1
	secs int // of -secs
	out  strings.Builder
}

// A command is a control command without the word before its slash.
type command struct {
	name, usage string
	min, max    int
	run         func(*request)
}

// executeCommands are those of odp-execute/.
var executeCommands = []command{
	{"action-impl-set", "name", 1, 1, actionSet},
	{"action-impl-show", "", 0, 0, func(r *request) {
		r.Reply("Available Actions implementations:\n  scalar (available: Yes, active: Yes)\n")
	}},
}

// commands are those of dpif-netdev/.
var commands = []command{
	{"pmd-stats-show", "[-pmd core] [dp]", 0, 3, forEach(showStats)},
	{"pmd-stats-clear", "[-pmd core] [dp]", 0, 3, forEach(clearStats)},
	{"pmd-rxq-show", "[-pmd core] [-secs secs] [dp]", 0, 5, forEach(showQueues)},
	{"pmd-perf-show", "[-nh] [-it iter-history-len] [-ms ms-history-len] [-pmd core] [dp]", 0, 8, forEach(showPerf)},
	{"pmd-sleep-show", "[dp]", 0, 3, forEach(showSleep)},
	{"pmd-rxq-rebalance", "[dp]", 0, 1, forEach(func(r *request, dp *Datapath) {
		dp.Rebalance()
		r.out.WriteString("pmd rxq rebalance requested.\n")
	})},
	{"bond-show", "[dp]", 0, 1, forEach(func(*request, *Datapath) {})}, // bonds are balanced in translation
	{"pmd-perf-log-set", "on|off [-b before] [-a after] [-e|-ne] [-us usec] [-q qlen]", 0, 10, logSet},
	{"subtable-lookup-info-get", "", 0, 0, one("Available dpcls implementations:\n  generic (Use count: %d, Priority: 1)\n")},
	{"subtable-lookup-prio-get", "", 0, 0, one("Available dpcls implementations:\n  generic (Use count: %d, Priority: 1)\n")},
	{"subtable-lookup-prio-set", "[lookup_func] [prio]", 2, 2, prioSet},
	{"miniflow-parser-get", "", 0, 0, one("Available MFEX implementations:\n  scalar (available: True pmds: %s)\n")},
	{"miniflow-parser-set", "[-pmd core] miniflow_implementation_name [study_pkt_cnt]", 1, 5, parserSet},
	{"dpif-impl-get", "", 0, 0, one("Available DPIF implementations:\n  dpif_scalar (pmds: %s)\n")},
	{"dpif-impl-set", "dpif_implementation_name", 1, 1, implSet},
}

// forEach parses the common arguments and runs fn on the datapath that is named,
// or the only one.
func forEach(fn func(*request, *Datapath)) func(*request) {
	return func(r *request) {
		r.core, r.secs = -1, 60
		var name string
		args := r.Args
		for len(args) > 0 {
			a := args[0]
			args = args[1:]
			if a == "-nh" {
				continue // no histograms, of which there are none
			}
			if !slices.Contains([]string{"-pmd", "-secs", "-it", "-ms"}, a) || len(args) == 0 {
				name = a
				continue
			}
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 0 {
				r.Error("Invalid arguments")
				return
			}
			args = args[1:]
			switch a {
			case "-pmd":
				r.core = n
			case "-secs":
				r.secs = min(n, 60)
			}
		}
		l := r.list()
		i := slices.IndexFunc(l, func(dp *Datapath) bool { return dp.Name() == name || dp.Type()+"@"+dp.Name() == name })
		if i < 0 && len(l) == 1 {
			i = 0 // as in the reference, whatever was asked for
		}
		if i < 0 {
			r.Error("please specify an existing datapath")
			return
		}
		fn(r, l[i])
		r.Reply(r.out.String())
	}
}

// polled are the types of ports that the reference has threads of their own for;
// it polls the others in its main thread.
var polled = []string{"afxdp", "dummy-pmd"}

func (p *port) polled() bool { return slices.Contains(polled, p.dev.Type()) }

// rank is lower for polled ports.
func (p *port) rank() int {
	if p.polled() {
		return 0
	}
	return 1
}

// pmds returns the threads that are shown as such: those that somebody pinned or
// that have a queue of a polled type, by number. The rest counts as the main
// thread.
func (dp *Datapath) pmds() map[int]*thread {
	m := map[int]*thread{}
	some := func(l []*rx) bool { return slices.ContainsFunc(l, func(r *rx) bool { return r.port.polled() }) }
	all := dp.cfg.Nodes != nil && some(dp.all())
	for i, t := range dp.loops() {
		if all || t.cpu != anyCPU && dp.settings.Load().cpus != "" || some(t.rxs()) {
			m[t.core(i)] = t
		}
	}
	return m
}

// core is the number that thread i is shown with.
func (t *thread) core(i int) int {
	if t.cpu == anyCPU {
		return i
	}
	return t.cpu
}

func (t *thread) read() counted {
	c := t.x.count.read()
	c.idle = t.idle()
	return c
}

// counted returns the counters since they were cleared. The caller holds the
// datapath's lock.
func (t *thread) counted() counted { return t.read().add(t.base, -1) }

// shared returns the counters of what no packet thread there is does.
func (dp *Datapath) shared() counted {
	c := dp.count.read()
	dp.execs.each(func(x *exec) { c = c.add(x.count.read(), 1) })
	return c
}

// main returns the counters of all that is no thread of its own. The caller
// holds mu.
func (dp *Datapath) main() counted {
	c := dp.shared().add(dp.base, -1)
	own := dp.pmds()
	for i, t := range dp.loops() {
		if own[t.core(i)] != t {
			c = c.add(t.counted(), 1)
		}
	}
	return c
}

// each calls fn with the threads that are asked for, in order. The caller holds
// mu.
func (r *request) each(dp *Datapath, fn func(core int, t *thread, c counted)) {
	m := dp.pmds()
	var cores []int
	for core := range m {
		if r.core < 0 || r.core == core {
			cores = append(cores, core)
		}
	}
	slices.Sort(cores)
	for _, core := range cores {
		fn(core, m[core], m[core].counted())
	}
}

func (r *request) printf(format string, args ...any) { fmt.Fprintf(&r.out, format, args...) }

func head(core int, t *thread) string {
	return fmt.Sprintf("pmd thread numa_id %d core_id %d:\n", t.node, core)
}

func showStats(r *request, dp *Datapath) {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	r.each(dp, func(core int, t *thread, c counted) {
		r.out.WriteString(head(core, t))
		r.stats(c, true)
	})
	if r.core < 0 {
		r.out.WriteString("main thread:\n")
		r.stats(dp.main(), false)
	}
}

func (c counted) passes() uint64 { return c.received + c.recircs }

// megaflow is how many hits the caches did not have.
func (c counted) megaflow() uint64 { return c.hits - c.exact - c.signs }

func ratio(a, b uint64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func (r *request) stats(c counted, cycles bool) {
	lookups := ratio(c.maskHits, c.megaflow())
	r.printf("  packets received: %d\n  packet recirculations: %d\n  avg. datapath passes per packet: %.2f\n",
		c.received, c.recircs, ratio(c.passes(), c.received))
	r.printf("  phwol hits: 0\n  mfex opt hits: 0\n  simple match hits: 0\n")
	r.printf("  emc hits: %d\n  smc hits: %d\n  megaflow hits: %d\n  avg. subtable lookups per megaflow hit: %.2f\n",
		c.exact, c.signs, c.megaflow(), lookups)
	r.printf("  miss with success upcall: %d\n  miss with failed upcall: %d\n  avg. packets per output batch: %.2f\n",
		c.misses-c.lost, c.lost, ratio(c.sent, c.batches))
	if total := c.busy + c.idle; cycles && total > 0 {
		busy, idle := toCycles(c.busy), toCycles(c.idle)
		r.printf("  idle cycles: %d (%.2f%%)\n  processing cycles: %d (%.2f%%)\n",
			idle, 100*float64(c.idle)/float64(total), busy, 100*float64(c.busy)/float64(total))
		if c.received > 0 {
			r.printf("  avg cycles per packet: %.2f (%d/%d)\n  avg processing cycles per packet: %.2f (%d/%d)\n",
				ratio(busy+idle, c.received), busy+idle, c.received, ratio(busy, c.received), busy, c.received)
		}
	}
}

// cyclesPerMicrosecond is the processor's frequency in MHz. Time is measured by
// the clock and shown in cycles, as the reference shows it.
var cyclesPerMicrosecond = sync.OnceValue(func() float64 {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "cpu MHz" {
			if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil && f > 0 {
				return f
			}
		}
	}
	return 1000
})

func toCycles(ns int64) uint64 { return uint64(float64(ns) / 1000 * cyclesPerMicrosecond()) }

func clearStats(r *request, dp *Datapath) {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	r.each(dp, func(_ int, t *thread, _ counted) { t.base = t.read() })
	if r.core < 0 {
		for _, t := range dp.loops() {
			t.base = t.read()
		}
		dp.base = dp.shared()
		dp.cleared = time.Now()
	}
}

func showQueues(r *request, dp *Datapath) {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	every := int(measureEvery.Seconds())
	spans := max(1, (r.secs+every-1)/every)
	if r.core < 0 || dp.pmds()[r.core] != nil {
		r.printf("Displaying last %d seconds pmd usage %%\n", spans*every)
	}
	r.each(dp, func(core int, t *thread, _ counted) {
		r.printf("%s  isolated : %v\n", head(core, t), t.isolated.Load())
		total := t.total.sum(spans)
		l := t.rxs()
		slices.SortFunc(l, func(a, b *rx) int {
			if a.port.name != b.port.name {
				return strings.Compare(a.port.name, b.port.name)
			}
			return a.n - b.n
		})
		left := t.load.sum(spans)
		for _, q := range l {
			r.printf("  port: %-16s  queue-id: %2d %s  pmd usage: %s\n", q.port.name, q.n, "(enabled) ", usage(q.load.sum(spans), total))
			left -= q.load.sum(spans)
		}
		if len(l) > 0 {
			r.printf("  overhead: %s\n", usage(max(left, 0), total))
		}
	})
}

func usage(part, total int64) string {
	if total == 0 {
		return "NOT AVAIL"
	}
	return fmt.Sprintf("%2d %%", 100*part/total)
}

func showSleep(r *request, dp *Datapath) {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	n, _ := parseNaps(dp.settings.Load().naps)
	r.printf("Default max sleep: %4d us\n", n.all.Microseconds())
	r.each(dp, func(core int, t *thread, _ counted) {
		r.printf("%s  max sleep: %4d us\n", head(core, t), n.of(core).Microseconds())
	})
}

func showPerf(r *request, dp *Datapath) {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	r.each(dp, func(core int, t *thread, c counted) {
		secs := time.Since(dp.cleared).Seconds()
		r.printf("\nTime: %s\nMeasurement duration: %.3f s\n\n%s\n", time.Now().Format("15:04:05.000"), secs, head(core, t))
		busyTurns := c.turns - c.idleTurns
		percent := func(a, b uint64) float64 { return 100 * ratio(a, b) }
		total := c.busy + c.idle
		r.printf("  Iterations:         %12d  (%.2f us/it)\n", c.turns, ratio(uint64(total/1000), c.turns))
		r.printf("  - Used TSC cycles:  %12d  (%5.1f %% of total cycles)\n", toCycles(c.busy), percent(uint64(c.busy), uint64(total)))
		r.printf("  - idle iterations:  %12d  (%5.1f %% of used cycles)\n", c.idleTurns, 0.0)
		r.printf("  - busy iterations:  %12d  (%5.1f %% of used cycles)\n", busyTurns, percent(busyTurns, busyTurns))
		r.printf("  - sleep iterations: %12d  (%5.1f %% of iterations)\n", c.turns, percent(c.turns, c.turns))
		r.printf("  Sleep time (us):    %12d  (%3.0f us/iteration avg.)\n", c.idle/1000, ratio(uint64(c.idle/1000), c.turns))
		rate := func(n uint64) float64 {
			if secs <= 0 {
				return 0
			}
			return float64(n) / secs / 1000
		}
		if c.received == 0 {
			r.printf("  Rx packets:         %12d\n", 0)
		} else {
			r.printf("  Rx packets:         %12d  (%.0f Kpps, %.0f cycles/pkt)\n", c.received, rate(c.received), ratio(toCycles(c.busy), c.received))
			p := c.passes()
			r.printf("  Datapath passes:    %12d  (%.2f passes/pkt)\n", p, ratio(p, c.received))
			for _, l := range []struct {
				name string
				n    uint64
			}{{"PHWOL hits:", 0}, {"MFEX Opt hits:", 0}, {"Simple Match hits:", 0}, {"EMC hits:", c.exact}, {"SMC hits:", c.signs}} {
				r.printf("  - %-18s%12d  (%5.1f %%)\n", l.name, l.n, percent(l.n, p))
			}
			r.printf("  - %-18s%12d  (%5.1f %%, %.2f subtbl lookups/hit)\n", "Megaflow hits:", c.megaflow(), percent(c.megaflow(), p), ratio(c.maskHits, c.megaflow()))
			r.printf("  - %-18s%12d  (%5.1f %%)\n", "Upcalls:", c.misses-c.lost, percent(c.misses-c.lost, p))
			r.printf("  - %-18s%12d  (%5.1f %%)\n", "Lost upcalls:", c.lost, percent(c.lost, p))
		}
		if c.sent == 0 {
			r.printf("  Tx packets:         %12d\n\n", 0)
		} else {
			r.printf("  Tx packets:         %12d  (%.0f Kpps)\n", c.sent, rate(c.sent))
			r.printf("  Tx batches:         %12d  (%.2f pkts/batch)\n", c.batches, ratio(c.sent, c.batches))
		}
	})
}

// one answers with a text that says how many, or which, threads use the only
// implementation there is.
func one(text string) func(*request) {
	return func(r *request) {
		var cores []string
		subtables := 0
		for _, dp := range r.list() {
			dp.mu.Lock()
			for core := range dp.pmds() {
				cores = append(cores, strconv.Itoa(core))
			}
			dp.mu.Unlock()
			subtables += dp.classes.Load().masks()
		}
		slices.Sort(cores)
		if strings.Contains(text, "%d") {
			r.Reply(fmt.Sprintf(text, subtables))
			return
		}
		s := "none"
		if len(cores) > 0 {
			s = strings.Join(cores, ",")
		}
		r.Reply(fmt.Sprintf(text, s))
	}
}

func logSet(r *request) {
	if len(r.Args) == 0 || r.Args[0] != "on" && r.Args[0] != "off" {
		r.Error("Usage: ovs-appctl dpif-netdev/pmd-perf-log-set [on|off] [-b before] [-a after] [-e|-ne] [-us usec] [-q qlen]")
		return
	}
	if r.Args[0] == "on" {
		r.Error("packet threads keep no history of their rounds to be logged")
		return
	}
	r.Reply("")
}

func prioSet(r *request) {
	if n, err := strconv.Atoi(r.Args[1]); err != nil || n < 0 || n > 255 {
		r.Error("error converting priority, use integer in range 0-255")
		return
	}
	if r.Args[0] != "generic" {
		r.Error("error, subtable lookup function not found")
		return
	}
	r.Reply("Lookup priority change affected 0 dpcls ports and 0 subtables.\n")
}

func parserSet(r *request) {
	args := r.Args
	if len(args) > 2 && args[0] == "-pmd" {
		args = args[2:]
	}
	if args[0] != "scalar" {
		r.Error("Error: unknown miniflow extract implementation " + args[0] + ".")
		return
	}
	r.Reply("Miniflow extract implementation set to scalar.\n")
}

func implSet(r *request) {
	if r.Args[0] != "dpif_scalar" {
		r.Error("DPIF implementation not available: Unknown DPIF implementation " + r.Args[0] + ".")
		return
	}
	r.Reply("DPIF implementation set to dpif_scalar.\n")
}

func actionSet(r *request) {
	if r.Args[0] != "scalar" {
		r.Error("Error: unknown action implementation, " + r.Args[0] + ", specified!")
		return
	}
	r.Reply("Action implementation set to scalar.\n")
}
