package userspace

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sys/unix"
	"govs/conntrack"

	"govs/dpif"
	"govs/flow"
	"govs/netdev"
	"govs/packet"
)

const (
	maxRecirc = 6   // recirculations of one packet, as in OVS
	maxQueue  = 64  // packets that wait for one port before they are sent
	keepCopy  = 128 // copies kept for reuse between batches
)

// exec is what runs actions: an executor with its own transmit queues, counters
// and scratch. Each packet thread is one; others are lent out by execPool.
//
// Output only queues a packet, so a batch leaves a port by one system call. A
// queued packet is shared from then on and copied before anything changes it;
// hence a flood costs no copy, and "output, push_vlan, output" costs one.
type exec struct {
	dp    *Datapath
	txq   int
	count counters

	ports *portTable
	out   []outq
	dirty []int32 // numbers of ports with a queue to send
	kept  []*port // whose devices keep packets back
	cache cache

	copies []*packet.Packet // scratch packets of this batch and before
	used   int              // how many of them hold packets of this batch

	keys    [batchSize]flow.Key
	spare   []*flow.Key // scratch keys of this batch and before
	lent    int         // how many of them are of this batch
	forks   []*work     // by the nest of what was forked
	upcalls []dpif.Upcall
	recirc  []work
	now     int64

	// Counters of the flow that recent packets of the batch hit.
	last                                *flowEntry
	lastPkts                            uint64
	lastBytes                           uint64
	lastFlags                           uint16
	hits, mask                          uint64
	exact, signs, passes, sent, batches uint64 // see counters

	steered [][]*packet.Packet // by transmit queue; empty but in steer

	noCache bool // of the port that the batch came from
	dice    uint32
	tracked bool   // a packet was tracked lately,
	zone    uint16 // in this zone
}

type outq struct {
	port *port
	pkts []*packet.Packet
}

// work is a packet on its way through actions.
type work struct {
	p      *packet.Packet
	key    *flow.Key
	shared bool // p is queued somewhere, or others go on with it: copy before a change
	stale  bool // key no longer says what p holds
	moved  bool // stale, and by more than values: headers have come or gone
	lent   bool // the key is that of the work this was forked from
	labels int  // pushed in front of what was found
	cut    int  // bytes that the next output loses at its end
	nest   int
	depth  uint8 // recirculations so far
}

func (x *exec) init(dp *Datapath, txq int) { x.dp, x.txq = dp, txq }

// receive takes a batch from a port: looks each packet up, runs the actions of
// the flow it hits, and hands those without a flow up together.
func (x *exec) receive(in *port, batch []*packet.Packet) {
	x.begin()
	x.noCache = in.noCache.Load()
	x.count.received.Add(uint64(len(batch)))
	no := uint32(in.no)
	for i, p := range batch {
		p.InPort = no
		flow.Extract(p, &x.keys[i])
	}
	if x.tracked {
		// So were the last ones, most likely in the same zone.
		x.tracked = false
		x.dp.ct.tracker.Fetch(batch, x.zone)
	}
	var missed [batchSize]uint8
	misses := 0
	for i, p := range batch {
		if p.Len() < packet.EthernetLen {
			x.dp.drop(dropShort)
			continue
		}
		f := x.lookup(&x.keys[i])
		if f == nil {
			missed[misses] = uint8(i)
			misses++
			continue
		}
		x.hit(f, p, &x.keys[i])
	}
	x.finish()
	if misses == 0 {
		return
	}
	x.flush() // what follows takes time
	x.count.misses.Add(uint64(misses))
	x.upcalls = x.upcalls[:0]
	for _, i := range missed[:misses] {
		x.upcalls = append(x.upcalls, x.miss(batch[i], &x.keys[i]))
	}
	x.upcall(x.upcalls, misses)
	clear(x.upcalls)
}

func (x *exec) begin() {
	x.ports = x.dp.ports.Load()
	x.now = x.dp.cfg.Now().UnixNano()
}

