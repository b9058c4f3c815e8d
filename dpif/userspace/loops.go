package userspace

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Configure implements dpif.Configurable.
func (dp *Datapath) Configure(other map[string]string, ports map[string]map[string]string) {
	s := parseSettings(other, dp.warnOnce)
	p := map[string]portSettings{}
	for name, o := range ports {
		p[name] = parsePortSettings(name, o, dp.warnOnce)
	}
	gone := dp.configure(&s, p)
	// Without the lock: a thread may be waiting for it to put a flow.
	for _, t := range gone {
		t.stop()
		dp.mu.Lock()
		dp.count.fold(&t.x.count)
		dp.base = dp.base.add(t.base, 1)
		dp.mu.Unlock()
		dp.execs.giveNumber(t.x.txq)
	}
}

// configure carries the settings out and returns the threads that are to end.
func (dp *Datapath) configure(s *settings, p map[string]portSettings) (gone []*thread) {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	old := *dp.settings.Load()
	anew := dp.near() || dp.grown && dp.unused()
	dp.grown = false
	if dp.closed || !anew && *s == old && maps.EqualFunc(p, dp.portSettings, func(a, b portSettings) bool {
		return a.noCache == b.noCache && a.steer == b.steer && maps.Equal(a.affinity, b.affinity)
	}) {
		return nil
	}
	dp.settings.Store(s)
	dp.portSettings = p
	if s.balance && (!old.balance || s.every != old.every || s.load != old.load || s.improve != old.improve) {
		dp.cfg.Info("PMD auto load balance is enabled, interval %.0f mins, pmd load threshold %d%%, improvement threshold %d%%.",
			s.every.Minutes(), s.load, s.improve)
	} else if !s.balance && old.balance {
		dp.cfg.Info("PMD auto load balance is disabled.")
	}
	for x := range dp.ports.Load().all() {
		dp.set(x)
	}
	if s.cpus != old.cpus {
		gone = dp.setThreads(s.cpus)
	}
	n, _ := parseNaps(s.naps)
	for i, t := range dp.loops() {
		t.nap.Store(int64(n.of(t.core(i))))
	}
	if err := dp.assign(dp.all()); err != nil {
		dp.cfg.Log("cannot poll all queues: %v", err)
	}
	return gone
}

// unused reports whether queues that were assigned to pinned threads, each as its port
// came, have been idle so far, so that nothing is against assigning all of them together.
// The caller holds mu.
func (dp *Datapath) unused() bool {
	return dp.loops()[0].cpu != anyCPU && !slices.ContainsFunc(dp.all(), func(r *rx) bool { return r.work.Load() > 0 })
}

// warnOnce tells the log what is wrong with the settings, the same thing once.
func (dp *Datapath) warnOnce(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if _, told := dp.warned.LoadOrStore(text, true); !told {
		dp.cfg.Log("%s", text)
	}
}

// loops returns the packet threads.
func (dp *Datapath) loops() []*thread { return *dp.threads.Load() }

// setThreads has one thread on each processor of the mask, or the number from
// Config, pinned to none. It returns those that are to end, without queues; the
// queues are on no thread then. The caller holds mu.
func (dp *Datapath) setThreads(mask string) (gone []*thread) {
	want := dp.cpus(mask)
	old := slices.Clone(dp.loops())
	var list []*thread
	for _, cpu := range want {
		if i := slices.IndexFunc(old, func(t *thread) bool { return t.cpu == cpu }); i >= 0 {
			list = append(list, old[i])
			old = slices.Delete(old, i, i+1)
			continue
		}
		t, err := newThread(dp, dp.execs.number(), cpu)
		if err != nil {
			dp.cfg.Log("cannot start a packet thread: %v", err)
			continue
		}
		list = append(list, t)
	}
	if len(want) == 0 {
		dp.warnOnce("other_config:pmd-cpu-mask: 0x%s names no processor that is there, packet threads stay where they are", mask)
	}
	if len(list) == 0 {
		return nil // those there are go on
	}
	dp.threads.Store(&list)
	for _, t := range old {
		for _, r := range t.rxs() {
			t.del(r)
			r.t = nil
		}
	}
	return old
}

