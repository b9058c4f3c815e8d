package openflow

import (
	"strings"
	"sync"
)

var actionTableWords = sync.OnceValue(func() []string {
	var words []string
	for w := range wordIndex() {
		words = append(words, w)
	}
	for _, w := range []string{"normal", "flood", "all", "local", "in_port", "drop"} {
		words = append(words, w)
	}
	return words
})

// nearest returns the one of words that is closest to w, or "" when none is
// close: at most two letters changed, added or lost, and fewer than half.
func nearest(w string, words []string) string {
	w = strings.ToLower(w)
	best, dist := "", 3
	for _, c := range words {
		d := distance(w, c)
		if d < dist || d == dist && best != "" && c < best {
			best, dist = c, d
		}
	}
	if dist*2 >= len(w) {
		return ""
	}
	return best
}

// distance is the number of letters to change, add or drop to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost = 1 + min(diag, row[j], row[j+1])
			}
			diag, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
