package flowdiff

import (
	"fmt"
	"strings"

	"govs/flow"
	"govs/openflow"
)

// subfield returns part of a field; n asks for a width, 0 for any.
func (g *gen) subfield(n int) string {
	id := g.field()
	for tries := 0; tries < 20 && (id.WireName() == "" || n > int(id.Info().Bits) || id.Info().Prereq > flow.PrereqEthernet && !g.chance(6)); tries++ {
		id = g.field()
	}
	return g.part(id, n)
}

// part returns n bits of a field in text, or any number.
func (g *gen) part(id flow.FieldID, n int) string {
	f := id.Info()
	name := f.Name
	if w := id.WireName(); w != "" && g.chance(2) {
		name = w
	} else if f.Alias != "" && g.chance(2) {
		name = f.Alias
	}
	bits := int(f.Bits)
	if n == 0 && g.chance(2) || n == bits {
		return name + pick(g, "[]", "[]", "", fmt.Sprintf("[0..%d]", bits-1))
	}
	if n == 0 {
		n = 1 + g.IntN(bits)
	}
	if n > bits {
		n = bits
	}
	lo := g.IntN(bits - n + 1)
	if g.chance(60) {
		lo += 5
	}
	if n == 1 && g.chance(2) {
		return fmt.Sprintf("%s[%d]", name, lo)
	}
	return fmt.Sprintf("%s[%d..%d]", name, lo, lo+n-1)
}

// like returns a field that the flow's match allows, mostly.
func (g *gen) like(m *flow.Match) flow.FieldID {
	for range 30 {
		id := g.field()
		if id.PrereqsOKMatch(m) && (id.Info().Writable || g.chance(10)) && (id.WireName() != "" || g.chance(20)) {
			return id
		}
	}
	return flow.Reg0
}

func (g *gen) setField(m *flow.Match) string {
	id := g.like(m)
	f := id.Info()
	switch g.IntN(4) {
	case 0:
		n := 1 + g.IntN(min(64, int(f.Bits)))
		return fmt.Sprintf("load:%s->%s", g.number(n), g.part(id, n))
	case 1:
		if id == flow.VlanVID {
			return "set_field:" + pick(g, "4097", "5", "0x1005", "0") + "->vlan_vid"
		}
		return fmt.Sprintf("set_field:%s->%s", g.value(id), pick(g, f.Name, f.Name+"[]", g.part(id, 0)))
	}
	return fmt.Sprintf("set_field:%s->%s", g.value(id), f.Name)
}

func (g *gen) hash() string {
	return pick(g, "eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp", "nw_src", "nw_dst", "symmetric_l3", "l4")
}

func (g *gen) learn(m *flow.Match) string {
	var out []string
	for n := g.IntN(4); n > 0; n-- {
		out = append(out, pick(g, "table="+pick(g, "1", "0", "254", "255", "x"), "priority="+g.decimal(16), "idle_timeout="+g.decimal(16), "hard_timeout="+g.decimal(16),
			"fin_idle_timeout="+g.decimal(16), "fin_hard_timeout="+g.decimal(16), "cookie="+g.number(64), "send_flow_rem", "delete_learned",
			"limit="+g.decimal(31), "result_dst="+g.part(flow.Reg3, 1), "result_dst="+g.subfield(1)))
	}
	for n := g.IntN(4); n > 0; n-- {
		id := g.like(m)
		other := g.like(m)
		bits := min(int(id.Info().Bits), int(other.Info().Bits))
		n := 1 + g.IntN(bits)
		switch g.IntN(8) {
		case 0:
			out = append(out, id.Info().Name+"="+g.value(id))
		case 1:
			out = append(out, g.part(id, 0))
		case 2:
			out = append(out, g.part(id, n)+"="+g.part(other, n))
		case 3:
			out = append(out, g.part(id, n)+"="+g.number(min(n, 64)))
		case 4:
			out = append(out, "load:"+g.number(min(n, 64))+"->"+g.part(id, n))
		case 5, 6:
			out = append(out, "load:"+g.part(id, n)+"->"+g.part(other, n))
		case 7:
			out = append(out, "output:"+g.subfield(16))
		}
	}
	return "learn(" + strings.Join(out, ",") + ")"
}

