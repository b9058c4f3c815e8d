package ctl_test

import (
	"context"
	"io"
	"net"
	"os"

	"govs/cli"
	"govs/ovsdb"
	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
)

// A tool with one command of its own, beside the database commands that every
// tool has. It talks to a server in the same process.
func Example() {
	srv := server.New(server.Config{})
	defer srv.Close()
	srv.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil))

	app := ctl.App{
		Name: "queue-ctl", Module: "queue_ctl", Schema: schemas.OVSSchema,
		Commands: []ctl.Command{{
			Name: "count", Args: "", Need: func(n *ctl.Need, _ *ctl.Call) error { n.Columns("Queue"); return nil },
			Run: func(c *ctl.Context) error { c.Printf("%d queues\n", len(c.Rows("Queue"))); return nil },
		}},
		Begin: func(*idl.Txn) any { return nil },
		Dial: func(context.Context, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go srv.ServeConn(theirs, "pipe", server.SessionOptions{})
			return ours, nil
		},
	}
	quiet := cli.IO{Out: io.Discard, Err: os.Stdout}
	app.Main([]string{"queue-ctl", "create", "queue", "dscp=5", "--", "create", "queue", "dscp=6", "other_config:max-rate=1000"}, quiet)
	o := cli.IO{Out: os.Stdout, Err: os.Stdout}
	app.Main([]string{"queue-ctl", "count"}, o)
	app.Main([]string{"queue-ctl", "--columns=dscp,other_config", "find", "queue", "dscp>5"}, o)
	app.Main([]string{"queue-ctl", "get", "queue", "nope", "dscp"}, o)
	// Output:
	// 2 queues
	// dscp                : 6
	// other_config        : {max-rate="1000"}
	// queue-ctl: no row "nope" in table Queue
}
