package ovsdbtool

import (
	"fmt"
	"io"
	"time"

	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
)

// showLog prints a database's records: one line each, with -m the rows that
// each changes, with -m -m their columns, too.
func (t *tool) showLog() error {
	l, err := log.Open(t.db(), log.ReadOnly, log.Standalone, log.Cluster)
	if err != nil {
		return err
	}
	defer l.Close()
	if l.Magic() == log.Cluster {
		return errCluster
	}
	s := &shower{tool: t, rows: map[string]map[string]json.Value{}}
	for i := 0; ; i++ {
		v, err := l.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(t.out, "record %d:", i)
		if _, ok := v.Get("tables"); ok {
			err = s.schemaRecord(v)
		} else {
			s.record(v)
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(t.out)
	}
}

type shower struct {
	*tool
	schema *ovsdb.Schema
	rows   map[string]map[string]json.Value // each row's name column, by table and UUID
}

func (s *shower) schemaRecord(v json.Value) error {
	schema, err := ovsdb.ParseSchema(v)
	if err != nil {
		return err
	}
	s.schema = schema
	fmt.Fprintf(s.out, " \"%s\" schema, version=\"%s\", cksum=\"%s\"\n", schema.Name, schema.Version, schema.Cksum)
	return nil
}

func (s *shower) record(v json.Value) {
	if d, ok := v.Get("_date"); ok && d.Kind() == json.Integer {
		ms := d.Int()
		if ms < 1e11 {
			ms *= 1000 // releases before 1.10 wrote seconds
		}
		fmt.Fprint(s.out, " ", time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000"))
	}
	if c, ok := v.Get("_comment"); ok && c.Kind() == json.String {
		fmt.Fprintf(s.out, " \"%s\"", c.Str())
	}
	if s.more == 0 {
		return
	}
	diff, _ := v.Get("_is_diff")
	fmt.Fprintln(s.out)
	for _, t := range v.Members() {
		if t.Key == "" || t.Key[0] == '_' {
			continue
		}
		if s.rows[t.Key] == nil {
			s.rows[t.Key] = map[string]json.Value{}
		}
		for _, r := range t.Value.Members() {
			s.row(t.Key, r.Key, r.Value, diff.Bool())
		}
	}
}

func (s *shower) row(table, uuid string, v json.Value, diff bool) {
	known := s.rows[table]
	old, existed := known[uuid]
	name, hasName := v.Get("name")
	if !hasName {
		name = old
	}
	short := uuid
	if len(short) > 8 {
		short = short[:8]
	}
	fmt.Fprintf(s.out, "  table %s", table)
	if !existed {
		fmt.Fprint(s.out, " insert")
	}
	switch {
	case name.Kind() == json.String:
		fmt.Fprintf(s.out, " row \"%s\" (%s)", name.Str(), short)
	case existed:
		fmt.Fprintf(s.out, " row %s (%s)", short, short)
	default:
		fmt.Fprintf(s.out, " row %s", short)
	}
	if existed && diff {
		fmt.Fprint(s.out, " diff")
	}
	fmt.Fprintln(s.out, ":")
	if v.IsNull() {
		fmt.Fprintln(s.out, "    delete row")
		delete(known, uuid)
		return
	}
	known[uuid] = name
	if s.more < 2 {
		return
	}
	var ts *ovsdb.TableSchema
	if s.schema != nil {
		ts = s.schema.Table(table)
	}
	for _, c := range v.Members() {
		text := c.Value.String()
		if ts != nil {
			if col := ts.Column(c.Key); col != nil {
				typ := col.Type
				typ.Min, typ.Max = 0, max(typ.Max, 1)
				if d, err := ovsdb.DatumFromJSON(&typ, c.Value, nil); err == nil {
					text = d.Text(&col.Type)
				}
			}
		}
		fmt.Fprintf(s.out, "    %s=%s\n", c.Key, text)
	}
}
