package openflow

import (
	"fmt"
	"sync"

	"govs/flow"
)

// CheckParams is what a list of actions is checked against.
type CheckParams struct {
	MaxPort Port      // ports from here on do not exist; 0 stands for PortMax
	Table   uint8     // the flow's table, or TableAny
	Tables  uint8     // the number of tables, or 255 for any
	Usable  Protocols // protocols that could carry the list; 0 stands for all
	Names   *Names    // for warnings
}

// Check reports whether a list of actions makes sense for the packets that
// match has, and which protocols allow it: OpenFlow 1.0 lets an action that
// cannot apply pass. It fills in what actions depend on in the match. The
// error is an ErrorCode.
func Check(acts []Action, match *flow.Match, p CheckParams) (Protocols, error) {
	// A checker is large, and each flow-mod needs one for a moment.
	c := checkers.Get().(*checker)
	defer checkers.Put(c)
	c.match, c.maxPort, c.table, c.tables, c.usable, c.names = *match, p.MaxPort, p.Table, p.Tables, p.Usable, p.Names
	if c.maxPort == 0 {
		c.maxPort = PortMax
	}
	if c.tables == 0 {
		c.tables = 255
	}
	if c.usable == 0 {
		c.usable = ProtoAny
	}
	if err := c.list(acts); err != nil {
		return 0, err
	}
	if c.usable == 0 {
		return 0, ErrBadActionMatchInconsistent
	}
	return c.usable, nil
}

var checkers = sync.Pool{New: func() any { return new(checker) }}

// checker walks a list; match is what is known of the packet at that point.
type checker struct {
	match   flow.Match
	maxPort Port
	table   uint8
	tables  uint8
	usable  Protocols
	names   *Names
}

func (c *checker) list(acts []Action) error {
	for _, a := range acts {
		if err := a.check(c); err != nil {
			return err
		}
	}
	return nil
}

// nested checks a list of which the changes do not reach what follows.
func (c *checker) nested(acts []Action) error {
	saved := c.match
	err := c.list(acts)
	c.match = saved
	return err
}

// inconsistent notes an action that cannot apply: only OpenFlow 1.0 allows it.
func (c *checker) inconsistent() error {
	c.usable &= protoOF10Any | protoNXMAny
	return nil
}

// need is inconsistent unless ok.
func (c *checker) need(ok bool) error {
	if ok {
		return nil
	}
	return c.inconsistent()
}

func (c *checker) warnf(format string, args ...any) error {
	c.names.warnf("meta_flow", format, args...)
	return ErrBadActionMatchInconsistent
}

// span checks that a subfield lies within its field.
func (c *checker) span(what string, s flow.Subfield) error {
	f := s.Field.Info()
	bits := f.Bits
	if c.names != nil {
		bits = c.names.TLVs.Bits(s.Field)
	}
	switch {
	case s.N == 0:
		c.warnf("zero bit %s field %s", what, f.Name)
		return ErrBadActionBadSetLen
	case s.Ofs >= bits:
		c.warnf("bit offset %d exceeds %d-bit width of %s field %s", s.Ofs, bits, what, f.Name)
		return ErrBadActionBadSetLen
	case s.Ofs+s.N > bits:
		c.warnf("bit offset %d and width %d exceeds %d-bit width of %s field %s", s.Ofs, s.N, bits, what, f.Name)
		return ErrBadActionBadSetLen
	}
	return nil
}

// src checks a subfield that is read.
func (c *checker) src(s flow.Subfield) error { return c.srcIn(s, &c.match) }

func (c *checker) srcIn(s flow.Subfield, m *flow.Match) error {
	if err := c.span("source", s); err != nil {
		return err
	}
	if !s.Field.PrereqsOKMatch(m) {
		return c.warnf("source field %s lacks correct prerequisites", s.Field)
	}
	return nil
}

// dst checks a subfield that is written.
func (c *checker) dst(s flow.Subfield) error { return c.dstIn(s, &c.match) }

func (c *checker) dstIn(s flow.Subfield, m *flow.Match) error {
	if err := c.span("destination", s); err != nil {
		return err
	}
	if !s.Field.PrereqsOKMatch(m) {
		return c.warnf("destination field %s lacks correct prerequisites", s.Field)
	}
	return c.writable(s)
}

func (c *checker) writable(s flow.Subfield) error {
	if s.Field.Info().Writable {
		return nil
	}
	c.warnf("destination field %s is not writable", s.Field)
	return ErrBadActionBadSetArgument
}

func (c *checker) hasVLAN() bool {
	return c.match.Key.VLANs[0].TCI&flow.VLANPresent != 0
}

func (c *checker) isIP() bool   { return c.match.Key.IsIP() }
func (c *checker) isIPv4() bool { return c.match.Key.DLType() == flow.EthTypeIP }
func (c *checker) isMPLS() bool {
	t := c.match.Key.DLType()
	return t == flow.EthTypeMPLS || t == flow.EthTypeMPLSM
}