// finish sends what is queued and forgets the packets of this batch.
func (x *exec) finish() {
	for i := 0; i < len(x.recirc); i++ { // it may grow; in order, as flows are
		x.again(x.recirc[i])
	}
	clear(x.recirc)
	x.recirc = x.recirc[:0]
	x.flushStats()
	if x.hits > 0 {
		x.count.hits.Add(x.hits)
		x.count.maskHits.Add(x.mask)
		x.count.exact.Add(x.exact)
		x.count.signs.Add(x.signs)
		x.hits, x.mask, x.exact, x.signs = 0, 0, 0, 0
	}
	if x.passes > 0 {
		x.count.recircs.Add(x.passes)
		x.passes = 0
	}
	for _, no := range x.dirty {
		x.send(&x.out[no])
	}
	if x.sent > 0 {
		x.count.sent.Add(x.sent)
		x.count.batches.Add(x.batches)
		x.sent, x.batches = 0, 0
	}
	x.dirty = x.dirty[:0]
	if len(x.copies) > keepCopy {
		clear(x.copies[keepCopy:])
		x.copies = x.copies[:keepCopy]
	}
	if len(x.spare) > keepCopy {
		clear(x.spare[keepCopy:])
		x.spare = x.spare[:keepCopy]
	}
	x.used, x.lent = 0, 0
}

func (x *exec) lookup(k *flow.Key) *flowEntry {
	// Bursts are often of one flow. No other one matches what this one does.
	if f := x.last; f != nil && f.st.equal(k.Words(), f.vals) && !f.dead.Load() {
		x.mask++
		return f
	}
	t := x.dp.classes.Load()
	list, rest := t.get(k.InPort).list(), t.any.list()
	if len(list)+len(rest) >= cacheFrom {
		return x.cached(k, list, rest)
	}
	return x.search(k, list, rest)
}

// cached looks into the caches before the tables, as far as the settings have
// any.
func (x *exec) cached(k *flow.Key, list, rest []*subtable) *flowEntry {
	set := x.dp.settings.Load()
	if x.noCache || set.insert == 0 && !set.smc {
		return x.search(k, list, rest)
	}
	x.cache.prepare(x.dp.union.Load())
	f, h := x.cache.lookup(k.Words())
	if f != nil {
		x.exact++
		return f
	}
	if set.smc {
		if f = x.cache.sign(k.Words(), h); f != nil {
			x.signs++
		}
	}
	if f == nil {
		if f = x.search(k, list, rest); f == nil {
			return nil
		}
		if set.smc {
			x.cache.storeSign(h, f)
		}
	}
	if set.insert > 0 && x.chance(set.insert) {
		x.cache.store(k.Words(), h, f)
	}
	return f
}

// chance is true once in n times.
func (x *exec) chance(n uint32) bool {
	if n == 1 {
		return true
	}
	x.dice = x.dice*1664525 + 1013904223
	return x.dice <= ^uint32(0)/n
}

func (x *exec) search(k *flow.Key, list, rest []*subtable) *flowEntry {
	for _, st := range list {
		x.mask++
		if f := st.lookup(k.Words()); f != nil {
			return f
		}
	}
	for _, st := range rest {
		x.mask++
		if f := st.lookup(k.Words()); f != nil {
			return f
		}
	}
	return nil
}

// hit accounts p to f and runs f's actions.
func (x *exec) hit(f *flowEntry, p *packet.Packet, k *flow.Key) {
	x.account(f, p, k)
	w := work{p: p, key: k}
	x.run(&w, f.acts.Load().ops)
}

func (x *exec) account(f *flowEntry, p *packet.Packet, k *flow.Key) {
	if f != x.last {
		x.flushStats()
		x.last = f
	}
	x.hits++
	x.lastPkts++
	x.lastBytes += uint64(p.Len())
	x.lastFlags |= k.TCPFlags
}

// flushStats adds what was gathered to the flow's counters: one atomic addition
// a burst instead of one a packet.
func (x *exec) flushStats() {
	f := x.last
	if f == nil {
		return
	}
	f.packets.Add(x.lastPkts)
	f.bytes.Add(x.lastBytes)
	// Times are shown in milliseconds; not storing one that hardly differs is much cheaper.
	if since := x.now - f.used.Load(); since < 0 || since >= int64(time.Millisecond) {
		f.used.Store(x.now)
	}
	if x.lastFlags != 0 && uint16(f.tcpFlags.Load())|x.lastFlags != uint16(f.tcpFlags.Load()) {
		f.tcpFlags.Or(uint32(x.lastFlags))
	}
	x.last, x.lastPkts, x.lastBytes, x.lastFlags = nil, 0, 0, 0
}

