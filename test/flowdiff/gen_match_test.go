package flowdiff

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"govs/flow"
)

// gen makes flows at random: most are as a person could type them, some are a
// little wrong. The same seed makes the same flows.
type gen struct{ *rand.Rand }

func newGen(seed uint64) *gen { return &gen{rand.New(rand.NewPCG(seed, 0x6f76))} }

// chance is true once in n times.
func (g *gen) chance(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *gen, from ...T) T { return from[g.IntN(len(from))] }

// number returns an integer of at most bits bits, small ones and edges more
// often, in one of the bases that C reads.
func (g *gen) number(bits int) string {
	v := g.bits(bits)
	if bits > 64 || g.chance(2) {
		return hexValue(v)
	}
	if g.chance(8) {
		return fmt.Sprintf("0%o", v.Lo)
	}
	return fmt.Sprint(v.Lo)
}

// decimal is number in decimal.
func (g *gen) decimal(bits int) string { return fmt.Sprint(g.bits(bits).Lo) }

func hexValue(v flow.Value) string {
	if v.Hi != 0 {
		return fmt.Sprintf("0x%x%016x", v.Hi, v.Lo)
	}
	return fmt.Sprintf("%#x", v.Lo)
}

// bits returns a value of at most n bits.
func (g *gen) bits(n int) flow.Value {
	ones := flow.OnesValue(n)
	switch g.IntN(8) {
	case 0:
		return flow.Value{}
	case 1:
		return ones
	case 2, 3, 4:
		return flow.U(g.Uint64N(40)).And(ones)
	}
	return flow.Value{Hi: g.Uint64(), Lo: g.Uint64()}.And(ones)
}

// mask returns a mask of at most n bits, of the kinds that people use.
func (g *gen) mask(n int) flow.Value {
	ones := flow.OnesValue(n)
	switch g.IntN(6) {
	case 0:
		return ones
	case 1:
		return flow.OnesValue(1 + g.IntN(n))
	case 2, 3:
		return ones.Shl(g.IntN(n)).And(ones)
	case 4:
		return flow.U(1).Shl(g.IntN(n))
	}
	return flow.Value{Hi: g.Uint64(), Lo: g.Uint64()}.And(ones)
}

