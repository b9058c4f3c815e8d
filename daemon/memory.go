package daemon

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"govs/daemon/vlog"
)

var memory struct {
	mu    sync.Mutex
	users []func(add func(name string, n int)) // guarded by mu
}

// ReportMemory registers a provider for memory/show: it calls add for each
// kind of thing it holds ("rules", "ports", "atoms"). Equal names are summed.
func ReportMemory(f func(add func(name string, n int))) {
	memory.mu.Lock()
	defer memory.mu.Unlock()
	memory.users = append(memory.users, f)
}

// MemoryReport returns memory/show's line, "atoms:14 cells:20 ...".
func MemoryReport() string {
	memory.mu.Lock()
	users := slices.Clone(memory.users)
	memory.mu.Unlock()
	sum := map[string]int{}
	for _, f := range users {
		f(func(name string, n int) { sum[name] += n })
	}
	var words []string
	for name, n := range sum {
		words = append(words, name+":"+strconv.Itoa(n))
	}
	slices.Sort(words)
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, " ") + "\n"
}

// memoryLog notes the peak of the process's memory: ten seconds after its
// start, and whenever it has grown by half.
type memoryLog struct {
	since time.Time // of the start, then of the last note
	last  int64     // kB
}

func (m *memoryLog) tick(now time.Time) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return
	}
	log, secs := vlog.New("memory"), now.Sub(m.since).Seconds()
	switch {
	case m.last == 0 && secs >= 9.5:
		log.Info("%d kB peak resident set size after %.1f seconds", u.Maxrss, secs)
	case m.last > 0 && u.Maxrss >= m.last*3/2:
		log.Info("peak resident set size grew %.0f%% in last %.1f seconds, from %d kB to %d kB",
			100*(float64(u.Maxrss)/float64(m.last)-1), secs, m.last, u.Maxrss)
	default:
		return
	}
	m.last, m.since = u.Maxrss, now
	if r := strings.TrimSpace(MemoryReport()); r != "" {
		log.Info("%s", r)
	}
}
