package table

import (
	"strings"
	"testing"
	"time"

	"govs/cli"
)

// cell has a text per form, as a column of the database would.
type cell struct{ str, bare, json string }

func (c cell) Text(d Data) string {
	if d == Bare {
		return c.bare
	}
	return c.str
}
func (c cell) JSON() string { return c.json }

const uuid = "59800636-9c15-474f-a425-5888432fa932"

var grid = Grid{
	Heads: []string{"name", "external_ids", "ports", "fail_mode"},
	Rows: [][]Cell{{
		cell{"br0", "br0", `"br0"`},
		cell{`{a="b c<&", z="1"}`, "a=b c<& z=1", `["map",[["a","b c<&"],["z","1"]]]`},
		cell{"[" + uuid + "]", uuid, `["uuid","` + uuid + `"]`},
		cell{"[]", "", `["set",[]]`},
	}},
}

// The expected texts are what ovs-vsctl printed for that row.
func TestFormats(t *testing.T) {
	for _, tt := range []struct{ opts, want string }{
		{"", `name external_ids       ports                                  fail_mode
---- ------------------ -------------------------------------- ---------
br0  {a="b c<&", z="1"} [59800636-9c15-474f-a425-5888432fa932] []
`},
		{"-d bare", `name external_ids ports                                fail_mode
---- ------------ ------------------------------------ ---------
br0  a=b c<& z=1  59800636-9c15-474f-a425-5888432fa932
`},
		{"-d json", `name  external_ids                      ports                                           fail_mode
----- --------------------------------- ----------------------------------------------- ----------
"br0" ["map",[["a","b c<&"],["z","1"]]] ["uuid","59800636-9c15-474f-a425-5888432fa932"] ["set",[]]
`},
		{"-f list", `name                : br0
external_ids        : {a="b c<&", z="1"}
ports               : [59800636-9c15-474f-a425-5888432fa932]
fail_mode           : []
`},
		{"--bare", "br0\na=b c<& z=1\n" + uuid + "\n\n"},
		{"-f html -d json", `<table border=1>
  <tr>
    <th>name</th>
    <th>external_ids</th>
    <th>ports</th>
    <th>fail_mode</th>
  </tr>
  <tr>
    <td>&quot;br0&quot;</td>
    <td>[&quot;map&quot;,[[&quot;a&quot;,&quot;b c&lt;&amp;&quot;],[&quot;z&quot;,&quot;1&quot;]]]</td>
    <td>[&quot;uuid&quot;,&quot;<a href="#59800636-9c15-474f-a425-5888432fa932">59800636</a>&quot;]</td>
    <td>[&quot;set&quot;,[]]</td>
  </tr>
</table>
`},
		{"-f csv", `name,external_ids,ports,fail_mode
br0,"{a=""b c<&"", z=""1""}",[59800636-9c15-474f-a425-5888432fa932],[]
`},
		{"-f csv --no-headings", `br0,"{a=""b c<&"", z=""1""}",[59800636-9c15-474f-a425-5888432fa932],[]
`},
		{"-f json", `{"data":[["br0",["map",[["a","b c<&"],["z","1"]]],["uuid","59800636-9c15-474f-a425-5888432fa932"],["set",[]]]],"headings":["name","external_ids","ports","fail_mode"]}
`},
		{"--max-column-width=10", `name external_ids ports      fail_mode
---- ------------ ---------- ---------
br0  {a="b c<&",  [59800636- []
`},
	} {
		var s Style
		if _, err := cli.Parse(strings.Fields(tt.opts), cli.Permute, s.Options()); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		s.Write(&b, &grid)
		if b.String() != tt.want {
			t.Errorf("%s:\n%s\nwant:\n%s", tt.opts, b.String(), tt.want)
		}
	}
}

func TestPretty(t *testing.T) {
	s := Style{Format: JSON, Pretty: true}
	g := Grid{Caption: "c", Heads: []string{"a:b"}, Rows: [][]Cell{{cell{json: `["set",[]]`}}, {Str("x\"\n\x01")}}}
	var b strings.Builder
	s.Write(&b, &g)
	want := `{
  "caption": "c",
  "data": [
    [
      [
        "set",
        []]],
    [
      "x\"\n\u0001"]],
  "headings": [
    "a:b"]}
`
	if b.String() != want {
		t.Errorf("got:\n%s", b.String())
	}
}

func TestCaptionsTimesAndGaps(t *testing.T) {
	g := Grid{Caption: "Bridge table", Time: time.UnixMilli(1_000), Heads: []string{"name"}, Rows: [][]Cell{{Str("br0")}}}
	empty := Grid{Caption: "QoS table", Heads: []string{"x"}}
	for f, want := range map[Format]string{
		Table: "1970-01-01 00:00:01.000\nBridge table\nname\n----\nbr0\n\nQoS table\nx\n-\n",
		List:  "1970-01-01 00:00:01.000\nBridge table\nname                : br0\n\nQoS table\n",
		CSV:   "1970-01-01 00:00:01.000\nBridge table\nname\nbr0\n\nQoS table\nx\n",
		JSON: `{"caption":"Bridge table","data":[["br0"]],"headings":["name"],"time":"1970-01-01 00:00:01.000"}
{"caption":"QoS table","data":[],"headings":["x"]}
`,
	} {
		s := Style{Format: f}
		var b strings.Builder
		s.Write(&b, &g)
		s.Write(&b, &empty)
		if b.String() != want {
			t.Errorf("%v:\n%s\nwant:\n%s", f, b.String(), want)
		}
	}
}

func TestBadOptions(t *testing.T) {
	var s Style
	for arg, want := range map[string]string{"-ffoo": `unknown output format "foo"`, "-dfoo": `unknown data format "foo"`} {
		if _, err := cli.Parse([]string{arg}, cli.Permute, s.Options()); err == nil || err.Error() != want {
			t.Errorf("%s: %v", arg, err)
		}
	}
}
