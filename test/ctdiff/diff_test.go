// Package ctdiff compares the connection tracking of our userspace datapath
// with that of the reference: random conversations go through both over dummy
// ports with the clock turned by hand, and packets, states and tables must be
// equal. Our datapath's flows are put by hand, so that it is tested alone.
package ctdiff

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"govs/test/sandbox"
)

var (
	conversations = flag.Int("conversations", 300, "how many conversations")
	seed          = flag.Uint64("seed", 0, "replay; 0: a new one")
	only          = flag.Int("scenario", -1, "one scenario only")
)

// alive is how many conversations are under way at a time.
const alive = 24

// perSwitch is how many conversations a pair of switches gets.
const perSwitch = 500

func TestSameAsReference(t *testing.T) {
	n := *seed
	if n == 0 {
		n = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./test/ctdiff -run %s -conversations %d -seed %d", t.Name(), *conversations, n)
	var sum diff
	crashes, passing := 0, 0
	for i := 0; i*perSwitch < *conversations && !t.Failed(); i++ {
		// run has the seed's i-th part on new switches and returns what differs.
		run := func(t *testing.T) []string {
			d := &diff{t: t, r: rand.New(rand.NewPCG(n, uint64(i)))}
			defer func() {
				switch c, ok := recover().(crash); {
				case ok && c.maker == "reference": // it has assertions that packets can reach
					crashes++
					t.Log("the reference has crashed: ", c.line)
				case ok:
					t.Error(c.maker, " has crashed: ", c.line)
				}
				sum.add(d)
			}()
			for _, m := range []sandbox.Maker{sandbox.Ours(t), sandbox.Reference(t)} {
				d.both = append(d.both, startSwitch(t, m))
			}
			d.run(uint32(min(perSwitch, *conversations-i*perSwitch)))
			return d.differs
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			once := run(t)
			if once == nil {
				return
			}
			// When the reference sweeps what has expired depends on the machine, and
			// its choice of ports on that.
			if again := run(t); again != nil {
				t.Error(strings.Join(again, "\n"))
				return
			}
			passing++
			t.Logf("a difference that did not come again: %s", once[0])
		})
	}
	if t.Failed() {
		return
	}
	t.Logf("%d conversations, %d packets in, %d out, %d tables of up to %d connections compared; the reference was waited for %d times, went %d times by expired connections and crashed %d times; %d differences did not come again",
		sum.convs, sum.in, sum.out, sum.tables, sum.most, sum.late, sum.outlived, crashes, passing)
	if crashes+passing > *conversations/2000+1 {
		t.Error("too little was compared")
	}
}

// run has n conversations through both switches.
func (d *diff) run(n uint32) {
	var live []*conv
	for id := uint32(0); (id < n || len(live) > 0) && d.differs == nil; {
		for len(live) < alive && id < n {
			id++
			c := newConv(id, rand.New(rand.NewPCG(d.r.Uint64(), d.r.Uint64())))
			for *only >= 0 && int(c.scenario) != *only {
				c = newConv(id, c.r)
			}
			live = append(live, c)
		}
		d.round(live)
		all := len(live)
		live = slices.DeleteFunc(live, func(c *conv) bool { return c.left <= 0 })
		d.convs += all - len(live)
	}
}

func (d *diff) add(o *diff) {
	d.convs, d.in, d.out, d.tables = d.convs+o.convs, d.in+o.in, d.out+o.out, d.tables+o.tables
	d.late, d.outlived, d.most = d.late+o.late, d.outlived+o.outlived, max(d.most, o.most)
}

// outlived reports whether two frames differ in what the reference's entry for
// answers of a translated connection makes of them once the connection itself
// has expired: until it is swept, answers are invalid, and new after that.
func outlived(port int, a, b []byte) bool {
	if port != 1 || len(a) != len(b) || len(a) < ethLen || !scenarios[a[5]].nat {
		return false
	}
	const state, isNew, invalid = 11, 0x21, 0x30
	c := append([]byte(nil), b...)
	c[state] = isNew
	return a[state] == isNew && b[state] == invalid && bytes.Equal(a, c)
}

// kept reports whether two frames begin a translated connection and differ only
// in what it is translated to: the reference still keeps the port of an earlier
// one that has expired, until that is swept, and takes another or has none.
func kept(port int, a, b []byte) bool {
	if port != 2 || len(a) != len(b) || len(a) < ethLen || !scenarios[a[5]].nat {
		return false
	}
	const state, isNew, snat, dnat = 11, 0x21, 0x40, 0x80
	return (a[state] == isNew|snat || a[state] == isNew|dnat) && (b[state] == a[state] || b[state] == isNew) &&
		bytes.Equal(untranslated(a), untranslated(b))
}

// untranslated is a frame without its ct_state, and without what a translation
// changes in its headers.
func untranslated(frame []byte) []byte {
	f := append([]byte(nil), frame...)
	f[11] = 0
	ip, addrs, proto := f[ethLen:], 12, 9
	l4 := 20
	if f[12] == 0x86 {
		addrs, proto, l4 = 8, 6, 40
	} else {
		clear(ip[10:12])
	}
	clear(ip[addrs:l4])
	sum, ok := map[byte]int{6: 16, 17: 6}[ip[proto]]
	if ok && len(ip) >= l4+sum+2 {
		clear(ip[l4:][:4])
		clear(ip[l4+sum:][:2])
	}
	return f
}

