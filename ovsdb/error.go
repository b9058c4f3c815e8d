package ovsdb

import (
	"fmt"

	"govs/jsonrpc/json"
)

// Error is an OVSDB error: Tag is the word programs test ("constraint
// violation", RFC 7047 section 3.1), Details says more, Syntax is the JSON text
// at fault, if any, IO the system's word for what failed. Tag is never empty.
type Error struct {
	Tag, Details, Syntax, IO string
}

// Errorf returns an error with the given tag.
func Errorf(tag, format string, args ...any) *Error {
	return &Error{Tag: tag, Details: fmt.Sprintf(format, args...)}
}

// SyntaxErrorf returns an error about the JSON value at fault; an empty tag
// means "syntax error".
func SyntaxErrorf(at json.Value, tag, format string, args ...any) *Error {
	if tag == "" {
		tag = "syntax error"
	}
	return &Error{Tag: tag, Details: fmt.Sprintf(format, args...), Syntax: at.String()}
}

// Error returns the text OVS prints for the error.
func (e *Error) Error() string {
	s := e.Tag
	if e.Syntax != "" {
		s = `syntax "` + e.Syntax + `": ` + s
	}
	if e.Details != "" {
		s += ": " + e.Details
	}
	if e.IO != "" {
		s += " (" + e.IO + ")"
	}
	return s
}

// JSON returns the error as an <error> object.
func (e *Error) JSON() json.Value {
	m := make([]json.Member, 0, 4)
	if e.Details != "" {
		m = append(m, json.Member{Key: "details", Value: json.Str(e.Details)})
	}
	m = append(m, json.Member{Key: "error", Value: json.Str(e.Tag)})
	if e.IO != "" {
		m = append(m, json.Member{Key: "io-error", Value: json.Str(e.IO)})
	}
	if e.Syntax != "" {
		m = append(m, json.Member{Key: "syntax", Value: json.Str(e.Syntax)})
	}
	return json.Obj(m...)
}

// Syntax errors are made in many places of a hot path that only rarely needs
// them, so parsers return *Error, and public functions turn a nil one into a
// nil error by asError.
func asError(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}
