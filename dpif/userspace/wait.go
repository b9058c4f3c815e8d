package userspace

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// highRate is the time between packets at a rate that is high, lookFor how long a
// thread goes on looking for packets: several batches' time at such a rate, and
// longer than an answer takes by another host.
const (
	highRate = 10 * time.Microsecond
	lookFor  = 100 * time.Microsecond
	// ratePackets is how many packets tell a rate.
	ratePackets = 32
)

// wait returns ready queues. It looks first without telling the Go scheduler,
// which is cheap under load, and then sleeps. A sleeper has to be woken, which
// takes longer than all other work on a packet if its processor sleeps, too, and
// at a high rate the sender pays for it with nearly every packet. So the thread
// goes on looking for a while where that pays, or naps if pmd-sleep-max says so.
func (t *thread) wait(events []unix.EpollEvent) int {
	if n := t.ready(events); n > 0 {
		return n
	}
	now := time.Now()
	if t.busy >= ratePackets {
		t.high = now.Sub(t.since) < time.Duration(t.busy)*highRate
		t.busy, t.since = 0, now
	}
	if t.high {
		t.stay.leave() // there is work, and others may be looking
		if n := t.busyLook(events, now); n > 0 {
			return n
		}
		t.high = false
	} else if t.stay.pays(now) {
		if n := t.look(events, now); n > 0 {
			return n
		}
	}
	t.stay.leave()
	begin := time.Now()
	n, err := unix.EpollWait(t.ep, events, -1)
	end := time.Now()
	t.stay.slept(end.Sub(begin))
	t.busy, t.since = 0, end
	if err != nil {
		return 0 // EINTR
	}
	return n
}

// ready returns the queues that are ready now.
func (t *thread) ready(events []unix.EpollEvent) int {
	n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(t.ep), uintptr(unsafe.Pointer(&events[0])),
		uintptr(len(events)), 0, 0, 0)
	if e != 0 {
		return 0
	}
	return int(n)
}

// busyLook looks for ready queues for a while, from now on, with naps in between if
// pmd-sleep-max says so.
func (t *thread) busyLook(events []unix.EpollEvent, now time.Time) int {
	nap := time.Duration(t.nap.Load())
	for end := now.Add(max(lookFor, nap)); now.Before(end); now = time.Now() {
		if nap > 0 {
			ts := unix.Timespec{Nsec: int64(nap)}
			unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
		}
		if n := t.ready(events); n > 0 {
			return n
		}
	}
	return 0
}

// look looks for ready queues for a while, from now on, as long as nobody else
// needs the processor.
func (t *thread) look(events []unix.EpollEvent, now time.Time) (n int) {
	t.stay.enter(now)
	for end := now.Add(lookFor); n == 0 && now.Before(end); now = time.Now() {
		n = t.ready(events)
	}
	if tid := int32(unix.Gettid()); tid != t.stay.tid {
		t.stay.leave() // the Go scheduler moved the goroutine to this thread
	} else {
		t.stay.looked(n > 0, now, away(now), displaced)
	}
	return n
}

const (
	// stayFrom is how many sleeps in a row shorter than lookFor make a thread look
	// instead.
	stayFrom = 3
	// lookGain is what it is worth to find packets by looking: about what waking up
	// takes.
	lookGain = 10 * time.Microsecond
	// shareFrom is for how long others have to have the processor between two
	// packets to be a program that computes, not one that takes packets or answers.
	// A sleeper would have gone before it, so such times are lost by looking.
	shareFrom = 50 * time.Microsecond
	// gainMost is how much of what was gained is remembered: enough for a few turns
	// of somebody who has one seldom, not more, as it may be another one who looks.
	gainMost = 500 * time.Microsecond
	// shareLeast is for how long a thread does not look once it lost more than it
	// gained; shareMore times as long each time, up to shareMost.
	shareLeast = 10 * time.Millisecond
	shareMore  = 4
	shareMost  = time.Second
)

// stay decides whether a thread keeps its processor though it has nothing to do.
// It does so only while that pays: a thread that is awake has to wait for its turn
// like everybody, one that wakes up often goes first.
type stay struct {
	short int           // sleeps in a row that were short
	gain  time.Duration // what looking gained more than it lost, or less
	not   time.Time     // before
	share time.Duration // that this lay ahead last

	looking bool          // the kernel was told so, see turnLook,
	tid     int32         // of this thread,
	heeds   bool          // and heeds it
	lost    int64         // displaced, and
	away    time.Duration // time that the thread did not run, when last looked at
}

// slept counts a sleep.
func (s *stay) slept(d time.Duration) {
	if s.short++; d >= lookFor {
		s.short = 0
	}
}

// pays reports whether staying would have been better than sleeping lately.
func (s *stay) pays(now time.Time) bool { return s.short >= stayFrom && now.After(s.not) }

// enter begins to look, or goes on.
func (s *stay) enter(now time.Time) {
	if !s.looking {
		s.looking, s.tid = true, int32(unix.Gettid())
		s.heeds = askTurn(s.tid, turnLook)
		s.lost, s.away = displaced(), away(now)
	}
}

// leave ends that.
func (s *stay) leave() {
	if s.looking {
		s.looking = false
		askTurn(s.tid, turnUsual)
	}
}

// looked says that a look ended, whether it found packets, and for how long the
// thread did not run so far.
func (s *stay) looked(found bool, now time.Time, gone time.Duration, displaced func() int64) {
	if found {
		s.gain = min(s.gain+lookGain, gainMost)
	} else {
		s.short = 0
	}
	if d := gone - s.away; d >= shareFrom {
		s.gain -= d
	}
	s.away = gone
	crowded := s.gain < 0
	if !s.heeds {
		// Whoever took the processor may have had to wait for that.
		lost := displaced()
		crowded = crowded || lost != s.lost
		s.lost = lost
	}
	if crowded {
		s.short, s.gain = 0, 0
		s.share = min(max(shareMore*s.share, shareLeast), shareMost)
		s.not = now.Add(s.share)
	} else if s.share > 0 && now.Sub(s.not) > s.share {
		s.share /= shareMore
		s.not = now
	}
}
