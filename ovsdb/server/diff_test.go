package server

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/jsonrpc/json"
	"govs/ovsdb/log"
)

// Declared differences, where 3.1 is wrong and its later releases need not be
// right either: a product that fits an int64 is refused from about 2^61 on; a
// weak reference in the value of a map outlives the row that the same
// transaction deletes; a monitor request with two parameters ends the server.

// The same requests go to our server and to the reference's, and the answers,
// notifications included, must be the same: UUIDs by order of appearance,
// rows, members and table updates in any order.

const diffSchema = `{"name":"D","version":"1.2.3","tables":{
"Root":{"isRoot":true,"maxRows":6,"indexes":[["name"],["a","b"]],"columns":{
 "name":{"type":"string"},"a":{"type":"integer"},"b":{"type":{"key":"integer","min":0,"max":1}},
 "fix":{"type":"string","mutable":false},
 "eph":{"type":{"key":"string","min":0,"max":1},"ephemeral":true},
 "r":{"type":"real"},"flag":{"type":"boolean"},
 "small":{"type":{"key":{"type":"integer","minInteger":0,"maxInteger":10},"min":0,"max":3}},
 "low":{"type":{"key":{"type":"integer","minInteger":-5},"min":0,"max":1}},
 "high":{"type":{"key":{"type":"integer","maxInteger":5},"min":0,"max":1}},
 "rr":{"type":{"key":{"type":"real","minReal":-1.5,"maxReal":2.5},"min":0,"max":"unlimited"}},
 "word":{"type":{"key":{"type":"string","enum":["set",["red","green","dark blue"]]},"min":0,"max":2}},
 "len":{"type":{"key":{"type":"string","minLength":2,"maxLength":4},"min":0,"max":2}},
 "kids":{"type":{"key":{"type":"uuid","refTable":"Kid"},"min":0,"max":"unlimited"}},
 "one":{"type":{"key":{"type":"uuid","refTable":"Root","refType":"weak"},"min":0,"max":1}},
 "map":{"type":{"key":"string","value":"integer","min":0,"max":"unlimited"}},
 "umap":{"type":{"key":"string","value":{"type":"uuid","refTable":"Kid","refType":"weak"},"min":0,"max":3}},
 "smap":{"type":{"key":"string","value":"string","min":0,"max":2}}}},
"Kid":{"columns":{"k":{"type":"integer"},"more":{"type":{"key":{"type":"uuid","refTable":"Kid"},"min":0,"max":"unlimited"}}}},
"Must":{"isRoot":true,"columns":{"t":{"type":{"key":{"type":"uuid","refTable":"Root","refType":"weak"}}}}},
"Strong":{"isRoot":true,"columns":{"t":{"type":{"key":{"type":"uuid","refTable":"Root"},"min":0,"max":1}}}}}}`

