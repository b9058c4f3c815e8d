package dpif

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"govs/flow"
)

// ParseActions reads actions as AppendActions writes them; "drop" and the empty
// text are no actions. names may be nil. The error is ErrInvalid with what could
// not be read.
func ParseActions(s string, names PortNames) (Actions, error) {
	if strings.EqualFold(strings.TrimSpace(s), "drop") {
		return nil, nil
	}
	var a Actions
	for {
		s = strings.TrimLeft(s, listSpace)
		if s == "" {
			return a, nil
		}
		name, args, rest, call, ok := cutCall(s)
		if !ok {
			return nil, syntaxError(s)
		}
		var err error
		if a, err = parseAction(a, name, args, call, names); err != nil {
			return nil, err
		}
		s = rest
	}
}

// args reads "name=value" items, calling set for each until it fails.
func eachItem(s string, set func(name, value string) bool) error {
	all := s
	for {
		name, value, rest, ok := cutItem(s)
		if !ok {
			return nil
		}
		if !set(name, value) {
			return syntaxError(all)
		}
		s = rest
	}
}

// number stores a number of at most bits bits and reports whether s is one. A
// negative 32-bit number is what C makes of it.
func number[T uint8 | uint16 | uint32 | uint64](s string, to *T, bits int) bool {
	if bits == 32 && strings.HasPrefix(s, "-") {
		n, err := strconv.ParseInt(s, 0, 32)
		*to = T(uint32(int32(n)))
		return err == nil
	}
	n, err := strconv.ParseUint(s, 0, bits)
	*to = T(n)
	return err == nil
}

func parseAction(a Actions, name, args string, call bool, names PortNames) (Actions, error) {
	bad := syntaxError(name)
	if call {
		bad = syntaxError(name + "(" + args + ")")
	}
	if !call {
		switch name {
		case "pop_vlan":
			return a.PopVLAN(), nil
		case "pop_eth":
			return a.PopEth(), nil
		case "ct_clear":
			return a.CTClear(), nil
		case "ct":
			return a.CT(&CT{}), nil
		case "drop":
			return nil, bad
		}
		var p uint32
		if number(name, &p, 32) {
			return a.Output(PortNo(p)), nil
		}
		if names != nil {
			if p, ok := names.PortByName(name); ok {
				return a.Output(p), nil
			}
		}
		return nil, bad
	}
	var n uint32
	isNum := number(args, &n, 32)
	switch name {
	case "recirc":
		if isNum {
			return a.Recirc(n), nil
		}
	case "trunc":
		if isNum {
			return a.Trunc(n), nil
		}
	case "meter":
		if isNum {
			return a.Meter(n), nil
		}
	case "lb_output":
		if isNum {
			return a.LbOutput(n), nil
		}
	case "tnl_pop":
		if isNum {
			return appendU32(a, ActTunnelPop, n), nil
		}
	case "hash":
		alg, basis, _, ok, _ := cutCall(args)
		var b uint32
		if ok && number(basis, &b, 32) {
			switch alg {
			case "l4", "hash_l4":
				return a.Hash(HashL4, b), nil
			case "sym_l4":
				return a.Hash(HashSymL4, b), nil
			}
		}
	case "push_vlan":
		tpid := uint16(flow.EthTypeVLAN)
		var vlan []string
		if err := eachItem(args, func(k, v string) bool {
			if k == "tpid" {
				return number(v, &tpid, 16)
			}
			vlan = append(vlan, k+"="+v)
			return true
		}); err != nil {
			return nil, err
		}
		tci, _, err := parseVLANText(strings.Join(vlan, ","), true)
		return a.PushVLAN(tpid, tci), err
	case "push_mpls", "add_mpls":
		var typ uint16
		var lse []string
		if err := eachItem(args, func(k, v string) bool {
			if k == "eth_type" {
				return number(v, &typ, 16)
			}
			lse = append(lse, k+"="+v)
			return true
		}); err != nil {
			return nil, err
		}
		l, _, err := parseMPLSText(strings.Join(lse, ","))
		if err != nil {
			return nil, err
		}
		if name == "push_mpls" {
			return a.PushMPLS(be.Uint32(l), typ), nil
		}
		return AppendAttr(a, ActAddMPLS, be.AppendUint16(append([]byte(nil), l...), typ)), nil
	case "pop_mpls":
		var typ uint16
		err := eachItem(args, func(k, v string) bool { return k == "eth_type" && number(v, &typ, 16) })
		return a.PopMPLS(typ), err
	case "push_eth":
		var m [2]flow.MAC
		err := eachItem(args, func(k, v string) bool {
			mac, ok := flow.ParseMAC(v)
			switch k {
			case "src":
				m[0] = mac
			case "dst":
				m[1] = mac
			case "type":
				ok = true
			default:
				ok = false
			}
			return ok
		})
		return a.PushEth(m[0], m[1]), err
	case "push_nsh":
		args, hexMD2, _ := strings.Cut(args, ",md2=")
		v, _, err := keyRowNamed("nsh").parseMembers(args, nil)
		if err != nil {
			return nil, err
		}
		var md2 []byte
		if hexMD2 != "0" {
			md2, err = hex.DecodeString(strings.TrimPrefix(hexMD2, "0x"))
		}
		var k flow.Key
		_, body, _, _ := NextAttr(nestNSH(nil, v))
		parseNSHKey(body, &k)
		if err != nil || k.NSHMDType != 2 && len(md2) > 0 || len(md2)%4 != 0 || len(md2) > 248 {
			return nil, syntaxError("push_nsh(" + args + ")")
		}
		return a.PushNSH(&k, md2), nil
	case "pop_nsh":
		return AppendAttr(a, ActPopNSH, nil), nil
	case "set":
		return parseSet(a, args, names)
	case "clone":
		in, err := parseNested(args, names)
		return a.Clone(in), err
	case "sample":
		return parseSample(a, args, names)
	case "check_pkt_len":
		return parseCheckPktLen(a, args, names)
	case "ct":
		return parseCTText(a, args)
	case "userspace":
		return parseUserspace(a, args, names)
	}
	return nil, bad
}

