package openflow

import (
	"errors"
	"strconv"
	"strings"
)

// ParseTLVMaps reads mappings of Geneve options to fields, such as
// "{class=0xffff,type=0,len=4}->tun_metadata0", divided by commas.
func ParseTLVMaps(s string) ([]TLVMap, error) {
	bad := errors.New("invalid tlv mapping")
	var maps []TLVMap
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, ", \t") {
		var m TLVMap
		body, rest, ok := strings.Cut(s, "}")
		if !ok || !strings.HasPrefix(body, "{") {
			return nil, bad
		}
		seen := 0
		for part := range strings.SplitSeq(body[1:], ",") {
			k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
			bits := map[string]int{"class": 16, "type": 8, "len": 8}[k]
			n, err := strconv.ParseUint(v, 0, max(bits, 1))
			if bits == 0 || err != nil {
				return nil, bad
			}
			switch k {
			case "class":
				m.Class = uint16(n)
			case "type":
				m.Type = uint8(n)
			case "len":
				m.Length = uint8(n)
			}
			seen++
		}
		rest, ok = strings.CutPrefix(rest, "->tun_metadata")
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseUint(rest[:digits], 10, 16)
		if !ok || seen != 3 || err != nil {
			return nil, bad
		}
		m.Index = uint16(n)
		maps = append(maps, m)
		s = rest[digits:]
	}
	return maps, nil
}
