// Package ovsdb holds an Open vSwitch database in memory (RFC 7047): values,
// column types, schemas, rows, conditions, mutations, and a transactional store
// of them. Package ovsdb/server serves it, ovsdb/log keeps it in a file.
//
// Atoms, Datums, Rows, Schemas and Snapshots are immutable: any number of
// goroutines may share them without locks. A Store has one writer at a time;
// the Snapshots it publishes stay as they were.
//
//	schema, err := ovsdb.LoadSchema("vswitch.ovsschema")
//	st := ovsdb.NewStore(schema)
//	res := st.Execute(params, ovsdb.ExecOptions{})
package ovsdb
