package openflow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Controller sends the packet to one or all controllers with extras:
// controller(max_len=,reason=,id=,userdata=,pause,meter_id=).
type Controller struct {
	MaxLen     uint16
	Reason     PacketInReason
	ID         uint16 // controller id; 0 is all that have no other id
	ProviderID uint32
	MeterID    uint32
	Userdata   []byte
	Pause      bool // freeze the translation, to be resumed by the controller

	extended bool // it came as NXAST_CONTROLLER2, and is sent so
}

// Property types of NXAST_CONTROLLER2.
const (
	ctlPropMaxLen = iota
	ctlPropID
	ctlPropReason
	ctlPropUserdata
	ctlPropPause
	ctlPropMeterID
)

func parseController(p *parser, _, arg string) error {
	a := &Controller{MaxLen: 0xffff, Reason: ReasonAction}
	switch {
	case arg == "":
	case strings.Trim(arg, "0123456789") == "":
		n, err := parseUint16(arg, "max_len")
		if err != nil {
			return err
		}
		a.MaxLen = n
	default:
		if err := a.parseKeys(arg); err != nil {
			return err
		}
	}
	if a.plain() {
		p.add(&Output{Port: PortController, MaxLen: a.MaxLen})
		return nil
	}
	p.add(a)
	return nil
}

// plain reports whether an output to the controller says the same.
func (a *Controller) plain() bool {
	return a.Reason == ReasonAction && a.ID == 0 && a.Userdata == nil && !a.Pause && a.MeterID == 0
}

func (a *Controller) parseKeys(arg string) (err error) {
	userdata, hasUserdata := "", false
	for {
		key, value, rest, ok := cutPair(arg)
		if !ok {
			break
		}
		arg = rest
		switch key {
		case "reason":
			r, ok := parseReason(value)
			if !ok {
				return fmt.Errorf("unknown reason \"%s\"", value)
			}
			a.Reason = r
		case "max_len":
			a.MaxLen, err = parseUint16(value, "max_len")
		case "id":
			a.ID, err = parseUint16(value, "id")
		case "userdata":
			userdata, hasUserdata = value, true
		case "pause":
			a.Pause = true
		case "meter_id":
			a.MeterID, err = parseUint32(value)
		default:
			return fmt.Errorf("unknown key \"%s\" parsing controller action", key)
		}
		if err != nil {
			return err
		}
	}
	if !hasUserdata {
		return nil
	}
	var ok bool
	if a.Userdata, ok = parseHexBytes(userdata); !ok {
		return errors.New("bad hex digit in `controller' action `userdata'")
	}
	return nil
}

func (a *Controller) format(f *formatter) {
	if a.plain() {
		f.str("CONTROLLER:")
		f.dec(uint64(a.MaxLen))
		return
	}
	f.paren("controller(")
	if a.Reason != ReasonAction {
		f.param("reason=")
		f.str(a.Reason.String())
		f.str(",")
	}
	if a.MaxLen != 0xffff {
		f.param("max_len=")
		f.dec(uint64(a.MaxLen))
		f.str(",")
	}
	if a.ID != 0 {
		f.param("id=")
		f.dec(uint64(a.ID))
		f.str(",")
	}
	if len(a.Userdata) > 0 {
		f.param("userdata=")
		f.b = appendHexBytes(f.b, a.Userdata)
		f.str(",")
	}
	if a.Pause {
		f.value("pause")
		f.str(",")
	}
	if a.MeterID != 0 {
		f.param("meter_id=")
		f.dec(uint64(a.MeterID))
		f.str(",")
	}
	f.trimComma()
	f.paren(")")
}

