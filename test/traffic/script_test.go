package traffic

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"govs/test/sandbox"
)

var only = flag.String("maker", "", "run the scripts with this maker only: govs, offload or reference")

// A way is one of the ways in which each script is run.
type way struct {
	name    string
	maker   func(testing.TB) sandbox.Maker
	offload bool
}

var ways = []way{
	{"reference", sandbox.Reference, false}, // its packet sockets cannot finish checksums
	{"govs", sandbox.Ours, false},
	{"offload", sandbox.Ours, true},
}

// TestScripts runs each file of testdata. In a script
//
//	hosts N             builds the network, and must come first
//	ovs-vsctl ...       any line of shell runs where the switch is
//	h1: ping ...        runs in a host
//	h1& iperf3 -s       goes on in a host until the script ends
//	sleep 0.5
//	seen h2 FILTER      prints the frames a host has sent or received, by tcpdump's filter
//	count h2 FILTER     prints how many they are
//	plain IFACE         has the switch's host finish what it sends by an interface, like the hosts
//	malformed h2 REASON says that a host gets malformed frames
//	forget              lets "seen" count from here
//	~ ...               in front of a command: it is repeated until what is expected of it comes, for 6 s
//	= REGEXP            must be found in what the last command printed
//	! REGEXP            must not be found
//	only MAKER REASON   the following runs for "govs" or "reference" only, until "only all"
//
// "#" begins a remark; the first one says what the script shows.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		for _, w := range ways {
			if *only != "" && *only != w.name || testing.Short() && w.name == "reference" {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(script), ".txt")+"/"+w.name, func(t *testing.T) {
				t.Parallel()
				play(t, w, steps)
			})
		}
	}
}

// A step is one command of a script and what is expected of it.
type step struct {
	line   int
	text   string
	repeat bool
	only   string
	want   []want
}

type want struct {
	not bool
	re  *regexp.Regexp
}

func parse(text string) (steps []step, err error) {
	only := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '=' || line[0] == '!':
			re, err := regexp.Compile("(?m)" + strings.TrimSpace(line[1:]))
			if err != nil {
				return nil, fmt.Errorf("line %d: %v", i+1, err)
			}
			if len(steps) == 0 {
				return nil, fmt.Errorf("line %d: there is no command yet", i+1)
			}
			s := &steps[len(steps)-1]
			s.want = append(s.want, want{line[0] == '!', re})
		case strings.HasPrefix(line, "only "):
			words := strings.Fields(line)
			if only = words[1]; only == "all" {
				only = ""
			} else if len(words) < 3 {
				return nil, fmt.Errorf("line %d: only needs a reason", i+1)
			}
		default:
			cmd, repeat := strings.CutPrefix(line, "~")
			steps = append(steps, step{line: i + 1, text: strings.TrimSpace(cmd), repeat: repeat, only: only})
		}
	}
	if len(steps) == 0 || !strings.HasPrefix(steps[0].text, "hosts ") {
		return nil, fmt.Errorf("a script begins with hosts")
	}
	for i := range steps {
		if steps[i].repeat && len(steps[i].want) == 0 {
			return nil, fmt.Errorf("line %d: what is repeated needs an expectation", steps[i].line)
		}
	}
	return steps, nil
}

// missing returns what a step wanted and out does not show.
func (s *step) missing(out string) string {
	var b strings.Builder
	for _, w := range s.want {
		if w.re.MatchString(out) == w.not {
			sign := "="
			if w.not {
				sign = "!"
			}
			fmt.Fprintf(&b, "%s %s\n", sign, strings.TrimPrefix(w.re.String(), "(?m)"))
		}
	}
	return b.String()
}