func parseNested(s string, names PortNames) (Actions, error) {
	if strings.TrimSpace(s) == "drop" {
		return nil, nil
	}
	return ParseActions(s, names)
}

func parseSet(a Actions, s string, names PortNames) (Actions, error) {
	name, args, rest, call, ok := cutCall(strings.TrimSpace(s))
	if !ok || !call || strings.TrimSpace(rest) != "" {
		return nil, syntaxError("set(" + s + ")")
	}
	if name == "tunnel" {
		t, mask, opts, _, err := parseTunnelText(args)
		if err != nil || strings.Contains(args, "/") {
			return nil, syntaxError("set(" + s + ")")
		}
		_ = mask
		return a.SetTunnel(&t, opts), nil
	}
	if name == "encap" {
		return nil, syntaxError("set(" + s + ")")
	}
	key, mask, err := parseKeyText(s, names, nil, nil)
	if err != nil {
		return nil, err
	}
	typ, v, _, _ := NextAttr(key)
	_, m, _, _ := NextAttr(mask)
	if typ == KeyNSH {
		return a.setNSH(v, m), nil
	}
	if typ == KeyVLAN {
		m = []byte{0xff, 0xff}
	}
	return a.setKey(typ, v, m), nil
}

func parseSample(a Actions, s string, names PortNames) (Actions, error) {
	var p uint32
	var in Actions
	err := eachItem(s, func(k, v string) bool {
		switch k {
		case "sample":
			f, err := strconv.ParseFloat(strings.TrimSuffix(v, "%"), 64)
			if err != nil || f < 0 || f > 100 {
				return false
			}
			p = uint32(f / 100 * (1<<32 - 1))
			return true
		case "actions":
			var err error
			in, err = parseNested(v, names)
			return err == nil
		}
		return false
	})
	return a.Sample(p, in), err
}

func parseCheckPktLen(a Actions, s string, names PortNames) (Actions, error) {
	var n uint16
	var gt, le Actions
	err := eachItem(s, func(k, v string) bool {
		var err error
		switch k {
		case "size":
			return number(v, &n, 16)
		case "gt":
			gt, err = parseNested(v, names)
		case "le":
			le, err = parseNested(v, names)
		default:
			return false
		}
		return err == nil
	})
	return a.CheckPktLen(n, gt, le), err
}

func parseCTText(a Actions, s string) (Actions, error) {
	c := &CT{}
	err := eachItem(s, func(k, v string) bool {
		switch k {
		case "commit":
			c.Commit = true
		case "force_commit":
			c.Commit, c.Force = true, true
		case "zone":
			return number(v, &c.Zone, 16)
		case "mark":
			val, m, ok := parseMasked(v, 32)
			c.Mark, c.MarkMask = uint32(val), uint32(m)
			return ok
		case "label":
			var err error
			c.Label, c.LabelMask, err = flow.CtLabel.ParseValue(v, nil)
			return err == nil && v != ""
		case "helper":
			c.Helper = v
			return v != ""
		case "timeout":
			c.Timeout = v
			return v != ""
		case "nat":
			n, ok := parseNATText(v)
			c.NAT = n
			return ok
		default:
			return false
		}
		return true
	})
	return a.CT(c), err
}

func parseNATText(s string) (*NAT, bool) {
	n := &NAT{}
	err := eachItem(s, func(k, v string) bool {
		switch k {
		case "src", "dst":
			if n.Src || n.Dst {
				return false
			}
			n.Src, n.Dst = k == "src", k == "dst"
			return v == "" || n.parseRange(v)
		case "persistent":
			n.Persistent = true
		case "hash":
			n.Hash = true
		case "random":
			n.Random = true
		default:
			return false
		}
		return true
	})
	return n, err == nil
}

