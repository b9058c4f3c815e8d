package packet

import "encoding/binary"

// Flags of a vnet header (linux/virtio_net.h). Its integers are in the host's
// byte order, as a tap and a packet socket use it without VNET_HDR_BE/LE.
const (
	vnetNeedsCsum = 1
	vnetDataValid = 2
	vnetGSOECN    = 0x80
)

// ReadVNetHdr decodes the vnet header at the front of b into o and reports
// whether it is whole and its offsets lie within the n bytes of the frame.
func (o *Offload) ReadVNetHdr(b []byte, n int) bool {
	*o = Offload{}
	if len(b) < VNetHdrLen {
		return false
	}
	ne := binary.NativeEndian
	o.CsumValid = b[0]&vnetDataValid != 0
	if b[0]&vnetNeedsCsum != 0 {
		o.CsumPartial = true
		o.CsumStart = ne.Uint16(b[6:])
		o.CsumOffset = ne.Uint16(b[8:])
		if int(o.CsumStart)+int(o.CsumOffset)+2 > n {
			return false
		}
	}
	if t := GSOType(b[1] &^ vnetGSOECN); t != GSONone {
		o.GSOType = t
		o.ECN = b[1]&vnetGSOECN != 0
		o.HdrLen = ne.Uint16(b[2:])
		o.GSOSize = ne.Uint16(b[4:])
		if o.GSOSize == 0 || int(o.HdrLen) > n {
			return false
		}
	}
	return true
}

// maxLinear bounds the frames whose vnet header says that all of them is header.
// The kernel then keeps them in one piece of memory; else it takes a page for what
// is beyond the Ethernet header, at half the price of the whole send.
const maxLinear = 2048

// SetLinear says in the vnet header at the front of b, of a frame of n bytes that
// is not to be segmented, that all of it is header, unless it is long.
func SetLinear(b []byte, n int) {
	if n > maxLinear {
		n = 0
	}
	binary.NativeEndian.PutUint16(b[2:], uint16(n))
}

// WriteVNetHdr encodes o into the first VNetHdrLen bytes of b.
func (o *Offload) WriteVNetHdr(b []byte) {
	b = b[:VNetHdrLen]
	clear(b)
	ne := binary.NativeEndian
	if o.CsumPartial {
		b[0] |= vnetNeedsCsum
		ne.PutUint16(b[6:], o.CsumStart)
		ne.PutUint16(b[8:], o.CsumOffset)
	} else if o.CsumValid {
		b[0] |= vnetDataValid
	}
	if o.GSOType != GSONone {
		b[1] = byte(o.GSOType)
		if o.ECN {
			b[1] |= vnetGSOECN
		}
		ne.PutUint16(b[2:], o.HdrLen)
		ne.PutUint16(b[4:], o.GSOSize)
	}
}

// FinishChecksum fills in the checksum that Offload.CsumPartial left open, by
// adding up the bytes from CsumStart on, and clears the mark. A super-frame
// must be segmented first; its checksums are made by Segment.
func (p *Packet) FinishChecksum() {
	o := &p.Offload
	if !o.CsumPartial {
		return
	}
	o.CsumPartial = false
	b := p.Bytes()
	start, at := int(o.CsumStart), int(o.CsumStart)+int(o.CsumOffset)
	if at+2 > len(b) {
		return
	}
	c := Checksum(b[start:p.ipEnd(start)])
	if c == 0 && o.CsumOffset == 6 { // UDP: zero would mean "none"
		c = 0xffff
	}
	be.PutUint16(b[at:], c)
	o.CsumValid = true
}

// ipEnd returns where the IP packet around the byte at start ends, as link-layer
// padding does not belong to it; without one, the end of the frame.
func (p *Packet) ipEnd(start int) int {
	n, e := p.Len(), 0
	if p.L3 < 0 || p.L3 >= start {
		return n
	}
	if h := p.IPv4(); h != nil {
		e = p.L3 + h.TotalLen()
	} else if h := p.IPv6(); h != nil {
		e = p.L3 + IPv6Len + h.PayloadLen()
	}
	if e < start || e > n || p.Offload.GSOType != GSONone {
		return n
	}
	return e
}
