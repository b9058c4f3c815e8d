package openflow

import "fmt"

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
