package dpctl

import (
	"fmt"

	"golang.org/x/sys/unix"

	"govs/dpif"
)

// The caches in front of a datapath's flow table that have a size to be set are
// the kernel's; those of other datapaths are of fixed size, which is what the
// reference says of its own, too.

func (c *call) cacheGetSize(args []string) error {
	if len(args) > 0 {
		dp, err := c.open(args[0])
		if err != nil {
			return c.errorf(err, "Opening datapath %s failed", args[0])
		}
		fmt.Fprintf(c.out, "%s:\n", fullName(dp))
		return nil
	}
	l, err := c.list()
	for _, dp := range l {
		fmt.Fprintf(c.out, "%s:\n", fullName(dp))
	}
	if err != nil {
		return errSilent
	}
	return nil
}

func (c *call) cacheSetSize(args []string) error {
	if _, err := c.open(args[0]); err != nil {
		return c.errorf(err, "Opening datapath %s failed", args[0])
	}
	return c.errorf(unix.EOPNOTSUPP, "Setting caches not supported")
}

// offloadStats has nothing to print: no flow is in hardware.
func (c *call) offloadStats(args []string) error {
	if _, _, err := c.optional(args, 0); err != nil {
		return err
	}
	return c.errorf(dpif.ErrInvalid, "retrieving offload statistics")
}
