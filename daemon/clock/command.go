package clock

import (
	"strconv"
	"time"

	"govs/daemon/unixctl"
)

// Commands returns the rows time/stop and time/warp, which daemons have under
// --enable-dummy. run is called after each step of a warp, and may be nil.
func (c *Clock) Commands(run func()) []unixctl.Command {
	return []unixctl.Command{
		{Name: "time/stop", Run: func(r *unixctl.Request) { c.Stop(); r.Reply("") }},
		{Name: "time/warp", Usage: "[large_msecs] msecs", MinArgs: 1, MaxArgs: 2, Run: func(r *unixctl.Request) {
			step, err := millis(r.Args[len(r.Args)-1])
			total := step
			if err == nil && len(r.Args) == 2 {
				total, err = millis(r.Args[0])
			}
			if err != nil || step <= 0 || total <= 0 {
				r.Error("invalid MSECS")
				return
			}
			c.Warp(total, step, run)
			r.Reply("warped")
		}},
	}
}

func millis(s string) (time.Duration, error) {
	n, err := strconv.ParseInt(s, 10, 32)
	return time.Duration(n) * time.Millisecond, err
}
