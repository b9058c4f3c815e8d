package ctl

import (
	"testing"

	"govs/ovsdb/schemas"
)

func TestNearest(t *testing.T) {
	options := func(table, column string) []string {
		for _, k := range schemas.OpenVSwitchKeys {
			if k.Table == table && k.Column == column {
				return k.Keys
			}
		}
		t.Fatal("no keys of ", table, column)
		return nil
	}
	iface, bridge := options("Interface", "options"), options("Bridge", "other_config")
	for s, want := range map[string]string{
		"remote-ip": "remote_ip", "remoteip": "remote_ip", "remote_ip": "", "locla_ip": "local_ip", "dfdefault": "df_default", "foo": "",
		"peer": "", "pear": "peer", "my-own-key": "", "key": "", "keys": "key", "n_txq": "",
	} {
		if got := nearest(s, iface); got != want {
			t.Errorf("%s: %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{"hwadr": "hwaddr", "datapath_id": "datapath-id", "disable-in-bnad": "disable-in-band", "vendor": ""} {
		if got := nearest(s, bridge); got != want {
			t.Errorf("%s: %q, want %q", s, got, want)
		}
	}
}

// Every key belongs to a column of the schema that is a map, and is listed
// once.
func TestKeysAreColumns(t *testing.T) {
	for _, k := range schemas.OpenVSwitchKeys {
		table := schemas.OVSSchema().Table(k.Table)
		if table == nil || table.Column(k.Column) == nil || !table.Column(k.Column).Type.IsMap() {
			t.Errorf("%s.%s is no map", k.Table, k.Column)
		}
		seen := map[string]bool{}
		for _, key := range k.Keys {
			if seen[key] {
				t.Errorf("%s.%s: %s is there twice", k.Table, k.Column, key)
			}
			seen[key] = true
		}
	}
}
