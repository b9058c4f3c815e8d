package ofctl

import (
	"fmt"

	"govs/openflow"
	"govs/openflow/conn"
)

type jsonSwitch struct {
	DatapathID   string         `json:"datapath_id"`
	Tables       uint8          `json:"n_tables"`
	Buffers      uint32         `json:"n_buffers"`
	AuxiliaryID  uint8          `json:"auxiliary_id"`
	Capabilities []string       `json:"capabilities"`
	Ports        []jsonPortDesc `json:"ports"`
	Frags        string         `json:"frags"`
	MissSendLen  uint16         `json:"miss_send_len"`
}

type jsonFrags struct {
	Frags string `json:"frags"`
}

// jsonShow is show: features, ports and settings as one item.
func (t *tool) jsonShow(c *conn.Client, m *openflow.SwitchFeatures, names *openflow.Names) error {
	ports := m.Ports
	if c.Version() >= openflow.V13 {
		var err error
		if ports, err = fetchPorts(c); err != nil {
			return transactError(err)
		}
	}
	cfg, err := t.config(c)
	if err != nil {
		return err
	}
	j := jsonSwitch{fmt.Sprintf("%016x", m.DatapathID), m.NTables, m.NBuffers, m.AuxiliaryID, m.Capabilities.Names(),
		jsonPorts(ports, names), cfg.Frag.String(), cfg.MissSendLen}
	return t.printJSON(jsonReply{"switch", c.Version().String(), []any{j}})
}

type jsonTableFeatures struct {
	Table         uint8            `json:"table"`
	Name          string           `json:"name"`
	MetadataMatch string           `json:"metadata_match"`
	MetadataWrite string           `json:"metadata_write"`
	MaxEntries    uint32           `json:"max_entries"`
	Eviction      string           `json:"eviction"`
	Vacancy       string           `json:"vacancy"`
	Flows         jsonInstructions `json:"flows"`
	MissFlow      jsonInstructions `json:"miss_flow"`
	Match         []string         `json:"match"`
	Mask          []string         `json:"mask"`
	Wildcard      []string         `json:"wildcard"`
}

type jsonInstructions struct {
	Next           []int    `json:"next_tables"`
	Instructions   []string `json:"instructions"`
	Write          []string `json:"write_actions"`
	WriteSetFields []string `json:"write_set_fields"`
	Apply          []string `json:"apply_actions"`
	ApplySetFields []string `json:"apply_set_fields"`
}

func jsonTableFeaturesOf(x *openflow.TableFeatures) jsonTableFeatures {
	instructions := func(i *openflow.TableInstructions) jsonInstructions {
		return jsonInstructions{i.Next.Numbers(), i.InstructionNames(), openflow.ActionNames(i.Write.Actions), i.Write.SetFields.Names(),
			openflow.ActionNames(i.Apply.Actions), i.Apply.SetFields.Names()}
	}
	return jsonTableFeatures{x.Table, x.Name, fmt.Sprintf("%#x", x.MetadataMatch), fmt.Sprintf("%#x", x.MetadataWrite), x.MaxEntries,
		x.Eviction.String(), x.Vacancy.String(), instructions(&x.Flows), instructions(&x.MissFlow), x.Match.Names(), x.Mask.Names(), x.Wildcard.Names()}
}

type jsonTableDesc struct {
	Table       uint8  `json:"table"`
	Eviction    string `json:"eviction"`
	Vacancy     string `json:"vacancy"`
	VacancyDown uint8  `json:"vacancy_down"`
	VacancyUp   uint8  `json:"vacancy_up"`
	VacancyNow  uint8  `json:"vacancy_now"`
}

func jsonTableDescOf(x *openflow.TableDesc) jsonTableDesc {
	return jsonTableDesc{x.Table, x.Eviction.String(), x.Vacancy.String(), x.VacancyDown, x.VacancyUp, x.VacancyNow}
}

type jsonQueueConfig struct {
	Port    string  `json:"port"`
	Queue   uint32  `json:"queue"`
	MinRate *uint16 `json:"min_rate"`
	MaxRate *uint16 `json:"max_rate"`
}

// queueRate is null for a rate that is not set.
func queueRate(r uint16) *uint16 {
	if r == openflow.QueueRateNone {
		return nil
	}
	return &r
}

type jsonTLVTable struct {
	MaxSpace  uint32       `json:"max_option_space"`
	MaxFields uint16       `json:"max_fields"`
	Maps      []jsonTLVMap `json:"maps"`
}

type jsonTLVMap struct {
	Class uint16 `json:"class"`
	Type  uint8  `json:"type"`
	Len   uint8  `json:"length"`
	Field string `json:"field"`
}

type jsonIPFIX struct {
	CollectorSet uint32 `json:"collector_set"`
	Flows        uint64 `json:"flows"`
	Current      uint64 `json:"current_flows"`
	Packets      uint64 `json:"packets"`
	IPv4         uint64 `json:"ipv4_packets"`
	IPv6         uint64 `json:"ipv6_packets"`
	Errors       uint64 `json:"packet_errors"`
	IPv4Errors   uint64 `json:"ipv4_errors"`
	IPv6Errors   uint64 `json:"ipv6_errors"`
	Tx           uint64 `json:"tx_packets"`
	TxErrors     uint64 `json:"tx_errors"`
}

func jsonIPFIXOf(s *openflow.IPFIXStats) jsonIPFIX {
	return jsonIPFIX{s.CollectorSet, s.Flows, s.CurrentFlows, s.Packets, s.IPv4Packets, s.IPv6Packets, s.ErrPackets, s.IPv4ErrPackets,
		s.IPv6ErrPackets, s.TxPackets, s.TxErrors}
}
