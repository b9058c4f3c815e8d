package ovsdb

import (
	"strings"
	"testing"

	"govs/jsonrpc/json"
)

// TestRecreate inserts a row under the UUID of one that the transaction
// deleted: refused if the row was there before, whether the transaction touches
// few rows or many.
func TestRecreate(t *testing.T) {
	parse := func(s string) json.Value {
		v, err := json.ParseString(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	schema, err := ParseSchema(parse(`{"name":"T","version":"1.0.0","tables":{"A":{"isRoot":true,"columns":{"n":{"type":"integer"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const insert = `{"op":"insert","table":"A","uuid":"11111111-1111-4111-8111-111111111111","row":{}}`
	const remove = `{"op":"delete","table":"A","where":[["_uuid","==",["uuid","11111111-1111-4111-8111-111111111111"]]]}`
	for _, others := range []int{0, 3, 40} {
		st := NewStore(schema)
		run := func(ops string) bool {
			more := strings.Repeat(`,{"op":"insert","table":"A","row":{}}`, others)
			return !st.Execute(parse(`["T"`+more+`,`+ops+`]`), ExecOptions{}).Failed
		}
		if !run(insert + "," + remove + "," + insert) {
			t.Errorf("%d others: a row made and deleted cannot be made again", others)
		}
		if run(remove + "," + insert) {
			t.Errorf("%d others: a row deleted was made again", others)
		}
		if run(insert) {
			t.Errorf("%d others: a row that is there was made again", others)
		}
	}
}
