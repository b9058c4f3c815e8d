package ovsdbclient

import (
	"fmt"

	"govs/cli"
	"govs/daemon/unixctl"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
)

// register adds the unixctl commands of a command that stays.
func (c *client) register(row *command) {
	on := func(f func(r *unixctl.Request)) func(r *unixctl.Request) {
		return func(r *unixctl.Request) {
			select {
			case c.jobs <- func() { f(r) }:
			case <-c.daemon.Context().Done():
				r.Error("exiting")
			}
		}
	}
	srv := c.daemon.Server()
	if row.name == "lock" || row.name == "steal" || row.name == "unlock" {
		for _, method := range []string{"lock", "steal", "unlock"} {
			srv.Register(unixctl.Command{Name: method, Usage: "LOCK", MinArgs: 1, MaxArgs: 1, Run: on(func(r *unixctl.Request) {
				if err := c.askLock(method, r.Args[0]); err != nil {
					r.Error(err.Error())
				} else {
					r.Reply("")
				}
			})})
		}
		return
	}
	srv.Register(
		unixctl.Command{Name: "ovsdb-client/block", Run: on(func(r *unixctl.Request) { c.setBlocked(r, true) })},
		unixctl.Command{Name: "ovsdb-client/unblock", Run: on(func(r *unixctl.Request) { c.setBlocked(r, false) })},
		unixctl.Command{Name: "ovsdb-client/cond_change", Usage: "TABLE COND", MinArgs: 2, MaxArgs: 2, Run: on(c.changeCondition)},
	)
}

func (c *client) setBlocked(r *unixctl.Request, blocked bool) {
	switch {
	case c.blocked != blocked:
		c.blocked = blocked
		r.Reply("")
	case blocked:
		r.Reply("already blocked")
	default:
		r.Reply("already unblocked")
	}
}

func (c *client) changeCondition(r *unixctl.Request) {
	cond, err := json.ParseString(r.Args[1])
	if err == nil {
		_, err = c.call("monitor_cond_change", json.Arr(json.Value{}, json.Value{},
			json.Obj(member(r.Args[0], json.Arr(json.Obj(member("where", cond)))))))
	}
	if err != nil {
		r.Error(err.Error())
		return
	}
	r.Reply("condition changed")
}

// stay handles what the server tells, and what unixctl commands want, until
// the daemon is to exit or the connection ends. A detached process is ready
// now.
func (c *client) stay(handle func(m *jsonrpc.Message) error) error {
	if c.daemon.Detached() {
		c.daemon.Ready()
	}
	for {
		notes := c.notes
		if c.blocked {
			notes = nil
		}
		select {
		case m := <-notes:
			if err := handle(m); err != nil {
				return err
			}
		case job := <-c.jobs:
			job()
		case <-c.daemon.Context().Done():
			return nil
		case <-c.s.Done():
			if len(c.notes) > 0 {
				if err := handle(<-c.notes); err != nil {
					return err
				}
				continue
			}
			return fmt.Errorf("%s: receive failed (%s)", c.server, cli.Strerror(c.s.Err()))
		}
	}
}

func (c *client) askLock(method, name string) error {
	v, err := c.call(method, json.Arr(json.Str(name)))
	if err == nil {
		c.print(v)
	}
	return err
}

// lock asks for a lock and stays to say what becomes of it.
func (c *client) lock(method string) error {
	if err := c.askLock(method, c.args[0]); err != nil {
		return err
	}
	return c.stay(func(m *jsonrpc.Message) error {
		fmt.Fprintln(c.io.Out, m.Method)
		c.print(m.Params)
		return nil
	})
}
