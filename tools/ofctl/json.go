package ofctl

import (
	"encoding/json"
	"fmt"
	"time"

	"govs/flow"
	"govs/openflow"
	"govs/openflow/conn"
)

// The forms of --format=json. docs/ofctl-json.md says what they mean; names
// and meanings stay, others may be added.

// jsonCommands are the commands that have such a form.
var jsonCommands = map[string]bool{"dump-flows": true, "dump-aggregate": true, "dump-ports": true, "dump-ports-desc": true,
	"dump-tables": true, "dump-desc": true, "queue-stats": true}

type jsonReply struct {
	Type    string `json:"type"`
	Version string `json:"version"`
	Items   []any  `json:"items"`
}

type jsonFlow struct {
	Table       uint8    `json:"table"`
	Priority    uint16   `json:"priority"`
	Match       string   `json:"match"`
	Actions     string   `json:"actions"`
	ActionList  []string `json:"action_list"`
	Cookie      uint64   `json:"cookie"`
	IdleTimeout uint16   `json:"idle_timeout"`
	HardTimeout uint16   `json:"hard_timeout"`
	Importance  uint16   `json:"importance"`
	Duration    *float64 `json:"duration,omitempty"`
	Packets     *uint64  `json:"packets,omitempty"`
	Bytes       *uint64  `json:"bytes,omitempty"`
	IdleAge     *int     `json:"idle_age,omitempty"`
	HardAge     *int     `json:"hard_age,omitempty"`
}

type jsonAggregate struct {
	Packets *uint64 `json:"packets"`
	Bytes   *uint64 `json:"bytes"`
	Flows   uint32  `json:"flows"`
}

type jsonPort struct {
	Port      string   `json:"port"`
	RxPackets *uint64  `json:"rx_packets"`
	RxBytes   *uint64  `json:"rx_bytes"`
	RxDropped *uint64  `json:"rx_dropped"`
	RxErrors  *uint64  `json:"rx_errors"`
	TxPackets *uint64  `json:"tx_packets"`
	TxBytes   *uint64  `json:"tx_bytes"`
	TxDropped *uint64  `json:"tx_dropped"`
	TxErrors  *uint64  `json:"tx_errors"`
	Duration  *float64 `json:"duration"`
}

type jsonQueue struct {
	Port      string   `json:"port"`
	Queue     uint32   `json:"queue"`
	TxPackets *uint64  `json:"tx_packets"`
	TxBytes   *uint64  `json:"tx_bytes"`
	TxErrors  *uint64  `json:"tx_errors"`
	Duration  *float64 `json:"duration"`
}

type jsonPortDesc struct {
	Port     string `json:"port"`
	Name     string `json:"name"`
	MAC      string `json:"mac"`
	Down     bool   `json:"down"`
	LinkDown bool   `json:"link_down"`
	Config   uint32 `json:"config"`
	State    uint32 `json:"state"`
	Speed    uint32 `json:"curr_speed"`
	MaxSpeed uint32 `json:"max_speed"`
}

type jsonTable struct {
	Table   uint8   `json:"table"`
	Active  uint32  `json:"active"`
	Lookup  *uint64 `json:"lookup"`
	Matched *uint64 `json:"matched"`
}

type jsonDesc struct {
	Manufacturer string `json:"manufacturer"`
	Hardware     string `json:"hardware"`
	Software     string `json:"software"`
	Serial       string `json:"serial"`
	Datapath     string `json:"datapath"`
}

// counter is null for a counter that is not known.
func counter(n uint64) *uint64 {
	if n == ^uint64(0) {
		return nil
	}
	return &n
}

func seconds(d time.Duration) *float64 {
	if d < 0 {
		return nil
	}
	s := d.Seconds()
	return &s
}

