package xlate

import (
	"fmt"
	"strings"

	"govs/flow"
	"govs/ofproto/flowtable"
)

// Trace is an account of a translation, as a tree.
type Trace struct {
	Frame bool // the packet was given as bytes, which say nothing of tunnel options
	// Names gives the names of a bridge's ports; nil: numbers are shown.
	Names func(*Bridge) flow.PortNames
	Nodes []*Node
	Forks []Fork // copies of the packet that come from the connection tracker
	root  Node
}

// NodeKind says what a Node of a Trace is.
type NodeKind uint8

// Kinds of nodes.
const (
	NodeBridge NodeKind = iota
	NodeTable
	NodeAction
	NodeDetail
	NodeWarn
	NodeError
	NodeBucket
	NodeThaw
)

// Node is one thing that happened, with what followed from it.
type Node struct {
	Kind NodeKind
	Text string
	Subs []*Node
}

func (t *Translator) add(kind NodeKind, text string) *Node {
	n := &Node{Kind: kind, Text: t.bridge.TLVs.WholeText(text)}
	t.node.Subs = append(t.node.Subs, n)
	return n
}

// The report functions cost nothing when not tracing but their arguments.

func (t *Translator) report(format string, args ...any) {
	if t.node != nil {
		t.add(NodeDetail, fmt.Sprintf(format, args...))
	}
}

func (t *Translator) reportWarn(text string) {
	if t.node != nil {
		t.add(NodeWarn, text)
	}
}

// reportError reports what an administrator should know even without a trace.
func (t *Translator) reportError(format string, args ...any) {
	if t.node != nil {
		t.add(NodeError, fmt.Sprintf(format, args...))
	} else if t.in.Packet != nil {
		warn(t.bridge.Name, &t.base, format, args...)
	}
}

func (t *Translator) enterBridge(b *Bridge) *Node {
	if t.node == nil {
		return nil
	}
	return t.add(NodeBridge, fmt.Sprintf("bridge(\"%s\")", b.Name))
}

func (t *Translator) reportTable(r *flowtable.Rule, table uint8) *Node {
	if t.node == nil {
		return nil
	}
	return t.add(NodeTable, fmt.Sprintf("%2d. %s", table, ruleText(r, t.bridge == t.in.Bridge, t.names())))
}

// names returns the names to show of the ports of the bridge that the packet is in.
func (t *Translator) names() flow.PortNames {
	if f := t.in.Trace.Names; f != nil {
		return f(t.bridge)
	}
	return nil
}

// ruleText describes the flow found. Packets without one really go through the
// internal table; of the bridge that the trace began with this is said in words.
func ruleText(r *flowtable.Rule, first bool, names flow.PortNames) string {
	switch {
	case !first && r == missRule:
		return "reg0=0x1, priority 0"
	case !first && r == noMissRule:
		return "reg0=0x2, priority 0"
	case !first && r == fragRule:
		return "reg0=0x3, priority 0"
	case r == missRule:
		return "No match, and a \"packet-in\" is called for."
	case r == noMissRule:
		return "No match."
	case r == fragRule:
		return "Packets are IP fragments and the fragment handling mode is \"drop\"."
	}
	m := r.Match()
	s := matchText(&m, names)
	if s != "" {
		s += ", "
	}
	s += fmt.Sprintf("priority %d", r.Priority())
	if r.Cookie != 0 {
		s += fmt.Sprintf(", cookie %#x", r.Cookie)
	}
	return s
}

// reportSubfield reports what a part of a field has become.
func (t *Translator) reportSubfield(sf flow.Subfield) {
	if t.node == nil {
		return
	}
	t.add(NodeDetail, sf.String()+" is now "+subfieldText(sf, &t.flow))
}

// terminal reports whether nodes of this kind lead nowhere further, so that what
// follows does not continue where they end.
func (k NodeKind) terminal() bool { return k >= NodeAction && k < NodeThaw }

// Format writes the account as ofproto/trace prints it. A table reached as the
// last thing in another stands below it, not deeper: a chain of resubmits reads
// as a list.
func (tr *Trace) Format(b *strings.Builder) { format(b, tr.Nodes, 0) }

func format(b *strings.Builder, nodes []*Node, level int) {
	for i, n := range nodes {
		deeper := 0
		if i < len(nodes)-1 || n.Kind.terminal() {
			deeper = 1
		}
		pad := strings.Repeat("    ", level+deeper)
		switch n.Kind {
		case NodeBridge:
			b.WriteString("\n" + pad + n.Text + "\n" + pad + strings.Repeat("-", len(n.Text)))
		case NodeDetail:
			b.WriteString(pad + " -> " + n.Text)
		case NodeWarn:
			b.WriteString(pad + " >> " + n.Text)
		case NodeError:
			b.WriteString(pad + " >>>> " + n.Text + " <<<<")
		default:
			b.WriteString(pad + n.Text)
		}
		b.WriteByte('\n')
		format(b, n.Subs, level+2*deeper)
	}
}
