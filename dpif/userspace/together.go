package userspace

import "time"

// While there is little to do, one thread polls all queues: what it sends is
// often answered before it is back from sending, and it need not be woken for the
// answer, nor any other thread. Under load the queues spread over all threads, if there
// are processors for them: where those who send and receive need all there are, more
// threads only take turns with them (a TCP stream on two processors lost a fifth).
const (
	// A thread that worked for crowdedPercent of crowdedSpan is crowded.
	crowdedSpan    = 50 * time.Millisecond
	crowdedPercent = 85
	// calmPercent of a processor is little work, for all threads together and
	// for measureEvery.
	calmPercent = 30
	// togetherMax is the most queues that move.
	togetherMax = 256
)

// mayGather reports whether nobody has wishes where queues are to be polled. The
// caller holds mu.
func (dp *Datapath) mayGather() bool {
	s := dp.settings.Load()
	return s.cpus == "" && dp.cfg.Nodes == nil && !s.balance && len(dp.portSettings) == 0
}

// gather has one thread poll everything if there is little to do. The caller holds
// mu.
func (dp *Datapath) gather() {
	if dp.together.Load() || !dp.mayGather() {
		return
	}
	var work int64
	n := 0
	for _, t := range dp.loops() {
		work += t.load.sum(1)
		n += t.queues()
	}
	if n <= togetherMax && work < int64(measureEvery)*calmPercent/100 {
		dp.together.Store(true)
		dp.assign(dp.all())
	}
}

// spread ends that. The caller holds mu.
func (dp *Datapath) spread() {
	if dp.together.Swap(false) {
		dp.assign(dp.all())
	}
}

// note counts a turn of the thread that ended now and was work for as long as took;
// if turns leave hardly any time between them, the datapath is told.
func (t *thread) note(now time.Time, took time.Duration) {
	t.worked += took
	d := now.Sub(t.window)
	if d < crowdedSpan {
		return
	}
	if t.worked*100 >= d*crowdedPercent && t.dp.together.Load() {
		select {
		case t.dp.crowded <- struct{}{}:
		default:
		}
	}
	t.window, t.worked = now, 0
}