func (a *Controller) encode(e *encoder) {
	if len(a.Userdata) == 0 && !a.Pause && a.MeterID == 0 && !a.extended {
		b := e.nx(20, 16)
		be.PutUint16(b[10:], a.MaxLen)
		be.PutUint16(b[12:], a.ID)
		b[14] = uint8(a.Reason)
		return
	}
	start := len(e.b)
	e.nx(37, 16)
	prop := func(typ uint16, data ...byte) {
		e.u16(typ)
		e.u16(uint16(4 + len(data)))
		e.b = append(e.b, data...)
		for (len(e.b)-start)%8 != 0 {
			e.u8(0)
		}
	}
	if a.MaxLen != 0xffff {
		prop(ctlPropMaxLen, byte(a.MaxLen>>8), byte(a.MaxLen))
		e.lastPropLen(start, 8)
	}
	if a.ID != 0 {
		prop(ctlPropID, byte(a.ID>>8), byte(a.ID))
		e.lastPropLen(start, 8)
	}
	if a.Reason != ReasonAction {
		prop(ctlPropReason, byte(a.Reason))
		e.lastPropLen(start, 5)
	}
	if len(a.Userdata) != 0 {
		prop(ctlPropUserdata, a.Userdata...)
	}
	if a.Pause {
		prop(ctlPropPause)
	}
	if a.MeterID != 0 {
		prop(ctlPropMeterID, be.AppendUint32(nil, a.MeterID)...)
	}
	e.close(start)
}

// lastPropLen sets the length of the 8-byte property at the end: OVS counts
// the padding of some.
func (e *encoder) lastPropLen(_ int, n uint16) { be.PutUint16(e.b[len(e.b)-6:], n) }

func (a *Controller) check(*checker) error { return nil }

func decodeController(d *decoder, b []byte) error {
	d.add(&Controller{MaxLen: be.Uint16(b[10:]), ID: be.Uint16(b[12:]), Reason: PacketInReason(b[14])})
	return nil
}

func decodeController2(d *decoder, b []byte) error {
	if !isZero(b[10:16]) {
		return ErrBadRequestMustBeZero
	}
	a := &Controller{MaxLen: 0xffff, Reason: ReasonAction, extended: true}
	err := eachProp(b[16:], func(typ uint16, p []byte) error {
		v := p[4:]
		switch typ {
		case ctlPropMaxLen, ctlPropID:
			if len(v) < 2 {
				return ErrBadPropertyBadLen
			}
			if typ == ctlPropMaxLen {
				a.MaxLen = be.Uint16(v)
			} else {
				a.ID = be.Uint16(v)
			}
		case ctlPropReason:
			if len(v) < 1 {
				return ErrBadPropertyBadLen
			}
			a.Reason = PacketInReason(v[0])
		case ctlPropUserdata:
			a.Userdata = append([]byte(nil), v...)
		case ctlPropPause:
			a.Pause = true
		case ctlPropMeterID:
			if len(v) < 4 {
				return ErrBadPropertyBadLen
			}
			a.MeterID = be.Uint32(v)
		default:
			return ErrBadPropertyBadType
		}
		return nil
	})
	d.add(a)
	return err
}

// eachProp walks properties: type, length, value, each padded to 8 bytes. f
// gets all of a property without its padding.
func eachProp(b []byte, f func(typ uint16, p []byte) error) error { return eachPropAlign(b, 8, f) }

// eachPropAlign is eachProp for properties padded to align bytes.
func eachPropAlign(b []byte, align int, f func(typ uint16, p []byte) error) error {
	for len(b) > 0 {
		if len(b) < 4 {
			return ErrBadPropertyBadLen
		}
		typ, n := be.Uint16(b), int(be.Uint16(b[2:]))
		padded := (n + align - 1) &^ (align - 1)
		if n < 4 || padded > len(b) || typ == propExperimenter && n < 12 {
			return ErrBadPropertyBadLen
		}
		if err := f(typ, b[:n:n]); err != nil {
			return err
		}
		b = b[padded:]
	}
	return nil
}

var reasonNames = [...]string{
	ReasonNoMatch: "no_match", ReasonAction: "action", ReasonInvalidTTL: "invalid_ttl", ReasonActionSet: "action_set",
	ReasonGroup: "group", ReasonPacketOut: "packet_out", ReasonExplicitMiss: "", ReasonImplicitMiss: "", // as OVS calls what only it has
}

// String returns the reason's name, such as "no_match"; ReasonExplicitMiss and
// ReasonImplicitMiss have none in text.
func (r PacketInReason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return strconv.Itoa(int(r))
}

func parseReason(s string) (PacketInReason, bool) {
	for i, n := range reasonNames {
		if strings.EqualFold(s, n) {
			return PacketInReason(i), true
		}
	}
	return 0, false
}
