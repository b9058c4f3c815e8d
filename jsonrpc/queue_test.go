package jsonrpc

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"testing"
)

// pair returns two ends of a Unix socket.
func pair(t *testing.T) (a, b *net.UnixConn) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr)); err != nil {
		t.Fatal(err)
	}
	if b, err = l.AcceptUnix(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// TestTryFlush writes more than the socket takes, in messages small and big:
// TryFlush must return, and Run must write the rest in order once the peer
// reads.
func TestTryFlush(t *testing.T) {
	a, b := pair(t)
	q := NewQueue(a, 0, 0)
	stop := make(chan struct{})
	defer close(stop)
	var want bytes.Buffer
	push := func(m []byte) {
		want.Write(m)
		q.Push(m)
	}
	for i := range 20000 {
		push(fmt.Appendf(nil, "[%d]", i))
		if i%1000 == 0 {
			push(bytes.Repeat([]byte{'x'}, 100_000))
			if err := q.TryFlush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := q.Backlog(); n == 0 || n >= want.Len() {
		t.Fatalf("%d of %d bytes wait: the test needs some to wait and some not", n, want.Len())
	}
	go q.Run(stop)
	got := make([]byte, want.Len())
	if _, err := io.ReadFull(b, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Fatal("what came is not what was sent")
	}
	if err := q.Drain(); err != nil || q.Backlog() != 0 {
		t.Fatalf("%d bytes wait, %v", q.Backlog(), err)
	}
}

// TestTryFlushPipe has a peer to which nothing can be written without waiting.
func TestTryFlushPipe(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	q := NewQueue(a, 0, 0)
	stop := make(chan struct{})
	defer close(stop)
	q.Push([]byte("[1]"))
	if err := q.TryFlush(); err != nil || q.Backlog() != 3 {
		t.Fatalf("%d bytes wait, %v", q.Backlog(), err)
	}
	go q.Run(stop)
	got := make([]byte, 3)
	if _, err := io.ReadFull(b, got); err != nil || string(got) != "[1]" {
		t.Fatalf("%q %v", got, err)
	}
}

// TestGiantMessage reads a giant message and then waits for another: what the
// first took must be free.
func TestGiantMessage(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	r := NewVolatileReader(b)
	read := make(chan int)
	go func() {
		for {
			m, err := r.Next()
			if err != nil {
				close(read)
				return
			}
			read <- len(m.Params.Elems()[0].Str())
		}
	}()
	const size = 16 << 20
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	text := func(n int) []byte {
		return fmt.Appendf(nil, `{"method":"m","params":["%s"],"id":1}`, bytes.Repeat([]byte{'x'}, n))
	}
	a.Write(text(size))
	if n := <-read; n != size {
		t.Fatal(n)
	}
	// The reader has begun to wait when it has taken the next byte.
	a.Write([]byte{' '})
	if after := heap(); after > before+size/8 {
		t.Errorf("%d MB are kept", (after-before)>>20)
	}
}
