package lab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"govs/cli"
	"govs/internal/netlab"
	"govs/internal/ovsref"
)

// Reference is the maker of a host that runs Debian's Open vSwitch.
func reference(t *testing.T) Maker {
	return Maker{
		Program:      func(tool string) string { return ovsref.Path(t, tool) },
		Schema:       ovsref.Schema(t, "vswitch.ovsschema"),
		DatapathType: "netdev",
		PhyBridge:    true,
		NoOffload:    true,
	}
}

// TestReference proves that what the lab expects is what Open vSwitch does: all
// checks pass with Debian's daemons and tools on both hosts.
func TestReference(t *testing.T) {
	ovsref.Root(t)
	m := reference(t)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cfg := Config{
		Prefix: fmt.Sprintf("govstest%d-", os.Getpid()),
		Dir:    fmt.Sprintf("/tmp/govstest%d", os.Getpid()),
		Makers: map[string]Maker{"10.10.0.51": m, "10.10.0.52": m},
	}
	n, err := Build(ctx, cfg)
	defer func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		if left := netlab.List(cfg.Prefix); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if _, err := os.Stat(cfg.Dir); err == nil {
			t.Errorf("left behind: %s", cfg.Dir)
		}
	}()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if passed, failed := n.Show(ctx, &out); failed > 0 || passed == 0 {
		t.Errorf("%d passed, %d failed:\n%s", passed, failed, out.String())
	}
}

func TestTreeDiff(t *testing.T) {
	shuffled := `6ca1f5b4-1111-4222-8333-444444444444
    Bridge br1
        datapath_type: netdev
        Port b
            Interface b
                type: internal
        Port a
            Interface a
    ovs_version: "3.7.1"
`
	want := `
    Bridge br1
        Port a
            Interface a
        Port b
            Interface b
                type: internal
`
	if missing, extra := treeDiff(want, shuffled); len(missing)+len(extra) > 0 {
		t.Errorf("missing %q, extra %q", missing, extra)
	}
	missing, extra := treeDiff(want, strings.Replace(shuffled, "Port a", "Port c", 1))
	if len(missing) == 0 || len(extra) == 0 {
		t.Error("a difference was not found")
	}
}

func TestTexts(t *testing.T) {
	for _, c := range append(checks(), mistakeChecks()...) {
		for _, s := range []text{c.title, c.why} {
			if s.en == "" || s.zh == "" || s.en == s.zh {
				t.Errorf("not in both languages: %+v", s)
			}
		}
	}
	for _, tt := range []struct {
		option, lang string
		want         bool
	}{{"", "zh_CN.UTF-8", true}, {"", "C", false}, {"", "", false}, {"en", "zh_CN.UTF-8", false}, {"zh", "C", true}} {
		env := func(name string) string {
			if name == "LANG" {
				return tt.lang
			}
			return ""
		}
		if got := wantsChinese(tt.option, env); got != tt.want {
			t.Errorf("option %q, LANG %q: %v", tt.option, tt.lang, got)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		args []string
		code int
		out  string
	}{
		{[]string{"--help"}, 0, "--keep"},
		{[]string{"--nonsense"}, 1, "govs lab: unrecognized option '--nonsense'"},
		{[]string{"--lang=fr"}, 1, "language must be en or zh"},
		{[]string{"more"}, 1, `unexpected argument "more"`},
	} {
		var out bytes.Buffer
		code := Main(append([]string{"lab"}, tt.args...), cli.IO{Out: &out, Err: &out})
		if code != tt.code || !strings.Contains(out.String(), tt.out) {
			t.Errorf("%q: status %d, %q", tt.args, code, out.String())
		}
	}
}

func TestRuleCount(t *testing.T) {
	if n := ruleCount("# a\n\n table=0 actions=drop\n\ttable=1,actions=drop # b\n"); n != 2 {
		t.Errorf("got %d", n)
	}
	if n := ruleCount(flows52); n != 27 {
		t.Errorf("the seed's table has %d rules", n)
	}
}