func (x *exec) miss(p *packet.Packet, k *flow.Key) dpif.Upcall {
	return dpif.Upcall{Reason: dpif.UpcallMiss, Packet: p, Key: k, UFID: x.dp.ufid(k, nil)}
}

// upcall hands packets up; without a handler they are lost.
func (x *exec) upcall(batch []dpif.Upcall, n int) {
	h := x.dp.handler.Load()
	if h == nil {
		x.count.lost.Add(uint64(n))
		return
	}
	(*h)(batch)
}

// again looks a recirculated packet up.
func (x *exec) again(w work) {
	x.passes++
	flow.Extract(w.p, w.key)
	f := x.lookup(w.key)
	if f != nil {
		x.account(f, w.p, w.key)
		w.stale, w.moved = false, false
		x.run(&w, f.acts.Load().ops)
		return
	}
	x.count.misses.Add(1)
	if w.shared {
		w.p = x.copy(w.p)
	}
	u := x.miss(w.p, w.key)
	u.Recirculations = w.depth
	x.upcall([]dpif.Upcall{u}, 1)
}

// output queues the packet for a port.
func (x *exec) output(w *work, no dpif.PortNo) {
	p := x.ports.get(no)
	if p == nil {
		x.dp.drop(dropNoPort)
		return
	}
	pk := w.p
	if w.cut > 0 {
		pk = x.copy(pk)
		truncate(pk, w.cut)
		w.cut = 0
	} else {
		w.shared = true
	}
	if int(no) >= len(x.out) {
		x.out = append(x.out, make([]outq, int(no)+1-len(x.out))...)
	}
	q := &x.out[no]
	if len(q.pkts) == 0 {
		x.dirty = append(x.dirty, int32(no))
	} else if q.port != p || len(q.pkts) >= maxQueue {
		x.send(q)
	}
	q.port = p
	q.pkts = append(q.pkts, pk)
}

// flush sends what devices kept back. Whoever calls finish calls it, too, though
// not after every batch.
func (x *exec) flush() {
	for i, p := range x.kept {
		x.flushBy(p, x.txq)
		x.kept[i] = nil
	}
	x.kept = x.kept[:0]
}

func (x *exec) send(q *outq) {
	if len(q.pkts) == 0 {
		return
	}
	x.sent += uint64(len(q.pkts))
	x.batches++
	n := 1
	if d, ok := q.port.dev.(netdev.TxQueuer); ok && q.port.steer.Load() {
		n = d.TxQueues()
	}
	if n > 1 {
		x.steer(q, n)
	} else {
		x.sendBy(q.port, x.txq, q.pkts)
		if q.port.flusher != nil && !slices.Contains(x.kept, q.port) {
			x.kept = append(x.kept, q.port)
		}
	}
	clear(q.pkts)
	q.pkts = q.pkts[:0]
	q.port = nil
}

// sendBy sends packets by a transmit queue. The device counts what it could not send.
func (x *exec) sendBy(p *port, txq int, pkts []*packet.Packet) {
	if _, err := p.dev.Send(txq, pkts); err != nil && !p.failed.Load() {
		x.dp.cannotSend(p, err)
	}
}

// flushBy sends what a device that is a Flusher kept back of a transmit queue.
func (x *exec) flushBy(p *port, txq int) {
	if err := p.flusher.Flush(txq); err != nil && !p.failed.Load() {
		x.dp.cannotSend(p, err)
	}
}

// steer sends the packets of each connection by one of n queues.
func (x *exec) steer(q *outq, n int) {
	var k flow.Key
	for len(x.steered) < n {
		x.steered = append(x.steered, nil)
	}
	for _, p := range q.pkts {
		flow.Extract(p, &k)
		i := int(k.HashTuple() % uint32(n))
		x.steered[i] = append(x.steered[i], p)
	}
	for i, pkts := range x.steered[:n] {
		if len(pkts) == 0 {
			continue
		}
		x.sendBy(q.port, i, pkts)
		if q.port.flusher != nil {
			x.flushBy(q.port, i)
		}
		clear(pkts)
		x.steered[i] = pkts[:0]
	}
}

