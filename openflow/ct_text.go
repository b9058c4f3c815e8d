package openflow

import (
	"errors"
	"fmt"
	"strconv"

	"govs/flow"
)

// ParseCTTuple reads a connection's tuple, or part of one, such as
// "ct_nw_src=10.1.1.1,ct_nw_proto=6,ct_tp_dst=80" (ovs-ofctl(8), ct-flush).
// An empty text is nil.
func ParseCTTuple(s string) (t *CTTuple, proto uint8, err error) {
	family := 0 // 4 or 6 once an address was read
	ports := false
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
		// To OVS ports and ICMP's numbers are the same bytes.
		case "ct_tp_src":
			t.SrcPort, ports = uint16(number(16)), true
			t.ICMPID = t.SrcPort
		case "ct_tp_dst":
			t.DstPort, ports = uint16(number(16)), true
			t.ICMPType, t.ICMPCode = uint8(t.DstPort), uint8(t.DstPort>>8)
		case "icmp_type", "icmp_code", "icmp_id":
			if !isICMP(proto) {
				return nil, 0, errors.New("invalid L4 fields")
			}
			switch k {
			case "icmp_type":
				t.ICMPType = uint8(number(8))
			case "icmp_code":
				t.ICMPCode = uint8(number(8))
			default:
				t.ICMPID = uint16(number(16))
			}
		default:
			err = fmt.Errorf("invalid conntrack tuple field: %s", k)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	if ports && proto == 0 {
		return nil, 0, errors.New("port is set without protocol")
	}
	t.settle(proto)
	return t, proto, nil
}
