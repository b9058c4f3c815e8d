package openflow

import (
	"errors"
	"fmt"
	"strings"

	"govs/flow"
)

// Resubmit looks the packet up again: in Table, or in the current one for
// TableAny, with in_port taken as InPort, or unchanged for PortInPort. With CT
// the lookup sees the connection's original addresses.
type Resubmit struct {
	InPort Port
	Table  uint8
	CT     bool

	plain bool // it came as NXAST_RESUBMIT, and goes as one
}

// TableAny stands for the current table in a Resubmit and for all tables in a
// request.
const TableAny uint8 = 0xff

// Clone runs a list of actions on a copy of the packet.
type Clone struct{ Actions []Action }

// Exit stops the translation of the packet.
type Exit struct{}

// Note carries bytes and does nothing. Bytes include the padding to 6, 14,
// 22 ... bytes that the wire form has.
type Note struct{ Data []byte }

// FinTimeout shortens the flow's timeouts when a TCP FIN or RST is seen.
type FinTimeout struct{ Idle, Hard uint16 }

// Conjunction makes the flow clause Clause (from 0) of NClauses of conjunctive
// match ID. A flow with a Conjunction has no other actions but notes and more
// of them.
type Conjunction struct {
	ID       uint32
	Clause   uint8
	NClauses uint8
}

// DebugSlow sends the packet through the slow path; for tests.
type DebugSlow struct{}

// DebugRecirc makes the packet recirculate; for tests.
type DebugRecirc struct{}

func parseResubmit(p *parser, _, arg string) error {
	a := &Resubmit{InPort: PortInPort, Table: TableAny}
	part := func() string {
		w, rest, _ := strings.Cut(arg, ",")
		arg = rest
		return w
	}
	if s := part(); s != "" {
		var ok bool
		if a.InPort, ok = p.names.ParsePort(s); !ok {
			return fmt.Errorf("%s: resubmit to unknown port", s)
		}
	}
	if s := part(); s != "" {
		var ok bool
		if a.Table, ok = p.names.ParseTable(s); !ok {
			return fmt.Errorf("%s: resubmit to unknown table", s)
		}
	}
	if s := part(); s != "" {
		if s != "ct" {
			return fmt.Errorf("%s: unknown parameter", s)
		}
		a.CT = true
	}
	if a.InPort == PortInPort && a.Table == TableAny {
		return errors.New(`at least one "in_port" or "table" must be specified on resubmit`)
	}
	p.add(a)
	return nil
}

func (a *Resubmit) format(f *formatter) {
	if a.InPort != PortInPort && a.Table == TableAny && !a.CT {
		f.special("resubmit:")
		f.port(a.InPort)
		return
	}
	f.paren("resubmit(")
	if a.InPort != PortInPort {
		f.port(a.InPort)
	}
	f.str(",")
	if a.Table != TableAny {
		f.b = f.names.AppendTable(f.b, a.Table)
	}
	if a.CT {
		f.str(",ct")
	}
	f.paren(")")
}

func (a *Resubmit) encode(e *encoder) {
	code := uint16(14)
	if a.CT {
		code = 44
	}
	if a.plain {
		be.PutUint16(e.nx(1, 16)[10:], uint16(a.InPort))
		return
	}
	b := e.nx(code, 16)
	be.PutUint16(b[10:], uint16(a.InPort))
	b[12] = a.Table
}

func (a *Resubmit) check(c *checker) error {
	if a.CT && !flow.CtNwProto.PrereqsOKMatch(&c.match) {
		return ErrBadActionMatchInconsistent
	}
	return nil
}

func decodeResubmit(d *decoder, b []byte) error {
	d.add(&Resubmit{InPort: Port(be.Uint16(b[10:])), Table: TableAny, plain: true})
	return nil
}

func decodeResubmitTable(d *decoder, b []byte) error { return resubmitFrom(d, b, false) }

func decodeResubmitTableCT(d *decoder, b []byte) error { return resubmitFrom(d, b, true) }

func resubmitFrom(d *decoder, b []byte, ct bool) error {
	if !isZero(b[13:16]) {
		return ErrBadActionBadArgument
	}
	d.add(&Resubmit{InPort: Port(be.Uint16(b[10:])), Table: b[12], CT: ct})
	return nil
}

func parseClone(p *parser, _, arg string) error {
	acts, err := p.nested(arg, KindClone)
	p.add(&Clone{acts})
	return err
}

func (a *Clone) format(f *formatter) {
	f.paren("clone(")
	f.list(a.Actions)
	f.paren(")")
}

func (a *Clone) encode(e *encoder) {
	start := len(e.b)
	e.nx(42, 16)
	e.list(a.Actions)
	e.close(start)
}

func (a *Clone) check(c *checker) error { return c.nested(a.Actions) }

func decodeClone(d *decoder, b []byte) error {
	acts, err := d.nested(b[16:], KindClone)
	d.add(&Clone{acts})
	return err
}

func parseExit(p *parser, _, _ string) error {
	p.add(&Exit{})
	return nil
}

func (a *Exit) format(f *formatter)  { f.special("exit") }
func (a *Exit) encode(e *encoder)    { e.nx(17, 16) }
func (a *Exit) check(*checker) error { return nil }

func decodeExit(d *decoder, _ []byte) error {
	d.add(&Exit{})
	return nil
}

