package lab

import (
	"slices"
	"strings"
)

// tree flattens an indented text into sorted paths, so that two of them can be
// compared whatever the order of siblings: "ovs-vsctl show" prints bridges and
// ports in the order of their row's UUIDs.
func tree(s string) []string {
	type level struct {
		indent int
		name   string
	}
	var stack []level
	var paths []string
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\n")
		name := strings.TrimLeft(line, " ")
		if name == "" {
			continue
		}
		indent := len(line) - len(name)
		for len(stack) > 0 && stack[len(stack)-1].indent >= indent {
			stack = stack[:len(stack)-1]
		}
		path := name
		if len(stack) > 0 {
			path = stack[len(stack)-1].name + " / " + name
		}
		stack = append(stack, level{indent, path})
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// treeDiff returns the paths of want that have not, and of have that are too
// many. Lines about the whole switch, which are not indented or name its
// version or a datapath type, do not count.
func treeDiff(want, have string) (missing, extra []string) {
	w, h := tree(want), tree(body(have))
	for _, p := range w {
		if !slices.Contains(h, p) {
			missing = append(missing, p)
		}
	}
	for _, p := range h {
		// A host that needs br-phy may have it.
		if !slices.Contains(w, p) && !strings.HasPrefix(p, "Bridge br-phy") {
			extra = append(extra, p)
		}
	}
	return missing, extra
}

// body is what of "ovs-vsctl show" was configured by the lab.
func body(show string) string {
	var b strings.Builder
	for line := range strings.Lines(show) {
		t := strings.TrimSpace(line)
		if line[0] != ' ' || strings.HasPrefix(t, "ovs_version:") || strings.HasPrefix(t, "datapath_type:") {
			continue
		}
		b.WriteString(line)
	}
	return b.String()
}
