package ofproto

import (
	"sync/atomic"
	"time"

	"govs/dpif"
	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/ofproto/xlate"
)

// revalidator is what one round leaves for the next. Backer.round guards it,
// except what is atomic.
type revalidator struct {
	limit  atomic.Int64 // most flows to be put
	paused atomic.Bool
	noUFID atomic.Bool // dump whole flows
	rounds atomic.Uint64
	took   atomic.Int64 // milliseconds of the last round
	avg    atomic.Int64 // flows, as a moving average
	max    atomic.Int64 // most flows at once

	mark   uint32
	cfgSeq uint64
	// What changes came to when this round, and the one before, looked.
	seen, before uint64
	tables       map[*flowtable.Tables]*tableSeqs
	macs         map[*Ofproto]uint64
	tr           xlate.Translator
	in           xlate.In
	put          dpif.Flow // Match.Key is the packet's
	ofKey        flow.Key
	slow         []byte
	out          outcomes
	minPPS       int // fewer packets a second are not worth a translation; 0: any are
	changed      struct {
		all, macs bool
		tables    xlate.TableSet
	}
}

type tableSeqs struct {
	seq  uint64
	each [flowtable.N]uint64
	uses uint64
}

// changes returns a number that is another after every change of what translations
// with cfg depend on.
func changes(cfg *xlate.Config) uint64 {
	n := cfg.Seq
	for _, x := range cfg.Bridges {
		n += x.Tables.Seq() + x.MACs.Seq()
	}
	return n
}

// look finds out what has changed since the last round.
func (r *revalidator) look(b *Backer, cfg *xlate.Config) {
	r.before, r.seen = r.seen, changes(cfg)
	r.changed.all, r.changed.macs, r.changed.tables = false, false, xlate.TableSet{}
	if cfg.Seq != r.cfgSeq {
		r.cfgSeq, r.changed.all = cfg.Seq, true
	}
	if r.tables == nil {
		r.tables, r.macs = map[*flowtable.Tables]*tableSeqs{}, map[*Ofproto]uint64{}
	}
	for _, x := range cfg.Bridges {
		t := r.tables[x.Tables]
		if t == nil {
			t = &tableSeqs{}
			r.tables[x.Tables] = t
		}
		if seq := x.Tables.Seq(); seq != t.seq {
			t.seq = seq
			for i := range t.each {
				if s := x.Tables.Table(uint8(i)).Seq(); s != t.each[i] {
					t.each[i] = s
					r.changed.tables.Add(uint8(i))
				}
			}
			if s := x.Tables.UseSeq(); s != t.uses {
				t.uses = s
				r.changed.tables.Add(xlate.UsesBit)
			}
		}
		p := x.Owner.(*Ofproto)
		if seq := p.macs.Seq(); seq != r.macs[p] {
			r.macs[p], r.changed.macs = seq, true
		}
	}
	if len(r.tables) > len(cfg.Bridges) {
		live := map[*flowtable.Tables]*tableSeqs{}
		macs := map[*Ofproto]uint64{}
		for _, x := range cfg.Bridges {
			p := x.Owner.(*Ofproto)
			live[x.Tables], macs[p] = r.tables[x.Tables], r.macs[p]
		}
		r.tables, r.macs = live, macs
	}
}

