package openflow

import (
	"fmt"
	"strings"
)

// Meter sends the packet through a meter; it comes first in a list.
type Meter struct{ ID uint32 }

// ClearActions empties the action set.
type ClearActions struct{}

// WriteActions merges actions into the action set.
type WriteActions struct{ Actions []Action }

// WriteMetadata writes the bits of metadata that Mask has.
type WriteMetadata struct{ Value, Mask uint64 }

// GotoTable continues in a later table; it comes last in a list.
type GotoTable struct{ Table uint8 }

func parseMeter(p *parser, _, arg string) error {
	p.usable &= protoOF13Up
	n, err := parseUint32(arg)
	p.add(&Meter{n})
	return err
}

func (a *Meter) format(f *formatter) {
	f.param("meter:")
	f.dec(uint64(a.ID))
}

func (a *Meter) encode(e *encoder) {
	if e.version >= V15 {
		be.PutUint32(e.std(29, 8)[4:], a.ID)
	}
}

func (a *Meter) check(*checker) error {
	if a.ID == 0 || a.ID > 0xffff0000 {
		return ErrMeterModFailedInvalidMeter
	}
	return nil
}

func decodeMeterAction(d *decoder, b []byte) error {
	d.add(&Meter{be.Uint32(b[4:])})
	return nil
}

func parseClearActions(p *parser, _, _ string) error {
	p.add(&ClearActions{})
	return nil
}

func (a *ClearActions) format(f *formatter)  { f.value("clear_actions") }
func (a *ClearActions) encode(*encoder)      {}
func (a *ClearActions) check(*checker) error { return nil }

func parseWriteActions(p *parser, _, arg string) error {
	acts, err := p.nested(arg, KindWriteActions)
	p.add(&WriteActions{acts})
	return err
}

func (a *WriteActions) format(f *formatter) {
	f.paren("write_actions(")
	f.list(a.Actions)
	f.paren(")")
}

func (a *WriteActions) encode(*encoder) {}

func (a *WriteActions) check(c *checker) error {
	// The order in which a set will run is not known, so what a list in it
	// would be allowed says nothing about the flow.
	usable := c.usable
	err := c.nested(a.Actions)
	c.usable = usable
	return err
}

func parseWriteMetadata(p *parser, _, arg string) error {
	p.usable &= protoNXMOF11Up
	v, m, masked := strings.Cut(arg, "/")
	a := &WriteMetadata{Mask: ^uint64(0)}
	var err error
	if masked {
		if a.Mask, err = parseUint64(m); err != nil {
			return err
		}
	}
	a.Value, err = parseUint64(v)
	p.add(a)
	return err
}

func (a *WriteMetadata) format(f *formatter) {
	f.param("write_metadata:")
	f.hex(a.Value)
	if a.Mask != ^uint64(0) {
		f.str("/")
		f.hex(a.Mask)
	}
}

func (a *WriteMetadata) encode(e *encoder) {
	if e.version == V10 {
		b := e.nx(22, 32)
		be.PutUint64(b[16:], a.Value)
		be.PutUint64(b[24:], a.Mask)
	}
}

func (a *WriteMetadata) check(*checker) error { return nil }

func decodeWriteMetadata(d *decoder, b []byte) error {
	if !isZero(b[10:16]) {
		return ErrBadRequestMustBeZero
	}
	d.add(&WriteMetadata{be.Uint64(b[16:]), be.Uint64(b[24:])})
	return nil
}

func parseGotoTable(p *parser, _, arg string) error {
	t, ok := p.names.ParseTable(arg)
	if !ok {
		return fmt.Errorf("unknown table \"%s\"", arg)
	}
	p.add(&GotoTable{t})
	return nil
}

func (a *GotoTable) format(f *formatter) {
	f.param("goto_table:")
	f.b = f.names.AppendTable(f.b, a.Table)
}

func (a *GotoTable) encode(e *encoder) {
	if e.version == V10 {
		(&Resubmit{InPort: PortInPort, Table: a.Table}).encode(e)
	}
}

func (a *GotoTable) check(c *checker) error {
	if c.table != TableAny && a.Table <= c.table || c.tables != 255 && a.Table >= c.tables {
		return ErrBadInstructionBadTableID
	}
	return nil
}