func (g *gen) natRange() string {
	addr := func() string {
		if g.chance(4) {
			a := g.ip6()
			if g.chance(2) {
				return "[" + a + "]"
			}
			return a
		}
		return g.ip4()
	}
	s := addr()
	if g.chance(2) {
		s += "-" + addr()
	}
	if g.chance(2) {
		s += ":" + g.number(16)
		if g.chance(2) {
			s += "-" + g.number(16)
		}
	}
	return s
}

func (g *gen) nat() string {
	if g.chance(5) {
		return "nat"
	}
	var out []string
	if !g.chance(6) {
		out = append(out, pick(g, "src", "dst")+pick(g, "="+g.natRange(), "="+g.natRange(), ""))
	}
	for n := g.IntN(3); n > 0; n-- {
		out = append(out, pick(g, "random", "hash", "persistent", "src", "dst=1.2.3.4", "nope"))
	}
	return "nat(" + strings.Join(out, ",") + ")"
}

func (g *gen) ct(m *flow.Match, depth int) string {
	var out []string
	if !g.chance(3) {
		out = append(out, "commit")
	}
	for n := g.IntN(4); n > 0; n-- {
		switch g.IntN(10) {
		case 0:
			out = append(out, "force")
		case 1, 2:
			out = append(out, "zone="+pick(g, g.number(16), g.part(flow.Reg2, 16), g.subfield(16), "70000"))
		case 3, 4:
			out = append(out, "table="+pick(g, "1", "0", "254", "255", "256"))
		case 5:
			out = append(out, "alg="+pick(g, "ftp", "tftp", "http", "21"))
		case 6:
			out = append(out, "exec("+pick(g, "set_field:"+g.number(32)+"->ct_mark", "load:1->NXM_NX_CT_MARK[]", "set_field:0x1/0x3->ct_label", "move:NXM_NX_REG0[]->NXM_NX_CT_LABEL[0..31]", "output:1", "set_field:1->reg0",
				"set_field:1->ct_mark,load:5->NXM_NX_CT_LABEL[0..15]", "")+")")
		default:
			out = append(out, g.nat())
		}
	}
	if len(out) == 0 {
		return "ct"
	}
	return "ct(" + strings.Join(out, ",") + ")"
}

func (g *gen) controller() string {
	switch g.IntN(4) {
	case 0:
		return "controller"
	case 1:
		return "controller:" + g.number(16)
	case 2:
		return "CONTROLLER:65535"
	}
	var out []string
	for n := 1 + g.IntN(3); n > 0; n-- {
		out = append(out, pick(g, "max_len="+g.number(16), "id="+g.number(16), "reason="+pick(g, "no_match", "action", "invalid_ttl", "action_set", "group", "packet_out", "nope"),
			"userdata="+pick(g, "01.02.03", "ff", "1.2.3.4.5.6.7.8.9", "0x1"), "userdata=", "pause", "meter_id="+g.number(8)))
	}
	return "controller(" + strings.Join(out, ",") + ")"
}

func (g *gen) sample() string {
	out := []string{"probability=" + pick(g, "65535", g.number(16), "0")}
	for n := g.IntN(5); n > 0; n-- {
		out = append(out, pick(g, "collector_set_id="+pick(g, g.number(32), "1"), "obs_domain_id="+pick(g, g.number(32), "1"), "obs_point_id="+pick(g, g.number(32), "2"),
			"sampling_port="+pick(g, "1", "LOCAL", "none", "70000"), "ingress", "egress"))
	}
	return "sample(" + strings.Join(out, ",") + ")"
}

func (g *gen) encap() string {
	switch g.IntN(6) {
	case 0:
		return "encap(ethernet)"
	case 1:
		return "encap(nsh)"
	case 2:
		return "encap(nsh(md_type=" + pick(g, "1", "2", "3") + "))"
	case 3:
		return fmt.Sprintf("encap(nsh(md_type=2,tlv(%s,%s,0x%s)))", pick(g, "0x1000", "0x"+fmt.Sprintf("%x", g.IntN(70000))), g.decimal(8), pick(g, "12345678", "1", "fedcba9876543210", "123"))
	case 4:
		return pick(g, "encap(mpls)", "encap(mpls_mc)", "encap(foo)", "encap(nsh(", "encap")
	}
	return pick(g, "decap()", "decap", "decap(packet_type(ns=1,type=0x894f))", "decap(packet_type(ns=0,type=0))", "decap(packet_type(ns=1))", "decap(x)")
}

