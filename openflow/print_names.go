package openflow

import (
	"strconv"
	"strings"
)

// appendNames prints names, of which the first skip bytes are printed already,
// in short: "eth_src eth_dst" as "eth_{src,dst}" and "reg0 reg1 reg2" as
// "reg0...reg2".
func appendNames(b []byte, names []string, skip int) []byte {
	sep := byte(' ')
	if skip > 0 {
		sep = ','
	}
	for i := 0; i < len(names); {
		if i > 0 {
			b = append(b, sep)
		}
		rest := names[i:]
		common, prefix := commonPrefixRun(rest, skip)
		if run := sequenceRun(rest); run >= common {
			b = append(b, rest[0][skip:]...)
			if run > 1 {
				b = append(b, "..."...)
				b = append(b, rest[run-1][skip:]...)
			}
			i += run
			continue
		}
		b = append(b, rest[0][skip:skip+prefix]...)
		b = append(b, '{')
		b = appendNames(b, rest[:common], skip+prefix)
		b = append(b, '}')
		i += common
	}
	return b
}

// commonPrefix is the length of what two names share up to a last underscore.
func commonPrefix(a, b string) int {
	n := 0
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '_' {
			n = i + 1
		}
	}
	return n
}

// commonPrefixRun is how many names from the first on share a prefix beyond
// skip, and the prefix's length.
func commonPrefixRun(names []string, skip int) (run, prefix int) {
	if len(names) < 2 {
		return len(names), 0
	}
	prefix = commonPrefix(names[0][skip:], names[1][skip:])
	if prefix == 0 {
		return 1, 0
	}
	for run = 2; run < len(names) && commonPrefix(names[0][skip:], names[run][skip:]) > 0; {
		run++
	}
	return run, prefix
}

// sequenceRun is how many names from the first on are numbered in sequence; two
// do not count.
func sequenceRun(names []string) int {
	run := 1
	for run < len(names) && isNext(names[run-1], names[run]) {
		run++
	}
	if run == 2 {
		return 1
	}
	return run
}

// isNext reports whether b is a with the number at its end one larger.
func isNext(a, b string) bool {
	stem := strings.TrimRight(a, "0123456789")
	if !strings.HasPrefix(b, stem) || len(stem) == len(a) {
		return false
	}
	x, err1 := strconv.Atoi(a[len(stem):])
	y, err2 := strconv.Atoi(b[len(stem):])
	return err1 == nil && err2 == nil && x+1 == y
}
