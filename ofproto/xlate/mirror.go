package xlate

import (
	"sync/atomic"

	"govs/flow"
)

// MaxMirrors is how many mirrors a bridge can have.
const MaxMirrors = 32

// MirrorSet is a set of a bridge's mirrors, by their place in Bridge.Mirrors.
type MirrorSet uint32

// Mirror copies packets of some ports to another port or VLAN; see
// ovs-vswitchd.conf.db(5), Mirror.
type Mirror struct {
	Name    string
	VLANs   *VLANSet // of the packets to copy; nil: all
	Out     *Bundle  // where copies go, or nil for OutVLAN
	OutVLAN uint16
	Snaplen uint16      // bytes of a packet to copy; 0: all
	Filter  *flow.Match // packets to copy; nil: all
	// Same are the mirrors with the same output, this one too: they copy a
	// packet once.
	Same     MirrorSet
	Counters *MirrorCounters
}

// MirrorCounters count the packets a mirror has copied.
type MirrorCounters struct{ Packets, Bytes atomic.Uint64 }

// mirrorIngress copies the packet, as it came in, for the port's mirrors.
func (t *Translator) mirrorIngress() {
	if len(t.bridge.Mirrors) == 0 {
		return
	}
	if u := t.inputBundle(); u != nil {
		t.mirror(u, u.SrcMirrors)
	}
}

// mirror copies the packet for those mirrors in the set that have not had it. u
// is the bundle by which it comes or goes.
func (t *Translator) mirror(u *Bundle, set MirrorSet) {
	outer := extractVLANs(&t.flow)
	if !t.admits(u, outer[0].vid) {
		return
	}
	if set &^= t.mirrors; set == 0 {
		return
	}
	t.minded(&outer)
	x := u.inside(&outer)
	for i, m := range t.bridge.Mirrors {
		// Copying may itself have set off others.
		if set&^t.mirrors>>i&1 == 0 || !t.selects(m, x[0].vid) {
			continue
		}
		t.mirrors |= m.Same
		if m.Counters != nil {
			t.effect(Effect{kind: effectMirror, ptr: m.Counters})
		}
		t.snaplen = uint32(m.Snaplen)
		switch {
		case m.Out != nil:
			t.outputBundle(m.Out, &x)
		case x[0].vid != m.OutVLAN && !reserved(t.flow.EthDst):
			there := x
			there[0].vid = m.OutVLAN
			for _, to := range t.bridge.Bundles {
				if !to.MirrorOut && to.carries(&there) {
					t.outputBundle(to, &there)
				}
			}
		}
		// Not what it was before: as in OVS, what a copy sets off ends the cutting of
		// the other copies.
		t.snaplen = 0
	}
}

// selects reports whether a mirror wants the packet, which is in VLAN vid, and
// notes what that depends on.
func (t *Translator) selects(m *Mirror, vid uint16) bool {
	if m.Filter != nil {
		t.wc.Or(&m.Filter.Mask)
		if !m.Filter.Matches(&t.flow) {
			return false
		}
	}
	if m.VLANs == nil {
		return true
	}
	t.wc.VLANs[0].TCI |= vidMask | flow.VLANPresent
	return m.VLANs.Has(vid)
}
