package ovsdbserver

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"govs/daemon/unixctl"
	"govs/ovsdb/server"
)

// commands are the rows of ovsdb-server(1) "Runtime management commands". run
// returns the reply.
func (d *database) commands() []unixctl.Command {
	rows := []struct {
		name, usage string
		min, max    int
		run         func(args []string) (string, error)
	}{
		{"add-remote", "REMOTE", 1, 1, d.addRemote},
		{"remove-remote", "REMOTE", 1, 1, d.removeRemote},
		{"list-remotes", "", 0, 0, func([]string) (string, error) { return lines(d.remotes.List()), nil }},
		{"add-db", "DB", 1, 1, d.addDB},
		{"remove-db", "DB", 1, 1, d.removeDB},
		{"list-dbs", "", 0, 0, d.listDBs},
		{"compact", "", 0, 1, d.compact},
		{"reconnect", "", 0, 0, func([]string) (string, error) { d.srv.Reconnect(); return "", nil }},
		{"reload", "", 0, 0, d.reloadCommand},
		{"get-db-storage-status", "DB", 1, 1, d.storageStatus},
		{"disable-monitor-cond", "", 0, 0, func([]string) (string, error) { d.srv.DisableMonitorCond(); return "", nil }},
		{"tlog-set", "DB:TABLE on|off", 2, 2, d.tlogSet},
		{"tlog-list", "", 0, 0, d.tlogList},
		{"memory-trim-on-compaction", "on|off", 1, 1, d.memoryTrim},
		// What a processor counts of instructions is not for Go to see.
		{"perf-counters-show", "", 0, 0, func([]string) (string, error) {
			return "performance counter is not supported on this platform\n", nil
		}},
		{"perf-counters-clear", "", 0, 0, func([]string) (string, error) { return "", nil }},
		// This server is always the active one.
		{"sync-status", "", 0, 0, func([]string) (string, error) { return "state: active\n", nil }},
		{"get-active-ovsdb-server", "", 0, 0, func([]string) (string, error) { return "", nil }},
		{"get-sync-exclude-tables", "", 0, 0, func([]string) (string, error) { return "", nil }},
		{"disconnect-active-ovsdb-server", "", 0, 0, func([]string) (string, error) { return "", nil }},
		{"set-active-ovsdb-server", "", 1, 1, noReplication},
		{"connect-active-ovsdb-server", "", 0, 0, func([]string) (string, error) {
			return "", errors.New("Unable to connect: active server is not specified.")
		}},
		{"set-active-ovsdb-server-probe-interval", "", 1, 1, func(args []string) (string, error) {
			if _, err := strconv.Atoi(args[0]); err != nil {
				// A reply, not an error, in the reference, too.
				return "Invalid probe interval, integer value expected", nil
			}
			return noReplication(args)
		}},
		{"set-sync-exclude-tables", "", 1, 1, noReplication},
		{"set-relay-source-probe-interval", "", 1, 1, func([]string) (string, error) {
			return "", errors.New("relay databases are not built into this version of govs yet")
		}},
	}
	var all []unixctl.Command
	add := func(name, usage string, min, max int, run func(args []string) (string, error)) {
		all = append(all, unixctl.Command{Name: name, Usage: usage, MinArgs: min, MaxArgs: max, Run: func(r *unixctl.Request) {
			d.mu.Lock()
			defer d.mu.Unlock()
			text, err := run(r.Args)
			if err != nil {
				r.Error(err.Error())
				return
			}
			r.Reply(text)
		}})
	}
	for _, row := range rows {
		add("ovsdb-server/"+row.name, row.usage, row.min, row.max, row.run)
	}
	add("ovsdb/file/column-diff-enable", "", 0, 0, func([]string) (string, error) {
		d.opt.fullRecords = false
		for _, db := range d.srv.DBs() {
			db.EnableColumnDiff()
		}
		return "", nil
	})
	// It is never used: a conversion writes the data, too.
	add("ovsdb/file/no-data-conversion-enable", "", 0, 0, func([]string) (string, error) { return "", nil })
	return all
}

