package ovsdbclient

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"govs/daemon/vlog"
	"govs/internal/version"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
)

// record writes one record of a database file.
func record(w io.Writer, v json.Value) error {
	b := append(json.Append(nil, v), '\n')
	_, err := fmt.Fprintf(w, "OVSDB JSON %d %x\n%s", len(b), sha1.Sum(b), b)
	return err
}

// backup writes the database as a file of its own. Ephemeral columns are left
// out.
func (c *client) backup() error {
	w := bufio.NewWriter(c.io.Out)
	if err := record(w, c.schema.JSON()); err != nil {
		return err
	}
	all := []json.Member{
		{Key: "_date", Value: json.Int(time.Now().UnixMilli())},
		{Key: "_comment", Value: json.Str("produced by \"ovsdb-client backup\"")},
	}
	for _, t := range c.schema.Tables {
		cols := []*ovsdb.Column{t.Columns[ovsdb.ColUUID]}
		for _, col := range t.Own() {
			if col.Persistent {
				cols = append(cols, col)
			}
		}
		rows, err := c.rows(t, cols)
		if err != nil {
			return err
		}
		var out []json.Member
		for _, r := range rows {
			var uuid string
			var f []json.Member
			for _, m := range r.Members() {
				if m.Key == "_uuid" {
					uuid = m.Value.Elems()[1].Str()
				} else {
					f = append(f, m)
				}
			}
			out = append(out, json.Member{Key: uuid, Value: json.Obj(f...)})
		}
		if out != nil {
			all = append(all, json.Member{Key: t.Name, Value: json.Obj(out...)})
		}
	}
	if err := record(w, json.Obj(all...)); err != nil {
		return err
	}
	return w.Flush()
}

// restore replaces all data by a backup's, in one transaction. Rows get new
// UUIDs.
func (c *client) restore() error {
	text, err := io.ReadAll(c.io.In)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp("", "ovsdb-restore")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = io.Copy(f, bytes.NewReader(text)); err == nil {
		err = f.Close()
	}
	if err != nil {
		return err
	}
	r, err := log.OpenDatabase(f.Name(), log.ReadOnly)
	if err != nil {
		return errors.New(strings.ReplaceAll(err.Error(), f.Name(), "/dev/stdin"))
	}
	defer r.Close()
	if err := c.sameSchema(r.Schema); err != nil {
		return err
	}
	st, damage := r.Load(nil)
	if damage != nil {
		return errors.New(strings.ReplaceAll(damage.Error(), f.Name(), "/dev/stdin"))
	}
	ops := []json.Value{json.Str(c.db)}
	for _, t := range c.schema.Tables {
		ops = append(ops, op("delete", t.Name, member("where", json.Arr())))
	}
	snap := st.Head()
	for _, t := range r.Schema.Tables {
		to := c.schema.Table(t.Name)
		if to == nil {
			return fmt.Errorf("table %s does not exist in the database", t.Name)
		}
		for row := range snap.Rows(t) {
			var f []json.Member
			for _, col := range t.Own() {
				d := row.Get(col)
				if !col.Type.IsDefault(d) && col.Persistent && to.Column(col.Name) != nil {
					f = append(f, json.Member{Key: col.Name, Value: renamed(d, &col.Type)})
				}
			}
			ops = append(ops, op("insert", t.Name, member("uuid-name", json.Str(rowName(row.UUID()))), member("row", json.Obj(f...))))
		}
	}
	ops = append(ops, json.Obj(member("op", json.Str("comment")), member("comment", json.Str("ovsdb-client "+version.OVS+" restore"))))
	res, err := c.call("transact", json.Arr(ops...))
	if err != nil {
		return err
	}
	for _, e := range res.Elems() {
		if _, bad := e.Get("error"); bad {
			return fmt.Errorf("transaction returned error: %s", e)
		}
	}
	return nil
}

// sameSchema refuses a backup with another schema, or logs it with --force.
func (c *client) sameSchema(backup *ovsdb.Schema) error {
	if backup.Equal(c.schema) {
		return nil
	}
	why := fmt.Sprintf("backup schema has version \"%s\" but database schema has version \"%s\"", backup.Version, c.schema.Version)
	if backup.Version == c.schema.Version {
		why = fmt.Sprintf("backup schema and database schema are both version %s but still differ", backup.Version)
	}
	if !c.force {
		return fmt.Errorf("%s (use --force to override differences, or \"ovsdb-client convert\" to change the schema)", why)
	}
	vlog.New("ovsdb_client").Info("%s", why)
	return nil
}

func rowName(u ovsdb.UUID) string { return "row" + strings.ReplaceAll(u.String(), "-", "_") }

// renamed returns a value's JSON with references by the names of inserted
// rows.
func renamed(d ovsdb.Datum, t *ovsdb.Type) json.Value {
	atom := func(b *ovsdb.BaseType, a ovsdb.Atom) json.Value {
		if b.Type == ovsdb.UUIDType && b.RefTable != "" {
			return json.Arr(json.Str("named-uuid"), json.Str(rowName(a.UUID())))
		}
		return a.JSON()
	}
	list := make([]json.Value, d.Len())
	for i, k := range d.Keys() {
		list[i] = atom(&t.Key, k)
		if t.IsMap() {
			list[i] = json.Arr(list[i], atom(&t.Value, d.Value(i)))
		}
	}
	if t.IsMap() {
		return json.Arr(json.Str("map"), json.Arr(list...))
	}
	return json.Arr(json.Str("set"), json.Arr(list...))
}
