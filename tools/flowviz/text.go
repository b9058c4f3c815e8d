package flowviz

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Colors of a terminal (ECMA-48, SGR).
const (
	plain  = "\x1b[0m"
	bold   = "\x1b[1m"
	cyan   = "\x1b[36m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	marked = "\x1b[7m"
)

// flowLine writes a flow as it was read, in colors where they are wanted:
// actions, drops, highlighted flows and, with a heat map, busy flows stand out.
func (v *viz) flowLine(e *entry, hottest uint64) string {
	if !v.colors {
		return e.orig
	}
	left, actions, sep := e.orig, "", ""
	for _, s := range []string{"actions=", "actions:"} {
		if l, r, ok := strings.Cut(e.orig, s); ok {
			left, actions, sep = l, r, s
			break
		}
	}
	if v.heat && hottest > 0 {
		for _, key := range []string{"n_packets=", "packets:"} {
			if l, r, ok := strings.Cut(left, key); ok {
				n, rest, _ := strings.Cut(r, ",")
				left = l + heatColor(e.number(strings.TrimRight(key, "=:")), hottest) + key + n + plain + "," + rest
				break
			}
		}
	}
	color := green
	if strings.TrimSpace(actions) == "drop" {
		color = red
	}
	text := left + bold + sep + plain + color + actions + plain
	if v.highlight != nil && v.highlight.wants(e) {
		text = marked + e.orig + plain
	}
	return text
}

// heatColor goes from cyan to red by the order of magnitude.
func heatColor(n, hottest uint64) string {
	scale := []string{cyan, green, yellow, red}
	at := math.Log1p(float64(n)) / math.Log1p(float64(hottest)) * float64(len(scale)-1)
	return scale[int(at+0.5)]
}

func hottest(l []*entry) (most uint64) {
	for _, e := range l {
		most = max(most, e.number("n_packets"), e.number("packets"))
	}
	return most
}

func (v *viz) heading(text string) {
	if v.colors {
		text = bold + cyan + text + plain
	}
	fmt.Fprintln(v.Out, text)
}

// each calls fn with the flows of each input, under its name if there are more.
func (v *viz) each(fn func([]*entry)) {
	for _, in := range v.inputs {
		if len(v.inputs) > 1 {
			v.heading("=== " + in.name)
		}
		fn(in.entries)
	}
}

// console prints the flows one a line.
func (v *viz) console() error {
	v.each(func(l []*entry) {
		most := hottest(l)
		for _, e := range l {
			fmt.Fprintln(v.Out, v.flowLine(e, most))
		}
	})
	return nil
}

// cookie prints the flows by cookie, and in each by table.
func (v *viz) cookie() error {
	v.each(func(l []*entry) {
		groups := map[uint64][]*entry{}
		for _, e := range l {
			c := e.number("cookie")
			groups[c] = append(groups[c], e)
		}
		most := hottest(l)
		for _, c := range slices.Sorted(maps.Keys(groups)) {
			v.heading(fmt.Sprintf("cookie %#x", c))
			byTable(groups[c])
			for _, e := range groups[c] {
				fmt.Fprintln(v.Out, "    "+v.flowLine(e, most))
			}
		}
	})
	return nil
}

// byTable orders flows by table and falling priority.
func byTable(l []*entry) {
	slices.SortStableFunc(l, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.number("table"), b.number("table")), -cmp.Compare(a.priority(), b.priority()))
	})
}

// priority is a flow's priority, which dumps leave out when it is the default.
func (e *entry) priority() uint64 {
	if _, ok := lookup(e.match, "priority"); !ok {
		return 32768
	}
	return e.number("priority")
}

// shape is what flows of a logical group have in common: table, priority, the
// fields they match, their actions without arguments but for outputs and
// resubmits, and the cookie if asked for.
func (v *viz) shape(e *entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "priority %d", e.priority())
	if v.cookies {
		fmt.Fprintf(&b, " cookie %#x", e.number("cookie"))
	}
	var keys []string
	for _, x := range e.match {
		if x.key != "priority" {
			keys = append(keys, x.key)
		}
	}
	slices.Sort(keys)
	fmt.Fprintf(&b, " match [%s] actions [", strings.Join(keys, ","))
	for i := range e.actions {
		if i > 0 {
			b.WriteByte(',')
		}
		switch a := &e.actions[i]; a.key {
		case "resubmit", "output", "drop":
			b.WriteString(a.text)
		default:
			b.WriteString(a.key)
		}
	}
	b.WriteByte(']')
	return b.String()
}

// logic prints groups of flows of the same shape, by table.
func (v *viz) logic() error {
	type group struct {
		shape   string
		first   *entry
		entries []*entry
		packets uint64
	}
	v.each(func(l []*entry) {
		tables := map[uint64][]*group{}
		for _, e := range l {
			id, s := e.number("table"), v.shape(e)
			i := slices.IndexFunc(tables[id], func(g *group) bool { return g.shape == s })
			if i < 0 {
				i = len(tables[id])
				tables[id] = append(tables[id], &group{shape: s, first: e})
			}
			g := tables[id][i]
			g.entries = append(g.entries, e)
			g.packets += e.number("n_packets")
		}
		most := hottest(l)
		for _, id := range slices.Sorted(maps.Keys(tables)) {
			v.heading(fmt.Sprintf("table %d", id))
			slices.SortStableFunc(tables[id], func(a, b *group) int { return -cmp.Compare(a.first.priority(), b.first.priority()) })
			for _, g := range tables[id] {
				count := fmt.Sprintf("(x %d)", len(g.entries))
				if v.heat {
					count += fmt.Sprintf(" %d packets", g.packets)
				}
				fmt.Fprintf(v.Out, "    %s %s\n", g.shape, count)
				if v.flows {
					for _, e := range g.entries {
						fmt.Fprintln(v.Out, "        "+v.flowLine(e, most))
					}
				}
			}
		}
	})
	return nil
}