// action returns one action; inner lists are nested depth deep at most.
func (g *gen) action(m *flow.Match, depth int) string {
	switch g.IntN(46) {
	case 0, 1:
		return "output:" + g.port()
	case 2:
		return pick(g, "1", "2", "NORMAL", "flood", "ALL", "LOCAL", "in_port", "TABLE", "table", "local", "all", "normal", "CONTROLLER", "none", "5")
	case 3:
		return "output:" + g.subfield(pick(g, 16, 32, 9, 0))
	case 4:
		return fmt.Sprintf("output(port=%s,max_len=%s)", g.port(), pick(g, "100", "13", "14", g.number(32)))
	case 5:
		return "enqueue" + pick(g, ":1:2", "(1,2)", "(LOCAL,q)", ":1q2", "(3:4)", "("+g.port()+","+g.number(32)+")")
	case 6:
		return "group:" + pick(g, g.number(32), "1", "all", "any")
	case 7:
		return g.controller()
	case 8, 9, 10:
		return g.setField(m)
	case 11:
		id, other := g.like(m), g.like(m)
		n := 1 + g.IntN(min(int(id.Info().Bits), int(other.Info().Bits)))
		return "move:" + g.part(id, n) + "->" + g.part(other, n)
	case 12:
		return pick(g, "push:", "pop:") + g.subfield(0)
	case 13:
		return pick(g, "mod_vlan_vid:", "set_vlan_vid:") + g.number(12)
	case 14:
		return pick(g, "mod_vlan_pcp:", "set_vlan_pcp:") + g.number(3)
	case 15:
		return pick(g, "strip_vlan", "pop_vlan")
	case 16:
		return "push_vlan:" + pick(g, "0x8100", "0x88a8", "33024", "0x1234")
	case 17:
		return pick(g, "mod_dl_src:", "mod_dl_dst:") + g.mac()
	case 18:
		return pick(g, "mod_nw_src:", "mod_nw_dst:") + g.ip4()
	case 19:
		return "mod_nw_tos:" + pick(g, g.number(8), "4", "252")
	case 20:
		return "mod_nw_ecn:" + g.number(2)
	case 21:
		return pick(g, "mod_nw_ttl:", "set_nw_ttl:") + g.number(8)
	case 22:
		return pick(g, "mod_tp_src:", "mod_tp_dst:") + g.number(16)
	case 23:
		return pick(g, "dec_ttl", "dec_ttl", "dec_ttl(1,2)", fmt.Sprintf("dec_ttl(%d)", g.IntN(65536)), "dec_ttl()")
	case 24:
		return pick(g, "set_mpls_label:"+g.number(20), "set_mpls_tc:"+g.number(3), "set_mpls_ttl:"+g.number(8), "dec_mpls_ttl", "set_mpls_label:1048576", "set_mpls_label", "set_mpls_tc(9)")
	case 25:
		return pick(g, "push_mpls:0x8847", "push_mpls:0x8848", "push_mpls:0x800", "pop_mpls:0x0800", "pop_mpls:"+g.number(16))
	case 26:
		return pick(g, "dec_nsh_ttl", "delete_field:tun_metadata0", "delete_field:reg0", "delete_field:tun_metadata63", "delete_field:")
	case 27:
		return g.encap()
	case 28:
		return pick(g, "set_tunnel:", "set_tunnel64:") + pick(g, g.number(32), g.number(64))
	case 29:
		return pick(g, "set_queue:"+g.number(32), "pop_queue")
	case 30:
		return "fin_timeout(" + pick(g, "idle_timeout="+g.number(16)+",hard_timeout="+g.number(16), "idle_timeout=5", "hard_timeout="+g.number(16), "", "x=1") + ")"
	case 31, 32:
		return pick(g, "resubmit:"+g.port(), "resubmit(,"+g.number(8)+")", "resubmit("+g.port()+",3)", "resubmit(1,2,ct)", "resubmit(,,ct)", "resubmit(1)", "resubmit(,5,ct)", "resubmit(,255)", "resubmit", "resubmit(,256)")
	case 33:
		return g.learn(m)
	case 34:
		return fmt.Sprintf("conjunction(%s,%d/%d)", g.number(32), g.IntN(4), g.IntN(66))
	case 35:
		return fmt.Sprintf("multipath(%s,%s,%s,%s,%s,%s)", g.hash(), g.decimal(16), pick(g, "modulo_n", "hash_threshold", "hrw", "iter_hash", "x"), pick(g, "1", "16", g.decimal(16), "65536", "0"), g.decimal(31), g.subfield(pick(g, 16, 32, 4)))
	case 36:
		return "note:" + pick(g, "01.02", "11.22.33.44.55.66", "1.2.3.4.5.6.7", "", "zz", "0", "ff.")
	case 37:
		return pick(g, "exit", "ct_clear", "unroll_xlate", "exit")
	case 38:
		return g.sample()
	case 39, 40:
		return g.ct(m, depth)
	case 41:
		if depth <= 0 {
			return "clone(1)"
		}
		return "clone(" + g.list(m, depth-1, 3) + ")"
	case 42:
		return fmt.Sprintf("check_pkt_larger(%s)->%s", g.number(16), pick(g, g.part(flow.Reg4, 1), g.subfield(1), "reg0[0..1]"))
	case 43:
		if g.chance(2) {
			return fmt.Sprintf("bundle(%s,%s,%s,ofport,%s:%s)", g.hash(), g.decimal(16), pick(g, "active_backup", "hrw", "x"), pick(g, "members", "slaves", "nope"), pick(g, "1", "1,2,3", "1,2,3,4,5", "", "LOCAL,7", "x"))
		}
		return fmt.Sprintf("bundle_load(%s,%s,%s,ofport,%s,members:%s)", g.hash(), g.decimal(16), pick(g, "active_backup", "hrw"), g.subfield(pick(g, 16, 16, 32, 8)), pick(g, "1", "1,2,3", "4,8"))
	case 44:
		return pick(g, "drop", "nope", "nope:1", "mod_dl_dest:1:2:3:4:5:6", "apply_actions(1)", "debug_recirc", "debug_slow", "output", "", "set_vlan_vid", "move:reg0", "load:1->")
	}
	return g.instruction(m, depth)
}

