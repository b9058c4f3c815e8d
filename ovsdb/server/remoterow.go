package server

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"govs/cli"
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// fromColumn reads remotes from a column of names, or of references to rows
// that describe them.
func fromColumn(db *Database, t *ovsdb.TableSchema, c *ovsdb.Column) (all []*wanted) {
	snap := db.Snapshot()
	ref := db.store.Schema().Table(c.Type.Key.RefTable)
	for row := range snap.Rows(t) {
		for _, a := range row.Get(c).Keys() {
			switch {
			case a.Type() == ovsdb.String:
				all = append(all, &wanted{Remote: Remote{a.Str(), DefaultOptions(a.Str())}})
			case ref != nil:
				if dst := snap.Row(ref, a.UUID()); dst != nil {
					if w := fromRow(ref, dst); w != nil {
						w.row = rowRef{db, ref, dst.UUID()}
						all = append(all, w)
					}
				}
			}
		}
	}
	return all
}

// fromRow reads a remote from the columns of a row such as Manager's. Those
// that are missing, or of another type, leave the default.
func fromRow(t *ovsdb.TableSchema, row *ovsdb.Row) *wanted {
	get := func(name string, want ovsdb.AtomicType) ovsdb.Datum {
		if c := t.Column(name); c != nil && c.Type.Key.Type == want && !c.Type.IsMap() {
			return row.Get(c)
		}
		return ovsdb.Datum{}
	}
	target := get("target", ovsdb.String).Str()
	if target == "" {
		modules().server.Warn("Table `%s' has missing or invalid `target' column", t.Name)
		return nil
	}
	w := &wanted{Remote: Remote{target, DefaultOptions(target)}}
	o := &w.Options
	if d := get("max_backoff", ovsdb.Integer); d.Len() > 0 {
		o.MaxBackoff = time.Duration(d.Int()) * time.Millisecond
	}
	if d := get("inactivity_probe", ovsdb.Integer); d.Len() > 0 {
		o.Probe = time.Duration(d.Int()) * time.Millisecond
	}
	o.ReadOnly = get("read_only", ovsdb.Boolean).Bool()
	o.Role = get("role", ovsdb.String).Str()
	if c := t.Column("other_config"); c != nil && c.Type.Key.Type == ovsdb.String && c.Type.Value.Type == ovsdb.String {
		if text, ok := row.Get(c).Get("dscp"); ok {
			if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < 64 {
				o.DSCP = n
			}
		}
	}
	return w
}

// writeStatus writes the status columns of the rows that remotes came from.
func (r *Remotes) writeStatus() {
	r.mu.Lock()
	byDB := map[*Database][]*remote{}
	for _, m := range r.live {
		if db := m.source().db; db != nil {
			byDB[db] = append(byDB[db], m)
		}
	}
	r.mu.Unlock()
	for db, list := range byDB {
		tables := map[string][]json.Member{}
		for _, m := range list {
			src := m.source()
			row := db.Snapshot().Row(src.table, src.uuid)
			if row == nil {
				continue
			}
			if fields := m.statusFields(row); len(fields) > 0 {
				name := src.table.Name
				tables[name] = append(tables[name], json.Member{Key: src.uuid.String(), Value: json.Obj(fields...)})
			}
		}
		var rec []json.Member
		for name, rows := range tables {
			rec = append(rec, json.Member{Key: name, Value: json.Obj(rows...)})
		}
		if len(rec) > 0 {
			if err := db.Apply(json.Obj(rec...)); err != nil {
				modules().server.Warn("Failed to update %s: %v", "remote status", err)
			}
		}
	}
}

// statusFields returns the status columns whose value changed.
func (m *remote) statusFields(row *ovsdb.Row) (f []json.Member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := map[string]string{}
	since := func(key string, t time.Time) {
		switch {
		case m.l != nil:
			s[key] = "0" // of one connection among many it would say nothing
		case !t.IsZero():
			s[key] = fmt.Sprint(int(time.Since(t).Seconds()))
		}
	}
	if m.state != "" {
		s["state"] = m.state
	}
	if m.l != nil {
		if a, ok := m.l.Addr().(*net.TCPAddr); ok {
			s["bound_port"] = fmt.Sprint(a.Port)
		}
	}
	if len(m.clients) > 1 {
		s["n_connections"] = fmt.Sprint(len(m.clients))
	}
	if m.lastErr != nil && len(m.clients) == 0 {
		s["last_error"] = cli.Strerror(m.lastErr)
	}
	since("sec_since_connect", m.connected)
	since("sec_since_disconnect", m.disconnected)
	set := func(name string, d ovsdb.Datum, fits func(t *ovsdb.Type) bool) {
		c := m.row.table.Column(name)
		if c != nil && fits(&c.Type) && !row.Get(c).Equal(d) {
			f = append(f, json.Member{Key: name, Value: d.JSON(&c.Type)})
		}
	}
	set("is_connected", ovsdb.Scalar(ovsdb.BoolAtom(len(m.clients) > 0)), func(t *ovsdb.Type) bool { return t.Key.Type == ovsdb.Boolean && !t.IsMap() })
	set("status", ovsdb.StringMap(s), func(t *ovsdb.Type) bool { return t.Key.Type == ovsdb.String && t.Value.Type == ovsdb.String })
	return f
}

func (m *remote) source() rowRef {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.row
}
