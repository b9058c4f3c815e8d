package ovsdbserver

import (
	"strings"

	"govs/daemon/unixctl"
	"govs/ovsdb/server"
)

// commands are the rows of ovsdb-server(1) "Runtime management commands".
func (d *database) commands() []unixctl.Command {
	row := func(name, usage string, min, max int, run func(r *unixctl.Request)) unixctl.Command {
		return unixctl.Command{Name: "ovsdb-server/" + name, Usage: usage, MinArgs: min, MaxArgs: max, Run: run}
	}
	return []unixctl.Command{
		row("add-remote", "REMOTE", 1, 1, func(r *unixctl.Request) {
			if err := d.remotes.Add(r.Args[0]); err != nil {
				r.Error(err.Error())
				return
			}
			r.Reply("")
		}),
		row("remove-remote", "REMOTE", 1, 1, func(r *unixctl.Request) {
			if !d.remotes.Remove(r.Args[0]) {
				r.Error("no such remote")
				return
			}
			r.Reply("")
		}),
		row("list-remotes", "", 0, 0, func(r *unixctl.Request) { r.Reply(lines(d.remotes.List())) }),
		row("add-db", "DB", 1, 1, func(r *unixctl.Request) {
			if err := d.open(r.Args[0]); err != nil {
				r.Error(err.Error())
				return
			}
			r.Reply("")
		}),
		row("remove-db", "DB", 1, 1, func(r *unixctl.Request) {
			switch name := r.Args[0]; {
			case strings.HasPrefix(name, "_"):
				r.Error("Cannot remove reserved database.")
			case !d.srv.RemoveDB(name):
				r.Error("Failed to find the database.")
			default:
				logger().Info("removing %s database by user request", name)
				r.Reply("")
			}
		}),
		row("list-dbs", "", 0, 0, func(r *unixctl.Request) {
			var names []string
			for _, db := range d.srv.DBs() {
				names = append(names, db.Name())
			}
			r.Reply(lines(names))
		}),
		row("compact", "", 0, 1, d.compact),
		row("reconnect", "", 0, 0, func(r *unixctl.Request) {
			d.srv.Reconnect()
			r.Reply("")
		}),
		row("get-db-storage-status", "DB", 1, 1, func(r *unixctl.Request) {
			db := d.srv.DB(r.Args[0])
			if db == nil {
				r.Error("Failed to find the database.")
				return
			}
			r.Reply("status: " + db.Status())
		}),
		row("sync-status", "", 0, 0, func(r *unixctl.Request) { r.Reply("state: active\n") }),
		row("memory-trim-on-compaction", "on|off", 1, 1, func(r *unixctl.Request) {
			// Go's collector gives memory back by itself.
			if r.Args[0] != "on" && r.Args[0] != "off" {
				r.Error("invalid argument")
				return
			}
			r.Reply("")
		}),
	}
}

func (d *database) compact(r *unixctl.Request) {
	var list []*server.Database
	if len(r.Args) == 1 {
		db := d.srv.DB(r.Args[0])
		switch {
		case db == nil:
			r.Error("no database by that name")
			return
		case strings.HasPrefix(db.Name(), "_"):
			r.Error("cannot compact built-in databases")
			return
		}
		list = append(list, db)
	} else {
		for _, db := range d.srv.DBs() {
			if !strings.HasPrefix(db.Name(), "_") {
				list = append(list, db)
			}
		}
	}
	var errs []string
	for _, db := range list {
		logger().Info("compacting %s database by user request", db.Name())
		if err := db.Compact("compacting database online"); err != nil {
			errs = append(errs, err.Error())
		}
	}
	if len(errs) > 0 {
		r.Error(strings.Join(errs, "\n"))
		return
	}
	r.Reply("")
}

func lines(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return strings.Join(s, "\n") + "\n"
}