// Each line is the operations of a transaction, or a whole request after "!".
// $N is the N-th UUID seen so far.
const diffScript = `
{"op":"insert","table":"Root","row":{"name":"r1","a":1}}
{"op":"insert","table":"Root","row":{"name":"r1","a":2}}
{"op":"insert","table":"Root","row":{"name":"r2","a":1,"b":3}},{"op":"insert","table":"Root","row":{"name":"r3","a":1,"b":3}}
{"op":"update","table":"Root","where":[["name","==","r1"]],"row":{"a":5}},{"op":"insert","table":"Root","row":{"name":"r1"}}
{"op":"update","table":"Root","where":[["name","==","r1"]],"row":{"name":"zz"}},{"op":"insert","table":"Root","row":{"name":"zz"}}
{"op":"select","table":"Root","where":[]}
{"op":"select","table":"Root","where":[],"columns":["name","a","b","r","flag"]}
{"op":"select","table":"Root","where":[],"columns":["name","name"]}
{"op":"select","table":"Root","where":[],"columns":["nope"]}
{"op":"select","table":"Root","where":[],"columns":"name"}
{"op":"select","table":"Root","where":[],"columns":[1]}
{"op":"select","table":"Nope","where":[]}
{"op":"select","table":"Root"}
{"op":"select","table":5,"where":[]}
{"op":"select","table":"Root","where":{}}
{"op":"select","table":"Root","where":[],"foo":1}
{"op":"select","table":"Root","where":[],"foo":1,"bar":2}
{"op":"select","table":"Root","where":[],"foo":1,"bar":2,"baz":3}
{"op":"what"}
{"op":"1x"}
{"op":5}
{"no":1}
{"op":"insert","table":"Root","row":[]}
5
"str"
[]
null
{"op":"select","table":"Root","where":[["name","==","r1",1]]}
{"op":"select","table":"Root","where":[["name","=","r1"]]}
{"op":"select","table":"Root","where":[["nope","==","r1"]]}
{"op":"select","table":"Root","where":[["name","<","r1"]]}
{"op":"select","table":"Root","where":[["kids","<",5]]}
{"op":"select","table":"Root","where":[["small","<",5]]}
{"op":"select","table":"Root","where":[["map","<",5]]}
{"op":"select","table":"Root","where":[["word",">",5]]}
{"op":"select","table":"Root","where":[["len",">",5]]}
{"op":"select","table":"Root","where":[["smap",">",5]]}
{"op":"select","table":"Root","where":[["one",">",5]]}
{"op":"select","table":"Root","where":[["flag",">",true]]}
{"op":"select","table":"Root","where":[["_uuid",">",5]]}
{"op":"select","table":"Root","where":[["b","<",5]],"columns":["name"]}
{"op":"select","table":"Root","where":[["b","<",["set",[]]]],"columns":["name"]}
{"op":"select","table":"Root","where":[["a","<","x"]]}
{"op":"select","table":"Root","where":[["a","==",["set",[1,2]]]]}
{"op":"select","table":"Root","where":[["a","includes",["set",[1,2]]]]}
{"op":"select","table":"Root","where":[["a","excludes",["set",[1,2]]]]}
{"op":"select","table":"Root","where":[["a","includes",["set",[]]]]}
{"op":"select","table":"Root","where":[["b","includes",["set",[]]]],"columns":["name"]}
{"op":"select","table":"Root","where":[["b","includes",["set",[1,2]]]],"columns":["name"]}
{"op":"select","table":"Root","where":[["b","excludes",["set",[1,2]]]],"columns":["name"]}
{"op":"select","table":"Root","where":[true],"columns":["name"]}
{"op":"select","table":"Root","where":[false],"columns":["name"]}
{"op":"select","table":"Root","where":[["a","==",1.5]]}
{"op":"select","table":"Root","where":[["r","==",0]],"columns":["name"]}
{"op":"select","table":"Root","where":[["_uuid","==",["uuid","x"]]]}
{"op":"select","table":"Root","where":[["_uuid","==",["named-uuid","x"]]]}
{"op":"select","table":"Root","where":[["_uuid","==",["named-uuid","x y"]]]}
{"op":"select","table":"Root","where":[["_uuid","==","x"]]}
{"op":"select","table":"Root","where":[["_uuid","==",["uuid"]]]}
{"op":"select","table":"Root","where":[["_uuid","==",["set",[]]]]}
{"op":"insert","table":"Root","row":{"nope":1}}
{"op":"insert","table":"Root","row":{"name":1}}
{"op":"insert","table":"Root","row":{"a":1.5}}
{"op":"insert","table":"Root","row":{"a":99999999999999999999}}
{"op":"insert","table":"Root","row":{"flag":1}}
{"op":"insert","table":"Root","row":{"r":"x"}}
{"op":"insert","table":"Root","row":{"small":["set",[1,1]]}}
{"op":"insert","table":"Root","row":{"small":["set",[1,2,3,4]]}}
{"op":"insert","table":"Root","row":{"small":11}}
{"op":"insert","table":"Root","row":{"small":["set",[1,"x"]]}}
{"op":"insert","table":"Root","row":{"small":["map",[]]}}
{"op":"insert","table":"Root","row":{"small":["set",1]}}
{"op":"insert","table":"Root","row":{"small":["set"]}}
{"op":"insert","table":"Root","row":{"small":[]}}
{"op":"insert","table":"Root","row":{"low":-6}}
{"op":"insert","table":"Root","row":{"high":6}}
{"op":"insert","table":"Root","row":{"rr":["set",[0.1,3]]}}
{"op":"insert","table":"Root","row":{"rr":["set",[0.1,-2.25]]}}
{"op":"insert","table":"Root","row":{"word":"blue"}}
{"op":"insert","table":"Root","row":{"word":["set",["red","green","red"]]}}
{"op":"insert","table":"Root","row":{"len":"x"}}
{"op":"insert","table":"Root","row":{"len":"éé€ab"}}
{"op":"insert","table":"Root","row":{"len":"\udc00"}}
{"op":"insert","table":"Root","row":{"map":["map",[["a",1],["a",2]]]}}
{"op":"insert","table":"Root","row":{"map":["map",[["a"]]]}}
{"op":"insert","table":"Root","row":{"map":["map",[["a",1,2]]]}}
{"op":"insert","table":"Root","row":{"map":["map",["a"]]}}
{"op":"insert","table":"Root","row":{"map":["set",[]]}}
{"op":"insert","table":"Root","row":{"map":{}}}
{"op":"insert","table":"Root","row":{"map":"a"}}
{"op":"insert","table":"Root","row":{"smap":["map",[["a","b"],["c","d"],["e","f"]]]}}
{"op":"insert","table":"Root","row":{"name":["set",[]]}}
{"op":"insert","table":"Root","row":{"name":["set",["a","b"]]}}
{"op":"insert","table":"Root","row":{"name":["set",["q1"]],"a":77}}
{"op":"insert","table":"Root","row":{"name":"x"},"uuid-name":"1x"}
{"op":"insert","table":"Root","row":{"name":"x","a":8},"uuid-name":"n"},{"op":"insert","table":"Root","row":{"name":"y","a":9},"uuid-name":"n"}
{"op":"insert","table":"Root","row":{"name":"x"},"uuid":"zz"}
{"op":"insert","table":"Root","row":{"name":"cu","a":31},"uuid":"12345678-1234-4234-8234-123456789abc"}
{"op":"insert","table":"Root","row":{"name":"cu2","a":32},"uuid":"12345678-1234-4234-8234-123456789abc"}
{"op":"delete","table":"Root","where":[["name","==","cu"]]},{"op":"insert","table":"Root","row":{"name":"cu2","a":32},"uuid":"12345678-1234-4234-8234-123456789abc"}
{"op":"delete","table":"Root","where":[["name","==","cu"]]}
{"op":"insert","table":"Root","row":{"name":"kk","a":40,"kids":["named-uuid","k"]}},{"op":"insert","table":"Kid","uuid-name":"k","row":{"k":1}},{"op":"insert","table":"Kid","row":{"k":2}}
{"op":"select","table":"Kid","where":[],"columns":["k"]}
{"op":"delete","table":"Kid","where":[]}
{"op":"insert","table":"Root","row":{"name":"kq","a":41,"kids":["named-uuid","missing"]}}
{"op":"insert","table":"Root","row":{"name":"kw","a":42,"one":["named-uuid","missing"]}}
{"op":"select","table":"Root","where":[["name","==","kw"]],"columns":["one"]}
{"op":"insert","table":"Must","row":{}}
{"op":"insert","table":"Must","row":{"t":["named-uuid","missing"]}}
{"op":"insert","table":"Must","row":{"t":["named-uuid","x"]}},{"op":"insert","table":"Root","uuid-name":"x","row":{"name":"mustx","a":43}}
{"op":"delete","table":"Root","where":[["name","==","mustx"]]}
{"op":"delete","table":"Must","where":[]}
{"op":"insert","table":"Strong","row":{"t":["named-uuid","x"]}},{"op":"insert","table":"Root","uuid-name":"x","row":{"name":"sx","a":44}}
{"op":"delete","table":"Root","where":[["name","==","sx"]]}
{"op":"delete","table":"Strong","where":[]},{"op":"delete","table":"Root","where":[["name","==","sx"]]}
{"op":"insert","table":"Strong","row":{"t":["uuid","00000000-0000-0000-0000-000000000000"]}}
{"op":"delete","table":"Root","where":[["a",">",10]]}
{"op":"insert","table":"Root","row":{"name":"m1","a":51}},{"op":"insert","table":"Root","row":{"name":"m2","a":52}},{"op":"insert","table":"Root","row":{"name":"m3","a":53}},{"op":"insert","table":"Root","row":{"name":"m4","a":54}},{"op":"insert","table":"Root","row":{"name":"m5","a":55}},{"op":"insert","table":"Root","row":{"name":"m6","a":56}}
{"op":"update","table":"Root","where":[],"row":{"fix":"x"}}
{"op":"update","table":"Root","where":[],"row":{"_uuid":["uuid","12345678-1234-4234-8234-123456789abc"]}}
{"op":"update","table":"Root","where":[["name","==","r1"]],"row":{"_version":["uuid","12345678-1234-4234-8234-123456789abc"]}}
{"op":"update","table":"Root","where":[["name","==","r1"]],"row":{"small":["set",[3,1,2]],"map":["map",[["z",1],["b",2]]],"r":2.5,"len":["set",["éé","ab"]]}}
{"op":"select","table":"Root","where":[["name","==","r1"]],"columns":["small","map","r","len","word"]}
{"op":"update","table":"Root","where":[["name","==","nobody"]],"row":{"a":7}}
{"op":"update","table":"Root","where":[],"row":{"nope":7}}
{"op":"update","table":"Root","where":[["x","==",1]],"row":{"nope":7}}
{"op":"update","table":"Root","where":[]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["a","+=",5],["r","*=",2],["small","insert",["set",[9]]]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["small","insert",["set",[1,2]]],["small","delete",["set",[1,7]]],["map","delete",["set",["z"]]],["map","insert",["map",[["b",7],["c",8]]]]]}
{"op":"select","table":"Root","where":[["name","==","r1"]],"columns":["a","r","small","map"]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["map","delete",["map",[["b",99],["c",8]]]]]}
{"op":"select","table":"Root","where":[["name","==","r1"]],"columns":["map"]}
{"op":"mutate","table":"Root","where":[],"mutations":[["a","/=",0]]}
{"op":"mutate","table":"Root","where":[],"mutations":[["a","%=",0]]}
{"op":"mutate","table":"Root","where":[],"mutations":[["r","/=",0]]}
{"op":"mutate","table":"Root","where":[],"mutations":[["r","%=",2]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["a","*=",9223372036854775807],["a","*=",2]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["a","+=",9223372036854775807]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["a","-=",-9223372036854775807]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["small","+=",5]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["small","*=",0]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["small","+=",["set",[1,2]]]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["small","insert",["set",[4,5,6,7]]]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["small","insert",["set",[4,5]]]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["small","insert",["set",[11]]]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["name","insert","x"]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["name","+=","x"]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["map","+=",1]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["word","+=",1]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["kids","-=",1]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["smap","-=",1]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["fix","+=",1]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["nope","+=",1]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["a","**",1]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["a","+="]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[5]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":["a"]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["a","delete",1]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["map","delete","z"]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["map","insert",["set",["z"]]]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["map","delete",["set",[5]]]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["b","insert",7]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["b","insert",8]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["b","delete",8]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["b","delete",7]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["smap","insert",["map",[["a","b"],["c","d"]]]],["smap","insert",["map",[["e","f"]]]]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["low","insert",-1],["low","-=",5]]}
{"op":"mutate","table":"Root","where":[["name","==","r1"]],"mutations":[["a","-=",10],["a","/=",3],["a","%=",2]]}
{"op":"delete","table":"Root"}
{"op":"delete","table":"Root","where":[["name","==","none"]]}
{"op":"abort"},{"op":"comment","comment":"x"}
{"op":"comment"}
{"op":"comment","comment":5}
{"op":"comment","comment":"x"}
{"op":"commit"}
{"op":"commit","durable":1}
{"op":"commit","durable":false}
{"op":"commit","durable":true}
{"op":"assert","lock":"L"}
{"op":"assert","lock":5}
{"op":"assert"}
{"op":"wait","table":"Root","where":[["name","==","r1"]],"columns":["a"],"until":"==","rows":[{"a":99}],"timeout":0}
{"op":"wait","table":"Root","where":[["name","==","r1"]],"columns":["a"],"until":"!=","rows":[{"a":99}],"timeout":0}
{"op":"wait","table":"Root","where":[["name","==","r1"]],"columns":["a"],"until":"<","rows":[{"a":99}],"timeout":0}
{"op":"wait","table":"Root","where":[["name","==","r1"]],"columns":["a"],"until":"==","rows":[{"a":99}],"timeout":-1}
{"op":"wait","table":"Root","where":[["name","==","r1"]],"columns":["a"],"until":"==","rows":[{"a":"x"}],"timeout":0}
{"op":"wait","table":"Root","where":[["name","==","r1"]],"columns":["a"],"until":"==","rows":[5],"timeout":0}
{"op":"wait","table":"Root","where":[["name","==","r1"]],"columns":["a"],"until":"==","timeout":0}
{"op":"wait","table":"Root","where":[["name","==","r1"]],"columns":["x"],"until":"==","rows":[],"timeout":0}
{"op":"wait","table":"Root","where":[["name","==","none"]],"columns":["a"],"until":"==","rows":[],"timeout":0}
{"op":"insert","table":"Root","row":{"name":"e1","a":71,"eph":"q"}},{"op":"select","table":"Root","where":[["name","==","e1"]],"columns":["eph","_uuid"]},{"op":"abort"}
{"op":"insert","table":"Root","row":{"name":"w1","a":72,"umap":["map",[["x",["named-uuid","kx"]],["y",["named-uuid","ky"]]]],"kids":["set",[["named-uuid","kx"],["named-uuid","ky"]]]}},{"op":"insert","table":"Kid","uuid-name":"kx","row":{"k":11}},{"op":"insert","table":"Kid","uuid-name":"ky","row":{"k":12}}
!monitor ["D","m1",{"Root":{"columns":["name","a","umap"]},"Kid":{}}]
!monitor ["D","m2",{"Root":[{"columns":["name"],"select":{"initial":false}},{"columns":["a"],"select":{"modify":false}}]}]
!monitor_cond ["D",["m",3],{"Root":[{"columns":["name","a","small","map","_uuid"],"where":[["a",">",60]]}],"Kid":{"columns":["k"]}}]
!monitor_cond ["D","m4",{"Root":{}}]
!monitor ["D","m1",{"Root":{}}]
!monitor ["D","m9",{"Nope":{}}]
!monitor ["D","m9",{"Root":{"columns":["nope"]}}]
!monitor ["D","m9",{"Root":{"columns":"name"}}]
!monitor ["D","m9",{"Root":{"columns":[5]}}]
!monitor ["D","m9",{"Root":{"foo":5}}]
!monitor ["D","m9",{"Root":5}]
!monitor ["D","m9",5]
!monitor []
!monitor ["Nope","m9",{}]
!monitor ["D","m9",{"Root":[{"columns":["name"]},{"columns":["name"]}]}]
!monitor ["D","m9",{"Root":{"select":{"foo":true}}}]
!monitor ["D","m9",{"Root":{"select":{"insert":5}}}]
!monitor ["D","m9",{"Root":{"select":5}}]
!monitor ["D","m9",{"Root":{"where":[]}}]
!monitor_cond ["D","m9",{"Root":{"where":[["a"]]}}]
!monitor_cond ["D","m9",{"Root":{"where":5}}]
!monitor_cond ["D","m9",{"Root":{"where":[["a","<","x"]]}}]
{"op":"update","table":"Root","where":[["name","==","w1"]],"row":{"a":80}}
{"op":"update","table":"Root","where":[["name","==","w1"]],"row":{"a":80}}
{"op":"update","table":"Root","where":[["name","==","w1"]],"row":{"small":["set",[1,2]],"map":["map",[["a",1],["b",2]]]}}
{"op":"update","table":"Root","where":[["name","==","w1"]],"row":{"small":["set",[2,3]],"map":["map",[["a",5],["c",3]]]}}
{"op":"update","table":"Root","where":[["name","==","w1"]],"row":{"a":50}}
{"op":"update","table":"Root","where":[["name","==","w1"]],"row":{"a":90,"eph":"now"}}
{"op":"mutate","table":"Root","where":[["name","==","w1"]],"mutations":[["umap","delete",["set",["x","y"]]]]}
{"op":"mutate","table":"Kid","where":[["k","==",12]],"mutations":[["k","+=",1]]}
{"op":"update","table":"Root","where":[["name","==","w1"]],"row":{"kids":["set",[]]}}
{"op":"insert","table":"Root","row":{"name":"w2","a":95,"r":1.5}},{"op":"delete","table":"Root","where":[["name","==","w1"]]}
!monitor_cond_change [["m",3],["m",3],{"Root":[{"where":[["a","<",60]]}]}]
!monitor_cond_change [["m",3],["m",4],{"Root":[{"where":[["name","==","w2"],["a","<",60]]}]}]
!monitor_cond_change [["m",3],["m",4],{"Root":[{"where":[]}]}]
!monitor_cond_change [["m",4],["m",4],{"Nope":[{"where":[]}]}]
!monitor_cond_change [["m",4],["m",4],{"Root":[{"columns":["a"]}]}]
!monitor_cond_change [["m",4],["m",4],5]
!monitor_cond_change [["m",4],["m",4]]
!monitor_cond_change [["m",4],["m",4],{"Root":5}]
{"op":"delete","table":"Root","where":[["name","==","w2"]]}
!monitor_cancel [["m",4]]
!monitor_cancel ["nope"]
!monitor_cancel []
!monitor_cancel ["m1"]
!monitor_cancel ["m2"]
!monitor_cancel ["m4"]
!echo [1,"x",null]
!echo []
!list_dbs []
!list_dbs ["x"]
!get_schema ["D"]
!get_schema ["Nope"]
!get_schema []
!get_schema [5]
!transact ["Nope"]
!transact []
!transact ["D"]
!transact [5]
!transact ["_Server",{"op":"insert","table":"Database","row":{}}]
!transact ["_Server",{"op":"delete","table":"Database","where":[]}]
!transact ["_Server",{"op":"select","table":"Database","where":[],"columns":["name","model","connected","leader","cid","sid","index"]}]
!lock ["L"]
!lock ["L"]
!lock ["1L"]
!lock []
!lock ["L","M"]
!steal ["L"]
!steal ["M"]
{"op":"assert","lock":"L"}
!unlock ["L"]
!unlock ["L"]
!unlock ["N"]
!nope []
!set_db_change_aware [true]
!set_db_change_aware [5]
!set_db_change_aware []
`

