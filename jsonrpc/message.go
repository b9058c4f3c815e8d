// Package jsonrpc speaks JSON-RPC 1.0 over byte streams as OVSDB and the
// daemons' control sockets do: messages follow each other without separators,
// either side may call, and "echo" is answered. A Session and a Queue may be
// used by any number of goroutines, a Reader by one.
//
//	s := jsonrpc.NewSession(conn, jsonrpc.Config{})
//	dbs, err := s.Call(ctx, "list_dbs", json.Arr())
package jsonrpc

import (
	"fmt"
	"strings"

	"govs/jsonrpc/json"
)

// Type says what a message is.
type Type uint8

// The types of messages. A Notify is a request without an id.
const (
	Request Type = iota
	Notify
	Reply
	Error
)

var typeNames = [...]string{"request", "notification", "reply", "error"}

func (t Type) String() string { return typeNames[t] }

// Message is one JSON-RPC message. Which members count depends on Type.
type Message struct {
	Type   Type
	Method string
	Params json.Value // an array
	Result json.Value // null in an Error
	Err    json.Value // null in a Reply
	ID     json.Value // null in a Notify
}

// NewReply returns the successful reply to req.
func NewReply(req *Message, result json.Value) *Message {
	return &Message{Type: Reply, Result: result, ID: req.ID}
}

// NewError returns the failed reply to req.
func NewError(req *Message, err json.Value) *Message {
	return &Message{Type: Error, Err: err, ID: req.ID}
}

// Append appends the message's text.
func (m *Message) Append(dst []byte) []byte {
	if m.Type == Request || m.Type == Notify {
		dst = json.Append(append(dst, `{"id":`...), m.ID)
		dst = json.AppendString(append(dst, `,"method":`...), m.Method)
		dst = json.Append(append(dst, `,"params":`...), m.Params)
		return append(dst, '}')
	}
	dst = json.Append(append(dst, `{"error":`...), m.Err)
	dst = json.Append(append(dst, `,"id":`...), m.ID)
	if m.Type == Reply {
		dst = json.Append(append(dst, `,"result":`...), m.Result)
	}
	return append(dst, '}')
}

// what each type must and must not have, in the order of the checks.
var shape = [...]struct{ method, params, result, err, id bool }{
	Request: {method: true, params: true, id: true},
	Notify:  {method: true, params: true},
	Reply:   {result: true, id: true},
	Error:   {err: true, id: true},
}

// FromJSON checks that v is a message. The error has OVS's words.
func FromJSON(v json.Value) (*Message, error) {
	m := &Message{}
	if err := m.fromJSON(v); err != nil {
		return nil, err
	}
	return m, nil
}

// Clone returns a copy of a volatile reader's message.
func (m *Message) Clone() *Message {
	return &Message{m.Type, strings.Clone(m.Method), json.Clone(m.Params), json.Clone(m.Result), json.Clone(m.Err), json.Clone(m.ID)}
}

func (m *Message) fromJSON(v json.Value) error {
	*m = Message{}
	if v.Kind() != json.Object {
		return fmt.Errorf("message is not a JSON object")
	}
	var has struct{ method, params, result, err, id bool }
	for _, f := range v.Members() {
		switch f.Key {
		case "method":
			if f.Value.Kind() != json.String {
				return fmt.Errorf("method is not a JSON string")
			}
			m.Method, has.method = f.Value.Str(), true
		case "params":
			m.Params, has.params = f.Value, true
		case "result":
			m.Result, has.result = f.Value, true
		case "error":
			m.Err, has.err = f.Value, true
		case "id":
			m.ID, has.id = f.Value, true
		}
	}
	// Null members count as absent where they may not be there.
	hasErr := has.err && !m.Err.IsNull()
	switch {
	case has.method && (!has.id || m.ID.IsNull()):
		m.Type, has.id = Notify, false
	case has.method:
		m.Type = Request
	case hasErr:
		m.Type = Error
		has.result = has.result && !m.Result.IsNull()
	default:
		m.Type = Reply
		has.err = false
	}
	if m.Type <= Notify {
		has.result = has.result && !m.Result.IsNull()
		has.err = hasErr
	}
	if has.params && m.Params.Kind() != json.Array {
		return fmt.Errorf("\"params\" must be JSON array")
	}
	want := shape[m.Type]
	for _, c := range [...]struct {
		name      string
		got, want bool
	}{
		{"method", has.method, want.method}, {"params", has.params, want.params},
		{"result", has.result, want.result}, {"error", has.err, want.err}, {"id", has.id, want.id},
	} {
		if c.got != c.want {
			not := ""
			if !c.want {
				not = " not"
			}
			return fmt.Errorf("%s must%s have \"%s\"", m.Type, not, c.name)
		}
	}
	for _, f := range v.Members() {
		switch f.Key {
		case "method", "params", "result", "error", "id":
		default:
			return fmt.Errorf("message has unexpected member \"%s\"", f.Key)
		}
	}
	return nil
}
