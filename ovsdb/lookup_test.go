package ovsdb

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"govs/jsonrpc/json"
)

// TestIndexed executes random transactions whose conditions an index serves,
// and the same with a clause that keeps it from being used: the results are the
// same, also for rows that the transaction itself has changed.
func TestIndexed(t *testing.T) {
	v, err := json.ParseString(`{"name":"T","version":"1.0.0","tables":{"A":{"isRoot":true,"indexes":[["name"],["a","b"]],"columns":{
		"name":{"type":"string"},"a":{"type":"integer"},"b":{"type":{"key":"integer","min":0,"max":"unlimited"}}}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := ParseSchema(v)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	st := NewStore(schema)
	value := func() string { return fmt.Sprintf(`"n%d"`, r.IntN(60)) }
	where := func() string {
		if r.IntN(2) == 0 {
			return `["name","==",` + value() + `]`
		}
		return fmt.Sprintf(`["a","==",%d],["b","==",["set",[%d]]]`, r.IntN(8), r.IntN(8))
	}
	found, committed := 0, 0
	for range 3000 {
		var ops string
		for range 1 + r.IntN(4) {
			w := where()
			switch r.IntN(4) {
			case 0:
				ops += fmt.Sprintf(`,{"op":"insert","table":"A","row":{"name":%s,"a":%d,"b":%d}}`, value(), r.IntN(8), r.IntN(8))
			case 1:
				ops += fmt.Sprintf(`,{"op":"update","table":"A","where":[%s],"row":{"name":%s,"a":%d}}`, w, value(), r.IntN(8))
			case 2:
				if r.IntN(4) == 0 {
					ops += fmt.Sprintf(`,{"op":"delete","table":"A","where":[%s]}`, w)
				}
			}
			ops += fmt.Sprintf(`,{"op":"select","table":"A","columns":["_uuid","name","a","b"],"where":[%s]}`, w)
			ops += fmt.Sprintf(`,{"op":"select","table":"A","columns":["_uuid","name","a","b"],"where":[["name","includes",%s]]}`, value())
			// The same as the last but one without an index.
			ops += fmt.Sprintf(`,{"op":"select","table":"A","columns":["_uuid","name","a","b"],"where":[%s]}`, scanned(w))
		}
		p, err := json.ParseString(`["T"` + ops + `]`)
		if err != nil {
			t.Fatal(err)
		}
		res := st.Execute(p, ExecOptions{})
		if res.Change != nil {
			committed++
		}
		out, err := json.Parse(res.JSON)
		if err != nil {
			t.Fatal(err)
		}
		var lists []json.Value
		for _, e := range out.Elems() {
			if rows, ok := e.Get("rows"); ok {
				lists = append(lists, rows)
			}
		}
		for i := 0; i+2 < len(lists); i += 3 {
			found += len(lists[i].Elems())
			if !lists[i].Equal(lists[i+2]) {
				t.Fatalf("%s\nby the index %v\nby looking %v", p, lists[i], lists[i+2])
			}
		}
	}
	if found < 500 || committed < 300 {
		t.Errorf("%d rows found, %d transactions committed: the test tests little", found, committed)
	}
	q := func(where string) bool {
		p, _ := json.ParseString(`["T",{"op":"select","table":"A","where":[` + where + `]}]`)
		return st.Head().Indexed(p)
	}
	if !q(`["name","==","x"]`) || !q(`["b","==",1],["a","==",2]`) || q(`["a","==",2]`) || q(`["name","!=","x"]`) || q(``) {
		t.Error("Indexed")
	}
}

// scanned says the same as clauses that an index serves, in a way it does not.
func scanned(where string) string {
	p, _ := json.ParseString("[" + where + "]")
	out := ""
	for i, c := range p.Elems() {
		if i > 0 {
			out += ","
		}
		e := c.Elems()
		f := "includes"
		if e[0].Str() == "a" {
			f = "=="
		}
		if e[0].Str() == "b" {
			// Includes would also find bigger sets, but there are none.
			f = "includes"
		}
		out += fmt.Sprintf(`[%s,"%s",%s]`, e[0], f, e[2])
	}
	return out
}
