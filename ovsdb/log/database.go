package log

import (
	"io"
	"time"

	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// Reader reads a standalone database: its schema, then its transactions.
type Reader struct {
	*Log
	Schema *ovsdb.Schema
}

// OpenDatabase opens a standalone database file and reads its schema.
func OpenDatabase(name string, mode Mode) (*Reader, error) {
	l, err := Open(name, mode, Standalone)
	if err != nil {
		return nil, err
	}
	v, err := l.Read()
	if err == nil {
		var s *ovsdb.Schema
		if s, err = ovsdb.ParseSchema(v); err == nil {
			return &Reader{l, s}, nil
		}
		if e, ok := err.(*ovsdb.Error); ok {
			e.Details += " (failed to parse \"" + name + "\" as ovsdb schema)"
		}
	} else if err == io.EOF {
		err = ovsdb.Errorf("ovsdb error", "%s: unexpected end of file reading schema", name)
	}
	l.Close()
	return nil, err
}

// Load replays all transactions into a new store. A damaged end of the file
// does not matter beyond damage, which says what it is: the store holds what
// came before. schema, if not nil, is used in place of the file's own, and
// what it lacks is dropped.
func (r *Reader) Load(schema *ovsdb.Schema) (st *ovsdb.Store, damage error) {
	convert := schema != nil
	if schema == nil {
		schema = r.Schema
	}
	st = ovsdb.NewStore(schema)
	for n := 0; ; n++ {
		v, err := r.Read()
		if err == io.EOF {
			break
		}
		if err == nil && isSchema(v) {
			// An online conversion: a new schema, and the data after it.
			s, serr := ovsdb.ParseSchema(v)
			if err = serr; err == nil {
				if !convert {
					r.Schema = s
					st = ovsdb.NewStore(s)
				}
				continue
			}
		}
		if err == nil {
			if _, err = st.ApplyRecord(v, convert); err != nil {
				r.Unread()
			}
		}
		if err != nil {
			damage = err
			break
		}
		if n == 0 {
			r.Mark()
		}
	}
	st.Publish()
	return st, damage
}

func isSchema(v json.Value) bool {
	_, hasName := v.Get("name")
	_, hasTables := v.Get("tables")
	return hasName && hasTables
}

// CreateDatabase makes a new standalone database file without data.
func CreateDatabase(name string, s *ovsdb.Schema) error {
	l, err := Open(name, Create, Standalone)
	if err != nil {
		return err
	}
	l.Append(json.Append(nil, s.JSON()))
	if err = l.Flush(); err == nil {
		err = l.Sync()
	}
	l.Close()
	return err
}

// Compact replaces the log by its schema and one record of the state.
func (l *Log) Compact(s *ovsdb.Snapshot, comment string, now time.Time) error {
	return l.Replace(Standalone, json.Append(nil, s.Schema().JSON()), s.AppendSnapshot(nil, comment, now))
}
