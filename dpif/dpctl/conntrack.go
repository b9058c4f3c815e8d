package dpctl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"govs/conntrack"
	"govs/dpif"
	"govs/netdev"
)

// conntrackCommands are the rows about connection tracking.
func conntrackCommands() []command {
	return []command{
		{"dump-conntrack", "[-m] [-s] [dp] [zone=N]", 0, 4, reads, "[DP] [zone=ZONE]", "print the tracked connections", (*call).dumpConntrack},
		{"dump-conntrack-exp", "[dp] [zone=N]", 0, 2, reads, "[DP] [zone=ZONE]", "print the connections that helpers expect", (*call).dumpExpectations},
		{"flush-conntrack", "[dp] [zone=N] [mark=X[/M]] [labels=Y[/N]] [ct-orig-tuple] [ct-reply-tuple]", 0, 6, writes, "[DP] [zone=ZONE] [TUPLE]", "forget tracked connections", (*call).flushConntrack},
		{"ct-stats-show", "[dp] [zone=N]", 0, 3, reads, "[DP] [zone=ZONE]", "count the connections by protocol", (*call).ctStats},
		{"ct-bkts", "[dp] [gt=N]", 0, 2, reads, "[DP] [gt=N]", "count the connections by part of the table", (*call).ctBuckets},
		{"ct-set-maxconns", "[dp] maxconns", 1, 2, writes, "[DP] MAXCONNS", "set how many connections there may be", (*call).ctSetMaxConns},
		{"ct-get-maxconns", "[dp]", 0, 1, reads, "[DP]", "print how many connections there may be", (*call).ctGetMaxConns},
		{"ct-get-nconns", "[dp]", 0, 1, reads, "[DP]", "print how many connections there are", (*call).ctGetConns},
		{"ct-enable-tcp-seq-chk", "[dp]", 0, 1, writes, "[DP]", "check TCP sequence numbers", (*call).ctEnableSeqCheck},
		{"ct-disable-tcp-seq-chk", "[dp]", 0, 1, writes, "[DP]", "do not check TCP sequence numbers", (*call).ctDisableSeqCheck},
		{"ct-get-tcp-seq-chk", "[dp]", 0, 1, reads, "[DP]", "print whether they are checked", (*call).ctGetSeqCheck},
		{"ct-set-limits", "[dp] [default=L] [zone=N,limit=L]...", 1, 64, writes, "[DP] [default=L] [zone=N,limit=L]...", "limit the connections of zones", (*call).ctSetLimits},
		{"ct-del-limits", "[dp] zone=N1[,N2]...", 1, 2, writes, "[DP] zone=N[,N]...", "give zones the default limit", (*call).ctDelLimits},
		{"ct-get-limits", "[dp] [zone=N1[,N2]...]", 0, 2, reads, "[DP] [zone=N[,N]...]", "print the limits of zones", (*call).ctGetLimits},
		{"ipf-set-enabled", "[dp] v4|v6", 1, 2, writes, "[DP] v4|v6", "put IP fragments together", (*call).ipfEnable},
		{"ipf-set-disabled", "[dp] v4|v6", 1, 2, writes, "[DP] v4|v6", "do not put IP fragments together", (*call).ipfDisable},
		{"ipf-set-min-frag", "[dp] v4|v6 minfragment", 2, 3, writes, "[DP] v4|v6 MINFRAG", "set how small IP fragments may be", (*call).ipfSetMin},
		{"ipf-set-max-nfrags", "[dp] maxfrags", 1, 2, writes, "[DP] MAXFRAGS", "set how many IP fragments are kept", (*call).ipfSetMax},
		{"ipf-get-status", "[dp]", 0, 1, reads, "[DP]", "print how IP fragments are handled", (*call).ipfStatus},
		{"ct-get-sweep-interval", "[dp]", 0, 1, reads, "[DP]", "print how often expired connections are removed", (*call).ctGetSweep},
		{"ct-set-sweep-interval", "[dp] ms", 1, 2, writes, "[DP] MS", "set how often expired connections are removed", (*call).ctSetSweep},
	}
}

// tracker returns the datapath that args begin with, or the only one, if it
// tracks connections. n is as for optional.
func (c *call) tracker(args []string, n int) (dpif.Conntrack, []string, error) {
	dp, rest, err := c.optional(args, n)
	if err != nil {
		return nil, nil, err
	}
	if len(rest) > n {
		return nil, nil, c.errorf(dpif.ErrInvalid, "datapath not found")
	}
	ct, ok := dp.(dpif.Conntrack)
	if !ok {
		return nil, nil, c.errorf(netdev.ErrNotSupported, "%s", fullName(dp))
	}
	return ct, rest, nil
}

