package ofproto

import (
	"govs/netdev"
	"govs/openflow"
)

// eachQueue calls fn with the queues of a port that have the given number, of
// all ports for PortNone and all queues for QueueAll.
func (p *Ofproto) eachQueue(no openflow.Port, queue uint32, fn func(openflow.Port, netdev.Queue)) error {
	ports, queues := 0, 0
	p.locked(func() {
		for _, x := range p.queueOrder() {
			if no != openflow.PortNone && no != x.no {
				continue
			}
			ports++
			d, ok := x.device().(netdev.Queuer)
			if !ok {
				continue
			}
			for _, q := range d.Queues() {
				if queue == openflow.QueueAll || queue == q.ID {
					queues++
					fn(x.no, q)
				}
			}
		}
	})
	switch {
	case ports == 0 && no != openflow.PortNone:
		return openflow.ErrQueueOpFailedBadPort
	case queues == 0 && queue != openflow.QueueAll:
		return openflow.ErrQueueOpFailedBadQueue
	}
	return nil
}

// queueOrder returns the ports, the local one first. backer.mu is held.
func (p *Ofproto) queueOrder() []*port {
	out := p.sortedPorts()
	if n := len(out) - 1; n > 0 && out[n].no == openflow.PortLocal {
		copy(out[1:], out[:n])
		out[0] = p.ports[openflow.PortLocal]
	}
	return out
}

// queueStats returns the counters of queues.
func (p *Ofproto) queueStats(q *openflow.QueueStatsRequest) (*openflow.QueueStatsReply, error) {
	r := &openflow.QueueStatsReply{}
	err := p.eachQueue(q.Port, q.Queue, func(no openflow.Port, x netdev.Queue) {
		r.Queues = append(r.Queues, openflow.QueueStats{
			Port: no, Queue: x.ID, TxBytes: uint64(x.TxBytes), TxPackets: uint64(x.TxPackets), TxErrors: uint64(x.TxErrors), Duration: -1,
		})
	})
	return r, err
}

// queueConfig says how queues are configured. The rates are not told, as in OVS.
func (p *Ofproto) queueConfig(q *openflow.QueueConfigRequest) (*openflow.QueueConfigReply, error) {
	r := &openflow.QueueConfigReply{Port: q.Port}
	err := p.eachQueue(q.Port, q.Queue, func(no openflow.Port, x netdev.Queue) {
		r.Queues = append(r.Queues, openflow.QueueConfig{
			Port: no, Queue: x.ID, MinRate: openflow.QueueRateNone, MaxRate: openflow.QueueRateNone,
		})
	})
	return r, err
}