// anyCPU is the processor of a thread that is not pinned.
const anyCPU = -1

// all returns the queues of all ports in order. The caller holds mu.
func (dp *Datapath) all() []*rx {
	var l []*rx
	for p := range dp.ports.Load().all() {
		l = append(l, p.rx...)
	}
	return l
}

// assign gives each queue a thread: the one that its port's settings name, else
// by the settings of the datapath among the threads that are not isolated. The
// caller holds mu.
func (dp *Datapath) assign(queues []*rx) error {
	plan := map[*rx]*thread{}
	if dp.together.Load() && (!dp.mayGather() || dp.loops()[0].queues()+len(queues) > togetherMax) {
		dp.together.Store(false)
		queues = dp.all()
	}
	if dp.together.Load() {
		for _, r := range queues {
			plan[r] = dp.loops()[0]
		}
	} else {
		plan = dp.plan(queues, true)
	}
	return carryOut(plan)
}

// place gives new queues of a port threads. The caller holds mu.
func (dp *Datapath) place(queues []*rx) error {
	if dp.together.Load() || len(dp.portSettings) > 0 {
		return dp.assign(queues)
	}
	// Nobody has wishes, and there may be very many ports.
	var near nodes
	near.with(dp.loops())
	plan, n := map[*rx]*thread{}, map[*thread]int{}
	for _, r := range queues {
		t := slices.MinFunc(near.of(r.port).threads, func(a, b *thread) int { return cmp.Compare(a.queues()+n[a], b.queues()+n[b]) })
		plan[r] = t
		n[t]++
	}
	return carryOut(plan)
}

// carryOut has queues polled as planned.
func carryOut(plan map[*rx]*thread) error {
	for r, t := range plan {
		if r.t == t {
			continue
		}
		moved := r.at != nil
		if r.t != nil {
			r.t.del(r)
		}
		if err := t.add(r); err != nil {
			return err
		}
		if moved && r.settled != nil {
			r.moved.Store(true)
			t.wakeUp()
		}
	}
	return nil
}

// plan says which thread each queue is to have. The load of those that are not
// named goes on counting. The caller holds mu.
func (dp *Datapath) plan(queues []*rx, log bool) map[*rx]*thread {
	s := dp.settings.Load()
	plan := map[*rx]*thread{}
	load := map[*thread]int64{}
	isolated := map[*thread]bool{}
	count := map[*thread]int{}
	var free []*rx
	for _, r := range dp.all() {
		core, pinned := dp.portSettings[r.port.name].affinity[r.n]
		r.pinned = false
		if pinned {
			if t := dp.onCore(core); t != nil {
				r.pinned = true
				isolated[t] = s.isolate
				load[t] += r.recent()
				count[t]++
				plan[r] = t
				continue
			}
			if log {
				dp.warnOnce("Core %d cannot be pinned with port '%s' rxq %d. Use pmd-cpu-mask to enable a pmd on core %[1]d. An alternative core will be assigned.", core, r.port.name, r.n)
			}
		}
		if slices.Contains(queues, r) {
			free = append(free, r)
		} else if r.t != nil {
			load[r.t] += r.recent()
			count[r.t]++
		}
	}
	var threads []*thread
	for _, t := range dp.loops() {
		if t.isolated.Store(isolated[t]); !isolated[t] {
			threads = append(threads, t)
		}
	}
	if len(threads) == 0 {
		if log && len(free) > 0 {
			dp.warnOnce("There is no PMD core that is not isolated; queues share the isolated ones")
		}
		threads = dp.loops()
	}
	// Queues that OVS has such threads for, too, are assigned as it assigns them: first.
	slices.SortStableFunc(free, func(a, b *rx) int { return cmp.Compare(a.port.rank(), b.port.rank()) })
	if s.assign != "roundrobin" {
		slices.SortStableFunc(free, func(a, b *rx) int { return cmp.Compare(b.recent(), a.recent()) })
	}
	var near nodes
	near.with(threads)
	for _, r := range free {
		n := near.of(r.port)
		var t *thread
		if s.assign == "group" || len(free) < len(queues) || len(queues) < len(dp.all()) {
			t = slices.MinFunc(n.threads, func(a, b *thread) int {
				return cmp.Or(cmp.Compare(load[a], load[b]), cmp.Compare(count[a], count[b]))
			})
		} else {
			t = n.turn(s.assign == "cycles")
		}
		load[t] += r.recent()
		count[t]++
		plan[r] = t
	}
	return plan
}

