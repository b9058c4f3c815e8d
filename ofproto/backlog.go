package ofproto

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

// maxBacklog is how many packets a processor's queue in the kernel holds
// (net.core.netdev_max_backlog), which is the most copies of a packet that can
// be sent at once. In namespaces it may not say: then it is taken for the usual.
var maxBacklog = sync.OnceValue(func() int {
	const usual = 1000
	b, err := os.ReadFile("/proc/sys/net/core/netdev_max_backlog")
	if err != nil {
		return usual
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return usual
	}
	return n
})
