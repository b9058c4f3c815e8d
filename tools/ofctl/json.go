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

// jsonForms are the commands that have such a form: the type that an answer
// names and what an item of it is.
var jsonForms = map[string]struct {
	typ  string
	item any
}{
	"show": {"switch", jsonSwitch{}}, "get-frags": {"frags", jsonFrags{}}, "dump-desc": {"desc", jsonDesc{}},
	"dump-flows": {"flows", jsonFlow{}}, "dump-aggregate": {"aggregate", jsonAggregate{}},
	"dump-tables": {"tables", jsonTable{}}, "dump-table-features": {"table_features", jsonTableFeatures{}}, "dump-table-desc": {"table_descs", jsonTableDesc{}},
	"dump-ports": {"ports", jsonPort{}}, "dump-ports-desc": {"port_descs", jsonPortDesc{}},
	"queue-stats": {"queues", jsonQueue{}}, "queue-get-config": {"queue_configs", jsonQueueConfig{}},
	"dump-groups": {"groups", jsonGroup{}}, "dump-group-stats": {"group_stats", jsonGroupStats{}}, "dump-group-features": {"group_features", jsonGroupFeatures{}},
	"dump-meters": {"meters", jsonMeter{}}, "dump-meter": {"meters", jsonMeter{}}, "meter-stats": {"meter_stats", jsonMeterStats{}}, "meter-features": {"meter_features", jsonMeterFeatures{}},
	"dump-tlv-map":      {"tlv_map", jsonTLVTable{}},
	"dump-ipfix-bridge": {"ipfix_bridge", jsonIPFIX{}}, "dump-ipfix-flow": {"ipfix_flow", jsonIPFIX{}},
}

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
		for _, p := range jsonPorts(m.Ports, names) {
			items = append(items, p)
		}
		return "port_descs", items, true
	case *openflow.SwitchFeatures:
		return t.jsonItems(&openflow.PortDescReply{Ports: m.Ports}, names)
	case *openflow.TableStatsReply:
		for i := range m.Tables {
			x := &m.Tables[i]
			items = append(items, jsonTable{x.Table, x.ActiveCount, counter(x.LookupCount), counter(x.MatchedCount)})
		}
		return "tables", items, true
	case *openflow.GroupDescReply:
		for i := range m.Groups {
			items = append(items, jsonGroupOf(&m.Groups[i], names))
		}
		return "groups", items, true
	case *openflow.GroupStatsReply:
		for i := range m.Groups {
			items = append(items, jsonGroupStatsOf(&m.Groups[i]))
		}
		return "group_stats", items, true
	case *openflow.GroupFeatures:
		return "group_features", []any{jsonGroupFeaturesOf(m)}, true
	case *openflow.MeterConfigReply:
		for i := range m.Meters {
			items = append(items, jsonMeterOf(&m.Meters[i]))
		}
		return "meters", items, true
	case *openflow.MeterStatsReply:
		for i := range m.Meters {
			items = append(items, jsonMeterStatsOf(&m.Meters[i]))
		}
		return "meter_stats", items, true
	case *openflow.MeterFeatures:
		return "meter_features", []any{jsonMeterFeaturesOf(m)}, true
	case *openflow.TableFeaturesReply:
		for i := range m.Tables {
			items = append(items, jsonTableFeaturesOf(&m.Tables[i]))
		}
		return "table_features", items, true
	case *openflow.TableDescReply:
		for i := range m.Tables {
			items = append(items, jsonTableDescOf(&m.Tables[i]))
		}
		return "table_descs", items, true
	case *openflow.QueueConfigReply:
		for i := range m.Queues {
			q := &m.Queues[i]
			if m.Port != openflow.PortNone {
				q.Port = m.Port
			}
			items = append(items, jsonQueueConfig{port(q.Port), q.Queue, queueRate(q.MinRate), queueRate(q.MaxRate)})
		}
		return "queue_configs", items, true
	case *openflow.TLVTableReply:
		x := jsonTLVTable{m.MaxSpace, m.MaxFields, []jsonTLVMap{}}
		for _, e := range m.Maps {
			x.Maps = append(x.Maps, jsonTLVMap{e.Class, e.Type, e.Length, fmt.Sprintf("tun_metadata%d", e.Index)})
		}
		return "tlv_map", []any{x}, true
	case *openflow.IPFIXBridgeReply:
		return "ipfix_bridge", []any{jsonIPFIXOf(&m.IPFIXStats)}, true
	case *openflow.IPFIXFlowReply:
		for i := range m.Sets {
			items = append(items, jsonIPFIXOf(&m.Sets[i]))
		}
		return "ipfix_flow", items, true
	case *openflow.Desc:
		return "desc", []any{jsonDesc{m.Manufacturer, m.Hardware, m.Software, m.Serial, m.Datapath}}, true
	}
	return "", nil, false
}

func jsonPorts(ports []openflow.PortDesc, names *openflow.Names) []jsonPortDesc {
	items := []jsonPortDesc{}
	for i := range ports {
		p := &ports[i]
		items = append(items, jsonPortDesc{string(names.AppendPort(nil, p.Port)), p.Name, p.HWAddr.String(), p.Config&openflow.PortDown != 0,
			p.State&openflow.PortLinkDown != 0, uint32(p.Config), uint32(p.State), p.CurrSpeed, p.MaxSpeed})
	}
	return items
}

func (t *tool) jsonFlow(f *openflow.FlowStats, names *openflow.Names) jsonFlow {
	var show flow.PortNames
	if names != nil && names.Show {
		show = names.Ports
	}
	j := jsonFlow{Table: f.Table, Priority: f.Priority, Match: string(flow.AppendMatch(nil, &f.Match, openflow.DefaultPriority, show)),
		Actions: string(openflow.FormatActions(nil, f.Actions, names)), ActionList: actionList(f.Actions, names), Cookie: f.Cookie,
		IdleTimeout: f.IdleTimeout, HardTimeout: f.HardTimeout, Importance: f.Importance}
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

// jsonFetch sends a request and returns the entries of all of the reply.
func (t *tool) jsonFetch(c *conn.Client, m openflow.Message, names *openflow.Names) (kind string, items []any, err error) {
	items = []any{}
	var refusal []byte
	err = c.TransactMulti(m, func(b []byte) error {
		d, err := openflow.Decode(b, openflow.DecodeOptions{Loose: true})
		if err != nil {
			return err
		}
		k, more, ok := t.jsonItems(d.Message, names)
		switch {
		case openflow.ParseHeader(b).Type == openflow.TypeError:
			refusal = b
		case !ok:
			return fmt.Errorf("%s has no form in JSON", d.Name)
		}
		kind, items = k, append(items, more...)
		return nil
	})
	if err != nil {
		return "", nil, transactError(err)
	}
	return kind, items, t.refused(refusal)
}

// jsonDump sends requests of one kind and prints all of the replies as one JSON
// object.
func (t *tool) jsonDump(c *conn.Client, names *openflow.Names, requests ...openflow.Message) error {
	all := jsonReply{Version: c.Version().String(), Items: []any{}}
	for _, m := range requests {
		kind, items, err := t.jsonFetch(c, m, names)
		if err != nil {
			return err
		}
		all.Type, all.Items = kind, append(all.Items, items...)
	}
	return t.printJSON(all)
}

func (t *tool) printJSON(r jsonReply) error {
	e := json.NewEncoder(t.Out)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
