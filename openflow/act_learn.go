package openflow

import (
	"errors"
	"fmt"
	"strings"

	"govs/flow"
)

// Learn adds or refreshes a flow made from the packet in hand.
type Learn struct {
	Table          uint8
	Priority       uint16
	IdleTimeout    uint16
	HardTimeout    uint16
	FinIdleTimeout uint16
	FinHardTimeout uint16
	Cookie         uint64
	Flags          LearnFlags
	Limit          uint32        // at most so many flows with this cookie; 0 is no limit
	ResultDst      flow.Subfield // a bit that tells whether the limit held; zero for none
	Specs          []LearnSpec
}

// LearnFlags are options of a Learn.
type LearnFlags uint16

// Options of a Learn.
const (
	LearnSendFlowRem LearnFlags = 1 << iota
	LearnDeleteLearned
	LearnWriteResult
)

// LearnSpec says one thing that the learned flow matches or does.
type LearnSpec struct {
	Src   LearnSrc
	Dst   LearnDst
	NBits uint16

	SrcField flow.Subfield // where the bits come from, for LearnSrcField
	SrcValue flow.Value    // for LearnSrcImmediate; right-aligned, and only the NBits low bits count
	DstField flow.Subfield // where they go, for LearnDstMatch and LearnDstLoad
}

// LearnSrc says where a LearnSpec gets its bits.
type LearnSrc uint8

// Sources of a LearnSpec.
const (
	LearnSrcField LearnSrc = iota
	LearnSrcImmediate
)

// LearnDst says what a LearnSpec does with its bits in the new flow.
type LearnDst uint8

// Destinations of a LearnSpec.
const (
	LearnDstMatch LearnDst = iota
	LearnDstLoad
	LearnDstOutput
)

func parseLearn(p *parser, _, arg string) error {
	a := &Learn{Table: 1, Priority: DefaultPriority}
	var match flow.Match
	for rest := arg; ; {
		k, v, r, ok := cutPair(rest)
		if !ok {
			break
		}
		rest = r
		if err := a.parseKey(p, arg, k, v, &match); err != nil {
			return err
		}
	}
	p.add(a)
	return nil
}

// parseKey reads one key of a learn's arguments; all is the whole text. Numbers
// are what C's atoi and strtoull make of them, as in OVS.
func (a *Learn) parseKey(p *parser, all, k, v string, match *flow.Match) (err error) {
	switch k {
	case "table":
		t, ok := p.names.ParseTable(v)
		if !ok {
			return fmt.Errorf("unknown table \"%s\"", v)
		}
		if t == TableAny {
			return fmt.Errorf("%s: table id 255 not valid for `learn' action", all)
		}
		a.Table = t
	case "priority":
		a.Priority = uint16(flow.Atoi(v))
	case "idle_timeout":
		a.IdleTimeout = uint16(flow.Atoi(v))
	case "hard_timeout":
		a.HardTimeout = uint16(flow.Atoi(v))
	case "fin_idle_timeout":
		a.FinIdleTimeout = uint16(flow.Atoi(v))
	case "fin_hard_timeout":
		a.FinHardTimeout = uint16(flow.Atoi(v))
	case "cookie":
		n, neg, _, _ := flow.ScanUint(v, 0)
		if neg {
			n = -n
		}
		a.Cookie = n
	case "send_flow_rem":
		a.Flags |= LearnSendFlowRem
	case "delete_learned":
		a.Flags |= LearnDeleteLearned
	case "limit":
		a.Limit = uint32(flow.Atoi(v))
	case "result_dst":
		a.ResultDst, err = p.subfield(v)
		if err == nil && a.ResultDst.N != 1 {
			err = errors.New("result_dst in 'learn' action must be a single bit")
		} else if err == nil && !a.ResultDst.Field.Info().Writable {
			err = fmt.Errorf("%s is read-only", v)
		}
		a.Flags |= LearnWriteResult
	default:
		var s LearnSpec
		if s, err = p.learnSpec(all, k, v, match); err == nil {
			a.Specs = append(a.Specs, s)
		}
	}
	return err
}

