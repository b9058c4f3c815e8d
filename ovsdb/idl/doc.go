// Package idl keeps a replica of an OVSDB database in memory and changes the
// database by transactions (RFC 7047, ovsdb-server(7)).
//
// A Client connects, asks for what it has missed, and connects again when it
// must; of a cluster it can follow only the leader. Each update makes a new
// Snapshot, which shares with the last one what has not changed. A program
// reads snapshots as it likes, without locks, and waits for the next one:
//
//	c, err := idl.New(idl.Config{Remote: "unix:/var/run/openvswitch/db.sock", DB: "Open_vSwitch"})
//	go c.Run(ctx)
//	var last *idl.Snapshot
//	for snap, err := c.Ready(ctx); err == nil; snap, err = c.Wait(ctx, snap) {
//		for ch := range idl.Changes(last, snap, "Bridge") {
//			// ch.Old is what the program has acted on, ch.New what is wanted now
//		}
//		last = snap
//	}
//
// Changes compares any two snapshots, so a program that was busy sees the sum
// of what happened, and one that failed half-way begins again from the snapshot
// it last finished with.
//
// A Txn is a snapshot with changes of its own, which Commit sends as one
// transaction. Verify makes it depend on what was read; TryAgain then says that
// somebody else was faster. When Commit returns Success, the client's snapshot
// shows the changes.
//
// Rows are read by the names of columns, or as structs by Table. SetCondition
// chooses the rows to follow, Config.Tables the columns, Config.Lock makes a
// program the only one of its kind that writes.
//
// A Client's methods may be called from any goroutine. Snapshots, Tables and
// Rows never change and may be shared freely; a Txn belongs to one goroutine.
package idl
