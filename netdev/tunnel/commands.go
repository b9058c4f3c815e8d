package tunnel

import (
	"fmt"
	"strconv"

	"govs/daemon/unixctl"
)

// Commands returns the row tnl/egress_port_range, which shows or sets the range
// of outer UDP source ports (ovs-vswitchd(8)).
func Commands() []unixctl.Command {
	return []unixctl.Command{{Name: "tnl/egress_port_range", Usage: "min max", MaxArgs: 2, Run: cmdPortRange}}
}

func cmdPortRange(r *unixctl.Request) {
	if len(r.Args) < 2 {
		low, high := PortRange()
		r.Reply(fmt.Sprintf("Tunnel UDP source port range: %d-%d\n", low, high))
		return
	}
	low, err := strconv.ParseUint(r.Args[0], 10, 16)
	if err != nil || low == 0 {
		r.Reply("Invalid min.") // as OVS, which does not call it an error
		return
	}
	high, err := strconv.ParseUint(r.Args[1], 10, 16)
	if err != nil || high == 0 {
		r.Reply("Invalid max.")
		return
	}
	SetPortRange(uint16(min(low, high)), uint16(max(low, high)))
	r.Reply("OK")
}
