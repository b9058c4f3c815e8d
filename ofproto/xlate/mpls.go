package xlate

import (
	"fmt"

	"govs/flow"
	"govs/openflow"
)

// The members of a label stack entry (RFC 3032).
const (
	mplsLabelMask  = 0xfffff000
	mplsLabelShift = 12
	mplsTCMask     = 0x00000e00
	mplsTCShift    = 9
	mplsBOS        = 0x00000100
	mplsTTLMask    = 0x000000ff
)

// errMPLSLabels drops packets with more labels than a flow key has room for.
var errMPLSLabels = fmt.Errorf("Too many MPLS labels")

func isMPLS(t uint16) bool { return t == flow.EthTypeMPLS || t == flow.EthTypeMPLSM }

// mplsCount is how many label stack entries a packet has, as far as the key
// knows: up to the bottom of the stack, or else up to the last that is not zero.
func mplsCount(k *flow.Key, wc *flow.Mask) (n int) {
	if !isMPLS(k.EthType) {
		return 0
	}
	for i, lse := range k.MPLS {
		if wc != nil {
			wc.MPLS[i] |= mplsBOS
		}
		if lse&mplsBOS != 0 {
			return i + 1
		}
		if lse != 0 {
			n = i + 1
		}
	}
	return n
}

// labels is mplsCount of the packet at hand.
func (t *Translator) labels() int {
	k := &t.flow
	n := mplsCount(k, t.wc)
	if t.counted || !isMPLS(k.EthType) {
		return n
	}
	t.counted = true // from now on entries may be zero that were not
	for _, lse := range k.MPLS {
		if lse&mplsBOS != 0 {
			return n
		}
	}
	// A stack without a bottom, be it cut short or deeper than the key: which entries
	// are there makes a difference.
	for i := n; i < len(k.MPLS); i++ {
		t.wc.MPLS[i] = ^uint32(0)
	}
	if n > 0 {
		t.wc.MPLS[n-1] |= k.MPLS[n-1] & -k.MPLS[n-1] // one bit is enough
	}
	return n
}

func (t *Translator) tooManyLabels(what string) {
	if t.in.Packet != nil {
		t.reportError("dropping packet on which an %s action can't be performed as it would have more MPLS LSEs than the %d supported.", what, len(t.flow.MPLS))
	}
	t.err = errMPLSLabels
}

func (t *Translator) pushMPLS(a *openflow.PushMPLS) {
	n := t.labels()
	switch {
	case n == 0:
		t.commit() // while the headers behind are known
	case n >= len(t.flow.MPLS):
		t.tooManyLabels("MPLS push")
		return
	}
	t.out.Unsaid.MPLS = true
	pushMPLS(&t.flow, n, a.EtherType, t.wc)
}

// pushMPLS puts an entry in front of the n there are. With wc what is behind the
// entries, which is no longer seen, is cleared.
func pushMPLS(k *flow.Key, n int, typ uint16, wc *flow.Mask) {
	if n > 0 {
		if wc != nil {
			for i := range n {
				wc.MPLS[i] = ^uint32(0)
			}
		}
		copy(k.MPLS[1:], k.MPLS[:n])
		k.MPLS[0] = k.MPLS[1] &^ mplsBOS
		k.EthType = typ
		return
	}
	label, tc, ttl := uint32(0), uint32(0), uint32(64)
	if k.EthType == flow.EthTypeIPv6 {
		label = 2 // explicit null of IPv6
	}
	if k.IsIP() {
		tc = uint32(k.NwTOS&dscpMask) >> 2
		if k.NwTTL != 0 {
			ttl = uint32(k.NwTTL)
		}
		if wc != nil {
			wc.NwTOS |= dscpMask
			wc.NwTTL = 0xff
		}
	}
	k.MPLS[0] = label<<mplsLabelShift | tc<<mplsTCShift&mplsTCMask | mplsBOS | ttl
	if wc != nil {
		clearL3(k)
	}
	k.EthType = typ
}

func (t *Translator) popMPLS(a *openflow.PopMPLS) {
	n := t.labels()
	if popMPLS(&t.flow, n, a.EtherType, t.wc) {
		if !isMPLS(a.EtherType) {
			t.wasMPLS = true
		}
		return
	}
	if n >= len(t.flow.MPLS) {
		if t.in.Packet != nil {
			t.reportError("dropping packet on which an MPLS pop action can't be performed as it has more MPLS LSEs than the %d supported.", len(t.flow.MPLS))
		}
		t.err = errMPLSLabels
	}
}

