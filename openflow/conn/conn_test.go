package conn

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"govs/openflow"
)

func pair(t *testing.T) (a, b *Conn) {
	x, y := net.Pipe()
	t.Cleanup(func() { x.Close(); y.Close() })
	// Both sides send their hello first, so the pipe must hold one.
	return New(buffered{x}, "unix#1"), New(buffered{y}, "unix#2")
}

// buffered is a connection whose writes do not wait for the reader.
type buffered struct{ net.Conn }

func (b buffered) Write(p []byte) (int, error) {
	p = append([]byte(nil), p...)
	go b.Conn.Write(p)
	time.Sleep(time.Millisecond) // keep the order of writes
	return len(p), nil
}

func TestHandshake(t *testing.T) {
	for _, tt := range []struct {
		a, b openflow.Versions
		want openflow.Version
	}{
		{openflow.VersionsOf(openflow.V10), openflow.AllVersions, openflow.V10},
		{openflow.AllVersions, openflow.AllVersions, openflow.V15},
		{openflow.VersionsOf(openflow.V10, openflow.V13), openflow.VersionsOf(openflow.V12, openflow.V13), openflow.V13},
		{openflow.VersionsOf(openflow.V10), openflow.VersionsOf(openflow.V13), 0},
		{openflow.VersionsOf(openflow.V10, openflow.V14), openflow.VersionsOf(openflow.V13), 0},
	} {
		a, b := pair(t)
		done := make(chan error, 1)
		go func() { done <- a.Handshake(context.Background(), tt.a) }()
		errB := b.Handshake(context.Background(), tt.b)
		errA := <-done
		if tt.want == 0 {
			if !errors.Is(errA, syscall.EPIPE) || !errors.Is(errB, syscall.EPIPE) {
				t.Errorf("%v, %v: errors %v, %v", tt.a, tt.b, errA, errB)
			}
			continue
		}
		if errA != nil || errB != nil || a.Version() != tt.want || b.Version() != tt.want {
			t.Errorf("%v, %v: %v %v, %v %v", tt.a, tt.b, a.Version(), errA, b.Version(), errB)
		}
	}
}

func TestRecv(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []byte
		n    int
		err  error
	}{
		{"two whole", []byte{1, 2, 0, 8, 0, 0, 0, 1, 1, 3, 0, 9, 0, 0, 0, 1, 7}, 2, io.EOF},
		{"cut in the header", []byte{1, 2, 0, 8, 0}, 0, ErrProtocol},
		{"cut in the body", []byte{1, 2, 0, 12, 0, 0, 0, 1, 5}, 0, ErrProtocol},
		{"too short", []byte{1, 2, 0, 7, 0, 0, 0, 1}, 0, ErrProtocol},
	} {
		x, y := net.Pipe()
		go func() { y.Write(tt.in); y.Close() }()
		c := New(x, tt.name)
		n := 0
		var err error
		for err == nil {
			if _, err = c.Recv(); err == nil {
				n++
			}
		}
		if n != tt.n || !errors.Is(err, tt.err) {
			t.Errorf("%s: %d messages, then %v", tt.name, n, err)
		}
	}
}

func TestHandshakeEnds(t *testing.T) {
	a, b := pair(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := a.Handshake(ctx, openflow.AllVersions); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a silent peer: %v", err)
	}
	go b.Send([]byte{1, 5, 0, 8, 0, 0, 0, 1})
	a, b2 := pair(t)
	go b2.Send([]byte{1, 5, 0, 8, 0, 0, 0, 1})
	if err := a.Handshake(context.Background(), openflow.AllVersions); !errors.Is(err, ErrProtocol) {
		t.Errorf("no hello: %v", err)
	}
}
