package vsctl

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"testing"

	"govs/cli"
	"govs/ovsdb"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
)

// BenchmarkManyPorts adds 1,000 ports, each with a setting, in one command line.
func BenchmarkManyPorts(b *testing.B) {
	for b.Loop() {
		srv := server.New(server.Config{})
		if err := srv.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil)); err != nil {
			b.Fatal(err)
		}
		a := App()
		a.Dial = func(context.Context, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go srv.ServeConn(theirs, "pipe", server.SessionOptions{})
			return ours, nil
		}
		argv := []string{"ovs-vsctl", "--no-wait", "add-br", "br0"}
		for i := range 1000 {
			p := fmt.Sprintf("p%d", i)
			argv = append(argv, "--", "add-port", "br0", p, "--", "set", "interface", p, "type=internal")
		}
		var out, errs bytes.Buffer
		if code := a.Main(argv, cli.IO{Out: &out, Err: &errs}); code != 0 {
			b.Fatal(errs.String())
		}
		srv.Close()
	}
}