// parseRange reads "a[-b][:p[-q]]", IPv6 addresses in brackets if ports follow.
func (n *NAT) parseRange(s string) bool {
	addr := func() ([]byte, bool) {
		var t string
		if strings.HasPrefix(s, "[") {
			var ok bool
			if t, s, ok = strings.Cut(s[1:], "]"); !ok {
				return nil, false
			}
		} else {
			e := strings.IndexByte(s, '-')
			if c := strings.IndexByte(s, ':'); c >= 0 && strings.Count(s, ":") == 1 && (e < 0 || c < e) {
				e = c
			}
			if e < 0 {
				e = len(s)
			}
			t, s = s[:e], s[e:]
		}
		a, err := netip.ParseAddr(t)
		if err != nil || a.Zone() != "" {
			return nil, false
		}
		return a.AsSlice(), true
	}
	var ok bool
	if n.IPMin, ok = addr(); !ok {
		return false
	}
	if r, found := strings.CutPrefix(s, "-"); found {
		s = r
		if n.IPMax, ok = addr(); !ok || len(n.IPMax) != len(n.IPMin) {
			return false
		}
	}
	if s == "" {
		return true
	}
	p, found := strings.CutPrefix(s, ":")
	if !found {
		return false
	}
	lo, hi, ranged := strings.Cut(p, "-")
	if !number(lo, &n.PortMin, 16) {
		return false
	}
	return !ranged || number(hi, &n.PortMax, 16)
}

func parseUserspace(a Actions, s string, names PortNames) (Actions, error) {
	var pid uint32
	tunPort := NoPort
	var data []byte
	var actions bool
	err := eachItem(s, func(k, v string) bool {
		switch k {
		case "pid":
			return number(v, &pid, 32)
		case "actions":
			actions = true
			return v == ""
		case "tunnel_out_port":
			var p uint32
			ok := number(v, &p, 32)
			tunPort = PortNo(p)
			return ok
		case "userdata":
			b, err := hex.DecodeString(v)
			data = b
			return err == nil
		}
		u, ok := parseUserData(k, v)
		if ok {
			data = u.Encode()
		}
		return ok
	})
	return a.Userspace(pid, data, tunPort, actions), err
}

func parseUserData(kind, args string) (u UserData, ok bool) {
	flag := func(v string, to *bool) bool {
		var n uint8
		ok := number(v, &n, 8)
		*to = n != 0
		return ok
	}
	var vid, pcp uint16
	var item func(k, v string) bool
	switch kind {
	case "sFlow":
		u.Kind = UserSFlow
		item = func(k, v string) bool {
			switch k {
			case "vid":
				return number(v, &vid, 12)
			case "pcp":
				return number(v, &pcp, 3)
			}
			return k == "output" && number(v, &u.Output, 32)
		}
	case "ipfix":
		u.Kind = UserIPFIX
		item = func(k, v string) bool { return k == "output_port" && number(v, &u.Output, 32) }
	case "slow_path":
		u.Kind = UserSlowPath
		if number(args, &u.Slow, 32) {
			return u, u.Slow>>len(slowNames) == 0
		}
	words:
		for _, w := range strings.FieldsFunc(args, func(r rune) bool { return r == '|' || r == ',' }) {
			for i, n := range slowNames {
				if n == w {
					u.Slow |= 1 << i
					continue words
				}
			}
			return u, false
		}
		return u, true
	case "flow_sample":
		u.Kind = UserFlowSample
		item = func(k, v string) bool {
			switch k {
			case "probability":
				return number(v, &u.Probability, 16)
			case "collector_set_id":
				return number(v, &u.CollectorSetID, 32)
			case "obs_domain_id":
				return number(v, &u.ObsDomainID, 32)
			case "obs_point_id":
				return number(v, &u.ObsPointID, 32)
			case "output_port":
				return number(v, &u.Output, 32)
			case "ingress":
				u.Direction = 1
				return true
			case "egress":
				u.Direction = 2
				return true
			}
			return false
		}
	case "controller":
		u.Kind = UserController
		item = func(k, v string) bool {
			switch k {
			case "reason":
				return number(v, &u.Reason, 8)
			case "dont_send":
				return flag(v, &u.DontSend)
			case "continuation":
				return flag(v, &u.Continuation)
			case "recirc_id":
				return number(v, &u.RecircID, 32)
			case "rule_cookie":
				return number(v, &u.Cookie, 64)
			case "controller_id":
				return number(v, &u.ControllerID, 16)
			}
			return k == "max_len" && number(v, &u.MaxLen, 16)
		}
	default:
		return u, false
	}
	err := eachItem(args, item)
	u.VLANTCI = vid | pcp<<13
	return u, err == nil
}
