package idl_test

import (
	"context"
	"fmt"
	"net"

	"govs/ovsdb"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
)

// exampleClient returns a client of a database server in the same process: Dial
// gives one end of a pipe. A program has Config.Remote instead.
func exampleClient(ctx context.Context) *idl.Client {
	srv := server.New(server.Config{})
	context.AfterFunc(ctx, func() { srv.Close() })
	srv.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil))
	dial := func(context.Context, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go srv.ServeConn(theirs, "pipe", server.SessionOptions{})
		return ours, nil
	}
	c, err := idl.New(idl.Config{DB: "Open_vSwitch", Dial: dial, Schema: schemas.OVSSchema()})
	if err != nil {
		panic(err)
	}
	go c.Run(ctx)
	c.Ready(ctx)
	return c
}

// insertBridges commits bridges and the root row that holds them.
func insertBridges(ctx context.Context, c *idl.Client, names ...string) {
	txn := c.Txn()
	root := txn.Insert("Open_vSwitch")
	for _, n := range names {
		txn.Add(root, "bridges", idl.RefSet(txn.SetStr(txn.Insert("Bridge"), "name", n)))
	}
	txn.Commit(ctx)
}

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := exampleClient(ctx)

	// A bridge, with the root row that holds it.
	txn := c.Txn()
	br := txn.SetStr(txn.Insert("Bridge"), "name", "br0")
	root := txn.Insert("Open_vSwitch")
	txn.Add(root, "bridges", idl.RefSet(br))
	txn.Increment(root, "next_cfg", false)
	txn.Comment("an example")
	res := txn.Commit(ctx)
	fmt.Println(res.Status, res.Counter)

	// The snapshot after a commit shows what it did.
	snap := c.Snapshot()
	for _, row := range idl.Refs(snap, idl.First(snap, "Open_vSwitch"), "bridges") {
		fmt.Println(row.Str("name"), row.UUID() == res.UUID(br.UUID()))
	}
	// Output:
	// success 1
	// br0 true
}

// A transaction that depends on what it has read is begun again when somebody
// else was faster.
func ExampleTxn_Verify() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := exampleClient(ctx)
	insertBridges(ctx, c, "br0")

	claim := func(bridge, owner string) error {
		for {
			txn := c.Txn()
			br := idl.Find(txn, "Bridge", "name", bridge)
			if br == nil {
				return fmt.Errorf("no bridge named %s", bridge)
			}
			if who, taken := br.Key("external_ids", "owner"); taken {
				return fmt.Errorf("%s belongs to %s", bridge, who)
			}
			txn.Verify(br, "external_ids")
			txn.Add(br, "external_ids", ovsdb.StringMap(map[string]string{"owner": owner}))
			r := txn.Commit(ctx)
			if r.Status != idl.TryAgain {
				return r.Err
			}
			if _, err := c.Wait(ctx, txn.Snapshot()); err != nil {
				return err
			}
		}
	}
	fmt.Println(claim("br0", "alice"))
	fmt.Println(claim("br0", "bob"))
	// Output:
	// <nil>
	// br0 belongs to alice
}

// A controller acts on what has changed since it last acted, however many
// updates that were.
func ExampleChanges() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := exampleClient(ctx)
	insertBridges(ctx, c, "br0", "br1")

	done := c.Snapshot()
	txn := c.Txn()
	br0, br1 := idl.Find(txn, "Bridge", "name", "br0"), idl.Find(txn, "Bridge", "name", "br1")
	txn.SetStr(br0, "fail_mode", "secure")
	txn.Remove(idl.First(txn, "Open_vSwitch"), "bridges", idl.RefSet(br1))
	txn.Commit(ctx)
	txn = c.Txn()
	txn.SetStr(idl.Find(txn, "Bridge", "name", "br0"), "fail_mode", "standalone")
	txn.Commit(ctx)

	for ch := range idl.Changes(done, c.Snapshot(), "Bridge") {
		switch {
		case ch.Old == nil:
			fmt.Println("new:", ch.New.Str("name"))
		case ch.New == nil:
			fmt.Println("gone:", ch.Old.Str("name"))
		case ch.Changed("fail_mode"):
			fmt.Println(ch.New.Str("name"), "is to be", ch.New.Str("fail_mode"))
		}
	}
	// Unordered output:
	// br0 is to be standalone
	// gone: br1
}

// A replica of the few rows that matter.
func ExampleClient_SetCondition() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := exampleClient(ctx)
	insertBridges(ctx, c, "br-int", "br-ex", "br-tun")

	n := c.SetCondition("Bridge", idl.Equal("name", ovsdb.StringSet("br-int")))
	snap := c.Snapshot()
	for snap.CondSeqno < n {
		snap, _ = c.Wait(ctx, snap)
	}
	for _, br := range snap.Rows("Bridge") {
		fmt.Println(br.Str("name"))
	}
	// Output: br-int
}

// Rows as values of a struct.
func ExampleTable() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := exampleClient(ctx)

	type Bridge struct {
		Name        string            `ovsdb:"name"`
		FailMode    string            `ovsdb:"fail_mode"` // "": not set
		FloodVLANs  []int64           `ovsdb:"flood_vlans"`
		ExternalIDs map[string]string `ovsdb:"external_ids"`
	}
	bridges, err := idl.NewTable[Bridge](c.Snapshot().Schema(), "Bridge")
	if err != nil {
		fmt.Println(err)
		return
	}
	txn := c.Txn()
	br := bridges.Insert(txn, Bridge{Name: "br0", FloodVLANs: []int64{10, 20}})
	txn.Add(txn.Insert("Open_vSwitch"), "bridges", idl.RefSet(br))
	res := txn.Commit(ctx)

	b, _ := bridges.Get(c.Snapshot(), res.UUID(br.UUID()))
	b.FailMode = "secure"
	txn = c.Txn()
	bridges.Write(txn, txn.Row("Bridge", res.UUID(br.UUID())), b)
	txn.Commit(ctx)
	for _, b := range bridges.All(c.Snapshot()) {
		fmt.Println(b.Name, b.FailMode, b.FloodVLANs)
	}
	// Output: br0 secure [10 20]
}
