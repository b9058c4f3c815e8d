package openflow

import (
	"errors"
	"fmt"
	"strings"

	"govs/flow"
)

// ParseFlowMod reads a flow as ovs-ofctl's add-flow and its kin take it, such
// as "table=1,priority=5,ip,nw_dst=10.0.0.0/8 actions=output:2". It also
// returns the protocols that can carry it. The error is in ovs-ofctl's words.
func ParseFlowMod(text string, cmd FlowModCommand, names *Names) (*FlowMod, Protocols, error) {
	fm := new(FlowMod)
	usable, err := fm.parse(text, cmd, names)
	if err != nil {
		return nil, 0, err
	}
	return fm, usable, nil
}

// parse makes fm what ParseFlowMod returns, whatever it was.
func (fm *FlowMod) parse(text string, cmd FlowModCommand, names *Names) (Protocols, error) {
	*fm = FlowMod{Priority: DefaultPriority, NewCookie: ^uint64(0), Table: TableAny, Command: cmd, Buffer: NoBuffer, OutPort: PortNone, OutGroup: GroupAny}
	if cmd == FlowModify || cmd == FlowModifyStrict {
		fm.ModifyCookie = false
	}
	p := flowParser{fm: fm, names: names, env: names.env(), usable: ProtoAny, cmd: cmd}
	acts, hasActs := "", false
	if !fm.Delete() {
		text, acts, hasActs = cutActions(text)
		if !hasActs {
			return 0, errors.New("must specify an action")
		}
	}
	if err := p.keys(text); err != nil {
		return 0, err
	}
	if fm.CookieMask == 0 && !(cmd == FlowAdd && fm.ModifyCookie) && fm.NewCookie == ^uint64(0) || fm.Delete() {
		fm.NewCookie = 0
	}
	if m := &fm.Match; m.Key.DLType() == flow.EthTypeIPv6 && (m.Mask.NwProto != 0 || m.Mask.NwTOS != 0 || m.Mask.TPSrc != 0 || m.Mask.TPDst != 0) {
		p.usable &= protoNXMOXM
	}
	if hasActs {
		list, usable, err := ParseActions(acts, names)
		if err != nil {
			return 0, err
		}
		fm.Actions = list
		p.usable &= usable
		usable, err = Check(list, &fm.Match, CheckParams{Table: fm.Table, Usable: p.usable, Names: names})
		if err == nil && p.usable&usable == 0 {
			err = ErrBadActionMatchInconsistent
		}
		if err != nil {
			return 0, fmt.Errorf("actions are invalid with specified match (%w)", err)
		}
		p.usable &= usable
	}
	// What cannot be is only logged: the switch shall see what was said, and
	// do with it what it does.
	if names != nil && names.Warn != nil {
		m := fm.Match
		normalizeMatch(&m, names)
	}
	return p.usable, nil
}

// cutActions takes "actions=..." off the end of a flow; what stands between
// the word's first letters and the equals sign does not matter, as in OVS.
func cutActions(s string) (match, acts string, ok bool) {
	i := strings.Index(s, "action")
	if i < 0 {
		return s, "", false
	}
	_, acts, ok = strings.Cut(s[i:], "=")
	return s[:i], acts, ok
}

// ParseFlowRequest reads the match of a dump or aggregate: a flow without
// actions, in which a cookie needs a mask.
func ParseFlowRequest(text string, aggregate bool, names *Names) (*FlowStatsRequest, Protocols, error) {
	fm, usable, err := ParseFlowMod(text, FlowDelete, names)
	if err != nil {
		return nil, 0, err
	}
	if fm.Table != TableAny {
		// A request can name a table in every protocol.
		usable |= usable >> 1 & (ProtoOF10 | ProtoNXM)
	}
	return &FlowStatsRequest{Aggregate: aggregate, Match: fm.Match, Cookie: fm.Cookie, CookieMask: fm.CookieMask,
		OutPort: fm.OutPort, OutGroup: fm.OutGroup, Table: fm.Table}, usable, nil
}

// flowParser reads the part of a flow before its actions.
type flowParser struct {
	fm     *FlowMod
	names  *Names
	env    *flow.TextEnv // of names
	usable Protocols
	cmd    FlowModCommand
}

