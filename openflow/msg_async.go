package openflow

import "math/bits"

// AsyncKind is a kind of message that a switch sends without being asked.
type AsyncKind uint8

// Kinds of asynchronous messages.
const (
	AsyncPacketIn AsyncKind = iota
	AsyncPortStatus
	AsyncFlowRemoved
	AsyncRoleStatus
	AsyncTableStatus
	AsyncRequestForward
	NumAsyncKinds
)

// AsyncConfig says for which reasons a controller gets asynchronous messages:
// bit N of a mask is reason N of the message. Which of the two masks holds
// depends on the controller's role.
type AsyncConfig struct {
	Primary   [NumAsyncKinds]uint32 // as primary or equal
	Secondary [NumAsyncKinds]uint32
}

// AsyncSet is a set of masks of an AsyncConfig: bit 2K is the secondary mask of
// kind K, bit 2K+1 the primary one, which are the property numbers of OpenFlow
// 1.4.
type AsyncSet uint16

// AllAsync is the set of all masks.
const AllAsync AsyncSet = 1<<(2*NumAsyncKinds) - 1

// mask returns the mask that property n is for.
func (c *AsyncConfig) mask(n int) *uint32 {
	if n&1 == 0 {
		return &c.Secondary[n/2]
	}
	return &c.Primary[n/2]
}

// GetAsyncRequest asks for a GetAsyncReply.
type GetAsyncRequest struct{}

// GetAsyncReply says which asynchronous messages the controller gets.
type GetAsyncReply struct{ AsyncConfig }

// SetAsync changes which asynchronous messages the controller gets; masks that
// are not in Given stay as they are; a message without properties gives all. In OpenFlow 1.0 to 1.2 it is
// NXT_SET_ASYNC_CONFIG, or NXT_SET_ASYNC_CONFIG2 when Properties is set, as a
// 1.3 switch also takes them.
type SetAsync struct {
	AsyncConfig
	Given      AsyncSet
	Properties bool // Nicira's message with properties rather than fixed masks
}

// Apply changes c as the message says.
func (m *SetAsync) Apply(c *AsyncConfig) {
	for n := range 2 * int(NumAsyncKinds) {
		if m.Given&(1<<n) != 0 {
			*c.mask(n) = *m.mask(n)
		}
	}
}

func (*GetAsyncRequest) raw(p Protocols) rawType {
	return p.raw14(rawGetAsyncRequest13, rawGetAsyncRequest14)
}
func (*GetAsyncReply) raw(p Protocols) rawType {
	return p.raw14(rawGetAsyncReply13, rawGetAsyncReply14)
}

func (m *SetAsync) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v >= V14:
		return rawSetAsync14
	case m.Properties:
		return rawNXSetAsync2
	case v == V13:
		return rawSetAsync13
	}
	return rawNXSetAsync
}

// raw14 chooses between the rows of OpenFlow 1.3 and of later versions.
func (p Protocols) raw14(v13, v14 rawType) rawType {
	if p.Version() >= V14 {
		return v14
	}
	return v13
}

func (*GetAsyncRequest) encode(*msgEncoder) {}
func (*GetAsyncRequest) print(*printer)     {}

func (m *GetAsyncReply) encode(e *msgEncoder) { e.async(&m.AsyncConfig, AllAsync) }
func (m *SetAsync) encode(e *msgEncoder)      { e.async(&m.AsyncConfig, m.Given) }

func (e *msgEncoder) async(c *AsyncConfig, given AsyncSet) {
	if e.row.min != 0 {
		for k := range AsyncFlowRemoved + 1 {
			e.u32(c.Primary[k] & e.asyncBits(k))
			e.u32(c.Secondary[k] & e.asyncBits(k))
		}
		return
	}
	for n := range 2 * int(NumAsyncKinds) {
		if given&(1<<n) == 0 {
			continue
		}
		e.prop(uint16(n), func() { e.u32(*c.mask(n) & e.asyncBits(AsyncKind(n/2))) })
	}
}

func (e *msgEncoder) asyncBits(k AsyncKind) uint32 {
	if e.version >= V14 {
		return asyncRows[k].bits14
	}
	return asyncRows[k].bits
}

// asyncRows are the titles, reasons and the bits that may be asked for, before
// OpenFlow 1.4 and from it on.
var asyncRows = [NumAsyncKinds]struct {
	title        string
	names        []string
	bits, bits14 uint32
}{
	AsyncPacketIn:       {"PACKET_IN", reasonNames[:ReasonExplicitMiss], 0x07, 0x3f},
	AsyncPortStatus:     {"PORT_STATUS", []string{"add", "delete", "modify"}, 0x07, 0x07},
	AsyncFlowRemoved:    {"FLOW_REMOVED", removedNames[:], 0x3f, 0x3f},
	AsyncRoleStatus:     {"ROLE_STATUS", roleReasonNames[:], 0x07, 0x07},
	AsyncTableStatus:    {"TABLE_STATUS", []string{3: "vacancy_down", 4: "vacancy_up"}, 0x18, 0x18},
	AsyncRequestForward: {"REQUESTFORWARD", forwardReasonNames[:], 0x03, 0x03},
}