// revalidate goes over all datapath flows once: it passes their counters on,
// translates again those whose outcome may have changed, and removes those that
// are idle or wrong; with purge, all of them.
func (b *Backer) revalidate(now time.Time, purge bool) {
	b.round.Lock()
	defer b.round.Unlock()
	r := &b.reval
	if r.paused.Load() && !purge {
		return
	}
	r.rounds.Add(1)
	start := time.Now()
	cfg := b.config()
	r.look(b, cfg)
	limits := b.currentLimits()
	maxIdle := limits.MaxIdle
	n := b.ukeys.len()
	limit := int(r.limit.Load())
	if n > limit {
		maxIdle = 100 * time.Millisecond
	}
	killAll := purge || n > 2*limit
	r.minPPS = 0
	if half := limits.MaxRevalidator / 2; time.Duration(r.took.Load())*time.Millisecond > half {
		r.minPPS = limits.MinPPS
	}
	r.mark++
	found := 0
	each := func(u dpif.UFID, s *dpif.FlowStats) bool {
		k := b.ukeys.get(u)
		if k == nil {
			if k = b.adopt(u, now); k == nil {
				return true
			}
		}
		k.mark = r.mark
		found++
		used := k.created
		if !s.Used.IsZero() {
			used = s.Used.UnixNano()
		}
		if killAll || time.Duration(now.UnixNano()-used) > maxIdle || !b.check(r, cfg, k, s, now) {
			b.removeFlow(k, now)
		}
		return true
	}
	if r.noUFID.Load() {
		b.dp.FlowDump(func(f *dpif.Flow) bool { return each(f.UFID, &f.Stats) })
	} else {
		b.dp.FlowCounters(each)
	}
	if found < n {
		b.ukeys.each(func(k *ukey) {
			if k.mark != r.mark && now.UnixNano()-k.created > int64(time.Second) {
				b.ukeys.remove(k) // the datapath has lost the flow
			}
		})
	}
	b.frozen.expire(now)
	r.max.Store(max(r.max.Load(), int64(n)))
	r.avg.Store((r.avg.Load() + int64(n)) / 2)
	took := time.Since(start)
	r.took.Store(took.Milliseconds())
	r.adapt(took, n, limits.FlowLimit)
	if r.changed.all {
		b.forgetDeadMACs(cfg)
	}
}

// adapt changes how many flows may be put, so that going over them stays quick,
// up to what the configuration allows.
func (r *revalidator) adapt(took time.Duration, flows, most int) {
	limit := int(r.limit.Load())
	now := limit
	switch {
	case took > 2*time.Second:
		now = limit / int(took/time.Second)
	case took > 1300*time.Millisecond:
		now = limit * 3 / 4
	case took < time.Second && limit < flows*int(time.Second/max(took, time.Millisecond)):
		now = limit + 1000
	}
	now = min(most, max(now, 1000))
	if limit != now && limit > 0 { // a limit of 0 was asked for by hand
		r.limit.CompareAndSwap(int64(limit), int64(now))
	}
}

// adopt makes a ukey for a datapath flow that none is known of: somebody put it
// by hand. It is judged like any other.
func (b *Backer) adopt(u dpif.UFID, now time.Time) *ukey {
	f, err := b.dp.FlowGet(u)
	if err != nil {
		return nil
	}
	k := &ukey{
		key: pack(f.Match.Key.Words()), ufid: u, created: now.UnixNano(),
		out: &outcome{mask: pack(f.Match.Mask.Words()), actions: hashActions(f.Actions)},
	}
	if !b.ukeys.add(k) {
		return nil // a put is under way
	}
	return k
}

// news returns what a flow has counted since the last time, and whether that is
// anything.
func (k *ukey) news(s *dpif.FlowStats, now time.Time) (d xlate.Stats, any bool) {
	if s.Packets <= k.packets {
		return d, false
	}
	d = xlate.Stats{Packets: s.Packets - k.packets, Bytes: s.Bytes - k.bytes, Used: s.Used, TCPFlags: s.TCPFlags}
	if d.Used.IsZero() {
		d.Used = now
	}
	k.packets, k.bytes, k.used = s.Packets, s.Bytes, d.Used.UnixNano()
	return d, true
}

// push passes on what a flow has counted since the last time.
func (k *ukey) push(s *dpif.FlowStats, now time.Time) {
	if d, any := k.news(s, now); any {
		xlate.Apply(k.out.effects, &d, now)
	}
}