func (c *checker) isL4() bool {
	k := &c.match.Key
	return c.isIP() && k.NwFrag&flow.FragLater == 0 &&
		(k.NwProto == flow.ProtoTCP || k.NwProto == flow.ProtoUDP || k.NwProto == flow.ProtoSCTP)
}

// outPort checks a port that a packet is sent to.
func (c *checker) outPort(p Port) error {
	switch p {
	case PortInPort, PortTable, PortNormal, PortFlood, PortAll, PortController, PortLocal:
		return nil
	}
	if p == PortNone || p >= c.maxPort {
		return ErrBadActionBadOutPort
	}
	return nil
}

// verifyError is a list that breaks the rules on what may stand together.
type verifyError struct {
	code ErrorCode
	text string
}

func (e *verifyError) Error() string { return e.code.Error() }

func verifyf(code ErrorCode, format string, args ...any) error {
	return &verifyError{code, fmt.Sprintf(format, args...)}
}

// verifyCode turns the error of verify into the wire's, with a warning.
func verifyCode(err error, names *Names) error {
	if e, ok := err.(*verifyError); ok {
		names.warnf("ofp_actions", "%s", e.text)
		return e.code
	}
	return err
}

// stage is where an instruction stands in OpenFlow 1.1's order. A meter is an
// action like others from OpenFlow 1.5 on.
func stage(k Kind, v Version) int {
	switch k {
	case KindMeter:
		if v < V15 {
			return 1
		}
	case KindClearActions:
		return 3
	case KindWriteActions:
		return 4
	case KindWriteMetadata:
		return 5
	case KindGotoTable:
		return 6
	}
	return 2
}

var stageNames = [...]string{1: "meter", 2: "apply_actions", 3: "clear_actions", 4: "write_actions", 5: "write_metadata", 6: "goto_table"}

// verify checks what may stand together in a list inside an action of kind
// outer, or in a flow when outer is 0. v is the version of the message that has
// the list; text follows the rules of OpenFlow 1.1.
func verify(acts []Action, outer Kind, v Version) error {
	var other Kind
	conj := false
	last := 0
	for _, a := range acts {
		k := a.Kind()
		switch k {
		case KindConjunction:
			conj = true
		case KindNote:
		default:
			if other == 0 {
				other = k
			}
		}
		if conj && other != 0 {
			return verifyf(ErrBadActionBadConjunction, `"conjunction" actions may be used along with "note" but not any other kind of action (such as the "%s" action used here)`, other)
		}
		if err := verifyNested(a, outer, v); err != nil {
			return err
		}
		if outer != 0 {
			continue
		}
		s := stage(k, v)
		if s > 0 && last > 0 && (s < last || s == last && s != 2) {
			if s == last {
				return verifyf(ErrBadInstructionDupInst, "duplicate %s instruction not allowed, for OpenFlow 1.1+ compatibility", stageNames[s])
			}
			return verifyf(ErrBadActionUnsupportedOrder, "invalid instruction ordering: %s must appear before %s, for OpenFlow 1.1+ compatibility", stageNames[s], stageNames[last])
		}
		last = s
	}
	return nil
}

func isCTField(id flow.FieldID) bool { return id == flow.CtMark || id == flow.CtLabel }

// verifyNested checks one action by what it is inside of, if anything.
func verifyNested(a Action, outer Kind, v Version) error {
	k := a.Kind()
	var field flow.FieldID
	fieldKnown := true
	switch a := a.(type) {
	case *SetField:
		field = a.Field
	case *Move:
		field = a.Dst.Field
	default:
		fieldKnown = false
	}
	if k == KindMeter && outer != 0 && v < V15 {
		return verifyf(ErrBadActionBadType, "%s action doesn't support nested action %s", outer, k)
	}
	if outer == KindCT {
		if k == KindNAT {
			return nil
		}
		if k != KindSetField && k != KindMove {
			return verifyf(ErrBadActionBadArgument, "%s action doesn't support nested action %s", outer, k)
		}
		if !isCTField(field) {
			return verifyf(ErrBadActionBadArgument, "%s action doesn't support nested modification of %s", outer, field)
		}
		return nil
	}
	if fieldKnown && isCTField(field) {
		return verifyf(ErrBadActionBadSetArgument, "cannot set CT fields outside of ct action")
	}
	if k == KindNAT {
		return verifyf(ErrBadActionBadSetArgument, `Cannot have NAT action outside of "ct" action`)
	}
	return nil
}

// inActionSet reports whether an action may be in the action set, OpenFlow
// 1.5.1 section 5.6.
func inActionSet(k Kind) bool {
	switch k {
	case KindBundle, KindClearActions, KindClone, KindNAT, KindController, KindEnqueue, KindExit, KindUnrollXlate, KindFinTimeout,
		KindGotoTable, KindLearn, KindConjunction, KindMultipath, KindNote, KindOutputReg, KindOutputTrunc, KindPopQueue, KindSample, KindPop, KindPush,
		KindWriteActions, KindWriteMetadata, KindCheckPktLarger, KindDebugRecirc, KindDebugSlow, KindMeter, KindDeleteField:
		return false
	}
	return true
}
