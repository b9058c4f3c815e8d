package dpif

import (
	"fmt"
	"net/netip"
	"strconv"

	"govs/flow"
)

// AppendActions appends actions as text, "drop" for none. names may be nil.
func AppendActions(dst []byte, a Actions, names PortNames) []byte {
	if len(a) == 0 {
		return append(dst, "drop"...)
	}
	for b, first := []byte(a), true; len(b) > 0; first = false {
		typ, d, rest, ok := NextAttr(b)
		if !first {
			dst = append(dst, ',')
		}
		if !ok {
			return append(dst, "<error>"...)
		}
		dst = appendAction(dst, typ, d, names)
		b = rest
	}
	return dst
}

// String returns the actions as text, with port numbers.
func (a Actions) String() string { return string(AppendActions(nil, a, nil)) }

// actionLen is the least payload of actions that have one.
var actionLen = [...]int{ActOutput: 4, ActPushVLAN: 4, ActRecirc: 4, ActHash: 8, ActPushMPLS: 6, ActPopMPLS: 2,
	ActTrunc: 4, ActPushEth: 12, ActMeter: 4, ActAddMPLS: 6, ActTunnelPop: 4, ActLbOutput: 4}

func appendPort(dst []byte, p PortNo, names PortNames) []byte {
	if names != nil {
		if n, ok := names.PortName(p); ok {
			return append(dst, n...)
		}
	}
	return strconv.AppendUint(dst, uint64(p), 10)
}

func appendAction(dst []byte, typ uint16, d []byte, names PortNames) []byte {
	if int(typ) < len(actionLen) && len(d) < actionLen[typ] {
		return fmt.Appendf(dst, "action%d(bad length %d)", typ, len(d))
	}
	u32 := func(format string) []byte { return fmt.Appendf(dst, format, ne.Uint32(d)) }
	switch typ {
	case ActOutput:
		return appendPort(dst, PortNo(ne.Uint32(d)), names)
	case ActUserspace:
		return appendUserspace(dst, d, names)
	case ActSet, ActSetMasked:
		kt, kd, _, ok := NextAttr(d)
		if !ok {
			return append(dst, "set(<error>)"...)
		}
		var mask []byte
		if typ == ActSetMasked && kt == KeyNSH {
			k, m, err := SplitNSH(kd)
			if err != nil {
				return append(dst, "set(nsh(<error>))"...)
			}
			_, kd, _, _ = NextAttr(nestNSH(nil, k[:]))
			_, mask, _, _ = NextAttr(nestNSH(nil, m[:]))
		} else if typ == ActSetMasked {
			n := len(kd) / 2
			kd, mask = kd[:n], kd[n:]
		}
		dst = append(dst, "set("...)
		return append(appendKeyAttr(dst, kt, kd, mask, KeyTextOptions{Names: names}), ')')
	case ActPushVLAN:
		dst = append(dst, "push_vlan("...)
		if t := be.Uint16(d); t != flow.EthTypeVLAN {
			dst = fmt.Appendf(dst, "tpid=0x%04x,", t)
		}
		return append(appendVLANText(dst, be.Uint16(d[2:]), 0xffff, true), ')')
	case ActPopVLAN:
		return append(dst, "pop_vlan"...)
	case ActSample:
		return appendSample(dst, d, names)
	case ActRecirc:
		return append(hexValue(append(dst, "recirc("...), flow.U(uint64(ne.Uint32(d)))), ')')
	case ActHash:
		switch alg := ne.Uint32(d); alg {
		case HashL4:
			return fmt.Appendf(dst, "hash(l4(%d))", ne.Uint32(d[4:]))
		case HashSymL4:
			return fmt.Appendf(dst, "hash(sym_l4(%d))", ne.Uint32(d[4:]))
		default:
			return fmt.Appendf(dst, "hash(Unknown hash algorithm(%d))", alg)
		}
	case ActPushMPLS, ActAddMPLS:
		name := "push_mpls("
		if typ == ActAddMPLS {
			name = "add_mpls("
		}
		dst = appendLSE(append(dst, name...), be.Uint32(d), nil)
		return fmt.Appendf(dst, ",eth_type=0x%x)", be.Uint16(d[4:]))
	case ActPopMPLS:
		return fmt.Appendf(dst, "pop_mpls(eth_type=0x%x)", be.Uint16(d))
	case ActCT:
		return appendCT(dst, d)
	case ActTrunc:
		return u32("trunc(%d)")
	case ActPushEth:
		dst = flow.AppendMAC(append(dst, "push_eth(src="...), flow.MAC(d))
		return append(flow.AppendMAC(append(dst, ",dst="...), flow.MAC(d[6:])), ')')
	case ActPopEth:
		return append(dst, "pop_eth"...)
	case ActCTClear:
		return append(dst, "ct_clear"...)
	case ActPushNSH:
		return appendPushNSH(dst, d)
	case ActPopNSH:
		return append(dst, "pop_nsh()"...)
	case ActMeter:
		return u32("meter(%d)")
	case ActClone:
		dst = append(dst, "clone("...)
		return append(AppendActions(dst, d, names), ')')
	case ActCheckPktLen:
		n, _ := findAttr(d, CheckLenPktLen)
		gt, _ := findAttr(d, CheckLenGreater)
		le, _ := findAttr(d, CheckLenLessEqual)
		if len(n) < 2 {
			return append(dst, "check_pkt_len(<error>)"...)
		}
		dst = fmt.Appendf(dst, "check_pkt_len(size=%d,gt(", ne.Uint16(n))
		dst = AppendActions(dst, gt, names)
		dst = append(dst, "),le("...)
		return append(AppendActions(dst, le, names), "))"...)
	case ActDecTTL:
		in, _ := findAttr(d, 1)
		dst = append(dst, "dec_ttl(le_1("...)
		return append(AppendActions(dst, in, names), "))"...)
	case ActDrop:
		return append(dst, "drop"...)
	case ActTunnelPop:
		return append(appendPort(append(dst, "tnl_pop("...), PortNo(ne.Uint32(d)), names), ')')
	case ActLbOutput:
		return u32("lb_output(%d)")
	}
	dst = fmt.Appendf(dst, "action%d", typ)
	if len(d) > 0 {
		dst = fmt.Appendf(dst, "(%x)", d)
	}
	return dst
}

