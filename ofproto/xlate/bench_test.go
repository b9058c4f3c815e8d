package xlate_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"govs/classifier"
	"govs/dpif"
	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/ofproto/xlate"
	"govs/openflow"
	"govs/proto/maclearn"
)

var t0 = time.Unix(1e9, 0)

// addFlows fills tables from ovs-ofctl's text.
func addFlows(t testing.TB, tables *flowtable.Tables, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		head, acts, _ := strings.Cut(line, "actions=")
		fm := &openflow.FlowMod{Priority: 32768, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Buffer: openflow.NoBuffer}
		var match []string
		for _, w := range strings.FieldsFunc(head, func(r rune) bool { return r == ',' || r == ' ' }) {
			k, v, _ := strings.Cut(w, "=")
			n, _ := strconv.ParseUint(v, 0, 64)
			switch k {
			case "table":
				fm.Table = uint8(n)
			case "priority":
				fm.Priority = uint16(n)
			default:
				match = append(match, w)
			}
		}
		var err error
		if fm.Match, err = flow.ParseMatch(strings.Join(match, ","), nil); err != nil {
			t.Fatal(line, err)
		}
		if fm.Actions, _, err = openflow.ParseActions(acts, nil); err != nil {
			t.Fatal(line, err)
		}
		if err := tables.Apply(fm, t0); err != nil {
			t.Fatal(line, err)
		}
	}
}

// seed is the seed's two bridges, br-tun's port 3 a VXLAN tunnel.
func seed(t testing.TB) *xlate.Config {
	t.Helper()
	text, err := os.ReadFile("../testdata/seed.flows")
	if err != nil {
		t.Fatal(err)
	}
	bridge := func(name string) *xlate.Bridge {
		return &xlate.Bridge{Name: name, Tables: flowtable.New(classifier.DefaultPrefixes...), MACs: maclearn.New[xlate.BundleID](), Ports: map[uint32]*xlate.Port{}}
	}
	tun, br := bridge("br-tun"), bridge("br-int")
	addFlows(t, tun.Tables, string(text))
	addFlows(t, br.Tables, "priority=0,actions=NORMAL")
	id := xlate.BundleID(0)
	port := func(b *xlate.Bridge, no uint32, odp dpif.PortNo, tag int) *xlate.Port {
		id++
		p := &xlate.Port{Bridge: b, No: no, Name: strconv.FormatUint(uint64(no), 10), ODP: odp, Counters: &xlate.PortCounters{}}
		u := &xlate.Bundle{Bridge: b, ID: id, Name: p.Name, Ports: []*xlate.Port{p}, VLANMode: xlate.VLANTrunk, Floodable: true}
		if tag > 0 {
			u.VLANMode, u.VLAN = xlate.VLANAccess, uint16(tag)
		}
		p.Bundle = u
		b.Ports[no] = p
		b.Bundles = append(b.Bundles, u)
		b.FloodOrder = append(b.FloodOrder, p)
		return p
	}
	port(tun, 1, 1, 0)
	a := port(tun, 2, dpif.NoPort, 0)
	vx := port(tun, 3, dpif.NoPort, 0)
	b := port(br, 1, dpif.NoPort, 0)
	port(br, 2, 5, 1)
	port(br, 3, 6, 1)
	a.Peer, b.Peer = b, a
	vx.Tunnel = &xlate.Tunnel{Type: "vxlan", ODP: 7, InKeyFlow: true, OutKeyFlow: true, OutKeySet: true, DstPort: 4789, TTL: 64, DF: true}
	setAddr(vx.Tunnel)
	c := &xlate.Config{Bridges: []*xlate.Bridge{tun, br}, ByODP: map[dpif.PortNo]*xlate.Port{1: tun.Ports[1], 5: br.Ports[2], 6: br.Ports[3]}}
	c.Tunnels = xlate.NewTunnelMap([]*xlate.Port{vx})
	return c
}

