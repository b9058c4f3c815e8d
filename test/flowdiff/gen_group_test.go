package flowdiff

import (
	"fmt"
	"strings"

	"govs/flow"
	"govs/openflow"
)

func (g *gen) groupID() string {
	return pick(g, "1", "7", "0", "4294967040", "4294967041", "all", "any", "0xfffffffc", "-1", "", "x", "4294967296",
		g.decimal(16), g.decimal(16), g.decimal(16), g.decimal(31), g.decimal(31), g.number(32), g.number(32), g.decimal(8))
}

func (g *gen) bucketID() string {
	return pick(g, g.decimal(8), g.decimal(8), g.decimal(8), g.decimal(4), "1", "0", g.number(32), "0xffffff00", "0xffffff01", "all", "first", "last", "x", "")
}

// hashFields returns the fields that a select group's hash looks at.
func (g *gen) hashFields() string {
	var out []string
	for n := g.IntN(4); n >= 0; n-- {
		id := g.field()
		name := id.Info().Name
		if f := id.Info(); f.Alias != "" && g.chance(3) {
			name = f.Alias
		}
		switch g.IntN(6) {
		case 0:
			name += pick(g, "=", ":", "=") + g.value(id)
		case 1:
			name += "=" + hexValue(flow.OnesValue(int(id.Info().Bits)))
		case 2:
			if g.chance(10) {
				name = pick(g, "nope", "actions", "ip", "eth_dst[]", "NXM_NX_REG0", "eth_dst[0..3]", "ip_src=", "tcp_dst=0xff/0xff")
			}
		}
		out = append(out, name)
	}
	s := strings.Join(out, pick(g, ",", ",", ", "))
	if len(out) == 1 && g.chance(2) {
		return "fields" + pick(g, "=", ":") + s
	}
	return "fields(" + s + ")"
}

