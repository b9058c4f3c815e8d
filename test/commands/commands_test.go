// Package commands compares the control commands of ovs-vswitchd with the
// reference's: those about datapaths, cached flows, traces, learned addresses and
// dummy devices, word by word.
package commands

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
)

func TestMain(m *testing.M) { sandbox.Main(m) }

// own are numbers that each switch gives out as it likes, and what it says of its
// own inside.
var own = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`ufid:[0-9a-f]{8}-[0-9a-f-]{27}`), "ufid:X"},
	{regexp.MustCompile(`recirc(_id=0x|_id=|\(0x)[1-9a-f][0-9a-f]*`), "recirc${1}N"},
	{regexp.MustCompile(`, dp-extra-info:[^\n]*`), ""},
	{regexp.MustCompile(`(?m)^  [0-9]+: \(keys `), "  N: (keys "},
	{regexp.MustCompile(`\(limit [0-9]+\)`), "(limit N)"},
	{regexp.MustCompile(`\((current|avg|max) [0-9]+\)`), "($1 N)"},
	{regexp.MustCompile(`dump duration : [0-9]+ms`), "dump duration : Nms"},
	{regexp.MustCompile(`used:[0-9.]+s`), "used:Ns"},
	{regexp.MustCompile(`duration=[0-9]+s`), "duration=Ns"}, // until time/stop
}

// normal is a reply without what is each switch's own, and with lines in order
// where order means nothing.
func normal(command, s string) string {
	for _, o := range own {
		s = o.what.ReplaceAllString(s, o.as)
	}
	if strings.Contains(command, "dump-flows") || command == "dpif/set-dp-features" {
		s = sortedLines(s)
	}
	return s
}

// scripts are what TestSame runs, and the switches that it runs each on.
var scripts = map[string]sandbox.Config{
	"commands": {Dummy: "override"},
	// Tunnels are none with override.
	"tunnels": {Args: []string{"--disable-system", "--disable-system-route"}},
}

// TestSame runs each line of the scripts on both switches. A line is a command of
// ovs-appctl with its arguments, in which '...' quotes; "ovs-ofctl" and
// "ovs-vsctl" begin one of those tools'. A line "differs REASON" lets the next
// one's replies differ. The script is the comment of a txtar archive, whose files
// are in $DIR.
func TestSame(t *testing.T) {
	ovsref.Root(t)
	for name, config := range scripts {
		t.Run(name, func(t *testing.T) { same(t, name, config) })
	}
}

func same(t *testing.T, name string, config sandbox.Config) {
	script, err := txtar.ParseFile("testdata/" + name + ".script")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range script.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var switches []*sandbox.Switch
	for i, m := range []sandbox.Maker{sandbox.Reference(t), sandbox.Ours(t)} {
		// Ports of tunnels are the host's.
		ns, err := netlab.New(fmt.Sprintf("govscmd%d%s%d", os.Getpid(), name, i))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			netlab.Clear(ns.Name)
			ns.Close()
		})
		config.Namespace = ns
		switches = append(switches, sandbox.Start(t, m, config))
	}
	n, differs := 0, false
	for line := range strings.Lines(strings.ReplaceAll(string(script.Comment), "$DIR", dir)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if strings.HasPrefix(line, "differs ") {
			differs = true
			continue
		}
		n++
		words := split(line)
		var replies [2]string
		begin := time.Now()
		for i, s := range switches {
			if strings.HasPrefix(words[0], "ovs-") {
				s.Must(words[0], words[1:]...)
				continue
			}
			seen := ""
			if words[0] == "netdev-dummy/receive" {
				seen = lookups(s)
			}
			text, ok := s.Appctl(words[0], words[1:]...)
			if !ok {
				text = "error: " + text
			} else if seen != "" {
				// The packet is queued only: the next command must not overtake it.
				for i := 0; i < 100 && lookups(s) == seen; i++ {
					time.Sleep(10 * time.Millisecond)
				}
			}
			replies[i] = normal(words[0], text)
		}
		if d := time.Since(begin); d > time.Second {
			t.Logf("%s took %v", line, d)
		}
		if same := replies[0] == replies[1]; same == differs {
			t.Errorf("%s (may differ: %v)\n--- reference\n%s\n--- govs\n%s", line, differs, replies[0], replies[1])
		}
		differs = false
	}
	t.Logf("%d commands", n)
}

// lookups counts the packets that a switch has looked up so far, in dpctl/show's
// words.
func lookups(s *sandbox.Switch) string {
	text, _ := s.Appctl("dpctl/show")
	_, counts, _ := strings.Cut(text, "lookups: ")
	counts, _, _ = strings.Cut(counts, "\n")
	return counts
}

// split cuts a line into words; '...' quotes.
func split(line string) (words []string) {
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		word := ""
		for line != "" && line[0] != ' ' {
			if line[0] == '\'' {
				part, rest, _ := strings.Cut(line[1:], "'")
				word, line = word+part, rest
				continue
			}
			word, line = word+line[:1], line[1:]
		}
		words = append(words, word)
	}
	return words
}
