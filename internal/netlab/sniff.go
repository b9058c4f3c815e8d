package netlab

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Frame is what Decode found in an Ethernet frame; what is not there is zero.
type Frame struct {
	Type      uint16 // Ethernet type, of the inner header behind VLAN tags
	Tagged    bool   // an 802.1Q tag is there
	ARPOp     uint16 // 1 request, 2 reply
	ARPSender netip.Addr
	ARPTarget netip.Addr
	Src, Dst  netip.Addr // of IPv4
	DF        bool       // don't fragment
	Proto     uint8
	SPort     uint16 // UDP and TCP
	DPort     uint16
	VNI       uint32 // of VXLAN
	Inner     *Frame // inside VXLAN
}

// VXLANPort is the UDP port of RFC 7348.
const VXLANPort = 4789

// Decode reads a frame as far as the lab cares, into VXLAN too.
func Decode(b []byte) (f Frame) {
	if len(b) < 14 {
		return f
	}
	f.Type = binary.BigEndian.Uint16(b[12:])
	b = b[14:]
	for f.Type == 0x8100 && len(b) >= 4 {
		f.Tagged = true
		f.Type = binary.BigEndian.Uint16(b[2:])
		b = b[4:]
	}
	switch {
	case f.Type == etherARP && len(b) >= 28:
		f.ARPOp = binary.BigEndian.Uint16(b[6:])
		f.ARPSender = netip.AddrFrom4([4]byte(b[14:18]))
		f.ARPTarget = netip.AddrFrom4([4]byte(b[24:28]))
	case f.Type == etherIPv4 && len(b) >= 20:
		f.ipv4(b)
	}
	return f
}

func (f *Frame) ipv4(b []byte) {
	frag := binary.BigEndian.Uint16(b[6:])
	f.DF = frag&0x4000 != 0
	f.Proto = b[9]
	f.Src = netip.AddrFrom4([4]byte(b[12:16]))
	f.Dst = netip.AddrFrom4([4]byte(b[16:20]))
	hl := int(b[0]&15) * 4
	if hl < 20 || len(b) < hl+8 || frag&0x1fff != 0 || (f.Proto != 17 && f.Proto != 6) {
		return
	}
	l4 := b[hl:]
	f.SPort = binary.BigEndian.Uint16(l4)
	f.DPort = binary.BigEndian.Uint16(l4[2:])
	if f.Proto == 17 && f.DPort == VXLANPort && len(l4) >= 16 {
		f.VNI = binary.BigEndian.Uint32(l4[12:]) >> 8
		inner := Decode(l4[16:])
		f.Inner = &inner
	}
}

// Sniffer sees every frame of an interface, in both directions.
type Sniffer struct {
	fd   int
	stop chan struct{}
	wg   sync.WaitGroup

	mu     sync.Mutex
	frames []Frame // guarded by mu
}

// Sniff starts watching an interface.
func (n *Namespace) Sniff(ifname string) (*Sniffer, error) {
	fd, _, err := n.packetSocket(ifname, 0)
	if err != nil {
		return nil, err
	}
	s := &Sniffer{fd: fd, stop: make(chan struct{})}
	s.wg.Go(s.run)
	return s, nil
}

func (s *Sniffer) run() {
	buf := make([]byte, 65536)
	for {
		select {
		case <-s.stop:
			return
		default:
		}
		n, ok := recv(s.fd, buf, time.Now().Add(50*time.Millisecond))
		if !ok {
			continue
		}
		f := Decode(buf[:n])
		s.mu.Lock()
		s.frames = append(s.frames, f)
		s.mu.Unlock()
	}
}

// Count returns how many of the frames seen so far satisfy f.
func (s *Sniffer) Count(f func(*Frame) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := 0
	for i := range s.frames {
		if f(&s.frames[i]) {
			c++
		}
	}
	return c
}

// Close stops watching. What was seen stays.
func (s *Sniffer) Close() {
	select {
	case <-s.stop:
		return
	default:
	}
	close(s.stop)
	s.wg.Wait()
	unix.Close(s.fd)
}
