package ovsdb

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"govs/jsonrpc/json"
)

const testSchema = `{"name":"T","version":"1.0.0","tables":{
 "Root":{"isRoot":true,"indexes":[["name"]],"columns":{
   "name":{"type":"string"},"n":{"type":{"key":{"type":"integer","minInteger":0,"maxInteger":100}}},
   "kids":{"type":{"key":{"type":"uuid","refTable":"Kid"},"min":0,"max":"unlimited"}},
   "friend":{"type":{"key":{"type":"uuid","refTable":"Root","refType":"weak"},"min":0,"max":1}},
   "opts":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}},
   "nums":{"type":{"key":"integer","min":0,"max":"unlimited"}}}},
 "Kid":{"columns":{"name":{"type":"string"},"kids":{"type":{"key":{"type":"uuid","refTable":"Kid"},"min":0,"max":"unlimited"}}}}}}`

func mustParse(t testing.TB, s string) json.Value {
	t.Helper()
	v, err := json.ParseString(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return v
}

func testStore(t testing.TB) *Store {
	s, err := ParseSchema(mustParse(t, testSchema))
	if err != nil {
		t.Fatal(err)
	}
	return NewStore(s)
}

func run(t testing.TB, st *Store, ops string) string {
	t.Helper()
	return string(st.Execute(mustParse(t, `["T",`+ops+`]`), ExecOptions{}).JSON)
}

func TestReferences(t *testing.T) {
	st := testStore(t)
	kid := st.Schema().Table("Kid")
	run(t, st, `{"op":"insert","table":"Kid","uuid-name":"c","row":{"name":"c"}},{"op":"insert","table":"Kid","uuid-name":"b","row":{"name":"b","kids":["named-uuid","c"]}},
		{"op":"insert","table":"Root","row":{"name":"a","kids":["named-uuid","b"]}},{"op":"insert","table":"Kid","row":{"name":"lost"}}`)
	if n := st.Head().Len(kid); n != 2 {
		t.Fatalf("%d kids, want 2", n)
	}
	if out := run(t, st, `{"op":"delete","table":"Kid","where":[["name","==","c"]]}`); !strings.Contains(out, "referential integrity violation") {
		t.Fatal(out)
	}
	run(t, st, `{"op":"update","table":"Root","where":[],"row":{"kids":["set",[]]}}`)
	if n := st.Head().Len(kid); n != 0 {
		t.Fatalf("%d kids left", n)
	}
	run(t, st, `{"op":"insert","table":"Root","uuid-name":"x","row":{"name":"x"}},{"op":"insert","table":"Root","row":{"name":"y","friend":["named-uuid","x"]}}`)
	run(t, st, `{"op":"delete","table":"Root","where":[["name","==","x"]]}`)
	if out := run(t, st, `{"op":"select","table":"Root","columns":["friend"],"where":[["name","==","y"]]}`); out != `[{"rows":[{"friend":["set",[]]}]}]` {
		t.Fatal(out)
	}
	if out := run(t, st, `{"op":"insert","table":"Root","row":{"name":"y"}}`); !strings.Contains(out, "identical values (y) for index on column \\\"name\\\"") {
		t.Fatal(out)
	}
}

// Random trie operations agree with a plain map, and old versions stay.
func TestTrie(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var tr trie
	want := map[UUID]*Row{}
	var versions []trie
	var counts []int
	for i := range 20000 {
		e := &edit{}
		var u UUID
		u[0], u[1], u[15] = byte(rnd.IntN(8)), byte(rnd.IntN(64)), byte(rnd.IntN(4))
		if want[u] != nil && rnd.IntN(2) == 0 {
			tr.remove(u, e)
			delete(want, u)
		} else {
			r := &Row{uuid: u}
			tr.put(r, e)
			want[u] = r
		}
		if i%1000 == 0 {
			versions, counts = append(versions, tr), append(counts, len(want))
		}
	}
	n := 0
	var last UUID
	for r := range tr.all {
		if want[r.uuid] != r || n > 0 && last.Compare(r.uuid) >= 0 {
			t.Fatalf("row %v", r.uuid)
		}
		last = r.uuid
		n++
	}
	if n != len(want) || tr.n != n {
		t.Fatal(n, tr.n, len(want))
	}
	for u, r := range want {
		if tr.get(u) != r {
			t.Fatal(u)
		}
	}
	for i, v := range versions {
		n := 0
		for range v.all {
			n++
		}
		if n != counts[i] || v.n != n {
			t.Fatalf("version %d: %d rows, want %d", i, n, counts[i])
		}
	}
}

// The counts of references that transactions keep agree with a recount.
func TestReset(t *testing.T) {
	st := testStore(t)
	for i := range 20 {
		run(t, st, fmt.Sprintf(`{"op":"insert","table":"Kid","uuid-name":"k","row":{}},{"op":"insert","table":"Root","row":{"name":"r%d","kids":["named-uuid","k"]}}`, i))
	}
	refs := func() (all []int32) {
		for r := range st.Head().Rows(st.Schema().Table("Kid")) {
			all = append(all, r.refs)
		}
		return all
	}
	before := refs()
	st.Reset(st.Head())
	if a, b := fmt.Sprint(before), fmt.Sprint(refs()); a != b {
		t.Fatal(a, b)
	}
}

func FuzzTransact(f *testing.F) {
	for _, s := range []string{
		`{"op":"insert","table":"Root","row":{"name":"a","opts":["map",[["a","b"]]]}}`,
		`{"op":"mutate","table":"Root","where":[],"mutations":[["n","*=",0],["nums","insert",["set",[1,2]]]]}`,
		`{"op":"wait","table":"Root","where":[["n","<",3]],"columns":["n"],"until":"==","rows":[{"n":1}],"timeout":0}`,
		`{"op":"select","table":"Root","where":[["opts","includes",["map",[["a","b"]]]]],"sort":["name"]}`,
		`{"op":"insert","table":"Root","uuid-name":"q","row":{"friend":["named-uuid","q"]}},{"op":"abort"}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, ops string) {
		v, err := json.ParseString(`["T",` + ops + `]`)
		if err != nil {
			return
		}
		st := testStore(t)
		st.Execute(mustParse(t, `["T",{"op":"insert","table":"Root","row":{"name":"z","n":-0,"nums":["set",[-3,4]]}}]`), ExecOptions{})
		for range 2 {
			res := st.Execute(v, ExecOptions{CanWait: true})
			if !res.Wait {
				if _, err := json.Parse(res.JSON); err != nil {
					t.Fatalf("%s: %v", res.JSON, err)
				}
			}
		}
	})
}

func FuzzSchema(f *testing.F) {
	f.Add(testSchema)
	f.Add(`{"name":"T","tables":{"A":{"columns":{"c":{"type":{"key":{"type":"string","enum":["set",["a"]]},"min":0,"max":"unlimited"}}},"indexes":[["c"]],"maxRows":1}}}`)
	f.Add(`{"name":"T","version":"1.2","tables":{"_A":{"columns":{}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := json.ParseString(text)
		if err != nil {
			return
		}
		s, err := ParseSchema(v)
		if err != nil {
			return
		}
		again, err := ParseSchema(s.JSON())
		if err != nil || !again.Equal(s) {
			t.Fatalf("%s: %v", s.JSON(), err)
		}
		NewStore(s)
	})
}

func BenchmarkInsert(b *testing.B) {
	st := testStore(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v, _ := json.ParseString(fmt.Sprintf(`["T",{"op":"insert","table":"Root","row":{"name":"row%d","n":5,"opts":["map",[["a","b"],["c","d"]]]}}]`, i))
		if st.Execute(v, ExecOptions{}).Failed {
			b.Fatal("failed")
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	st := testStore(b)
	for i := range 50000 {
		v, _ := json.ParseString(fmt.Sprintf(`["T",{"op":"insert","table":"Root","row":{"name":"row%d","n":5,"opts":["map",[["a","b"],["c","d"]]]}}]`, i))
		st.Execute(v, ExecOptions{})
	}
	st.Publish()
	v, _ := json.ParseString(`["T",{"op":"select","table":"Root","where":[]}]`)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(st.Published().Query(v, nil).JSON)))
	}
}
