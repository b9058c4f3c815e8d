package idl_test

import (
	"context"
	"net"
	"testing"

	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
)

// A server that knows only what RFC 7047 has, or only monitor_cond besides: the
// client asks for less and less until the server understands.
func TestOldServers(t *testing.T) {
	const id = "11111111-1111-4111-8111-111111111111"
	parse := func(s string) json.Value {
		v, err := json.ParseString(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ knows, first, method, then string }{
		{"monitor", `{"Bridge":{"` + id + `":{"new":{"name":"br0","flood_vlans":["set",[1,2]]}}}}`,
			"update", `{"Bridge":{"` + id + `":{"old":{"flood_vlans":["set",[1,2]]},"new":{"name":"br0","flood_vlans":["set",[2,3]]}}}}`},
		{"monitor_cond", `{"Bridge":{"` + id + `":{"initial":{"name":"br0","flood_vlans":["set",[1,2]]}}}}`,
			"update2", `{"Bridge":{"` + id + `":{"modify":{"flood_vlans":["set",[1,3]]}}}}`},
	} {
		t.Run(c.knows, func(t *testing.T) {
			handle := func(s *jsonrpc.Session, m *jsonrpc.Message) {
				switch m.Method {
				case "get_schema":
					s.Send(jsonrpc.NewReply(m, schemas.OpenVSwitch.JSON()))
				case c.knows:
					s.Send(jsonrpc.NewReply(m, parse(c.first)))
					s.Notify(c.method, json.Arr(m.Params.Elems()[1], parse(c.then)))
				default:
					s.Send(jsonrpc.NewError(m, parse(`{"error":"unknown method","details":"`+m.Method+`"}`)))
				}
			}
			dial := func(context.Context, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				s := jsonrpc.NewSession(theirs, jsonrpc.Config{Handle: handle})
				t.Cleanup(func() { s.Close() })
				return ours, nil
			}
			cl, err := idl.New(idl.Config{DB: "Open_vSwitch", Schema: schemas.OVSSchema(), Dial: dial})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); cl.Run(ctx) }()
			defer func() { cancel(); <-done }()
			waitFor(t, ctx, cl, func(s *idl.Snapshot) bool {
				br := idl.First(s, "Bridge")
				return br != nil && br.Get("flood_vlans").Len() == 2 && br.Ints("flood_vlans")[0] == 2 && br.Ints("flood_vlans")[1] == 3
			})
		})
	}
}
