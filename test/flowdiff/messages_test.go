package flowdiff

import (
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	"govs/openflow"
)

// count returns a counter; all ones say that it is not known.
func (g *gen) count() uint64 { return g.bits(64).Lo }

func (g *gen) duration() time.Duration {
	return time.Duration(g.Uint32N(1<<20))*time.Second + time.Duration(g.IntN(1e9))
}

// groupMessage returns a message about groups.
func (g *gen) groupMessage() openflow.Message {
	group := func() *openflow.GroupMod {
		for {
			cmd := groupCommands[g.IntN(len(groupCommands))].cmd
			if gm, _, err := openflow.ParseGroupMod(g.group(cmd), cmd, nil); err == nil {
				return gm
			}
		}
	}
	switch g.IntN(8) {
	case 0, 1, 2:
		return group()
	case 3, 4:
		m := &openflow.GroupDescReply{}
		for n := g.IntN(4); n > 0; n-- {
			gm := group()
			m.Groups = append(m.Groups, openflow.GroupDesc{ID: gm.ID, Type: gm.Type, Buckets: gm.Buckets, Selection: gm.Selection})
		}
		return m
	case 5, 6:
		m := &openflow.GroupStatsReply{}
		for n := g.IntN(4); n > 0; n-- {
			s := openflow.GroupStats{ID: uint32(g.bits(32).Lo), Refs: uint32(g.bits(32).Lo), Packets: g.count(), Bytes: g.count(), Duration: g.duration()}
			for n := g.IntN(4); n > 0; n-- {
				s.Buckets = append(s.Buckets, openflow.BucketStats{Packets: g.count(), Bytes: g.count()})
			}
			m.Groups = append(m.Groups, s)
		}
		return m
	}
	m := &openflow.GroupFeatures{Types: uint32(g.bits(5).Lo), Capabilities: uint32(g.bits(5).Lo)}
	for i := range m.MaxGroups {
		m.MaxGroups[i], m.Actions[i] = uint32(g.bits(32).Lo), g.bits(32).Lo
	}
	return m
}

// meterMessage returns a message about meters.
func (g *gen) meterMessage() openflow.Message {
	meter := func() *openflow.MeterMod {
		for {
			cmd := openflow.MeterCommand(g.IntN(3))
			if m, _, err := openflow.ParseMeterMod(g.meter(cmd), cmd); err == nil {
				return m
			}
		}
	}
	switch g.IntN(8) {
	case 0, 1, 2:
		return meter()
	case 3, 4:
		m := &openflow.MeterConfigReply{}
		for n := g.IntN(4); n > 0; n-- {
			m.Meters = append(m.Meters, meter().MeterConfig)
		}
		return m
	case 5, 6:
		m := &openflow.MeterStatsReply{}
		for n := g.IntN(4); n > 0; n-- {
			s := openflow.MeterCounters{ID: uint32(g.bits(32).Lo), Flows: uint32(g.bits(32).Lo), Packets: g.count(), Bytes: g.count(), Duration: g.duration()}
			for n := g.IntN(4); n > 0; n-- {
				s.Bands = append(s.Bands, openflow.BandStats{Packets: g.count(), Bytes: g.count()})
			}
			m.Meters = append(m.Meters, s)
		}
		return m
	}
	return &openflow.MeterFeatures{MaxMeters: uint32(g.bits(32).Lo), BandTypes: uint32(g.bits(6).Lo), Capabilities: uint32(g.bits(6).Lo), MaxBands: uint8(g.bits(8).Lo), MaxColor: uint8(g.bits(8).Lo)}
}

// damage changes what follows the header of a message and sets its length.
func (g *gen) damage(b []byte) []byte {
	const head = 8
	b = append(b[:head:head], g.mutate(b[head:])...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// TestGroupMessages prints messages about groups and meters in all versions,
// right ones and damaged ones.
func TestGroupMessages(t *testing.T) {
	n, seed := amount(t, 3000)
	g := newGen(seed)
	c := newComparison(t)
	var compare func(msgs [][]byte, args []string)
	compare = func(msgs [][]byte, args []string) {
		text := ""
		for _, m := range msgs {
			text += string(m)
		}
		got, want := ours(text, args...), c.them(text, args...)
		c.runs++
		switch half := len(msgs) / 2; {
		case got == want:
		case half == 0:
			c.differ(args, hex.EncodeToString(msgs[0]), got, want)
		default:
			compare(msgs[:half], args)
			compare(msgs[half:], args)
		}
	}
	for c.lines < n {
		var msgs [][]byte
		for len(msgs) < batchSize {
			m := g.groupMessage()
			if g.chance(2) {
				m = g.meterMessage()
			}
			p := openflow.ProtocolOf(versions[g.IntN(len(versions))])
			if !openflow.Encodable(m, p) {
				continue
			}
			b := openflow.Encode(m, p, uint32(len(msgs)))
			if len(b) > 60000 {
				continue
			}
			if !g.chance(4) {
				b = g.damage(b)
			}
			msgs = append(msgs, b)
		}
		c.lines += len(msgs)
		compare(msgs, []string{pick(g, "-m", "-mm", "-mmm"), "ofp-parse", "-"})
	}
	c.done()
}
