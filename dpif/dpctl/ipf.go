package dpctl

import (
	"fmt"

	"govs/conntrack/frag"
	"govs/dpif"
)

// family reads "v4" or "v6".
func family(s string) (f frag.Family, ok bool) {
	switch s {
	case "v4":
		return frag.V4, true
	case "v6":
		return frag.V6, true
	}
	return 0, false
}

func (c *call) ipfEnable(args []string) error  { return c.ipfSet(args, true, "enabling") }
func (c *call) ipfDisable(args []string) error { return c.ipfSet(args, false, "disabling") }

func (c *call) ipfSet(args []string, on bool, doing string) error {
	ct, args, err := c.tracker(args, 1)
	if err != nil {
		return err
	}
	var f frag.Family
	ok := len(args) > 0
	if ok {
		f, ok = family(args[0])
	}
	if !ok {
		return c.errorf(dpif.ErrInvalid, "parameter missing: 'v4' for IPv4 or 'v6' for IPv6")
	}
	if err := ct.CtFragEnable(f, on); err != nil {
		return c.errorf(err, "%s fragmentation reassembly failed", doing)
	}
	fmt.Fprintf(c.out, "%s fragmentation reassembly successful\n", doing)
	return nil
}

func (c *call) ipfSetMin(args []string) error {
	ct, args, err := c.tracker(args, 2)
	if err != nil {
		return err
	}
	if len(args) < 2 {
		return c.errorf(dpif.ErrInvalid, "parameter missing: v4 for IPv4 or v6 for IPv6")
	}
	f, ok := family(args[0])
	if !ok {
		return c.errorf(dpif.ErrInvalid, "parameter missing: v4 for IPv4 or v6 for IPv6")
	}
	n, ok := leadingUint(args[1], 32)
	if !ok {
		return c.errorf(dpif.ErrInvalid, "parameter missing for minimum fragment size")
	}
	if err := ct.CtFragSetMin(f, uint32(n)); err != nil {
		return c.errorf(err, "requested minimum fragment size too small; see documentation")
	}
	fmt.Fprintln(c.out, "setting minimum fragment size successful")
	return nil
}

func (c *call) ipfSetMax(args []string) error {
	ct, args, err := c.tracker(args, 1)
	if err != nil {
		return err
	}
	var n uint64
	ok := len(args) > 0
	if ok {
		n, ok = leadingUint(args[0], 32)
	}
	if !ok {
		return c.errorf(dpif.ErrInvalid, "parameter missing for maximum fragments")
	}
	if err := ct.CtFragSetMax(uint32(n)); err != nil {
		return c.errorf(err, "setting maximum fragments failed")
	}
	fmt.Fprintln(c.out, "setting maximum fragments successful")
	return nil
}

func (c *call) ipfStatus(args []string) error {
	ct, _, err := c.tracker(args, 0)
	if err != nil {
		return err
	}
	s, err := ct.CtFrags(c.More > 0)
	if err != nil {
		return c.errorf(err, "ipf status could not be retrieved")
	}
	const tab = "        "
	line := func(format string, args ...any) { fmt.Fprintf(c.out, tab+format+"\n", args...) }
	line("Fragmentation Module Status")
	line("---------------------------")
	for i, name := range [...]string{"v4", "v6"} {
		line("%s enabled: %d", name, bit(s.Family[i].Enabled))
	}
	line("max num frags (v4/v6): %d", s.Max)
	line("num frag: %d", s.Held)
	for i, name := range [...]string{"v4", "v6"} {
		f := &s.Family[i]
		line("min %s frag size: %d", name, f.Min)
		line("%s frags accepted: %d", name, f.Accepted)
		line("%s frags completed: %d", name, f.Completed)
		line("%s frags expired: %d", name, f.Expired)
		line("%s frags too small: %d", name, f.TooSmall)
		line("%s frags overlapped: %d", name, f.Overlapped)
		line("%s frags purged: %d", name, f.Purged)
	}
	if c.More == 0 {
		return nil
	}
	fmt.Fprintf(c.out, "\n%sFragment Lists:\n\n", tab)
	for i := range s.Lists {
		l := &s.Lists[i]
		typ := 0x800
		if l.Family == frag.V6 {
			typ = 0x86dd
		}
		fmt.Fprintf(c.out, "(src=%s,dst=%s,recirc_id=%d,ip_id=%d,dl_type=%#x,zone=%d,nw_proto=%d,num_fragments=%d,state=%s)\n",
			l.Src, l.Dst, l.RecircID, l.ID, typ, l.Zone, l.Proto, l.Fragments, fragState(l))
	}
	return nil
}

func fragState(l *frag.List) string {
	switch {
	case l.First && l.Last:
		return "first/last frag"
	case l.First:
		return "first frag"
	case l.Last:
		return "last frag"
	}
	return "other frag"
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
