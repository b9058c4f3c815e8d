package main

import (
	"bytes"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// The clients are as cheap as can be, since they share the machine's cores
// with the server: plain system calls, one thread, nothing parsed.

// loadTime is how long the clients of a rate work.
const loadTime = 700 * time.Millisecond

var loads = map[string]func(sock string) (float64, error){
	"hello":      loadHello,
	"sequential": func(sock string) (float64, error) { return loadInserts(sock, 1, 1) },
	"pipelined":  func(sock string) (float64, error) { return loadInserts(sock, 1, 50) },
	"ten":        func(sock string) (float64, error) { return loadInserts(sock, 10, 1) },
	"fanout":     loadFanout,
	"conditions": loadConditions,
	"select": func(sock string) (float64, error) {
		return loadBig(sock, `{"method":"transact","params":["T",{"op":"select","table":"A","where":[]}],"id":1}`)
	},
	"dump": func(sock string) (float64, error) {
		return loadBig(sock, `{"method":"monitor_cond","params":["T","m",{"A":[{}]}],"id":1}`)
	},
}

func runLoad(args []string) error {
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim) == nil {
		lim.Cur = lim.Max
		unix.Setrlimit(unix.RLIMIT_NOFILE, &lim)
	}
	f, err := loads[args[0]](args[1])
	if err == nil {
		fmt.Println(f)
	}
	return err
}

// client is one connection.
type client struct {
	fd    int
	big   bool
	depth int // of the message that is being read
	carry []byte
}

func dial(sock string) (*client, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &client{fd: fd}, unix.Connect(fd, &unix.SockaddrUnix{Name: sock})
}

func (c *client) write(b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(c.fd, b)
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func (c *client) read(buf []byte) ([]byte, error) {
	n, err := unix.Read(c.fd, buf)
	if err == nil && n == 0 {
		err = fmt.Errorf("the server closed the connection")
	}
	return buf[:max(n, 0)], err
}

// ends counts the messages that end in b. No string here has braces. A big
// answer comes alone, so that only the end of what is read can be its end.
func (c *client) ends(b []byte) (n int) {
	if c.big {
		c.depth += bytes.Count(b, []byte{'{'}) - bytes.Count(b, []byte{'}'})
		if c.depth == 0 {
			n = 1
		}
		return n
	}
	for _, x := range b {
		switch x {
		case '{':
			c.depth++
		case '}':
			if c.depth--; c.depth == 0 {
				n++
			}
		}
	}
	return n
}

// replies reads n messages.
func (c *client) replies(buf []byte, n int) error {
	for n > 0 {
		b, err := c.read(buf)
		if err != nil {
			return err
		}
		if bytes.Contains(b, []byte(`"error":"`)) || bytes.Contains(b, []byte(`"error":{`)) {
			return fmt.Errorf("unexpected answer: %.200s", b)
		}
		n -= c.ends(b)
	}
	return nil
}

func appendInsert(b []byte, i int) []byte {
	b = append(b, `{"method":"transact","params":["T",{"op":"insert","table":"A","row":`...)
	b = appendRow(b, i)
	return fmt.Appendf(b, `}],"id":%d}`, i)
}

func loadHello(sock string) (float64, error) {
	c, err := dial(sock)
	if err == nil {
		err = c.write([]byte(`{"method":"transact","params":["T",{"op":"select","table":"A","where":[["name","==","row7"]]}],"id":1}`))
	}
	if err == nil {
		err = c.replies(make([]byte, 1<<16), 1)
	}
	return 0, err
}

// loadInserts returns the transactions done in a second by some clients that
// each send as many as depth says and then wait for the answers.
func loadInserts(sock string, clients, depth int) (float64, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return 0, err
	}
	byFD := map[int32]*client{}
	next := 0
	var req []byte
	send := func(c *client) error {
		req = req[:0]
		for range depth {
			next++
			req = appendInsert(req, next)
		}
		return c.write(req)
	}
	for range clients {
		c, err := dial(sock)
		if err != nil {
			return 0, err
		}
		byFD[int32(c.fd)] = c
		if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, c.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.fd)}); err != nil {
			return 0, err
		}
	}
	// The server gets a tenth of the time to warm up.
	var begin time.Time
	counting := false
	done, due := 0, map[int32]int{}
	for fd, c := range byFD {
		due[fd] = depth
		if err := send(c); err != nil {
			return 0, err
		}
	}
	buf := make([]byte, 1<<16)
	events := make([]unix.EpollEvent, clients)
	warm := time.Now()
	for {
		n := 1
		if clients > 1 {
			if n, err = unix.EpollWait(ep, events, -1); err == unix.EINTR {
				continue
			} else if err != nil {
				return 0, err
			}
		} else {
			for fd := range byFD {
				events[0].Fd = fd
			}
		}
		for _, ev := range events[:n] {
			c := byFD[ev.Fd]
			b, err := c.read(buf)
			if err != nil {
				return 0, err
			}
			got := c.ends(b)
			done += got
			if due[ev.Fd] -= got; due[ev.Fd] == 0 {
				due[ev.Fd] = depth
				if err := send(c); err != nil {
					return 0, err
				}
			}
		}
		if !counting {
			if time.Since(warm) > loadTime/10 {
				counting, begin, done = true, time.Now(), 0
			}
		} else if t := time.Since(begin); t > loadTime {
			return float64(done) / t.Seconds(), nil
		}
	}
}

