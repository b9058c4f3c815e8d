package openflow

import "strings"

// Protocols is a set of ways to speak of flows: a version of OpenFlow, for 1.0
// with or without the extensible match and with or without the extension that
// names a flow's table.
type Protocols uint16

// The protocols, simplest first.
const (
	ProtoOF10    Protocols = 1 << iota // OpenFlow 1.0, OFPT_FLOW_MOD without a table
	ProtoOF10TID                       // and with it (NXT_FLOW_MOD_TABLE_ID)
	ProtoNXM                           // OpenFlow 1.0, NXT_FLOW_MOD
	ProtoNXMTID
	ProtoOF11
	ProtoOXM12
	ProtoOXM13
	ProtoOXM14
	ProtoOXM15
)

// Groups of protocols.
const (
	ProtoAny     = 1<<9 - 1
	protoTID     = ProtoOF10TID | ProtoNXMTID | protoOF11Up
	protoOF10Any = ProtoOF10 | ProtoOF10TID
	protoNXMAny  = ProtoNXM | ProtoNXMTID
	protoOF11Up  = ProtoOF11 | protoOXM
	protoOXM     = ProtoOXM12 | protoOF13Up
	protoOF13Up  = ProtoOXM13 | protoOF14Up
	protoOF14Up  = ProtoOXM14 | ProtoOXM15
	protoNXMOXM  = protoNXMAny | protoOXM
	// ProtocolsNamingTable are those whose flow-mods name their table.
	ProtocolsNamingTable = protoTID
	protoNXMOF11Up       = protoNXMAny | protoOF11Up
	protoOF12Up          = protoOXM
)

var protocolNames = [...]struct {
	p    Protocols
	name string
}{
	{ProtoAny, "any"},
	{protoOF10Any, "OpenFlow10"},
	{protoNXMAny, "NXM"},
	{protoOXM, "OXM"},
	{ProtoOF10, "OpenFlow10-table_id"},
	{ProtoOF10TID, "OpenFlow10+table_id"},
	{ProtoNXM, "NXM-table_id"},
	{ProtoNXMTID, "NXM+table_id"},
	{ProtoOF11, "OpenFlow11"},
	{ProtoOXM12, "OXM-OpenFlow12"},
	{ProtoOXM13, "OXM-OpenFlow13"},
	{ProtoOXM14, "OXM-OpenFlow14"},
	{ProtoOXM15, "OXM-OpenFlow15"},
}

// String lists the set as -F takes it, such as "NXM,OXM".
func (p Protocols) String() string {
	if p == 0 {
		return "none"
	}
	var out []string
	for _, r := range protocolNames {
		if p&r.p == r.p {
			out = append(out, r.name)
			p &^= r.p
		}
	}
	return strings.Join(out, ",")
}

// ParseProtocols reads a list as the -F option takes it. bad is the first
// unknown word.
func ParseProtocols(text string) (p Protocols, bad string) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		found := false
		for _, r := range protocolNames {
			if strings.EqualFold(w, r.name) {
				p |= r.p
				found = true
			}
		}
		if !found {
			return 0, w
		}
	}
	return p, ""
}

// Version returns the version of OpenFlow that carries the one protocol in p.
func (p Protocols) Version() Version {
	switch {
	case p&(protoOF10Any|protoNXMAny) != 0:
		return V10
	case p&ProtoOF11 != 0:
		return V11
	case p&ProtoOXM12 != 0:
		return V12
	case p&ProtoOXM13 != 0:
		return V13
	case p&ProtoOXM14 != 0:
		return V14
	case p&ProtoOXM15 != 0:
		return V15
	}
	return 0
}

// First returns the simplest protocol of the set.
func (p Protocols) First() Protocols { return p & -p }

// ProtocolOf returns the protocol that a connection of version v starts with.
func ProtocolOf(v Version) Protocols {
	switch v {
	case V11:
		return ProtoOF11
	case V12:
		return ProtoOXM12
	case V13:
		return ProtoOXM13
	case V14:
		return ProtoOXM14
	case V15:
		return ProtoOXM15
	}
	return ProtoOF10
}

// ProtocolsOf returns all protocols that versions vs can carry.
func ProtocolsOf(vs Versions) Protocols {
	var p Protocols
	for _, r := range protocolNames {
		if r.p&(r.p-1) == 0 && vs.Has(r.p.Version()) {
			p |= r.p
		}
	}
	return p
}

// Versions returns the versions that carry the protocols of p.
func (p Protocols) Versions() Versions {
	var vs Versions
	for ; p != 0; p &= p - 1 {
		vs |= 1 << p.First().Version()
	}
	return vs
}

// WithTable returns the protocol like p that can name a flow's table.
func (p Protocols) WithTable() Protocols {
	return p&^(ProtoOF10|ProtoNXM) | p&(ProtoOF10|ProtoNXM)<<1
}

// NamesTable reports whether flow-mods of protocol p name their table.
func (p Protocols) NamesTable() bool { return p&protoTID != 0 }
