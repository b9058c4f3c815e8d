package openflow

import (
	"fmt"
	"strings"

	"govs/flow"
)

// ParseFlowMonitor reads what monitor's watch: says (ovs-ofctl(8)): fields of
// the flows to watch, table=, out_port=, out_group=, and what not to tell of:
// !initial, !add, !delete, !modify, !actions and !own.
func ParseFlowMonitor(s string, names *Names) (*FlowMonitor, Protocols, error) {
	m := &FlowMonitor{Flags: MonitorInitial | MonitorAdd | MonitorDelete | MonitorModify | MonitorActions | MonitorOwn,
		OutPort: PortNone, OutGroup: GroupAny, Table: TableAny}
	usable := Protocols(ProtoAny)
	for {
		k, v, rest, ok := cutPair(s)
		if !ok {
			return m, usable, nil
		}
		s = rest
		if f, ok := monitorWords[k]; ok && v == "" {
			m.Flags &^= f
			continue
		}
		if v == "" && m.Match.ParseProto(k) {
			continue
		}
		if v == "" {
			return nil, 0, fmt.Errorf("%s: field %s missing value", monitorText(k, v), k)
		}
		id, isField := flow.FieldByPlainName(k)
		switch {
		case k == "table":
			if m.Table, ok = names.ParseTable(v); !ok {
				return nil, 0, fmt.Errorf("unknown table \"%s\"", v)
			}
		case k == "out_port":
			if m.OutPort, ok = names.ParsePort(v); !ok {
				return nil, 0, fmt.Errorf("%s: %s is not a valid OpenFlow port", monitorText(k, v), v)
			}
		case k == "out_group":
			n, err := parseUint64(v)
			if err != nil || n > 0xffffffff {
				return nil, 0, fmt.Errorf("%s: %s is not a valid OpenFlow group", monitorText(k, v), v)
			}
			m.OutGroup = uint32(n)
			usable &= protoOF11Up
		case isField && id.Available():
			val, mask, err := id.ParseValue(v, names.env())
			if err != nil {
				return nil, 0, fmt.Errorf("%s: %w", monitorText(k, v), err)
			}
			usable &= fieldProtocols(id, mask)
			m.Match.SetMasked(id, val, mask)
		default:
			return nil, 0, fmt.Errorf("%s: unknown keyword %s", monitorText(k, v), k)
		}
	}
}

// monitorWords are the words that turn a flag off.
var monitorWords = map[string]MonitorFlags{
	"!initial": MonitorInitial, "!add": MonitorAdd, "!delete": MonitorDelete, "!modify": MonitorModify,
	"!actions": MonitorActions, "!own": MonitorOwn,
}

func monitorText(k, v string) string { return strings.TrimSuffix(k+"="+v, "=") }
