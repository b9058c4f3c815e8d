package ofctl

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"govs/flow"
	"govs/openflow"
	"govs/packet"
)

// streamID names one direction of a TCP connection.
type streamID struct{ src, dst netip.AddrPort }

// tcpStream puts the segments of one direction in order. What is lost stays
// lost: bytes wait for those before them until the stream starts over.
type tcpStream struct {
	started bool
	next    uint32 // sequence number of the next byte
	early   []segment
	data    []byte // in order, and not yet printed
}

type segment struct {
	seq  uint32
	data []byte
}

// maxEarly bounds the segments that wait for one before them.
const maxEarly = 1024

// add takes a segment and appends what is in order to data.
func (s *tcpStream) add(seq uint32, syn bool, data []byte) {
	switch {
	case syn:
		*s = tcpStream{started: true, next: seq + 1}
		return
	case !s.started:
		s.started, s.next = true, seq
	}
	if len(data) == 0 {
		return
	}
	s.early = append(s.early, segment{seq, data})
	for again := true; again; {
		again = false
		s.early = slices.DeleteFunc(s.early, func(g segment) bool {
			behind := int32(s.next - g.seq)
			if behind < 0 {
				return false
			}
			if int(behind) < len(g.data) {
				s.data = append(s.data, g.data[behind:]...)
				s.next += uint32(len(g.data) - int(behind))
				again = true
			}
			return true
		})
	}
	if len(s.early) > maxEarly {
		s.early = s.early[1:]
	}
}

// messages calls f with each whole message and drops it. A stream that cannot
// be OpenFlow is dropped whole.
func (s *tcpStream) messages(f func(b []byte)) {
	for len(s.data) >= openflow.HeaderLen {
		n := int(openflow.ParseHeader(s.data).Length)
		if n < openflow.HeaderLen {
			s.data = nil
			return
		}
		if len(s.data) < n {
			return
		}
		f(s.data[:n])
		s.data = s.data[n:]
	}
}

// endpoints returns where a TCP packet comes from and goes to.
func endpoints(k *flow.Key) streamID {
	src, dst := netip.AddrFrom16(k.IPv6Src), netip.AddrFrom16(k.IPv6Dst)
	if k.EthType == 0x0800 {
		v4 := func(a uint32) netip.Addr {
			return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
		}
		src, dst = v4(k.NwSrc), v4(k.NwDst)
	}
	return streamID{netip.AddrPortFrom(src, k.TPSrc), netip.AddrPortFrom(dst, k.TPDst)}
}

func (id streamID) String() string {
	end := func(a netip.AddrPort) string { return fmt.Sprintf("%s.%d", a.Addr(), a.Port()) }
	return end(id.src) + " > " + end(id.dst)
}

// ofpParsePcap prints the OpenFlow messages of a capture: those of TCP
// connections from or to the given ports, or OpenFlow's own.
func (t *tool) ofpParsePcap(args []string) error {
	ports := map[uint16]bool{}
	for _, a := range args[1:] {
		n, _ := strconv.ParseUint(a, 10, 16)
		ports[uint16(n)] = true
	}
	if len(ports) == 0 {
		ports = map[uint16]bool{6633: true, 6653: true}
	}
	streams := map[streamID]*tcpStream{}
	n := 0
	err := t.eachPacket(args[0], func(p *packet.Packet) {
		const protoTCP, syn = 6, 2
		var k flow.Key
		flow.Extract(p, &k)
		h := packet.TCP(p.Transport())
		if !k.IsIP() || k.NwProto != protoTCP || !h.Valid() || len(h) < h.HeaderLen() || !ports[k.TPSrc] && !ports[k.TPDst] {
			return
		}
		id := endpoints(&k)
		s := streams[id]
		if s == nil {
			s = &tcpStream{}
			streams[id] = s
		}
		s.add(h.Seq(), h.Flags()&syn != 0, h[h.HeaderLen():])
		s.messages(func(b []byte) {
			if n++; n > 1 {
				fmt.Fprintln(t.Out)
			}
			fmt.Fprintf(t.Out, "%s:\n", id)
			t.print(t.Out, b, 1, nil)
		})
	})
	var f *failure
	if errors.As(err, &f) {
		f.code = 1
	}
	return err
}
