package openflow

import "time"

// MultipartLimit is how many bytes of parts an Assembler keeps of one message
// unless it is told otherwise.
const MultipartLimit = 64 << 20

// An Assembler collects the parts in which long requests and replies come
// (multipart messages, OpenFlow 1.3.5 section 7.3.5), in either direction. Parts
// of several messages may come interleaved; those of one have the same type and
// transaction id. It is for one connection and one goroutine. The zero
// Assembler is ready for use.
type Assembler struct {
	Limit   int           // bytes of one message; 0 is MultipartLimit
	Timeout time.Duration // between parts; 0 is for ever

	open map[multipartKey]*multipart
}

type multipartKey struct {
	xid   uint32
	typ   uint8
	stats uint16
}

type multipart struct {
	parts [][]byte
	size  int
	last  time.Time
}

// Add takes the next message of the connection. It returns all parts of the
// message that is whole with it, of which there is one if the message is not
// multipart, or none if more parts are to come. What is returned shares memory
// with what was added. A message that becomes too long is dropped with
// ErrBadRequestMultipartBufferOverflow, which is the error to answer.
func (a *Assembler) Add(b []byte, now time.Time) (parts [][]byte, err error) {
	key, more, ok := multipartOf(b)
	m := a.open[key]
	switch {
	case !ok || !more && m == nil:
		return [][]byte{b}, nil
	case m == nil:
		m = &multipart{}
		if a.open == nil {
			a.open = map[multipartKey]*multipart{}
		}
		a.open[key] = m
	}
	m.parts, m.size, m.last = append(m.parts, b), m.size+len(b), now
	limit := a.Limit
	if limit == 0 {
		limit = MultipartLimit
	}
	switch {
	case m.size > limit:
		delete(a.open, key)
		return nil, ErrBadRequestMultipartBufferOverflow
	case more:
		return nil, nil
	}
	delete(a.open, key)
	return m.parts, nil
}

// Expire drops messages whose next part does not come and returns the last part
// of each, to answer with ErrBadRequestMultipartRequestTimeout if it is a
// request.
func (a *Assembler) Expire(now time.Time) (last [][]byte) {
	for key, m := range a.open {
		if a.Timeout > 0 && now.Sub(m.last) >= a.Timeout {
			last = append(last, m.parts[len(m.parts)-1])
			delete(a.open, key)
		}
	}
	return last
}

// multipartOf reads what tells multipart messages apart, and whether more parts
// follow this one. Requests of more than one part came with OpenFlow 1.3.
func multipartOf(b []byte) (key multipartKey, more, ok bool) {
	if len(b) < lenStats10 {
		return key, false, false
	}
	h := ParseHeader(b)
	req, rep := uint8(typeStatsReq10), uint8(typeStatsRep10)
	if h.Version >= V11 {
		req, rep = typeStatsReq11, typeStatsRep11
	}
	if h.Type != rep && (h.Type != req || h.Version < V13) {
		return key, false, false
	}
	return multipartKey{h.Xid, h.Type, be.Uint16(b[8:])}, be.Uint16(b[10:])&statsFlagMore != 0, true
}

// DecodeParts decodes the parts of a multipart message, as an Assembler returns
// them, and returns a message for each. Lists go on from one to the next.
func DecodeParts(parts [][]byte, o DecodeOptions) ([]Decoded, error) {
	out := make([]Decoded, 0, len(parts))
	for _, b := range parts {
		d, err := Decode(b, o)
		if err != nil {
			return out, err
		}
		out = append(out, d)
	}
	return out, nil
}