// popMPLS takes the first of n entries away, if it can.
func popMPLS(k *flow.Key, n int, typ uint16, wc *flow.Mask) bool {
	if n == 0 {
		return false
	}
	if n == len(k.MPLS) {
		if wc != nil {
			wc.MPLS[n-1] |= mplsBOS
		}
		if k.MPLS[n-1]&mplsBOS == 0 {
			return false // there may be more
		}
	}
	if wc != nil {
		for i := 1; i < n; i++ {
			wc.MPLS[i] = ^uint32(0)
		}
	}
	copy(k.MPLS[:], k.MPLS[1:n])
	k.MPLS[n-1] = 0
	k.EthType = typ
	return true
}

// clearL3 forgets what lies behind an MPLS header.
func clearL3(k *flow.Key) {
	blank := flow.Key{}
	k.NwSrc, k.NwDst, k.IPv6Src, k.IPv6Dst, k.IPv6Label = 0, 0, blank.IPv6Src, blank.IPv6Dst, 0
	k.NwFrag, k.NwTOS, k.NwTTL, k.NwProto = 0, 0, 0, 0
	k.NDTarget, k.ArpSHA, k.ArpTHA = blank.NDTarget, blank.ArpSHA, blank.ArpTHA
	k.TCPFlags, k.TPSrc, k.TPDst = 0, 0, 0
	k.CtNwProto, k.CtTPSrc, k.CtTPDst, k.CtNwSrc, k.CtNwDst, k.CtIPv6Src, k.CtIPv6Dst = 0, 0, 0, 0, 0, blank.CtIPv6Src, blank.CtIPv6Dst
	k.DPHash = 0
}

// setLSE changes bits of the outermost entry.
func (t *Translator) setLSE(bits, mask uint32) {
	if isMPLS(t.flow.EthType) {
		t.wc.MPLS[0] |= mask
		t.flow.MPLS[0] = t.flow.MPLS[0]&^mask | bits&mask
	}
}

func (t *Translator) decMPLSTTL() {
	if isMPLS(t.flow.EthType) {
		t.wc.MPLS[0] |= mplsTTLMask
		if ttl := t.flow.MPLS[0] & mplsTTLMask; ttl > 1 {
			t.flow.MPLS[0]--
			return
		}
		t.controller(&openflow.Controller{MaxLen: 65535, Reason: openflow.ReasonInvalidTTL})
	}
	t.reportWarn("MPLS decrement TTL exception")
	t.enough = true
}

// recircForMPLS has the datapath look behind a popped MPLS header before an
// action that depends on what is there.
func (t *Translator) recircForMPLS(a openflow.Action) {
	switch a := a.(type) {
	case *openflow.Output, *openflow.OutputTrunc, *openflow.OutputReg, *openflow.Enqueue,
		*openflow.SetVLANVID, *openflow.SetVLANPCP, *openflow.SetEthSrc, *openflow.SetEthDst,
		*openflow.SetTunnel, *openflow.SetQueue, *openflow.Group:
		return
	case *openflow.SetField:
		if a.Field < flow.MPLSLabel {
			return
		}
	}
	t.freeze(false)
}

// commitMPLS pops the entries that differ, from the innermost common one
// outwards, and pushes the new ones; one that only changes is set.
func (t *Translator) commitMPLS() {
	f, b := &t.flow, &t.base
	fn, bn := mplsCount(f, nil), mplsCount(b, nil)
	if fn == 0 && bn == 0 {
		return
	}
	common := 0
	for common < fn && common < bn && f.MPLS[fn-1-common] == b.MPLS[bn-1-common] {
		common++
	}
	t.out.Unsaid.MPLS = t.out.Unsaid.MPLS || common < fn
	for ; bn > common; bn-- {
		if bn == common+1 && fn > common {
			lse := f.MPLS[fn-bn]
			t.odp = t.odp.SetMPLS(lse)
			b.MPLS[0] = lse
			break
		}
		typ := f.EthType
		if !isMPLS(typ) && bn > 1 {
			typ = flow.EthTypeMPLS // until the last one is gone
		}
		t.odp = t.odp.PopMPLS(typ)
		popMPLS(b, bn, typ, nil)
	}
	for ; bn < fn; bn++ {
		lse := f.MPLS[fn-bn-1]
		t.odp = t.odp.PushMPLS(lse, f.EthType)
		pushMPLS(b, bn, f.EthType, nil)
		b.MPLS[0] = lse
	}
}