func appendSample(dst, d []byte, names PortNames) []byte {
	p, _ := findAttr(d, SampleProbability)
	in, _ := findAttr(d, SampleActions)
	if len(p) < 4 {
		return append(dst, "sample(<error>)"...)
	}
	dst = fmt.Appendf(dst, "sample(sample=%.1f%%,actions(", 100*float64(ne.Uint32(p))/(1<<32-1))
	return append(AppendActions(dst, in, names), "))"...)
}

func appendUserspace(dst, d []byte, names PortNames) []byte {
	pid, ok := findAttr(d, UserspacePid)
	if !ok || len(pid) < 4 {
		return append(dst, "userspace(error)"...)
	}
	dst = fmt.Appendf(dst, "userspace(pid=%d", ne.Uint32(pid))
	if data, ok := findAttr(d, UserspaceUserdata); ok {
		if u, ok := ParseUserData(data); ok {
			dst = append(dst, ',')
			dst = appendUserData(dst, &u)
		} else {
			dst = fmt.Appendf(dst, ",userdata(%x)", data)
		}
	}
	if _, ok := findAttr(d, UserspaceActions); ok {
		dst = append(dst, ",actions"...)
	}
	if p, ok := findAttr(d, UserspaceTunPort); ok && len(p) >= 4 {
		dst = appendPort(append(dst, ",tunnel_out_port="...), PortNo(ne.Uint32(p)), names)
	}
	return append(dst, ')')
}

