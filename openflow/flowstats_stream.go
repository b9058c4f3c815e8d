package openflow

// FlowStatsEncoder encodes a reply to a request for flow statistics flow by
// flow, as a table may have many: the bytes are those of Encode with all flows
// at once, but no more than one part of the reply is held.
type FlowStatsEncoder struct {
	e   msgEncoder
	err error
}

// NewFlowStatsEncoder returns an encoder of the reply with transaction id xid
// for protocol p. It calls send with each part, which may not be kept.
func NewFlowStatsEncoder(p Protocols, xid uint32, send func(part []byte) error) *FlowStatsEncoder {
	w := &FlowStatsEncoder{}
	w.e = msgEncoder{proto: p, row: &msgTable[(*FlowStatsReply)(nil).raw(p)], xid: xid}
	w.e.version = p.Version()
	w.e.send = func(b []byte) {
		if w.err == nil {
			w.err = send(b)
		}
	}
	w.e.begin()
	return w
}

// Add adds a flow. The error is that of an earlier send.
func (w *FlowStatsEncoder) Add(fs *FlowStats) error {
	start := len(w.e.b)
	fs.encode(&w.e)
	be.PutUint16(w.e.b[start:], uint16(len(w.e.b)-start))
	w.e.item(start)
	return w.err
}

// Close sends the last part.
func (w *FlowStatsEncoder) Close() error {
	w.e.finish(false)
	return w.err
}

// eachEntryCount returns how many entries that begin with their length b seems
// to have.
func eachEntryCount(b []byte, min int) (n int) {
	for len(b) >= min {
		size := int(be.Uint16(b))
		if size < min || size > len(b) {
			return n
		}
		b = b[size:]
		n++
	}
	return n
}
