package dpif

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// String returns the identifier as "da39d71d-5c6a-4afb-8c97-f5ccf0a489ed".
func (u UFID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

// ParseUFID reads "ufid:..." off the front of s, with the comma that may follow.
func ParseUFID(s string) (u UFID, rest string, ok bool) {
	s, ok = strings.CutPrefix(strings.TrimSpace(s), "ufid:")
	if !ok {
		return u, s, false
	}
	id, rest, _ := strings.Cut(s, ",")
	b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(id), "-", ""))
	if err != nil || len(b) != 16 {
		return u, s, false
	}
	return UFID(b), strings.TrimSpace(rest), true
}

// AppendStats appends counters as "packets:0, bytes:0, used:never".
func AppendStats(dst []byte, s *FlowStats, now time.Time) []byte {
	dst = fmt.Appendf(dst, "packets:%d, bytes:%d, used:", s.Packets, s.Bytes)
	if s.Used.IsZero() {
		dst = append(dst, "never"...)
	} else {
		ms := max(0, now.Sub(s.Used).Milliseconds())
		dst = fmt.Appendf(dst, "%d.%03ds", ms/1000, ms%1000)
	}
	if s.TCPFlags != 0 {
		dst = append(dst, ", flags:"...)
		const letters = "FSRP.UECN"
		for i := range 16 {
			if s.TCPFlags>>i&1 == 0 {
				continue
			}
			if i < len(letters) {
				dst = append(dst, letters[i])
			} else {
				dst = fmt.Appendf(dst, "[%x]", 1<<i)
			}
		}
	}
	return dst
}

// AppendFlow appends a flow as a line of dump-flows, without newline. now is the
// time that "used:" counts back from.
func AppendFlow(dst []byte, f *Flow, now time.Time, o KeyTextOptions) []byte {
	if o.Verbose {
		dst = fmt.Appendf(dst, "ufid:%s, ", f.UFID)
	}
	dst = AppendKeyText(dst, &f.Match.Key, &f.Match.Mask, o)
	dst = append(dst, ", "...)
	dst = AppendStats(dst, &f.Stats, now)
	if o.Verbose {
		dst = append(dst, ", dp:ovs"...)
	}
	dst = append(dst, ", actions:"...)
	return AppendActions(dst, f.Actions, o.Names)
}