func appendUserData(dst []byte, u *UserData) []byte {
	switch u.Kind {
	case UserSFlow:
		return fmt.Appendf(dst, "sFlow(vid=%d,pcp=%d,output=%d)", u.VLANTCI&0xfff, u.VLANTCI>>13, u.Output)
	case UserSlowPath:
		dst = append(dst, "slow_path("...)
		if u.Slow == 0 {
			dst = append(dst, '0')
		}
		first := true
		for i := range 32 {
			if u.Slow>>i&1 == 0 {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			if i < len(slowNames) {
				dst = append(dst, slowNames[i]...)
			} else {
				dst = fmt.Appendf(dst, "%#x", 1<<i)
			}
		}
		return append(dst, ')')
	case UserFlowSample:
		dst = fmt.Appendf(dst, "flow_sample(probability=%d,collector_set_id=%d,obs_domain_id=%d,obs_point_id=%d,output_port=%d",
			u.Probability, u.CollectorSetID, u.ObsDomainID, u.ObsPointID, u.Output)
		switch u.Direction {
		case 1:
			dst = append(dst, ",ingress"...)
		case 2:
			dst = append(dst, ",egress"...)
		}
		return append(dst, ')')
	case UserIPFIX:
		return fmt.Appendf(dst, "ipfix(output_port=%d)", u.Output)
	}
	dst = fmt.Appendf(dst, "controller(reason=%d,dont_send=%d,continuation=%d,recirc_id=%d,rule_cookie=",
		u.Reason, b2u(u.DontSend), b2u(u.Continuation), u.RecircID)
	dst = hexValue(dst, flow.U(u.Cookie))
	return fmt.Appendf(dst, ",controller_id=%d,max_len=%d)", u.ControllerID, u.MaxLen)
}

func appendCT(dst, d []byte) []byte {
	c, err := ParseCT(d)
	if err != nil {
		return append(dst, "ct(error)"...)
	}
	dst = append(dst, "ct"...)
	sep := byte('(')
	item := func(format string, args ...any) {
		dst = fmt.Appendf(append(dst, sep), format, args...)
		sep = ','
	}
	switch {
	case c.Force:
		item("force_commit")
	case c.Commit:
		item("commit")
	}
	if c.Zone != 0 {
		item("zone=%d", c.Zone)
	}
	if c.MarkMask != 0 {
		item("mark=%s/%s", hexValue(nil, flow.U(uint64(c.Mark))), hexValue(nil, flow.U(uint64(c.MarkMask))))
	}
	if !c.LabelMask.IsZero() {
		item("label=%s/%s", hexValue(nil, c.Label), hexValue(nil, c.LabelMask))
	}
	if c.Helper != "" {
		item("helper=%s", c.Helper)
	}
	if c.Timeout != "" {
		item("timeout=%s", c.Timeout)
	}
	if c.NAT != nil {
		item("%s", appendNAT(nil, c.NAT))
	}
	if sep == ',' {
		dst = append(dst, ')')
	}
	return dst
}

func appendNAT(dst []byte, n *NAT) []byte {
	dst = append(dst, "nat"...)
	if !n.Src && !n.Dst {
		return dst
	}
	dst = append(dst, "(src"...)
	if n.Dst {
		dst = append(dst[:len(dst)-3], "dst"...)
	}
	addr := func(ip []byte) {
		a, _ := netip.AddrFromSlice(ip)
		if len(ip) == 16 && n.PortMin != 0 {
			dst = fmt.Appendf(dst, "[%s]", a)
			return
		}
		dst = a.AppendTo(dst)
	}
	if len(n.IPMin) > 0 {
		dst = append(dst, '=')
		addr(n.IPMin)
		if len(n.IPMax) > 0 && string(n.IPMax) != string(n.IPMin) {
			dst = append(dst, '-')
			addr(n.IPMax)
		}
		if n.PortMin != 0 {
			dst = fmt.Appendf(dst, ":%d", n.PortMin)
			if n.PortMax > n.PortMin {
				dst = fmt.Appendf(dst, "-%d", n.PortMax)
			}
		}
	}
	if n.Persistent {
		dst = append(dst, ",persistent"...)
	}
	if n.Hash {
		dst = append(dst, ",hash"...)
	}
	if n.Random {
		dst = append(dst, ",random"...)
	}
	return append(dst, ')')
}
