package flowviz

import (
	"fmt"
	"strings"
)

// node is a datapath flow with the flows that packets meet after it: those of
// the recirculation ids its actions lead to.
type node struct {
	entry *entry
	below []*node
}

// recircs are the ids that actions lead to, with the places where.
func recircs(l []action) (ids []uint64) {
	for i := range l {
		switch v := l[i].value.(type) {
		case uint64:
			if l[i].key == "recirc" {
				ids = append(ids, v)
			}
		case []action:
			ids = append(ids, recircs(v)...)
		case []kv:
			for _, x := range v {
				if x.key == "recirc" {
					if n, ok := x.value.(uint64); ok {
						ids = append(ids, n)
					}
				}
			}
		}
	}
	return ids
}

// maxNodes bounds a tree: where many flows lead to many, a flow stands at so many
// places that nobody could read them.
const maxNodes = 100000

// tree arranges datapath flows below those of recirc_id 0. Flows whose id no
// other flow leads to are put at the top as well. A flow may stand at several
// places, but not below itself.
func tree(l []*entry) []*node {
	byID := map[uint64][]*entry{}
	reached := map[uint64]bool{}
	for _, e := range l {
		byID[e.number("recirc_id")] = append(byID[e.number("recirc_id")], e)
		for _, id := range recircs(e.actions) {
			reached[id] = true
		}
	}
	count := 0
	var grow func(e *entry, above map[uint64]bool) *node
	grow = func(e *entry, above map[uint64]bool) *node {
		n := &node{entry: e}
		count++
		port, _ := lookup(e.match, "in_port")
		for _, id := range recircs(e.actions) {
			if above[id] || count > maxNodes {
				continue
			}
			above[id] = true
			for _, next := range byID[id] {
				// A packet keeps its port on the way.
				if p, ok := lookup(next.match, "in_port"); !ok || port == nil || p == port {
					n.below = append(n.below, grow(next, above))
				}
			}
			delete(above, id)
		}
		return n
	}
	var top []*node
	for _, e := range l {
		if id := e.number("recirc_id"); id == 0 || !reached[id] {
			top = append(top, grow(e, map[uint64]bool{id: true}))
		}
	}
	return top
}

// wanted reports whether the filter wants the flow or one below it.
func (n *node) wanted(f filter) bool {
	if f == nil || f.wants(n.entry) {
		return true
	}
	for _, b := range n.below {
		if b.wanted(f) {
			return true
		}
	}
	return false
}

// trees returns what is to be shown of the flows: with a filter, whole trees of
// which a flow is wanted.
func (v *viz) trees(l []*entry) []*node {
	var out []*node
	for _, n := range tree(l) {
		if n.wanted(v.filter) {
			out = append(out, n)
		}
	}
	return out
}

// printTree prints datapath flows below those that lead to them.
func (v *viz) printTree() error {
	v.each(func(l []*entry) {
		most := hottest(l)
		var show func(n *node, indent string)
		show = func(n *node, indent string) {
			fmt.Fprintln(v.Out, indent+v.flowLine(n.entry, most))
			next := strings.ReplaceAll(indent, "+-- ", "|   ") + "+-- "
			for _, b := range n.below {
				show(b, next)
			}
		}
		for _, n := range v.trees(l) {
			show(n, "")
		}
	})
	return nil
}

// graph prints the tree in the language of Graphviz.
func (v *viz) graph() error {
	fmt.Fprint(v.Out, "digraph flows {\n\trankdir=LR;\n\tnode [shape=box, fontname=monospace];\n")
	id := 0
	v.each(func(l []*entry) {
		var show func(n *node) int
		show = func(n *node) int {
			id++
			at := id
			label := matchOf(n.entry) + "\n" + actionsOf(n.entry)
			style := ""
			if v.highlight != nil && v.highlight.wants(n.entry) {
				style = ", style=filled, fillcolor=yellow"
			}
			fmt.Fprintf(v.Out, "\tf%d [label=%s%s];\n", at, dotString(label), style)
			for _, b := range n.below {
				to := show(b)
				fmt.Fprintf(v.Out, "\tf%d -> f%d [label=%s];\n", at, to, dotString(fmt.Sprintf("recirc %#x", b.entry.number("recirc_id"))))
			}
			return at
		}
		for _, n := range v.trees(l) {
			show(n)
		}
	})
	_, err := fmt.Fprintln(v.Out, "}")
	return err
}

func matchOf(e *entry) string {
	text, _, _ := strings.Cut(e.orig, ", packets:")
	return text
}

func actionsOf(e *entry) string {
	if i := strings.Index(e.orig, "actions:"); i >= 0 {
		return e.orig[i:]
	}
	return ""
}

// dotString quotes a label; its lines are set to the left.
func dotString(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\l`).Replace(s)
	return `"` + s + `\l"`
}
