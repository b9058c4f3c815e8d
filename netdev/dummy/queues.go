package dummy

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// maxQueues is the most queues that a device has of a kind, as in OVS.
const maxQueues = 1024

// counter counts what went through a queue.
type counter struct{ packets, bytes uint64 }

func (c *counter) add(bytes int) {
	c.packets++
	c.bytes += uint64(bytes)
}

// appendTo adds the counters as OVS names those of queue i in a direction.
func (c *counter) appendTo(l []netdev.CustomStat, dir string, i int) []netdev.CustomStat {
	name := fmt.Sprintf("%s_q%d_", dir, i)
	return append(l, netdev.CustomStat{Name: name + "bytes", Value: c.bytes}, netdev.CustomStat{Name: name + "packets", Value: c.packets})
}

// rxQueue is a queue of packets that wait to be received.
type rxQueue struct {
	d       *Device
	fd      *linux.FD     // event descriptor: readable while there are packets
	packets [][]byte      // guarded by d.mu
	idle    chan struct{} // closed when everything queued was handled; guarded by d.mu
	cnt     counter       // guarded by d.mu
}

// queueCounts returns how many queues options ask for, as OVS reads them: one each
// where there is no usable number or no packet thread for the device.
func (d *Device) queueCounts(o map[string]string) (rx, tx int) {
	n := func(key string) int {
		if d.cfg.Type != "dummy-pmd" {
			return 1
		}
		i, _ := strconv.Atoi(o[key])
		return min(max(i, 1), maxQueues)
	}
	return n("n_rxq"), n("n_txq")
}

func (d *Device) openQueues(n int) error {
	for range n {
		fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
		if err != nil {
			d.closeQueues()
			return err
		}
		d.rx = append(d.rx, &rxQueue{d: d, fd: linux.NewFD(fd)})
	}
	return nil
}

func (d *Device) closeQueues() {
	for _, q := range d.rx {
		q.fd.Close()
	}
}

// RxQueues implements netdev.Device.
func (d *Device) RxQueues() []netdev.RxQueue {
	l := make([]netdev.RxQueue, len(d.rx))
	for i, q := range d.rx {
		l[i] = q
	}
	return l
}

// FD implements netdev.RxQueue.
func (q *rxQueue) FD() int { return q.fd.Num() }

// Recv implements netdev.RxQueue. Its descriptor stays readable until a call
// found nothing, which also says that the packets of the call before are
// handled.
func (q *rxQueue) Recv(batch []*packet.Packet) (int, error) {
	fd, ok := q.fd.Acquire()
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer q.fd.Release()
	q.d.mu.Lock()
	defer q.d.mu.Unlock()
	if len(batch) == 0 || len(q.packets) == 0 {
		var b [8]byte
		unix.Read(fd, b[:])
		q.settled()
		return 0, nil
	}
	// One packet at a time, as in OVS: the second of two alike then finds the flow
	// that the first has set up.
	b := q.packets[0]
	batch[0].Reset(len(b))
	copy(batch[0].Bytes(), b)
	q.packets = append(q.packets[:0], q.packets[1:]...)
	q.cnt.add(len(b))
	q.d.cnt.RxPackets.Add(1)
	q.d.cnt.RxBytes.Add(int64(len(b)))
	return 1, nil
}

// settled wakes those who wait for the queue to be handled. The caller holds mu.
func (q *rxQueue) settled() {
	if q.idle != nil {
		close(q.idle)
		q.idle = nil
	}
}

// Receive has the device receive a frame, which it keeps, by its first queue. The
// channel is closed once everything received there so far was handled.
func (d *Device) Receive(frame []byte) <-chan struct{} { return d.rx[0].receive(frame) }

func (q *rxQueue) receive(frame []byte) <-chan struct{} {
	d := q.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(q.packets) >= maxQueue {
		done := make(chan struct{})
		close(done)
		return done
	}
	d.pcaps.rx.write(frame)
	q.packets = append(q.packets, frame)
	if q.idle == nil {
		q.idle = make(chan struct{})
	}
	idle := q.idle
	if fd, ok := q.fd.Acquire(); ok {
		one := [8]byte{1}
		unix.Write(fd, one[:])
		q.fd.Release()
	}
	return idle
}
