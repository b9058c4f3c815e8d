package xlatediff

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/test/sandbox"
)

// A runner has the two switches and runs scenarios on both.
type runner struct {
	t         *testing.T
	ours, ref *side
	flows     [2]int // datapath flows of both that were compared
	before    *scenario
	ends      int // of the reference, for a reason that is known
}

// try runs a scenario on both switches and returns what differs first, "" for
// nothing. A switch that ends is a difference, and started again.
func (r *runner) try(c *scenario) (diff string) {
	if r.ours == nil {
		ns, err := netlab.New(fmt.Sprintf("govsxl%d", os.Getpid()))
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(func() {
			netlab.Clear(ns.Name)
			ns.Close()
		})
		r.ours, r.ref = startSide(r.t, sandbox.Ours(r.t), ns), startSide(r.t, sandbox.Reference(r.t), ns)
	}
	var got, want []part
	var wg sync.WaitGroup
	wg.Go(func() { got = r.ours.play(c) })
	want = r.ref.play(c)
	wg.Wait()
	before := r.before
	r.before = c
	for i := range max(len(got), len(want)) {
		for _, p := range [][]part{got, want} {
			if i < len(p) && p[i].name == "died" {
				time.Sleep(300 * time.Millisecond) // for its last words
				r.ours.again()
				r.ref.again()
				// What one scenario leaves may end it while that is cleared for the next.
				if strings.HasPrefix(p[i].text, "reference") && (c.ends() || i == 0 && before != nil && before.takesAlong()) {
					r.ends++
					r.t.Logf("skipped: %s", p[i].text)
					return ""
				}
				return p[i].text
			}
		}
		if got[i].flows != nil {
			r.flows[0] += total(got[i].flows)
			r.flows[1] += total(want[i].flows)
			got[i].text, want[i].text = flowTexts(got[i].flows, want[i].flows)
		}
		if got[i].sameBut(&want[i]) {
			continue
		}
		if d := difference(got[i].name, got[i].text, want[i].text); d != "" && !(got[i].sameNumbers(&want[i]) && r.forgets(c)) {
			return d
		}
	}
	return ""
}

// play runs a scenario and returns all that is compared. Its end is a part named
// "died" when the switch ends itself.
func (s *side) play(c *scenario) (out []part) {
	defer func() {
		switch d := recover().(type) {
		case nil:
		case died:
			out = append(out, part{name: "died", text: fmt.Sprintf("%s: died: %v", d.who, d.err)})
		default:
			panic(d)
		}
	}()
	s.build(c.topo)
	s.reset()
	out = append(out, part{name: "refused", text: s.load(c)})
	s.settle(1) // so that what comes first does not meet what this has changed
	for _, st := range c.steps {
		out = append(out, part{name: st.name(), text: canonical(s.run(c, st)), versions: c.has("tun_erspan_ver=")})
	}
	return append(out, s.state(c)...)
}

func (s *side) run(c *scenario, st step) string {
	if st.kind == "packet-out" {
		out := s.packetOut(st.args[0], st.args[1])
		if c.teaches(st) {
			s.lookAgain()
		}
		s.settle(1)
		return out
	}
	if st.kind == "receive" && c.has("fin_") {
		// A FIN may have its flow time out at once. Whether that is done before the next
		// packet comes depends on when the reference's threads have their turns.
		out := ""
		for _, p := range st.args[1:] {
			out += s.do(commandOf[st.kind], st.args[0], p)
			s.settle(1)
			s.settle(1)
		}
		return out
	}
	out := s.do(commandOf[st.kind], st.args...)
	if st.kind == "warp" {
		for _, of := range s.clients { // which want to be asked whether they are there
			s.barrier(of, nil)
		}
		s.settle(1)
		s.grace() // for flows that timed out
	}
	// A packet that is only traced may have been learned from.
	s.settle(len(st.args))
	return out
}

var volatile = regexp.MustCompile(`[0-9][0-9a-fx:]*`)

// kind is what a difference is about, which must stay while it is shrunk.
func kind(diff string) string {
	k, rest, _ := strings.Cut(diff, " ")
	k, _, _ = strings.Cut(k, ":")
	_, rest, _ = strings.Cut(rest, "--- ours\n")
	ours, rest, _ := strings.Cut(rest, "\n")
	_, rest, _ = strings.Cut(rest, "--- reference\n")
	ref, _, _ := strings.Cut(rest, "\n")
	brief := func(s string) string { return volatile.ReplaceAllString(s[:min(len(s), 16)], "") }
	return k + brief(ours) + brief(ref)
}

// shrink drops whatever can be dropped from a scenario while the two switches
// differ in the same kind of thing.
func (r *runner) shrink(c *scenario, diff string) (*scenario, string) {
	until := time.Now().Add(*shrinking)
	attempt := func(n scenario) bool {
		if time.Now().After(until) {
			return false
		}
		d := r.try(&n)
		if d == "" || kind(d) != kind(diff) {
			return false
		}
		c, diff = &n, d
		return true
	}
	drop := func(length func() int, without func(i, n int) scenario) {
		for n := max(1, length()/2); ; n /= 2 {
			for i := 0; i+n <= length(); {
				if !attempt(without(i, n)) {
					i += n
				}
			}
			if n == 1 {
				return
			}
		}
	}
	steps := func() {
		drop(func() int { return len(c.steps) }, func(i, n int) scenario {
			x := *c
			x.steps = slices.Delete(slices.Clone(c.steps), i, i+n)
			return x
		})
	}
	mods := func() {
		drop(func() int { return len(c.mods) }, func(i, n int) scenario {
			x := *c
			x.mods = slices.Delete(slices.Clone(c.mods), i, i+n)
			return x
		})
	}
	steps()
	mods()
	steps()
	mods()
	for i := 0; i < len(c.topo.settings); {
		x := *c
		x.topo = c.topo.without(i)
		if !attempt(x) {
			i++
		}
	}
	// Parts of a flow.
	for i := range c.mods {
		for j := 0; ; j++ {
			words := topLevel(c.mods[i].text)
			if j >= len(words) {
				break
			}
			x := *c
			x.mods = slices.Clone(c.mods)
			x.mods[i].text = strings.Join(slices.Delete(slices.Clone(words), j, j+1), ",")
			if strings.Contains(words[j], "actions=") {
				continue
			}
			if _, _, err := x.mods[i].message(); err == nil && attempt(x) {
				j--
			}
		}
	}
	return c, diff
}

// topLevel splits a text at the commas outside parentheses.
func topLevel(s string) (out []string) {
	depth, from := 0, 0
	for i, ch := range s {
		switch ch {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	return append(out, s[from:])
}