func play(t *testing.T, w way, steps []step) {
	count, err := strconv.Atoi(strings.TrimPrefix(steps[0].text, "hosts "))
	if err != nil || count < 1 || count > 9 {
		t.Fatalf("%s: a number from 1 to 9", steps[0].text)
	}
	m := w.maker(t)
	n := newNetwork(t, m, count, w.offload, true)
	skip := map[string]int{} // frames that "seen" leaves out
	for _, s := range steps[1:] {
		if s.only != "" && s.only != m.Name {
			continue
		}
		out := n.do(&s, skip)
		if strings.HasPrefix(s.text, "seen ") || strings.HasPrefix(s.text, "count ") {
			s.repeat = true // frames are written to the file a little later
		}
		for deadline := time.Now().Add(6 * time.Second); s.repeat && s.missing(out) != "" && time.Now().Before(deadline); {
			time.Sleep(100 * time.Millisecond)
			out = n.do(&s, skip)
		}
		if miss := s.missing(out); miss != "" {
			t.Errorf("line %d: %s\n%swanted:\n%s", s.line, s.text, out, miss)
		}
	}
	if t.Failed() {
		t.Log(n.shell(n.swNS, "ovs-ofctl dump-flows br0; ovs-appctl dpctl/dump-flows | head -20; ovs-ofctl dump-ports br0"))
	}
	if w.offload {
		return // frames with checksums yet to be made are right, and look wrong
	}
	if bad := n.faults(); bad != "" {
		t.Errorf("malformed frames or wrong checksums:\n%s", bad)
	}
}

// do carries out a command and returns what it printed.
func (n *network) do(s *step, skip map[string]int) string {
	if host, filter, ok := cutWord(s.text, "seen"); ok {
		return n.seen(host, filter, skip[host])
	}
	if host, filter, ok := cutWord(s.text, "count"); ok {
		return fmt.Sprintln(strings.Count(n.seen(host, filter, skip[host]), "\n"))
	}
	if dev, ok := strings.CutPrefix(s.text, "plain "); ok {
		if !n.offload {
			n.shell(n.swNS, "ethtool -K "+dev+" tx off tso off >/dev/null 2>&1")
		}
		return ""
	}
	if host, _, ok := cutWord(s.text, "malformed"); ok {
		n.malformed = append(n.malformed, host)
		return ""
	}
	if s.text == "forget" {
		for host := range n.hosts {
			for i, before := 0, -1; i < 20 && skip[host] != before; i++ {
				time.Sleep(100 * time.Millisecond)
				before, skip[host] = skip[host], strings.Count(n.seen(host, "", 0), "\n")
			}
		}
		return ""
	}
	if len(s.text) > 3 && s.text[0] == 'h' && (s.text[2] == ':' || s.text[2] == '&') {
		ns := n.hosts[s.text[:2]]
		if ns == nil {
			n.t.Fatalf("line %d: there is no host %s", s.line, s.text[:2])
		}
		line := strings.TrimSpace(s.text[3:])
		if s.text[2] == '&' {
			n.background(ns, line)
			return ""
		}
		return n.shell(ns, line)
	}
	return n.shell(n.swNS, s.text)
}

// cutWord splits "WORD HOST REST".
func cutWord(line, word string) (host, rest string, ok bool) {
	line, ok = strings.CutPrefix(line, word+" ")
	host, rest, _ = strings.Cut(line, " ")
	return host, rest, ok
}

// seen prints the frames that a host has sent or received after the first skip
// ones, as far as the filter lets them.
func (n *network) seen(host, filter string, skip int) string {
	if n.hosts[host] == nil {
		n.t.Fatalf("there is no host %s", host)
	}
	// tcpdump numbers no frames: editcap cuts out those to skip. A frame's text
	// goes on in indented lines.
	line := fmt.Sprintf("editcap -r %s.pcap - %d-99999999 2>/dev/null | tcpdump -nn -e -t -v -r - %s 2>/dev/null", host, skip+1, filter)
	return indented.ReplaceAllString(n.shell(n.swNS, line), " ")
}

var indented = regexp.MustCompile(`\n\s+`)
