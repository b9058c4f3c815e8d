package idl_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
)

// fakeMember is a server that says what it is told to of its place in a
// cluster.
type fakeMember struct {
	first string   // of _Server
	then  []string // updates once the client monitors the database
}

func (f fakeMember) serve(t *testing.T) net.Conn {
	ours, theirs := net.Pipe()
	row := func(s string) json.Value {
		v, err := json.ParseString(`{"Database":{"11111111-1111-4111-8111-111111111111":{"new":{"name":"Open_vSwitch","model":"clustered",` + s + `}}}}`)
		if err != nil {
			t.Error(err)
		}
		return v
	}
	s := jsonrpc.NewSession(theirs, jsonrpc.Config{Handle: func(s *jsonrpc.Session, m *jsonrpc.Message) {
		switch m.Method {
		case "get_schema":
			s.Send(jsonrpc.NewReply(m, schemas.OpenVSwitch.JSON()))
		case "monitor":
			s.Send(jsonrpc.NewReply(m, row(f.first)))
		case "monitor_cond_since":
			s.Send(jsonrpc.NewReply(m, json.Arr(json.Bool(false), json.Str("x"), json.Obj())))
			for _, r := range f.then {
				s.Notify("update", json.Arr(json.Str("_Server"), row(r)))
			}
		default:
			s.Send(jsonrpc.NewReply(m, json.Obj()))
		}
	}})
	t.Cleanup(func() { s.Close() })
	return ours
}

// TestLeader gives a client the addresses of members of a cluster in turn, and
// expects it to stay with the one named last.
func TestLeader(t *testing.T) {
	const (
		leads    = `"leader":true,"connected":true,"index":7`
		follows  = `"leader":false,"connected":true,"index":7`
		cutOff   = `"leader":false,"connected":false,"index":7`
		stale    = `"leader":true,"connected":true,"index":3`
		goneOn   = `"leader":true,"connected":true,"index":9`
		deposed  = `"leader":false,"connected":true,"index":9`
		lostRest = `"leader":true,"connected":false,"index":9`
	)
	for _, c := range []struct {
		name       string
		leaderOnly bool
		members    []fakeMember
	}{
		{"a follower will do", false, []fakeMember{{first: follows}}},
		{"not for who wants the leader", true, []fakeMember{{first: follows}, {first: leads}}},
		{"cut off", false, []fakeMember{{first: cutOff}, {first: follows}}},
		{"deposed later", true, []fakeMember{{first: leads, then: []string{goneOn, deposed}}, {first: goneOn}}},
		{"deposed is no matter", false, []fakeMember{{first: leads, then: []string{goneOn, deposed}}}},
		{"cut off later", false, []fakeMember{{first: leads, then: []string{lostRest}}, {first: leads}}},
		{"stale", false, []fakeMember{{first: leads, then: []string{goneOn, lostRest}}, {first: stale}, {first: goneOn}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var remotes []string
			for i := range c.members {
				remotes = append(remotes, fmt.Sprintf("tcp:member%d", i))
			}
			calls := make(chan string, 100)
			dial := func(_ context.Context, remote string) (net.Conn, error) {
				calls <- remote
				return c.members[slices.Index(remotes, remote)].serve(t), nil
			}
			cl, err := idl.New(idl.Config{Remote: strings.Join(remotes, ","), DB: "Open_vSwitch", Schema: schemas.OVSSchema(), Dial: dial, LeaderOnly: c.leaderOnly, Probe: -1})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); cl.Run(ctx) }()
			defer func() { cancel(); <-done }()
			for _, want := range remotes {
				if got := <-calls; got != want {
					t.Fatalf("called %s, want %s (%v)", got, want, cl.Err())
				}
			}
			waitFor(t, ctx, cl, func(s *idl.Snapshot) bool { return s.Connected && s.Complete })
			if len(calls) > 0 {
				t.Errorf("called %s, too: %v", <-calls, cl.Err())
			}
		})
	}
}
