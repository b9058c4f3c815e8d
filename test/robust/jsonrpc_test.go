package robust

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// rpcs are what nobody should send to a database server.
var rpcs = []struct{ name, text string }{
	{"echo", `{"method":"echo","params":[1,"a"],"id":1}`},
	{"garbage", "GET / HTTP/1.0\r\n\r\n"},
	{"zeros", "\x00\x00\x00\x00"},
	{"half", `{"method":"echo","params":[`},
	{"two and a half", `{"method":"echo","params":[],"id":1}{"method":"echo","params":[],"id":2}{"meth`},
	{"array", `[1,2,3]`},
	{"string", `"abc"`},
	{"empty object", `{}`},
	{"nested", strings.Repeat("[", 100000)},
	{"nested objects", strings.Repeat(`{"a":`, 100000)},
	{"nested params", `{"method":"echo","id":1,"params":` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + `}`},
	{"huge integer", `{"method":"echo","params":[123456789012345678901234567890],"id":1}`},
	{"huge exponent", `{"method":"echo","params":[1e99999],"id":1}`},
	{"small exponent", `{"method":"echo","params":[1e-99999],"id":1}`},
	{"leading zero", `{"method":"echo","params":[01],"id":1}`},
	{"minus", `{"method":"echo","params":[-],"id":1}`},
	{"bad utf-8", "{\"method\":\"echo\",\"params\":[\"\xff\xfe\"],\"id\":1}"},
	{"overlong utf-8", "{\"method\":\"echo\",\"params\":[\"\xc0\xaf\"],\"id\":1}"},
	{"lone surrogate", `{"method":"echo","params":["\ud800"],"id":1}`},
	{"escaped zero", `{"method":"echo","params":["\u0000"],"id":1}`},
	{"control character", "{\"method\":\"echo\",\"params\":[\"a\tb\"],\"id\":1}"},
	{"bad escape", `{"method":"echo","params":["\q"],"id":1}`},
	{"method number", `{"method":1,"params":[],"id":1}`},
	{"params object", `{"method":"echo","params":{},"id":1}`},
	{"no id", `{"method":"echo","params":[]}`},
	{"null id", `{"method":"echo","params":[],"id":null}`},
	{"unknown member", `{"method":"echo","params":[],"id":1,"x":1}`},
	{"unknown method", `{"method":"nope","params":[],"id":1}`},
	{"unknown notification", `{"method":"nope","params":[],"id":null}`},
	{"unasked result", `{"result":[],"error":null,"id":7}`},
	{"unasked error", `{"result":null,"error":"x","id":7}`},
	{"result and method", `{"method":"echo","params":[],"id":1,"result":[]}`},
	{"transact nothing", `{"method":"transact","params":[],"id":1}`},
	{"transact wrong database", `{"method":"transact","params":["nope"],"id":1}`},
	{"transact number", `{"method":"transact","params":[1],"id":1}`},
	{"transact no operation", `{"method":"transact","params":["Open_vSwitch",1,null,"x",[]],"id":1}`},
	{"transact empty operation", `{"method":"transact","params":["Open_vSwitch",{}],"id":1}`},
	{"transact unknown op", `{"method":"transact","params":["Open_vSwitch",{"op":"nope"}],"id":1}`},
	{"transact unknown table", `{"method":"transact","params":["Open_vSwitch",{"op":"select","table":"Nope","where":[]}],"id":1}`},
	{"transact where type", `{"method":"transact","params":["Open_vSwitch",{"op":"select","table":"Bridge","where":1}],"id":1}`},
	{"transact where clause", `{"method":"transact","params":["Open_vSwitch",{"op":"select","table":"Bridge","where":[["name"]]}],"id":1}`},
	{"transact where function", `{"method":"transact","params":["Open_vSwitch",{"op":"select","table":"Bridge","where":[["name","~","x"]]}],"id":1}`},
	{"transact unknown column", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"nope":1}}],"id":1}`},
	{"transact wrong type", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"name":1}}],"id":1}`},
	{"transact wrong set", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"name":["set",["a","b"]]}}],"id":1}`},
	{"transact wrong map", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"other_config":["map",[["a"]]]}}],"id":1}`},
	{"transact duplicate key", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"other_config":["map",[["a","b"],["a","c"]]]}}],"id":1}`},
	{"transact bad enum", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"name":"x","fail_mode":"never"}}],"id":1}`},
	{"transact out of range", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Port","row":{"name":"x","tag":5000}}],"id":1}`},
	{"transact bad uuid", `{"method":"transact","params":["Open_vSwitch",{"op":"delete","table":"Bridge","where":[["_uuid","==",["uuid","nope"]]]}],"id":1}`},
	{"transact unknown name", `{"method":"transact","params":["Open_vSwitch",{"op":"delete","table":"Bridge","where":[["_uuid","==",["named-uuid","nope"]]]}],"id":1}`},
	{"transact bad mutation", `{"method":"transact","params":["Open_vSwitch",{"op":"mutate","table":"Bridge","where":[],"mutations":[["name","+=",1]]}],"id":1}`},
	{"transact division by zero", `{"method":"transact","params":["Open_vSwitch",{"op":"mutate","table":"Open_vSwitch","where":[],"mutations":[["next_cfg","/=",0]]}],"id":1}`},
	{"transact read only", `{"method":"transact","params":["Open_vSwitch",{"op":"update","table":"Bridge","where":[],"row":{"name":"x"}}],"id":1}`},
	{"transact wait", `{"method":"transact","params":["Open_vSwitch",{"op":"wait","table":"Bridge","where":[],"columns":["name"],"until":"==","rows":[{"name":1}],"timeout":0}],"id":1}`},
	{"transact fractional timeout", `{"method":"transact","params":["Open_vSwitch",{"op":"wait","table":"Bridge","where":[],"columns":["name"],"until":"==","rows":[],"timeout":0.5}],"id":1}`},
	{"transact abort", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Open_vSwitch","row":{}},{"op":"abort"}],"id":1}`},
	{"transact dangling", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Open_vSwitch","row":{"bridges":["uuid","11111111-2222-3333-4444-555555555555"]}}],"id":1}`},
	{"transact too few", `{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"name":"x","datapath_id":["set",["a","b"]]}}],"id":1}`},
	{"monitor nothing", `{"method":"monitor","params":[],"id":1}`},
	{"monitor wrong table", `{"method":"monitor","params":["Open_vSwitch",null,{"Nope":{}}],"id":1}`},
	{"monitor wrong type", `{"method":"monitor","params":["Open_vSwitch",null,[]],"id":1}`},
	{"monitor wrong column", `{"method":"monitor","params":["Open_vSwitch",null,{"Bridge":{"columns":["nope"]}}],"id":1}`},
	{"monitor twice the column", `{"method":"monitor","params":["Open_vSwitch",null,{"Bridge":[{"columns":["name"]},{"columns":["name"]}]}],"id":1}`},
	{"monitor_cond wrong where", `{"method":"monitor_cond","params":["Open_vSwitch",null,{"Bridge":[{"columns":["name"],"where":[1]}]}],"id":1}`},
	{"monitor_cancel unknown", `{"method":"monitor_cancel","params":["x"],"id":1}`},
	{"monitor_cond_change unknown", `{"method":"monitor_cond_change","params":["x","y",{}],"id":1}`},
	{"lock nothing", `{"method":"lock","params":[],"id":1}`},
	{"lock number", `{"method":"lock","params":[1],"id":1}`},
	{"unlock unheld", `{"method":"unlock","params":["x"],"id":1}`},
	{"cancel unknown", `{"method":"cancel","params":[9],"id":null}`},
	{"get_schema wrong", `{"method":"get_schema","params":["nope"],"id":1}`},
	{"get_schema number", `{"method":"get_schema","params":[3],"id":1}`},
	{"list_dbs too much", `{"method":"list_dbs","params":[1],"id":1}`},
	{"set_db_change_aware wrong", `{"method":"set_db_change_aware","params":[1],"id":1}`},
	{"convert wrong", `{"method":"convert","params":["Open_vSwitch",{}],"id":1}`},
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// sorted writes JSON values with their members in order, as the reference's
// order changes from version to version, and without the UUIDs of the day.
func sorted(text []byte) string {
	var b strings.Builder
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var v any
		if err := d.Decode(&v); err != nil {
			return b.String()
		}
		out, _ := json.Marshal(v)
		b.WriteString(uuids.ReplaceAllString(string(out), "UUID"))
	}
}

// Malformed JSON-RPC gets what the reference answers, on a connection that
// lives or ends as the reference's does, and changes nothing.
func TestJSONRPC(t *testing.T) {
	o, r := ours(t), reference(t)
	for _, s := range []*site{o, r} {
		s.createDB()
		s.server("-vconsole:off", "-vfile:off")
	}
	before := len(o.read("conf.db"))
	answer := func(s *site, text string) string {
		got, closed := say(t, s.path("db.sock"), []byte(text), 250*time.Millisecond)
		return fmt.Sprintf("%s closed=%v", sorted(got), closed)
	}
	answers := make([][2]string, len(rpcs))
	var wg sync.WaitGroup
	for i := range rpcs {
		wg.Add(2)
		go func() { defer wg.Done(); answers[i][0] = answer(o, rpcs[i].text) }()
		go func() { defer wg.Done(); answers[i][1] = answer(r, rpcs[i].text) }()
		if i%16 == 15 {
			wg.Wait()
		}
	}
	wg.Wait()
	for i, a := range answers {
		if a[0] != a[1] {
			t.Errorf("%s:\n ours      %.600s\n reference %.600s", rpcs[i].name, a[0], a[1])
		}
	}
	if after := len(o.read("conf.db")); after != before {
		t.Errorf("the database file grew from %d to %d bytes", before, after)
	}
	if got := answer(o, rpcs[0].text); got != `{"error":null,"id":1,"result":[1,"a"]} closed=false` {
		t.Errorf("afterwards, echo: %s", got)
	}
}
