package flowdiff

import (
	"regexp"
	"slices"
	"strings"

	"govs/openflow"
)

// groupDifferences are those in groups and meters.
var groupDifferences = []difference{
	{"segmentation fault", "3.1 ends with a signal", func(_ []string, line, got, want string) bool {
		return strings.HasSuffix(want, "exit -1\n") && !strings.HasSuffix(got, "exit -1\n")
	}},
	{"last bucket", "3.1 remembers the protocols of the last bucket's actions only, and sends others what they cannot carry", func(args []string, line, got, want string) bool {
		head, buckets, _ := strings.Cut(line, "bucket=")
		i := strings.LastIndex(buckets, "bucket=")
		if i < 0 {
			return false
		}
		cmd := openflow.GroupAdd
		if strings.Contains(strings.Join(args, " "), "insert-bucket") {
			cmd = openflow.GroupInsertBucket
		}
		_, all, err1 := openflow.ParseGroupMod(line, cmd, nil)
		_, last, err2 := openflow.ParseGroupMod(head+buckets[i:], cmd, nil)
		if err1 != nil || err2 != nil || all == last {
			return false
		}
		if g, w, ok := usables(got, want); ok {
			return g == all && w == last
		}
		const none = "ovs-ofctl: none of the usable flow formats ("
		return !strings.HasPrefix(want, none) || strings.HasPrefix(got, none)
	}},
	{"check_pkt_larger in a bucket", "3.1 puts a second parenthesis behind its field", func(_ []string, line, got, want string) bool {
		return strings.Contains(line, "check_pkt_larger(") && strings.Contains(line, "bucket=") &&
			(strings.Contains(want, "unexpected input following field syntax") || strings.Contains(want, "): unknown field `") || strings.Replace(want, ")", "", 1) == got)
	}},
	{"numbers of buckets", "3.1 gives a bucket without a number one that another bucket has, and refuses that itself", func(_ []string, line, got, want string) bool {
		n := strings.Count(line, "bucket_id") - strings.Count(line, "command_bucket_id")
		if n == 0 || n >= strings.Count(line, "bucket=") {
			return false
		}
		return strings.Contains(want, "OFPGMFC_BAD_BUCKET") || sameLastLine(got, want) || sameDump(got, want)
	}},
	{"parenthesis in a bucket", "3.1 writes an action anew, with its value in parentheses, and one in the value ends it", func(_ []string, line, got, want string) bool {
		for _, bucket := range strings.Split(line, "bucket=")[1:] {
			depth := 0
			for _, r := range bucket {
				switch r {
				case '(':
					depth++
				case ')':
					if depth--; depth < 0 {
						return true
					}
				}
			}
			if depth != 0 {
				return true
			}
		}
		return false
	}},
	{"nanoseconds", "3.1 prints more of them than a second has as they come", func(_ []string, line, got, want string) bool {
		return duration.ReplaceAllString(got, "") == duration.ReplaceAllString(want, "")
	}},
	{"nameless error", "3.1 loses the name of some errors", func(_ []string, line, got, want string) bool {
		return strings.Contains(want, "***decode error: <invalid>***") && anyError.ReplaceAllString(got, "") == anyError.ReplaceAllString(want, "")
	}},
	{"registers in a message", "3.7 has registers that 3.1 does not know", func(args []string, line, got, want string) bool {
		return messages(args) && (setError.MatchString(want) || strings.Contains(want, "OFPBMC_BAD_FIELD")) &&
			(newRegisterText.MatchString(got) || newRegister.MatchString(got))
	}},
	{"VLAN without a tag", "3.1 wants the bit that says there is a tag in a masked vlan_vid too", func(args []string, line, got, want string) bool {
		return strings.Contains(want, "OFPBAC_BAD_SET_ARGUMENT") && maskedVID.MatchString(got)
	}},
	{"length of a tunnel option in a message", "3.1 does not look at it in the header of a field that is part of an action", func(args []string, line, got, want string) bool {
		return messages(args) && strings.Contains(want, "NXM_NX_TUN_METADATA") && strings.Contains(got, "OFPBMC_BAD_FIELD")
	}},
	{"load of mpls_tc", "3.1 prints the mask of all there is of it", func(args []string, line, got, want string) bool {
		return strings.ReplaceAll(want, "/0x7->mpls_tc", "->mpls_tc") == got
	}},
	{"all of vlan_vid", "3.1 takes the mask 0x1fff of the 13 bits there are for one that leaves some out", func(args []string, line, got, want string) bool {
		return wholeVID.MatchString(line)
	}},
	{"value outside mask in a group", "3.1 sends bits of a value that its mask leaves out", func(args []string, line, got, want string) bool {
		return setMask.MatchString(line) && (sameDump(got, want) || sameLastLine(got, want))
	}},
	{"bits of nw_tos", "3.1 prints those of a mask that the field has not", func(args []string, line, got, want string) bool {
		plain := func(s string) string {
			return changedByte.ReplaceAllString(tosMask.ReplaceAllString(s, "->nw_tos"), "")
		}
		return plain(got) == plain(want)
	}},
	{"several faults in actions", "of several in one message 3.1 tells another", func(args []string, line, got, want string) bool {
		return messages(args) && actionError.MatchString(got) && actionError.MatchString(want) && actionError.ReplaceAllString(got, "") == actionError.ReplaceAllString(want, "")
	}},
	{"unknown field set in a message", "for a header that is damaged 3.1 has one of two codes by rules of its own", func(args []string, line, got, want string) bool {
		return messages(args) && setError.MatchString(got) && setError.MatchString(want) && setError.ReplaceAllString(got, "") == setError.ReplaceAllString(want, "")
	}},
	{"learned bits in a message", "3.1 does not check a learn's offsets and values until the flow is added", func(args []string, line, got, want string) bool {
		return messages(args) && strings.Contains(want, "learn(") && (setError.MatchString(got) || strings.Contains(got, "OFPBMC_BAD_MASK"))
	}},
	{"resubmit with ct", "3.1 does not print that the connection's addresses are meant if there is no table", func(_ []string, line, got, want string) bool {
		return resubmitCT.ReplaceAllString(got, "resubmit:$1") == want
	}},
	{"ct_state in a hash", "3.1 prints flags that there are not", func(_ []string, line, got, want string) bool {
		return strings.Contains(want, "-[Unknown]") && ctStateMask.ReplaceAllString(got, "") == ctStateMask.ReplaceAllString(want, "")
	}},
	{"group without a header", "3.1 sends the header of another field for a field that has none", func(_ []string, line, got, want string) bool {
		_, buckets, _ := strings.Cut(line, "bucket=")
		return noHeader.MatchString(line) || headerless.MatchString(buckets)
	}},
}

