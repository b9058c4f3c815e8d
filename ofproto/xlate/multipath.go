package xlate

import (
	"math"
	"math/bits"

	"govs/flow"
	"govs/openflow"
)

// hashFields hashes the fields of the packet that h names; the outcome then
// depends on them.
func (t *Translator) hashFields(h openflow.HashFields, basis uint16) uint32 {
	k, b := &t.flow, uint32(basis)
	switch h {
	case openflow.HashEthSrc:
		return k.HashEthSrc(b, t.wc)
	case openflow.HashSymmetricL4:
		return k.HashSymmetricL4(b, t.wc)
	case openflow.HashSymmetricL3L4, openflow.HashSymmetricL3L4UDP:
		return k.HashSymmetricL3L4(b, h == openflow.HashSymmetricL3L4UDP, t.wc)
	case openflow.HashNwSrc:
		return k.HashNwSrc(b, t.wc)
	case openflow.HashNwDst:
		return k.HashNwDst(b, t.wc)
	}
	return k.HashSymmetricL3(b, t.wc)
}

// multipath writes to a field which of several links the packet should take.
func (t *Translator) multipath(a *openflow.Multipath) {
	hash := t.hashFields(a.Fields, a.Basis)
	link := chooseLink(a.Algorithm, hash, uint32(a.MaxLink)+1, a.Arg)
	a.Dst.Unwildcard(t.wc)
	a.Dst.Set(&t.flow, flow.U(uint64(link)))
	t.reportSubfield(a.Dst)
}

// chooseLink reduces a hash to one of n links; see ovs-actions(7), multipath.
func chooseLink(alg openflow.MultipathAlgorithm, hash, n, arg uint32) uint32 {
	switch alg {
	case openflow.MultipathHashThreshold:
		if n == 1 {
			return 0
		}
		return hash / (math.MaxUint32/n + 1)
	case openflow.MultipathHRW: // the link whose own hash is highest
		best, most := uint32(0), flow.MurmurInt(hash, 0)
		for i := uint32(1); i < n; i++ {
			if h := flow.MurmurInt(hash, i); h > most {
				best, most = i, h
			}
		}
		return best
	case openflow.MultipathIterHash: // again until it fits
		if arg < n || arg/2 > n {
			arg = 1 << bits.Len32(n-1)
		}
		for i := uint32(0); ; i++ {
			if link := flow.MurmurInt(hash, i) % arg; link < n {
				return link
			}
		}
	}
	return hash % n
}

// bundle sends the packet to one of several ports, or writes its number to a
// field. The number 65535 stands for none.
func (t *Translator) bundle(a *openflow.Bundle, last bool) {
	port := t.bundleMember(a)
	if a.Dst.N == 0 {
		t.output(port, 0, last)
		return
	}
	a.Dst.Unwildcard(t.wc)
	a.Dst.Set(&t.flow, flow.U(uint64(port)))
	t.reportSubfield(a.Dst)
}

func (t *Translator) bundleMember(a *openflow.Bundle) openflow.Port {
	if a.Algorithm == openflow.BundleActiveBackup {
		for _, p := range a.Members {
			if t.memberLive(p) {
				return p
			}
		}
		return openflow.PortNone
	}
	basis := uint32(0) // of one there is nothing to choose
	if len(a.Members) > 1 {
		basis = t.hashFields(a.Fields, a.Basis)
	}
	best, most := openflow.PortNone, uint32(0)
	for i, p := range a.Members {
		if !t.memberLive(p) {
			continue
		}
		if h := flow.MurmurInt(uint32(i), basis); best == openflow.PortNone || h > most {
			best, most = p, h
		}
	}
	return best
}

// memberLive reports whether a bundle may use a port. Those that stand for
// several ports are as good as live; what a controller hears is no way out.
func (t *Translator) memberLive(p openflow.Port) bool {
	switch p {
	case openflow.PortInPort, openflow.PortTable, openflow.PortNormal, openflow.PortFlood, openflow.PortAll, openflow.PortNone:
		return true
	case openflow.PortController:
		return false
	}
	return t.portLive(p)
}
