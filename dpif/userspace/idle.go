package userspace

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// idleFrom is how long one look at how idle the processors were must be after another:
// the kernel counts in hundredths of a second.
const idleFrom = 200 * time.Millisecond

// idleness says whether more threads would find a processor to run on.
type idleness struct {
	at   time.Time     // of the last look
	idle time.Duration // of all processors until then
}

// spare reports whether of the processors that this process may use one was idle, or
// parts of several that make one but for a third, since the last look. The first look
// cannot tell, nor can one that comes soon after the last or long after it.
func (l *idleness) spare(now time.Time) bool {
	since := now.Sub(l.at)
	if since < idleFrom {
		return false
	}
	idle, ok := processorsIdle()
	if !ok {
		return true
	}
	was := l.idle
	l.at, l.idle = now, idle
	return since < 5*idleFrom && 3*(idle-was) > 2*since
}

// processorsIdle returns how long the processors that this process may use have been
// idle, one after the other.
func processorsIdle() (sum time.Duration, ok bool) {
	b, err := os.ReadFile("/proc/stat")
	var may unix.CPUSet
	if err != nil || unix.SchedGetaffinity(unix.Getpid(), &may) != nil {
		return 0, false
	}
	return idleOf(b, may.IsSet)
}

// idleOf reads the text of /proc/stat: proc(5).
func idleOf(stat []byte, may func(cpu int) bool) (sum time.Duration, ok bool) {
	for line := range bytes.Lines(stat) {
		f := bytes.Fields(line)
		if len(f) < 6 || !bytes.HasPrefix(f[0], []byte("cpu")) {
			continue
		}
		cpu, err := strconv.Atoi(string(f[0][len("cpu"):]))
		if err != nil || !may(cpu) { // the first line is the sum of all
			continue
		}
		for _, v := range f[4:6] { // idle, and idle while something is read or written
			n, err := strconv.ParseInt(string(v), 10, 64)
			if err != nil {
				return 0, false
			}
			sum += time.Duration(n) * (time.Second / 100)
		}
		ok = true
	}
	return sum, ok
}
