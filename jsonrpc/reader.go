package jsonrpc

import (
	"errors"
	"fmt"
	"io"

	"govs/jsonrpc/json"
)

// ParseError is the error of a stream that holds no JSON.
type ParseError struct{ Err error }

func (e *ParseError) Error() string { return fmt.Sprintf("error parsing stream: %v", e.Err) }
func (e *ParseError) Unwrap() error { return e.Err }

// MessageError is the error of JSON that is no message.
type MessageError struct{ Err error }

func (e *MessageError) Error() string { return fmt.Sprintf("received bad JSON-RPC message: %v", e.Err) }
func (e *MessageError) Unwrap() error { return e.Err }

// Reader splits a stream into messages.
type Reader struct {
	r          io.Reader
	buf        []byte
	start, end int // what has been read and not yet returned
	seen       int // how far the scanner has looked
	checked    int // size at which an unfinished message was last checked
	scan       json.Scanner

	// Limits, beyond which a message is refused; 0: none. MaxValues is how many
	// values of JSON may be in it: the least of them takes many times the memory
	// of its text.
	MaxBytes, MaxValues int

	volatile bool
	parser   json.Parser
	msg      Message
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// NewVolatileReader returns a Reader whose messages are good until the next
// one is asked for: who keeps one longer clones it.
func NewVolatileReader(r io.Reader) *Reader { return &Reader{r: r, volatile: true} }

// checkEvery is the size at which a message that is still coming in is checked
// for faults, and again whenever it has doubled: a peer that sends rubbish
// must not make us wait for its end.
const checkEvery = 64 << 10

// checkAlways is the size from which a whole message is checked before it is
// built.
const checkAlways = 16 << 20

var errTooLong = &ParseError{errors.New("message too long")}

// Buffered returns the next message if all of it has been read already, and
// nil if Next would have to read.
func (r *Reader) Buffered() (*Message, error) {
	b := r.buf[r.seen:r.end]
	n, done := r.scan.Scan(b)
	r.seen += n
	size := r.seen - r.start
	if r.MaxBytes > 0 && size > r.MaxBytes {
		return nil, errTooLong
	}
	if !done {
		if r.scan.Idle() {
			r.start = r.seen // blanks between messages
		} else if size >= checkEvery && size >= 2*r.checked {
			r.checked = size
			values, err := json.Check(r.buf[r.start:r.end])
			if se, ok := err.(*json.SyntaxError); ok && se.Byte < size-16 {
				return nil, &ParseError{err}
			}
			if r.MaxValues > 0 && values > r.MaxValues {
				return nil, errTooLong
			}
		}
		return nil, nil
	}
	text := r.buf[r.start:r.seen]
	if r.MaxValues > 0 && size >= checkAlways {
		if values, _ := json.Check(text); values > r.MaxValues {
			return nil, errTooLong
		}
	}
	r.scan.Reset()
	r.start, r.checked = r.seen, 0
	m, parse := &r.msg, r.parser.Parse
	if !r.volatile {
		m, parse = &Message{}, json.Parse
	}
	v, err := parse(text)
	if err != nil {
		return nil, &ParseError{err}
	}
	if err := m.fromJSON(v); err != nil {
		return nil, &MessageError{err}
	}
	return m, nil
}

// Next waits for a message. After an error the stream is of no more use.
func (r *Reader) Next() (*Message, error) {
	for {
		if m, err := r.Buffered(); m != nil || err != nil {
			return m, err
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads once.
func (r *Reader) fill() error {
	if r.start == r.end {
		r.start, r.end, r.seen = 0, 0, 0
		if len(r.buf) > 1<<20 {
			// One giant message must not cost memory for ever.
			r.buf, r.parser, r.msg = nil, json.Parser{}, Message{}
		}
	}
	if len(r.buf)-r.end < 2048 {
		if r.start > 0 {
			copy(r.buf, r.buf[r.start:r.end])
			r.seen -= r.start
			r.end -= r.start
			r.start = 0
		}
		if len(r.buf)-r.end < 2048 {
			size := max(4096, 2*len(r.buf))
			if r.MaxBytes > 0 {
				// One that is too long is told by a little more.
				size = max(min(size, r.MaxBytes+8192), r.end+4096)
			}
			nb := make([]byte, size)
			copy(nb, r.buf[:r.end])
			r.buf = nb
		}
	}
	n, err := r.r.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}
