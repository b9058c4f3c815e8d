package server

import (
	"maps"
	"strings"

	"govs/daemon/vlog"
	"govs/ovsdb"
)

// LogTable says whether every change of a table's rows is to be logged.
func (db *Database) LogTable(table string, on bool) {
	db.mu.Lock()
	defer db.mu.Unlock()
	logged := map[string]bool{}
	if have := db.logged.Load(); have != nil {
		maps.Copy(logged, *have)
	}
	if delete(logged, table); on {
		logged[table] = true
	}
	db.logged.Store(&logged)
}

// TableLogged reports whether the changes of a table are logged.
func (db *Database) TableLogged(table string) bool {
	m := db.logged.Load()
	return m != nil && (*m)[table]
}

var changeLimit vlog.RateLimit

// logChange logs the rows of tables that are to be logged.
func (db *Database) logChange(ch *ovsdb.Change) {
	for i := range ch.Tables {
		t := ch.Tables[i].Table
		if !db.TableLogged(t.Name) {
			continue
		}
		for _, rc := range ch.Tables[i].Rows {
			op, row := "updated", rc.New
			switch {
			case rc.Old == nil:
				op = "inserted"
			case rc.New == nil:
				op, row = "deleted", rc.Old
			}
			var b strings.Builder
			for _, c := range t.Columns {
				b.WriteString("," + c.Name + ":" + row.Get(c).Text(&c.Type))
			}
			vlog.New("transaction").InfoRL(&changeLimit, "table:%s,op:%s%s", t.Name, op, b.String())
		}
	}
}
