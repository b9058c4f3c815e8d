package openflow

import (
	"regexp"
	"strings"
)

var durations = regexp.MustCompile(`duration[=:]?[0-9.]+s`)

var (
	rawTLVs      = regexp.MustCompile(`(NXM_NX_TUN_METADATA\d+(?:_W)?)\([0-9a-f/]*\)`)
	newRegisters = regexp.MustCompile(`\b(OXM_OF_PKT_REG([89]|1[0-5])|NXM_NX_REG(1[6-9]|2[0-9]|3[01])|NXM_NX_XXREG[4-7]|reg(1[6-9]|2[0-9]|3[01])|xreg([89]|1[0-5])|xxreg[4-7])\b`)
)

// zeroTLVs leaves the bytes of tunnel options out.
func zeroTLVs(s string) string { return rawTLVs.ReplaceAllString(s, "$1") }

// declaredMessage says why the reference prints a message otherwise, or "" if
// it has no right to.
func declaredMessage(b []byte, got, want string) (why string) {
	if strings.Contains(want, "***decode error: <invalid>***") {
		return "OVS 3.1 loses the name of some errors"
	}
	if durations.ReplaceAllString(got, "") == durations.ReplaceAllString(want, "") {
		return "OVS prints more nanoseconds than a second has as they come"
	}
	if zeroTLVs(got) == zeroTLVs(want) {
		return "OVS 3.1 shows other bytes of tunnel options than it has"
	}
	if strings.Contains(want, "decode error: OFPBMC_BAD_FIELD***") && newRegisters.MatchString(got) {
		return "OVS 3.7 has registers that 3.1 does not know"
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
