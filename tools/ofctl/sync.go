package ofctl

import (
	"fmt"
	"strconv"
	"strings"

	"govs/openflow"
)

// difference is what makes a switch have the flows that are wanted.
type difference struct {
	msgs                               []openflow.Message
	added, changed, deleted, unchanged int
}

// compareSets returns how to get from have to want. Deletions come first, so
// that a table with a limit has room.
func (t *tool) compareSets(want, have flowSet) (d difference) {
	for _, k := range want.sorted(have) {
		if e := have[k]; e != nil && want[k] == nil {
			d.msgs = append(d.msgs, e.flowMod(openflow.FlowDeleteStrict))
			d.deleted++
		}
	}
	for _, k := range want.sorted() {
		switch e := have[k]; {
		case e == nil:
			d.added++
		case t.readd || !same(e, want[k]):
			d.changed++
		default:
			d.unchanged++
			continue
		}
		d.msgs = append(d.msgs, want[k].flowMod(openflow.FlowAdd))
	}
	return d
}

// parseCookie reads C or C/M; without a mask all bits matter.
func parseCookie(s string) (cookie, mask uint64, err error) {
	c, m, masked := strings.Cut(s, "/")
	mask = ^uint64(0)
	if cookie, err = strconv.ParseUint(c, 0, 64); err == nil && masked {
		if m != "-1" {
			mask, err = strconv.ParseUint(m, 0, 64)
		}
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s: not a cookie", s)
	}
	return cookie & mask, mask, nil
}

// syncFlows makes the switch have exactly the flows of a file, of those that
// have the cookie of --cookie. What differs goes to the switch as one bundle,
// all or nothing; flows that are right are not touched, so their counters and
// times stay. A flow of the file without a cookie gets that of --cookie.
func (t *tool) syncFlows(args []string) error {
	t.useBundles()
	want, usable, err := t.fromFile(args[1], t.accept(args[0]))
	if err != nil {
		return err
	}
	for _, e := range want {
		if e.mod.NewCookie == 0 {
			e.mod.NewCookie = t.cookie
		}
		if e.mod.NewCookie&t.cookieMask != t.cookie {
			return fatalf("%s: a flow has cookie 0x%x, which --cookie does not cover: %s", args[1], e.mod.NewCookie, e.text(t.printNames()))
		}
	}
	if err := t.checkUsable(usable); err != nil {
		return err
	}
	c, err := t.openVersions(args[0], (usable & t.protocols).Versions())
	if err != nil {
		return err
	}
	defer c.Close()
	have, err := t.fromSwitch(c, t.cookie, t.cookieMask)
	if err != nil {
		return err
	}
	d := t.compareSets(want, have)
	if len(d.msgs) > 0 {
		if err := t.sendBundle(c, d.msgs); err != nil {
			return err
		}
	}
	fmt.Fprintf(t.Out, "added %d, changed %d, deleted %d, unchanged %d\n", d.added, d.changed, d.deleted, d.unchanged)
	return nil
}
