package ovsdbclient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"govs/cli"
	"govs/daemon/vlog"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/stream"
	"govs/stream/reconnect"
)

// prepare takes the server and the database off the arguments, which must be
// as many as the command wants, and connects.
func (c *client) prepare(row *command) error {
	if row.name == "help" {
		return nil
	}
	syntax := fmt.Errorf("invalid syntax for '%s' (use --help for help)", row.name)
	c.server = defaultServer()
	if len(c.args) > row.min && (stream.IsActive(c.args[0]) || stream.IsPassive(c.args[0])) {
		c.server, c.args = c.args[0], c.args[1:]
	}
	if len(c.args) < row.min {
		return syntax
	}
	if row.check != nil {
		if err := row.check(c); err != nil {
			return err
		}
	}
	if err := c.connect(row); err != nil {
		return err
	}
	if row.need == noDB {
		if len(c.args) > row.max {
			return syntax
		}
		return nil
	}
	dbs, err := c.call("list_dbs", json.Arr())
	if err != nil {
		return err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(dbs.Elems(), func(v json.Value) bool { return v.Str() == name })
	}
	switch {
	case len(c.args) > row.min && has(c.args[0]):
		c.db, c.args = c.args[0], c.args[1:]
	case has("Open_vSwitch"):
		c.db = "Open_vSwitch"
	default:
		var own []string
		for _, v := range dbs.Elems() {
			if !strings.HasPrefix(v.Str(), "_") {
				own = append(own, v.Str())
			}
		}
		if len(own) != 1 {
			return fmt.Errorf("no default database for `%s' command; please specify a database name", row.name)
		}
		c.db = own[0]
	}
	if len(c.args) < row.min || len(c.args) > row.max {
		return syntax
	}
	if c.schema, err = c.getSchema(c.db); err != nil {
		return err
	}
	return nil
}

func (c *client) getSchema(db string) (*ovsdb.Schema, error) {
	v, err := c.call("get_schema", json.Arr(json.Str(db)))
	if err != nil {
		return nil, err
	}
	return ovsdb.ParseSchema(v)
}

// connect connects to the server, or to one of several, or waits for it to
// connect.
func (c *client) connect(row *command) error {
	if stream.IsPassive(c.server) {
		return c.accept()
	}
	names := strings.Split(c.server, ",")
	if len(names) == 1 && row.name != "wait" {
		if err := c.dial(c.server); err != nil {
			return fmt.Errorf("failed to connect to \"%s\" (%s)", c.server, cli.Strerror(err))
		}
		return nil
	}
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	fsm := reconnect.FSM{}
	fsm.Enable(time.Now())
	for i := 0; ; i++ {
		fsm.Name = names[i%len(names)]
		if at, ok := fsm.Deadline(); ok && i >= len(names) {
			time.Sleep(time.Until(at))
		}
		fsm.Connecting(time.Now())
		err := c.dial(fsm.Name)
		if err == nil {
			fsm.Connected(time.Now())
			if c.anyServer || row.need == noDB || c.leads() {
				c.server = fsm.Name
				return nil
			}
			vlog.New("ovsdb_client").Info("%s: not the leader of the cluster, trying another server", fsm.Name)
			c.s.Close()
			err = errors.New("not the leader")
		}
		fsm.Failed(time.Now(), err)
	}
}

func (c *client) config() stream.Config {
	cfg := stream.Config{Port: stream.OVSDBPort}
	if c.tls != (stream.TLS{}) {
		cfg.TLS = &c.tls
	}
	return cfg
}

func (c *client) dial(name string) error {
	conn, err := c.config().Dial(context.Background(), name)
	if err == nil {
		c.start(conn)
	}
	return err
}

func (c *client) accept() error {
	l, err := c.config().Listen(c.server)
	if err != nil {
		return fmt.Errorf("failed to connect or listen to \"%s\" (%s)", c.server, cli.Strerror(err))
	}
	defer l.Close()
	vlog.New("ovsdb_client").Info("%s: waiting for connection...", c.server)
	conn, err := l.Accept()
	if err != nil {
		return fmt.Errorf("failed to accept connection on \"%s\" (%s)", c.server, cli.Strerror(err))
	}
	c.start(conn)
	return nil
}

func (c *client) start(conn stream.Conn) {
	c.s = jsonrpc.NewSession(conn, jsonrpc.Config{Handle: func(s *jsonrpc.Session, m *jsonrpc.Message) {
		if m.Type == jsonrpc.Notify {
			c.notes <- m
		}
	}})
}

// leads reports whether no database of the server has its leader elsewhere.
func (c *client) leads() bool {
	v, err := c.call("transact", json.Arr(json.Str("_Server"), op("select", "Database", member("where", json.Arr()),
		member("columns", json.Arr(json.Str("model"), json.Str("leader"))))))
	if err != nil {
		return true // an old server without clusters
	}
	for _, r := range v.Elems() {
		rows, _ := r.Get("rows")
		for _, row := range rows.Elems() {
			model, _ := row.Get("model")
			leader, _ := row.Get("leader")
			if model.Str() == "clustered" && !leader.Bool() {
				return false
			}
		}
	}
	return true
}

func member(k string, v json.Value) json.Member { return json.Member{Key: k, Value: v} }

func op(name, table string, more ...json.Member) json.Value {
	return json.Obj(append([]json.Member{member("op", json.Str(name)), member("table", json.Str(table))}, more...)...)
}

// call makes a request and waits for its result.
func (c *client) call(method string, params json.Value) (json.Value, error) {
	v, err := c.s.Call(context.Background(), method, params)
	var ce *jsonrpc.CallError
	switch {
	case err == nil:
		return v, nil
	case errors.As(err, &ce):
		return v, fmt.Errorf("transaction returned error: %s", ce.Value)
	}
	return v, fmt.Errorf("%s: receive failed (%s)", c.server, cli.Strerror(err))
}

// beAware asks to be told of changed databases instead of being disconnected.
func (c *client) beAware() error {
	if !c.aware {
		return nil
	}
	_, err := c.call("set_db_change_aware", json.Arr(json.Bool(true)))
	return err
}
