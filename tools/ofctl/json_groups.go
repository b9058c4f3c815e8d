package ofctl

import "govs/openflow"

type jsonGroup struct {
	Group   uint32         `json:"group"`
	Type    string         `json:"type"`
	Method  *string        `json:"selection_method"`
	Param   *uint64        `json:"selection_param"`
	Fields  []jsonHashPart `json:"fields"`
	Buckets []jsonBucket   `json:"buckets"`
}

type jsonHashPart struct {
	Field string `json:"field"`
	Mask  string `json:"mask"`
}

type jsonBucket struct {
	Bucket     *uint32  `json:"bucket"`
	Weight     uint16   `json:"weight"`
	WatchPort  *string  `json:"watch_port"`
	WatchGroup *uint32  `json:"watch_group"`
	Actions    string   `json:"actions"`
	ActionList []string `json:"action_list"`
}

func jsonGroupOf(g *openflow.GroupDesc, names *openflow.Names) jsonGroup {
	j := jsonGroup{Group: g.ID, Type: g.Type.String(), Fields: []jsonHashPart{}, Buckets: []jsonBucket{}}
	if g.Selection.Method != "" {
		j.Method, j.Param = &g.Selection.Method, &g.Selection.Param
	}
	for _, f := range g.Selection.Fields {
		j.Fields = append(j.Fields, jsonHashPart{f.Field.String(), f.Mask.String()})
	}
	for i := range g.Buckets {
		b := &g.Buckets[i]
		x := jsonBucket{Weight: b.Weight, Actions: string(openflow.FormatActions(nil, b.Actions, names)), ActionList: actionList(b.Actions, names)}
		if b.ID != openflow.BucketAll {
			x.Bucket = &b.ID
		}
		if b.WatchPort != openflow.PortNone {
			p := string(names.AppendPort(nil, b.WatchPort))
			x.WatchPort = &p
		}
		if b.WatchGroup != openflow.GroupAny {
			x.WatchGroup = &b.WatchGroup
		}
		j.Buckets = append(j.Buckets, x)
	}
	return j
}

// actionList returns the text of each action.
func actionList(acts []openflow.Action, names *openflow.Names) []string {
	list := []string{}
	for _, a := range acts {
		list = append(list, string(openflow.FormatActions(nil, []openflow.Action{a}, names)))
	}
	return list
}

type jsonGroupStats struct {
	Group    uint32      `json:"group"`
	Refs     uint32      `json:"refs"`
	Packets  *uint64     `json:"packets"`
	Bytes    *uint64     `json:"bytes"`
	Duration *float64    `json:"duration"`
	Buckets  []jsonCount `json:"buckets"`
}

type jsonCount struct {
	Packets *uint64 `json:"packets"`
	Bytes   *uint64 `json:"bytes"`
}

func jsonGroupStatsOf(g *openflow.GroupStats) jsonGroupStats {
	j := jsonGroupStats{g.ID, g.Refs, counter(g.Packets), counter(g.Bytes), seconds(g.Duration), []jsonCount{}}
	for _, b := range g.Buckets {
		j.Buckets = append(j.Buckets, jsonCount{counter(b.Packets), counter(b.Bytes)})
	}
	return j
}

type jsonGroupFeatures struct {
	Capabilities []string                 `json:"capabilities"`
	Types        map[string]jsonGroupType `json:"types"`
}

type jsonGroupType struct {
	MaxGroups uint32   `json:"max_groups"`
	Actions   []string `json:"actions"`
}

func jsonGroupFeaturesOf(m *openflow.GroupFeatures) jsonGroupFeatures {
	j := jsonGroupFeatures{[]string{}, map[string]jsonGroupType{}}
	for _, c := range [...]struct {
		bit  uint32
		name string
	}{{openflow.GroupCapWeight, "select_weight"}, {openflow.GroupCapLiveness, "select_liveness"}, {openflow.GroupCapChaining, "chaining"}, {openflow.GroupCapChaining << 1, "chaining_checks"}} {
		if m.Capabilities&c.bit != 0 {
			j.Capabilities = append(j.Capabilities, c.name)
		}
	}
	for i := range m.MaxGroups {
		if m.Types&(1<<i) != 0 {
			j.Types[openflow.GroupType(i).String()] = jsonGroupType{m.MaxGroups[i], openflow.ActionNames(m.Actions[i])}
		}
	}
	return j
}

type jsonMeter struct {
	Meter string     `json:"meter"`
	Flags []string   `json:"flags"`
	Bands []jsonBand `json:"bands"`
}

type jsonBand struct {
	Type      string `json:"type"`
	Rate      uint32 `json:"rate"`
	Burst     uint32 `json:"burst_size"`
	PrecLevel uint8  `json:"prec_level"`
}

func jsonMeterOf(m *openflow.MeterConfig) jsonMeter {
	j := jsonMeter{openflow.MeterName(m.ID), m.Flags.Names(), []jsonBand{}}
	for _, b := range m.Bands {
		j.Bands = append(j.Bands, jsonBand{b.Type.String(), b.Rate, b.Burst, b.PrecLevel})
	}
	return j
}

type jsonMeterStats struct {
	Meter    string      `json:"meter"`
	Flows    uint32      `json:"flows"`
	Packets  *uint64     `json:"packets"`
	Bytes    *uint64     `json:"bytes"`
	Duration *float64    `json:"duration"`
	Bands    []jsonCount `json:"bands"`
}

func jsonMeterStatsOf(m *openflow.MeterCounters) jsonMeterStats {
	j := jsonMeterStats{openflow.MeterName(m.ID), m.Flows, counter(m.Packets), counter(m.Bytes), seconds(m.Duration), []jsonCount{}}
	for _, b := range m.Bands {
		j.Bands = append(j.Bands, jsonCount{counter(b.Packets), counter(b.Bytes)})
	}
	return j
}

type jsonMeterFeatures struct {
	MaxMeters    uint32   `json:"max_meters"`
	MaxBands     uint8    `json:"max_bands"`
	MaxColor     uint8    `json:"max_color"`
	BandTypes    []string `json:"band_types"`
	Capabilities []string `json:"capabilities"`
}

func jsonMeterFeaturesOf(m *openflow.MeterFeatures) jsonMeterFeatures {
	j := jsonMeterFeatures{m.MaxMeters, m.MaxBands, m.MaxColor, []string{}, openflow.MeterFlags(m.Capabilities).Names()}
	for i := range openflow.MeterBandType(32) {
		if m.BandTypes&(1<<i) != 0 && i.String() != "" {
			j.BandTypes = append(j.BandTypes, i.String())
		}
	}
	return j
}