type diffEnd struct {
	conn net.Conn
	ids  map[string]string
	seen []string
}

func newDiffEnd(t *testing.T, sock string) *diffEnd {
	var conn net.Conn
	var err error
	for range 100 {
		if conn, err = net.Dial("unix", sock); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &diffEnd{conn: conn, ids: map[string]string{}}
}

// ask sends a request and returns what comes up to and including its reply.
func (d *diffEnd) ask(t *testing.T, text string, id int) []json.Value {
	t.Helper()
	d.conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := d.conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	var all []json.Value
	buf := make([]byte, 0, 1<<16)
	var scan json.Scanner
	seen := 0
	for {
		n, done := scan.Scan(buf[seen:])
		seen += n
		if !done {
			chunk := make([]byte, 1<<16)
			n, err := d.conn.Read(chunk)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			buf = append(buf, chunk[:n]...)
			continue
		}
		v, err := json.Parse(buf[:seen])
		if err != nil {
			t.Fatal(err)
		}
		buf, seen = buf[seen:], 0
		scan.Reset()
		all = append(all, v)
		if rid, _ := v.Get("id"); rid.Kind() == json.Integer && rid.Int() == int64(id) {
			return all
		}
	}
}

var uuidRE = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// canon makes replies comparable: arrays of rows are sorted with their UUIDs
// hidden, then UUIDs are named in the order of their appearance.
func (d *diffEnd) canon(v json.Value) json.Value {
	switch v.Kind() {
	case json.Array:
		e := slices.Clone(v.Elems())
		for i := range e {
			e[i] = d.canon(e[i])
		}
		if len(e) > 1 && (e[0].Kind() == json.Object || e[0].Kind() == json.Array) {
			// Rows and sets of UUIDs; the results of operations keep order
			// by being handled apart.
			slices.SortStableFunc(e, func(a, b json.Value) int { return strings.Compare(d.hide(a.String()), d.hide(b.String())) })
		}
		return json.Arr(e...)
	case json.Object:
		m := slices.Clone(v.Members())
		for i := range m {
			m[i].Value = d.canon(m[i].Value)
		}
		if len(m) > 0 && uuidRE.MatchString(m[0].Key) {
			slices.SortStableFunc(m, func(a, b json.Member) int {
				return strings.Compare(d.hide(a.Value.String()+a.Key), d.hide(b.Value.String()+b.Key))
			})
			for i := range m {
				m[i].Value = json.Str(m[i].Value.String())
				m[i] = json.Member{Key: fmt.Sprintf("%03d %s", i, m[i].Key), Value: m[i].Value}
			}
		}
		return json.Obj(m...)
	}
	return v
}

func (d *diffEnd) hide(s string) string {
	return uuidRE.ReplaceAllStringFunc(s, func(u string) string {
		if n := d.ids[u]; n != "" {
			return n
		}
		return "U"
	})
}

func (d *diffEnd) text(all []json.Value) string {
	var b strings.Builder
	// Notifications come in the order of a hash table, the reply last.
	slices.SortStableFunc(all[:len(all)-1], func(a, b json.Value) int {
		return strings.Compare(versionRE.ReplaceAllString(d.hide(a.String()), ""), versionRE.ReplaceAllString(d.hide(b.String()), ""))
	})
	for _, v := range all {
		res, _ := v.Get("result")
		if ops := res.Elems(); len(ops) > 0 && ops[0].Kind() != json.String {
			for _, op := range ops {
				b.WriteString(d.canon(op).String() + "\n")
			}
			e, _ := v.Get("error")
			b.WriteString("error " + e.String() + "\n")
			continue
		}
		b.WriteString(d.canon(v).String() + "\n")
	}
	return uuidRE.ReplaceAllStringFunc(b.String(), func(u string) string {
		n := d.ids[u]
		if n == "" && u != "12345678-1234-4234-8234-123456789abc" && u != "00000000-0000-0000-0000-000000000000" {
			n = fmt.Sprintf("<%d>", len(d.seen))
			d.seen = append(d.seen, u)
			d.ids[u] = n
		}
		if n == "" {
			return u
		}
		return n
	})
}

var versionRE = regexp.MustCompile(`"_version":\["uuid","[^"]*"\],?`)

// Which of two rows, or of several members, is named first follows from the
// order of a hash table.
var orderRE = regexp.MustCompile(`First row, with UUID .*|Member '\w+' and`)
var waitedRE = regexp.MustCompile(`after \d+ ms`)

func TestSameRepliesAsReference(t *testing.T) {
	bin := ovsref.Path(t, "ovsdb-server")
	_, sock, _ := start(t, testSchemaOf(t, diffSchema))
	dir := t.TempDir()
	if err := log.CreateDatabase(filepath.Join(dir, "d.db"), testSchemaOf(t, diffSchema)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "d.db", "--remote=punix:s", "--unixctl=ctl", "-vconsole:off")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	us, ref := newDiffEnd(t, sock), newDiffEnd(t, filepath.Join(dir, "s"))
	for i, line := range strings.Split(strings.TrimSpace(diffScript), "\n") {
		method, params := "transact", `["D",`+line+`]`
		if strings.HasPrefix(line, "!") {
			method, params, _ = strings.Cut(line[1:], " ")
		}
		req := fmt.Sprintf(`{"method":"%s","params":%s,"id":%d}`, method, params, i)
		want := ref.text(ref.ask(t, req, i))
		got := us.text(us.ask(t, req, i))
		for _, re := range []*regexp.Regexp{versionRE, waitedRE, orderRE} {
			want, got = re.ReplaceAllString(want, ""), re.ReplaceAllString(got, "")
		}
		if got != want {
			t.Errorf("%s\nours   %stheirs %s", line, got, want)
		}
	}
}
