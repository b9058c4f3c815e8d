package openflow

import (
	"govs/flow"
)

// SetTunnel sets the tunnel id that an output to a tunnel port uses. Wide
// remembers the 64-bit spelling; an ID beyond 32 bits needs it.
type SetTunnel struct {
	ID   uint64
	Wide bool
}

// SetQueue sets the queue that later outputs use.
type SetQueue struct{ Queue uint32 }

// PopQueue restores the queue to what it was when the packet came in.
type PopQueue struct{}

func parseSetTunnel(p *parser, word, arg string) error {
	n, err := parseUint64(arg)
	p.add(&SetTunnel{ID: n, Wide: word == "set_tunnel64"})
	return err
}

func (a *SetTunnel) wide() bool { return a.Wide || a.ID > 0xffffffff }

func (a *SetTunnel) format(f *formatter) {
	if a.wide() {
		f.param("set_tunnel64:")
	} else {
		f.param("set_tunnel:")
	}
	f.hex(a.ID)
}

func (a *SetTunnel) encode(e *encoder) {
	switch {
	case e.version >= V12:
		e.setField(flow.TunID, flow.U(a.ID))
	case a.wide():
		be.PutUint64(e.nx(9, 24)[16:], a.ID)
	default:
		be.PutUint32(e.nx(2, 16)[12:], uint32(a.ID))
	}
}

func (a *SetTunnel) check(*checker) error { return nil }

func decodeSetTunnel(d *decoder, b []byte) error {
	d.add(&SetTunnel{ID: uint64(be.Uint32(b[12:]))})
	return nil
}

func decodeSetTunnel64(d *decoder, b []byte) error {
	d.add(&SetTunnel{ID: be.Uint64(b[16:]), Wide: true})
	return nil
}

func parseSetQueue(p *parser, _, arg string) error {
	n, err := parseUint32(arg)
	p.add(&SetQueue{n})
	return err
}

func (a *SetQueue) format(f *formatter) {
	f.param("set_queue:")
	f.dec(uint64(a.Queue))
}

func (a *SetQueue) encode(e *encoder) {
	if e.version == V10 {
		be.PutUint32(e.nx(4, 16)[12:], a.Queue)
	} else {
		be.PutUint32(e.std(21, 8)[4:], a.Queue)
	}
}

func (a *SetQueue) check(*checker) error { return nil }

func decodeSetQueue(d *decoder, b []byte) error {
	d.add(&SetQueue{be.Uint32(b[4:])})
	return nil
}

func decodeSetQueueNX(d *decoder, b []byte) error {
	d.add(&SetQueue{be.Uint32(b[12:])})
	return nil
}

func parsePopQueue(p *parser, _, _ string) error {
	p.add(&PopQueue{})
	return nil
}

func (a *PopQueue) format(f *formatter)  { f.value("pop_queue") }
func (a *PopQueue) encode(e *encoder)    { e.nx(5, 16) }
func (a *PopQueue) check(*checker) error { return nil }

func decodePopQueue(d *decoder, _ []byte) error {
	d.add(&PopQueue{})
	return nil
}
