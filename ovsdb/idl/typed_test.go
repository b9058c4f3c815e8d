package idl_test

import (
	"reflect"
	"strings"
	"testing"

	"govs/ovsdb"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
)

func TestTypedRows(t *testing.T) {
	type qos struct {
		Queues map[int64]ovsdb.UUID `ovsdb:"queues"`
		Type   string               `ovsdb:"type"`
	}
	type iface struct {
		UUID       ovsdb.UUID        `ovsdb:"_uuid"`
		Name       string            `ovsdb:"name"`
		Ofport     *int64            `ovsdb:"ofport"`
		MTU        int64             `ovsdb:"mtu_request"`
		Options    map[string]string `ovsdb:"options"`
		Statistics map[string]int64  `ovsdb:"statistics"`
		Up         *bool             `ovsdb:"lldp"` // replaced below
	}
	if _, err := idl.NewTable[iface](schemas.OVSSchema(), "Interface"); err == nil || !strings.HasPrefix(err.Error(), "field Up: a *bool cannot hold column lldp") {
		t.Errorf("a field that does not fit: %v", err)
	}
	if _, err := idl.NewTable[qos](schemas.OVSSchema(), "Bridge"); err == nil || err.Error() != "field Queues: table Bridge has no column queues" {
		t.Errorf("a column that is not there: %v", err)
	}
	if _, err := idl.NewTable[qos](schemas.OVSSchema(), "Nope"); err == nil {
		t.Error("a table that is not there")
	}
	type port struct {
		Name       string       `ovsdb:"name"`
		Tag        *int64       `ovsdb:"tag"`
		VLANMode   string       `ovsdb:"vlan_mode"`
		Trunks     []int64      `ovsdb:"trunks"`
		Interfaces []ovsdb.UUID `ovsdb:"interfaces"`
		Fake       bool         `ovsdb:"fake_bridge"`
	}
	ports, err := idl.NewTable[port](schemas.OVSSchema(), "Port")
	if err != nil {
		t.Fatal(err)
	}
	c, ctx := connect(t, startOurs(t), nil)
	txn := c.Txn()
	tag := int64(7)
	ifc := txn.SetStr(txn.Insert("Interface"), "name", "p")
	want := port{Name: "p", Tag: &tag, Trunks: []int64{1, 3}, Interfaces: []ovsdb.UUID{ifc.UUID()}, Fake: true}
	row := ports.Insert(txn, want)
	txn.Add(addBridge(txn, txn.Insert("Open_vSwitch"), "br0"), "ports", idl.RefSet(row))
	res := must(t, idl.Success, txn.Commit(ctx))
	want.Interfaces = []ovsdb.UUID{res.UUID(ifc.UUID())}
	snap := c.Snapshot()
	got, ok := ports.Get(snap, res.UUID(row.UUID()))
	if !ok || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v %+v, want %+v", ok, got, want)
	}
	// What is as it was is not written.
	txn = c.Txn()
	ports.Write(txn, idl.Find(txn, "Port", "name", "p"), got)
	must(t, idl.Unchanged, txn.Commit(ctx))
	got.Tag, got.Trunks, got.VLANMode = nil, nil, "access"
	txn = c.Txn()
	ports.Write(txn, idl.Find(txn, "Port", "name", "p"), got)
	must(t, idl.Success, txn.Commit(ctx))
	r := idl.Find(c.Snapshot(), "Port", "name", "p")
	if r.Has("tag") || r.Has("trunks") || r.Str("vlan_mode") != "access" {
		t.Errorf("%+v", ports.Read(r))
	}
	n := 0
	for u, p := range ports.All(c.Snapshot()) {
		if n++; u != r.UUID() && p.Name == "p" {
			t.Errorf("%v is not %v", u, r.UUID())
		}
	}
	if n != len(c.Snapshot().Rows("Port")) {
		t.Errorf("%d rows", n)
	}
}
