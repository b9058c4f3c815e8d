package ctl

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"

	"govs/cli"
	"govs/ovsdb"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
)

var testApp = App{
	Name: "test-ctl", Module: "test_ctl", Schema: schemas.OVSSchema,
	Commands: []Command{{Name: "touch", Min: 1, Max: 2, Options: []string{"--may-exist", "--with="}, Access: Writes, Run: func(c *Context) error { return nil }}},
	Records:  []Records{{Table: "Bridge", Ways: []Record{{Name: "name"}}}, {Table: "sFlow", Ways: []Record{{Table: "Bridge", Name: "name", Via: "sflow"}}}},
}

func TestParseCalls(t *testing.T) {
	for _, c := range []struct {
		line  string
		local map[string]string
		want  string // calls, or the error
	}{
		{"touch a", nil, "touch a"},
		{"-- touch a -- -- touch b --", nil, "touch a; touch b"},
		{"--may-exist touch a", nil, "--may-exist touch a"},
		{"touch a", map[string]string{"--with": "x"}, "--with=x touch a"},
		{"--with=x --may-exist touch a b", nil, "--may-exist --with=x touch a b"},
		{"", nil, "missing command name (use --help for help)"},
		{"-- touch a", map[string]string{"--with": "x"}, "missing command name (use --help for help)"},
		{"--may-exist", nil, "missing command name (use --help for help)"},
		{"nope", nil, "unknown command 'nope'; use --help for help"},
		{"--nope touch a", nil, "'touch' command has no '--nope' option"},
		{"--with touch a", nil, "missing argument to '--with' option on 'touch' command"},
		{"--may-exist=1 touch a", nil, "'--may-exist' option on 'touch' does not accept an argument"},
		{"--may-exist --may-exist touch a", nil, "'--may-exist' option specified multiple times"},
		{"touch", nil, "'touch' command requires at least 1 arguments"},
		{"touch a b c", nil, "'touch' command takes at most 2 arguments"},
		{"touch a b --may-exist", nil, "'touch' command takes at most 2 arguments (note that options must precede command names and follow a \"--\" argument)"},
	} {
		calls, err := testApp.parseCalls(strings.Fields(c.line), c.local)
		var got []string
		for _, call := range calls {
			got = append(got, call.String())
		}
		s := strings.Join(got, "; ")
		if err != nil {
			s = err.Error()
		}
		if s != c.want {
			t.Errorf("%q: %s, want %s", c.line, s, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	s := schemas.OVSSchema()
	for name, want := range map[string]string{
		"Bridge": "Bridge", "bridge": "Bridge", "b": "Bridge", "open-v": "Open_vSwitch", "SFLOW": "sFlow",
		"nope": `unknown table "nope"`, "": `unknown table ""`, "f": `"f" matches multiple table names: Flow_Sample_Collector_Set, Flow_Table`,
	} {
		got, err := findTable(s, name)
		if err != nil && err.Error() != want || err == nil && got.Name != want {
			t.Errorf("%q: %v %v, want %s", name, got, err, want)
		}
	}
	port := s.Table("Port")
	for name, want := range map[string]string{
		"tag": "tag", "other-config": "other_config", "TRUNKS": "trunks", "o": "other_config", "bond_m": "bond_mode",
		"x":     `Port does not contain a column whose name matches "x"`,
		"_uuid": `Port does not contain a column whose name matches "_uuid"`,
		"rstp":  `Port contains more than one column whose name matches "rstp": rstp_statistics, rstp_status`,
	} {
		got, err := findColumn(port, name)
		if err != nil && err.Error() != want || err == nil && got.Name != want {
			t.Errorf("%q: %v %v, want %s", name, got, err, want)
		}
	}
}

func TestUUIDPrefix(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "a": 1, "12ab": 4, "12ag": 0, "11111111": 8, "11111111-2222": 12, "111111112": 0, "11111111-2222-3333-4444-555555555555": 32,
		"11111111-2222-3333-4444-5555555555556": 0, "br0": 0,
	} {
		if got := uuidPrefix(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

func TestEscape(t *testing.T) {
	if got, want := escape([]string{"t", "a b", `x"y\z`, "", "c=d"}), `t "a b" "x\"y\\z" "" c=d`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func testContext() *Context {
	return &Context{Call: &Call{Options: map[string]string{}}, App: &testApp, symbols: &symbols{byName: map[string]*symbol{}}}
}

func TestConditions(t *testing.T) {
	c := testContext()
	port := schemas.OVSSchema().Table("Port")
	for _, x := range []struct {
		column, have, cond string
		want               bool
	}{
		{"tag", "5", "tag=5", true}, {"tag", "5", "tag!=5", false}, {"tag", "[]", "tag<3", true}, {"tag", "[]", "tag>3", false},
		{"trunks", "1,2", "trunks{>=}1", true}, {"trunks", "1,2", "trunks{>}1,2", false}, {"trunks", "1", "trunks{<}1,2", true},
		{"trunks", "[]", "trunks{in}1", true}, {"trunks", "3", "trunks{not-in}1,2", true}, {"trunks", "1", "trunks{not-in}1,2", false},
		{"other_config", "a=b", "other_config:a=b", true}, {"other_config", "a=b", "other_config:a!=b", false},
		{"other_config", "a=b", "other_config:c=b", false}, {"other_config", "a=b", "other_config:c{<=}b", true},
	} {
		col := port.Column(x.column)
		have, err := ovsdb.ParseDatum(&col.Type, x.have, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := splitSetting(port, x.cond, operators)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.holds(s, have); err != nil || got != x.want {
			t.Errorf("%s of %s: %v %v", x.cond, x.have, got, err)
		}
	}
}

// FuzzSetting parses any argument of set and find.
func FuzzSetting(f *testing.F) {
	for _, s := range []string{"tag=5", "trunks{>=}1,2", "other_config:a=b", `other_config:"a b"="c\"d"`, "external_ids={a=b, c=d}",
		"interfaces=@x", "name", ":=", "tag=[1", "trunks=1-5", "other_config:=b", `"`, `x\`, "bond_mode=\"a", "external_ids={a=\x00}", "qos=11111111-2222-3333-4444-555555555555"} {
		f.Add(s)
	}
	port := schemas.OVSSchema().Table("Port")
	f.Fuzz(func(t *testing.T, arg string) {
		for _, ops := range [][]string{nil, assign, operators} {
			s, err := splitSetting(port, arg, ops)
			if err != nil || ops == nil {
				continue
			}
			c := testContext()
			if ops[0] == "=" && !s.hasKey {
				if d, err := c.datum(&s.column.Type, s.value); err == nil {
					again, err := c.datum(&s.column.Type, d.Text(&s.column.Type))
					if err != nil || !again.Equal(d) {
						t.Errorf("%q prints as %s, which parses as %v (%v)", arg, d.Text(&s.column.Type), again, err)
					}
				}
				continue
			}
			c.holds(s, s.column.Type.Default())
		}
	})
}

// The whole way of a run, on a database of its own.
func TestRun(t *testing.T) {
	srv := server.New(server.Config{})
	defer srv.Close()
	if err := srv.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil)); err != nil {
		t.Fatal(err)
	}
	app := testApp
	app.Dial = func(context.Context, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go srv.ServeConn(theirs, "pipe", server.SessionOptions{})
		return ours, nil
	}
	app.Begin = func(txn *idl.Txn) any {
		if idl.First(txn, "Open_vSwitch") == nil {
			txn.Insert("Open_vSwitch")
		}
		return nil
	}
	app.Always = func(n *Need) { n.Columns("Open_vSwitch") }
	run := func(want int, line string) string {
		t.Helper()
		var out, errs bytes.Buffer
		code := app.Main(append([]string{"test-ctl"}, strings.Fields(line)...), cli.IO{Out: &out, Err: &errs})
		if code != want {
			t.Errorf("%s: status %d, %s", line, code, errs.String())
		}
		return out.String() + errs.String()
	}
	id := run(0, "--id=@b create bridge name=br0 -- add open . bridges @b")
	if got := run(0, "get bridge br0 _uuid"); got != id {
		t.Errorf("create printed %s, the row is %s", id, got)
	}
	if got := run(0, "get bridge "+id[:8]+" name"); got != "br0\n" {
		t.Error(got)
	}
	run(0, "--id=@s create sflow targets=\"a\" -- set bridge br0 sflow=@s")
	if got := run(0, "--bare --columns=targets list sflow br0"); got != "a\n" {
		t.Error(got)
	}
	if got, want := run(1, "get bridge nope name"), "test-ctl: no row \"nope\" in table Bridge\n"; got != want {
		t.Error(got)
	}
	if got := run(0, "--commands"); !strings.Contains(got, "[--may-exist] [--with=] ,touch,") || !strings.Contains(got, "[--if-exists] [--id=] ,get,!TABLE !RECORD *COLUMN?:KEY\n") {
		t.Error(got)
	}
	if got := run(0, "--options"); !strings.Contains(got, "--db=ARG\n") || strings.Contains(got, "--may-exist") || !strings.Contains(got, "-t ARG\n") {
		t.Error(got)
	}
	if got := run(0, "--version"); !strings.HasPrefix(got, "test-ctl (Open vSwitch) ") || !strings.Contains(got, "\nDB Schema 8.8.0\n") {
		t.Error(got)
	}
	run(0, "--help")
}
