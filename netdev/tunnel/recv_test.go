package tunnel

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/packet"
)

// tcpSegment is a TCP segment over IPv4 over Ethernet with right checksums.
func tcpSegment(port uint16, seq uint32, n int, flags byte) []byte {
	b := append(tcpFrame(), make([]byte, n)...)
	for i := range n {
		b[54+i] = byte(seq+uint32(i)) * 7
	}
	ip := packet.IPv4(b[14:])
	be.PutUint16(ip[2:], uint16(40+n))
	ip.Checksum()
	tcp := b[34:]
	be.PutUint16(tcp, port)
	be.PutUint32(tcp[4:], seq)
	tcp[13] = flags
	tcp[16], tcp[17] = 0, 0
	be.PutUint16(tcp[16:], ^packet.Fold(packet.Sum(tcp, packet.PseudoV4(ip, 6, len(tcp)))))
	return b
}

// received is one datagram as the kernel delivers it.
type received struct {
	b    []byte
	each int // 0: not joined
}

// deliver has a queue take datagrams as if they had been received by one call.
func deliver(q *rxQueue, batch []*packet.Packet, in []received) []*packet.Packet {
	q.batch, q.out, q.frames, q.bytes, q.bad = batch, 0, 0, 0, 0
	q.free = append(q.free[:0], batch[len(in):]...)
	copy(q.in[:], batch[:len(in)])
	for i, r := range in {
		q.in[i].Reset(maxDatagram)
		copy(q.in[i].Buffer(), r.b)
		q.msgs[i].Len = uint32(len(r.b))
		q.msgs[i].Hdr.Controllen = 0
		q.from[i] = unix.RawSockaddrInet6{Family: unix.AF_INET}
		if r.each > 0 {
			c := unsafe.Slice((*byte)(unsafe.Pointer(&q.ctl[i])), controlLen)
			h := (*unix.Cmsghdr)(unsafe.Pointer(&q.ctl[i]))
			h.Level, h.Type = unix.IPPROTO_UDP, unix.UDP_GRO
			h.SetLen(unix.CmsgLen(4))
			binary.NativeEndian.PutUint32(c[unix.SizeofCmsghdr:], uint32(r.each))
			q.msgs[i].Hdr.SetControllen(unix.CmsgSpace(4))
		}
	}
	for i := range in {
		q.datagram(i, q.in[i])
	}
	q.merge.finish()
	copy(batch[q.out:], q.free)
	return batch[:q.out]
}

func newBatch(n int) []*packet.Packet {
	batch := make([]*packet.Packet, n)
	for i := range batch {
		batch[i] = &packet.Packet{}
		batch[i].Reset(maxDatagram)
	}
	return batch
}

// cutAll returns the frames that packets stand for.
func cutAll(t *testing.T, ps []*packet.Packet) (frames [][]byte) {
	t.Helper()
	for _, p := range ps {
		segs, err := p.Segment(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range segs {
			frames = append(frames, bare(s))
		}
	}
	return frames
}

// TestJoinedDatagrams: wherever datagrams that the kernel joined begin and end, the
// frames of one stream become as few super-frames as have room for them.
func TestJoinedDatagrams(t *testing.T) {
	q := &rxQueue{d: device("vxlan", 0)}
	const n, mss = 300, 1398
	vxlan := []byte{8, 0, 0, 0, 0, 0, 7, 0}
	for _, per := range []int{1, 2, 7, 30, 44} {
		var in []received
		for i := range n {
			f := append(append([]byte(nil), vxlan...), tcpSegment(7, uint32(i*mss), mss, tcpAck)...)
			if i%per == 0 {
				in = append(in, received{each: len(f)})
			}
			d := &in[len(in)-1]
			d.b = append(d.b, f...)
		}
		if len(in) > maxBatch {
			in = in[:maxBatch]
		}
		batch := newBatch(maxBatch)
		out := deliver(q, batch, in)
		sent := min(n, len(in)*per)
		if most := (sent + 45) / 46; len(out) > most || len(q.rest) > 0 {
			t.Errorf("%d in a datagram: %d packets and %d put aside, want %d at most", per, len(out), len(q.rest), most)
		}
		if got := len(cutAll(t, out)); got != sent {
			t.Errorf("%d in a datagram: %d frames of %d", per, got, sent)
		}
	}
}

// TestDatagramsKeep: of frames of several streams, damaged ones and ones that are no
// frames, joined at random, what is delivered is what came, in order, and no packet
// of the caller's is lost or there twice.
func TestDatagramsKeep(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	q := &rxQueue{d: device("vxlan", 0)}
	for range 400 {
		batch := newBatch(1 + r.IntN(6))
		var in []received
		var want [][]byte
		bad := 0
		seq := [3]uint32{}
		mss := []int{100, 600, 1398}[r.IntN(3)]
		for range 1 + r.IntN(len(batch)) {
			d := received{}
			for range 1 + r.IntN(40) {
				hdr := []byte{8, 0, 0, 0, 0, 0, byte(r.IntN(8) / 7), 0}
				k := r.IntN(30) / 28
				f := tcpSegment(uint16(k), seq[k], mss, tcpAck|byte(r.IntN(20)/19*packet.TCPPsh))
				seq[k] += uint32(mss)
				switch r.IntN(40) {
				case 0:
					f[60] ^= 1 // a wrong checksum, which is to stay so
				case 1:
					hdr[0] = 0x88 // not a header of VXLAN
				}
				if d.each = len(hdr) + len(f); len(d.b)+d.each > maxDatagram {
					break
				}
				d.b = append(append(d.b, hdr...), f...)
				if hdr[0] != 8 {
					bad++
					continue
				}
				want = append(want, bare(packet.New(f)))
			}
			in = append(in, d)
		}
		out := deliver(q, batch, in)
		frames := q.frames
		got := cutAll(t, out)
		for len(q.rest) > 0 {
			more := newBatch(8)
			got = append(got, cutAll(t, more[:q.leftover(more)])...)
		}
		if len(got) != len(want) || int(frames) != len(want) || int(q.bad) != bad {
			t.Fatalf("%d frames of %d, counted %d, %d bad of %d", len(got), len(want), frames, q.bad, bad)
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("frame %d of %d differs", i, len(got))
			}
		}
		seen := map[*packet.Packet]bool{}
		for _, p := range batch {
			if seen[p] {
				t.Fatal("a packet is in the batch twice")
			}
			seen[p] = true
		}
	}
}

// A tunnel header with options leaves less room behind it.
func TestJoinToTheEnd(t *testing.T) {
	q := &rxQueue{d: device("geneve", 0)}
	hdr := append([]byte{62, 0, 0x65, 0x58, 0, 0, 7, 0}, make([]byte, 248)...)
	for at := 8; at < len(hdr); at += 124 {
		copy(hdr[at:], []byte{1, 2, 3, 30})
	}
	const n, mss = 48, 1388 // 47 would be a super-frame where they lay at the beginning
	var in []received
	for i := range n {
		in = append(in, received{b: append(append([]byte(nil), hdr...), tcpSegment(7, uint32(i*mss), mss, tcpAck)...)})
	}
	out := deliver(q, newBatch(maxBatch), in)
	if len(out) != 2 || len(cutAll(t, out)) != n {
		t.Errorf("%d packets of %d frames", len(out), len(cutAll(t, out)))
	}
	if room := out[0].Room(); room < out[0].Len() || room-out[0].Len() > mss {
		t.Errorf("a super-frame of %d bytes where there is room for %d", out[0].Len(), room)
	}
}
