package ovsdbfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"govs/ovsdb"
	"govs/ovsdb/log"
)

// operation returns the operations of the n-th transaction. They change rows
// of before in every way that the file has a record for.
func operation(n int) string {
	name := fmt.Sprintf("r%d", n%7)
	switch n % 5 {
	case 0:
		return fmt.Sprintf(`{"op":"delete","table":"T","where":[["name","==","%s"]]},{"op":"insert","table":"T","row":{"name":"%s","set":["set",[%d,%d]],"map":["map",[["n","%d"]]]}}`, name, name, n, n+1, n)
	case 1:
		return fmt.Sprintf(`{"op":"mutate","table":"T","where":[],"mutations":[["set","insert",["set",[%d]]],["set","delete",["set",[%d]]]]},{"op":"comment","comment":"%d"}`, n, n-9, n)
	case 2:
		return fmt.Sprintf(`{"op":"mutate","table":"T","where":[],"mutations":[["map","insert",["map",[["k%d","%d"]]]],["map","delete",["set",["k%d"]]]]}`, n%4, n, (n+1)%4)
	case 3:
		return fmt.Sprintf(`{"op":"update","table":"T","where":[["name","==","%s"]],"row":{"set":["set",[%d]],"map":["map",[]]}},{"op":"commit","durable":true}`, name, n)
	}
	return fmt.Sprintf(`{"op":"insert","table":"T","row":{"name":"x%d"}},{"op":"delete","table":"T","where":[["name","==","x%d"]]}`, n, n-5)
}

const selectAll = `["D",{"op":"select","table":"T","where":[],"columns":["name","set","map"]}]`

// canon puts the rows of a select's result in order.
func canon(t testing.TB, result string) string {
	t.Helper()
	v := parse(t, result)
	var rows []string
	for _, op := range v.Elems() {
		list, _ := op.Get("rows")
		for _, r := range list.Elems() {
			name, _ := r.Get("name")
			set, _ := r.Get("set")
			m, _ := r.Get("map")
			rows = append(rows, name.String()+" "+set.String()+" "+m.String())
		}
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n")
}

// load returns what a file holds. The file must be whole, or end in a record
// that is not.
func load(t testing.TB, file string) *ovsdb.Store {
	t.Helper()
	r, err := log.OpenDatabase(file, log.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	st, _ := r.Load(nil)
	return st
}

// read returns the rows of a file, and the version of its schema.
func read(t testing.TB, file string) (state, version string) {
	t.Helper()
	st := load(t, file)
	return canon(t, string(st.Head().Query(parse(t, selectAll), nil).JSON)), st.Schema().Version
}