func (p *flowParser) keys(s string) error {
	for {
		k, v, rest, ok := cutPair(s)
		if !ok {
			return nil
		}
		s = rest
		if err := p.key(k, v); err != nil {
			return err
		}
	}
}

func (p *flowParser) key(k, v string) error {
	fm := p.fm
	if v != "" {
		if known, err := p.keyword(k, v); known {
			return err
		}
	}
	id, ok := flow.FieldByPlainName(k)
	switch {
	case ok && id.Available():
		return p.field(id, v)
	case ok:
		return fm.Match.ParseField(k, v, p.env) // which says why not
	case fm.Match.ParseProto(k): // whatever its value
		return nil
	case p.flag(k):
		return nil
	case strings.Contains(k, "["):
		return p.subfield(k, v)
	case v == "":
		return fmt.Errorf("field %s missing value", k)
	}
	return fmt.Errorf("unknown keyword %s", k)
}

// field reads the value of a field of the match.
func (p *flowParser) field(id flow.FieldID, v string) error {
	if v == "" {
		v = "0/0" // matches all
	}
	val, mask, err := id.ParseValue(v, p.env)
	if err != nil {
		return err
	}
	if id.IsTLV() {
		return p.tlv(id, val, mask)
	}
	p.usable &= fieldProtocols(id, mask)
	if id == flow.VlanVID && strings.Contains(v, "/") && !strings.HasSuffix(v, "/0xffff") {
		p.usable &= protoNXMOXM // all 13 bits are not all to OVS
	}
	p.fm.Match.SetMasked(id, val, mask)
	return nil
}

// keyword reads what is no part of the match, and reports whether k is such.
func (p *flowParser) keyword(k, v string) (known bool, err error) {
	fm := p.fm
	adds := !fm.Delete()
	switch {
	case k == "table":
		t, ok := p.names.ParseTable(v)
		if !ok {
			return true, fmt.Errorf("unknown table \"%s\"", v)
		}
		fm.Table = t
		if t != TableAny {
			p.usable &= protoTID
		}
	case k == "out_port" && !adds:
		var ok bool
		if fm.OutPort, ok = p.names.ParsePort(v); !ok {
			return true, fmt.Errorf("%s is not a valid OpenFlow port", v)
		}
	case k == "out_group" && !adds:
		p.usable &= protoOF11Up
		n, ok := flow.Decimal32(v)
		switch {
		case strings.EqualFold(v, "all"):
			n = GroupAll
		case strings.EqualFold(v, "any"):
			n = GroupAny
		case !ok:
			return true, fmt.Errorf("%s is not a valid OpenFlow group", v)
		}
		fm.OutGroup = n
	case k == "priority" && p.cmd != FlowDelete:
		fm.Priority, err = parseUint16(v, k)
	case k == "idle_timeout" && adds:
		fm.IdleTimeout, err = parseUint16(v, k)
	case k == "hard_timeout" && adds:
		fm.HardTimeout, err = parseUint16(v, k)
	case k == "importance" && p.cmd == FlowAdd:
		fm.Importance, err = parseUint16(v, k)
	case k == "cookie":
		err = p.cookie(v)
	case k == "duration" || k == "n_packets" || k == "n_bytes" || k == "idle_age" || k == "hard_age":
		// From a dump that was pasted back.
	default:
		return false, nil
	}
	return true, err
}

func (p *flowParser) flag(k string) bool {
	for _, r := range flowFlagNames {
		if r.name != k {
			continue
		}
		if p.fm.Delete() && r.flag != FlagHiddenFields && r.flag != FlagNoReadonly {
			return false // a delete adds no flow that could have it
		}
		p.fm.Flags |= r.flag
		switch r.flag {
		case FlagResetCounts:
			p.usable &= protoOF12Up
		case FlagNoPktCounts, FlagNoByteCounts:
			p.usable &= protoOF13Up
		}
		return true
	}
	return false
}

func (p *flowParser) cookie(v string) (err error) {
	fm := p.fm
	value, mask, masked := strings.Cut(v, "/")
	if masked {
		if p.cmd == FlowAdd {
			return errors.New("flow additions cannot use a cookie mask")
		}
		if fm.Cookie, err = parseUint64(value); err != nil {
			return err
		}
		fm.CookieMask, err = parseUint64(mask)
		p.usable &= protoNXMOF11Up
		return err
	}
	if fm.Delete() {
		return fmt.Errorf("cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=%s/-1)", value)
	}
	fm.NewCookie, err = parseUint64(value)
	fm.ModifyCookie = true
	return err
}

