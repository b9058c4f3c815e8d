package ofproto

import (
	"cmp"
	"slices"

	"govs/dpif"
	"govs/ofproto/xlate"
)

// changed notes that ports, bundles or settings differ from what translation
// sees. b.mu is held.
func (b *Backer) changed() {
	b.dirty.Store(true)
	b.wake()
}

// config returns the current picture of all switches for translation.
func (b *Backer) config() *xlate.Config {
	if !b.dirty.Load() {
		return b.cfg.Load()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.configLocked()
}

// configLocked is config for those who hold b.mu. The picture is made when
// somebody looks at it, so a thousand changes in a row cost one.
func (b *Backer) configLocked() *xlate.Config {
	if !b.dirty.Load() {
		return b.cfg.Load()
	}
	features := b.features()
	c := &xlate.Config{
		MaxOutputs: maxBacklog(), ExplicitDrop: features[dpif.FeatureExplicitDrop] != 0,
		ByODP: map[dpif.PortNo]*xlate.Port{},
	}
	ports := map[*port]*xlate.Port{}
	patches := map[string]*xlate.Port{}
	var tunnels []*xlate.Port
	for _, p := range b.ofprotos {
		x := &xlate.Bridge{
			Name: p.name, Tables: p.tables, MACs: p.macs, Ports: map[uint32]*xlate.Port{},
			ForwardBPDU: p.forwardBPDU, Sampling: p.sampling, Frag: p.frag, MissToController: &p.missToController, Internal: p.internal, Owner: p,
			TLVs: p.tlvMap.Load(),
		}
		for _, m := range p.sortedPorts() {
			q := &xlate.Port{
				Bridge: x, No: uint32(m.no), Name: m.spec.Name, ODP: m.odp, Patch: m.spec.Type == "patch",
				Config: m.config, Counters: m.counters, Tunnel: m.tunnel, Live: m.counters != nil || m.seen.Carrier && m.seen.AdminUp,
			}
			ports[m] = q
			x.Ports[q.No] = q
			x.FloodOrder = append(x.FloodOrder, q)
			switch {
			case q.Patch:
				patches[q.Name] = q
			case q.Tunnel != nil:
				tunnels = append(tunnels, q)
			default:
				c.ByODP[q.ODP] = q
			}
		}
		floodOrder(x.FloodOrder)
		for _, u := range p.bundles {
			x.Bundles = append(x.Bundles, u.picture(x, ports))
		}
		p.pictureMirrors(x)
		c.Bridges = append(c.Bridges, x)
		p.picture = x
	}
	for m, q := range ports {
		// Ends of a patch must name each other.
		if q.Patch {
			if o := patches[m.spec.Peer]; o != nil {
				q.Peer = o
			}
		}
	}
	for _, q := range ports {
		if q.Patch && q.Peer != nil && q.Peer.Peer != q {
			q.Peer = nil
		}
	}
	c.Tunnels = xlate.NewTunnelMap(tunnels)
	c.CTTimeout = b.timeoutNames()
	b.cfgSeq++
	c.Seq = b.cfgSeq
	b.cfg.Store(c)
	// Only now: those who find nothing dirty take the picture without the lock.
	b.dirty.Store(false)
	return c
}

func (p *Ofproto) sortedPorts() []*port {
	out := make([]*port, 0, len(p.ports))
	for _, x := range p.ports {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b *port) int { return cmp.Compare(a.no, b.no) })
	return out
}
