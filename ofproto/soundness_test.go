package ofproto

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"govs/dpif"
	"govs/flow"
	"govs/ofproto/xlate"
)

// soundness checks that packets which one megaflow matches are all forwarded
// alike.
type soundness struct {
	t    *testing.T
	g    *generator
	h    *testHost
	cfg  *xlate.Config
	tr   xlate.Translator
	seed uint64

	flows, packets int
}

// pipelines loads random tables and lets some packets teach them.
func (s *soundness) pipelines() (text string) {
	for _, br := range []string{"brA", "brB"} {
		p := s.h.Ofproto(br)
		p.tables.Flush()
		p.macs.Flush()
		lines := []string{"table=0,priority=1,actions=NORMAL"}
		for range 10 + s.g.IntN(25) {
			lines = append(lines, s.g.flow())
		}
		for _, l := range lines {
			fm, err := readFlow(l)
			if err == nil {
				err = p.tables.Apply(fm, s.h.clock.Now())
			}
			if err == nil {
				text += br + " " + l + "\n"
			}
		}
	}
	s.cfg = s.h.backer.config()
	for range 20 {
		b := s.cfg.Bridges[s.g.IntN(2)]
		if k := s.packet(); k != nil {
			out := s.translate(b, k, true)
			now := s.h.clock.Now()
			xlate.Apply(out.Effects, &xlate.Stats{Packets: 1, Used: now}, now)
		}
	}
	return text
}

// packet returns the key of a random packet.
func (s *soundness) packet() *flow.Key {
	k, err := flow.ParseKey(s.g.packet(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	k.Regs, k.Metadata = [32]uint32{}, 0 // no packet comes with them
	return real(k)
}

// real returns the key of the packet that is made of k.
func real(k *flow.Key) *flow.Key {
	p := flow.Compose(k, nil)
	p.Tunnel = k.Tunnel
	p.SkbPriority, p.PktMark, p.RecircID, p.DPHash, p.InPort = k.SkbPriority, k.PktMark, k.RecircID, k.DPHash, k.InPort
	r := new(flow.Key)
	flow.Extract(p, r)
	return r
}

func (s *soundness) translate(b *xlate.Bridge, k *flow.Key, effects bool) *xlate.Out {
	key := *k
	out, _ := s.tr.Translate(&xlate.In{Config: s.cfg, Bridge: b, Key: &key, Effects: effects, Now: s.h.clock.Now(),
		Freeze: s.h.backer.freeze, Frozen: s.h.backer.thaw})
	return out
}

// variant returns a packet that the megaflow of k with mask m matches, too; nil
// if none comes of the attempt.
func (s *soundness) variant(k *flow.Key, m *flow.Mask) *flow.Key {
	v := s.packet()
	if s.g.IntN(2) == 0 {
		*v = *k
		for range 1 + s.g.IntN(4) {
			w := s.g.IntN(flow.KeyWords)
			v.Words()[w] ^= s.g.Uint64() & (s.g.Uint64() | s.g.Uint64())
		}
	}
	for i, w := range m.Words() {
		v.Words()[i] = v.Words()[i]&^w | k.Words()[i]&w
	}
	v.Regs, v.Metadata, v.RecircID, v.Tunnel, v.InPort = k.Regs, k.Metadata, k.RecircID, k.Tunnel, k.InPort
	v = real(v)
	for i, w := range m.Words() {
		if (v.Words()[i]^k.Words()[i])&w != 0 {
			return nil
		}
	}
	return v
}

// check tries n packets on the megaflow of k, and the flows behind it. It
// reports false when one is forwarded otherwise.
func (s *soundness) check(b *xlate.Bridge, k *flow.Key, n, depth int) bool {
	out := s.translate(b, k, false)
	mask, actions, slow := out.MaskFor(k), append(dpif.Actions(nil), out.Actions...), out.Slow
	recirc := append([]uint32(nil), out.Recirc...)
	s.flows++
	for range n {
		v := s.variant(k, &mask)
		if v == nil {
			continue
		}
		s.packets++
		other := s.translate(b, v, false)
		if !bytes.Equal(other.Actions, actions) || other.Slow != slow {
			m := flow.Match{Key: *k, Mask: mask}
			m.Canon()
			s.t.Errorf("seed %d, %s: megaflow %s\n%s: %s (slow %x)\n%s: %s (slow %x)", s.seed, b.Name, &m, k, actions, slow, v, other.Actions, other.Slow)
			return false
		}
	}
	if depth < 2 {
		for _, r := range recirc {
			c := s.packet()
			c.RecircID, c.InPort, c.Tunnel = r, k.InPort, k.Tunnel
			if !s.check(b, c, n/2+1, depth+1) {
				return false
			}
		}
	}
	return true
}

// TestMegaflowsAreSound tries random packets inside the masks of megaflows of
// random pipelines. OFPROTO_PACKETS says how many, OFPROTO_SEED replays.
func TestMegaflowsAreSound(t *testing.T) {
	want, _ := strconv.Atoi(os.Getenv("OFPROTO_PACKETS"))
	if want == 0 {
		want = 30000
	}
	seed, err := strconv.ParseUint(os.Getenv("OFPROTO_SEED"), 10, 64)
	if err != nil {
		seed = 1
	}
	h := newTestHost(t)
	h.build(t, randomBridges)
	s := &soundness{t: t, h: h}
	bad := 0
	for n := seed; s.packets < want; n++ {
		s.seed = n
		s.g = &generator{Rand: rand.New(rand.NewPCG(n, 5)), ports: []string{"1", "2", "3", "4"}}
		text := s.pipelines()
		for range 60 {
			if k := s.packet(); !s.check(s.cfg.Bridges[s.g.IntN(2)], k, 20, 0) {
				if os.Getenv("OFPROTO_SEED") != "" {
					t.Logf("tables:\n%s", strings.TrimSpace(text))
				}
				if bad++; bad == 5 {
					return
				}
				break
			}
		}
	}
	t.Logf("%d packets in %d megaflows of %d pipelines, from seed %d", s.packets, s.flows, s.seed-seed+1, seed)
}