func (g *gen) mac() string {
	if g.chance(6) {
		return pick(g, "01:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "0:0:0:0:0:0", "00:00:00:00:00:00")
	}
	return flow.MACFromUint64(g.bits(48).Lo).String()
}

func (g *gen) ip4() string { return string(flow.AppendIPv4(nil, uint32(g.bits(32).Lo))) }

func (g *gen) ip6() string {
	v := g.bits(128)
	if g.chance(3) {
		v.Hi = 0xfe80 << 48
	}
	var b [16]byte
	copy(b[:], v.AppendBytes(nil, 16))
	return string(flow.AppendIPv6(nil, b))
}

func (g *gen) port() string {
	return pick(g, "1", "2", "7", "100", "65279", "LOCAL", "local", "in_port", "IN_PORT", "controller", "normal", "ANY", "none", "flood", "ALL", "65534", "0", "4294967294", "65280", "70000")
}

// flags returns a set of flags in one of the three notations.
func (g *gen) flags(names ...string) string {
	if g.chance(4) {
		v, m := g.bits(len(names)).Lo, g.bits(len(names)).Lo
		if g.chance(2) {
			return fmt.Sprintf("%#x/%#x", v&m, m)
		}
		return fmt.Sprint(v)
	}
	var b strings.Builder
	bar := g.chance(3)
	for _, n := range names {
		switch g.IntN(3) {
		case 0:
			if bar && b.Len() > 0 {
				b.WriteByte('|')
			} else if !bar {
				b.WriteString(pick(g, "+", "-"))
			}
			b.WriteString(n)
		}
	}
	if b.Len() == 0 {
		return "0"
	}
	return b.String()
}

// value returns a value of a field, with a mask if it may have one.
func (g *gen) value(id flow.FieldID) string {
	f := id.Info()
	masked := f.Maskable && g.chance(3) || g.chance(40)
	n := int(f.Bits)
	if g.chance(30) {
		n = min(128, int(f.Bytes)*8+g.IntN(8))
	}
	switch f.Format {
	case flow.FormatEthernet:
		if masked {
			return g.mac() + "/" + pick(g, g.mac(), "ff:ff:ff:ff:ff:ff", "ff:ff:ff:00:00:00")
		}
		return g.mac()
	case flow.FormatIPv4:
		if masked {
			return g.ip4() + "/" + pick(g, fmt.Sprint(g.IntN(33)), g.ip4(), "255.255.0.0", "24", "33", "0")
		}
		return g.ip4()
	case flow.FormatIPv6:
		if masked {
			return g.ip6() + "/" + pick(g, fmt.Sprint(g.IntN(129)), "64", g.ip6(), "ffff::ffff", "129")
		}
		return g.ip6()
	case flow.FormatOFPort:
		return g.port()
	case flow.FormatFrag:
		return pick(g, "no", "yes", "first", "later", "not_later", "1", "no/yes")
	case flow.FormatTCPFlags:
		return g.flags("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]")
	case flow.FormatTunFlags:
		return g.flags("oam")
	case flow.FormatCtState:
		return g.flags("new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat")
	case flow.FormatPacketType:
		return fmt.Sprintf("(%d,%s)", g.IntN(3), pick(g, "0", "0x800", "0x894f", "0x8847", g.number(16)))
	}
	switch id {
	case flow.EthType:
		return pick(g, "0x0800", "0x86dd", "0x806", "0x8847", "0x894f", "0x88cc", "0x5ff", g.number(16))
	case flow.DlVlan:
		return pick(g, "0xffff", "0", "5", "4095", g.number(12), g.number(16))
	case flow.VlanVID:
		return pick(g, "0", "0x1005", "0x1000/0x1000", "0x5/0xfff", "7", g.number(13)+"/"+hexValue(g.mask(13)))
	case flow.VlanTCI:
		return pick(g, "0", "0x1000/0x1000", "0x1005/0x1fff", "0xf005", g.number(16), g.number(16)+"/"+hexValue(g.mask(16)), "0/0xffff", "0xe000/0xe000", "0xb000/0xf000")
	case flow.NSHMDType:
		return pick(g, "1", "2", "3")
	}
	if masked {
		return g.number(n) + "/" + hexValue(g.mask(int(f.Bits)))
	}
	return g.number(n)
}

// protos are the words that give a flow its prerequisites.
var protos = []string{"ip", "ipv6", "arp", "rarp", "tcp", "udp", "icmp", "sctp", "tcp6", "udp6", "sctp6", "icmp6", "mpls", "mplsm", "ip6", "ipv4",
	"dl_type=0x1234", "dl_type=0x894f", "dl_type=0x0800", "eth_type=0x86dd", "eth", "ip,nw_proto=2", "ipv6,nw_proto=44",
	"packet_type=(1,0x800)", "packet_type=(1,0x894f)", "packet_type=(0,0)", "tcp,ip_frag=later", "icmp,nw_frag=later", "udp,nw_frag=first",
	"icmp6,icmpv6_type=135,icmpv6_code=0", "icmp6,icmp_type=136,icmp_code=0", "icmp6,icmpv6_type=135",
	"ct_state=+trk,ip", "ct_state=+trk+est,ipv6", "ct_state=+trk-inv,tcp", "dl_vlan=5", "vlan_tci=0x1000/0x1000,ip"}

// fields are the fields that the reference knows.
var fields = func() (ids []flow.FieldID) {
	for id := range flow.NumFields {
		if id.Available() && !newField(id) {
			ids = append(ids, id)
		}
	}
	return ids
}()

// newField reports whether a field came after 3.1.
func newField(id flow.FieldID) bool {
	return id >= flow.Reg16 && id <= flow.Reg31 || id >= flow.XReg8 && id <= flow.XReg15 || id >= flow.XXReg4 && id <= flow.XXReg7
}

// field returns a field; the many tunnel options count as few.
func (g *gen) field() flow.FieldID {
	for {
		id := fields[g.IntN(len(fields))]
		if !id.IsTLV() || g.chance(8) {
			return id
		}
	}
}

// match returns the match of a flow.
func (g *gen) match() string {
	var out []string
	var m flow.Match
	if !g.chance(5) {
		p := pick(g, protos...)
		out = append(out, p)
		m, _ = flow.ParseMatch(p, nil)
	}
	for n := g.IntN(5); n > 0; n-- {
		id := g.field()
		if id == flow.EthType && strings.HasPrefix(strings.Join(out, ","), "packet_type") {
			continue
		}
		if id == flow.PacketType && len(out) > 0 {
			continue // it must come first
		}
		if id >= flow.TunErspanIdx && id <= flow.TunGTPUMsgtype && !g.chance(8) {
			continue
		}
		// What has no prerequisites here mostly makes way for what has.
		if !id.PrereqsOKMatch(&m) && !g.chance(12) {
			n++
			if g.chance(20) {
				break
			}
			continue
		}
		f := id.Info()
		name := f.Name
		if f.Alias != "" && g.chance(2) {
			name = f.Alias
		}
		if g.chance(12) && f.Bits > 1 && id.PrereqsOKMatch(&m) && id != flow.PacketType && id != flow.IPDSCP {
			lo := g.IntN(int(f.Bits))
			hi := lo + g.IntN(int(f.Bits)-lo)
			out = append(out, fmt.Sprintf("%s[%d..%d]=%s", pick(g, name, id.WireName(), name), lo, hi, g.number(min(hi-lo+1, 64))))
			continue
		}
		out = append(out, name+pick(g, "=", "=", "=", ":")+g.value(id))
	}
	return strings.Join(out, pick(g, ",", ",", ", ", " "))
}

// settings returns the keys of a flow that are no match.
func (g *gen) settings(del bool) string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for n := g.IntN(3); n > 0; n-- {
		switch g.IntN(16) {
		case 0, 1:
			add("priority=%d", pick(g, 0, 1, 32768, 100, 65535, 65535, 65536))
		case 2, 3:
			add("table=%s", pick(g, "0", "1", "7", "253", "254", "255", "256", "x"))
		case 4:
			add("cookie=%s", pick(g, "0", "5", "0xffffffffffffffff", "-1", g.number(64)))
		case 5:
			add("cookie=%s/%s", g.number(64), pick(g, "-1", g.number(64)))
		case 6:
			add("idle_timeout=%s", g.number(16))
		case 7:
			add("hard_timeout=%s", g.number(16))
		case 8:
			add("importance=%s", g.number(16))
		case 9:
			add("send_flow_rem")
		case 10:
			add("check_overlap")
		case 11:
			add("%s", pick(g, "reset_counts", "no_packet_counts", "no_byte_counts"))
		case 12:
			add("%s", pick(g, "n_packets=5", "n_bytes=7", "duration=1.5s", "idle_age=3", "hard_age=4", "n_packets=5, n_bytes=6"))
		case 13:
			add("out_port=%s", g.port())
		case 14:
			add("out_group=%s", pick(g, "1", "all", "0xffffff01", "5"))
		case 15:
			add("%s", pick(g, "allow_hidden_fields", "no_readonly_table", "nope", "nope=1", "priority", "metadata="))
		}
	}
	if !del && g.chance(4) {
		out = append(out, "table=1")
	}
	return strings.Join(out, ",")
}

