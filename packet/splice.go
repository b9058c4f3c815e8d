package packet

// PatchChecksum makes the checksum at csum that of data in which the bytes old,
// at an even offset, were replaced by new of the same even length, at most 16. An
// empty csum is none.
func PatchChecksum(csum, old, new []byte) {
	if len(csum) == 2 {
		updateBytes(csum, old, new)
	}
}

// Splice replaces n bytes of the frame from at on by data, which may be longer
// or shorter. Lengths and checksums in headers are the caller's business.
func (p *Packet) Splice(at, n int, data []byte) {
	old, delta := p.Len(), len(data)-n
	if p.off+old+delta > len(p.buf) {
		buf := make([]byte, Headroom+old+delta)
		copy(buf[Headroom:], p.Bytes())
		p.buf, p.off = buf, Headroom
	}
	p.SetLen(max(old, old+delta))
	b := p.Bytes()
	copy(b[at+len(data):], b[at+n:old])
	copy(b[at:], data)
	p.SetLen(old + delta)
}
