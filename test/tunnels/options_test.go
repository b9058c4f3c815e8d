package tunnels

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
)

var types = []string{"vxlan", "geneve", "gre", "ip6gre", "erspan", "ip6erspan", "gtpu", "bareudp"}

// values are some for each option, good ones and bad ones. dst_port=0, which the
// reference takes though nothing can come in by it, is left out, and of
// payload_type what it does not show.
var values = map[string][]string{
	"remote_ip":       {"1.2.3.4", "1.2.3.4", "1.2.3.4", "fd00::2", "fd00::2", "flow", "flow", "::ffff:9.8.7.6", "224.0.0.1", "ff02::1", "host", "1.2.3", "fe80::1%eth0"},
	"local_ip":        {"1.1.1.1", "fd00::1", "flow", "host"},
	"key":             {"0", "5", "flow", "0x10", "010", "5foo", "foo", "-1", "4294967296"},
	"in_key":          {"0", "7", "flow"},
	"out_key":         {"0", "7", "flow"},
	"dst_port":        {"5000", "70000", "4790"},
	"tos":             {"inherit", "0", "4", "0x1c", "3", "foo", "0x104", "-4", "252"},
	"ttl":             {"inherit", "0", "1", "300", "-1", "foo", "12x"},
	"df_default":      {"true", "false", "foo"},
	"csum":            {"true", "false", "foo"},
	"seq":             {"true", "false"},
	"egress_pkt_mark": {"0", "5", "foo", "0x12"},
	"exts":            {"gbp", "gpe", "foo", "gpe,foo"},
	"packet_type":     {"legacy_l2", "legacy_l3", "ptap", "foo"},
	"erspan_ver":      {"1", "2", "3", "flow", "foo"},
	"erspan_idx":      {"0", "5", "fffff", "0x100000", "flow", "zz"},
	"erspan_dir":      {"0", "1", "2", "flow", "zz"},
	"erspan_hwid":     {"0", "1f", "0x3f", "40", "flow", "zz"},
	"payload_type":    {"ip", "mpls", "foo"},
	"psk":             {"secret"},
	"remote_cert":     {"a.pem"},
	"bogus":           {"1"},
}

// warnings finds the warnings of a log that are about options.
var warnings = regexp.MustCompile(`(?m)^[^|]*\|[^|]*\|netdev_vport\|WARN\|((?:t1: .*\n)+)`)

// dpPort finds numbers of datapath ports, which depend on what was before.
var dpPort = regexp.MustCompile(`(port |port=|t1 1/)\d+`)