// cannotSend logs the first failure of a port to send that is not its being down
// or gone, which is shown elsewhere.
func (dp *Datapath) cannotSend(p *port, err error) {
	for _, usual := range []error{netdev.ErrClosed, unix.ENETDOWN, unix.ENXIO, unix.EIO, unix.ENODEV} {
		if errors.Is(err, usual) {
			return
		}
	}
	if p.failed.CompareAndSwap(false, true) {
		dp.cfg.Log("%s: dropping packets that cannot be sent: %v", p.name, err)
	}
}

// truncate cuts n bytes off the end of p, whose checksum is that of the whole.
func truncate(p *packet.Packet, n int) {
	p.FinishChecksum()
	p.SetLen(max(0, p.Len()-n))
	p.Offload = packet.Offload{}
}

// segments returns the Segments of w's packet, whose headers are found for that.
func (x *exec) segments(w *work) (n, longest, all int) {
	if w.p.Offload.GSOType != packet.GSONone {
		x.fresh(w)
	}
	return w.p.Segments()
}

// split has each frame that the super-frame of w stands for go its own way through
// the operations.
func (x *exec) split(w *work, ops []op) {
	segs, err := w.p.Segment(nil)
	if err != nil {
		x.dp.drop(dropMalformed)
	}
	for _, p := range segs {
		f := x.fork(w)
		f.p, f.shared = p, false
		x.run(f, ops)
	}
}

// copy returns a scratch copy of p that lives until finish.
func (x *exec) copy(p *packet.Packet) *packet.Packet {
	if x.used == len(x.copies) {
		x.copies = append(x.copies, &packet.Packet{})
	}
	c := x.copies[x.used]
	x.used++
	p.CopyTo(c)
	return c
}

// own makes the packet one that may be changed.
func (x *exec) own(w *work) *packet.Packet {
	if w.shared {
		w.p = x.copy(w.p)
		w.shared = false
	}
	return w.p
}

// fork returns a work that others do not see changes of, until the next fork of w.
func (x *exec) fork(w *work) *work {
	for len(x.forks) <= w.nest {
		x.forks = append(x.forks, &work{})
	}
	f := x.forks[w.nest]
	*f = *w
	f.shared, f.lent = true, true
	f.nest++
	return f
}

// run carries out actions on w.
func (x *exec) run(w *work, ops []op) {
	if w.nest > maxNest {
		x.dp.drop(dropNested)
		return
	}
	for i := range ops {
		o := &ops[i]
		switch o.kind {
		case opOutput:
			x.output(w, dpif.PortNo(o.n))
		case opPushVLAN:
			// The headers behind tags and labels stay where they were found, also
			// behind more tags than are looked at.
			x.own(w).PushVLAN(uint16(o.n>>16), uint16(o.n))
			w.stale = true
		case opPopVLAN:
			if !x.own(w).PopVLAN() {
				x.dp.drop(dropMalformed)
				return
			}
			w.stale = true
		case opPushEth:
			if w.p.PacketType == flow.PacketTypeEthernet {
				x.dp.drop(dropMalformed)
				return
			}
			x.own(w).PushEth([6]byte(o.val), [6]byte(o.val[6:]))
			w.stale, w.moved = true, true
		case opPopEth:
			if !x.own(w).PopEth() {
				x.dp.drop(dropMalformed)
				return
			}
			w.stale, w.moved = true, true
		case opPushMPLS:
			x.own(w).PushMPLS(uint16(o.m), o.n)
			w.stale = true
			w.labels++
		case opAddMPLS:
			x.own(w).AddMPLS(uint16(o.m), o.n)
			w.stale, w.moved = true, true
		case opPushNSH:
			x.own(w).PushNSH(o.val)
			w.stale, w.moved = true, true
		case opPopNSH:
			if !x.own(w).PopNSH() {
				x.dp.drop(dropNSH)
				return
			}
			w.stale, w.moved = true, true
		case opPopMPLS:
			if !x.own(w).PopMPLS(uint16(o.n)) {
				x.dp.drop(dropMalformed)
				return
			}
			w.stale = true
			if w.labels > 0 {
				w.labels--
			} else {
				w.moved = true
			}
		case opSet:
			if w.moved {
				x.fresh(w) // what is where has changed
			}
			if !o.set(x.own(w), w.key, o) {
				x.dp.drop(dropMalformed)
				return
			}
			w.stale = true
		case opTunnel:
			p := x.own(w)
			p.Tunnel = *o.tun
			p.SetTunOpts(o.data)
			w.stale = true
		case opPriority:
			w.p.SkbPriority = w.p.SkbPriority&^o.m | o.n&o.m
			w.stale = true
		case opMark:
			w.p.PktMark = w.p.PktMark&^o.m | o.n&o.m
			w.stale = true
		case opHash:
			k := w.key
			if o.n != dpif.HashL4 { // that is of the packet as it came, as with OVS
				k = x.look(w)
			}
			w.p.DPHash = hashFlow(k, o.n, o.m)
			w.stale = true
		case opTrunc:
			// What is cut is of the packet as it is here, whatever becomes of it.
			_, longest, _ := x.segments(w)
			if w.cut = max(0, longest-int(o.n)); w.cut > 0 && longest < w.p.Len() {
				x.split(w, ops[i:])
				return
			}
		case opMeter:
			if !x.meter(w, ops[i:]) {
				return
			}
		case opUserspace:
			x.userspace(w, o)
		case opRecirc:
			x.recirculate(w, o)
		case opSample:
			if o.n == ^uint32(0) || rand.Uint32() < o.n {
				f := x.fork(w)
				f.cut = 0
				x.run(f, o.sub)
				w.shared = true
			} else if o.last && !w.shared {
				x.dp.drop(dropSample)
			}
		case opClone:
			f := x.fork(w)
			w.cut = 0 // the clone is cut instead
			x.run(f, o.sub)
			w.shared = true
		case opCheckLen:
			// As in OVS, what is to be cut is not in the length, but cut only afterwards.
			_, longest, _ := x.segments(w)
			f := x.fork(w)
			f.cut = 0
			if longest-w.cut > int(o.n) {
				x.run(f, o.sub)
			} else {
				x.run(f, o.els)
			}
			w.shared = true
		case opCT:
			if !x.track(w, o, ops[i+1:]) {
				return
			}
		case opCTClear:
			conntrack.Clear(x.own(w))
			w.stale = true
		case opDrop:
			x.dp.dropAction(dpif.DropReason(o.n))
			return
		default:
			x.dp.drop(dropUnsupported)
			return
		}
	}
}

