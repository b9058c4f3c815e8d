package flowdiff

import (
	"regexp"
	"strings"

	"govs/openflow"
)

func init() { differences = append(differences, groupDifferences...) }

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
		return !strings.HasPrefix(want, "ovs-ofctl: none of")
	}},
	{"check_pkt_larger in a bucket", "3.1 puts a second parenthesis behind its field", func(_ []string, line, got, want string) bool {
		return strings.Contains(line, "check_pkt_larger(") && strings.Contains(line, "bucket=") && strings.Contains(want, "unexpected input following field syntax")
	}},
	{"numbers of buckets", "3.1 gives a bucket without a number one that another bucket has, and refuses that itself", func(_ []string, line, got, want string) bool {
		n := strings.Count(line, "bucket_id")
		if n == 0 || n >= strings.Count(line, "bucket=") || strings.Contains(got, "decode error") {
			return false
		}
		return strings.Contains(want, "OFPGMFC_BAD_BUCKET") || sameLastLine(got, want)
	}},
	{"parenthesis in a bucket", "3.1 writes an action anew, with its value in parentheses, and one in the value ends it", func(_ []string, line, got, want string) bool {
		_, buckets, _ := strings.Cut(line, "bucket=")
		return unopened.MatchString(buckets)
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
	ctStateMask = regexp.MustCompile(`ct_state=[-+|a-z\[\]A-Z0-9]*`)
	unopened    = regexp.MustCompile(`[:=][^(,]*\)`)
	headerless  = regexp.MustCompile(`\b(dl_vlan|dl_vlan_pcp|skb_priority|tun_ttl|tun_tos)\b`)
	noHeader    = regexp.MustCompile(`fields[=:(]([^)]*[^a-z0-9_])?(dl_vlan|dl_vlan_pcp|skb_priority|tun_ttl|tun_tos)([^a-z0-9_]|$)`)
)

// sameLastLine reports whether both sent a message of the same kind and length.
func sameLastLine(got, want string) bool {
	last := func(s string) string { return s[strings.LastIndexByte(strings.TrimSpace(s), '\n')+1:] }
	g, w := last(got), last(want)
	return len(g) == len(w) && len(g) > 16 && g[:16] == w[:16]
}
