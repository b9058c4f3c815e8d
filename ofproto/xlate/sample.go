package xlate

import (
	"math"

	"govs/dpif"
	"govs/openflow"
)

// sample sends a share of the packets up, for a collector. Where the bridge has
// none there is nobody to sample for.
func (t *Translator) sample(a *openflow.Sample) {
	if !t.bridge.Sampling || a.Probability == 0 {
		return
	}
	u := dpif.UserData{
		Kind: dpif.UserFlowSample, InPort: t.flow.InPort, Output: uint32(dpif.NoPort), Probability: a.Probability,
		CollectorSetID: a.CollectorSetID, ObsDomainID: a.ObsDomainID, ObsPointID: a.ObsPointID, Direction: uint8(a.Direction),
	}
	if a.ObsDomainSrc.N != 0 {
		a.ObsDomainSrc.Unwildcard(t.wc)
		u.ObsDomainID = uint32(a.ObsDomainSrc.Get(&t.flow).Lo)
	}
	if a.ObsPointSrc.N != 0 {
		a.ObsPointSrc.Unwildcard(t.wc)
		u.ObsPointID = uint32(a.ObsPointSrc.Get(&t.flow).Lo)
	}
	var tunnel *Tunnel
	if a.SamplingPort != openflow.PortNone && uint32(a.SamplingPort) != t.flow.InPort {
		p := t.bridge.Ports[uint32(a.SamplingPort)]
		switch {
		case p == nil || p.Peer != nil:
			t.reportError("can't use unknown port %d in flow sample action", a.SamplingPort)
			return
		case p.Tunnel != nil:
			tunnel = p.Tunnel
			u.Output = uint32(tunnel.ODP)
		default:
			u.Output = uint32(p.ODP)
		}
	}
	t.commit()
	out := dpif.NoPort
	if tunnel != nil { // the header that the packet would get there is to be sampled, too
		out = tunnel.ODP
		tunnel.send(&t.flow, t.wc)
		sent := t.flow.Tunnel
		t.commitTunnel(tunnel)
		t.flow.Tunnel = sent
	}
	var up dpif.Actions
	up = up.Userspace(0, u.Encode(), out, false)
	if share := uint32(a.Probability)<<16 | uint32(a.Probability); share != math.MaxUint32 {
		t.odp = t.odp.Sample(share, up)
	} else {
		t.odp = append(t.odp, up...)
	}
}
