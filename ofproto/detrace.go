package ofproto

import (
	"fmt"
	"strconv"
	"strings"

	"govs/dpif"
	"govs/openflow"
)

// cmdDetrace is ofproto/detrace: the flows and groups that a datapath's flow was
// made by, in the order in which translation met them.
func (h *Host) cmdDetrace(args []string) (string, error) {
	u, rest, ok := dpif.ParseUFID(args[0])
	if !ok || rest != "" {
		return "", traceError("failed to parse ufid")
	}
	if len(args) > 1 {
		// Any thread's number will do: all threads of a datapath share its flows.
		n, ok := strings.CutPrefix(args[1], "pmd=")
		if _, err := strconv.ParseUint(n, 10, 32); !ok || err != nil {
			return "", traceError("Invalid pmd argument format. Expecting 'pmd=PMD-ID'")
		}
	}
	for _, b := range h.Backers() {
		if b.ukeys.get(u) == nil {
			continue
		}
		if text, ok := b.detrace(u); ok {
			return text, nil
		}
	}
	return "", traceError("UFID was not found")
}

// detrace tells by what a flow was made. One that somebody put by hand is
// translated first, and taken away if it is wrong.
func (b *Backer) detrace(u dpif.UFID) (text string, ok bool) {
	b.round.Lock()
	k := b.ukeys.get(u)
	adopted := k != nil && k.seen == 0 && len(k.out.effects) == 0
	b.round.Unlock()
	if adopted {
		b.Step(b.host.clock.Now())
	}
	b.round.Lock()
	defer b.round.Unlock()
	if k = b.ukeys.get(u); k == nil {
		return "", false
	}
	var s strings.Builder
	for i := range k.out.effects {
		e := &k.out.effects[i]
		if r := e.Rule(); r != nil {
			fmt.Fprintf(&s, "cookie=%#x, table=%d %s\n", r.Cookie, r.Table, ruleText(r))
		}
		if g, bucket := e.Group(); g != nil {
			fmt.Fprintf(&s, "group_id=%d", g.ID)
			for i := range g.Buckets {
				if bucket < 0 || bucket == i {
					s.Write(openflow.AppendBucket([]byte(",bucket="), g.Type, &g.Buckets[i], nil))
				}
			}
			s.WriteByte('\n')
		}
	}
	return s.String(), true
}