func key(t testing.TB, text string) *flow.Key {
	t.Helper()
	k, err := flow.ParseKey(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const fromVM = "in_port=2,tcp,dl_src=fa:16:3e:f4:18:f5,dl_dst=fa:16:3e:d3:4f:c1,nw_src=192.168.1.12,nw_dst=192.168.1.6,nw_ttl=64,tp_src=1000,tp_dst=80"

// TestSeedDoesNotAllocate: from the machine's port through both bridges into the
// tunnel, with the way over NORMAL.
func TestSeedDoesNotAllocate(t *testing.T) {
	c := seed(t)
	var tr xlate.Translator
	in := &xlate.In{Config: c, Bridge: c.Bridges[1], Key: key(t, fromVM), Effects: true, Now: t0}
	out, err := tr.Translate(in)
	if err != nil {
		t.Fatal(err)
	}
	xlate.Apply(out.Effects, &xlate.Stats{Packets: 1, Bytes: 60, Used: t0}, t0)
	if got, want := out.Actions.String(), "push_vlan(vid=1,pcp=0)"; !strings.Contains(out.Actions.String(), "set(tunnel(tun_id=0x138f,src=10.10.0.52,dst=10.10.0.51,ttl=64,tp_dst=4789,flags(df|key))),7") {
		t.Errorf("actions %s (%s)", got, want)
	}
	if n := testing.AllocsPerRun(200, func() { tr.Translate(in) }); n > 0 && !raceDetector {
		t.Errorf("%v allocations per translation", n)
	}
}

func BenchmarkSeedPipeline(b *testing.B) {
	c := seed(b)
	var tr xlate.Translator
	in := &xlate.In{Config: c, Bridge: c.Bridges[1], Key: key(b, fromVM), Effects: true, Now: t0}
	out, _ := tr.Translate(in)
	xlate.Apply(out.Effects, &xlate.Stats{Packets: 1, Bytes: 60, Used: t0}, t0)
	b.ReportAllocs()
	for b.Loop() {
		tr.Translate(in)
	}
}

func BenchmarkSeedFromTunnel(b *testing.B) {
	c := seed(b)
	var tr xlate.Translator
	k := key(b, "in_port=3,tun_id=0x138f,tun_src=10.10.0.51,tun_dst=10.10.0.52,tcp,dl_src=fa:16:3e:d3:4f:c1,dl_dst=fa:16:3e:f4:18:f5,nw_ttl=64")
	in := &xlate.In{Config: c, Bridge: c.Bridges[0], Key: k, Effects: true, Now: t0}
	b.ReportAllocs()
	for b.Loop() {
		tr.Translate(in)
	}
}

// TestMegaflowSoundness changes packets at random outside the mask that a
// translation returned; the actions must stay the same.
func TestMegaflowSoundness(t *testing.T) {
	c := seed(t)
	var tr, tr2 xlate.Translator
	r := rand.New(rand.NewPCG(3, 3))
	keys := []*flow.Key{
		key(t, fromVM),
		key(t, "in_port=2,arp,dl_src=fa:16:3e:f4:18:f5,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=192.168.1.12,arp_tpa=192.168.1.6"),
		key(t, "in_port=3,udp,dl_src=fa:16:3e:f4:18:f5,dl_dst=01:00:5e:00:00:01,nw_src=1.2.3.4,nw_ttl=1"),
		key(t, "in_port=2,dl_vlan=5,tcp6,dl_src=fa:16:3e:2f:e7:eb,dl_dst=fa:16:3e:97:bd:37"),
	}
	for i := range 40000 {
		k := keys[i%len(keys)]
		b := c.Bridges[1-i/len(keys)%2]
		out, err := tr.Translate(&xlate.In{Config: c, Bridge: b, Key: k, Now: t0})
		if err != nil {
			t.Fatal(err)
		}
		o := *k
		for range 1 + r.IntN(4) {
			w := r.IntN(flow.KeyWords)
			o.Words()[w] ^= r.Uint64() &^ out.Mask.Words()[w]
		}
		// A packet has a tag or has none, and the datapath always knows;
		// metadata that it does not know is not in packets.
		o.VLANs = k.VLANs
		o.Regs, o.Metadata, o.ActsetOutput, o.ConjID, o.Tunnel = k.Regs, k.Metadata, k.ActsetOutput, k.ConjID, k.Tunnel
		other, err := tr2.Translate(&xlate.In{Config: c, Bridge: b, Key: &o, Now: t0})
		if err != nil {
			t.Fatal(err)
		}
		if other.Actions.String() != out.Actions.String() {
			t.Fatalf("%s\n%s: %s\n%s: %s", b.Name, k, out.Actions, &o, other.Actions)
		}
	}
}

// TestRandomKeysDoNotPanic translates keys that no packet has.
func TestRandomKeysDoNotPanic(t *testing.T) {
	c := seed(t)
	var tr xlate.Translator
	r := rand.New(rand.NewPCG(5, 5))
	for range 20000 {
		var k flow.Key
		for i := range k.Words() {
			if r.IntN(3) == 0 {
				k.Words()[i] = r.Uint64()
			}
		}
		k.InPort, k.RecircID = r.Uint32N(5), r.Uint32N(2)
		tr.Translate(&xlate.In{Config: c, Bridge: c.Bridges[r.IntN(2)], Key: &k, Effects: true, Now: t0, Trace: traceOrNot(r)})
	}
}

func traceOrNot(r *rand.Rand) *xlate.Trace {
	if r.IntN(4) == 0 {
		return &xlate.Trace{}
	}
	return nil
}
