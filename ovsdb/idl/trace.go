package idl

import (
	"strings"

	"govs/daemon/vlog"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
)

var rpcLog = vlog.New("jsonrpc")

// trace makes the session log its messages, as -vjsonrpc:dbg asks.
func trace(remote string, cfg *jsonrpc.Config) {
	if !rpcLog.IsEnabled(vlog.Dbg) {
		return
	}
	cfg.Sent = func(m *jsonrpc.Message) { logMessage(remote, "send", m) }
	heard := cfg.Received
	cfg.Received = func(m *jsonrpc.Message) {
		heard(m)
		logMessage(remote, "received", m)
	}
}

func logMessage(remote, verb string, m *jsonrpc.Message) {
	var b strings.Builder
	part := func(name string, v json.Value) {
		if !v.IsNull() {
			b.WriteString(", " + name + "=" + v.String())
		}
	}
	if m.Method != "" {
		part("method", json.Str(m.Method))
	}
	part("params", m.Params)
	part("result", m.Result)
	part("error", m.Err)
	part("id", m.ID)
	rpcLog.Dbg("%s: %s %s%s", remote, verb, m.Type, b.String())
}
