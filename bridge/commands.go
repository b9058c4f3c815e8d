package bridge

import (
	"encoding/json"

	"govs/bridge/lint"
	"govs/daemon/unixctl"
	"govs/ofproto"
)

// Commands returns the rows of the control commands about bridges.
func (m *Manager) Commands() []unixctl.Command {
	return []unixctl.Command{
		{Name: "lint/show", Usage: "", Run: m.lintShow},
	}
}

// do runs f on the goroutine of Run and waits for it; it reports false when
// Run has ended.
func (m *Manager) do(f func()) bool {
	done := make(chan struct{})
	select {
	case m.calls <- func() { f(); close(done) }:
		<-done
		return true
	case <-m.ended:
		return false
	}
}

// lintShow answers with the settings that cannot work.
func (m *Manager) lintShow(r *unixctl.Request) {
	in := lint.Input{Host: m.cfg.LintHost()}
	if !m.do(func() { in.Bridges = m.lintBridges() }) {
		r.Error("the switch is shutting down")
		return
	}
	found := lint.Check(in)
	if !r.JSON {
		r.Reply(lint.Format(found))
		return
	}
	if found == nil {
		found = []lint.Finding{}
	}
	text, err := json.Marshal(found)
	if err != nil {
		r.Error(err.Error())
		return
	}
	r.ReplyJSON(json.RawMessage(text))
}

// lintBridges describes the live bridges to the checks.
func (m *Manager) lintBridges() []lint.Bridge {
	var bs []lint.Bridge
	for _, b := range m.live {
		lb := lint.Bridge{
			Name:         b.spec.name,
			DatapathType: b.spec.dpType,
			Secure:       b.spec.failMode == ofproto.FailSecure,
			Controllers:  len(b.spec.control),
			Flows:        b.of.FlowCount(),
		}
		for _, name := range b.sortedNames() {
			i := b.ifaces[name]
			lb.Ports = append(lb.Ports, lint.Port{
				Name: name, Type: i.spec.typ, Tunnel: m.cfg.IsTunnel(i.spec.typ),
				Options: i.spec.options, Error: i.err,
			})
		}
		bs = append(bs, lb)
	}
	return bs
}
