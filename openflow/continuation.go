package openflow

import "encoding/binary"

// Continuation is the state of a packet that a switch paused: what a packet-in
// of NXT_PACKET_IN2 has in its Continuation and a Resume brings back. Only the
// switch that made it understands it; to others it is bytes.
type Continuation struct {
	Bridge      [16]byte // UUID
	Stack       [][]byte // values pushed, last one first
	Mirrors     uint32   // that have the packet already
	Conntracked bool
	Steps       []ContinuationStep // what is to be done yet
	ActionSet   []Action
	ODPPort     uint32 // the datapath's number of the port the packet came in by; 0 when it is not known
}

// ContinuationStep is the rest of one rule's actions.
type ContinuationStep struct {
	Table   uint8
	Cookie  uint64
	Actions []Action
}

// Properties of a continuation (NXCPT_*).
const (
	contBridge = 0x8000 + iota
	contStack
	contMirrors
	contConntracked
	contTable
	contCookie
	contActions
	contActionSet
	contODPPort
)

// Encode returns the continuation for a message of version v.
func (c *Continuation) Encode(v Version) []byte {
	e := &msgEncoder{}
	e.version = v
	if c.Bridge != ([16]byte{}) {
		e.prop(contBridge, func() { b := swapWords(c.Bridge); e.bytes(b[:]) })
	}
	for _, s := range c.Stack {
		e.prop(contStack, func() { e.bytes(s) })
	}
	if c.Mirrors != 0 {
		e.prop(contMirrors, func() { e.u32(c.Mirrors) })
	}
	if c.Conntracked {
		e.prop(contConntracked, func() {})
	}
	var table uint8
	var cookie uint64
	for _, s := range c.Steps {
		if s.Table != table {
			e.prop(contTable, func() { e.u8(s.Table) })
			table = s.Table
		}
		if s.Cookie != cookie {
			e.prop(contCookie, func() { e.zeros(4); e.u64(s.Cookie) })
			cookie = s.Cookie
		}
		if len(s.Actions) > 0 {
			e.nested(contActions, func() { e.list(s.Actions) })
		}
	}
	if len(c.ActionSet) > 0 {
		e.nested(contActionSet, func() { e.list(c.ActionSet) })
	}
	if c.ODPPort != 0 {
		e.prop(contODPPort, func() { e.u32(c.ODPPort) })
	}
	return e.b
}

// swapWords turns a UUID into OVS's form of it, four words of a little-endian
// machine, and back.
func swapWords(u [16]byte) [16]byte {
	for i := 0; i < len(u); i += 4 {
		binary.LittleEndian.PutUint32(u[i:], be.Uint32(u[i:]))
	}
	return u
}

// DecodeContinuation reads a continuation from a message of version v. The
// error is an ErrorCode.
func DecodeContinuation(b []byte, v Version, names *Names) (*Continuation, error) {
	d := &msgDecoder{names: names}
	d.Version = v
	return d.continuation(b)
}

func (d *msgDecoder) continuation(b []byte) (*Continuation, error) {
	c := &Continuation{}
	var step ContinuationStep
	err := eachProp(b, func(typ uint16, p []byte) (err error) {
		v := p[4:]
		if sizes := map[uint16]int{contBridge: 16, contMirrors: 4, contTable: 1, contCookie: 12, contODPPort: 4}; len(v) < sizes[typ] || sizes[typ] > 1 && len(v) != sizes[typ] {
			return ErrBadPropertyBadLen
		}
		switch typ {
		case contBridge:
			c.Bridge = swapWords([16]byte(v))
		case contStack:
			if len(v) > 128 {
				d.names.warnf("ofp_packet", "NXCPT_STACK property has bad length %d", len(v))
				return ErrBadPropertyBadLen
			}
			c.Stack = append(c.Stack, append([]byte(nil), v...))
		case contMirrors:
			c.Mirrors = be.Uint32(v)
		case contConntracked:
			c.Conntracked = true
		case contTable:
			step.Table = v[0]
		case contCookie:
			step.Cookie = be.Uint64(v[4:])
		case contActions:
			step.Actions, err = d.contActions(p)
			c.Steps = append(c.Steps, step)
		case contActionSet:
			var more []Action
			more, err = d.contActions(p)
			c.ActionSet = append(c.ActionSet, more...)
		case contODPPort:
			c.ODPPort = be.Uint32(v)
		default:
			return d.unknownProp("continuation", typ)
		}
		return err
	})
	return c, err
}

func (d *msgDecoder) contActions(p []byte) ([]Action, error) {
	if len(p) < 8 {
		d.names.warnf("ofp_packet", "actions property has bad length %d", len(p))
		return nil, ErrBadPropertyBadLen
	}
	return d.actions(p[8:])
}

func (c *Continuation) print(p *printer) {
	if u := c.Bridge; u != ([16]byte{}) {
		p.f(" continuation.bridge=%x-%x-%x-%x-%x\n", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
	}
	if len(c.Stack) > 0 {
		p.str(" continuation.stack=(top)")
		for _, s := range c.Stack {
			p.str(" ")
			p.b = appendHexValue(p.b, s)
		}
		p.str(" (bottom)\n")
	}
	if c.Mirrors != 0 {
		p.f(" continuation.mirrors=0x%x\n", c.Mirrors)
	}
	if c.Conntracked {
		p.str(" continuation.conntracked=true\n")
	}
	if len(c.Steps) > 0 {
		p.str(" continuation.actions=")
		for i, s := range c.Steps {
			if i > 0 {
				p.str(",")
			}
			p.f("unroll_xlate(table=%d, cookie=%d)", s.Table, s.Cookie)
			if len(s.Actions) > 0 {
				p.str(",")
				p.list(s.Actions)
			}
		}
		p.str("\n")
	}
	if len(c.ActionSet) > 0 {
		p.str(" continuation.action_set=")
		p.list(c.ActionSet)
		p.str("\n")
	}
	if c.ODPPort != 0 {
		p.f(" continuation.odp_port=%d\n", c.ODPPort)
	}
}

// appendHexValue prints a big-endian number as 0x without leading zeros.
func appendHexValue(b, v []byte) []byte {
	b = append(b, '0')
	i := 0
	for i < len(v) && v[i] == 0 {
		i++
	}
	if i == len(v) {
		return b
	}
	b = append(b, 'x')
	const digits = "0123456789abcdef"
	if v[i] >= 16 {
		b = append(b, digits[v[i]>>4])
	}
	b = append(b, digits[v[i]&15])
	for _, c := range v[i+1:] {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}
