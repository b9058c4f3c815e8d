package openflow

import "strings"

const (
	blanks     = " \t\r\n"
	delimiters = "," + blanks
)

// cutPair takes the next "key", "key=value", "key:value" or "key(value)" off
// the front of s. A value in parentheses that goes on with "->" is returned
// with the parenthesis and the rest: "key(value)->x" has value "value)->x".
func cutPair(s string) (key, value, rest string, ok bool) {
	s = strings.TrimLeft(s, delimiters)
	if s == "" {
		return "", "", "", false
	}
	n := strings.IndexAny(s, ":=("+delimiters)
	if n < 0 {
		return s, "", "", true
	}
	key, delim := s[:n], s[n]
	s = s[n+1:]
	switch delim {
	case ':', '=':
		n = valueLen(s, delimiters)
	case '(':
		n = valueLen(s, ")")
		if strings.HasPrefix(s[n:], ")->") {
			n += 1 + valueLen(s[n+1:], delimiters)
		}
	default:
		return key, "", s, true
	}
	value, rest = s[:n], s[n:]
	if rest != "" {
		rest = rest[1:]
	}
	return key, value, rest, true
}

// valueLen returns the length of s up to the first of stops that is outside
// inner parentheses.
func valueLen(s, stops string) int {
	depth := 0
	for i := range len(s) {
		c := s[i]
		if depth == 0 && strings.IndexByte(stops, c) >= 0 {
			return i
		}
		switch c {
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		}
	}
	return len(s)
}

// cutAny splits s at the first byte of seps, skipping leading ones, as C's
// strtok does. ok is false when nothing is left.
func cutAny(s, seps string) (word, rest string, ok bool) {
	s = strings.TrimLeft(s, seps)
	if s == "" {
		return "", "", false
	}
	if n := strings.IndexAny(s, seps); n >= 0 {
		return s[:n], s[n+1:], true
	}
	return s, "", true
}
