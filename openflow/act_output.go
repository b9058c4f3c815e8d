package openflow

import (
	"errors"
	"fmt"
	"strings"

	"govs/flow"
)

// Output sends the packet to a port, which may be a reserved one such as
// PortNormal or PortInPort. MaxLen is how much of the packet a controller gets
// when Port is PortController.
type Output struct {
	Port   Port
	MaxLen uint16
}

// OutputTrunc sends at most MaxLen bytes of the packet to a port:
// output(port=P,max_len=N).
type OutputTrunc struct {
	Port   Port
	MaxLen uint32
}

// OutputReg sends the packet to the port whose number is in a field.
type OutputReg struct {
	Src    flow.Subfield
	MaxLen uint16
}

// Enqueue sends the packet to a port through one of its queues.
type Enqueue struct {
	Port  Port
	Queue uint32
}

// Group runs the packet through a group.
type Group struct{ ID uint32 }

func parseOutput(p *parser, _, arg string) error {
	if port, ok := p.names.ParsePort(arg); ok {
		o := &Output{Port: port}
		if port == PortController {
			o.MaxLen = 0xffff
		}
		p.add(o)
		return nil
	}
	if s, err := p.subfield(arg); err == nil {
		p.add(&OutputReg{Src: s, MaxLen: 0xffff})
		return nil
	}
	if !strings.Contains(arg, "port") || !strings.Contains(arg, "max_len") {
		return fmt.Errorf("%s: output to unknown port", arg)
	}
	t := &OutputTrunc{}
	for rest := arg; ; {
		key, value, r, ok := cutPair(rest)
		if !ok {
			break
		}
		rest = r
		switch key {
		case "port":
			port, ok := p.names.ParsePort(value)
			if !ok {
				return fmt.Errorf("output to unknown truncate port: %s", value)
			}
			if port > PortMax && port != PortLocal && port != PortInPort {
				return fmt.Errorf("output to unsupported truncate port: %s", value)
			}
			t.Port = port
		case "max_len":
			n, err := parseUint32(value)
			if err != nil {
				return err
			}
			if n < minTruncLen {
				return fmt.Errorf("max_len %d is less than the minimum value %d", n, minTruncLen)
			}
			t.MaxLen = n
		default:
			return fmt.Errorf("invalid key '%s' in output_trunc argument", key)
		}
	}
	p.add(t)
	return nil
}

// minTruncLen is an Ethernet header: less of a packet cannot be sent.
const minTruncLen = 14

func (a *Output) format(f *formatter) {
	switch {
	case a.Port == PortController:
		f.str("CONTROLLER:")
		f.dec(uint64(a.MaxLen))
	case a.Port.Ordinary():
		f.special("output:")
		f.port(a.Port)
	default:
		if a.Port == 0 {
			f.special("output:")
		}
		f.port(a.Port)
	}
}

func (a *Output) encode(e *encoder) {
	if e.version == V10 {
		b := e.std(0, 8)
		be.PutUint16(b[4:], uint16(a.Port))
		be.PutUint16(b[6:], a.MaxLen)
		return
	}
	b := e.std(0, 16)
	be.PutUint32(b[4:], a.Port.Wide())
	be.PutUint16(b[8:], a.MaxLen)
}

func (a *Output) check(c *checker) error { return c.outPort(a.Port) }

func decodeOutput10(d *decoder, b []byte) error {
	o := &Output{Port: Port(be.Uint16(b[4:])), MaxLen: be.Uint16(b[6:])}
	if err := checkOutput(o.Port); err != nil {
		return err
	}
	d.add(o)
	return nil
}

func decodeOutput11(d *decoder, b []byte) error {
	port, ok := PortFromWide(be.Uint32(b[4:]))
	if !ok {
		return ErrBadActionBadOutPort
	}
	if err := checkOutput(port); err != nil {
		return err
	}
	d.add(&Output{Port: port, MaxLen: be.Uint16(b[8:])})
	return nil
}

// checkOutput refuses ports that no switch can have.
func checkOutput(p Port) error {
	if p == PortNone || p >= PortMax && p < PortInPort {
		return ErrBadActionBadOutPort
	}
	return nil
}

func (a *OutputTrunc) format(f *formatter) {
	f.special("output")
	f.str("(port=")
	f.port(a.Port)
	f.str(",max_len=")
	f.dec(uint64(a.MaxLen))
	f.str(")")
}

func (a *OutputTrunc) encode(e *encoder) {
	b := e.nx(39, 16)
	be.PutUint16(b[10:], uint16(a.Port))
	be.PutUint32(b[12:], a.MaxLen)
}

func (a *OutputTrunc) check(c *checker) error { return c.outPort(a.Port) }

