package openflow

import "strings"

const (
	blanks     = " \t\r\n"
	delimiters = "," + blanks
)

// Classes of bytes; a byte may be in several.
const (
	delimiter = 1 << iota // one of delimiters
	keyEnd                // ends a key
	opens
	closes
)

var byteClass = func() (t [256]uint8) {
	for _, c := range []byte(delimiters) {
		t[c] = delimiter | keyEnd
	}
	t['('], t[')'] = opens|keyEnd, closes
	t[':'], t['='] = keyEnd, keyEnd
	return t
}()

// span returns the length of s up to its first byte of a class.
func span(s string, class uint8) int {
	for i := range len(s) {
		if byteClass[s[i]]&class != 0 {
			return i
		}
	}
	return len(s)
}

// cutPair takes the next "key", "key=value", "key:value" or "key(value)" off
// the front of s. A value in parentheses that goes on with "->" is returned
// with the parenthesis and the rest: "key(value)->x" has value "value)->x".
func cutPair(s string) (key, value, rest string, ok bool) {
	for s != "" && byteClass[s[0]]&delimiter != 0 {
		s = s[1:]
	}
	if s == "" {
		return "", "", "", false
	}
	n := span(s, keyEnd)
	if n == len(s) {
		return s, "", "", true
	}
	key, delim := s[:n], s[n]
	s = s[n+1:]
	switch delim {
	case ':', '=':
		n = valueLen(s, delimiter)
	case '(':
		n = valueLen(s, closes)
		if strings.HasPrefix(s[n:], ")->") {
			n += 1 + valueLen(s[n+1:], delimiter)
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

// valueLen returns the length of s up to its first byte of class stop that is
// outside inner parentheses.
func valueLen(s string, stop uint8) int {
	depth := 0
	for i := range len(s) {
		c := byteClass[s[i]]
		switch {
		case c == 0:
		case c&stop != 0 && depth == 0:
			return i
		case c&opens != 0:
			depth++
		case c&closes != 0:
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