func noReplication([]string) (string, error) {
	return "", errors.New("replication is not built into this version of govs yet")
}

// configured refuses to change by hand what a file says.
func (d *database) configured() error {
	if d.opt.config == "" {
		return nil
	}
	return fmt.Errorf("remotes and databases are configured in %s: change that and run ovsdb-server/reload", d.opt.config)
}

func (d *database) addRemote(args []string) (string, error) {
	if err := d.configured(); err != nil {
		return "", err
	}
	return "", d.remotes.Add(args[0])
}

func (d *database) removeRemote(args []string) (string, error) {
	if err := d.configured(); err != nil {
		return "", err
	}
	if !d.remotes.Remove(args[0]) {
		return "", errors.New("no such remote")
	}
	return "", nil
}

func (d *database) addDB(args []string) (string, error) {
	if err := d.configured(); err != nil {
		return "", err
	}
	err := d.open(args[0])
	d.remotes.DatabasesChanged()
	return "", err
}

func (d *database) removeDB(args []string) (string, error) {
	if err := d.configured(); err != nil {
		return "", err
	}
	switch name := args[0]; {
	case strings.HasPrefix(name, "_"):
		return "", errors.New("Cannot remove reserved database.")
	case !d.srv.RemoveDB(name):
		return "", errors.New("Failed to find the database.")
	default:
		logger().Info("removing %s database by user request", name)
		d.remotes.DatabasesChanged()
		return "", nil
	}
}

func (d *database) listDBs([]string) (string, error) {
	var names []string
	for _, db := range d.srv.DBs() {
		names = append(names, db.Name())
	}
	return lines(names), nil
}

func (d *database) reloadCommand([]string) (string, error) {
	if d.opt.config == "" {
		return "", errors.New("Configuration file was not specified on command line")
	}
	if !d.reload() {
		return "", errors.New("Configuration failed.  See the log file for details.")
	}
	return "", nil
}

func (d *database) storageStatus(args []string) (string, error) {
	db := d.srv.DB(args[0])
	if db == nil {
		return "", errors.New("Failed to find the database.")
	}
	return "status: " + db.Status(), nil
}

func (d *database) memoryTrim(args []string) (string, error) {
	on := args[0] == "on"
	if !on && args[0] != "off" {
		return "", errors.New("invalid argument")
	}
	if d.srv.TrimOnCompaction(on) {
		logger().Info("memory trimming after compaction %s.", map[bool]string{true: "enabled", false: "disabled"}[on])
	}
	return "", nil
}

func (d *database) compact(args []string) (string, error) {
	var list []*server.Database
	if len(args) == 1 {
		db := d.srv.DB(args[0])
		switch {
		case db == nil:
			return "", errors.New("no database by that name")
		case strings.HasPrefix(db.Name(), "_"):
			return "", errors.New("cannot compact built-in databases")
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
		return "", errors.New(strings.Join(errs, "\n"))
	}
	return "", nil
}

func (d *database) tlogSet(args []string) (string, error) {
	name, table, ok := strings.Cut(args[0], ":")
	if !ok {
		return "", errors.New("invalid DB:TABLE argument")
	}
	db := d.srv.DB(name)
	switch {
	case db == nil:
		return "", errors.New("no such database")
	case db.Schema().Table(table) == nil:
		return "", errors.New("no such table")
	case !strings.EqualFold(args[1], "on") && !strings.EqualFold(args[1], "off"):
		return "", errors.New("invalid command argument")
	}
	db.LogTable(table, strings.EqualFold(args[1], "on"))
	return "", nil
}

func (d *database) tlogList([]string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "database        table                       logging\n--------        -----                       -------\n")
	for _, db := range d.srv.DBs() {
		fmt.Fprintf(&b, "%-16s \n", db.Name())
		for _, t := range db.Schema().Tables {
			state := "OFF"
			if db.TableLogged(t.Name) {
				state = "ON"
			}
			fmt.Fprintf(&b, "                %-27s %s\n", t.Name, state)
		}
	}
	return b.String(), nil
}

func lines(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return strings.Join(s, "\n") + "\n"
}
