package openflow

import (
	"fmt"
	"math/bits"
	"strings"
)

// Version is the version byte of an OpenFlow header. The zero Version stands
// for none.
type Version uint8

// The versions of OpenFlow that have been published.
const (
	V10 Version = 1 + iota
	V11
	V12
	V13
	V14
	V15
)

// String returns the version's name as in the -O option, such as "OpenFlow10".
func (v Version) String() string {
	if v < V10 || v > V15 {
		return fmt.Sprintf("0x%02x", uint8(v))
	}
	return fmt.Sprintf("OpenFlow1%d", v-V10)
}

// Short returns the version as OVS prints it in a message's heading, such as
// "OF1.3".
func (v Version) Short() string {
	if v < V10 || v > V15 {
		return "Unknown"
	}
	return fmt.Sprintf("OF1.%d", v-V10)
}

// Versions is a set of versions: bit N is set when version N is in it, as in
// the bitmap of a hello message.
type Versions uint32

// AllVersions holds every version this package knows.
const AllVersions Versions = 1<<V10 | 1<<V11 | 1<<V12 | 1<<V13 | 1<<V14 | 1<<V15

// VersionsOf returns the set of the given versions.
func VersionsOf(vs ...Version) Versions {
	var s Versions
	for _, v := range vs {
		s |= 1 << v
	}
	return s
}

// Has reports whether v is in the set.
func (s Versions) Has(v Version) bool { return v < 32 && s&(1<<v) != 0 }

// Max returns the newest version of the set, or 0 for the empty set.
func (s Versions) Max() Version {
	if s == 0 {
		return 0
	}
	return Version(bits.Len32(uint32(s)) - 1)
}

// String lists the set as "OpenFlow10,OpenFlow13".
func (s Versions) String() string {
	var names []string
	for v := Version(0); v < 32; v++ {
		if s.Has(v) {
			names = append(names, v.String())
		}
	}
	return strings.Join(names, ",")
}

// WireList lists the set in the form of OVS's negotiation messages: "version
// 0x01", "version 0x05 and earlier" or "versions 0x01, 0x04".
func (s Versions) WireList() string {
	if s == 0 {
		return "no versions"
	}
	if top := s.Max(); s&^1 == 1<<(top+1)-2 {
		if top == V10 {
			return "version 0x01"
		}
		return fmt.Sprintf("version 0x%02x and earlier", uint8(top))
	}
	var list []string
	for v := Version(0); v < 32; v++ {
		if s.Has(v) {
			list = append(list, fmt.Sprintf("0x%02x", uint8(v)))
		}
	}
	if len(list) == 1 {
		return "version " + list[0]
	}
	return "versions " + strings.Join(list, ", ")
}

// ParseVersions reads a list as the -O option takes it: names such as
// "OpenFlow13", separated by commas or blanks. The error is in ovs-ofctl's words.
func ParseVersions(text string) (s Versions, err error) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		v, ok := parseVersion(w)
		if !ok {
			return 0, fmt.Errorf("Unknown OpenFlow version: %q", w)
		}
		s |= 1 << v
	}
	return s, nil
}

func parseVersion(w string) (Version, bool) {
	for v := V10; v <= V15; v++ {
		if strings.EqualFold(w, v.String()) || strings.EqualFold(w, fmt.Sprintf("OpenFlow1.%d", v-V10)) {
			return v, true
		}
	}
	return 0, false
}
