package server

import (
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// serverSchema is the schema of the built-in database (ovsdb-server(5)).
const serverSchema = `{"cksum":"3009684573 744","name":"_Server","tables":{"Database":{"columns":{
"cid":{"type":{"key":"uuid","min":0}},"connected":{"type":"boolean"},"index":{"type":{"key":"integer","min":0}},
"leader":{"type":"boolean"},"model":{"type":{"key":{"enum":["set",["clustered","relay","standalone"]],"type":"string"}}},
"name":{"type":"string"},"schema":{"type":{"key":"string","min":0}},"sid":{"type":{"key":"uuid","min":0}}}}},"version":"1.2.0"}`

func newServerDB() *Database {
	v, err := json.ParseString(serverSchema)
	if err == nil {
		var s *ovsdb.Schema
		if s, err = ovsdb.ParseSchema(v); err == nil {
			return NewDatabase(ovsdb.NewStore(s), nil)
		}
	}
	panic(err) // the text above is wrong
}

// describe writes the row of a database in _Server.
func (s *Server) describe(db *Database) {
	s.self.Apply(serverRow(s.self.rowOf(db.Name()), json.Obj(
		json.Member{Key: "name", Value: json.Str(db.Name())},
		json.Member{Key: "model", Value: json.Str(db.Model())},
		json.Member{Key: "connected", Value: json.Bool(true)},
		json.Member{Key: "leader", Value: json.Bool(true)},
		json.Member{Key: "schema", Value: json.Str(db.store.Schema().JSON().String())},
	)))
}

func (s *Server) undescribe(db *Database) {
	s.self.Apply(serverRow(s.self.rowOf(db.Name()), json.Value{}))
}

// rowOf returns the UUID of the row of a database in _Server.
func (db *Database) rowOf(name string) ovsdb.UUID {
	t := db.store.Schema().Table("Database")
	col := t.Column("name")
	for r := range db.Snapshot().Rows(t) {
		if r.Get(col).Str() == name {
			return r.UUID()
		}
	}
	return ovsdb.NewUUID()
}

func serverRow(u ovsdb.UUID, row json.Value) json.Value {
	return json.Obj(json.Member{Key: "Database", Value: json.Obj(json.Member{Key: u.String(), Value: row})})
}
