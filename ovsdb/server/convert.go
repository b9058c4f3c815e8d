package server

import (
	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// convertMethod changes a database's schema while it is served: data that the
// new schema has no place for is dropped, and nothing changes if the rest does
// not fit it (ovsdb-server(7) section 4.1.20).
func (c *session) convertMethod(m *jsonrpc.Message) (json.Value, *ovsdb.Error) {
	db, err := c.lookup(m)
	if err != nil {
		return json.Value{}, err
	}
	e := m.Params.Elems()
	if len(e) != 2 {
		return json.Value{}, ovsdb.SyntaxErrorf(m.Params, "", "array expected")
	}
	if c.opts.Load().ReadOnly {
		return json.Value{}, ovsdb.Errorf("not allowed", "convert operation not allowed when database server is in read only mode")
	}
	schema, perr := ovsdb.ParseSchema(e[1])
	if perr != nil {
		return json.Value{}, asOVSDB(perr)
	}
	if schema.Name != db.Name() {
		return json.Value{}, ovsdb.Errorf("invalid parameters", "new schema name (%s) does not match database name (%s)", schema.Name, db.Name())
	}
	if cerr := c.srv.convert(db, schema); cerr != nil {
		return json.Value{}, asOVSDB(cerr)
	}
	return json.Obj(), nil
}

func asOVSDB(err error) *ovsdb.Error {
	if e, ok := err.(*ovsdb.Error); ok {
		return e
	}
	return ovsdb.Errorf("ovsdb error", "%v", err)
}

// convert puts a database of another schema, with the data and the storage of
// db, in its place.
func (s *Server) convert(db *Database, schema *ovsdb.Schema) error {
	if db == s.self {
		return ovsdb.Errorf("not allowed", "convert operation not allowed on reserved database %s", db.Name())
	}
	db.mu.Lock()
	for len(db.pending) > 0 {
		db.mu.Unlock()
		db.flush(nil)
		db.mu.Lock()
	}
	if db.closed || db.successor != nil {
		db.mu.Unlock()
		return ovsdb.Errorf("canceled", "database schema is changing")
	}
	next, err := db.store.Head().Convert(schema)
	if err == nil && db.storage != nil {
		err = db.storage.Compact(next.Head(), "converted by ovsdb-server")
	}
	if err != nil {
		db.mu.Unlock()
		return err
	}
	n := NewDatabase(next, db.storage)
	n.srv, n.path, n.watchers = s, db.path, db.watchers
	n.logged.Store(db.logged.Load())
	s.mu.Lock()
	s.dbs[db.Name()] = n
	s.mu.Unlock()
	waiting := db.triggers
	db.successor, db.storage, db.triggers, db.watchers = n, nil, nil, nil
	db.mu.Unlock()
	cancelTriggers(waiting)
	db.cancelMonitors()
	s.describe(n)
	s.dropUnaware(db.Name(), "database "+db.Name()+" schema changed")
	return nil
}

// cancelTriggers answers transactions that wait for what will never come.
func cancelTriggers(waiting []*trigger) {
	for _, t := range waiting {
		t.timer.Stop()
		t.s.error(t.req, json.Str("canceled"))
		t.s.q.Kick()
	}
}
