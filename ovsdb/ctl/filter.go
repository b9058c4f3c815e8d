package ctl

import (
	"fmt"
	"strings"
)

// filter maps the tables that --filter of show names to the words of which a
// row must contain one; no words: every row is meant.
type filter map[string][]string

// filter reads TABLE(WORD|WORD...)|TABLE..., nil if the option was not given.
func (a *App) filter(c *Call) (filter, error) {
	s, ok := c.Options["--filter"]
	if !ok {
		return nil, nil
	}
	bad := func(why string) (filter, error) { return nil, fmt.Errorf("--filter=%s: %s", s, why) }
	f := filter{}
	for rest := s; ; {
		end := strings.IndexAny(rest, "(|")
		if end < 0 {
			end = len(rest)
		}
		t, err := findTable(a.Schema(), rest[:end])
		if err != nil {
			return nil, err
		}
		if a.shows(t.Name) == nil {
			return bad(fmt.Sprintf("show does not print table %s", t.Name))
		}
		var words []string
		if rest = rest[end:]; strings.HasPrefix(rest, "(") {
			inner, after, closed := strings.Cut(rest[1:], ")")
			if !closed {
				return bad("missing ')'")
			}
			for w := range strings.SplitSeq(inner, "|") {
				if w == "" {
					return bad("empty word")
				}
				words = append(words, w)
			}
			rest = after
		}
		f[t.Name] = append(f[t.Name], words...)
		switch {
		case rest == "":
			return f, nil
		case rest[0] != '|':
			return bad(fmt.Sprintf("unexpected \"%s\"", rest))
		}
		rest = rest[1:]
	}
}

// keep cuts away what leads to no row that the filter means, and reports
// whether anything is left. Below such a row all is kept.
func (n *node) keep(f filter) bool {
	if words, named := f[n.table]; n.table != "" && named && n.has(words) {
		return true
	}
	var below []*node
	found := false
	for _, x := range n.below {
		if x.table == "" {
			below = append(below, x)
		} else if x.keep(f) {
			below, found = append(below, x), true
		}
	}
	n.below = below
	return found
}

// has reports whether the row's own lines contain one of the words.
func (n *node) has(words []string) bool {
	if len(words) == 0 {
		return true
	}
	for _, w := range words {
		if strings.Contains(n.text, w) {
			return true
		}
		for _, x := range n.below {
			if x.table == "" && (strings.Contains(x.text, w) || x.has([]string{w})) {
				return true
			}
		}
	}
	return false
}
