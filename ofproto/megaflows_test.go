package ofproto

import (
	"encoding/hex"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"govs/flow"
	"govs/netdev/dummy"
)

// TestAsManyMegaflows sends the same packets through the same random tables of
// the reference's switch and ours: the datapath flows that come of them are as
// many, within a tenth. OFPROTO_SEED and OFPROTO_PIPELINES make it run other
// tables, or more.
func TestAsManyMegaflows(t *testing.T) {
	r := startReference(t)
	r.build(randomBridges)
	h := newTestHost(t)
	h.build(t, randomBridges)
	seed, _ := strconv.ParseUint(os.Getenv("OFPROTO_SEED"), 10, 64)
	pipelines, _ := strconv.Atoi(os.Getenv("OFPROTO_PIPELINES"))
	if pipelines == 0 {
		pipelines = 5
	}
	// Both clocks stand still, so that no flow is idle.
	r.run("ovs-appctl", "time/stop")
	ours, theirs := 0, 0
	for n := range pipelines {
		g := &generator{Rand: rand.New(rand.NewPCG(seed+uint64(n), 11)), ports: []string{"1", "2", "3", "4"}}
		for _, br := range []string{"brA", "brB"} {
			h.Ofproto(br).macs.Flush()
			var lines []string
			for range 25 {
				lines = append(lines, g.flow())
			}
			if br == "brB" {
				lines = append(lines, "table=0,priority=1,actions=NORMAL")
			}
			sameFlows(t, r, h, br, lines)
		}
		r.run("ovs-appctl", "fdb/flush")
		r.run("ovs-appctl", "revalidator/purge")
		h.backer.Flush()
		for range 60 {
			in := []struct{ br, port string }{{"brA", "p31"}, {"brA", "p32"}, {"brA", "p33"}, {"brB", "p41"}, {"brB", "p42"}, {"brB", "p43"}}[g.IntN(6)]
			k, err := flow.ParseKey(g.packet(), nil)
			if err != nil {
				t.Fatal(err)
			}
			frame := flow.Compose(k, nil).Bytes()
			r.run("ovs-appctl", "netdev-dummy/receive", in.port, hex.EncodeToString(frame))
			p := h.Ofproto(in.br)
			no, _ := p.PortByName(in.port)
			info, _ := p.PortInfo(no)
			<-info.Device.(*dummy.Device).Receive(frame)
		}
		time.Sleep(20 * time.Millisecond) // the reference's packets are under way
		dump := r.run("ovs-appctl", "dpctl/dump-flows")
		them, us := strings.Count(dump, "actions:"), h.datapathFlows()
		if us*100 > them*115+300 || them*100 > us*115+300 {
			t.Logf("pipeline %d: %d megaflows, the reference has %d", seed+uint64(n), us, them)
		}
		ours, theirs = ours+us, theirs+them
	}
	if ours*10 > theirs*11 || theirs*10 > ours*11 {
		t.Errorf("%d megaflows, the reference has %d", ours, theirs)
	}
	t.Logf("%d megaflows in %d pipelines, the reference has %d", ours, pipelines, theirs)
}
