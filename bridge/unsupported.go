package bridge

import (
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/idl"
)

// unsupported lists columns that the schema has and this switch does not carry
// out, so that setting one is told in the log rather than ignored.
var unsupported = []struct {
	table   string
	columns []string
}{
	{"Bridge", []string{"stp_enable", "rstp_enable", "mcast_snooping_enable", "netflow", "sflow", "ipfix", "auto_attach"}},
	{"Port", []string{"bond_mode", "lacp", "qos", "bond_fake_iface"}},
	{"Interface", []string{"bfd", "cfm_mpid", "lldp", "ingress_policing_rate", "ingress_policing_burst",
		"ingress_policing_kpkts_rate", "ingress_policing_kpkts_burst"}},
}

// warnUnsupported logs what is set of unsupported, each setting once.
func (m *Manager) warnUnsupported(v idl.View) {
	for _, u := range unsupported {
		for _, row := range v.Rows(u.table) {
			for _, column := range u.columns {
				if !isSet(row, column) {
					continue
				}
				what := strings.ToLower(u.table) + " " + row.Str("name") + ": " + column
				if !m.warned[what] {
					m.warned[what] = true
					log.Warn("%s is not supported by this version of govs and has no effect", what)
				}
			}
		}
	}
}

// isSet reports whether a column says something else than nothing.
func isSet(row *idl.Row, column string) bool {
	d := row.Get(column)
	if d.Len() == 0 {
		return false
	}
	switch row.Column(column).Type.Key.Type {
	case ovsdb.Boolean:
		return d.Bool()
	case ovsdb.Integer:
		return d.Int() != 0
	}
	return true
}