func (p *parser) learnSpec(all, k, v string, match *flow.Match) (s LearnSpec, err error) {
	switch k {
	case "load":
		return p.learnLoad(v)
	case "output":
		s = LearnSpec{Src: LearnSrcField, Dst: LearnDstOutput}
		s.SrcField, err = p.subfield(v)
		s.NBits = s.SrcField.N
		if err == nil {
			err = plainHeader(all, v, s.SrcField)
		}
		return s, err
	}
	s.Dst = LearnDstMatch
	if s.DstField, err = p.subfield(k); err != nil {
		return s, fmt.Errorf("%s: unknown keyword %s", all, k)
	}
	if err := plainHeader(all, k, s.DstField); err != nil {
		return s, err
	}
	s.NBits = s.DstField.N
	if v == "" {
		s.SrcField = s.DstField
		return s, nil
	}
	src, serr := p.subfield(v)
	if serr == nil {
		s.SrcField = src
		if err := sameWidth(all, k, v, src, s.DstField); err != nil {
			return s, err
		}
		return s, plainHeader(all, v, src)
	}
	if s.DstField == flow.Whole(s.DstField.Field) {
		id := s.DstField.Field
		var mask flow.Value
		s.SrcValue, mask, err = id.ParseValue(v, p.names.env())
		f := id.Info()
		if err == nil && (mask != id.Ones() && mask.Len() <= int(f.Bits) || int(f.Bits) != 8*int(f.Bytes) && (strings.Contains(v, "/") || id == flow.TunFlags && strings.ContainsAny(v, "+-"))) {
			err = fmt.Errorf("%s: wildcards not allowed here", v)
		}
	} else {
		s.SrcValue, err = parseBits(all, v, s.DstField)
	}
	if err != nil {
		return s, fmt.Errorf("%s: %s value %s cannot be parsed as a subfield (%w) or an immediate value (%w)", all, k, v, serr, err)
	}
	s.Src = LearnSrcImmediate
	match.Set(s.DstField.Field, s.SrcValue)
	return s, nil
}

func sameWidth(all, k, v string, src, dst flow.Subfield) error {
	if src.N != dst.N {
		return fmt.Errorf("%s: bit widths of %s (%d) and %s (%d) differ", all, k, src.N, v, dst.N)
	}
	return nil
}

func (p *parser) learnLoad(v string) (s LearnSpec, err error) {
	s.Dst = LearnDstLoad
	from, to, ok := strings.Cut(v, "->")
	if !ok {
		return s, arrowError(v, fmt.Errorf("load: missing `->' in `%s'", v))
	}
	if from == "" {
		return s, fmt.Errorf("load: missing source before `->' in `%s'", v)
	}
	if n, rest, ok, fits := flow.ScanInteger(v, 124); ok && fits {
		if rest != v[len(from):] {
			return s, fmt.Errorf("load: garbage before `->' in `%s'", v)
		}
		if s.DstField, err = p.subfield(to); err != nil {
			return s, err
		}
		if n.Len() > int(s.DstField.N) {
			return s, fmt.Errorf("%s: value does not fit into %d bits", v, s.DstField.N)
		}
		s.Src, s.SrcValue, s.NBits = LearnSrcImmediate, n, s.DstField.N
		return s, plainHeader(v, to, s.DstField)
	}
	src, rest, err := flow.CutSubfield(v)
	if err != nil {
		return s, err
	}
	to, ok = strings.CutPrefix(rest, "->")
	if !ok {
		return s, fmt.Errorf("%s: missing `->' following source", v)
	}
	if s.DstField, err = p.subfield(to); err != nil {
		return s, err
	}
	s.SrcField, s.NBits = src, src.N
	if src.N != s.DstField.N {
		return s, fmt.Errorf("%s: source field is %d bits wide but destination is %d bits wide", v, src.N, s.DstField.N)
	}
	if err := plainHeader(v, src.Field.String(), src); err != nil {
		return s, err
	}
	return s, plainHeader(v, to, s.DstField)
}

