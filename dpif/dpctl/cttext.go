package dpctl

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"govs/conntrack"
	"govs/flow"
)

// protoNames are the protocols that have names in texts about connections.
var protoNames = map[uint8]string{
	1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 58: "icmpv6", 132: "sctp", 136: "udplite",
}

func appendProto(b []byte, proto uint8) []byte {
	if name := protoNames[proto]; name != "" {
		return append(b, name...)
	}
	return strconv.AppendUint(b, uint64(proto), 10)
}

func appendTuple(b []byte, t *conntrack.Tuple) []byte {
	b = append(b, "src="...)
	b = t.Src.AppendTo(b)
	b = append(b, ",dst="...)
	b = t.Dst.AppendTo(b)
	if t.ICMP() {
		return fmt.Appendf(b, ",id=%d,type=%d,code=%d", t.ICMPID, t.ICMPType, t.ICMPCode)
	}
	return fmt.Appendf(b, ",sport=%d,dport=%d", t.SrcPort, t.DstPort)
}

// appendEntry appends a connection as dump-conntrack prints it.
func appendEntry(b []byte, e *conntrack.Entry, more, stats bool) []byte {
	b = append(appendProto(b, e.Orig.Proto), ",orig=("...)
	b = append(appendTuple(b, &e.Orig), "),reply=("...)
	b = append(appendTuple(b, &e.Reply), ')')
	if more {
		b = append(b, ",id=0"...) // connections have no numbers here, as in the reference
	}
	if e.Zone != 0 {
		b = fmt.Appendf(b, ",zone=%d", e.Zone)
	}
	if more {
		b = append(b, ",status=0"...)
	}
	if stats {
		b = fmt.Appendf(b, ",timeout=%d", e.Timeout)
	}
	b = appendMarks(b, e.Mark, &e.Label)
	if e.Orig.Proto == flow.ProtoTCP {
		b = appendTCP(b, &e.TCP, more)
	}
	if e.Helper != "" {
		b = append(append(b, ",helper="...), e.Helper...)
	}
	return b
}

func appendMarks(b []byte, mark uint32, label *[16]byte) []byte {
	if mark != 0 {
		b = fmt.Appendf(b, ",mark=%d", mark)
	}
	if *label != [16]byte{} {
		b = append(b, ",labels=0x"...)
		b = append(b, strings.TrimLeft(fmt.Sprintf("%x", label[:]), "0")...)
	}
	return b
}

// appendTCP appends the states of both ends, or the later of them.
func appendTCP(b []byte, p *[2]conntrack.TCPInfo, more bool) []byte {
	if !more {
		return fmt.Appendf(b, ",protoinfo=(state=%s)", max(p[0].State, p[1].State))
	}
	b = fmt.Appendf(b, ",protoinfo=(state_orig=%s,state_reply=%s", p[0].State, p[1].State)
	if p[0].Scale != 0 || p[1].Scale != 0 {
		b = fmt.Appendf(b, ",wscale_orig=%d,wscale_reply=%d", p[0].Scale, p[1].Scale)
	}
	for i, name := range [2]string{"orig", "reply"} {
		flags := "0"
		switch {
		case p[i].Scaling:
			flags = "WINDOW_SCALE"
		case p[i].Midway:
			flags = "BE_LIBERAL"
		}
		b = fmt.Appendf(b, ",flags_%s=%s", name, flags)
	}
	return append(b, ')')
}

func appendExpectation(b []byte, x *conntrack.Expectation) []byte {
	b = append(appendProto(b, x.Expected.Proto), ",orig=("...)
	b = append(appendTuple(b, &x.Expected), ')')
	if x.Zone != 0 {
		b = fmt.Appendf(b, ",zone=%d", x.Zone)
	}
	b = appendMarks(b, x.Mark, &x.Label)
	b = append(b, ",parent=("...)
	return append(appendTuple(b, &x.Parent), ')')
}

// parseMarks takes "mark=VALUE[/MASK]" and "labels=VALUE[/MASK]" off the front of
// args.
func parseMarks(args []string, f *conntrack.Filter) ([]string, error) {
	for len(args) > 0 {
		if v, ok := strings.CutPrefix(args[0], "mark="); ok {
			val, mask, masked := strings.Cut(v, "/")
			n, err := strconv.ParseUint(val, 0, 32)
			m := uint64(1<<32 - 1)
			if err == nil && masked {
				m, err = strconv.ParseUint(mask, 0, 32)
			}
			if err != nil || m == 0 {
				return nil, errors.New("failed to parse mark")
			}
			f.Mark, f.MarkMask = uint32(n), uint32(m)
		} else if v, ok := strings.CutPrefix(args[0], "labels="); ok {
			val, mask, err := flow.CtLabel.ParseValue(v, nil)
			if err != nil || mask.IsZero() {
				return nil, errors.New("failed to parse labels")
			}
			val.AppendBytes(f.Label[:0], 16)
			mask.AppendBytes(f.LabelMask[:0], 16)
		} else {
			break
		}
		args = args[1:]
	}
	return args, nil
}

// parseTuple reads one direction of connections to be flushed, such as
// "ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=80".
func parseTuple(s string, t *conntrack.TupleFilter) error {
	icmp := false

	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		k, v, ok := strings.Cut(w, "=")
		if !ok || v == "" {
			return fmt.Errorf("field %s missing value", k)
		}
		num := func(bits int) (n uint64) {
			var err error
			if n, err = strconv.ParseUint(v, 10, bits); err != nil {
				ok = false
			}
			return n
		}
		addr := func(a *netip.Addr, v6 bool) error {
			switch {
			case a.IsValid():
				return fmt.Errorf("%s is set multiple times", k)
			default:
				x, err := netip.ParseAddr(v)
				if ok = err == nil && x.Zone() == "" && x.Is6() == v6; !ok {
					return nil
				}
				if t.Src.IsValid() && t.Src.Is6() != v6 || t.Dst.IsValid() && t.Dst.Is6() != v6 {
					return fmt.Errorf("the L3 protocol does not match %s", v)
				}
				*a = x
			}
			return nil
		}
		var err error
		switch k {
		case "ct_nw_src", "ct_ipv6_src":
			err = addr(&t.Src, k == "ct_ipv6_src")
		case "ct_nw_dst", "ct_ipv6_dst":
			err = addr(&t.Dst, k == "ct_ipv6_dst")
		case "ct_nw_proto":
			t.Proto = uint8(num(8))
		case "ct_tp_src":
			t.SrcPort = uint16(num(16))
		case "ct_tp_dst":
			t.DstPort = uint16(num(16))
		case "icmp_type":
			t.ICMPType, icmp = uint8(num(8)), true
		case "icmp_code":
			t.ICMPCode, icmp = uint8(num(8)), true
		case "icmp_id":
			t.ICMPID, icmp = uint16(num(16)), true
		default:
			return fmt.Errorf("invalid conntrack tuple field: %s", k)
		}
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("failed to parse field %s", k)
		}

	}
	if icmp && !t.ICMP() || (t.SrcPort != 0 || t.DstPort != 0) && (t.Proto == 0 || t.ICMP()) {
		return errors.New("invalid L4 fields")
	}
	return nil
}
