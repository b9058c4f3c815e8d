package flowdiff

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"govs/flow"
	"govs/openflow"
)

// A difference is one that is meant: the reference here is 3.1, and where 3.7
// or OpenFlow says otherwise they win.
type difference struct {
	name, why string
	is        func(args []string, line, got, want string) bool
}

// differences are all that are declared.
var differences = slices.Concat(flowDifferences, groupDifferences)

var flowDifferences = []difference{
	{"hint", "errors for a word say which one is near", func(_ []string, line, got, want string) bool {
		i := strings.Index(got, "; did you mean")
		if i < 0 {
			return false
		}
		_, rest, _ := strings.Cut(got[i+2:], "?")
		return got[:i]+rest == want
	}},
	{"crash", "3.1 ends in an assertion", func(_ []string, line, got, want string) bool { return strings.Contains(want, ": assertion ") }},
	{"erspan and gtpu", "3.1 sends the value of these where their mask belongs", func(_ []string, line, got, want string) bool {
		return strings.Contains(line, "tun_erspan_") || strings.Contains(line, "_ERSPAN_") || strings.Contains(line, "tun_gtpu_") || strings.Contains(line, "_GTPU_") ||
			strings.Contains(want, "->tun_erspan_") || strings.Contains(want, "->tun_gtpu_")
	}},
	{"new fields", "3.7 has registers that 3.1 does not know", func(_ []string, line, got, want string) bool {
		if (strings.Contains(want, "OFPBAC_BAD_SET_TYPE") || strings.Contains(want, "OFPBAC_BAD_SET_LEN") || strings.Contains(want, "OFPBMC_BAD_FIELD")) && newRegister.MatchString(got) {
			return true
		}
		_, name, ok := strings.Cut(want, "unknown field `")
		if !ok {
			_, name, ok = strings.Cut(want, "unknown keyword ")
		}
		if !ok {
			name, _, ok = strings.Cut(want[strings.LastIndexByte(want, ':')+1:], " is not a valid OXM field name")
		}
		if !ok {
			if ok = strings.HasSuffix(want, ": output to unknown port\n"); ok {
				name = strings.TrimSuffix(want, ": output to unknown port\n")
				name, _, ok = strings.Cut(name[strings.LastIndexByte(name, ':')+1:], "[")
			}
		}
		if !ok {
			_, name, ok = strings.Cut(strings.TrimSuffix(want, " missing value\n"), ": field ")
		}
		if !ok {
			return false
		}
		name = strings.TrimSuffix(strings.Trim(name, " '\n"), "_W")
		id, known := flow.FieldByName(name)
		return known && newField(id)
	}},
	{"value outside mask", "3.1 sends bits of a value in OpenFlow 1.5 that its mask leaves out, and refuses that itself", func(_ []string, line, got, want string) bool {
		return strings.Contains(want, "***decode error: OFPBMC_BAD_WILDCARDS***") || setMask.MatchString(line) && hexOf(got, want, "06")
	}},
	{"no wire name", "3.1 writes some other field's header for a field that has none", func(_ []string, line, got, want string) bool {
		_, acts, _ := strings.Cut(line, "action")
		for _, n := range []string{"dl_vlan", "skb_priority", "tun_ttl", "tun_tos"} {
			if strings.Contains(acts, n) {
				return true
			}
		}
		return false
	}},
	{"printing tun_metadata in hex", "3.1 shows other bytes than it sends", func(args []string, line, got, want string) bool {
		return slices.Contains(args, "-mmm") && rawTLV.ReplaceAllString(got, "") == rawTLV.ReplaceAllString(want, "")
	}},
	{"printing tun_metadata in NXM", "3.1 shows other bytes than it has", func(args []string, line, got, want string) bool {
		return strings.Contains(line, "TUN_METADATA") && sameTLVs(got) == sameTLVs(want)
	}},
	{"unknown field set", "for a header that is damaged 3.1 has one of two codes by rules of its own", func(args []string, line, got, want string) bool {
		set := func(s string) bool {
			return strings.Contains(s, "OFPBAC_BAD_SET_TYPE") || strings.Contains(s, "OFPBAC_BAD_SET_LEN")
		}
		return strings.HasPrefix(args[0], "parse-") && set(got) && set(want)
	}},
	{"empty mask", "3.1 takes a field of which nothing counts for a sign that the packet is a frame", func(_ []string, line, got, want string) bool {
		return emptyMask.MatchString(line) && (strings.Replace(want, ",eth,", ",", 1) == got || strings.Replace(want, ",eth ", " ", 1) == got || strings.Replace(want, "OXM_OF_PACKET_TYPE(00000000), ", "", 1) == got || strings.Contains(noGaps.Replace(want), "8000580400000000"))
	}},
	{"ipv6_label", "3.1 sends more bits than the label has", func(_ []string, line, got, want string) bool {
		return bigLabel.MatchString(line) && (len(got) == len(want) || labelText.ReplaceAllString(got, "") == labelText.ReplaceAllString(want, "") || strings.Contains(want, "OFPBMC_BAD_VALUE"))
	}},
	{"mask of a label", "3.1 takes the mask of all bits that a label has for one that leaves bits out", func(_ []string, line, got, want string) bool {
		return labelMask.MatchString(line)
	}},
	{"obs ids", "3.1 has no obs_domain_id and obs_point_id from fields", func(_ []string, line, got, want string) bool {
		return strings.Contains(line, "sample(") && strings.Contains(want, "numeric") && strings.Contains(got, "unknown field")
	}},
	{"empty mask beside tun_metadata in hex", "both of the above", func(args []string, line, got, want string) bool {
		return slices.Contains(args, "-mmm") && emptyMask.MatchString(line) &&
			rawTLV.ReplaceAllString(strings.Replace(want, "OXM_OF_PACKET_TYPE(00000000), ", "", 1), "") == rawTLV.ReplaceAllString(got, "")
	}},
	{"bits of nd_options_type", "3.1 reads zero for those that are there already", func(_ []string, line, got, want string) bool {
		line = strings.ToLower(line)
		return strings.Contains(line, "nd_options_type[") && strings.Count(line, "nd_options_type") > 1
	}},
	{"learn packet_type", "3.1 writes its name twice, or a name that it does not read", func(_ []string, line, got, want string) bool {
		want = strings.ReplaceAll(want, "packet_type=packet_type=", "packet_type=")
		return strings.Contains(line, "learn(") && strings.ReplaceAll(want, "packet_type=eth", "packet_type=(0,0)") == got
	}},
	{"load of nw_ecn", "3.1 prints the mask of all there is of it, of nw_tos, of ip_dscp and of vlan_pcp, and sends it", func(_ []string, line, got, want string) bool {
		return changedByte.ReplaceAllString(ipTOSMask.ReplaceAllString(want, "$1"), "") == changedByte.ReplaceAllString(got, "")
	}},
	{"mask of ip_dscp", "3.1 prints the two bits of a mask beside the field, and sends them", func(_ []string, line, got, want string) bool {
		cut := dscpMask.ReplaceAllStringFunc(want, func(m string) string {
			head, mask, _ := strings.Cut(strings.TrimSuffix(m, "->ip_dscp"), "/")
			n, err := strconv.ParseUint(mask, 0, 8)
			if err != nil {
				return m
			}
			return fmt.Sprintf("%s/%#x->ip_dscp", head, n&0x3f)
		})
		return cut != want && changedByte.ReplaceAllString(cut, "") == changedByte.ReplaceAllString(got, "")
	}},
	{"bundle_load", "3.1 does not check its algorithm and kind of members", func(args []string, line, got, want string) bool {
		return args[0] != "parse-flows" && strings.Contains(want, "bundle_load(") && strings.Contains(got, "OFPBAC_BAD_ARGUMENT")
	}},
	{"learned bits", "3.1 does not check a learn's offsets and values until the flow is added", func(args []string, line, got, want string) bool {
		return strings.HasPrefix(args[0], "parse-") && strings.Contains(want, "learn(") &&
			(strings.Contains(got, "OFPBAC_BAD_SET_LEN") || strings.Contains(got, "OFPBAC_BAD_ARGUMENT"))
	}},
	{"length of a tunnel option", "3.1 does not look at it in the header of a field that is part of an action", func(args []string, line, got, want string) bool {
		return strings.HasPrefix(args[0], "parse-") && (strings.Contains(want, "NXM_NX_TUN_METADATA") || strings.Contains(want, "tun_metadata")) &&
			(strings.Contains(got, "OFPBAC_BAD_SET_") || strings.Contains(got, "OFPBMC_BAD_FIELD"))
	}},
	{"bytes without a meaning", "3.1 keeps some that it does not look at, and a mask of all there is", func(args []string, line, got, want string) bool {
		return strings.HasPrefix(args[0], "parse-") && len(changedByte.FindAllString(got, -1)) <= 4 &&
			changedByte.ReplaceAllString(got, "") == changedByte.ReplaceAllString(want, "")
	}},
	{"several faults", "of several in one message 3.1 tells another", func(args []string, line, got, want string) bool {
		if strings.HasPrefix(args[0], "parse-") { // bytes that are damaged in places
			return strings.HasPrefix(strings.TrimSpace(got), "bad OpenFlow") && strings.HasPrefix(strings.TrimSpace(want), "bad OpenFlow")
		}
		return decodeError.MatchString(got) && decodeError.MatchString(want) &&
			decodeError.ReplaceAllString(got, "") == decodeError.ReplaceAllString(want, "")
	}},
	{"tcp_flags", "3.1 sends a mask of 12 bits of the 12 there are", func(_ []string, line, got, want string) bool {
		return flags12.MatchString(line)
	}},
	{"encap(ethernet)", "3.1 reads its own message as if the type of an IP packet were lost behind encap(ethernet)", func(_ []string, line, got, want string) bool {
		return strings.Contains(line, "encap(ethernet)") && strings.Contains(line, "packet_type=(1,") &&
			strings.Contains(want, "***decode error: OFPBAC_MATCH_INCONSISTENT***") && !strings.Contains(got, "decode error")
	}},
	{"port 32", "3.1 sends a reserved port to in_port_oxm, and refuses that itself", func(_ []string, line, got, want string) bool {
		return (strings.Contains(line, "->in_port_oxm") || strings.Contains(line, "80000004ffff")) && strings.Contains(want, "OFPBAC_BAD_SET_ARGUMENT")
	}},
	{"masked set_field", "3.1 forgets the mask in OpenFlow 1.0 and 1.1", func(_ []string, line, got, want string) bool {
		return maskedSet.MatchString(line) && (strings.Contains(want, "no usable protocol") || strings.Contains(want, "actions=") || strings.Contains(want, "decode error") || hexOf(got, want, "0") ||
			oldMessage.MatchString(got) && oldMessage.MatchString(want))
	}},
	{"ct zone of a field", "3.1 does not check a ct's other arguments then", func(_ []string, line, got, want string) bool {
		return strings.Contains(line, "zone=") && strings.Contains(got, "(OFPBAC_MATCH_INCONSISTENT)") && strings.HasPrefix(want, "usable protocols: ")
	}},
	{"ct_nw_proto=0", "3.1 does not send it", func(_ []string, line, got, want string) bool {
		return zeroProto.MatchString(line)
	}},
	{"(null)", "3.1 has no name for what is wrong", func(_ []string, line, got, want string) bool {
		return strings.Contains(want, "invalid (null) ")
	}},
	{"learn of a long header", "3.1 writes a zero header for a field whose header does not fit, and refuses that itself", func(_ []string, line, got, want string) bool {
		return strings.Contains(line, "learn(") && strings.Contains(got, ": experimenter OXM field '")
	}},
	{"nested usable", "3.1 forgets, at a list inside an action, which protocols the actions before it need", func(_ []string, line, got, want string) bool {
		if !strings.Contains(line, "clone(") && !strings.Contains(line, "write_actions(") && !strings.Contains(line, "exec(") {
			return false
		}
		if strings.Contains(got, "none of the usable flow formats") && strings.Contains(want, "needs OpenFlow 1.5 or later") ||
			sentXid.ReplaceAllString(got, "") == sentXid.ReplaceAllString(want, "") {
			return true // it goes to the switch, or without the question for another format before it
		}
		if strings.Contains(got, "(OFPBAC_MATCH_INCONSISTENT)") && (want == "" || strings.HasPrefix(want, "usable protocols: ") || strings.Contains(want, "none of the usable flow formats")) {
			return true
		}
		g, w, ok := usables(got, want)
		return ok && g != w && g&w == g
	}},
}

