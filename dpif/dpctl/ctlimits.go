package dpctl

import (
	"fmt"
	"strings"

	"govs/conntrack"
	"govs/dpif"
)

func (c *call) ctSetLimits(args []string) error {
	ct, args, err := c.tracker(args, 64)
	if err != nil {
		return err
	}
	var def *uint32
	if len(args) > 0 {
		if v, ok := strings.CutPrefix(args[0], "default="); ok {
			n, ok := leadingUint(v, 32)
			if !ok {
				return c.errorf(dpif.ErrInvalid, "invalid default limit")
			}
			limit := uint32(n)
			def, args = &limit, args[1:]
		}
	}
	var list []conntrack.ZoneLimit
	for _, a := range args {
		l, err := parseZoneLimit(a)
		if err != nil {
			return c.errorf(dpif.ErrInvalid, "%s", err)
		}
		list = append(list, l)
	}
	if err := ct.CtSetLimits(def, list); err != nil {
		return c.errorf(err, "failed to set conntrack limit")
	}
	return nil
}

// parseZoneLimit reads "zone=N,limit=L".
func parseZoneLimit(s string) (l conntrack.ZoneLimit, err error) {
	var zone, limit bool
	for w := range strings.SplitSeq(s, ",") {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			return l, fmt.Errorf("field %s missing value", k)
		}
		var n uint64
		switch k {
		case "zone":
			n, zone = leadingUint(v, 16)
			if l.Zone = uint16(n); !zone {
				return l, fmt.Errorf("failed to parse field %s", k)
			}
		case "limit":
			n, limit = leadingUint(v, 32)
			if l.Limit = uint32(n); !limit {
				return l, fmt.Errorf("failed to parse field %s", k)
			}
		default:
			return l, fmt.Errorf("invalid zone limit field: %s", k)
		}
	}
	if !zone || !limit {
		return l, fmt.Errorf("failed to parse zone limit")
	}
	return l, nil
}

// parseZones reads "zone=N[,N]...".
func parseZones(s string) (zones []uint16, err error) {
	v, ok := strings.CutPrefix(s, "zone=")
	if !ok {
		return nil, fmt.Errorf("invalid argument %s", s)
	}
	for w := range strings.SplitSeq(v, ",") {
		n, ok := leadingUint(w, 16)
		if !ok {
			return nil, fmt.Errorf("invalid zone")
		}
		zones = append(zones, uint16(n))
	}
	return zones, nil
}

func (c *call) ctDelLimits(args []string) error {
	ct, args, err := c.tracker(args, 1)
	if err != nil {
		return err
	}
	zones, err := parseZones(args[len(args)-1])
	if err != nil {
		return c.errorf(dpif.ErrInvalid, "%s", err)
	}
	if err := ct.CtDelLimits(zones); err != nil {
		return c.errorf(err, "failed to delete conntrack limit")
	}
	return nil
}

func (c *call) ctGetLimits(args []string) error {
	ct, args, err := c.tracker(args, 1)
	if err != nil {
		return err
	}
	var zones []uint16
	if len(args) > 0 {
		if zones, err = parseZones(args[0]); err != nil {
			return c.errorf(dpif.ErrInvalid, "%s", err)
		}
	}
	def, list, err := ct.CtLimits(zones)
	if err != nil {
		return c.errorf(err, "failed to get conntrack limit")
	}
	fmt.Fprintf(c.out, "default limit=%d\n", def)
	for _, l := range list {
		fmt.Fprintf(c.out, "zone=%d,limit=%d,count=%d\n", l.Zone, l.Limit, l.Count)
	}
	return nil
}
