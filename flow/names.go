package flow

import (
	"strings"
	"sync"
)

// fieldNames maps every name and alias, and every NXM and OXM name, to its
// field.
var fieldNames = sync.OnceValue(func() map[string]FieldID {
	m := make(map[string]FieldID, 4*int(NumFields))
	for id := range NumFields {
		f := &fields[id]
		m[f.Name] = id
		if f.Alias != "" {
			m[f.Alias] = id
		}
		for i := range f.OXMs {
			if f.OXMs[i].Name != "" {
				m[f.OXMs[i].Name] = id
			}
		}
	}
	return m
})

// FieldByName returns the field called name ("in_port", "nw_src", "ip_src",
// "NXM_OF_IP_SRC", "OXM_OF_IPV4_SRC").
func FieldByName(name string) (FieldID, bool) {
	id, ok := fieldNames()[name]
	return id, ok
}

// FieldByPlainName is FieldByName without the NXM and OXM names: the keys that
// a match in text may use.
func FieldByPlainName(name string) (FieldID, bool) {
	id, ok := fieldNames()[name]
	if ok && strings.ToLower(name) != name {
		return 0, false
	}
	return id, ok
}

// WireName returns the name actions print: the field's first NXM or OXM name,
// or "" when it has none.
func (id FieldID) WireName() string { return fields[id].OXMs[0].Name }