// usables returns the protocols that both outputs say are usable.
func usables(got, want string) (g, w openflow.Protocols, ok bool) {
	parse := func(s string) (openflow.Protocols, bool) {
		s, _, _ = strings.Cut(s, "\n")
		s, ok := strings.CutPrefix(s, "usable protocols: ")
		if s == "none" {
			return 0, ok
		}
		p, bad := openflow.ParseProtocols(s)
		return p, ok && bad == ""
	}
	g, ok1 := parse(got)
	w, ok2 := parse(want)
	return g, w, ok1 && ok2
}

var maskedSet = regexp.MustCompile(`set_field:[^,]*/[^,]*->(eth|dl|ip|nw|vlan|tcp|udp|sctp)_`)

var zeroProto = regexp.MustCompile(`ct_nw_proto[=:]0(x?0+)?\b|CT_NW_PROTO`)

// sameTLVs makes zeros of all bytes of tunnel options.
func sameTLVs(s string) string {
	return rawTLV.ReplaceAllStringFunc(s, func(m string) string {
		name, v, _ := strings.Cut(m, "(")
		return name + "(" + nonZero.ReplaceAllString(v, "0")
	})
}

var emptyMask = regexp.MustCompile(`/(0x)?0*(,| |$)|/(0x)?0+\b|/(0\.0\.0\.0|::)(,| |$)|[=:](,| |$)|(eth|dl|vlan|ip|nw|arp)_[a-z]+(,| |$)`)