func decodeOutputTrunc(d *decoder, b []byte) error {
	o := &OutputTrunc{Port: Port(be.Uint16(b[10:])), MaxLen: be.Uint32(b[12:])}
	if o.MaxLen < minTruncLen {
		return ErrBadActionBadArgument
	}
	d.add(o)
	return nil
}

func (a *OutputReg) format(f *formatter) {
	f.special("output:")
	f.sub(a.Src)
}

func (a *OutputReg) encode(e *encoder) {
	if h := header32(a.Src.Field, flow.WireNXM); h != 0 {
		b := e.nx(15, 24)
		be.PutUint16(b[10:], ofsNBits(a.Src))
		be.PutUint32(b[12:], h)
		be.PutUint16(b[16:], a.MaxLen)
		return
	}
	start := len(e.b)
	b := e.nx(32, 14)
	be.PutUint16(b[10:], ofsNBits(a.Src))
	be.PutUint16(b[12:], a.MaxLen)
	e.header(a.Src.Field, false, true)
	e.closeAt(start, 24)
}

func (a *OutputReg) check(c *checker) error { return c.src(a.Src) }

func decodeOutputReg(d *decoder, b []byte) error {
	n := be.Uint16(b[10:])
	if !isZero(b[18:]) {
		return ErrBadActionBadArgument
	}
	s, err := d.subfield32(be.Uint32(b[12:]), n>>6, n&63+1)
	if err != nil {
		return err
	}
	d.add(&OutputReg{Src: s, MaxLen: be.Uint16(b[16:])})
	c := checker{names: d.names}
	return c.span("source", s)
}

func decodeOutputReg2(d *decoder, b []byte) error {
	n := be.Uint16(b[10:])
	id, rest, err := d.plainField(b[14:])
	if err != nil {
		return err
	}
	if !isZero(rest) {
		return ErrBadRequestMustBeZero
	}
	s := flow.Subfield{Field: id, Ofs: n >> 6, N: n&63 + 1}
	d.add(&OutputReg{Src: s, MaxLen: be.Uint16(b[12:])})
	c := checker{names: d.names}
	return c.span("source", s)
}

func parseEnqueue(p *parser, _, arg string) error {
	port, rest, ok1 := cutAny(arg, ":q,")
	queue := rest
	if !ok1 || queue == "" {
		return errors.New(`"enqueue" syntax is "enqueue:PORT:QUEUE" or "enqueue(PORT,QUEUE)"`)
	}
	a := &Enqueue{}
	var ok bool
	if a.Port, ok = p.names.ParsePort(port); !ok {
		return fmt.Errorf("%s: enqueue to unknown port", port)
	}
	var err error
	a.Queue, err = parseUint32(queue)
	p.add(a)
	return err
}

func (a *Enqueue) format(f *formatter) {
	f.param("enqueue:")
	f.port(a.Port)
	f.str(":")
	f.dec(uint64(a.Queue))
}

func (a *Enqueue) encode(e *encoder) {
	if e.version == V10 {
		b := e.std(11, 16)
		be.PutUint16(b[4:], uint16(a.Port))
		be.PutUint32(b[12:], a.Queue)
		return
	}
	(&SetQueue{a.Queue}).encode(e)
	(&Output{Port: a.Port, MaxLen: 0xffff}).encode(e)
	(&PopQueue{}).encode(e)
}

func (a *Enqueue) check(c *checker) error {
	if a.Port >= c.maxPort && a.Port != PortInPort && a.Port != PortLocal {
		return ErrBadActionBadOutPort
	}
	return nil
}

func decodeEnqueue(d *decoder, b []byte) error {
	a := &Enqueue{Port: Port(be.Uint16(b[4:])), Queue: be.Uint32(b[12:])}
	if a.Port >= PortMax && a.Port != PortInPort && a.Port != PortLocal {
		return ErrBadActionBadOutPort
	}
	d.add(a)
	return nil
}

func parseGroup(p *parser, _, arg string) error {
	n, err := parseUint32(arg)
	p.add(&Group{n})
	return err
}

func (a *Group) format(f *formatter) {
	f.special("group:")
	f.dec(uint64(a.ID))
}

func (a *Group) encode(e *encoder) {
	if e.version == V10 {
		be.PutUint32(e.nx(40, 16)[12:], a.ID)
		return
	}
	be.PutUint32(e.std(22, 8)[4:], a.ID)
}

func (a *Group) check(*checker) error { return nil }

func decodeGroup(d *decoder, b []byte) error {
	d.add(&Group{be.Uint32(b[4:])})
	return nil
}

func decodeGroupNX(d *decoder, b []byte) error {
	d.add(&Group{be.Uint32(b[12:])})
	return nil
}
