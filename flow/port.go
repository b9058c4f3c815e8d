package flow

import (
	"fmt"
	"strconv"
	"strings"
)

// OpenFlow port numbers in the 16-bit form that Key.InPort and ActsetOutput
// hold (OpenFlow 1.0 section 5.2.1); OpenFlow 1.1 has the same reserved ports
// at 0xffff0000 above.
const (
	PortMax        = 0xff00 // first number that is not an ordinary port
	PortUnset      = 0xfff7 // no output in the action set
	PortInPort     = 0xfff8
	PortTable      = 0xfff9
	PortNormal     = 0xfffa
	PortFlood      = 0xfffb
	PortAll        = 0xfffc
	PortController = 0xfffd
	PortLocal      = 0xfffe
	PortNone       = 0xffff
)

// PortToOF11 returns the 32-bit form of a port.
func PortToOF11(p uint32) uint32 {
	if p >= PortMax && p <= PortNone {
		return p | 0xffff0000
	}
	return p
}

// PortFromOF11 returns the 16-bit form of a 32-bit port, and whether there is
// one.
func PortFromOF11(p uint32) (uint32, bool) {
	if p < PortMax {
		return p, true
	}
	if p >= 0xffff0000|PortMax {
		return p & 0xffff, true
	}
	return 0, false
}

// PortNames translates between port numbers (16-bit form) and names.
type PortNames interface {
	PortName(port uint32) (string, bool)
	PortByName(name string) (uint32, bool)
}

// TextEnv is what reading a flow's text may need from around it. A nil TextEnv
// is as good as an empty one.
type TextEnv struct {
	Ports PortNames
	// Warn is told what is accepted with a complaint; module is the one that
	// vlog names.
	Warn func(module, text string)
}

func (e *TextEnv) warn(module, text string) {
	if e != nil && e.Warn != nil {
		e.Warn(module, text)
	}
}

// reservedPorts are the reserved ports by name; the first name of a number is
// the one printed.
var reservedPorts = [...]struct {
	name string
	port uint32
}{
	{"IN_PORT", PortInPort}, {"TABLE", PortTable}, {"NORMAL", PortNormal}, {"FLOOD", PortFlood},
	{"ALL", PortAll}, {"CONTROLLER", PortController}, {"LOCAL", PortLocal}, {"ANY", PortNone},
	{"NONE", PortNone}, {"UNSET", PortUnset},
}

// AppendPort appends a port as text: its reserved name, its name if names has
// one (quoted unless it is a plain word), else its number.
func AppendPort(dst []byte, port uint32, names PortNames) []byte {
	for i := range reservedPorts {
		if reservedPorts[i].port == port {
			return append(dst, reservedPorts[i].name...)
		}
	}
	if names != nil {
		if n, ok := names.PortName(port); ok {
			return appendPortName(dst, n)
		}
	}
	return strconv.AppendUint(dst, uint64(port), 10)
}

// appendPortName quotes a name as JSON does unless it is a word of letters,
// digits and underscores that does not begin with a digit.
func appendPortName(dst []byte, n string) []byte {
	plain := n != ""
	for i := range len(n) {
		c := n[i]
		if c != '_' && !(c|0x20 >= 'a' && c|0x20 <= 'z') && !(i > 0 && c >= '0' && c <= '9') {
			plain = false
		}
	}
	if plain {
		return append(dst, n...)
	}
	return strconv.AppendQuote(dst, n)
}

// ParsePort reads a port: a decimal number, a reserved name in any case, or one
// of env's names, in double quotes if need be.
func ParsePort(s string, env *TextEnv) (port uint32, ok bool) {
	if p, ok := Decimal32(s); ok {
		switch {
		case p < PortMax:
			return p, true
		case p < PortInPort:
			env.warn("ofp_port", fmt.Sprintf("port %d is a reserved OF1.0 port number that will be translated to %d when talking to an OF1.1 or later controller", p, PortToOF11(p)))
			return p, true
		case p <= PortNone:
			env.warn("ofp_port", fmt.Sprintf("referring to port %s as %d is deprecated for compatibility with OpenFlow 1.1 and later", AppendPort(nil, p, nil), p))
			return p, true
		case p < 0xffffff00:
			env.warn("ofp_port", fmt.Sprintf("port %d is outside the supported range 0 through %x or 0x%x through 0x%x", p, PortNone, uint32(0xffffff00), uint32(0xffffffff)))
			return 0, false
		}
		return p & 0xffff, true
	}
	if strings.HasPrefix(s, "-") {
		env.warn("ofp_port", fmt.Sprintf("Negative value %s is not a valid port number.", s))
		return 0, false
	}
	for i := range reservedPorts {
		if strings.EqualFold(reservedPorts[i].name, s) {
			return reservedPorts[i].port, true
		}
	}
	if env == nil || env.Ports == nil {
		return 0, false
	}
	if len(s) >= 2 && s[0] == '"' {
		u, err := strconv.Unquote(s)
		if err != nil {
			return 0, false
		}
		s = u
	}
	return env.Ports.PortByName(s)
}
