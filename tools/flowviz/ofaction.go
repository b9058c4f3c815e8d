package flowviz

import (
	"strconv"
	"strings"
)

// positional names the arguments of OpenFlow actions that have their place
// instead of a key.
var positional = map[string][]string{
	"resubmit":    {"port", "table", "ct"},
	"conjunction": {"id", "k"},
	"enqueue":     {"port", "queue"},
	"multipath":   {"fields", "basis", "algorithm", "n_links", "arg", "dst"},
	"bundle":      {"fields", "basis", "algorithm", "type"},
	"bundle_load": {"fields", "basis", "algorithm", "type", "dst"},
}

// nested are the actions whose arguments are actions.
var nested = map[string]bool{"clone": true, "write_actions": true, "exec": true}

// parseOFAction reads one OpenFlow action.
func parseOFAction(s string) kv {
	if isNumber(s) || strings.HasPrefix(s, `"`) {
		return kv{"output", []kv{{"port", parseValue(s)}}}
	}
	i := strings.IndexAny(s, ":(=")
	if i < 0 {
		return kv{s, true}
	}
	key, rest := s[:i], s[i+1:]
	args, paren := strings.CutSuffix(rest, ")")
	paren = paren && s[i] == '('
	if !paren {
		args = rest
	}
	switch {
	case nested[key] && paren:
		if l, err := parseActions(args, parseOFAction); err == nil {
			return kv{key, l}
		}
	case key == "output" && !paren:
		if strings.Contains(rest, "[") {
			return kv{key, []kv{{"reg", field(rest)}}}
		}
		return kv{key, []kv{{"port", parseValue(rest)}}}
	case key == "load" || key == "set_field" || key == "move":
		if from, to, ok := strings.Cut(rest, "->"); ok {
			var src kv
			if key == "move" {
				src = kv{"src", field(from)}
			} else {
				src = kv{"value", parseValue(from)}
			}
			return kv{key, []kv{src, {"dst", field(to)}}}
		}
	case positional[key] != nil:
		return kv{key, places(positional[key], args, paren)}
	case key == "ct" && paren:
		return kv{key, ctArgs(args)}
	case paren:
		return kv{key, parseArgs(args, "=:")}
	}
	return kv{key, parseValue(rest)}
}

// places gives each argument its name.
func places(names []string, args string, paren bool) any {
	sep := ","
	if !paren {
		sep = ":"
	}
	parts, err := splitAll(args, sep)
	if err != nil {
		return args
	}
	var l []kv
	for i, p := range parts {
		switch {
		case p == "":
		case i < len(names):
			l = append(l, kv{names[i], parseValue(p)})
		default:
			l = append(l, kv{strconv.Itoa(i), parseValue(p)})
		}
	}
	return l
}

// ctArgs reads the arguments of ct, of which exec has actions.
func ctArgs(args string) any {
	parts, err := split(args, ",")
	if err != nil {
		return args
	}
	l := []kv{}
	for _, p := range parts {
		if strings.HasPrefix(p, "exec(") {
			l = append(l, parseOFAction(p))
			continue
		}
		x := parseKV(p, "=")
		if x.key == "zone" {
			if s, ok := x.value.(string); ok {
				x.value = field(s)
			}
		}
		l = append(l, x)
	}
	return l
}

// field reads a field with or without bits, such as "NXM_NX_REG0[0..5]".
func field(s string) any {
	name, bits, ok := strings.Cut(strings.TrimSpace(s), "[")
	l := []kv{{"field", name}}
	if bits = strings.TrimSuffix(bits, "]"); !ok || bits == "" {
		return l
	}
	first, last, ok := strings.Cut(bits, "..")
	if !ok {
		last = first
	}
	return append(l, kv{"start", parseValue(first)}, kv{"end", parseValue(last)})
}
