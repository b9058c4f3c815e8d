package openflow

import (
	"regexp"
	"strings"
)

var durations = regexp.MustCompile(`duration=?[0-9.]+s`)

// declaredMessage says why the reference prints a message otherwise, or "" if
// it has no right to.
func declaredMessage(b []byte, got, want string) (why string) {
	if strings.Contains(want, "***decode error: <invalid>***") {
		return "OVS 3.1 loses the name of some errors"
	}
	if durations.ReplaceAllString(got, "") == durations.ReplaceAllString(want, "") {
		return "OVS prints more nanoseconds than a second has as they come"
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
