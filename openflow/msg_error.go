package openflow

import (
	"bytes"
	"fmt"
)

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

func decodeErrorMsg(h *msgDecoder, b []byte) (Message, error) {
	m := &ErrorMsg{typ: be.Uint16(b), code: be.Uint16(b[2:])}
	b = b[4:]
	switch {
	case m.typ == errTypeNXVendor && m.code == 0:
		if len(b) < 8 {
			return nil, ErrBadRequestBadLen
		}
		m.vendor, m.typ, m.code = be.Uint32(b), be.Uint16(b[4:]), be.Uint16(b[6:])
		b = b[8:]
	case m.typ == errTypeExperimenter:
		if len(b) < 4 {
			return nil, ErrBadRequestBadLen
		}
		m.vendor, m.typ, m.code = be.Uint32(b), m.code, 0
		b = b[4:]
	}
	m.Code = errorFromWire(h.Version, m.vendor, m.typ, m.code)
	if m.Code == 0 && h.loose {
		return nil, ErrBadRequestBadLen
	}
	m.Data = append([]byte(nil), b...)
	return m, nil
}

func (*ErrorMsg) raw(Protocols) rawType { return rawError }

func (m *ErrorMsg) print(p *printer) {
	p.f(" %s\n", m.Code)
	if m.Code == ErrHelloFailedIncompatible || m.Code == ErrHelloFailedEperm {
		if len(m.Data) > 0 {
			p.str(quoteText(m.Data))
		}
		return
	}
	p.b = AppendPrint(p.b, m.Data, PrintOptions{Verbosity: 1, Names: p.names})
}

// quoteText prints the text of a failed hello, without a blank at its end.
func quoteText(b []byte) string {
	var out []byte
	b = bytes.TrimSuffix(b, []byte(" "))
	for _, c := range b {
		if c < ' ' || c > '~' || c == '\\' || c == '"' {
			out = fmt.Appendf(out, "\\%03o", c)
		} else {
			out = append(out, c)
		}
	}
	return string(append(out, '\n'))
}
