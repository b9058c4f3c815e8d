// Package ovsdbfile looks after database files in hard times: our server and
// Debian's take turns at one file and are killed at random moments, and ours is
// killed before each of its system calls that change a file.
package ovsdbfile

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"govs/cli"
	"govs/daemon/unixctl"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
	"govs/tools/ovsdbserver"
)

// The test binary is the server itself when it is told so.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_OVSDB_SERVER") != "" {
		os.Exit(ovsdbserver.Main(append([]string{"ovsdb-server"}, os.Args[1:]...), cli.Std()))
	}
	os.Exit(m.Run())
}

// schemaText has more columns in higher versions.
func schemaText(version int) string {
	more := ""
	for i := range version {
		more += fmt.Sprintf(`,"c%d":{"type":{"key":"integer","min":0}}`, i)
	}
	return fmt.Sprintf(`{"name":"D","version":"1.%d.0","tables":{"T":{"isRoot":true,"indexes":[["name"]],"columns":{
	"name":{"type":"string"},"set":{"type":{"key":"integer","min":0,"max":"unlimited"}},
	"map":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}}%s}}}}`, version, more)
}

func parse(t testing.TB, text string) json.Value {
	t.Helper()
	v, err := json.ParseString(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// create makes a database file of the first schema.
func create(t testing.TB, dir string) string {
	t.Helper()
	s, err := ovsdb.ParseSchema(parse(t, schemaText(0)))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "d.db")
	if err := log.CreateDatabase(file, s); err != nil {
		t.Fatal(err)
	}
	return file
}

// serverCommand is a server of dir/d.db, at dir/s and dir/ctl. bin "" is ours.
func serverCommand(bin, dir string) *exec.Cmd {
	env := append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)
	if bin == "" {
		bin, env = os.Args[0], append(env, "TEST_OVSDB_SERVER=1")
	}
	os.Remove(dir + "/s")
	os.Remove(dir + "/ctl")
	cmd := exec.Command(bin, dir+"/d.db", "--remote=punix:"+dir+"/s", "--unixctl="+dir+"/ctl", "-vconsole:off")
	cmd.Env = env
	return cmd
}

// client is a session that asks one thing after the other.
type client struct {
	*jsonrpc.Session
	ctl string
}

// dial connects to a server that may not be up yet, or never will.
func dial(dir string, alive func() bool) *client {
	for alive() {
		conn, err := net.Dial("unix", dir+"/s")
		if err != nil {
			time.Sleep(2 * time.Millisecond)
			continue
		}
		c := &client{jsonrpc.NewSession(conn, jsonrpc.Config{}), dir + "/ctl"}
		if _, err := c.ask("set_db_change_aware", "[true]"); err != nil {
			c.Close()
			continue
		}
		return c
	}
	return nil
}

func (c *client) ask(method, params string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	p, err := json.ParseString(params)
	if err != nil {
		return "", err
	}
	v, err := c.Call(ctx, method, p)
	return v.String(), err
}

// compact makes the server compact its file.
func (c *client) compact() error {
	u, err := unixctl.Connect(c.ctl)
	if err != nil {
		return err
	}
	defer u.Close()
	reply, err := u.Do("ovsdb-server/compact", nil)
	if err == nil && reply.Error != nil {
		err = fmt.Errorf("%s", reply.Error)
	}
	return err
}