// removeFlow takes a flow out of the datapath and passes its last counters on.
func (b *Backer) removeFlow(k *ukey, now time.Time) {
	if s, err := b.dp.FlowDel(k.ufid); err == nil {
		k.push(&s, now)
	}
	b.ukeys.remove(k)
}

// check passes a flow's counters on and, if need be, translates it again. It
// reports false when the flow must go.
func (b *Backer) check(r *revalidator, cfg *xlate.Config, k *ukey, s *dpif.FlowStats, now time.Time) bool {
	same := k.cfgSeq == r.cfgSeq && (k.seen == r.seen ||
		k.seen == r.before && !k.out.anyChange && !(k.out.macs && r.changed.macs) && !k.out.tables.Overlaps(&r.changed.tables))
	k.seen = r.seen
	if same {
		b.frozen.keep(k.out.states, now)
		k.push(s, now)
		return true
	}
	if r.minPPS > 0 && k.used != 0 {
		// Rounds take long: flows with little traffic are not worth it.
		d := (now.UnixNano() - k.used) / int64(time.Millisecond)
		if n := int64(s.Packets - min(k.packets, s.Packets)); n == 0 || d/n >= int64(1000/r.minPPS) {
			k.push(s, now)
			return false
		}
	}
	key, mask := &r.put.Match.Key, &r.put.Match.Mask
	k.key.unpack(key.Words())
	port := b.receiver(cfg, key)
	if port == nil {
		// Count, but learn nothing from the old picture.
		if d, any := k.news(s, now); any {
			xlate.Count(k.out.effects, &d, now)
		}
		return false
	}
	r.ofKey = *key
	r.ofKey.InPort = port.No
	r.in = xlate.In{Config: cfg, Bridge: port.Bridge, Key: &r.ofKey, Effects: true, Now: now, Freeze: b.freeze, Frozen: b.thaw}
	out, _ := r.tr.Translate(&r.in)
	*mask = out.MaskFor(key)
	// As in OVS, a flow also goes if it comes to look at the VLAN, whether or not its
	// mask has that.
	wide := !k.out.mask.covers(mask.Words()) || !k.out.sawVLAN && sawVLAN(out, key)
	actions := out.Actions
	if slow := b.slow(out); slow != 0 {
		r.slow = xlate.AppendSlowPath(r.slow[:0], port, slow)
		actions = r.slow
	}
	// The flow keeps the mask it was put with.
	k.out.mask.unpack(mask.Words())
	old, h := k.out.actions, hashActions(actions)
	// As in OVS, what the flow has counted since the last time counts where its
	// packets would go now, even if it does not stay.
	k.out, k.cfgSeq = r.out.of(out, mask, k.out.sawVLAN, h), r.cfgSeq
	if wide || out.Untried || out.Failed && !out.Late {
		return false // let the next packet try anew
	}
	if h != old {
		r.put.UFID, r.put.Actions = k.ufid, actions
		r.put.Match.Canon()
		if err := b.dp.FlowPut(&r.put, dpif.PutModify, nil); err != nil {
			return false
		}
	}
	k.push(s, now)
	return true
}

// sawVLAN reports whether a translation looked at the tag of a packet with key k.
func sawVLAN(out *xlate.Out, k *flow.Key) bool {
	return k.VLANs[0].TCI&flow.VLANPresent != 0 && out.Mask.VLANs[0].TCI != 0
}

// forgetDeadMACs removes addresses learned by packets that were under way while
// their port was removed.
func (b *Backer) forgetDeadMACs(cfg *xlate.Config) {
	for _, x := range cfg.Bridges {
		live := map[BundleID]bool{}
		for _, u := range x.Bundles {
			live[u.ID] = true
		}
		dead := map[BundleID]bool{}
		for _, e := range x.MACs.Entries() {
			if !live[e.Port] {
				dead[e.Port] = true
			}
		}
		for id := range dead {
			x.MACs.FlushPort(id)
		}
	}
}