func (a *Learn) format(f *formatter) {
	f.span(flow.ColorLearn, "learn(")
	f.special("table=")
	f.b = f.names.AppendTable(f.b, a.Table)
	num := func(name string, n uint64) {
		if n != 0 {
			f.str(",")
			f.param(name)
			f.dec(n)
		}
	}
	num("idle_timeout=", uint64(a.IdleTimeout))
	num("hard_timeout=", uint64(a.HardTimeout))
	num("fin_idle_timeout=", uint64(a.FinIdleTimeout))
	// OVS colors the comma of these two as well.
	if a.FinHardTimeout != 0 {
		f.param(",fin_hard_timeout=")
		f.dec(uint64(a.FinHardTimeout))
	}
	if a.Priority != DefaultPriority {
		f.special(",priority=")
		f.dec(uint64(a.Priority))
	}
	if a.Flags&LearnSendFlowRem != 0 {
		f.str(",")
		f.value("send_flow_rem")
	}
	if a.Flags&LearnDeleteLearned != 0 {
		f.str(",")
		f.value("delete_learned")
	}
	if a.Cookie != 0 {
		f.str(",")
		f.param("cookie=")
		f.hex(a.Cookie)
	}
	num("limit=", uint64(a.Limit))
	if a.Flags&LearnWriteResult != 0 {
		f.str(",")
		f.param("result_dst=")
		f.sub(a.ResultDst)
	}
	for i := range a.Specs {
		f.str(",")
		a.Specs[i].format(f)
	}
	f.span(flow.ColorLearn, ")")
}

func (s *LearnSpec) format(f *formatter) {
	switch {
	case s.Dst == LearnDstOutput:
		f.special("output:")
		f.sub(s.SrcField)
	case s.Dst == LearnDstLoad && s.Src == LearnSrcImmediate:
		f.special("load:")
		f.hexValue(s.SrcValue)
		f.special("->")
		f.sub(s.DstField)
	case s.Dst == LearnDstLoad:
		f.special("load:")
		f.sub(s.SrcField)
		f.special("->")
		f.sub(s.DstField)
	case s.Src == LearnSrcImmediate && s.DstField == flow.Whole(flow.TunFlags):
		f.param("tun_flags=")
		f.str([...]string{"0", "oam"}[s.SrcValue.Lo&1])
	case s.Src == LearnSrcImmediate && s.DstField == flow.Whole(s.DstField.Field):
		f.param(s.DstField.Field.String() + "=")
		f.b = s.DstField.Field.AppendValue(f.b, s.SrcValue, s.DstField.Field.Ones(), f.names.shown())
	case s.Src == LearnSrcImmediate:
		f.param(s.DstField.String() + "=")
		f.hexValue(s.SrcValue)
	default:
		f.param(s.DstField.String())
		if s.SrcField != s.DstField {
			f.param("=")
			f.sub(s.SrcField)
		}
	}
}

func (a *Learn) encode(e *encoder) {
	start := len(e.b)
	v2 := a.Limit != 0 || a.Flags&LearnWriteResult != 0
	code, n := uint16(16), 32
	if v2 {
		code, n = 45, 40
	}
	b := e.nx(code, n)
	be.PutUint16(b[10:], a.IdleTimeout)
	be.PutUint16(b[12:], a.HardTimeout)
	be.PutUint16(b[14:], a.Priority)
	be.PutUint64(b[16:], a.Cookie)
	be.PutUint16(b[24:], uint16(a.Flags))
	b[26] = a.Table
	be.PutUint16(b[28:], a.FinIdleTimeout)
	be.PutUint16(b[30:], a.FinHardTimeout)
	if v2 {
		be.PutUint32(b[32:], a.Limit)
		be.PutUint16(b[36:], a.ResultDst.Ofs)
		if a.Flags&LearnWriteResult != 0 {
			e.header(a.ResultDst.Field, false, true)
		}
	}
	for i := range a.Specs {
		a.Specs[i].encode(e)
	}
	e.close(start)
}

// Bits of a spec's header: the width, the destination and the source.
const (
	specDstShift = 11
	specSrcShift = 13
	specNBits    = 1<<11 - 1
)

func (s *LearnSpec) encode(e *encoder) {
	e.u16(s.NBits | uint16(s.Dst)<<specDstShift | uint16(s.Src)<<specSrcShift)
	if s.Src == LearnSrcField {
		e.header(s.SrcField.Field, false, true)
		e.u16(s.SrcField.Ofs)
	} else {
		e.b = s.SrcValue.AppendBytes(e.b, int(s.NBits+15)/16*2)
	}
	if s.Dst != LearnDstOutput {
		e.header(s.DstField.Field, false, true)
		e.u16(s.DstField.Ofs)
	}
}