// jsonItems returns a reply's kind and its entries. It reports false for one
// that has no form.
func (t *tool) jsonItems(m openflow.Message, names *openflow.Names) (kind string, items []any, ok bool) {
	port := func(p openflow.Port) string { return string(names.AppendPort(nil, p)) }
	switch m := m.(type) {
	case *openflow.FlowStatsReply:
		for i := range m.Flows {
			items = append(items, t.jsonFlow(&m.Flows[i], names))
		}
		return "flows", items, true
	case *openflow.AggregateStats:
		return "aggregate", []any{jsonAggregate{counter(m.Packets), counter(m.Bytes), m.Flows}}, true
	case *openflow.PortStatsReply:
		for i := range m.Ports {
			p := &m.Ports[i]
			items = append(items, jsonPort{port(p.Port), counter(p.RxPackets), counter(p.RxBytes), counter(p.RxDropped), counter(p.RxErrors),
				counter(p.TxPackets), counter(p.TxBytes), counter(p.TxDropped), counter(p.TxErrors), seconds(p.Duration)})
		}
		return "ports", items, true
	case *openflow.QueueStatsReply:
		for i := range m.Queues {
			q := &m.Queues[i]
			items = append(items, jsonQueue{port(q.Port), q.Queue, counter(q.TxPackets), counter(q.TxBytes), counter(q.TxErrors), seconds(q.Duration)})
		}
		return "queues", items, true
	case *openflow.PortDescReply:
		return "port_descs", jsonPorts(m.Ports, port), true
	case *openflow.SwitchFeatures:
		return "port_descs", jsonPorts(m.Ports, port), true
	case *openflow.TableStatsReply:
		for i := range m.Tables {
			x := &m.Tables[i]
			items = append(items, jsonTable{x.Table, x.ActiveCount, counter(x.LookupCount), counter(x.MatchedCount)})
		}
		return "tables", items, true
	case *openflow.Desc:
		return "desc", []any{jsonDesc{m.Manufacturer, m.Hardware, m.Software, m.Serial, m.Datapath}}, true
	}
	return "", nil, false
}

func jsonPorts(ports []openflow.PortDesc, number func(openflow.Port) string) (items []any) {
	for i := range ports {
		p := &ports[i]
		items = append(items, jsonPortDesc{number(p.Port), p.Name, p.HWAddr.String(), p.Config&openflow.PortDown != 0, p.State&openflow.PortLinkDown != 0,
			uint32(p.Config), uint32(p.State), p.CurrSpeed, p.MaxSpeed})
	}
	return items
}

func (t *tool) jsonFlow(f *openflow.FlowStats, names *openflow.Names) jsonFlow {
	var show flow.PortNames
	if names != nil && names.Show {
		show = names.Ports
	}
	j := jsonFlow{Table: f.Table, Priority: f.Priority, Match: string(flow.AppendMatch(nil, &f.Match, openflow.DefaultPriority, show)),
		Actions: string(openflow.FormatActions(nil, f.Actions, names)), ActionList: []string{}, Cookie: f.Cookie,
		IdleTimeout: f.IdleTimeout, HardTimeout: f.HardTimeout, Importance: f.Importance}
	for _, a := range f.Actions {
		j.ActionList = append(j.ActionList, string(openflow.FormatActions(nil, []openflow.Action{a}, names)))
	}
	if t.stats {
		j.Duration, j.Packets, j.Bytes = seconds(f.Duration), counter(f.Packets), counter(f.Bytes)
		if f.IdleAge >= 0 {
			j.IdleAge = &f.IdleAge
		}
		if f.HardAge >= 0 {
			j.HardAge = &f.HardAge
		}
	}
	return j
}

// jsonDump sends a request and prints all of the reply as one JSON object.
func (t *tool) jsonDump(c *conn.Client, m openflow.Message, names *openflow.Names) error {
	all := jsonReply{Version: c.Version().String(), Items: []any{}}
	var refusal []byte
	err := c.TransactMulti(m, func(b []byte) error {
		d, err := openflow.Decode(b, openflow.DecodeOptions{Loose: true})
		if err != nil {
			return err
		}
		kind, items, ok := t.jsonItems(d.Message, names)
		switch {
		case openflow.ParseHeader(b).Type == openflow.TypeError:
			refusal = b
		case !ok:
			return fmt.Errorf("%s has no form in JSON", d.Name)
		}
		all.Type = kind
		all.Items = append(all.Items, items...)
		return nil
	})
	if err != nil {
		return transactError(err)
	}
	if refusal != nil {
		return t.refused(refusal)
	}
	return t.printJSON(all)
}

func (t *tool) printJSON(r jsonReply) error {
	e := json.NewEncoder(t.Out)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