// zoneArg takes "zone=N" off the end of args.
func zoneArg(args []string) (f *conntrack.Filter, rest []string) {
	if n := len(args); n > 0 {
		if v, ok := strings.CutPrefix(args[n-1], "zone="); ok {
			if z, ok := leadingUint(v, 16); ok {
				return &conntrack.Filter{HasZone: true, Zone: uint16(z)}, args[:n-1]
			}
		}
	}
	return nil, args
}

// leadingUint reads the digits at the front of s, as scanf does.
func leadingUint(s string, bits int) (uint64, bool) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	v, err := strconv.ParseUint(s[:n], 10, bits)
	return v, err == nil
}

func (c *call) dumpConntrack(args []string) error {
	f, args := zoneArg(args)
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	var b []byte
	err = ct.CtDump(f, func(e *conntrack.Entry) bool {
		b = append(appendEntry(b, e, c.More > 0, c.Stats), '\n')
		return true
	})
	c.out.Write(b)
	if err != nil {
		return c.errorf(err, "dumping conntrack entry")
	}
	return nil
}

func (c *call) dumpExpectations(args []string) error {
	f, args := zoneArg(args)
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	list, err := ct.CtExpectations()
	if err != nil {
		return c.errorf(err, "dumping conntrack expectation")
	}
	slices.SortFunc(list, func(a, b conntrack.Expectation) int {
		return strings.Compare(string(appendExpectation(nil, &a)), string(appendExpectation(nil, &b)))
	})
	for i := range list {
		if f == nil || list[i].Zone == f.Zone {
			fmt.Fprintf(c.out, "%s\n", appendExpectation(nil, &list[i]))
		}
	}
	return nil
}

func (c *call) flushConntrack(args []string) error {
	ct, args, err := c.tracker(args, 5)
	if err != nil {
		return err
	}
	f := &conntrack.Filter{}
	if len(args) > 0 && strings.HasPrefix(args[0], "zone=") {
		z, ok := leadingUint(args[0][len("zone="):], 16)
		if !ok {
			return c.errorf(dpif.ErrInvalid, "failed to parse zone")
		}
		f.HasZone, f.Zone = true, uint16(z)
		args = args[1:]
	}
	args, err = parseMarks(args, f)
	if err == nil && len(args) > 2 {
		err = errors.New("too many arguments")
	}
	for i, t := range [2]*conntrack.TupleFilter{&f.Orig, &f.Reply} {
		if err == nil && i < len(args) {
			err = parseTuple(args[i], t)
		}
	}
	if err != nil {
		return c.errorf(dpif.ErrInvalid, "%s", err)
	}
	tuples := f.Orig != conntrack.TupleFilter{} || f.Reply != conntrack.TupleFilter{}
	// With addresses, no zone means zone 0.
	f.HasZone = f.HasZone || tuples
	n, err := ct.CtFlush(f)
	if err == nil && n == 0 && f.Reply == (conntrack.TupleFilter{}) && f.Orig.Whole() {
		err = dpif.ErrNotFound
	}
	if err != nil {
		return c.errorf(err, "failed to flush conntrack")
	}
	return nil
}

// statNames are the protocols that ct-stats-show counts apart, in its order.
var statNames = []string{"TCP", "UDP", "UDPLITE", "SCTP", "ICMP", "DCCP", "IGMP", "Other"}

func statOf(proto uint8) int {
	switch proto {
	case 6:
		return 0
	case 17:
		return 1
	case 136:
		return 2
	case 132:
		return 3
	case 1, 58:
		return 4
	case 33:
		return 5
	case 2:
		return 6
	}
	return 7
}

func (c *call) ctStats(args []string) error {
	f, args := zoneArg(args)
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	var count [8]int
	var states [conntrack.TCPTimeWait + 1]int
	total := 0
	err = ct.CtDump(f, func(e *conntrack.Entry) bool {
		i := statOf(e.Orig.Proto)
		count[i]++
		total++
		if i == 0 {
			states[max(e.TCP[0].State, e.TCP[1].State)]++
		}
		return true
	})
	if err != nil {
		return c.errorf(err, "dumping conntrack entry")
	}
	fmt.Fprintf(c.out, "Connections Stats:\n    Total: %d\n", total)
	for i, n := range count {
		if n == 0 {
			continue
		}
		fmt.Fprintf(c.out, "  %s: %d\n", statNames[i], n)
		if i == 0 && c.More > 0 {
			fmt.Fprint(c.out, "    Conn per TCP states:\n")
			for s, n := range states {
				if n > 0 {
					fmt.Fprintf(c.out, "\t  [%s]=%d\n", conntrack.TCPState(s), n)
				}
			}
		}
	}
	return nil
}

