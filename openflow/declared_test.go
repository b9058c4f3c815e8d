package openflow

import (
	"regexp"
	"strings"
)

var durations = regexp.MustCompile(`duration[=:]?[0-9.]+s`)

// declaredMessage says why the reference prints a message otherwise, or "" if
// it has no right to.
func declaredMessage(b []byte, got, want string) (why string) {
	if strings.Contains(want, "***decode error: <invalid>***") {
		return "OVS 3.1 loses the name of some errors"
	}
	if durations.ReplaceAllString(got, "") == durations.ReplaceAllString(want, "") {
		return "OVS prints more nanoseconds than a second has as they come"
	}
	if b[0] == byte(V11) && b[1] == typeStatsRep11 && be.Uint16(b[8:]) == 3 {
		return "OVS takes the actions that can be written for those that can be applied"
	}
	if h := ParseHeader(b); h.Type == 17 && h.Version >= V14 && len(b) >= 16 {
		_ = eachProp(b[16:], func(typ uint16, _ []byte) error {
			if typ == tablePropEviction {
				why = "OVS reads a table-mod's eviction flags as whether there is eviction"
			}
			return nil
		})
	}
	return why
}
