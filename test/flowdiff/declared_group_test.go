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
	{"last bucket", "3.1 remembers the protocols of the last bucket's actions only, and sends others what they cannot carry", func(_ []string, line, got, want string) bool {
		g, w, ok := usables(got, want)
		head, buckets, several := strings.Cut(line, "bucket=")
		i := strings.LastIndex(buckets, "bucket=")
		if !ok || !several || i < 0 || g&w != g || g == w {
			return false
		}
		_, last, err := openflow.ParseGroupMod(head+buckets[i:], openflow.GroupAdd, nil)
		return err == nil && last == w
	}},
	{"check_pkt_larger in a bucket", "3.1 puts a second parenthesis behind its field", func(_ []string, line, got, want string) bool {
		return strings.Contains(line, "check_pkt_larger(") && strings.Contains(line, "bucket=") && strings.Contains(want, "unexpected input following field syntax")
	}},
	{"numbers of buckets", "3.1 gives a bucket without a number one that another bucket has, and refuses that itself", func(_ []string, line, got, want string) bool {
		return strings.Contains(line, "bucket_id") && strings.Contains(want, "OFPGMFC_BAD_BUCKET") && !strings.Contains(got, "decode error")
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
	headerless  = regexp.MustCompile(`\b(dl_vlan|dl_vlan_pcp|skb_priority|tun_ttl|tun_tos)\b`)
	noHeader    = regexp.MustCompile(`fields[=:(]([^)]*[^a-z0-9_])?(dl_vlan|dl_vlan_pcp|skb_priority|tun_ttl|tun_tos)([^a-z0-9_]|$)`)
)
