package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"govs/daemon/vlog"
)

// lockedBuffer is a log that many write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestSlowClient has clients that monitor a table and never read while rows
// come: the writer and a client that does read go on as if they were alone,
// and who has fallen too far behind is dropped, with a line in the log. With
// -short there are fewer rows.
func TestSlowClient(t *testing.T) {
	const slow = 10
	rows := 100_000
	backlog := 4 << 20
	if testing.Short() {
		rows, backlog = 10_000, 512<<10
	}
	var console lockedBuffer
	vlog.SetConsole(&console)
	defer vlog.SetConsole(os.Stderr)
	srv, sock, _ := startConfig(t, testSchemaOf(t, testSchema), Config{MaxBacklog: backlog})
	monitor := func() *rawClient {
		c := rawDial(t, sock)
		io.WriteString(c.conn, `{"method":"monitor_cond","params":["T","m",{"A":[{}]}],"id":0}`)
		if _, err := c.read(1); err != nil {
			t.Fatal(err)
		}
		return c
	}
	var idle []*rawClient
	for range slow {
		idle = append(idle, monitor())
	}
	reader := monitor()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		if _, err := reader.read(rows); err != nil {
			t.Errorf("the client that reads: %v", err)
		}
	}()
	w := rawDial(t, sock)
	var req bytes.Buffer
	for done := 0; done < rows; done += 50 {
		req.Reset()
		for i := range 50 {
			// One row all the time, so that only queues can grow.
			op := `{"op":"insert","table":"A","row":{"name":"x","n":%d}}`
			if done+i > 0 {
				op = `{"op":"update","table":"A","where":[],"row":{"n":%d}}`
			}
			fmt.Fprintf(&req, `{"method":"transact","params":["T",`+op+`],"id":0}`, done+i)
		}
		w.conn.Write(req.Bytes())
		if _, err := w.read(50); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	// The writer and the reader are left.
	deadline := time.Now().Add(10 * time.Second)
	for len(srv.Sessions()) > 2 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if n := len(srv.Sessions()); n != 2 {
		t.Errorf("%d sessions are left, want 2", n)
	}
	for _, c := range idle {
		c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.Copy(io.Discard, c.conn); err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				t.Error("a client that did not read is still connected")
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > int64(backlog) {
		t.Errorf("%d bytes are kept for clients that are gone", grown)
	}
	if n := strings.Count(console.String(), "sending backlog exceeded maximum size"); n != slow {
		t.Errorf("%d lines in the log, want %d: %.500s", n, slow, console.String())
	}
}