// hexOf reports whether both are messages of one version of OpenFlow.
func hexOf(got, want, version string) bool {
	return strings.HasPrefix(got, version) && strings.HasPrefix(want, version)
}

var (
	bigLabel    = regexp.MustCompile(`ipv6_label[=:]([^, ]*/)?(0x[0-9a-f]{6}|[0-9]{7})`)
	labelText   = regexp.MustCompile(`ipv6_label=0x[0-9a-f]+(/0x[0-9a-f]+)?`)
	ipTOSMask   = regexp.MustCompile(`/0x(?:3|7|fe|3f)(->(?:nw_(?:ecn|tos)|ip_dscp|vlan_pcp))`)
	labelMask   = regexp.MustCompile(`/0x0*fffff->ipv6_label`)
	decodeError = regexp.MustCompile(`\(xid=0x[0-9a-f]+\): \*\*\*decode error: \w+\*\*\*|[0-9a-f]{8}  01 .*`)
	newRegister = regexp.MustCompile(`(OXM_OF_PKT_REG([89]|1[0-5])|NXM_NX_REG(1[6-9]|2[0-9]|3[01])|NXM_NX_XXREG[4-7]|NXOXM_ET_REG(1[6-9]|2[0-9]|3[01])|NXOXM_ET_XXREG[4-7]|(->|[,(])(reg(1[6-9]|2[0-9]|3[01])|xreg([89]|1[0-5])|xxreg[4-7]))\b`)
	dscpMask    = regexp.MustCompile(`set_field:[0-9a-fx]+/0x[0-9a-f]+->ip_dscp\b`)
	sentXid     = regexp.MustCompile(`(?m)^01[0-9a-f]{6}0000000[0-9]`) // of a message of OpenFlow 1.0
	changedByte = regexp.MustCompile(`\n *[0-9]+: [0-9a-f]{2} -> [0-9a-f]{2}`)
	oldMessage  = regexp.MustCompile(`exit [01]\n0[12]`) // of OpenFlow 1.0 or 1.1, to a switch
	noGaps      = strings.NewReplacer(" ", "", "-", "")
	flags12     = regexp.MustCompile(`tcp_flags[=:][^, ]*/0xfff\b`)
	setMask     = regexp.MustCompile(`set_field:[^,]*/[^,]*->`)
)

var nonZero = regexp.MustCompile("[1-9a-f]")

var rawTLV = regexp.MustCompile(`NXM_NX_TUN_METADATA\d+(_W)?\([0-9a-f/]*\)`)

func declaredDifference(args []string, line, got, want string) *difference {
	for i := range differences {
		if differences[i].is(args, line, got, want) {
			return &differences[i]
		}
	}
	return nil
}
