package openflow

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"govs/internal/ovsref"
)

// TestRandomFlowsReference makes new flows of the parts of the kept ones and
// compares what the reference and we make of them. GOVS_DIFF_FLOWS says how
// many, GOVS_DIFF_SEED with which start; the test prints both.
func TestRandomFlowsReference(t *testing.T) {
	ofctl := ovsref.Path(t, "ovs-ofctl")
	n, seed := 300, rand.Uint64()
	if testing.Short() {
		n = 50
	}
	if v, err := strconv.Atoi(os.Getenv("GOVS_DIFF_FLOWS")); err == nil {
		n = v
	}
	if v, err := strconv.ParseUint(os.Getenv("GOVS_DIFF_SEED"), 10, 64); err == nil {
		seed = v
	}
	t.Logf("GOVS_DIFF_FLOWS=%d GOVS_DIFF_SEED=%d", n, seed)
	r := rand.New(rand.NewPCG(seed, 1))
	var keys, acts []string
	for _, file := range []string{"flows10.txt", "flows13.txt"} {
		b, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(b), "\n") {
			match, list, _ := cutActions(line)
			keys = append(keys, pieces(match)...)
			acts = append(acts, pieces(list)...)
		}
	}
	some := func(from []string, most int) string {
		var out []string
		for range r.IntN(most + 1) {
			out = append(out, from[r.IntN(len(from))])
		}
		return strings.Join(out, ",")
	}
	versions := []Version{V10, V10, V12, V13, V14}
	skipped := 0
	for range n {
		v := versions[r.IntN(len(versions))]
		line := some(keys, 5) + " actions=" + some(acts, 4)
		want, _ := exec.Command(ofctl, "-vconsole:off", "-O", v.String(), "parse-flow", line).CombinedOutput()
		got := parseFlowText(line, ProtocolsOf(VersionsOf(v)))
		switch {
		case refused(got) != "" && refused(got) == refused(string(want)):
			// The bytes of what is refused anyway may differ: OVS says in some
			// of them that the packet is a frame.
		case got == string(want):
		case declaredDifference(line, got):
			skipped++
		default:
			t.Errorf("-O %s %s\n got: %swant: %s", v, line, got, want)
		}
	}
	t.Logf("%d differences declared", skipped)
}

// refused returns the output up to a decode error, or "".
func refused(s string) string {
	i := strings.Index(s, "***decode error")
	if i < 0 {
		return ""
	}
	head, _, _ := strings.Cut(s[i:], "\n")
	return s[:i] + head
}

// pieces splits a list at the commas outside parentheses.
func pieces(s string) []string {
	var out []string
	for {
		s = strings.TrimLeft(s, delimiters)
		if s == "" {
			return out
		}
		n := valueLen(s, delimiters)
		out = append(out, s[:n])
		s = s[n:]
	}
}
