package flowviz

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A filter says whether a flow is wanted, and by which keys.
//
//	expr = and { ("||" | "|" | "or") and }
//	and  = not { ("&&" | "&" | "and") not }
//	not  = ("!" | "not") not | "(" expr ")" | KEY{.KEY} [ ("=" | "!=" | "<" | ">" | "~=") VALUE ]
//
// A key is one of a flow's information, match or actions; alone it asks whether
// the flow has it. "~=" holds for a masked value or a network that contains
// VALUE.
type filter interface{ wants(*entry) bool }

type (
	orFilter  [2]filter
	andFilter [2]filter
	notFilter struct{ f filter }
	cmpFilter struct {
		path []string
		op   string
		want string
	}
)

func (f orFilter) wants(e *entry) bool  { return f[0].wants(e) || f[1].wants(e) }
func (f andFilter) wants(e *entry) bool { return f[0].wants(e) && f[1].wants(e) }
func (f notFilter) wants(e *entry) bool { return !f.f.wants(e) }

func (f *cmpFilter) wants(e *entry) bool {
	if f.holds(e.info) || f.holds(e.match) {
		return true
	}
	for i := range e.actions {
		if f.holds([]kv{e.actions[i].kv}) {
			return true
		}
	}
	return false
}

// holds looks for the path among keys, through what lies in parentheses.
func (f *cmpFilter) holds(l []kv) bool { return walk(l, f.path, f.compare) }

func walk(l []kv, path []string, fn func(any) bool) bool {
	for _, x := range l {
		if x.key != path[0] {
			continue
		}
		if len(path) == 1 {
			if fn(x.value) {
				return true
			}
			continue
		}
		switch v := x.value.(type) {
		case []kv:
			if walk(v, path[1:], fn) {
				return true
			}
		case []action:
			for i := range v {
				if walk([]kv{v[i].kv}, path[1:], fn) {
					return true
				}
			}
		}
	}
	return false
}

func (f *cmpFilter) compare(v any) bool {
	switch f.op {
	case "":
		return true
	case "!=":
		return !equal(v, f.want)
	case "=":
		return equal(v, f.want)
	case "~=":
		return contains(v, f.want)
	}
	var n float64
	switch v := v.(type) {
	case uint64:
		n = float64(v)
	case float64:
		n = v
	default:
		return false
	}
	want, err := strconv.ParseFloat(f.want, 64)
	if u, e := strconv.ParseUint(f.want, 0, 64); e == nil {
		want, err = float64(u), nil
	}
	return err == nil && (f.op == "<" && n < want || f.op == ">" && n > want)
}

func equal(v any, want string) bool {
	if v == true {
		return want == "true"
	}
	if s, ok := v.(string); ok {
		return s == want
	}
	return v == parseValue(want)
}

func contains(v any, want string) bool {
	switch v := v.(type) {
	case masked:
		n, err := strconv.ParseUint(want, 0, 64)
		return err == nil && n&v.mask == v.value&v.mask
	case string:
		if p, err := netip.ParsePrefix(v); err == nil {
			if a, err := netip.ParseAddr(want); err == nil {
				return p.Contains(a)
			}
		}
		if addr, mask, ok := strings.Cut(v, "/"); ok {
			return maskedMAC(addr, mask, want)
		}
	}
	return equal(v, want)
}

func maskedMAC(addr, mask, want string) bool {
	a, m, w := strings.Split(addr, ":"), strings.Split(mask, ":"), strings.Split(want, ":")
	if len(a) != 6 || len(m) != 6 || len(w) != 6 {
		return false
	}
	for i := range a {
		x, e1 := strconv.ParseUint(a[i], 16, 8)
		y, e2 := strconv.ParseUint(m[i], 16, 8)
		z, e3 := strconv.ParseUint(w[i], 16, 8)
		if e1 != nil || e2 != nil || e3 != nil || x&y != z&y {
			return false
		}
	}
	return true
}

// parseFilter reads an expression; the empty one wants everything.
func parseFilter(s string) (filter, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	p := &filterParser{words: filterWords(s)}
	f := p.or()
	if p.err == nil && len(p.words) > 0 {
		p.err = fmt.Errorf("unexpected %q", p.words[0])
	}
	if p.err != nil {
		return nil, fmt.Errorf("filter %q: %w", s, p.err)
	}
	return f, nil
}

// filterWords cuts an expression into operators and what is between them.
func filterWords(s string) (words []string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		n := 0
		for _, op := range []string{"&&", "||", "!=", "~=", "==", "&", "|", "!", "=", "<", ">", "(", ")"} {
			if strings.HasPrefix(s, op) {
				n = len(op)
				break
			}
		}
		if n == 0 {
			if n = strings.IndexAny(s, "&|!=<>()~ \t"); n <= 0 {
				n = len(s)
			}
		}
		words = append(words, s[:n])
		s = s[n:]
	}
	return words
}

type filterParser struct {
	words []string
	depth int
	err   error
}

func (p *filterParser) take(any ...string) bool {
	for _, w := range any {
		if len(p.words) > 0 && p.words[0] == w {
			p.words = p.words[1:]
			return true
		}
	}
	return false
}

func (p *filterParser) next() string {
	if len(p.words) == 0 {
		if p.err == nil {
			p.err = fmt.Errorf("ends too early")
		}
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

func (p *filterParser) or() filter {
	f := p.and()
	for p.err == nil && p.take("||", "|", "or") {
		f = orFilter{f, p.and()}
	}
	return f
}

func (p *filterParser) and() filter {
	f := p.not()
	for p.err == nil && p.take("&&", "&", "and") {
		f = andFilter{f, p.not()}
	}
	return f
}

// maxDepth is how deep an expression may be nested.
const maxDepth = 100

func (p *filterParser) not() filter {
	if p.depth++; p.depth > maxDepth {
		p.err = fmt.Errorf("nested too deeply")
		return nil
	}
	defer func() { p.depth-- }()
	if p.take("!", "not") {
		return notFilter{p.not()}
	}
	if p.take("(") {
		f := p.or()
		if p.err == nil && !p.take(")") {
			p.err = fmt.Errorf("missing )")
		}
		return f
	}
	key := p.next()
	if strings.ContainsAny(key, "&|!=<>()~") {
		p.err = fmt.Errorf("%q where a key should be", key)
	}
	f := &cmpFilter{path: strings.Split(key, ".")}
	for _, op := range []string{"==", "=", "!=", "<", ">", "~="} {
		if p.take(op) {
			f.op, f.want = strings.Replace(op, "==", "=", 1), p.next()
			if strings.ContainsAny(f.want, "&|!=<>()~") {
				p.err = fmt.Errorf("%q where a value should be", f.want)
			}
			break
		}
	}
	return f
}