// bucketsPerRow is how many parts of the table a row of ct-bkts shows.
const bucketsPerRow = 8

func (c *call) ctBuckets(args []string) error {
	over := 0
	if n := len(args); n > 0 {
		if v, ok := strings.CutPrefix(args[n-1], "gt="); ok {
			if g, ok := leadingUint(v, 16); ok {
				over, args = int(g), args[:n-1]
			}
		}
	}
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	list, err := ct.CtBuckets()
	if err != nil {
		return c.errorf(err, "retrieving buckets")
	}
	total := 0
	for _, n := range list {
		total += n
	}
	fmt.Fprintf(c.out, "Total Buckets: %d\nCurrent Connections: %d\n\n", len(list), total)
	if total == 0 {
		return nil
	}
	const rule = "+-----------+-----------------------------------------+\n"
	fmt.Fprint(c.out, rule, "|  Buckets  |         Connections per Buckets         |\n", rule)
	for i, n := range list {
		if i%bucketsPerRow == 0 {
			fmt.Fprintf(c.out, " %3d..%3d   | ", i, i+bucketsPerRow-1)
		}
		if n > over {
			fmt.Fprintf(c.out, "%5d", n)
		} else {
			fmt.Fprintf(c.out, "%5s", ".")
		}
		if i%bucketsPerRow == bucketsPerRow-1 {
			fmt.Fprintln(c.out)
		}
	}
	fmt.Fprintln(c.out)
	return nil
}

func (c *call) ctSetMaxConns(args []string) error {
	ct, args, err := c.tracker(args, 1)
	if err != nil {
		return err
	}
	n, ok := leadingUint(args[len(args)-1], 32)
	if !ok {
		return c.errorf(dpif.ErrInvalid, "maxconns missing or malformed")
	}
	if err := ct.CtSetMaxConns(uint32(n)); err != nil {
		return c.errorf(err, "ct set maxconns failed")
	}
	fmt.Fprintln(c.out, "setting maxconns successful")
	return nil
}

func (c *call) ctGetMaxConns(args []string) error {
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	_, most, err := ct.CtConns()
	if err != nil {
		return c.errorf(err, "maxconns could not be retrieved")
	}
	fmt.Fprintln(c.out, most)
	return nil
}

func (c *call) ctGetConns(args []string) error {
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	n, _, err := ct.CtConns()
	if err != nil {
		return c.errorf(err, "nconns could not be retrieved")
	}
	fmt.Fprintln(c.out, n)
	return nil
}

func (c *call) ctEnableSeqCheck(args []string) error { return c.ctSetSeqCheck(args, true, "enabling") }
func (c *call) ctDisableSeqCheck(args []string) error {
	return c.ctSetSeqCheck(args, false, "disabling")
}

func (c *call) ctSetSeqCheck(args []string, on bool, doing string) error {
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	if err := ct.CtSetSeqCheck(on); err != nil {
		return c.errorf(err, "%s TCP sequence checking failed", doing)
	}
	fmt.Fprintf(c.out, "%s TCP sequence checking successful\n", doing)
	return nil
}

func (c *call) ctGetSeqCheck(args []string) error {
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	on, err := ct.CtSeqCheck()
	if err != nil {
		return c.errorf(err, "TCP sequence checking query failed")
	}
	word := "disabled"
	if on {
		word = "enabled"
	}
	fmt.Fprintf(c.out, "TCP sequence checking: %s\n", word)
	return nil
}

func (c *call) ctGetSweep(args []string) error {
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	d, err := ct.CtSweepInterval()
	if err != nil {
		return c.errorf(err, "failed to retrieve the sweep interval")
	}
	fmt.Fprintln(c.out, d.Milliseconds())
	return nil
}

func (c *call) ctSetSweep(args []string) error {
	ct, args, err := c.tracker(args, 1)
	if err != nil {
		return err
	}
	ms, ok := leadingUint(args[len(args)-1], 32)
	if !ok {
		return c.errorf(dpif.ErrInvalid, "invalid sweep value")
	}
	if err := ct.CtSetSweepInterval(time.Duration(ms) * time.Millisecond); err != nil {
		return c.errorf(err, "failed to set the sweep interval")
	}
	fmt.Fprintln(c.out, "setting sweep interval successful")
	return nil
}