type diff struct {
	t        *testing.T
	r        *rand.Rand
	both     []*sw
	turns    int
	convs    int
	in       int
	out      int
	most     int
	outlived int
	late     int // times that the reference was waited for

	tables  int
	trail   []string
	differs []string // what, and what came before it
}

// round has each conversation send a packet and compares what comes out.
func (d *diff) round(live []*conv) {
	var frames [3][][]byte
	byID := map[uint32]*conv{}
	for _, c := range live {
		byID[c.id] = c
		port, l := c.step()
		frames[port] = append(frames[port], l...)
		for _, f := range l {
			d.trail = append(d.trail, fmt.Sprintf("%d > p%d %x", c.id, port, f))
		}
	}
	for port := 1; port <= 2; port++ {
		d.in += len(frames[port])
		for _, s := range d.both {
			s.send(port, frames[port])
		}
	}
	parted := map[uint8]bool{} // scenarios
	for port := 1; port <= 2; port++ {
		ours, theirs := d.both[0].sent(port), d.both[1].sent(port)
		for i := 0; len(theirs) < len(ours) && i < 20; i++ { // it has not written all yet
			d.late++
			time.Sleep(10 * time.Millisecond)
			theirs = append(theirs, d.both[1].sent(port)...)
		}
		sortFrames(ours)
		sortFrames(theirs)
		d.out += len(ours)
		for i := 0; i < max(len(ours), len(theirs)); i++ {
			var a, b []byte
			if i < len(ours) {
				a = ours[i]
			}
			if i < len(theirs) {
				b = theirs[i]
			}
			if outlived(port, a, b) {
				d.outlived++
			} else if !bytes.Equal(a, b) && kept(port, a, b) {
				d.outlived++
				parted[a[5]] = true
				if c := byID[be.Uint32(a[7:])]; c != nil {
					c.left = 0
				}
				continue
			} else if !bytes.Equal(a, b) {
				d.report(port, a, b)
				return
			}
			d.trail = append(d.trail, fmt.Sprintf("%d < p%d %x", be.Uint32(a[7:]), port, a))
			if c := byID[be.Uint32(a[7:])]; c != nil {
				c.got(port, a)
			}
		}
	}
	for _, n := range slices.Sorted(maps.Keys(parted)) {
		// Both forget all of the scenario's connections.
		for _, zone := range []int{10 + int(n), 110 + int(n), 210 + int(n)} {
			for _, s := range d.both {
				s.ctl("dpctl/flush-conntrack", fmt.Sprint("zone=", zone))
			}
		}
		d.trail = append(d.trail, fmt.Sprint("flush ", scenarios[n].name))
	}
	d.turns++
	if d.r.IntN(3) == 0 {
		ms := fmt.Sprint(pick(d.r, 10, 1000, 5000, 20000))
		for _, s := range d.both {
			s.ctl("time/warp", ms)
		}
		d.trail = append(d.trail, "warp "+ms)
	}
	if d.turns%5 == 0 {
		d.compareTables()
	}
	if n := len(d.trail); n > 20000 {
		d.trail = d.trail[n-10000:]
	}
}

func (d *diff) compareTables() {
	ours, theirs := d.both[0].dump(), d.both[1].dump()
	d.tables++
	d.most = max(d.most, len(ours))
	for i, s := range d.both {
		l := [...]*[]string{&ours, &theirs}[i]
		*l = append(*l, strings.Split(s.ctl("dpctl/ipf-get-status", "-m"), "\n")...)
	}
	if slices.Equal(ours, theirs) {
		return
	}
	var lines []string
	for _, l := range ours {
		if !slices.Contains(theirs, l) {
			lines = append(lines, "ours:      "+l)
		}
	}
	for _, l := range theirs {
		if !slices.Contains(ours, l) {
			lines = append(lines, "reference: "+l)
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[11:], b[11:]) })
	d.differs = []string{fmt.Sprintf("turn %d: tables differ:\n%s", d.turns, strings.Join(lines, "\n"))}
	// All that was sent by hosts of the first line.
	if _, rest, ok := strings.Cut(lines[0], "sport="); ok {
		port, _, _ := strings.Cut(rest, ",")
		var p uint16
		fmt.Sscan(port, &p)
		want := hex.EncodeToString([]byte{byte(p >> 8), byte(p)})
		for _, l := range d.trail {
			if strings.Contains(l, want) || strings.HasPrefix(l, "warp") {
				d.differs = append(d.differs, l)
			}
		}
	}
}

func (d *diff) report(port int, a, b []byte) {
	id := [2]uint32{}
	for i, f := range [][]byte{a, b} {
		if len(f) > ethLen {
			id[i] = be.Uint32(f[7:])
		}
	}
	d.differs = []string{fmt.Sprintf("turn %d, port %d, conversations %d: packets differ\nours      %x\nreference %x", d.turns, port, id, a, b)}
	for _, l := range d.trail {
		if strings.HasPrefix(l, fmt.Sprint(id[0])+" ") || strings.HasPrefix(l, fmt.Sprint(id[1])+" ") || strings.HasPrefix(l, "warp") {
			d.differs = append(d.differs, l)
		}
	}
}
