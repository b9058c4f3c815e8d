// Package idl keeps a replica of an OVSDB database in memory and changes the
// database by transactions (RFC 7047, ovsdb-server(7)).
//
// A Client's methods may be called from any goroutine. Snapshots, Tables and
// Rows never change and may be shared freely; a Txn belongs to one goroutine.
//
//	c, err := idl.New(idl.Config{Remote: "unix:/var/run/openvswitch/db.sock", DB: "Open_vSwitch"})
//	go c.Run(ctx)
//	snap, err := c.Ready(ctx)
//	for _, br := range snap.Rows("Bridge") {
//		fmt.Println(br.Str("name"))
//	}
package idl
