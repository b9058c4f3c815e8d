package tunnel

import (
	"sync"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// answers is a receive queue of packets that the device itself has made.
type answers struct {
	fd *linux.FD // an eventfd that is readable when there are some

	mu   sync.Mutex
	list []*packet.Packet // guarded by mu
}

func (a *answers) open() error {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err == nil {
		a.fd = linux.NewFD(fd)
	}
	return err
}

func (a *answers) add(p *packet.Packet) {
	fd, ok := a.fd.Acquire()
	if !ok {
		return
	}
	defer a.fd.Release()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.list) < maxAnswers {
		a.list = append(a.list, p)
		one := [8]byte{1}
		unix.Write(fd, one[:])
	}
}

// FD implements netdev.RxQueue.
func (a *answers) FD() int { return a.fd.Num() }

// Recv implements netdev.RxQueue.
func (a *answers) Recv(batch []*packet.Packet) (int, error) {
	fd, ok := a.fd.Acquire()
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer a.fd.Release()
	a.mu.Lock()
	defer a.mu.Unlock()
	n := min(len(batch), len(a.list))
	for i, p := range a.list[:n] {
		p.CopyTo(batch[i])
	}
	a.list = append(a.list[:0], a.list[n:]...)
	if len(a.list) == 0 {
		var b [8]byte
		unix.Read(fd, b[:])
	}
	return n, nil
}