func parseNote(p *parser, _, arg string) error {
	data, ok := parseHexBytes(arg)
	if !ok {
		return errors.New("bad hex digit in `note' argument")
	}
	for len(data) == 0 || len(data)%8 != 6 {
		data = append(data, 0)
	}
	p.add(&Note{data})
	return nil
}

func (a *Note) format(f *formatter) {
	f.param("note:")
	f.b = appendHexBytes(f.b, a.Data)
}

func (a *Note) encode(e *encoder) {
	start := len(e.b)
	e.nx(8, 10)
	e.b = append(e.b, a.Data...)
	for len(e.b)-start < 16 {
		e.u8(0)
	}
	e.close(start)
}

func (a *Note) check(*checker) error { return nil }

func decodeNote(d *decoder, b []byte) error {
	d.add(&Note{append([]byte(nil), b[10:]...)})
	return nil
}

func parseFinTimeout(p *parser, _, arg string) error {
	a := &FinTimeout{}
	for {
		k, v, rest, ok := cutPair(arg)
		if !ok {
			break
		}
		arg = rest
		var err error
		switch k {
		case "idle_timeout":
			a.Idle, err = parseUint16(v, k)
		case "hard_timeout":
			a.Hard, err = parseUint16(v, k)
		default:
			err = fmt.Errorf("invalid key '%s' in 'fin_timeout' argument", k)
		}
		if err != nil {
			return err
		}
	}
	p.add(a)
	return nil
}

func (a *FinTimeout) format(f *formatter) {
	f.paren("fin_timeout(")
	if a.Idle != 0 {
		f.param("idle_timeout=")
		f.dec(uint64(a.Idle))
		f.str(",")
	}
	if a.Hard != 0 {
		f.param("hard_timeout=")
		f.dec(uint64(a.Hard))
	}
	f.trimComma()
	f.paren(")")
}

func (a *FinTimeout) encode(e *encoder) {
	b := e.nx(19, 16)
	be.PutUint16(b[10:], a.Idle)
	be.PutUint16(b[12:], a.Hard)
}

func (a *FinTimeout) check(c *checker) error {
	return c.need(c.match.Key.NwProto == flow.ProtoTCP)
}

func decodeFinTimeout(d *decoder, b []byte) error {
	d.add(&FinTimeout{Idle: be.Uint16(b[10:]), Hard: be.Uint16(b[12:])})
	return nil
}

func parseConjunction(p *parser, _, arg string) error {
	id, s, ok0 := flow.ScanInt(arg, 0)
	s, ok1 := strings.CutPrefix(strings.TrimLeft(s, blanks), ",")
	i, s, ok2 := flow.ScanInt(s, 10)
	s, ok3 := strings.CutPrefix(strings.TrimLeft(s, blanks), "/")
	j, s, ok4 := flow.ScanInt(s, 10)
	if !ok0 || !ok1 || !ok2 || !ok3 || !ok4 || strings.TrimLeft(s, blanks) != "" {
		return errors.New(`"conjunction" syntax is "conjunction(id,i/n)"`)
	}
	clause, n := i&0xff, j&0xff
	switch {
	case n < 2:
		return errors.New("conjunction must have at least 2 clauses")
	case n > 64:
		return errors.New("conjunction must have at most 64 clauses")
	case clause < 1:
		return errors.New("clause index must be positive")
	case clause > n:
		return errors.New("clause index must be less than or equal to number of clauses")
	}
	p.add(&Conjunction{uint32(id), uint8(clause - 1), uint8(n)})
	return nil
}

func (a *Conjunction) format(f *formatter) {
	f.paren("conjunction(")
	f.b = fmt.Appendf(f.b, "%d,%d/%d", a.ID, a.Clause+1, a.NClauses)
	f.paren(")")
}

func (a *Conjunction) encode(e *encoder) {
	b := e.nx(34, 16)
	b[10], b[11] = a.Clause, a.NClauses
	be.PutUint32(b[12:], a.ID)
}

func (a *Conjunction) check(*checker) error { return nil }

func decodeConjunction(d *decoder, b []byte) error {
	a := &Conjunction{be.Uint32(b[12:]), b[10], b[11]}
	if a.NClauses < 2 || a.NClauses > 64 || a.Clause >= a.NClauses {
		return ErrBadActionBadConjunction
	}
	d.add(a)
	return nil
}

func parseUnrollXlate(*parser, string, string) error {
	return errors.New("UNROLL is an internal action that shouldn't be used via OpenFlow")
}

func parseDebugSlow(p *parser, _, _ string) error {
	p.add(&DebugSlow{})
	return nil
}

func (a *DebugSlow) format(f *formatter)  { f.value("debug_slow") }
func (a *DebugSlow) encode(e *encoder)    { e.nx(254, 16) }
func (a *DebugSlow) check(*checker) error { return nil }

func decodeDebugSlow(d *decoder, _ []byte) error {
	if d.names == nil || !d.names.Debug {
		return ErrBadActionBadVendorType
	}
	d.add(&DebugSlow{})
	return nil
}

func parseDebugRecirc(p *parser, _, _ string) error {
	p.add(&DebugRecirc{})
	return nil
}

func (a *DebugRecirc) format(f *formatter)  { f.value("debug_recirc") }
func (a *DebugRecirc) encode(e *encoder)    { e.nx(255, 16) }
func (a *DebugRecirc) check(*checker) error { return nil }

func decodeDebugRecirc(d *decoder, _ []byte) error {
	if d.names == nil || !d.names.Debug {
		return ErrBadActionBadVendorType
	}
	d.add(&DebugRecirc{})
	return nil
}
