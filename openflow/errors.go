package openflow

import (
	"encoding/binary"
	"fmt"
)

// Vendors whose extensions this package speaks.
const (
	vendorNX  = 0x00002320
	vendorONF = 0x4f4e4600
)

// ErrorCode is an OpenFlow error: what a switch answers to a message it does
// not do. It is a Go error whose text is the error's name.
type ErrorCode uint16

type errorRow struct {
	name string
	wire [4]errorWire
}

// errorWire is how an error goes over the wire in a run of versions.
type errorWire struct {
	first, last Version
	vendor      uint32
	typ, code   uint16
}

// Error returns the error's name, such as "OFPBAC_BAD_OUT_PORT".
func (e ErrorCode) Error() string {
	if e == 0 || e >= numErrors {
		return fmt.Sprintf("Unknown error %d", uint16(e))
	}
	return errorTable[e].name
}

// String is Error.
func (e ErrorCode) String() string { return e.Error() }

// ErrorByName returns the error with a name such as "OFPBAC_BAD_OUT_PORT".
func ErrorByName(name string) (ErrorCode, bool) {
	for i := range errorTable {
		if errorTable[i].name == name && i > 0 {
			return ErrorCode(i), true
		}
	}
	return 0, false
}

// Wire returns how version v sends the error: the vendor (0 for the standard's
// own errors), type and code. ok is false when v cannot.
func (e ErrorCode) Wire(v Version) (vendor uint32, typ, code uint16, ok bool) {
	if e == 0 || e >= numErrors {
		return 0, 0, 0, false
	}
	for _, w := range errorTable[e].wire {
		if w.first <= v && v <= w.last && w.first != 0 {
			return w.vendor, w.typ, w.code, true
		}
	}
	return 0, 0, 0, false
}

func errorFromWire(v Version, vendor uint32, typ, code uint16) ErrorCode {
	for i := range errorTable {
		for _, w := range errorTable[i].wire {
			if w.first == 0 {
				break
			}
			if w.first <= v && v <= w.last && w.vendor == vendor && w.typ == typ && w.code == code {
				return ErrorCode(i)
			}
		}
	}
	return 0
}

// Error types on the wire that say "look further for a vendor's error".
const (
	errTypeNXVendor     = 0xb0c2 // OpenFlow 1.0 and 1.1: NXET_VENDOR
	errTypeExperimenter = 0xffff // OpenFlow 1.2 and later
)

// ErrorMsg is an error message: the error and the beginning of the message
// that it answers. Code is 0 for an error this package does not know.
type ErrorMsg struct {
	Code ErrorCode
	Data []byte

	vendor    uint32
	typ, code uint16
}

// Error returns the error's name.
func (m *ErrorMsg) Error() string { return m.Code.Error() }

// Unwrap returns the code, so that errors.Is(err, ErrBadActionBadLen) works.
func (m *ErrorMsg) Unwrap() error { return m.Code }

func (m *ErrorMsg) encode(e *msgEncoder) {
	vendor, typ, code, ok := m.Code.Wire(e.version)
	if !ok {
		vendor, typ, code, ok = ErrBadRequestUnencodableError.Wire(e.version)
		if !ok {
			vendor, typ, code = 0, 1, 0
		}
	}
	switch {
	case vendor == 0:
		e.u16(typ)
		e.u16(code)
	case e.version < V12:
		e.u16(errTypeNXVendor)
		e.u16(0)
		e.u32(vendor)
		e.u16(typ)
		e.u16(code)
	default:
		e.u16(errTypeExperimenter)
		e.u16(typ)
		e.u32(vendor)
	}
	e.bytes(m.Data)
}

func decodeErrorMsg(h Header, b []byte) (Message, error) {
	m := &ErrorMsg{typ: binary.BigEndian.Uint16(b), code: binary.BigEndian.Uint16(b[2:])}
	b = b[4:]
	switch {
	case m.typ == errTypeNXVendor && m.code == 0 && h.Version < V12:
		if len(b) < 8 {
			return nil, ErrBadRequestBadLen
		}
		m.vendor, m.typ, m.code = binary.BigEndian.Uint32(b), binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
		b = b[8:]
	case m.typ == errTypeExperimenter && h.Version >= V12:
		if len(b) < 4 {
			return nil, ErrBadRequestBadLen
		}
		m.vendor, m.typ, m.code = binary.BigEndian.Uint32(b), m.code, 0
		b = b[4:]
	}
	m.Code = errorFromWire(h.Version, m.vendor, m.typ, m.code)
	m.Data = append([]byte(nil), b...)
	return m, nil
}
