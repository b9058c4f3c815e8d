package flowdiff

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"govs/openflow"
)

// amount returns how many lines to compare and the seed they are made of:
// GOVS_DIFF_LINES and GOVS_DIFF_SEED, as make soak-openflow sets them. With no
// seed set it is always the same few lines.
func amount(t *testing.T, n int) (lines int, seed uint64) {
	seed = 20
	if testing.Short() {
		n /= 4
	}
	if v, err := strconv.Atoi(os.Getenv("GOVS_DIFF_LINES")); err == nil {
		n = v
	}
	if v, err := strconv.ParseUint(os.Getenv("GOVS_DIFF_SEED"), 10, 64); err == nil {
		seed = v
	}
	t.Logf("GOVS_DIFF_LINES=%d GOVS_DIFF_SEED=%d", n, seed)
	return n, seed
}

// offers are the protocols that a flow is offered to.
var offers = [][]string{
	{"-O", "OpenFlow10"}, {"-O", "OpenFlow10", "-F", "nxm"}, {"-O", "OpenFlow11"}, {"-O", "OpenFlow12"}, {"-O", "OpenFlow13"},
	{"-O", "OpenFlow14"}, {"-O", "OpenFlow15"}, {"-O", "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15"},
	{"-O", "OpenFlow10,OpenFlow13", "-F", "OpenFlow10,OXM"}, {"-O", "OpenFlow10", "-mmm"}, {"-O", "OpenFlow13", "-mmm"},
	{"-O", "OpenFlow10", "-F", "OpenFlow10-table_id"}, {"-O", "OpenFlow10", "-F", "NXM+table_id", "-m"}, {"-O", "OpenFlow13", "-F", "OXM-OpenFlow13"},
	{"-O", "OpenFlow11,OpenFlow14", "-F", "any", "-P", "nxt_packet_in"}, {"-O", "OpenFlow12,OpenFlow15", "-F", "OXM-OpenFlow15,NXM"}, {"-O", "OpenFlow15", "-mm"},
}

// A comparison collects what two tools make of lines.
type comparison struct {
	t     *testing.T
	them  ovsOfctl
	lines int
	runs  int

	queue    chan func() // runs of the reference, on every core
	waiting  sync.WaitGroup
	mu       sync.Mutex // guards what is below
	bad      int
	declared map[string]int
}

func newComparison(t *testing.T) *comparison {
	c := &comparison{t: t, them: reference(t), declared: map[string]int{}, queue: make(chan func())}
	for range runtime.NumCPU() {
		go func() {
			for run := range c.queue {
				run()
				c.waiting.Done()
			}
		}()
	}
	t.Cleanup(func() { close(c.queue) })
	return c
}

// later runs f beside what goes on: nearly all of the time goes into starting
// the reference.
func (c *comparison) later(f func()) {
	c.waiting.Add(1)
	c.queue <- f
}

// differ notes a difference.
func (c *comparison) differ(args []string, line, got, want string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := declaredDifference(args, line, got, want); d != nil {
		c.declared[d.name]++
		return
	}
	if c.bad++; c.bad <= 60 {
		c.t.Errorf("%s: %s\n got: %s\nwant: %s", strings.Join(args, " "), line, got, want)
	}
}

func (c *comparison) done() {
	c.waiting.Wait()
	c.t.Logf("%d lines compared in %d runs, %d differ", c.lines, c.runs, c.bad)
	for _, d := range differences {
		if n := c.declared[d.name]; n > 0 {
			c.t.Logf("%6d declared: %s (%s)", n, d.name, d.why)
		}
	}
}

// single compares one line.
func (c *comparison) single(offer []string, line string) {
	args := append(offer[:len(offer):len(offer)], "parse-flows", "-")
	got := ours(line+"\n", args...)
	c.runs++
	c.later(func() {
		if want := c.them(line+"\n", args...); got != want {
			c.differ(offer, line, got, want)
		}
	})
}

// batch compares lines that are right, of which all can be sent the same way.
func (c *comparison) batch(offer, lines []string) {
	args := append(offer[:len(offer):len(offer)], "parse-flows", "-")
	for len(lines) > 0 {
		text := strings.Join(lines, "\n") + "\n"
		got, want := ours(text, args...), c.them(text, args...)
		c.runs++
		if got == want {
			return
		}
		head, flows := records(got)
		wantHead, wantFlows := records(want)
		if head == wantHead && len(flows) == len(lines) && len(wantFlows) == len(lines) {
			for i := range flows {
				if flows[i] != wantFlows[i] {
					c.differ(offer, lines[i], flows[i], wantFlows[i])
				}
			}
			return
		}
		if n, ok := badLine(want); ok && n < len(lines) {
			c.differ(offer, lines[n], head, want)
			lines = append(lines[:n:n], lines[n+1:]...)
			continue
		}
		// One of them spoils the whole.
		if len(lines) == 1 {
			c.differ(offer, lines[0], got, want)
			return
		}
		half := len(lines) / 2
		c.batch(offer, lines[:half])
		lines = lines[half:]
	}
}

const batchSize = 400

// TestFlows makes flows at random, right ones and wrong ones, and compares
// what ovs-ofctl and the reference's make of them: the error, or the protocols
// that can carry the flow, and what is printed of the encoded flow.
func TestFlows(t *testing.T) {
	n, seed := amount(t, 1500)
	g := newGen(seed)
	c := newComparison(t)
	type way struct {
		offer  int
		usable openflow.Protocols
	}
	waiting := map[way][]string{}
	allowed := make([]openflow.Protocols, len(offers))
	for i, o := range offers {
		vs, err := openflow.ParseVersions(o[1])
		if err != nil {
			t.Fatal(err)
		}
		allowed[i] = openflow.ProtocolsOf(vs)
		if len(o) > 3 && o[2] == "-F" {
			p, _ := openflow.ParseProtocols(o[3])
			allowed[i] &= p
		}
	}
	for c.lines < n {
		line := g.line()
		if openflow.CleanLine(line) == "" {
			continue
		}
		c.lines++
		o := g.IntN(len(offers))
		_, usable, err := openflow.ParseFlowMod(openflow.CleanLine(line), openflow.FlowAdd, nil)
		if err != nil || usable&allowed[o] == 0 || g.chance(200) {
			c.single(offers[o], line)
			continue
		}
		w := way{o, usable}
		waiting[w] = append(waiting[w], line)
		if len(waiting[w]) == batchSize {
			c.batch(offers[o], waiting[w])
			delete(waiting, w)
		}
	}
	// Small rests go together with others that the same protocol carries.
	rest := map[[2]int][]string{}
	for w, lines := range waiting {
		k := [2]int{w.offer, int((w.usable & allowed[w.offer]).First())}
		rest[k] = append(rest[k], lines...)
	}
	for k, lines := range rest {
		c.batch(offers[k[0]], lines)
	}
	c.done()
}
