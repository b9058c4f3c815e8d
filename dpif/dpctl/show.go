package dpctl

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"govs/dpif"
	"govs/netdev"
)

func (c *call) show(args []string) error {
	var failed error
	if len(args) > 0 {
		for _, name := range args {
			dp, err := c.open(name)
			if err != nil {
				failed = c.errorf(err, "opening datapath %s failed", name)
				continue
			}
			c.showOne(dp)
		}
		return failed
	}
	l, err := c.list()
	for _, dp := range l {
		c.showOne(dp)
	}
	if err != nil {
		return errSilent
	}
	return nil
}

func (c *call) showOne(dp dpif.Datapath) {
	s := dp.Stats()
	fmt.Fprintf(c.out, "%s:\n  lookups: hit:%d missed:%d lost:%d\n  flows: %d\n", fullName(dp), s.Hits, s.Misses, s.Lost, s.Flows)
	for _, p := range dp.Ports() {
		fmt.Fprintf(c.out, "  port %d: %s%s\n", p.No, p.Name, typeText(&p))
		if c.Stats {
			st, err := p.Device.Stats()
			if err != nil {
				st = netdev.UnknownStats
			}
			showStats(c.out, &st)
		}
	}
}

// typeText is what show says of a port's type: an internal port is a tap, of a
// tunnel it says what packets it carries.
func typeText(p *dpif.Port) string {
	switch p.Type {
	case "system", "":
		return ""
	case "internal":
		return " (tap)"
	case "afxdp", "afxdp-nonpmd", "dummy", "dummy-internal", "dummy-pmd", "tap":
		if opts := netdev.OptionTexts(p.Device); len(opts) > 0 {
			return " (" + p.Type + ": " + strings.Join(opts, ", ") + ")"
		}
		return " (" + p.Type + ")"
	}
	if _, ok := p.Device.(netdev.Configurable); ok {
		return " (" + p.Type + ")" // a dummy in the place of a tunnel
	}
	return " (" + p.Type + ": packet_type=ptap)"
}

func showStats(w io.Writer, s *netdev.Stats) {
	line := func(head string, cells ...any) {
		fmt.Fprint(w, "    ", head)
		for i := 0; i < len(cells); i += 2 {
			if i > 0 {
				fmt.Fprint(w, " ")
			}
			fmt.Fprint(w, cells[i], ":", count(cells[i+1].(int64)))
		}
		fmt.Fprintln(w)
	}
	line("RX ", "packets", s.RxPackets, "errors", s.RxErrors, "dropped", s.RxDropped, "overruns", s.RxOverErr, "frame", s.RxFrameErr)
	// Aborted transmissions and lost carriers are not counted apart from errors.
	line("TX ", "packets", s.TxPackets, "errors", s.TxErrors, "dropped", s.TxDropped, "aborted", unknownWith(s.TxErrors), "carrier", unknownWith(s.TxErrors))
	line("", "collisions", s.Collisions)
	fmt.Fprintf(w, "    RX bytes:%s%s  TX bytes:%s%s\n", count(s.RxBytes), human(s.RxBytes), count(s.TxBytes), human(s.TxBytes))
}

// unknownWith is 0 where a device has error counters at all.
func unknownWith(errors int64) int64 { return min(errors, 0) }

func count(n int64) string {
	if n < 0 {
		return "?"
	}
	return strconv.FormatInt(n, 10)
}

// human is a count of bytes once more in a larger unit.
func human(n int64) string {
	for i := len("KMGT") - 1; i >= 0; i-- {
		if unit := int64(1) << (10 * (i + 1)); n >= unit {
			return fmt.Sprintf(" (%.1f %ciB)", float64(n)/float64(unit), "KMGT"[i])
		}
	}
	return ""
}
