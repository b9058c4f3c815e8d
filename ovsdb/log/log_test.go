package log

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/jsonrpc/json"
	"govs/ovsdb"
)

const schemaText = `{"name":"T","version":"1.0.0","tables":{"A":{"isRoot":true,"columns":{
	"n":{"type":"integer"},"e":{"type":"string","ephemeral":true},
	"s":{"type":{"key":"integer","min":0,"max":"unlimited"}},
	"m":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}}}}}}`

func parse(t testing.TB, s string) json.Value {
	t.Helper()
	v, err := json.ParseString(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func dump(st *ovsdb.Store) string {
	return string(st.Head().Query(json.Arr(json.Str("T"), json.Obj(
		json.Member{Key: "op", Value: json.Str("select")}, json.Member{Key: "table", Value: json.Str("A")},
		json.Member{Key: "where", Value: json.Arr()}, json.Member{Key: "columns", Value: json.Arr(json.Str("_uuid"), json.Str("m"), json.Str("n"), json.Str("s"))})), nil).JSON)
}

var script = []string{
	`{"op":"insert","table":"A","row":{"n":1,"s":["set",[1,2,3]],"m":["map",[["a","b"],["c","d"]]]}},{"op":"comment","comment":"first"}`,
	`{"op":"insert","table":"A","row":{"e":"x"}}`,
	`{"op":"mutate","table":"A","where":[["n","==",1]],"mutations":[["s","insert",["set",[7,8]]],["s","delete",2],["m","delete",["set",["a"]]]]}`,
	`{"op":"update","table":"A","where":[["n","==",1]],"row":{"m":["map",[["c","other"]]],"e":"only in memory"}}`,
	`{"op":"update","table":"A","where":[["n","==",1]],"row":{"s":["set",[]]}}`,
	`{"op":"delete","table":"A","where":[["n","==",0]]}`,
}

// A database cut at any byte opens with the transactions that were whole, and
// goes on from there.
func TestTornTail(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "t.db")
	s, err := ovsdb.ParseSchema(parse(t, schemaText))
	if err != nil {
		t.Fatal(err)
	}
	if err := CreateDatabase(name, s); err != nil {
		t.Fatal(err)
	}
	r, err := OpenDatabase(name, ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	st, damage := r.Load(nil)
	if damage != nil {
		t.Fatal(damage)
	}
	states := map[int64]string{r.Size(): dump(st)}
	ends := []int64{r.Size()}
	for i, ops := range script {
		res := st.Execute(parse(t, `["T",`+ops+`]`), ovsdb.ExecOptions{})
		if res.Failed {
			t.Fatalf("%s", res.JSON)
		}
		if rec, ok := res.Change.AppendRecord(nil, i%2 == 0, time.Now()); ok {
			r.Append(rec)
		}
		if err := r.Flush(); err != nil {
			t.Fatal(err)
		}
		states[r.Size()] = dump(st)
		ends = append(ends, r.Size())
	}
	if _, err := OpenDatabase(name, ReadWrite); err == nil || err.Error() != "I/O error: "+name+": failed to lock lockfile (Resource deadlock avoided)" {
		t.Error("second lock:", err)
	}
	r.Close()
	whole, _ := os.ReadFile(name)
	for cut := ends[0]; cut <= int64(len(whole)); cut++ {
		os.WriteFile(name, whole[:cut], 0o600)
		r, err := OpenDatabase(name, ReadWrite)
		if err != nil {
			t.Fatal(cut, err)
		}
		st, damage := r.Load(nil)
		want := ends[0]
		for _, e := range ends {
			if e <= cut {
				want = e
			}
		}
		if (damage != nil) != (want != cut) {
			t.Fatalf("cut at %d (whole until %d): %v", cut, want, damage)
		}
		if got := dump(st); got != states[want] {
			t.Fatalf("cut at %d:\n%s\nwant\n%s", cut, got, states[want])
		}
		r.Append([]byte(`{"A":{}}`))
		if err := r.Flush(); err != nil {
			t.Fatal(err)
		}
		r.Close()
		r, _ = OpenDatabase(name, ReadOnly)
		if _, damage := r.Load(nil); damage != nil {
			t.Fatalf("after cut at %d: %v", cut, damage)
		}
		r.Close()
	}
	os.WriteFile(name, whole, 0o600)
	r, _ = OpenDatabase(name, ReadWrite)
	st, _ = r.Load(nil)
	if err := r.Compact(st.Head(), "compacted", time.Now()); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r, _ = OpenDatabase(name, ReadOnly)
	st2, damage := r.Load(nil)
	r.Close()
	if damage != nil || dump(st2) != dump(st) {
		t.Fatal(damage, dump(st2))
	}
}

func TestForeign(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f.db")
	for text, want := range map[string]string{
		"":                "ovsdb error: %s: cannot identify file type",
		"hello":           "ovsdb error: %s: unexpected file format",
		"OVSDB JSON xx\n": "ovsdb error: %s: unexpected file format",
		"OVSDB JSON 5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n":    "I/O error: %s: error reading 5 bytes starting at offset 54 (End of file)",
		"OVSDB CLUSTER 5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n": "ovsdb error: %s: cannot apply this operation to clustered database file",
	} {
		os.WriteFile(name, []byte(text), 0o600)
		_, err := OpenDatabase(name, ReadWrite)
		if want := fmt.Sprintf(want, name); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	os.Remove(name)
	if _, err := OpenDatabase(name, ReadOnly); err == nil || !strings.Contains(err.Error(), "open failed (No such file or directory)") {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	l := &Log{magic: Standalone}
	l.Append([]byte(schemaText))
	l.Append([]byte(`{"A":{"00000000-0000-0000-0000-000000000001":{"n":3}}}`))
	f.Add(l.pending)
	f.Add([]byte("OVSDB JSON 99999999999 x"))
	f.Add(bytes.Repeat([]byte("OVSDB "), 30))
	name := filepath.Join(f.TempDir(), "f.db")
	f.Fuzz(func(t *testing.T, b []byte) {
		os.WriteFile(name, b, 0o600)
		if r, err := OpenDatabase(name, ReadOnly); err == nil {
			r.Load(nil)
			r.Close()
		}
	})
}
