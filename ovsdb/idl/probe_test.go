package idl_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
)

// A server that falls silent is given up after two probe intervals, and called
// again; one that answers is left alone.
func TestProbe(t *testing.T) {
	var calls, echoes atomic.Int32
	dial := func(context.Context, string) (net.Conn, error) {
		silent := calls.Add(1) == 1
		ours, theirs := net.Pipe()
		if silent {
			// Answers the first questions, then nothing.
			go func() {
				r := jsonrpc.NewReader(theirs)
				for {
					m, err := r.Next()
					if err != nil {
						return
					}
					switch m.Method {
					case "get_schema":
						theirs.Write(jsonrpc.NewReply(m, schemas.OpenVSwitch.JSON()).Append(nil))
					case "monitor_cond_since":
						theirs.Write(jsonrpc.NewReply(m, json.Arr(json.Bool(false), json.Str("x"), json.Obj())).Append(nil))
					}
				}
			}()
			return ours, nil
		}
		s := jsonrpc.NewSession(theirs, jsonrpc.Config{
			Received: func(m *jsonrpc.Message) {
				if m.Method == "echo" {
					echoes.Add(1)
				}
			},
			Handle: func(s *jsonrpc.Session, m *jsonrpc.Message) {
				if m.Method == "get_schema" {
					s.Send(jsonrpc.NewReply(m, schemas.OpenVSwitch.JSON()))
				} else {
					s.Send(jsonrpc.NewReply(m, json.Arr(json.Bool(false), json.Str("x"), json.Obj())))
				}
			}})
		t.Cleanup(func() { s.Close() })
		return ours, nil
	}
	c, err := idl.New(idl.Config{DB: "Open_vSwitch", Schema: schemas.OVSSchema(), Dial: dial, Probe: 50 * time.Millisecond, MaxBackoff: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	defer func() { cancel(); <-done }()
	for echoes.Load() < 3 {
		if ctx.Err() != nil {
			t.Fatal(ctx.Err())
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := calls.Load(); n != 2 {
		t.Errorf("called %d times", n)
	}
}
