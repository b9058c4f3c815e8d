package netlab

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Pong is the answer to one echo request.
type Pong struct {
	Seq int
	RTT time.Duration
}

// Ping sends count ICMP echo requests from the namespace to dst, interval
// apart, waits up to wait for each, and returns the answers. No answer is no
// error.
func (n *Namespace) Ping(ctx context.Context, dst netip.Addr, count int, interval, wait time.Duration) ([]Pong, error) {
	fd, err := n.socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	id := uint16(rand.Uint32())
	to := &unix.SockaddrInet4{Addr: dst.As4()}
	var pongs []Pong
	for seq := 1; seq <= count && ctx.Err() == nil; seq++ {
		start := time.Now()
		if err := unix.Sendto(fd, echo(id, uint16(seq)), 0, to); err != nil {
			if !errors.Is(err, unix.EHOSTUNREACH) && !errors.Is(err, unix.ENETUNREACH) {
				return pongs, fmt.Errorf("ping %s: %w", dst, err)
			}
		}
		if awaitEcho(ctx, fd, dst, id, uint16(seq), start.Add(wait)) {
			pongs = append(pongs, Pong{seq, time.Since(start)})
		}
		if seq < count {
			sleep(ctx, interval-time.Since(start))
		}
	}
	return pongs, ctx.Err()
}

// echo builds an ICMP echo request of the usual 56 bytes of data (RFC 792).
func echo(id, seq uint16) []byte {
	b := make([]byte, 64)
	b[0] = 8
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], seq)
	for i := 8; i < len(b); i++ {
		b[i] = byte(i)
	}
	binary.BigEndian.PutUint16(b[2:], checksum(b))
	return b
}

func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

func awaitEcho(ctx context.Context, fd int, from netip.Addr, id, seq uint16, until time.Time) bool {
	buf := make([]byte, 2048)
	for ctx.Err() == nil {
		n, ok := recv(fd, buf, until)
		if !ok {
			return false
		}
		b := buf[:n]
		if len(b) < 20 || len(b) < int(b[0]&15)*4+8 {
			continue
		}
		icmp := b[int(b[0]&15)*4:]
		if icmp[0] == 0 && netip.AddrFrom4([4]byte(b[12:16])) == from &&
			binary.BigEndian.Uint16(icmp[4:]) == id && binary.BigEndian.Uint16(icmp[6:]) == seq {
			return true
		}
	}
	return false
}

// socket opens a socket inside the namespace.
func (n *Namespace) socket(family, kind, proto int) (fd int, err error) {
	err = n.Do(func() error {
		fd, err = unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
		return err
	})
	if err != nil {
		return -1, fmt.Errorf("socket in %s: %w", n.Name, err)
	}
	return fd, nil
}

// recv waits for something to read until the time given.
func recv(fd int, buf []byte, until time.Time) (int, bool) {
	for {
		n, err := unix.Read(fd, buf)
		if err == nil {
			return n, true
		}
		if err != unix.EAGAIN && err != unix.EINTR {
			// An error the network reported (such as "no route to host")
			// is not the answer; keep waiting for one.
			time.Sleep(time.Millisecond)
		}
		left := time.Until(until)
		if left <= 0 {
			return 0, false
		}
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(min(left, 100*time.Millisecond).Milliseconds())+1)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
