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

// A database server in the same process: Dial gives one end of a pipe.
func Example() {
	srv := server.New(server.Config{})
	defer srv.Close()
	srv.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil))
	dial := func(context.Context, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go srv.ServeConn(theirs, "pipe", server.SessionOptions{})
		return ours, nil
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := idl.New(idl.Config{DB: "Open_vSwitch", Dial: dial, Schema: schemas.OVSSchema()})
	if err != nil {
		fmt.Println(err)
		return
	}
	go c.Run(ctx)
	if _, err := c.Ready(ctx); err != nil {
		fmt.Println(err)
		return
	}

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
	claim := func(ctx context.Context, c *idl.Client, bridge, owner string) error {
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
	_ = claim
}