// groupHead returns a group without its buckets.
func (g *gen) groupHead(cmd openflow.GroupCommand) string {
	var out []string
	add := func(often int, s string) {
		if !g.chance(often) {
			out = append(out, s)
		}
	}
	is := pick(g, "=", "=", "=", "=", ":")
	add(60, "group_id"+is+g.groupID())
	typ := pick(g, "all", "select", "select", "select", "indirect", "ff", "fast_failover")
	change := cmd != openflow.GroupDelete && cmd != openflow.GroupInsertBucket && cmd != openflow.GroupRemoveBucket
	if change {
		if g.chance(40) {
			typ = pick(g, "ALL", "nope", "", "hash", "1")
		}
		add(40, "type"+is+typ)
	} else if g.chance(30) {
		out = append(out, "type="+typ)
	}
	if bucket := cmd == openflow.GroupInsertBucket || cmd == openflow.GroupRemoveBucket; bucket {
		add(10, "command_bucket_id"+is+g.bucketID())
	} else if g.chance(50) {
		out = append(out, "command_bucket_id"+is+g.bucketID())
	}
	if change && typ == "select" && g.chance(2) || g.chance(30) {
		method := pick(g, "hash", "hash", "hash", "dp_hash", "dp_hash", "fifteen_bytes_x", "sixteen_bytes_xx", "HASH", "x", "")
		add(8, "selection_method"+is+method)
		if g.chance(3) {
			out = append(out, "selection_method_param"+is+g.number(64))
		}
		if method == "hash" && g.chance(2) || g.chance(20) {
			out = append(out, g.hashFields())
		}
	}
	if g.chance(40) {
		out = append(out, pick(g, "nope", "nope=1", "group_id=5", "type=all", "selection_method=hash", "weight=1", "command_bucket_id=1", "fields", "actions=1"))
	}
	if g.chance(5) {
		g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	return strings.Join(out, pick(g, ",", ",", ",", ", ", " "))
}

// bucket returns what stands behind "bucket=".
func (g *gen) bucket(typ string) string {
	var out []string
	is := pick(g, "=", ":")
	if typ == "select" && g.chance(2) || g.chance(30) {
		out = append(out, pick(g, "weight", "weight", "weight", "Weight")+is+pick(g, g.number(16), g.number(16), g.decimal(7), g.decimal(7), "0", "65536", "1", ""))
	}
	ff := typ == "ff" || typ == "fast_failover"
	if ff && !g.chance(12) || g.chance(8) {
		if g.chance(3) {
			out = append(out, "watch_group"+is+pick(g, g.decimal(8), g.decimal(8), g.decimal(31), g.number(32), "any", "0xffffff01", "4294967295"))
		} else {
			out = append(out, "watch_port"+is+pick(g, g.decimal(8), g.decimal(8), g.decimal(8), "1", g.port(), g.number(32)))
		}
	}
	if g.chance(4) {
		out = append(out, "bucket_id"+is+g.bucketID())
	}
	if g.chance(12) {
		g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	var m flow.Match
	if p := pick(g, append([]string{""}, protos...)...); p != "" {
		m, _ = flow.ParseMatch(p, nil)
	}
	acts := g.list(&m, 1, pick(g, 1, 2, 2, 4))
	if acts == "" && !g.chance(20) {
		acts = pick(g, "drop", "output:1", "2", "actions=", "actions=drop")
	}
	switch g.IntN(6) {
	case 0, 1:
		acts = pick(g, "actions", "actions", "action") + pick(g, "=", "=", "=", ":") + acts
	case 2:
		if !g.chance(3) {
			break
		}
		acts = "actions(" + acts + ")"
	}
	if out = append(out, acts); g.chance(20) {
		out[0], out[len(out)-1] = out[len(out)-1], out[0]
	}
	return strings.Join(out, ",")
}

// group returns a group as a command takes it.
func (g *gen) group(cmd openflow.GroupCommand) string {
	s := g.groupHead(cmd)
	typ := "all"
	for _, t := range []string{"select", "indirect", "ff", "fast_failover"} {
		if strings.Contains(s, "type="+t) {
			typ = t
		}
	}
	n := g.IntN(4)
	if typ == "indirect" && !g.chance(10) {
		n = 1
	}
	if (cmd == openflow.GroupDelete || cmd == openflow.GroupRemoveBucket) && !g.chance(30) {
		n = 0
	}
	for ; n > 0; n-- {
		s += pick(g, ",", ",", ",", " ", ", ") + "bucket=" + g.bucket(typ)
	}
	return strings.Trim(g.finish(s), " ")
}

// meter returns a meter as a command takes it.
func (g *gen) meter(cmd openflow.MeterCommand) string {
	is := pick(g, "=", "=", "=", " ", ",")
	var out []string
	if !g.chance(30) {
		out = append(out, "meter"+is+pick(g, "1", "5", g.decimal(16), g.decimal(16), g.number(31), g.number(32), "all", "controller", "slowpath", "0", "0xffff0000", "0xffff0001", "-1", "x", ""))
	}
	if cmd == openflow.MeterDelete && !g.chance(20) {
		return g.finish(strings.Join(append(out, pick(g, "", "", "", "kbps", "stats", "nope", "nope=1", "bands=")), ","))
	}
	burst := g.chance(2)
	if !g.chance(30) {
		out = append(out, pick(g, "kbps", "pktps", "kbps", "pktps", "kbps,pktps"))
	}
	if burst {
		out = append(out, "burst")
	}
	if g.chance(3) {
		out = append(out, "stats")
	}
	if g.chance(30) {
		out = append(out, pick(g, "nope", "nope=1", "flags=1", "burst", "kbps=1", "KBPS"))
	}
	if g.chance(8) {
		g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	for n := g.IntN(3); n >= 0; n-- {
		typ := pick(g, "drop", "drop", "dscp_remark", "drop", "dscp_remark", "nope", "1")
		if n > 0 && g.chance(2) {
			typ = "drop"
		}
		band := []string{"type" + is + typ}
		if !g.chance(20) {
			band = append(band, "rate"+is+pick(g, g.number(32), g.number(32), g.decimal(16), g.decimal(16), g.decimal(16), "0", "-1", "4294967296", "x"))
		}
		if burst != g.chance(20) {
			band = append(band, pick(g, "burst_size", "burst_size", "burst_size", "burst_size", "burst")+is+pick(g, g.number(32), g.decimal(16), g.decimal(16), "1", "1", "4294967296"))
		}
		if (typ == "dscp_remark") != g.chance(20) {
			band = append(band, "prec_level"+is+pick(g, "1", "2", "14", "0", "255", "256", g.number(8)))
		}
		if g.chance(10) {
			g.Shuffle(len(band), func(i, j int) { band[i], band[j] = band[j], band[i] })
		}
		s := strings.Join(band, pick(g, ",", " ", ", "))
		if len(out) == 0 || !strings.HasPrefix(out[len(out)-1], "\x00") {
			s = pick(g, "bands=", "bands=", "bands=", "bands=", "bands=", "band=", "bands =", "bands:", "bandsx=", "bands", "") + s
		}
		out = append(out, "\x00"+s)
	}
	return g.finish(strings.ReplaceAll(fmt.Sprint(strings.Join(out, pick(g, ",", ",", " ", ", "))), "\x00", ""))
}