// subfield reads "reg0[0..5]=3".
func (p *flowParser) subfield(k, v string) error {
	s, err := flow.ParseSubfield(k)
	if err != nil {
		return err
	}
	val, err := parseBits(k, v, s)
	if err != nil {
		if !strings.Contains(err.Error(), "does not fit") {
			err = fmt.Errorf("%w: %s", err, v)
		}
		return err
	}
	if s.Field.IsTLV() {
		return p.tlv(s.Field, val.Shl(int(s.Ofs)), s.Mask())
	}
	old, mask := p.fm.Match.Get(s.Field)
	switch s.Field { // they share 16 bits with a port, which may be masked
	case flow.ICMPType, flow.ICMPv6Type:
		mask = flow.UDPSrc.GetMask(&p.fm.Match.Mask).Cut(8)
	case flow.ICMPCode, flow.ICMPv6Code:
		mask = flow.UDPDst.GetMask(&p.fm.Match.Mask).Cut(8)
	case flow.ArpOp: // its value has 16 bits, of which eight are kept
		mask = mask.Cut(8)
	}
	mask = mask.Or(s.Mask())
	f := s.Field.Info()
	if !f.Maskable && mask != flow.OnesValue(8*int(f.Bytes)) {
		p.usable = 0 // as OVS compares the bytes, also of a field with fewer bits
		return nil   // and leaves the match as it is
	}
	if mask == flow.OnesValue(8*int(f.Bytes)) {
		mask = s.Field.Ones()
	}
	p.usable &= fieldProtocols(s.Field, mask)
	if s.Field == flow.VlanVID {
		p.usable &= protoNXMOXM
	}
	old = old.AndNot(s.Mask()).Or(val.Shl(int(s.Ofs))).And(mask)
	p.fm.Match.SetMasked(s.Field, old, mask)
	return nil
}

// tlv adds a tunnel option.
func (p *flowParser) tlv(id flow.FieldID, v, mask flow.Value) error {
	m := &p.fm.Match
	if !m.Wild(id) {
		return fmt.Errorf("field %s set multiple times", id)
	}
	p.usable &= protoNXMOXM
	if p.names != nil {
		p.names.TLVs.Begin(&m.Key)
	}
	var full *flow.TLVSpaceError
	if err := m.SetTLV(id, v, mask); errors.As(err, &full) {
		return err
	} else if err != nil {
		return fmt.Errorf("no room for %s", id)
	}
	return nil
}

// FlowLine is one flow of a file.
type FlowLine struct {
	Line   int
	Text   string // without comment and command
	Cmd    FlowModCommand
	Usable Protocols
	Mod    *FlowMod
}

// CleanLine takes the comment and the newline off a line of a flow file. Nothing
// is left of a line that says nothing.
func CleanLine(s string) string {
	s = strings.TrimSuffix(s, "\n")
	if i := strings.IndexByte(s, '#'); i >= 0 {
		s = s[:i]
	}
	if strings.Trim(s, blanks) == "" {
		return ""
	}
	return s
}

var commandWords = [...]struct {
	word string
	cmd  FlowModCommand
}{{"add", FlowAdd}, {"delete", FlowDelete}, {"delete_strict", FlowDeleteStrict}, {"modify", FlowModify}, {"modify_strict", FlowModifyStrict}}

// ParseFlowLine reads a line of a flow file, which may begin with a command:
// "add", "modify", "modify_strict", "delete" or "delete_strict", or what can be
// the beginning of one. Without one it is cmd.
func ParseFlowLine(line string, cmd FlowModCommand, names *Names) (*FlowMod, Protocols, error) {
	rest, cmd := cutCommand(line, cmd)
	return ParseFlowMod(rest, cmd, names)
}

// cutCommand takes the command off the front of a line; without one it is cmd.
func cutCommand(line string, cmd FlowModCommand) (string, FlowModCommand) {
	line = strings.TrimLeft(line, blanks)
	n := strings.IndexAny(line, delimiters)
	if n < 0 {
		n = len(line)
	}
	for _, w := range commandWords {
		if strings.HasPrefix(w.word, line[:n]) {
			return line[n:], w.cmd
		}
	}
	return line, cmd
}
