package server

import (
	"slices"
	"strings"

	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// version is which of the three monitor requests a client made, which decides
// the form of its updates.
type version uint8

const (
	v1 version = iota // monitor, update
	v2                // monitor_cond, update2
	v3                // monitor_cond_since, update3
)

var updateMethods = [...]string{"update", "update2", "update3"}

// what happens to rows; a monitor may select some of it.
type event uint8

const (
	initial event = 1 << iota
	inserted
	deleted
	modified
	allEvents = initial | inserted | deleted | modified
)

// kind is all monitors of a database that look at the same columns under the
// same conditions: an update is encoded once for all of them.
type kind struct {
	db      *Database
	key     string
	version version
	tables  []*monitoredTable // by name
	subs    []*sub
}

// sub is one client's monitor.
type sub struct {
	s  *session
	id json.Value
	// Until the client has been sent the initial state, updates wait in held.
	started bool
	held    [][]byte
}

type monitoredTable struct {
	table *ovsdb.TableSchema
	cols  []monitoredColumn
	sel   event
	cond  []ovsdb.Condition // of each clause list; any of the clauses
	where string            // the conditions' text
}

type monitoredColumn struct {
	*ovsdb.Column
	sel event
}

// match reports whether the client is to see a row.
func (mt *monitoredTable) match(r *ovsdb.Row) bool {
	if r == nil {
		return false
	}
	for _, c := range mt.cond {
		if c.MatchAny(r) {
			return true
		}
	}
	return len(mt.cond) == 0
}

func (k *kind) drop(s *session) {
	k.subs = slices.DeleteFunc(k.subs, func(x *sub) bool { return x.s == s })
}

func parseSelect(v json.Value) (event, *ovsdb.Error) {
	sel := allEvents
	if v.IsNull() {
		return sel, nil
	}
	if v.Kind() != json.Object {
		return 0, ovsdb.SyntaxErrorf(v, "", "Parsing table %s select failed: Object expected.", "")
	}
	for _, m := range v.Members() {
		var e event
		switch m.Key {
		case "initial":
			e = initial
		case "insert":
			e = inserted
		case "delete":
			e = deleted
		case "modify":
			e = modified
		default:
			return 0, ovsdb.SyntaxErrorf(v, "", "Parsing %s failed: Member '%s' is present but not allowed here.", "%s", m.Key)
		}
		if !m.Value.IsBool() {
			return 0, ovsdb.SyntaxErrorf(v, "", "Parsing %s failed: Type mismatch for member '%s'.", "%s", m.Key)
		}
		if !m.Value.Bool() {
			sel &^= e
		}
	}
	return sel, nil
}

// addRequest parses one <monitor-request> of a table.
func (mt *monitoredTable) addRequest(v json.Value, ver version) *ovsdb.Error {
	what := "table " + mt.table.Name
	fail := func(format, arg string) *ovsdb.Error {
		return ovsdb.SyntaxErrorf(v, "", "Parsing %s failed: "+format, what, arg)
	}
	if v.Kind() != json.Object {
		return ovsdb.Errorf("syntax error", "Parsing %s failed: Object expected.", what)
	}
	var cols, sel, where json.Value
	for _, m := range v.Members() {
		switch {
		case m.Key == "columns":
			if m.Value.Kind() != json.Array {
				return fail("Type mismatch for member '%s'.", m.Key)
			}
			cols = m.Value
		case m.Key == "select":
			if m.Value.Kind() != json.Object {
				return fail("Type mismatch for member '%s'.", m.Key)
			}
			sel = m.Value
		case m.Key == "where" && ver != v1:
			if m.Value.Kind() != json.Array {
				return fail("Type mismatch for member '%s'.", m.Key)
			}
			where = m.Value
		default:
			return fail("Member '%s' is present but not allowed here.", m.Key)
		}
	}
	events, err := parseSelect(sel)
	if err != nil {
		err.Details = strings.Replace(err.Details, "%s", what+" select", 1)
		return err
	}
	mt.sel |= events
	add := func(c *ovsdb.Column) *ovsdb.Error {
		for _, have := range mt.cols {
			if have.Column == c {
				err := ovsdb.SyntaxErrorf(cols, "", "column %s mentioned more than once", c.Name)
				if cols.IsNull() {
					return err.NoSyntax() // there is no text at fault
				}
				return err
			}
		}
		mt.cols = append(mt.cols, monitoredColumn{c, events})
		return nil
	}
	if cols.IsNull() {
		for _, c := range mt.table.Columns[ovsdb.ColVersion:] {
			if err := add(c); err != nil {
				return err
			}
		}
	}
	for _, e := range cols.Elems() {
		if e.Kind() != json.String {
			return ovsdb.SyntaxErrorf(cols, "", "array of column names expected")
		}
		c := mt.table.Column(e.Str())
		if c == nil {
			return ovsdb.SyntaxErrorf(cols, "", "%s is not a valid column name", e.Str())
		}
		if err := add(c); err != nil {
			return err
		}
	}
	return mt.addCondition(where)
}

func (mt *monitoredTable) addCondition(where json.Value) *ovsdb.Error {
	if where.IsNull() {
		where = json.Arr()
	}
	cond, err := ovsdb.ParseCondition(mt.table, where)
	if err != nil {
		e, _ := err.(*ovsdb.Error)
		return e
	}
	mt.cond = append(mt.cond, cond)
	mt.where += where.String()
	return nil
}

// parseRequests parses <monitor-requests>.
func (db *Database) parseRequests(reqs json.Value, ver version) (*kind, *ovsdb.Error) {
	if reqs.Kind() != json.Object {
		return nil, ovsdb.SyntaxErrorf(reqs, "", "monitor-requests must be object")
	}
	k := &kind{db: db, version: ver}
	for _, m := range reqs.Members() {
		t := db.store.Schema().Table(m.Key)
		if t == nil {
			return nil, ovsdb.Errorf("syntax error", "no table named %s", m.Key)
		}
		mt := &monitoredTable{table: t}
		list := []json.Value{m.Value}
		if m.Value.Kind() == json.Array {
			list = m.Value.Elems()
		}
		for _, v := range list {
			if err := mt.addRequest(v, ver); err != nil {
				return nil, err
			}
		}
		slices.SortStableFunc(mt.cols, func(a, b monitoredColumn) int { return a.Index - b.Index })
		k.tables = append(k.tables, mt)
	}
	slices.SortFunc(k.tables, func(a, b *monitoredTable) int { return a.table.Index - b.table.Index })
	k.setKey()
	return k, nil
}

// setKey derives what tells the kind from others.
func (k *kind) setKey() {
	b := []byte{'0' + byte(k.version)}
	for _, mt := range k.tables {
		b = append(append(append(b, '|'), mt.table.Name...), '0'+byte(mt.sel))
		for _, c := range mt.cols {
			b = append(append(append(b, ','), c.Name...), '0'+byte(c.sel))
		}
		b = append(append(b, '?'), mt.where...)
	}
	k.key = string(b)
}

// encoder writes <table-updates>, leaving out what turns out to be empty.
type encoder struct {
	b        []byte
	tableAt  int
	anyTable bool
	anyRow   bool
}

func (e *encoder) beginTable(name string) {
	e.tableAt = len(e.b)
	if e.anyTable {
		e.b = append(e.b, ',')
	}
	e.b = append(json.AppendString(e.b, name), ":{"...)
	e.anyRow = false
}

func (e *encoder) endTable() {
	if !e.anyRow {
		e.b = e.b[:e.tableAt]
		return
	}
	e.anyTable = true
	e.b = append(e.b, '}')
}

// row writes the update of one row; ev says what happened, as the client sees
// it. old is nil unless ev is deleted or modified.
func (e *encoder) row(k *kind, mt *monitoredTable, ev event, old, new *ovsdb.Row) {
	if mt.sel&ev == 0 {
		return
	}
	mark := len(e.b)
	if e.anyRow {
		e.b = append(e.b, ',')
	}
	r := new
	if r == nil {
		r = old
	}
	e.b = append(e.b, '"')
	e.b = r.UUID().AppendTo(e.b)
	e.b = append(e.b, `":{`...)
	ok := true
	if k.version == v1 {
		ok = e.row1(mt, ev, old, new)
	} else {
		ok = e.row2(mt, ev, old, new)
	}
	if !ok {
		e.b = e.b[:mark]
		return
	}
	e.b = append(e.b, '}')
	e.anyRow = true
}

func (e *encoder) cell(c *ovsdb.Column, d ovsdb.Datum) {
	e.b = append(append(append(e.b, '"'), c.Name...), `":`...)
	e.b = append(d.AppendJSON(e.b, &c.Type), ',')
}

// close ends an object of cells.
func (e *encoder) close() {
	if n := len(e.b); e.b[n-1] == ',' {
		e.b[n-1] = '}'
	} else {
		e.b = append(e.b, '}')
	}
}

func (e *encoder) row1(mt *monitoredTable, ev event, old, new *ovsdb.Row) bool {
	if ev == modified {
		same := true
		for _, c := range mt.cols {
			same = same && old.Get(c.Column).Equal(new.Get(c.Column))
		}
		if same {
			return false
		}
	}
	if old != nil {
		e.b = append(e.b, `"old":{`...)
		for _, c := range mt.cols {
			if c.sel&ev != 0 && (ev == deleted || !old.Get(c.Column).Equal(new.Get(c.Column))) {
				e.cell(c.Column, old.Get(c.Column))
			}
		}
		e.close()
	}
	if new != nil {
		if old != nil {
			e.b = append(e.b, ',')
		}
		e.b = append(e.b, `"new":{`...)
		for _, c := range mt.cols {
			if c.sel&ev != 0 {
				e.cell(c.Column, new.Get(c.Column))
			}
		}
		e.close()
	}
	return true
}

func (e *encoder) row2(mt *monitoredTable, ev event, old, new *ovsdb.Row) bool {
	switch ev {
	case deleted:
		e.b = append(e.b, `"delete":null`...)
		return true
	case initial:
		e.b = append(e.b, `"initial":{`...)
	case inserted:
		e.b = append(e.b, `"insert":{`...)
	case modified:
		e.b = append(e.b, `"modify":{`...)
	}
	any := false
	for _, c := range mt.cols {
		if c.sel&ev == 0 {
			continue
		}
		d := new.Get(c.Column)
		if ev == modified {
			before := old.Get(c.Column)
			if before.Equal(d) {
				continue
			}
			d = before.Diff(d, &c.Type)
		} else if c.Type.IsDefault(d) {
			continue
		}
		any = true
		e.cell(c.Column, d)
	}
	e.close()
	return any || ev != modified
}

// change writes what a row's change is to the client: a row may come into or
// go out of its sight.
func (e *encoder) change(k *kind, mt *monitoredTable, old, new *ovsdb.Row) {
	was, is := mt.match(old), mt.match(new)
	switch {
	case was && is:
		e.row(k, mt, modified, old, new)
	case was:
		e.row(k, mt, deleted, old, nil)
	case is:
		e.row(k, mt, inserted, nil, new)
	}
}

// initialUpdates returns the <table-updates> of everything there is.
func (k *kind) initialUpdates(snap *ovsdb.Snapshot) []byte {
	e := &encoder{b: []byte{'{'}}
	for _, mt := range k.tables {
		if mt.sel&initial == 0 {
			continue
		}
		e.beginTable(mt.table.Name)
		mark, n := len(e.b), 0
		for r := range snap.Rows(mt.table) {
			if mt.match(r) {
				e.row(k, mt, initial, nil, r)
				if n++; n == 32 && len(mt.cond) <= 1 && mt.where == "[]" {
					e.b = ovsdb.GrowRows(e.b, mark, n, snap.Len(mt.table))
				}
			}
		}
		e.endTable()
	}
	return append(e.b, '}')
}

// update sends a change to all monitors of the kind. db.mu is held.
func (k *kind) update(ch *ovsdb.Change, kick func(*session)) {
	if len(k.subs) == 0 {
		return
	}
	e := &encoder{b: []byte{'{'}}
	for _, mt := range k.tables {
		for i := range ch.Tables {
			tc := &ch.Tables[i]
			if tc.Table != mt.table {
				continue
			}
			e.beginTable(mt.table.Name)
			for j := range tc.Rows {
				e.change(k, mt, tc.Rows[j].Old, tc.Rows[j].New)
			}
			e.endTable()
		}
	}
	if !e.anyTable {
		return
	}
	e.b = append(e.b, '}')
	// Clients often name their monitors alike: those share one message.
	var msg []byte
	var last json.Value
	for _, sub := range k.subs {
		if msg == nil || !last.Equal(sub.id) {
			msg, last = k.message(sub.id, ch.Snapshot.ID, e.b), sub.id
		}
		count().updates.Inc()
		if !sub.started {
			sub.held = append(sub.held, msg)
			continue
		}
		sub.s.q.Push(msg)
		kick(sub.s)
	}
}

// message returns the notification that carries updates.
func (k *kind) message(id json.Value, txn ovsdb.UUID, updates []byte) []byte {
	b := make([]byte, 0, len(updates)+128)
	b = append(append(b, `{"id":null,"method":"`...), updateMethods[k.version]...)
	b = json.Append(append(b, `","params":[`...), id)
	b = append(b, ',')
	if k.version == v3 {
		b = append(txn.AppendTo(append(b, '"')), `",`...)
	}
	return append(append(b, updates...), "]}"...)
}

// find returns a session's monitor. db.mu is held.
func (db *Database) find(s *session, id json.Value) (*kind, *sub) {
	for _, k := range db.kinds {
		for _, sub := range k.subs {
			if sub.s == s && sub.id.Equal(id) {
				return k, sub
			}
		}
	}
	return nil, nil
}

// findAny looks for a session's monitor in all databases.
func (c *session) findAny(id json.Value) *Database {
	for _, db := range c.srv.DBs() {
		db.mu.Lock()
		k, _ := db.find(c, id)
		db.mu.Unlock()
		if k != nil {
			return db
		}
	}
	return nil
}

// subscribe adds a monitor to its kind. db.mu is held.
func (db *Database) subscribe(k *kind, s *sub) *kind {
	if same := db.kinds[k.key]; same != nil {
		k = same
	} else {
		db.kinds[k.key] = k
		db.dispatch = nil
	}
	k.subs = append(k.subs, s)
	return k
}

func (db *Database) unsubscribe(k *kind, s *sub) {
	k.subs = slices.DeleteFunc(k.subs, func(x *sub) bool { return x == s })
	if len(k.subs) == 0 {
		delete(db.kinds, k.key)
		db.dispatch = nil
	}
}

func (c *session) monitorMethod(m *jsonrpc.Message, ver version) (json.Value, *ovsdb.Error) {
	db, err := c.lookup(m)
	if err != nil {
		return json.Value{}, err
	}
	e := m.Params.Elems()
	want := 3
	if ver == v3 {
		want = 4
	}
	if len(e) < want || len(e) > want && ver != v1 {
		return json.Value{}, ovsdb.SyntaxErrorf(m.Params, "", "invalid parameters")
	}
	if c.findAny(e[1]) != nil {
		return json.Value{}, ovsdb.SyntaxErrorf(e[1], "", "duplicate monitor ID")
	}
	k, err := db.parseRequests(e[2], ver)
	if err != nil {
		return json.Value{}, err
	}
	var since ovsdb.UUID
	if ver == v3 {
		if e[3].Kind() != json.String {
			return json.Value{}, ovsdb.SyntaxErrorf(e[3], "", "last-txn-id must be string")
		}
		var ok bool
		if since, ok = ovsdb.ParseUUID(e[3].Str()); !ok {
			return json.Value{}, ovsdb.SyntaxErrorf(e[3], "", "last-txn-id must be UUID format.")
		}
	}
	db.mu.Lock()
	me := &sub{s: c, id: e[1]}
	k = db.subscribe(k, me)
	snap := db.store.Published()
	var found bool
	var updates []byte
	if ver == v3 {
		found, updates = db.since(k, since, snap)
	}
	db.mu.Unlock()
	// The state is a snapshot: it is encoded without holding anyone up.
	if updates == nil {
		updates = k.initialUpdates(snap)
	}
	if ver == v3 {
		b := append(make([]byte, 0, len(updates)+64), '[')
		b = json.Append(b, json.Bool(found))
		b = append(snap.ID.AppendTo(append(b, `,"`...)), `",`...)
		updates = append(append(b, updates...), ']')
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	c.reply(m, updates)
	for _, b := range me.held {
		c.q.Push(b)
	}
	me.started, me.held = true, nil
	return later, nil
}

// since returns the updates since a transaction, if it is in the history.
// db.mu is held.
func (db *Database) since(k *kind, id ovsdb.UUID, snap *ovsdb.Snapshot) (bool, []byte) {
	if id == snap.ID {
		return true, []byte("{}")
	}
	from := -1
	for i, ch := range db.history {
		if ch.Previous.ID == id {
			from = i
		}
	}
	if from < 0 {
		return false, nil
	}
	e := &encoder{b: []byte{'{'}}
	for _, mt := range k.tables {
		// The first old and the last new version of each row.
		net := map[ovsdb.UUID]*ovsdb.RowChange{}
		var order []ovsdb.UUID
		for _, ch := range db.history[from:] {
			for i := range ch.Tables {
				if ch.Tables[i].Table != mt.table {
					continue
				}
				for _, rc := range ch.Tables[i].Rows {
					u := rc.UUID()
					if have := net[u]; have != nil {
						have.New = rc.New
					} else {
						net[u] = &ovsdb.RowChange{Old: rc.Old, New: rc.New}
						order = append(order, u)
					}
				}
			}
		}
		e.beginTable(mt.table.Name)
		for _, u := range order {
			if rc := net[u]; rc.Old != nil || rc.New != nil {
				e.change(k, mt, rc.Old, rc.New)
			}
		}
		e.endTable()
	}
	return true, append(e.b, '}')
}

func (c *session) monitorCancelMethod(m *jsonrpc.Message) (json.Value, *ovsdb.Error) {
	e := m.Params.Elems()
	if len(e) != 1 {
		return json.Value{}, &ovsdb.Error{Tag: "invalid parameters"}
	}
	for _, db := range c.srv.DBs() {
		db.mu.Lock()
		k, sub := db.find(c, e[0])
		if k != nil {
			db.unsubscribe(k, sub)
		}
		db.mu.Unlock()
		if k != nil {
			return json.Obj(), nil
		}
	}
	return json.Value{}, &ovsdb.Error{Tag: "unknown monitor"}
}

// condChangeMethod changes the conditions, and may change the id, of a
// monitor. The client is told at once of the rows that come and go.
func (c *session) condChangeMethod(m *jsonrpc.Message) (json.Value, *ovsdb.Error) {
	e := m.Params.Elems()
	if len(e) != 3 {
		return json.Value{}, ovsdb.SyntaxErrorf(m.Params, "", "invalid parameters")
	}
	db := c.findAny(e[0])
	if db == nil {
		return json.Value{}, ovsdb.SyntaxErrorf(e[0], "", "unknown monitor session")
	}
	if e[2].Kind() != json.Object {
		return json.Value{}, ovsdb.Errorf("syntax error", "monitor-cond-change-requests must be object")
	}
	if !e[0].Equal(e[1]) && c.findAny(e[1]) != nil {
		return json.Value{}, ovsdb.SyntaxErrorf(e[1], "", "duplicate monitor ID")
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	old, s := db.find(c, e[0])
	if old == nil {
		return json.Value{}, ovsdb.SyntaxErrorf(e[0], "", "unknown monitor session")
	}
	k := &kind{db: db, version: old.version}
	for _, mt := range old.tables {
		c := *mt
		k.tables = append(k.tables, &c)
	}
	for _, f := range e[2].Members() {
		i := slices.IndexFunc(k.tables, func(mt *monitoredTable) bool { return mt.table.Name == f.Key })
		if i < 0 {
			where := ""
			if db.store.Schema().Table(f.Key) != nil {
				where = " in monitor session"
			}
			return json.Value{}, ovsdb.Errorf("syntax error", "no table named %s%s", f.Key, where)
		}
		if f.Value.Kind() != json.Array {
			return json.Value{}, ovsdb.Errorf("syntax error", "table %s no monitor-cond-change JSON array", f.Key)
		}
		mt := k.tables[i]
		for _, v := range f.Value.Elems() {
			// Of several the last counts.
			where, err := mt.changeRequest(v)
			// A "monitor" has no conditions, whatever is asked for.
			if err == nil && k.version != v1 {
				mt.cond, mt.where = nil, ""
				err = mt.addCondition(where)
			}
			if err != nil {
				return json.Value{}, err
			}
		}
	}
	k.setKey()
	db.unsubscribe(old, s)
	s.id = e[1]
	k = db.subscribe(k, s)
	snap := db.store.Published()
	en := &encoder{b: []byte{'{'}}
	for i, mt := range k.tables {
		before := old.tables[i]
		if before.where == mt.where {
			continue
		}
		en.beginTable(mt.table.Name)
		for r := range snap.Rows(mt.table) {
			switch was, is := before.match(r), mt.match(r); {
			case was && !is:
				en.row(k, mt, deleted, r, nil)
			case is && !was:
				en.row(k, mt, inserted, nil, r)
			}
		}
		en.endTable()
	}
	if en.anyTable {
		c.q.Push(k.message(s.id, snap.ID, append(en.b, '}')))
	}
	return json.Obj(), nil
}

// changeRequest returns the condition of one <monitor-cond-update-request>.
func (mt *monitoredTable) changeRequest(v json.Value) (where json.Value, err *ovsdb.Error) {
	what := "table " + mt.table.Name
	if v.Kind() != json.Object {
		return where, ovsdb.Errorf("syntax error", "Parsing %s failed: Object expected.", what)
	}
	for _, m := range v.Members() {
		switch m.Key {
		case "where":
			if m.Value.Kind() != json.Array {
				return where, ovsdb.SyntaxErrorf(v, "", "Parsing %s failed: Type mismatch for member 'where'.", what)
			}
			where = m.Value
		case "columns":
			return where, ovsdb.SyntaxErrorf(v, "", "changing columns is unsupported")
		default:
			return where, ovsdb.SyntaxErrorf(v, "", "Parsing %s failed: Member '%s' is present but not allowed here.", what, m.Key)
		}
	}
	return where, nil
}

// cancelMonitors tells clients that the database's monitors are gone. Those that
// do not follow the coming and going of databases learn it by being
// disconnected.
func (db *Database) cancelMonitors() {
	db.mu.Lock()
	defer db.mu.Unlock()
	for key, k := range db.kinds {
		for _, sub := range k.subs {
			if sub.s.aware.Load() {
				sub.s.notify("monitor_canceled", json.Arr(sub.id))
				sub.s.q.Kick()
			}
		}
		delete(db.kinds, key)
		db.dispatch = nil
	}
}
