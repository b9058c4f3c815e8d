package openflow

import "strings"

// plainWords are the words that a list of actions may have beside those of the
// table.
var plainWords = [...]string{"normal", "flood", "all", "local", "in_port", "drop"}

// nearest returns the keyword that is closest to w, or "" when none is close:
// at most two letters changed, added or lost, and fewer than half.
func nearest(w string, words map[string]*actionRow) string {
	w = strings.ToLower(w)
	best, dist := "", 3
	try := func(c string) {
		d := distance(w, c)
		if d < dist || d == dist && best != "" && c < best {
			best, dist = c, d
		}
	}
	for c := range words {
		try(c)
	}
	for _, c := range plainWords {
		try(c)
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