func (a *Learn) check(c *checker) error {
	var match flow.Match
	for i := range a.Specs {
		s := &a.Specs[i]
		if s.Src == LearnSrcField {
			if err := c.src(s.SrcField); err != nil {
				return err
			}
		}
		switch s.Dst {
		case LearnDstMatch:
			if err := c.srcIn(s.DstField, &match); err != nil {
				return err
			}
			if s.Src == LearnSrcImmediate {
				v := s.SrcValue.Shl(int(s.DstField.Ofs))
				old, mask := match.Get(s.DstField.Field)
				match.SetMasked(s.DstField.Field, v.Or(old), mask.Or(s.DstField.Mask()))
			}
		case LearnDstLoad:
			if err := c.dstIn(s.DstField, &match); err != nil {
				return err
			}
		}
	}
	return nil
}

func decodeLearn(d *decoder, b []byte) error {
	a, err := learnFrom(d, b, LearnSendFlowRem|LearnDeleteLearned)
	if err == nil {
		err = a.decodeSpecs(d, b[32:])
	}
	d.add(a)
	return err
}

func decodeLearn2(d *decoder, b []byte) error {
	a, err := learnFrom(d, b, LearnSendFlowRem|LearnDeleteLearned|LearnWriteResult)
	if err != nil {
		return err
	}
	a.Limit = be.Uint32(b[32:])
	if be.Uint16(b[38:]) != 0 {
		return ErrBadActionBadArgument
	}
	rest := b[40:]
	if a.Flags&LearnWriteResult != 0 {
		id, r, err := d.plainField(rest)
		if err != nil {
			return err
		}
		if !id.Info().Writable {
			return ErrBadActionBadSetArgument
		}
		rest = r
		a.ResultDst = flow.Subfield{Field: id, Ofs: be.Uint16(b[36:]), N: 1}
	} else if be.Uint16(b[36:]) != 0 {
		return ErrBadActionBadArgument
	}
	d.add(a)
	return a.decodeSpecs(d, rest)
}

func learnFrom(_ *decoder, b []byte, known LearnFlags) (*Learn, error) {
	a := &Learn{
		IdleTimeout: be.Uint16(b[10:]), HardTimeout: be.Uint16(b[12:]), Priority: be.Uint16(b[14:]), Cookie: be.Uint64(b[16:]),
		Flags: LearnFlags(be.Uint16(b[24:])), Table: b[26], FinIdleTimeout: be.Uint16(b[28:]), FinHardTimeout: be.Uint16(b[30:]),
	}
	if b[27] != 0 || a.Flags&^known != 0 || a.Table == TableAny {
		return a, ErrBadActionBadArgument
	}
	return a, nil
}

func (a *Learn) decodeSpecs(d *decoder, b []byte) error {
	for len(b) >= 2 {
		h := be.Uint16(b)
		if h == 0 {
			break
		}
		b = b[2:]
		s := LearnSpec{NBits: h & specNBits, Dst: LearnDst(h >> specDstShift & 3), Src: LearnSrc(h >> specSrcShift & 1)}
		if h>>14 != 0 || s.Dst > LearnDstOutput || s.NBits == 0 || s.Dst == LearnDstOutput && s.Src == LearnSrcImmediate {
			return ErrBadActionBadArgument
		}
		var err error
		if s.Src == LearnSrcField {
			if s.SrcField, b, err = d.specField(b, s.NBits); err != nil {
				return err
			}
		} else {
			n := int(s.NBits+15) / 16 * 2
			if len(b) < n {
				return ErrBadActionBadLen
			}
			s.SrcValue = flow.ValueFromBytes(b[:n])
			b = b[n:]
		}
		if s.Dst != LearnDstOutput {
			if s.DstField, b, err = d.specField(b, s.NBits); err != nil {
				return err
			}
			if s.Src == LearnSrcImmediate {
				s.SrcValue = s.SrcValue.Cut(int(s.NBits+7) / 8 * 8)
			}
		}
		a.Specs = append(a.Specs, s)
	}
	if !isZero(b) {
		return ErrBadActionBadLen
	}
	return nil
}

func (d *decoder) specField(b []byte, n uint16) (flow.Subfield, []byte, error) {
	id, _, rest, err := d.field(b) // whether it has a mask does not matter, as in OVS
	switch err {
	case ErrBadMatchBadField:
		err = ErrBadActionBadSetType
	case ErrBadMatchBadLen:
		err = ErrBadActionBadLen
	}
	if err != nil {
		return flow.Subfield{}, nil, err
	}
	if len(rest) < 2 {
		return flow.Subfield{}, nil, ErrBadActionBadLen
	}
	s := flow.Subfield{Field: id, Ofs: be.Uint16(rest), N: n}
	c := checker{names: d.names}
	return s, rest[2:], c.span("learn", s)
}
