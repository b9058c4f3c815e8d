package ctl

import (
	"slices"
	"testing"

	"govs/ovsdb/schemas"
)

func TestNearest(t *testing.T) {
	options := func(table, column, typ string) []string {
		keys, ok := schemas.KeysFor(schemas.OpenVSwitchKeys, table, column, typ)
		if !ok {
			t.Fatal("no keys of ", table, column)
		}
		return keys
	}
	iface, bridge := options("Interface", "options", ""), options("Bridge", "other_config", "")
	for s, want := range map[string]string{
		"remote-ip": "remote_ip", "remoteip": "remote_ip", "remote_ip": "", "locla_ip": "local_ip", "dfdefault": "df_default", "foo": "",
		"peer": "", "pear": "peer", "my-own-key": "", "key": "", "keys": "key", "n_txq": "",
	} {
		if got := nearest(s, iface); got != want {
			t.Errorf("%s: %q, want %q", s, got, want)
		}
	}
	// What is near depends on the type.
	for typ, want := range map[string]string{"patch": "peer", "vxlan": "", "": "peer", "system": "peer", "dpdk": ""} {
		if got := nearest("peers", options("Interface", "options", typ)); got != want {
			t.Errorf("%s: %q, want %q", typ, got, want)
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
		if k.Types != nil && table != nil && table.Column("type") == nil {
			t.Errorf("%s has no types", k.Table)
		}
		for i, key := range k.Keys {
			if slices.Contains(k.Keys[:i], key) {
				t.Errorf("%s.%s: %s is there twice", k.Table, k.Column, key)
			}
		}
	}
}
