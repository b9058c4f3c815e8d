package afxdp

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// queue is one queue of the interface with its socket, if it has one.
type queue struct {
	d    *Device
	n    int
	poll *linux.FD // an epoll of the socket, so that the datapath polls one descriptor whatever becomes of that
	sock atomic.Pointer[Socket]

	tx   sync.Mutex       // sending
	segs []*packet.Packet // scratch, guarded by tx
}

func newQueue(d *Device, n int) (*queue, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return &queue{d: d, n: n, poll: linux.NewFD(ep)}, nil
}

// open gives the queue a socket.
func (q *queue) open(cfg SocketConfig) error {
	s, err := OpenSocket(cfg)
	if err != nil {
		return err
	}
	if err := unix.EpollCtl(q.poll.Num(), unix.EPOLL_CTL_ADD, s.FD(), &unix.EpollEvent{Events: unix.EPOLLIN}); err != nil {
		s.Close()
		return err
	}
	q.sock.Store(s)
	return nil
}

// drop takes the socket away.
func (q *queue) drop() {
	if s := q.sock.Swap(nil); s != nil {
		s.Close()
	}
}

func (q *queue) close() {
	q.drop()
	q.poll.Close()
}

// FD implements netdev.RxQueue.
func (q *queue) FD() int { return q.poll.Num() }

// Recv implements netdev.RxQueue.
func (q *queue) Recv(batch []*packet.Packet) (int, error) {
	s := q.sock.Load()
	if s == nil || !s.Enter() {
		if q.poll.Closed() {
			return 0, netdev.ErrClosed
		}
		return 0, nil
	}
	defer s.Leave()
	n := s.Received(len(batch))
	if n == 0 {
		s.Wake()
		return 0, nil
	}
	for i := range n {
		s.Fetch(i)
	}
	got, bytes := 0, 0
	for i := range n {
		f := s.Frame(i)
		if len(f) < 14 {
			continue
		}
		p := batch[got]
		p.Reset(len(f))
		copy(p.Bytes(), f)
		got++
		bytes += len(f)
	}
	s.Release(n)
	s.Wake()
	q.d.cnt.RxPackets.Add(int64(got))
	q.d.cnt.RxBytes.Add(int64(bytes))
	if got < n {
		q.d.cnt.RxErrors.Add(int64(n - got))
	}
	return got, nil
}

// Flush implements netdev.Flusher.
func (d *Device) Flush(txq int) error {
	q := d.queues[txq%len(d.queues)]
	s := q.sock.Load()
	if s == nil || !s.Enter() {
		return nil // Send said so
	}
	defer s.Leave()
	q.tx.Lock()
	defer q.tx.Unlock()
	return s.Flush()
}

// TxQueues implements netdev.TxQueuer.
func (d *Device) TxQueues() int { return len(d.queues) }

// Send implements netdev.Device. Checksums and segments are finished here. What it
// stages goes with Flush.
func (d *Device) Send(txq int, batch []*packet.Packet) (int, error) {
	q := d.queues[txq%len(d.queues)]
	s := q.sock.Load()
	if s == nil || !s.Enter() {
		if q.poll.Closed() {
			return 0, netdev.ErrClosed
		}
		d.cnt.TxDropped.Add(int64(len(batch)))
		return 0, errNetdown
	}
	defer s.Leave()
	q.tx.Lock()
	defer q.tx.Unlock()
	sent, bytes := 0, 0
	var err error
	for _, p := range batch {
		if p.Offload.GSOType != packet.GSONone {
			n, e := q.sendSegments(s, p)
			if bytes += n; e == nil {
				sent++
			} else if err == nil {
				err = e
			}
			continue
		}
		p.FinishChecksum()
		if !q.put(s, p.Bytes()) {
			if err == nil {
				err = errNobufs
			}
			continue
		}
		sent++
		bytes += p.Len()
	}
	d.cnt.TxPackets.Add(int64(sent))
	d.cnt.TxBytes.Add(int64(bytes))
	if sent < len(batch) {
		d.cnt.TxDropped.Add(int64(len(batch) - sent))
	}
	return sent, err
}

var errNobufs error = unix.ENOBUFS

// put stages a frame, after sending what is staged if that makes room.
func (q *queue) put(s *Socket, b []byte) bool {
	if s.Put(b) {
		return true
	}
	s.Flush()
	return s.Put(b)
}

// sendSegments stages the frames that p stands for.
func (q *queue) sendSegments(s *Socket, p *packet.Packet) (bytes int, err error) {
	if q.segs, err = p.Segment(q.segs[:0]); err != nil {
		return 0, err
	}
	for _, seg := range q.segs {
		seg.FinishChecksum()
		if !q.put(s, seg.Bytes()) {
			return bytes, errNobufs
		}
		bytes += seg.Len()
	}
	return bytes, nil
}