// spoil makes a small mistake in a text.
func (g *gen) spoil(s string) string {
	if s == "" {
		return s
	}
	i := g.IntN(len(s))
	switch g.IntN(6) {
	case 0: // one character less
		return s[:i] + s[i+1:]
	case 1: // one more
		return s[:i] + string(pick(g, []byte("()[]/:=,0x1>.")...)) + s[i:]
	case 2: // cut off
		return s[:i]
	case 3: // a number that is another
		if s[i] >= '0' && s[i] <= '9' {
			return s[:i] + pick(g, "9", "99999", "-1", "0x", "") + s[i+1:]
		}
	case 4: // two swapped
		if i+1 < len(s) {
			return s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]
		}
	case 5: // a part twice
		j := i + g.IntN(len(s)-i)
		return s[:j] + s[i:j] + s[j:]
	}
	return s
}

// line returns a flow of the kind that add-flow takes.
func (g *gen) line() string {
	head := strings.Trim(g.settings(false)+","+g.match(), ",")
	return g.finish(g.whole(head))
}

// commandLine returns a line of a flow file, which may say what to do.
func (g *gen) commandLine() string {
	cmd := pick(g, "", "add ", "modify ", "modify_strict ", "delete ", "delete_strict ", "nope ", "del,", " m\t", "")
	del := strings.HasPrefix(cmd, "del")
	head := strings.Trim(g.settings(del)+","+g.match(), ",")
	if del && !g.chance(20) {
		return g.finish(cmd + head)
	}
	return g.finish(cmd + g.whole(head))
}

// whole puts actions behind a match.
func (g *gen) whole(head string) string {
	sep := pick(g, ",", " ", ", ")
	if head == "" {
		sep = ""
	}
	return head + sep + pick(g, "actions=", "actions=", "actions=", "action=") + g.actions(head)
}

// finish makes a mistake now and then.
func (g *gen) finish(s string) string {
	if g.chance(12) {
		s = g.spoil(s)
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '#' {
			return -1
		}
		return r
	}, s)
}