func (g *gen) instruction(m *flow.Match, depth int) string {
	switch g.IntN(6) {
	case 0:
		return "meter:" + pick(g, "1", g.number(32), "0")
	case 1:
		return "clear_actions"
	case 2:
		return "write_metadata:" + pick(g, g.number(64), g.number(64)+"/"+g.number(64))
	case 3:
		if depth <= 0 {
			return "clear_actions"
		}
		return "write_actions(" + g.list(m, depth-1, 3) + ")"
	}
	return "goto_table:" + pick(g, "2", "5", "254", "255", "1", "0", "x")
}

func (g *gen) list(m *flow.Match, depth, most int) string {
	var out []string
	for n := g.IntN(most + 1); n > 0; n-- {
		a := g.action(m, depth)
		for !g.chance(3) && !fits(m, a) {
			a = g.action(m, depth)
		}
		out = append(out, a)
	}
	return strings.Join(out, ",")
}

// fits reports whether an action can be on its own in a flow with such a match.
func fits(m *flow.Match, text string) bool {
	acts, _, err := openflow.ParseActions(text, nil)
	if err == nil {
		_, err = openflow.Check(acts, m, openflow.CheckParams{})
	}
	return err == nil
}

// actions returns the actions of a flow whose match is head.
func (g *gen) actions(head string) string {
	var m flow.Match
	for _, w := range strings.FieldsFunc(head, func(r rune) bool { return r == ' ' }) {
		if one, err := flow.ParseMatch(w, nil); err == nil {
			m = one
		}
	}
	for s := head; s != ""; {
		k, v, rest, ok := flow.CutKeyValue(s)
		if !ok {
			break
		}
		m.ParseField(k, v, nil)
		s = rest
	}
	if g.chance(10) {
		return pick(g, "drop", "drop", "", "1", "NORMAL", "output:1,drop")
	}
	// Mostly a plain list with the instructions in their order.
	var out []string
	if g.chance(12) {
		out = append(out, "meter:1")
	}
	if s := g.list(&m, 2, 4); s != "" {
		out = append(out, s)
	}
	for _, i := range []string{"clear_actions", "write_actions(output:" + g.port() + ",set_queue:3)", "write_metadata:" + g.number(64), "goto_table:" + pick(g, "2", "9", "253")} {
		if g.chance(14) {
			out = append(out, i)
		}
	}
	return strings.Join(out, ",")
}
