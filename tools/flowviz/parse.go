package flowviz

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// kv is a key with its value: true for a bare keyword, a uint64, a float64, a
// masked, a string, a []kv of what is in parentheses, or a []action.
type kv struct {
	key   string
	value any
}

// masked is a number of which only the bits in mask count.
type masked struct{ value, mask uint64 }

// action is one action: what it says and how it was written.
type action struct {
	kv
	text string
}

// entry is one flow of either kind.
type entry struct {
	orig    string
	info    []kv
	match   []kv
	actions []action
}

// infoKeys are the keys of a flow that are not part of its match.
var infoKeys = []string{
	"cookie", "duration", "table", "n_packets", "n_bytes", "idle_timeout", "hard_timeout", "idle_age", "hard_age",
	"importance", "send_flow_rem", "check_overlap", "reset_counts", "no_packet_counts", "no_byte_counts",
	"ufid", "packets", "bytes", "used", "flags", "dp", "offloaded", "dp-extra-info",
}

func lookup(l []kv, key string) (any, bool) {
	for i := range l {
		if l[i].key == key {
			return l[i].value, true
		}
	}
	return nil, false
}

// number returns an integer of the flow's counters, 0 if it has none.
func (e *entry) number(key string) uint64 {
	v, _ := lookup(e.info, key)
	if v == nil {
		v, _ = lookup(e.match, key)
	}
	n, _ := v.(uint64)
	return n
}

// parseOpenFlow reads a line of ovs-ofctl dump-flows.
func parseOpenFlow(line string) (*entry, error) {
	e := &entry{orig: line}
	left, actions, ok := strings.Cut(line, "actions=")
	if !ok {
		return nil, fmt.Errorf("no actions in flow: %s", line)
	}
	parts, err := split(left, ", \t")
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, line)
	}
	e.sort(parts, "=")
	if _, ok := lookup(e.info, "table"); !ok {
		e.info = append(e.info, kv{"table", uint64(0)})
	}
	return e, e.addActions(actions, parseOFAction)
}

// parseDatapath reads a line of dpctl/dump-flows.
func parseDatapath(line string) (*entry, error) {
	e := &entry{orig: line}
	left, actions, ok := strings.Cut(line, "actions:")
	if !ok {
		return nil, fmt.Errorf("no actions in flow: %s", line)
	}
	parts, err := split(left, ", ")
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, line)
	}
	e.sort(parts, ":(")
	return e, e.addActions(actions, parseDPAction)
}

// sort puts the parts of a flow into its information and its match.
func (e *entry) sort(parts []string, seps string) {
	for _, p := range parts {
		x := parseKV(p, seps)
		if slices.Contains(infoKeys, x.key) {
			e.info = append(e.info, x)
		} else {
			e.match = append(e.match, x)
		}
	}
}

func (e *entry) addActions(text string, parse func(string) kv) error {
	l, err := parseActions(text, parse)
	if err != nil {
		return fmt.Errorf("%w: %s", err, e.orig)
	}
	e.actions = l
	return nil
}

func parseActions(text string, parse func(string) kv) ([]action, error) {
	parts, err := split(text, ", ")
	if err != nil {
		return nil, err
	}
	var l []action
	for _, p := range parts {
		l = append(l, action{parse(p), p})
	}
	return l, nil
}

// split cuts text at any of the separators outside of parentheses, braces and
// quotes, and drops empty parts.
func split(s, seps string) ([]string, error) {
	parts, err := splitAll(s, seps)
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" }), err
}

// splitAll is split with the empty parts.
func splitAll(s, seps string) (parts []string, err error) {
	depth, start, quoted := 0, 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '{':
			depth++
		case c == ')' || c == '}':
			if depth--; depth < 0 {
				return nil, fmt.Errorf("unmatched parenthesis")
			}
		case depth == 0 && strings.IndexByte(seps, c) >= 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	if depth != 0 || quoted {
		return nil, fmt.Errorf("unmatched parenthesis or quote")
	}
	return append(parts, s[start:]), nil
}

// parseKV reads "key", "key=value", "key:value" or "key(...)".
func parseKV(s, seps string) kv {
	i := strings.IndexAny(s, seps+"(")
	if i <= 0 {
		return kv{s, true}
	}
	key, rest := s[:i], s[i:]
	if rest[0] == '(' && strings.HasSuffix(rest, ")") {
		return kv{key, parseArgs(rest[1:len(rest)-1], "=:")}
	}
	return kv{key, parseValue(rest[1:])}
}

// parseArgs reads what is in parentheses: one value, or several keys.
func parseArgs(s, seps string) any {
	if s == "" {
		return true
	}
	parts, err := split(s, ",")
	if err != nil {
		return s
	}
	if len(parts) == 1 && !strings.ContainsAny(parts[0], "=(") {
		return parseValue(s)
	}
	var l []kv
	for i, p := range parts {
		if x := parseKV(p, seps); x.value != true || !isNumber(x.key) {
			l = append(l, x)
		} else {
			l = append(l, kv{strconv.Itoa(i), parseValue(p)})
		}
	}
	return l
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 0, 64)
	return err == nil
}

// parseValue reads a value that stands alone.
func parseValue(s string) any {
	if n, err := strconv.ParseUint(s, 0, 64); err == nil {
		return n
	}
	if v, m, ok := strings.Cut(s, "/"); ok {
		a, err1 := strconv.ParseUint(v, 0, 64)
		b, err2 := strconv.ParseUint(m, 0, 64)
		if err1 == nil && err2 == nil {
			return masked{a, b}
		}
	}
	if f, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSuffix(s, "%"), "s"), 64); err == nil {
		return f
	}
	return strings.Trim(s, `"`)
}

// parseDPAction reads one action of a datapath flow.
func parseDPAction(s string) kv {
	x := parseKV(s, "")
	switch {
	case x.value == true && !slices.Contains(bareDPActions, s):
		return kv{"output", []kv{{"port", parseValue(s)}}}
	case x.key == "clone":
		if l, err := parseActions(s[len("clone("):len(s)-1], parseDPAction); err == nil {
			return kv{"clone", l}
		}
	}
	return x
}

// bareDPActions are the datapath actions without arguments; any other word is a
// port.
var bareDPActions = []string{"drop", "pop_vlan", "pop_eth", "ct", "ct_clear", "pop_nsh()", "pop_nsh"}
