package idl

import (
	"slices"
	"testing"

	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/schemas"
)

const (
	uuidA = "11111111-1111-4111-8111-111111111111"
	uuidB = "22222222-2222-4222-8222-222222222222"
)

func testBase() *base {
	s := schemas.OVSSchema()
	return &base{s, looseTypes(s)}
}

func TestApply(t *testing.T) {
	b := testBase()
	tables := make([]table, len(b.schema.Tables))
	row := func() *Row {
		u, _ := ovsdb.ParseUUID(uuidA)
		rows := tables[b.schema.Table("Port").Index].rows
		if i, ok := search(rows, u); ok {
			return rows[i]
		}
		return nil
	}
	for i, step := range []struct {
		f    form
		text string
		want string // trunks and tag and other_config of the row, "" if it is gone
	}{
		{formV2, `{"Port":{"` + uuidA + `":{"initial":{"name":"p","trunks":["set",[1,2]]}}}}`, `[1, 2] [] {}`},
		{formV2, `{"Port":{"` + uuidA + `":{"modify":{"trunks":["set",[2,3]],"tag":7}}}}`, `[1, 3] 7 {}`},
		{formV2, `{"Port":{"` + uuidA + `":{"modify":{"other_config":["map",[["a","b"]]],"tag":["set",[]]}}}}`, `[1, 3] [] {a=b}`},
		{formV2, `{"Port":{"` + uuidA + `":{"modify":{"other_config":["map",[["a","c"],["d","e"]]]}}}}`, `[1, 3] [] {a=c, d=e}`},
		{formV2, `{"Port":{"` + uuidA + `":{"modify":{"other_config":["map",[["a","c"]]]}},"` + uuidB + `":{"insert":{"name":"q"}}}}`, `[1, 3] [] {d=e}`},
		{formV1, `{"Port":{"` + uuidA + `":{"old":{"tag":["set",[]]},"new":{"name":"p","tag":5,"trunks":["set",[]]}}}}`, `[] 5 {d=e}`},
		{formV1, `{"Port":{"` + uuidA + `":{"old":{"name":"p"}}}}`, ``},
		{formV2, `{"Port":{"` + uuidA + `":{"insert":{"name":"p"}}}}`, `[] [] {}`},
		{formV2, `{"Port":{"` + uuidA + `":{"delete":null}}}`, ``},
		{formV2, `{"Port":{"` + uuidA + `":{"modify":{"tag":1}}},"Nope":{}}`, ``},
	} {
		v, err := json.ParseString(step.text)
		if err != nil {
			t.Fatal(err)
		}
		warned := 0
		tables = b.apply(tables, v, step.f, uint64(i+1), func(string, ...any) { warned++ })
		got := ""
		if r := row(); r != nil {
			for _, c := range []string{"trunks", "tag", "other_config"} {
				if got != "" {
					got += " "
				}
				got += r.Get(c).Text(&r.Column(c).Type)
			}
		}
		if got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
		if (warned > 0) != (i == 9) {
			t.Errorf("step %d: %d warnings", i, warned)
		}
	}
}

// FuzzUpdate applies any JSON as an update. Tables stay sorted and hold no row
// twice.
func FuzzUpdate(f *testing.F) {
	f.Add(`{"Port":{"`+uuidA+`":{"initial":{"name":"p","trunks":["set",[1,2]]}}}}`, true)
	f.Add(`{"Port":{"`+uuidA+`":{"modify":{"trunks":["set",[2]],"other_config":["map",[["a","b"]]]}}}}`, true)
	f.Add(`{"Port":{"`+uuidA+`":{"new":{"tag":5}},"x":3},"Nope":{},"Bridge":[]}`, false)
	f.Add(`{"Interface":{"`+uuidB+`":{"insert":{"statistics":["map",[["a",1]]],"ofport":"x"}}}}`, true)
	b := testBase()
	f.Fuzz(func(t *testing.T, text string, v2 bool) {
		v, err := json.ParseString(text)
		if err != nil {
			return
		}
		kind := formV1
		if v2 {
			kind = formV2
		}
		start := make([]table, len(b.schema.Tables))
		seed, _ := json.ParseString(`{"Port":{"` + uuidA + `":{"insert":{"name":"p","trunks":["set",[1,2]]}}}}`)
		start = b.apply(start, seed, formV2, 1, func(string, ...any) {})
		for _, tab := range b.apply(start, v, kind, 2, func(string, ...any) {}) {
			if !slices.IsSortedFunc(tab.rows, func(a, b *Row) int { return a.uuid.Compare(b.uuid) }) {
				t.Fatal("rows are not sorted")
			}
			for i := 1; i < len(tab.rows); i++ {
				if tab.rows[i].uuid == tab.rows[i-1].uuid {
					t.Fatal("a row is there twice")
				}
			}
		}
	})
}
