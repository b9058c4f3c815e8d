package unixctl

import (
	"bytes"
	"encoding/json"
	"errors"
)

// request is a JSON-RPC 1.0 request; Params is an array of strings in what our
// client sends, but anything in what a server may get.
type request struct {
	ID     json.RawMessage   `json:"id"`
	Method string            `json:"method"`
	Params []json.RawMessage `json:"params"`
}

// Errors of malformed messages, in OVS's words.
var (
	errNotObject = errors.New("message is not a JSON object")
	errNoParams  = errors.New("request must have \"params\"")
	errNoArray   = errors.New("\"params\" must be JSON array")
	errNotify    = errors.New("received unexpected notification message")
	errNoMethod  = errors.New("request must have \"method\"")
)

// parse checks one JSON value for being a request.
func parse(raw json.RawMessage) (*request, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return nil, errNotObject
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	q := &request{ID: m["id"]}
	switch p := bytes.TrimSpace(m["params"]); {
	case len(p) == 0 || string(p) == "null":
		return nil, errNoParams
	case p[0] != '[':
		return nil, errNoArray
	default:
		if err := json.Unmarshal(p, &q.Params); err != nil {
			return nil, err
		}
	}
	if json.Unmarshal(m["method"], &q.Method) != nil || q.Method == "" {
		return nil, errNoMethod
	}
	if len(q.ID) == 0 || string(q.ID) == "null" {
		return nil, errNotify
	}
	return q, nil
}

// args returns the parameters as strings, or nil if one is none.
func (q *request) args() ([]string, bool) {
	args := make([]string, len(q.Params))
	for i, p := range q.Params {
		if len(p) == 0 || p[0] != '"' || json.Unmarshal(p, &args[i]) != nil {
			return nil, false
		}
	}
	return args, true
}