// onCore returns the thread of a processor. Threads that are not pinned have
// the numbers that they are shown with.
func (dp *Datapath) onCore(core int) *thread {
	for i, t := range dp.loops() {
		if t.cpu == core || t.cpu == anyCPU && i == core {
			return t
		}
	}
	return nil
}

// Rebalance assigns all queues anew by what they took lately.
func (dp *Datapath) Rebalance() {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	if !dp.closed {
		dp.assign(dp.all())
	}
}

// measureEvery is how long one of the spans lasts that loads are measured over.
const measureEvery = 5 * time.Second

// calmWork is the most work in a span on a queue that has little to do.
const calmWork = measureEvery / 1000

// measure notes the load of queues and threads from time to time, until the
// datapath is closed, and rebalances where the settings say so.
func (dp *Datapath) measure() {
	tick := time.NewTicker(measureEvery)
	defer tick.Stop()
	last := time.Now()
	var idle idleness
	for {
		select {
		case <-dp.done:
			return
		case <-dp.crowded:
			if idle.spare(time.Now()) {
				dp.mu.Lock()
				dp.spread()
				dp.mu.Unlock()
			}
		case now := <-tick.C:
			dp.mu.Lock()
			dp.note()
			if s := dp.settings.Load(); s.balance && now.Sub(last) >= s.every {
				last = now
				dp.balance(s)
			}
			dp.gather()
			dp.mu.Unlock()
		}
	}
}

// note ends a span of what is measured. The caller holds mu.
func (dp *Datapath) note() {
	for _, r := range dp.all() {
		r.load.note(r.work.Load())
		if r.calm != nil && r.calm.Strained() && r.load.sum(1) < int64(calmWork) {
			r.told.Store(true)
			r.t.wakeUp()
		}
	}
	for _, t := range dp.loops() {
		t.load.note(t.x.count.busy.Load())
		t.total.note(t.x.count.busy.Load() + t.idle())
	}
}

// balance assigns the queues anew if a thread is overloaded and the plan is
// better by as much as the settings ask for. The caller holds mu.
func (dp *Datapath) balance(s *settings) {
	over := false
	for _, t := range dp.loops() {
		total := t.total.sum(1)
		over = over || total > 0 && !t.isolated.Load() && len(t.rxs()) > 1 && t.load.sum(1)*100 >= total*int64(s.load)
	}
	if !over {
		return
	}
	now, then := map[*thread]int64{}, map[*thread]int64{}
	for _, r := range dp.all() {
		now[r.t] += r.load.sum(1)
	}
	for r, t := range dp.plan(dp.all(), false) {
		then[t] += r.load.sum(1)
	}
	before, after := dp.variance(now), dp.variance(then)
	if s.improve == 0 || before > 0 && (before-after)*100/before >= float64(s.improve) {
		dp.cfg.Info("PMD auto load balance: queues are assigned anew")
		dp.assign(dp.all())
	}
}

func (dp *Datapath) variance(load map[*thread]int64) float64 {
	var sum, dev float64
	for _, t := range dp.loops() {
		sum += float64(load[t])
	}
	mean := sum / float64(len(dp.loops()))
	for _, t := range dp.loops() {
		d := float64(load[t]) - mean
		dev += d * d
	}
	return dev / float64(len(dp.loops()))
}

// pin keeps the calling thread on a processor.
func pin(cpu int) error {
	var s unix.CPUSet
	s.Set(cpu)
	return unix.SchedSetaffinity(0, &s)
}

// defaultThreads is how many packet threads there are if nobody says.
func defaultThreads() int { return min(runtime.NumCPU(), 4) }
