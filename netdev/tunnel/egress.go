package tunnel

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
)

// egressTable holds one packet socket for each interface that tunnels leave by.
// They only send: bound to no protocol, they receive nothing.
type egressTable struct {
	list   atomic.Pointer[map[int]*linux.FD]
	mu     sync.Mutex
	closed bool // guarded by mu
}

func (e *egressTable) get(ifindex int) (*linux.FD, error) {
	if m := e.list.Load(); m != nil {
		if fd := (*m)[ifindex]; fd != nil {
			return fd, nil
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, netdev.ErrClosed
	}
	m := map[int]*linux.FD{}
	if old := e.list.Load(); old != nil {
		if fd := (*old)[ifindex]; fd != nil {
			return fd, nil
		}
		for k, v := range *old {
			m[k] = v
		}
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	err = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: ifindex})
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	linux.SetBuffers(fd, 1<<12, 4<<20)
	m[ifindex] = linux.NewFD(fd)
	e.list.Store(&m)
	return m[ifindex], nil
}

// drop forgets the socket of an interface that is gone.
func (e *egressTable) drop(ifindex int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.list.Load()
	if old == nil || (*old)[ifindex] == nil {
		return
	}
	m := map[int]*linux.FD{}
	for k, v := range *old {
		if k != ifindex {
			m[k] = v
		}
	}
	e.list.Store(&m)
	go (*old)[ifindex].Close() // the caller may hold it
}

func (e *egressTable) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if m := e.list.Load(); m != nil {
		for _, fd := range *m {
			fd.Close()
		}
	}
	e.list.Store(nil)
}