// loadBig returns the median time of an answer, of three on connections of
// their own.
func loadBig(sock, request string) (float64, error) {
	var times []float64
	buf := make([]byte, 1<<18)
	for range 3 {
		c, err := dial(sock)
		if err != nil {
			return 0, err
		}
		c.big = true
		begin := time.Now()
		if err := c.write([]byte(request)); err != nil {
			return 0, err
		}
		if err := c.replies(buf, 1); err != nil {
			return 0, err
		}
		times = append(times, time.Since(begin).Seconds())
		unix.Close(c.fd)
	}
	slices.Sort(times)
	return times[1], nil
}

// fanoutClients is how many clients monitor the table.
const fanoutClients = 1000

// rowMark is in an update once for each row inserted.
var rowMark = []byte(`"insert":`)

// monitor dials a client that monitors the table.
func monitor(sock, request string, buf []byte) (*client, error) {
	c, err := dial(sock)
	if err == nil {
		err = c.write([]byte(`{"method":"monitor_cond","params":["T","m",{"A":[` + request + `]}],"id":1}`))
	}
	if err == nil {
		err = c.replies(buf, 1)
	}
	return c, err
}

// loadConditions returns the transactions done in a second for one client while
// a thousand others follow a row each, none of which changes.
func loadConditions(sock string) (float64, error) {
	buf := make([]byte, 1<<16)
	for i := range fanoutClients {
		if _, err := monitor(sock, fmt.Sprintf(`{"where":[["name","==","mine%d"]]}`, i), buf); err != nil {
			return 0, err
		}
	}
	return loadInserts(sock, 1, 1)
}

// loadFanout returns the updates delivered in a second to a thousand clients
// while one writer commits as fast as it is answered. Every client must have
// been told of every row.
func loadFanout(sock string) (float64, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 1<<18)
	byFD := map[int32]*client{}
	for range fanoutClients {
		c, err := monitor(sock, `{}`, buf)
		if err != nil {
			return 0, err
		}
		byFD[int32(c.fd)] = c
		if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, c.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.fd)}); err != nil {
			return 0, err
		}
	}
	w, err := dial(sock)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	var written atomic.Int64
	var stopped atomic.Bool
	failed := make(chan error, 1)
	go func() {
		buf := make([]byte, 1<<16)
		var req []byte
		for i := 1; time.Since(begin) < 2*loadTime; i++ {
			req = appendInsert(req[:0], i)
			err := w.write(req)
			if err == nil {
				err = w.replies(buf, 1)
			}
			if err != nil {
				failed <- err
				return
			}
			written.Add(1)
		}
		stopped.Store(true)
	}()
	events := make([]unix.EpollEvent, 256)
	seen := int64(0)
	for !stopped.Load() || seen < written.Load()*fanoutClients {
		select {
		case err := <-failed:
			return 0, err
		default:
		}
		n, err := unix.EpollWait(ep, events, 100)
		if err != nil && err != unix.EINTR {
			return 0, err
		}
		for _, ev := range events[:max(n, 0)] {
			c := byFD[ev.Fd]
			// What may be the first part of a mark comes again.
			at := copy(buf, c.carry)
			b, err := c.read(buf[at:])
			if err != nil {
				return 0, err
			}
			b = buf[:at+len(b)]
			seen += int64(bytes.Count(b, rowMark))
			c.carry = append(c.carry[:0], b[max(0, len(b)-len(rowMark)+1):]...)
		}
		if time.Since(begin) > 30*time.Second {
			return 0, fmt.Errorf("%d of %d updates came", seen, written.Load()*fanoutClients)
		}
	}
	return float64(seen) / time.Since(begin).Seconds(), nil
}