var (
	ctStateMask     = regexp.MustCompile(`ct_state=[-+|a-z\[\]A-Z0-9]*`)
	duration        = regexp.MustCompile(`duration[=:][0-9.]+s`)
	resubmitCT      = regexp.MustCompile(`resubmit\((\w+),,ct\)`)
	anyError        = regexp.MustCompile(`decode error: (\w+|<invalid>)\*\*\*`)
	actionError     = regexp.MustCompile(`decode error: (OFPBAC|NXBAC|OFPBMC|OFPGMFC)_\w+\*\*\*`)
	newRegisterText = regexp.MustCompile(`\b(reg(1[6-9]|[23][0-9])|xreg([89]|1[0-5])|xxreg[4-7])\b`)
	wholeVID        = regexp.MustCompile(`set_field:[^,]*/0x1fff->vlan_vid`)
	dumpLine        = regexp.MustCompile(`(?m)^[0-9a-f]{8}  .*\n`)
	maskedVID       = regexp.MustCompile(`set_field:[0-9]+/0x[0-9a-f]+->vlan_vid`)
	tosMask         = regexp.MustCompile(`/0x[0-9a-f]+->nw_tos`)
	setError        = regexp.MustCompile(`decode error: OFPBAC_BAD_(SET_TYPE|SET_LEN|ARGUMENT)\*\*\*`)
	headerless      = regexp.MustCompile(`\b(dl_vlan|dl_vlan_pcp|skb_priority|tun_ttl|tun_tos)\b`)
	noHeader        = regexp.MustCompile(`fields[=:(]([^)]*[^a-z0-9_])?(dl_vlan|dl_vlan_pcp|skb_priority|tun_ttl|tun_tos)([^a-z0-9_]|$)`)
)

// sameLastLine reports whether both sent a message of the same kind and length.
func sameLastLine(got, want string) bool {
	last := func(s string) string { return s[strings.LastIndexByte(strings.TrimSpace(s), '\n')+1:] }
	g, w := last(got), last(want)
	return len(g) == len(w) && len(g) > 16 && g[:16] == w[:16]
}

// messages reports whether the run printed messages.
func messages(args []string) bool { return slices.Contains(args, "ofp-parse") }

// sameDump reports whether both printed the same error for messages of the same
// length.
func sameDump(got, want string) bool {
	return len(got) == len(want) && strings.Contains(want, "***decode error: ") && dumpLine.ReplaceAllString(got, "") == dumpLine.ReplaceAllString(want, "")
}
