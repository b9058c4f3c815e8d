package idl_test

import (
	"context"
	"fmt"
	"net"
	"testing"

	"govs/ovsdb"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
)

// benchClient returns a client of a server in this process that holds one
// bridge of n ports.
func benchClient(b *testing.B, n int) (*idl.Client, idl.Config) {
	srv := server.New(server.Config{})
	b.Cleanup(func() { srv.Close() })
	if err := srv.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil)); err != nil {
		b.Fatal(err)
	}
	cfg := idl.Config{DB: "Open_vSwitch", Schema: schemas.OVSSchema(), Dial: func(context.Context, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go srv.ServeConn(theirs, "pipe", server.SessionOptions{})
		return ours, nil
	}}
	c := benchRun(b, cfg)
	txn := c.Txn()
	root := txn.Insert("Open_vSwitch")
	br := addBridge(txn, root, "br0")
	ports := make([]*idl.Row, n)
	for i := range ports {
		name := fmt.Sprintf("p%d", i)
		iface := txn.Set(txn.Insert("Interface"), "name", str(name))
		ports[i] = txn.SetRefs(txn.Set(txn.Insert("Port"), "name", str(name)), "interfaces", iface)
	}
	txn.SetRefs(br, "ports", ports...)
	must(b, idl.Success, txn.Commit(b.Context()))
	return c, cfg
}

func benchRun(b *testing.B, cfg idl.Config) *idl.Client {
	c, err := idl.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	b.Cleanup(func() { cancel(); <-done })
	if _, err := c.Ready(ctx); err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkFirstCopy connects to a database of 20,000 ports.
func BenchmarkFirstCopy(b *testing.B) {
	_, cfg := benchClient(b, 20000)
	for b.Loop() {
		benchRun(b, cfg)
	}
}

// BenchmarkChange changes one of 20,000 interfaces and sees it in the snapshot.
func BenchmarkChange(b *testing.B) {
	c, _ := benchClient(b, 20000)
	i := int64(0)
	for b.Loop() {
		i++
		txn := c.Txn()
		txn.SetInt(txn.Rows("Interface")[i%20000], "ofport", i)
		must(b, idl.Success, txn.Commit(b.Context()))
	}
}

// BenchmarkChangeMany writes statistics of 1,000 interfaces at once, as the
// switch does.
func BenchmarkChangeMany(b *testing.B) {
	c, _ := benchClient(b, 1000)
	n := int64(0)
	for b.Loop() {
		n++
		txn := c.Txn()
		for _, r := range txn.Rows("Interface") {
			txn.SetIntMap(r, "statistics", map[string]int64{"rx_packets": n, "tx_packets": n, "rx_bytes": 60 * n, "tx_bytes": 60 * n})
		}
		must(b, idl.Success, txn.Commit(b.Context()))
	}
}
