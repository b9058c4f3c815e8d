package openflow

import (
	"fmt"
	"strconv"

	"govs/flow"
)

// Names is what turning text into values and back needs to know beside the
// text: the names of ports and tables. A nil *Names knows none.
type Names struct {
	Ports  flow.PortNames
	Tables flow.PortNames // of tables, in spite of the type's name
	// Show prints ports and tables by name where there is one.
	Show bool
	// Colors are those of the text of flows; nil is none.
	Colors *flow.Palette
	// TLVs are the tunnel options of the switch; with nil any of the fields
	// tun_metadata0 to 63 may be used.
	TLVs *flow.TLVMap
	// Debug lets the actions debug_slow and debug_recirc be decoded, which
	// only test switches have.
	Debug bool
	// Warn gets the complaints that OVS logs while it reads text, with the
	// name of the module; nil drops them.
	Warn func(module, text string)
}

func (n *Names) env() *flow.TextEnv {
	if n == nil {
		return nil
	}
	return &flow.TextEnv{Ports: n.Ports, Warn: n.Warn}
}

// shown returns the names of ports to print, or nil.
func (n *Names) shown() flow.PortNames {
	if n == nil || !n.Show {
		return nil
	}
	return n.Ports
}

func (n *Names) palette() *flow.Palette {
	if n == nil {
		return nil
	}
	return n.Colors
}

func (n *Names) warnf(module, format string, args ...any) {
	if n != nil && n.Warn != nil {
		n.Warn(module, fmt.Sprintf(format, args...))
	}
}

// ParsePort reads a port: a number, a reserved name, or a name that n knows.
func (n *Names) ParsePort(s string) (Port, bool) {
	p, ok := flow.ParsePort(s, n.env())
	return Port(p), ok
}

// AppendPort prints a port as actions and matches do.
func (n *Names) AppendPort(b []byte, p Port) []byte {
	return flow.AppendPort(b, uint32(p), n.shown())
}

// ParseTable reads a table's number or name; 255 stands for no table.
func (n *Names) ParseTable(s string) (uint8, bool) {
	if v, ok := flow.Decimal32(s); ok {
		if v > 255 {
			n.warnf("ofp_table", "table %d is outside the supported range 0 through 255", v)
			return 0, false
		}
		return uint8(v), true
	}
	if n == nil || n.Tables == nil {
		return 0, false
	}
	if len(s) > 1 && s[0] == '"' {
		q, err := strconv.Unquote(s)
		if err != nil {
			return 0, false
		}
		s = q
	}
	t, ok := n.Tables.PortByName(s)
	return uint8(t), ok
}

// AppendTable prints a table's name or number.
func (n *Names) AppendTable(b []byte, t uint8) []byte {
	if n != nil && n.Show && n.Tables != nil {
		if name, ok := n.Tables.PortName(uint32(t)); ok {
			if nameNeedsQuotes(name) {
				return strconv.AppendQuote(b, name)
			}
			return append(b, name...)
		}
	}
	return strconv.AppendUint(b, uint64(t), 10)
}

// NameMap maps between numbers and names, of ports or tables. A name that two
// numbers have, or a number with two names, stands for nothing. It is a
// flow.PortNames.
type NameMap struct {
	byName   map[string]uint32
	byNumber map[uint32]string
	dupName  map[string]bool
	dupNum   map[uint32]bool
}

// Add gives number a name.
func (m *NameMap) Add(number uint32, name string) {
	if m.byName == nil {
		m.byName, m.byNumber = map[string]uint32{}, map[uint32]string{}
		m.dupName, m.dupNum = map[string]bool{}, map[uint32]bool{}
	}
	if old, ok := m.byName[name]; ok && old != number {
		m.dupName[name] = true
	} else {
		m.byName[name] = number
	}
	if old, ok := m.byNumber[number]; ok && old != name {
		m.dupNum[number] = true
	} else {
		m.byNumber[number] = name
	}
}

// Number returns the number with a name.
func (m *NameMap) Number(name string) (uint32, bool) {
	if m == nil || m.dupName[name] {
		return 0, false
	}
	n, ok := m.byName[name]
	return n, ok
}

// Name returns the name of a number, or "".
func (m *NameMap) Name(number uint32) string {
	if m == nil || m.dupNum[number] {
		return ""
	}
	name := m.byNumber[number]
	if m.dupName[name] {
		return ""
	}
	return name
}

// PortByName is Number.
func (m *NameMap) PortByName(name string) (uint32, bool) { return m.Number(name) }

// PortName is Name.
func (m *NameMap) PortName(number uint32) (string, bool) {
	name := m.Name(number)
	return name, name != ""
}

func nameNeedsQuotes(s string) bool {
	if s == "" || !isAlpha(s[0]) && s[0] != '_' {
		return true
	}
	for i := range len(s) {
		if c := s[i]; !isAlpha(c) && c != '_' && (c < '0' || c > '9') {
			return true
		}
	}
	return false
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
