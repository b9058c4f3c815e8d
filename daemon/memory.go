package daemon

import (
	"slices"
	"strconv"
	"strings"
	"sync"
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
