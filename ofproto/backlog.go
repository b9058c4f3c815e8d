package ofproto

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

// maxBacklog is how many packets a processor's queue in the kernel holds
// (net.core.netdev_max_backlog), which is the most copies of a packet that can
// be sent at once; 0 if it is not known.
var maxBacklog = sync.OnceValue(func() int {
	b, err := os.ReadFile("/proc/sys/net/core/netdev_max_backlog")
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return n
})