// portOf makes a tunnel port with the options and returns all that tells what
// became of it.
func portOf(s *sandbox.Switch, typ string, opts []string) string {
	args := []string{"--if-exists", "del-port", "t1", "--", "add-port", "br0", "t1", "--", "set", "interface", "t1", "type=" + typ, "ofport_request=1"}
	for _, o := range opts {
		name, value, _ := strings.Cut(o, "=")
		args = append(args, fmt.Sprintf("options:%s=%q", name, value))
	}
	log := filepath.Join(s.Dir, "ovs-vswitchd.log")
	before, _ := os.Stat(log)
	s.Run("ovs-vsctl", args...)
	var b strings.Builder
	b.WriteString(s.Must("ovs-vsctl", "--columns=ofport,error", "--format=csv", "--no-headings", "list", "interface", "t1"))
	for _, cmd := range []string{"ofproto/list-tunnels", "dpif/show"} {
		text, _ := s.Appctl(cmd)
		for line := range strings.SplitSeq(text, "\n") {
			if strings.Contains(line, " t1 ") {
				fmt.Fprintln(&b, dpPort.ReplaceAllString(line, "${1}N"))
			}
		}
	}
	// The reference writes its log a little later, but in order.
	_, _ = s.Appctl("version")
	var lines []byte
	for range 200 {
		all, _ := os.ReadFile(log)
		if lines = all[before.Size():]; bytes.Contains(lines, []byte("|unixctl|DBG|received request version")) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	seen := map[string]bool{} // the reference may try twice
	for _, m := range warnings.FindAllSubmatch(lines, -1) {
		for line := range strings.SplitSeq(string(m[1]), "\n") {
			if strings.HasPrefix(line, "t1: ") && !seen[line] {
				seen[line] = true
				fmt.Fprintln(&b, "log:", line)
			}
		}
	}
	return b.String()
}

// both starts a switch of either maker, each in a namespace of its own, with
// bridge br0 in a dummy datapath.
func both(t *testing.T) (ours, ref *sandbox.Switch) {
	t.Helper()
	ovsref.Root(t)
	start := func(m sandbox.Maker) *sandbox.Switch {
		ns := namespace(t, m.Name[:2])
		if err := ns.Up("lo"); err != nil {
			t.Fatal(err)
		}
		s := sandbox.Start(t, m, sandbox.Config{Namespace: ns, Args: []string{"--disable-system", "--disable-system-route"}})
		s.Must("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "fail_mode=secure")
		return s
	}
	ours, ref = start(sandbox.Ours(t)), start(sandbox.Reference(t))
	ours.Must("ovs-appctl", "vlog/disable-rate-limit")
	ref.Must("ovs-appctl", "vlog/disable-rate-limit")
	ours.Must("ovs-appctl", "vlog/set", "unixctl:file:dbg")
	ref.Must("ovs-appctl", "vlog/set", "unixctl:file:dbg")
	// The reference would answer with the headers of its own encapsulation.
	ref.Must("ovs-appctl", "dpif/set-dp-features", "br0", "tnl_push_pop", "false")
	return ours, ref
}

var serial int

func namespace(t *testing.T, name string) *netlab.Namespace {
	t.Helper()
	serial++
	ns, err := netlab.New(fmt.Sprintf("govstn%d-%d%s", os.Getpid(), serial, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		netlab.Clear(ns.Name)
		ns.Close()
	})
	return ns
}

// randomOptions returns some options of a tunnel.
func randomOptions(r *rand.Rand) []string {
	pick := func(name string) string { return name + "=" + values[name][r.IntN(len(values[name]))] }
	var names []string
	for n := range values {
		if n != "remote_ip" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	var opts []string
	if r.IntN(20) > 0 {
		opts = append(opts, pick("remote_ip"))
	}
	for range r.IntN(5) {
		n := names[r.IntN(len(names))]
		if !slices.ContainsFunc(opts, func(o string) bool { return strings.HasPrefix(o, n+"=") }) {
			opts = append(opts, pick(n))
		}
	}
	return opts
}

// TestOptions: what the reference says of options, in the database, in its lists
// and in its log, we say.
func TestOptions(t *testing.T) {
	ours, ref := both(t)
	seed := uint64(7)
	n := 60
	if long() {
		n = 3000
	}
	r := rand.New(rand.NewPCG(seed, seed))
	bad := 0
	try := func(typ string, opts []string) {
		if typ == "bareudp" && !slices.ContainsFunc(opts, func(o string) bool { return strings.HasPrefix(o, "dst_port=") }) {
			opts = append(opts, "dst_port=6000") // the reference's default is a port that nothing comes in by
		}
		want, got := portOf(ref, typ, opts), portOf(ours, typ, opts)
		if sorted(got) != sorted(want) && !stopped(opts, got, want) {
			bad++
			t.Errorf("%s %v\nours:\n%sreference:\n%s", typ, opts, got, want)
		}
	}
	for _, typ := range append(types, "srv7") {
		try(typ, nil)
		try(typ, []string{"remote_ip=1.2.3.4"})
	}
	for range n {
		try(types[r.IntN(len(types))], randomOptions(r))
		if bad > 15 {
			t.Fatal("and so on")
		}
	}
}

// stopped reports whether both refuse the options with an error after which no
// more are looked at: OVS then tells what it came across before, by chance.
func stopped(opts []string, got, want string) bool {
	stop := regexp.MustCompile(`multicast|invalid erspan|unknown packet_type|could not set configuration`)
	return (stop.MatchString(got+want) || slices.Contains(opts, "payload_type=foo")) && strings.HasPrefix(got, "-1") && strings.HasPrefix(want, "-1")
}

// sorted sorts lines, and within an error's text, too: OVS reads options in the
// order of a hash.
func sorted(s string) string {
	lines := strings.Split(strings.NewReplacer(`\n`, "\n", `"""`, "\n").Replace(s), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
