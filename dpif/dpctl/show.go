package dpctl

import (
	"fmt"
	"io"
	"slices"
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
	case "dummy", "dummy-internal", "tap":
		return " (" + p.Type + ")"
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

// addDP answers that no datapath can be made by hand: the kernel's want its
// module, and the daemon makes its own, one for all bridges of a
// datapath_type.
func (c *call) addDP(args []string) error {
	if l, err := c.list(); err != nil {
		return c.errorf(err, "add_dp")
	} else if slices.ContainsFunc(l, func(dp dpif.Datapath) bool { return fullName(dp) == args[0] }) {
		return c.errorf(dpif.ErrExist, "add_dp")
	}
	return c.errorf(netdev.ErrNotSupported, "add_dp: datapaths come and go with the bridges on them")
}

// delDP is as addDP.
func (c *call) delDP(args []string) error {
	if _, err := c.open(args[0]); err != nil {
		return c.errorf(err, "opening datapath")
	}
	return c.errorf(netdev.ErrNotSupported, "del_dp: datapaths come and go with the bridges on them")
}

func (c *call) addIf(args []string) error {
	dp, err := c.open(args[0])
	if err != nil {
		return c.errorf(err, "opening datapath")
	}
	var failed error
	for _, a := range args[1:] {
		words := strings.Split(a, ",")
		cfg := netdev.Config{Name: words[0], Type: "system", Options: map[string]string{}}
		want := dpif.NoPort
		for _, w := range words[1:] {
			k, v, _ := strings.Cut(w, "=")
			switch k {
			case "type":
				cfg.Type = v
			case "port_no":
				n, err := strconv.ParseUint(v, 10, 32)
				if err != nil {
					return c.errorf(nil, "%s: port_no=%s is no number", cfg.Name, v)
				}
				want = dpif.PortNo(n)
			default:
				cfg.Options[k] = v
			}
		}
		if c.env.OpenDevice == nil {
			return c.errorf(netdev.ErrNotSupported, "adding %s to %s failed", cfg.Name, args[0])
		}
		dev, err := c.env.OpenDevice(dp, cfg)
		if err != nil {
			failed = c.errorf(err, "%s: failed to open network device", cfg.Name)
			continue
		}
		if _, err := dp.PortAdd(cfg.Name, dev, want); err != nil {
			dev.Close()
			failed = c.errorf(err, "adding %s to %s failed", cfg.Name, args[0])
		}
	}
	return failed
}

func (c *call) delIf(args []string) error {
	dp, err := c.open(args[0])
	if err != nil {
		return c.errorf(err, "opening datapath")
	}
	var failed error
	names := namesOf(dp)
	for _, a := range args[1:] {
		var no dpif.PortNo
		if n, err := strconv.ParseUint(a, 10, 32); err == nil {
			no = dpif.PortNo(n)
		} else if p, ok := names.PortByName(a); ok {
			no = p
		} else {
			failed = c.errorf(nil, "no port named %s", a)
			continue
		}
		if err := dp.PortDel(no); err != nil {
			failed = c.errorf(err, "deleting port %s from %s failed", a, args[0])
		}
	}
	return failed
}
