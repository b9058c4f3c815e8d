package xlate

import (
	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/openflow"
)

// Rules for packets that match no flow. They are in no table.
var (
	missRule   = &flowtable.Rule{Table: flowtable.Internal, Stats: &flowtable.Counters{}, Actions: []openflow.Action{&openflow.Controller{MaxLen: 65535, Reason: openflow.ReasonImplicitMiss}}}
	noMissRule = &flowtable.Rule{Table: flowtable.Internal, Stats: &flowtable.Counters{}}
	fragRule   = &flowtable.Rule{Table: flowtable.Internal, Stats: &flowtable.Counters{}}
)

// lookup finds the flow for the packet in a table, or in a later one if that one
// sends misses on (t.table then says in which), as if it had come in by inPort, and returns it or the rule for packets without one; nil if such
// packets are none of our business (miss is false).
func (t *Translator) lookup(table uint8, inPort uint32, mayPacketIn, miss bool) *flowtable.Rule {
	f := &t.flow
	t.table = table
	var src, dst uint16
	frag := false
	if f.NwFrag&flow.FragAny != 0 && t.bridge.Frag != openflow.FragNXMatch {
		if t.bridge.Frag == openflow.FragDrop {
			return fragRule
		}
		// Fragments look alike: none has ports.
		frag, src, dst = true, f.TPSrc, f.TPDst
		f.TPSrc, f.TPDst = 0, 0
	}
	oldPort := f.InPort
	f.InPort = inPort
	r := t.bridge.Tables.Table(table).Lookup(t.tables.Version, f, t.wc)
	t.out.Tables.Add(table)
	toController := t.bridge.MissToController != nil && t.bridge.MissToController.Load()
	for r == nil {
		tbl := t.bridge.Tables.Table(t.table)
		t.effect(Effect{kind: effectMiss, ptr: tbl})
		if !miss {
			break
		}
		switch openflow.TableMiss(tbl.Miss()) {
		case openflow.TableMissController:
			toController = true
		case openflow.TableMissDrop:
			toController = false
		case openflow.TableMissContinue:
			if t.table+1 < flowtable.Internal {
				t.table++
				t.out.Tables.Add(t.table)
				r = t.bridge.Tables.Table(t.table).Lookup(t.tables.Version, f, t.wc)
				continue
			}
		}
		break
	}
	f.InPort = oldPort
	if frag {
		f.TPSrc, f.TPDst = src, dst
	}
	if r != nil || !miss {
		return r
	}
	if mayPacketIn && toController {
		if p := t.bridge.Ports[inPort]; p == nil || p.Config&openflow.PortNoPacketIn == 0 {
			return missRule
		}
	}
	return noMissRule
}

// count makes the flow count the packet.
func (t *Translator) count(r *flowtable.Rule) {
	switch r {
	case missRule:
		r = t.bridge.Internal[0]
	case noMissRule:
		r = t.bridge.Internal[1]
	case fragRule:
		r = t.bridge.Internal[2]
	}
	if r != nil {
		t.effect(Effect{kind: effectRule, ptr: r})
	}
}

// enter has the packet come into the bridge at the other end of a patch port: a
// pipeline of its own. It begins when the datapath has looked behind a popped MPLS
// header.
func (t *Translator) enter(inPort uint32, last bool) {
	if t.wasMPLS {
		freezing, steps, pause := t.freezing, t.steps, t.pause
		t.table, t.steps, t.pause = 0, nil, nil
		t.freeze(false)
		t.finishFrozen()
		t.freezing, t.steps, t.pause = freezing, steps, pause
		return
	}
	t.jump(jump{inPort: inPort, mayPacketIn: true, last: last, do: (*Translator).isolated})
}

// resubmit looks the packet up in a table and does what the flow found there says.
func (t *Translator) resubmit(inPort uint32, table uint8, mayPacketIn, last bool) {
	t.jump(jump{inPort: inPort, table: table, mayPacketIn: mayPacketIn, last: last, do: (*Translator).do})
}

// jump is where the pipeline goes on.
type jump struct {
	inPort      uint32 // that the packet is to have come in by
	table       uint8
	mayPacketIn bool // if no flow matches
	original    bool // look for the original direction of its connection
	last        bool
	do          func(*Translator, []openflow.Action, bool)
}

func (t *Translator) jump(j jump) {
	if t.wasMPLS { // flows may look at what is behind the popped header
		t.freeze(true)
		return
	}
	if !t.mayGoDeeper() || j.table >= flowtable.N {
		return
	}
	oldTable := t.table
	if r := t.jumpTarget(&j); r != nil {
		t.count(r)
		oldNode := t.node
		t.node = t.reportTable(r, t.table)
		oldRule, oldCookie := t.rule, t.cookie
		deepens := 0
		if j.table <= oldTable {
			deepens = 1
		}
		t.resubmits++
		t.depth += deepens
		t.rule, t.cookie = r, r.Cookie
		j.do(t, r.Actions, j.last)
		t.rule, t.cookie = oldRule, oldCookie
		t.depth -= deepens
		t.node = oldNode
	}
	t.table = oldTable
}

func (t *Translator) jumpTarget(j *jump) *flowtable.Rule {
	if !j.original {
		return t.lookup(j.table, j.inPort, j.mayPacketIn, true)
	}
	return t.lookupOriginal(j.table, j.inPort, j.mayPacketIn)
}

// mayGoDeeper reports whether the limits of a translation allow one more
// resubmit or group; if not, it says why.
func (t *Translator) mayGoDeeper() bool {
	switch {
	case t.depth >= maxDepth:
		t.reportError("over max translation depth %d", maxDepth)
		t.err = ErrTooDeep
		return false
	case t.resubmits >= maxResubmits:
		t.reportError("over %d resubmit actions", maxResubmits)
		t.err = ErrTooMany
		return false
	case len(t.odp) > maxActions:
		t.reportError("resubmits yielded over 64 kB of actions")
		t.exit = true
		return false
	case t.stackFull():
		t.reportError("resubmits yielded over 64 kB of stack")
		t.err = ErrStack
		return false
	}
	return true
}
