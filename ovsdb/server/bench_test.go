package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"govs/internal/ovsref"
	"govs/jsonrpc/json"
	"govs/ovsdb/log"
)

// The benchmarks run against our server and the reference's, side by side:
//
//	go test -run - -bench . ./ovsdb/server

func bothServers(b *testing.B, f func(b *testing.B, sock string)) {
	b.Run("govs", func(b *testing.B) {
		_, sock, _ := start(b, testSchemaOf(b, testSchema))
		f(b, sock)
	})
	b.Run("reference", func(b *testing.B) {
		bin := ovsref.Path(b, "ovsdb-server")
		dir := b.TempDir()
		if err := log.CreateDatabase(filepath.Join(dir, "d.db"), testSchemaOf(b, testSchema)); err != nil {
			b.Fatal(err)
		}
		cmd := exec.Command(bin, "d.db", "--remote=punix:s", "--unixctl=ctl", "-vconsole:off")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		sock := filepath.Join(dir, "s")
		ovsref.WaitListening(b, sock)
		f(b, sock)
	})
}

// rawClient counts messages without looking into them, so that a benchmark
// measures the server.
type rawClient struct {
	conn net.Conn
	buf  []byte
	scan json.Scanner
	rest []byte
}

func rawDial(b testing.TB, sock string) *rawClient {
	conn, err := net.Dial("unix", sock)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &rawClient{conn: conn, buf: make([]byte, 1<<18)}
}

// read waits for n messages and returns how many bytes they had.
func (c *rawClient) read(n int) (size int, err error) {
	for n > 0 {
		if len(c.rest) == 0 {
			m, err := c.conn.Read(c.buf)
			if err != nil {
				return size, err
			}
			c.rest = c.buf[:m]
		}
		m, done := c.scan.Scan(c.rest)
		size += m
		c.rest = c.rest[m:]
		if done {
			c.scan.Reset()
			n--
		}
	}
	return size, nil
}

var benchID atomic.Int64

func insertRequest() string {
	i := benchID.Add(1)
	return fmt.Sprintf(`{"method":"transact","params":["T",{"op":"insert","table":"A","row":{"name":"row%d","n":%d,"map":["map",[["key","value"],["other","thing"]]]}}],"id":%d}`, i, i, i)
}

func BenchmarkInsertSequential(b *testing.B) {
	bothServers(b, func(b *testing.B, sock string) {
		c := rawDial(b, sock)
		for b.Loop() {
			io.WriteString(c.conn, insertRequest())
			if _, err := c.read(1); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "txn/s")
	})
}

func BenchmarkInsertPipelined50(b *testing.B) {
	bothServers(b, func(b *testing.B, sock string) {
		c := rawDial(b, sock)
		var req bytes.Buffer
		for b.Loop() {
			req.Reset()
			for range 50 {
				req.WriteString(insertRequest())
			}
			c.conn.Write(req.Bytes())
			if _, err := c.read(50); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(50*float64(b.N)/b.Elapsed().Seconds(), "txn/s")
	})
}

func BenchmarkInsertTenClients(b *testing.B) {
	bothServers(b, func(b *testing.B, sock string) {
		var left atomic.Int64
		left.Store(int64(b.N))
		var wg sync.WaitGroup
		clients := make([]*rawClient, 10)
		for i := range clients {
			clients[i] = rawDial(b, sock)
		}
		b.ResetTimer()
		for _, c := range clients {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for left.Add(-1) >= 0 {
					io.WriteString(c.conn, insertRequest())
					if _, err := c.read(1); err != nil {
						return
					}
				}
			}()
		}
		wg.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "txn/s")
	})
}

// fill inserts rows, 1000 a transaction.
func fill(b *testing.B, c *rawClient, rows int) {
	for range rows / 1000 {
		var req bytes.Buffer
		req.WriteString(`{"method":"transact","id":1,"params":["T"`)
		for range 1000 {
			i := benchID.Add(1)
			fmt.Fprintf(&req, `,{"op":"insert","table":"A","row":{"name":"row%d","n":%d,"map":["map",[["key","value%d"],["other","thing"]]]}}`, i, i, i)
		}
		req.WriteString("]}")
		c.conn.Write(req.Bytes())
		if _, err := c.read(1); err != nil {
			b.Fatal(err)
		}
	}
}

const bigTable = 50000

func benchBig(b *testing.B, request string) {
	bothServers(b, func(b *testing.B, sock string) {
		c := rawDial(b, sock)
		fill(b, c, bigTable)
		i := 0
		b.ResetTimer()
		for b.Loop() {
			i++
			fmt.Fprintf(c.conn, request, i)
			n, err := c.read(1)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(n))
		}
	})
}

func BenchmarkSelect50k(b *testing.B) {
	benchBig(b, `{"method":"transact","params":["T",{"op":"select","table":"A","where":[]}],"id":%d}`)
}

func BenchmarkMonitorDump50k(b *testing.B) {
	benchBig(b, `{"method":"monitor_cond","params":["T",%[1]d,{"A":[{}]}],"id":%[1]d}`)
}

// BenchmarkFanOut is one writer and a thousand clients that monitor its table.
func BenchmarkFanOut1000(b *testing.B) {
	bothServers(b, func(b *testing.B, sock string) {
		const n = 1000
		var wg sync.WaitGroup
		clients := make([]*rawClient, n)
		for i := range clients {
			clients[i] = rawDial(b, sock)
			clients[i].buf = make([]byte, 4096)
			io.WriteString(clients[i].conn, `{"method":"monitor_cond","params":["T","m",{"A":[{}]}],"id":0}`)
			if _, err := clients[i].read(1); err != nil {
				b.Fatal(err)
			}
		}
		w := rawDial(b, sock)
		b.ResetTimer()
		// A server may merge updates for a client that lags: wait for each.
		for b.Loop() {
			io.WriteString(w.conn, insertRequest())
			for _, c := range clients {
				wg.Add(1)
				go func() {
					defer wg.Done()
					c.read(1)
				}()
			}
			w.read(1)
			wg.Wait()
		}
		b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "updates/s")
	})
}