// asyncMask checks a mask of kind k. To ask for packets that miss means those
// that a flow sends for a miss, too, and before OpenFlow 1.3 those of tables
// that have no flow for a miss.
func (d *msgDecoder) asyncMask(k AsyncKind, mask uint32, loose bool) (uint32, error) {
	allowed := asyncRows[k].bits
	if d.Version >= V14 {
		allowed = asyncRows[k].bits14
	}
	if mask&^allowed != 0 {
		d.names.warnf("ofp_connection", "bad value %#x for %s (allowed mask %#x)", mask, asyncRows[k].title, allowed)
		if !loose {
			return 0, ErrAsyncConfigFailedInvalid
		}
		mask &= allowed
	}
	if k == AsyncPacketIn && mask&(1<<ReasonNoMatch) != 0 {
		mask |= 1 << ReasonExplicitMiss
		if d.Version < V13 {
			mask |= 1 << ReasonImplicitMiss
		}
	}
	return mask, nil
}

func (d *msgDecoder) async13(b []byte) AsyncConfig {
	var c AsyncConfig
	for k := range AsyncFlowRemoved + 1 {
		c.Primary[k], _ = d.asyncMask(k, be.Uint32(b[8*k:]), true)
		c.Secondary[k], _ = d.asyncMask(k, be.Uint32(b[8*k+4:]), true)
	}
	return c
}

// async14 reads properties; what is said to a switch is taken at its word.
func (d *msgDecoder) async14(b []byte, loose bool) (c AsyncConfig, given AsyncSet, err error) {
	err = eachProp(b, func(typ uint16, p []byte) error {
		if typ >= 2*uint16(NumAsyncKinds) {
			d.names.warnf("ofp_prop", "unknown async config property type %d", typ)
			if loose {
				return nil
			}
			return ErrAsyncConfigFailedUnsupported
		}
		if len(p) != 8 {
			return ErrBadPropertyBadLen
		}
		mask, err := d.asyncMask(AsyncKind(typ/2), be.Uint32(p[4:]), loose)
		*c.mask(int(typ)) = mask
		given |= 1 << typ
		return err
	})
	return c, given, err
}

// unknownProp is how a property of an unknown type is met: with an error, or
// with a shrug when what another side can do is only looked at.
func (d *msgDecoder) unknownProp(what string, typ uint16) error {
	d.names.warnf("ofp_prop", "unknown %s property type %d", what, typ)
	if d.loose {
		return nil
	}
	return ErrBadPropertyBadType
}

func decodeGetAsyncReply13(d *msgDecoder, b []byte) (Message, error) {
	return &GetAsyncReply{d.async13(b)}, nil
}

func decodeGetAsyncReply14(d *msgDecoder, b []byte) (Message, error) {
	c, _, err := d.async14(b, true)
	return &GetAsyncReply{c}, err
}

func decodeSetAsync13(d *msgDecoder, b []byte) (Message, error) {
	return &SetAsync{AsyncConfig: d.async13(b), Given: AllAsync}, nil
}

func decodeSetAsync14(d *msgDecoder, b []byte) (Message, error) {
	c, given, err := d.async14(b, false)
	return &SetAsync{c, given, d.Version < V14}, err
}

func (m *GetAsyncReply) print(p *printer) { p.async(&m.AsyncConfig) }
func (m *SetAsync) print(p *printer)      { p.async(&m.AsyncConfig) }

func (p *printer) async(c *AsyncConfig) {
	for i, masks := range [...]*[NumAsyncKinds]uint32{&c.Primary, &c.Secondary} {
		p.f("\n %s:\n", [...]string{"primary", "secondary"}[i])
		for k, mask := range masks {
			r := &asyncRows[k]
			p.f("%16s:", r.title)
			if mask == 0 {
				p.str(" (off)")
			}
			for ; mask != 0; mask &= mask - 1 {
				bit := bits.TrailingZeros32(mask)
				switch {
				case bit < len(r.names) && r.names[bit] != "":
					p.f(" %s", r.names[bit])
				case AsyncKind(k) == AsyncPacketIn && bit <= int(ReasonImplicitMiss):
					// Of the kinds of misses only one has a name.
				default:
					p.f(" %d", bit)
				}
			}
			p.str("\n")
		}
	}
}
