package server

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"govs/ovsdb"
)

// TestDispatch makes monitors of random conditions and random changes: each
// monitor that sees a changed row must be asked, none twice, and few in vain.
func TestDispatch(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	schema := testSchemaOf(t, testSchema)
	db := NewDatabase(ovsdb.NewStore(schema), nil)
	clause := func() string {
		switch r.IntN(8) {
		case 0:
			return "false"
		case 1:
			return fmt.Sprintf(`["n","==",%d]`, r.IntN(100))
		case 2:
			return fmt.Sprintf(`["set","==",["set",[%d,%d]]]`, r.IntN(5), 5+r.IntN(5))
		}
		return fmt.Sprintf(`["name","==","row%d"]`, r.IntN(200))
	}
	odd := []string{"true", `["n","<",50]`, `["set","includes",3]`, `["name","!=","row7"]`}
	for i := range 300 {
		where := clause()
		for range r.IntN(3) {
			where += "," + clause()
		}
		if i%30 == 0 {
			where += "," + odd[i/30%len(odd)]
		}
		if i == 299 {
			where = ""
		}
		k, err := db.parseRequests(parse(t, `{"A":[{"where":[`+where+`]},{"columns":[],"where":[`+clause()+`]}]}`), v2)
		if err != nil {
			t.Fatal(err)
		}
		k.key += fmt.Sprint(i)
		db.kinds[k.key] = k
	}
	d := newDispatch(schema, db.kinds)
	table := schema.Table("A")
	row := func() *ovsdb.Row {
		if r.IntN(4) == 0 {
			return nil
		}
		return ovsdb.NewRow(table, ovsdb.NewUUID(), map[string]ovsdb.Datum{
			"name": ovsdb.StringSet(fmt.Sprintf("row%d", r.IntN(200))),
			"n":    ovsdb.NewSet(ovsdb.IntAtom(int64(r.IntN(100)))),
			"set":  ovsdb.NewSet(ovsdb.IntAtom(int64(r.IntN(5))), ovsdb.IntAtom(int64(5+r.IntN(5)))),
		})
	}
	asked, needed, all := 0, 0, 0
	for range 500 {
		ch := &ovsdb.Change{Tables: []ovsdb.TableChange{{Table: table, Rows: []ovsdb.RowChange{{Old: row(), New: row()}, {New: row()}}}}}
		got := map[*kind]bool{}
		d.each(ch, func(k *kind) {
			if got[k] {
				t.Fatal("a monitor is asked twice")
			}
			got[k] = true
		})
		asked += len(got)
		for _, k := range db.kinds {
			all++
			for _, rc := range ch.Tables[0].Rows {
				if k.tables[0].match(rc.Old) || k.tables[0].match(rc.New) {
					needed++
					if !got[k] {
						t.Fatalf("a monitor where %s is not told", k.tables[0].where)
					}
					break
				}
			}
		}
	}
	if asked > 2*needed || needed == 0 {
		t.Errorf("%d asked, %d needed, of %d", asked, needed, all)
	}
}
