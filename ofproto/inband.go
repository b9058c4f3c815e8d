package ofproto

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"time"

	"govs/flow"
	"govs/openflow"
	"govs/stream"
)

// Priorities of the hidden flows that keep the way to the controllers open,
// which runs over the switch itself, whatever the tables say.
const (
	inBandFromLocalDHCP = 180000 + iota
	inBandToLocalARP
	inBandFromLocalARP
	inBandToNextHopARP
	inBandFromNextHopARP
	inBandToRemoteARP
	inBandFromRemoteARP
	inBandToRemoteTCP
	inBandFromRemoteTCP
)

// InBand says how the switch reaches its controllers over its own ports.
type InBand struct {
	Off      bool             // other_config:disable-in-band
	Queue    int              // other_config:in-band-queue; below 0 for none
	Managers []netip.AddrPort // database servers that are reached in-band, too
}

// SetInBand sets how controllers are reached.
func (p *Ofproto) SetInBand(b InBand) {
	c := p.conns
	c.mu.Lock()
	c.inBand = b
	c.mu.Unlock()
	c.wake()
}

// hiddenFlow is a flow of the switch's own with NORMAL as its action.
type hiddenFlow struct {
	priority int
	match    flow.Match
}

// inBandFlows returns the flows that in-band control needs: for the switch's own
// address, and for each remote one and the next hop on the way there.
func inBandFlows(local flow.MAC, remotes []netip.AddrPort, hops []flow.MAC) []hiddenFlow {
	if len(remotes) == 0 || local == (flow.MAC{}) {
		return nil
	}
	var out []hiddenFlow
	add := func(priority int, ethType uint16, fill func(m *flow.Match)) {
		h := hiddenFlow{priority: priority}
		h.match.Set(flow.EthType, flow.U(uint64(ethType)))
		fill(&h.match)
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	mac := func(a flow.MAC) flow.Value {
		return flow.U(uint64(a[0])<<40 | uint64(a[1])<<32 | uint64(a[2])<<24 | uint64(a[3])<<16 | uint64(a[4])<<8 | uint64(a[5]))
	}
	arp := func(priority int, op uint64, field flow.FieldID, v flow.Value) {
		add(priority, 0x0806, func(m *flow.Match) {
			m.Set(flow.ArpOp, flow.U(op))
			m.Set(field, v)
		})
	}
	const request, reply = 1, 2
	add(inBandFromLocalDHCP, 0x0800, func(m *flow.Match) {
		m.Set(flow.InPort, flow.U(uint64(openflow.PortLocal)))
		m.Set(flow.EthSrc, mac(local))
		m.Set(flow.IPProto, flow.U(17))
		m.Set(flow.UDPSrc, flow.U(68))
		m.Set(flow.UDPDst, flow.U(67))
	})
	arp(inBandToLocalARP, reply, flow.EthDst, mac(local))
	arp(inBandFromLocalARP, request, flow.EthSrc, mac(local))
	for _, hop := range hops {
		arp(inBandToNextHopARP, reply, flow.EthDst, mac(hop))
		arp(inBandFromNextHopARP, request, flow.EthSrc, mac(hop))
	}
	for _, r := range remotes {
		a := r.Addr().As4()
		ip := flow.U(uint64(a[0])<<24 | uint64(a[1])<<16 | uint64(a[2])<<8 | uint64(a[3]))
		arp(inBandToRemoteARP, reply, flow.ArpTPA, ip)
		arp(inBandFromRemoteARP, request, flow.ArpSPA, ip)
		tcp := func(priority int, addr, port flow.FieldID) {
			add(priority, 0x0800, func(m *flow.Match) {
				m.Set(flow.IPProto, flow.U(6))
				m.Set(addr, ip)
				m.Set(port, flow.U(uint64(r.Port())))
			})
		}
		tcp(inBandToRemoteTCP, flow.IPDst, flow.TCPDst)
		tcp(inBandFromRemoteTCP, flow.IPSrc, flow.TCPSrc)
	}
	return out
}

// remotes returns who is reached in-band. c.mu is held.
func (c *connManager) remotes() []netip.AddrPort {
	if c.inBand.Off {
		return nil
	}
	out := slices.Clone(c.inBand.Managers)
	for _, t := range c.targets {
		if t.spec.OutOfBand || t.kind != connPrimary {
			continue
		}
		if a, ok := stream.Remote(t.spec.Target, stream.OpenFlowPort); ok && a.Addr().Is4() {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b netip.AddrPort) int {
		x, y := a.Addr().As4(), b.Addr().As4()
		return cmp.Or(bytes.Compare(x[:], y[:]), cmp.Compare(a.Port(), b.Port()))
	})
	return slices.Compact(out)
}

// hiddenFlows keeps the flows of in-band control and of fail-open as they should
// be, and returns when it wants to be called again. No lock is held.
func (c *connManager) hiddenFlows(now time.Time) (next time.Time) {
	c.mu.Lock()
	remotes, queue := c.remotes(), c.inBand.Queue
	c.mu.Unlock()
	p := c.p
	var hops []flow.MAC
	if ask := p.backer.opts.NextHop; ask != nil {
		for _, r := range remotes {
			if mac, ok := ask(r.Addr()); ok && !slices.Contains(hops, mac) {
				hops = append(hops, mac)
			}
		}
	}
	open := c.failOpen(now)
	p.locked(func() {
		if p.dead {
			return
		}
		var local flow.MAC
		if x := p.ports[openflow.PortLocal]; x != nil {
			local, _ = x.mac()
		}
		want := inBandFlows(local, remotes, hops)
		if p.hiddenQueue != queue {
			p.setHidden(nil)
			p.hiddenQueue = queue
		}
		if open && !p.failedOpen {
			p.failedOpen = true
			p.resetFlows()
		}
		p.failedOpen = open
		if open {
			want = append(want, hiddenFlow{priority: failOpenPriority})
		}
		p.setHidden(want)
	})
	if len(remotes) > 0 {
		return now.Add(time.Second) // addresses may change
	}
	return time.Time{}
}

// setHidden makes the switch's own flows those of want. backer.mu is held.
func (p *Ofproto) setHidden(want []hiddenFlow) {
	changed := false
	for h, r := range p.hidden {
		if !slices.Contains(want, h) || r.Removed() {
			p.tables.Delete(r, openflow.RemovedDelete)
			delete(p.hidden, h)
			changed = true
		}
	}
	for _, h := range want {
		if p.hidden[h] != nil {
			continue
		}
		actions := []openflow.Action{&openflow.Output{Port: openflow.PortNormal}}
		if p.hiddenQueue >= 0 && h.priority != failOpenPriority {
			actions = append([]openflow.Action{&openflow.SetQueue{Queue: uint32(p.hiddenQueue)}}, actions...)
		}
		p.hidden[h] = p.tables.AddHidden(0, &h.match, h.priority, actions, p.now())
		changed = true
	}
	if changed {
		p.backer.wake()
	}
}
