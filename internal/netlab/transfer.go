package netlab

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

// Transferred is the result of a Transfer.
type Transferred struct {
	Bytes          int64
	Sent, Received [sha256.Size]byte // checksums at both ends
	Took           time.Duration
}

// Transfer sends n random bytes by TCP from a namespace to an address that
// belongs to another, and checksums both ends.
func Transfer(ctx context.Context, from, to *Namespace, addr netip.Addr, n int64) (Transferred, error) {
	var t Transferred
	var l net.Listener
	err := to.Do(func() (err error) {
		l, err = net.ListenTCP("tcp", &net.TCPAddr{IP: addr.AsSlice()})
		return err
	})
	if err != nil {
		return t, err
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	defer l.Close()

	type result struct {
		n   int64
		sum [sha256.Size]byte
		err error
	}
	got := make(chan result, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			got <- result{err: err}
			return
		}
		defer c.Close()
		defer context.AfterFunc(ctx, func() { c.Close() })()
		h := sha256.New()
		m, err := io.Copy(h, c)
		got <- result{m, [sha256.Size]byte(h.Sum(nil)), err}
	}()

	start := time.Now()
	err = from.Do(func() error {
		// Dialling an address needs no resolver, so the socket is made on
		// this thread.
		c, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		defer context.AfterFunc(ctx, func() { c.Close() })()
		h := sha256.New()
		src := rand.NewChaCha8([32]byte{})
		if _, err := io.Copy(io.MultiWriter(c, h), io.LimitReader(src, n)); err != nil {
			return err
		}
		t.Sent = [sha256.Size]byte(h.Sum(nil))
		return nil
	})
	if err != nil {
		return t, fmt.Errorf("sending: %w", err)
	}
	r := <-got
	t.Bytes, t.Received, t.Took = r.n, r.sum, time.Since(start)
	if r.err != nil {
		return t, fmt.Errorf("receiving: %w", r.err)
	}
	return t, nil
}