// spareKey returns a key with any contents, which is the caller's until the batch ends.
func (x *exec) spareKey() *flow.Key {
	if x.lent == len(x.spare) {
		x.spare = append(x.spare, new(flow.Key))
	}
	x.lent++
	return x.spare[x.lent-1]
}

// fresh returns the key of what w's packet holds now.
func (x *exec) fresh(w *work) *flow.Key {
	if w.stale {
		if w.lent {
			w.key, w.lent = x.spareKey(), false
		}
		flow.Extract(w.p, w.key)
		w.stale, w.moved, w.labels = false, false, 0
	}
	return w.key
}

// look returns the key of what w's packet holds now, too, and leaves in place where its
// headers were found: behind more tags than are looked at they would not be found again.
func (x *exec) look(w *work) *flow.Key {
	if !w.stale || w.moved {
		return x.fresh(w)
	}
	k, l3, l4 := x.spareKey(), w.p.L3, w.p.L4
	flow.Extract(w.p, k)
	w.p.L3, w.p.L4 = l3, l4
	return k
}

// userspace hands the packet up because an action said so. The handler may
// change it, so it gets a copy unless nobody wants the packet any more.
func (x *exec) userspace(w *work, o *op) {
	p := w.p
	if w.shared || !o.last || w.cut > 0 {
		p = x.copy(p)
		if w.cut > 0 {
			truncate(p, w.cut)
			w.cut = 0
		}
	}
	var key flow.Key
	flow.Extract(p, &key)
	x.upcall([]dpif.Upcall{{
		Reason: dpif.UpcallAction, Packet: p, Key: &key, UFID: x.dp.ufid(&key, nil),
		Userdata: o.data, Actions: o.attrs, Recirculations: w.depth,
	}}, 1)
}

// recirculate has the packet looked up once more, after this batch's work on
// it is done.
func (x *exec) recirculate(w *work, o *op) {
	if w.depth >= maxRecirc {
		x.dp.drop(dropRecirc)
		return
	}
	p, key := w.p, w.key
	shared := w.shared
	if !o.last {
		p, shared = x.copy(p), false
		key = x.spareKey() // it is read from the packet anew
	}
	p.RecircID = o.n
	x.recirc = append(x.recirc, work{p: p, key: key, shared: shared, depth: w.depth + 1, nest: w.nest})
}
