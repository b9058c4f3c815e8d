package openflow

import (
	"errors"
	"fmt"
	"strconv"

	"govs/flow"
)

// Protocols of the connections that a CTTuple can name.
const (
	ctICMP   = 1
	ctICMPv6 = 58
)

// ParseCTTuple reads a connection's tuple, or part of one, such as
// "ct_nw_src=10.1.1.1,ct_nw_proto=6,ct_tp_dst=80" (ovs-ofctl(8), ct-flush).
// An empty text is nil.
func ParseCTTuple(s string) (t *CTTuple, proto uint8, err error) {
	family := 0 // 4 or 6 once an address was read
	ports, icmp := false, false
	for {
		k, v, rest, ok := cutPair(s)
		if !ok {
			break
		}
		s = rest
		if v == "" {
			return nil, 0, fmt.Errorf("field %s missing value", k)
		}
		if t == nil {
			t = &CTTuple{}
		}
		fail := fmt.Errorf("failed to parse field %s", k)
		number := func(bits int) uint64 {
			n, perr := strconv.ParseUint(v, 0, bits)
			if perr != nil && err == nil {
				err = fail
			}
			return n
		}
		address := func(dst *[16]byte, want int) {
			if family != 0 && family != want {
				err = fmt.Errorf("the L3 protocol does not match %s", v)
				return
			}
			family = want
			if want == 4 {
				a, ok := flow.ParseIPv4(v)
				if !ok {
					err = fail
				}
				*dst = [16]byte{10: 0xff, 11: 0xff}
				be.PutUint32(dst[12:], a)
			} else if *dst, ok = flow.ParseIPv6(v); !ok {
				err = fail
			}
		}
		switch k {
		case "ct_nw_src":
			address(&t.Src, 4)
		case "ct_nw_dst":
			address(&t.Dst, 4)
		case "ct_ipv6_src":
			address(&t.Src, 6)
		case "ct_ipv6_dst":
			address(&t.Dst, 6)
		case "ct_nw_proto":
			proto = uint8(number(8))
		case "ct_tp_src":
			t.SrcPort, ports = uint16(number(16)), true
		case "ct_tp_dst":
			t.DstPort, ports = uint16(number(16)), true
		case "icmp_type":
			t.ICMPType, icmp = uint8(number(8)), true
		case "icmp_code":
			t.ICMPCode, icmp = uint8(number(8)), true
		case "icmp_id":
			t.ICMPID, icmp = uint16(number(16)), true
		default:
			err = fmt.Errorf("invalid conntrack tuple field: %s", k)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	isICMP := proto == ctICMP || proto == ctICMPv6
	switch {
	case ports && proto == 0:
		return nil, 0, errors.New("port is set without protocol")
	case ports && isICMP, icmp && !isICMP, icmp && family == 0:
		return nil, 0, errors.New("invalid L4 fields")
	}
	return t, proto, nil
}
